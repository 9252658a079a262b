"""What officers book beside the cases: read strictly, in the right book and for the right purpose, as one journal."""

from typing import get_args

import pytest
from pydantic import ValidationError

from activities.law.measures import draft
from rulebook.applications import payee_digest
from rulebook.books import acts as b
from rulebook.books.acts import BookAct, Found, Journal, Payee
from rulebook.books.postings import LedgerRequest, PostingKind
from rulebook.books.postings_of_the_year import NetBalance, spend
from rulebook.books.statements import StatementLine
from rulebook.books.steps import BY_TWO, CHANGES_WHAT_IS_OWED, PAID_BY_HAND
from rulebook.errors import XuqiaoError
from rulebook.money import MOST_FEN, yuan
from tests.rulebook.books.journals import CASE, RECORD, TODAY, a_years_balances, entries_of
from tests.rulebook.samples import donghai

PAYEE = Payee(name="东海县试晶石英制品有限公司", number="6228480100000000001", branch="晶都农村商业银行东海支行")
SPENT = spend(RECORD, "office", yuan(985), approval="DH/desk/1", reference="ZF-0", limit_ppm=None)
FOUND = Found(
    limit_ppm=200_000,
    reversed=Journal(key=SPENT.key, kind=SPENT.kind, case_no=CASE, lines=SPENT.lines),
    balances=tuple(NetBalance.model_validate(each.model_dump()) for each in a_years_balances(yuan(100), yuan(10))),
    reference="ZF-1",
)
ACTS: dict[PostingKind, BookAct] = {
    act.kind: act
    for act in (
        b.Refund(amount_fen=700, payee=PAYEE, case_no=CASE),
        b.Spend(amount_fen=700, purpose="办公费用"),
        b.WriteOff(amount_fen=700, case_no=CASE, decision="HX-1"),
        b.Compensate(amount_fen=700, case_no=CASE, payee=PAYEE),
        b.CapitalOut(amount_fen=700, contributor="市财政"),
        b.Reverse(voucher=3, reason="记错"),
        b.CapitalIn(amount_fen=700, contributor="市财政", reference="ZB-1"),
        b.Interest(amount_fen=700, reference="LX-1"),
        b.Charge(amount_fen=700, reference="SX-1"),
        b.Vat(amount_fen=700, case_no=CASE, invoice="FP-1"),
        b.VatPaid(amount_fen=700, reference="SW-1"),
        b.GuarantorIn(case_no=CASE, reference="LS-4", principal_fen=500, fee_fen=200),
        b.Recover(amount_fen=700, case_no=CASE, reference="LS-5"),
        b.CarryOver(year=2025, to_pool_fen=700),
    )
}
IN_EITHER_BOOK = {"capital_in", "capital_out", "interest", "carry_over", "reverse"}
BOTH_BOOKS = ("DH", "DH-RC")


def journal(kind: PostingKind, **found: object) -> LedgerRequest:
    return b.request_of(ACTS[kind], RECORD, "DH/desk/7", FOUND.model_copy(update=found))


def refusal_of_book(act: BookAct, book: str) -> XuqiaoError | None:
    try:
        b.check_book(act, book)
    except XuqiaoError as refused:
        return refused
    return None


# Reading --------------------------------------------------------------------------------------------------------


def test_there_is_an_example_of_every_act() -> None:
    assert {type(act) for act in ACTS.values()} == set(get_args(get_args(BookAct)[0]))


