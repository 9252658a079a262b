"""What officers do to a case, one command for each act; the case itself decides whether it may be done."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from typer import Option

from activities.cases.acts import act
from activities.cases.page import terms_of
from models.cases.reads import case_page
from models.funds.people import actor_in_case
from rulebook.errors import XuqiaoError
from rulebook.events import EventKind
from rulebook.messages import (
    ActBody,
    Actor,
    Approve,
    ApproveDate,
    ApproveMeasure,
    ChecklistItem,
    ConcludeRecovery,
    ConfirmPayment,
    ConfirmReceipt,
    Dated,
    DecideReferral,
    DrawAgain,
    MarkSent,
    Propose,
    ProposeDate,
    ProposeMeasure,
    PutFirst,
    RecordSigning,
    Reject,
    Release,
    SendBack,
    Withdraw,
)
from rulebook.stages import ACT_ROLES
from runtime.cli.cases.page import show_terms
from runtime.cli.commands import combined
from runtime.cli.engine import with_client
from runtime.cli.failures import Exit, Misuse, tell
from runtime.cli.language import call
from runtime.cli.names import case_no_of, member_of
from runtime.cli.office import Office
from runtime.cli.options import Amount, AsJson, AsUser, Balance, Case, EffectiveFrom, Key, OnDay, Reason, Yes
from runtime.cli.output import line, note, print_json, say
from runtime.cli.values import day_of, fen_of, require_consent


def perform(
    make_body: Callable[[], ActBody],
    case: Case,
    as_user: AsUser,
    key: Key = None,
    as_json: AsJson = False,
) -> int:
    """Do one act and tell what became of it.

    Args:
        make_body: makes the act.
        case: number of the case, as typed.
        as_user: id of the person who acts; the role follows from the act.
        key: of an earlier try, which is then repeated and not done twice; None makes a new one.
    Returns:
        the exit code.
    """
    return do_act(case_no_of(case), make_body(), as_user, key, as_json)


def do_act(
    case_no: str,
    body: ActBody,
    as_user: str,
    key: str | None,
    as_json: bool,
    and_then: Callable[[Office, Actor], XuqiaoError | str] | None = None,
    **shown: object,
) -> int:
    """The same for an act that is made already; ``shown`` goes into the data that is told of it.

    Args:
        and_then: what is done once the act is; it gives a case that was opened by it, or why none was.
    """
    key = key or str(uuid.uuid4())
    about = {"case_no": case_no, "act": body.kind, "key": key, **shown}
    with Office() as office:
        note("cli.unauthenticated")
        note("cli.key", key=key)
        with office.begin() as session:
            person = actor_in_case(session, as_user, ACT_ROLES[body.kind], case_no)
        try:
            outcome = with_client(
                office,
                lambda client: act(
                    office.desk, client, key=key, case_no=case_no, body=body, actor=person, at=datetime.now(UTC)
                ),
            )
        except XuqiaoError as error:
            return tell(error, **about)
        opened = and_then(office, person) if and_then else None
    if isinstance(opened, XuqiaoError):
        return tell(opened, **about)
    if as_json:
        print_json({**about, **outcome.model_dump(), **({"opened": opened} if opened else {})})
    else:
        line(say("cli.act.done", case=case_no, act=body.kind, stage=outcome.stage))
        if opened:
            line(say("cli.act.filed_anew", case=opened))
        if outcome.event is EventKind.PAPERS_NOT_DRAWN:
            line(say("cli.act.not_drawn"))
    return Exit.WELL


def _act(make: Callable[..., ActBody]) -> Callable[..., int]:
    """The command of an act: it takes what makes the act, and what all of them take."""
    return combined(make, perform)


def approve(
    case: Case,
    as_user: AsUser,
    digest: Annotated[str | None, Option("--digest", metavar="DIGEST")] = None,
    minutes: Annotated[str, Option("--minutes", metavar="TEXT")] = "",
    yes: Yes = False,
    key: Key = None,
    as_json: AsJson = False,
) -> int:
    """Show the terms, ask, and approve exactly what was shown; where nothing is proposed, the case itself says so."""
    number = case_no_of(case)
    with Office() as office, office.begin() as session:
        page = case_page(session, number)
    if not as_json:
        show_terms(page)
    shown = page.approval.terms_digest if page.approval else ""
    if shown:
        require_consent(yes or digest is not None)
    body = Approve(terms_digest=digest or shown, minutes=minutes)
    return do_act(number, body, as_user, key, as_json, terms=terms_of(page, call.lang))


@_act
def propose(amount: Amount, reason: Annotated[str, Option("--reason", metavar="TEXT")] = "") -> ActBody:
    return Propose(amount_fen=fen_of("--amount", amount, least=None), reason=reason)


@_act
def reject(reason: Reason) -> ActBody:
    return Reject(reason=reason)


@_act
def send_back(reason: Reason) -> ActBody:
    return SendBack(reason=reason)


@_act
def decide(go_on: Annotated[bool, Option("--go-on/--refuse")], reason: Reason) -> ActBody:
    return DecideReferral(go_on=go_on, reason=reason)


@_act
def sign(on: OnDay, return_path_confirmed: Annotated[bool, Option("--return-path-confirmed")] = False) -> ActBody:
    return RecordSigning(signed_on=day_of("--on", on), return_path_confirmed=return_path_confirmed)


@_act
def draw_again(new_templates: Annotated[bool, Option("--new-templates")] = False) -> ActBody:
    return DrawAgain(new_templates=new_templates)


@_act
def release(
    balance: Balance,
    confirm: Annotated[list[str] | None, Option("--confirm", metavar="LINE")] = None,
    confirm_all: Annotated[bool, Option("--confirm-all")] = False,
) -> ActBody:
    named = [member_of("--confirm", ChecklistItem, typed) for typed in confirm or ()]
    confirmed = tuple(each for each in ChecklistItem if confirm_all or each in named)
    return Release(confirmed=confirmed, balance_fen=fen_of("--balance", balance))


@_act
def sent(
    receipt: Annotated[str, Option("--receipt", metavar="SERIAL")] = "",
    not_sent: Annotated[str, Option("--not-sent", metavar="REASON")] = "",
) -> ActBody:
    if bool(receipt.strip()) == bool(not_sent.strip()):
        raise Misuse("cli.usage.sent_or_not")
    return MarkSent(receipt_serial=receipt.strip(), not_sent_because=not_sent.strip())


@_act
def confirm(
    statement: Annotated[str, Option("--statement", metavar="REFERENCE")],
    returned: Annotated[bool, Option("--returned")] = False,
) -> ActBody:
    return ConfirmPayment(statement_reference=statement, paid=not returned)


@_act
def confirm_receipt(
    reference: Annotated[str, Option("--reference", metavar="REFERENCE")],
    amount: Amount,
    seen: Annotated[str, Option("--seen", metavar="TEXT")],
) -> ActBody:
    return ConfirmReceipt(reference=reference, amount_fen=fen_of("--amount", amount), seen=seen)


@_act
def withdraw(reason: Reason) -> ActBody:
    return Withdraw(reason=reason)


@_act
def conclude_recovery(reason: Reason) -> ActBody:
    return ConcludeRecovery(reason=reason)


@_act
def put_first(reason: Reason) -> ActBody:
    return PutFirst(reason=reason)


@_act
def propose_measure(effective_from: EffectiveFrom, reason: Reason) -> ActBody:
    return ProposeMeasure(effective_from=day_of("--from", effective_from), reason=reason)


@_act
def approve_measure(effective_from: EffectiveFrom, reason: Reason) -> ActBody:
    return ApproveMeasure(effective_from=day_of("--from", effective_from), reason=reason)


Said = Annotated[str, Option("--of", metavar="KIND")]
Was = Annotated[str, Option("--was", metavar="DATE")]
Now = Annotated[str, Option("--now", metavar="DATE")]
OfReference = Annotated[str, Option("--reference", metavar="REFERENCE")]


@_act
def propose_date(said: Said, was: Was, now: Now, reason: Reason, reference: OfReference = "") -> ActBody:
    return ProposeDate(reason=reason, **_correction(said, was, now, reference))


@_act
def approve_date(said: Said, was: Was, now: Now, reference: OfReference = "") -> ActBody:
    return ApproveDate(**_correction(said, was, now, reference))


def _correction(said: str, was: str, now: str, reference: str) -> dict[str, Any]:
    meant = member_of("--of", Dated, said)
    return {"said": meant, "was": day_of("--was", was), "now": day_of("--now", now), "reference": reference.strip()}
