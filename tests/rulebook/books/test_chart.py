"""The charts of accounts: complete, honest about where they come from, and the operator's to change."""

import re
from pathlib import Path

import pytest

from activities.books.charts import chart_ids, read_chart, shipped_chart
from rulebook.books.chart import OFF_BALANCE, PARTS, Basis, parse_chart
from rulebook.books.postings import Subject
from rulebook.errors import XuqiaoError


def test_two_charts_ship() -> None:
    assert chart_ids() == ("enterprise", "government")
    with pytest.raises(XuqiaoError) as refused:
        shipped_chart("banking")
    assert refused.value.params == {"chart": "banking", "known": "enterprise, government"}


@pytest.mark.parametrize("chart_id", chart_ids())
def test_every_internal_account_has_one_place_and_a_code_of_its_own(chart_id: str) -> None:
    chart = shipped_chart(chart_id)
    for subject in Subject:
        for part in PARTS if subject is Subject.ESCROW_BANK else ("DH-2026-00001-8",):
            found = chart.of(subject, part)
            assert (found.subject, found.part) == (subject, part if subject is Subject.ESCROW_BANK else None)
            assert chart.by_code(found.code) is found
    assert chart.by_code("9999") is None


@pytest.mark.parametrize("chart_id", chart_ids())
def test_a_part_that_the_ring_fenced_account_has_not_is_refused_with_those_it_has(chart_id: str) -> None:
    for part in ("vault", None):
        with pytest.raises(XuqiaoError) as refused:
            shipped_chart(chart_id).of(Subject.ESCROW_BANK, part)
        assert (refused.value.code, refused.value.params) == (
            "chart.no_part",
            {"part": str(part), "known": "pool, fees, set_aside"},
        )


@pytest.mark.parametrize("chart_id", chart_ids())
def test_what_no_document_says_is_a_proposal(chart_id: str) -> None:
    for each in shipped_chart(chart_id).account:
        if each.standard is None:
            assert each.subject in OFF_BALANCE
            assert each.basis is Basis.PROPOSAL
            continue
        code, name = each.standard.split(" ")
        assert re.fullmatch(r"[1-6][0-9]{3}", code)
        assert each.code.startswith(f"{code}.")
        assert each.full_name == f"{name}—{each.name}"


def test_the_facts_that_are_known_stand_in_the_charts() -> None:
    enterprise, government = shipped_chart("enterprise"), shipped_chart("government")
    assert (enterprise.document, government.document) == ("财会〔2006〕18号", "财会〔2017〕25号")
    for part in PARTS:
        assert enterprise.of(Subject.ESCROW_BANK, part).standard == "1002 银行存款"
    bridge = enterprise.of(Subject.BRIDGE_RECEIVABLE, "any")
    assert (bridge.standard, bridge.name, bridge.basis) == ("1221 其他应收款", "应收周转款", Basis.PRACTICE)
    assert government.of(Subject.INTEREST_INCOME, "escrow").standard == "4604 利息收入"


def test_the_operators_file_changes_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        '[[account]]\nsubject = "contribution"\ncode = "4001.01"\nname = "出资"\nstandard = "4001 实收资本"\n'
    )
    chart, shipped = read_chart("enterprise", own), shipped_chart("enterprise")
    changed = chart.of(Subject.CONTRIBUTION, "市财政")
    assert (changed.code, changed.full_name, changed.basis) == ("4001.01", "实收资本—出资", Basis.OPERATOR)
    assert chart.own == "own.toml"
    assert [each for each in chart.account if each.subject is not Subject.CONTRIBUTION] == [
        each for each in shipped.account if each.subject is not Subject.CONTRIBUTION
    ]
    assert [each.code for each in chart.account[:-2]] == sorted(each.code for each in chart.account[:-2])


@pytest.mark.parametrize(
    ("text", "code", "named"),
    [
        ("[[account]]\nsubject = 'cash'\ncode = '1'\nname = 'x'\n", "chart.wrong", "account #1.subject"),
        ("[[account]]\nsubject = 'loss'\ncode = '1'\nnome = 'x'\n", "chart.wrong", "account #1.name"),
        ("[[account]]\nsubject = 'loss'\ncode = '=1'\nname = 'x'\n", "chart.wrong", "code"),
        ("[[account", "chart.wrong", "TOML"),
        ("[[account]]\nsubject = 'loss'\ncode = '1002.01'\nname = 'x'\n", "chart.code_twice", "1002.01"),
        ("[[account]]\nsubject = 'escrow_bank'\ncode = '1'\nname = 'x'\n", "chart.incomplete", "escrow_bank"),
        ("[[account]]\nsubject = 'loss'\npart = 'pool'\ncode = '1'\nname = 'x'\n", "chart.incomplete", "loss/pool"),
    ],
)
def test_a_faulty_file_is_refused_with_what_is_wrong(tmp_path: Path, text: str, code: str, named: str) -> None:
    own = tmp_path / "own.toml"
    own.write_text(text)
    with pytest.raises(XuqiaoError) as refused:
        read_chart("enterprise", own)
    assert refused.value.code == code
    assert refused.value.params["source"] == "own.toml"
    assert named in refused.value.params.values()


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(XuqiaoError) as refused:
        read_chart("government", tmp_path / "none.toml")
    assert (refused.value.code, refused.value.params["source"]) == ("chart.unreadable", str(tmp_path / "none.toml"))


@pytest.mark.parametrize(
    ("text", "code", "name"),
    [
        ("id = 'own'\n[[account", "chart.wrong", "TOML"),
        ("id = 'own'\ntitle = 't'\ndocument = 'd'\ndocument_title = 'dt'\n", "chart.wrong", "account"),
        ("id = 1\n", "chart.wrong", "id"),
    ],
)
def test_a_whole_chart_that_cannot_be_read_is_refused_at_its_first_fault(text: str, code: str, name: str) -> None:
    with pytest.raises(XuqiaoError) as refused:
        parse_chart(text, "charts/own.toml")
    assert (refused.value.code, refused.value.params["source"]) == (code, "charts/own.toml")
    assert refused.value.params["name"] == name


def test_a_chart_with_one_account_names_those_that_it_lacks() -> None:
    text = """
        id = "own"
        title = "t"
        document = "d"
        document_title = "dt"
        account = [{ subject = "loss", code = "5901.01", name = "核销损失", basis = "proposal" }]
    """
    with pytest.raises(XuqiaoError) as refused:
        parse_chart(text, "own.toml")
    lacking = refused.value.params["accounts"].split(", ")
    assert refused.value.code == "chart.incomplete"
    assert len(lacking) == len(Subject) - 2 + len(PARTS)
    assert {"escrow_bank/pool", "escrow_bank/fees", "escrow_bank/set_aside", "fee_income"} < set(lacking)
    assert "loss" not in lacking
