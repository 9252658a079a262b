"""The desk of the books: two people, one voucher, whatever breaks in between; payments by hand have their own file."""

from datetime import date, timedelta
from typing import get_args

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from activities.books import desk as book_desk
from activities.books.desk import Doors
from activities.words import say_error
from models.books import acts as book_acts
from models.books import ledger
from models.funds.artificial_time import play_day
from rulebook.books.acts import (
    BookAct,
    CapitalIn,
    CarryOver,
    Charge,
    Compensate,
    Interest,
    Refund,
    Reverse,
    Spend,
    VatPaid,
)
from rulebook.books.postings import PostingKind, Subject
from rulebook.books.steps import BY_TWO, PAID_BY_HAND
from rulebook.money import yuan
from tests.books.conftest import OpenDesk
from tests.books.desk.desk import (
    BOTH,
    CASHIER,
    CHECKER,
    FIRST_DAY,
    LIMITED,
    MAKER,
    PAPER,
    PAYEE,
    Broken,
    Desk,
    capital_out,
    nobody_opens,
    refused,
    with_roles,
)

WRONG = Reverse(voucher=1, reason="记错")


# Two people --------------------------------------------------------------------------------------------------------


def test_what_one_proposes_another_allows_and_then_it_is_a_voucher(desk: Desk) -> None:
    proposed = desk.propose(WRONG)
    assert (proposed.state, proposed.voucher) == ("proposed", None)
    assert desk.balance(Subject.CONTRIBUTION, "东海县财政局") == -yuan(20_000_000), "nothing is posted yet"

    posted = desk.approve(proposed)

    assert (posted.state, posted.maker, posted.checker, posted.payer) == ("posted", MAKER, CHECKER, None)
    assert desk.balance(Subject.CONTRIBUTION, "东海县财政局") == 0
    with desk.doors.books() as session:
        voucher = ledger.vouchers(session, desk.fund)[-1]
    assert (voucher.number, voucher.actor_id, voucher.accounting_date) == (posted.voucher, CHECKER, FIRST_DAY)
    assert desk.approve(posted).voucher == posted.voucher, "the same answer again"
    assert desk.balance(Subject.CONTRIBUTION, "东海县财政局") == 0


def test_nobody_allows_what_he_proposed_and_the_cashier_does_neither(desk: Desk, owner_engine: Engine) -> None:
    own = desk.propose(capital_out(), by=BOTH)
    assert refused(desk.approve, own, by=BOTH).code == "bookdesk.same_person"
    assert refused(desk.approve, own, by=MAKER).code == "person.not_in_role"
    assert refused(desk.propose, capital_out(), by=CASHIER).code == "person.not_in_role"
    with_roles(owner_engine, desk.fund, "pays.and.keeps", "maker checker cashier")
    assert refused(desk.propose, capital_out(), by="pays.and.keeps").code == "bookdesk.cashier"
    assert refused(desk.approve, own, by="pays.and.keeps").code == "bookdesk.cashier"
    assert desk.approve(own).state == "allowed"


def test_a_rejected_act_is_never_posted(desk: Desk) -> None:
    proposed = desk.propose(capital_out())
    assert proposed.number is not None
    assert refused(desk.take_back, proposed, by=MAKER).code == "person.not_in_role"
    rejected = desk.take_back(proposed, reason="缺出资人文件")
    assert (rejected.state, rejected.reason) == ("rejected", "缺出资人文件")
    assert refused(desk.approve, proposed).code == "bookdesk.decided"
    assert refused(desk.approve, proposed, by=BOTH).code == "bookdesk.decided"
    assert desk.take_back(proposed, reason="缺出资人文件").decided_at == rejected.decided_at
    assert refused(desk.take_back, proposed, reason="另一理由").code == "bookdesk.decided"


