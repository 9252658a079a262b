"""The simulated bank itself: what it is asked and told, what its days bring, and what it really paid."""

import sqlite3
import time
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

from pydantic import TypeAdapter

from gateways.bank import BankUnreachable, OpinionRequest, PaymentOrder
from gateways.simulated.log import BankLog
from gateways.simulated.script import BankScript, PaymentManner
from gateways.simulated.story import (
    CaseAtBank,
    FeeDue,
    Happening,
    OwnStep,
    body_of,
    followers,
    message_key,
    serial,
    step_of,
)
from rulebook.books.payments import PaymentReport, PaymentStatus
from rulebook.calendar import LAW_ZONE
from rulebook.errors import XuqiaoError
from rulebook.messages import MessageBody, Receipt, ReceiptPurpose
from rulebook.stages import MessageKind

EVERY_LOAN = "*"
SENT_BACK = "收款行退汇"
_TAKES_DAYS = frozenset({PaymentManner.DELAY, PaymentManner.LATE, PaymentManner.SILENT, PaymentManner.RETURN})
_BODY: TypeAdapter[MessageBody] = TypeAdapter(MessageBody)


class Outgoing(NamedTuple):
    """A message on its way from the loan's bank to the fund; told again until acknowledged."""

    key: str
    bank: str
    case_no: str
    loan_note: str
    occurred_at: datetime
    body: MessageBody


class LoggedPayment(NamedTuple):
    """A payment that the bank really made; ``attempts`` counts how often it was told to."""

    key: str
    case_no: str
    amount_fen: int
    paid_on: date
    reference: str
    attempts: int


