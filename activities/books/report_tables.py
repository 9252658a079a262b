"""Reports on the books as tables, the same for the screen and for Excel; amounts stay whole fen until shown."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple

from activities.words import Lang, say, say_value, word
from models.books.entries import (
    Held,
    Source,
    Statement,
    Totals,
    TrialBalance,
    TrialEntry,
    VoucherEntry,
    VoucherList,
    VoucherSheet,
)
from models.funds.figures import AHEAD, FundReport, Turnover
from rulebook.books.breaker import percent
from rulebook.books.chart import Chart
from rulebook.books.postings import Subject
from rulebook.calendar import LAW_ZONE
from rulebook.money import format_yuan

SHORT = 12
"""So many signs of a digest are enough for eyes."""


class Amount(NamedTuple):
    """Money in a cell, in fen."""

    fen: int


_ONLY_ONE = frozenset({Subject.INTEREST_INCOME, Subject.BANK_CHARGE, Subject.OUTPUT_VAT, Subject.SURPLUS})
"""A book has one account of each: whom it is kept for says nothing."""

Cell = str | int | date | Amount | None
Row = tuple[Cell, ...]


class Table(NamedTuple):
    """A table: its title is the word ``reports.table.…``, its headings are ``cli.heading.…``; ``foot`` sums it up."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[Row, ...]
    foot: tuple[Row, ...] = ()


def source_lines(source: Source, lang: Lang | None = None) -> tuple[str, ...]:
    """What a report says of itself: fund, period, chart, and the voucher and head of chain it was made from."""
    chart = say("reports.chart", lang, title=source.chart_title, document=source.document)
    if source.own_chart:
        chart += say("reports.own_chart", lang, file=source.own_chart)
    return (
        say("reports.fund", lang, fund=source.fund, name=source.fund_name),
        say("reports.period", lang, first=source.period.first, last=source.period.last),
        chart,
        say("reports.made_from", lang, voucher=source.voucher, digest=source.digest[:SHORT] or "-"),
    )


# Trial balance -------------------------------------------------------------------------------------------------

_TRIAL = (
    "code",
    "account_name",
    "accounts",
    "opening_debit",
    "opening_credit",
    "debit",
    "credit",
    "closing_debit",
    "closing_credit",
)


def trial_table(balance: TrialBalance, lang: Lang | None = None) -> Table:
    """The trial balance (科目余额表), with the sums of what is in the balance and of what stands beside it."""
    foot: list[Row] = [("", say("reports.total", lang), None, *_sums(balance.totals))]
    if any(line.off_balance for line in balance.lines):
        foot.append(("", say("reports.total_off_balance", lang), None, *_sums(balance.off_balance_totals)))
    rows: list[Row] = [(line.code, line.name, line.accounts, *_sums(line)) for line in balance.lines]
    return Table("trial_balance", _TRIAL, tuple(rows), tuple(foot))


def held_table(held: Held, lang: Lang | None = None) -> Table:
    """What is promised and not yet an entry."""
    return Table(
        "held",
        ("item", "count", "amount"),
        (
            (say("reports.reserved", lang), held.reserved_cases, Amount(held.reserved_fen)),
            (say("reports.on_its_way", lang), held.on_its_way_cases, Amount(held.on_its_way_fen)),
        ),
    )


def _sums(line: TrialEntry | Totals) -> tuple[Amount, ...]:
    return tuple(Amount(getattr(line, name)) for name in Totals.model_fields)


# Account ledger ------------------------------------------------------------------------------------------------

_STATEMENT = ("code", "account_name", "day", "voucher", "summary", "kept_for", "counter", "debit", "credit", "balance")


def statement_table(statements: Iterable[Statement], chart: Chart, lang: Lang | None = None) -> Table:
    """The ledger of one account after the other (明细账): opening, each entry with the balance after it, sums."""
    rows: list[Row] = []
    for one in statements:
        named = (one.code, one.name or say_value("subject", one.subject, lang))
        start = one.source.period.first
        rows.append((*named, start, None, say("reports.opening", lang), "", "", None, None, Amount(one.opening_fen)))
        for line in one.lines:
            counter = chart.of(line.counter_subject, line.counter_dimension)
            rows.append(
                (
                    *named,
                    line.accounting_date,
                    line.voucher,
                    " ".join(filter(None, (word(line.kind, lang), line.case_no, line.reference))),
                    _kept_for(one.subject, line.dimension, lang),
                    _with_dimension(counter.code, counter.full_name, line.counter_subject, line.counter_dimension),
                    Amount(line.debit_fen) if line.debit_fen else None,
                    Amount(line.credit_fen) if line.credit_fen else None,
                    Amount(line.balance_fen),
                )
            )
        sums = (Amount(one.debit_fen), Amount(one.credit_fen), Amount(one.closing_fen))
        rows.append((*named, one.source.period.last, None, say("reports.closing", lang), "", "", *sums))
    return Table("statement", _STATEMENT, tuple(rows))


