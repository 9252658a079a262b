"""A stand for benchmarks and fault tests: the real servers, the product's own processes, and cases driven by worklist.

Cases settle within minutes on whatever day it is: every day of the calendar works and the cut-off is just before
midnight. Nothing else differs from production.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import Row, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session
from temporalio.client import Client

from activities.cases.acts import act
from models.cases.acts import enter_message
from models.cases.applications import file_application
from models.funds import calendar
from rulebook.calendar import CalendarDay
from rulebook.cases import BankAnswer, Promise, PromiseRung
from rulebook.errors import XuqiaoError
from rulebook.messages import (
    ActBody,
    Actor,
    Approve,
    ChecklistItem,
    ConfirmPayment,
    MessageBody,
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
from runtime.conductor import CLERK
from runtime.daily import shanghai_today
from runtime.devstack import DevStack
from runtime.seed import open_fund
from runtime.settings import Settings, checkout
from runtime.supervisor import Child, Supervisor
from runtime.wiring import House
from tests.builders import a_micro_manufacturer

FUND = "ST"
AMOUNT = yuan(5_000)
BALANCE = yuan(6_000)
LOOK_SECONDS = 0.03
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


def settings_for(folder: Path) -> Settings:
    """Settings of a stand: everything in its own folder."""
    return Settings(var=folder, simulator_path=folder / "bank.sqlite")


def open_for_business(house: House, folder: Path) -> None:
    """The example's fund, with a cut-off just before midnight and a calendar in which every day works."""
    examples = (checkout() or Path.cwd()) / "examples"
    overlay = (examples / "operator.toml").read_text(encoding="utf-8")
    (folder / "operator.toml").write_text(overlay.replace('cut_off = "16:30"', 'cut_off = "23:59"'), encoding="utf-8")
    fund = (examples / "fund.toml").read_text(encoding="utf-8")
    (folder / "fund.toml").write_text(fund.replace('code = "DH"', f'code = "{FUND}"'), encoding="utf-8")
    today = shanghai_today()
    with house.sessions.begin() as session:
        open_fund(session, folder / "fund.toml", today)
        every_day = (today + timedelta(days=n) for n in range(-30, 300))
        calendar.store_days(session, (CalendarDay(day, works=True, official=True) for day in every_day), "stand")


@contextmanager
def standing(folder: Path, processes: Sequence[Child]) -> Iterator[House]:
    """Servers and processes for one run; the folder's data goes with it."""
    stack, supervisor = DevStack(folder), Supervisor(folder / "log")
    house = House(settings_for(folder))
    stack.start()
    try:
        open_for_business(house, folder)
        for child in processes:
            supervisor.add(child)
        supervisor.start()
        yield house
    finally:
        supervisor.stop()
        house.close()
        stack.remove()


class Driver:
    """Files cases and does for them what officers and banks do, whenever the worklist asks for it.

    Args:
        house: the stand's house.
        client: of its Temporal server.
        early: the bank says everything at once when a case is filed, and its messages wait for their stage; otherwise
            each comes when the worklist waits for it.
    """

    def __init__(self, house: House, client: Client, early: bool) -> None:
        self._early = early
        self.house = house
        self._client = client
        self._in_hand: set[tuple[int, str]] = set()
        self._acting: set[asyncio.Task[None]] = set()
        self.cases: list[str] = []
        self.pauses: dict[str, str] = {}  # case number to the kind of task that nobody takes up for now
        self.refused: list[tuple[str, XuqiaoError]] = []

    def file(self, count: int) -> None:
        """File so many applications whose loans fall due tomorrow, so that today is the release day."""
        today = shanghai_today()
        with self.house.sessions.begin() as session:
            for _ in range(count):
                row = a_micro_manufacturer(maturity=today + timedelta(days=1), asking=AMOUNT, balance_fen=BALANCE)
                filed = file_application(
                    session, FUND, row, received_on=today, filed_by="li.jing", source="stand", queues="xuqiao"
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
        """
        with self.house.sessions() as session:
            tasks = session.connection().execute(_WORKLIST).all()
            ended: int = session.connection().execute(_ENDED, {"cases": self.cases}).scalar_one()
        for task in tasks:
            if (task.id, task.kind) not in self._in_hand and self.pauses.get(task.case_no) != task.kind:
                self._in_hand.add((task.id, task.kind))
                doing = asyncio.create_task(self._do(task))
                self._acting.add(doing)
                doing.add_done_callback(self._acting.discard)
        return ended

    async def _do(self, task: Row[tuple[int, str, str, str]]) -> None:
        today = shanghai_today()
        if task.kind in set(MessageKind):
            if not self._early:
                with self.house.sessions.begin() as session:
                    bodies = bank_messages(task.case_no, today)
                    say(session, task.case_no, next(body for body in bodies if body.kind == task.kind))
            return
        body, role = deed(task, today, paid=task.kind == ActKind.CONFIRM_PAYMENT and self._paid(task.case_no))
        try:
            await act(
                self.house.desk_sessions.begin,
                self._client,
                key=f"{task.case_no}/{task.kind}/{task.id}",
                case_no=task.case_no,
                body=body,
                actor=OFFICERS[role],
                at=datetime.now(UTC),
            )
        except XuqiaoError as refusal:
            if refusal.code == "act.no_answer":  # servers were away: the same key may be sent again
                self._in_hand.discard((task.id, task.kind))
            else:
                self.refused.append((task.case_no, refusal))
        except DBAPIError:
            self._in_hand.discard((task.id, task.kind))

    def _paid(self, case_no: str) -> bool:
        return any(payment.case_no == case_no for payment in self.house.simulated_bank.payments())


def say(session: Session, case_no: str, body: MessageBody) -> None:
    """One message of the bank, through its own door."""
    enter_message(session, f"{case_no}/{body.kind}", case_no, body, CLERK, datetime.now(UTC), "simulator")


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
        case _:
            return Release(confirmed=tuple(ChecklistItem), balance_fen=BALANCE), Role.CASHIER


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
