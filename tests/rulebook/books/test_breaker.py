"""The circuit breaker: at the measure's share business goes on, a fen above it stands still."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.law.measures import draft
from rulebook.books.breaker import MILLION, Breaker, percent
from rulebook.money import MOST_FEN, yuan

QIANJIANG = draft("qianjiang/2016").fund.stop_at_overdue.value
"""All business stops when more than 40 % of the fund is overdue."""
FEN = st.integers(min_value=0, max_value=MOST_FEN)
TOTAL = st.integers(min_value=1, max_value=MOST_FEN)
SHARE = st.integers(min_value=0, max_value=MILLION)


def of_twenty_million(overdue_fen: int, limit_ppm: int | None = QIANJIANG) -> Breaker:
    return Breaker(overdue_fen=overdue_fen, total_fen=yuan(20_000_000), limit_ppm=limit_ppm)


def test_qianjiang_stops_all_business_above_two_fifths_of_the_fund() -> None:
    at = yuan(8_000_000)
    assert QIANJIANG == 400_000
    assert [of_twenty_million(fen).is_open for fen in (at - 1, at, at + 1)] == [False, False, True]


def test_a_fen_too_much_is_noticed_where_the_shown_share_no_longer_tells() -> None:
    opened = of_twenty_million(yuan(8_000_000) + 1)
    assert opened.is_open
    assert (opened.share_ppm, opened.figures()["share"]) == (QIANJIANG, "40%")


def test_without_such_a_rule_nothing_stops() -> None:
    everything = of_twenty_million(yuan(20_000_000), limit_ppm=None)
    assert not everything.is_open
    assert everything.figures() == {
        "overdue": "20,000,000.00",
        "fund_total": "20,000,000.00",
        "share": "100%",
        "limit": "",
    }


@given(TOTAL, SHARE)
def test_the_share_itself_is_the_last_that_is_allowed(total_fen: int, limit_ppm: int) -> None:
    most = total_fen * limit_ppm // MILLION
    at, above = (Breaker(overdue_fen=most + more, total_fen=total_fen, limit_ppm=limit_ppm) for more in (0, 1))
    assert (at.is_open, above.is_open) == (False, True)
    assert at.share_ppm <= limit_ppm


@given(FEN, FEN, TOTAL, SHARE)
def test_more_overdue_money_never_closes_it_again(less: int, more: int, total_fen: int, limit_ppm: int) -> None:
    before = Breaker(overdue_fen=less, total_fen=total_fen, limit_ppm=limit_ppm)
    after = Breaker(overdue_fen=less + more, total_fen=total_fen, limit_ppm=limit_ppm)
    assert after.is_open >= before.is_open
    assert after.share_ppm >= before.share_ppm


@pytest.mark.parametrize("total_fen", [0, -1])
def test_a_fund_without_money_of_its_own_has_no_share_and_stops_when_anything_is_overdue(total_fen: int) -> None:
    breaker = Breaker(overdue_fen=1, total_fen=total_fen, limit_ppm=QIANJIANG)
    assert (breaker.share_ppm, breaker.is_open) == (0, True)


def test_the_event_of_a_stopped_case_names_the_reason_and_the_figures_of_that_moment() -> None:
    assert of_twenty_million(yuan("9000000.55"), limit_ppm=333_333).detail() == {
        "reason": "circuit_breaker",
        "overdue": "9,000,000.55",
        "fund_total": "20,000,000.00",
        "share": "45%",
        "limit": "33.3333%",
    }


@given(SHARE)
def test_a_share_is_written_exactly_and_with_no_decimal_too_many(ppm: int) -> None:
    written = percent(ppm).removesuffix("%")
    whole, _, rest = written.partition(".")
    assert int(whole) * 10_000 + int(rest.ljust(4, "0")) == ppm
    assert not rest.endswith("0")


@pytest.mark.parametrize(("ppm", "written"), [(0, "0%"), (1, "0.0001%"), (100, "0.01%"), (1_000_000, "100%")])
def test_shares_as_people_write_them(ppm: int, written: str) -> None:
    assert percent(ppm) == written
