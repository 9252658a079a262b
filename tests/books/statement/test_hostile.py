"""Files that an examiner made to have money taken wrongly without a word: right now, or refused by name."""

import io
from collections.abc import Sequence

import openpyxl
import pytest

from activities.books.statement.layouts import Field
from activities.books.statement.reading import Part, read_statement
from activities.words import say_error
from rulebook.errors import XuqiaoError


def the_part(text: str, told: dict[str, Field] | None = None) -> Part:
    (part,) = read_statement(text.encode(), told).parts
    return part


def amounts(part: Part) -> list[int]:
    return [each.line.amount_fen for each in part.lines]


def fault_codes(part: Part) -> list[tuple[int, str]]:
    return [(fault.row, fault.error.code) for fault in part.faults]


def refused(content: str | bytes, told: dict[str, Field] | None = None) -> str:
    with pytest.raises(XuqiaoError) as refusal:
        read_statement(content if isinstance(content, bytes) else content.encode(), told)
    assert say_error(refusal.value)
    return refusal.value.code


def excel(*sheets: Sequence[Sequence[object]]) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    for rows in sheets:
        sheet = book.create_sheet()
        for row in rows:
            sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


# The unit ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headings",
    [
        "日期,借方(USD),贷方(USD),余额(USD)",
        "日期,Debit(K),Credit(K),余额",
        "日期,借方(万元),贷方(万元),余额",
        "日期,借方(W),贷方(W),余额",
    ],
)
def test_2_a_heading_in_another_unit_is_no_heading_of_yuan(headings: str) -> None:
    assert refused(f"{headings}\n2026-03-02,,1.00,1.00").startswith("statement.")


@pytest.mark.parametrize(
    ("head", "code"),
    [
        ("单位：万元", "statement.other_unit"),
        ("金额单位,人民币万元", "statement.other_unit"),
        ("币种：美元", "statement.other_currency"),
        ("币种,USD", "statement.other_currency"),
    ],
)
def test_2_nor_one_below_a_head_in_another_unit(head: str, code: str) -> None:
    assert refused(f"{head}\n日期,借方,贷方\n2026-03-02,,1.00") == code


@pytest.mark.parametrize("head", ["单位：元", "单位：东海县晶源产业投资服务有限公司", "币种：人民币", "币种,CNY"])
def test_2_the_yuan_and_a_firm_are_no_other_unit(head: str) -> None:
    assert amounts(the_part(f"{head}\n日期,借方,贷方\n2026-03-02,,1.00")) == [100]


def test_2_a_foreign_currency_in_a_column_nobody_knows_is_named() -> None:
    part = the_part("日期,货币类别X,借方,贷方\n2026-03-02,美元,,1.00\n2026-03-02,人民币,,2.00")
    assert (fault_codes(part), amounts(part)) == ([(2, "statement.other_currency")], [200])


# The sign ------------------------------------------------------------------------------------------------------


def test_2_a_column_of_debits_that_are_all_negative_is_proven_or_refused() -> None:
    wallet = "日期,收入金额（+元）,支出金额（-元）\n2026-03-02,,-8.00\n2026-03-02,,-9.00"
    assert refused(wallet) == "statement.sign_twice"
    proven = the_part("日期,收入,支出,余额\n2026-03-02,,-8.00,92.00\n2026-03-02,,-9.00,83.00")
    assert amounts(proven) == [-800, -900]
    red = the_part("日期,收入,支出,余额\n期初余额,,,100.00\n2026-03-02,,-8.00,108.00\n2026-03-02,,9.00,99.00")
    assert amounts(red) == [800, -900], "a returned payment stands in red on its own side"


def test_2_one_reversal_beside_repeated_signs_turns_nothing() -> None:
    rows = "2026-03-02,借,-100.00\n2026-03-02,借,-200.00\n2026-03-02,贷,50.00\n2026-03-02,借,30.00"
    assert refused(f"日期,借贷标志,金额\n{rows}") == "statement.sign_twice"


