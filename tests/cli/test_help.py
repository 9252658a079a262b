"""Help comes at once, for every command, in both languages; a mistyped command is told what is wrong."""

import re
import subprocess
import sys
from collections.abc import Iterator
from inspect import signature
from pathlib import Path
from typing import Any

import pytest

from rulebook.stages import ACT_ROLES, STAGES, ActKind, MessageKind
from runtime.cli.app import top
from runtime.cli.bank import messages
from runtime.cli.groups import Group
from runtime.cli.manual import width_of
from tests.cli.conftest import Cli


def every_command(command: Any = None, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    command = command or top()
    yield path
    if isinstance(command, Group):
        for name in command.list_commands(None):
            yield from every_command(command.get_command(None, name), (*path, name))


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", list(every_command()), ids=" ".join)
def test_every_command_has_a_page_of_words(cli: Cli, path: tuple[str, ...], lang: str) -> None:
    page = cli(*path, "--help", "--lang", lang)

    assert page.code == 0
    assert f"xuqiao {' '.join(path)}".strip() in page.out
    assert not re.findall(r"cli\.\w+\.\w+", page.out), "a code without words"
    assert max(width_of(line) for line in page.out.splitlines()) <= 110
    assert bool(re.search(r"[\u4e00-\u9fff]", page.out.replace("个体工商户", ""))) is (lang == "zh")


def test_help_loads_nothing_that_is_slow() -> None:
    script = "import sys; from runtime.cli import main; main(['--help']); print(*sys.modules, file=sys.stderr)"
    top = str(Path(__file__).parents[2])
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=top)

    loaded = set(done.stderr.split())
    assert "xuqiao" in done.stdout
    assert not loaded & {"pydantic", "sqlalchemy", "temporalio", "rich", "openpyxl", "weasyprint"}


def test_a_reader_who_has_read_enough_is_no_error() -> None:
    script = "import sys; from runtime.cli import main; sys.exit(main(['case', 'submit', '--help']))"
    top = str(Path(__file__).parents[2])
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=top
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
    assert (process.returncode, said) == (0, "")


def test_the_environment_and_the_settings_file_choose_the_language(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert "列出案件" in cli("case", "list", "--help").out
    (tmp_path / "xuqiao.toml").write_text('lang = "en"\n')
    assert "Start them with ./run serve" in cli("case", "list").err
    monkeypatch.setenv("XUQIAO_LANG", "zh")
    assert "请先执行 ./run serve" in cli("case", "list").err
    monkeypatch.setenv("XUQIAO_LANG", "en")
    assert "List cases." in cli("case", "list", "--help").out
    assert "列出案件" in cli("case", "list", "--help", "--lang", "zh").out


def test_every_act_and_every_message_has_a_command() -> None:
    case = top().get_command(None, "case")
    assert isinstance(case, Group)
    no_acts = {"submit", "list", "show", "paper"}
    other_names = {
        "sign": "record_signing",
        "sent": "mark_sent",
        "confirm": "confirm_payment",
        "decide": "decide_referral",
    }
    kinds = {name.replace("-", "_") for name in case.list_commands(None) if name not in no_acts}
    assert {other_names.get(kind, kind) for kind in kinds} == set(ActKind)
    assert messages.MAKERS.keys() == set(MessageKind)
    assert all("case" not in signature(make).parameters for make in messages.MAKERS.values())


def test_a_command_loads_only_what_it_needs() -> None:
    """A sum needs no database, and a list of the database needs no workflow engine."""
    for argv, needless in (
        (
            ["words", "1"],
            {"sqlalchemy", "sqlmodel", "temporalio", "rich", "openpyxl", "weasyprint", "rulebook.messages"},
        ),
        (["tasks"], {"temporalio", "alembic", "openpyxl", "weasyprint", "cryptography"}),
    ):
        script = f"import sys; from runtime.cli import main; main({argv!r}); print(*sys.modules, file=sys.stderr)"
        top_folder = str(Path(__file__).parents[2])
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=top_folder
        )
        assert not set(done.stderr.split()) & needless, argv


