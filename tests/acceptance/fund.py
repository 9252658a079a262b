"""A fund to test with: its officers, its banks and its days, in sentences. Everything behind it is real."""

import itertools
from datetime import date, timedelta

from temporalio.client import Client

from gateways.simulated import BankScript
from models import ledger
from models.approvals import current_approval
from models.calendar import calendar_around
from models.cases import RenewalCase, fee_owed
from models.applications import Application, Loan, file_application
from models.documents import documents_of
from models.funds import actor
from rulebook.applications import ApplicationRow
from rulebook.calendar import WorkCalendar
from rulebook.cases import BankAnswer, Promise, PromiseRung
from rulebook.messages import (
    ActBody,
    Approve,
    CollateralRegistered,
    MessageBody,
    NewLoan,
    NotRenewing,
    OldLoanSettled,
    Opinion,
    PromiseGiven,
    PromiseWithdrawn,
    Propose,
    Receipt,
    ReceiptLine,
    ReceiptPurpose,
    RecordSigning,
    Release,
    ReleaseLine,
)
from rulebook.postings import Pool, Position
from rulebook.stages import STAGES, CaseStage, Role
from rulebook.steps import Outcome
from runtime.conductor import Conductor
from runtime.wiring import House

MAKER, CHECKER, CASHIER, CLERK = "li.jing", "wang.he", "zhao.na", "qian.jd"
PERSON = {Role.MAKER: MAKER, Role.CHECKER: CHECKER, Role.CASHIER: CASHIER}