def test_a_crash_between_approval_and_voucher_is_healed_by_approving_again(desk: Desk) -> None:
    proposed = desk.propose(WRONG)
    assert proposed.number is not None
    with pytest.raises(Broken):
        book_desk.approve(Doors(desk.doors.desk, nobody_opens), proposed.number, checker=CHECKER)
    with desk.doors.books() as session:
        assert book_acts.book_act(session, proposed.number).state == "allowed"
    assert refused(desk.approve, proposed, by=BOTH).code == "bookdesk.decided"

    assert desk.approve(proposed).state == "posted"
    assert desk.balance(Subject.CONTRIBUTION, "东海县财政局") == 0


def test_a_crash_before_a_direct_act_is_posted_is_healed_by_its_key(desk: Desk) -> None:
    act = Interest(amount_fen=12_345, reference="JX-1")
    entry = {"key": "interest of March", "book": desk.fund, "act": act, "evidence": PAPER, "maker": MAKER}
    with pytest.raises(Broken):
        book_desk.propose(Doors(desk.doors.desk, nobody_opens), **entry)  # type: ignore[arg-type]
    posted = desk.propose(act, key="interest of March")
    assert (posted.state, posted.checker) == ("posted", None)
    assert desk.propose(act, key="interest of March").voucher == posted.voucher
    assert desk.balance(Subject.INTEREST_INCOME, "escrow") == -12_345


def test_a_key_stands_for_one_act(desk: Desk) -> None:
    first = desk.propose(capital_out(), key="k")
    assert desk.propose(capital_out(), key="k").number == first.number
    for other, by in ((capital_out(yuan(2)), MAKER), (capital_out(), BOTH)):
        assert refused(desk.propose, other, by=by, key="k").code == "bookdesk.key_conflict"


def test_one_line_of_the_statement_is_booked_once_under_whatever_key(desk: Desk) -> None:
    act = Interest(amount_fen=100, reference="JX-2")
    assert desk.propose(act).state == "posted"
    assert refused(desk.propose, act).code == "bookdesk.booked_before"
    assert refused(desk.propose, Interest(amount_fen=101, reference="JX-2")).code == "ledger.key_conflict"
    assert desk.balance(Subject.INTEREST_INCOME, "escrow") == -100


def test_11_a_line_that_stands_in_the_books_is_not_booked_again_under_another_name(desk: Desk) -> None:
    desk.unmatched(yuan(7), "JX9")
    act = Interest(amount_fen=yuan(7), reference="JX9")
    refusal = refused(desk.propose, act)
    assert (refusal.code, refusal.params["kind"]) == ("bookdesk.line_stands", "unmatched")
    assert desk.allowed(Reverse(voucher=int(refusal.params["voucher"]), reason="结息误入待确认")).state == "posted"
    assert desk.propose(act).state == "posted"
    assert desk.balance(Subject.UNMATCHED, "JX9") == 0
    assert desk.balance(Subject.INTEREST_INCOME, "escrow") == -yuan(7)


def test_a_refused_act_stays_on_record_and_is_refused_again(desk: Desk) -> None:
    act = Charge(amount_fen=100, reference="SXF-1")
    assert refused(desk.propose, act, key="charge").code == "ledger.charge_short"
    desk.fees(yuan(10))
    assert refused(desk.propose, act, key="charge").code == "ledger.charge_short", "a refused request stays refused"
    assert desk.propose(act).state == "posted"
    with desk.doors.books() as session:
        states = [row.state for row in book_acts.book_acts(session, desk.fund, open_only=False)]
    assert states == ["refused", "posted"]


def test_25_an_act_that_meets_a_day_not_yet_open_is_not_refused_for_good(desk: Desk) -> None:
    act, tomorrow = Interest(amount_fen=100, reference="LX-25"), FIRST_DAY + timedelta(days=1)
    with desk.doors.books() as session:
        play_day(session, desk.fund, tomorrow)
    behind = refused(desk.propose, act, key="interest")
    assert (behind.code, behind.params["day"], behind.params["today"]) == (
        "fund.day_behind",
        str(FIRST_DAY),
        str(tomorrow),
    )
    desk.new_day(tomorrow)
    assert desk.propose(act, key="interest").state == "posted"


