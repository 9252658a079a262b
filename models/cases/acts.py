"""Every act and message is first a durable row: who, what, when, and what became of it."""

import json
import uuid
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Any

from pydantic import BaseModel
from sqlalchemy import TextClause, Update, bindparam, func, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Session, SQLModel

from models.base import insert_new, moment, plain_json, table, words
from models.cases.troubles import TroubleKind, notice
from models.funds.banks import banks_of
from models.funds.funds import today_of
from models.funds.people import check_still_in_case
from models.outbox import DeliveryKind, send
from rulebook.applications import bank_called
from rulebook.calendar import LAW_ZONE
from rulebook.calendars.in_order import KnownDays, misdated, promises_signing
from rulebook.cases import PromiseRung
from rulebook.errors import XuqiaoError
from rulebook.messages import (
    MOST_LINES,
    ActBody,
    Actor,
    BankMessage,
    ByTheBankItself,
    MessageBody,
    MessageSource,
    Receipt,
    body_hash,
)
from rulebook.papers.printing import check_printable
from rulebook.stages import ENDS, ActKind, CaseStage, Fit, Role, fit
from rulebook.steps import Outcome, Step

MOST_CHARACTERS = 20_000
"""Of an act or a message, written as JSON: a history keeps each word of it twice, and has room for so much."""
MOST_MESSAGES = 200
"""Of one case by one way before its money is pursued; several times what the longest case ever had."""
MOST_OF_A_PURSUIT = 2_000
"""The same once it is pursued: a receipt a day for years."""
MOST_ACTS = 500
"""Accepted of one case. The acts that end it are always taken."""
_ENDING = frozenset({ActKind.WITHDRAW, ActKind.REJECT, ActKind.CONCLUDE_RECOVERY, ActKind.APPROVE_WRITE_OFF})
_SAID_BY_WAY = text("""
    SELECT count(*) FROM bank_message AS m
    WHERE m.case_no = :no AND m.source = :source
      AND (m.state = 'unverified' OR EXISTS (SELECT 1 FROM outbox AS o WHERE o.message_id = m.id))
""")
_ACTS_TAKEN = text("SELECT count(*) FROM officer_act WHERE case_no = :no AND state = 'accepted'")
_BANK_OF_CASE = text("""
    SELECT c.fund, l.bank, l.bank_name FROM renewal_case AS c JOIN loan AS l ON l.id = c.loan WHERE c.case_no = :no
""")
_CUSTODIAN_OF_CASE = text("""
    SELECT f.escrow_bank FROM renewal_case AS c JOIN fund AS f ON f.code = c.fund WHERE c.case_no = :no
""")
_KNOWN_DAYS = text("""
    SELECT c.fund, c.paid_on, a.received_on, p.rung
    FROM renewal_case AS c JOIN application AS a USING (case_no)
    LEFT JOIN LATERAL (SELECT rung FROM promise WHERE case_no = c.case_no ORDER BY at DESC LIMIT 1) AS p ON true
    WHERE case_no = :no
""")
CORRECTED = """(
    SELECT (e.detail ->> 'now')::date FROM event AS e
    WHERE e.case_no = said.case_no AND e.kind = 'date_corrected' AND e.detail ->> 'said_by' = said.id
    ORDER BY e.serial DESC LIMIT 1
)"""
"""The day to which the date of an act or message, called ``said``, was corrected; what it said first stays as it is."""
SETTLED = "kind = 'old_loan_settled' AND state = 'accepted' AND (body ->> 'balance_fen')::bigint = 0"
"""Of a bank's message: the old loan is paid off."""
_SETTLED_ON = text(f"""
    SELECT coalesce({CORRECTED}, (body ->> 'settled_on')::date) FROM bank_message AS said
    WHERE case_no = :no AND {SETTLED}
    ORDER BY decided_at DESC LIMIT 1
""")
_NAMESPACE = uuid.UUID("6f1d4c1e-6f0b-5b52-9d0e-2a7c6f2b9a10")


