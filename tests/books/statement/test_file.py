"""Banks' files as banks write them: what becomes a line, and what is said about what does not."""

from datetime import date
from pathlib import Path

import openpyxl
import pytest

from activities.books.statement.reading import Part, read_statement
from activities.words import say_error
from rulebook.books.statements import StatementLine
from rulebook.errors import XuqiaoError
from runtime.settings import checkout

EXAMPLES = (checkout() or Path.cwd()) / "examples"
HEADINGS = "记账日期,流水号,借方,贷方,余额,对方户名,对方账号,摘要"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "statement.csv"


def the_part(content: bytes) -> Part:
    (part,) = read_statement(content).parts
    return part


def read(file: Path, text: str, encoding: str = "utf-8") -> Part:
    file.write_bytes(text.encode(encoding))
    return the_part(file.read_bytes())


def refusal(file: Path, content: bytes | str) -> XuqiaoError:
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(XuqiaoError) as refused:
        read_statement(file.read_bytes())
    assert say_error(refused.value)
    return refused.value


def only(found: Part) -> StatementLine:
    assert found.faults == []
    (line,) = found.lines
    return line.line


def test_the_examples_say_the_same_as_csv_and_as_excel() -> None:
    text, excel = (the_part((EXAMPLES / name).read_bytes()) for name in ("statement.csv", "statement.xlsx"))
    assert text.lines == excel.lines
    assert (text.faults, len(text.lines)) == ([], 5), "head and sums are no lines"
    assert text.own_accounts == {"32050165863600002025"}
    assert [each.line.amount_fen for each in text.lines] == [2_000_000_000, 388_889, -12_000, 5_000_000, 100_000]
    assert text.lines[-1].line.balance_fen == 2_005_476_889


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_the_encodings_of_banks(file: Path, encoding: str) -> None:
    line = only(read(file, f"{HEADINGS}\n2026-03-02,LS1,,1.50,,喆石英𠮷,6228 4801,还款", encoding))
    assert (line.payer_name, line.payer_account, line.amount_fen) == ("喆石英𠮷", "62284801", 150)


@pytest.mark.parametrize(
    ("headings", "row", "amount"),
    [
        ("日期,借方发生额(元),贷方发生额（元）", '2026/3/2,"1,234.50",0.00', -123_450),
        ("日期,金额", "20260302,-0.01", -1),
        ("日期,交易金额", "2026年3月2日,+8", 800),
        ("日期,交易金额,收/支", "2026.3.2,￥8.00元,收", 800),
        ("日期,交易金额,借贷标记", '2026.3.2,"1,234.50",借', -123_450),
        ("日期,交易金额", '2026.3.2,"1,234.50-"', -123_450),
        ("日期,交易金额", "2026.3.2,\u22128", -800),
        ("日期,交易金额", "2026.3.2,-￥8", -800),
        ("日期,交易金额", "2026.3.2,（￥8）", -800),
        ("日期,借方,贷方", "2026.3.2,,CNY 8", 800),
        ("日期,借方,贷方", "20260302 9:15,,.50", 50),
        ("交易时间,借方,贷方", "2026030217:07:09,,8", 800),
        ("日期,交易金额", "2026.3.2,(8.00)", -800),
        ("交易时间,交易金额,借贷标志", "2026-03-02 09:15:00,8.00,借", -800),
        ("交易时间,交易金额,借贷标志", "20260302091500,8.00,贷", 800),
        ("交易时间,交易金额,收支", "20260302 09:15:00,8.00,支出", -800),
        ("日期\t借方\t贷方", "2026-03-02\t\t8.00", 800),
        ("交易日期;借方;贷方", "2026-03-02;8.00;-", -800),
    ],
)
def test_days_and_amounts_in_all_their_forms(file: Path, headings: str, row: str, amount: int) -> None:
    line = only(read(file, f"{headings}\n{row}"))
    assert (line.on, line.amount_fen) == (date(2026, 3, 2), amount)


def test_the_day_of_booking_counts_where_there_are_several(file: Path) -> None:
    line = only(read(file, "交易时间,交易日期,记账日期,金额\n2026-03-01 23:59:00,2026-03-01,2026-03-02,+1"))
    assert line.on == date(2026, 3, 2)


