"""The bank's statement on record: its lines, what each belongs to, and what people must look into."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, Identity, Index, UniqueConstraint, func, select, text
from sqlmodel import Field, Session, SQLModel

from models.base import fen, insert_new, moment, table, words
from rulebook.books.acts import books_of
from rulebook.books.reconciling import Difference, Entry, Movement, Pair, ReturnedPayment
from rulebook.books.running_balance import in_order
from rulebook.books.statements import KnownLine, StatementLine
from rulebook.errors import XuqiaoError
from rulebook.values import Value


class StatementLineRow(SQLModel, table=True):
    """One line of the statement; amounts in fen, what came in is positive."""

    __tablename__ = "statement_line"

    fund: str = words(primary_key=True, foreign_key="fund.code")
    name: str = words(primary_key=True)
    serial: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), nullable=False))
    booked_on: date
    amount_fen: int = fen()
    balance_fen: int | None = fen(nullable=True, default=None)
    payer_name: str = words()
    payer_account: str = words()
    summary: str = words()
    digest: str = words()
    reference: str = words(default="")
    file_digest: str = words()
    file_sheet: str = words(default="")
    file_row: int
    imported_by: str = words()
    imported_at: datetime = moment()


class StatementCompletion(SQLModel, table=True):
    """What a later file says of a line beyond the first; the last one counts. Day and amount never change."""

    __tablename__ = "statement_completion"
    __table_args__ = (
        ForeignKeyConstraint(["fund", "line"], ["statement_line.fund", "statement_line.name"]),
        Index("statement_completion_of_fund", "fund"),
    )

    serial: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    fund: str = words()
    line: str = words()
    reference: str = words()
    balance_fen: int | None = fen(nullable=True, default=None)
    payer_name: str = words()
    payer_account: str = words()
    summary: str = words()
    file_digest: str = words()
    file_row: int
    imported_by: str = words()
    imported_at: datetime = moment()


class StatementHeading(SQLModel, table=True):
    """What an officer said a heading means; the last word on it counts, an empty field takes it back."""

    __tablename__ = "statement_heading"
    __table_args__ = (Index("statement_heading_of_fund", "fund"),)

    serial: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    fund: str = words(foreign_key="fund.code")
    heading: str = words()
    field: str = words()
    set_by: str = words()
    set_at: datetime = moment()


class StatementPair(SQLModel, table=True):
    """A line and the movement of another reference, or the line by which the bank returned it."""

    __tablename__ = "statement_pair"
    __table_args__ = (
        ForeignKeyConstraint(["fund", "line"], ["statement_line.fund", "statement_line.name"]),
        ForeignKeyConstraint(["fund", "returned_by"], ["statement_line.fund", "statement_line.name"]),
        UniqueConstraint("fund", "movement"),
        UniqueConstraint("fund", "returned_by"),
    )

    fund: str = words(primary_key=True)
    line: str = words(primary_key=True)
    movement: str | None = words(nullable=True, default=None)
    returned_by: str | None = words(nullable=True, default=None)
    paired_at: datetime = moment()


class DifferenceState(StrEnum):
    """What became of a difference: explained is not gone, resolved is."""

    OPEN = "open"
    EXPLAINED = "explained"
    RESOLVED = "resolved"


class StatementDifference(SQLModel, table=True):
    """A task: something in which statement and books differ; amounts in fen."""

    __tablename__ = "statement_difference"
    __table_args__ = (
        Index(
            "one_live_difference", "fund", "kind", "about", unique=True, postgresql_where=text("state <> 'resolved'")
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    fund: str = words(foreign_key="fund.code")
    kind: str = words()
    about: str = words()
    found_on: date
    statement_fen: int | None = fen(nullable=True, default=None)
    books_fen: int | None = fen(nullable=True, default=None)
    state: str = words(default=DifferenceState.OPEN.value)
    found_at: datetime = moment()
    explained_by: str | None = words(nullable=True, default=None)
    explained_at: datetime | None = moment(nullable=True, default=None)
    reason: str | None = words(nullable=True, default=None)
    resolved_at: datetime | None = moment(nullable=True, default=None)
    case_no: str | None = words(nullable=True, default=None)


# Lines ---------------------------------------------------------------------------------------------------------


class InFile(Value):
    """Where a line stands: digest of the file, sheet and row; and who takes it in."""

    digest: str
    sheet: str
    row: int
    by: str


_CONTENT = {"reference", "balance_fen", "payer_name", "payer_account", "summary"}


def add_line(session: Session, fund: str, name: str, line: StatementLine, place: InFile) -> None:
    """Put a new line on record.

    Args:
        name: of ``rulebook.books.same_line.recognise``, held by no line of the fund.
    """
    session.add(
        StatementLineRow(
            fund=fund,
            name=name,
            booked_on=line.on,
            amount_fen=line.amount_fen,
            digest=line.digest,
            **line.model_dump(include=_CONTENT),
            file_digest=place.digest,
            file_sheet=place.sheet,
            file_row=place.row,
            imported_by=place.by,
            imported_at=_now(session),
        )
    )
    session.flush()


def complete_line(session: Session, fund: str, line: KnownLine, place: InFile) -> None:
    """Keep what a later file says of a line beyond the first.

    Args:
        line: with its name, and all that is known of it by now.
    """
    session.add(
        StatementCompletion(
            fund=fund,
            line=line.name,
            **line.model_dump(include=_CONTENT),
            file_digest=place.digest,
            file_row=place.row,
            imported_by=place.by,
            imported_at=_now(session),
        )
    )
    session.flush()


def lines_of(session: Session, fund: str) -> list[KnownLine]:
    """The statement of a fund, in order of time; each line with all that later files completed."""
    column, later = table(StatementLineRow).c, table(StatementCompletion).c
    rows = select(StatementLineRow).where(column.fund == fund).order_by(column.booked_on, column.serial)
    completions = select(StatementCompletion).where(later.fund == fund).order_by(later.serial)
    completed = {row.line: row for row in session.scalars(completions)}
    return in_order([_known(row, completed.get(row.name)) for row in session.scalars(rows)])


def line_of(session: Session, fund: str, name: str) -> KnownLine | None:
    """One line by its name, with all that later files completed."""
    row = session.get(StatementLineRow, (fund, name))
    later = table(StatementCompletion).c
    completions = select(StatementCompletion).where(later.fund == fund, later.line == name)
    last = session.scalars(completions.order_by(later.serial.desc()).limit(1)).first()
    return _known(row, last) if row else None


_AMOUNTS = text("""
    SELECT amount_fen FROM statement_line
    WHERE fund = :fund AND ledger.folded(name) = ledger.folded(:name) ORDER BY serial