class ActState(StrEnum):
    """What became of an act or a message."""

    UNVERIFIED = "unverified"  # recorded from paper, and not yet verified by a second officer
    RECEIVED = "received"
    ACCEPTED = "accepted"
    REFUSED = "refused"


class ActRow(SQLModel):
    """What the rows of officers' acts and banks' messages share."""

    id: str = words(primary_key=True)
    key: str = words()
    case_no: str = words(index=True)
    kind: str = words()
    body: dict[str, Any] = plain_json()
    body_hash: str = words()
    actor_id: str = words()
    actor_name: str = words()
    actor_role: str = words()
    organisation: str = words()
    occurred_at: datetime = moment()
    recorded_at: datetime = moment()
    state: str = words()
    outcome: dict[str, Any] | None = plain_json(nullable=True, default=None)
    decided_at: datetime | None = moment(nullable=True, default=None)


class OfficerActRow(ActRow, table=True):
    """An officer's act (受理, 审批, 放款 …)."""

    __tablename__ = "officer_act"


class BankMessageRow(ActRow, table=True):
    """The inbox: a bank's message, by API, page or command line, or recorded from a sealed paper by two officers."""

    __tablename__ = "bank_message"

    source: str = words()
    paper_digest: str | None = words(nullable=True, default=None)
    signatory: str | None = words(nullable=True, default=None)
    recorded_by: str | None = words(nullable=True, default=None)
    verified_by: str | None = words(nullable=True, default=None)
    verified_at: datetime | None = moment(nullable=True, default=None)


class Entered(BaseModel):
    """A row as the doors hand it back: the first outcome for a repeated key."""

    id: str
    state: ActState
    outcome: dict[str, Any] | None


def enter_act(session: Session, key: str, case_no: str, body: ActBody, actor: Actor, at: datetime) -> Entered:
    """Put an officer's act on record before anything is done with it.

    Args:
        key: the officer's own key; the same person's same key and body give the first outcome again.
        at: the moment of the act.
    Returns:
        the row; a refused one (unknown case, key used for another body) stays on record with its reason.
    """
    row = _row(key, case_no, body, actor, at)
    if not _case_stage(session, case_no):
        _refuse(row, XuqiaoError("act.unknown_case", case=case_no))
    elif (size := len(json.dumps(row["body"]))) > MOST_CHARACTERS:
        _refuse(row, XuqiaoError("act.too_long", case=case_no, size=size, most=MOST_CHARACTERS))
    elif body.kind not in _ENDING and _count(session, _ACTS_TAKEN, no=case_no) >= MOST_ACTS:
        _refuse(row, XuqiaoError("act.too_many", case=case_no, most=MOST_ACTS))
    else:
        _refuse_without_part(session, row, actor)
    _refuse_unprintable(row)
    return _enter(session, OfficerActRow, row, "act.key_conflict")


def proposer_of_write_off(session: Session, case_no: str, decision: str, amount_fen: int) -> str:
    """Who proposed to give a bridge up, by his own accepted act: the id of the last who named this decision and amount.

    Raises:
        XuqiaoError: ``act.nothing_proposed``.
    """
    act = table(OfficerActRow).c
    maker: str | None = session.scalar(
        select(act.actor_id)
        .where(
            act.case_no == case_no,
            act.kind == ActKind.PROPOSE_WRITE_OFF.value,
            act.state == ActState.ACCEPTED.value,
            act.body["decision"].astext == decision,
            act.body["amount_fen"].astext == str(amount_fen),
        )
        .order_by(act.decided_at.desc())
        .limit(1)
    )
    if maker is None:
        raise XuqiaoError("act.nothing_proposed", act=ActKind.APPROVE_WRITE_OFF)
    return maker


