"""Money that comes back: nothing is lost or invented, whatever the parts and their order; and each pays for itself."""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulebook.bridges import Bridge, Division, Return, expected_use, mixed_references
from rulebook.calendar import CalendarDay, DayUnit, calendar_from_days
from rulebook.errors import XuqiaoError
from rulebook.law.fees import DayCount, FeeTerms, Tariff, Waiver
from rulebook.messages import Receipt, ReceiptLine, ReceiptPurpose

TERMS = FeeTerms.model_validate({"tiers": [{"through_day": 5, "daily_rate": "0.02%"}, {"daily_rate": "0.04%"}]})
TARIFF = Tariff(TERMS, DayCount())
PAID = date(2026, 3, 2)  # a Monday
CALENDAR = calendar_from_days(
    CalendarDay(day, day.weekday() < 5, True) for day in (PAID + timedelta(days=ahead) for ahead in range(120))
)
FEN = st.integers(min_value=1, max_value=10**9)
DAY = st.integers(min_value=0, max_value=40)
RATE = st.sampled_from(["0%", "0.015%", "4.35%/360", "1/2400"])


def after(days: int) -> date:
    return PAID + timedelta(days=days)


def a_bridge(amount: int) -> Bridge:
    return Bridge(amount_fen=amount, paid_on=PAID, due_on=after(10))


def a_receipt(day: int, *lines: tuple[ReceiptPurpose, int, str]) -> Receipt:
    return Receipt(
        received_on=after(day),
        lines=tuple(ReceiptLine(purpose=p, amount_fen=fen, reference=ref, payer="借款人") for p, fen, ref in lines),
    )


@st.composite
def tariffs(draw: st.DrawFn) -> Tariff:
    """All that a measure can charge for. Part of a day is rounded up only where the first day counts anyway."""
    ends = sorted(draw(st.sets(st.integers(1, 20), max_size=2)))
    first = draw(st.booleans())
    terms = FeeTerms.model_validate(
        {
            "tiers": [{"through_day": end, "daily_rate": draw(RATE)} for end in (*ends, None)],
            "minimum_fen": draw(st.just(0) | st.integers(0, 10**7)),
            "extension_rate": draw(st.none() | RATE),
            "overdue_rate": draw(st.none() | RATE),
            "waivers": [
                Waiver(since=after(since), until=after(since + length))
                for since, length in draw(st.lists(st.tuples(DAY, DAY), max_size=2))
            ],
        }
    )
    count = DayCount(
        counted=draw(st.sampled_from(DayUnit)),
        first_day_counts=first,
        last_day_counts=draw(st.booleans()),
        part_day_counts=first and draw(st.booleans()),
    )
    return Tariff(terms, count, CALENDAR)


LINES = st.lists(st.tuples(st.sampled_from(ReceiptPurpose), FEN, st.sampled_from("abcd")), min_size=1, max_size=4)
RECEIPTS = st.lists(st.builds(lambda day, lines: a_receipt(day, *lines), DAY, LINES), min_size=1, max_size=5)


# What comes back -------------------------------------------------------------------------------------------------


@given(FEN, RECEIPTS, tariffs())
def test_a_division_conserves_money_and_never_takes_more_than_is_owed(
    amount: int, receipts: list[Receipt], tariff: Tariff
) -> None:
    bridge, came, excess = a_bridge(amount), 0, 0
    for receipt in receipts:
        division = bridge.divide(receipt, tariff)
        parts = bridge.divide_by_reference(receipt, tariff)
        whole = Division(principal_fen=0, fee_fen=0, excess_fen=0)
        for part in parts:
            whole = whole.plus(part.division)
        assert whole == division
        assert {part.reference for part in parts} == {line.reference for line in receipt.lines}
        bridge = bridge.after(division, receipt.received_on)
        came += sum(line.amount_fen for line in receipt.lines)
        excess += division.excess_fen
        assert min(division.principal_fen, division.fee_fen, division.excess_fen, bridge.outstanding_fen) >= 0
    assert amount - bridge.outstanding_fen + bridge.fee_received_fen + excess == came


