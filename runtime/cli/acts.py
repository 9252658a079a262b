"""What officers do to a case, one command for each act; the case itself decides whether it may be done."""

import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from typer import Option, Typer

from rulebook.stages import STAGES, ActKind, Role
from runtime.cli.commands import combined
from runtime.cli.failures import Exit
from runtime.cli.manual import Command
from runtime.cli.options import Amount, AsJson, AsUser, Balance, Case, EffectiveFrom, Key, OnDay, Reason

if TYPE_CHECKING:
    from rulebook.messages import ActBody

ACT_ROLES: Mapping[ActKind, Role] = {kind: role for row in STAGES.values() for kind, role in row.acts.items()}
"""Whose part an act is: the same in every stage that opens it."""


def add_acts(app: Typer) -> None:
    """Put the officers' acts beside the other commands for cases."""
    for name, make in _BODIES.items():
        app.command(name, cls=Command)(combined(make, perform))
    app.command("approve", cls=Command)(approve)


def perform(
    make_body: "Callable[[], ActBody]",
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
    from runtime.cli.values import case_no_of

    return do_act(case_no_of(case), make_body(), as_user, key, as_json)


def do_act(case_no: str, body: "ActBody", as_user: str, key: str | None, as_json: bool, **shown: object) -> int:
    """The same for an act that is made already; ``shown`` goes into the data that is told of it."""
    from activities.cases.acts import act
    from models.funds.funds import actor
    from rulebook.errors import XuqiaoError
    from rulebook.events import EventKind
    from runtime.cli.failures import tell
    from runtime.cli.office import Office
    from runtime.cli.output import line, note, print_json, say

    key = key or str(uuid.uuid4())
    about = {"case_no": case_no, "act": body.kind, "key": key, **shown}
    with Office() as office:
        note("cli.unauthenticated")
        note("cli.key", key=key)
        with office.begin() as session:
            person = actor(session, as_user, ACT_ROLES[body.kind])
        try:
            outcome = office.with_client(
                lambda client: act(
                    office.desk, client, key=key, case_no=case_no, body=body, actor=person, at=datetime.now(UTC)
                )
            )
        except XuqiaoError as error:
            return tell(error, **about)
    if as_json:
        print_json({**about, **outcome.model_dump()})
    else:
        line(say("cli.act.done", case=case_no, act=body.kind, stage=outcome.stage))
        if outcome.event is EventKind.PAPERS_NOT_DRAWN:
            line(say("cli.act.not_drawn"))
    return Exit.WELL


def approve(
    case: Case,
    as_user: AsUser,
    digest: Annotated[str | None, Option("--digest", metavar="DIGEST")] = None,
    minutes: Annotated[str, Option("--minutes", metavar="TEXT")] = "",
    key: Key = None,
    as_json: AsJson = False,
) -> int:
    """Show the terms and approve exactly what was shown; where nothing is proposed, the case itself says so."""
    from models.cases.reads import case_page
    from rulebook.messages import Approve
    from runtime.cli.case_page import show_terms, terms_of
    from runtime.cli.office import Office
    from runtime.cli.values import case_no_of

    number = case_no_of(case)
    with Office() as office, office.begin() as session:
        page = case_page(session, number)
    if not as_json:
        show_terms(page)
    shown = page.approval.terms_digest if page.approval else ""
    body = Approve(terms_digest=digest or shown, minutes=minutes)
    return do_act(number, body, as_user, key, as_json, terms=terms_of(page))


def _propose(amount: Amount, reason: Annotated[str, Option("--reason", metavar="TEXT")] = "") -> "ActBody":
    from rulebook.messages import Propose
    from runtime.cli.values import fen_of

    return Propose(amount_fen=fen_of("--amount", amount, least=None), reason=reason)


def _reject(reason: Reason) -> "ActBody":
    from rulebook.messages import Reject

    return Reject(reason=reason)


def _send_back(reason: Reason) -> "ActBody":
    from rulebook.messages import SendBack

    return SendBack(reason=reason)


def _decide(go_on: Annotated[bool, Option("--go-on/--refuse")], reason: Reason) -> "ActBody":
    from rulebook.messages import DecideReferral

    return DecideReferral(go_on=go_on, reason=reason)


def _sign(on: OnDay, return_path_confirmed: Annotated[bool, Option("--return-path-confirmed")] = False) -> "ActBody":
    from rulebook.messages import RecordSigning
    from runtime.cli.values import day_of

    return RecordSigning(signed_on=day_of("--on", on), return_path_confirmed=return_path_confirmed)


def _draw_again(new_templates: Annotated[bool, Option("--new-templates")] = False) -> "ActBody":
    from rulebook.messages import DrawAgain

    return DrawAgain(new_templates=new_templates)


def _release(
    balance: Balance,
    confirm: Annotated[list[str] | None, Option("--confirm", metavar="LINE")] = None,
    confirm_all: Annotated[bool, Option("--confirm-all")] = False,
) -> "ActBody":
    from rulebook.messages import ChecklistItem, Release
    from runtime.cli.values import fen_of, member_of

    named = [member_of("--confirm", ChecklistItem, typed) for typed in confirm or ()]
    confirmed = tuple(each for each in ChecklistItem if confirm_all or each in named)
    return Release(confirmed=confirmed, balance_fen=fen_of("--balance", balance))


def _sent(receipt: Annotated[str, Option("--receipt", metavar="SERIAL")]) -> "ActBody":
    from rulebook.messages import MarkSent

    return MarkSent(receipt_serial=receipt)


def _confirm(
    statement: Annotated[str, Option("--statement", metavar="REFERENCE")],
    returned: Annotated[bool, Option("--returned")] = False,
) -> "ActBody":
    from rulebook.messages import ConfirmPayment

    return ConfirmPayment(statement_reference=statement, paid=not returned)


def _withdraw(reason: Reason) -> "ActBody":
    from rulebook.messages import Withdraw

    return Withdraw(reason=reason)


def _conclude_recovery(reason: Reason) -> "ActBody":
    from rulebook.messages import ConcludeRecovery

    return ConcludeRecovery(reason=reason)


def _put_first(reason: Reason) -> "ActBody":
    from rulebook.messages import PutFirst

    return PutFirst(reason=reason)


def _propose_measure(effective_from: EffectiveFrom, reason: Reason) -> "ActBody":
    from rulebook.messages import ProposeMeasure
    from runtime.cli.values import day_of

    return ProposeMeasure(effective_from=day_of("--from", effective_from), reason=reason)


def _approve_measure(effective_from: EffectiveFrom, reason: Reason) -> "ActBody":
    from rulebook.messages import ApproveMeasure
    from runtime.cli.values import day_of

    return ApproveMeasure(effective_from=day_of("--from", effective_from), reason=reason)


_BODIES: "Mapping[str, Callable[..., ActBody]]" = {
    "propose": _propose,
    "reject": _reject,
    "send-back": _send_back,
    "decide": _decide,
    "draw-again": _draw_again,
    "sign": _sign,
    "release": _release,
    "sent": _sent,
    "confirm": _confirm,
    "withdraw": _withdraw,
    "conclude-recovery": _conclude_recovery,
    "put-first": _put_first,
    "propose-measure": _propose_measure,
    "approve-measure": _approve_measure,
}
