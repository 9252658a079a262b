"""What officers book beside the cases: one command for each kind of event, and the second person's word on it."""

import re
import unicodedata
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option, Typer

from runtime.cli.commands import combined
from runtime.cli.failures import Exit
from runtime.cli.manual import Command, Group
from runtime.cli.options import Amount, AsJson, AsUser, Fund, Key, Reason

if TYPE_CHECKING:
    from activities.book_desk import Doors
    from models.book_acts import BookActRow
    from rulebook.book_acts import BookAct, Payee
    from runtime.cli.office import Office

Number = Annotated[int, Argument(metavar="NUMBER")]
Book = Annotated[str | None, Option("--book", metavar="BOOK")]
Evidence = Annotated[Path, Option("--evidence", metavar="FILE")]
OfCase = Annotated[str, Option("--case", metavar="CASE")]
OfCaseOrNot = Annotated[str | None, Option("--case", metavar="CASE")]
Line = Annotated[str | None, Option("--line", metavar="REFERENCE")]
Contributor = Annotated[str, Option("--contributor", metavar="NAME")]
Reference = Annotated[str, Option("--reference", metavar="REFERENCE")]
Decision = Annotated[str, Option("--decision", metavar="NUMBER")]
Invoice = Annotated[str, Option("--invoice", metavar="NUMBER")]
Purpose = Annotated[str, Option("--purpose", metavar="TEXT")]
Voucher = Annotated[int, Option("--voucher", metavar="NUMBER", min=1)]
Year = Annotated[int, Option("--year", metavar="YEAR", min=2000, max=2999)]
ToPool = Annotated[str, Option("--to-pool", metavar="YUAN")]
Principal = Annotated[str, Option("--principal", metavar="YUAN")]
Fee = Annotated[str, Option("--fee", metavar="YUAN")]
PayeeName = Annotated[str, Option("--payee-name", metavar="NAME")]
PayeeNumber = Annotated[str, Option("--payee-number", metavar="ACCOUNT")]
PayeeBranch = Annotated[str, Option("--payee-branch", metavar="BANK")]

propose_app = Typer(cls=Group, no_args_is_help=True, add_completion=False)


def add_desk(app: Typer) -> None:
    """Put the desk's commands beside the others of the group ``ledger``."""
    for name, make in _ACTS.items():
        propose_app.command(name, cls=Command)(combined(make, propose))
    app.add_typer(propose_app, name="propose")
    app.command("approve", cls=Command)(approve)
    app.command("reject", cls=Command)(reject)
    app.command("proposals", cls=Command)(proposals)


