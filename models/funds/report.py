"""The monthly report of a fund (基金月报), from its books and its cases; and what is expected back when."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from models.books.entries import Source
from models.books.reports import SEEN, ask, held
from models.cases.views import Expected
from models.funds.calendar import calendar_around
from models.funds.figures import (
    AGES,
    AHEAD,
    Ageing,
    Bridges,
    CaseOut,
    Contributor,
    Fees,
    FundReport,
    Overdue,
    Part,
    Turnover,
    Waiting,
)
from models.funds.funds import kept_measure
from rulebook.books.chart import PARTS
from rulebook.books.postings import PostingKind, Subject
from rulebook.calendar import LAW_ZONE
from rulebook.law.measure import Measure
from rulebook.law.rates import PPM

_ONE_DAY = timedelta(days=1)
_EARLIEST = date(1, 1, 1)

# A reversal counts with what it takes back: money lent and taken back was not lent.
_FLOWS = text(f"""
    WITH {SEEN}
    SELECT a.subject, coalesce(o.kind, seen.kind) AS kind, sum(debit_fen - credit_fen)::bigint AS net
    FROM seen JOIN ledger.account AS a ON a.id = seen.account
    LEFT JOIN ledger.journal AS o ON o.book = :book AND o.seq = seen.reverses
    WHERE seen.accounting_date >= :first GROUP BY 1, 2
""")
_BY_DIMENSION = text(f"""
    WITH {SEEN}
    SELECT a.dimension,
           coalesce(sum(credit_fen - debit_fen) FILTER (WHERE accounting_date < :first), 0)::bigint AS opening,
           coalesce(sum(credit_fen) FILTER (WHERE accounting_date >= :first), 0)::bigint AS credit_fen,
           coalesce(sum(debit_fen) FILTER (WHERE accounting_date >= :first), 0)::bigint AS debit_fen
    FROM seen JOIN ledger.account AS a ON a.id = seen.account WHERE a.subject = :subject GROUP BY 1 ORDER BY 1
""")
_CAPITAL_BY_DAY = text(f"""
    WITH {SEEN}
    SELECT accounting_date, sum(credit_fen - debit_fen)::bigint AS net
    FROM seen JOIN ledger.account AS a ON a.id = seen.account WHERE a.subject = 'contribution' GROUP BY 1 ORDER BY 1
""")
_LENT_CASES = text("""
    SELECT count(DISTINCT case_no) FROM ledger.journal
    WHERE book = :book AND seq <= :through AND accounting_date BETWEEN :first AND :last AND kind = 'disburse'
""")
_OUT = text(f"""
    WITH {SEEN}, owed AS (
        SELECT a.dimension AS case_no, sum(debit_fen - credit_fen)::bigint AS outstanding_fen
        FROM seen JOIN ledger.account AS a ON a.id = seen.account WHERE a.subject = 'bridge_receivable'
        GROUP BY 1 HAVING sum(debit_fen - credit_fen) <> 0
    )
    SELECT o.case_no, o.outstanding_fen, c.paid_on, c.measure_digest
    FROM owed AS o LEFT JOIN renewal_case AS c ON c.case_no = o.case_no AND c.fund = :book
    ORDER BY o.case_no
""")
_OUT_NOW = text("""
    SELECT a.dimension AS case_no, b.debit_fen - b.credit_fen AS outstanding_fen, c.paid_on, c.measure_digest
    FROM ledger.account AS a JOIN ledger.balance AS b ON b.account = a.id
    LEFT JOIN renewal_case AS c ON c.case_no = a.dimension AND c.fund = a.book
    WHERE a.book = :book AND a.subject = 'bridge_receivable' AND b.debit_fen <> b.credit_fen
    ORDER BY a.dimension
""")
_WAITING = text("""
    SELECT count(*) AS cases, coalesce(sum(amount_fen), 0)::bigint AS amount_fen FROM queue_place
    WHERE fund = :book AND queued_at < :until AND (granted_at IS NULL OR granted_at >= :until)
        AND (left_at IS NULL OR left_at >= :until)
