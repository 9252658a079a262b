"""Whoever approves is asked after it was shown; nobody is approved for by a script that did not say so."""

import io

import pytest

from rulebook.errors import XuqiaoError
from runtime.cli.failures import Misuse
from runtime.cli.language import call
from runtime.cli.values import require_consent


@pytest.fixture(autouse=True)
def _nothing_asked_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call, "as_json", False)
    monkeypatch.setattr(call, "lang", "zh")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("typed", ["y\n", "YES\n", "是\n", " 同意 \n"])
def test_52_a_yes_on_the_terminal_approves(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], typed: str
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    require_consent(said_before=False)
    assert "是否批准以上内容" in capsys.readouterr().err


@pytest.mark.parametrize("typed", ["\n", "n\n", "", "好像是\n", "yess\n"])
def test_52_anything_else_does_not(monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    with pytest.raises(XuqiaoError) as refused:
        require_consent(said_before=False)
    assert refused.value.code == "cli.not_agreed"


@pytest.mark.parametrize("stdin", [None, io.StringIO("y\n")])
def test_52_without_a_terminal_nobody_is_asked(monkeypatch: pytest.MonkeyPatch, stdin: io.StringIO | None) -> None:
    monkeypatch.setattr("sys.stdin", stdin)
    with pytest.raises(Misuse) as refused:
        require_consent(said_before=False)
    assert refused.value.code == "cli.usage.not_asked"


def test_52_a_program_that_reads_json_is_not_asked_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    monkeypatch.setattr(call, "as_json", True)
    with pytest.raises(Misuse):
        require_consent(said_before=False)


def test_52_who_said_so_before_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    require_consent(said_before=True)