def last_accepted(session: Session, case_no: str, kind: ActKind) -> tuple[dict[str, Any], Actor] | None:
    """Body and person of the last act of a kind that a case accepted."""
    act = table(OfficerActRow).c
    row = session.scalars(
        select(OfficerActRow)
        .where(act.case_no == case_no, act.kind == kind.value, act.state == ActState.ACCEPTED.value)
        .order_by(act.decided_at.desc())
        .limit(1)
    ).first()
    return (row.body, Actor.model_validate(_actor_of(row))) if row else None


def enter_message(
    session: Session,
    key: str,
    case_no: str,
    body: MessageBody,
    actor: Actor,
    occurred_at: datetime,
    source: ByTheBankItself,
) -> Entered:
    """Put a bank's message into the inbox; the relay takes it to its case.

    Args:
        key: the bank's own id of the message; the same id with another body is refused.
        actor: who speaks for the bank; a simulated bank's, too, is one bank and speaks for no other.
        occurred_at: when it happened at the bank, which may be long before it is recorded.
    Returns:
        the row; unknown cases, ended ones, another bank's and impossible messages are refused at once, on record.
    """
    row = {**_row(key, case_no, body, actor, occurred_at), "source": source.value}
    _judge_message(session, row, body)
    if source is MessageSource.CLI and row["state"] != ActState.REFUSED:  # a person says it, and no system of a bank
        _refuse_without_part(session, row, actor)
    _refuse_other_bank(session, row)
    _refuse_misdated(session, row, body)
    _refuse_beyond_bound(session, row)
    return _entered_and_sent(session, row, body, actor, occurred_at)


def enter_receipt(
    session: Session,
    key: str,
    case_no: str,
    receipt: Receipt,
    custodian: Actor,
    occurred_at: datetime,
    *,
    recorded_by: str,
    verified_by: str | None,
) -> Entered:
    """Put into the inbox what the fund itself read on the statement of its account, for the case it belongs to.

    The bank that keeps the account need not be that of the loan, and nothing but receipts stands on its statement.

    Args:
        key: of the line of the statement, and how it was divided.
        custodian: the bank that keeps the account of the case's fund; no other is taken.
        recorded_by, verified_by: ids of the officers who said that the line is the case's, and confirmed it.
    Returns:
        as for ``enter_message``.
    """
    row = {
        **_row(key, case_no, receipt, custodian, occurred_at),
        "source": MessageSource.STATEMENT.value,
        "recorded_by": recorded_by,
        "verified_by": verified_by,
        "verified_at": func.now() if verified_by else None,
    }
    _judge_message(session, row, receipt)
    _refuse_other_custodian(session, row)
    _refuse_beyond_bound(session, row)
    return _entered_and_sent(session, row, receipt, custodian, occurred_at)


def record_paper(
    session: Session,
    key: str,
    case_no: str,
    body: MessageBody,
    actor: Actor,
    occurred_at: datetime,
    *,
    recorded_by: Actor,
    paper_digest: str,
) -> Entered:
    """Record a bank's message from a sealed paper; it acts only once another officer has verified it.

    Args:
        actor: the bank's signatory, who is not the recorder.
        recorded_by: the officer who enters it.
        paper_digest: SHA-256 of the scan.
    """
    check_still_in_case(session, recorded_by, case_no)
    row = {
        **_row(key, case_no, body, actor, occurred_at),
        "source": MessageSource.PAPER.value,
        "paper_digest": paper_digest,
        "signatory": actor.name,
        "recorded_by": recorded_by.id,
        "state": ActState.UNVERIFIED.value,
    }
    _judge_message(session, row, body)
    _refuse_other_bank(session, row)
    _refuse_misdated(session, row, body)
    _refuse_beyond_bound(session, row)
    return _enter(session, BankMessageRow, row, "message.key_conflict")


def the_message(session: Session, message_id: str) -> BankMessageRow:
    """A message of the inbox by its id, locked for the caller's transaction.

    Raises:
        XuqiaoError: ``message.unknown``.
    """
    found = session.get(BankMessageRow, message_id, with_for_update=True)
    if found is None:
        raise XuqiaoError("message.unknown", message=message_id)
    return found


