"""What a test sees of its fund: rows, books, histories, and whatever must never be. It changes nothing."""

from collections import Counter
from datetime import date

from sqlalchemy import select, text
from temporalio.client import Client, WorkflowHistory
from temporalio.worker import Replayer

from activities.contracts import PayOut
from gateways.simulated import LoggedPayment
from models.base import table
from models.books import ledger, statements
from models.cases.acts import ActState, BankMessageRow, OfficerActRow
from models.cases.applications import Application, Loan
from models.cases.approvals import Approval, current_approval
from models.cases.case_file import Event, RenewalCase, Task, cases_of
from models.cases.payments import Payment, payments_of
from models.cases.reads import case_page
from models.funds.funds import fund
from models.papers.documents import documents_of
from rulebook.books.postings import Pool, Position, PostingKind
from rulebook.books.same_line import named_on
from rulebook.calendar import LAW_ZONE
from rulebook.cases import renewal_id
from rulebook.stages import ENDS, CaseStage
from runtime.temporal import CONVERTER, sandbox
from runtime.wiring import Services
from workflows.recovery import Recovery
from workflows.renewal import Renewal


class SeenFund:
    """One fund, looked at from every side.

    Attributes:
        code: the fund's own.
        services: the wiring of the product that the fund is worked with.
        client: of its Temporal server.
        told_in_a_difference: cases whose payment came after it had been given up; a test that lets that happen names
            them, and an open difference must name them too.
    """

    def __init__(self, services: Services, client: Client, code: str) -> None:
        self.code = code
        self.services = services
        self.client = client
        self.told_in_a_difference: set[str] = set()

    def case(self, case: str) -> RenewalCase:
        with self.services.sessions() as session:
            return session.get_one(RenewalCase, case)

    def stage_of(self, case: str) -> CaseStage:
        return CaseStage(self.case(case).stage)

    def maturity_of(self, case: str) -> date:
        with self.services.sessions() as session:
            return session.get_one(Loan, session.get_one(Application, case).loan).maturity

    def pool(self) -> Pool:
        with self.services.sessions() as session:
            return ledger.pool(session, self.code)

    def position(self, case: str) -> Position:
        with self.services.sessions() as session:
            return ledger.position(session, self.code, case)

    def faults_in_books(self) -> list[str]:
        with self.services.sessions() as session:
            return ledger.check_books(session, self.code)

    def paid_by_bank(self, case: str) -> list[int]:
        """What the bank really paid for a case, by its own log, in fen."""
        return [payment.amount_fen for payment in self.services.simulated_bank.payments() if payment.case_no == case]

    def papers_of(self, case: str) -> list[str]:
        with self.services.sessions() as session:
            return [document.kind for document in documents_of(session, case)]

    def reason_of(self, case: str) -> str | None:
        return self.case(case).end_reason

    def events(self, case: str) -> list[str]:
        """The kinds of the case's log, in order."""
        column = table(Event).c
        with self.services.sessions() as session:
            return list(session.scalars(select(column.kind).where(column.case_no == case).order_by(column.serial)))

    def told(self, case: str) -> dict[str, str]:
        """What the last line of the case's log says of itself."""
        return self.details(case)[-1]

    def details(self, case: str) -> list[dict[str, str]]:
        """What each line of the case's log says of itself, in order."""
        column = table(Event).c
        with self.services.sessions() as session:
            rows = session.scalars(select(Event).where(column.case_no == case).order_by(column.serial))
            return [dict(row.detail) for row in rows]

    def event_days(self, case: str) -> list[tuple[str, date]]:
        """The same with the law's day of each."""
        column = table(Event).c
        with self.services.sessions() as session:
            rows = session.scalars(select(Event).where(column.case_no == case).order_by(column.serial))
            return [(row.kind, row.at.astimezone(LAW_ZONE).date()) for row in rows]

    def task_of(self, case: str) -> Task | None:
        column = table(Task).c
        with self.services.sessions() as session:
            return session.scalars(select(Task).where(column.case_no == case, column.done_at.is_(None))).one_or_none()

    def message(self, message_id: str) -> BankMessageRow:
        with self.services.sessions() as session:
            return session.get_one(BankMessageRow, message_id)

    def why_refused(self, message_id: str) -> str:
        """The code of a refused message's reason; empty while it is not refused."""
        row = self.message(message_id)
        return str((row.outcome or {}).get("code", "")) if row.state == ActState.REFUSED else ""

    def acts_of(self, case: str, kind: str) -> list[OfficerActRow]:
        column = table(OfficerActRow).c
        with self.services.sessions() as session:
            rows = select(OfficerActRow).where(column.case_no == case, column.kind == kind).order_by(column.recorded_at)
            return list(session.scalars(rows))

    def approvals_of(self, case: str) -> list[Approval]:
        column = table(Approval).c
        with self.services.sessions() as session:
            return list(session.scalars(select(Approval).where(column.case_no == case).order_by(column.attempt)))

    def current_approval(self, case: str) -> Approval | None:
        with self.services.sessions() as session:
            return current_approval(session, case)

    def payments_of(self, case: str) -> list[Payment]:
        with self.services.sessions() as session:
            return payments_of(session, case)

    def shown_payments(self, case: str) -> list[str]:
        """What the page says of each payment of a case."""
        with self.services.sessions() as session:
            return [payment.state for payment in case_page(session, case).payments]

    def sent_to_bank(self, case: str) -> list[int]:
        """How often each payment of a case was sent to the bank, by the bank's own log."""
        return [self.services.simulated_bank.attempts(payment.key) for payment in self.payments_of(case)]

    def voucher_of(self, case: str, reference: str) -> int:
        """The number of the voucher by which a line of the statement was booked for a case."""
        with self.services.sessions() as session:
            (voucher,) = (v for v in ledger.vouchers(session, self.code, case) if v.reference == reference)
        return voucher.number

    def refund_due(self, case: str) -> int:
        """What came in beyond what was owed, in fen."""
        with self.services.sessions() as session:
            lines = [line for voucher in ledger.vouchers(session, self.code, case) for line in voucher.lines]
        return sum(line.amount_fen for line in lines if line.credit.subject == "refund_due")

    async def histories(self, *cases: str) -> list[WorkflowHistory]:
        """What Temporal has on record of some cases, or of all that ever began, recovery included."""
        with self.services.sessions() as session:
            never = set(session.scalars(text("SELECT case_no FROM outbox WHERE errand = 'start' AND failure <> ''")))
            wanted = [case for case in cases_of(session, self.code) if not cases or case.case_no in cases]
            rows = [case for case in wanted if case.case_no not in never]
        ids = dict.fromkeys(id_ for c in rows for id_ in (renewal_id(self.code, c.case_no), c.workflow_id))
        return [await self.client.get_workflow_handle(workflow).fetch_history() for workflow in ids]

    async def payments_asked(self, case: str) -> list[PayOut]:
        """The requests of every call that paid or asked, as Temporal has them on record."""
        requests = []
        for history in await self.histories(case):
            for event in history.events:
                scheduled = event.activity_task_scheduled_event_attributes
                if scheduled.activity_type.name == "pay_out":
                    requests += await CONVERTER.decode(list(scheduled.input.payloads), [PayOut])
        return requests

    async def replay(self) -> None:
        """The stories decide today as they did then, from what is on record alone."""
        for history in await self.histories():
            await a_replayer().replay_workflow(history)

    def what_is_wrong(self) -> list[str]:
        """Whatever must never be, in any fund, after any test."""
        pool, faults = self.pool(), self.faults_in_books()
        if pool.total_fen != pool.reserved_fen + pool.out_fen + pool.available_fen:
            faults.append(f"the pool does not add up: {pool}")
        with self.services.sessions() as session:
            cases = cases_of(session, self.code)
            disbursed = {
                voucher.reference: (voucher.case_no, sum(line.amount_fen for line in voucher.lines))
                for case in cases
                for voucher in ledger.vouchers(session, self.code, case.case_no)
                if voucher.kind is PostingKind.DISBURSE
            }
            late = {each.case_no for each in statements.differences(session, self.code) if each.kind == "late_payment"}
        faults += [f"{case} was paid late and no difference says so" for case in self.told_in_a_difference - late]
        ours = {case.case_no for case in cases}
        of_our_cases = [payment for payment in self._paid() if payment.case_no in ours]
        times = Counter(payment.case_no for payment in of_our_cases)
        faults += [f"the bank paid {case} {count} times" for case, count in times.items() if count > 1]
        unknown = {p.reference for p in of_our_cases if p.case_no in self.told_in_a_difference}
        booked = [payment for payment in of_our_cases if payment.reference not in unknown]
        paid = {named_on(each.paid_on, each.reference): (each.case_no, each.amount_fen) for each in booked}
        if self._gateway == "simulated" and paid != disbursed:
            faults.append(f"the bank paid {paid}, the books say {disbursed}")
        return faults + [fault for case in cases for fault in self._wrong_with(case)]

    def _wrong_with(self, case: RenewalCase) -> list[str]:
        if CaseStage(case.stage) not in ENDS:
            return []
        faults = []
        if reserved := self.position(case.case_no).reserved_fen:
            faults.append(f"{case.case_no} ended {case.stage} with {reserved} still reserved")
        if self.position(case.case_no).outstanding_fen:
            faults.append(f"{case.case_no} ended {case.stage} with money out")
        if self.task_of(case.case_no):
            faults.append(f"{case.case_no} ended {case.stage} with an open task")
        with self.services.sessions() as session:
            losses = [v for v in ledger.vouchers(session, self.code, case.case_no) if v.kind is PostingKind.WRITE_OFF]
            if len(losses) != (case.stage == CaseStage.WRITTEN_OFF):
                faults.append(f"{case.case_no} ended {case.stage} with {len(losses)} losses in the books")
            for rows in (OfficerActRow, BankMessageRow):
                column = table(rows).c
                undecided = select(column.kind).where(column.case_no == case.case_no, column.state == "received")
                faults += [f"{case.case_no} ended, {kind} undecided" for kind in session.scalars(undecided)]
        return faults

    def _paid(self) -> list[LoggedPayment]:
        return self.services.simulated_bank.payments()

    @property
    def _gateway(self) -> str:
        with self.services.sessions() as session:
            return fund(session, self.code).gateway


def a_replayer() -> Replayer:
    """Replays as the workers run: same converter, same sandbox."""
    return Replayer(workflows=[Renewal, Recovery], data_converter=CONVERTER, workflow_runner=sandbox())
