"""Which acts may be done to a case now, by whom, and why the others may not: asked of the rules that judge an act.

There is no second set of rules: an act of a kind may be done now when the one with the best prospects would be taken.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from rulebook.acts import (
    CorrectionProposal,
    DateProposal,
    MeasureProposal,
    Proposal,
    RecoveryStanding,
    Standing,
    WriteOffProposal,
    judge,
)
from rulebook.books.provisional import ProvisionalReceipt
from rulebook.calendars.corrected import StatedDates, check_date
from rulebook.errors import XuqiaoError
from rulebook.messages import (
    ActBody,
    Actor,
    Approve,
    ApproveCorrection,
    ApproveDate,
    ApproveMeasure,
    ApproveWriteOff,
    ChecklistItem,
    ConcludeRecovery,
    ConfirmPayment,
    ConfirmReceipt,
    DateCorrection,
    Dated,
    DecideReferral,
    DrawAgain,
    MarkSent,
    OfficerAct,
    Propose,
    ProposeCorrection,
    ProposeDate,
    ProposeMeasure,
    ProposeWriteOff,
    PutFirst,
    RecordSigning,
    Reject,
    Release,
    SendBack,
    Withdraw,
)
from rulebook.stages import STAGES, ActKind, CaseStage, Kind, Role

_NO_ONES_ID = "\0"
"""No person has it: the database takes no such text."""
_ANY_TEXT = "-"


@dataclass(frozen=True)
class CaseStanding:
    """All that decides which acts a case takes, in any stage.

    Attributes:
        while_undrawn: what is heard while papers cannot be drawn; None where none are waited for.
        today: the day on which it is asked.
        rules_look_at: what the rules beyond stage and role look at; None before the case is opened and after its end.
    """

    stage: CaseStage
    while_undrawn: Collection[Kind] | None
    rules_look_at: Standing | RecoveryStanding | None
    today: date


class Verdict(NamedTuple):
    """What the rules say now of an act that the stage knows.

    Attributes:
        role: whose part it is.
        refused: why the person asked about cannot do it; None where he can.
        barred: who cannot do it for the part he has had in the case, by id, with the reason (不相容岗位分离).
        only: ids of those who alone can do it for the part they have had, where others cannot.
    """

    kind: ActKind
    role: Role
    refused: XuqiaoError | None
    barred: Mapping[str, XuqiaoError]
    only: tuple[str, ...]


def somebody(role: Role) -> Actor:
    """A person who has had no part in the case."""
    return Actor(id=_NO_ONES_ID, name="", role=role, organisation="")


def verdicts(
    case: CaseStanding, names: Mapping[str, str], who: Callable[[ActKind, Role], Actor] | None = None
) -> tuple[Verdict, ...]:
    """What the rules say now of each act of a case's stage; of drawing papers again only where it is waited for.

    Args:
        names: of those who have had a part in the case, by id; who is not in it is named by his id.
        who: the person asked about in the role of an act, or XuqiaoError where he may not play it; without it,
            somebody who has had no part in the case.
    """
    known = STAGES[case.stage].acts.items()
    return tuple(
        _verdict(kind, role, case, names, who)
        for kind, role in known
        if kind is not ActKind.DRAW_AGAIN or case.while_undrawn is not None
    )


def why_not(kind: ActKind, case: CaseStanding, actor: Actor) -> XuqiaoError | None:
    """Why a person cannot do any act of a kind now, whatever it says; None where he can."""
    act = OfficerAct(id="", actor=actor, body=at_best(kind, case.rules_look_at, case.today))
    try:
        judge(act, case.stage, case.while_undrawn, case.rules_look_at, case.today)
    except XuqiaoError as refusal:
        return refusal
    return None


def had_a_part(case: Standing | RecoveryStanding | None) -> tuple[str, ...]:
    """Ids of the people who have done something in a case that may bar them from more, each once."""
    match case:
        case Standing():
            proposals = (case.proposal, case.measure_proposed, case.correction_proposed, case.date_proposed)
            makers = [each.maker for each in proposals if each is not None]
            parts = [*makers, case.checker, case.released_by, case.sent_by, case.not_sent_by, case.found_by]
            parts += sorted(case.attached_by)
            parts += _tellers(case.provisional)
        case RecoveryStanding():
            makers = [each.maker for each in (case.write_off, case.date_proposed) if each is not None]
            parts = [*makers, *_tellers(case.provisional)]
        case None:
            parts = []
    return tuple(dict.fromkeys(person for person in parts if person))


def _tellers(receipts: tuple[ProvisionalReceipt, ...]) -> list[str]:
    return [person for each in receipts[:1] for person in each.told_by]


def _verdict(
    kind: ActKind,
    role: Role,
    case: CaseStanding,
    names: Mapping[str, str],
    who: Callable[[ActKind, Role], Actor] | None,
) -> Verdict:
    to_anybody = why_not(kind, case, somebody(role))
    barred, only = {}, []
    for person in had_a_part(case.rules_look_at):
        actor = Actor(id=person, name=names.get(person, person), role=role, organisation="")
        to_him = why_not(kind, case, actor)
        if to_him is None and to_anybody is not None:
            only.append(person)
        elif to_him is not None and (to_anybody is None or to_him.code != to_anybody.code):
            barred[person] = to_him
    try:
        refused = why_not(kind, case, who(kind, role)) if who else to_anybody
    except XuqiaoError as refusal:
        refused = refusal
    return Verdict(kind, role, refused, barred, tuple(only))


def at_best(kind: ActKind, case: Standing | RecoveryStanding | None, today: date) -> ActBody:
    """The act of a kind with the best prospects: where it is refused, every act of the kind is."""
    match case, kind:
        case Standing(proposal=Proposal(terms_digest=digest)), ActKind.APPROVE:
            return Approve(terms_digest=digest, minutes=_ANY_TEXT)
        case Standing(), ActKind.RECORD_SIGNING:
            return RecordSigning(signed_on=today, return_path_confirmed=True)
        case Standing(facts=facts), ActKind.RELEASE:
            return Release(confirmed=tuple(ChecklistItem), balance_fen=facts.loan.balance_fen)
        case Standing(measure_proposed=MeasureProposal(effective_from=day)), ActKind.APPROVE_MEASURE:
            return ApproveMeasure(effective_from=day, reason=_ANY_TEXT)
        case Standing(), ActKind.APPROVE_MEASURE:
            return ApproveMeasure(effective_from=today, reason=_ANY_TEXT)
        case Standing(correction_proposed=CorrectionProposal(application=digest)), ActKind.APPROVE_CORRECTION:
            return ApproveCorrection(application=digest, reason=_ANY_TEXT)
        case Standing(stated=StatedDates() as stated) | RecoveryStanding(stated=StatedDates() as stated), (
            ActKind.PROPOSE_DATE
        ):
            return _best_correction(stated)
        case Standing(date_proposed=DateProposal(correction=asked)) | RecoveryStanding(
            date_proposed=DateProposal(correction=asked)
        ), ActKind.APPROVE_DATE:
            return ApproveDate(**{name: getattr(asked, name) for name in DateCorrection.model_fields})
        case Standing(provisional=(first, *_)) | RecoveryStanding(provisional=(first, *_)), ActKind.CONFIRM_RECEIPT:
            return ConfirmReceipt(reference=first.reference, amount_fen=first.amount_fen, seen=_ANY_TEXT)
        case RecoveryStanding(outstanding_fen=lost), ActKind.PROPOSE_WRITE_OFF if lost > 0:
            return ProposeWriteOff(decision=_ANY_TEXT, amount_fen=lost, reason=_ANY_TEXT)
        case RecoveryStanding(write_off=WriteOffProposal(decision, amount)), ActKind.APPROVE_WRITE_OFF:
            return ApproveWriteOff(decision=decision, amount_fen=amount)
        case RecoveryStanding(outstanding_fen=lost), ActKind.APPROVE_WRITE_OFF if lost > 0:
            return ApproveWriteOff(decision=_ANY_TEXT, amount_fen=lost)
        case _:
            return _OF_ITSELF[kind]


def _best_correction(stated: StatedDates) -> ProposeDate:
    """The first recorded date that may be moved to the statement's day, or by a day; else the first of all."""
    day = timedelta(days=1)
    asked = [
        ProposeDate(said=each.said, reference=each.reference, was=each.on, now=now, reason=_ANY_TEXT)
        for each in stated.dates
        for now in (*each.line_days, each.on - day, each.on + day)
    ]
    return next((each for each in asked if _may_be(each, stated)), asked[0] if asked else _NO_DATE)


