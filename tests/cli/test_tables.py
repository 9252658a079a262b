"""Tables leave no column out and break no amount, in a pipe as in a narrow terminal."""

import re

import pytest
from rich.cells import cell_len

from runtime.cli.language import call
from runtime.cli.tables import table

ROWS = [
    ("DH-2026-00001-8", "东海县很长的企业名称示例石英制品股份有限公司连云港分公司", "1,234,567,890.12", "待审批"),
    ("DH-2026-00002-6", "甲", "0.01", ""),
]


@pytest.fixture(autouse=True)
def _in_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call, "lang", "zh")


def drawn(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], columns: int | None) -> str:
    monkeypatch.setenv("COLUMNS", str(columns or 80))
    if columns:
        monkeypatch.setenv("TTY_COMPATIBLE", "1")
    table(("case", "applicant", "amount", "stage"), ROWS, right=("amount",))
    return re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)


def test_53_a_pipe_has_no_width(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    lines = drawn(monkeypatch, capsys, None).splitlines()
    assert len(lines) == 2 + len(ROWS), "no row is folded"
    for row, shown in zip(ROWS, lines[2:], strict=True):
        assert all(cell in shown for cell in row)
    assert lines[3].endswith("—")


@pytest.mark.parametrize("columns", [20, 40, 60, 80, 100, 160])
def test_53_a_narrow_terminal_keeps_every_column_and_every_amount_whole(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], columns: int
) -> None:
    out = drawn(monkeypatch, capsys, columns)
    for whole in ("DH-2026-00001-8", "1,234,567,890.12", "案件", "金额", "阶段", "待审批"):
        assert whole in out, whole
    folded = "".join(part for part in out if part not in " \n")
    assert "甲" in folded
    if columns >= 60:
        assert max(map(cell_len, out.splitlines())) <= columns


@pytest.mark.parametrize("count", [12, 20])
def test_53_a_wide_table_in_a_pipe_is_whole(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], count: int
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    table(["applicant"] * count, [[f"{number:03d}企业名称有限公司" for number in range(count)]])
    last = capsys.readouterr().out.splitlines()[-1]
    assert all(f"{number:03d}企业名称有限公司" in last for number in range(count))
