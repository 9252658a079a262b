"""What the machine refuses is said in a sentence, with its exit code, and never as a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Cli

XUQIAO = Path(sys.executable).parent / "xuqiao"


def in_shell(arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "XUQIAO_LANG": "en", **settings}
    return subprocess.run(
        ["sh", "-c", f"{XUQIAO} {arguments}"], env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("asked", ["words 1", "words 1 --lang zh", "fee --help"])
def test_54_an_answer_that_a_full_disk_swallows_is_told(asked: str) -> None:
    ran = in_shell(f"{asked} > /dev/full", XUQIAO_LANG="zh")
    assert (ran.returncode, ran.stdout) == (3, "")
    assert ran.stderr == "结果未能写出（磁盘空间已满）。命令可能已经执行，请先查看有关案件或账簿，再决定是否重试。\n"


@pytest.mark.parametrize("closed", ["> /dev/full 2> /dev/full", ">&- 2>&-", "2>&- > /dev/full"])
def test_54_with_nobody_to_tell_the_exit_code_tells(closed: str) -> None:
    assert in_shell(f"words 1 {closed}").returncode == 3


def test_54_with_a_closed_output_nothing_is_done() -> None:
    ran = in_shell("words 1 >&-")
    assert ran.returncode == 3
    assert "nothing was done" in ran.stderr


@pytest.mark.parametrize("where", ["> /dev/full", "2> /dev/full", "2>&-"])
def test_54_a_refusal_that_cannot_be_said_keeps_its_exit_code_or_says_why(where: str) -> None:
    ran = in_shell(f"words many {where}")
    assert ran.returncode == (2 if where.startswith(">") else 3 if "full" in where else 2)
    assert "Traceback" not in ran.stderr


@pytest.mark.usefixtures("own_programs")
@pytest.mark.parametrize(
    ("var", "reason"),
    [("/proc/nowhere/var", "does not exist"), ("/dev/null", "no folder"), ("/dev/null/var", "no folder")],
)
def test_54_serve_says_which_folder_it_cannot_write(var: str, reason: str) -> None:
    ran = in_shell("serve", XUQIAO_VAR=var)
    assert ran.returncode == 3
    assert "Traceback" not in ran.stderr
    assert (var.split("/")[1] in ran.stderr, reason in ran.stderr) == (True, True)


@pytest.mark.parametrize("lang", ["fr", "ZH", "zh_CN.UTF-8", " en"])
def test_54_a_language_that_nobody_speaks_is_refused_wherever_it_is_asked_for(cli: Cli, lang: str) -> None:
    flagged = cli("words", "1", "--lang", lang)
    assert (flagged.code, "--lang" in flagged.err, f"“{lang}”" in flagged.err) == (2, True, True)
    ran = in_shell("words 1", XUQIAO_LANG=lang)
    assert (ran.returncode, "XUQIAO_LANG" in ran.stderr, f"“{lang}”" in ran.stderr) == (2, True, True)


@pytest.mark.parametrize("month", ["2026-13", "2026-00", "2026", "2026-1-1", "三月", ""])
def test_54_a_month_is_asked_for_as_a_month(cli: Cli, fund_code: str, month: str) -> None:
    ran = cli("ledger", "report", "--fund", fund_code, "--month", month, "--json", "--lang", "en")
    assert (ran.code, ran.error["code"]) == (2, "cli.usage.bad_value")
    assert "2026-03" in ran.error["message"]
    assert "2026-03-20" not in ran.error["message"]
