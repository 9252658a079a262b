"""``xuqiao ledger import-statement``, ``suspense``, ``match``, ``reconcile``, ``differences``, ``explain``."""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

from sqlmodel import Session
from typer import Argument, Option

from activities.books import reconciliation
from activities.books.matching import Match, propose_match
from activities.books.reconciliation import DayEnd, SuspenseLine
from activities.books.statement import taking_in
from activities.books.statement.taking_in import BalanceBreak, ImportReport, RowResult
from activities.wording import masked, moment, money, plain
from activities.words import say_error
from activities.workbook.file import MOST_BYTES
from models.books import statements
from models.books.acts import acts_of_lines
from models.books.statements import StatementDifference, line_of
from models.funds.people import keeper
from rulebook.books.reconciling import Difference, DifferenceKind
from rulebook.errors import XuqiaoError
from rulebook.money import format_yuan
from runtime.cli.failures import Exit, Misuse
from runtime.cli.files import content_of
from runtime.cli.funds.changes import proposed
from runtime.cli.language import call
from runtime.cli.names import case_no_of
from runtime.cli.office import Office
from runtime.cli.options import AsJson, AsUser, Case, File, Fund, OnDay, Reason
from runtime.cli.output import fields, line, note, print_json, say, section, word
from runtime.cli.tables import table
from runtime.cli.values import day_of, fen_of

OfLine = Annotated[str, Argument(metavar="REFERENCE")]
Number = Annotated[int, Argument(metavar="NUMBER")]
PrincipalPart = Annotated[str | None, Option("--principal", metavar="YUAN")]
FeePart = Annotated[str | None, Option("--fee", metavar="YUAN")]
OfGuarantor = Annotated[bool, Option("--guarantor")]
Resolved = Annotated[bool, Option("--resolved")]


def import_statement(file: File, fund: Fund = None, *, as_user: AsUser, as_json: AsJson = False) -> int:
    """Take in the bank's statement."""
    with Office() as office, office.begin() as session:
        code = office.the_fund(session, fund)
        report = taking_in.import_statement(session, code, _content(file), _who(session, as_user, code))
    _show_import(report, as_json)
    return Exit.WELL if report.whole else Exit.REFUSED


def _content(file: Path) -> bytes:
    content = content_of(file, MOST_BYTES)
    if content is None:
        raise XuqiaoError("statement.not_found", name=file.name)
    return content


def _who(session: Session, user: str, fund: str) -> str:
    note("cli.unauthenticated")
    return keeper(session, user, fund).id


def _sentence(reason: Any) -> str:
    return say(reason.code, **reason.params) if reason else ""


def _show_import(report: ImportReport, as_json: bool) -> None:
    counts = {
        "rows": len(report.rows),
        "new": sum(row.new is True for row in report.rows),
        "known": sum(row.new is False for row in report.rows),
        "faults": sum(row.reason is not None for row in report.rows),
    }
    if as_json:
        shown = plain(report)
        for entry, row in zip(shown["rows"], report.rows, strict=True):
            if row.reason:
                entry["reason"]["message"] = _sentence(row.reason)
        print_json({**shown, "counts": counts, "taken": report.taken, "whole": report.whole})
        return
    _show_reading(report)
    sheets = {row.sheet for row in report.rows}
    table(
        ("line_row", "line_day", "amount", "line_name", "result", "line_proposed", "reason"),
        (
            (
                _place_of(row, sheets),
                row.on,
                money(row.amount_fen),
                row.name,
                _result_of(row, report),
                row.proposed,
                _sentence(row.reason),
            )
            for row in report.rows
        ),
        right=("line_row", "amount"),
    )
    for each in report.breaks:
        expected, stated = money(each.expected_fen), money(each.stated_fen)
        line(say("statement.balance_break", row=_place_of(each, sheets), expected=expected, stated=stated))
    for reason in report.sums:
        line(_sentence(reason))
    for name in report.absent:
        line(say("statement.absent", reference=name))
    line(say("statement.imported", fund=report.fund, **counts, breaks=len(report.breaks)))
    if not report.taken:
        line(say("statement.nothing_taken"))