def propose(
    make_body: "Callable[[], BookAct]",
    book_name: Book = None,
    *,
    evidence_file: Evidence,
    as_user: AsUser,
    key: Key = None,
    as_json: AsJson = False,
) -> int:
    """Put one act on record and tell what became of it.

    Args:
        make_body: makes the act.
        book_name: the fund's code or that of its sub-fund; None for the fund's own, of a compensation the sub-fund's.
        evidence_file: the paper behind it, of which the digest is kept.
        key: of an earlier try, which is then repeated and not done twice; None makes a new one.
    Returns:
        the exit code.
    """
    from pydantic import ValidationError

    from activities import book_desk
    from rulebook.book_acts import RISK_COMPENSATION
    from rulebook.errors import XuqiaoError
    from rulebook.postings import PostingKind
    from runtime.cli.failures import Misuse, tell
    from runtime.cli.office import Office
    from runtime.cli.output import note
    from runtime.cli.values import digest_of_file

    try:
        act = make_body()
    except ValidationError as error:
        first = error.errors()[0]
        raise Misuse("cli.usage.other", reason=f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    digest = digest_of_file("--evidence", evidence_file)
    key = key or str(uuid.uuid4())
    note("cli.unauthenticated")
    note("cli.key", key=key)
    with Office() as office:
        if book_name is None:
            with office.begin() as session:
                own = office.the_fund(session, None)
            book_name = own + RISK_COMPENSATION if act.kind is PostingKind.COMPENSATE else own
        try:
            row = book_desk.propose(_doors(office), key=key, book=book_name, act=act, evidence=digest, maker=as_user)
        except XuqiaoError as error:
            return tell(error, key=key)
    return _tell(row, as_json, key=key)


def approve(number: Number, as_user: AsUser, as_json: AsJson = False) -> int:
    """Show what was proposed, allow it and post it."""
    from activities import book_desk
    from models.book_acts import book_act
    from runtime.cli.office import Office
    from runtime.cli.output import note

    note("cli.unauthenticated")
    with Office() as office:
        if not as_json:
            with office.begin() as session:
                _show(book_act(session, number))
        return _tell(book_desk.approve(_doors(office), number, checker=as_user), as_json)


def reject(number: Number, reason: Reason, as_user: AsUser, as_json: AsJson = False) -> int:
    """Reject what was proposed, or take an approval back that the books did not take."""
    from activities import book_desk
    from runtime.cli.failures import Misuse
    from runtime.cli.office import Office
    from runtime.cli.output import note

    if not reason.strip():
        raise Misuse("cli.usage.empty", name="--reason")
    note("cli.unauthenticated")
    with Office() as office:
        return _tell(book_desk.reject(_doors(office), number, checker=as_user, reason=reason), as_json)


def proposals(fund: Fund = None, all_acts: Annotated[bool, Option("--all")] = False, as_json: AsJson = False) -> int:
    """Acts of the desk that wait for a person, or all of them."""
    from models.book_acts import book_acts
    from runtime.cli.office import Office
    from runtime.cli.output import print_json, table, word

    with Office() as office, office.begin() as session:
        code = office.the_fund(session, fund) if fund else None
        found = book_acts(session, code, open_only=not all_acts)
        session.expunge_all()
    if as_json:
        print_json([_plain(row) for row in found])
        return Exit.WELL
    table(
        ("act_no", "book", "kind", "about", "maker", "checker", "state", "voucher"),
        (
            (
                row.number,
                row.book,
                word("posting", row.kind),
                _about(row),
                row.maker_name,
                row.checker_name,
                word("book_state", row.state),
                row.voucher,
            )
            for row in found
        ),
        right=("act_no", "voucher"),
    )
    return Exit.WELL


def _doors(office: "Office") -> "Doors":
    from activities.book_desk import Doors

    return Doors(desk=office.desk, books=office.begin)


def _tell(row: "BookActRow", as_json: bool, **beside: object) -> int:
    from rulebook.book_acts import ProposalState
    from runtime.cli.output import line, print_json, say

    if as_json:
        print_json({**_plain(row), **beside})
        return Exit.WELL
    about = {"number": row.number, "kind": row.kind}
    match ProposalState(row.state):
        case ProposalState.POSTED:
            line(say("cli.bookdesk.posted", **about, book=row.book, voucher=row.voucher))
        case ProposalState.REJECTED:
            line(say("cli.bookdesk.rejected", **about, reason=row.reason))
        case _:
            line(say("cli.bookdesk.waits", **about))
    return Exit.WELL


def _show(row: "BookActRow") -> None:
    """What the second person is asked to allow."""
    from runtime.cli.output import fields, short, word

    fields(
        (
            ("act_no", row.number),
            ("book", row.book),
            ("kind", word("posting", row.kind)),
            ("about", _about(row, whole=True)),
            ("maker", row.maker_name),
            ("evidence", short(row.evidence)),
        )
    )


def _about(row: "BookActRow", *, whole: bool = False) -> str:
    """What an act says of itself: amounts in yuan; account numbers whole only before whoever decides."""
    from rulebook.book_acts import read_act
    from runtime.cli.output import masked, money, say

    said = []
    for name, value in read_act(row.body).model_dump(exclude={"kind"}, exclude_none=True).items():
        if name == "payee":
            number = value["number"] if whole else masked(value["number"])
            said.append(f"{value['name']} {number} {value['branch']}")
        else:
            said.append(f"{money(value)}" if name.endswith("_fen") else str(value))
    return say("cli.semicolon").join(said)


def _plain(row: "BookActRow") -> "Mapping[str, object]":
    from runtime.cli.output import masked, plain

    data: dict[str, object] = plain(row)
    if payee := row.body.get("payee"):
        shown = {**plain(row.body), "payee": {**payee, "number": masked(payee["number"])}}
        data["body"] = shown
    return data


# The acts --------------------------------------------------------------------------------------------------------


def _refund(
    amount: Amount,
    book_reference: Reference,
    payee_name: PayeeName,
    payee_number: PayeeNumber,
    payee_branch: PayeeBranch,
    about_case: OfCaseOrNot = None,
    statement_line: Line = None,
) -> "BookAct":
    from rulebook.book_acts import Refund
    from runtime.cli.failures import Misuse

    if (about_case is None) == (statement_line is None):
        raise Misuse("cli.usage.case_or_line")
    payee = _payee(payee_name, payee_number, payee_branch)
    case = None if about_case is None else _case(about_case)
    return Refund(amount_fen=_fen(amount), reference=book_reference, payee=payee, case_no=case, line=statement_line)


def _spend(amount: Amount, purpose: Purpose, book_reference: Reference) -> "BookAct":
    from rulebook.book_acts import Spend

    return Spend(amount_fen=_fen(amount), reference=book_reference, purpose=purpose)


def _write_off(about_case: OfCase, amount: Amount, decision: Decision) -> "BookAct":
    from rulebook.book_acts import WriteOff

    return WriteOff(amount_fen=_fen(amount), case_no=_case(about_case), decision=decision)


def _compensate(
    about_case: OfCase,
    amount: Amount,
    book_reference: Reference,
    payee_name: PayeeName,
    payee_number: PayeeNumber,
    payee_branch: PayeeBranch,
) -> "BookAct":
    from rulebook.book_acts import Compensate

    payee = _payee(payee_name, payee_number, payee_branch)
    return Compensate(amount_fen=_fen(amount), reference=book_reference, case_no=_case(about_case), payee=payee)


def _capital_out(contributor: Contributor, amount: Amount, book_reference: Reference) -> "BookAct":
    from rulebook.book_acts import CapitalOut

    return CapitalOut(amount_fen=_fen(amount), reference=book_reference, contributor=contributor)


def _reverse(voucher_no: Voucher, reason: Reason) -> "BookAct":
    from rulebook.book_acts import Reverse

    return Reverse(voucher=voucher_no, reason=reason)


def _capital_in(contributor: Contributor, amount: Amount, book_reference: Reference) -> "BookAct":
    from rulebook.book_acts import CapitalIn

    return CapitalIn(amount_fen=_fen(amount), reference=book_reference, contributor=contributor)


def _interest(amount: Amount, book_reference: Reference) -> "BookAct":
    from rulebook.book_acts import Interest

    return Interest(amount_fen=_fen(amount), reference=book_reference)


def _charge(amount: Amount, book_reference: Reference) -> "BookAct":
    from rulebook.book_acts import Charge

    return Charge(amount_fen=_fen(amount), reference=book_reference)


def _vat(about_case: OfCase, amount: Amount, invoice: Invoice) -> "BookAct":
    from rulebook.book_acts import Vat

    return Vat(amount_fen=_fen(amount), case_no=_case(about_case), invoice=invoice)


def _vat_paid(amount: Amount, book_reference: Reference) -> "BookAct":
    from rulebook.book_acts import VatPaid

    return VatPaid(amount_fen=_fen(amount), reference=book_reference)


def _guarantor_in(
    about_case: OfCase, book_reference: Reference, principal_part: Principal = "0", fee_part: Fee = "0"
) -> "BookAct":
    from rulebook.book_acts import GuarantorIn
    from runtime.cli.values import fen_of

    principal, fee = fen_of("--principal", principal_part), fen_of("--fee", fee_part)
    return GuarantorIn(case_no=_case(about_case), reference=book_reference, principal_fen=principal, fee_fen=fee)


def _recover(about_case: OfCase, amount: Amount, book_reference: Reference) -> "BookAct":
    from rulebook.book_acts import Recover

    return Recover(amount_fen=_fen(amount), case_no=_case(about_case), reference=book_reference)


def _carry_over(year: Year, to_pool: ToPool = "0") -> "BookAct":
    from rulebook.book_acts import CarryOver
    from runtime.cli.values import fen_of

    return CarryOver(year=year, to_pool_fen=fen_of("--to-pool", to_pool))


def _fen(amount: str) -> int:
    from runtime.cli.values import fen_of

    return fen_of("--amount", amount, least=1)


def _case(typed: str) -> str:
    from runtime.cli.values import case_no_of

    return case_no_of(typed)


def _payee(name: str, number: str, branch: str) -> "Payee":
    from rulebook.book_acts import Payee

    digits = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", number))
    return Payee(name=name.strip(), number=digits, branch=branch.strip())


_ACTS: "Mapping[str, Callable[..., BookAct]]" = {
    "refund": _refund,
    "spend": _spend,
    "write-off": _write_off,
    "compensate": _compensate,
    "capital-out": _capital_out,
    "reverse": _reverse,
    "capital-in": _capital_in,
    "interest": _interest,
    "charge": _charge,
    "vat": _vat,
    "vat-paid": _vat_paid,
    "guarantor-in": _guarantor_in,
    "recover": _recover,
    "carry-over": _carry_over,
}