class SimulatedBank:
    """A bank by script, with its own log; a ``BankGateway``.

    Its day is the last one given to ``a_day``; before the first, the wall clock's day in China.

    Args:
        path: of its SQLite log, made when absent; several processes may use the same.
    """

    by_hand = False

    def __init__(self, path: Path) -> None:
        self._log = BankLog(path)

    def close(self) -> None:
        """Let go of the file; the next call opens it again."""
        self._log.close()

    def script(self, loan_note: str, script: BankScript) -> None:
        """Set how the bank behaves for one loan, or with ``EVERY_LOAN`` for all that have no script of their own."""
        with self._log.writing() as db:
            db.execute("INSERT OR REPLACE INTO script VALUES (?, ?)", (loan_note, script.model_dump_json()))

    # What the fund asks of it -----------------------------------------------------------------------------------

    def ask_opinion(self, request: OpinionRequest) -> None:
        """Take the question once; the answer comes with the bank's days.

        Raises:
            XuqiaoError: ``bank.key_conflict`` when the key stands for another question.
        """
        self._keep_waiting(request.loan_note)
        with self._log.writing() as db:
            known = db.execute("SELECT body FROM question WHERE key = ?", (request.key,)).fetchone()
            if known:
                _same(known["body"], request, request.key)
                return
            asked = db.execute("SELECT count(*) FROM question WHERE case_no = ?", (request.case_no,)).fetchone()[0]
            row = (request.key, request.case_no, asked + 1, request.model_dump_json())
            db.execute("INSERT INTO question VALUES (?, ?, ?, ?)", row)
            script = _script_of(db, request.loan_note)
            if asked:  # a renewal that was never signed is off the table
                gone = (request.case_no, MessageKind.NEW_LOAN.value)
                db.execute("DELETE FROM event WHERE case_no = ? AND step = ? AND state = 'waiting'", gone)
            if script.opinion_after_days is None or (asked and not script.answers_again):
                return
            on = date.fromordinal(_today(db).toordinal() + script.opinion_after_days)
            _plan(
                db, _case(db, request.case_no, script), request.loan_note, Happening(MessageKind.OPINION, on, asked + 1)
            )

    def ready(self, order: PaymentOrder) -> None:
        """Whoever asks it finds out how slow it is."""

    def send(self, order: PaymentOrder) -> PaymentReport:
        """Pay, or not, as the script says; the same key never pays twice, every attempt is logged."""
        self._keep_waiting(order.loan_note)
        with self._log.writing() as db:
            first = db.execute("SELECT 1 FROM payment WHERE key = ?", (order.key,)).fetchone() is None
            script = _script_of(db, order.loan_note)
            if first:
                _take(db, order, script)
            row = _payment(db, order.key)
            conflict = PaymentOrder.model_validate_json(row["body"]) != order
            outcome = "conflict" if conflict else row["status"]
            attempt = (order.key, _today(db).isoformat(), outcome)
            db.execute("INSERT INTO attempt (key, on_day, outcome) VALUES (?, ?, ?)", attempt)
        if conflict:
            raise XuqiaoError("bank.key_conflict", key=order.key)
        silent = script.payment is PaymentManner.SILENT and row["status"] == PaymentStatus.PENDING
        if silent or (first and script.payment is PaymentManner.LOSE_REPLY):
            raise BankUnreachable(order.bank, order.key)
        return _report(row)

    def ask(self, order: PaymentOrder) -> PaymentReport:
        """What became of a payment; a late bank denies it until it is paid."""
        self._keep_waiting(order.loan_note)
        with self._log.writing() as db:
            row = db.execute("SELECT * FROM payment WHERE key = ?", (order.key,)).fetchone()
            if row is None:
                return PaymentReport(status=PaymentStatus.NOT_FOUND)
            _same(row["body"], order, order.key)
            due = db.execute(
                "SELECT * FROM event WHERE key = ? AND state = 'waiting' AND due_on <= ?",
                (_payment_event(order.key), _today(db).isoformat()),
            ).fetchone()
            if due:
                _end_of(db, order, date.fromisoformat(due["due_on"]))
                row = _payment(db, order.key)
            script = _script_of(db, order.loan_note)
        if row["status"] == PaymentStatus.PENDING and script.payment is PaymentManner.SILENT:
            raise BankUnreachable(order.bank, order.key)
        if row["status"] == PaymentStatus.PENDING and row["hidden"]:
            return PaymentReport(status=PaymentStatus.NOT_FOUND)
        return _report(row)

    def _keep_waiting(self, loan_note: str) -> None:
        with self._log.reading() as db:
            seconds = _script_of(db, loan_note).silent_seconds
        if seconds:  # with the log free: the other callers are kept waiting by their own loans only
            time.sleep(seconds)

    # Its days ---------------------------------------------------------------------------------------------------

    def a_day(self, today: date, fee_due: FeeDue) -> list[Outgoing]:
        """Let everything happen that is due by a day, in order of time, and tell what is not yet acknowledged.

        Args:
            today: the bank's day from now on; an earlier one than before changes nothing.
            fee_due: the usage fee a case owes on a day, in fen; asked when the borrower pays it. The log is locked
                meanwhile.
        Returns:
            every message not yet acknowledged, oldest first.
        """
        with self._log.writing() as db:
            db.execute(
                "INSERT INTO clock VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET today = max(today, excluded.today)",
                (today.isoformat(),),
            )
            due = "SELECT * FROM event WHERE state = 'waiting' AND due_on <= ? ORDER BY due_on, id LIMIT 1"
            while row := db.execute(due, (today.isoformat(),)).fetchone():
                _happen(db, row, fee_due)
            told = db.execute("SELECT * FROM event WHERE state = 'told' ORDER BY occurred_at, id").fetchall()
            return [_outgoing(db, row) for row in told]

    def acknowledge(self, key: str) -> None:
        """The fund has the message on record: it is not told again; doing so twice is harmless.

        Raises:
            XuqiaoError: ``bank.unknown_message`` when the bank never told it.
        """
        with self._log.writing() as db:
            row = db.execute("SELECT state FROM event WHERE key = ?", (key,)).fetchone()
            if row is None or row["state"] == "waiting":
                raise XuqiaoError("bank.unknown_message", key=key)
            db.execute("UPDATE event SET state = 'done' WHERE key = ?", (key,))

    def payments(self) -> list[LoggedPayment]:
        """What the bank really paid, in order; for the cross-check against the books."""
        with self._log.reading() as db:
            rows = db.execute(
                "SELECT p.*, (SELECT count(*) FROM attempt AS a WHERE a.key = p.key) AS attempts FROM payment AS p"
                " WHERE status = ? ORDER BY paid_on, p.rowid",
                (PaymentStatus.PAID,),
            ).fetchall()
        return [
            LoggedPayment(
                row["key"],
                row["case_no"],
                PaymentOrder.model_validate_json(row["body"]).amount_fen,
                date.fromisoformat(row["paid_on"]),
                row["reference"],
                row["attempts"],
            )
            for row in rows
        ]

    def attempts(self, key: str) -> int:
        """How often a payment was sent, whatever came of it."""
        with self._log.reading() as db:
            return int(db.execute("SELECT count(*) FROM attempt WHERE key = ?", (key,)).fetchone()[0])