""")


def amounts_of_line(session: Session, fund: str, name: str) -> list[int]:
    """What the lines of a name, however it is written, moved on the account, in fen; empty for a line not imported."""
    return list(session.connection().execute(_AMOUNTS, {"fund": fund, "name": name}).scalars())


def _known(row: StatementLineRow, completion: StatementCompletion | None) -> KnownLine:
    content = (completion or row).model_dump(include=_CONTENT)
    return KnownLine(name=row.name, on=row.booked_on, amount_fen=row.amount_fen, **content)


# What headings mean --------------------------------------------------------------------------------------------


def headings_of(session: Session, fund: str) -> dict[str, StatementHeading]:
    """By heading, what an officer of the fund said last, where it was not taken back."""
    column = table(StatementHeading).c
    rows = session.scalars(select(StatementHeading).where(column.fund == fund).order_by(column.serial))
    return {heading: row for heading, row in {row.heading: row for row in rows}.items() if row.field}


def say_heading(session: Session, fund: str, heading: str, field: str, by: str) -> None:
    """Keep what an officer says of a heading.

    Args:
        heading: by its plain name. field: empty to take back what was said.
        by: id of the person.
    """
    session.add(StatementHeading(fund=fund, heading=heading, field=field, set_by=by, set_at=_now(session)))
    session.flush()


# Pairs ---------------------------------------------------------------------------------------------------------


def pairs_of(session: Session, fund: str) -> list[Pair]:
    """What is known to belong together beyond equal references."""
    rows = session.scalars(select(StatementPair).where(table(StatementPair).c.fund == fund))
    return [Pair(line=row.line, movement=row.movement, returned_by=row.returned_by) for row in rows]


def add_pairs(session: Session, fund: str, pairs: Iterable[Pair]) -> None:
    """Keep pairs for ever."""
    for pair in pairs:
        insert_new(session, StatementPair, {"fund": fund, **pair.model_dump(), "paired_at": func.now()})


# The books' side -----------------------------------------------------------------------------------------------

# What a journal moves within the account is no movement of it; a reversal stands where what it takes back stands.
_MOVEMENTS = text("""
    SELECT coalesce(j.reference, r.reference, j.key) AS reference, j.seq, j.accounting_date, j.case_no,
           coalesce(regexp_replace(a.account_number, '[^0-9]', '', 'g'), '') AS account,
           sum(CASE WHEN d.subject = 'escrow_bank' THEN p.amount_fen ELSE 0 END
             - CASE WHEN c.subject = 'escrow_bank' THEN p.amount_fen ELSE 0 END) AS amount_fen
    FROM ledger.journal AS j
    JOIN ledger.posting AS p USING (book, seq)
    JOIN ledger.account AS d ON d.id = p.debit
    JOIN ledger.account AS c ON c.id = p.credit
    LEFT JOIN ledger.journal AS r ON r.book = j.book AND r.seq = j.reverses
    LEFT JOIN application AS a ON a.case_no = j.case_no
    WHERE j.book = :fund AND (d.subject = 'escrow_bank') <> (c.subject = 'escrow_bank')
    GROUP BY 1, 2, 3, 4, 5
    ORDER BY j.seq
