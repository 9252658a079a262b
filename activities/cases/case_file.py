"""The case file: each activity commits stage, event, task and outcome of one step together."""

from sqlmodel import Session
from temporalio import activity

from activities.books.ledger import give_back, lock_pool
from activities.contracts import (
    CorrectDate,
    DateCorrected,
    OpenCase,
    OpenedCase,
    ReadCalendar,
    ReadMeasure,
    ReadMoneyOut,
    ReadTemplates,
    RecordCollateral,
    RecordFindings,
    RecordNewLoan,
    RecordProposal,
    SendProposalBack,
)
from activities.law.measures import measure_from
from activities.papers.press.office import Office
from activities.store import Begin
from models.books import ledger
from models.cases import approvals
from models.cases.applications import Application, Collateral
from models.cases.approvals import Approval
from models.cases.case_file import bridge_of, commit_step, the_case, the_event
from models.cases.dates import stated_of
from models.cases.exposure import exposure_of
from models.funds import calendar, funds
from models.funds.funds import business_date
from models.papers import documents
from rulebook.bridges import Bridge, fee_told_otherwise
from rulebook.calendar import WorkCalendar
from rulebook.calendars.corrected import check_date
from rulebook.cases import CaseFacts, recovery_id
from rulebook.errors import XuqiaoError
from rulebook.events import EventKind
from rulebook.law.measure import Measure
from rulebook.messages import Dated
from rulebook.stages import CaseStage
from rulebook.steps import SAID_BY, Refusal, Step