class TestedFund:
    """One fund of its own for one test; its cases are worked by real workers on real servers."""

    __test__ = False

    def __init__(self, house: House, client: Client, code: str) -> None:
        self.code = code
        self.house = house
        self._conductor = Conductor(house, client, code)
        self._keys = itertools.count(1)
        self._conductor.open_day()

    # Time ------------------------------------------------------------------------------------------------------

    @property
    def today(self) -> date:
        return self._conductor.today

    def workdays(self) -> WorkCalendar:
        with self.house.sessions() as session:
            return calendar_around(session, self.today, self.today + timedelta(days=60))

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
            await self._conductor.next_morning()

    async def skip_to_release_day(self, case: str) -> None:
        """The last working day before the loan's maturity, at nine."""
        await self.skip_to(self.workdays().workday_before(self.maturity_of(case)))

    async def settle(self) -> None:
        """Wait until everything said and done so far has had its effect."""
        await self._conductor.deliver()

    # The firm and the officers ---------------------------------------------------------------------------------

    async def apply(self, row: ApplicationRow) -> str:
        """File an application.

        Returns:
            the case number.
        """
        with self.house.sessions.begin() as session:
            filed = file_application(
                session,
                self.code,
                row,
                received_on=self.today,
                filed_by=MAKER,
                source="test",
                queues=self.house.settings.queues.prefix,
            )
        await self.settle()
        return filed.case_no

    async def act(self, case: str, body: ActBody, *, by: str | None = None, key: str | None = None) -> Outcome:
        """An officer's act by the person whose part it is, or by somebody named."""
        role = next(row.acts[body.kind] for row in STAGES.values() if body.kind in row.acts)
        with self.house.sessions() as session:
            person = actor(session, by or PERSON[role], role)
        return await self._conductor.act(case, body, person, key or f"{case}/{body.kind}/{next(self._keys)}")

    async def propose(self, case: str, amount: int, *, by: str | None = None) -> Outcome:
        return await self.act(case, Propose(amount_fen=amount), by=by)

    async def approve(self, case: str, *, by: str | None = None) -> Outcome:
        """Approve exactly the terms that lie before the checker."""
        with self.house.sessions() as session:
            approval = current_approval(session, case)
        assert approval is not None
        return await self.act(case, Approve(terms_digest=approval.terms_digest), by=by)

    async def sign(self, case: str) -> Outcome:
        outcome = await self.act(case, RecordSigning(signed_on=self.today, return_path_confirmed=True))
        return outcome

    async def release(self, case: str, *, by: str | None = None, balance: int | None = None) -> Outcome:
        with self.house.sessions() as session:
            loan = session.get_one(Loan, session.get_one(Application, case).loan)
        body = Release(confirmed=tuple(ReleaseLine), balance_fen=loan.balance_fen if balance is None else balance)
        return await self.act(case, body, by=by)

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

    # The bank --------------------------------------------------------------------------------------------------

    def script_bank(self, case: str, script: BankScript) -> None:
        """How the bank treats the payment of one case."""
        with self.house.sessions() as session:
            loan = session.get_one(Loan, session.get_one(Application, case).loan)
        self.house.simulated_bank.script(loan.note, script)

    async def bank_says(self, case: str, body: MessageBody, *, key: str | None = None) -> None:
        """A message of the bank comes in and has its effect."""
        self._conductor.message(case, body, key=key or f"{case}/{body.kind}/{next(self._keys)}")
        await self.settle()

    def promise(self, case: str, **changed: object) -> Promise:
        """A renewal commitment over the whole loan, good for two months."""
        with self.house.sessions() as session:
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

    async def bank_answers(self, case: str, answer: BankAnswer, promise: Promise | None = None) -> None:
        await self.bank_says(case, Opinion(answer=answer, promise=promise))

    async def bank_promises(self, case: str, **changed: object) -> None:
        """The bank must be repaid before it lends again, and promises to."""
        await self.bank_answers(case, BankAnswer.REPAY_THEN_LEND, self.promise(case, **changed))

    async def promise_comes(self, case: str, **changed: object) -> None:
        await self.bank_says(case, PromiseGiven(promise=self.promise(case, **changed)))

    async def promise_withdrawn(self, case: str) -> None:
        await self.bank_says(case, PromiseWithdrawn(reason="信贷规模用尽"))

    async def old_loan_settled(self, case: str, *, balance: int = 0) -> None:
        body = OldLoanSettled(settled_on=self.today, balance_fen=balance, voucher=f"HK{next(self._keys)}")
        await self.bank_says(case, body)

    async def collateral_registered(self, case: str) -> None:
        body = CollateralRegistered(registered_on=self.today, certificate="苏（2026）东海县不动产证明第0001号")
        await self.bank_says(case, body)

    async def new_loan(self, case: str, amount: int) -> None:
        body = NewLoan(signed_on=self.today, note=f"NL{next(self._keys)}", amount_fen=amount)
        await self.bank_says(case, body)

    async def not_renewing(self, case: str) -> None:
        await self.bank_says(case, NotRenewing(reason="总行收紧授信"))

    async def money_returns(self, case: str, principal: int, *, fee: int | None = None) -> None:
        """The entrusted return, and the fee from own funds: all that is owed unless said otherwise."""
        with self.house.sessions() as session:
            fee = fee_owed(session, case, self.today) if fee is None else fee
        amounts = {ReceiptPurpose.PRINCIPAL: principal, ReceiptPurpose.FEE: fee}
        lines = tuple(
            ReceiptLine(purpose=purpose, amount_fen=fen, reference=f"{case}/SK{next(self._keys)}", payer="借款人")
            for purpose, fen in amounts.items()
            if fen
        )
        await self.bank_says(case, Receipt(received_on=self.today, lines=lines))

    # What can be seen ------------------------------------------------------------------------------------------

    def case(self, case: str) -> RenewalCase:
        with self.house.sessions() as session:
            return session.get_one(RenewalCase, case)

    def stage_of(self, case: str) -> CaseStage:
        return CaseStage(self.case(case).stage)

    def maturity_of(self, case: str) -> date:
        with self.house.sessions() as session:
            return session.get_one(Loan, session.get_one(Application, case).loan).maturity

    def pool(self) -> Pool:
        with self.house.sessions() as session:
            return ledger.pool(session, self.code)

    def position(self, case: str) -> Position:
        with self.house.sessions() as session:
            return ledger.position(session, self.code, case)

    def faults_in_books(self) -> list[str]:
        with self.house.sessions() as session:
            return ledger.check_books(session, self.code)

    def paid_by_bank(self, case: str) -> list[int]:
        """What the bank really paid for a case, by its own log, in fen."""
        return [payment.amount_fen for payment in self.house.simulated_bank.payments() if payment.case_no == case]

    def papers_of(self, case: str) -> list[str]:
        with self.house.sessions() as session:
            return [document.kind for document in documents_of(session, case)]