def _kept_for(subject: Subject, dimension: str, lang: Lang | None) -> str:
    if subject in _ONLY_ONE:
        return ""
    return say_value("escrow_part", dimension, lang) if subject is Subject.ESCROW_BANK else dimension


def _with_dimension(code: str, name: str, subject: Subject, dimension: str) -> str:
    """An account with whom it is kept for; the part of the ring-fenced account is in its name already."""
    said_already = subject is Subject.ESCROW_BANK or subject in _ONLY_ONE
    return f"{code} {name}" if said_already else f"{code} {name}（{dimension}）"


# Vouchers ------------------------------------------------------------------------------------------------------

_VOUCHERS = (
    "voucher",
    "day",
    "summary",
    "debit_account",
    "credit_account",
    "amount",
    "held",
    "case",
    "bank_reference",
    "posted_by",
    "approved_by",
    "evidence",
    "recorded",
    "voucher_digest",
)


def voucher_table(listed: VoucherList, lang: Lang | None = None) -> Table:
    """The vouchers by number (记账凭证), an entry to a row; what only sets money aside has a row without entry."""
    rows: list[Row] = []
    for sheet in listed.vouchers:
        rows += [_voucher_row(sheet, entry, lang) for entry in sheet.entries or (None,)]
    foot: Row = ("", None, say("reports.total", lang), "", "", Amount(listed.total_fen), *([None] * 8))
    return Table("vouchers", _VOUCHERS, tuple(rows), (foot,))


def _voucher_row(sheet: VoucherSheet, entry: VoucherEntry | None, lang: Lang | None) -> Row:
    approval = sheet.approval
    return (
        sheet.number,
        sheet.accounting_date,
        summary_of(sheet, lang),
        debit_of(entry) if entry else "",
        credit_of(entry) if entry else "",
        Amount(entry.amount_fen) if entry else None,
        Amount(sheet.held_fen) if sheet.held_fen is not None else None,
        sheet.case_no,
        sheet.reference,
        sheet.actor_id,
        f"{approval.maker} / {approval.checker}" if approval else "",
        sheet.evidence[:SHORT],
        moment(sheet.recorded_at),
        sheet.digest[:SHORT],
    )


def debit_of(entry: VoucherEntry) -> str:
    """The debited account of an entry."""
    return _with_dimension(entry.debit_code, entry.debit_name, entry.debit_subject, entry.debit_for)


def credit_of(entry: VoucherEntry) -> str:
    """The credited account of an entry."""
    return _with_dimension(entry.credit_code, entry.credit_name, entry.credit_subject, entry.credit_for)


def summary_of(sheet: VoucherSheet, lang: Lang | None = None) -> str:
    """What a voucher is about (摘要), and which other voucher it ends or takes back."""
    said = word(sheet.kind, lang)
    if sheet.resolves is not None:
        said += say("reports.resolves", lang, number=sheet.resolves)
    if sheet.reverses is not None:
        said += say("reports.reverses", lang, number=sheet.reverses)
    if sheet.reversed_by is not None:
        said += say("reports.reversed_by", lang, number=sheet.reversed_by)
    return said


def moment(at: datetime) -> str:
    """A moment as the office's clock shows it."""
    return f"{at.astimezone(LAW_ZONE):%Y-%m-%d %H:%M:%S}"


# Fund report ---------------------------------------------------------------------------------------------------


def fund_tables(report: FundReport, lang: Lang | None = None) -> tuple[Table, ...]:
    """The monthly report (基金月报), section by section."""
    return (
        _capital(report, lang),
        _items("bridges", report, _bridges(report), lang),
        _overdue(report, lang),
        _items("fees", report, _fees(report), lang),
        _escrow(report, lang),
        held_table(report.held, lang),
        Table("turnover", ("item", "figure"), tuple(_turnover(report, lang))),
        _expected(report, lang),
        _items("queue", report, (("queue", Amount(report.queue.amount_fen)), ("cases", report.queue.cases)), lang),
    )


def _amounts(values: Sequence[object], names: Sequence[str]) -> tuple[Amount, ...]:
    """The sum of each field over some values."""
    return tuple(Amount(sum(getattr(each, name) for each in values)) for name in names)


