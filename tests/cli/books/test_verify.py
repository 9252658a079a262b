"""Seal, close, verify and export as people call them, and what each refuses."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from models.books import ledger
from models.funds.artificial_time import play_business_day
from models.funds.funds import business_date
from rulebook.books import postings
from rulebook.errors import XuqiaoError
from rulebook.money import yuan
from runtime.wiring import Services
from tests.books.statement.account import CAPITAL, HEADINGS
from tests.cli.conftest import Cli

CHECKER, MAKER = "wang.he", "li.jing"


@pytest.fixture
def fund(services: Services, fund_code: str) -> str:
    """A fund with its capital and a sub-fund in a book of its own."""
    with services.sessions.begin() as session:
        day = business_date(session, fund_code)
        arrived = {"reference": "RC-1", "on": day, "actor_id": "maker"}
        ledger.post(session, postings.capital_in(f"{fund_code}-RC", "市财政", yuan(100), **arrived))  # type: ignore[arg-type]
    return fund_code


@pytest.fixture
def key(cli: Cli, tmp_path: Path) -> Path:
    made = cli("ledger", "seal", "--new-key", tmp_path / "keys", "--json")
    assert made.code == 0
    return Path(made.data["private"])


def today(services: Services, fund: str) -> date:
    with services.sessions() as session:
        return business_date(session, fund)


def next_day(services: Services, fund: str) -> date:
    """Yesterday's business is over: another business day opens."""
    day = today(services, fund) + timedelta(days=1)
    with services.sessions.begin() as session:
        play_business_day(session, fund, day)
    return day


def test_a_new_key_is_shown_with_its_number(cli: Cli, tmp_path: Path) -> None:
    made = cli("ledger", "seal", "--new-key", tmp_path / "k")
    (private,) = (tmp_path / "k").glob("*.key")
    assert f"封签密钥 {private.stem} 已生成" in made.out
    assert str(private.with_suffix(".pub")) in made.out


def test_a_fund_is_sealed_with_its_sub_fund_once_a_day(
    cli: Cli, services: Services, fund: str, key: Path, tmp_path: Path
) -> None:
    first = cli("ledger", "seal", "--fund", fund, "--key", key, "--out", tmp_path / "usb", "--json")
    assert first.code == 0
    assert [each["book"] for each in first.data["seals"]] == [fund, f"{fund}-RC"]
    assert all(each["sealed_now"] and each["day"] == today(services, fund).isoformat() for each in first.data["seals"])
    file = Path(first.data["seals"][0]["file"])
    content = file.read_bytes()
    assert json.loads(content)["signature"] == first.data["seals"][0]["signature"]

    file.unlink()  # lost before it was carried away: the same seal is written again, and said to be the same
    again = cli("ledger", "seal", "--fund", fund, "--key", key, "--out", tmp_path / "usb")
    assert again.code == 0
    assert "此前已封签" in again.out
    assert "一天只封一次" in again.out
    assert file.read_bytes() == content


