"""Statements that were once taken in wrongly: each line is right now, or refused by name."""

import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import Engine

from activities.books.statement import taking_in
from activities.books.statement.layouts import Field
from activities.books.statement.taking_in import ImportReport, LineState
from models.database import sessions
from rulebook.books.postings_of_the_year import interest
from rulebook.errors import XuqiaoError
from rulebook.money import yuan
from tests.books.statement.account import HEADINGS, Account, faults, open_account, states

CASES = Path(__file__).parent / "cases"
OWN = "530019050380505400"
LAST_DAY = date(2026, 11, 30)
OpenAccount = Callable[[str], Account]


@pytest.fixture
def of_number(app_engine: Engine, desk_engine: Engine, tmp_path: Path) -> OpenAccount:
    return lambda last: open_account(app_engine, desk_engine, tmp_path, number=OWN + last, on=LAST_DAY)


def amounts(account: Account) -> list[int]:
    return [line.amount_fen for line in account.lines]


def sheet(tmp_path: Path, *sheets: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for number, rows in enumerate(sheets, start=1):
        of_book = book.create_sheet(f"第{number}页")
        for row in rows:
            of_book.append(row)
    book.save(tmp_path / "s.xlsx")
    return tmp_path / "s.xlsx"


# 1 -------------------------------------------------------------------------------------------------------------


def test_1_one_word_in_a_memo_makes_no_return(of_number: OpenAccount) -> None:
    account = of_number("18")
    report = account.take_in_file(CASES / "returned-by-word.csv")
    assert states(report) == {"PAY1": LineState.NOT_IN_BOOKS, "RET1": LineState.SUSPENSE}
    assert account.waiting() == {"RET1": yuan(2_800_000)}


# 2 -------------------------------------------------------------------------------------------------------------


def test_2_the_mark_of_a_bank_says_which_way_the_money_went(of_number: OpenAccount) -> None:
    account = of_number("05")
    assert account.take_in_file(CASES / "mark-unknown.csv").whole
    assert amounts(account) == [yuan(50_000), -yuan(30_000)]


@pytest.mark.parametrize("heading", ["收/支", "收支方向", "交易方向", "借贷类型", "借 / 贷", "借贷标记 ", "资金流向"])
def test_2_by_whatever_heading(account: Account, heading: str) -> None:
    rows = ["2026-03-01,50.00,贷,A", "2026-03-02,30.00,借,B"]
    account.take_in_file(account.file(*rows, headings=f"日期,金额,{heading},流水号"))
    assert amounts(account) == [yuan(50), -yuan(30)]


@pytest.mark.parametrize("headings", ["日期,金额,进项与否,流水号", "日期,金额,,流水号"])
def test_2_without_a_known_mark_nothing_is_booked(account: Account, headings: str) -> None:
    path = account.file("2026-03-01,50.00,贷,A", "2026-03-02,30.00,借,B", headings=headings)
    with pytest.raises(XuqiaoError, match=r"statement\.sign_unknown"):
        account.take_in_file(path)
    assert account.lines == []


def test_2_one_reversal_makes_no_signed_column(account: Account) -> None:
    rows = ["2026-03-01,50.00,贷,A", "2026-03-02,30.00,借,B", "2026-03-02,-30.00,借,C"]
    with pytest.raises(XuqiaoError, match=r"statement\.sign_unknown"):
        account.take_in_file(account.file(*rows, headings="日期,金额,进项与否,流水号"))
    signed = account.file("2026-03-01,50.00,来账,A", "2026-03-02,-30.00,往账,B", headings="日期,金额,进项与否,流水号")
    assert account.take_in_file(signed).whole


def test_2_an_officer_says_once_what_the_heading_means(account: Account) -> None:
    path = account.file("2026-03-01,50.00,贷,A", "2026-03-02,30.00,借,B", headings="日期,金额,进项与否,流水号")
    with sessions(account.app).begin() as session:
        taking_in.say_heading(session, account.fund, " 进项与否 ", Field.MARK, "li.jing")
    report = account.take_in_file(path)
    assert report.reading.told == ("进项与否",)
    assert amounts(account) == [yuan(50), -yuan(30)]
    with sessions(account.app).begin() as session:
        taking_in.say_heading(session, account.fund, "进项与否", None, "li.jing")
    with pytest.raises(XuqiaoError, match=r"statement\.sign_unknown"):
        account.take_in_file(path)


def test_2_where_balances_prove_the_direction_they_are_used(account: Account) -> None:
    rows = ["2026-03-01,50.00,1050.00,A", "2026-03-01,30.00,1020.00,B", "2026-03-02,7.00,1027.00,C"]
    report = account.take_in_file(account.file(*rows, headings="日期,金额,余额,流水号"))
    assert faults(report) == [(2, "statement.sign_unproven")]
    assert amounts(account) == [-yuan(30), yuan(7)]
    with_opening = account.take_in_file(account.file("期初余额,,1000.00,", *rows, headings="日期,金额,余额,流水号"))
    assert with_opening.whole
    assert amounts(account) == [yuan(50), -yuan(30), yuan(7)]


def test_2_a_minus_beside_the_mark_out_is_proven_by_the_balance_or_refused(account: Account) -> None:
    rows = ["2026-03-01,50.00,收入,1050.00,A", "2026-03-02,-30.00,支出,1020.00,B"]
    assert account.take_in_file(account.file(*rows, headings="日期,金额,收支,余额,流水号")).whole
    assert amounts(account) == [yuan(50), -yuan(30)]
    without = [row.replace(",1050.00", ",").replace(",1020.00", ",") for row in rows]
    with pytest.raises(XuqiaoError, match=r"statement\.sign_twice"):
        account.take_in_file(account.file(*without, headings="日期,金额,收支,余额,流水号"))


def test_2_a_line_in_another_currency_is_no_yuan(account: Account) -> None:
    rows = ["2026-03-01,50.00,,人民币,A", "2026-03-02,,30.00,美元,B"]
    report = account.take_in_file(account.file(*rows, headings="日期,借方,贷方,币种,流水号"))
    assert faults(report) == [(3, "statement.other_currency")]


# 3, 4 ----------------------------------------------------------------------------------------------------------


def test_3_two_firms_equal_receipts_under_one_number_are_two(of_number: OpenAccount) -> None:
    account = of_number("06")
    assert account.take_in_file(CASES / "batch-equal.csv").whole
    assert account.waiting() == {"PL77-1": yuan(5_000), "PL77-2": yuan(5_000)}
    again = account.take_in_file(CASES / "batch-equal.csv")
    assert [row.new for row in again.rows] == [False, False]
    fee = account.take_in_file(CASES / "fee-shares-number.csv")
    assert [(row.new, row.amount_fen) for row in fee.rows] == [(True, -yuan(30_000)), (True, -yuan("10.50"))]
    assert not any(row.new for row in account.take_in_file(CASES / "fee-shares-number.csv").rows)
    assert account.faults() == []


@pytest.mark.parametrize("numbers", [("1", "2", "1"), ("000000000", "000000000", "000000000"), ("", "", "")])
def test_3_numbers_that_begin_anew_each_day_or_say_nothing(account: Account, numbers: tuple[str, ...]) -> None:
    days = ("2026-02-27", "2026-02-27", "2026-02-28")
    rows = [
        f"{on},{number},,5.00,{100 + 5 * place}.00,甲,622,"
        for place, (on, number) in enumerate(zip(days, numbers, strict=True))
    ]
    assert [row.new for row in account.take_in(*rows[:2]).rows] == [True, True]
    assert [row.new for row in account.take_in(*rows).rows] == [False, False, True]
    assert not any(row.new for row in account.take_in(*rows).rows)
    assert sum(account.waiting().values()) == yuan(15)


def test_3_a_line_that_came_and_went_and_came_again_is_three_lines(account: Account) -> None:
    rows = [
        "2026-02-27,,,5.00,105.00,甲,622,还款",
        "2026-02-27,,5.00,,100.00,甲,622,退款",
        "2026-02-27,,,5.00,105.00,甲,622,还款",
    ]
    account.take_in(*rows[:2])
    assert [row.new for row in account.take_in(*rows).rows] == [False, False, True]
    assert amounts(account) == [500, -500, 500]


def test_3_a_number_that_stands_for_other_money_is_refused_without_balances(account: Account) -> None:
    account.take_in("2026-03-01,LS1,,1.00,,甲,622,")
    report = account.take_in("2026-03-01,LS1,,2.00,,甲,622,")
    assert faults(report) == [(2, "statement.line_differs")]
    assert account.waiting() == {"LS1": yuan(1)}


def test_3_the_same_number_on_the_day_before_is_no_second_line(account: Account) -> None:
    account.take_in("2026-02-27,LS7,,1.00,101.00,甲,622,")
    report = account.take_in("2026-02-28,LS7,,1.00,101.00,甲,622,")
    assert faults(report) == [(2, "statement.line_differs")]
    assert account.waiting() == {"LS7": yuan(1)}


def test_4_what_the_bank_completes_later_is_the_same_line(of_number: OpenAccount) -> None:
    account = of_number("07")
    (first,) = account.take_in_file(CASES / "summary-later-1.csv").rows
    (second,) = account.take_in_file(CASES / "summary-later-2.csv").rows
    assert (first.new, second.new, second.name) == (True, False, first.name)
    assert [line.summary for line in account.lines] == ["还款"]
    account.take_in_file(CASES / "summary-later-1.csv")
    assert [line.summary for line in account.lines] == ["还款"], "and an older file takes nothing back"
    assert len(account.waiting()) == 1


def test_4_payer_number_and_balance_too_may_come_later(account: Account) -> None:
    account.take_in("2026-03-01,,,1.00,,,,")
    for row in (
        "2026-03-01,,,1.00,,甲,,",
        "2026-03-01,,,1.00,101.00,甲,622****01,",
        "2026-03-01,LS1,,1.00,101.00,甲,62200001,还款",
    ):
        assert [each.new for each in account.take_in(row).rows] == [False]
    (line,) = account.lines
    assert (line.payer_name, line.payer_account, line.balance_fen) == ("甲", "62200001", yuan(101))
    assert (line.reference, line.summary) == ("LS1", "还款")


def test_4_without_balance_and_number_other_words_cannot_be_told_apart(account: Account) -> None:
    account.take_in("2026-03-01,,,1.00,,甲,622,还9月")
    report = account.take_in("2026-03-01,,,1.00,,甲,622,还10月")
    assert faults(report) == [(2, "statement.line_uncertain")]
    both = account.take_in("2026-03-01,,,1.00,,甲,622,还9月", "2026-03-01,,,1.00,,甲,622,还10月")
    assert [row.new for row in both.rows] == [False, True], "a file with both tells"


def test_3_an_altered_number_doubles_nothing_and_what_the_file_lacks_is_named(account: Account) -> None:
    account.take_in("2026-03-01,SN900,,1.00,,甲,622,")
    report = account.take_in("2026-03-01,HX12345678,,1.00,,甲,622,", "2026-03-02,HX12345679,,2.00,,乙,623,")
    assert faults(report) == [(2, "statement.line_uncertain")]
    assert (report.absent, report.whole) == (("SN900",), False)
    assert account.waiting() == {"SN900": yuan(1), "HX12345679": yuan(2)}


def test_3_a_day_whose_balances_moved_is_booked_once(account: Account) -> None:
    account.take_in("2026-03-01,SN90001,,100.00,1100.00,甲,622,", "2026-03-01,SN90002,,50.00,1150.00,乙,623,")
    report = account.take_in(
        "2026-03-01,SN89999,,10.00,1010.00,丙,624,",
        "2026-03-01,SN90001,,100.00,1110.00,甲,622,",
        "2026-03-01,SN90002,,50.00,1160.00,乙,623,",
    )
    assert faults(report) == [
        (2, "statement.day_differs"),
        (3, "statement.line_differs"),
        (4, "statement.line_differs"),
    ]
    assert account.waiting() == {"SN90001": yuan(100), "SN90002": yuan(50)}


def test_3_a_balance_beyond_all_reason_is_named(account: Account) -> None:
    report = account.take_in("2026-03-01,A,,1.00,99999999999999999999.00,甲,,", "2026-03-01,B,,2.00,,乙,,")
    assert faults(report) == [(2, "statement.amount_absurd")]
    assert account.waiting() == {"B": yuan(2)}


# 5, 6 ----------------------------------------------------------------------------------------------------------


def test_5_an_unclosed_quotation_mark_swallows_no_line(of_number: OpenAccount) -> None:
    account = of_number("13")
    report = account.take_in_file(CASES / "stray-quote.csv")
    assert [row.new for row in report.rows] == [True, True, True]
    assert amounts(account) == [yuan(100), yuan(200), -yuan(50)]


def test_5_and_is_refused_where_no_balance_proves_the_columns(account: Account) -> None:
    report = account.take_in('2026-03-01,A,,1.00,,甲,,"还款', "2026-03-01,B,,2.00,,乙,,还款")
    assert faults(report) == [(2, "statement.stray_quote")]
    assert account.waiting() == {"B": yuan(2)}


def test_5_a_cell_with_line_breaks_is_one_cell(account: Account) -> None:
    report = account.take_in('2026-03-01,A,,1.00,,甲,,"还', '款"', "2026-03-01,B,,2.00,,乙,,还款")
    assert [(row.row, row.new) for row in report.rows] == [(2, True), (4, True)]
    assert [line.summary for line in account.lines] == ["还款", "还款"]


@pytest.mark.parametrize(
    ("head", "foot"),
    [
        ("期初余额,100.00,期末余额,107.00,,,,", ""),
        ("期初余额：100.00,,,,,,,", "期末余额：107.00,,,,,,,"),
        ("借方发生总额,0.00,贷方发生总额,7.00,,,,", ""),
        ("", "总收入笔数,总收入金额,总支出笔数,总支出金额,,,,\n2,7.00,0,0.00,,,,"),
    ],
)
def test_5_what_the_statement_says_of_itself_must_add_up(account: Account, head: str, foot: str) -> None:
    rows = ["2026-03-01,A,,1.00,,甲,,", "2026-03-01,B,,2.00,,乙,,"]
    path = account.folder / "s.csv"
    path.write_text("\n".join([head, HEADINGS, *rows, foot]), encoding="utf-8")
    report = account.take_in_file(path)
    assert [reason.code for reason in report.sums] == ["statement.sum_differs"]
    assert (report.taken, account.lines) == (False, [])
    path.write_text("\n".join([head, HEADINGS, *rows, "2026-03-01,C,,4.00,,丙,,", foot]), encoding="utf-8")
    assert account.take_in_file(path).whole
    assert len(account.lines) == 3


def test_6_every_sheet_is_read(of_number: OpenAccount) -> None:
    account = of_number("12")
    report = account.take_in_file(CASES / "two-sheets.xlsx")
    assert [(row.sheet, row.row, row.new) for row in report.rows] == [("10月", 2, True), ("11月", 2, True)]
    assert amounts(account) == [yuan(100), yuan(200)]
    two_rows = account.take_in_file(CASES / "two-row-headings.xlsx")
    assert two_rows.whole
    assert [row.amount_fen for row in two_rows.rows] == [-yuan(30), yuan(70)]


def test_6_a_sheet_that_breaks_books_nothing_of_any_and_one_without_headings_is_named(
    account: Account, tmp_path: Path
) -> None:
    headings: list[object] = ["日期", "借方", "贷方", "余额"]
    good: list[list[object]] = [headings, ["2026-03-01", None, 5, 105]]
    bad: list[list[object]] = [headings, ["2026-03-02", None, 5, 110], ["2026-03-02", None, 5, 120]]
    report = account.take_in_file(sheet(tmp_path, good, bad, [["说明", 1]]))
    assert (report.taken, account.lines) == (False, [])
    assert report.reading.other_sheets == ("第3页",)


def test_6_a_hidden_sheet_is_named_and_not_read(account: Account, tmp_path: Path) -> None:
    rows: list[list[object]] = [["日期", "借方", "贷方"], ["2026-03-01", None, 5]]
    path = sheet(tmp_path, rows, rows)
    book = openpyxl.load_workbook(path)
    book.worksheets[1].sheet_state = "hidden"
    book.save(path)
    report = account.take_in_file(path)
    assert (len(account.lines), report.reading.other_sheets) == (1, ("第2页",))


PAGE: list[object] = ["日期", "借方", "贷方", "余额", "对方户名"]


def test_11_equal_lines_on_two_pages_are_two(account: Account, tmp_path: Path) -> None:
    first: list[list[object]] = [PAGE, ["2026-03-01", None, 7, None, "乙"], ["2026-03-01", None, 5, None, "甲"]]
    second: list[list[object]] = [PAGE, ["2026-03-01", None, 5, None, "甲"]]
    path = sheet(tmp_path, first, second)
    for new in (True, False):
        report = account.take_in_file(path)
        assert (report.whole, [row.new for row in report.rows]) == (True, [new] * 3)
    assert amounts(account) == [yuan(7), yuan(5), yuan(5)]


def test_11_a_sheet_and_its_copy_are_refused(account: Account, tmp_path: Path) -> None:
    rows: list[list[object]] = [PAGE, ["2026-03-01", None, 5, None, "甲"], ["2026-03-02", None, 6, None, "甲"]]
    report = account.take_in_file(sheet(tmp_path, rows, rows))
    assert [reason.code for reason in report.sums] == ["statement.sheet_twice"]
    assert (report.taken, account.lines) == (False, [])


def test_11_the_balance_runs_from_page_to_page_whichever_comes_first(account: Account, tmp_path: Path) -> None:
    first: list[list[object]] = [PAGE, ["2026-03-01", None, 5, 105, "甲"], ["2026-03-01", None, 5, 110, "甲"]]
    second: list[list[object]] = [PAGE, ["2026-03-01", None, 5, 115, "甲"]]
    missing: list[list[object]] = [PAGE, ["2026-03-01", None, 5, 120, "甲"]]
    report = account.take_in_file(sheet(tmp_path, first, missing))
    assert [(each.sheet, each.row) for each in report.breaks] == [("第2页", 2)]
    assert account.lines == []
    assert account.take_in_file(sheet(tmp_path, second, first)).whole
    assert [line.balance_fen for line in account.lines] == [yuan(105), yuan(110), yuan(115)]


# 8, 9, 10 ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("last", "name", "lines", "payer"),
    [
        ("02", "boc-chinese-only.csv", 2, ("东海县甲石英有限公司", "320501658000000001")),
        ("02", "boc-corporate.csv", 2, ("东海县甲石英有限公司", "320501658000000001")),
        ("08", "boc-person.csv", 3, ("东海县甲石英有限公司", "320501658000000001")),
        ("01", "ccb-corporate.xlsx", 2, ("东海县甲石英有限公司", "320501658000000001")),
        ("03", "cmb-corporate.xlsx", 2, ("东海县甲石英有限公司", "320501658000000001")),
        ("04", "icbc-personal.csv", 2, ("东海县甲石英有限公司", "320501658000000001")),
        ("11", "blank-line-above-headings.csv", 1, ("", "")),
    ],
)
def test_7_8_9_banks_files_are_taken_in_with_their_payers(
    of_number: OpenAccount, last: str, name: str, lines: int, payer: tuple[str, str]
) -> None:
    account = of_number(last)
    report = account.take_in_file(CASES / name)
    assert report.whole
    assert (len(report.rows), report.reading.unread) == (lines, ())
    came = max(account.lines, key=lambda line: line.amount_fen)
    assert (came.payer_name, came.payer_account) == payer
    assert {line.payer_name for line in account.lines} == {payer[0], ""}, "dashes are nobody's name"


