"""What the papers of a case show, read from its case file and its fund's books at one moment."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import select
from sqlmodel import Session

from activities.papers.archive import brought_to, files_of, happened
from activities.words import say, say_finding, say_value, word
from models.base import table
from models.books import ledger
from models.books.receipts import bases_of
from models.cases import approvals
from models.cases.acts import ActState, OfficerActRow
from models.cases.applications import Application, Collateral, Guarantor, Loan
from models.cases.approvals import Approval
from models.cases.case_file import Event, RenewalCase, bridge_of, the_case
from models.cases.payments import PaymentState, payments_of
from models.funds.banks import bank_of
from models.funds.calendar import calendar_around
from models.funds.funds import Fund, kept_measure
from rulebook.applications import PartnerBank, branch_as_written
from rulebook.books.postings import PostingKind, Subject
from rulebook.bridges import Bridge, ExpectedUse, SettledUse, expected_use
from rulebook.calendar import LAW_ZONE, DayUnit
from rulebook.cases import BankAnswer, CaseFacts
from rulebook.errors import XuqiaoError
from rulebook.events import EventKind
from rulebook.findings import Finding, Result
from rulebook.law.fees import Tariff, course_of, prepaid_fee
from rulebook.law.measure import Measure
from rulebook.law.size import size_class
from rulebook.messages import ChecklistItem
from rulebook.money import yuan
from rulebook.papers.facts import (
    PaperAccount,
    PaperAct,
    PaperApplicant,
    PaperBasis,
    PaperCheck,
    PaperCollateral,
    PaperContact,
    PaperData,
    PaperFinding,
    PaperGuarantor,
    PaperReceipt,
)
from rulebook.parties.names import each_alone
from rulebook.stages import ActKind

LANG: Final = "zh"
"""Papers bind in Chinese; what they quote is said in Chinese."""
_SIGNED_FOR = {
    EventKind.PROPOSED,
    EventKind.SENT_BACK,
    EventKind.APPROVED_AND_RESERVED,
    EventKind.APPROVED_AND_QUEUED,
    EventKind.PUT_FIRST,
    # Whoever released the money stands behind what its bank said first: paid, sent back, or not known yet.
    EventKind.PAYMENT_PENDING,
    EventKind.PAYMENT_REJECTED,
    EventKind.PAYMENT_MARKED,
    EventKind.PAID_OUT,
}
"""The events that a form of approval repeats, when a person stands behind them."""


def paper_facts(
    session: Session,
    case_no: str,
    at: datetime,
    *,
    expected: ExpectedUse | None = None,
    settled: SettledUse | None = None,
) -> tuple[PaperData, Measure]:
    """Everything known of a case that a paper may show, and the measure it was judged under.

    Args:
        at: the moment of the papers; it gives them their date, and what is owed is owed on that day.
        expected, settled: fee and days as the story has reckoned them; None where it asks for no paper about them:
            then they are reckoned here, or read from the case.
    Raises:
        XuqiaoError: ``case.unknown``; ``case.not_opened`` where no worker has read its facts and its measure yet.
    """
    case = the_case(session, case_no)
    if case.measure_digest is None:
        raise XuqiaoError("case.not_opened", case=case_no)
    measure = kept_measure(session, case.measure_digest)
    day = at.astimezone(LAW_ZONE).date()
    application = session.get_one(Application, case_no)
    approval = approvals.current_approval(session, case_no)
    basics = _basics(session, case, application, measure, day)
    facts = {
        **_as_applied(session, application, measure),
        **_as_promised(session, case_no),
        **_as_approved(session, case_no, measure, approval),
        **_as_expected(session, measure, approval, basics.maturity, expected),
        **_as_paid(session, case, measure, day),
        **_as_settled(case, settled),
        "bases": _bases(session, case),
    }
    return basics.model_copy(update=facts), measure


def _basics(session: Session, case: RenewalCase, application: Application, measure: Measure, day: date) -> PaperData:
    loan, fund = session.get_one(Loan, application.loan), session.get_one(Fund, case.fund)
    bank = bank_of(session, case.fund, loan.bank)
    return PaperData(
        case_no=case.case_no,
        document_no=case.case_no,
        issued_on=day,
        office_symbol=fund.symbol or "",
        fund_name=fund.name,
        operator_name=fund.operator,
        operator_contact=_contact(fund),
        measure_document=measure.document,
        operator_choices=measure.operator_choices(),
        borrower_name=application.applicant_name,
        borrower_uscc=application.uscc,
        borrower_contact=_contact(application) if application.address or application.email else None,
        bank_name=bank.name if bank else loan.bank_name,
        bank_branch=branch_as_written(loan.bank_name, bank) if bank else "",
        bank_uscc=(bank.uscc if bank else None) or "",
        bank_contact=_contact(bank) if bank else None,
        loan_note=loan.note,
        maturity=loan.maturity,
        balance_fen=loan.balance_fen,
        payee_account_name=application.account_name,
        payee_account_number=application.account_number,
        payee_account_branch=application.account_branch,
        custodian_account=PaperAccount(name=fund.escrow_name, number=fund.escrow_number, bank=fund.escrow_bank),
        entrusted_bank=fund.escrow_bank,
        files=files_of(session, case.case_no),
        brought=brought_to(session, case.case_no),
        happened=happened(session, case.case_no),
    )


def _contact(party: Fund | Application | PartnerBank) -> PaperContact | None:
    """Where papers reach a party; None where nobody said so."""
    said = {name: getattr(party, name) for name in PaperContact.model_fields}
    return PaperContact(**{name: value for name, value in said.items() if value}) if any(said.values()) else None


def _as_applied(session: Session, application: Application, measure: Measure) -> dict[str, Any]:
    case_no = application.case_no
    facts = CaseFacts.model_validate(application.facts)
    who = facts.applicant
    sizing = size_class(who.industry, who.employees, who.revenue_fen, who.assets_fen)
    handed_in, wanted = facts.papers_in or (), measure.papers.required.value or ()
    collateral = session.get(Collateral, case_no)
    column = table(Guarantor).c
    guarantors = session.scalars(select(Guarantor).where(column.case_no == case_no).order_by(column.name))
    return {
        "applicant": PaperApplicant(
            kind=word(who.kind, LANG),
            legal_representative=application.legal_representative,
            phone=application.phone,
            industry=who.industry,
            size_class=word(sizing.size, LANG),
            employees=who.employees,
            revenue_fen=who.revenue_fen,
            assets_fen=who.assets_fen,
            tax_last_year_fen=who.tax_last_year_fen,
            asked_fen=facts.asked_fen,
            own_contribution_fen=facts.own_contribution_fen,
            received_on=application.received_on,
            applied_to_bank_on=facts.applied_to_bank_on,
        ),
        "missing_papers": tuple(name for name in wanted if name not in handed_in),
        "guarantors": tuple(
            PaperGuarantor(name=name, relation=relation)
            for each in guarantors
            for name, relation in each_alone(each.name)
        ),
        "collateral": tuple(_security(collateral)),
    }


def _security(collateral: Collateral | None) -> Iterator[PaperCollateral]:
    if collateral is not None and (collateral.kind or collateral.description):
        yield PaperCollateral(
            kind=collateral.kind or "",
            description=collateral.description or "",
            anew=collateral.anew,
            certificate=collateral.certificate or "",
        )


def _as_promised(session: Session, case_no: str) -> dict[str, Any]:
    case, promise = the_case(session, case_no), approvals.latest_promise(session, case_no)
    facts: dict[str, Any] = {"bank_answer": word(BankAnswer(case.answer), LANG)} if case.answer else {}
    if promise is not None:
        facts |= {
            "promised_fen": promise.amount_fen,
            "promise_reference": promise.reference,
            "promise_valid_until": promise.valid_until,
            "promise_conditions": promise.conditions,
            "signatory": promise.signatory,
            "authority_fen": promise.authority_fen,
        }
    return facts


def _as_approved(session: Session, case_no: str, measure: Measure, approval: Approval | None) -> dict[str, Any]:
    """What was found and approved, with what the measure charges, and who signed for it."""
    facts: dict[str, Any] = {
        "findings": tuple(_findings(session, case_no, approval)),
        "acts": tuple(_acts(session, case_no)),
        "fees": measure.fees,
        "day_count": measure.day_count,
        "term_in_working_days": measure.term_counted is DayUnit.WORKING,
        "day_off": measure.bridge.due_on_day_off.value if measure.term_counted is DayUnit.CALENDAR else None,
        "highest_average": measure.fee.highest_average.value,
        "clauses": measure.papers.clauses.value or (),
        "new_loan_days": measure.deadlines.new_loan,
        "cut_off": measure.cut_off,
    }
    if approval is not None:
        facts |= {
            "bridge_fen": approval.amount_fen,
            "ceiling_fen": approval.ceiling_fen,
            "bound_by": say_value("bound", approval.bound_by, LANG),
            "terms_digest": approval.terms_digest,
        }
    minutes = next((act.note for act in reversed(facts["acts"]) if act.note), "")
    return facts | ({"minutes_reference": minutes} if minutes else {})


def _as_expected(
    session: Session, measure: Measure, approval: Approval | None, maturity: date, expected: ExpectedUse | None
) -> dict[str, Any]:
    """When the approved money is to leave, for how long at the most, and what that costs."""
    if approval is None:
        return {}
    calendar = calendar_around(session, maturity, maturity)
    pay_by = expected.pay_by if expected else calendar.workday_before(maturity)
    due_on, tariff = measure.due_on(pay_by, calendar), measure.tariff(calendar)
    bridge = Bridge(amount_fen=approval.amount_fen, paid_on=pay_by, due_on=due_on)
    use = expected or expected_use(bridge, tariff)
    return {
        "pay_by": pay_by,
        "due_by": due_on,
        "term_days": measure.term_days if measure.term_counted is DayUnit.WORKING else (due_on - pay_by).days,
        "expected_days": use.days,
        "fee_fen": use.fee_fen,
        "waived_days": _waived_days(bridge, due_on, use.days, tariff),
        "prepaid_fee_fen": prepaid_fee(approval.amount_fen, tariff.terms, course_of(pay_by, due_on, tariff)),
    }


def _waived_days(bridge: Bridge, on: date, days: int, tariff: Tariff) -> int:
    """Of the fee days of a bridge up to a day, or up to its end, those that a waiver covers."""
    last = max((bridge.paid_on, *(each.on for each in bridge.returns)))
    through = max(on, last) if bridge.outstanding_fen else last
    waived = course_of(bridge.paid_on, through, tariff).waived
    return sum(1 for day in waived if day <= days)


def _findings(session: Session, case_no: str, approval: Approval | None) -> Iterator[PaperFinding]:
    """Every finding: of the applicant, with what a person decided about it, and of the bridge as proposed."""
    column = table(approvals.Judgement).c
    judged = session.scalars(select(approvals.Judgement).where(column.case_no == case_no).order_by(column.cause))
    decided = _decision(session, case_no)
    found = [finding for judgement in judged for finding in judgement.findings]
    seen = set()
    for plain in [*found, *(approval.findings if approval is not None else [])]:
        finding = Finding.model_validate(plain)
        if finding.rule not in seen:
            seen.add(finding.rule)
            yield PaperFinding(
                sentence=say_finding(finding, LANG),
                citation=finding.citation,
                result=finding.result,
                decided=decided if finding.result is Result.REFER else "",
            )


def _decision(session: Session, case_no: str) -> str:
    act = _accepted_act(session, case_no, ActKind.DECIDE_REFERRAL)
    return f"{act.body['reason']}（{act.actor_name}）" if act else ""


def _accepted_act(session: Session, case_no: str, kind: ActKind) -> OfficerActRow | None:
    column = table(OfficerActRow).c
    accepted = (column.case_no == case_no, column.kind == kind.value, column.state == ActState.ACCEPTED.value)
    found: OfficerActRow | None = session.scalars(
        select(OfficerActRow).where(*accepted).order_by(column.recorded_at.desc()).limit(1)
    ).first()
    return found


def _acts(session: Session, case_no: str) -> Iterator[PaperAct]:
    column = table(Event).c
    events = select(Event).where(column.case_no == case_no, column.actor_id.is_not(None)).order_by(column.serial)
    for event in session.scalars(events):
        if EventKind(event.kind) in _SIGNED_FOR:
            yield PaperAct(
                role=say(f"role.{event.actor_role}", LANG),
                name=event.actor_name or "",
                act=say(f"event.{event.kind}", LANG, **event.detail),
                at=event.at.astimezone(LAW_ZONE),
                note=event.detail.get("minutes", event.detail.get("reason", "")),
            )


def _as_paid(session: Session, case: RenewalCase, measure: Measure, day: date) -> dict[str, Any]:
    """What was checked and paid on the release day, what has come back since, and what is owed."""
    release = _accepted_act(session, case.case_no, ActKind.RELEASE)
    facts: dict[str, Any] = {"release_checks": tuple(_checks(release, measure)) if release else unchecked(measure)}
    paid = [p for p in payments_of(session, case.case_no) if p.state == PaymentState.PAID]
    out = bridge_of(session, case, day)
    if out is None or not paid:
        return facts
    bridge, tariff = out
    return facts | {
        "bridge_fen": bridge.amount_fen,
        "payment_reference": paid[-1].reference,
        "paid_on": bridge.paid_on,
        "due_on": bridge.due_on,
        "principal_owed_fen": bridge.outstanding_fen,
        "fee_owed_fen": bridge.fee_owed_fen(day, tariff),
        "waived_days": _waived_days(bridge, day, bridge.days(day, tariff), tariff),
        "receipts": tuple(_receipts(session, case)),
        "refund_due_fen": ledger.refund_due_fen(session, case.fund, case.case_no) or None,
        **fee_corrected(session, case.case_no),
    }


def fee_corrected(session: Session, case_no: str) -> dict[str, Any]:
    """The fee that was told before a value date was learnt, and the one due by it; nothing where they agree."""
    column = table(Event).c
    corrected = select(Event).where(column.case_no == case_no, column.detail.has_key("fee_told"))
    said = [event.detail for event in session.scalars(corrected.order_by(column.serial))]
    return {"fee_told_fen": yuan(said[0]["fee_told"]), "fee_due_fen": yuan(said[-1]["fee_due"])} if said else {}


def unchecked(measure: Measure) -> tuple[PaperCheck, ...]:
    """The items of the checklist before anybody has signed for them: the form to be signed on the release day."""
    return tuple(
        PaperCheck(line=word(ChecklistItem(item), LANG), done=False) for item in measure.release.checklist.value or ()
    )


def _checks(release: OfficerActRow, measure: Measure) -> Iterator[PaperCheck]:
    """The items of the checklist; who released the money signed for each that he confirmed, at that moment."""
    confirmed = set(release.body["confirmed"])
    for item in measure.release.checklist.value or ():
        signed = {"by": release.actor_name, "at": release.occurred_at.astimezone(LAW_ZONE)} if item in confirmed else {}
        yield PaperCheck(line=word(ChecklistItem(item), LANG), done=item in confirmed, **signed)


def _receipts(session: Session, case: RenewalCase) -> Iterator[PaperReceipt]:
    came_in = (PostingKind.RECEIVE, PostingKind.MATCH, PostingKind.GUARANTOR_IN)
    for voucher in ledger.vouchers(session, case.fund, case.case_no):
        if voucher.kind in came_in and not voucher.taken_back:
            by = dict.fromkeys((Subject.BRIDGE_RECEIVABLE, Subject.FEE_INCOME), 0)
            for entry in voucher.lines:
                if entry.credit.subject in by:
                    by[entry.credit.subject] += entry.amount_fen
            yield PaperReceipt(
                on=voucher.accounting_date,
                principal_fen=by[Subject.BRIDGE_RECEIVABLE],
                fee_fen=by[Subject.FEE_INCOME],
                reference=voucher.reference or "",
            )


def _bases(session: Session, case: RenewalCase) -> tuple[PaperBasis, ...]:
    """What the receipts of a case stand on, those that nothing bears out among them, without either."""
    return tuple(
        PaperBasis(
            reference=each.reference,
            amount_fen=each.amount_fen,
            **({"line_on": each.line_on, "line_row": each.line_row} if each.on_statement else {}),
            **(
                {"confirmed_by": each.confirmed_by, "confirmed_on": each.confirmed_on, "seen": each.seen}
                if not each.on_statement and not each.is_provisional
                else {}
            ),
        )
        for each in bases_of(session, case.fund, case.case_no)
    )


def _as_settled(case: RenewalCase, settled: SettledUse | None) -> dict[str, Any]:
    """How it ended; while the case is being closed, as the story says: its row says so only afterwards."""
    known = {
        "returned_on": case.returned_on,
        "days_out": case.days,
        "fee_fen": case.fee_fen,
        "new_loan_note": case.new_loan_note,
        "renewed_fen": case.new_loan_fen,
    }
    facts = {name: value for name, value in known.items() if value is not None}
    if settled is None:
        return facts
    return facts | {
        "bridge_fen": settled.amount_fen,
        "paid_on": settled.paid_on,
        "returned_on": settled.returned_on,
        "days_out": settled.days,
        "fee_fen": settled.fee_fen,
    }
