"""Cases driven by worklist: what officers and banks do, as soon as a task asks for it, on a running stack."""

import asyncio
import time
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Row, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session
from temporalio.client import Client

from activities.cases.acts import act
from activities.law.calendars import shanghai_today
from models.books.receipts import provisional_of
from models.cases.acts import enter_message
from models.cases.applications import file_application
from rulebook.cases import BankAnswer, Promise, PromiseRung
from rulebook.errors import XuqiaoError
from rulebook.messages import (
    ActBody,
    Actor,
    Approve,
    ChecklistItem,
    ConfirmPayment,
    ConfirmReceipt,
    MessageBody,
    MessageSource,
    NewLoan,
    OldLoanSettled,
    Opinion,
    Propose,
    Receipt,
    ReceiptLine,
    ReceiptPurpose,
    RecordSigning,
    Release,
)
from rulebook.money import yuan
from rulebook.stages import ActKind, MessageKind, Role
from runtime.demo.conductor import simulated_clerk
from runtime.wiring import Services
from tests.builders import BANK, a_micro_manufacturer
from tests.running_stack import FUND

AMOUNT = yuan(5_000)
BALANCE = yuan(6_000)
LOOK_SECONDS = 0.05
OFFICE = "东海县晶源产业投资服务有限公司"
OFFICERS = {
    Role.MAKER: Actor(id="li.jing", name="李敬", role=Role.MAKER, organisation=OFFICE),
    Role.CHECKER: Actor(id="wang.he", name="王核", role=Role.CHECKER, organisation=OFFICE),
    Role.CASHIER: Actor(id="zhao.na", name="赵纳", role=Role.CASHIER, organisation=OFFICE),
}
_WORKLIST = text("""
    SELECT t.id, t.case_no, t.kind, a.terms_digest
    FROM task AS t LEFT JOIN approval AS a ON a.case_no = t.case_no AND a.voided_at IS NULL
    WHERE t.done_at IS NULL
""")
_ENDED = text("""
    SELECT count(*) FROM renewal_case
    WHERE stage IN ('closed', 'refused', 'lapsed', 'withdrawn') AND case_no = ANY(:cases)
""")
_LAST_EVENT = text("SELECT kind, detail FROM event WHERE case_no = :case ORDER BY serial DESC LIMIT 1")


class Stopped(AssertionError):
    """A case that ought to go by itself to its end does not: whoever drives it need not wait for the time-out."""