@pytest.mark.parametrize(
    ("headings", "cells", "payer"),
    [
        ("收(付)方名称,收(付)方账号", "甲,62200001", ("甲", "62200001")),
        ("对方账号与户名,附言", "62200001 甲,还款", ("甲", "62200001")),
        (
            "付款人名称,付款人账号,收款人名称,收款人账号",
            "甲,62200001,本资金,3205 0165 8636 0000 2025",
            ("甲", "62200001"),
        ),
        ("对方户名,对方账号", "———,----------", ("", "")),
    ],
)
def test_8_the_other_side_by_whatever_headings(
    account: Account, headings: str, cells: str, payer: tuple[str, str]
) -> None:
    report = account.take_in_file(account.file(f"2026-03-01,,5.00,{cells}", headings=f"日期,借方,贷方,{headings}"))
    assert report.whole
    assert [(line.payer_name, line.payer_account) for line in account.lines] == [payer]


def test_8_a_column_nobody_knows_is_named(account: Account) -> None:
    report = account.take_in_file(account.file("2026-03-01,,5.00,甲", headings="日期,借方,贷方,往来对象"))
    assert report.reading.unread == ("往来对象",)


def test_9_a_head_of_any_length(account: Account) -> None:
    path = account.folder / "s.csv"
    head = ["-----", "", "导出说明：", *["" if line % 2 else f"# 说明{line}" for line in range(40)]]
    path.write_text("\n".join([*head, "日期,借方,贷方", "2026-03-01,,5.00"]), encoding="utf-8")
    assert account.take_in_file(path).whole


