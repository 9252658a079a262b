"""The README's walk is taken exactly as printed, in both languages, in the morning and at night."""

import os
import subprocess
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from activities.law.calendars import shipped_calendar
from rulebook.calendar import LAW_ZONE
from tests.readme_walk import TOP, Walk, blocks_of, date_shim, next_at, not_printed


@pytest.fixture
def walk_folder(tmp_path: Path) -> Path:
    """Where a walk begins, with servers and programs of its own."""
    return tmp_path


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("page", "hour", "before_days_off"),
    [("README.md", 10, False), ("README.zh-CN.md", 22, True)],
    ids=["english-at-ten-in-the-morning", "chinese-at-ten-at-night-before-a-weekend"],
)
def test_56_the_walk_does_what_the_page_says(walk_folder: Path, page: str, hour: int, before_days_off: bool) -> None:
    begins = next_at(hour, before_days_off)
    walked = Walk(page, walk_folder, begins).walk()
    assert walked.unexpected == ()
    blocks = blocks_of(page)
    missing = [not_printed(block.printed, got) for block, got in zip(blocks, walked.printed, strict=True)]
    assert missing == [[] for _ in blocks]
    assert walked.paid_on == paid_on(begins.date(), hour)


def paid_on(begun: date, hour: int) -> str:
    """Today in the morning of a working day, else the next one."""
    calendar = shipped_calendar()
    before = begun if hour >= 16 else begun - timedelta(days=1)
    return calendar.add_workdays(before, 1).isoformat()


@pytest.mark.usefixtures("own_programs")
@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
@pytest.mark.parametrize(
    "typed_at",
    [
        *("2026-12-02 00:30", "2026-12-02 15:59", "2026-12-02 16:01", "2026-12-02 23:59"),
        *("2026-12-04 22:00", "2026-12-05 12:00", "2026-12-06 23:30", "2026-12-31 17:00"),
        *("2026-09-30 10:00", "2026-09-30 22:00", "2026-10-10 09:00"),  # before the days off; a Saturday that is worked
    ],
)
def test_56_whenever_the_walk_begins_its_money_can_leave_in_time(tmp_path: Path, page: str, typed_at: str) -> None:
    moment = datetime.fromisoformat(typed_at).replace(tzinfo=LAW_ZONE)
    pays, due = days_of_the_walk(page, tmp_path, moment)
    calendar = shipped_calendar()
    assert calendar.is_workday(pays)
    assert calendar.workday_before(due) == pays, "the fund pays on the last working day before the maturity"
    assert datetime.combine(pays, time(16, 30), LAW_ZONE) - moment >= timedelta(minutes=29), "there is time to take it"
    assert pays.isoformat() == paid_on(moment.date(), moment.hour), "and nobody waits a day too long"


def days_of_the_walk(page: str, folder: Path, moment: datetime) -> tuple[date, date]:
    """The day of payment and the maturity that the page's own lines reckon at a moment."""
    shown = folder / "moment"
    shown.write_text(f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")
    reckoning = blocks_of(page)[0].commands.partition("./run case submit")[0]
    env = {**os.environ, **date_shim(folder, shown)}
    script = f"{reckoning}\necho $pays $due"
    told = subprocess.run(["bash", "-c", script], cwd=TOP, env=env, capture_output=True, text=True, check=True)
    pays, due = map(date.fromisoformat, told.stdout.split())
    return pays, due