""")
_PARTS = text("""
    SELECT part, sum(amount_fen)::bigint AS amount_fen FROM (
        SELECT d.dimension AS part, p.amount_fen
        FROM ledger.journal AS j JOIN ledger.posting AS p USING (book, seq) JOIN ledger.account AS d ON d.id = p.debit
        WHERE j.book = :fund AND j.accounting_date <= :on AND d.subject = 'escrow_bank'
        UNION ALL
        SELECT c.dimension, -p.amount_fen
        FROM ledger.journal AS j JOIN ledger.posting AS p USING (book, seq) JOIN ledger.account AS c ON c.id = p.credit
        WHERE j.book = :fund AND j.accounting_date <= :on AND c.subject = 'escrow_bank'
    ) AS moved GROUP BY part ORDER BY part
""")
_SUSPENDED = text("""
    SELECT (b.credit_fen - b.debit_fen)::bigint
    FROM ledger.account AS a JOIN ledger.balance AS b ON b.account = a.id
    WHERE a.book = :fund AND a.subject = 'unmatched' AND a.dimension = :name
      AND NOT EXISTS (
          SELECT FROM ledger.journal AS j JOIN ledger.journal AS r ON r.book = j.book AND r.reverses = j.seq
          WHERE j.book = :fund AND j.key = :fund || '/unmatched/' || :name
      )
""")
_SUSPENSE = text("""
    SELECT a.dimension AS name, (b.credit_fen - b.debit_fen)::bigint AS left_fen, l.booked_on, l.amount_fen,
           l.payer_name, l.payer_account, l.summary,
           (SELECT min(accounting_date) FROM ledger.journal AS j
            WHERE j.book = a.book AND j.kind = 'unmatched' AND j.reference = a.dimension) AS since
    FROM ledger.account AS a
    JOIN ledger.balance AS b ON b.account = a.id
    LEFT JOIN statement_line AS l ON l.fund = a.book AND l.name = a.dimension
    WHERE a.book = :fund AND a.subject = 'unmatched' AND b.credit_fen > b.debit_fen
    ORDER BY since, a.id
""")
_OPEN_BRIDGES = text("""
    SELECT a.dimension AS case_no, (b.debit_fen - b.credit_fen)::bigint AS outstanding_fen,
           regexp_replace(f.account_number, '[^0-9]', '', 'g') AS account
    FROM ledger.account AS a
    JOIN ledger.balance AS b ON b.account = a.id
    JOIN application AS f ON f.case_no = a.dimension
    WHERE a.book = :fund AND a.subject = 'bridge_receivable' AND b.debit_fen > b.credit_fen
    ORDER BY a.dimension