def test_10_headings_again_subtotals_notes_and_footers_are_no_faults(account: Account) -> None:
    rows = [
        "承前页,,,,100.00,,,",
        "2026-03-01,A,,5.00,105.00,甲,,",
        "本页合计,,,5.00,,,,",
        "第1页 共2页,,,,,,,",
        "账号：3205 0165 8636 0000 2025,,,,,,,",
        HEADINGS,
        "承前页,,,,105.00,,,",
        "2026-03-02,B,2.00,,103.00,乙,,",
        "累计发生额,,2.00,5.00,,,,",
        "合计,,2.00,5.00,,,,",
        "打印时间：2026-03-02 10:00:00,,,,,,,",
    ]
    report = account.take_in(*rows)
    assert report.whole
    assert amounts(account) == [yuan(5), -yuan(2)]
    assert len(report.reading.passed_over) == 9, "and none of them is passed over in silence"


@pytest.mark.parametrize(
    "content",
    [
        b"<html><table><tr><td>x</td></tr></table></html>",
        b'\xef\xbb\xbf<?xml version="1.0"?><Workbook/>',
        b"  <table>",
        b"MIME-Version: 1.0\r\n",
    ],
)
def test_10_a_web_page_that_calls_itself_xls_says_what_to_do(account: Account, content: bytes) -> None:
    (account.folder / "s.xls").write_bytes(content)
    with pytest.raises(XuqiaoError, match=r"statement\.markup"):
        account.take_in_file(account.folder / "s.xls")


