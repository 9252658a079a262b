"""The README's walk as a person takes it: its own lines, typed into one shell, at a moment that the test chooses.

The servers are the product's, started for played time: the shell's ``date``, the funds' business days and the cases'
clocks show the chosen moment. Only the stamps of records are this machine's. Whoever types is slower than the relay:
before each line all that is under way arrives.
"""

import asyncio
import os
import re
import stat
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import NamedTuple

from activities.law.calendars import shipped_calendar
from models.funds.artificial_time import play_day
from rulebook.calendar import LAW_ZONE
from runtime.demo.conductor import Conductor
from runtime.devstack.stack import DevStack
from runtime.seed import open_fund
from runtime.settings import Settings
from runtime.supervisor import Supervisor
from runtime.wiring import Services
from runtime.workers import worker_children

TOP = Path(__file__).parents[1]
FUND = "DH"
WALK = {
    "README.md": ("## Single steps", "## Settings"),
    "README.zh-CN.md": ("## 单步办理", "## 设置"),
}
"""Page, its first heading of the walk, and the first heading behind it."""
ENDS_WITH = re.compile(r"# (?:ends with |以退出码)(\d)")
"""How a line says that it does not end with 0."""
MONEY_LEAVES = "./run case release "
CASE_LINE = re.compile(r"^case=\S+", re.MULTILINE)
CASE_NO = re.compile(r"[A-Z]{2}-\d{4}-\d{5}-\d")
_CHANGES = re.compile(
    rf"\d{{4}}-\d\d-\d\d( \d\d:\d\d)?|[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}|{CASE_NO.pattern}"
)
_RULE = re.compile(r"^[─\s]+$")

DATE = """#!/bin/sh
# The chosen moment in place of the machine's. What names a day of its own is left alone.
now=$(cat "$PLAYED_MOMENT")
case ${1:-} in
    -d) given=$2; shift 2
        case $given in [0-9]*-*) now= ;; esac
        exec "$TRUE_DATE" -d "$now $given" "$@" ;;
    *) exec "$TRUE_DATE" -d "$now" "$@" ;;
esac
"""
SHELL = """
ask() { echo "$1" >&"$ASKS"; read -r answer <&"$ANSWERS"; [ -z "$answer" ] || case_of_step=$answer; }
block() { ask "block $1"; echo "@@ $1"; }
trap 'echo "$? $LINENO" >>"$FAILED"' ERR
trap 'ask line' DEBUG
"""


class Block(NamedTuple):
    """One block of commands, and the lines that the page says it prints."""

    commands: str
    printed: tuple[str, ...]


class Walked(NamedTuple):
    """What became of a walk.

    Attributes:
        printed: what each block printed, normalised line by line.
        unexpected: lines that did not end as the page says, each with how it ended.
        paid_on: the funds' day at the end.
    """

    printed: tuple[tuple[str, ...], ...]
    unexpected: tuple[str, ...]
    paid_on: str


def blocks_of(page: str) -> list[Block]:
    """The walk's blocks, in order, each with the output that follows it on the page."""
    begin, end = WALK[page]
    text = (TOP / page).read_text(encoding="utf-8")
    part = text[text.index(f"\n{begin}\n") : text.index(f"\n{end}\n")]
    found: list[Block] = []
    for kind, content in re.findall(r"^```(\w*)\n(.*?)^```$", part, re.MULTILINE | re.DOTALL):
        if kind == "sh":
            found.append(Block(content, ()))
        elif not kind and not content.startswith("$"):
            found[-1] = found[-1]._replace(printed=tuple(content.splitlines()))
    return found


def normalised(lines: Sequence[str]) -> tuple[str, ...]:
    """Lines without what differs from run to run: days, moments, ids, numbers of cases, widths of columns."""
    plain = (_CHANGES.sub("#", line.rstrip()) for line in lines if line.strip() and not _RULE.match(line))
    return tuple(re.sub(r"\s+", " ", line) for line in plain)


def not_printed(claimed: Sequence[str], printed: Sequence[str]) -> list[str]:
    """The claimed lines that were not printed in that order; ``…`` stands for what is left out."""
    rest, missing = list(printed), []
    for line in normalised(claimed):
        if line == "…":
            continue
        start, cut, _ = line.partition("…")
        hit = next((n for n, got in enumerate(rest) if got == line or (cut and got.startswith(start))), None)
        if hit is None:
            missing.append(line)
        else:
            del rest[: hit + 1]
    return missing


@contextmanager
def _played(folder: Path) -> Iterator[Services]:
    settings = Settings(var=folder, simulator_path=folder / "bank.sqlite")
    supervisor = Supervisor(folder / "log")
    stack = DevStack(folder, time_skipping=True)
    stack.start()
    try:
        for child in worker_children(settings):
            supervisor.add(child)
        supervisor.start()
        with closing(Services(settings)) as services:
            yield services
    finally:
        supervisor.stop()
        stack.remove()


