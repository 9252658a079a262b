"""Money that comes back: nothing is lost or invented, whatever the parts and their order."""

from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from rulebook.bridges import Bridge
from rulebook.fees import FeeTerms
from rulebook.messages import Receipt, ReceiptLine, ReceiptPurpose

TERMS = FeeTerms.model_validate({"tiers": [{"through_day": 5, "daily_rate": "0.02%"}, {"daily_rate": "0.04%"}]})
PAID = date(2026, 3, 2)
FEN = st.integers(min_value=1, max_value=10**9)
DAY = st.integers(min_value=0, max_value=40)


def a_bridge(amount: int) -> Bridge:
    return Bridge(amount_fen=amount, paid_on=PAID, due_on=PAID + timedelta(days=10))


def a_receipt(day: int, *lines: tuple[ReceiptPurpose, int, str]) -> Receipt:
    return Receipt(
        received_on=PAID + timedelta(days=day),
        lines=tuple(ReceiptLine(purpose=p, amount_fen=fen, reference=ref, payer="借款人") for p, fen, ref in lines),
    )


LINES = st.lists(st.tuples(st.sampled_from(ReceiptPurpose), FEN, st.sampled_from("abcd")), min_size=1, max_size=4)
RECEIPTS = st.lists(st.builds(lambda day, lines: a_receipt(day, *lines), DAY, LINES), min_size=1, max_size=5)


@given(FEN, RECEIPTS)
def test_a_division_conserves_money_and_never_takes_more_than_is_owed(amount: int, receipts: list[Receipt]) -> None:
    bridge, came, excess = a_bridge(amount), 0, 0
    for receipt in receipts:
        division = bridge.divide(receipt, TERMS)
        parts = bridge.divide_by_reference(receipt, TERMS)
        assert division.principal_fen == sum(part.division.principal_fen for part in parts)
        assert division.fee_fen == sum(part.division.fee_fen for part in parts)
        assert division.excess_fen == sum(part.division.excess_fen for part in parts)
        assert {part.reference for part in parts} == {line.reference for line in receipt.lines}
        bridge = bridge.after(division, receipt.received_on)
        came += sum(line.amount_fen for line in receipt.lines)
        excess += division.excess_fen
        assert min(division.principal_fen, division.fee_fen, division.excess_fen, bridge.outstanding_fen) >= 0
    assert amount - bridge.outstanding_fen + bridge.fee_received_fen + excess == came


@given(FEN, DAY, DAY)
def test_the_fee_only_grows_with_time(amount: int, one: int, other: int) -> None:
    early, late = sorted((one, other))
    bridge = a_bridge(amount)
    assert bridge.fee_fen(PAID + timedelta(days=early), TERMS) <= bridge.fee_fen(PAID + timedelta(days=late), TERMS)


@given(st.integers(min_value=2, max_value=10**9), st.data())
def test_a_partial_return_costs_what_each_part_cost_for_its_own_days(amount: int, data: st.DataObject) -> None:
    part = data.draw(st.integers(min_value=1, max_value=amount - 1))
    first, last = sorted((data.draw(DAY), data.draw(DAY)))
    bridge = a_bridge(amount)
    for fen, day in ((part, first), (amount - part, last)):
        receipt = a_receipt(day, (ReceiptPurpose.PRINCIPAL, fen, f"r{day}{fen}"))
        bridge = bridge.after(bridge.divide(receipt, TERMS), receipt.received_on)

    def cost(days: int) -> Fraction:
        return min(days, 5) * Fraction(2, 10_000) + max(0, days - 5) * Fraction(4, 10_000)

    exact = part * cost(first) + (amount - part) * cost(last)
    assert bridge.outstanding_fen == 0
    assert bridge.fee_fen(PAID + timedelta(days=60), TERMS) == int(exact + Fraction(1, 2))


@given(FEN, st.permutations([1, 4, 9]))
def test_it_does_not_matter_in_which_order_the_bank_tells_of_returns(amount: int, days: list[int]) -> None:
    bridge, share = a_bridge(amount * 3), amount
    for day in days:
        receipt = a_receipt(day, (ReceiptPurpose.PRINCIPAL, share, f"r{day}"))
        bridge = bridge.after(bridge.divide(receipt, TERMS), receipt.received_on)
    assert [(part.on - PAID).days for part in bridge.returns] == [1, 4, 9]
    assert bridge.days(PAID + timedelta(days=30), TERMS) == 9


def test_neither_purpose_fills_the_other() -> None:
    bridge = a_bridge(1_000_000)
    division = bridge.divide(a_receipt(0, (ReceiptPurpose.FEE, 500, "a")), TERMS)
    assert (division.principal_fen, division.fee_fen, division.excess_fen) == (0, 0, 500)