""")
_PAYMENTS_NOT_MADE = text("""
    SELECT regexp_replace(a.account_number, '[^0-9]', '', 'g') AS account, p.amount_fen, p.case_no,
           p.state = 'sent' AS is_open,
           coalesce(p.sent_on, (p.intended_at AT TIME ZONE 'Asia/Shanghai')::date) AS sent_on,
           greatest(p.decided_on, p.sent_on, (p.intended_at AT TIME ZONE 'Asia/Shanghai')::date) AS open_until
    FROM payment AS p JOIN application AS a USING (case_no)
    WHERE p.fund = :fund AND p.state <> 'paid'
    ORDER BY p.intended_at, p.key
""")
_ACCOUNTS_OF_CASES = text("""
    SELECT DISTINCT regexp_replace(account_number, '[^0-9]', '', 'g') FROM application WHERE fund = :fund
""")
_TOLD = text("""
    SELECT DISTINCT ON (line ->> 'reference') line ->> 'reference' AS name, m.case_no, m.state,
           CASE WHEN m.state = 'refused' THEN m.outcome END AS reason
    FROM bank_message AS m
    JOIN application AS a USING (case_no)
    CROSS JOIN LATERAL jsonb_array_elements(m.body -> 'lines') AS line
    WHERE a.fund = :fund AND m.kind = 'receipt' AND m.source = 'statement'
    ORDER BY line ->> 'reference', m.recorded_at DESC
""")


class Told(Value):
    """The last case that a line was said to belong to, and what came of it."""

    case_no: str
    state: str
    reason: dict[str, object] | None = None


class Suspended(Value):
    """Money in 待确认来款; ``amount_fen`` and what follows are of the statement's line, where there is one."""

    name: str
    since: date
    left_fen: int
    booked_on: date | None
    amount_fen: int | None
    payer_name: str | None
    payer_account: str | None
    summary: str | None
    told: Told | None = None


class OpenBridge(Value):
    """A case whose money is out, in fen, and its registered account as digits."""

    case_no: str
    outstanding_fen: int
    account: str


def movements_of(session: Session, fund: str) -> list[Movement]:
    """All that a fund's books moved on the ring-fenced account, by reference."""
    found: dict[str, Movement] = {}
    for row in session.connection().execute(_MOVEMENTS, {"fund": fund}):
        entry = Entry(voucher=row.seq, on=row.accounting_date, amount_fen=int(row.amount_fen))
        before = found.get(row.reference)
        if before:
            found[row.reference] = before.model_copy(update={"entries": (*before.entries, entry)})
        else:
            found[row.reference] = Movement(
                reference=row.reference, entries=(entry,), case_no=row.case_no, account=row.account
            )
    return list(found.values())


def movements_of_account(session: Session, fund: str) -> list[Movement]:
    """All that both books of a fund moved on its one account in the bank."""
    return [movement for book in books_of(fund) for movement in movements_of(session, book)]


def escrow_parts(session: Session, fund: str, on: date) -> dict[str, int]:
    """The ring-fenced account in the books at the end of an accounting date: fen by part (pool, fees, set_aside)."""
    return {row.part: row.amount_fen for row in session.connection().execute(_PARTS, {"fund": fund, "on": on})}


def suspended_fen(session: Session, fund: str, name: str) -> int | None:
    """What is left of a line in 待确认来款, in fen; None where it never was there, or was taken back by a reversal."""
    found: int | None = session.connection().execute(_SUSPENDED, {"fund": fund, "name": name}).scalar()
    return found


def suspense(session: Session, fund: str) -> list[Suspended]:
    """All money that belongs to no case yet, oldest first."""
    told = {
        row.name: Told(case_no=row.case_no, state=row.state, reason=row.reason)
        for row in session.connection().execute(_TOLD, {"fund": fund})
    }
    rows = session.connection().execute(_SUSPENSE, {"fund": fund}).mappings()
    return [Suspended.model_validate({**row, "told": told.get(row["name"])}) for row in rows]


