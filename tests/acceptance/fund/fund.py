"""A fund to test with: its officers, its banks and its days, in sentences. Everything behind it is real.

What a test sees of it stands in ``seen.py``.
"""

import asyncio
import itertools
import sqlite3
from collections import defaultdict
from collections.abc import Awaitable, Coroutine, Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from activities.law.measures import measure_from
from gateways.simulated import BankScript
from models.base import table
from models.books import statements
from models.books.receipts import provisional_of
from models.books.statements import InFile
from models.cases.acts import Entered, enter_message
from models.cases.applications import Application, Loan, file_application
from models.cases.approvals import current_approval
from models.cases.case_file import RenewalCase, fee_owed, live_cases
from models.funds.calendar import calendar_around
from models.funds.funds import FundMeasure, adopt_measure
from models.funds.people import actor
from rulebook.applications import ApplicationRow
from rulebook.books.references import folded
from rulebook.books.statements import StatementLine
from rulebook.calendar import LAW_ZONE, WorkCalendar
from rulebook.cases import BankAnswer, Promise, PromiseRung
from rulebook.errors import XuqiaoError
from rulebook.messages import (
    ActBody,
    Actor,
    Approve,
    ApproveMeasure,
    ChecklistItem,
    CollateralRegistered,
    ConcludeRecovery,
    ConfirmPayment,
    ConfirmReceipt,
    DecideReferral,
    DrawAgain,
    MarkSent,
    MessageBody,
    MessageSource,
    NewLoan,
    NotRenewing,
    OldLoanSettled,
    Opinion,
    PromiseGiven,
    PromiseWithdrawn,
    Propose,
    ProposeMeasure,
    PutFirst,
    Receipt,
    ReceiptLine,
    ReceiptPurpose,
    RecordSigning,
    Reject,
    Release,
    SendBack,
    Withdraw,
)
from rulebook.stages import ACT_ROLES, Role
from rulebook.steps import Outcome
from runtime.demo.conductor import OPENING, Conductor
from runtime.wiring import Services
from tests.acceptance.fund.seen import SeenFund

MAKER, CHECKER, CASHIER, CLERK = "li.jing", "wang.he", "zhao.na", "qian.jd"
BUSY_SECONDS = 45
"""How long work may go on before a test says what is stuck."""


def until_monday_morning() -> timedelta:
    """A test's clocks begin on the coming Monday at nine: what it shows does not depend on when it is run."""
    now = datetime.now(LAW_ZONE)
    monday = now.date() + timedelta(days=7 - now.weekday())
    return datetime.combine(monday, OPENING, LAW_ZONE) - now


CONCLUDE = ConcludeRecovery(reason="本息均已收回")
BOTH = "sun.shen"  # may make and may check
PERSON = {Role.MAKER: MAKER, Role.CHECKER: CHECKER, Role.CASHIER: CASHIER}
EVERYTHING = "meng.qn"  # may play every part
BANK = Actor(id=CLERK, name="钱贷", role=Role.BANK_CLERK, organisation="晶都农村商业银行")


