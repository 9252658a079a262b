"""The bank's statement at the command line: taking it in, saying whose money it is, and the day's reconciliation."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from openpyxl import load_workbook

from models.cases.applications import Application
from rulebook.money import yuan
from tests.acceptance.fund.fund import TestedFund
from tests.builders import a_micro_manufacturer
from tests.cli.conftest import EXAMPLES, Cli, Ran

Acting = Callable[..., Awaitable[Ran]]
HEADINGS = "日期,流水号,借方,贷方,余额,对方户名,对方账号,摘要"
CAPITAL = "2025-08-17,2025-CZ-0817,,20000000.00,20000000.00,东海县财政局,,拨款"


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """A statement that begins with the fund's capital."""

    def write(*rows: str) -> Path:
        path = tmp_path / "对账单.csv"
        path.write_text("\n".join([HEADINGS, CAPITAL, *rows]), encoding="gb18030")
        return path

    return write


BY = ("--as", "wang.he")


def of_account(folder: Path, name: str, fund_code: str) -> Path:
    """The example's statement, of the account that the test's fund has."""
    copy, of_example, own = folder / name, "0000 2025", f"8{fund_code[1:]}"
    if name.endswith(".csv"):
        copy.write_text((EXAMPLES / name).read_text(encoding="utf-8-sig").replace(of_example, own), encoding="utf-8")
        return copy
    book = load_workbook(EXAMPLES / name)
    for row in book.worksheets[0].iter_rows():
        for cell in row:
            if isinstance(cell.value, str) and of_example in cell.value:
                cell.value = cell.value.replace(of_example, own)
    book.save(copy)
    return copy


def test_the_example_tells_of_every_row_and_again_changes_nothing(cli: Cli, fund_code: str, tmp_path: Path) -> None:
    example = of_account(tmp_path, "statement.xlsx", fund_code)
    taken = cli("ledger", "import-statement", example, "--fund", fund_code, *BY, "--json")
    assert taken.code == 0
    assert taken.data["counts"] == {"rows": 5, "new": 5, "known": 0, "faults": 0}
    assert [(row["name"], row["amount_yuan"], row["state"]) for row in taken.data["rows"]] == [
        ("2025-CZ-0817", "20000000.00", "in_books"),
        ("JX20250921000001", "3888.89", "interest"),
        ("SX20250930000007", "-120.00", "charge"),
        ("HR20251112000033", "50000.00", "suspense"),
        ("HR20251128000012", "1000.00", "suspense"),
    ]
    example = of_account(tmp_path, "statement.csv", fund_code)
    again = cli("ledger", "import-statement", example, "--fund", fund_code, "--as", "li.jing")
    assert again.code == 0
    assert "共5行，新增0行，此前已导入5行" in again.out

    waiting = cli("ledger", "suspense", "--fund", fund_code, "--json").data
    assert [(each["name"], each["left_yuan"], each["payer_account"][-4:]) for each in waiting] == [
        ("HR20251112000033", "50000.00", "0077"),
        ("HR20251128000012", "1000.00", "9999"),
    ]
    shown = cli("ledger", "suspense", "--fund", fund_code, "--lang", "en").out
    assert "62220000000000000077" not in shown, "account numbers are masked"
    assert "50,000.00" in shown


def test_a_file_that_is_not_there_says_so(cli: Cli, fund_code: str, tmp_path: Path) -> None:
    ran = cli("ledger", "import-statement", tmp_path / "none.csv", "--fund", fund_code, *BY, "--json")
    assert (ran.code, ran.error["code"], ran.error["params"]) == (1, "statement.not_found", {"name": "none.csv"})


def test_a_row_that_is_wrong_is_named_with_its_reason(cli: Cli, fund_code: str, write: Callable[..., Path]) -> None:
    file = write("2026-02-30,LS1,,1.00,,甲,,", "2026-01-05,LS2,,2.00,20000003.00,乙,,")
    ran = cli("ledger", "import-statement", file, "--fund", fund_code, *BY)
    assert ran.code == 1
    assert "“2026-02-30”不是日期" in ran.out
    assert "第4行余额不连续：应为20,000,002.00元，写的是20,000,003.00元" in ran.out
    assert "没有写明账号" in ran.err
    assert "整份未导入，账面没有变动" in ran.out
    assert cli("ledger", "suspense", "--fund", fund_code, "--json").data == []
    english = cli("ledger", "import-statement", file, "--fund", fund_code, *BY, "--json", "--lang", "en")
    assert english.data["rows"][1]["reason"]["message"] == "“2026-02-30” is no day. Write it as 2026-03-20."