def _may_be(correction: DateCorrection, stated: StatedDates) -> bool:
    try:
        check_date(correction, stated)
    except XuqiaoError:
        return False
    return True


_NO_DATE = ProposeDate(said=Dated.RECORD_SIGNING, was=date.min, now=date.max, reason=_ANY_TEXT)
_OF_ITSELF: Mapping[ActKind, ActBody] = {
    body.kind: body
    for body in (
        DecideReferral(go_on=True, reason=_ANY_TEXT),
        Propose(amount_fen=1),  # whatever limits an amount limits it from above
        Approve(terms_digest=_ANY_TEXT, minutes=_ANY_TEXT),
        SendBack(reason=_ANY_TEXT),
        Reject(reason=_ANY_TEXT),
        DrawAgain(),
        RecordSigning(signed_on=date.min, return_path_confirmed=True),
        Release(confirmed=tuple(ChecklistItem), balance_fen=0),
        MarkSent(receipt_serial=_ANY_TEXT),
        ConfirmPayment(statement_reference=_ANY_TEXT, paid=False),  # found or returned: that needs no sender
        ConfirmReceipt(reference=_ANY_TEXT, amount_fen=1, seen=_ANY_TEXT),
        Withdraw(reason=_ANY_TEXT),
        ConcludeRecovery(reason=_ANY_TEXT),
        ProposeWriteOff(decision=_ANY_TEXT, amount_fen=1, reason=_ANY_TEXT),
        ApproveWriteOff(decision=_ANY_TEXT, amount_fen=1),
        PutFirst(reason=_ANY_TEXT),
        ProposeMeasure(effective_from=date.min, reason=_ANY_TEXT),
        ApproveMeasure(effective_from=date.min, reason=_ANY_TEXT),
        ProposeCorrection(application=_ANY_TEXT, changes=(), reason=_ANY_TEXT),
        ApproveCorrection(application=_ANY_TEXT, reason=_ANY_TEXT),
        _NO_DATE,
        ApproveDate(said=Dated.RECORD_SIGNING, was=date.min, now=date.max),
    )
}
"""Of each kind an act that depends on nothing in the case."""
