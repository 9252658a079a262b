"""Issue 13: names stand in the exported reports on the books as they are written."""

from datetime import date
from pathlib import Path

import openpyxl

from activities.books.charts import chart_ids, shipped_chart
from activities.books.report_tables import Table
from activities.books.workbook import Sheet, write_workbook
from models.books.entries import Period, Source
from tests.names import HARD_NAMES


def test_13_two_hundred_hard_names_come_back_from_an_exported_report(tmp_path: Path) -> None:
    chart = shipped_chart(chart_ids()[0])
    source = Source(
        fund="DH",
        fund_name=HARD_NAMES[0],
        period=Period(first=date(2026, 3, 1), last=date(2026, 3, 31)),
        chart=chart_ids()[0],
        chart_title="x",
        document="x",
        own_chart=None,
        voucher=1,
        digest="0" * 64,
    )
    table = Table("vouchers", ("summary", "kept_for"), tuple((name, name) for name in HARD_NAMES))
    write_workbook(tmp_path / "report.xlsx", source, chart, [Sheet("vouchers", (table,))], "zh")

    sheet = openpyxl.load_workbook(tmp_path / "report.xlsx").worksheets[0]
    rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    assert [row[:2] for row in rows if row[0] == row[1] and row[0]] == [[name, name] for name in HARD_NAMES]
    assert str(rows[0][0]).startswith(HARD_NAMES[0])