def _items(title: str, report: FundReport, items: Sequence[tuple[str, Cell]], lang: Lang | None) -> Table:
    limit = percent(report.fees.limit_ppm) if report.fees.limit_ppm is not None else "-"
    return Table(
        title, ("item", "figure"), tuple((say(f"reports.item.{code}", lang, limit=limit), cell) for code, cell in items)
    )


def _capital(report: FundReport, lang: Lang | None) -> Table:
    names = ("opening_fen", "paid_in_fen", "taken_out_fen", "closing_fen")
    rows: list[Row] = [(each.contributor, *_amounts((each,), names)) for each in report.capital]
    sums = _amounts(report.capital, names)
    return Table(
        "capital",
        ("contributor", "opening", "paid_in", "taken_out", "closing"),
        tuple(rows),
        ((say("reports.total", lang), *sums),),
    )


def _bridges(report: FundReport) -> Sequence[tuple[str, Cell]]:
    bridges = report.bridges
    return (
        ("outstanding_opening", Amount(bridges.opening_fen)),
        ("lent", Amount(bridges.lent_fen)),
        ("lent_cases", bridges.lent_cases),
        ("returned", Amount(bridges.returned_fen)),
        ("written_off", Amount(bridges.written_off_fen)),
        ("outstanding", Amount(bridges.closing_fen)),
        ("outstanding_cases", bridges.closing_cases),
        ("recovered", Amount(report.recovered_fen)),
        ("compensated", Amount(report.compensated_fen)),
    )


def _overdue(report: FundReport, lang: Lang | None) -> Table:
    rows: list[Row] = []
    for age in report.overdue.ageing:
        code = "reports.overdue_from" if age.to_day is None else "reports.overdue_between"
        rows.append((say(code, lang, first=age.from_day, last=age.to_day), age.cases, Amount(age.amount_fen)))
    total = (say("reports.total", lang), len(report.overdue.cases), Amount(report.overdue.amount_fen))
    return Table("overdue", ("item", "count", "amount"), tuple(rows), (total,))


def _fees(report: FundReport) -> Sequence[tuple[str, Cell]]:
    fees = report.fees
    items: list[tuple[str, Cell]] = [
        ("fee_received", Amount(fees.received_fen)),
        ("vat", Amount(fees.vat_fen)),
        ("fee_spent", Amount(fees.spent_fen)),
        ("interest", Amount(report.interest_fen)),
        ("charges", Amount(report.charges_fen)),
        ("income_of_year", Amount(fees.income_of_year_fen)),
        ("spent_of_year", Amount(fees.spent_of_year_fen)),
    ]
    if fees.allowed_of_year_fen is None or fees.left_of_year_fen is None:
        return [*items, ("no_limit", None)]
    return [*items, ("allowed", Amount(fees.allowed_of_year_fen)), ("left", Amount(fees.left_of_year_fen))]


def _escrow(report: FundReport, lang: Lang | None) -> Table:
    names = ("opening_fen", "in_fen", "out_fen", "closing_fen")
    rows: list[Row] = [(say_value("escrow_part", each.part, lang), *_amounts((each,), names)) for each in report.escrow]
    sums = _amounts(report.escrow, names)
    headings = ("part", "opening", "came_in", "went_out", "closing")
    return Table("escrow", headings, tuple(rows), ((say("reports.total", lang), *sums),))


def _turnover(report: FundReport, lang: Lang | None) -> Iterable[Row]:
    for code, turnover in (("turnover", report.turnover), ("turnover_of_year", report.turnover_of_year)):
        yield say(f"reports.item.{code}", lang), turnover.times or "-"
        yield say("reports.formula", lang), formula(turnover, lang)


def formula(turnover: Turnover, lang: Lang | None = None) -> str:
    """How a turnover was reckoned, with its figures."""
    return say(
        "reports.turnover_formula",
        lang,
        lent=format_yuan(turnover.lent_fen, grouped=True),
        average=format_yuan(turnover.average_fen, grouped=True),
        first=turnover.first,
        last=turnover.last,
        days=turnover.days,
        times=turnover.times or "-",
    )


def _expected(report: FundReport, lang: Lang | None) -> Table:
    rows = tuple((str(each.day), Amount(each.amount_fen), ", ".join(each.cases)) for each in report.expected)
    foot: list[Row] = [
        (say("reports.total", lang), Amount(sum(each.amount_fen for each in report.expected)), ""),
        (say("reports.expected_later", lang, days=AHEAD), Amount(report.expected_later_fen), ""),
        (say("reports.without_due_day", lang), Amount(report.without_due_day_fen), ""),
    ]
    return Table("expected", ("day", "expected", "cases"), rows, tuple(foot))