def test_all_that_is_said_of_a_line_is_its_summary(file: Path) -> None:
    line = only(read(file, "日期,金额,摘要,用途,附言\n2026-03-02,+1,转账,还款,转账"))
    assert line.summary == "转账；还款"


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ("2026-02-30,A,,1,,,,", "statement.not_a_day"),
        ("昨天,A,,1,,,,", "statement.not_a_day"),
        ("202603021,A,,1,,,,", "statement.not_a_day"),
        (",A,,1,,,,", "statement.cell_empty"),
        ("2026-03-02,A,1,1,,,,", "statement.both_sides"),
        ("2026-03-02,A,,,9,,,", "statement.no_amount"),
        ("2026-03-02,A,0.00,0,9,,,", "statement.no_amount"),
        ("2026-03-02,A,,1.005,,,,", "money.too_many_decimals"),
        ("2026-03-02,A,,一百,,,,", "money.not_a_number"),
        ('2026-03-02,A,,"1,00",,,,', "money.not_a_number"),
        ("2026-03-02,A,,1e3,,,,", "money.not_a_number"),
        ("2026-03-02,A,,2 80,,,,", "money.not_a_number"),
        ("2026-03-02,A,,--8,,,,", "money.not_a_number"),
        ("2026-03-02,A,,1,,,,,9", "statement.cells_differ"),
        ("2026-03-02,A,,99999999999999,,,,", "statement.amount_absurd"),
        ("2026-03-02,A,,1,?,,,", "money.not_a_number"),
        ("2026-03-02,A,,1,,,6.22848E+18,", "workbook.code_as_number"),
        (f"2026-03-02,A,,1,,,,{'长' * 501}", "workbook.too_long"),
    ],
)
def test_a_row_that_is_wrong_is_named_and_no_other_is_lost(file: Path, cells: str, code: str) -> None:
    found = read(file, f"{HEADINGS}\n2026-03-02,一,,1,,,,\n{cells}\n2026-03-02,三,,3,,,,\n")
    assert [(fault.row, fault.error.code) for fault in found.faults] == [(3, code)]
    assert say_error(found.faults[0].error)
    assert [(each.row, each.line.reference) for each in found.lines] == [(2, "一"), (4, "三")]


def test_sums_and_balances_carried_forward_are_no_lines(file: Path) -> None:
    rows = ["期初余额,,,,100.00,,,", "2026-03-02,A,,1.00,101.00,,,本月利息", ",,,,,,,", "合计,共1笔,0.00,1.00,,,,"]
    assert only(read(file, "\n".join([HEADINGS, *rows]))).summary == "本月利息"


def test_a_statement_that_begins_with_its_last_line_is_turned(file: Path) -> None:
    found = read(file, f"{HEADINGS}\n2026-03-03,B,2.00,,99.00,,,\n2026-03-02,A,,1.00,101.00,,,")
    assert [(each.row, each.line.reference) for each in found.lines] == [(3, "A"), (2, "B")]


def test_what_banks_put_around_numbers_for_excels_sake_is_taken_off(file: Path) -> None:
    line = only(read(file, f'{HEADINGS}\n2026-03-02,"=""00012""",,1,,,\'6228480100000000001\t,'))
    assert (line.reference, line.payer_account) == ("00012", "6228480100000000001")


def test_the_heads_account_is_the_funds_and_the_payers_is_not(file: Path) -> None:
    head = "对方账号：62284801000,,\n本方账号:3205 0165 8636 0000 2025,,\n"
    assert read(file, f"{head}日期,借方,贷方\n2026-03-02,1,").own_accounts == {"32050165863600002025"}
    column = read(file, "日期,账号,借方,贷方\n2026-03-02,32050165,1,\n2026-03-02,32050166,1,")
    assert column.own_accounts == {"32050165", "32050166"}


def test_an_excel_cell_that_lost_its_digits_is_refused_and_a_short_number_is_not(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["日期", "流水号", "借方", "贷方", "对方账号"])
    sheet.append([date(2026, 3, 2), 123456, None, 0.1, None])
    sheet.append([date(2026, 3, 2), "B", None, 19.99, 6228480100000000001])
    sheet.append([date(2026, 3, 2), "C", None, "=1+1", None])
    book.save(tmp_path / "s.xlsx")
    found = the_part((tmp_path / "s.xlsx").read_bytes())
    assert [(each.line.reference, each.line.amount_fen) for each in found.lines] == [("123456", 10)]
    assert [fault.error.code for fault in found.faults] == ["workbook.code_as_number", "workbook.formula"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\xd0\xcf\x11\xe0 old", "statement.old_excel"),
        (b"\x81\xff\xff", "statement.encoding"),
        ("姓名,年龄\n张,3", "statement.no_headings"),
        ("日期,借方,流水\n2026-03-02,1,2", "statement.headings_incomplete"),
        ("交易曰期,借方,贷方\n2026-03-02,1,", "statement.headings_unknown"),
        ("日期,借方,支出,贷方\n2026-03-02,1,1,1", "statement.column_twice"),
        ("日期,金额\n" + "2026-03-02,1\n" * 5_001, "statement.too_many_rows"),
        (
            f"{HEADINGS}\n2026-03-02,A,5,,100,,,\n2026-03-02,B,7,,107,,,\n2026-03-02,C,,9,98,,,",
            "statement.sides_swapped",
        ),
        (b"PK\x03\x04 no zip", "workbook.not_xlsx"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(file: Path, content: bytes | str, code: str) -> None:
    assert refusal(file, content).code == code


def test_a_file_that_is_too_big_says_so(file: Path) -> None:
    assert refusal(file, b"x" * (10 * 1024 * 1024 + 1)).code == "statement.too_big"