def test_55_a_charge_before_any_fee_income_names_who_decides_and_what_is_done_next(desk: Desk) -> None:
    before = desk.balance(Subject.ESCROW_BANK, "fees")
    short = refused(desk.propose, Charge(amount_fen=yuan(35), reference="SXF-9"))
    assert (short.code, short.params["available"], short.params["asked"]) == ("ledger.charge_short", "0.00", "35.00")
    assert "承办主体书面决定" in say_error(short, "zh")
    assert desk.balance(Subject.ESCROW_BANK, "fees") == before


def test_what_was_allowed_and_did_not_fit_is_posted_when_it_does_or_taken_back(desk: Desk) -> None:
    """The capital is out in a bridge, so the voucher by which it came cannot be taken back."""
    one, other = desk.propose(WRONG), desk.propose(WRONG)
    lent = desk.reserve(yuan(5))
    for each in (one, other):
        assert refused(desk.approve, each).code == "ledger.pool_short"
        assert desk.row(each).state == "allowed"
    desk.release(lent)
    assert desk.take_back(other, by=MAKER).state == "taken_back"
    assert refused(desk.approve, other).code == "bookdesk.decided"
    assert desk.approve(one).state == "posted"


# The kinds ---------------------------------------------------------------------------------------------------------


def test_fees_are_spent_on_what_the_measure_names_and_within_its_share(opened_desk: OpenDesk) -> None:
    desk = opened_desk(LIMITED)
    desk.fees(yuan(100))
    error = refused(desk.propose, Spend(amount_fen=yuan(1), purpose="招待费"))
    assert (error.code, error.params["known"]) == ("bookdesk.other_purpose", "税费, 追偿诉讼费用")
    too_much = desk.propose(Spend(amount_fen=yuan(20) + 1, purpose="税费"))
    assert refused(desk.approve, too_much).code == "ledger.over_spending_limit"
    desk.allowed(Spend(amount_fen=yuan(15), purpose="税费"))
    six = desk.propose(Spend(amount_fen=yuan(6), purpose="追偿诉讼费用"))
    assert refused(desk.approve, six).code == "ledger.over_spending_limit", "what is allowed counts before it is paid"
    five = desk.allowed(Spend(amount_fen=yuan(5), purpose="税费"))
    assert desk.paid(five, "FK-3").state == "posted"
    assert desk.balance(Subject.FEE_SPENDING, "税费") == yuan(5)


def test_an_unmatched_receipt_goes_back_to_whom_the_two_saw(desk: Desk) -> None:
    desk.unmatched(yuan(3), "LS-9")
    refund = Refund(amount_fen=yuan(3), payee=PAYEE, line="LS-9")
    first, again = desk.allowed(refund), desk.propose(refund)
    assert refused(desk.approve, again).code in {"ledger.part_short", "ledger.account_short"}, "it goes back once"
    assert desk.paid(first, "TK-9").state == "posted"
    assert desk.balance(Subject.UNMATCHED, "LS-9") == 0
    assert refused(desk.approve, again).code in {"ledger.part_short", "ledger.account_short"}
    with pytest.raises(ValueError, match="a refund is of a case or of an unmatched line"):
        Refund(amount_fen=1, payee=PAYEE)


def test_a_voucher_is_taken_back_once(desk: Desk) -> None:
    wrong = desk.propose(Interest(amount_fen=500, reference="JX-3"))
    assert wrong.voucher is not None
    back = Reverse(voucher=wrong.voucher, reason="利息记错")
    taken_back = desk.approve(desk.propose(back))
    assert taken_back.voucher == wrong.voucher + 1
    assert desk.balance(Subject.INTEREST_INCOME, "escrow") == 0
    assert refused(desk.approve, desk.propose(back)).code in {"ledger.key_conflict", "ledger.reversed_before"}
    assert refused(desk.propose, Reverse(voucher=99, reason="x")).code == "bookdesk.no_voucher"


