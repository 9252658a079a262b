"""Payments of the desk of the books: two people let the money go, a third pays it, and only then is it posted."""

from datetime import date
from threading import Barrier, Thread

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from activities.books import desk as book_desk
from activities.books.desk import Doors
from models.books import ledger
from models.database import sessions
from rulebook.books.acts import CapitalIn, Refund, Reverse, Spend
from rulebook.books.postings import Approval, LedgerRequest, PostingKind, Subject
from rulebook.books.postings_of_the_year import Record
from rulebook.books.postings_of_the_year import capital_out as asked_capital_out
from rulebook.books.steps import NextStep
from rulebook.errors import XuqiaoError
from rulebook.money import yuan
from tests.books.desk.desk import (
    BOTH,
    CASHIER,
    CHECKER,
    FIRST_DAY,
    MAKER,
    PAYEE,
    Broken,
    Desk,
    capital_out,
    nobody_opens,
    refused,
    with_roles,
)

GIVER = "东海县财政局"


def given(desk: Desk) -> int:
    """What the contributor has in the fund, in fen."""
    return -desk.balance(Subject.CONTRIBUTION, GIVER)


def asked(desk: Desk, number: int | None, amount: int, reference: str) -> LedgerRequest:
    """What somebody who holds the application's role would ask of the door, past the desk."""
    record = Record(fund=desk.fund, on=desk.today, actor_id="x")
    return asked_capital_out(record, GIVER, amount, approval=f"{desk.fund}/desk/{number}", reference=reference)


def close(desk: Desk, through: date) -> None:
    with desk.doors.desk() as session:
        ledger.close_books(session, desk.fund, through, CHECKER)


# Three people ------------------------------------------------------------------------------------------------------


def test_what_one_proposes_and_another_allows_is_posted_when_a_third_has_paid_it(desk: Desk) -> None:
    proposed = desk.propose(capital_out())
    assert (proposed.state, desk.next_step(proposed)) == ("proposed", NextStep.CHECK)

    allowed = desk.approve(proposed)

    assert (allowed.state, allowed.checker, desk.next_step(allowed)) == ("allowed", CHECKER, NextStep.PAY)
    assert given(desk) == yuan(20_000_000), "nothing is posted yet"
    assert desk.approve(allowed).state == "allowed", "the same answer again"

    posted = desk.paid(allowed, "TK-1")

    assert (posted.state, posted.payer, posted.reference) == ("posted", CASHIER, "TK-1")
    assert (posted.maker, posted.checker, desk.next_step(posted)) == (MAKER, CHECKER, None)
    assert given(desk) == yuan(19_000_000)
    with desk.doors.books() as session:
        voucher = ledger.vouchers(session, desk.fund)[-1]
    assert (voucher.number, voucher.actor_id, voucher.reference) == (posted.voucher, CASHIER, "TK-1")
    assert desk.approve(posted).voucher == posted.voucher


def test_the_approval_is_in_the_books_before_anything_is_paid(desk: Desk) -> None:
    desk.unmatched(yuan(3), "LS-1")
    act = desk.allowed(Refund(amount_fen=yuan(3), payee=PAYEE, line="LS-1"))
    found = text("SELECT key, kind, amount_fen, about, maker, checker FROM ledger.approval WHERE book = :book")
    with desk.doors.books() as session:
        (approval,) = session.connection().execute(found, {"book": desk.fund}).all()
        assert [voucher.kind for voucher in ledger.vouchers(session, desk.fund)] == ["capital_in", "unmatched"]
    key = f"{desk.fund}/desk/{act.number}"
    assert tuple(approval) == (key, "refund", yuan(3), PAYEE.digest, MAKER, CHECKER)


def test_who_proposed_or_allowed_does_not_pay(desk: Desk, owner_engine: Engine) -> None:
    with_roles(owner_engine, desk.fund, "moves.on", "maker")
    by_mover = desk.approve(desk.propose(capital_out(), by="moves.on"))
    assert refused(desk.paid, by_mover, by=MAKER).code == "person.not_in_role"
    with_roles(owner_engine, desk.fund, "moves.on", "cashier")
    assert refused(desk.paid, by_mover, by="moves.on").code == "bookdesk.payer_is_no_third"
    with_roles(owner_engine, desk.fund, "moves.on", "checker")
    checked_by_mover = desk.approve(desk.propose(capital_out()), by="moves.on")
    with_roles(owner_engine, desk.fund, "moves.on", "cashier")
    assert refused(desk.paid, checked_by_mover, by="moves.on").code == "bookdesk.payer_is_no_third"
    assert {desk.row(each).state for each in (by_mover, checked_by_mover)} == {"allowed"}
    assert given(desk) == yuan(20_000_000)