class Driver:
    """Files cases and does for them what officers and banks do, whenever the worklist asks for it.

    Args:
        services: the running stack's services.
        client: of its Temporal server.
        early: the bank says everything at once when a case is filed, and its messages wait for their stage; otherwise
            each comes when the worklist waits for it.
    """

    def __init__(self, services: Services, client: Client, early: bool) -> None:
        self._early = early
        self.services = services
        self._client = client
        self._in_hand: set[tuple[int, str]] = set()
        self._acting: set[asyncio.Task[None]] = set()
        self.cases: list[str] = []
        self.pauses: dict[str, str] = {}  # case number to the kind of task that nobody takes up for now
        self._stopped: BaseException | None = None

    def file(self, count: int) -> None:
        """File so many applications whose loans fall due tomorrow, so that today is the release day."""
        today = shanghai_today()
        with self.services.sessions.begin() as session:
            for _ in range(count):
                row = a_micro_manufacturer(maturity=today + timedelta(days=1), asking=AMOUNT, balance_fen=BALANCE)
                filed = file_application(
                    session, FUND, row, received_on=today, filed_by="li.jing", source="test", queues="xuqiao"
                )
                self.cases.append(filed.case_no)
                for body in bank_messages(filed.case_no, today) if self._early else ():
                    say(session, filed.case_no, body)

    async def settle(self, total: int, in_flight: int, within: float) -> float:
        """File and drive until so many cases have ended.

        Args:
            total: cases in all.
            in_flight: open at the same time at the most.
            within: seconds.
        Returns:
            the seconds it took.
        Raises:
            Stopped: at once, with the reason, where an act is refused or a paper cannot be drawn.
            TimeoutError: naming how many had ended.
        """
        begun = time.monotonic()
        ended = 0
        while ended < total:
            if time.monotonic() - begun > within:
                raise TimeoutError(f"{ended} of {total} cases ended within {within} s")
            room = min(in_flight - (len(self.cases) - ended), total - len(self.cases))
            if room > 0:
                self.file(room)
            ended = self.look()
            await asyncio.sleep(LOOK_SECONDS)
        return time.monotonic() - begun

    def look(self) -> int:
        """Take up every task that nobody has in hand.

        Returns:
            how many cases have ended.
        Raises:
            Stopped: an act was refused, a paper could not be drawn, or something else went wrong.
        """
        if self._stopped is not None:
            raise self._stopped
        with self.services.sessions() as session:
            tasks = session.connection().execute(_WORKLIST).all()
            ended: int = session.connection().execute(_ENDED, {"cases": self.cases}).scalar_one()
        for task in tasks:
            if (task.id, task.kind) not in self._in_hand and self.pauses.get(task.case_no) != task.kind:
                self._in_hand.add((task.id, task.kind))
                doing = asyncio.create_task(self._do(task))
                self._acting.add(doing)
                doing.add_done_callback(self._done)
        return ended

    def _done(self, doing: asyncio.Task[None]) -> None:
        self._acting.discard(doing)
        if not doing.cancelled() and (failure := doing.exception()) is not None:
            self._stopped = self._stopped or failure

    async def _do(self, task: Row[tuple[int, str, str, str]]) -> None:
        today = shanghai_today()
        if task.kind in set(MessageKind):
            if not self._early:
                said = next(body for body in bank_messages(task.case_no, today) if body.kind == task.kind)
                try:
                    with self.services.sessions.begin() as session:
                        say(session, task.case_no, said)
                except DBAPIError:  # the database was away: the same message may be sent again
                    self._in_hand.discard((task.id, task.kind))
            return
        if task.kind == ActKind.DRAW_AGAIN:
            with self.services.sessions() as session:
                event = session.connection().execute(_LAST_EVENT, {"case": task.case_no}).one()
            raise Stopped(f"{task.case_no}: {event.kind}: {event.detail}")
        body: ActBody
        turn = ""
        if task.kind == ActKind.CONFIRM_RECEIPT:
            with self.services.sessions() as session:
                waiting = provisional_of(session, FUND, task.case_no)
            if not waiting:  # borne out meanwhile
                return
            first = waiting[0]
            body = ConfirmReceipt(reference=first.reference, amount_fen=first.amount_fen, seen="网上银行专户明细")
            role, turn = Role.CASHIER, first.reference
        else:
            body, role = deed(task, today, paid=task.kind == ActKind.CONFIRM_PAYMENT and self._paid(task.case_no))
        try:
            await act(
                self.services.desk_sessions.begin,
                self._client,
                key=f"{task.case_no}/{task.kind}/{task.id}/{turn}".rstrip("/"),
                case_no=task.case_no,
                body=body,
                actor=OFFICERS[role],
                at=datetime.now(UTC),
            )
        except XuqiaoError as refusal:
            if refusal.code == "act.no_answer":  # servers were away: the same key may be sent again
                self._in_hand.discard((task.id, task.kind))
            else:
                raise Stopped(f"{task.case_no}: {task.kind} was refused: {refusal}") from refusal
        except DBAPIError:
            self._in_hand.discard((task.id, task.kind))

    def _paid(self, case_no: str) -> bool:
        return any(payment.case_no == case_no for payment in self.services.simulated_bank.payments())


def say(session: Session, case_no: str, body: MessageBody) -> None:
    """One message of the bank, through its own door."""
    key, clerk = f"{case_no}/{body.kind}", simulated_clerk(BANK)
    enter_message(session, key, case_no, body, clerk, datetime.now(UTC), MessageSource.SIMULATOR)


def deed(task: Row[tuple[int, str, str, str]], today: date, paid: bool) -> tuple[ActBody, Role]:
    """What an officer does about a task, and in which part."""
    match task.kind:
        case ActKind.PROPOSE:
            return Propose(amount_fen=AMOUNT), Role.MAKER
        case ActKind.APPROVE:
            return Approve(terms_digest=task.terms_digest), Role.CHECKER
        case ActKind.RECORD_SIGNING:
            return RecordSigning(signed_on=today, return_path_confirmed=True), Role.MAKER
        case ActKind.CONFIRM_PAYMENT:  # its fate is open: a person looks at the bank's own list
            return ConfirmPayment(statement_reference="seen", paid=paid), Role.CHECKER
        case ActKind.RELEASE:
            return Release(confirmed=tuple(ChecklistItem), balance_fen=BALANCE), Role.CASHIER
        case _:
            raise Stopped(f"{task.case_no}: nobody here knows what to do about {task.kind}")


def bank_messages(case_no: str, today: date) -> tuple[MessageBody, ...]:
    """All that the bank of a well-behaved case says, from its answer to the entrusted return."""
    promise = Promise(
        rung=PromiseRung.APPROVED,
        amount_fen=BALANCE,
        valid_until=today + timedelta(days=60),
        reference=f"{case_no}/CN",
        signatory="沈喆 副行长",
        authority_fen=BALANCE,
    )
    back = ReceiptLine(purpose=ReceiptPurpose.PRINCIPAL, amount_fen=AMOUNT, reference=f"{case_no}/SK", payer="borrower")
    return (
        Opinion(answer=BankAnswer.REPAY_THEN_LEND, promise=promise),
        OldLoanSettled(settled_on=today, balance_fen=0, voucher=f"{case_no}/HK"),
        NewLoan(signed_on=today, note=f"{case_no}/JJ", amount_fen=BALANCE),
        Receipt(received_on=today, lines=(back,)),
    )
