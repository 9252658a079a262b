"""The usage fee over numbered fee days; which days those are is tested beside it, worked examples beside the packs."""

from datetime import date
from fractions import Fraction
from itertools import pairwise
from math import lcm

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from rulebook.errors import XuqiaoError
from rulebook.law.fees import (
    MOST_DAYS,
    Course,
    FeeEntry,
    FeeKind,
    FeeTerms,
    Outstanding,
    Waiver,
    annualised,
    average_daily_rate,
    fee_steps,
    prepaid_fee,
    true_up,
    usage_fee,
)
from rulebook.law.rates import read_rate
from rulebook.money import yuan
from tests.rulebook.samples import donghai

TERMS = donghai().fees
RATES = ["0%", "0.015%", "0.0195%", "1/2400", "4.35%/360", "7/36000"]
EVEN = lcm(*(read_rate(rate).denominator for rate in (*RATES, "0.02%", "0.03%", "0.05%")))
"""A principal of so many fen costs whole fen a day at every rate of these tests."""

principals = st.integers(0, 10**13)
segments = st.lists(st.builds(Outstanding, principals, st.integers(0, 40)), max_size=6)
numbers = st.frozensets(st.integers(1, 60), max_size=60)
maybe_day = st.none() | st.integers(0, 60)
courses = st.builds(Course, numbers, maybe_day, maybe_day)


@st.composite
def some_terms(draw: st.DrawFn) -> FeeTerms:
    """Up to four tiers, with or without a minimum, an extension's and an overdue rate."""
    ends = sorted(draw(st.sets(st.integers(1, 40), max_size=3)))
    tiers = [{"through_day": end, "daily_rate": draw(st.sampled_from(RATES))} for end in (*ends, None)]
    other = st.none() | st.sampled_from(RATES)
    return FeeTerms.model_validate(
        {
            "tiers": tiers,
            "minimum_fen": draw(st.just(0) | st.integers(0, 10**7)),
            "extension_rate": draw(other),
            "overdue_rate": draw(other),
        }
    )


def a_flat(rate: str, **others: object) -> FeeTerms:
    return FeeTerms.model_validate({"tiers": [{"daily_rate": rate}], **others})


# The working ---------------------------------------------------------------------------------------------------


@given(segments, some_terms(), courses)
def test_the_lines_sum_to_the_fee_and_cover_every_day_once(
    parts: list[Outstanding], terms: FeeTerms, course: Course
) -> None:
    lines = fee_steps(parts, terms, course)
    days = [line for line in lines if line.kind is not FeeKind.MINIMUM]
    assert sum(line.fee_fen for line in lines) == usage_fee(parts, terms, course)
    assert sum(line.days for line in days) == sum(part.days for part in parts)
    assert [line.from_day for line in days] == [1, *(line.through_day + 1 for line in days)][: len(days)]
    assert all(line.days > 0 and line.fee_fen >= 0 for line in lines)
    assert all(before[2:4] != after[2:4] or before.kind != after.kind for before, after in pairwise(days))


@given(segments, some_terms(), courses, st.data())
def test_cutting_a_stretch_in_two_changes_nothing(
    parts: list[Outstanding], terms: FeeTerms, course: Course, data: st.DataObject
) -> None:
    cut: list[Outstanding] = []
    for principal, days in parts:
        at = data.draw(st.integers(0, days))
        cut += [Outstanding(principal, at), Outstanding(principal, days - at)]
    assert fee_steps(cut, terms, course) == fee_steps(parts, terms, course)


@given(principals, st.integers(0, 60), some_terms(), courses)
def test_another_day_never_costs_less(principal: int, days: int, terms: FeeTerms, course: Course) -> None:
    later = usage_fee([Outstanding(principal, days + 1)], terms, course)
    assert later >= usage_fee([Outstanding(principal, days)], terms, course)


@given(principals, st.integers(0, 10**6), st.integers(0, 60), some_terms(), courses)
def test_more_principal_never_costs_less(principal: int, more: int, days: int, terms: FeeTerms, course: Course) -> None:
    larger = usage_fee([Outstanding(principal + more, days)], terms, course)
    assert larger >= usage_fee([Outstanding(principal, days)], terms, course)


