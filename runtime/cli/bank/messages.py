"""What the bank says to a case: by its own clerk, or from a sealed paper by two officers."""

import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

from sqlmodel import Session
from typer import Argument, Option

from activities.cases.page import with_sentences
from models.cases import reads
from models.cases.acts import ActState, BankMessageRow, Entered, enter_message, record_paper, verify_paper
from models.cases.applications import Application, Loan
from models.funds.funds import Person, actor
from rulebook.cases import BankAnswer, Promise, PromiseRung
from rulebook.errors import XuqiaoError
from rulebook.messages import (
    MESSAGES,
    Actor,
    MessageBody,
    MessageSource,
    Opinion,
    PromiseGiven,
    Receipt,
    ReceiptLine,
    ReceiptPurpose,
)
from rulebook.stages import MessageKind, Role
from runtime.cli.cases.page import show_messages
from runtime.cli.commands import combined, from_fields
from runtime.cli.failures import Exit, Misuse, tell
from runtime.cli.files import digest_of_file
from runtime.cli.language import call
from runtime.cli.names import case_no_of, member_of
from runtime.cli.office import Office
from runtime.cli.options import AsJson, AsUser, AsUserOrNot, Case, Key, OnDay
from runtime.cli.output import line, note, print_json, say
from runtime.cli.values import day_of, fen_of, moment_of

OFFICERS = (Role.MAKER, Role.CHECKER, Role.CASHIER)


Signatory = Annotated[str | None, Option("--signatory", metavar="NAME")]
Rung = Annotated[str | None, Option("--rung", metavar="RUNG")]
PromiseAmount = Annotated[str | None, Option("--amount", metavar="YUAN")]
ValidUntil = Annotated[str | None, Option("--valid-until", metavar="DATE")]
Reference = Annotated[str | None, Option("--reference", metavar="NUMBER")]
Authority = Annotated[str | None, Option("--authority", metavar="YUAN")]
Conditions = Annotated[str, Option("--conditions", metavar="TEXT")]


def enter(
    make_body: Callable[[], MessageBody],
    case: Case,
    as_user: AsUserOrNot = None,
    paper: Annotated[Path | None, Option("--paper", metavar="SCAN")] = None,
    recorded_by: Annotated[str | None, Option("--recorded-by", metavar="USER")] = None,
    signatory: Signatory = None,
    occurred_at: Annotated[str | None, Option("--occurred-at", metavar="MOMENT")] = None,
    key: Key = None,
    as_json: AsJson = False,
) -> int:
    """Put a message into the inbox and tell what became of it; a refused one stays on record.

    Args:
        make_body: makes the message.
        as_user: id of the bank's clerk, when he says it himself.
        paper: the scan of the sealed paper it stands on; then ``recorded_by`` is the officer who enters it and
            ``signatory`` the person who signed for the bank.
        occurred_at: when it happened at the bank, as typed.
        key: the bank's own id of the message, or that of an earlier try.
    Returns:
        the exit code.
    Raises:
        Misuse: ``cli.usage.clerk_or_paper``, ``cli.usage.paper_incomplete``.
    """
    if (as_user is None) == (paper is None):
        raise Misuse("cli.usage.clerk_or_paper")
    if paper and not (recorded_by and signatory):
        raise Misuse("cli.usage.paper_incomplete")
    case_no, body, at = case_no_of(case), make_body(), moment_of("--occurred-at", occurred_at)
    digest = digest_of_file("--paper", paper) if paper else ""
    key = key or str(uuid.uuid4())
    with Office() as office, office.begin() as session:
        note("cli.unauthenticated")
        note("cli.key", key=key)
        if as_user:
            clerk = actor(session, as_user, Role.BANK_CLERK)
            entered = enter_message(session, key, case_no, body, clerk, at, MessageSource.CLI)
        else:
            signed, recorder = _signatory(session, case_no, signatory or ""), officer(session, recorded_by or "")
            entered = record_paper(session, key, case_no, body, signed, at, recorded_by=recorder, paper_digest=digest)
    return _tell(entered, case_no, body.kind, key, as_json)


def officer(session: Session, person_id: str) -> Actor:
    """An officer of the fund, in the first of his parts.

    Raises:
        XuqiaoError: ``person.unknown``, or ``person.not_in_role`` for somebody who is no officer.
    """
    person = session.get(Person, person_id)
    roles = person.roles if person else []
    return actor(session, person_id, next((role for role in OFFICERS if role in roles), Role.MAKER))


def _signatory(session: Session, case_no: str, name: str) -> Actor:
    """Who signed for the bank: he has no account here, and is known by the name on the paper."""
    application = session.get(Application, case_no)
    bank = session.get_one(Loan, application.loan).bank_name if application else "-"
    return Actor(id=f"signatory:{name}", name=name, role=Role.BANK_CLERK, organisation=bank)


def _tell(entered: Entered, case_no: str, kind: str, key: str, as_json: bool) -> int:
    about = {"id": entered.id, "key": key, "case_no": case_no, "kind": kind, "state": entered.state}
    if entered.state is ActState.REFUSED:
        return tell(XuqiaoError.from_data(entered.outcome), **about)
    if as_json:
        print_json(about)
    else:
        line(say(f"cli.message.{entered.state}", message=entered.id, case=case_no))
    return Exit.WELL


