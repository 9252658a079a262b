"""The demo's second fund, Datong's: its overlay decides what the measure leaves open, and its story follows from it."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from activities.law.calendars import shipped_calendar
from activities.law.measures import read_measure
from activities.workbook.applications import read_workbook
from rulebook.applications import ApplicationRow
from rulebook.bridges import Bridge
from rulebook.cases import CaseFacts, Exposure, ExposureFacts, Route, SizeClass
from rulebook.findings import Result
from rulebook.law.ceiling import ceiling
from rulebook.law.eligibility import judge_applicant
from rulebook.law.measure import Measure
from rulebook.law.pack_text import draft_measure
from rulebook.law.queue import rank
from rulebook.law.size import size_class
from rulebook.money import Fen, yuan
from rulebook.stages import CaseStage, Role
from runtime.demo.weeks import REFERENCE_MONDAY as MONDAY
from runtime.demo.weeks import Script, read_script
from runtime.seed import read_fund_file

TOP = Path(__file__).parents[2]
FIRST, SECOND = TOP / "examples", TOP / "examples" / "datong"
PACK = TOP / "rulebook" / "packs" / "datong" / "2026-01-22.toml"
NEVER = Exposure(out_fen=0, year_fen=0)
HEAVY, DAIRY, MATERIAL, LILIES, ELSEWHERE, TOURISM = (
    "YG202503180001",
    "SG202503200002",
    "YG202504010003",
    "SG202503270004",
    "YG202503260005",
    "SG202503240006",
)


@cache
def measure() -> Measure:
    return read_measure("datong/2026-01-22", SECOND / "operator.toml")


@cache
def script() -> Script:
    return read_script(SECOND / "demo.toml")


@cache
def rows() -> dict[str, ApplicationRow]:
    reading = read_workbook(
        SECOND / "applications.xlsx", MONDAY, [bank.bank() for bank in read_fund_file(SECOND / "fund.toml").bank]
    )
    assert [fault.sentence() for fault in reading.faults] == []
    return {row.loan_note: row for row in reading.rows}


def facts(note: str) -> CaseFacts:
    """As the case file gives them: the firm never had a bridge."""
    exposure = ExposureFacts(firm=NEVER, controller=NEVER, group=NEVER)
    return rows()[note].facts(MONDAY).model_copy(update={"exposure": exposure})


def size(note: str) -> SizeClass:
    applicant = facts(note).applicant
    return size_class(applicant.industry, applicant.employees, applicant.revenue_fen, applicant.assets_fen).size


def fee(note: str, paid_on: date, returned_on: date) -> Fen:
    calendar = shipped_calendar()
    due_on = measure().due_on(paid_on, calendar)
    bridge = Bridge(amount_fen=rows()[note].asked_fen, paid_on=paid_on, due_on=due_on)
    return bridge.fee_fen(returned_on, measure().tariff(calendar))


# The overlay -----------------------------------------------------------------------------------------------------


def test_the_overlay_decides_all_that_a_case_needs_and_touches_nothing_of_the_law() -> None:
    published = draft_measure(PACK.read_text(encoding="utf-8"))
    chosen = set(measure().operator_choices())
    assert set(published.unset()) <= chosen
    assert {name for name, provision in published.provisions() if provision.cite is not None}.isdisjoint(chosen)


def test_the_overlay_says_in_every_citation_that_it_is_no_law() -> None:
    for name in measure().operator_choices():
        assert "演示" in measure().citation(name), name
        assert "非大同市规定" in measure().citation(name), name


def test_every_choice_stands_under_words_that_give_its_reason() -> None:
    """Each assignment has a reason behind it on its line, or in the comment above it or above its neighbours."""
    explained = False
    sections = (SECOND / "operator.toml").read_text(encoding="utf-8").partition("\n[")[2]
    for line in sections.splitlines():
        if line.startswith("#"):
            explained = True
        elif not line or line.startswith("["):
            explained = False
        elif " = " in line:
            assert explained or " # " in line, line


# The two funds side by side ----------------------------------------------------------------------------------------


def test_the_two_funds_share_no_person_no_loan_and_no_account() -> None:
    files = [read_fund_file(folder / "fund.toml") for folder in (FIRST, SECOND)]
    people = Counter(person.id for file in files for person in file.person)
    assert set(people.values()) == {1}
    assert {file.fund.code for file in files} == {"DH", "DT"}
    assert len({file.fund.escrow_number for file in files}) == 2
    assert not set(read_script(FIRST / "demo.toml").loans) & set(script().loans)


@pytest.mark.parametrize("folder", [FIRST, SECOND], ids=["donghai", "datong"])
def test_the_operator_of_each_fund_has_its_own_maker_checker_and_cashier(folder: Path) -> None:
    file = read_fund_file(folder / "fund.toml")
    own = [person for person in file.person if person.organisation == file.fund.operator]
    assert {role for person in own for role in person.roles} >= {Role.MAKER, Role.CHECKER, Role.CASHIER}
    clerks = {person.organisation for person in file.person if Role.BANK_CLERK in person.roles}
    assert len(clerks) == len(file.bank)


# The story -------------------------------------------------------------------------------------------------------


def test_six_loans_stand_in_both_files_and_fall_due_in_15_to_30_days() -> None:
    assert sorted(rows()) == sorted(script().loans)
    assert len(rows()) == 6
    for row in rows().values():
        assert timedelta(days=15) <= row.maturity - MONDAY <= timedelta(days=30)
        assert row.maturity.weekday() < 5


def test_a_person_looks_at_each_application_and_only_the_firm_from_elsewhere_is_refused() -> None:
    for note, expected in script().loans.items():
        findings = judge_applicant(facts(note), measure(), MONDAY)
        open_ones = {finding.because for finding in findings.standing_out}
        if note == ELSEWHERE:
            assert findings.result is Result.FAIL
            refused = [finding for finding in findings.items if finding.result is Result.FAIL]
            assert [(each.because, each.citation) for each in refused] == [
                ("eligibility.registered_elsewhere", "承办主体自定（大同演示方案，非大同市规定）")
            ]
            assert (expected.end, expected.route) == (CaseStage.REFUSED, Route.NONE)
        else:
            assert open_ones == {"eligibility.condition_to_see"}, note
            assert expected.end is CaseStage.CLOSED


def test_a_large_firm_in_a_lawsuit_is_no_case_for_the_first_fund() -> None:
    assert size(HEAVY) is SizeClass.LARGE
    donghai = read_measure("donghai/2025-08-17", FIRST / "operator.toml")
    refused = {finding.because for finding in judge_applicant(facts(HEAVY), donghai, MONDAY).standing_out}
    assert {"eligibility.size_not_admitted", "eligibility.trouble_found", "eligibility.asked_over_cap"} <= refused


def test_every_bridge_fits_under_its_ceiling_and_the_largest_needs_the_committee() -> None:
    for note, expected in script().loans.items():
        row = rows()[note]
        if expected.route is Route.BRIDGE:
            most = ceiling(row.kind, row.balance_fen, row.balance_fen, measure())
            assert row.asked_fen <= most.amount_fen, note
            assert row.asked_fen + row.own_contribution_fen == row.balance_fen, note
            assert expected.bank.promise_rungs[-1] is measure().rung_before_release
    threshold = measure().committee_above_fen
    assert threshold is not None
    assert [note for note, row in sorted(rows().items()) if row.asked_fen > threshold] == [DAIRY, HEAVY]


def test_the_small_firm_waits_and_the_micro_firm_with_more_own_money_goes_before_it() -> None:
    paid_in = read_fund_file(SECOND / "fund.toml").capital
    asked = {note: row.asked_fen for note, row in rows().items()}
    left = sum(yuan(part.amount_yuan) for part in paid_in) - asked[HEAVY] - asked[DAIRY]
    assert asked[LILIES] <= left < asked[MATERIAL] <= left + asked[HEAVY]
    came = datetime(2026, 3, 9, 1, tzinfo=UTC)
    first = rank(facts(MATERIAL), measure(), came)
    later = rank(facts(LILIES), measure(), came + timedelta(days=1))
    assert (size(MATERIAL), size(LILIES)) == (SizeClass.SMALL, SizeClass.MICRO)
    assert later.key < first.key


def test_only_working_days_cost_a_fee_and_no_bridge_costs_less_than_the_minimum() -> None:
    assert fee(HEAVY, date(2026, 3, 17), date(2026, 3, 20)) == yuan(45_000)  # three working days
    assert fee(DAIRY, date(2026, 3, 19), date(2026, 3, 22)) == yuan(22_800)  # the Saturday is free
    assert fee(LILIES, date(2026, 3, 26), date(2026, 3, 27)) == yuan(2_000)  # one day alone would be 540.00
    assert measure().due_on(date(2026, 3, 19), shipped_calendar()) == date(2026, 3, 30)


def test_the_tourism_firm_is_renewed_by_its_bank_alone() -> None:
    expected = script().loans[TOURISM]
    assert expected.bank.answer_to(0).route is expected.route is Route.DIRECT