@pytest.mark.parametrize("marks", ["D,D,D", "转账支取,转账支取,转账支取", "支出,支出,支出"])
def test_2_one_minus_makes_no_signed_column(marks: str) -> None:
    first, second, third = marks.split(",")
    rows = f"2026-03-02,{first},100.00\n2026-03-02,{second},200.00\n2026-03-02,{third},-50.00"
    assert refused(f"日期,标志甲,金额\n{rows}") == "statement.sign_unknown"


def test_2_a_dash_is_no_mark() -> None:
    assert fault_codes(the_part("日期,借贷标志,金额\n2026-03-02,-,100.00\n2026-03-02,贷,1.00")) == [
        (2, "statement.cell_empty")
    ]


def test_2_two_columns_of_money_are_refused_whatever_an_officer_said_of_others() -> None:
    assert (
        refused("日期,金额,交易金额,备考\n2026-03-02,-1.00,-7.00,x", {"备考": Field.SUMMARY})
        == "statement.column_twice"
    )


def test_6_amounts_in_two_currencies_under_one_heading_are_refused() -> None:
    content = excel(
        [
            ["日期", "借方", None, "贷方", None],
            [None, "原币", "本币", "原币", "本币"],
            ["2026-03-02", 1, 7, None, None],
        ]
    )
    assert refused(content).startswith("statement.")


# Rows ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headings", "row"),
    [
        ("日期,流水号,借方,贷方,摘要", "2026-03-02,SN1,,1,234.50,"),
        ("日期,流水号,借方,贷方,摘要", "2026-03-02,SN1,,1"),
        ("日期,对方户名,借方,贷方,摘要,备注", "2026-03-02,Smith, 2,,5.00,,"),
    ],
)
def test_5_a_row_of_another_width_is_named(headings: str, row: str) -> None:
    assert fault_codes(the_part(f"{headings}\n{row}")) == [(2, "statement.cells_differ")]


def test_5_a_line_cut_off_behind_lines_with_balances_is_not_proven() -> None:
    part = the_part("日期,借方,贷方,余额\n2026-03-02,,5.00,105.00\n2026-03-02,,5.00,110.00\n2026-03-03,,12,")
    assert (fault_codes(part), amounts(part)) == ([(4, "statement.balance_missing")], [500, 500])


@pytest.mark.parametrize(
    "row", ["03/03/2026,,2.00,本月租金", "2026-3-4 上午,,3.00,余额转入", ",,7.00,本月货款", "25日,,7.00,上期欠款"]
)
def test_10_a_row_with_money_and_no_day_is_a_fault_and_no_sum(row: str) -> None:
    part = the_part(f"日期,借方,贷方,摘要\n{row}")
    assert len(part.faults) == 1
    assert part.passed_over == []


@pytest.mark.parametrize(
    "row", ["2026-03-31,,5.00,,本月合计", "2026-03-01,,100.00,100.00,期初余额", "2026-03-01,,100.00,,承前页"]
)
def test_10_a_sum_with_a_day_is_no_line(row: str) -> None:
    part = the_part(f"日期,借方,贷方,余额,摘要\n{row}")
    assert (part.lines, part.faults, len(part.passed_over)) == ([], [], 1)


@pytest.mark.parametrize("row", ["2026-03-05 打印,,,", "2026年03月 对账单,,,", "第1页,,,"])
def test_10_a_note_is_no_fault(row: str) -> None:
    part = the_part(f"日期,借方,贷方,摘要\n2026-03-02,,1.00,\n{row}")
    assert (amounts(part), part.faults) == ([100], [])


def test_10_a_payment_that_failed_is_named_and_not_taken() -> None:
    rows = [
        "2026-03-02,5.00,,支付失败",
        "2026-03-02,6.00,,交易成功",
        "2026-03-02,7.00,,交易关闭",
        "2026-03-02,8.00,,不明",
    ]
    part = the_part("\n".join(["日期,借方,贷方,交易状态", *rows]))
    assert (amounts(part), fault_codes(part)) == ([-600], [(5, "statement.state_unknown")])
    assert len(part.passed_over) == 2