@given(FEN, st.permutations([1, 4, 9]))
def test_it_does_not_matter_in_which_order_the_bank_tells_of_returns(amount: int, days: list[int]) -> None:
    bridge, share = a_bridge(amount * 3), amount
    for day in days:
        receipt = a_receipt(day, (ReceiptPurpose.PRINCIPAL, share, f"r{day}"))
        bridge = bridge.after(bridge.divide(receipt, TARIFF), receipt.received_on)
    assert [(part.on - PAID).days for part in bridge.returns] == [1, 4, 9]
    assert bridge.days(after(30), TARIFF) == 9


def test_neither_purpose_fills_the_other() -> None:
    bridge = a_bridge(1_000_000)
    division = bridge.divide(a_receipt(0, (ReceiptPurpose.FEE, 500, "a")), TARIFF)
    assert (division.principal_fen, division.fee_fen, division.excess_fen) == (0, 0, 500)


def test_what_is_owed_is_the_rest_of_the_principal_and_of_the_fee() -> None:
    bridge = a_bridge(10_000_000).model_copy(update={"fee_received_fen": 3000})
    assert bridge.owed_fen(after(1), TARIFF) == 10_000_000  # 2000 fen of fee so far: nothing goes back before the end
    assert bridge.owed_fen(after(2), TARIFF) == 10_001_000
    home = bridge.after(Division(principal_fen=10_000_000, fee_fen=0, excess_fen=0), after(2))
    assert home.owed_fen(after(30), TARIFF) == 1000
    assert (bridge.fee_owed_fen(after(1), TARIFF), bridge.fee_owed_fen(after(2), TARIFF)) == (0, 1000)


def test_what_a_bridge_is_expected_to_cost_is_its_fee_to_the_end_of_its_term() -> None:
    assert expected_use(a_bridge(10_000_000), TARIFF) == (PAID, 10, 5 * 2000 + 5 * 4000)


# The fee, against a reckoning of another kind --------------------------------------------------------------------


def fee_by_pieces(bridge: Bridge, on: date, tariff: Tariff) -> int:
    """Every piece of principal by itself: the dates it was out, what each cost, all added up and rounded once."""
    pieces = [(part.principal_fen, part.on) for part in bridge.returns]
    if bridge.outstanding_fen:
        pieces.append((bridge.outstanding_fen, max([on, *(part.on for part in bridge.returns)])))
    total = Fraction(0)
    costing: set[date] = set()
    waived: set[date] = set()
    for fen, back in pieces:
        dates = charged_dates(bridge.paid_on, back, tariff) or [bridge.paid_on] * tariff.day_count.part_day_counts
        for number, day in enumerate(dates, 1):
            free = any(period.since <= day <= period.until for period in tariff.terms.waivers)
            (waived if free else costing).add(day)
            total += 0 if free else fen * rate_on(day, number, back, bridge, tariff)
    if not costing | waived:  # nothing was out for a day: the day of payout stands for it
        free = any(period.since <= bridge.paid_on <= period.until for period in tariff.terms.waivers)
        (waived if free else costing).add(bridge.paid_on)
    cents = (Decimal(total.numerator) / Decimal(total.denominator)).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    return max(int(cents), tariff.terms.minimum_fen) if costing else int(cents)


def charged_dates(paid_on: date, back: date, tariff: Tariff) -> list[date]:
    count, dates, day = tariff.day_count, [], paid_on
    while day <= back:
        first_or_last_free = (day == paid_on and not count.first_day_counts) or (
            day == back and not count.last_day_counts
        )
        if not first_or_last_free and (count.counted is DayUnit.CALENDAR or day.weekday() < 5):
            dates.append(day)
        day += timedelta(days=1)
    return dates


def rate_on(day: date, number: int, back: date, bridge: Bridge, tariff: Tariff) -> Fraction:
    """A day is late when the money was still out on the day after the last one allowed."""
    still_out_on = day if tariff.day_count.last_day_counts else day + timedelta(days=1)
    in_time = day == bridge.paid_on == back  # a part of the first day
    terms = tariff.terms
    if terms.overdue_rate is not None and still_out_on > bridge.due_on and not in_time:
        return terms.overdue_rate
    if terms.extension_rate is not None and bridge.term_ends and still_out_on > bridge.term_ends and not in_time:
        return terms.extension_rate
    rate = terms.tiers[-1].daily_rate
    for tier in reversed(terms.tiers[:-1]):
        if tier.through_day is not None and number <= tier.through_day:
            rate = tier.daily_rate
    return rate


