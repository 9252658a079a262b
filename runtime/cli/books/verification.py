"""``xuqiao ledger seal | close | verify | export``: the books are sealed, closed, judged, and taken along."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

from sqlmodel import Session
from typer import Argument, Option

from activities.books.closing import check_compared, propose_reopening
from activities.wording import short
from models.books import ledger, seals
from models.books.check import database_faults, verify_book
from models.books.export import export_book
from models.books.seals import new_key
from models.books.verification import Fault, OutsideSeal, Verdict, judge, read_keys, read_outside_seal, read_rows
from models.funds import funds, people
from models.funds.funds import business_date
from rulebook.books.acts import fund_of
from rulebook.errors import XuqiaoError
from rulebook.stages import Role
from runtime.cli.failures import Exit, Misuse, say_reason
from runtime.cli.funds.changes import proposed
from runtime.cli.office import Office, settings
from runtime.cli.options import AsJson, AsUser, File, Fund, Reason
from runtime.cli.output import line, note, print_json, say
from runtime.cli.values import day_of
from runtime.settings import Settings

FileOrNot = Annotated[Path | None, Argument(metavar="FILE")]
NewKey = Annotated[Path | None, Option("--new-key", metavar="DIR")]
SealKeyFile = Annotated[Path | None, Option("--key", metavar="FILE")]
Out = Annotated[Path | None, Option("--out", metavar="DIR")]
PublicKeys = Annotated[Path | None, Option("--keys", metavar="DIR")]
Seals = Annotated[list[Path] | None, Option("--seal", metavar="FILE")]
Through = Annotated[str, Option("--through", metavar="DATE")]


def seal(
    fund: Fund = None,
    seal_key: SealKeyFile = None,
    seals_to: Out = None,
    new_key: NewKey = None,
    as_json: AsJson = False,
) -> int:
    """Seal the open business day, or with ``new_key`` make a key and nothing else."""
    if new_key is not None:
        return _make_key(new_key, as_json)
    with Office() as office:
        path = seal_key or office.settings.seal_key
        if path is None:
            raise Misuse("books.seal_key_needed")
        key = seals.load_key(path)
        folder = seals_to or path.parent
        done = []
        for book in _books(office, fund):
            with office.desk() as session:
                day = _business_day(session, book)
                found = seals.seal_of(session, book, day)
                sealed_now = found is None
                found = found or seals.set_seal(session, book, day, key)
            # Written after the commit; should that fail, the next call finds the seal and writes it.
            try:
                kept = seals.write_seal(folder, found)
            except OSError as error:
                raise Misuse("cli.usage.bad_value", name="--out", reason=say_reason(error)) from None
            done.append({**found, "file": str(kept), "sealed_now": sealed_now})
    if as_json:
        print_json({"seals": done})
        return Exit.WELL
    for each in done:
        code = "books.sealed" if each["sealed_now"] else "books.sealed_already"
        shown = {name: each[name] for name in ("book", "day", "last_seq", "key_id", "file")}
        line(say(code, **shown, head=short(each["head_hash"])))
    return Exit.WELL


def close(fund: Fund = None, *, through: Through, as_user: AsUser, as_json: AsJson = False) -> int:
    """Close a period of a fund's book and of its sub-fund's: it takes nothing more."""
    last_day = day_of("--through", through)
    closed = {}
    with Office() as office:
        books = _books(office, fund)
        # All books of a fund or none: one transaction, which takes their locks in this order.
        with office.desk() as session:
            for book in books:
                person = people.actor(session, as_user, Role.CHECKER, _fund_of(book))
                today = _business_day(session, book)
                if last_day >= today:
                    raise XuqiaoError("books.close_open_day", book=book, through=last_day, today=today)
                sealed = seals.last_sealed(session, book)
                business_day = funds.business_day_through(session, _fund_of(book), last_day)
                seals_here = sealed is not None or office.settings.seal_key is not None
                if seals_here and business_day is not None and (sealed is None or sealed < business_day):
                    raise XuqiaoError("books.close_unsealed", book=book, through=last_day, day=business_day)
                if book == _fund_of(book):
                    check_compared(session, book, last_day)
                closed[book] = ledger.close_books(session, book, last_day, person.id)
    if as_json:
        print_json({"through": last_day, "books": [{"book": book, "voucher": last} for book, last in closed.items()]})
        return Exit.WELL
    for book, last in closed.items():
        line(say("books.period_closed", book=book, through=last_day, voucher=last, person=person.name))
    return Exit.WELL


def reopen(through: Through, reason: Reason, as_user: AsUser, fund: Fund = None, as_json: AsJson = False) -> int:
    """Propose to take back the last close; another person decides it among the changes of the fund."""
    with Office() as office, office.desk() as session:
        code = office.the_fund(session, fund)
        last_day = day_of("--through", through)
        number = propose_reopening(session, code, last_day, reason=reason, by=as_user)
    return proposed(number, as_json)


def verify(
    file: FileOrNot = None,
    fund: Fund = None,
    public_keys: PublicKeys = None,
    outside_seals: Seals = None,
    as_json: AsJson = False,
) -> int:
    """Recompute books from their rows alone, in the database or in an exported file."""
    outside = _outside(outside_seals or [])
    with Office() as office:
        keys = _public_keys(office.settings, public_keys)
        if file is not None:
            if fund is not None:
                raise Misuse("books.file_or_fund")
            _readable(file)
            return _tell([judge(read_rows(file), keys, outside)], [], keys is not None, as_json)
        books = _books(office, fund)
        lost = [seal for seal in outside if seal.row["book"] not in books]
        if lost and not books:
            raise XuqiaoError("ledger.unknown_book", book=lost[0].row["book"])
        verdicts = []
        for book in books:
            of_it = [seal for seal in outside if seal.row["book"] == book]
            with office.begin() as session:
                verdicts.append(verify_book(session, book, keys, [*of_it, *lost]))
            lost = []
        with office.begin() as session:
            around = database_faults(session)
        return _tell(verdicts, around, keys is not None, as_json)


def export(file: File, fund: Fund = None, public_keys: PublicKeys = None, as_json: AsJson = False) -> int:
    """Write one book into a file that ``verify`` reads without a database."""
    with Office() as office:
        keys = _public_keys(office.settings, public_keys)
        books = [book for book in _books(office, fund) if fund in (None, book)]
        if len(books) != 1:
            raise Misuse("cli.usage.fund_needed", known=", ".join(books))
        with office.begin() as session:
            try:
                count = export_book(session, books[0], file, keys or {})
            except OSError as error:
                raise Misuse("cli.usage.bad_value", name="FILE", reason=say_reason(error)) from None
    if as_json:
        print_json({"book": books[0], "file": str(file), "vouchers": count})
    else:
        line(say("books.exported", book=books[0], file=file, count=count))
    return Exit.WELL


def _make_key(folder: Path, as_json: bool) -> int:
    settings()
    try:
        key = new_key(folder)
    except OSError as error:
        raise Misuse("cli.usage.bad_value", name="--new-key", reason=say_reason(error)) from None
    paths = {"private": str(folder / f"{key.id}.key"), "public": str(folder / f"{key.id}.pub")}
    if as_json:
        print_json({"key_id": key.id, **paths})
    else:
        line(say("books.key_made", key_id=key.id, **paths))
    return Exit.WELL


def _tell(verdicts: Sequence[Verdict], around: Sequence[Fault], keys_known: bool, as_json: bool) -> int:
    """Say what came out: of each book, and of the database around them."""
    good = not around and not any(verdict.faults for verdict in verdicts)
    if as_json:
        books = [{**verdict._asdict(), "faults": _as_data(verdict.faults)} for verdict in verdicts]
        print_json({"good": good, "keys_known": keys_known, "books": books, "database": _as_data(around)})
        return Exit.WELL if good else Exit.NOT_AS_EXPECTED
    for verdict in verdicts:
        code = "books.verified_wrong" if verdict.faults else "books.verified_right"
        figures = {"vouchers": verdict.vouchers, "seals": verdict.seals, "head": short(verdict.head_hash) or ""}
        line(say(code, book=verdict.book, count=len(verdict.faults), **figures))
        for fault in verdict.faults:
            line(f"  {say(fault.code, **fault.params)}")
        if verdict.keys and not keys_known:
            code = "books.keys_believed" if verdict.signatures_checked else "books.seals_not_checked"
            note(code, keys=", ".join(verdict.keys))
    for fault in around:
        line(say(fault.code, **fault.params))
    return Exit.WELL if good else Exit.NOT_AS_EXPECTED


def _as_data(faults: Sequence[Fault]) -> list[dict[str, object]]:
    return [
        {"code": fault.code, "params": dict(fault.params), "message": say(fault.code, **fault.params)}
        for fault in faults
    ]


def _outside(paths: Sequence[Path]) -> list[OutsideSeal]:
    found = []
    for path in paths:
        try:
            found.append(read_outside_seal(path))
        except (OSError, ValueError) as error:
            raise Misuse("cli.usage.bad_value", name="--seal", reason=error) from None
    return found


def _public_keys(settings: Settings, folder: Path | None) -> Mapping[str, str] | None:
    """The public keys that are believed; None where no folder is named."""
    folder = folder or settings.seal_keys
    if folder is None:
        return None
    try:
        return read_keys(folder)
    except (OSError, ValueError) as error:
        raise Misuse("cli.usage.bad_value", name="--keys", reason=error) from None


def _readable(path: Path) -> None:
    try:
        path.open("rb").close()
    except OSError as error:
        raise Misuse("cli.usage.bad_value", name="FILE", reason=say_reason(error)) from None


def _books(office: Office, fund: str | None) -> list[str]:
    """The books of one fund, its sub-fund's included, or all there are."""
    with office.begin() as session:
        books = ledger.books(session)
        if fund is None:
            return books
        if fund in books and fund != _fund_of(fund):
            return [fund]
        code = funds.fund(session, fund).code
        found = [book for book in books if _fund_of(book) == code]
    if not found:
        raise XuqiaoError("ledger.unknown_book", book=code)
    return found


def _business_day(session: Session, book: str) -> "date":
    return business_date(session, _fund_of(book))


def _fund_of(book: str) -> str:
    return fund_of(book)
