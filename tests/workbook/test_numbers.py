"""Issue 12: a number is what the cell holds and shows alike, or its row is refused by name."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from activities.workbook import cells
from activities.workbook.applications import CellFault, WorkbookReading, read_workbook
from activities.workbook.columns import COLUMNS
from activities.workbook.formats import hides, shape_of, shows_whole_day
from rulebook.money import yuan
from tests.workbook.support import FIELDS, GOOD, MONDAY, TITLES

DATA = Path(__file__).parent / "data"
CASES_DAY = date(2026, 11, 30)
ReadCell = Callable[..., WorkbookReading]
YUAN_TITLES = {"asked_fen": "申请金额（元）", "balance_fen": "贷款余额（元）"}


@pytest.fixture
def read_cell(tmp_path: Path) -> ReadCell:
    """Read one good row in which a cell has a value and a number format."""

    def _read(field: str, value: object, form: str | int = "General", *, in_yuan: bool = False) -> WorkbookReading:
        titles = {**TITLES, **(YUAN_TITLES if in_yuan else {})}
        row: dict[str, object] = {"loan_note": "JD000001", **GOOD}
        if in_yuan:
            row |= {"asked_fen": 2_800_000, "balance_fen": 3_000_000}
        with xlsxwriter.Workbook(str(tmp_path / "cell.xlsx"), {"strings_to_numbers": False}) as book:
            sheet = book.add_worksheet()
            day = book.add_format({"num_format": "yyyy-mm-dd"})
            of_the_cell = book.add_format({"num_format": form})
            for index, name in enumerate(FIELDS):
                sheet.write_string(0, index, titles[name])
                given, used = (value, of_the_cell) if name == field else (row.get(name), None)
                if isinstance(given, date):
                    sheet.write_datetime(1, index, given, used or day)
                elif given is not None:
                    sheet.write(1, index, given, used)
        return read_workbook(tmp_path / "cell.xlsx", MONDAY)

    return _read


@given(st.text('0#?.,%;[]"\\_*!@$¥￥‰E+-<>=年月日dmyhse元万千亿K/( )', max_size=24), st.floats(-1e9, 1e9))
def test_12_whatever_format_a_file_brings_it_is_followed_or_refused(form: str, value: float) -> None:
    shape = shape_of(form, Decimal(repr(value)))
    assert shape.divided >= 1
    assert isinstance(hides(form, value), bool)
    assert isinstance(shows_whole_day(form), bool)


@given(st.integers(0, 10_000 * 100), st.sampled_from(["0%", "0.00%", "[Red]0.0%", "0.0%;-0.0%", "0.0%_ ", '"约"0.0%']))
def test_12_a_percent_cell_of_any_size_is_a_hundredfold(hundredths: int, form: str) -> None:
    column = next(column for column in COLUMNS if column.field == "liabilities_ppm")
    cell = cells.Cell(hundredths / 10_000, "n", form)
    assert cells.read_cell(cell, column, "%", None) == hundredths * 100


def only(reading: WorkbookReading) -> CellFault:
    (fault,) = reading.errors
    assert reading.rows == ()
    assert "{" not in fault.sentence("zh") + fault.sentence("en")
    return fault


def test_12_a_percent_cell_is_what_it_shows_and_a_ratio_without_a_sign_is_a_fault_of_its_row() -> None:
    reading = read_workbook(DATA / "percent.xlsx", CASES_DAY)

    assert [row.liabilities_ppm for row in reading.rows] == [855_000, 855_000]
    (fault,) = reading.errors
    assert (fault.cell, fault.code) == ("AM7", "workbook.ratio_unclear")
    assert "85.5%" in fault.sentence("zh")
    assert "85.5%" in fault.sentence("en")


@pytest.mark.parametrize(
    ("value", "form", "ppm"),
    [
        (0.855, "0%", 855_000),
        (0.855, "0.00%", 855_000),
        (0.855, 9, 855_000),
        (0.855, 10, 855_000),
        (0.855, "[Red]0.0%", 855_000),
        (0.855, "0.0%;-0.0%", 855_000),
        (0.855, "[>=1]0.0;0.0%", 855_000),
        (0.855, "0.0%_ ;[Red]-0.0% ", 855_000),
        (1, "0%", 1_000_000),
        (1.2, "0.0%", 1_200_000),
        (0.01, "0%", 10_000),
        (0, "0%", 0),
        (0, "General", 0),
        (85.5, "General", 855_000),
        (85.5, '0.0"%"', 855_000),
        (85.5, "0.0\\%", 855_000),
        (85.5, '0.0"％"', 855_000),
        (120, "0", 1_200_000),
        ("85.5%", "@", 855_000),
        ("85.5％", "@", 855_000),
        ("８５．５％", "@", 855_000),
        ("85.5 %", "General", 855_000),
        ("0.855%", "@", 8_550),
        ("1%", "@", 10_000),
        ("85.5", "@", 855_000),
    ],
)
def test_12_a_percentage_in_these_forms(read_cell: ReadCell, value: object, form: str | int, ppm: int) -> None:
    (row,) = read_cell("liabilities_ppm", value, form).rows
    assert row.liabilities_ppm == ppm


@pytest.mark.parametrize(
    ("value", "form", "code"),
    [
        (0.855, "General", "ratio_unclear"),
        (1, "General", "ratio_unclear"),
        (1.2, "0.00", "ratio_unclear"),
        (5, "0", "ratio_unclear"),
        ("0.855", "@", "ratio_unclear"),
        (0.855, '0.0"%"', "ratio_unclear"),
        (0.855, '0.000"％"', "ratio_unclear"),
        (0.855, "[>=1]0%;0.00", "ratio_unclear"),
        (855, "0‰", "shown_otherwise"),
        (0.855, "0%%", "shown_otherwise"),
        (85500, "0.0,", "shown_otherwise"),
        ("85.5%%", "@", "not_a_number"),
        ("855‰", "@", "not_a_number"),
        ("%", "@", "not_a_number"),
        ("85,5%", "@", "not_a_number"),
        (-0.1, "0%", "not_a_percentage"),
        (date(2026, 3, 2), "yyyy-mm-dd", "not_a_number"),
        (0.855, ";;;", "hidden_by_format"),
    ],
)
def test_12_a_percentage_that_is_unclear_is_refused(
    read_cell: ReadCell, value: object, form: str | int, code: str
) -> None:
    assert only(read_cell("liabilities_ppm", value, form)).code == f"workbook.{code}"


@pytest.mark.parametrize(
    ("value", "form"),
    [
        (2_800_000, "#,##0,"),
        (2_800_000, '#,##0,"千元"'),
        (2_800_000, '0\\.0,"万元"'),
        (2_800_000, '0\\.0,"万"'),
        (2_800_000, '0.00,,"百万"'),
        (2_800_000, '#,##0.00"元"'),
        (2_800_000, "[$¥-804]#,##0.00"),
        (2_800_000, '_ ¥* #,##0.00_ ;_ ¥* -#,##0.00_ ;_ ¥* "-"??_ ;_ @_ '),
        (2_800_000, 7),
        (2_800_000, "0.00E+00"),
        (2.8e6, "General"),
        ("2,800,000.00", "@"),
        ("2 800 000", "@"),
    ],
)
def test_12_an_amount_in_yuan_is_the_number_held(read_cell: ReadCell, value: object, form: str | int) -> None:
    (row,) = read_cell("asked_fen", value, form, in_yuan=True).rows
    assert row.asked_fen == yuan(2_800_000)


@pytest.mark.parametrize(
    ("in_yuan", "value", "form", "code"),
    [
        (True, 280, '0.00"万元"', "shown_otherwise"),
        (True, 2_800_000, '0.0,"万"', "shown_otherwise"),
        (True, 2_800_000, "[$$-409]#,##0.00", "foreign_currency"),
        (True, 2_800_000, "[$￥-411]#,##0", "foreign_currency"),
        (True, 2_800_000, '"US$"#,##0', "foreign_currency"),
        (True, 2_800_000, '#,##0"港元"', "foreign_currency"),
        (True, 2_800_000, ";;;", "hidden_by_format"),
        (True, 2_800_000.005, "0.00", "too_many_decimals"),
        (True, datetime(2026, 3, 20), "yyyy-mm-dd", "not_a_number"),  # noqa: DTZ001
        (False, 2_800_000, '0\\.0,"万元"', "shown_otherwise"),
        (False, 2_800_000, "#,##0,", "shown_otherwise"),
        (False, 2_800_000, '0.00"元"', "shown_otherwise"),
        (False, 2.8, "0%", "percent_here"),
    ],
)
def test_12_an_amount_that_shows_another_than_it_holds_is_refused(
    read_cell: ReadCell, in_yuan: bool, value: object, form: str, code: str
) -> None:
    assert only(read_cell("asked_fen", value, form, in_yuan=in_yuan)).code == f"workbook.{code}"


@pytest.mark.parametrize(
    "value", ["2 80", "2,80", "1.234,56", "28 0", "2,8000", "1,234 567", "①00", "2²0", "2\u200b80", "２ ８０"]
)
def test_16_a_number_with_a_slip_inside_is_refused_and_never_closed_up(read_cell: ReadCell, value: str) -> None:
    assert only(read_cell("asked_fen", value, "@")).code == "workbook.not_a_number"


@pytest.mark.parametrize(("form", "code"), [('0"千人"', "shown_otherwise"), ("0%", "percent_here")])
def test_12_heads_are_counted_one_by_one(read_cell: ReadCell, form: str, code: str) -> None:
    assert only(read_cell("employees", 35, form)).code == f"workbook.{code}"


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ("2026-12-22 00:00:00", "@"),
        ("2026-12-22T00:00:00", "@"),
        ("2026/12/22 0:00", "@"),
        ("20261222", "@"),
        (20261222, "General"),
        (20261222, "0"),
        ("2026年12月22日", "@"),
        ("2026 年 12 月 22 日", "@"),
        ("2026/12/22", "@"),
        ("2026.12.22", "@"),
        (date(2026, 12, 22), 'yyyy"年"m"月"d"日";@'),
        (date(2026, 12, 22), "[$-F800]dddd, mmmm dd, yyyy"),
        (date(2026, 12, 22), 14),
        (datetime(2026, 12, 22, 15, 30), "yyyy/m/d h:mm"),  # noqa: DTZ001
    ],
)
def test_16_a_day_in_these_forms(read_cell: ReadCell, value: object, form: str | int) -> None:
    (row,) = read_cell("maturity", value, form).rows
    assert row.maturity == date(2026, 12, 22)


@pytest.mark.parametrize(
    ("value", "form", "code"),
    [
        ("12/11/2026", "@", "not_a_date"),
        ("12-11-26", "@", "not_a_date"),
        ("26/12/22", "@", "not_a_date"),
        ("2026-12/22", "@", "not_a_date"),
        ("2026-12", "@", "not_a_date"),
        ("2026-12-22 25:00", "@", "not_a_date"),
        ("2026-02-30 00:00:00", "@", "no_such_day"),
        (46378, "General", "not_a_date"),
        (46378.5, "0.00", "not_a_date"),
        (20261301, "General", "no_such_day"),
        (202612, "General", "not_a_date"),
        (date(2026, 12, 22), 'yyyy"年"m"月"', "day_in_part"),
        (date(2026, 12, 22), 'm"月"d"日"', "day_in_part"),
        (date(2026, 12, 22), 16, "day_in_part"),
        (date(2026, 12, 22), ";;;", "not_a_date"),
        (True, "General", "not_a_date"),
    ],
)
def test_16_a_day_that_is_unclear_is_refused(read_cell: ReadCell, value: object, form: str | int, code: str) -> None:
    found = only(read_cell("maturity", value, form)).code
    assert found == f"workbook.{code}" or (form == ";;;" and found == "workbook.hidden_by_format")


@pytest.mark.parametrize(
    ("field", "title"), [("employees", "从业人员（千人）"), ("liabilities_ppm", "资产负债率（‰）")]
)
def test_12_a_heading_with_another_unit_is_refused(tmp_path: Path, field: str, title: str) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "unit.xlsx")) as book:
        sheet = book.add_worksheet()
        for index, name in enumerate(FIELDS):
            sheet.write_string(0, index, title if name == field else TITLES[name])
        sheet.write_string(1, 0, "东海县试填石英制品有限公司")
    assert only(read_workbook(tmp_path / "unit.xlsx", MONDAY)).code == "workbook.other_unit"