def test_an_act_is_the_same_persons_part_in_every_stage() -> None:
    for row in STAGES.values():
        for kind, role in row.acts.items():
            assert ACT_ROLES[kind] is role


def test_without_a_command_the_page_is_shown_and_nothing_is_done(cli: Cli) -> None:
    ran = cli("case")
    assert (ran.code, ran.out) == (2, "")
    assert "用法：xuqiao case" in ran.err


@pytest.mark.parametrize(
    ("argv", "lang", "sentence"),
    [
        (("case", "shwo", "DH-2026-00001-8"), "zh", "没有命令“shwo”。可用：submit, list, show"),
        (("case", "show"), "en", "CASE is missing."),
        (("case", "reject", "DH-2026-00001-8", "--as", "wang.he"), "zh", "缺少--reason。"),
        (("case", "list", "--stagee", "x"), "en", "There is no option --stagee."),
        (("case", "list", "--stage"), "zh", "选项--stage后面缺少取值。"),
        (
            ("case", "reject", "DH-2026-00001-8", "--as", "wang.he", "--reason", " "),
            "en",
            "--reason must say something",
        ),
        (("case", "list", "--stage", "回贷"), "zh", "“回贷”不在可选范围内。可选：intake, eligibility"),
        (("case", "show", "DH-2026-00001-8", "x"), "en", "The command cannot be understood: "),
        (("import",), "zh", "请给出要导入的文件，或用 --template"),
    ],
)
def test_a_mistyped_command_is_told_what_is_wrong(cli: Cli, argv: tuple[str, ...], lang: str, sentence: str) -> None:
    ran = cli(*argv, f"--lang={lang}")
    assert (ran.code, ran.out) == (2, "")
    assert sentence in ran.err


def test_a_program_gets_the_same_as_data(cli: Cli) -> None:
    ran = cli("case", "show", "--json", "--lang", "en")
    assert ran.code == 2
    assert ran.error == {
        "code": "cli.usage.missing",
        "params": {"name": "CASE"},
        "message": "CASE is missing. See --help.",
    }


def test_a_language_that_nobody_speaks_is_refused(cli: Cli) -> None:
    ran = cli("--lang", "fr", "case", "list")
    assert ran.code == 2
    assert "--lang 要求的语言“fr”不可用。可用：zh, en。" in ran.err


@pytest.mark.parametrize(
    ("number", "part"),
    [
        ("DH-2026-00001", "四段"),
        ("2026-00001-8", "四段"),
        ("DH-26-00001-8", "年份“26”"),
        ("DH-2026-1-8", "流水号“1”"),
        ("DH-2026-00001-7", "校验码“7”"),
        ("DH-2026-00010-8", "校验码“8”"),
    ],
)
def test_a_slip_in_a_case_number_is_caught_before_anything_is_looked_up(cli: Cli, number: str, part: str) -> None:
    ran = cli("case", "show", number)
    assert ran.code == 2
    assert part in ran.err
    assert number in ran.err


@pytest.mark.parametrize(
    ("amount", "why"),
    [
        ("1.005", "小于分的部分"),
        ("五百万", "不是金额"),
        ("1e6", "不是金额"),
        ("1,00", "不是金额"),
        ("-1", "不能小于零"),
        ("99999999999999", "过大"),
        ("NaN", "不是金额"),
    ],
)
def test_an_amount_is_never_guessed_or_rounded(cli: Cli, amount: str, why: str) -> None:
    ran = cli("case", "release", "DH-2026-00001-8", "--as", "zhao.na", "--confirm-all", "--balance", amount)
    assert ran.code == 2
    assert "--balance 的取值不对" in ran.err
    assert why in ran.err


def test_without_servers_the_cure_is_named(cli: Cli) -> None:
    ran = cli("case", "list", "--lang", "en")
    assert ran.code == 3
    assert "./run serve" in ran.err


def test_an_outside_database_that_does_not_answer_is_a_matter_of_set_up(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XUQIAO_DATABASE__URL", "postgresql://nobody:secret@127.0.0.1:1/none")
    ran = cli("tasks", "--json")
    assert ran.code == 3
    assert ran.error["code"] == "cli.database_away"
    assert "secret" not in ran.out + ran.err