@given(st.integers(1, 10**6), st.integers(0, 60), some_terms())
def test_across_a_seam_only_the_next_day_costs_the_next_tier(times: int, days: int, terms: FeeTerms) -> None:
    terms, principal = terms.model_copy(update={"minimum_fen": 0}), times * EVEN
    next_day = next(tier for tier in terms.tiers if tier.through_day is None or tier.through_day > days)
    grown = usage_fee([Outstanding(principal, days + 1)], terms) - usage_fee([Outstanding(principal, days)], terms)
    assert grown == principal * next_day.daily_rate


@given(segments)
def test_it_is_the_exact_sum_rounded_half_up_once(parts: list[Outstanding]) -> None:
    tiers = [
        {"through_day": 1, "daily_rate": "1/2400"},
        {"through_day": 7, "daily_rate": "0.0195%"},
        {"daily_rate": "7/36000"},
    ]
    day, exact = 0, Fraction(0)
    for principal, days in parts:
        for _ in range(days):
            day += 1
            exact += principal * (
                Fraction(1, 2400) if day <= 1 else Fraction(195, 10**6) if day <= 7 else Fraction(7, 36000)
            )
    fee = usage_fee(parts, FeeTerms.model_validate({"tiers": tiers}))
    assert -Fraction(1, 2) < fee - exact <= Fraction(1, 2)


def test_half_a_fen_is_rounded_up() -> None:
    assert usage_fee([Outstanding(2500, 1)], TERMS) == 1  # exactly half a fen
    assert usage_fee([Outstanding(2499, 1)], TERMS) == 0


def test_a_line_grows_by_what_the_rounded_total_grows() -> None:
    # 0.4 fen a day: 0.4, 0.8 and 1.2 fen; the second part alone would be rounded to nothing.
    parts = [Outstanding(2000, 1), Outstanding(2001, 1), Outstanding(2000, 1)]
    assert [line.fee_fen for line in fee_steps(parts, TERMS)] == [0, 1, 0]


@pytest.mark.parametrize(
    ("part", "principal", "days"), [(Outstanding(-1, 3), "-0.01", "3"), (Outstanding(100, -1), "1.00", "-1")]
)
def test_nothing_negative(part: Outstanding, principal: str, days: str) -> None:
    with pytest.raises(XuqiaoError) as refused:
        usage_fee([part], TERMS)
    assert refused.value.code == "fee.negative"
    assert refused.value.params == {"principal": principal, "days": days}


def test_a_hundred_years_are_reckoned_and_no_more() -> None:
    century = [Outstanding(EVEN, MOST_DAYS - 3), Outstanding(0, 3)]
    assert fee_steps(century, a_flat("0.02%"))[-1].through_day == MOST_DAYS == 36_600
    with pytest.raises(XuqiaoError) as refused:
        usage_fee([*century, Outstanding(0, 1)], TERMS)
    assert refused.value.code == "fee.too_many_days"
    assert refused.value.params == {"days": "36601", "most": "36600"}


# What befalls a day --------------------------------------------------------------------------------------------


def test_a_waiver_goes_before_being_overdue_and_that_before_being_extended() -> None:
    terms = a_flat("0.02%", extension_rate="0.03%", overdue_rate="0.05%")
    course = Course(waived=frozenset({1, 5, 8}), extended_after=3, overdue_after=6)
    lines = fee_steps([Outstanding(yuan(1_000_000), 9)], terms, course)
    assert [(line.from_day, line.through_day, line.kind.value, line.fee_fen) for line in lines] == [
        (1, 1, "waived", 0),
        (2, 3, "tier", 40000),
        (4, 4, "extension", 30000),
        (5, 5, "waived", 0),
        (6, 6, "extension", 30000),
        (7, 7, "overdue", 50000),
        (8, 8, "waived", 0),
        (9, 9, "overdue", 50000),
    ]