class TestedFund(SeenFund):
    """One fund of its own for one test; its cases are worked by real workers on real servers."""

    __test__ = False

    def __init__(self, services: Services, client: Client, code: str) -> None:
        super().__init__(services, client, code)
        self.busy_seconds: float = BUSY_SECONDS
        self._conductor = Conductor(services, client, code, ahead=until_monday_morning())
        self._keys = itertools.count(1)
        self._conductor.open_day()
        self.on_statement = True

    # Time ------------------------------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        return self._conductor.now

    @property
    def today(self) -> date:
        return self._conductor.today

    def workdays(self) -> WorkCalendar:
        with self.services.sessions() as session:
            return calendar_around(session, self.today, self.today + timedelta(days=60))

    def workdays_since(self, day: date) -> WorkCalendar:
        with self.services.sessions() as session:
            return calendar_around(session, day, self.today)

    def in_days(self, days: int) -> date:
        """A working day about so many calendar days from now, on whose eve people work too."""
        day = self.today + timedelta(days=days)
        calendar = self.workdays()
        while not (calendar.is_workday(day) and calendar.is_workday(day - timedelta(days=1))):
            day += timedelta(days=1)
        return day

    async def skip(self, *, days: int = 0, working_days: int = 0) -> None:
        """Let days pass, each until nine in the morning."""
        until = self.today + timedelta(days=days)
        if working_days:
            until = self.workdays().add_workdays(self.today, working_days)
        await self.skip_to(until)

    async def skip_to(self, day: date) -> None:
        while self.today < day:
            await self._soon(self._conductor.next_morning())

    def open_day(self) -> None:
        """The daily round opens today's business day."""
        self._conductor.open_day()

    async def hours_pass(self, hours: int) -> None:
        await self.time_passes(timedelta(hours=hours))

    async def time_passes(self, span: timedelta) -> None:
        await self._soon(self._conductor.pass_time(span))

    async def skip_past_last_call(self, case: str) -> None:
        """The morning of the loan's maturity: money can no longer arrive ahead of it."""
        await self.skip_to(self.maturity_of(case))

    async def skip_to_release_day(self, case: str) -> None:
        """The last working day before the loan's maturity, at nine."""
        await self.skip_to(self.workdays().workday_before(self.maturity_of(case)))

    async def settle(self) -> None:
        """Wait until everything said and done so far has had its effect."""
        await self._soon(self._conductor.deliver())

    async def _soon(self, doing: Coroutine[Any, Any, None]) -> None:
        """An activity that fails is tried again for ever: a test says which, instead of waiting with it."""
        try:
            await asyncio.wait_for(doing, self.busy_seconds)
        except TimeoutError:
            raise AssertionError(f"still busy: {await self._stuck()}") from None

    async def _stuck(self) -> list[str]:
        with self.services.sessions() as session:
            workflows = [case.workflow_id for case in live_cases(session, self.code)]
        found = []
        for workflow in workflows:
            raw = (await self.client.get_workflow_handle(workflow).describe()).raw_description
            found += [f"{a.activity_type.name}: {a.last_failure.message}" for a in raw.pending_activities]
            if raw.HasField("pending_workflow_task"):
                found.append(f"{workflow}: workflow task, attempt {raw.pending_workflow_task.attempt}")
        return found

    # The firm and the officers ---------------------------------------------------------------------------------

    async def apply(self, row: ApplicationRow) -> str:
        """File an application.

        Returns:
            the case number.
        """
        case = self.file(row)
        await self.settle()
        return case

    def file(self, row: ApplicationRow) -> str:
        """File an application whose story does not begin yet; its case number."""
        with self.services.sessions.begin() as session:
            filed = file_application(
                session,
                self.code,
                row,
                received_on=self.today,
                filed_by=MAKER,
                source="test",
                queues=self.services.settings.queues.prefix,
            )
        return filed.case_no

    async def act(self, case: str, body: ActBody, *, by: str | None = None, key: str | None = None) -> Outcome:
        """An officer's act by the person whose part it is, or by somebody named."""
        role = ACT_ROLES[body.kind]
        with self.services.sessions() as session:
            person = actor(session, by or PERSON[role], role, self.code)
        return await self._conductor.act(case, body, person, key or f"{case}/{body.kind}/{next(self._keys)}")

    async def propose(self, case: str, amount: int, *, by: str | None = None) -> Outcome:
        return await self.act(case, Propose(amount_fen=amount), by=by)

    async def approve(self, case: str, *, by: str | None = None, minutes: str = "") -> Outcome:
        """Approve exactly the terms that lie before the checker."""
        with self.services.sessions() as session:
            approval = current_approval(session, case)
        assert approval is not None
        return await self.act(case, Approve(terms_digest=approval.terms_digest, minutes=minutes), by=by)

    async def sign(self, case: str) -> Outcome:
        return await self.act(case, RecordSigning(signed_on=self.today, return_path_confirmed=True))

    async def draw_again(self, case: str, *, new_templates: bool = False, key: str | None = None) -> Outcome:
        return await self.act(case, DrawAgain(new_templates=new_templates), key=key)

    async def release(self, case: str, *, by: str | None = None, balance: int | None = None) -> Outcome:
        with self.services.sessions() as session:
            loan = session.get_one(Loan, session.get_one(Application, case).loan)
        body = Release(confirmed=tuple(ChecklistItem), balance_fen=loan.balance_fen if balance is None else balance)
        return await self.act(case, body, by=by)

    async def decide_referral(self, case: str, *, go_on: bool) -> Outcome:
        return await self.act(case, DecideReferral(go_on=go_on, reason="已核实" if go_on else "证据不足"))

    async def reject(self, case: str) -> Outcome:
        return await self.act(case, Reject(reason="用途存疑"))

    async def send_back(self, case: str) -> Outcome:
        return await self.act(case, SendBack(reason="请补充自筹资金证明"))

    async def withdraw(self, case: str) -> Outcome:
        return await self.act(case, Withdraw(reason="自筹资金已到位"))

    async def put_first(self, case: str, *, by: str | None = None) -> Outcome:
        return await self.act(case, PutFirst(reason="停产风险，经联席会议同意"), by=by)

    async def propose_measure(self, case: str, effective_from: date, *, by: str | None = None) -> Outcome:
        return await self.act(case, ProposeMeasure(effective_from=effective_from, reason="新办法更有利于企业"), by=by)

    async def approve_measure(self, case: str, effective_from: date, *, by: str | None = None) -> Outcome:
        return await self.act(case, ApproveMeasure(effective_from=effective_from, reason="同意"), by=by)

    def adopt(self, effective_from: date, overlay: str, pack: str = "donghai/2025-08-17") -> str:
        """The fund comes under another measure from a day on.

        Returns:
            its digest.
        """
        adopted = FundMeasure(
            fund=self.code,
            effective_from=effective_from,
            pack=pack,
            overlay=overlay,
        )
        with self.services.desk_sessions.begin() as session:
            adopt_measure(session, adopted, CHECKER)
        return measure_from(pack, overlay).digest

    async def mark_sent(self, case: str, *, by: str | None = None) -> Outcome:
        return await self.act(case, MarkSent(receipt_serial=f"HD{next(self._keys)}"), by=by)

    async def not_sent(self, case: str, *, by: str | None = None) -> Outcome:
        return await self.act(case, MarkSent(not_sent_because="收款行系统关闭"), by=by)

    async def confirm_payment(
        self, case: str, *, paid: bool = True, by: str | None = None, line: str | None = None
    ) -> Outcome:
        line = line or f"LS{next(self._keys)}"
        return await self.act(case, ConfirmPayment(statement_reference=line, paid=paid), by=by)

    async def denied(self, case: str, *people: str) -> None:
        """People who looked at the statement say that the payment was not made."""
        for person in people:
            await self.confirm_payment(case, paid=False, by=person)
        await self.settle()

    async def reserve(self, case: str, amount: int) -> Outcome:
        """Promised, proposed and approved: the money is held, or queued for."""
        await self.bank_promises(case)
        outcome = await self.approve_bridge(case, amount)
        await self.settle()
        return outcome

    async def approve_bridge(self, case: str, amount: int) -> Outcome:
        """Proposed by the maker, approved by the checker."""
        await self.propose(case, amount)
        return await self.approve(case)

    async def bridge(self, case: str, amount: int) -> None:
        """From the bank's answer to the money on its way: promised, approved, signed and released on its day."""
        await self.bank_promises(case)
        await self.approve_bridge(case, amount)
        await self.settle()
        await self.sign(case)
        await self.skip_to_release_day(case)
        await self.release(case)

    @contextmanager
    def case_file_held(self, case: str) -> Iterator[None]:
        """Meanwhile no step of the case can be written down: its story stands still in the middle of one."""
        with self.services.sessions.begin() as session:
            held = select(RenewalCase).where(table(RenewalCase).c.case_no == case)
            session.execute(held.with_for_update(key_share=True))
            yield

    async def knows(self, case: str, event: EventType.ValueType) -> None:
        """Wait until the history of a case holds such an event."""
        with self.services.sessions() as session:
            workflow = self.client.get_workflow_handle(session.get_one(RenewalCase, case).workflow_id)
        async with asyncio.timeout(BUSY_SECONDS):
            while event not in {e.event_type async for e in workflow.fetch_history_events()}:
                await asyncio.sleep(0.05)

    # The bank --------------------------------------------------------------------------------------------------

    def script_bank(self, case: str, script: BankScript) -> None:
        """How the bank treats the payment of one case."""
        with self.services.sessions() as session:
            loan = session.get_one(Loan, session.get_one(Application, case).loan)
        self.services.simulated_bank.script(loan.note, script)

    async def bank_day(self) -> None:
        """The simulated bank's day is the fund's: payments on their way arrive. What it says is not listened to."""
        with closing(sqlite3.connect(self.services.settings.simulator_path)) as log, log:
            log.execute("DELETE FROM clock")  # tests before may have come further; the bank never goes back by itself
        self.services.simulated_bank.a_day(self.today, lambda case_no, on: 0)
        await self.settle()

    def bank_writes(self, case: str, body: MessageBody, *, key: str | None = None) -> Entered:
        """A message of the bank lies in the inbox, its money on the statement; nothing has come of it yet."""
        if isinstance(body, Receipt) and self.on_statement:
            self.statement_shows(body)
        key = key or f"{case}/{body.kind}/{next(self._keys)}"
        with self.services.sessions.begin() as session:
            return enter_message(session, key, case, body, BANK, self.now, MessageSource.API)

    def statement_shows(self, receipt: Receipt) -> None:
        """The lines of a receipt stand on the fund's imported statement, each as it is told."""
        came: dict[str, int] = defaultdict(int)
        for line in receipt.lines:
            came[line.reference] += line.amount_fen
        with self.services.sessions.begin() as session:
            known = {folded(each.name) for each in statements.lines_of(session, self.code)}
            for row, (reference, fen) in enumerate(came.items(), 2):
                if folded(reference) not in known:
                    shown = StatementLine(on=min(receipt.received_on, self.today), amount_fen=fen, reference=reference)
                    place = InFile(digest="statement", sheet="", row=row, by=MAKER)
                    statements.add_line(session, self.code, reference, shown, place)

    async def confirm_receipts(self, case: str, *, by: str | None = None) -> None:
        """The cashier finds on the account, one after the other, what no statement shows yet."""
        with self.services.sessions() as session:
            waiting = provisional_of(session, self.code, case)
        for each in waiting:
            body = ConfirmReceipt(reference=each.reference, amount_fen=each.amount_fen, seen="网上银行明细")
            await self.act(case, body, by=by)
        await self.settle()

    async def bank_says(self, case: str, body: MessageBody, *, key: str | None = None) -> str:
        """A message of the bank comes in and has its effect.

        Returns:
            the id of its row.
        """
        entered = self.bank_writes(case, body, key=key)
        await self.settle()
        return entered.id

    def promise(self, case: str, **changed: object) -> Promise:
        """A renewal commitment over the whole loan, good for two months."""
        with self.services.sessions() as session:
            loan = session.get_one(Loan, session.get_one(Application, case).loan)
        usual: dict[str, object] = {
            "rung": PromiseRung.APPROVED,
            "amount_fen": loan.balance_fen,
            "valid_until": loan.maturity + timedelta(days=60),
            "reference": "晶农商承〔2026〕1号",
            "signatory": "沈喆 副行长",
            "authority_fen": loan.balance_fen * 2,
        }
        return Promise.model_validate({**usual, **changed})

    async def bank_answers(self, case: str, answer: BankAnswer, promise: Promise | None = None) -> str:
        return await self.bank_says(case, Opinion(answer=answer, promise=promise))

    async def bank_promises(self, case: str, **changed: object) -> str:
        """The bank must be repaid before it lends again, and promises to."""
        return await self.bank_answers(case, BankAnswer.REPAY_THEN_LEND, self.promise(case, **changed))

    async def promise_comes(self, case: str, **changed: object) -> str:
        return await self.bank_says(case, PromiseGiven(promise=self.promise(case, **changed)))

    async def promise_withdrawn(self, case: str) -> str:
        return await self.bank_says(case, PromiseWithdrawn(reason="信贷规模用尽"))

    async def old_loan_settled(self, case: str, *, balance: int = 0) -> str:
        body = OldLoanSettled(settled_on=self.today, balance_fen=balance, voucher=f"HK{next(self._keys)}")
        return await self.bank_says(case, body)

    async def collateral_registered(self, case: str) -> None:
        body = CollateralRegistered(registered_on=self.today, certificate="苏（2026）东海县不动产证明第0001号")
        await self.bank_says(case, body)

    async def new_loan(self, case: str, amount: int) -> str:
        body = NewLoan(signed_on=self.today, note=f"NL{next(self._keys)}", amount_fen=amount)
        return await self.bank_says(case, body)

    async def not_renewing(self, case: str) -> str:
        message = await self.bank_says(case, NotRenewing(reason="总行收紧授信"))
        await self._handed_over()
        return message

    async def _handed_over(self) -> None:
        """While recovery is being started neither workflow has anything in hand."""
        await asyncio.sleep(0.3)
        await self.settle()

    async def not_renewing_and(self, case: str, also: MessageBody) -> None:
        """Two messages that arrive together."""
        self.bank_writes(case, NotRenewing(reason="总行收紧授信"))
        self.bank_writes(case, also)
        await self.settle()
        await self._handed_over()

    def a_receipt(self, principal: int, fee: int = 0, *, reference: str = "", on: date | None = None) -> Receipt:
        """Lines of the ring-fenced account's statement, by amount in fen."""
        reference = reference or f"{self.code}/SK{next(self._keys)}"
        lines = [(ReceiptPurpose.PRINCIPAL, principal, reference), (ReceiptPurpose.FEE, fee, f"{reference}F")]
        return Receipt(
            received_on=on or self.today,
            lines=tuple(
                ReceiptLine(purpose=purpose, amount_fen=fen, reference=line, payer="借款人")
                for purpose, fen, line in lines
                if fen
            ),
        )

    def fee_owed(self, case: str) -> int:
        """The usage fee to pay if all principal is back today, in fen."""
        with self.services.sessions() as session:
            return fee_owed(session, case, self.today)

    async def money_returns(self, case: str, principal: int, *, fee: int | None = None) -> str:
        """The entrusted return, and the fee from own funds: all that is owed unless said otherwise."""
        return await self.bank_says(case, self.a_receipt(principal, self.fee_owed(case) if fee is None else fee))

    async def renewed_and_home(self, case: str, amount: int) -> None:
        """From the old loan's settlement to the money's return, all on one day."""
        await self.old_loan_settled(case)
        await self.new_loan(case, amount)
        await self.money_returns(case, amount)


async def refusal_of(act: Awaitable[object]) -> XuqiaoError:
    """The refusal that an act must meet."""
    with pytest.raises(XuqiaoError) as refused:
        await act
    return refused.value