class CaseFile:
    """Activities that touch nothing but the case file.

    Args:
        begin: opens a session that commits at the end of its block.
        office: the templates of all papers; a case keeps those it began with, and every approval binds them.
    """

    def __init__(self, begin: Begin, office: Office) -> None:
        self._begin = begin
        self._office = office

    @activity.defn
    def open_case(self, request: OpenCase) -> OpenedCase:
        """Read facts, law and calendar once; from here on the case has them by value."""
        with self._begin() as session:
            application = session.get_one(Application, request.case_no)
            recorded = CaseFacts.model_validate(application.facts)
            facts = recorded.model_copy(update={"exposure": exposure_of(session, application)})
            law = funds.measure_in_force(session, request.fund, application.received_on)
            measure = measure_from(law.pack, law.overlay)
            days = calendar.calendar_around(session, facts.received_on, facts.loan.maturity)
            funds.keep_measure(session, measure)
            self._keep_templates(session)
            received = Step(
                case_no=request.case_no,
                fund=request.fund,
                cause=EventKind.RECEIVED.value,
                at=request.at,
                event=EventKind.RECEIVED,
                stage=CaseStage.INTAKE,
            )
            commit_step(session, received, measure_digest=measure.digest)
        return OpenedCase(facts=facts, measure=measure, calendar=days, template_digest=self._office.digest)

    @activity.defn
    def read_templates(self, request: ReadTemplates) -> str:
        """The digest of the templates the office has now, kept for the approval that is to bind them."""
        with self._begin() as session:
            self._keep_templates(session)
        return self._office.digest

    def _keep_templates(self, session: Session) -> None:
        documents.keep_templates(session, self._office.digest, self._office.sources, self._office.names)

    @activity.defn
    def read_measure(self, request: ReadMeasure) -> Measure:
        """The measure to which a case may be moved, by value."""
        with self._begin() as session:
            law = funds.measure_in_force(session, request.fund, request.effective_from)
        return measure_from(law.pack, law.overlay)

    @activity.defn
    def read_calendar(self, request: ReadCalendar) -> WorkCalendar:
        """The days of a case as the table knows them now, by value: from its application to well after its maturity."""
        with self._begin() as session:
            application = session.get_one(Application, request.case_no)
            maturity = CaseFacts.model_validate(application.facts).loan.maturity
            through = max(maturity, business_date(session, application.fund))
            return calendar.calendar_around(session, application.received_on, through)

    @activity.defn
    def refer_case(self, request: RecordFindings) -> None:
        """The rules could not say; a person decides."""
        with self._begin() as session:
            if commit_step(session, request.step):
                approvals.store_judgement(session, request.step.case_no, request.step.cause, request.findings)

    @activity.defn
    def record_proposal(self, request: RecordProposal) -> int | None:
        """The maker's proposal waits for another person.

        A story that was reset counts again from where it was set back to: a number that another proposal has already
        is not written, and the next free one is answered. What stood from before makes way for it, with its money.
        """
        step = request.step
        assert step.actor is not None, "a proposal has a maker"
        with self._begin() as session:
            if before := approvals.standing_before(session, step.case_no, request.attempt):
                lock_pool(session, step.fund)
            new = the_event(session, step.case_no, step.cause) is None
            if new and session.get(Approval, (step.case_no, request.attempt)) is not None:
                return approvals.last_attempt(session, step.case_no) + 1
            if not commit_step(session, step):
                return None
            for earlier in before:
                give_back(session, step, earlier)
            session.add(
                Approval(
                    case_no=step.case_no,
                    attempt=request.attempt,
                    amount_fen=request.amount_fen,
                    ceiling_fen=request.ceiling_fen,
                    bound_by=request.bound_by,
                    terms_digest=request.terms_digest,
                    findings=[finding.model_dump(mode="json") for finding in request.findings.items],
                    maker=step.actor.id,
                    proposed_at=step.at,
                )
            )
        return None

    @activity.defn
    def read_money_out(self, request: ReadMoneyOut) -> Bridge | None:
        """The bridge of a case as the books know it, where some of it is still out; else None."""
        with self._begin() as session:
            case = the_case(session, request.case_no)
            out = bridge_of(session, case, business_date(session, request.fund))
        return out[0] if out and out[0].outstanding_fen else None

    @activity.defn
    def send_proposal_back(self, request: SendProposalBack) -> None:
        """The checker wants another proposal: this one no longer stands."""
        step = request.step
        with self._begin() as session:
            if commit_step(session, step):
                approvals.void(session, step.case_no, request.attempt, step.at)

    @activity.defn
    def record_collateral(self, request: RecordCollateral) -> None:
        """The collateral stands registered for the new loan."""
        with self._begin() as session:
            if commit_step(session, request.step):
                collateral = session.get_one(Collateral, request.step.case_no)
                collateral.registered_on, collateral.certificate = request.registered_on, request.certificate
                session.add(collateral)

    @activity.defn
    def correct_date(self, request: CorrectDate) -> DateCorrected:
        """A date that was recorded wrongly becomes the true one, and what hangs on it is reckoned by that.

        What said it stays as it is: the event names both days, and whoever reads the date asks for it. Where the fee is
        another by it, the event says so as for a value date that is learnt late.
        """
        step, correction = request.step, request.correction
        with self._begin() as session:
            lock_pool(session, step.fund)  # no receipt is booked meanwhile
            case, on = the_case(session, step.case_no), business_date(session, step.fund)
            if the_event(session, step.case_no, step.cause) is None:
                stated = stated_of(session, case, on)
                try:
                    found = check_date(correction, stated)
                except XuqiaoError as refusal:
                    return DateCorrected(refused=Refusal(id=step.cause, code=refusal.code, params=refusal.params))
                told, due = stated.fee_fen(on), stated.corrected(found, correction.now).fee_fen(on)
                received = ledger.position(session, step.fund, step.case_no).fee_received_fen
                fees = fee_told_otherwise(told, due, received)
                commit_step(session, step.model_copy(update={"detail": {**step.detail, **fees, SAID_BY: found.id}}))
                if correction.said is Dated.COLLATERAL_REGISTERED:
                    session.get_one(Collateral, step.case_no).registered_on = correction.now
            out = bridge_of(session, case, on)
        return DateCorrected(returns=out[0].returns if out else ())

    @activity.defn
    def record_new_loan(self, request: RecordNewLoan) -> None:
        """The renewed loan, whichever way it came."""
        with self._begin() as session:
            commit_step(session, request.step, new_loan_note=request.note, new_loan_fen=request.amount_fen)

    @activity.defn
    def hand_to_recovery(self, request: Step) -> None:
        """From here on messages and acts go to the workflow that pursues the money."""
        with self._begin() as session:
            commit_step(
                session,
                request,
                workflow_id=recovery_id(request.fund, request.case_no),
                end_reason=request.detail.get("reason"),
            )

    @activity.defn
    def record_step(self, request: Step) -> None:
        """A step that leaves nothing but itself."""
        with self._begin() as session:
            commit_step(session, request)

    @activity.defn
    def record_pool_grant(self, request: Step) -> None:
        """The pool has set the money aside: the case leaves the queue."""
        self.record_step(request)

    @activity.defn
    def record_signing(self, request: Step) -> None:
        """All parties have signed."""
        self.record_step(request)

    @activity.defn
    def record_old_loan_settled(self, request: Step) -> None:
        """The payoff voucher shows a zero balance."""
        self.record_step(request)