@given(st.lists(st.tuples(FEN, DAY), max_size=4), st.integers(0, 10**9), DAY, st.integers(1, 30), DAY, tariffs())
def test_the_fee_is_what_each_piece_of_the_principal_costs_for_its_own_days(
    returned: list[tuple[int, int]], left: int, on: int, term: int, extended: int, tariff: Tariff
) -> None:
    returns = tuple(Return(on=after(day), principal_fen=fen) for fen, day in sorted(returned, key=lambda part: part[1]))
    bridge = Bridge(
        amount_fen=sum(part.principal_fen for part in returns) + left,
        paid_on=PAID,
        due_on=after(term + extended),
        term_ends=after(term) if extended else None,
        returns=returns,
    )
    if bridge.amount_fen:
        assert bridge.fee_fen(after(on), tariff) == fee_by_pieces(bridge, after(on), tariff)


@given(FEN, tariffs(), DAY, DAY)
def test_the_fee_only_grows_with_time(amount: int, tariff: Tariff, one: int, other: int) -> None:
    if tariff.day_count.first_day_counts:  # else the day of payout, and with it the minimum, gives way to the next day
        early, late = sorted((one, other))
        assert a_bridge(amount).fee_fen(after(early), tariff) <= a_bridge(amount).fee_fen(after(late), tariff)


@given(FEN, DAY, DAY, tariffs())
def test_once_all_is_back_the_fee_stands_still(amount: int, day: int, later: int, tariff: Tariff) -> None:
    bridge = a_bridge(amount)
    home = bridge.after(Division(principal_fen=amount, fee_fen=0, excess_fen=0), after(day))
    assert home.fee_fen(after(day + later), tariff) == bridge.fee_fen(after(day), tariff)


def test_a_day_late_costs_one_overdue_day_and_an_extension_its_own_rate() -> None:
    terms = TERMS.model_copy(update={"overdue_rate": Fraction(1, 1000), "extension_rate": Fraction(1, 2000)})
    tariff, bridge = Tariff(terms, DayCount()), a_bridge(10_000_000)
    assert bridge.fee_fen(after(10), tariff) == 5 * 2000 + 5 * 4000
    assert bridge.fee_fen(after(11), tariff) == 30_000 + 10_000
    extended = bridge.model_copy(update={"due_on": after(13), "term_ends": after(10)})
    assert extended.fee_fen(after(13), tariff) == 30_000 + 3 * 5000
    assert extended.fee_fen(after(15), tariff) == 45_000 + 2 * 10_000


def test_a_return_told_of_late_does_not_hide_the_waivers_and_overdue_days_before_it() -> None:
    terms = TERMS.model_copy(
        update={"overdue_rate": Fraction(1, 1000), "waivers": (Waiver(since=after(11), until=after(11)),)}
    )
    bridge = a_bridge(10_000_000).model_copy(update={"returns": (Return(on=after(13), principal_fen=10_000_000),)})
    assert bridge.fee_fen(after(3), Tariff(terms, DayCount())) == 30_000 + 2 * 10_000


def test_before_the_payout_nothing_is_charged() -> None:
    tariff = Tariff(TERMS.model_copy(update={"minimum_fen": 5000}), DayCount())
    assert a_bridge(10_000_000).fee_fen(after(-1), tariff) == a_bridge(10_000_000).days(after(-1), tariff) == 0
    assert a_bridge(10_000_000).fee_fen(PAID, tariff) == 5000
    early = a_bridge(100).model_copy(update={"returns": (Return(on=after(-1), principal_fen=100),)})
    with pytest.raises(XuqiaoError, match="returned_before_paid"):
        early.fee_fen(PAID, tariff)


def test_one_line_of_the_statement_has_one_payer() -> None:
    principal, fee, guarantor = ReceiptPurpose.PRINCIPAL, ReceiptPurpose.FEE, ReceiptPurpose.GUARANTOR
    mixed = a_receipt(8, (principal, 5, "B"), (guarantor, 6, "B"), (fee, 7, "A"), (guarantor, 8, "A"), (fee, 9, "C"))
    assert mixed_references(mixed) == ("A", "B")
    assert mixed_references(a_receipt(8, (principal, 5, "B"), (fee, 6, "B"), (guarantor, 7, "A"))) == ()
