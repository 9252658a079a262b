"""Every pack's worked examples hold."""

from typing import Any

import pytest

from activities.measures import pack_ids, read_measure
from rulebook.cases import ApplicantKind
from rulebook.ceiling import ceiling
from rulebook.eligibility import judge_applicant, judge_bridge
from rulebook.errors import XuqiaoError
from rulebook.fees import Outstanding, days_out, fee_steps, usage_fee
from rulebook.findings import Findings
from rulebook.money import format_yuan, yuan
from tests.rulebook.samples import CALENDAR, CASES, OVERLAY, TODAY, a_promise, changed_facts, donghai


def examples(kind: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("example", CASES[kind], ids=[example["says"] for example in CASES[kind]])


def reasons(findings: Findings) -> list[str]:
    return [finding.because for finding in findings.standing_out]


@examples("fee")
def test_fees(example: dict[str, Any]) -> None:
    segments = [Outstanding(yuan(principal), days) for principal, days in example["segments"]]
    assert format_yuan(usage_fee(segments, donghai().fees)) == example["fee"]
    steps = fee_steps(segments, donghai().fees)
    assert [[line.from_day, line.through_day, format_yuan(line.fee_fen)] for line in steps] == example["steps"]


@examples("days")
def test_days(example: dict[str, Any]) -> None:
    assert days_out(example["paid_on"], example["returned_on"], donghai().day_count) == example["days"]


@examples("ceiling")
def test_ceilings(example: dict[str, Any]) -> None:
    most = ceiling(ApplicantKind(example["kind"]), yuan(example["promised"]), yuan(example["maturing"]), donghai())
    assert (format_yuan(most.amount_fen), most.bound_by) == (example["is"], example["bound_by"])
    assert most.citation == ("承办主体自定（示例运营方案）" if most.bound_by == "maturing" else "东政规发〔2025〕5号")


@examples("applicant")
def test_applicants(example: dict[str, Any]) -> None:
    findings = judge_applicant(changed_facts(example["change"]), donghai(), TODAY)
    assert (findings.result, reasons(findings)) == (example["result"], example["because"])


@examples("bridge")
def test_bridges(example: dict[str, Any]) -> None:
    promise = a_promise(**example["change"])
    findings = judge_bridge(changed_facts({}), promise, yuan(example["amount"]), donghai(), CALENDAR, TODAY)
    assert (findings.result, reasons(findings)) == (example["result"], example["because"])


def test_packs_are_found_by_city_and_date() -> None:
    assert "donghai/2025-08-17" in pack_ids()
    assert not any("cases" in pack for pack in pack_ids())


@pytest.mark.parametrize("name", ["donghai/2031-01-01", "donghai/cases", "../packs/donghai/2025-08-17", ""])
def test_a_pack_that_is_not_there_is_refused_with_those_that_are(name: str) -> None:
    with pytest.raises(XuqiaoError) as refused:
        read_measure(name, OVERLAY)
    assert refused.value.code == "pack.unknown"
    assert "donghai/2025-08-17" in refused.value.params["known"]


def test_an_overlay_that_cannot_be_read_is_named() -> None:
    with pytest.raises(XuqiaoError) as refused:
        read_measure("donghai/2025-08-17", OVERLAY.parent / "nowhere.toml")
    assert refused.value.code == "pack.overlay_unreadable"
    assert "nowhere.toml" in refused.value.params["path"]