def verify(message: Annotated[str, Argument(metavar="MESSAGE")], as_user: AsUser, as_json: AsJson = False) -> int:
    with Office() as office, office.begin() as session:
        note("cli.unauthenticated")
        entered = verify_paper(session, message, officer(session, as_user))
        row = session.get_one(BankMessageRow, message)
        about = (row.case_no, row.kind, row.key)
    return _tell(entered, *about, as_json)


def list_messages(
    of_case: Annotated[str | None, Option("--case", metavar="CASE")] = None,
    state: Annotated[str | None, Option("--state", metavar="STATE")] = None,
    as_json: AsJson = False,
) -> int:
    case_no = case_no_of(of_case) if of_case else None
    wanted = member_of("--state", ActState, state) if state else None
    with Office() as office, office.begin() as session:
        found = reads.messages(session, case_no=case_no, state=wanted)
    if as_json:
        print_json([with_sentences(message, call.lang) for message in found])
    else:
        show_messages(found)
    return Exit.WELL


# What some messages say besides; the others have an option for each of their fields. ----------------------------


def _opinion(
    answer: Annotated[str, Option("--answer", metavar="ANSWER")],
    reason: Annotated[str, Option("--reason", metavar="TEXT")] = "",
    rung: Rung = None,
    amount: PromiseAmount = None,
    valid_until: ValidUntil = None,
    reference: Reference = None,
    signatory: Signatory = None,
    authority: Authority = None,
    conditions: Conditions = "",
) -> MessageBody:
    letter = _letter(rung, amount, valid_until, reference, authority)
    promise = _promise({**letter, "--signatory": signatory}, conditions) if any(letter.values()) else None
    return Opinion(answer=member_of("--answer", BankAnswer, answer), reason=reason, promise=promise)


def _promise_given(
    rung: Rung = None,
    amount: PromiseAmount = None,
    valid_until: ValidUntil = None,
    reference: Reference = None,
    signatory: Signatory = None,
    authority: Authority = None,
    conditions: Conditions = "",
) -> MessageBody:
    letter = _letter(rung, amount, valid_until, reference, authority)
    return PromiseGiven(promise=_promise({**letter, "--signatory": signatory}, conditions))


def _letter(
    rung: str | None, amount: str | None, valid_until: str | None, reference: str | None, authority: str | None
) -> dict[str, str | None]:
    return {
        "--rung": rung,
        "--amount": amount,
        "--valid-until": valid_until,
        "--reference": reference,
        "--authority": authority,
    }


def _promise(letter: Mapping[str, str | None], conditions: str) -> Promise:
    """The promise that was typed.

    Raises:
        Misuse: ``cli.usage.promise_incomplete`` with what is missing.
    """
    typed = {option: value for option, value in letter.items() if value}
    if len(typed) < len(letter):
        raise Misuse("cli.usage.promise_incomplete", missing=", ".join(o for o in letter if o not in typed))
    return Promise(
        rung=member_of("--rung", PromiseRung, typed["--rung"]),
        amount_fen=fen_of("--amount", typed["--amount"], least=1),
        valid_until=day_of("--valid-until", typed["--valid-until"]),
        reference=typed["--reference"],
        signatory=typed["--signatory"],
        authority_fen=fen_of("--authority", typed["--authority"], least=1),
        conditions=conditions,
    )


def _receipt(
    on: OnDay,
    payer: Annotated[str, Option("--payer", metavar="NAME")],
    principal: Annotated[list[str] | None, Option("--principal", metavar="YUAN:REFERENCE")] = None,
    fee: Annotated[list[str] | None, Option("--fee", metavar="YUAN:REFERENCE")] = None,
    guarantor_paid: Annotated[list[str] | None, Option("--guarantor", metavar="YUAN:REFERENCE")] = None,
) -> MessageBody:
    lines = []
    given = (("--principal", principal), ("--fee", fee), ("--guarantor", guarantor_paid))
    for option, each in ((option, each) for option, several in given for each in several or ()):
        amount, _, reference = each.replace("：", ":").partition(":")
        if not reference.strip():
            raise Misuse("cli.usage.receipt_reference", name=option, value=each)
        fen = fen_of(option, amount, least=1)
        purpose = ReceiptPurpose(option.removeprefix("--"))
        lines.append(ReceiptLine(purpose=purpose, amount_fen=fen, reference=reference.strip(), payer=payer))
    if not lines:
        raise Misuse("cli.usage.receipt_empty")
    return Receipt(received_on=day_of("--on", on), lines=tuple(lines))


_OWN_OPTIONS: Mapping[MessageKind, Callable[..., MessageBody]] = {
    MessageKind.OPINION: _opinion,
    MessageKind.PROMISE: _promise_given,
    MessageKind.RECEIPT: _receipt,
}
"""The messages that say more than their fields one by one."""
_SHORT_NAMES = {MessageKind.OLD_LOAN_SETTLED: "settled", MessageKind.COLLATERAL_REGISTERED: "collateral"}

MAKERS: Mapping[MessageKind, Callable[..., MessageBody]] = {
    kind: _OWN_OPTIONS.get(kind) or from_fields(body) for kind, body in MESSAGES.items()
}
"""For each kind of message the function that makes it out of what was typed."""
COMMANDS: Mapping[str, Callable[..., int]] = {
    "verify": verify,
    "messages": list_messages,
    **{_SHORT_NAMES.get(kind, kind.replace("_", "-")): combined(make, enter) for kind, make in MAKERS.items()},
}
"""What may be typed after ``xuqiao bank``."""