def test_without_a_rate_of_its_own_an_overdue_day_costs_what_it_did_before() -> None:
    course = Course(extended_after=3, overdue_after=6)
    for terms, kinds in (
        (a_flat("0.02%"), ["tier"]),
        (a_flat("0.02%", extension_rate="0.03%"), ["tier", "extension"]),
        (a_flat("0.02%", overdue_rate="0.03%"), ["tier", "overdue"]),
        (a_flat("0.02%", extension_rate="0%", overdue_rate="0%"), ["tier", "extension", "overdue"]),
    ):
        assert [line.kind.value for line in fee_steps([Outstanding(EVEN, 8)], terms, course)] == kinds


@given(segments, some_terms(), courses)
def test_waived_days_cost_nothing(parts: list[Outstanding], terms: FeeTerms, course: Course) -> None:
    lines = fee_steps(parts, terms, course)
    waived = [line for line in lines if line.kind is FeeKind.WAIVED]
    assert all(line.fee_fen == 0 == line.daily_rate for line in waived)
    days = [day for line in waived for day in range(line.from_day, line.through_day + 1)]
    assert set(days) == {day for day in course.waived if day <= sum(part.days for part in parts)}
    everything = course._replace(waived=frozenset(range(1, 300)))
    assert usage_fee(parts, terms, everything) == 0


@given(segments, some_terms(), courses, numbers)
def test_waiving_more_days_never_costs_more(
    parts: list[Outstanding], terms: FeeTerms, course: Course, more: frozenset[int]
) -> None:
    wider = course._replace(waived=course.waived | more)
    assert usage_fee(parts, terms, wider) <= usage_fee(parts, terms, course)


# The minimum ---------------------------------------------------------------------------------------------------


@given(segments, some_terms(), courses)
def test_a_fee_is_the_minimum_or_what_the_days_cost_whichever_is_more(
    parts: list[Outstanding], terms: FeeTerms, course: Course
) -> None:
    fee = usage_fee(parts, terms, course)
    by_days = usage_fee(parts, terms.model_copy(update={"minimum_fen": 0}), course)
    out = [principal for principal, days in parts for _ in range(days)]
    unwaived = any(principal and day not in course.waived for day, principal in enumerate(out, 1))
    never_out_a_day = not any(out) and any(part.principal_fen for part in parts) and 1 not in course.waived
    assert fee == (max(by_days, terms.minimum_fen) if unwaived or never_out_a_day else by_days)


def test_the_minimum_is_shown_as_what_it_adds_to_all_the_days() -> None:
    terms = a_flat("0.05%", minimum_fen=500_000)
    parts = [Outstanding(yuan(2_000_000), 2), Outstanding(yuan(1_000_000), 3)]
    assert fee_steps(parts, terms)[-1] == FeeEntry(1, 5, yuan(2_000_000), Fraction(0), 150_000, FeeKind.MINIMUM)
    assert fee_steps([Outstanding(yuan(2_000_000), 5)], terms)[-1].kind is FeeKind.TIER  # it costs just the minimum
    assert fee_steps([Outstanding(yuan(1_999_996), 5)], terms)[-1][4:] == (1, FeeKind.MINIMUM)


def test_a_bridge_that_came_back_at_once_costs_the_minimum_unless_that_day_is_waived() -> None:
    terms = a_flat("0.05%", minimum_fen=500_000)
    bridge = [Outstanding(yuan(3_000_000), 0)]
    assert fee_steps(bridge, terms) == (FeeEntry(1, 1, yuan(3_000_000), Fraction(0), 500_000, FeeKind.MINIMUM),)
    assert fee_steps(bridge, terms, Course(waived=frozenset({1}))) == ()
    assert fee_steps(bridge, terms, Course(waived=frozenset({2}))) != ()
    assert fee_steps([], terms) == fee_steps([Outstanding(0, 0)], terms) == ()


# Prepayment, averages and the year -----------------------------------------------------------------------------


@given(st.integers(0, 10**12), st.integers(0, 20), st.integers(1, 20), some_terms(), courses)
def test_what_was_prepaid_less_the_refund_and_what_is_due_make_the_fee(
    principal: int, days: int, ahead: int, terms: FeeTerms, course: Course
) -> None:
    terms = terms.model_copy(update={"prepaid_days": ahead})
    fee, prepaid = usage_fee([Outstanding(principal, days)], terms, course), prepaid_fee(principal, terms, course)
    assert prepaid is not None
    settled = true_up(fee, prepaid)
    assert prepaid - settled.refund_fen + settled.due_fen == fee
    assert settled.refund_fen * settled.due_fen == 0 <= min(settled)
    assert (settled.refund_fen > 0) <= (days < ahead)
    assert (settled.due_fen > 0) <= (days > ahead)


