"""The bank is asked what it can do with a maturing loan; its answer comes as a message."""

from sqlmodel import Session
from temporalio import activity

from activities.bank.payments import Gateways, gateway_of
from activities.contracts import RecordFindings
from activities.store import Begin
from gateways.bank import OpinionRequest
from models.cases import approvals
from models.cases.applications import Application, Loan
from models.cases.case_file import commit_step
from rulebook.steps import Step


class BankOpinions:
    """The activity that asks a bank.

    Args:
        begin: opens a session that commits at the end of its block.
        gateways: the ways to ask.
    """

    def __init__(self, begin: Begin, gateways: Gateways) -> None:
        self._begin = begin
        self._gateways = gateways

    @activity.defn
    def ask_bank_opinion(self, request: RecordFindings) -> None:
        """Ask what the bank can do, then note that it was asked; asking twice by one key asks once."""
        step = request.step
        with self._begin() as session:
            gateway = gateway_of(session, self._gateways, step.fund)
            question = _opinion_request(session, step)
        gateway.ask_opinion(question)
        with self._begin() as session:
            if commit_step(session, step):
                approvals.store_judgement(session, step.case_no, step.cause, request.findings, request.direct)


def _opinion_request(session: Session, step: Step) -> OpinionRequest:
    application = session.get_one(Application, step.case_no)
    loan = session.get_one(Loan, application.loan)
    return OpinionRequest(
        key=f"{step.fund}/{step.case_no}/{step.event.value}",
        case_no=step.case_no,
        fund=step.fund,
        bank=loan.bank,
        applicant_name=application.applicant_name,
        loan_note=loan.note,
        balance_fen=loan.balance_fen,
        maturity=loan.maturity,
        asked_fen=application.facts["asked_fen"],
    )
