"""Statements as each bank writes them: every line with its day, sign, balance, number and other side."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from activities.books.statement.columns import heading_name
from activities.books.statement.layouts import Field, layouts
from activities.books.statement.reading import read_statement
from rulebook.money import format_yuan

BANKS = Path(__file__).parent / "banks"
EXPECTED: dict[str, dict[str, Any]] = tomllib.loads((BANKS / "expected.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", EXPECTED)
def test_7_a_banks_own_layout_is_read(name: str) -> None:
    (part,) = read_statement((BANKS / name).read_bytes()).parts
    expected = EXPECTED[name]
    assert [
        {
            "day": str(line.on),
            "amount": format_yuan(line.amount_fen),
            "balance": "" if line.balance_fen is None else format_yuan(line.balance_fen),
            "reference": line.reference,
            "name": line.payer_name,
            "other_account": line.payer_account,
        }
        for _, line in part.lines
    ] == expected["lines"]
    assert (part.faults, part.unread, part.adds_up) == ([], (), True)
    if expected["account_in_file"]:
        assert part.own_accounts == {expected["account"]}


@pytest.mark.parametrize("code", layouts())
def test_7_a_layout_says_where_it_was_seen_and_no_heading_means_two_things(code: str) -> None:
    layout = layouts()[code]
    assert layout.source
    names = [name for column in layout.columns.values() for name in column] + list(layout.passed_over)
    assert sorted(names) == sorted(set(names))
    assert [name for name in names if heading_name(name) != name] == [], "written as a heading is compared"
    assert Field.DAY in layout.columns


def test_7_the_twelve_banks_are_there() -> None:
    banks = {layout.bank for layout in layouts().values()}
    wanted = ["工商", "建设", "农业", "中国银行", "交通", "邮", "招商", "浦东", "光大", "农村", "晋商", "其他"]
    assert [bank for bank in wanted if not any(bank in each for each in banks)] == []