def test_what_is_not_allowed_is_not_paid(desk: Desk) -> None:
    proposed = desk.propose(capital_out())
    error = refused(desk.paid, proposed)
    assert (error.code, error.params["state"]) == ("bookdesk.not_allowed", "proposed")
    desk.take_back(proposed)
    assert refused(desk.paid, proposed).code == "bookdesk.not_allowed"
    reversal = desk.allowed(Reverse(voucher=1, reason="记错"))
    assert reversal.state == "posted", "no money leaves by it: posted when it is allowed"
    assert refused(desk.paid, reversal).code == "bookdesk.not_paid_by_hand"


def test_what_is_paid_is_paid_once(desk: Desk) -> None:
    posted = desk.paid(desk.allowed(capital_out()), "TK-1")
    assert desk.paid(posted, "TK-1").voucher == posted.voucher
    error = refused(desk.paid, posted, "TK-2")
    assert (error.code, error.params["reference"]) == ("bookdesk.paid_already", "TK-1")
    assert refused(desk.take_back, posted).code == "bookdesk.decided"
    assert given(desk) == yuan(19_000_000)


def test_one_reference_of_the_bank_is_one_payment(desk: Desk) -> None:
    desk.fees(yuan(10))
    first = desk.paid(desk.allowed(capital_out()), "TK-1")
    second = desk.allowed(Spend(amount_fen=yuan(5), purpose="办公费用"))
    error = refused(desk.paid, second, "TK-1")
    assert (error.code, error.params["voucher"]) == ("bookdesk.reference_used", str(first.voucher))
    third = desk.allowed(capital_out())
    close(desk, FIRST_DAY)
    assert refused(desk.paid, third, "TK-3").code == "ledger.period_closed"
    error = refused(desk.paid, second, "TK-3")
    assert (error.code, error.params["other"]) == ("bookdesk.reference_of_act", str(third.number))
    assert (desk.row(second).state, desk.row(second).reference) == ("allowed", None)


# What the books do not take ----------------------------------------------------------------------------------------


def test_a_payment_the_books_do_not_take_stays_on_record_as_paid(desk: Desk) -> None:
    allowed = desk.allowed(capital_out())
    close(desk, FIRST_DAY)
    assert refused(desk.paid, allowed, "TK-1").code == "ledger.period_closed"

    left = desk.row(allowed)
    assert (left.state, left.reference, left.payer, left.voucher) == ("paid", "TK-1", CASHIER, None)
    assert desk.next_step(left) is NextStep.POST
    assert refused(desk.paid, allowed, "TK-2").code == "bookdesk.paid_already"
    assert refused(desk.take_back, allowed).code == "bookdesk.decided", "money has left"
    desk.new_day(date(2026, 3, 3))
    assert desk.paid(allowed, "TK-1").state == "posted"


def test_a_crash_between_payment_and_voucher_is_healed_by_saying_it_again(desk: Desk) -> None:
    allowed = desk.allowed(capital_out())
    assert allowed.number is not None
    with pytest.raises(Broken):
        book_desk.paid(Doors(desk.doors.desk, nobody_opens), allowed.number, reference="TK-1", cashier=CASHIER)
    assert desk.row(allowed).state == "paid"
    assert refused(desk.paid, allowed, "TK-2").code == "bookdesk.paid_already"
    assert desk.paid(allowed, "TK-1").state == "posted"
    assert given(desk) == yuan(19_000_000)


def test_another_reference_is_taken_where_the_first_turns_out_to_be_of_another_payment(desk: Desk) -> None:
    """It is booked for another one just between the cashier's word and the voucher."""
    desk.propose(CapitalIn(amount_fen=yuan(9), reference="ZB-9", contributor="市财政局"))
    allowed = desk.allowed(capital_out())
    assert allowed.number is not None
    with pytest.raises(Broken):
        book_desk.paid(Doors(desk.doors.desk, nobody_opens), allowed.number, reference="TK-1", cashier=CASHIER)
    other = Approval(
        book=desk.fund,
        key=f"{desk.fund}/other",
        kind=PostingKind.CAPITAL_OUT,
        amount_fen=yuan(9),
        about="市财政局",
        maker=MAKER,
        checker=CHECKER,
    )
    with desk.doors.desk() as session:
        ledger.approve(session, other)
    with desk.doors.books() as session:
        record = Record(fund=desk.fund, on=desk.today, actor_id="x")
        ledger.post(session, asked_capital_out(record, "市财政局", yuan(9), approval=other.key, reference="TK-1"))

    assert refused(desk.paid, allowed, "TK-1").code == "ledger.reference_used"
    assert desk.paid(allowed, "TK-2").state == "posted"
    assert (desk.row(allowed).reference, given(desk)) == ("TK-2", yuan(19_000_000))


