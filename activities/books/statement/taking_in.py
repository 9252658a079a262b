"""Taking in a bank's statement: each row on record once, what came in booked, and everything else named."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from itertools import combinations
from typing import NamedTuple

from sqlmodel import Session

from activities.books.ledger import lock_pool
from activities.books.standing import tell_cases
from activities.books.statement.columns import heading_name, usual_field
from activities.books.statement.layouts import MONEY, Field
from activities.books.statement.reading import FileLine, Part, StatementFile, read_statement
from activities.cases.late_payment import tell_late_payments
from activities.wording import masked
from models.books import ledger, statements
from models.books.statements import InFile
from models.cases.case_file import fee_owed
from models.funds.funds import business_date
from models.funds.funds import fund as the_fund
from rulebook.books import reconciling
from rulebook.books.postings import unmatched_receipt
from rulebook.books.reconciling import DifferenceKind
from rulebook.books.running_balance import balance_breaks
from rulebook.books.same_line import Recognised, completed, no_longer_there, recognise, shows
from rulebook.books.statements import KnownLine, LineKind, StatementLine
from rulebook.errors import XuqiaoError
from rulebook.values import Value

_DIGITS_TO_TELL_BY = 4
"""Of a masked account number; fewer could be anybody's."""


class LineState(StrEnum):
    """What became of a line."""

    IN_BOOKS = "in_books"  # the books have it already
    RETURNED = "returned"  # a payment the bank sent back, or its return: the books know neither
    PROPOSED = "proposed"  # 待确认来款, and one case could be meant
    SUSPENSE = "suspense"  # 待确认来款
    INTEREST = "interest"  # of the account itself: an officer books it as such
    CHARGE = "charge"  # the bank's for the account: an officer books it as such
    LATE_PAYMENT = "late_payment"  # the bank paid what the books hold for not made: ``proposed`` is the case
    NOT_IN_BOOKS = "not_in_books"  # an officer must book it, or find out what it is


class Reason(Value):
    """An error as data."""

    code: str
    params: dict[str, str] = {}


class RowResult(Value):
    """What became of one row of the file.

    Attributes:
        sheet: title of its sheet; empty for CSV.
        new: whether the line was not on record before; None for a row that was not taken in.
        name: how the line is called from here on.
        proposed: the case that is probably meant.
        reason: why it could not be read, put on record or booked.
    """

    row: int
    sheet: str = ""
    new: bool | None = None
    name: str | None = None
    on: date | None = None
    amount_fen: int | None = None
    state: LineState | None = None
    proposed: str | None = None
    reason: Reason | None = None


class BalanceBreak(Value):
    """A row whose balance does not follow from the row before: a line between them is missing, or wrong; in fen."""

    row: int
    sheet: str = ""
    expected_fen: int
    stated_fen: int


class PassedOverRow(Value):
    """A row that is no line of the bank's: a sum, headings again, a note."""

    row: int
    sheet: str = ""
    text: str


class Reading(Value):
    """How a file was read.

    Attributes:
        layouts: of which bank and edition the headings are, one for each sheet.
        unread: headings that nobody knows; nothing was taken from their columns.
        told: headings that were read as an officer said.
        other_sheets: sheets without headings of a statement, from which nothing was taken.
    """

    layouts: tuple[str, ...]
    passed_over: tuple[PassedOverRow, ...]
    unread: tuple[str, ...]
    told: tuple[str, ...]
    other_sheets: tuple[str, ...]


class ImportReport(Value):
    """One statement taken in, or refused whole.

    Attributes:
        account_named: whether the file itself names the fund's account.
        breaks, sums: what in the statement contradicts itself; then nothing of it is on record.
        absent: names of lines on record, of the days it covers, that it no longer has.
    """

    fund: str
    account_named: bool
    rows: tuple[RowResult, ...]
    breaks: tuple[BalanceBreak, ...]
    sums: tuple[Reason, ...]
    absent: tuple[str, ...]
    reading: Reading

    @property
    def taken(self) -> bool:
        """Whether the statement adds up, and so what could be read of it is on record."""
        return not self.breaks and not self.sums

    @property
    def whole(self) -> bool:
        """Whether every line was taken in."""
        return self.taken and not any(row.reason for row in self.rows)


def reason_of(error: XuqiaoError) -> Reason:
    """An error as data."""
    return Reason(code=error.code, params={name: str(value) for name, value in error.params.items()})


