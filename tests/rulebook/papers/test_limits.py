"""How much a paper holds: the last that fits, the first that does not, and what is then said of which field."""

from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, ValidationError

from rulebook.errors import XuqiaoError
from rulebook.papers.amounts import MOST_FEN, in_words
from rulebook.papers.limits import (
    MOST_COUNT,
    MOST_ROWS,
    MOST_TEXT,
    Amount,
    Count,
    Digest,
    Line,
    Name,
    OwnNumber,
    PaperValue,
    Reference,
    Rows,
    Text,
    check_whole,
)
from rulebook.values import Value


class Guarantor(PaperValue):
    name: Name


class Paper(PaperValue):
    """One field of every sort."""

    number: OwnNumber = ""
    account: Reference = ""
    name: Name = ""
    line: Line = ""
    text: Text = ""
    digest: Digest = ""
    fen: Amount = 0
    days: Count = 0
    term: Annotated[Count, Field(ge=1)] = 1
    guarantors: Rows[Guarantor] = ()


class Words(Value):
    """Facts of any shape, without limits of their own."""

    rows: tuple[str, ...] = ()
    named: dict[str, str] = {}
    fen: int = 0
    inner: "Words | None" = None


LONGEST = [("number", 40), ("account", 60), ("name", 150), ("line", 300), ("text", 2000), ("digest", 64)]
LARGEST = [("fen", MOST_FEN), ("days", MOST_COUNT)]


def refusal(**facts: Any) -> XuqiaoError:
    with pytest.raises(XuqiaoError) as refused:
        Paper(**facts)
    return refused.value


@pytest.mark.parametrize(("field", "most"), LONGEST)
def test_the_longest_text_of_each_sort(field: str, most: int) -> None:
    assert getattr(Paper.model_validate({field: "长" * most}), field) == "长" * most
    error = refusal(**{field: "长" * (most + 1)})
    assert (error.code, error.params) == (
        "papers.text_too_long",
        {"field": f"Paper.{field}", "length": str(most + 1), "most": str(most)},
    )


@pytest.mark.parametrize(("field", "most"), LARGEST)
def test_the_largest_number_of_each_sort_up_and_down(field: str, most: int) -> None:
    for fits in (most, -most):
        assert getattr(Paper.model_validate({field: fits}), field) == fits
        error = refusal(**{field: fits + (1 if fits > 0 else -1)})
        assert (error.code, error.params) == (
            "papers.number_too_big",
            {"field": f"Paper.{field}", "most": str(most)},
        )


def test_no_larger_amount_is_taken_than_can_be_written_in_words() -> None:
    assert in_words(Paper(fen=MOST_FEN).fen).startswith("人民币")
    with pytest.raises(XuqiaoError, match=r"papers\.amount_absurd"):
        in_words(MOST_FEN + 1)


def test_the_most_rows() -> None:
    row = Guarantor(name="甲")
    assert len(Paper(guarantors=(row,) * MOST_ROWS).guarantors) == MOST_ROWS
    error = refusal(guarantors=(row,) * (MOST_ROWS + 1))
    assert (error.code, error.params) == (
        "papers.too_many_rows",
        {"field": "Paper.guarantors", "rows": str(MOST_ROWS + 1), "most": str(MOST_ROWS)},
    )


def test_a_fault_within_a_row_is_named_by_the_row_itself() -> None:
    error = refusal(guarantors=({"name": "甲"}, {"name": "乙" * 151}))
    assert (error.code, error.params["field"]) == ("papers.text_too_long", "Guarantor.name")


def test_half_a_character_is_broken_text() -> None:
    error = refusal(line="甲\ud83d")
    assert (error.code, error.params) == ("papers.broken_text", {"field": "Paper.line"})


@pytest.mark.parametrize(
    "facts",
    [
        {"unknown": 1},
        {"line": 5},
        {"fen": "x"},
        {"term": 0},  # below its own least, which is no matter of room
        {"guarantors": 7},
    ],
)
def test_a_mistake_of_the_program_stays_one(facts: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Paper(**facts)


def test_the_first_fault_of_size_is_named_even_behind_another_mistake() -> None:
    assert refusal(term=0, text="长" * 2001).params["field"] == "Paper.text"


def test_a_copy_that_has_grown_is_refused_when_it_is_read_again() -> None:
    grown = Paper(name="甲").model_copy(update={"name": "甲" * 151})
    with pytest.raises(XuqiaoError, match=r"papers\.text_too_long"):
        Paper.model_validate(grown.model_dump())


@pytest.mark.parametrize("extra", [0, 1])
def test_all_facts_together_hold_so_many_characters_and_no_more(extra: int) -> None:
    part = "长" * (MOST_TEXT // 4)
    facts = Words(rows=(part, part), named={"key": part}, fen=10**9, inner=Words(rows=(part, "长" * extra)))
    if not extra:
        check_whole(facts)
        return
    with pytest.raises(XuqiaoError) as refused:
        check_whole(facts)
    assert (refused.value.code, refused.value.params) == (
        "papers.too_much_text",
        {"length": str(MOST_TEXT + 1), "most": str(MOST_TEXT)},
    )


@given(st.lists(st.text(max_size=30), max_size=5), st.dictionaries(st.text(max_size=3), st.text(max_size=30)))
def test_every_character_of_every_fact_counts_once(rows: list[str], named: dict[str, str]) -> None:
    length = sum(map(len, rows)) + sum(map(len, named.values()))
    filled = Words(rows=(*rows, "x" * (MOST_TEXT - length)), named=named)
    check_whole(filled)
    with pytest.raises(XuqiaoError, match=r"papers\.too_much_text"):
        check_whole(filled.model_copy(update={"inner": Words(rows=("x",))}))