@pytest.mark.parametrize("kind", ACTS)
def test_an_act_is_read_back_from_its_record(kind: PostingKind) -> None:
    assert b.read_act(ACTS[kind].model_dump(mode="json")) == ACTS[kind]


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        ({"kind": "disburse", "amount_fen": 1}, "kind"),
        ({"amount_fen": 1}, "kind"),
        ({"kind": "interest", "amount_fen": 0, "reference": "LX-1"}, "amount_fen"),
        ({"kind": "interest", "amount_fen": MOST_FEN + 1, "reference": "LX-1"}, "amount_fen"),
        ({"kind": "interest", "amount_fen": 1, "reference": " LX-1"}, "reference"),
        ({"kind": "interest", "amount_fen": 1, "reference": ""}, "reference"),
        ({"kind": "interest", "amount_fen": 1, "reference": "LX-1", "note": "x"}, "note"),
        ({"kind": "spend", "amount_fen": 1, "purpose": "x" * 201}, "purpose"),
        ({"kind": "reverse", "voucher": 0, "reason": "记错"}, "voucher"),
        ({"kind": "carry_over", "year": 26}, "year"),
        ({"kind": "carry_over", "year": 2026, "to_pool_fen": -1}, "to_pool_fen"),
        ({"kind": "guarantor_in", "case_no": CASE, "reference": "LS-4", "principal_fen": -1}, "principal_fen"),
    ],
)
def test_a_faulty_record_is_refused_at_its_place(content: dict[str, object], wrong: str) -> None:
    with pytest.raises(ValidationError, match=wrong):
        b.read_act(content)


def test_a_refund_is_of_a_case_or_of_a_strangers_receipt_and_not_of_both() -> None:
    stranger = b.Refund(amount_fen=1, payee=PAYEE, line="LS-7")
    assert (stranger.case_no, stranger.line) == (None, "LS-7")
    for both_or_none in ({}, {"case_no": CASE, "line": "LS-7"}):
        with pytest.raises(ValidationError, match="of a case or of an unmatched line"):
            b.Refund.model_validate({"amount_fen": 1, "payee": PAYEE, **both_or_none})


@pytest.mark.parametrize("number", ["", "6228 4801", "62284801a", "1" * 41])
def test_an_account_number_is_digits(number: str) -> None:
    with pytest.raises(ValidationError, match="number"):
        Payee(name="甲", number=number, branch="乙")


def test_the_books_know_a_payee_by_the_digest_of_the_whole_account() -> None:
    assert PAYEE.digest == payee_digest(PAYEE.name, PAYEE.number, PAYEE.branch)
    others = [PAYEE.model_copy(update={name: "1"}).digest for name in ("name", "number", "branch")]
    assert len({PAYEE.digest, *others}) == 4


def test_what_an_act_speaks_of() -> None:
    assert {kind for kind, act in ACTS.items() if b.case_of(act) == CASE} == {
        "refund", "write_off", "compensate", "vat", "guarantor_in", "recover"
    }  # fmt: skip
    assert {kind for kind, act in ACTS.items() if b.payee_of(act) is not None} == {"refund", "compensate"}
    assert b.case_of(ACTS[PostingKind.SPEND]) is None


# Which line of the statement paid it ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "amount", "account", "fits"),
    [
        (PostingKind.REFUND, -700, PAYEE.number, True),
        (PostingKind.REFUND, -700, "62284801", False),
        (PostingKind.REFUND, -700, "", False),
        (PostingKind.REFUND, 700, PAYEE.number, False),
        (PostingKind.REFUND, -701, PAYEE.number, False),
        (PostingKind.SPEND, -700, "62284801", True),
        (PostingKind.SPEND, -700, "", True),
        (PostingKind.SPEND, -699, "", False),
    ],
)
def test_a_line_of_the_statement_may_be_a_payment_by_its_amount_and_payee(
    kind: PostingKind, amount: int, account: str, fits: bool
) -> None:
    line = StatementLine(on=TODAY, amount_fen=amount, payer_account=account)
    assert b.is_paid_by(ACTS[kind], line) is fits


@pytest.mark.parametrize("kind", [PostingKind.REVERSE, PostingKind.GUARANTOR_IN])
@pytest.mark.parametrize("amount", [-1, 0, 1])
def test_an_act_that_names_no_amount_is_paid_by_no_line(kind: PostingKind, amount: int) -> None:
    assert not b.is_paid_by(ACTS[kind], StatementLine(on=TODAY, amount_fen=amount))


# Books and purposes -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ACTS)
def test_each_act_has_its_book(kind: PostingKind) -> None:
    """The sub-fund compensates and does nothing else that the fund does, but what every book needs."""
    refused = [refusal_of_book(ACTS[kind], book) is not None for book in BOTH_BOOKS]
    if kind in IN_EITHER_BOOK:
        assert refused == [False, False]
    else:
        assert refused == ([True, False] if kind == "compensate" else [False, True])