# The money must be there before it is let go -----------------------------------------------------------------------


def test_nothing_is_allowed_that_the_books_have_no_money_for(desk: Desk) -> None:
    spending = desk.propose(Spend(amount_fen=yuan(5), purpose="办公费用"))
    error = refused(desk.approve, spending)
    assert (error.code, error.params) == ("ledger.part_short", {"part": "fees", "available": "0.00", "asked": "5.00"})
    assert desk.row(spending).state == "proposed"
    with desk.doors.books() as session:
        assert (
            session.connection().scalar(text(f"SELECT count(*) FROM ledger.approval WHERE book = '{desk.fund}'")) == 0
        )
    desk.fees(yuan(5))
    assert desk.approve(spending).state == "allowed"


def test_what_is_allowed_once_is_not_there_for_another(desk: Desk) -> None:
    desk.allowed(capital_out(yuan(15_000_000)))
    second = desk.propose(capital_out(yuan(6_000_000)))
    error = refused(desk.approve, second)
    assert (error.code, error.params["available"]) == ("ledger.pool_short", "5,000,000.00")


def test_two_checkers_at_the_same_moment_do_not_let_the_same_money_go_twice(desk: Desk) -> None:
    acts = [desk.propose(capital_out(yuan(12_000_000))) for _ in range(2)]
    start, outcomes = Barrier(2), []

    def approve(place: int, checker: str) -> None:
        start.wait()
        try:
            outcomes.append(desk.approve(acts[place], by=checker).state)
        except XuqiaoError as error:
            outcomes.append(error.code)

    threads = [Thread(target=approve, args=(0, CHECKER)), Thread(target=approve, args=(1, BOTH))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["allowed", "ledger.pool_short"]


def test_a_payment_is_held_back_when_the_money_has_been_set_aside_since(desk: Desk) -> None:
    allowed = desk.allowed(capital_out(yuan(15_000_000)))
    hold = desk.reserve(yuan(10_000_000))
    assert desk.next_step(allowed) is NextStep.HOLD_BACK
    desk.release(hold)
    assert desk.next_step(allowed) is NextStep.PAY


# Taken back --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", [MAKER, CHECKER, BOTH])
def test_what_was_allowed_and_is_taken_back_can_never_be_posted(desk: Desk, by: str) -> None:
    allowed = desk.allowed(capital_out(yuan(8)))

    taken_back = desk.take_back(allowed, by=by, reason="银行退回")

    assert (taken_back.state, taken_back.taken_back_by, taken_back.reason) == ("taken_back", by, "银行退回")
    assert taken_back.checker == CHECKER, "who had allowed it stays on record"
    assert desk.next_step(allowed) is None
    assert refused(desk.paid, allowed).code == "bookdesk.not_allowed"
    assert refused(desk.approve, allowed).code == "bookdesk.decided"
    assert desk.take_back(allowed, by=by, reason="银行退回").taken_back_at == taken_back.taken_back_at
    with desk.doors.books() as session:
        error = refused(ledger.post, session, asked(desk, allowed.number, yuan(8), "TK-1"))
    assert (error.code, error.params["approval"]) == (
        "ledger.approval_taken_back",
        f"{desk.fund}/desk/{allowed.number}",
    )
    assert given(desk) == yuan(20_000_000)


def test_a_cashier_takes_nothing_back(desk: Desk) -> None:
    assert refused(desk.take_back, desk.allowed(capital_out()), by=CASHIER).code == "person.not_in_role"


def test_what_was_posted_past_the_desk_is_not_taken_back(desk: Desk) -> None:
    """A stolen credential of the application may post what two people allowed; the desk sees it at once."""
    allowed = desk.allowed(capital_out(yuan(8)))
    with desk.doors.books() as session:
        ledger.post(session, asked(desk, allowed.number, yuan(8), "forged"))
    assert refused(desk.take_back, allowed).code == "ledger.approval_used"
    assert refused(desk.paid, allowed, "TK-1").code == "ledger.approval_used"


def test_the_approval_of_a_bridge_ends_with_its_reservation_and_not_here(desk: Desk) -> None:
    with desk.doors.desk() as session:
        ledger.approve(
            session,
            Approval(
                book=desk.fund,
                key=f"{desk.fund}/a case/approval",
                kind=PostingKind.INTEND,
                case_no="a case",
                amount_fen=1,
                maker=MAKER,
                checker=CHECKER,
            ),
        )
        assert refused(ledger.void_approval, session, f"{desk.fund}/a case/approval", CHECKER).code == (
            "ledger.approval_used"
        )
        assert refused(ledger.void_approval, session, f"{desk.fund}/none", CHECKER).code == "ledger.no_approval"


# The database ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT ledger.void_approval('{}')",
        "INSERT INTO ledger.void (approval, voided_by) SELECT key, 'x' FROM ledger.approval",
        "DELETE FROM ledger.void",
        "UPDATE book_act SET payer = 'zhao.na', payer_name = 'x', reference = 'r', paid_at = now()",
        "UPDATE book_act SET taken_back_by = NULL",
        "UPDATE book_act SET reason = NULL",
    ],
)
def test_the_application_neither_pays_nor_takes_back(desk: Desk, app_engine: Engine, statement: str) -> None:
    desk.take_back(desk.allowed(capital_out()))
    with app_engine.connect() as connection, pytest.raises(DBAPIError, match="permission denied"):
        connection.execute(text(statement))


