"""The demo's workbook and its script fit each other, the law, and between them reach every end."""

import tomllib
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from activities.law.measures import read_measure
from activities.workbook.applications import read_workbook, shift_dates
from gateways.simulated import BankScript
from rulebook.applications import ApplicationRow, PartnerBank
from rulebook.cases import BankAnswer, CaseFacts, Route, SizeClass
from rulebook.findings import Result
from rulebook.law import eligibility
from rulebook.law.size import size_class
from rulebook.money import yuan
from rulebook.stages import ENDS, CaseStage
from runtime.seed import read_fund_file

EXAMPLES = Path(__file__).parents[2] / "examples"
MONDAY = date(2026, 3, 2)
POOL = yuan(20_000_000)
OFFICERS = {"reject", "withdraw", "accept_referral", "refuse_referral", "send_back_once"}
TOLD = {"story", "end", "route", "officer"}


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return tomllib.loads((EXAMPLES / "demo.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def banks() -> list[PartnerBank]:
    return [bank.bank() for bank in read_fund_file(EXAMPLES / "fund.toml").bank]


@pytest.fixture(scope="module")
def rows(banks: list[PartnerBank]) -> tuple[ApplicationRow, ...]:
    reading = read_workbook(EXAMPLES / "applications.xlsx", MONDAY, banks)
    assert [fault.sentence() for fault in reading.faults] == []
    return reading.rows


def bank_script(loan: dict[str, Any]) -> BankScript:
    fields = {name: None if value == "never" else value for name, value in loan.items() if name not in TOLD}
    return BankScript.model_validate(fields)


def size(facts: CaseFacts) -> SizeClass:
    applicant = facts.applicant
    return size_class(applicant.industry, applicant.employees, applicant.revenue_fen, applicant.assets_fen).size


def test_twenty_six_loans_stand_in_both_files(rows: tuple[ApplicationRow, ...], script: dict[str, Any]) -> None:
    assert len(rows) == 26
    assert sorted(row.loan_note for row in rows) == sorted(script["loan"])


def test_every_maturity_is_15_to_30_days_away_on_a_working_weekday(rows: tuple[ApplicationRow, ...]) -> None:
    for row in rows:
        assert timedelta(days=15) <= row.maturity - MONDAY <= timedelta(days=30)
        assert row.maturity.weekday() < 5


def test_every_end_route_and_officer_is_reached(script: dict[str, Any]) -> None:
    loans = script["loan"].values()
    assert {loan["end"] for loan in loans} == {*ENDS, CaseStage.RECOVERY} - {CaseStage.WRITTEN_OFF}
    assert {loan["route"] for loan in loans} == set(Route)
    assert {loan["officer"] for loan in loans if "officer" in loan} == OFFICERS
    closed = Counter(loan["route"] for loan in loans if loan["end"] == "closed")
    assert closed[Route.BRIDGE] >= 8
    assert closed[Route.DIRECT] >= 3
    assert all(loan["story"].endswith("。") for loan in loans)


def test_every_script_is_one_of_the_simulated_bank_and_the_manners_are_all_there(script: dict[str, Any]) -> None:
    scripts = [bank_script(loan) for loan in script["loan"].values()]
    assert {one.payment.value for one in scripts} == {"pay", "delay", "refuse", "lose_reply", "late"}
    assert {one.answer for one in scripts} == set(BankAnswer)
    assert any(one.residue_fen for one in scripts)
    assert any(one.return_parts > 1 for one in scripts)
    assert any(one.not_renewing_after_days is not None for one in scripts)


def test_the_route_is_what_the_banks_last_answer_leads_to(script: dict[str, Any]) -> None:
    for note, loan in script["loan"].items():
        bank = bank_script(loan)
        if loan["route"] != Route.NONE:
            never_signed = bank.answer.route is Route.DIRECT and bank.direct_signed_after_days is None
            assert bank.answer_to(1 if never_signed else 0).route == loan["route"], note


def test_the_law_judges_each_applicant_as_the_script_says(
    rows: tuple[ApplicationRow, ...], script: dict[str, Any]
) -> None:
    measure = read_measure("donghai/2025-08-17", EXAMPLES / "operator.toml")
    judged: Counter[Result] = Counter()
    for row in rows:
        loan = script["loan"][row.loan_note]
        result = eligibility.judge_applicant(row.facts(MONDAY), measure, MONDAY).result
        judged[result] += 1
        assert (result is Result.REFER) == (loan.get("officer") in {"accept_referral", "refuse_referral"}), row
        if result is Result.FAIL:
            assert (loan["end"], loan["route"]) == ("refused", "none"), row
    assert judged == {Result.PASS: 20, Result.REFER: 2, Result.FAIL: 4}


def test_every_bridge_asked_for_fits_under_its_ceiling(
    rows: tuple[ApplicationRow, ...], script: dict[str, Any]
) -> None:
    measure = read_measure("donghai/2025-08-17", EXAMPLES / "operator.toml")
    for row in rows:
        loan = script["loan"][row.loan_note]
        if loan["route"] == Route.BRIDGE:
            promised = row.balance_fen * bank_script(loan).promise_permille // 1000
            ceiling = eligibility.ceiling(row.kind, promised, row.balance_fen, measure)
            assert row.asked_fen <= ceiling.amount_fen, row
            assert row.asked_fen + row.own_contribution_fen >= row.balance_fen, row


def test_borrowers_are_of_every_kind_and_size(rows: tuple[ApplicationRow, ...]) -> None:
    assert {row.kind for row in rows} == set(
        read_measure("donghai/2025-08-17", EXAMPLES / "operator.toml").applicant_kinds
    )
    assert {size(row.facts(MONDAY)) for row in rows} == set(SizeClass)
    assert any(row.collateral_anew for row in rows)
    assert any(row.priority_firm for row in rows)


def test_the_pool_is_full_when_the_late_cases_come(rows: tuple[ApplicationRow, ...], script: dict[str, Any]) -> None:
    """The first week's bridges fit; each that comes a week later does not; money of the ended ones lets three go on."""
    early, late = [], []
    for row in rows:
        loan = script["loan"][row.loan_note]
        bank = bank_script(loan)
        if loan["route"] == "bridge" and loan.get("officer") != "reject" and bank.answer.route is Route.BRIDGE:
            if bank.promise_with_opinion:
                early.append(row)
            elif bank.promise_after_days is not None:
                late.append(row)
    held = sum(row.asked_fen for row in early)
    assert held <= POOL
    assert all(held + row.asked_fen > POOL for row in late)
    assert len(late) == 4
    granted = [row for row in late if script["loan"][row.loan_note]["end"] == "closed"]
    home = [row for row in early if script["loan"][row.loan_note]["end"] != "recovery" and not row.collateral_anew]
    assert sum(row.asked_fen for row in granted) <= POOL - held + sum(row.asked_fen for row in home)
    assert {size(row.facts(MONDAY)) for row in granted} == {SizeClass.MEDIUM, SizeClass.SMALL, SizeClass.MICRO}


def test_a_copy_moved_by_weeks_reads_the_same_on_the_moved_day(
    rows: tuple[ApplicationRow, ...], banks: list[PartnerBank], tmp_path: Path
) -> None:
    before = (EXAMPLES / "applications.xlsx").read_bytes()
    shift_dates(EXAMPLES / "applications.xlsx", tmp_path / "copy.xlsx", weeks=37)
    moved = timedelta(weeks=37)

    reading = read_workbook(tmp_path / "copy.xlsx", MONDAY + moved, banks)

    assert reading.faults == ()
    assert reading.rows == tuple(
        row.model_copy(
            update={
                "maturity": row.maturity + moved,
                "applied_to_bank_on": row.applied_to_bank_on and row.applied_to_bank_on + moved,
            }
        )
        for row in rows
    )
    assert (EXAMPLES / "applications.xlsx").read_bytes() == before
