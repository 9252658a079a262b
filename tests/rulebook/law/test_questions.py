"""A whole question to the law: read strictly, judged three times, never passed for want of a promise."""

import json
from copy import deepcopy
from datetime import date
from typing import Any

import pytest

from activities.law.measures import draft
from rulebook.calendar import WorkCalendar
from rulebook.cases import ApplicantKind
from rulebook.errors import XuqiaoError
from rulebook.findings import Result
from rulebook.law.questions import Question, judge, question_schema, read_question
from rulebook.messages import ChecklistItem
from tests.rulebook.samples import ROOT, donghai

EXAMPLE: dict[str, Any] = json.loads((ROOT / "examples" / "facts.json").read_text(encoding="utf-8"))
CALENDAR = WorkCalendar(
    first=date(2026, 1, 1),
    last=date(2026, 12, 31),
    version="test",
    official_through=date(2026, 12, 31),
    weekdays_off=(),
    weekend_worked=(),
)
RELEASE = {"confirmed": [line.value for line in ChecklistItem], "balance_yuan": "5000000.00"}


def example(**changes: object) -> dict[str, Any]:
    """The example, changed: ``facts__loan__kind="project"``; ``...`` takes a key away."""
    asked = deepcopy(EXAMPLE)
    for name, value in changes.items():
        *path, last = name.split("__")
        place = asked
        for step in path:
            place = place[step]
        if value is ...:
            del place[last]
        else:
            place[last] = value
    return asked


def question(**changes: object) -> Question:
    return read_question(json.dumps(example(**changes)))


def refusal(text: str) -> XuqiaoError:
    with pytest.raises(XuqiaoError) as refused:
        read_question(text)
    return refused.value


def test_the_example_is_read_with_amounts_in_fen() -> None:
    asked = question()

    assert (asked.today, asked.facts.applicant.kind) == (date(2026, 3, 16), ApplicantKind.FIRM)
    assert (asked.facts.asked_fen, asked.facts.loan.balance_fen) == (475_000_000, 500_000_000)
    assert asked.facts.exposure.firm is not None
    assert asked.facts.exposure.firm.out_fen == 0
    assert asked.promise is not None
    assert (asked.promise.authority_fen, asked.amount_fen) == (2_000_000_000, 475_000_000)


def test_what_nobody_knows_may_be_null_or_left_out() -> None:
    known = question(facts__applicant__revenue_yuan=None, facts__applicant__assets_yuan=...)
    assert (known.facts.applicant.revenue_fen, known.facts.applicant.assets_fen) == (None, None)


@pytest.mark.parametrize(
    ("changes", "code", "key"),
    [
        ({"facts__asked_yuan": 4750000}, "question.not_yuan", "facts.asked_yuan"),
        ({"facts__asked_yuan": 4750000.5}, "question.inexact", "facts.asked_yuan"),
        ({"facts__asked_yuan": "-1.00"}, "question.not_yuan", "facts.asked_yuan"),
        ({"facts__asked_yuan": "1.005"}, "question.not_yuan", "facts.asked_yuan"),
        ({"facts__asked_yuan": "1e5"}, "question.not_yuan", "facts.asked_yuan"),
        ({"facts__asked_yuan": "١"}, "question.not_yuan", "facts.asked_yuan"),
        ({"facts__asked_yuan": True}, "question.not_yuan", "facts.asked_yuan"),
        ({"facts__asked_yuan": None}, "question.bad_value", "facts.asked_yuan"),
        ({"facts__asked_yuan": ...}, "question.missing_key", "facts.asked_yuan"),
        ({"facts__asked_fen": 5}, "question.unknown_key", "facts.asked_fen"),
        ({"facts__loan__colour_yuan": "1.00"}, "question.unknown_key", "facts.loan.colour_yuan"),
        ({"facts__loan__colour": "red"}, "question.unknown_key", "facts.loan.colour"),
        ({"facts__applicant__employees": 86.0}, "question.inexact", "facts.applicant.employees"),
        ({"facts__applicant__employees": float("nan")}, "question.inexact", "facts.applicant.employees"),
        ({"facts__applicant__employees": "86"}, "question.bad_value", "facts.applicant.employees"),
        ({"facts__applicant__employees": True}, "question.bad_value", "facts.applicant.employees"),
        ({"facts__standing__litigation": 0}, "question.bad_value", "facts.standing.litigation"),
        ({"facts__standing__litigation": "no"}, "question.bad_value", "facts.standing.litigation"),
        ({"facts__applicant__kind": "company"}, "question.bad_value", "facts.applicant.kind"),
        ({"facts__loan__maturity": "2026-02-30"}, "question.bad_value", "facts.loan.maturity"),
        ({"facts__loan__maturity": 20260410}, "question.bad_value", "facts.loan.maturity"),
        ({"facts__papers_in": [1.5]}, "question.inexact", "facts.papers_in.0"),
        ({"today": ...}, "question.missing_key", "today"),
        ({"facts": []}, "question.bad_value", "facts"),
        ({"release": {"confirmed": ["nothing"], "balance_yuan": "1.00"}}, "question.bad_value", "release.confirmed #1"),
    ],
)
def test_what_is_no_question_is_refused_by_its_path(changes: dict[str, object], code: str, key: str) -> None:
    refused = refusal(json.dumps(example(**changes)))
    assert (refused.code, refused.params["key"]) == (code, key)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "5", '"x"', "[" * 100_000, '{"today": ' + "9" * 5000 + "}", '{"today": "\\ud800"}'],
    ids=range(9),
)
def test_what_is_no_object_is_refused(text: str) -> None:
    assert refusal(text).code == "question.not_json"