def open_bridges(session: Session, fund: str) -> list[OpenBridge]:
    """The cases whose money is out."""
    rows = session.connection().execute(_OPEN_BRIDGES, {"fund": fund}).mappings()
    return [OpenBridge.model_validate(dict(row)) for row in rows]


def payments_not_made(session: Session, fund: str) -> list[ReturnedPayment]:
    """Payments of cases that the bank sent back, or whose fate is open: their lines may stand on the statement."""
    rows = session.connection().execute(_PAYMENTS_NOT_MADE, {"fund": fund}).mappings()
    return [ReturnedPayment.model_validate(dict(row)) for row in rows]


def accounts_of_cases(session: Session, fund: str) -> frozenset[str]:
    """The registered accounts of all cases of a fund, as digits."""
    return frozenset(session.connection().execute(_ACCOUNTS_OF_CASES, {"fund": fund}).scalars())


# Differences ---------------------------------------------------------------------------------------------------


def keep_differences(session: Session, fund: str, now: Sequence[Difference], on: date) -> None:
    """Bring the tasks to what differs now: new ones are opened, those that are gone resolved.

    An explained one stays explained while its amounts are the same.

    Args:
        now: of ``rulebook.books.reconciling.for_people``.
        on: the day whose reconciliation found it.
    """
    gone = add_differences(session, fund, now, on)
    for row in gone:
        row.state, row.resolved_at = DifferenceState.RESOLVED.value, _now(session)
    session.flush()


def add_differences(session: Session, fund: str, now: Sequence[Difference], on: date) -> list[StatementDifference]:
    """Open the tasks that are new, and open again those whose amounts are others now.

    Returns:
        the live ones that are not among them.
    """
    live = {(row.kind, row.about): row for row in differences(session, fund)}
    for each in now:
        row = live.pop((each.kind.value, each.about), None)
        if row is None:
            session.add(
                StatementDifference(
                    fund=fund,
                    kind=each.kind.value,
                    about=each.about,
                    found_on=on,
                    statement_fen=each.statement_fen,
                    books_fen=each.books_fen,
                    case_no=each.case_no,
                    found_at=_now(session),
                )
            )
        elif (row.statement_fen, row.books_fen) != (each.statement_fen, each.books_fen):
            row.statement_fen, row.books_fen = each.statement_fen, each.books_fen
            row.state = DifferenceState.OPEN.value
    session.flush()
    return list(live.values())


def differences(session: Session, fund: str, *, resolved: bool = False) -> list[StatementDifference]:
    """The tasks of a fund by number; with ``resolved`` also those that are done."""
    column = table(StatementDifference).c
    rows = select(StatementDifference).where(column.fund == fund).order_by(column.id)
    if not resolved:
        rows = rows.where(column.state != DifferenceState.RESOLVED.value)
    return list(session.scalars(rows))


def the_difference(session: Session, number: int) -> StatementDifference:
    """A difference by the number of its task, locked for the caller's transaction.

    Raises:
        XuqiaoError: ``statement.no_difference``.
    """
    row = session.get(StatementDifference, number, with_for_update=True)
    if row is None:
        raise XuqiaoError("statement.no_difference", number=number)
    return row


def explain(session: Session, number: int, *, by: str, reason: str) -> StatementDifference:
    """Put on record why something differs; it stays a difference.

    Args:
        number: of the task.
        by: id of the person.
    Raises:
        XuqiaoError: ``statement.no_difference``, ``statement.difference_resolved``.
    """
    row = the_difference(session, number)
    if row.state == DifferenceState.RESOLVED:
        raise XuqiaoError("statement.difference_resolved", number=number, on=row.resolved_at and row.resolved_at.date())
    row.explained_by, row.explained_at, row.reason = by, _now(session), reason
    row.state = DifferenceState.EXPLAINED.value
    session.flush()
    return row


def _now(session: Session) -> datetime:
    now: datetime = session.connection().execute(select(func.now())).scalar_one()
    return now
