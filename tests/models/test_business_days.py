"""The business day follows the database's clock in China: opened one by one by one function, written by nobody else."""

import os
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError
from sqlmodel import Session

from activities.law.calendars import shanghai_today
from models.books import ledger
from models.books.ledger import close_books
from models.bootstrap import DatabaseUrls
from models.database import sessions
from models.funds.artificial_time import play_business_day, play_day
from models.funds.funds import Fund, business_date, open_business_days, today_of
from rulebook.books.postings import capital_in
from rulebook.errors import XuqiaoError
from rulebook.money import yuan
from runtime.doctor import examine
from runtime.serve import refuse_played_time
from runtime.settings import load_settings

_NUMBERS = count(1)
DAY = timedelta(days=1)
PAST = date(2026, 3, 2)


@pytest.fixture
def code(app_engine: Engine) -> str:
    """A fund that has no business day yet."""
    named = f"B{os.getpid() % 10_000:04d}{next(_NUMBERS):02d}"
    account: Any = {"escrow_name": "专户", "escrow_number": named, "escrow_bank": "晶都农村商业银行"}
    with sessions(app_engine).begin() as session:
        session.add(Fund(code=named, name="试验资金", operator="承办主体", gateway="counter", **account))
    return named


@pytest.fixture
def real_time(owner_engine: Engine) -> Iterator[None]:
    """Meanwhile the database is like one of real money."""
    with owner_engine.begin() as owner:
        owner.execute(text("DELETE FROM artificial_time"))
    yield
    with owner_engine.begin() as owner:
        owner.execute(text("INSERT INTO artificial_time DEFAULT VALUES"))


def days(session: Session, code: str) -> list[date]:
    found = session.connection().execute(
        text("SELECT business_date FROM fund_day WHERE fund = :f ORDER BY business_date"), {"f": code}
    )
    return list(found.scalars())


def code_of(doing: object, *args: object) -> str:
    with pytest.raises(XuqiaoError) as refused:
        doing(*args)  # type: ignore[operator]
    return refused.value.code


def test_25_days_missed_are_opened_one_after_the_other_and_none_beyond_today(app_engine: Engine, code: str) -> None:
    with sessions(app_engine).begin() as session:
        play_business_day(session, code, PAST)
        play_day(session, code, PAST + 7 * DAY)
        assert code_of(business_date, session, code) == "fund.day_behind"
        assert open_business_days(session, code) == PAST + 7 * DAY
        assert open_business_days(session, code) == business_date(session, code) == PAST + 7 * DAY
        assert days(session, code) == [PAST + n * DAY for n in range(8)]


def test_25_the_first_day_is_no_later_than_today(app_engine: Engine, code: str, real_time: None) -> None:
    today = shanghai_today()
    with sessions(app_engine).begin() as session:
        ahead = code_of(open_business_days, session, code, today + 365 * DAY)
        assert (ahead, days(session, code)) == ("fund.day_beyond_clock", [])
        assert open_business_days(session, code, today - 2 * DAY) == today
        assert days(session, code) == [today - 2 * DAY, today - DAY, today]


@pytest.mark.parametrize(
    "written",
    [
        "INSERT INTO fund_day VALUES (:f, '2999-01-01', now())",
        "UPDATE fund_day SET business_date = '2999-01-01' WHERE fund = :f",
        "DELETE FROM fund_day WHERE fund = :f",
        "INSERT INTO fund_clock VALUES (:f, '2999-01-01')",
        "INSERT INTO artificial_time DEFAULT VALUES",
        "SELECT move_fund_clock(:f, '2999-01-01')",
    ],
)
def test_31_no_role_but_the_owner_writes_a_day_or_moves_a_clock(
    app_engine: Engine, desk_engine: Engine, code: str, real_time: None, written: str
) -> None:
    with sessions(app_engine).begin() as session:
        open_business_days(session, code)
    for engine in (app_engine, desk_engine):
        with sessions(engine)() as session, pytest.raises(ProgrammingError, match=r"permission denied|not artificial"):
            session.connection().execute(text(written), {"f": code})


def test_25_a_played_day_is_of_no_effect_where_time_is_real(
    app_engine: Engine, code: str, owner_engine: Engine
) -> None:
    with sessions(app_engine).begin() as session:
        play_day(session, code, date(2999, 1, 1))
    with owner_engine.connect() as owner:
        owner.execute(text("DELETE FROM artificial_time"))
        found = owner.execute(text("SELECT fund_today(:f)"), {"f": code}).scalar_one()
        owner.rollback()
    assert found == shanghai_today()


def test_25_a_day_beyond_the_clock_dates_nothing_and_is_taken_back_on_record(
    app_engine: Engine, owner_engine: Engine, code: str
) -> None:
    with sessions(app_engine).begin() as session:
        play_business_day(session, code, PAST)
    with owner_engine.begin() as owner:
        owner.execute(text("INSERT INTO fund_day VALUES (:f, '2027-03-02', now())"), {"f": code})
    with sessions(app_engine).begin() as session:
        assert code_of(business_date, session, code) == "fund.day_ahead"
        assert today_of(session, code) == date(2027, 3, 2)
        assert open_business_days(session, code) == business_date(session, code) == PAST
        gone = session.connection().execute(
            text("SELECT business_date FROM fund_day_taken_back WHERE fund = :f"), {"f": code}
        )
        assert list(gone.scalars()) == [date(2027, 3, 2)]


def test_31_a_book_is_not_closed_beyond_its_open_business_day(
    app_engine: Engine, desk_engine: Engine, code: str
) -> None:
    with sessions(app_engine).begin() as session:
        play_business_day(session, code, PAST)
        ledger.post(session, capital_in(code, "财政", yuan(1), reference=f"{code}/1", on=PAST, actor_id="li.jing"))
    with sessions(desk_engine).begin() as session:
        for day in (date(2999, 12, 31), PAST + DAY):
            assert code_of(close_books, session, code, day, "wang.he") == "ledger.close_beyond_day"
        close_books(session, code, PAST, "wang.he")


def test_25_the_doctor_names_a_fund_whose_day_is_not_the_clocks(
    app_engine: Engine, database: DatabaseUrls, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with sessions(app_engine).begin() as session:
        play_business_day(session, code, PAST)
        play_day(session, code, PAST + 7 * DAY)
    settings = load_settings(var=tmp_path, database={"url": database.app}, temporal={"address": "127.0.0.1:1"})
    bad = {check.name: check for check in examine(settings, "zh") if not check.ok}
    assert f"{code} {PAST} ≠ {PAST + 7 * DAY}" in bad["各资金池的营业日"].found
    assert "演示和测试" in bad["数据库的日期"].cure


def test_25_played_days_are_refused_where_real_business_is_served(database: DatabaseUrls, tmp_path: Path) -> None:
    settings = load_settings(var=tmp_path, database={"url": database.app}, temporal={"address": "127.0.0.1:1"})
    with pytest.raises(XuqiaoError, match=r"setup\.artificial_time"):
        refuse_played_time(settings)
