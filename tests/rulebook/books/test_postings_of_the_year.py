"""The events of a fund's year beside lending: exact entries, keys and approvals, and what a year's end empties."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulebook.books import postings_of_the_year as y
from rulebook.books.postings import Account, LedgerRequest, PostingKind, Subject
from rulebook.errors import XuqiaoError
from rulebook.money import yuan
from tests.rulebook.books.journals import CASE, FUND, RECORD, TODAY, a_years_balances, entries_of, moved, of_subject

BY_TWO: dict[str, Any] = {"approval": "DH/desk/4", "reference": "ZF-1"}
Event = Callable[[], LedgerRequest]
NETS = st.lists(
    st.tuples(st.sampled_from([*y.INCOMES, *y.COSTS]), st.text("abc", min_size=1, max_size=3), st.integers(1, 10**12)),
    min_size=1,
    unique_by=lambda net: net[:2],
)


def only_entry(request: LedgerRequest) -> str:
    (entry,) = entries_of(request)
    return entry


def balance(subject: Subject, dimension: str, net_fen: int) -> y.NetBalance:
    return y.NetBalance(account=Account(subject=subject, dimension=dimension), net_fen=net_fen)


def nothing_to_post(request: Any) -> str:
    with pytest.raises(XuqiaoError) as refused:
        request()
    assert refused.value.code == "ledger.nothing_to_post"
    return refused.value.params["amounts"]


@pytest.mark.parametrize(
    ("event", "entry", "key", "reference"),
    [
        (
            lambda: y.prepay(RECORD, CASE, yuan(15_000), reference="LS-1"),
            f"escrow_bank/set_aside fee_prepaid/{CASE} 15000.00",
            f"DH/{CASE}/prepay/LS-1",
            "LS-1",
        ),
        (
            lambda: y.refund_prepaid(RECORD, CASE, yuan(4_000), reference="ZF-2"),
            f"fee_prepaid/{CASE} escrow_bank/set_aside 4000.00",
            f"DH/{CASE}/refund_prepaid",
            "ZF-2",
        ),
        (
            lambda: y.interest(RECORD, yuan(1234), reference="LX-1"),
            "escrow_bank/pool interest_income/escrow 1234.00",
            "DH/interest/LX-1",
            "LX-1",
        ),
        (
            lambda: y.charge(RECORD, yuan(15), reference="SX-1"),
            "bank_charge/escrow escrow_bank/fees 15.00",
            "DH/charge/SX-1",
            "SX-1",
        ),
        (  # six per cent of a fee of 11,000.00 yuan that contains the tax
            lambda: y.vat(RECORD, CASE, yuan("622.64"), invoice="FP-1"),
            f"fee_income/{CASE} output_vat/usage_fee 622.64",
            f"DH/{CASE}/vat/FP-1",
            "FP-1",
        ),
        (
            lambda: y.vat_paid(RECORD, yuan("622.64"), reference="SW-1"),
            "output_vat/usage_fee escrow_bank/fees 622.64",
            "DH/vat_paid/SW-1",
            "SW-1",
        ),
    ],
    ids=["prepay", "refund prepaid", "interest", "charge", "vat", "vat paid"],
)
def test_events_of_one_entry(event: Event, entry: str, key: str, reference: str) -> None:
    request = event()
    assert only_entry(request) == entry
    assert (request.key, request.reference, request.approval, request.about) == (key, reference, None, None)
    assert (request.book, request.accounting_date, request.actor_id, request.evidence) == (
        FUND,
        TODAY,
        "maker",
        "e1",
    )


@pytest.mark.parametrize(
    ("event", "entry", "key", "about", "case"),
    [
        (
            lambda: y.refund(RECORD, yuan("0.07"), payee="p1", case=CASE, **BY_TWO),
            f"refund_due/{CASE} escrow_bank/set_aside 0.07",
            f"DH/{CASE}/refund/ZF-1",
            "p1",
            CASE,
        ),
        (
            lambda: y.refund(RECORD, yuan(300), payee="p1", line="LS-7", **BY_TWO),
            "unmatched/LS-7 escrow_bank/set_aside 300.00",
            "DH/unmatched/refund/ZF-1",
            "p1",
            None,
        ),
        (
            lambda: y.spend(RECORD, "办公费用", yuan(2_200), **BY_TWO, limit_ppm=200_000),
            "fee_spending/办公费用 escrow_bank/fees 2200.00",
            "DH/spend/ZF-1",
            "办公费用",
            None,
        ),
        (
            lambda: y.compensate(RECORD, CASE, yuan(50_000), payee="p2", **BY_TWO),
            f"compensation/{CASE} escrow_bank/pool 50000.00",
            f"DH/{CASE}/compensate/ZF-1",
            "p2",
            CASE,
        ),
        (
            lambda: y.capital_out(RECORD, "市财政", yuan(1_000_000), **BY_TWO),
            "contribution/市财政 escrow_bank/pool 1000000.00",
            "DH/capital_out/市财政/ZF-1",
            "市财政",
            None,
        ),
    ],
    ids=["refund of an excess", "refund of a stranger", "spending", "compensation", "capital out"],
)
def test_money_that_leaves_names_its_approval_and_what_that_speaks_of(
    event: Event, entry: str, key: str, about: str, case: str | None
) -> None:
    request = event()
    assert only_entry(request) == entry
    assert (request.key, request.approval, request.reference) == (key, "DH/desk/4", "ZF-1")
    assert (request.about, request.case_no) == (about, case)


@pytest.mark.parametrize("limit", [None, 200_000])
def test_only_a_spending_carries_the_measures_limit(limit: int | None) -> None:
    assert y.spend(RECORD, "office", 1, **BY_TWO, limit_ppm=limit).limit_ppm == limit
    assert y.capital_out(RECORD, "市财政", 1, **BY_TWO).limit_ppm is None


def test_what_was_earned_of_a_prepaid_fee_moves_from_others_money_to_the_fees() -> None:
    earned = y.true_up(RECORD, CASE, yuan(11_000))
    assert entries_of(earned) == [
        f"fee_prepaid/{CASE} fee_income/{CASE} 11000.00",
        "escrow_bank/fees escrow_bank/set_aside 11000.00",
    ]
    assert (earned.key, earned.reference) == (f"DH/{CASE}/true_up", None)


@pytest.mark.parametrize(
    ("matching", "key"), [(y.match, f"DH/{CASE}/match/LS-7"), (y.guarantor_match, f"DH/{CASE}/guarantor/LS-7")]
)
def test_a_receipt_that_finds_its_case_is_divided_without_moving_the_bank_account(matching: Any, key: str) -> None:
    request = matching(RECORD, CASE, "LS-7", principal_fen=yuan(5_000), fee_fen=yuan(11), excess_fen=yuan(2))
    assert entries_of(request) == [
        f"unmatched/LS-7 bridge_receivable/{CASE} 5000.00",
        "escrow_bank/pool escrow_bank/set_aside 5000.00",
        f"unmatched/LS-7 fee_income/{CASE} 11.00",
        "escrow_bank/fees escrow_bank/set_aside 11.00",
        f"unmatched/LS-7 refund_due/{CASE} 2.00",
    ]
    assert (request.key, request.reference) == (key, None)
    assert of_subject(moved([request]), Subject.ESCROW_BANK) == 0
    principal_alone = matching(RECORD, CASE, "LS-7", principal_fen=1)
    assert entries_of(principal_alone) == [
        f"unmatched/LS-7 bridge_receivable/{CASE} 0.01",
        "escrow_bank/pool escrow_bank/set_aside 0.01",
    ]
    fee_alone = matching(RECORD, CASE, "LS-7", fee_fen=1)
    assert entries_of(fee_alone) == [
        f"unmatched/LS-7 fee_income/{CASE} 0.01",
        "escrow_bank/fees escrow_bank/set_aside 0.01",
    ]


def test_the_guarantors_money_is_booked_like_the_borrowers_under_its_own_key() -> None:
    request = y.guarantor_in(RECORD, CASE, principal_fen=yuan(5_000), fee_fen=yuan(11), excess_fen=1, reference="LS-4")
    assert entries_of(request) == [
        f"escrow_bank/pool bridge_receivable/{CASE} 5000.00",
        f"escrow_bank/fees fee_income/{CASE} 11.00",
        f"escrow_bank/set_aside refund_due/{CASE} 0.01",
    ]
    assert (request.kind, request.key) == (PostingKind.GUARANTOR_IN, f"DH/{CASE}/guarantor/LS-4")
    assert request.reference == "LS-4"
    excess_alone = y.guarantor_in(RECORD, CASE, excess_fen=1, reference="LS-4")
    assert entries_of(excess_alone) == [f"escrow_bank/set_aside refund_due/{CASE} 0.01"]


# Losses ---------------------------------------------------------------------------------------------------------


def test_what_is_given_up_stays_on_record_until_it_is_recovered() -> None:
    lost = y.write_off(RECORD, CASE, yuan(800_000), approval="DH/desk/4", decision="东财发〔2026〕9号")
    assert entries_of(lost) == [
        f"loss/{CASE} bridge_receivable/{CASE} 800000.00",
        f"written_off/{CASE} written_off_claim/{CASE} 800000.00",
    ]
    assert (lost.key, lost.about, lost.approval) == (
        f"DH/{CASE}/write_off/东财发〔2026〕9号",
        "东财发〔2026〕9号",
        "DH/desk/4",
    )
    recovered = y.recover(RECORD, CASE, yuan(300_000), reference="LS-5")
    assert entries_of(recovered) == [
        f"escrow_bank/pool recovery_income/{CASE} 300000.00",
        f"written_off_claim/{CASE} written_off/{CASE} 300000.00",
    ]
    assert (recovered.key, recovered.reference) == (f"DH/{CASE}/recover/LS-5", "LS-5")
    left = moved([lost, recovered])
    assert left[Subject.WRITTEN_OFF, CASE] == -left[Subject.WRITTEN_OFF_CLAIM, CASE] == yuan(500_000)


# A year's end ---------------------------------------------------------------------------------------------------


def test_a_year_is_carried_over_account_by_account() -> None:
    nets = [
        balance(Subject.BANK_CHARGE, "escrow", yuan(15)),
        balance(Subject.FEE_INCOME, CASE, yuan(11_000)),
        balance(Subject.FEE_SPENDING, "office", yuan(985)),
        balance(Subject.INTEREST_INCOME, "escrow", yuan(1234)),
        balance(Subject.LOSS, CASE, 0),
        balance(Subject.CONTRIBUTION, "市财政", yuan(20_000_000)),
    ]
    request = y.carry_over(RECORD, 2026, nets, yuan(10_000))
    assert entries_of(request) == [
        "surplus/carried_over bank_charge/escrow 15.00",
        f"fee_income/{CASE} surplus/carried_over 11000.00",
        "surplus/carried_over fee_spending/office 985.00",
        "interest_income/escrow surplus/carried_over 1234.00",
        "escrow_bank/pool escrow_bank/fees 10000.00",
    ]
    assert (request.key, request.case_no, request.approval) == ("DH/carry_over/2026", None, None)


@given(NETS, st.integers(0, 10**12))
def test_a_years_end_empties_what_was_earned_and_spent_into_the_surplus(
    nets: list[tuple[Subject, str, int]], to_pool: int
) -> None:
    balances = [balance(subject, dimension, net) for subject, dimension, net in nets]
    emptied = moved([y.carry_over(RECORD, 2026, [*balances, *a_years_balances(0, 0)], to_pool)])
    earned = sum(net for subject, _, net in nets if subject in y.INCOMES)
    spent = sum(net for subject, _, net in nets if subject in y.COSTS)
    assert emptied[Subject.SURPLUS, "carried_over"] == spent - earned
    for subject, dimension, net in nets:
        assert emptied[subject, dimension] == (net if subject in y.INCOMES else -net)
    assert (emptied[Subject.ESCROW_BANK, "pool"], emptied[Subject.ESCROW_BANK, "fees"]) == (to_pool, -to_pool)
    assert not {subject for subject, _ in emptied} - {*y.INCOMES, *y.COSTS, Subject.SURPLUS, Subject.ESCROW_BANK}


def test_a_year_without_income_and_cost_leaves_nothing_to_carry_over() -> None:
    assert nothing_to_post(lambda: y.carry_over(RECORD, 2026, a_years_balances(0, 0), 0)) == ", ".join("0" * 8)
    assert nothing_to_post(lambda: y.carry_over(RECORD, 2026, [], 0)) == "0"


def test_a_balance_on_the_wrong_side_is_not_turned_round() -> None:
    nets = [balance(Subject.INTEREST_INCOME, "escrow", -5), balance(Subject.FEE_INCOME, CASE, 9)]
    assert nothing_to_post(lambda: y.carry_over(RECORD, 2026, nets, 0)) == "-5, 9, 0"


# Taking back ----------------------------------------------------------------------------------------------------


def test_a_reversal_is_the_mirror_image_in_the_same_order() -> None:
    wrong = y.true_up(RECORD, CASE, yuan(11_000))
    back = y.reverse(RECORD, wrong.key, wrong.lines, approval="DH/desk/5", case=CASE)
    assert entries_of(back) == [
        f"fee_income/{CASE} fee_prepaid/{CASE} 11000.00",
        "escrow_bank/set_aside escrow_bank/fees 11000.00",
    ]
    assert (back.kind, back.key, back.reverses) == (PostingKind.REVERSE, f"{wrong.key}/reverse", wrong.key)
    assert (back.approval, back.case_no, back.about) == ("DH/desk/5", CASE, None)
