"""The desk of the books: each act is first a durable row, then, once it is allowed, a voucher."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Identity, Index, UniqueConstraint, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Field, Session, SQLModel

from models.base import moment, plain_json, table, words
from rulebook.books.acts import BookAct, Journal, case_of, is_paid_by, read_act
from rulebook.books.postings import Account, Entry, PostingKind, Subject
from rulebook.books.postings_of_the_year import COSTS, INCOMES, NetBalance
from rulebook.books.statements import KnownLine
from rulebook.books.steps import OPEN_STATES, PAID_BY_HAND, ProposalState
from rulebook.errors import XuqiaoError
from rulebook.messages import Actor, body_hash
from rulebook.money import format_yuan


class BookActRow(SQLModel, table=True):
    """An act of the desk of the books: who proposed it, who allowed it, who paid it, and the voucher it became."""

    __tablename__ = "book_act"
    __table_args__ = (
        UniqueConstraint("book", "key", name="book_act_key_once"),
        UniqueConstraint("book", "voucher", name="one_act_for_a_voucher"),
        Index(*("one_act_for_a_reference", "book", "reference"), unique=True, postgresql_where=text("state = 'paid'")),
        Index("open_book_acts", "fund", "number", postgresql_where=text("state IN ('proposed', 'allowed', 'paid')")),
    )

    number: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    key: str = words()
    fund: str = words(foreign_key="fund.code")
    book: str = words()
    kind: str = words()
    case_no: str | None = words(nullable=True, default=None)
    body: dict[str, Any] = plain_json()
    body_hash: str = words()
    evidence: str = words()
    maker: str = words()
    maker_name: str = words()
    proposed_at: datetime = moment()
    state: str = words()
    checker: str | None = words(nullable=True, default=None)
    checker_name: str | None = words(nullable=True, default=None)
    decided_at: datetime | None = moment(nullable=True, default=None)
    payer: str | None = words(nullable=True, default=None)
    payer_name: str | None = words(nullable=True, default=None)
    reference: str | None = words(nullable=True, default=None)
    paid_at: datetime | None = moment(nullable=True, default=None)
    taken_back_by: str | None = words(nullable=True, default=None)
    taken_back_name: str | None = words(nullable=True, default=None)
    taken_back_at: datetime | None = moment(nullable=True, default=None)
    reason: str | None = words(nullable=True, default=None)
    voucher: int | None = Field(default=None, sa_type=BigInteger)
    posted_at: datetime | None = moment(nullable=True, default=None)
    outcome: dict[str, Any] | None = plain_json(nullable=True, default=None)


def enter_book_act(
    session: Session,
    *,
    key: str,
    fund: str,
    book: str,
    act: BookAct,
    evidence: str,
    maker: Actor,
    state: ProposalState,
) -> tuple[BookActRow, bool]:
    """Put an act on record before anything is done with it.

    Args:
        session: of the desk.
        key: the officer's own; the same key, person and content give the first row again.
        evidence: SHA-256 of the paper behind it.
        state: what it waits for from now on.
    Returns:
        the row, and whether it is new.
    Raises:
        XuqiaoError: ``bookdesk.key_conflict`` when the key stands for something else in this book.
    """
    digest = body_hash(act)
    row = {
        "key": key,
        "fund": fund,
        "book": book,
        "kind": act.kind.value,
        "case_no": case_of(act),
        "body": act.model_dump(mode="json"),
        "body_hash": digest,
        "evidence": evidence,
        "maker": maker.id,
        "maker_name": maker.name,
        "proposed_at": func.now(),
        "state": state.value,
    }
    column = table(BookActRow).c
    written = insert(BookActRow).values(row).on_conflict_do_nothing().returning(column.number)
    number = session.connection().scalar(written)
    if number is not None:
        return book_act(session, number), True
    before = session.scalars(select(BookActRow).where(column.book == book, column.key == key)).one()
    if (before.body_hash, before.evidence, before.maker) != (digest, evidence, maker.id):
        raise XuqiaoError("bookdesk.key_conflict", key=key, number=before.number)
    return before, False


def book_act(session: Session, number: int, *, lock: bool = False) -> BookActRow:
    """An act by its number.

    Args:
        lock: nobody else decides or posts it until the caller's transaction ends.
    Raises:
        XuqiaoError: ``bookdesk.unknown``.
    """
    found = session.get(BookActRow, number, with_for_update=lock or None)
    if found is None:
        raise XuqiaoError("bookdesk.unknown", number=number)
    return found


def write_decision(session: Session, number: int, state: ProposalState, checker: Actor, reason: str | None) -> None:
    """A second person has allowed or rejected an act."""
    _write(
        session,
        number,
        state=state.value,
        checker=checker.id,
        checker_name=checker.name,
        decided_at=func.now(),
        reason=reason,
    )


def write_payment(session: Session, number: int, payer: Actor, reference: str) -> None:
    """A third person has paid an act at the bank, under this reference of the bank's."""
    _write(
        session,
        number,
        state=ProposalState.PAID.value,
        payer=payer.id,
        payer_name=payer.name,
        reference=reference,
        paid_at=func.now(),
        outcome=None,
    )


