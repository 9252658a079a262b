"""Reports on the books: trial balance, account ledger, vouchers, and the fund's monthly report; also as Excel."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, NamedTuple

from sqlmodel import Session
from typer import Argument, Option

from activities.books.charts import read_chart
from activities.books.report_tables import (
    Amount,
    Cell,
    Table,
    credit_of,
    debit_of,
    fund_tables,
    held_table,
    moment,
    source_lines,
    statement_table,
    summary_of,
    trial_table,
    voucher_table,
)
from activities.books.workbook import Sheet, shown, write_workbook
from activities.law.measures import measure_from
from activities.wording import money
from activities.words import say_value
from models.books import reports as ledger_reports
from models.books.entries import Period, Source, VoucherSheet
from models.books.reports import fund_of_book, source
from models.funds.funds import latest_business_date, measure_in_force
from models.funds.report import fund_report
from rulebook.books.chart import Chart
from rulebook.books.postings import Subject
from rulebook.errors import XuqiaoError
from runtime.cli.failures import Exit, Misuse, say_reason
from runtime.cli.language import call
from runtime.cli.names import member_of
from runtime.cli.office import Office
from runtime.cli.options import AsJson, Fund
from runtime.cli.output import fields, line, print_json, say
from runtime.cli.tables import table
from runtime.cli.values import day_of, month_of

UpTo = Annotated[str | None, Option("--on", metavar="DATE")]
Month = Annotated[str | None, Option("--month", metavar="YYYY-MM")]
First = Annotated[str | None, Option("--from", metavar="DATE")]
Last = Annotated[str | None, Option("--to", metavar="DATE")]
ChartName = Annotated[str | None, Option("--chart", metavar="enterprise|government")]
Xlsx = Annotated[Path | None, Option("--xlsx", metavar="FILE")]


class _Days(NamedTuple):
    """Which accounting dates were asked for, as typed."""

    up_to: str | None = None
    month: str | None = None
    first: str | None = None
    last: str | None = None


def trial_balance(
    fund: Fund = None,
    up_to: UpTo = None,
    month: Month = None,
    chart: ChartName = None,
    xlsx: Xlsx = None,
    as_json: AsJson = False,
) -> int:
    """The trial balance (科目余额表)."""
    with Office() as office, office.begin() as session:
        made, named = _made(office, session, fund, _Days(up_to=up_to, month=month), chart)
        balance = ledger_reports.trial_balance(session, made, named)
    tables = (trial_table(balance), held_table(balance.held))
    return _answer(balance, made, named, tables, [Sheet("trial_balance", tables)], xlsx, as_json)


def statement(
    account: Annotated[str, Option("--account", metavar="ACCOUNT")],
    fund: Fund = None,
    first_day_of: First = None,
    last_day_of: Last = None,
    chart: ChartName = None,
    xlsx: Xlsx = None,
    as_json: AsJson = False,
) -> int:
    """The ledger of one account (明细账)."""
    with Office() as office, office.begin() as session:
        made, named = _made(office, session, fund, _Days(first=first_day_of, last=last_day_of), chart)
        subject, dimension = _account(account, named)
        found = ledger_reports.statement(session, made, named, subject, dimension)
    table = statement_table([found], named)
    return _answer(found, made, named, (table,), [Sheet("statement", (table,))], xlsx, as_json)


def voucher(
    voucher_number: Annotated[int | None, Argument(metavar="[NUMBER]")] = None,
    fund: Fund = None,
    first_day_of: First = None,
    last_day_of: Last = None,
    chart: ChartName = None,
    xlsx: Xlsx = None,
    as_json: AsJson = False,
) -> int:
    """The vouchers of a period (记账凭证), or one of them with what stands behind it."""
    with Office() as office, office.begin() as session:
        days = _Days(first=first_day_of, last=last_day_of)
        made, named = _made(office, session, fund, days, chart, all_days=voucher_number is not None)
        listed = ledger_reports.voucher_list(session, made, named, voucher_number)
    table = voucher_table(listed)
    if voucher_number is not None and not as_json and xlsx is None:
        _show_voucher(listed.vouchers[0], made)
        return Exit.WELL
    return _answer(listed, made, named, (table,), [Sheet("vouchers", (table,))], xlsx, as_json)


def report(
    fund: Fund = None, month: Month = None, chart: ChartName = None, xlsx: Xlsx = None, as_json: AsJson = False
) -> int:
    """The monthly report of a fund (基金月报); as Excel with the books it stands on."""
    sheets: list[Sheet] = []
    with Office() as office, office.begin() as session:
        made, named = _made(office, session, fund, _Days(month=month), chart)
        found = fund_report(session, made, _spending_limit(session, made))
        if xlsx is not None:
            balance = ledger_reports.trial_balance(session, made, named)
            of_each = [
                ledger_reports.statement(session, made, named, line.subject, line.part) for line in balance.lines
            ]
            vouchers = ledger_reports.voucher_list(session, made, named)
            sheets = [
                Sheet("trial_balance", (trial_table(balance), held_table(balance.held))),
                Sheet("statement", (statement_table(of_each, named),)),
                Sheet("vouchers", (voucher_table(vouchers),)),
                Sheet("fund_report", fund_tables(found), one_main=False),
            ]
    return _answer(found, made, named, fund_tables(found), sheets, xlsx, as_json)


# What was asked ------------------------------------------------------------------------------------------------


def _made(
    office: Office, session: Session, code: str | None, days: _Days, chart: str | None, *, all_days: bool = False
) -> tuple[Source, Chart]:
    """What the report is made of: the book, the days and the chart.

    Raises:
        Misuse: ``cli.usage.bad_value``.
        XuqiaoError: ``fund.unknown``, ``reports.day_ahead``, and what is wrong with the chart.
    """
    book = code if code and fund_of_book(session, code) else office.the_fund(session, code)
    today = latest_business_date(session, fund_of_book(session, book) or book)
    named = _chart(office, chart)
    return source(session, book, _everything(today) if all_days else _period(days, today), named), named


def _everything(today: "date") -> Period:
    return Period(first=date.min, last=today)


def _period(days: _Days, today: "date") -> Period:
    """The days asked for: a month as far as it has come, or up to a day from the first of its month."""
    if days.up_to is not None and days.month is not None:
        raise Misuse("reports.day_or_month")
    if days.month is not None:
        first = month_of("--month", days.month)
        last = min(today, (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1))
    else:
        asked = days.up_to or days.last
        last = day_of("--on" if days.up_to else "--to", asked) if asked else today
        first = day_of("--from", days.first) if days.first else last.replace(day=1)
    if max(first, last) > today:
        raise XuqiaoError("reports.day_ahead", day=max(first, last), today=today)
    if first > last:
        reason = say("reports.first_after_last", first=first, last=last)
        raise Misuse("cli.usage.bad_value", name="--from", reason=reason)
    return Period(first=first, last=last)


def _chart(office: Office, asked: str | None) -> Chart:
    """The chart asked for, or that of the settings; the operator's own file belongs to the latter only."""
    settings = office.settings
    if asked is None or asked == settings.chart:
        return read_chart(settings.chart, settings.chart_file)
    return read_chart(asked)