class Walk:
    """One walk through one page.

    Args:
        folder: empty; the shell stands in it, as in a checkout.
        begins: when the first line is typed, in the law's zone; not before now.
    """

    def __init__(self, page: str, folder: Path, begins: datetime) -> None:
        self._blocks = blocks_of(page)
        self._folder, self._begins = folder, begins
        self._moment, self._failed, self._out = folder / "moment", folder / "failed", folder / "out"

    def walk(self) -> Walked:
        """Take it from the first line to the last."""
        with _played(self._folder / "var") as services:
            return asyncio.run(self._walk(services))

    async def _walk(self, services: Services) -> Walked:
        with services.sessions.begin() as session:
            play_day(session, FUND, self._begins.date())
            open_fund(session, TOP / "examples" / "fund.toml", self._begins.date())
        client = await services.client()
        self._conductor = Conductor(services, client, FUND, ahead=self._begins - datetime.now(UTC))
        self._show(self._begins)
        self._conductor.open_day()
        script, lines = self._script()
        await self._type(script)
        await asyncio.sleep(0.1)
        failed = self._failed.read_text().splitlines() if self._failed.exists() else []
        ended = {int(number): code for code, number in (entry.split() for entry in failed)}
        meant = {number: said[1] for number, line in enumerate(lines, 1) if (said := ENDS_WITH.search(line))}
        out = self._out.read_text(encoding="utf-8")
        printed = tuple(normalised(part.splitlines()[1:]) for part in re.split(r"^@@ ", out, flags=re.MULTILINE)[1:])
        unexpected = tuple(
            f"{lines[number - 1]}: {ended.get(number, '0')}"
            for number in sorted(ended.keys() | meant.keys())
            if ended.get(number, "0") != meant.get(number, "0")
        )
        return Walked(printed, unexpected, self._conductor.today.isoformat())

    def _script(self) -> tuple[Path, list[str]]:
        """The page's lines with a mark before each block; of the number of the case the last step's is taken."""
        text = SHELL
        for number, block in enumerate(self._blocks):
            text += f"block {number}\n" + CASE_LINE.sub("case=$case_of_step", block.commands)
        path = self._folder / "walk.sh"
        path.write_text(text, encoding="utf-8")
        return path, text.splitlines()

    async def _type(self, script: Path) -> None:
        asks, asks_in = os.pipe()
        answers_out, answers = os.pipe()
        with (self._folder / "out").open("wb") as out:
            shell = subprocess.Popen(
                ["bash", str(script)],
                cwd=self._checkout(),
                env=self._environment(asks_in, answers_out),
                pass_fds=(asks_in, answers_out),
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        os.close(asks_in)
        os.close(answers_out)
        try:
            with os.fdopen(asks) as asking:
                while asked := await asyncio.to_thread(asking.readline):
                    await self._between(asked.split())
                    os.write(answers, f"{self._last_number()}\n".encode())
            shell.wait(timeout=30)
        finally:
            os.close(answers)
            shell.kill()

    async def _between(self, asked: Sequence[str]) -> None:
        """What happens before the next line; the day of payment has come before the money leaves."""
        await self._conductor.deliver()
        if asked[0] == "block" and MONEY_LEAVES in self._blocks[int(asked[1])].commands:
            while not self._money_can_leave():
                await self._conductor.next_workday()
            self._show(self._conductor.now)

    def _money_can_leave(self) -> bool:
        """As the page says: on a working day before half past four."""
        shown = datetime.fromisoformat(self._moment.read_text().strip())
        now = max(shown, self._conductor.now).astimezone(LAW_ZONE)
        return shipped_calendar().is_workday(now.date()) and now.time() < time(16, 30)

    def _last_number(self) -> str:
        numbers = CASE_NO.findall(self._out.read_text(encoding="utf-8"))
        return numbers[0] if numbers else ""

    def _show(self, moment: datetime) -> None:
        self._moment.write_text(f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}\n")

    def _checkout(self) -> Path:
        here = self._folder / "checkout"
        here.mkdir()
        for name in ("run", "examples"):
            (here / name).symlink_to(TOP / name)
        return here

    def _environment(self, asks: int, answers: int) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("XUQIAO_")}
        return (
            kept
            | date_shim(self._folder, self._moment)
            | {
                "XUQIAO_VAR": str(self._folder / "var"),
                "FAILED": str(self._failed),
                "ASKS": str(asks),
                "ANSWERS": str(answers),
                "COLUMNS": "112",
            }
        )


def date_shim(folder: Path, moment: Path) -> dict[str, str]:
    """A ``date`` that shows the moment of a file, before the machine's own in the path."""
    tools = folder / "tools"
    tools.mkdir()
    shim = tools / "date"
    shim.write_text(DATE, encoding="utf-8")
    shim.chmod(shim.stat().st_mode | stat.S_IXUSR)
    found = subprocess.run(["sh", "-c", "command -v date"], capture_output=True, text=True, check=True).stdout.strip()
    return {"PATH": f"{tools}:{os.environ['PATH']}", "TRUE_DATE": found, "PLAYED_MOMENT": str(moment)}


def next_at(hour: int, before_days_off: bool) -> datetime:
    """The next working day to come, at such an hour in the law's zone; with the next day off, or at work too."""
    calendar = shipped_calendar()
    day = datetime.now(LAW_ZONE).date()
    while True:
        day = calendar.add_workdays(day, 1)
        if calendar.is_workday(day + timedelta(days=1)) is not before_days_off:
            return datetime.combine(day, time(hour), LAW_ZONE)