def write_taking_back(session: Session, number: int, person: Actor, reason: str) -> None:
    """What was allowed will be neither paid nor posted; who had allowed it stays on the row."""
    _write(
        session,
        number,
        state=ProposalState.TAKEN_BACK.value,
        taken_back_by=person.id,
        taken_back_name=person.name,
        taken_back_at=func.now(),
        reason=reason,
    )


def write_refusal(session: Session, number: int, state: ProposalState, refusal: XuqiaoError) -> None:
    """Why an act could not be posted, and where that leaves it."""
    _write(session, number, state=state.value, outcome=refusal.as_data())


def write_voucher(session: Session, number: int, voucher: int) -> None:
    """The act is in the books."""
    _write(session, number, state=ProposalState.POSTED.value, voucher=voucher, posted_at=func.now(), outcome=None)


def _write(session: Session, number: int, **values: object) -> None:
    rows = table(BookActRow)
    session.connection().execute(update(rows).where(rows.c.number == number).values(**values))
    session.expire_all()


def book_acts(session: Session, fund: str | None, *, open_only: bool) -> list[BookActRow]:
    """Acts of the desk by number.

    Args:
        fund: of this fund; None for all.
        open_only: only those that wait for a person.
    """
    column = table(BookActRow).c
    found = select(BookActRow).order_by(column.number)
    if fund is not None:
        found = found.where(column.fund == fund)
    if open_only:
        found = found.where(column.state.in_([state.value for state in OPEN_STATES]))
    return list(session.scalars(found))


def payments_on_their_way(session: Session, book: str) -> list[BookActRow]:
    """The acts of a book whose money two people let go and that are not posted yet."""
    column = table(BookActRow).c
    found = select(BookActRow).where(
        column.book == book,
        column.kind.in_([kind.value for kind in PAID_BY_HAND]),
        column.state.in_([ProposalState.ALLOWED.value, ProposalState.PAID.value]),
    )
    return list(session.scalars(found.order_by(column.number)))


def acts_of_lines(session: Session, book: str, lines: Iterable[KnownLine]) -> dict[str, int]:
    """By line that the books do not know, the number of the allowed act whose payment it looks like, each act once."""
    waiting = [row for row in payments_on_their_way(session, book) if row.state == ProposalState.ALLOWED]
    found: dict[str, int] = {}
    for line in lines:
        for row in waiting:
            if row.number is not None and is_paid_by(read_act(row.body), line):
                found[line.name] = row.number
                waiting.remove(row)
                break
    return found


def act_of_reference(session: Session, book: str, reference: str) -> int | None:
    """The number of the act that was paid under a reference of the bank's and stands; None when there is none."""
    found: int | None = session.connection().execute(_ACT, {"book": book, "reference": reference}).scalar()
    return found


