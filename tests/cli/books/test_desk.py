"""What officers book beside the cases, at the command line; and what it means for cases that run."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from activities.words import say
from models.books import ledger
from rulebook.books.breaker import Breaker
from rulebook.books.postings import PostingKind
from rulebook.money import yuan
from rulebook.stages import CaseStage
from tests.acceptance.fund.fund import TestedFund
from tests.builders import a_micro_manufacturer
from tests.cli.conftest import Cli, Ran

Acting = Callable[..., Awaitable[Ran]]
MILLION = yuan(1_000_000)


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    file = tmp_path / "回单.pdf"
    file.write_bytes(b"%PDF a bank's slip")
    return file


def propose(kind: str, paper: Path, book: str, *options: object, by: str = "li.jing") -> tuple[object, ...]:
    return ("ledger", "propose", kind, *options, "--book", book, "--evidence", paper, "--as", by)


def allowed(cli: Cli, fund_code: str, paper: Path) -> int:
    """A million to the contributor, proposed by one and allowed by another."""
    out = ("--contributor", "东海县财政局", "--amount", "1,000,000", "--json")
    number: int = cli(*propose("capital-out", paper, fund_code, *out)).data["number"]
    assert cli("ledger", "approve", number, "--as", "wang.he", "--yes", "--json").data["state"] == "allowed"
    return number


def test_what_one_proposes_the_other_sees_and_allows(cli: Cli, fund_code: str, paper: Path) -> None:
    out = ("--contributor", "东海县财政局", "--amount", "1,000,000")
    proposed = cli(*propose("capital-out", paper, fund_code, *out, "--json"))
    assert (proposed.code, proposed.data["state"], proposed.data["body"]["amount_yuan"]) == (
        0,
        "proposed",
        "1000000.00",
    )
    number = proposed.data["number"]

    (waiting,) = cli("ledger", "proposals", "--fund", fund_code, "--json").data
    assert (waiting["number"], waiting["maker"], waiting["voucher"]) == (number, "li.jing", None)
    assert waiting["next"] == "check"
    assert "待复核（另一人）" in cli("ledger", "proposals", "--fund", fund_code).out
    alone = cli("ledger", "approve", number, "--as", "li.jing", "--yes", "--json")
    assert (alone.code, alone.error["code"]) == (1, "person.not_in_role")

    approved = cli("ledger", "approve", number, "--as", "wang.he", "--yes")

    assert approved.code == 0
    assert "1,000,000.00；东海县财政局" in approved.out, "what is allowed is shown first"
    assert f"xuqiao ledger paid {number}" in approved.out, "and then what the cashier does"
    (waiting,) = cli("ledger", "proposals", "--fund", fund_code, "--json").data
    assert (waiting["state"], waiting["next"], waiting["checker"]) == ("allowed", "pay", "wang.he")
    assert "待支付（出纳）" in cli("ledger", "proposals", "--fund", fund_code).out
    assert "to be paid (by a cashier)" in cli("ledger", "proposals", "--fund", fund_code, "--lang", "en").out
    assert cli("pool", "--fund", fund_code, "--json").data["total_yuan"] == "20000000.00", "nothing is posted yet"


def test_the_cashier_pays_what_two_allowed_and_records_it(cli: Cli, fund_code: str, paper: Path) -> None:
    number = allowed(cli, fund_code, paper)
    assert cli("ledger", "paid", number, "--reference", " ", "--as", "zhao.na").code == 2
    by_maker = cli("ledger", "paid", number, "--reference", "TK-1", "--as", "li.jing", "--json")
    assert (by_maker.code, by_maker.error["code"]) == (1, "person.not_in_role")

    paid = cli("ledger", "paid", number, "--reference", "TK-1", "--as", "zhao.na", "--json")

    assert (paid.code, paid.data["state"], paid.data["payer"], paid.data["reference"]) == (
        0, "posted", "zhao.na", "TK-1",
    )  # fmt: skip
    again = cli("ledger", "paid", number, "--reference", "TK-1", "--as", "zhao.na")
    assert (again.code, "已入账" in again.out) == (0, True)
    twice = cli("ledger", "paid", number, "--reference", "TK-2", "--as", "zhao.na", "--json")
    assert (twice.code, twice.error["code"]) == (1, "bookdesk.paid_already")
    other = allowed(cli, fund_code, paper)
    same = cli("ledger", "paid", other, "--reference", "TK-1", "--as", "zhao.na", "--lang", "en", "--json")
    assert (same.code, same.error["code"]) == (1, "bookdesk.reference_used")
    assert cli("pool", "--fund", fund_code, "--json").data["total_yuan"] == "19000000.00"
    (waiting,) = cli("ledger", "proposals", "--fund", fund_code, "--json").data
    assert waiting["number"] == other
    kept, _ = cli("ledger", "proposals", "--fund", fund_code, "--all", "--json").data
    assert (kept["state"], kept["checker"], kept["next"]) == ("posted", "wang.he", None)
    assert "1,000,000.00；东海县财政局；TK-1" in cli("ledger", "proposals", "--fund", fund_code, "--all").out


def test_what_the_bank_refused_is_taken_back_and_never_paid(cli: Cli, fund_code: str, paper: Path) -> None:
    number = allowed(cli, fund_code, paper)
    back = cli("ledger", "reject", number, "--reason", "银行退回", "--as", "li.jing")
    assert (back.code, "已撤回，不得再付款：银行退回" in back.out) == (0, True)
    paid = cli("ledger", "paid", number, "--reference", "TK-1", "--as", "zhao.na")
    assert (paid.code, "未经两人同意不得付款" in paid.err) == (1, True)
    assert cli("ledger", "proposals", "--fund", fund_code, "--json").data == []
    (kept,) = cli("ledger", "proposals", "--fund", fund_code, "--all", "--json").data
    assert (kept["state"], kept["taken_back_by"], kept["checker"]) == ("taken_back", "li.jing", "wang.he")


def test_money_that_left_before_it_was_recorded_names_the_act_it_pays(
    cli: Cli, fund_code: str, paper: Path, tmp_path: Path
) -> None:
    """The line of the statement stands for the voucher as soon as the cashier has recorded its reference."""
    one, two = allowed(cli, fund_code, paper), allowed(cli, fund_code, paper)
    statement = tmp_path / "对账单.csv"
    statement.write_text(
        "日期,流水号,借方,贷方,余额,对方户名,对方账号,摘要\n"
        "2025-08-17,2025-CZ-0817,,20000000.00,20000000.00,东海县财政局,,拨款\n"
        "2026-01-05,TK-1,1000000.00,,19000000.00,东海县财政局,,退出出资\n"
        "2026-01-05,TK-2,7.00,,18999993.00,东海县财政局,,手续费\n",
        encoding="utf-8",
    )
    assert cli("ledger", "import-statement", statement, "--fund", fund_code, "--as", "wang.he").code == 0
    reconcile = ("ledger", "reconcile", "--fund", fund_code, "--on", "2026-01-05", "--as", "wang.he")
    tasks = cli(*reconcile, "--json").data["tasks"]
    assert [(task["about"], task["allowed_act"]) for task in tasks] == [("TK-1", one), ("TK-2", None)]
    assert "对应事项" in cli(*reconcile).out
    listed = cli("ledger", "differences", "--fund", fund_code, "--json").data
    assert [task["allowed_act"] for task in listed] == [one, None]

    assert cli("ledger", "paid", one, "--reference", "TK-1", "--as", "zhao.na").code == 0

    (left,) = cli(*reconcile, "--json").data["tasks"]
    assert (left["about"], left["allowed_act"]) == ("TK-2", None), "and the other act still waits"
    (waiting,) = cli("ledger", "proposals", "--fund", fund_code, "--json").data
    assert (waiting["number"], waiting["next"]) == (two, "pay")


def test_a_rejected_act_says_why(cli: Cli, fund_code: str, paper: Path) -> None:
    number = cli(*propose("reverse", paper, fund_code, "--voucher", 1, "--reason", "记错", "--json")).data["number"]
    assert cli("ledger", "reject", number, "--reason", " ", "--as", "wang.he").code == 2
    rejected = cli("ledger", "reject", number, "--reason", "凭证无误", "--as", "wang.he", "--lang", "en")
    assert (rejected.code, "is rejected: 凭证无误" in rejected.out) == (0, True)
    again = cli("ledger", "approve", number, "--as", "wang.he", "--yes", "--json")
    assert (again.code, again.error["code"]) == (1, "bookdesk.decided")


def test_the_sub_funds_book_is_opened_by_its_first_money(cli: Cli, fund_code: str, paper: Path) -> None:
    money = ("--contributor", "东海县财政局", "--amount", "500000", "--reference", "FB-1", "--json")
    opened = cli(*propose("capital-in", paper, f"{fund_code}-RC", *money))
    assert (opened.data["state"], opened.data["voucher"], opened.data["book"]) == ("posted", 1, f"{fund_code}-RC")
    assert cli("pool", "--fund", fund_code, "--json").data["total_yuan"] == "20000000.00"


def test_an_account_number_is_whole_only_before_whoever_decides(cli: Cli, fund_code: str, paper: Path) -> None:
    payee = ("--payee-name", "晶都石英", "--payee-number", "6230 0000 0000 1234", "--payee-branch", "晶都农商行")
    refund = ("--line", "LS-1", "--amount", "5", *payee)
    number = cli(*propose("refund", paper, fund_code, *refund, "--json")).data["number"]
    listed = cli("ledger", "proposals", "--fund", fund_code)
    data = cli("ledger", "proposals", "--fund", fund_code, "--json")
    assert "6230000000001234" not in listed.out + data.out
    asked = cli("ledger", "approve", number, "--as", "wang.he", "--yes")
    assert "6230000000001234" in asked.out
    assert asked.code == 1, "there is no such receipt"


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--amount", "0", "--reference", "x"), "--amount"),
        (("--amount", "1", "--reference", " "), "--reference"),
        (("--amount", "1", "--reference", " x"), "reference"),
        (("--amount", "1.005", "--reference", "x"), "--amount"),
    ],
    ids=["nothing", "no reference", "a blank in front", "half a fen"],
)
def test_a_slip_is_told_before_anything_is_on_record(
    cli: Cli, fund_code: str, paper: Path, options: tuple[str, ...], why: str
) -> None:
    ran = cli(*propose("interest", paper, fund_code, *options))
    assert (ran.code, why in ran.err) == (2, True), ran.err
    assert cli("ledger", "proposals", "--fund", fund_code, "--all", "--json").data == []


def test_a_refund_is_of_one_thing(cli: Cli, fund_code: str, paper: Path) -> None:
    payee = ("--payee-name", "n", "--payee-number", "1", "--payee-branch", "b")
    ran = cli(*propose("refund", paper, fund_code, "--amount", "5", *payee, "--json"))
    assert (ran.code, ran.error["code"]) == (2, "cli.usage.case_or_line")


def test_the_pool_shows_the_breaker_where_the_measure_has_one(cli: Cli, fund_code: str, tmp_path: Path) -> None:
    assert cli("pool", "--fund", fund_code, "--json").data["breaker"] is None
    limited = f"{fund_code}Q"
    for name, old, new in (
        ("fund.toml", f'code = "{fund_code}"', f'code = "{limited}"'),
        ("fund.toml", f"8{fund_code[1:]}", f"6{fund_code[1:]}"),  # an account of its own
        ("operator.toml", "[release]", '[fund]\nstop_at_overdue = "40%"\n\n[release]'),
    ):
        (tmp_path / name).write_text((tmp_path / name).read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    assert cli("funds", "open", tmp_path / "fund.toml").code == 0

    assert cli("pool", "--fund", limited, "--json").data["breaker"] == {
        "overdue_yuan": "0.00",
        "total_yuan": "20000000.00",
        "limit_ppm": 400_000,
        "open": False,
        "share_ppm": 0,
    }
    assert "未熔断：逾期本金0.00元" in cli("pool", "--fund", limited).out
    opened = Breaker(overdue_fen=41, total_fen=100, limit_ppm=400_000)
    assert "41% of the fund of 1.00 yuan, above the limit of 40%" in say("breaker.open", "en", **opened.figures())


# Cases that run ------------------------------------------------------------------------------------------------


@pytest.mark.asyncio(loop_scope="session")
async def test_new_capital_lets_the_queue_in(fund: TestedFund, acting: Acting, paper: Path) -> None:
    cases = []
    for _ in range(3):
        row = a_micro_manufacturer(maturity=fund.in_days(8), balance_fen=20 * MILLION, asking=8 * MILLION)
        cases.append(await fund.apply(row))
        await fund.reserve(cases[-1], 8 * MILLION)
    assert fund.stage_of(cases[2]) is CaseStage.QUEUED

    money = ("--contributor", "市财政局", "--amount", "4000000", "--reference", "ZZ-1")
    assert (await acting(*propose("capital-in", paper, fund.code, *money))).code == 0

    await fund.settle()
    assert fund.stage_of(cases[2]) is CaseStage.AGREEMENT
    assert fund.what_is_wrong() == []


@pytest.mark.asyncio(loop_scope="session")
async def test_what_a_running_case_owes_is_not_changed_beside_it_and_its_excess_goes_back(
    fund: TestedFund, acting: Acting, paper: Path
) -> None:
    row = a_micro_manufacturer(maturity=fund.in_days(3), balance_fen=4 * MILLION, asking=2 * MILLION)
    case = await fund.apply(row)
    await fund.bridge(case, 2 * MILLION)
    await fund.old_loan_settled(case)
    await fund.not_renewing(case)
    await fund.money_returns(case, MILLION, fee=0)
    with fund.services.sessions() as session:
        receipts = [v for v in ledger.vouchers(session, fund.code, case) if v.kind is PostingKind.RECEIVE]

    pays = ("--case", case, "--principal", "100", "--reference", "DC-1", "--json")
    guarantor = await acting(*propose("guarantor-in", paper, fund.code, *pays))
    given_up = ("--case", case, "--amount", "100", "--decision", "核销1号", "--json")
    written_off = await acting(*propose("write-off", paper, fund.code, *given_up))
    back = await acting(
        *propose("reverse", paper, fund.code, "--voucher", receipts[0].number, "--reason", "x", "--json")
    )
    for refused in (guarantor, written_off):
        assert (refused.code, refused.error["code"]) == (1, "bookdesk.case_running")
    assert back.code == 0, "what the bank takes back is taken back while the case is at work, too"
    assert fund.position(case).outstanding_fen == MILLION

    await fund.money_returns(case, MILLION + 500)
    assert fund.refund_due(case) == 500
    payee = ("--payee-name", "晶都石英", "--payee-number", "62300000", "--payee-branch", "晶都农商行")
    excess = ("--case", case, "--amount", "5.00", *payee, "--json")
    number = (await acting(*propose("refund", paper, fund.code, *excess))).data["number"]
    assert (await acting("ledger", "approve", number, "--as", "wang.he", "--yes", "--json")).data["state"] == "allowed"
    pays_back = ("ledger", "paid", number, "--reference", "TK-7", "--as", "zhao.na", "--json")
    assert (await acting(*pays_back)).data["state"] == "posted"
    again = (await acting(*propose("refund", paper, fund.code, *excess))).data
    assert again["state"] == "proposed"
    twice = await acting("ledger", "approve", again["number"], "--as", "wang.he", "--yes", "--json")
    assert twice.code == 1, "it is paid back once"
    assert fund.what_is_wrong() == []