def test_27_what_was_taken_back_is_booked_again_under_its_own_name_in_the_right_amount(desk: Desk) -> None:
    for amount in (500, 499, 500):
        wrong = desk.propose(Interest(amount_fen=amount, reference="JX-3"))
        assert refused(desk.propose, Interest(amount_fen=7, reference="JX-3")).code == "ledger.key_conflict"
        desk.allowed(Reverse(voucher=wrong.voucher or 0, reason="利息记错"))
    assert desk.propose(Interest(amount_fen=498, reference="jx 03")).state == "posted"
    assert desk.balance(Subject.INTEREST_INCOME, "escrow") == -498
    assert desk.faults() == []


def test_27_a_payment_by_hand_taken_back_frees_the_reference_of_the_bank(desk: Desk) -> None:
    wrong = desk.paid(desk.allowed(capital_out(yuan(3))), "TK-7")
    desk.allowed(Reverse(voucher=wrong.voucher or 0, reason="金额记错"))
    assert desk.paid(desk.allowed(capital_out(yuan(2))), "TK-7").state == "posted"
    assert desk.balance(Subject.ESCROW_BANK, "pool") == yuan(20_000_000 - 2)
    assert desk.faults() == []


def test_27_a_line_of_the_statement_is_booked_by_its_own_amount(desk: Desk) -> None:
    desk.import_line("JX-9", yuan("3888.89"))
    refusal = refused(desk.propose, Interest(amount_fen=yuan("3888.90"), reference="jx09"))
    assert (refusal.code, refusal.params["line"]) == ("bookdesk.line_amount", "3,888.89")
    assert desk.propose(Interest(amount_fen=yuan("3888.89"), reference="JX-9")).state == "posted"
    desk.import_line("TK-9", -yuan(2))
    allowed = desk.allowed(capital_out(yuan(3)))
    assert refused(desk.paid, allowed, "TK-9").code == "bookdesk.line_amount"
    assert desk.paid(allowed, "TK-8").state == "posted"


def test_the_risk_compensation_sub_fund_is_a_book_of_its_own(desk: Desk) -> None:
    book = f"{desk.fund}-RC"
    money = CapitalIn(amount_fen=yuan(1_000), reference="FB-1", contributor="市财政局")
    assert desk.propose(money, book=book).voucher == 1
    assert desk.balance(Subject.ESCROW_BANK, "pool", book) == yuan(1_000)
    assert desk.balance(Subject.ESCROW_BANK, "pool") == yuan(20_000_000)
    pays = Compensate(amount_fen=1, case_no="X", payee=PAYEE)
    assert refused(desk.propose, pays).code == "bookdesk.other_book"
    assert refused(desk.propose, pays, book=book).code == "case.unknown"
    assert refused(desk.propose, Charge(amount_fen=1, reference="c"), book=book).code == "bookdesk.other_book"


def test_a_year_is_carried_over_when_it_is_over_and_once(desk: Desk) -> None:
    desk.fees(yuan(100))
    desk.propose(Interest(amount_fen=yuan(30), reference="JX-4"))
    desk.propose(Charge(amount_fen=yuan(10), reference="SXF-4"))
    year = CarryOver(year=2026, to_pool_fen=yuan(90))
    assert refused(desk.propose, year).code == "bookdesk.year_not_over"
    desk.new_day(date(2027, 1, 4))
    desk.fees(yuan(7), "F2")  # of the new year: it stays

    assert desk.propose(year).state == "posted"

    assert desk.balance(Subject.SURPLUS, "carried_over") == -yuan(120)
    assert desk.balance(Subject.FEE_INCOME, "a case") == -yuan(7)
    assert desk.balance(Subject.BANK_CHARGE, "escrow") == 0
    assert desk.balance(Subject.ESCROW_BANK, "fees") == yuan(7)
    assert desk.balance(Subject.ESCROW_BANK, "pool") == yuan(20_000_000 + 30 + 90)
    assert {refused(desk.propose, CarryOver(year=y)).code for y in (2025, 2026)} == {"bookdesk.year_carried_over"}


