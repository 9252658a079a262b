"""What the demo ends with, for people and as data."""

import io
import json

import pytest
from rich.console import Console

from activities.words import set_language
from rulebook.books.postings import Pool
from rulebook.cases import Route
from rulebook.stages import CaseStage
from runtime.demo.report import CaseResult, DemoReport, FundReport, as_json, show

EMPTY = Pool(total_fen=0, reserved_fen=0, out_fen=0, available_fen=0, fee_income_fen=0)


def a_case(fund: str, end: CaseStage = CaseStage.CLOSED) -> CaseResult:
    return CaseResult(
        fund=fund,
        case_no=f"{fund}-2026-00001-8",
        applicant="某某公司",
        loan_note="N1",
        route=Route.BRIDGE,
        amount_fen=180_000_000,
        days=1,
        fee_fen=200_000,
        end=end,
        reason="",
        expected_end=CaseStage.CLOSED,
        expected_route=Route.BRIDGE,
        story="按最低使用费收取。",
    )


def a_fund(code: str, *cases: CaseResult, total: int = 1_000_000_000) -> FundReport:
    pool = EMPTY.model_copy(update={"total_fen": total, "available_fen": total})
    return FundReport(
        fund=code,
        name=f"{code}资金",
        pack="city/2026",
        document=f"{code}办法",
        chosen_as=f"{code}自定",
        operator_choices=("fee.tiers", "release.cut_off"),
        cases=cases,
        before=pool,
        after=pool,
    )


def a_report(*funds: FundReport, faults: tuple[str, ...] = ()) -> DemoReport:
    return DemoReport(funds=funds, faults=faults, papers="papers", paper_count=3)


def shown(report: DemoReport) -> str:
    out = io.StringIO()
    show(report, Console(file=out, width=200, highlight=False))
    return out.getvalue()


def test_all_is_well_only_when_every_case_of_every_fund_is_where_its_facts_lead() -> None:
    good = a_fund("DH", a_case("DH"))
    assert a_report(good, a_fund("DT", a_case("DT"))).good
    assert not a_report(good, a_fund("DT", a_case("DT", CaseStage.LAPSED))).good
    assert not a_report(a_fund("DH", a_case("DH", CaseStage.LAPSED)), a_fund("DT", a_case("DT"))).good
    assert not a_report(good, faults=("the books differ",)).good


def test_a_fund_whose_workbook_gave_no_case_is_not_well() -> None:
    assert not a_report(a_fund("DH", a_case("DH")), a_fund("DT")).good


def test_the_data_has_the_cases_of_all_funds_and_each_funds_pool_and_choices() -> None:
    data = json.loads(as_json(a_report(a_fund("DH", a_case("DH")), a_fund("DT", a_case("DT"), total=250))))
    assert [(case["fund"], case["amount_yuan"], case["fee_yuan"]) for case in data["cases"]] == [
        ("DH", "1800000.00", "2000.00"),
        ("DT", "1800000.00", "2000.00"),
    ]
    assert data["pool_before"]["total_yuan"] == "10000000.00"
    assert [fund["pool_after"]["total_yuan"] for fund in data["funds"]] == ["10000000.00", "2.50"]
    assert data["funds"][1]["operator_choices"] == ["fee.tiers", "release.cut_off"]
    assert data["funds"][1]["chosen_as"] == "DT自定"
    assert data["as_expected"] is True


@pytest.mark.parametrize(("lang", "words"), [("zh", "由承办主体自行决定的2项"), ("en", "the operator's own choice")])
def test_people_see_under_each_fund_its_law_and_what_is_the_operators_own_choice(lang: str, words: str) -> None:
    set_language("en" if lang == "en" else "zh")
    try:
        text = shown(a_report(a_fund("DH", a_case("DH")), a_fund("DT", a_case("DT", CaseStage.LAPSED))))
    finally:
        set_language("zh")
    assert text.count(words) == 2
    for fund in ("DH", "DT"):
        assert f"{fund}办法" in text
        assert f"{fund}自定" in text
    assert text.index("DH资金") < text.index("DH-2026") < text.index("DT资金") < text.index("DT-2026")
    assert "≠" in text