def _place_of(row: RowResult | BalanceBreak, sheets: Collection[str]) -> str | int:
    return f"{row.sheet}!{row.row}" if len(sheets) > 1 else row.row


def _result_of(row: RowResult, report: ImportReport) -> str:
    if not report.taken:
        return "" if row.reason else say("statement.not_taken")
    if row.new is None:
        return ""
    return word("statement.state", row.state) if row.new else say("statement.known")


def _show_reading(report: ImportReport) -> None:
    """How the file was read: nothing that was left out is left unsaid."""
    reading, sign = report.reading, say("cli.list_sign")
    note("statement.read_as", layouts=sign.join(reading.layouts))
    if not report.account_named:
        note("statement.account_not_named")
    if reading.told:
        note("statement.read_as_told", headings=sign.join(reading.told))
    if reading.unread:
        note("statement.unread", headings=sign.join(reading.unread))
    if reading.other_sheets:
        note("statement.other_sheets", sheets=sign.join(reading.other_sheets))
    for each in reading.passed_over:
        note("statement.passed_over", row=each.row, text=each.text)


def suspense(fund: Fund = None, as_json: AsJson = False) -> int:
    """Money that belongs to no case yet (待确认来款)."""
    with Office() as office, office.begin() as session:
        found = reconciliation.suspense(session, office.the_fund(session, fund))
    if as_json:
        print_json([_suspended(each) for each in found])
        return Exit.WELL
    table(
        (
            *("line_name", "line_day", "line_left", "line_payer", "account", "line_summary"),
            *("line_proposed", "line_told"),
        ),
        (
            (
                each.suspended.name,
                each.suspended.booked_on or each.suspended.since,
                money(each.suspended.left_fen),
                each.suspended.payer_name,
                masked(each.suspended.payer_account or ""),
                each.suspended.summary,
                each.proposed,
                _answered(each),
            )
            for each in found
        ),
        right=("line_left",),
    )
    return Exit.WELL


def _suspended(each: SuspenseLine) -> dict[str, Any]:
    shown = plain(each.suspended)
    shown["payer_account"] = masked(each.suspended.payer_account or "")
    return {**shown, "proposed": each.proposed}


def _answered(each: SuspenseLine) -> str:
    """The case that was told last, and what it answered."""
    told = each.suspended.told
    if told is None:
        return ""
    answer = say_error(XuqiaoError.from_data(told.reason), call.lang) if told.reason else word("cli.state", told.state)
    return f"{told.case_no} {answer}"


def match_line(
    line_name: OfLine,
    case: Case,
    as_user: AsUser,
    matched_principal: PrincipalPart = None,
    matched_fee: FeePart = None,
    of_guarantor: OfGuarantor = False,
    as_json: AsJson = False,
) -> int:
    """Propose whose money a line is; another person confirms it."""
    case_no = case_no_of(case)
    parts = {
        "principal_fen": fen_of("--principal", matched_principal) if matched_principal else None,
        "fee_fen": fen_of("--fee", matched_fee) if matched_fee else None,
    }
    match = Match(line=line_name, case_no=case_no, **parts, of_guarantor=of_guarantor)
    with Office() as office:
        note("cli.unauthenticated")
        number = propose_match(office.desk, office.begin, match, by=as_user)
    return proposed(number, as_json)


def reconcile(fund: Fund = None, *, on: OnDay, as_user: AsUser, as_json: AsJson = False) -> int:
    """Compare statement and books at the end of a day, to the fen."""
    day = day_of("--on", on)
    with Office() as office, office.begin() as session:
        code = office.the_fund(session, fund)
        end = reconciliation.reconcile_day(session, code, day, _who(session, as_user, code))
        tasks = statements.differences(session, end.fund)
        acts = _allowed_acts(session, end.fund, tasks)
    if as_json:
        print_json({**_day_end(end), "tasks": [_task(each, acts) for each in tasks]})
    else:
        _show_day_end(end, tasks, acts)
    return Exit.WELL if end.reconciliation.equal else Exit.NOT_AS_EXPECTED