def verify_paper(session: Session, message_id: str, verifier: Actor) -> Entered:
    """A second officer has compared the entry with the sealed paper; now it goes to its case.

    Raises:
        XuqiaoError: ``message.unknown``, ``message.same_officer``, ``message.not_unverified``.
    """
    found = the_message(session, message_id)
    check_still_in_case(session, verifier, found.case_no)
    if found.verified_by == verifier.id:
        return _handed_back(found)
    if found.state != ActState.UNVERIFIED:
        raise XuqiaoError("message.not_unverified", message=message_id, state=found.state)
    if found.recorded_by == verifier.id:
        raise XuqiaoError("message.same_officer", person=verifier.name)
    found.verified_by, found.verified_at, found.state = verifier.id, func.now(), ActState.RECEIVED.value  # type: ignore[assignment]
    session.add(found)
    session.flush()
    message = BankMessage.model_validate(
        {"id": found.id, "actor": _actor_of(found), "occurred_at": found.occurred_at, "body": found.body}
    )
    _dispatch(session, message, found.case_no)
    return _handed_back(found)


def reject_paper(session: Session, message_id: str, verifier: Actor, reason: str) -> Entered:
    """A second officer has compared the entry with the sealed paper and they differ; it never goes to its case.

    Raises:
        XuqiaoError: ``message.unknown``, ``message.same_officer``, ``message.not_unverified``.
    """
    found = the_message(session, message_id)
    check_still_in_case(session, verifier, found.case_no)
    if found.state != ActState.UNVERIFIED:
        raise XuqiaoError("message.not_unverified", message=message_id, state=found.state)
    if found.recorded_by == verifier.id:
        raise XuqiaoError("message.same_officer", person=verifier.name)
    refusal = XuqiaoError("message.paper_differs", person=verifier.name, reason=reason)
    found.verified_by, found.verified_at = verifier.id, func.now()  # type: ignore[assignment]
    found.state, found.outcome, found.decided_at = ActState.REFUSED.value, refusal.as_data(), func.now()  # type: ignore[assignment]
    session.add(found)
    session.flush()
    return _handed_back(found)


def settle_acts(session: Session, step: Step) -> None:
    """The outcome of what a step took up or refused, on its rows, in the step's own transaction."""
    outcome = Outcome(stage=step.stage, event=step.event).model_dump(mode="json")
    by_bank = step.actor is not None and step.actor.role is Role.BANK_CLERK
    for act_id in step.taken:
        decide(session, act_id, ActState.ACCEPTED, outcome, message=by_bank)
    for refusal in step.refused:
        reason = XuqiaoError(refusal.code, **refusal.params).as_data()
        decide(session, refusal.id, ActState.REFUSED, reason, message=True)


def decide(session: Session, row_id: str, state: ActState, outcome: dict[str, Any], *, message: bool = False) -> None:
    """Write what became of an act or message; the first decision stands."""
    decision = {"row_id": row_id, "decided": state.value, "became": outcome}
    session.connection().execute(_decide(BankMessageRow if message else OfficerActRow), decision)


@cache
def _decide(model: type[ActRow]) -> Update:
    """A row that has no decision yet gets one; written once, run with values."""
    rows = table(model)
    undecided = (rows.c.id == bindparam("row_id"), rows.c.decided_at.is_(None))
    decided = {"state": bindparam("decided"), "outcome": bindparam("became", type_=JSONB), "decided_at": func.now()}
    return update(rows).where(*undecided).values(decided)


# Rows ----------------------------------------------------------------------------------------------------------


def _row(key: str, case_no: str, body: BaseModel, actor: Actor, at: datetime) -> dict[str, Any]:
    content = body.model_dump(mode="json")
    return {
        "id": str(uuid.uuid5(_NAMESPACE, f"{case_no}/{key}")),
        "key": key,
        "case_no": case_no,
        "kind": content["kind"],
        "body": content,
        "body_hash": body_hash(body),
        "actor_id": actor.id,
        "actor_name": actor.name,
        "actor_role": actor.role.value,
        "organisation": actor.organisation,
        "occurred_at": at,
        "recorded_at": func.now(),
        "state": ActState.RECEIVED.value,
    }


