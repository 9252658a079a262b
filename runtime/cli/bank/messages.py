"""What the bank says to a case: by its own clerk, or from a sealed paper by two officers."""

import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from sqlmodel import Session
from typer import Argument, Option

from activities.cases.page import with_sentences
from activities.papers.scans import MOST_SCAN_BYTES, media_type_of
from activities.wording import plain
from models.cases import reads
from models.cases.acts import ActState, Entered, enter_message, record_paper, reject_paper, the_message, verify_paper
from models.cases.applications import Application, Loan
from models.cases.scans import keep_scan, scan_of
from models.funds.people import actor_in_case, officer_of_case
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
from rulebook.money import format_yuan
from rulebook.stages import MessageKind, Role
from runtime.cli.cases.page import show_messages
from runtime.cli.commands import combined, from_fields
from runtime.cli.failures import Exit, Misuse, tell
from runtime.cli.files import file_content, write_file
from runtime.cli.language import call
from runtime.cli.names import case_no_of, member_of
from runtime.cli.office import Office
from runtime.cli.options import AsJson, AsUser, AsUserOrNot, Case, Key, OnDay, Reason, Yes
from runtime.cli.output import fields, line, note, print_json, say, word
from runtime.cli.values import day_of, fen_of, moment_of, require_consent

Message = Annotated[str, Argument(metavar="MESSAGE")]
ScanOut = Annotated[Path | None, Option("--out", metavar="FILE")]
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
    scan = file_content("--paper", paper, MOST_SCAN_BYTES) if paper else b""
    media_type = media_type_of(scan) if paper else ""
    key = key or str(uuid.uuid4())
    with Office() as office, office.begin() as session:
        note("cli.unauthenticated")
        note("cli.key", key=key)
        if as_user:
            clerk = actor_in_case(session, as_user, Role.BANK_CLERK, case_no)
            entered = enter_message(session, key, case_no, body, clerk, at, MessageSource.CLI)
        else:
            signed, recorder = (
                _signatory(session, case_no, signatory or ""),
                officer_of_case(session, recorded_by or "", case_no),
            )
            digest = keep_scan(session, scan, media_type)
            entered = record_paper(session, key, case_no, body, signed, at, recorded_by=recorder, paper_digest=digest)
    return _tell(entered, case_no, body.kind, key, as_json)


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


def show(message: Message, scan_out: ScanOut = None, as_json: AsJson = False) -> int:
    """Every field of a message, and the scan that it stands on as a file, to be compared with each other."""
    with Office() as office, office.begin() as session:
        row = the_message(session, message)
        said, scan = plain(row), scan_of(session, row.paper_digest)
        content = scan.content if scan else None
    if scan_out is not None:
        if content is None:
            raise XuqiaoError("message.no_scan", message=message)
        write_file(scan_out, content)
    if as_json:
        print_json({**said, "scan_kept": content is not None, "out": scan_out and str(scan_out)})
        return Exit.WELL
    _show_fields(said)
    if scan_out is not None:
        line(say("cli.message.scan_written", path=scan_out))
    elif content is not None:
        line(say("cli.message.scan_kept", message=message))
    return Exit.WELL


def _show_fields(said: Mapping[str, Any]) -> None:
    """What a message says, field by field; amounts in yuan."""
    fields(
        (
            ("message", said["id"]),
            ("case", said["case_no"]),
            ("kind", word("message", said["kind"])),
            ("actor", said["actor_name"]),
            ("organisation", said["organisation"]),
            ("at", said["occurred_at"]),
            ("digest", said["paper_digest"]),
        )
    )
    for name, value in _flat("", {name: value for name, value in said["body"].items() if name != "kind"}):
        line(f"  {name}: {value}")


def _flat(above: str, value: Any) -> Iterator[tuple[str, str]]:
    match value:
        case dict():
            for name, part in value.items():
                yield from _flat(f"{above}.{name}" if above else name, part)
        case list():
            for number, part in enumerate(value, start=1):
                yield from _flat(f"{above} {number}", part)
        case int() if above.endswith("_fen"):
            yield above.removesuffix("_fen"), format_yuan(value, grouped=True)
        case None:
            pass
        case _:
            yield above, str(value)


def verify(message: Message, as_user: AsUser, yes: Yes = False, as_json: AsJson = False) -> int:
    """Show what was entered, ask, and verify it: the entry agrees with the sealed paper."""
    with Office() as office:
        note("cli.unauthenticated")
        with office.begin() as session:
            row = the_message(session, message)
            said = plain(row)
            officer_of_case(session, as_user, row.case_no)
        if not as_json:
            _show_fields(said)
        require_consent(yes)
        with office.begin() as session:
            entered = verify_paper(session, message, officer_of_case(session, as_user, said["case_no"]))
    return _tell(entered, said["case_no"], said["kind"], said["key"], as_json)


def reject(message: Message, as_user: AsUser, reason: Reason, as_json: AsJson = False) -> int:
    """Say that what was entered is not what the sealed paper says; it stays on record, refused."""
    if not reason.strip():
        raise Misuse("cli.usage.empty", name="--reason")
    with Office() as office, office.begin() as session:
        note("cli.unauthenticated")
        row = the_message(session, message)
        entered = reject_paper(session, message, officer_of_case(session, as_user, row.case_no), reason.strip())
        about = {"id": entered.id, "case_no": row.case_no, "kind": row.kind, "state": entered.state}
    if as_json:
        print_json(about)
    else:
        line(say("cli.message.rejected", message=message, case=about["case_no"]))
    return Exit.WELL


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
    "show": show,
    "verify": verify,
    "reject": reject,
    "messages": list_messages,
    **{_SHORT_NAMES.get(kind, kind.replace("_", "-")): combined(make, enter) for kind, make in MAKERS.items()},
}
"""What may be typed after ``xuqiao bank``."""