# What it says of itself ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("above", "below"),
    [
        ("", "合计,0.00,12.00"),
        ("贷方总额：12.00,,", ""),
        ("总笔数：3,,", ""),
        ("收入合计：12.00,,", ""),
        ("期初余额 100.00 期末余额 112.00,,", ""),
        ("期初余额,期末余额,\n100.00,112.00,", ""),
        ("期初金额：100.00,期末金额：112.00,", ""),
    ],
)
def test_5_a_total_that_is_stated_must_be_right(above: str, below: str) -> None:
    part = the_part("\n".join(filter(None, [above, "日期,借方,贷方", "2026-03-02,,5.00", below])))
    assert not part.adds_up


def test_5_totals_of_a_page_are_of_that_page() -> None:
    page = "本页合计,借方总额,1.00,贷方总额,1.00"
    rows = ["日期,借方,贷方,摘要,备注", "2026-03-02,,1.00,,", "2026-03-02,1.00,,,", page, "2026-03-03,,1.00,,", page]
    assert the_part("\n".join(rows)).adds_up


# Tables --------------------------------------------------------------------------------------------------------


def test_6_lines_and_their_sums_by_day_are_not_both_taken() -> None:
    lines: list[list[object]] = [
        ["日期", "支出", "收入", "摘要"],
        ["2026-03-02", None, 5, "a"],
        ["2026-03-02", None, 6, "b"],
    ]
    by_day: list[list[object]] = [["日期", "支出", "收入"], ["2026-03-02", None, 11]]
    assert refused(excel(lines, by_day)) == "statement.told_twice"
    assert refused(excel([*lines, ["按日汇总"], *by_day])) == "statement.second_table"


def test_6_days_turned_and_lines_within_them_not() -> None:
    rows = ["2026-03-03,,1.00,108.00", "2026-03-03,,1.00,109.00", "2026-03-02,,5.00,105.00", "2026-03-02,,2.00,107.00"]
    part = the_part("\n".join(["日期,借方,贷方,余额", *rows]))
    assert (part.adds_up, amounts(part)) == (True, [500, 200, 100, 100])


def test_10_accounts_that_notes_name_are_not_the_funds_and_a_few_digits_are_the_last() -> None:
    part = the_part("日期,卡号,借方,贷方\n2026-03-02,2025,,1.00\n缴费账号：6222021234567890,,,\n账号：62220212,,,")
    assert part.own_accounts == {"*2025", "62220212"}
    assert the_part("账户：6222021234567890\n日期,借方,贷方\n2026-03-02,,1.00").own_accounts == {"6222021234567890"}


# What is not a file of ours ------------------------------------------------------------------------------------


def test_5_a_file_of_endless_cells_or_columns_is_refused_at_once() -> None:
    assert refused('日期,借方,贷方,摘要\n2026-03-02,,1,"' + "x" * 140_000 + '\ny"') == "statement.unreadable"
    assert refused(",".join(f"栏{number}" for number in range(3_000))) == "statement.too_many_columns"


def test_10_html_in_utf_16_is_html() -> None:
    assert refused("<html><table></table></html>".encode("utf-16")) == "statement.markup"


@pytest.mark.parametrize("amount", ["5²", "①", "½"])
def test_10_signs_that_mean_a_number_are_no_digits(amount: str) -> None:
    assert fault_codes(the_part(f"日期,借方,贷方\n2026-03-02,,{amount}1")) == [(2, "money.not_a_number")]


@pytest.mark.parametrize("day", ["2026-3-1123", "2026-03-02 25:99:99", "2026-03-02x", "2026-03/02"])
def test_10_what_is_no_day_is_none(day: str) -> None:
    assert fault_codes(the_part(f"日期,借方,贷方\n{day},,1.00")) == [(2, "statement.not_a_day")]