def _refuse_without_part(session: Session, row: dict[str, Any], who: Actor) -> None:
    """Nobody acts in the fund of a case under a part that he does not play there today."""
    try:
        check_still_in_case(session, who, row["case_no"])
    except XuqiaoError as refusal:
        _refuse(row, refusal)


def _refuse(row: dict[str, Any], refusal: XuqiaoError) -> None:
    row.update(state=ActState.REFUSED.value, outcome=refusal.as_data(), decided_at=func.now())


def _judge_message(session: Session, row: dict[str, Any], body: MessageBody) -> None:
    stage = _case_stage(session, row["case_no"])
    if stage is None:
        _refuse(row, XuqiaoError("message.unknown_case", case=row["case_no"]))
    elif stage in ENDS:
        _refuse(row, XuqiaoError("message.case_ended", case=row["case_no"], stage=stage))
    elif (size := len(json.dumps(row["body"]))) > MOST_CHARACTERS:
        _refuse(row, XuqiaoError("message.too_long", case=row["case_no"], size=size, most=MOST_CHARACTERS))
    elif fit(stage, body.kind) is Fit.IMPOSSIBLE:
        _refuse(row, XuqiaoError("message.impossible", kind=body.kind, stage=stage))
    elif isinstance(body, Receipt) and (lines := len(body.lines)) > MOST_LINES:
        _refuse(row, XuqiaoError("message.too_many_lines", lines=lines, most=MOST_LINES))
    _refuse_unprintable(row)


def _refuse_misdated(session: Session, row: dict[str, Any], body: MessageBody) -> None:
    """What the rows know of the case's days bounds its dates here; what they do not, its story judges later."""
    if row["state"] == ActState.REFUSED:
        return
    if misdating := misdated(body, known_days(session, row["case_no"]), _law_day(row["occurred_at"])):
        _refuse(row, misdating)


def known_days(session: Session, case_no: str) -> KnownDays:
    """What the rows know of a case's days; the story knows the same when it takes a message up."""
    case = session.connection().execute(_KNOWN_DAYS, {"no": case_no}).one()
    return KnownDays(
        today=today_of(session, case.fund),
        received=case.received_on,
        paid=case.paid_on,
        settled=settled_on(session, case_no),
        signed_early=case.rung is not None and promises_signing(PromiseRung(case.rung)),
    )


def _law_day(at: datetime) -> date:
    return at.astimezone(LAW_ZONE).date()


def settled_on(session: Session, case_no: str) -> date | None:
    """The day of the old loan's last deduction, as the bank's accepted message says; None before."""
    found: date | None = session.connection().scalar(_SETTLED_ON, {"no": case_no})
    return found


def _refuse_beyond_bound(session: Session, row: dict[str, Any]) -> None:
    """A case hears so much by each way and no more: the sender learns it, and people find it among their tasks.

    Each way has its own bound, so that whoever floods one closes no other: what the fund reads on its own statement,
    and what two officers enter from paper, still reach the case.
    """
    if row["state"] == ActState.REFUSED or session.get(BankMessageRow, row["id"]) is not None:
        return  # one that was entered before is answered as before
    pursued = _case_stage(session, row["case_no"]) is CaseStage.RECOVERY
    most = MOST_OF_A_PURSUIT if pursued else MOST_MESSAGES
    if (count := _count(session, _SAID_BY_WAY, no=row["case_no"], source=row["source"])) >= most:
        _refuse(row, XuqiaoError("message.too_many", count=count, most=most))
        notice(session, row["case_no"], TroubleKind.TOO_MANY_MESSAGES, row["source"], count=count, source=row["source"])


def _count(session: Session, statement: TextClause, **of: str) -> int:
    count: int = session.connection().execute(statement, of).scalar_one()
    return count