@pytest.mark.parametrize("state", ["proposed", "allowed", "paid", "posted"])
@pytest.mark.parametrize("ended", ["rejected", "taken_back"])
def test_the_application_does_not_bring_back_what_has_ended(
    desk: Desk, app_engine: Engine, ended: str, state: str
) -> None:
    """Else a cashier would see it as to be paid."""
    act = desk.propose(capital_out()) if ended == "rejected" else desk.allowed(capital_out())
    assert desk.take_back(act).state == ended
    change = text(
        f"UPDATE book_act SET state = '{state}', voucher = {9 if state == 'posted' else 'NULL'} WHERE number = :n"
    )
    with app_engine.connect() as connection, pytest.raises(IntegrityError, match="check constraint"):
        connection.execute(change, {"n": act.number})


@pytest.mark.parametrize("state", ["proposed", "allowed"])
def test_the_application_does_not_have_a_payment_paid_again(desk: Desk, app_engine: Engine, state: str) -> None:
    posted = desk.paid(desk.allowed(capital_out()))
    change = text(f"UPDATE book_act SET state = '{state}', voucher = NULL WHERE number = :n")
    with app_engine.connect() as connection, pytest.raises(IntegrityError, match="paid_by_a_cashier"):
        connection.execute(change, {"n": posted.number})


def test_what_a_superuser_posts_with_an_approval_taken_back_is_named(desk: Desk, superuser: Connection) -> None:
    void = desk.allowed(capital_out(yuan(8)))
    desk.take_back(void)
    superuser.exec_driver_sql("ALTER TABLE ledger.journal DISABLE TRIGGER refuse_void")
    with sessions(superuser.engine)(bind=superuser) as session:
        ledger.post(session, asked(desk, void.number, yuan(8), "TK-1"))
        faults = ledger.check_books(session, desk.fund)
    key = f"{desk.fund}/capital_out/{GIVER}/TK-1"
    assert faults == [
        f"{desk.fund}: voucher 2 ({key}): consumes the approval {desk.fund}/desk/{void.number}, which was taken back",
        "guard journal.refuse_void is missing or not always on",
    ]


def test_the_owner_neither_posts_with_what_is_void_nor_voids_what_is_posted(desk: Desk, owner_engine: Engine) -> None:
    used, void = desk.paid(desk.allowed(capital_out())), desk.allowed(capital_out(yuan(8)))
    desk.take_back(void)
    by_hand = text(
        "INSERT INTO ledger.journal (book, seq, key, request_hash, kind, accounting_date, at, actor_id, evidence,"
        " approval, prev_hash, hash) VALUES (:book, 0, :book || '/x', '', 'capital_out', :day, now(), 'x', '',"
        " :approval, '', '')"
    )
    row = {"book": desk.fund, "day": FIRST_DAY, "approval": f"{desk.fund}/desk/{void.number}"}
    with owner_engine.connect() as connection, pytest.raises(IntegrityError, match="was taken back"):
        connection.execute(by_hand, row)
    forbid = text("INSERT INTO ledger.void (approval, voided_by) VALUES (:approval, 'x')")
    with owner_engine.connect() as connection, pytest.raises(IntegrityError, match="is consumed"):
        connection.execute(forbid, {"approval": f"{desk.fund}/desk/{used.number}"})
    with owner_engine.connect() as connection, pytest.raises(DBAPIError, match="only grows"):
        connection.execute(text("DELETE FROM ledger.void"))
