"""The queue: small and micro first, then the measure's own order, then first come."""

from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulebook.cases import CaseFacts
from rulebook.errors import XuqiaoError
from rulebook.law.pack_text import parse_measure
from rulebook.law.queue import rank
from tests.rulebook.law.amending import amended
from tests.rulebook.samples import OVERLAY, PACK, donghai, some_facts

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
SMALL = some_facts()
MEDIUM = some_facts(applicant__employees=500, applicant__revenue_fen=30_000_000_000)
SMALL_PRIORITY = some_facts(applicant__priority_firm=True)
MEDIUM_PRIORITY = some_facts(
    applicant__employees=500, applicant__revenue_fen=30_000_000_000, applicant__priority_firm=True
)


def test_small_then_priority_then_first_come() -> None:
    queue: list[tuple[CaseFacts, datetime, str]] = [
        (SMALL_PRIORITY, LATER, "queue.small_or_micro"),
        (SMALL, NOON, "queue.small_or_micro"),
        (SMALL, LATER, "queue.small_or_micro"),
        (MEDIUM_PRIORITY, LATER, "queue.priority_firm"),
        (MEDIUM, NOON, "queue.first_come"),
        (MEDIUM, LATER, "queue.first_come"),
    ]
    places = [rank(facts, donghai(), arrived) for facts, arrived, _ in queue]
    assert all(before.key < after.key for before, after in pairwise(places))
    assert [place.reason for place in places] == [reason for *_, reason in queue]


def test_each_reason_cites_what_it_rests_on() -> None:
    assert rank(SMALL, donghai(), NOON).citation == "承办主体自定（示例运营方案）"
    assert rank(MEDIUM_PRIORITY, donghai(), NOON).citation == "东政规发〔2025〕5号"
    assert rank(MEDIUM, donghai(), NOON).citation == "承办主体自定（示例运营方案）"


def test_a_fund_that_does_not_put_small_firms_first_follows_its_measure_alone() -> None:
    overlay = OVERLAY.read_text(encoding="utf-8").replace(
        "small_and_micro_first = true", "small_and_micro_first = false"
    )
    measure = parse_measure(PACK.read_text(encoding="utf-8"), overlay)
    assert rank(MEDIUM_PRIORITY, measure, LATER).key < rank(SMALL, measure, NOON).key


@pytest.mark.parametrize("fact", ["leading_firm", "growth_firm"])
def test_the_classes_that_a_measure_names_go_first_and_all_alike(fact: str) -> None:
    measure = amended({"queue.priority_firms": ("leading", "growth"), "queue.small_and_micro_first": False})
    named = some_facts(**{f"applicant__{fact}": True})
    assert rank(named, measure, LATER).reason == "queue.priority_firm"
    both = some_facts(applicant__leading_firm=True, applicant__growth_firm=True)
    assert rank(named, measure, NOON).key == rank(both, measure, NOON).key
    neither = some_facts(applicant__leading_firm=False, applicant__growth_firm=False)
    for other in (SMALL_PRIORITY, some_facts(applicant__high_tech_firm=True), some_facts(), neither):
        assert rank(named, measure, LATER).key < rank(other, measure, NOON).key


def test_high_tech_firms_go_first_where_the_measure_says_so() -> None:
    measure = amended({"queue.priority_firms": ("specialised", "high_tech"), "queue.small_and_micro_first": False})
    for facts in (some_facts(applicant__high_tech_firm=True), SMALL_PRIORITY):
        for other in ({"applicant__leading_firm": True}, {"applicant__high_tech_firm": False}):
            assert rank(facts, measure, LATER).key < rank(some_facts(**other), measure, NOON).key


def test_a_firm_of_unknown_size_is_not_put_first() -> None:
    unknown = some_facts(applicant__employees=None)
    assert rank(unknown, donghai(), NOON).key > rank(SMALL, donghai(), LATER).key


@given(st.integers(-800_000_000, 2_000_000_000), st.integers(1, 10**15))
def test_text_sorts_as_time_does_in_whatever_zone(seconds: int, microseconds: int) -> None:
    first = NOON + timedelta(seconds=seconds)
    second = (first + timedelta(microseconds=microseconds)).astimezone(timezone(timedelta(hours=-5)))
    first = first.astimezone(timezone(timedelta(hours=8)))
    assert rank(SMALL, donghai(), first).key < rank(SMALL, donghai(), second).key


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(XuqiaoError) as refused:
        rank(SMALL, donghai(), NOON.replace(tzinfo=None))
    assert (refused.value.code, refused.value.params) == ("queue.no_time_zone", {"value": "2026-03-02 04:00:00"})


def test_the_key_is_kept_and_so_is_its_form() -> None:
    """Keys of cases that wait stand beside those of cases that come: another form would seat them anew."""
    orders = ("priority_firm", "lifted_from_poverty", "own_contribution", "tax_last_year", "first_come")
    measure = amended({"queue.order": orders})
    facts = some_facts(
        applicant__priority_firm=True,
        applicant__tax_last_year_fen=1,
        loan__balance_fen=3,
        own_contribution_fen=1,
        received_on=date(2026, 3, 2),
    )
    place = rank(facts, measure, NOON.astimezone(timezone(timedelta(hours=8))) + timedelta(microseconds=5))
    share, tax = 10**18 - 333_333, 10**18 - 1
    assert place.key == f"0-0-1-{share:019d}-{tax:019d}-20260302-20260302T040000.000005Z"


@pytest.mark.parametrize(("tax_fen", "reason"), [(0, "queue.first_come"), (1, "queue.tax_last_year")])
def test_one_fen_of_tax_puts_a_firm_forward(tax_fen: int, reason: str) -> None:
    measure = amended({"queue.order": ("tax_last_year", "first_come"), "queue.small_and_micro_first": False})
    assert rank(some_facts(applicant__tax_last_year_fen=tax_fen), measure, NOON).reason == reason


def test_the_day_of_receipt_seats_a_case_and_puts_nobody_forward() -> None:
    measure = amended({"queue.order": ("first_come",), "queue.small_and_micro_first": False})
    days = [date(2025, 12, 31), date(2026, 1, 2), date(2026, 2, 1), date(2026, 11, 1)]
    places = [rank(some_facts(received_on=day), measure, NOON) for day in days]
    assert all(before.key < after.key for before, after in pairwise(places))
    assert {place.reason for place in places} == {"queue.first_come"}