def _outgoing(db: sqlite3.Connection, row: sqlite3.Row) -> Outgoing:
    return Outgoing(
        row["key"],
        _case(db, row["case_no"], _script_of(db, row["loan_note"])).bank,
        row["case_no"],
        row["loan_note"],
        datetime.fromisoformat(row["occurred_at"]),
        _BODY.validate_json(row["body"]),
    )


def _take(db: sqlite3.Connection, order: PaymentOrder, script: BankScript) -> None:
    """The order as the bank first sees it."""
    refused = script.payment is PaymentManner.REFUSE
    row = (
        order.key,
        order.case_no,
        order.model_dump_json(),
        PaymentStatus.REJECTED if refused else PaymentStatus.PENDING,
        script.payment is PaymentManner.LATE,
        script.reason or "收款账户状态异常" if refused else None,
    )
    db.execute("INSERT INTO payment (key, case_no, body, status, hidden, reason) VALUES (?, ?, ?, ?, ?, ?)", row)
    if refused:
        return
    wait = script.payment_days if script.payment in _TAKES_DAYS else 0
    on = date.fromordinal(_today(db).toordinal() + wait)
    event = (_payment_event(order.key), order.case_no, order.loan_note, OwnStep.PAYMENT.value, on.isoformat())
    db.execute(
        "INSERT INTO event (key, case_no, loan_note, step, round, part, due_on) VALUES (?, ?, ?, ?, 1, 1, ?)", event
    )
    if not wait:
        _end_of(db, order, on)


def _end_of(db: sqlite3.Connection, order: PaymentOrder, on: date) -> None:
    """What becomes of an order that was taken: it is paid, or sent back by the payee's bank (退汇)."""
    if _script_of(db, order.loan_note).payment is not PaymentManner.RETURN:
        return _pay(db, order, on)
    db.execute(
        "UPDATE payment SET status = ?, reason = ? WHERE key = ?", (PaymentStatus.REJECTED, SENT_BACK, order.key)
    )
    db.execute("UPDATE event SET state = 'done' WHERE key = ?", (_payment_event(order.key),))
    return None


def _pay(db: sqlite3.Connection, order: PaymentOrder, on: date) -> None:
    """The money leaves; everything that follows from it is planned in the same transaction."""
    db.execute(
        "UPDATE payment SET status = ?, paid_on = ?, reference = ? WHERE key = ?",
        (PaymentStatus.PAID, on.isoformat(), serial("ZF", order.key), order.key),
    )
    db.execute("UPDATE event SET state = 'done' WHERE key = ?", (_payment_event(order.key),))
    case = _case(db, order.case_no, _script_of(db, order.loan_note))
    for then in followers(Happening(OwnStep.PAYMENT, on), case):
        _plan(db, case, order.loan_note, then)


