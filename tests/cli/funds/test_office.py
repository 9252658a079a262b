"""What papers say of the office: set in the fund's file, changed by two people."""

from models.funds.banks import bank_of
from models.funds.funds import fund as the_fund
from runtime.wiring import Services
from tests.cli.conftest import Cli

WHY = ("--reason", "迁址")


def test_39_two_people_change_how_the_office_is_reached(cli: Cli, fund_code: str, services: Services) -> None:
    moved = cli("funds", "office", fund_code, "--address", "海州路1号", *WHY, "--as", "li.jing", "--json")
    with services.sessions() as session:
        before = the_fund(session, fund_code)
    assert (before.symbol, before.address) == ("晶转", "东海县牛山街道和平东路68号")
    assert cli("changes", "approve", moved.data["number"], "--as", "li.jing").code == 1
    assert "海州路1号" in cli("changes", "list", "--fund", fund_code).out
    assert cli("changes", "approve", moved.data["number"], "--as", "wang.he").code == 0
    with services.sessions() as session:
        after = the_fund(session, fund_code)
    assert (after.symbol, after.address, after.phone) == ("晶转", "海州路1号", "0518-87800123")


def test_39_the_register_holds_a_banks_code_and_address(cli: Cli, fund_code: str, services: Services) -> None:
    new = (
        "banks",
        "set",
        "GYRB",
        "--name",
        "赣榆农村商业银行股份有限公司",
        "--agreement",
        "晶转合〔2026〕5号",
        "--from",
        "2026-01-01",
    )
    reached = ("--uscc", "91320722MA26JD001B", "--address", "连云路2号", "--phone", "0518-82300000")
    wrong = cli(*new, "--uscc", "91320722MA26JD0019", "--fund", fund_code, *WHY, "--as", "li.jing", "--json")
    assert wrong.error["code"] == "workbook.uscc_check"
    number = cli(*new, *reached, "--fund", fund_code, *WHY, "--as", "li.jing", "--json").data["number"]
    assert cli("changes", "approve", number, "--as", "wang.he").code == 0
    with services.sessions() as session:
        bank = bank_of(session, fund_code, "GYRB")
    assert bank is not None
    assert (bank.uscc, bank.address, bank.phone, bank.email) == (
        "91320722MA26JD001B",
        "连云路2号",
        "0518-82300000",
        None,
    )