def test_fuding_prepays_five_days_and_trues_them_up() -> None:
    terms = a_flat("0.05%", prepaid_days=5, minimum_fen=yuan(5000))
    assert prepaid_fee(yuan(3_000_000), terms) == yuan(7500)
    assert prepaid_fee(yuan(1_000_000), terms) == yuan(5000)
    assert prepaid_fee(yuan(3_000_000), terms, Course(waived=frozenset({1, 2}))) == yuan(5000)
    assert prepaid_fee(yuan(3_000_000), a_flat("0.05%")) is None
    assert true_up(yuan(5000), yuan(7500)) == (yuan(2500), 0)
    assert true_up(yuan(9000), yuan(7500)) == (0, yuan(1500))


@given(st.integers(1, 60), some_terms())
def test_an_average_is_what_all_the_days_cost_by_the_tiers(days: int, terms: FeeTerms) -> None:
    plain = terms.model_copy(update={"minimum_fen": 0})
    assert average_daily_rate(terms, days) * EVEN * days == usage_fee([Outstanding(EVEN, days)], plain)


@pytest.mark.parametrize("days", [0, -1])
def test_there_is_no_average_over_no_days(days: int) -> None:
    with pytest.raises(XuqiaoError) as refused:
        average_daily_rate(TERMS, days)
    assert refused.value.code == "fee.no_days"
    assert refused.value.params == {"days": str(days)}


@given(st.sampled_from(RATES), st.lists(st.tuples(st.integers(1, 10**6), st.integers(0, 40)), min_size=1, max_size=4))
def test_a_flat_rate_costs_365_times_itself_a_year(rate: str, parts: list[tuple[int, int]]) -> None:
    out, terms = [Outstanding(times * EVEN, days) for times, days in parts], a_flat(rate)
    yearly = annualised(usage_fee(out, terms), out)
    assert yearly == (365 * terms.tiers[0].daily_rate if any(days for _, days in parts) else None)


# What a measure may write --------------------------------------------------------------------------------------


def test_tiers_follow_each_other() -> None:
    tiers = [{"through_day": 1, "daily_rate": "1/2400"}, {"through_day": 2, "daily_rate": "0%"}, {"daily_rate": "1/7"}]
    terms = FeeTerms.model_validate({"tiers": tiers})
    assert [(span.from_day, span.through_day, span.rate_ppm) for span in terms.spans()] == [
        (1, 1, 417),
        (2, 2, 0),
        (3, None, 142857),
    ]
    assert fee_steps([Outstanding(240_000, 1)], FeeTerms.model_validate({"tiers": tiers}))[0].rate_ppm == 417


@pytest.mark.parametrize(
    "ends", [[], [5], [5, 5, None], [5, 3, None], [None, None], [None, 5], [None, 5, None], [5, None, None]]
)
def test_tiers_that_overlap_or_leave_an_end_open_are_refused(ends: list[int | None]) -> None:
    with pytest.raises(ValidationError) as refused:
        FeeTerms.model_validate({"tiers": [{"through_day": end, "daily_rate": "0.02%"} for end in ends]})
    assert refused.value.errors()[0]["type"] == "pack.bad_tiers"
    assert refused.value.errors()[0]["msg"] == "tiers follow each other, and only the last has no end"


def test_a_waiver_ends_on_the_day_it_begins_at_the_earliest() -> None:
    day = date(2022, 3, 1)
    assert Waiver(since=day, until=day)
    with pytest.raises(ValidationError, match="a period ends after it begins") as refused:
        Waiver(since=day, until=date(2022, 2, 28))
    assert refused.value.errors()[0]["type"] == "pack.bad_waiver"


@given(some_terms())
def test_terms_are_read_again_from_what_a_history_keeps_of_them(terms: FeeTerms) -> None:
    assert FeeTerms.model_validate_json(terms.model_dump_json()) == terms