def _happen(db: sqlite3.Connection, row: sqlite3.Row, fee_due: FeeDue) -> None:
    what = Happening(step_of(row["step"]), date.fromisoformat(row["due_on"]), row["round"], row["part"])
    if what.step is OwnStep.PAYMENT:
        _end_of(db, PaymentOrder.model_validate_json(_payment(db, row["key"].removesuffix("#"))["body"]), what.on)
        return
    case = _case(db, row["case_no"], _script_of(db, row["loan_note"]))
    body = body_of(what, case, fee_due)
    db.execute(
        "UPDATE event SET state = ?, occurred_at = ?, body = ? WHERE key = ?",
        ("told" if body else "done", what.at.isoformat(), body.model_dump_json() if body else None, row["key"]),
    )
    for then in followers(what, case):
        _plan(db, case, row["loan_note"], then)


def _plan(db: sqlite3.Connection, case: CaseAtBank, loan_note: str, what: Happening) -> None:
    """Once by key: a payment made twice would not renew a loan twice."""
    key = message_key(case.case_no, case.script, what)
    db.execute(
        "INSERT OR IGNORE INTO event (key, case_no, loan_note, step, round, part, due_on) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (key, case.case_no, loan_note, what.step.value, what.round, what.part, what.on.isoformat()),
    )


def _case(db: sqlite3.Connection, case_no: str, script: BankScript) -> CaseAtBank:
    question = db.execute(
        "SELECT body FROM question WHERE case_no = ? ORDER BY round DESC LIMIT 1", (case_no,)
    ).fetchone()
    paid = db.execute(
        "SELECT body FROM payment WHERE case_no = ? AND status = ? ORDER BY rowid", (case_no, PaymentStatus.PAID)
    ).fetchone()
    order = PaymentOrder.model_validate_json(paid["body"]) if paid else None
    receipts = db.execute(
        "SELECT body FROM event WHERE case_no = ? AND step = ? AND body IS NOT NULL",
        (case_no, MessageKind.RECEIPT.value),
    )
    returned = (line for row in receipts for line in Receipt.model_validate_json(row["body"]).lines)
    return CaseAtBank(
        case_no,
        script,
        request=OpinionRequest.model_validate_json(question["body"]) if question else None,
        order=order,
        paid_fen=order.amount_fen if order else 0,
        returned_fen=sum(line.amount_fen for line in returned if line.purpose is ReceiptPurpose.PRINCIPAL),
    )


def _script_of(db: sqlite3.Connection, loan_note: str) -> BankScript:
    row = db.execute(
        "SELECT body FROM script WHERE loan_note IN (?, ?) ORDER BY loan_note = ? LIMIT 1",
        (loan_note, EVERY_LOAN, EVERY_LOAN),
    ).fetchone()
    return BankScript.model_validate_json(row["body"]) if row else BankScript()


def _payment(db: sqlite3.Connection, key: str) -> sqlite3.Row:
    row: sqlite3.Row = db.execute("SELECT * FROM payment WHERE key = ?", (key,)).fetchone()
    return row


def _payment_event(key: str) -> str:
    """The due payment of an order among the events; no message key ends with this sign."""
    return f"{key}#"


def _today(db: sqlite3.Connection) -> date:
    row = db.execute("SELECT today FROM clock").fetchone()
    return date.fromisoformat(row["today"]) if row else datetime.now(LAW_ZONE).date()


def _report(row: sqlite3.Row) -> PaymentReport:
    paid_on = date.fromisoformat(row["paid_on"]) if row["paid_on"] else None
    status = PaymentStatus(row["status"])
    return PaymentReport(status=status, reference=row["reference"], reason=row["reason"], paid_on=paid_on)


def _same(kept: str, asked: OpinionRequest | PaymentOrder, key: str) -> None:
    if type(asked).model_validate_json(kept) != asked:
        raise XuqiaoError("bank.key_conflict", key=key)