def _refuse_unprintable(row: dict[str, Any]) -> None:
    """Papers repeat what people say: what could not stand on one is refused now, and not when it is drawn."""
    if row["state"] == ActState.RECEIVED.value:
        try:
            check_printable(row["body"])
        except XuqiaoError as refusal:
            _refuse(row, refusal)


def _refuse_other_bank(session: Session, row: dict[str, Any]) -> None:
    """Whoever speaks for a bank, or signed for it, does so for the bank of the loan alone."""
    if row["state"] == ActState.REFUSED:
        return
    bank = session.connection().execute(_BANK_OF_CASE, {"no": row["case_no"]}).one()
    banks = banks_of(session, bank.fund)
    registered = bank_called(bank.bank, banks) or bank_called(bank.bank_name, banks)
    names = (bank.bank, bank.bank_name, *(registered.names if registered else ()))
    if row["organisation"] not in names:
        _refuse(
            row, XuqiaoError("message.other_bank", case=row["case_no"], bank=bank.bank_name, speaks=row["organisation"])
        )


def _refuse_other_custodian(session: Session, row: dict[str, Any]) -> None:
    """On a statement the bank speaks that keeps the account of the case's fund."""
    if row["state"] == ActState.REFUSED:
        return
    bank: str = session.connection().execute(_CUSTODIAN_OF_CASE, {"no": row["case_no"]}).scalar_one()
    if row["organisation"] != bank:
        _refuse(row, XuqiaoError("message.other_custodian", case=row["case_no"], bank=bank, speaks=row["organisation"]))


def _case_stage(session: Session, case_no: str) -> CaseStage | None:
    stage = session.connection().scalar(text("SELECT stage FROM renewal_case WHERE case_no = :no"), {"no": case_no})
    return CaseStage(stage) if stage else None


def _enter(session: Session, model: type[ActRow], row: dict[str, Any], conflict: str) -> Entered:
    return _entered(session, model, row, conflict)[0]


def _entered(session: Session, model: type[ActRow], row: dict[str, Any], conflict: str) -> tuple[Entered, bool]:
    """Insert the row, or find the one that was entered under its key; whether it is new."""
    if insert_new(session, model, row):
        return Entered(id=row["id"], state=ActState(row["state"]), outcome=row.get("outcome")), True
    before = session.scalars(select(model).where(table(model).c.id == row["id"])).one()
    same_person = model is BankMessageRow or before.actor_id == row["actor_id"]
    if same_person and before.body_hash == row["body_hash"]:
        return _handed_back(before), False
    second = {**row, "id": str(uuid.uuid5(_NAMESPACE, f"{row['id']}/{row['body_hash']}/{row['actor_id']}"))}
    _refuse(second, XuqiaoError(conflict, key=row["key"]))
    insert_new(session, model, second)
    return Entered(id=second["id"], state=ActState.REFUSED, outcome=second["outcome"]), False


def _entered_and_sent(
    session: Session, row: dict[str, Any], body: MessageBody, actor: Actor, occurred_at: datetime
) -> Entered:
    """Enter a message; one that is new and was not refused goes on to its case."""
    entered, new = _entered(session, BankMessageRow, row, "message.key_conflict")
    if new and entered.state is ActState.RECEIVED:
        _dispatch(session, BankMessage(id=entered.id, actor=actor, occurred_at=occurred_at, body=body), row["case_no"])
    return entered


def _handed_back(row: ActRow) -> Entered:
    return Entered(id=row.id, state=ActState(row.state), outcome=row.outcome)


def _actor_of(row: ActRow) -> dict[str, str]:
    return {"id": row.actor_id, "name": row.actor_name, "role": row.actor_role, "organisation": row.organisation}


def _dispatch(session: Session, message: BankMessage, case_no: str) -> None:
    send(
        session,
        case_no,
        DeliveryKind.SIGNAL,
        message.model_dump(mode="json"),
        signal=message.body.kind.value,
        message_id=message.id,
    )
