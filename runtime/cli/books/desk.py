"""What officers book beside the cases: one command for each kind of event, the second person's word, the payment."""

import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import ValidationError
from typer import Argument, Option

from activities.books import desk as book_desk
from activities.books.desk import Doors, next_steps
from activities.wording import masked, money, plain, short
from models.books.acts import BookActRow, book_act, book_acts
from rulebook.books.acts import RISK_COMPENSATION, BookAct, read_act
from rulebook.books.postings import PostingKind
from rulebook.books.steps import ProposalState
from rulebook.errors import XuqiaoError
from rulebook.values import expected_of, place_of
from runtime.cli.books.acts import ACTS, Reference
from runtime.cli.commands import combined
from runtime.cli.failures import Exit, Misuse, tell
from runtime.cli.files import digest_of_file
from runtime.cli.office import Office
from runtime.cli.options import AsJson, AsUser, Fund, Key, Reason, Yes
from runtime.cli.output import fields, line, note, print_json, say, word
from runtime.cli.tables import table
from runtime.cli.values import require_consent

Number = Annotated[int, Argument(metavar="NUMBER")]
Book = Annotated[str | None, Option("--book", metavar="BOOK")]
Evidence = Annotated[Path, Option("--evidence", metavar="FILE")]


def propose(
    make_body: Callable[[], BookAct],
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
    try:
        act = make_body()
    except ValidationError as error:
        first = error.errors()[0]
        raise Misuse("cli.usage.other", reason=f"{place_of(first['loc'])}: {expected_of(first)}") from None
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


def approve(number: Number, as_user: AsUser, yes: Yes = False, as_json: AsJson = False) -> int:
    """Show what was proposed, ask, and allow it."""
    note("cli.unauthenticated")
    with Office() as office:
        with office.begin() as session:
            proposed = book_act(session, number)
            if not as_json:
                _show(proposed)
        require_consent(yes)
        return _tell(book_desk.approve(_doors(office), number, checker=as_user), as_json)


def paid(number: Number, book_reference: Reference, as_user: AsUser, as_json: AsJson = False) -> int:
    """Record that the cashier has paid at the bank what was allowed."""
    reference = book_reference.strip()
    if not reference:
        raise Misuse("cli.usage.empty", name="--reference")
    note("cli.unauthenticated")
    with Office() as office:
        return _tell(book_desk.paid(_doors(office), number, reference=reference, cashier=as_user), as_json)


def reject(number: Number, reason: Reason, as_user: AsUser, as_json: AsJson = False) -> int:
    """Reject what was proposed, or take back what was allowed and is not paid."""
    if not reason.strip():
        raise Misuse("cli.usage.empty", name="--reason")
    note("cli.unauthenticated")
    with Office() as office:
        return _tell(book_desk.reject(_doors(office), number, by=as_user, reason=reason.strip()), as_json)


def proposals(fund: Fund = None, all_acts: Annotated[bool, Option("--all")] = False, as_json: AsJson = False) -> int:
    """Acts of the desk that wait for a person, or all of them, and who must do what next."""
    with Office() as office, office.begin() as session:
        code = office.the_fund(session, fund) if fund else None
        rows = book_acts(session, code, open_only=not all_acts)
        found = list(zip(rows, next_steps(session, rows), strict=True))
        session.expunge_all()
    if as_json:
        print_json([{**_plain(row), "next": step} for row, step in found])
        return Exit.WELL
    table(
        ("act_no", "book", "kind", "about", "maker", "checker", "payer", "state", "next_step", "voucher"),
        (
            (
                row.number,
                row.book,
                word("posting", row.kind),
                _about(row),
                row.maker_name,
                row.checker_name,
                row.payer_name,
                word("book_state", row.state),
                word("book_next", step),
                row.voucher,
            )
            for row, step in found
        ),
        right=("act_no", "voucher"),
    )
    return Exit.WELL


def _doors(office: Office) -> Doors:
    return Doors(desk=office.desk, books=office.begin)


def _tell(row: BookActRow, as_json: bool, **beside: object) -> int:
    if as_json:
        print_json({**_plain(row), **beside})
        return Exit.WELL
    about = {"number": row.number, "kind": row.kind}
    match ProposalState(row.state):
        case ProposalState.POSTED:
            line(say("cli.bookdesk.posted", **about, book=row.book, voucher=row.voucher))
        case ProposalState.REJECTED:
            line(say("cli.bookdesk.rejected", **about, reason=row.reason))
        case ProposalState.TAKEN_BACK:
            line(say("cli.bookdesk.taken_back", **about, reason=row.reason))
        case ProposalState.ALLOWED:
            line(say("cli.bookdesk.to_pay", **about))
        case _:
            line(say("cli.bookdesk.waits", **about))
    return Exit.WELL


def _show(row: BookActRow) -> None:
    """What the second person is asked to allow."""
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


def _about(row: BookActRow, *, whole: bool = False) -> str:
    """What an act says of itself: amounts in yuan; account numbers whole only before whoever decides."""
    details = []
    for name, value in read_act(row.body).model_dump(exclude={"kind"}, exclude_none=True).items():
        if name == "payee":
            number = value["number"] if whole else masked(value["number"])
            details.append(f"{value['name']} {number} {value['branch']}")
        else:
            details.append(f"{money(value)}" if name.endswith("_fen") else str(value))
    details += [row.reference] if row.reference else []
    return say("cli.semicolon").join(details)


def _plain(row: BookActRow) -> Mapping[str, object]:
    data: dict[str, object] = plain(row)
    if payee := row.body.get("payee"):
        shown = {**plain(row.body), "payee": {**payee, "number": masked(payee["number"])}}
        data["body"] = shown
    return data


PROPOSE: Mapping[str, Callable[..., int]] = {name: combined(make, propose) for name, make in ACTS.items()}
"""What may be typed after ``xuqiao ledger propose``."""