def test_7_an_officer_says_once_what_a_heading_means(cli: Cli, fund_code: str, tmp_path: Path) -> None:
    file = tmp_path / "对账单.csv"
    file.write_text("日期,金额,进项与否,往来对象\n2026-01-05,5.00,贷,甲\n2026-01-05,2.00,借,乙", encoding="utf-8")
    refused = cli("ledger", "import-statement", file, "--fund", fund_code, *BY, "--json")
    assert (refused.code, refused.error["code"]) == (1, "statement.sign_unknown")
    assert "没有登记过" in cli("ledger", "statement-headings", "--fund", fund_code).out
    for heading, means in (("进项与否", "借贷标志"), ("往来对象", "other_name")):
        said = ("--heading", heading, "--means", means, "--as", "li.jing")
        assert heading in cli("ledger", "statement-headings", "--fund", fund_code, *said).out
    taken = cli("ledger", "import-statement", file, "--fund", fund_code, *BY)
    assert taken.code == 0
    assert "按本资金登记的含义读取：进项与否、往来对象" in taken.err
    assert "通用" not in taken.err
    listed = cli("ledger", "statement-headings", "--fund", fund_code, "--json").data
    assert {each["heading"]: each["field"] for each in listed} == {"进项与否": "mark", "往来对象": "other_name"}
    (waiting,) = cli("ledger", "suspense", "--fund", fund_code, "--json").data
    assert (waiting["payer_name"], waiting["left_yuan"]) == ("甲", "5.00")
    gone = ("--heading", "往来对象", "--means", "-", "--as", "li.jing")
    cli("ledger", "statement-headings", "--fund", fund_code, *gone)
    assert "未识别，其内容没有读取：往来对象" in cli("ledger", "import-statement", file, "--fund", fund_code, *BY).err


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--heading", "金额"), 2),
        (("--heading", "金额", "--means", "天气", "--as", "li.jing"), 2),
        (("--heading", "（）", "--means", "-", "--as", "zhao.na"), 1),
        (("--heading", "贷方发生额", "--means", "借方金额", "--as", "li.jing"), 1),
    ],
)
def test_7_what_cannot_be_said_of_a_heading_is_refused(
    cli: Cli, fund_code: str, options: tuple[str, ...], code: int
) -> None:
    assert cli("ledger", "statement-headings", "--fund", fund_code, *options).code == code


@pytest.mark.parametrize("person", ["zhao.na", "qian.jd"])
def test_the_cashier_and_the_bank_take_in_no_statement(cli: Cli, fund_code: str, person: str) -> None:
    ran = cli("ledger", "import-statement", EXAMPLES / "statement.csv", "--fund", fund_code, "--as", person, "--json")
    assert (ran.code, ran.error["code"]) == (1, "person.not_in_role")