def test_a_key_that_stands_twice_is_refused() -> None:
    text = json.dumps(EXAMPLE).replace('"employees": 86', '"employees": 86, "employees": 8600')
    refused = refusal(text)
    assert (refused.code, refused.params["key"]) == ("question.twice", "employees")


# The judgements ------------------------------------------------------------------------------------------------


def test_the_three_judgements_are_apart() -> None:
    found = judge(question(facts__renewal__need_persists=False), donghai(), CALENDAR)
    assert (found.applicant.result, found.direct.result, found.bridge.result) == (
        Result.PASS,
        Result.FAIL,
        Result.PASS,
    )
    assert found.release is None


def test_without_a_promise_the_bridge_is_referred() -> None:
    found = judge(question(promise=None, release=RELEASE), donghai(), CALENDAR)

    assert found.release is not None
    for findings in (found.bridge, found.release):
        (finding,) = findings.items
        assert (finding.rule, finding.result) == ("judging.promise", Result.REFER)
        assert (finding.because, finding.citation) == ("judging.no_promise", "承办主体自定（示例运营方案）")
    assert judge(question(promise=None), draft("donghai/2025-08-17"), CALENDAR).bridge.items[0].citation == (
        "东政规发〔2025〕5号"
    )


def test_without_an_amount_the_bridge_is_what_is_asked_for() -> None:
    over = question(amount_yuan=None, facts__asked_yuan="4750000.01")
    assert [each.because for each in judge(over, donghai(), CALENDAR).bridge.standing_out] == ["bridging.over_ceiling"]
    assert judge(question(amount_yuan="0.00"), donghai(), CALENDAR).bridge.result is Result.FAIL


@pytest.mark.parametrize("name", ["employees", "liabilities_ppm"])
def test_fewer_than_none_is_a_slip_of_the_pen(name: str) -> None:
    error = refusal(json.dumps(example(**{f"facts__applicant__{name}": -1})))
    assert (error.code, error.params) == ("question.negative", {"key": f"facts.applicant.{name}", "value": "-1"})
    assert getattr(question(**{f"facts__applicant__{name}": 0}).facts.applicant, name) == 0
    assert getattr(question(**{f"facts__applicant__{name}": None}).facts.applicant, name) is None


def test_the_release_day_is_judged_where_its_facts_are_given() -> None:
    day = {"today": "2026-04-09"}
    signed = judge(question(**day, release=RELEASE), donghai(), CALENDAR).release
    other_balance = judge(
        question(**day, release=RELEASE | {"balance_yuan": "4999999.99"}), donghai(), CALENDAR
    ).release
    nothing_signed = judge(question(**day, release=RELEASE | {"confirmed": []}), donghai(), CALENDAR).release

    assert signed is not None
    assert other_balance is not None
    assert nothing_signed is not None
    assert signed.result is Result.PASS
    assert "release_check.balance_changed" in [each.because for each in other_balance.standing_out]
    assert "release_check.lines_missing" in [each.because for each in nothing_signed.standing_out]


@pytest.mark.parametrize(
    "changes",
    [{"today": "2025-12-31"}, {"today": "9999-12-31"}, {"facts__loan__maturity": "9999-12-31"}],
    ids=["before it", "the last day there is", "maturity"],
)
def test_a_day_outside_the_calendar_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(XuqiaoError) as refused:
        judge(question(**changes), donghai(), CALENDAR)
    assert refused.value.code == "calendar.out_of_period"


# The schema ----------------------------------------------------------------------------------------------------


def definition(name: str) -> dict[str, Any]:
    found: dict[str, Any] = question_schema()["$defs"][name]
    return found


def test_the_schema_has_amounts_in_yuan_and_no_fen() -> None:
    assert "_fen" not in json.dumps(definition("LoanFacts"))
    assert definition("LoanFacts")["properties"]["balance_yuan"]["type"] == "string"
    assert "balance_yuan" in definition("LoanFacts")["required"]
    revenue = definition("ApplicantFacts")["properties"]["revenue_yuan"]
    assert [each["type"] for each in revenue["anyOf"]] == ["string", "null"]


def test_the_schema_names_exactly_what_is_taken() -> None:
    schema = question_schema()

    def keys_of(written: object, part: dict[str, Any]) -> None:
        while "anyOf" in part or "$ref" in part:
            part = part["anyOf"][0] if "anyOf" in part else schema["$defs"][part["$ref"].rsplit("/", 1)[1]]
        if isinstance(written, dict):
            assert part["additionalProperties"] is False
            assert set(part.get("required", ())) <= set(written) <= set(part["properties"])
            for key, value in written.items():
                if value is not None:
                    keys_of(value, part["properties"][key])

    keys_of(example(release=RELEASE), schema)
    assert set(schema["properties"]) == set(EXAMPLE)
