"""What accountants read in the books: trial balance, account ledger, vouchers; by accounting date, exact to the fen.

A report reads the book's last voucher first and then nothing beyond it: what is posted meanwhile cannot get into one
half of it only. The time of recording does not matter, the accounting date does.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import TextClause, text
from sqlmodel import Session

from models.books.entries import (
    AccountEntry,
    Held,
    Period,
    Source,
    Statement,
    Totals,
    TrialBalance,
    TrialEntry,
    VoucherApproval,
    VoucherEntry,
    VoucherList,
    VoucherSheet,
)
from rulebook.books.chart import OFF_BALANCE, Chart, ChartAccount
from rulebook.books.postings import PostingKind, Subject
from rulebook.errors import XuqiaoError

_HEAD = text("SELECT last_seq, encode(head_hash, 'hex') FROM ledger.book WHERE book = :book")
# A sub-fund's book has the code of its fund before a hyphen.
_FUND = text("""
    SELECT code, name FROM fund WHERE code = :book OR starts_with(:book, code || '-') ORDER BY length(code) DESC LIMIT 1
""")
# Every entry twice, once as each of its accounts sees it.
SEEN = """
    seen AS (
        SELECT j.seq, p.line, s.account, s.counter, s.debit_fen, s.credit_fen, j.accounting_date, j.kind, j.case_no,
               j.reference, j.reverses
        FROM ledger.journal AS j JOIN ledger.posting AS p USING (book, seq)
        CROSS JOIN LATERAL (VALUES (p.debit, p.credit, p.amount_fen, 0::bigint), (p.credit, p.debit, 0, p.amount_fen))
            AS s (account, counter, debit_fen, credit_fen)
        WHERE j.book = :book AND j.seq <= :through AND j.accounting_date <= :last
    )
"""
_TRIAL = text(f"""
    WITH {SEEN}
    SELECT a.subject, CASE a.subject WHEN 'escrow_bank' THEN a.dimension END AS part, count(DISTINCT a.id) AS accounts,
           coalesce(sum(debit_fen - credit_fen) FILTER (WHERE accounting_date < :first), 0)::bigint AS opening,
           coalesce(sum(debit_fen) FILTER (WHERE accounting_date >= :first), 0)::bigint AS debit_fen,
           coalesce(sum(credit_fen) FILTER (WHERE accounting_date >= :first), 0)::bigint AS credit_fen
    FROM seen JOIN ledger.account AS a ON a.id = seen.account GROUP BY 1, 2
""")
_HELD = text("""
    SELECT coalesce(sum(h.amount_fen) FILTER (WHERE j.kind <> 'intend'), 0)::bigint AS reserved_fen,
           count(*) FILTER (WHERE j.kind <> 'intend') AS reserved_cases,
           coalesce(sum(h.amount_fen) FILTER (WHERE j.kind = 'intend'), 0)::bigint AS on_its_way_fen,
           count(*) FILTER (WHERE j.kind = 'intend') AS on_its_way_cases
    FROM ledger.hold AS h JOIN ledger.journal AS j USING (book, seq)
    WHERE j.book = :book AND j.seq <= :through AND j.accounting_date <= :last AND NOT EXISTS (
        SELECT FROM ledger.journal AS r
        WHERE r.book = j.book AND r.resolves = j.seq AND r.seq <= :through AND r.accounting_date <= :last
    )
""")
_SIDE = text("SELECT side FROM ledger.subject WHERE subject = :subject")
_OF_ACCOUNT = "a.subject = :subject AND (CAST(:dimension AS text) IS NULL OR a.dimension = :dimension)"
_OPENING = text(f"""
    WITH {SEEN}
    SELECT coalesce(sum(debit_fen - credit_fen), 0)::bigint
    FROM seen JOIN ledger.account AS a ON a.id = seen.account WHERE accounting_date < :first AND {_OF_ACCOUNT}
""")
_STATEMENT = text(f"""
    WITH {SEEN}
    SELECT seq AS voucher, line, accounting_date, kind, case_no, reference, a.dimension,
           c.subject AS counter_subject, c.dimension AS counter_dimension, debit_fen, credit_fen
    FROM seen JOIN ledger.account AS a ON a.id = seen.account JOIN ledger.account AS c ON c.id = seen.counter
    WHERE accounting_date >= :first AND {_OF_ACCOUNT}
    ORDER BY accounting_date, seq, line, credit_fen
