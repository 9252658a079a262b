"""Issue 13: names are compared in one way, and kept as they are."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulebook.papers.printing import plain, unprintable
from rulebook.parties.names import compared, hidden, line_break, same_name, stands_for, with_hidden_shown
from tests.names import HARD_NAMES


@pytest.mark.parametrize(
    "spellings",
    [
        (
            "江苏东海（连云港）石英有限公司",
            "江苏东海(连云港)石英有限公司",
            "江苏东海〔连云港〕石英 有限公司",
            "江苏东海［连云港］石英有限公司",
        ),
        ("买买提·艾力", "买买提•艾力", "买买提‧艾力", "买买提・艾力", "买买提･艾力", "买买提 · 艾力", "买买提．艾力"),
        ("ABC贸易", "ａｂｃ贸易", "abc 贸易", "Abc\u3000贸易"),
        ("髙峯厂", "高峰厂"),
        ("⽯英", "石英"),
        ("A-B公司", "A－B公司", "A—B公司", "A‐B公司"),
        ("José", "Jose\u0301"),
        ("石英\u200b制品", "石英制品"),
    ],
)
def test_13_two_spellings_of_one_name_are_one_to_compare(spellings: tuple[str, ...]) -> None:
    for one, other in itertools.combinations(spellings, 2):
        assert same_name(one, other), (one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("石英一厂", "石英二厂"),
        ("石英有限公司", "石英有限公司东海分公司"),
        ("东海（连云港）石英", "东海连云港石英"),
        ("买买提·艾力", "买买提艾力"),
        ("张喆", "张哲"),
        ("李堃", "李坤"),
    ],
)
def test_13_two_names_stay_two(one: str, other: str) -> None:
    assert not same_name(one, other)


@pytest.mark.parametrize("name", HARD_NAMES, ids=ascii)
def test_13_a_hard_name_can_be_taken_and_printed_without_any_change(name: str) -> None:
    assert (hidden(name), line_break(name), stands_for(name), unprintable(name)) == (None, None, None, None)
    assert plain(name) == name
    assert with_hidden_shown(name) == name


@given(st.text())
def test_13_comparing_is_a_rule_that_can_be_asked_twice(name: str) -> None:
    assert compared(compared(name)) == compared(name)
    assert same_name(name, f" {name}\u3000")


@given(st.text())
def test_13_what_is_hidden_is_shown_by_its_number_and_nothing_else_is_touched(text: str) -> None:
    shown = with_hidden_shown(text)
    assert hidden(shown) is None
    assert (shown == text) is (hidden(text) is None)