def test_a_day_is_equal_to_the_fen_or_says_what_differs(cli: Cli, fund_code: str, write: Callable[..., Path]) -> None:
    nothing = cli("ledger", "reconcile", "--fund", fund_code, "--on", "2026-01-05", *BY, "--json")
    assert (nothing.code, nothing.error["code"]) == (1, "statement.nothing_imported")

    cli("ledger", "import-statement", write(), "--fund", fund_code, *BY)
    equal = cli("ledger", "reconcile", "--fund", fund_code, "--on", "2026-01-05", *BY, "--json")
    assert (equal.code, equal.data["equal"], equal.data["difference_yuan"]) == (0, True, "0.00")
    assert (equal.data["statement_yuan"], equal.data["books_yuan"]) == ("20000000.00", "20000000.00")
    assert equal.data["parts"] == {"pool_yuan": "20000000.00"}

    cli(
        "ledger",
        "import-statement",
        write("2026-01-05,JX1,,0.01,20000000.01,,,结息"),
        "--fund",
        fund_code,
        "--as",
        "wang.he",
    )
    ran = cli("ledger", "reconcile", "--fund", fund_code, "--on", "2026-01-05", *BY, "--json")
    assert (ran.code, ran.data["equal"], ran.data["difference_yuan"]) == (4, False, "0.01")
    (found,) = ran.data["differences"]
    assert (found["kind"], found["about"], found["statement_yuan"]) == ("not_in_books", "JX1", "0.01")
    (task,) = ran.data["tasks"]
    assert (task["state"], task["kind"], task["found_on"]) == ("open", "not_in_books", "2026-01-05")

    page = cli("ledger", "reconcile", "--fund", fund_code, "--on", "2026-01-05", *BY)
    assert page.code == 4
    assert "银行有、账面无" in page.out
    assert "相差0.01元" in page.out

    explained = cli("ledger", "explain", task["id"], "--reason", "利息回单未到", "--as", "wang.he")
    assert explained.code == 0
    assert cli("ledger", "explain", 999_999, "--reason", "x", "--as", "wang.he").code == 1
    (listed,) = cli("ledger", "differences", "--fund", fund_code, "--json").data
    assert (listed["state"], listed["explained_by"], listed["reason"]) == ("explained", "wang.he", "利息回单未到")
    assert "利息回单未到" in cli("ledger", "differences", "--fund", fund_code).out
    still = cli("ledger", "reconcile", "--fund", fund_code, "--on", "2026-01-05", *BY)
    assert still.code == 4, "explained is not gone"


@pytest.mark.asyncio(loop_scope="session")
async def test_a_line_is_matched_to_the_case_it_belongs_to(
    fund: TestedFund, acting: Acting, write: Callable[..., Path]
) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.bridge(case, yuan(5_000_000))
    with fund.services.sessions() as session:
        account = session.get_one(Application, case).account_number
    day = fund.today
    file = write(
        f"{day},ZF1,5000000.00,,15000000.00,试晶,{account},划款",
        f"{day},SK1,,5000000.00,20000000.00,试晶,{account},还款",
    )
    await acting("ledger", "import-statement", file, "--fund", fund.code, *BY)
    (waiting,) = (await acting("ledger", "suspense", "--fund", fund.code, "--json")).data
    assert (waiting["name"], waiting["proposed"]) == ("SK1", case)

    silent = await acting("ledger", "match", "SK1", case, "--as", "li.jing", "--json")
    assert (silent.code, silent.error["code"]) == (1, "statement.order_silent")
    cashier = await acting("ledger", "match", "SK1", case, "--principal", "5000000", "--as", "zhao.na", "--json")
    assert (cashier.code, cashier.error["code"]) == (1, "person.not_in_role")
    match = ("ledger", "match", "SK1", case, "--principal", "5,000,000", "--as", "li.jing", "--json")
    number = (await acting(*match)).data["number"]
    await fund.settle()
    assert fund.position(case).outstanding_fen == yuan(5_000_000), "one person's word moves no money"
    alone = await acting("changes", "approve", number, "--as", "li.jing", "--json")
    assert (alone.code, alone.error["code"]) == (1, "change.same_person")
    told = await acting("changes", "approve", number, "--as", "wang.he")
    assert told.code == 0
    assert f"SK1已转告案件{case}（本金5,000,000.00元，使用费0.00元" in told.out
    await fund.settle()
    assert fund.position(case).outstanding_fen == 0
    (said,) = (await acting("bank", "messages", "--case", case, "--json")).data[-1:]
    assert (said["recorded_by"], said["verified_by"], said["actor_name"]) == ("li.jing", "wang.he", "李敬、王核")
    assert (await acting("ledger", "suspense", "--fund", fund.code, "--json")).data == []
    rows = [row for row in (await acting("case", "show", case)).out.splitlines() if "李敬、王核" in row]
    assert any("依对账单" in row for row in rows)
    assert not any("银行经办" in row for row in rows), "51: they read it, no bank said it"
    end = await acting("ledger", "reconcile", "--fund", fund.code, "--on", day, *BY)
    assert end.code == 0
    assert "分文不差" in end.out