def test_an_act_in_a_book_that_does_not_know_it_is_named_with_the_book() -> None:
    for kind, book in ((PostingKind.SPEND, "DH-RC"), (PostingKind.COMPENSATE, "DH")):
        refused = refusal_of_book(ACTS[kind], book)
        assert refused is not None
        assert (refused.code, refused.params) == ("bookdesk.other_book", {"kind": kind, "book": book})


def test_a_book_is_its_funds_with_or_without_the_sub_fund() -> None:
    assert [b.fund_of(book) for book in (*BOTH_BOOKS, "RC", "DH-RC-RC")] == ["DH", "DH", "RC", "DH-RC"]


def test_fee_income_is_spent_on_what_shanxis_measure_names_and_on_nothing_else() -> None:
    shanxi = draft("shanxi/2021-07-15")
    b.check_purpose(ACTS[PostingKind.SPEND], shanxi)
    with pytest.raises(XuqiaoError) as refused:
        b.check_purpose(b.Spend(amount_fen=1, purpose="招待费"), shanxi)
    assert (refused.value.code, refused.value.params) == (
        "bookdesk.other_purpose",
        {
            "purpose": "招待费",
            "known": "税费, 经办人员工资, 追偿诉讼费用, 办公费用, 检查费, 差旅费",
            "citation": shanxi.citation("fund.spending_on"),
        },
    )
    b.check_purpose(b.CapitalOut(amount_fen=1, contributor="招待费"), shanxi)


def test_where_the_measure_names_no_purpose_people_decide() -> None:
    assert donghai().fund.spending_on.value is None
    b.check_purpose(b.Spend(amount_fen=1, purpose="招待费"), donghai())


# As a journal -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "entries", "key"),
    [
        ("refund", [f"refund_due/{CASE} escrow_bank/set_aside 7.00"], f"DH/{CASE}/refund/ZF-1"),
        ("spend", ["fee_spending/办公费用 escrow_bank/fees 7.00"], "DH/spend/ZF-1"),
        (
            "write_off",
            [f"loss/{CASE} bridge_receivable/{CASE} 7.00", f"written_off/{CASE} written_off_claim/{CASE} 7.00"],
            f"DH/{CASE}/write_off/HX-1",
        ),
        ("compensate", [f"compensation/{CASE} escrow_bank/pool 7.00"], f"DH/{CASE}/compensate/ZF-1"),
        ("capital_out", ["contribution/市财政 escrow_bank/pool 7.00"], "DH/capital_out/市财政/ZF-1"),
        ("reverse", ["escrow_bank/fees fee_spending/office 985.00"], "DH/spend/ZF-0/reverse"),
        ("capital_in", ["escrow_bank/pool contribution/市财政 7.00"], "DH/capital/市财政/ZB-1"),
        ("interest", ["escrow_bank/pool interest_income/escrow 7.00"], "DH/interest/LX-1"),
        ("charge", ["bank_charge/escrow escrow_bank/fees 7.00"], "DH/charge/SX-1"),
        ("vat", [f"fee_income/{CASE} output_vat/usage_fee 7.00"], f"DH/{CASE}/vat/FP-1"),
        ("vat_paid", ["output_vat/usage_fee escrow_bank/fees 7.00"], "DH/vat_paid/SW-1"),
        (
            "guarantor_in",
            [f"escrow_bank/pool bridge_receivable/{CASE} 5.00", f"escrow_bank/fees fee_income/{CASE} 2.00"],
            f"DH/{CASE}/guarantor/LS-4",
        ),
        (
            "recover",
            [
                f"escrow_bank/pool recovery_income/{CASE} 7.00",
                f"written_off_claim/{CASE} written_off/{CASE} 7.00",
            ],
            f"DH/{CASE}/recover/LS-5",
        ),
    ],
)
def test_each_act_becomes_its_journal(kind: str, entries: list[str], key: str) -> None:
    request = journal(PostingKind(kind))
    assert (entries_of(request), request.key, request.kind) == (entries, key, kind)
    assert (request.book, request.accounting_date, request.actor_id, request.evidence) == ("DH", TODAY, "maker", "e1")
    assert request.case_no == (CASE if kind == "reverse" else b.case_of(ACTS[PostingKind(kind)]))