""")
_ASKED = """
    j.book = :book AND j.seq <= :through AND j.accounting_date BETWEEN :first AND :last
    AND (CAST(:number AS bigint) IS NULL OR j.seq = :number)
"""
_VOUCHERS = text(f"""
    SELECT j.seq, j.key, j.kind, j.case_no, j.accounting_date, j.at, j.actor_id, j.reference, j.evidence,
           j.terms_digest, j.resolves, j.reverses, encode(j.hash, 'hex') AS digest, h.amount_fen AS held_fen,
           r.seq AS reversed_by, a.key AS approval, a.amount_fen AS approved_fen, a.about, a.maker, a.checker,
           a.at AS approved_at
    FROM ledger.journal AS j LEFT JOIN ledger.hold AS h USING (book, seq)
    LEFT JOIN ledger.approval AS a ON a.key = j.approval
    LEFT JOIN ledger.journal AS r ON r.book = j.book AND r.reverses = j.seq AND r.seq <= :through
    WHERE {_ASKED} ORDER BY j.seq
""")
_ENTRIES = text(f"""
    SELECT j.seq, d.subject AS debit_subject, d.dimension AS debit_for, c.subject AS credit_subject,
           c.dimension AS credit_for, p.amount_fen
    FROM ledger.journal AS j JOIN ledger.posting AS p USING (book, seq)
    JOIN ledger.account AS d ON d.id = p.debit JOIN ledger.account AS c ON c.id = p.credit
    WHERE {_ASKED} ORDER BY j.seq, p.line
""")


def fund_of_book(session: Session, book: str) -> str | None:
    """The fund that an open book belongs to: its own, or a sub-fund's; None when no such book is open."""
    connection = session.connection()
    if connection.execute(_HEAD, {"book": book}).one_or_none() is None:
        return None
    fund = connection.execute(_FUND, {"book": book}).one_or_none()
    return str(fund.code) if fund else None


def source(session: Session, book: str, period: Period, chart: Chart) -> Source:
    """What a report made now is made of."""
    connection = session.connection()
    head = connection.execute(_HEAD, {"book": book}).one_or_none()
    fund = connection.execute(_FUND, {"book": book}).one_or_none()
    return Source(
        fund=book,
        fund_name=fund.name if fund else book,
        period=period,
        chart=chart.id,
        chart_title=chart.title,
        document=chart.document,
        own_chart=chart.own,
        voucher=head[0] if head else 0,
        digest=head[1] if head else "",
    )


def ask(session: Session, statement: TextClause, made: Source, **params: object) -> Iterable[Any]:
    """Rows of a statement about what a report is made of."""
    asked = {"book": made.fund, "through": made.voucher, **made.period.model_dump(), **params}
    return session.connection().execute(statement, asked)


def held(session: Session, made: Source) -> Held:
    """What was set aside and on its way at the end of the period."""
    (row,) = ask(session, _HELD, made)
    return Held(**row._mapping)


def trial_balance(session: Session, made: Source, chart: Chart) -> TrialBalance:
    """Opening, turnover and closing of every class that has ever moved, in the order of the chart.

    Args:
        made: from ``source``.
    """
    by_code = {}
    for row in ask(session, _TRIAL, made):
        account = chart.of(Subject(row.subject), row.part)
        by_code[account.code] = _trial_line(account, row)
    lines = tuple(by_code[account.code] for account in chart.account if account.code in by_code)
    return TrialBalance(
        source=made,
        lines=lines,
        totals=_totals(line for line in lines if not line.off_balance),
        off_balance_totals=_totals(line for line in lines if line.off_balance),
        held=held(session, made),
    )


def _trial_line(account: ChartAccount, row: Any) -> TrialEntry:
    closing = row.opening + row.debit_fen - row.credit_fen
    return TrialEntry(
        code=account.code,
        name=account.full_name,
        subject=account.subject,
        part=account.part,
        off_balance=account.subject in OFF_BALANCE,
        accounts=row.accounts,
        opening_debit_fen=max(row.opening, 0),
        opening_credit_fen=max(-row.opening, 0),
        debit_fen=row.debit_fen,
        credit_fen=row.credit_fen,
        closing_debit_fen=max(closing, 0),
        closing_credit_fen=max(-closing, 0),
    )