def import_statement(session: Session, fund: str, content: bytes, by: str) -> ImportReport:
    """Take in a statement: each line once and right, or named with the reason why not.

    The same line again changes nothing. A statement that contradicts itself books nothing at all. What came in and
    belongs to nothing the books know is booked as 待确认来款 at once, so that it can be neither overlooked nor lent.

    Args:
        content: the bank's file, CSV or Excel.
        by: id of the person who imports.
    Raises:
        XuqiaoError: what ``read_statement`` refuses; ``statement.other_account`` for the file of another account.
    """
    told = {heading: Field(row.field) for heading, row in statements.headings_of(session, fund).items()}
    file = read_statement(content, told)
    named = _refuse_other_account(file, _digits(the_fund(session, fund).escrow_number))
    lock_pool(session, fund)
    rows = [
        RowResult(row=fault.row, sheet=part.sheet, reason=reason_of(fault.error))
        for part in file.parts
        for fault in part.faults
    ]
    lines = _in_order_of_time(file.parts)
    breaks = _breaks(file.parts, lines)
    sums = [error for part in file.parts for error in part.sums] + _sheets_twice(file.parts)
    adds_up = not breaks and not sums
    results, absent = _put_on_record(session, fund, lines, content, by) if adds_up else _not_taken(lines)
    unbooked = take_up(session, fund, by) if adds_up else {}
    if adds_up:
        tell_cases(session, fund, [row.name for row in results if row.new and row.name])
        _keep_differing_receipts(session, fund)
        keep_tasks(session, fund)
        tell_late_payments(session, fund, late_payments(session, fund))
    return ImportReport(
        fund=fund,
        account_named=named,
        rows=tuple(_in_file_order(_with_states(session, fund, [*rows, *results], unbooked), file)),
        breaks=tuple(breaks),
        sums=tuple(reason_of(error) for error in sums),
        absent=absent,
        reading=_reading(file),
    )


def keep_tasks(session: Session, fund: str) -> None:
    """Bring the tasks to what differs now between the whole statement and the books."""
    lines, movements = statements.lines_of(session, fund), statements.movements_of(session, fund)
    if lines:
        pairs, not_made = statements.pairs_of(session, fund), statements.payments_not_made(session, fund)
        now = reconciling.for_people(lines, movements, pairs, not_made)
        statements.keep_differences(session, fund, now, max(line.on for line in lines))


def _refuse_other_account(file: StatementFile, number: str) -> bool:
    """Whether the file names the fund's account; a number of which the bank hides a part must fit in what shows."""
    named = {account for part in file.parts for account in part.own_accounts}
    telling = {account for account in named if sum(sign.isdigit() for sign in account) >= _DIGITS_TO_TELL_BY}
    others = sorted(masked(account) for account in telling if not shows(account, number))
    if others:
        raise XuqiaoError("statement.other_account", found=", ".join(others))
    return bool(telling)


class _Placed(NamedTuple):
    """A line, and the sheet and row in which it stands."""

    sheet: str
    row: int
    line: StatementLine


def _in_order_of_time(parts: Sequence[Part]) -> list[_Placed]:
    """The lines of all sheets; of sheets that begin with one day the later may stand first, as lines do in one."""
    ties_turned = sorted(parts, key=lambda part: part.lines[0].line.on if part.lines else date.min, reverse=True)[::-1]
    ways = [[_Placed(part.sheet, *each) for part in order for each in part.lines] for order in (parts, ties_turned)]
    return min(ways, key=lambda lines: len(balance_breaks([each.line for each in lines])))


def _breaks(parts: Sequence[Part], lines: Sequence[_Placed]) -> list[BalanceBreak]:
    """Where the balance does not run: within a sheet, beside what it says of itself, or else from sheet to sheet."""
    found = [
        _break(_Placed(part.sheet, *part.lines[each.place]), each.expected_fen, each.stated_fen)
        for part in parts
        for each in part.breaks
    ]
    across = balance_breaks([each.line for each in lines])
    return found or [_break(lines[each.place], each.expected_fen, each.stated_fen) for each in across]


def _break(at: _Placed, expected_fen: int, stated_fen: int) -> BalanceBreak:
    return BalanceBreak(row=at.row, sheet=at.sheet, expected_fen=expected_fen, stated_fen=stated_fen)


def _sheets_twice(parts: Sequence[Part]) -> list[XuqiaoError]:
    """Sheets with equal lines that no balance tells apart, unless one goes on in the middle of the other's last day."""
    return [
        XuqiaoError("statement.sheet_twice", one=one.sheet, other=other.sheet)
        for one, other in combinations(parts, 2)
        if _equal_lines(one.lines, other.lines) and not (_goes_on(one, other) or _goes_on(other, one))
    ]