@pytest.mark.parametrize("kind", ACTS)
def test_only_what_two_people_allow_consumes_an_approval(kind: PostingKind) -> None:
    assert journal(kind).approval == ("DH/desk/7" if kind in BY_TWO else None)


def test_what_is_paid_by_hand_is_booked_under_the_banks_reference() -> None:
    for kind in PAID_BY_HAND:
        assert (journal(kind).reference, journal(kind, reference="ZF-2").reference) == ("ZF-1", "ZF-2")
    assert journal(PostingKind.SPEND).limit_ppm == 200_000
    assert journal(PostingKind.REFUND).about == journal(PostingKind.COMPENSATE).about == PAYEE.digest


def test_a_strangers_money_goes_back_from_the_line_it_came_with() -> None:
    act = b.Refund(amount_fen=700, payee=PAYEE, line="LS-7")
    request = b.request_of(act, RECORD, "DH/desk/7", FOUND)
    assert entries_of(request) == ["unmatched/LS-7 escrow_bank/set_aside 7.00"]
    assert (request.key, request.case_no) == ("DH/unmatched/refund/ZF-1", None)


def test_a_guarantor_who_pays_nothing_is_not_booked() -> None:
    act = b.GuarantorIn(case_no=CASE, reference="LS-4", principal_fen=0)
    with pytest.raises(XuqiaoError) as refused:
        b.request_of(act, RECORD, "", FOUND)
    assert refused.value.code == "ledger.nothing_to_post"


def test_a_year_that_was_taken_back_is_carried_over_again_under_a_key_of_its_own() -> None:
    first, again, third = (journal(PostingKind.CARRY_OVER, taken_back=times) for times in (0, 1, 2))
    assert [each.key for each in (first, again, third)] == [f"DH/carry_over/2025{end}" for end in ("", "/2", "/3")]
    assert first.lines == again.lines
    assert entries_of(first)[-1] == "escrow_bank/pool escrow_bank/fees 7.00"
    assert len(first.lines) == 3 + 4 + 1, "three incomes, four costs and the fees that join the fund"


# What two people allow --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "amount", "about", "case"),
    [
        ("refund", 700, PAYEE.digest, CASE),
        ("spend", 700, "办公费用", None),
        ("write_off", 700, "HX-1", CASE),
        ("compensate", 700, PAYEE.digest, CASE),
        ("capital_out", 700, "市财政", None),
        ("reverse", yuan(985), "DH/spend/ZF-0", CASE),
    ],
)
def test_an_approval_says_what_its_journal_does(kind: str, amount: int, about: str, case: str | None) -> None:
    allowed = b.approval_of(journal(PostingKind(kind)), maker="m", checker="c")
    assert allowed.model_dump() == {
        "book": "DH",
        "key": "DH/desk/7",
        "kind": kind,
        "case_no": case,
        "amount_fen": amount,
        "about": about,
        "terms_digest": None,
        "maker": "m",
        "checker": "c",
    }


def test_a_write_off_is_allowed_once_and_its_reversal_for_all_its_entries() -> None:
    """A write-off has two entries of one amount; taking it back is measured by both."""
    lost = journal(PostingKind.WRITE_OFF)
    assert b.approval_of(lost, maker="m", checker="c").amount_fen == 700
    back = Journal(key=lost.key, kind=lost.kind, case_no=CASE, lines=lost.lines)
    assert b.approval_of(journal(PostingKind.REVERSE, reversed=back), maker="m", checker="c").amount_fen == 1400


def test_a_case_reckons_with_what_changes_its_debt() -> None:
    of_desk = {kind for kind in ACTS if kind in CHANGES_WHAT_IS_OWED}
    assert of_desk == {"guarantor_in", "write_off"}