# What the books say of an act ----------------------------------------------------------------------------------


_ACT = text("""
    SELECT min(a.number) FROM book_act AS a
    WHERE a.book = :book AND a.reference = :reference
      AND NOT EXISTS (SELECT FROM ledger.journal AS r WHERE r.book = a.book AND r.reverses = a.voucher)
""")
_STANDING = text("""
    SELECT j.seq, j.kind FROM ledger.journal AS j
    WHERE j.book = :book AND j.reference = :reference
      AND NOT EXISTS (SELECT FROM ledger.journal AS r WHERE r.book = j.book AND r.reverses = j.seq)
    ORDER BY j.seq LIMIT 1
""")
_AVAILABLE = text("""
    SELECT s.side, coalesce(CASE s.side
        WHEN 'D' THEN b.debit_fen - b.credit_fen - b.credit_held_fen
        ELSE b.credit_fen - b.debit_fen - b.debit_held_fen END - b.floor_fen, -s.first_floor_fen) AS fen
    FROM ledger.subject AS s
    LEFT JOIN ledger.account AS a ON a.book = :book AND a.subject = s.subject AND a.dimension = :dimension
    LEFT JOIN ledger.balance AS b ON b.account = a.id
    WHERE s.subject = :subject
""")
_YEAR_OF_FEES = text("SELECT spent, income FROM ledger.year_of_fees(:book, :on)")
_JOURNAL = text("""
    SELECT j.key, j.kind, j.case_no, d.subject AS debit, d.dimension AS debit_for, c.subject AS credit,
           c.dimension AS credit_for, p.amount_fen
    FROM ledger.journal AS j
    LEFT JOIN ledger.posting AS p USING (book, seq)
    LEFT JOIN ledger.account AS d ON d.id = p.debit
    LEFT JOIN ledger.account AS c ON c.id = p.credit
    WHERE j.book = :book AND j.seq = :voucher ORDER BY p.line
""")
_YEAR_END = text("""
    SELECT a.subject, a.dimension, sum(m.fen) FILTER (WHERE m.side = s.side) AS on_its_side,
           sum(m.fen) FILTER (WHERE m.side <> s.side) AS on_the_other
    FROM ledger.account AS a
    JOIN ledger.subject AS s USING (subject)
    JOIN (
        SELECT book, seq, debit AS account, 'D' AS side, amount_fen AS fen FROM ledger.posting WHERE book = :book
        UNION ALL
        SELECT book, seq, credit, 'C', amount_fen FROM ledger.posting WHERE book = :book
    ) AS m ON m.account = a.id
    JOIN ledger.journal AS j ON j.book = m.book AND j.seq = m.seq AND j.accounting_date <= :last_day
    WHERE a.book = :book AND a.subject = ANY(:subjects)
    GROUP BY a.id, a.subject, a.dimension ORDER BY a.id
""")
_CARRIED_OVER = text("""
    SELECT split_part(j.key, '/', 3)::integer AS year,
           EXISTS (SELECT FROM ledger.journal AS r WHERE r.book = j.book AND r.reverses = j.seq) AS taken_back
    FROM ledger.journal AS j WHERE j.book = :book AND j.kind = 'carry_over'
""")


def standing_voucher(session: Session, book: str, reference: str) -> tuple[int, str] | None:
    """Number and kind of the voucher by which a line of the statement stands in a book, unless it was taken back."""
    found = session.connection().execute(_STANDING, {"book": book, "reference": reference}).first()
    return (found.seq, found.kind) if found else None


def takes_of(lines: Iterable[Entry]) -> Counter[tuple[Account, str]]:
    """What entries take from accounts, in fen, by account and the side on which it must stand to be taken from."""
    taken: Counter[tuple[Account, str]] = Counter()
    for line in lines:
        taken[line.credit, "D"] += line.amount_fen  # of the bank account first: that is what people know
        taken[line.debit, "C"] += line.amount_fen
    return taken


