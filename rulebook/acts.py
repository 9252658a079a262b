"""What an officer's act must satisfy beyond its stage and role, judged from where the case stands."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from rulebook.books.provisional import ProvisionalReceipt
from rulebook.bridges import Bridge
from rulebook.calendar import WorkCalendar
from rulebook.calendars.corrected import StatedDates, check_date
from rulebook.calendars.in_order import KnownDays, misdated, promises_signing
from rulebook.cases import CaseFacts, Promise
from rulebook.errors import XuqiaoError
from rulebook.events import EventKind
from rulebook.findings import Findings, Result
from rulebook.law import eligibility
from rulebook.law.ceiling import ceiling_of
from rulebook.law.measure import Measure
from rulebook.messages import (
    Actor,
    Approve,
    ApproveCorrection,
    ApproveDate,
    ApproveMeasure,
    ApproveWriteOff,
    ConcludeRecovery,
    ConfirmPayment,
    ConfirmReceipt,
    DateCorrection,
    DrawAgain,
    MarkSent,
    NotRenewing,
    OfficerAct,
    Opinion,
    PromiseGiven,
    PromiseWithdrawn,
    Propose,
    ProposeCorrection,
    ProposeDate,
    ProposeMeasure,
    ProposeWriteOff,
    PutFirst,
    Receipt,
    RecordSigning,
    Reject,
    Release,
    SendBack,
    Withdraw,
)
from rulebook.money import format_yuan
from rulebook.papers.signing import Unsigned
from rulebook.stages import STAGES, ActKind, CaseStage, Kind
from rulebook.values import Value


@dataclass(frozen=True)
class Proposal:
    """What the maker put before the checker; ``maker`` is his id."""

    amount_fen: int
    maker: str
    terms_digest: str


@dataclass(frozen=True)
class MeasureProposal:
    """The measure that the maker wants an open case judged by; ``maker`` is his id."""

    effective_from: date
    maker: str


@dataclass(frozen=True)
class CorrectionProposal:
    """The corrected application that somebody wants in the place of the one filed, by its digest."""

    application: str
    maker: str


@dataclass(frozen=True)
class DateProposal:
    """A recorded date that somebody wants corrected, why, and who."""

    correction: DateCorrection
    reason: str
    maker: str
    maker_name: str


@dataclass(kw_only=True)
class Standing:
    """Where a case stands for the rules of an act, before it is pursued.

    The story of a case keeps it as it goes; lists and pages build it from the rows.

    Attributes:
        promise: the bank's, as far as it holds.
        proposal: what waits for its checker or was approved.
        checker: id of the person who approved, empty before.
        in_flight: a payment was sent and its fate is open.
        by_hand: people move that payment's money; None where that is not known yet.
        final_on: the day on which the bank's time for it is over; None while nothing was sent.
        released_by: id of the cashier who released it, empty before.
        sent_by: id of the cashier who marked that payment sent, empty before.
        not_sent_by: id of the cashier who said that it could not be made, empty where nobody did.
        found_by: id of the person who looked for it on the statement, empty before.
        bridge: the fund's money, once it is with the borrower.
        measure_proposed: the measure to which somebody proposes to move the case, if any.
        correction_proposed: the corrected application that somebody proposes, if any.
        approved_on: the day on which the proposal that holds was approved.
        settled_on: the day on which the old loan's last balance was deducted, as the bank says.
        unsigned: papers that must be signed before the money leaves and are not, where the rows are asked: the desk
            asks them before a release goes to the story, which knows no papers.
        attached_by: ids of those who put scans of signed papers on record.
        provisional: money booked that neither the statement nor another person has borne out.
        date_proposed: the recorded date that somebody proposes to correct, if any.
        stated: the dates that can be corrected, where the rows are asked: the desk asks them before such an act goes to
            the story, which does not know them all.
    """

    facts: CaseFacts
    measure: Measure
    calendar: WorkCalendar
    promise: Promise | None = None
    proposal: Proposal | None = None
    checker: str = ""
    in_flight: bool = False
    by_hand: bool | None = None
    final_on: date | None = None
    released_by: str = ""
    not_sent_by: str = ""
    sent_by: str = ""
    found_by: str = ""
    measure_proposed: MeasureProposal | None = None
    correction_proposed: CorrectionProposal | None = None
    bridge: Bridge | None = None
    approved_on: date | None = None
    settled_on: date | None = None
    unsigned: tuple[Unsigned, ...] = ()
    attached_by: frozenset[str] = frozenset()
    provisional: tuple[ProvisionalReceipt, ...] = ()
    date_proposed: DateProposal | None = None
    stated: StatedDates | None = None

    def known_days(self, today: date) -> KnownDays:
        """The days that bound what is said to the case on a day."""
        return KnownDays(
            today=today,
            received=self.facts.received_on,
            approved=self.approved_on,
            paid=self.bridge.paid_on if self.bridge else None,
            settled=self.settled_on,
            signed_early=self.promise is not None and promises_signing(self.promise.rung),
        )


@dataclass(frozen=True)
class WriteOffProposal:
    """What the maker wants given up, in fen, and by which decision; ``maker`` is his id."""

    decision: str
    amount_fen: int
    maker: str


@dataclass(frozen=True)
class RecoveryStanding:
    """Where a pursued bridge (追偿) stands when an act arrives; amounts in fen.

    Attributes:
        outstanding_fen: principal still out.
        owed_fen: principal and fee still to come.
        write_off: what is proposed to be given up, if anything.
        provisional: money booked that neither the statement nor another person has borne out.
        date_proposed, stated: as before the pursuit.
    """

    outstanding_fen: int
    owed_fen: int
    write_off: WriteOffProposal | None = None
    provisional: tuple[ProvisionalReceipt, ...] = ()
    date_proposed: DateProposal | None = None
    stated: StatedDates | None = None


NOT_FOR_CASHIERS = frozenset({ActKind.PROPOSE_WRITE_OFF, ActKind.APPROVE_WRITE_OFF})
"""Acts that nobody does who may pay money out, in whatever case (不相容岗位分离)."""
ALWAYS_HEARD = (
    *(Withdraw, ProposeMeasure, ApproveMeasure, ProposeCorrection, ApproveCorrection),
    *(NotRenewing, Opinion),
)
"""What can end a case, or move it to another measure, at any time before its money leaves, as its stage allows."""
DATE_CORRECTIONS = (ProposeDate, ApproveDate)
"""Heard wherever a stage opens them, whatever is waited for, unless its papers cannot be drawn."""
PROMISES = (PromiseGiven, PromiseWithdrawn)
HEARD_UNTIL_DRAWN: Mapping[EventKind, tuple[type[Value], ...]] = {
    EventKind.PAPERS_DRAWN_UP: (DrawAgain, *PROMISES, *ALWAYS_HEARD),
    EventKind.RELEASE_PAPERS_DRAWN: (DrawAgain, *PROMISES, *ALWAYS_HEARD),
    EventKind.REFUSED: (DrawAgain,),
    EventKind.CLOSED: (DrawAgain, Receipt),
}
"""What a case still hears while the papers of an event cannot be drawn."""


def judge(
    act: OfficerAct,
    stage: CaseStage,
    while_undrawn: Collection[Kind] | None,
    case: Standing | RecoveryStanding | None,
    today: date,
) -> None:
    """Refuse an act that cannot be done where a case stands, for whatever rule.

    Args:
        while_undrawn: what is heard while papers cannot be drawn; None where none are waited for.
        case: what the rules beyond stage and role look at; None where there are none, as before the case is opened.
    Raises:
        XuqiaoError: with the rule that was broken and the figures it was broken with; a date that cannot be comes last.
    """
    check_stage(act, stage)
    check_drawing(act, while_undrawn)
    match case:
        case Standing():
            check(act, case, today)
            if refusal := misdated(act.body, case.known_days(today)):
                raise refusal
        case RecoveryStanding():
            check_recovery(act, case)
        case None:
            pass


def check_stage(act: OfficerAct, stage: CaseStage) -> None:
    """Refuse an act that the stage does not open, or not to this role.

    Raises:
        XuqiaoError: ``act.not_in_stage``, ``act.wrong_role``.
    """
    kind, open_acts = act.body.kind, STAGES[stage].acts
    if kind not in open_acts:
        fitting = ", ".join(each for each in open_acts if each is not ActKind.DRAW_AGAIN) or "-"
        raise XuqiaoError("act.not_in_stage", act=kind, stage=stage, open=fitting)
    if act.actor.role is not open_acts[kind]:
        raise XuqiaoError("act.wrong_role", act=kind, role=act.actor.role, needed=open_acts[kind])


def check_drawing(act: OfficerAct, while_undrawn: Collection[Kind] | None) -> None:
    """Refuse an act that the papers of a case stand against, in any stage.

    Args:
        while_undrawn: what is heard while papers cannot be drawn; None where none are waited for.
    Raises:
        XuqiaoError: ``act.nothing_to_draw``, ``act.papers_first``.
    """
    if while_undrawn is None:
        if isinstance(act.body, DrawAgain):
            raise XuqiaoError("act.nothing_to_draw", act=act.body.kind)
    elif act.body.kind not in while_undrawn:
        raise XuqiaoError("act.papers_first", act=act.body.kind)


def check_recovery(act: OfficerAct, case: RecoveryStanding) -> None:
    """Refuse an act on a pursued bridge that breaks a rule.

    A proposal to write off holds for one amount: once money has come in it is void, and another must be made.

    Raises:
        XuqiaoError: ``act.still_owed``, ``act.not_on_statement``, ``act.no_provisional_receipt``,
            ``act.told_it_himself``, ``act.statement_differs``, ``act.receipt_differs``, ``act.write_off_differs``,
            ``act.write_off_not_proposed``, ``act.same_person``; as for any correction of a date.
    """
    match act.body:
        case ConcludeRecovery() if case.owed_fen:
            raise XuqiaoError("act.still_owed", amount=format_yuan(case.owed_fen, grouped=True))
        case ConcludeRecovery() if case.provisional:
            raise XuqiaoError("act.not_on_statement", references=_references(case.provisional))
        case ConfirmReceipt() as confirmed:
            _check_receipt(act, confirmed, case.provisional)
        case ProposeWriteOff(amount_fen=asked):
            _check_is_outstanding(asked, case)
        case ApproveWriteOff() as approval:
            _check_write_off_approval(act, approval, case)
        case ProposeDate() | ApproveDate() as correction:
            _check_date(act, correction, case)
        case _:
            pass


def check(act: OfficerAct, case: Standing, today: date) -> None:
    """Refuse an act that breaks a rule.

    Raises:
        XuqiaoError: with the rule that was broken and the figures it was broken with.
    """
    match act.body:
        case Propose() as proposal:
            _check_proposal(proposal, case, today)
        case Approve() | SendBack() | Reject():
            _check_checker(act, case)
        case RecordSigning(return_path_confirmed=False):
            raise XuqiaoError("act.return_path_missing")
        case Release() as release:
            _check_release(act, release, case, today)
        case MarkSent() | ConfirmPayment():
            _check_payment_mark(act, case, today)
        case ConfirmReceipt() as confirmed:
            _check_receipt(act, confirmed, case.provisional)
        case PutFirst():
            _check_other_person(act, case.proposal.maker if case.proposal else "")
        case Withdraw() | ProposeMeasure() | ApproveMeasure() if case.in_flight or case.bridge is not None:
            raise XuqiaoError("act.payment_in_flight", act=act.body.kind)
        case ApproveMeasure() as approval:
            _check_measure_approval(act, approval, case, today)
        case ProposeCorrection() | ApproveCorrection() as correction:
            _check_correction(act, correction, case)
        case ProposeDate() | ApproveDate() as correction:
            if case.in_flight:
                raise XuqiaoError("act.payment_in_flight", act=act.body.kind)
            _check_date(act, correction, case)
        case _:
            pass


def _check_proposal(proposal: Propose, case: Standing, today: date) -> None:
    if case.proposal is not None:
        raise XuqiaoError("act.proposal_waits", amount=format_yuan(case.proposal.amount_fen, grouped=True))
    if proposal.amount_fen <= 0:
        raise XuqiaoError("act.not_positive", amount=format_yuan(proposal.amount_fen, grouped=True))
    assert case.promise is not None, "the approval stage is entered with a promise"
    most = ceiling_of(case.facts, case.promise, case.measure)
    if proposal.amount_fen > most.amount_fen:
        raise XuqiaoError(
            "act.amount_over_ceiling",
            amount=format_yuan(proposal.amount_fen, grouped=True),
            ceiling=format_yuan(most.amount_fen, grouped=True),
            bound_by=most.bound_by,
            citation=most.citation,
        )
    if proposal.amount_fen > case.facts.asked_fen:
        raise XuqiaoError(
            "act.amount_over_asked",
            amount=format_yuan(proposal.amount_fen, grouped=True),
            asked=format_yuan(case.facts.asked_fen, grouped=True),
        )
    _refuse_failed(
        "act.findings_fail",
        eligibility.judge_bridge(case.facts, case.promise, proposal.amount_fen, case.measure, case.calendar, today),
    )


def check_whole_loan(proposal: Propose, facts: CaseFacts) -> None:
    """Refuse less than was asked for where it does not settle the old loan with the own money.

    What an application lacks from the first, a person has judged; a smaller bridge would lack more.

    Raises:
        XuqiaoError: ``act.loan_not_covered``.
    """
    amount, own, balance = proposal.amount_fen, facts.own_contribution_fen, facts.loan.balance_fen
    if 0 < amount < facts.asked_fen and amount + own < balance:
        sums = {"amount": amount, "own": own, "balance": balance, "lacking": balance - amount - own}
        raise XuqiaoError(
            "act.loan_not_covered", **{name: format_yuan(fen, grouped=True) for name, fen in sums.items()}
        )


def _check_checker(act: OfficerAct, case: Standing) -> None:
    if case.proposal is None:
        raise XuqiaoError("act.nothing_proposed", act=act.body.kind)
    _check_other_person(act, case.proposal.maker)
    if not isinstance(act.body, Approve):
        return
    if act.body.terms_digest != case.proposal.terms_digest:
        raise XuqiaoError("act.terms_changed", given=act.body.terms_digest, current=case.proposal.terms_digest)
    threshold = case.measure.committee_above_fen
    if threshold is not None and case.proposal.amount_fen > threshold and not act.body.minutes.strip():
        raise XuqiaoError(
            "act.minutes_missing",
            amount=format_yuan(case.proposal.amount_fen, grouped=True),
            threshold=format_yuan(threshold, grouped=True),
            citation=case.measure.citation("approval.committee_above"),
        )


def _check_other_person(act: OfficerAct, maker: str) -> None:
    if act.actor.id == maker:
        raise XuqiaoError("act.same_person", person=act.actor.name, role="checker", other_role="maker")


def _check_measure_approval(act: OfficerAct, approval: ApproveMeasure, case: Standing, today: date) -> None:
    proposed = case.measure_proposed
    if proposed is None or proposed.effective_from != approval.effective_from:
        current = str(proposed.effective_from) if proposed else "-"
        raise XuqiaoError("act.measure_not_proposed", given=approval.effective_from, current=current)
    if approval.effective_from > today:
        raise XuqiaoError("act.measure_not_begun", from_day=approval.effective_from, today=today)
    _check_other_person(act, proposed.maker)


def _check_correction(act: OfficerAct, correction: ProposeCorrection | ApproveCorrection, case: Standing) -> None:
    if case.proposal is not None:
        raise XuqiaoError("act.correction_too_late", amount=format_yuan(case.proposal.amount_fen, grouped=True))
    if isinstance(correction, ProposeCorrection):
        return
    proposed = case.correction_proposed
    if proposed is None or proposed.application != correction.application:
        current = proposed.application if proposed else "-"
        raise XuqiaoError("act.correction_not_proposed", given=correction.application, current=current)
    _check_other_person(act, proposed.maker)


_DATE = tuple(DateCorrection.model_fields)


def _check_date(act: OfficerAct, correction: ProposeDate | ApproveDate, case: Standing | RecoveryStanding) -> None:
    """One person proposes, another approves exactly that; what the rows know of the date is asked where they are."""
    if isinstance(correction, ApproveDate):
        proposed = case.date_proposed
        if proposed is None or any(getattr(proposed.correction, each) != getattr(correction, each) for each in _DATE):
            current = f"{proposed.correction.was} → {proposed.correction.now}" if proposed else "-"
            raise XuqiaoError("act.date_not_proposed", was=correction.was, now=correction.now, current=current)
        _check_other_person(act, proposed.maker)
    if case.stated is not None:
        check_date(correction, case.stated)


def _check_write_off_approval(act: OfficerAct, approval: ApproveWriteOff, case: RecoveryStanding) -> None:
    proposed = case.write_off
    if proposed is None or (proposed.decision, proposed.amount_fen) != (approval.decision, approval.amount_fen):
        raise XuqiaoError(
            "act.write_off_not_proposed",
            decision=approval.decision,
            amount=format_yuan(approval.amount_fen, grouped=True),
            current=proposed.decision if proposed else "-",
            current_amount=format_yuan(proposed.amount_fen, grouped=True) if proposed else "-",
        )
    _check_other_person(act, proposed.maker)
    _check_is_outstanding(approval.amount_fen, case)


def _check_receipt(act: OfficerAct, confirmed: ConfirmReceipt, waiting: tuple[ProvisionalReceipt, ...]) -> None:
    """Whoever bears money out has not told of it, and has seen as much as the books have booked."""
    receipt = next((each for each in waiting if each.reference == confirmed.reference), None)
    if receipt is None:
        raise XuqiaoError(
            "act.no_provisional_receipt", reference=confirmed.reference, references=_references(waiting) or "-"
        )
    if act.actor.id in receipt.told_by:
        raise XuqiaoError("act.told_it_himself", person=act.actor.name, reference=receipt.reference)
    if receipt.line_fen is not None:
        shown, booked = (format_yuan(fen, grouped=True) for fen in (receipt.line_fen, receipt.amount_fen))
        raise XuqiaoError("act.statement_differs", reference=receipt.reference, shown=shown, booked=booked)
    if confirmed.amount_fen != receipt.amount_fen:
        seen, booked = (format_yuan(fen, grouped=True) for fen in (confirmed.amount_fen, receipt.amount_fen))
        raise XuqiaoError("act.receipt_differs", reference=receipt.reference, amount=seen, booked=booked)


def _references(receipts: tuple[ProvisionalReceipt, ...]) -> str:
    return ", ".join(each.reference for each in receipts)


def _check_is_outstanding(amount_fen: int, case: RecoveryStanding) -> None:
    if amount_fen != case.outstanding_fen:
        amount, outstanding = (format_yuan(fen, grouped=True) for fen in (amount_fen, case.outstanding_fen))
        raise XuqiaoError("act.write_off_differs", amount=amount, outstanding=outstanding)


def _check_release(act: OfficerAct, release: Release, case: Standing, today: date) -> None:
    assert case.proposal is not None and case.promise is not None, "the release stage is entered with both"
    if case.in_flight:
        raise XuqiaoError("act.payment_in_flight", act=act.body.kind)
    for person, role in ((case.proposal.maker, "maker"), (case.checker, "checker")):
        if act.actor.id == person:
            raise XuqiaoError("act.same_person", person=act.actor.name, role="cashier", other_role=role)
    release_day = case.calendar.workday_before(case.facts.loan.maturity)
    if today < release_day:
        raise XuqiaoError("act.too_early", act=act.body.kind, from_day=release_day, cut_off=case.measure.cut_off)
    if today > release_day:
        raise XuqiaoError("act.too_late", act=act.body.kind, last_day=release_day)
    check_signed(act.actor, case)
    findings = eligibility.judge_release(
        case.facts,
        case.promise,
        case.proposal.amount_fen,
        release.confirmed,
        release.balance_fen,
        case.measure,
        case.calendar,
        today,
    )
    if findings.result is not Result.PASS:
        raise XuqiaoError("act.release_refused", findings=_named(findings))


def check_signed(cashier: Actor, case: Standing) -> None:
    """Refuse to let money leave before the papers that allow it are signed, or on the word of one person.

    Raises:
        XuqiaoError: ``act.papers_unsigned`` with each paper and who must still sign it; ``act.same_person``.
    """
    if case.unsigned:
        told = [
            {"code": "act.paper_unsigned", "kind": each.kind, "number": each.number, "parties": _roles(each.parties)}
            if each.number
            else {"code": "act.paper_not_drawn", "kind": each.kind}
            for each in case.unsigned
        ]
        citation = case.measure.citation("papers.signed_before_payment")
        raise XuqiaoError("act.papers_unsigned", missing=json.dumps(told, ensure_ascii=False), citation=citation)
    if cashier.id in case.attached_by:
        raise XuqiaoError("act.attached_by_cashier", person=cashier.name)


def _roles(parties: Collection[str]) -> str:
    """Who signs, by role: several guarantors are named once."""
    return ", ".join(dict.fromkeys(party.partition("_")[0] if party[-1:].isdigit() else party for party in parties))


def _check_payment_mark(act: OfficerAct, case: Standing, today: date) -> None:
    if not case.in_flight:
        raise XuqiaoError("act.payment_not_sent", act=act.body.kind)
    if not isinstance(act.body, ConfirmPayment):
        _check_sender(act, case)
        return
    if act.body.paid and not case.sent_by:  # nobody has paid: what stands on the statement is another payment
        raise XuqiaoError("act.payment_not_sent", act=act.body.kind)
    if act.actor.id in (case.sent_by, case.not_sent_by) or (not act.body.paid and act.actor.id == case.released_by):
        raise XuqiaoError("act.same_person", person=act.actor.name, role="checker", other_role="cashier")
    in_cashiers_hands = case.by_hand is True and not case.sent_by and not case.not_sent_by
    if in_cashiers_hands and (case.final_on is None or today <= case.final_on):
        raise XuqiaoError("act.payment_to_make", act=act.body.kind, last_day=case.final_on)


def check_line_pays(confirmed: ConfirmPayment, amount_fen: int, moved: Collection[int]) -> None:
    """Refuse to find a payment on a line of the imported statement that moved another sum.

    Args:
        amount_fen: of the payment.
        moved: what the lines of the name given moved on the account, in fen; empty where none was imported yet.
    Raises:
        XuqiaoError: ``act.line_pays_otherwise``.
    """
    if moved and -amount_fen not in moved:
        sums = {"line": format_yuan(min(moved), grouped=True), "amount": format_yuan(amount_fen, grouped=True)}
        raise XuqiaoError("act.line_pays_otherwise", reference=confirmed.statement_reference, **sums)


def _check_sender(act: OfficerAct, case: Standing) -> None:
    """Whoever moves the money has neither proposed nor approved it, nor found it; and nobody pays it a second time.

    Where the bank's system pays, nobody does. That it could not be paid is said by the cashier who had it in hand.
    """
    maker = case.proposal.maker if case.proposal else ""
    for person, role in ((maker, "maker"), (case.checker, "checker"), (case.found_by, "checker")):
        if act.actor.id == person:
            raise XuqiaoError("act.same_person", person=act.actor.name, role="cashier", other_role=role)
    if case.by_hand is False:
        raise XuqiaoError("act.payment_by_bank", act=act.body.kind)
    not_sent = isinstance(act.body, MarkSent) and bool(act.body.not_sent_because)
    if case.sent_by and (not_sent or act.actor.id != case.sent_by):
        raise XuqiaoError("act.payment_sent_already", person=case.sent_by)
    if not_sent and case.released_by and act.actor.id != case.released_by:
        raise XuqiaoError("act.not_in_his_hands", person=act.actor.name, cashier=case.released_by)


def _refuse_failed(code: str, findings: Findings) -> None:
    if findings.result is Result.FAIL:
        raise XuqiaoError(code, findings=_named(findings))


def _named(findings: Findings) -> str:
    """What stands against it, with the figures of each, as ``activities.words`` says it by ``:finding``."""
    told = [{"code": each.because, "citation": each.citation, **each.facts} for each in findings.standing_out]
    return json.dumps(told, ensure_ascii=False)