def _day_end(end: DayEnd) -> dict[str, Any]:
    found = end.reconciliation
    return {
        "fund": end.fund,
        **plain(found),
        "equal": found.equal,
        "difference_yuan": format_yuan(found.statement_fen - found.books_fen),
        "parts": {f"{part}_yuan": format_yuan(fen) for part, fen in end.parts.items()},
    }


def _allowed_acts(session: Session, fund: str, tasks: list[StatementDifference]) -> Mapping[str, int]:
    """By line that the books do not know, the act of the desk that it probably pays: the cashier did not record it."""
    names = [each.about for each in tasks if each.kind == DifferenceKind.NOT_IN_BOOKS]
    return acts_of_lines(session, fund, [line for name in names if (line := line_of(session, fund, name))])


def _task(each: StatementDifference, acts: Mapping[str, int] | None = None) -> dict[str, Any]:
    shown: dict[str, Any] = plain(each)
    return shown if acts is None else {**shown, "allowed_act": acts.get(each.about)}


def _show_day_end(end: DayEnd, tasks: list[StatementDifference], acts: Mapping[str, int]) -> None:
    found = end.reconciliation
    line(f"{end.fund} {found.on}")
    if not found.stated:
        note("statement.no_balances")
    fields(
        (
            ("statement_balance", money(found.statement_fen)),
            ("books_balance", money(found.books_fen)),
            *((f"part_{part}", money(fen)) for part, fen in end.parts.items()),
            ("last_line", found.last_line_on),
        )
    )
    if found.equal:
        line(say("statement.equal"))
    else:
        section("differences")
        _show_differences(found.differences)
        line(say("statement.unequal", difference=money(found.statement_fen - found.books_fen)))
    if tasks:
        section("difference_tasks")
        _show_tasks(tasks, acts)


def of_case(difference: str, case_no: str | None) -> str:
    """What differs, and the case it is about where that is known."""
    return f"{difference} {case_no}" if case_no else difference


def _show_differences(found: Iterable[Difference]) -> None:
    table(
        ("difference", "line_name", "line_day", "on_statement", "in_books", "effect", "follows"),
        (
            (
                of_case(word("statement.difference", each.kind), each.case_no),
                each.about,
                each.on,
                money(each.statement_fen),
                money(each.books_fen),
                money(each.effect_fen),
                each.follows_on,
            )
            for each in found
        ),
        right=("on_statement", "in_books", "effect"),
    )


def _show_tasks(tasks: list[StatementDifference], acts: Mapping[str, int]) -> None:
    table(
        (
            "number",
            "difference",
            "line_name",
            "found_on",
            "on_statement",
            "in_books",
            "allowed_act",
            "state",
            "person",
            "at",
            "reason",
        ),
        (
            (
                each.id,
                of_case(word("statement.difference", each.kind), each.case_no),
                each.about,
                each.found_on,
                money(each.statement_fen),
                money(each.books_fen),
                acts.get(each.about),
                word("statement.task", each.state),
                each.explained_by,
                moment(each.explained_at),
                each.reason,
            )
            for each in tasks
        ),
        right=("number", "on_statement", "in_books", "allowed_act"),
    )


def differences(fund: Fund = None, resolved: Resolved = False, as_json: AsJson = False) -> int:
    """What statement and books differ in, as tasks."""
    with Office() as office, office.begin() as session:
        code = office.the_fund(session, fund)
        found = statements.differences(session, code, resolved=resolved)
        acts = _allowed_acts(session, code, found)
    if as_json:
        print_json([_task(each, acts) for each in found])
    else:
        _show_tasks(found, acts)
    return Exit.WELL


def explain(difference_no: Number, as_user: AsUser, reason: Reason, as_json: AsJson = False) -> int:
    """Put on record why something differs."""
    if not reason.strip():
        raise Misuse("cli.usage.empty", name="--reason")
    with Office() as office, office.begin() as session:
        note("cli.unauthenticated")
        by = keeper(session, as_user, statements.the_difference(session, difference_no).fund)
        row = statements.explain(session, difference_no, by=by.id, reason=reason.strip())
    if as_json:
        print_json(_task(row))
    else:
        line(say("statement.explained", number=difference_no))
    return Exit.WELL