def test_the_settings_name_the_key(cli: Cli, fund: str, key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without = cli("ledger", "seal", "--fund", fund)
    assert (without.code, "--key" in without.err) == (2, True)
    monkeypatch.setenv("XUQIAO_SEAL_KEY", str(key))
    assert cli("ledger", "seal", "--fund", fund).code == 0
    # The public half lies beside it and is believed without being named.
    right = cli("ledger", "verify", "--fund", fund, "--json")
    assert right.code == 0, right.out
    assert right.data["keys_known"] is True
    assert [(book["seals"], book["keys"]) for book in right.data["books"]] == [(1, [key.stem])] * 2
    assert right.data["database"] == []


def test_a_key_that_others_can_read_seals_nothing(cli: Cli, fund: str, key: Path) -> None:
    key.chmod(0o644)
    refused = cli("ledger", "seal", "--fund", fund, "--key", key, "--json")
    assert (refused.code, refused.error["code"]) == (1, "books.seal_key_open")
    assert cli("ledger", "seal", "--fund", fund, "--key", key.parent / "none.key").code == 1


def test_55_a_seal_that_nobody_gave_a_public_key_for_is_not_checked_and_no_fault(
    cli: Cli, fund: str, key: Path, tmp_path: Path
) -> None:
    told = cli("ledger", "verify", "--fund", fund)
    assert told.code == 0, told.out
    assert f"{fund}：" in told.out
    assert "全部相符" in told.out
    cli("ledger", "seal", "--fund", fund, "--key", key)
    unchecked = cli("ledger", "verify", "--fund", fund, "--lang", "en")
    assert unchecked.code == 0
    assert "were not checked by their signatures" in unchecked.out + unchecked.err
    (tmp_path / "nobody's").mkdir()
    unknown = cli("ledger", "verify", "--fund", fund, "--keys", tmp_path / "nobody's", "--lang", "en")
    assert unknown.code == 4
    assert f"is signed with the key {key.stem}, which is not known here" in unknown.out
    assert cli("ledger", "verify", "--fund", fund, "--keys", key.parent).code == 0
    assert cli("books", "check", "--fund", fund).code == 0


def test_a_seal_from_the_future_of_the_book_is_a_fault(cli: Cli, fund: str, key: Path) -> None:
    """What an older backup looks like: a seal was kept, and the book does not reach it."""
    sealed = cli("ledger", "seal", "--fund", fund, "--key", key, "--json").data["seals"][0]
    kept = Path(sealed["file"])
    asked = ("ledger", "verify", "--fund", fund, "--keys", key.parent, "--seal", kept)
    assert cli(*asked).code == 0
    kept.write_text(json.dumps({**sealed, "last_seq": sealed["last_seq"] + 5}))
    older = cli(*asked, "--json")
    assert older.code == 4
    codes = {fault["code"] for book in older.data["books"] for fault in book["faults"]}
    assert codes == {"books.older", "books.seal_signature"}
    kept.write_text(json.dumps({**sealed, "book": "GONE"}))
    assert "GONE" in cli(*asked).out, "a book that the database has lost altogether"
    kept.write_text("{}")
    assert cli(*asked).code == 2


def test_a_book_is_taken_along_and_verified_from_the_file(cli: Cli, fund: str, key: Path, tmp_path: Path) -> None:
    cli("ledger", "seal", "--fund", fund, "--key", key)
    file = tmp_path / "book.gz"
    written = cli("ledger", "export", file, "--fund", fund, "--keys", key.parent, "--json")
    assert (written.code, written.data["book"]) == (0, fund)
    by_itself = cli("ledger", "verify", file)
    assert by_itself.code == 0, by_itself.out
    assert key.stem in by_itself.err, "which key it was must be compared by people"
    assert cli("ledger", "verify", file, "--keys", key.parent).err == ""
    other = cli("ledger", "seal", "--new-key", tmp_path / "other", "--json").data
    wrong = cli("ledger", "verify", file, "--keys", Path(other["private"]).parent)
    assert wrong.code == 4
    assert "没有该公钥" in wrong.out
    assert cli("ledger", "verify", file, "--fund", fund).code == 2
    assert cli("ledger", "verify", tmp_path / "none.gz").code == 2
    assert cli("ledger", "export", tmp_path / "no" / "folder.gz", "--fund", fund).code == 2
    sub_fund = cli("ledger", "export", file, "--fund", f"{fund}-RC", "--json")
    assert (sub_fund.code, sub_fund.data["vouchers"]) == (0, 1)


def test_a_period_closes_for_the_checker_when_its_last_day_is_over_and_sealed(
    cli: Cli, services: Services, fund: str, key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XUQIAO_SEAL_KEY", str(key))
    day = today(services, fund)
    asked = ("ledger", "close", "--fund", fund, "--through", day.isoformat(), "--json")
    assert cli(*asked, "--as", MAKER).error["code"] == "person.not_in_role"
    assert cli(*asked, "--as", CHECKER).error["code"] == "books.close_open_day"
    next_day(services, fund)
    unsealed = cli(*asked, "--as", CHECKER)
    assert (unsealed.code, unsealed.error["code"]) == (1, "books.close_unsealed")
    assert unsealed.error["params"]["day"] == day.isoformat()
    cli("ledger", "seal", "--fund", fund)  # a seal of the day after seals all that was before it
    take_in_the_capital(cli, fund, tmp_path)
    closed = cli(*asked, "--as", CHECKER)
    assert closed.code == 0
    assert [each["book"] for each in closed.data["books"]] == [fund, f"{fund}-RC"]
    assert cli(*asked, "--as", CHECKER).error["code"] == "ledger.closed_already"
    late = postings.capital_in(fund, "市财政", 1, reference="late", on=day, actor_id="maker")
    with pytest.raises(XuqiaoError, match=r"ledger\.period_closed"), services.sessions.begin() as session:
        ledger.post(session, late)
    assert cli("ledger", "verify", "--fund", fund).code == 0


def test_31_the_last_close_is_taken_back_by_two_people_and_the_chain_keeps_it(
    cli: Cli, services: Services, fund: str, tmp_path: Path
) -> None:
    first = today(services, fund)
    second = first + timedelta(days=1)

    def close(day: date) -> int:
        return cli("ledger", "close", "--fund", fund, "--through", day, "--as", CHECKER).code

    def reopen(day: date, *, code: str | None = None) -> Any:
        asked = cli("ledger", "reopen", "--fund", fund, "--through", day, "--reason", "漏记", "--as", MAKER, "--json")
        assert (asked.error["code"] if asked.code else None) == code
        return asked.data.get("number")

    reopen(first, code="ledger.not_last_close")
    take_in_the_capital(cli, fund, tmp_path)
    next_day(services, fund)
    assert close(first) == 0
    next_day(services, fund)
    assert close(second) == 0
    reopen(first, code="ledger.not_last_close")
    number = reopen(second)
    same = cli("changes", "approve", number, "--as", MAKER, "--json")
    assert same.error["code"] == "change.same_person"
    assert cli("changes", "approve", number, "--as", CHECKER).code == 0
    assert close(second) == 0, "it can be closed once more"
    assert cli("changes", "approve", reopen(second), "--as", CHECKER).code == 0
    for role in (services.sessions, services.desk_sessions):
        asked = "SELECT ledger.reopen_books(:fund, :day, 'a', 'b', 'c')"
        with role() as session, pytest.raises(DBAPIError, match="permission denied"):
            session.connection().execute(text(asked), {"fund": fund, "day": first})
    late = postings.capital_in(fund, "市财政", 1, reference="late", on=second, actor_id="maker")
    with services.sessions.begin() as session:
        ledger.post(session, late)
    before = postings.capital_in(fund, "市财政", 1, reference="before", on=first, actor_id="maker")
    with pytest.raises(XuqiaoError, match=r"ledger\.period_closed"), services.sessions.begin() as session:
        ledger.post(session, before)
    assert cli("ledger", "verify", "--fund", fund).code == 0
    assert cli("ledger", "export", tmp_path / "books.gz", "--fund", fund).code == 0
    assert cli("ledger", "verify", tmp_path / "books.gz").code == 0


def take_in_the_capital(cli: Cli, fund: str, folder: Path, *rows: str) -> None:
    """The bank's statement with the fund's capital, and what else it has."""
    file = folder / "对账单.csv"
    file.write_text("\n".join([HEADINGS, CAPITAL, *rows]), encoding="gb18030")
    assert cli("ledger", "import-statement", file, "--fund", fund, "--as", MAKER).code == 0


def test_53_no_period_closes_that_no_statement_reaches_or_with_a_difference_that_nobody_explained(
    cli: Cli, services: Services, fund: str, tmp_path: Path
) -> None:
    day = today(services, fund)
    later = day + timedelta(days=1)
    charge = postings.capital_in(fund, "市财政", yuan(7), reference="RD-7", on=day, actor_id=MAKER)
    with services.sessions.begin() as session:
        ledger.post(session, charge)
    next_day(services, fund)
    asked = ("ledger", "close", "--fund", fund, "--through", day, "--as", CHECKER, "--json")
    assert cli(*asked).error["code"] == "books.close_without_statement"
    take_in_the_capital(cli, fund, tmp_path)
    short = cli(*asked)
    assert (short.error["code"], short.error["params"]["moved"]) == ("books.close_without_statement", str(day))
    take_in_the_capital(cli, fund, tmp_path, f"{later},JX1,,0.01,20000000.01,,,结息")
    assert cli(*asked).error["code"] == "books.close_unexplained"
    tasks = cli("ledger", "differences", "--fund", fund, "--json").data
    assert "RD-7" in {task["about"] for task in tasks}, "each became a task at the import already"
    for task in tasks:
        assert cli("ledger", "explain", task["id"], "--reason", "在途", "--as", MAKER).code == 0
    assert cli(*asked).code == 0


def test_where_nothing_is_sealed_a_period_closes_all_the_same(cli: Cli, services: Services, fund: str) -> None:
    day = today(services, fund)
    next_day(services, fund)
    closed = cli("ledger", "close", "--fund", f"{fund}-RC", "--through", day, "--as", CHECKER)
    assert closed.code == 0, closed.err
    assert f"{fund}-RC：截至 {day} 的期间已由" in closed.out


def test_a_fund_that_is_not_there_has_no_books(cli: Cli, fund: str) -> None:
    assert cli("ledger", "verify", "--fund", "NOBODY", "--json").error["code"] == "fund.unknown"