def _totals(lines: Iterable[TrialEntry]) -> Totals:
    rows = [line.model_dump(include=set(Totals.model_fields)) for line in lines]
    return Totals(**{name: sum(row[name] for row in rows) for name in Totals.model_fields})


def statement(session: Session, made: Source, chart: Chart, subject: Subject, dimension: str | None) -> Statement:
    """The ledger of an account with its running balance, in the order of accounting dates.

    Args:
        subject: whose accounts.
        dimension: the one of them that is meant; None for all together.
    """
    account = chart.of(subject, dimension) if dimension or subject is not Subject.ESCROW_BANK else None
    side = session.connection().execute(_SIDE, {"subject": subject}).scalar_one()
    sign = 1 if side == "D" else -1
    about = {"subject": subject, "dimension": dimension}
    ((opening,),) = ask(session, _OPENING, made, **about)
    balance = sign * opening
    lines = []
    for row in ask(session, _STATEMENT, made, **about):
        balance += sign * (row.debit_fen - row.credit_fen)
        lines.append(AccountEntry(**row._mapping, balance_fen=balance))
    return Statement(
        source=made,
        code=account.code if account else _common_code(chart),
        name=account.full_name if account else "",
        subject=subject,
        dimension=dimension,
        side=side,
        opening_fen=sign * opening,
        lines=tuple(lines),
        debit_fen=sum(line.debit_fen for line in lines),
        credit_fen=sum(line.credit_fen for line in lines),
        closing_fen=balance,
    )


def _common_code(chart: Chart) -> str:
    """The codes of the ring-fenced account's parts, when all are meant."""
    return ", ".join(each.code for each in chart.account if each.subject is Subject.ESCROW_BANK)


def voucher_list(session: Session, made: Source, chart: Chart, number: int | None = None) -> VoucherList:
    """The vouchers of a period, or the one of a number.

    Raises:
        XuqiaoError: ``reports.no_voucher`` when there is none of that number in the period.
    """
    entries = defaultdict(list)
    for row in ask(session, _ENTRIES, made, number=number):
        entries[row.seq].append(_entry(chart, row))
    sheets = tuple(_sheet(row, tuple(entries[row.seq])) for row in ask(session, _VOUCHERS, made, number=number))
    if number is not None and not sheets:
        raise XuqiaoError("reports.no_voucher", fund=made.fund, number=number, last=made.voucher)
    if number is not None:
        its_day = Period(first=sheets[0].accounting_date, last=sheets[0].accounting_date)
        made = made.model_copy(update={"period": its_day})
    return VoucherList(source=made, vouchers=sheets, total_fen=sum(sheet.total_fen for sheet in sheets))


def _entry(chart: Chart, row: Any) -> VoucherEntry:
    debit = chart.of(Subject(row.debit_subject), row.debit_for)
    credit = chart.of(Subject(row.credit_subject), row.credit_for)
    return VoucherEntry(
        debit_code=debit.code,
        debit_name=debit.full_name,
        debit_subject=debit.subject,
        debit_for=row.debit_for,
        credit_code=credit.code,
        credit_name=credit.full_name,
        credit_subject=credit.subject,
        credit_for=row.credit_for,
        amount_fen=row.amount_fen,
    )


def _sheet(row: Any, entries: tuple[VoucherEntry, ...]) -> VoucherSheet:
    approved: datetime | None = row.approved_at
    approval = None
    if approved is not None:
        approval = VoucherApproval(
            key=row.approval,
            amount_fen=row.approved_fen,
            about=row.about,
            maker=row.maker,
            checker=row.checker,
            at=approved,
        )
    return VoucherSheet(
        number=row.seq,
        accounting_date=row.accounting_date,
        recorded_at=row.at,
        kind=PostingKind(row.kind),
        key=row.key,
        case_no=row.case_no,
        actor_id=row.actor_id,
        reference=row.reference,
        evidence=row.evidence,
        terms_digest=row.terms_digest,
        held_fen=row.held_fen,
        resolves=row.resolves,
        reverses=row.reverses,
        reversed_by=row.reversed_by,
        digest=row.digest,
        approval=approval,
        entries=entries,
        total_fen=sum(entry.amount_fen for entry in entries),
    )