def _account(typed: str, chart: Chart) -> tuple[Subject, str | None]:
    """An account typed as its code, or as subject or subject/dimension, the subject as its name or its word."""
    if by_code := chart.by_code(typed.strip()):
        return by_code.subject, by_code.part
    name, _, dimension = typed.partition("/")
    subject = member_of("--account", Subject, name)
    if subject is Subject.ESCROW_BANK and dimension:
        parts = {say_value("escrow_part", each.part): each.part for each in chart.account if each.part}
        dimension = parts.get(dimension.strip()) or dimension.strip()
        chart.of(subject, dimension)
    return subject, dimension.strip() or None


def _spending_limit(session: Session, made: Source) -> int | None:
    """Share of the year's fee income that may be spent by the measure in force on the report's last day."""
    try:
        law = measure_in_force(session, made.fund, made.period.last)
    except XuqiaoError as error:
        if error.code != "fund.no_measure":
            raise
        return None
    return measure_from(law.pack, law.overlay).fund.spending_limit.value


# What is answered ----------------------------------------------------------------------------------------------


def _answer(
    value: object,
    made: Source,
    chart: Chart,
    tables: Sequence[Table],
    sheets: Sequence[Sheet],
    xlsx: Path | None,
    as_json: bool,
) -> int:
    """Show the report, or write it as Excel, or give it to a program."""
    if xlsx is not None:
        try:
            write_workbook(xlsx, made, chart, sheets, call.lang)
        except OSError as error:
            raise Misuse("cli.usage.cannot_write", path=xlsx, reason=say_reason(error)) from None
    if as_json:
        print_json(value)
    elif xlsx is not None:
        line(say("reports.written", path=xlsx, voucher=made.voucher))
    else:
        _show(made, tables)
    return Exit.WELL


def _show(made: Source, tables: Sequence[Table]) -> None:
    for text in source_lines(made):
        line(text)
    for one in tables:
        line()
        line(f"【{say(f'reports.table.{one.title}')}】")
        rows = (*one.rows, *one.foot)
        columns = range(len(one.headings))
        numbers = [one.headings[n] for n in columns if any(isinstance(row[n], Amount | int) for row in one.rows)]
        table(one.headings, (tuple(_cells(row)) for row in rows), right=numbers)


def _cells(row: Iterable[Cell]) -> Iterable[str]:
    return (shown(cell) for cell in row)


def _show_voucher(sheet: VoucherSheet, made: Source) -> None:
    """One voucher as a sheet of paper would show it."""
    for text in (source_lines(made)[0], *source_lines(made)[2:]):
        line(text)
    approval = sheet.approval
    line()
    fields(
        (
            ("voucher", sheet.number),
            ("day", sheet.accounting_date),
            ("summary", summary_of(sheet)),
            ("case", sheet.case_no),
            ("bank_reference", sheet.reference),
            ("held", money(sheet.held_fen)),
            ("posted_by", sheet.actor_id),
            ("recorded", moment(sheet.recorded_at)),
            ("key", sheet.key),
            ("evidence", sheet.evidence),
            ("terms_digest", sheet.terms_digest),
            ("voucher_digest", sheet.digest),
            ("approved_by", approval and f"{approval.maker} / {approval.checker}"),
            ("approval_key", approval and approval.key),
            ("approved_at", approval and moment(approval.at)),
            ("approved_amount", approval and money(approval.amount_fen)),
            ("approved_about", approval and approval.about),
        )
    )
    line()
    table(
        ("debit_account", "credit_account", "amount"),
        ((debit_of(entry), credit_of(entry), money(entry.amount_fen)) for entry in sheet.entries),
        right=("amount",),
    )