STRICT_NAMES = {
    b"http://schemas.openxmlformats.org/spreadsheetml/2006/main": b"http://purl.oclc.org/ooxml/spreadsheetml/main",
    b"http://schemas.openxmlformats.org/officeDocument/2006/relationships": (
        b"http://purl.oclc.org/ooxml/officeDocument/relationships"
    ),
}


def test_10_a_strict_workbook_says_what_to_do(account: Account, tmp_path: Path) -> None:
    path = sheet(tmp_path, [["日期", "借方", "贷方"], ["2026-03-01", None, 5]])
    strict = tmp_path / "strict.xlsx"
    with zipfile.ZipFile(path) as plain, zipfile.ZipFile(strict, "w") as package:
        for name in plain.namelist():
            part = plain.read(name)
            for usual, other in STRICT_NAMES.items():
                part = part.replace(usual, other)
            package.writestr(name, part)
    with pytest.raises(XuqiaoError, match=r"workbook\.no_sheets"):
        account.take_in_file(strict)


@pytest.mark.parametrize(("shown", "named"), [("3205****2025", True), ("*2025", True), ("***", False)])
def test_10_a_masked_account_is_the_funds_where_what_shows_fits(account: Account, shown: str, named: bool) -> None:
    path = account.file("2026-03-01,,5.00", headings="日期,借方,贷方")
    path.write_text(f"账号：{shown}\n{path.read_text(encoding='utf-8')}", encoding="utf-8")
    assert account.take_in_file(path).account_named is named


def test_10_and_another_where_it_does_not(account: Account) -> None:
    path = account.file("2026-03-01,,5.00", headings="日期,借方,贷方")
    path.write_text(f"账号：3205****2026\n{path.read_text(encoding='utf-8')}", encoding="utf-8")
    with pytest.raises(XuqiaoError, match=r"statement\.other_account"):
        account.take_in_file(path)


# 11 ------------------------------------------------------------------------------------------------------------


def test_11_interest_on_an_internal_account_waits_for_an_officer_and_its_number_is_free(account: Account) -> None:
    row = "2026-03-01,JX1,,88.80,,应付单位活期存款利息,32001658880052000131,结息"
    report: ImportReport = account.take_in(row, "2026-03-01,SX1,10.00,,,手续费收入,32001658880052000999,电汇费")
    assert states(report) == {"JX1": LineState.INTEREST, "SX1": LineState.CHARGE}
    assert account.waiting() == {}
    account.post(interest(account.record(), yuan("88.80"), reference="JX1"))
    assert states(account.take_in(row)) == {"JX1": LineState.IN_BOOKS}
