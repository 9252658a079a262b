"""How values are written."""

import doctest
from datetime import date

from activities.papers.press import writing
from rulebook.papers.printing import plain


def test_the_examples_in_the_docstrings_hold() -> None:
    outcome = doctest.testmod(writing)
    assert outcome.attempted >= 2
    assert outcome.failed == 0


def test_dates_are_written_without_leading_zeros() -> None:
    assert writing.chinese_date(date(2026, 3, 2)) == "2026年3月2日"
    assert writing.english_date(date(2026, 12, 31)) == "31 December 2026"


def test_a_name_keeps_every_visible_character() -> None:
    name = "买买提·阿布都拉（Memet-Ali‐Han‒x）𬭎"
    assert plain(name) == name
    assert plain("a\u2011b\u00a0c\u202ed\u200be") == "a-b cde"