def _equal_lines(lines: Sequence[FileLine], others: Sequence[FileLine]) -> bool:
    unproven = {each.line for each in lines if each.line.balance_fen is None}
    return any(each.line in unproven for each in others)


def _goes_on(before: Part, after: Part) -> bool:
    """Whether a sheet is the next page, and no copy."""
    is_copy = [each.line for each in before.lines] == [each.line for each in after.lines]
    return before.lines[-1].line.on <= after.lines[0].line.on and not is_copy


def _put_on_record(
    session: Session, fund: str, lines: Sequence[_Placed], content: bytes, by: str
) -> tuple[list[RowResult], tuple[str, ...]]:
    """What became of each line, and the names of lines on record that the file should have and has not."""
    today, results = business_date(session, fund), []
    come = [each for each in lines if each.line.on <= today]
    for each in lines:
        if each.line.on > today:
            error = XuqiaoError("statement.day_to_come", on=each.line.on, today=today)
            results.append(_result(each, reason=reason_of(error)))
    on_record = statements.lines_of(session, fund)
    found = recognise([each.line for each in come], on_record)
    digest = hashlib.sha256(content).hexdigest()
    for each, what in zip(come, found, strict=True):
        place = InFile(digest=digest, sheet=each.sheet, row=each.row, by=by)
        results.append(_result(each, **_taken_in(session, fund, each.line, what, place)))
    absent = no_longer_there([each.line for each in come], found, on_record)
    return results, tuple(known.name for known in absent)


def _taken_in(session: Session, fund: str, line: StatementLine, what: Recognised, place: InFile) -> dict[str, object]:
    """Put on record what is new of a line."""
    if what.known:
        if after := completed(what.known, line):
            statements.complete_line(session, fund, after, place)
        return {"name": what.known.name, "new": False}
    if what.name:
        statements.add_line(session, fund, what.name, line, place)
        return {"name": what.name, "new": True}
    return {"reason": reason_of(what.refusal)} if what.refusal else {}


def _not_taken(lines: Sequence[_Placed]) -> tuple[list[RowResult], tuple[str, ...]]:
    return [_result(each) for each in lines], ()


def _result(placed: _Placed, **more: object) -> RowResult:
    about = {"row": placed.row, "sheet": placed.sheet, "on": placed.line.on, "amount_fen": placed.line.amount_fen}
    return RowResult.model_validate({**about, **more})


def _reading(file: StatementFile) -> Reading:
    return Reading(
        layouts=tuple(dict.fromkeys(part.layout for part in file.parts)),
        passed_over=tuple(
            PassedOverRow(row=each.row, sheet=part.sheet, text=each.text)
            for part in file.parts
            for each in part.passed_over
        ),
        unread=tuple(dict.fromkeys(heading for part in file.parts for heading in part.unread)),
        told=tuple(dict.fromkeys(heading for part in file.parts for heading in part.told)),
        other_sheets=file.other_sheets,
    )


def _in_file_order(rows: Iterable[RowResult], file: StatementFile) -> list[RowResult]:
    sheets = [part.sheet for part in file.parts]
    return sorted(rows, key=lambda row: (sheets.index(row.sheet), row.row))


# What the lines are --------------------------------------------------------------------------------------------


def take_up(session: Session, fund: str, by: str) -> dict[str, XuqiaoError]:
    """Find what the lines on record belong to; what came in and belongs to nothing is booked as 待确认来款.

    Returns:
        by line, why it could not be booked.
    """
    lines, movements = statements.lines_of(session, fund), statements.movements_of(session, fund)
    known = statements.pairs_of(session, fund)
    found = reconciling.find_pairs(lines, movements, known, statements.payments_not_made(session, fund))
    statements.add_pairs(session, fund, found)
    tell_cases(session, fund, (), [pair.movement for pair in found if pair.movement])
    of_cases, failed = statements.accounts_of_cases(session, fund), {}
    for line in reconciling.unpaired(lines, movements, [*known, *found]):
        if line.amount_fen > 0 and _kind(line, of_cases) is LineKind.TRANSFER:
            try:
                _suspend(session, fund, line, by)
            except XuqiaoError as refusal:
                failed[line.name] = refusal
    return failed


def _keep_differing_receipts(session: Session, fund: str) -> None:
    """Money of a case that the statement shows in another amount than was told is somebody's task from now on."""
    lines, movements = statements.lines_of(session, fund), statements.movements_of(session, fund)
    found = reconciling.for_people(lines, movements, statements.pairs_of(session, fund))
    differing = [each for each in found if each.case_no and each.kind is DifferenceKind.AMOUNTS_DIFFER]
    statements.add_differences(session, fund, differing, business_date(session, fund))


