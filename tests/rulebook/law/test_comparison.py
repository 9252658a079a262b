"""A measure laid out as data, and what differs between two."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.law.measures import draft, pack_ids
from rulebook.law.comparison import Source, compare, rate_text, rows
from rulebook.law.measure import Measure
from rulebook.law.pack_text import draft_measure
from rulebook.law.rates import read_rate
from tests.rulebook.samples import PACK, donghai


def laid_out(measure: Measure) -> dict[str, tuple[object, Source, str | None]]:
    return {row.name: (row.value, row.source, row.citation) for row in rows(measure)}


def test_each_value_says_whose_word_it_is() -> None:
    of = laid_out(donghai())

    assert of["bridge.cap_firm"] == ("10000000.00", Source.MEASURE, "东政规发〔2025〕5号")
    assert of["bridge.promise_ratio"] == ("95%", Source.MEASURE, "东政规发〔2025〕5号")
    assert of["bridge.covers"] == ("principal", Source.OPERATOR, "承办主体自定（示例运营方案）")
    assert of["fee.first_day_counts"][0] is True
    assert of["deadline.opinion"][0] == 3
    assert of["validity.since"][0] == "2025-08-17"
    assert of["fee.minimum"] == (None, Source.UNSET, None)


def test_records_within_a_value_are_data_too() -> None:
    of = laid_out(donghai())

    assert of["fee.tiers"][0] == [
        {"through_day": 5, "daily_rate": "0.02%"},
        {"through_day": None, "daily_rate": "0.04%"},
    ]
    assert of["fund.sources"][0] == [{"giver": "东海县政府", "amount_yuan": "20000000.00", "at_least": False}]
    assert of["applicant.kinds"][0] == ["firm", "owner", "individual_business"]
    waivers = laid_out(draft("yangzhou/2022"))["fee.waivers"][0]
    assert waivers == [{"since": "2022-03-01", "until": "2022-06-30"}]


def test_every_pack_is_laid_out_whole_and_without_a_float() -> None:
    for pack in pack_ids():
        measure = draft(pack)
        of = rows(measure)
        assert [row.name for row in of] == [name for name, _ in measure.provisions()]
        assert not any(isinstance(row.value, float) for row in of)
        assert {row.name for row in of if row.needed and row.source is Source.UNSET} == set(measure.unset())


def test_what_no_case_needs_is_not_needed_however_it_is_set() -> None:
    needed = {row.name: row.needed for row in rows(donghai())}

    assert needed["bridge.cap_firm"]
    assert not needed["standing.also_excluded"]
    assert not needed["bridge.cap_agricultural"], "nobody of that kind is admitted"


def test_a_measure_does_not_differ_from_itself() -> None:
    found = compare(donghai(), donghai())
    assert (found.added, found.removed, found.changed) == ((), (), ())


def test_what_changed_from_one_edition_to_the_next() -> None:
    found = compare(draft("lianyungang/2018-11-15"), draft("lianyungang/2023-06-01"))

    changed = {change.name: (change.before.value, change.after.value) for change in found.changed}
    assert changed["bridge.promise_ratio"] == ("80%", "95%")
    assert changed["fee.tiers"][1] == [
        {"through_day": 5, "daily_rate": "0.02%"},
        {"through_day": None, "daily_rate": "0.04%"},
    ]
    assert changed["validity.since"] == ("2018-11-15", "2023-06-01")
    assert [change.name for change in found.added] == ["applicant.sizes"]
    assert "validity.until" in [change.name for change in found.removed]
    (ratio,) = [change for change in found.changed if change.name == "bridge.promise_ratio"]
    assert ratio.before.citation != ratio.after.citation == "连政规发〔2023〕8号"


def test_what_the_operator_adds_to_a_draft_is_added_and_the_other_way_removed() -> None:
    bare = draft("donghai/2025-08-17")

    forth, back = compare(bare, donghai()), compare(donghai(), bare)

    names = [change.name for change in forth.added]
    assert set(names) == set(donghai().operator_choices())
    assert (forth.removed, forth.changed) == ((), ())
    assert [change.name for change in back.removed] == names


def test_the_same_value_from_the_law_instead_of_the_operator_is_a_change() -> None:
    text = PACK.read_text(encoding="utf-8")
    law = draft_measure(text.replace("[bridge]\n", '[bridge]\ncovers = { value = "principal", cite = "measure" }\n'))

    (change,) = [each for each in compare(donghai(), law).changed if each.name == "bridge.covers"]

    assert (change.before.source, change.after.source) == (Source.OPERATOR, Source.MEASURE)


def test_another_document_for_the_same_value_is_no_change() -> None:
    text = PACK.read_text(encoding="utf-8").replace("东政规发〔2025〕5号", "东政规发〔2031〕1号")
    found = compare(draft("donghai/2025-08-17"), draft_measure(text))
    assert (found.added, found.removed, found.changed) == ((), (), ())


@pytest.mark.parametrize(
    ("rate", "text"),
    [
        (Fraction(0), "0%"),
        (Fraction(1), "100%"),
        (Fraction(1, 10), "10%"),
        (Fraction(195, 1_000_000), "0.0195%"),
        (Fraction("4.35") / 100 / 360, "29/240000"),
    ],
    ids=["nothing", "all", "tens keep their zero", "small", "without an end"],
)
def test_a_rate_is_written_exactly(rate: Fraction, text: str) -> None:
    assert rate_text(rate) == text


@given(st.fractions(min_value=0, max_value=1, max_denominator=10**9))
def test_a_written_rate_reads_back_as_the_same(rate: Fraction) -> None:
    text = rate_text(rate)
    assert read_rate(text) == rate