""")

Flows = Mapping[tuple[Subject, PostingKind], int]


def cases_out(session: Session, fund: str) -> list[CaseOut]:
    """Every case with principal out now, and its last day under the measure it was judged by."""
    return _with_due_days(session, session.connection().execute(_OUT_NOW, {"book": fund}))


def _with_due_days(session: Session, rows: Iterable[Any]) -> list[CaseOut]:
    found = list(rows)
    days = [row.paid_on for row in found if row.paid_on and row.measure_digest]
    if not days:
        return [CaseOut(case_no=row.case_no, outstanding_fen=row.outstanding_fen) for row in found]
    calendar = calendar_around(session, min(days), max(days))
    measures: dict[str, Measure] = {}
    for digest in {row.measure_digest for row in found if row.paid_on and row.measure_digest}:
        measures[digest] = kept_measure(session, digest)
    return [
        CaseOut(
            case_no=row.case_no,
            outstanding_fen=row.outstanding_fen,
            due_on=measures[row.measure_digest].due_on(row.paid_on, calendar)
            if row.paid_on and row.measure_digest
            else None,
        )
        for row in found
    ]


def expected_by_day(
    out: Iterable[CaseOut], first: date | None = None, last: date | None = None
) -> tuple[Expected, ...]:
    """What is due back on each day, first to last; cases whose last day nobody knows are left out.

    Args:
        first, last: only days from and to these.
    """
    days: dict[date, list[CaseOut]] = defaultdict(list)
    for case in out:
        if case.due_on and (first is None or case.due_on >= first) and (last is None or case.due_on <= last):
            days[case.due_on].append(case)
    return tuple(
        Expected(
            day=day,
            amount_fen=sum(case.outstanding_fen for case in days[day]),
            cases=tuple(case.case_no for case in days[day]),
        )
        for day in sorted(days)
    )


def fund_report(session: Session, made: Source, spending_limit_ppm: int | None) -> FundReport:
    """Capital, lending, overdue, fees, the ring-fenced account, turnover, expected returns and the queue.

    Args:
        made: from ``ledger_reports.source``; its last day is the day the report speaks of.
        spending_limit_ppm: share of the year's fee income that the measure lets the fund spend, in millionths; None
            where it sets none.
    """
    last = made.period.last
    year = date(last.year, 1, 1)
    flows, of_year = _flows(session, made, made.period.first), _flows(session, made, year)
    out = _with_due_days(session, ask(session, _OUT, made))
    bridges = _bridges(session, made, flows, out)
    horizon = last + timedelta(days=AHEAD)
    return FundReport(
        source=made,
        capital=tuple(_contributors(session, made)),
        bridges=bridges,
        overdue=_overdue(out, last),
        fees=_fees(flows, of_year, spending_limit_ppm),
        escrow=tuple(_parts(session, made)),
        held=held(session, made),
        turnover=_turnover(session, made, made.period.first, bridges.lent_fen),
        turnover_of_year=_turnover(session, made, year, of_year[Subject.BRIDGE_RECEIVABLE, PostingKind.DISBURSE]),
        expected=expected_by_day(out, last, horizon),
        expected_later_fen=sum(case.outstanding_fen for case in out if case.due_on and case.due_on > horizon),
        without_due_day_fen=sum(case.outstanding_fen for case in out if case.due_on is None),
        queue=_waiting(session, made, last),
        interest_fen=-_kinds(flows, Subject.INTEREST_INCOME),
        charges_fen=_kinds(flows, Subject.BANK_CHARGE),
        recovered_fen=-_kinds(flows, Subject.RECOVERY_INCOME),
        compensated_fen=_kinds(flows, Subject.COMPENSATION),
    )


def _flows(session: Session, made: Source, first: date) -> Flows:
    """Debit less credit from a day on, in fen, by subject and kind of event."""
    flows: dict[tuple[Subject, PostingKind], int] = defaultdict(int)
    for row in ask(session, _FLOWS, made, first=first):
        flows[Subject(row.subject), PostingKind(row.kind)] = row.net
    return flows


_CLOSING = frozenset({PostingKind.CARRY_OVER})


def _kinds(flows: Flows, subject: Subject, without: frozenset[PostingKind] = _CLOSING) -> int:
    return sum(net for (of, kind), net in flows.items() if of is subject and kind not in without)


def _contributors(session: Session, made: Source) -> Iterator[Contributor]:
    for row in ask(session, _BY_DIMENSION, made, subject=Subject.CONTRIBUTION):
        yield Contributor(
            contributor=row.dimension,
            opening_fen=row.opening,
            paid_in_fen=row.credit_fen,
            taken_out_fen=row.debit_fen,
            closing_fen=row.opening + row.credit_fen - row.debit_fen,
        )


def _parts(session: Session, made: Source) -> Iterator[Part]:
    rows = {row.dimension: row for row in ask(session, _BY_DIMENSION, made, subject=Subject.ESCROW_BANK)}
    for part in (*PARTS, *sorted(rows.keys() - set(PARTS))):
        row = rows.get(part)
        opening, came, went = (-row.opening, row.debit_fen, row.credit_fen) if row else (0, 0, 0)
        yield Part(part=part, opening_fen=opening, in_fen=came, out_fen=went, closing_fen=opening + came - went)


def _bridges(session: Session, made: Source, flows: Flows, out: list[CaseOut]) -> Bridges:
    bridge = Subject.BRIDGE_RECEIVABLE
    lent, written_off = flows[bridge, PostingKind.DISBURSE], -flows[bridge, PostingKind.WRITE_OFF]
    returned = -_kinds(flows, bridge, frozenset({PostingKind.DISBURSE, PostingKind.WRITE_OFF}))
    closing = sum(case.outstanding_fen for case in out)
    ((lent_cases,),) = ask(session, _LENT_CASES, made)
    return Bridges(
        opening_fen=closing - lent + returned + written_off,
        lent_fen=lent,
        lent_cases=lent_cases,
        returned_fen=returned,
        written_off_fen=written_off,
        closing_fen=closing,
        closing_cases=len(out),
    )


def _overdue(out: list[CaseOut], on: date) -> Overdue:
    """Cases past their last day; ``on`` that day itself nothing is overdue."""
    late = [(case, (on - case.due_on).days) for case in out if case.due_on and case.due_on < on]
    ageing = []
    for least, most in AGES:
        those = [case for case, days in late if days >= least and (most is None or days <= most)]
        total = sum(case.outstanding_fen for case in those)
        ageing.append(Ageing(from_day=least, to_day=most, cases=len(those), amount_fen=total))
    return Overdue(
        cases=tuple(case.case_no for case, _ in late),
        amount_fen=sum(case.outstanding_fen for case, _ in late),
        ageing=tuple(ageing),
    )


def _fees(flows: Flows, of_year: Flows, limit_ppm: int | None) -> Fees:
    # VAT is no income of the fund's: the limit is a share of what is left, as the ledger's own door reckons it.
    income, spent = -_kinds(of_year, Subject.FEE_INCOME), _kinds(of_year, Subject.FEE_SPENDING)
    allowed = None if limit_ppm is None else income * limit_ppm // PPM
    return Fees(
        received_fen=-_kinds(flows, Subject.FEE_INCOME, frozenset({PostingKind.CARRY_OVER, PostingKind.VAT})),
        vat_fen=flows[Subject.FEE_INCOME, PostingKind.VAT],
        spent_fen=_kinds(flows, Subject.FEE_SPENDING),
        income_of_year_fen=income,
        spent_of_year_fen=spent,
        limit_ppm=limit_ppm,
        allowed_of_year_fen=allowed,
        left_of_year_fen=None if allowed is None else allowed - spent,
    )


def _turnover(session: Session, made: Source, first: date, lent_fen: int) -> Turnover:
    """Money lent by the average fund: capital at the end of each day, over the days on which there was any."""
    last, capital, fund_days, days = made.period.last, 0, 0, 0
    moved = {row.accounting_date: row.net for row in ask(session, _CAPITAL_BY_DAY, made)}
    capital = sum(net for day, net in moved.items() if day < first)
    day = first
    while day <= last:
        capital += moved.get(day, 0)
        if capital:
            fund_days, days = fund_days + capital, days + 1
        day += _ONE_DAY
    return Turnover(first=first, last=last, lent_fen=lent_fen, fund_days_fen=fund_days, days=days)


def _waiting(session: Session, made: Source, last: date) -> Waiting:
    until = datetime.combine(last + _ONE_DAY, time(), LAW_ZONE)
    (row,) = ask(session, _WAITING, made, until=until)
    return Waiting(cases=row.cases, amount_fen=row.amount_fen)