def test_a_year_whose_carrying_over_was_taken_back_is_carried_over_anew(desk: Desk) -> None:
    desk.fees(yuan(100))
    desk.new_day(date(2027, 1, 4))
    wrong = desk.propose(CarryOver(year=2026, to_pool_fen=yuan(1)))
    assert wrong.voucher is not None
    desk.approve(desk.propose(Reverse(voucher=wrong.voucher, reason="转入金额有误")))
    assert desk.balance(Subject.FEE_INCOME, "a case") == -yuan(100)
    assert desk.propose(CarryOver(year=2026, to_pool_fen=yuan(100))).state == "posted"
    assert desk.balance(Subject.SURPLUS, "carried_over") == -yuan(100)
    assert desk.balance(Subject.ESCROW_BANK, "fees") == 0


def test_a_closed_period_takes_nothing(desk: Desk) -> None:
    proposed = desk.propose(WRONG)
    with desk.doors.desk() as session:
        ledger.close_books(session, desk.fund, FIRST_DAY, CHECKER)
    assert refused(desk.approve, proposed).code == "ledger.period_closed"
    assert refused(desk.propose, Interest(amount_fen=1, reference="JX-5")).code == "ledger.period_closed"
    desk.new_day(date(2026, 3, 3))
    assert desk.approve(proposed).state == "posted"


def test_vat_is_paid_only_as_far_as_it_is_due(desk: Desk) -> None:
    desk.fees(yuan(100))
    assert refused(desk.propose, VatPaid(amount_fen=yuan(5), reference="SK-1")).code == "ledger.account_short"


# The database ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ("checker = maker, checker_name = 'x', decided_at = now()", "maker_does_not_check"),
        ("state = 'allowed'", "allowed_by_another"),
        ("state = 'posted'", "posted_as_a_voucher"),
        ("state = 'rejected'", "ended_for_a_reason"),
        ("state = 'taken_back'", "taken_back_once|ended_for_a_reason"),
        ("payer = maker, payer_name = 'x', reference = 'r', paid_at = now()", "payer_is_a_third|paid_by_a_cashier"),
        ("state = 'paid'", "paid_by_a_cashier"),
    ],
)
def test_the_database_itself_refuses(desk: Desk, owner_engine: Engine, change: str, rule: str) -> None:
    number = desk.propose(capital_out()).number
    with owner_engine.connect() as connection, pytest.raises(IntegrityError, match=f"{rule}|allowed_by_another"):
        connection.execute(text(f"UPDATE book_act SET {change} WHERE number = {number}"))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE book_act SET body = '{}'",
        "UPDATE book_act SET checker = 'wang.he', checker_name = 'x', decided_at = now()",
        "DELETE FROM book_act",
        "INSERT INTO book_act (key, fund) VALUES ('k', 'f')",
    ],
)
def test_whoever_works_the_cases_neither_proposes_nor_allows(desk: Desk, app_engine: Engine, statement: str) -> None:
    desk.propose(capital_out())
    with app_engine.connect() as connection, pytest.raises(ProgrammingError, match="permission denied"):
        connection.execute(text(statement))


@pytest.mark.parametrize("statement", ["UPDATE book_act SET body = '{}'", "UPDATE book_act SET voucher = 1"])
def test_the_desk_neither_changes_nor_posts(desk: Desk, desk_engine: Engine, statement: str) -> None:
    desk.propose(capital_out())
    with desk_engine.connect() as connection, pytest.raises(ProgrammingError, match="permission denied"):
        connection.execute(text(statement))


def test_every_kind_of_the_desk_needs_two_people_just_where_the_books_say_so(app_engine: Engine) -> None:
    union, _ = get_args(BookAct)
    kinds = {act.model_fields["kind"].default for act in get_args(union)}
    with app_engine.connect() as connection:
        needing = set(connection.scalars(text("SELECT kind FROM ledger.kind WHERE needs_approval")))
        from_the_bank = set(
            connection.scalars(
                text("SELECT kind FROM ledger.permitted WHERE credit = 'escrow_bank' AND kind <> 'match'")
            )
        )
    assert {kind for kind in kinds if kind in BY_TWO} == needing - {PostingKind.INTEND}
    assert {kind for kind in BY_TWO if kind in from_the_bank} == PAID_BY_HAND