def check_covered(session: Session, book: str, lines: Sequence[Entry], promised: Sequence[Entry]) -> None:
    """Refuse a payment for which the books have no money, what else is on its way left aside.

    Args:
        lines: the entries it would make.
        promised: the entries of the other payments on their way.
    Raises:
        XuqiaoError: as the ledger would: ``ledger.pool_short``, ``ledger.part_short``, ``ledger.account_short``.
    """
    others = takes_of(promised)
    for (account, side), asked in takes_of(lines).items():
        subject, part = account.subject, account.dimension
        named = {"book": book, "subject": subject.value, "dimension": part}
        found = session.connection().execute(_AVAILABLE, named).one()
        left = int(found.fen) - others[account, side]
        if found.side != side or asked <= left:
            continue
        sums = {"available": format_yuan(left, grouped=True), "asked": format_yuan(asked, grouped=True)}
        if subject is not Subject.ESCROW_BANK:
            raise XuqiaoError("ledger.account_short", subject=subject, kept_for=part, **sums)
        if part == "pool":
            raise XuqiaoError("ledger.pool_short", **sums)
        raise XuqiaoError("ledger.part_short", part=part, **sums)


def check_spending_limit(session: Session, book: str, on: date, asked_fen: int, promised_fen: int, ppm: int) -> None:
    """Refuse a spending above the share of a year's fee income that may be spent.

    Args:
        on: the accounting date.
        asked_fen, promised_fen: of this spending, and of others on their way.
        ppm: the share in millionths.
    Raises:
        XuqiaoError: ``ledger.over_spending_limit``, as the ledger would.
    """
    fees = session.connection().execute(_YEAR_OF_FEES, {"book": book, "on": on}).one()
    spent = int(fees.spent) + promised_fen
    if spent + asked_fen > int(fees.income) * ppm // 1_000_000:
        sums = {"spent": spent, "income": int(fees.income), "asked": asked_fen}
        raise XuqiaoError(
            "ledger.over_spending_limit", **{name: format_yuan(fen, grouped=True) for name, fen in sums.items()}
        )


def journal_of(session: Session, book: str, voucher: int) -> Journal:
    """The journal of a voucher, as its reversal needs it.

    Raises:
        XuqiaoError: ``bookdesk.no_voucher``.
    """
    rows = session.connection().execute(_JOURNAL, {"book": book, "voucher": voucher}).all()
    if not rows:
        raise XuqiaoError("bookdesk.no_voucher", book=book, voucher=voucher)
    lines = tuple(
        Entry(
            debit=Account(subject=Subject(row.debit), dimension=row.debit_for),
            credit=Account(subject=Subject(row.credit), dimension=row.credit_for),
            amount_fen=row.amount_fen,
        )
        for row in rows
        if row.amount_fen is not None
    )
    return Journal(key=rows[0].key, kind=PostingKind(rows[0].kind), case_no=rows[0].case_no, lines=lines)


def year_end_balances(session: Session, book: str, year: int) -> tuple[NetBalance, ...]:
    """What stood on each income and cost account after the last day of a year, on its own side, in fen.

    What was carried over from earlier years is no longer there.
    """
    asked = {"book": book, "last_day": date(year, 12, 31), "subjects": [s.value for s in (*INCOMES, *COSTS)]}
    return tuple(
        NetBalance(
            account=Account(subject=Subject(row.subject), dimension=row.dimension),
            net_fen=int(row.on_its_side or 0) - int(row.on_the_other or 0),
        )
        for row in session.connection().execute(_YEAR_END, asked)
    )


def years_carried_over(session: Session, book: str) -> tuple[list[int], list[int]]:
    """The years of a book that were carried over: those that stand, and those whose voucher was reversed."""
    rows = session.connection().execute(_CARRIED_OVER, {"book": book}).all()
    return [row.year for row in rows if not row.taken_back], [row.year for row in rows if row.taken_back]
