"""The calendar's years and a new year's notice, by command, on a database of their own."""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from models.cases.applications import file_application
from models.database import engine_for, sessions
from models.funds.calendar import calendar_around, fill_days
from rulebook.calendar import CalendarDay, WorkCalendar
from rulebook.calendars.statutory import DECREE
from runtime.devstack import Addresses
from tests.builders import a_micro_manufacturer
from tests.cli.conftest import Cli
from tests.conftest import new_database

NOTICE = """
year = 2027
document = "国办发明电〔2026〕99号"

[[holidays]]
name = "元旦"
first = 2026-12-31
last = 2027-01-02
worked = [2027-01-09]

[[holidays]]
name = "国庆节"
first = 2027-10-01
last = 2027-10-07
worked = [2027-10-09]
"""


@pytest.fixture
def table(cli: Cli, stack: Addresses, fund_code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a database in which one fund has just been opened."""
    own = new_database(stack)
    monkeypatch.setenv("XUQIAO_DATABASE__URL", own.app)
    assert cli("funds", "open", tmp_path / "fund.toml", "--on", "2026-03-02").code == 0
    (tmp_path / "2027.toml").write_text(NOTICE, encoding="utf-8")
    return own.app


def kept(address: str, day: date, through: date) -> WorkCalendar:
    """What a case would record."""
    engine = engine_for(address)
    try:
        with sessions(engine).begin() as session:
            return calendar_around(session, day, through)
    finally:
        engine.dispose()


def test_the_years_are_listed_with_the_notice_they_rest_on(cli: Cli, table: str) -> None:
    years = {each["year"]: each for each in cli("calendar", "list", "--json").data}
    assert list(years) == list(range(2018, 2029))
    assert years[2026] == {
        "year": 2026,
        "status": "official",
        "sources": ["国办发明电〔2025〕7号"],
        "weekdays_off": 19,
        "weekend_worked": 6,
        "version": years[2026]["version"],
    }
    assert years[2019]["sources"] == ["国办发明电〔2018〕15号", "国办发明电〔2019〕3号"]
    assert (years[2027]["status"], years[2027]["sources"]) == ("provisional", [DECREE])
    assert len({each["version"] for each in years.values()}) == len(years)
    shown = cli("calendar", "list", "--lang", "en").out
    assert "国办发明电〔2025〕7号" in shown
    assert "provisional" in shown
    assert "暂定" in cli("calendar", "list").out


def test_a_new_years_notice_makes_it_official_and_the_years_after_provisional(
    cli: Cli, table: str, tmp_path: Path
) -> None:
    before = kept(table, date(2026, 11, 2), date(2026, 12, 1))
    assert before.deadline(date(2026, 12, 28), 3).on == date(2026, 12, 31)
    assert before.deadline(date(2026, 12, 28), 4).provisional

    ran = cli("calendar", "import", tmp_path / "2027.toml", "--as", "li.jing", "--json")

    assert ran.code == 0
    assert ran.data["changed"] == [{"day": "2026-12-31", "works": False, "source": "国办发明电〔2025〕7号"}]
    assert (ran.data["year"], ran.data["days"], ran.data["announced"]) == (2027, 366, 365)
    assert ran.data["open_cases"].startswith("已通知未结案件改按新的日历计算期限")
    years = {each["year"]: each for each in cli("calendar", "list", "--json").data}
    assert [year for year, each in years.items() if each["status"] == "provisional"] == [2028, 2029]
    assert years[2027]["version"] == ran.data["version"]
    after = kept(table, date(2026, 11, 2), date(2026, 12, 1))
    assert after.version != before.version
    assert (before.official_through, after.official_through) == (date(2026, 12, 31), date(2027, 3, 31))
    assert after.deadline(date(2026, 12, 28), 3).on == date(2027, 1, 4)
    assert not after.deadline(date(2026, 12, 28), 4).provisional


def test_32_who_changes_the_calendar_of_open_cases_is_named(cli: Cli, table: str, tmp_path: Path) -> None:
    listed = cli("calendar", "list", "--json").data
    nobody = cli("calendar", "import", tmp_path / "2027.toml", "--as", "no.body", "--json")
    assert (nobody.code, nobody.error["code"]) == (1, "person.unknown")
    assert cli("calendar", "import", tmp_path / "2027.toml").code == 2
    assert cli("calendar", "list", "--json").data == listed
    assert "由李敬导入" in cli("calendar", "import", tmp_path / "2027.toml", "--as", "li.jing").out


def test_the_same_notice_a_second_time_changes_nothing(cli: Cli, table: str, tmp_path: Path) -> None:
    first = cli("calendar", "import", tmp_path / "2027.toml", "--as", "li.jing", "--json").data
    second = cli("calendar", "import", tmp_path / "2027.toml", "--as", "li.jing", "--json")
    assert second.code == 0
    assert (second.data["announced"], second.data["changed"]) == (0, [])
    assert second.data["version"] == first["version"]


def test_an_official_day_changes_only_by_correction(cli: Cli, table: str, tmp_path: Path) -> None:
    path = tmp_path / "2026.toml"
    shipped = (Path(__file__).parents[3] / "rulebook" / "calendars" / "2026.toml").read_text(encoding="utf-8")
    path.write_text(shipped.replace("last = 2026-05-05", "last = 2026-05-06"), encoding="utf-8")
    listed = cli("calendar", "list", "--json").data

    refused = cli("calendar", "import", path, "--as", "li.jing", "--json")

    assert refused.code == 1
    assert refused.error["code"] == "calendar.official_would_change"
    assert refused.error["params"]["days"] == "2026-05-06 (国办发明电〔2025〕7号)"
    assert cli("calendar", "list", "--json").data == listed
    corrected = cli("calendar", "import", path, "--as", "li.jing", "--correct", "--lang", "en")
    assert corrected.code == 0
    assert "2026-05-06 is now off (before: 国办发明电〔2025〕7号)." in corrected.out
    assert "open cases have been told to reckon by the new calendar" in corrected.out
    assert not kept(table, date(2026, 5, 1), date(2026, 5, 1)).is_workday(date(2026, 5, 6))


def test_opening_another_fund_leaves_a_correction_alone(cli: Cli, table: str, tmp_path: Path) -> None:
    assert cli("calendar", "import", tmp_path / "2027.toml", "--as", "li.jing").code == 0
    listed = cli("calendar", "list", "--json").data
    other = (tmp_path / "fund.toml").read_text(encoding="utf-8").replace('code = "C', 'code = "D')
    other = other.replace(" 8", " 6")  # an account of its own
    (tmp_path / "other.toml").write_text(other, encoding="utf-8")
    assert cli("funds", "open", tmp_path / "other.toml", "--on", "2026-12-01").code == 0
    assert cli("calendar", "list", "--json").data == listed


def test_a_notice_years_ahead_leaves_no_gap(cli: Cli, table: str, tmp_path: Path) -> None:
    text_2031 = NOTICE.replace("2027", "2031").replace("2026-12-31", "2030-12-31")
    # The weekend lies elsewhere in that year.
    text_2031 = text_2031.replace("2031-01-09", "2031-01-11").replace("2031-10-09", "2031-10-11")
    (tmp_path / "2031.toml").write_text(text_2031, encoding="utf-8")
    assert cli("calendar", "import", tmp_path / "2031.toml", "--as", "li.jing").code == 0
    years = {each["year"]: each["status"] for each in cli("calendar", "list", "--json").data}
    assert list(years) == list(range(2018, 2034))
    assert [year for year, status in years.items() if status == "provisional"] == [2027, 2028, 2029, 2030, 2032, 2033]


def test_a_provisional_day_never_replaces_an_official_one(table: str) -> None:
    engine = engine_for(table)
    day = date(2026, 10, 1)
    with sessions(engine).begin() as session:
        fill_days(
            session, [CalendarDay(day, works=True, official=False), CalendarDay(day.replace(year=2040), True, True)]
        )
        found = session.connection().execute(
            text("SELECT works, official FROM calendar_day WHERE day IN ('2026-10-01', '2040-10-01') ORDER BY day")
        )
        assert [tuple(row) for row in found] == [(False, True), (True, True)]
    engine.dispose()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (None, "calendar.notice_unreadable"),
        (b"\xff", "calendar.notice_unreadable"),
        (b"year = ", "calendar.notice_not_toml"),
        (NOTICE.replace("2027-01-09", "2027-01-08").encode(), "calendar.notice_no_weekend"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_by_name_before_the_table_is_touched(
    cli: Cli, tmp_path: Path, content: bytes | None, code: str
) -> None:
    path = tmp_path / "wrong.toml"
    if content is not None:
        path.write_bytes(content)
    refused = cli("calendar", "import", path, "--as", "li.jing", "--json", "--lang", "en")  # no server is set up
    assert (refused.code, refused.error["code"]) == (2, code)
    assert "wrong.toml" in refused.error["message"]


def test_17_a_loan_due_after_new_year_is_bridged_on_the_last_day_that_is_worked(table: str) -> None:
    calendar = kept(table, date(2026, 12, 15), date(2027, 1, 4))
    assert calendar.workday_before(date(2027, 1, 4)) == date(2026, 12, 31)
    assert calendar.deadline(date(2026, 12, 31), 1).on == date(2027, 1, 4)
    assert calendar.workday_before(date(2027, 2, 9)) == date(2027, 2, 4), "除夕 to 正月初三, and a weekend in it"


def test_17_a_table_filled_before_the_days_were_known_is_right_all_the_same(table: str) -> None:
    engine = engine_for(table)
    with sessions(engine).begin() as session:
        session.connection().execute(text("UPDATE calendar_day SET works = true, source = '' WHERE day = '2027-01-01'"))
    engine.dispose()
    assert not kept(table, date(2026, 12, 15), date(2027, 1, 4)).is_workday(date(2027, 1, 1))


def test_32_a_notice_names_the_open_cases_whose_days_move(cli: Cli, table: str, fund_code: str, tmp_path: Path) -> None:
    engine = engine_for(table)
    with sessions(engine).begin() as session:
        filed = [
            file_application(
                session,
                fund_code,
                a_micro_manufacturer(maturity=maturity),
                received_on=date(2026, 12, 1),
                filed_by="li.jing",
                source="test",
                queues="none",
            ).case_no
            for maturity in (date(2027, 1, 4), date(2026, 12, 31))
        ]
    said = cli("calendar", "import", tmp_path / "2027.toml", "--as", "li.jing", "--json").data
    (moved,) = said["moved"]
    assert (moved["now"]["case_no"], moved["before"]["release_day"], moved["now"]["release_day"]) == (
        filed[0],
        "2026-12-31",
        "2026-12-30",
    )
    with sessions(engine)() as session:
        told = session.connection().execute(text("SELECT case_no, payload FROM outbox WHERE signal IS NOT NULL")).all()
    engine.dispose()
    assert [(each.case_no, each.payload) for each in told] == [
        (case, {"because": "国办发明电〔2026〕99号（李敬）"}) for case in filed
    ], "each open case reckons anew by itself"
    assert cli("calendar", "import", tmp_path / "2027.toml", "--as", "li.jing", "--json").data["moved"] == []