def _kind(line: KnownLine, of_cases: frozenset[str]) -> LineKind:
    """What a line is; what comes from a borrower's own account is never the bank's interest."""
    return LineKind.TRANSFER if line.payer_account in of_cases else line.kind


def _suspend(session: Session, fund: str, line: KnownLine, by: str) -> None:
    on = business_date(session, fund)
    receipt = unmatched_receipt(fund, line.amount_fen, reference=line.name, on=on, actor_id=by, evidence=line.digest)
    ledger.post(session, receipt)


_STATE_OF_KIND = {
    LineKind.TRANSFER: LineState.NOT_IN_BOOKS,
    LineKind.INTEREST: LineState.INTEREST,
    LineKind.CHARGE: LineState.CHARGE,
}


def _with_states(
    session: Session, fund: str, rows: Iterable[RowResult], unbooked: Mapping[str, XuqiaoError]
) -> list[RowResult]:
    waiting = statements.suspense(session, fund)
    late = late_payments(session, fund)
    states = _states(session, fund, waiting) | dict.fromkeys(late, LineState.LATE_PAYMENT)
    proposed = proposals(session, fund, waiting) | late
    return [_with_state(row, states, proposed, unbooked) for row in rows]


def late_payments(session: Session, fund: str) -> dict[str, str]:
    """By line, the case whose payment the bank made though the books hold it for not made."""
    lines, movements = statements.lines_of(session, fund), statements.movements_of(session, fund)
    pairs = statements.pairs_of(session, fund)
    alone, by_name = reconciling.unpaired(lines, movements, pairs), {line.name: line for line in lines}
    return reconciling.late_payments(alone, pairs, by_name, statements.payments_not_made(session, fund))


def _states(session: Session, fund: str, waiting: Sequence[statements.Suspended]) -> dict[str, LineState]:
    """What each line is by now."""
    lines, movements = statements.lines_of(session, fund), statements.movements_of(session, fund)
    pairs, of_cases = statements.pairs_of(session, fund), statements.accounts_of_cases(session, fund)
    states = {line.name: LineState.IN_BOOKS for line in lines}
    for line in reconciling.unpaired(lines, movements, pairs):
        states[line.name] = _STATE_OF_KIND[_kind(line, of_cases)]
    for pair in pairs:
        if pair.returned_by:
            states[pair.line] = states[pair.returned_by] = LineState.RETURNED
    return states | {each.name: LineState.SUSPENSE for each in waiting}


def _with_state(
    row: RowResult,
    states: Mapping[str, LineState],
    proposed_cases: Mapping[str, str],
    unbooked: Mapping[str, XuqiaoError],
) -> RowResult:
    if row.name is None or row.reason:
        return row
    state, proposed = states[row.name], None
    if row.name in proposed_cases:
        proposed = proposed_cases[row.name]
        state = LineState.PROPOSED if state is LineState.SUSPENSE else state
    reason = reason_of(unbooked[row.name]) if row.name in unbooked else None
    return row.model_copy(update={"state": state, "proposed": proposed, "reason": reason})


def proposals(session: Session, fund: str, waiting: Sequence[statements.Suspended]) -> dict[str, str]:
    """By line, the one case whose money is out, whose registered account paid, and that owes as much."""
    bridges, found, today = statements.open_bridges(session, fund), {}, business_date(session, fund)
    for each in waiting:
        of_account = [bridge for bridge in bridges if each.payer_account and bridge.account == each.payer_account]
        if len(of_account) == 1:
            (bridge,) = of_account
            owed = bridge.outstanding_fen + max(0, fee_owed(session, bridge.case_no, today))
            if each.left_fen <= owed:
                found[each.name] = bridge.case_no
    return found


def say_heading(session: Session, fund: str, heading: str, field: Field | None, by: str) -> str:
    """An officer says what a heading of his bank's statements means, or takes it back; kept with the fund.

    Args:
        heading: as it stands in the file.
        field: None to take back.
        by: id of the person.
    Returns:
        the heading by its plain name, under which it is kept.
    Raises:
        XuqiaoError: ``statement.heading_empty``; ``statement.heading_known`` for a heading of money or of the day
            whose meaning is known: no one person may turn a statement round.
    """
    name = heading_name(heading)
    if not name:
        raise XuqiaoError("statement.heading_empty")
    known = usual_field(name)
    if field and known in MONEY | {Field.DAY} and known is not field:
        raise XuqiaoError("statement.heading_known", heading=heading, field=known)
    statements.say_heading(session, the_fund(session, fund).code, name, field or "", by)
    return name


def _digits(number: str) -> str:
    return "".join(sign for sign in number if sign.isdigit())
