"""Every pack's worked examples hold, and each result carries the citation that the example names."""

import re
import tomllib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from activities.law.measures import draft, pack_ids, read_measure
from rulebook.bridges import Bridge
from rulebook.cases import ApplicantKind
from rulebook.errors import XuqiaoError
from rulebook.findings import Findings
from rulebook.law.ceiling import ceiling
from rulebook.law.eligibility import judge_applicant, judge_bridge
from rulebook.law.fees import FeeEntry, FeeTerms, Outstanding, course_of, days_out, fee_steps, prepaid_fee, true_up
from rulebook.law.measure import Measure
from rulebook.law.queue import rank
from rulebook.money import format_yuan, yuan
from tests.rulebook.samples import CALENDAR, OVERLAY, PACKS, TODAY, a_promise, changed_facts, completed

KINDS = ("fee", "fee_chosen", "charged", "days", "term", "ceiling", "applicant", "bridge", "queue", "provision")
NAME = re.compile(r"[a-z]+/([0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?|undated)")
CITIES = sorted({pack.split("/")[0] for pack in pack_ids()})
WORKED: dict[str, dict[str, Any]] = {
    city: tomllib.loads((PACKS / city / "cases.toml").read_text(encoding="utf-8")) for city in CITIES
}
ALL = [
    (kind, f"{city}/{example['pack']}", example)
    for city in CITIES
    for kind in KINDS
    for example in WORKED[city].get(kind, [])
]


def examples(kind: str) -> pytest.MarkDecorator:
    mine = [(pack, example) for of_kind, pack, example in ALL if of_kind == kind]
    return pytest.mark.parametrize(("pack", "example"), mine, ids=[f"{pack}: {each['says']}" for pack, each in mine])


def reasons(findings: Findings) -> list[str]:
    return [finding.because for finding in findings.standing_out]


def cited(example: dict[str, Any]) -> list[str]:
    """What the example's result must cite, as a list."""
    return example["cites"] if isinstance(example["cites"], list) else [example["cites"]]


def assert_findings(findings: Findings, example: dict[str, Any]) -> None:
    """The answers that are not a pass cite just what the example says; where all pass, it is among what they cite."""
    assert (findings.result, reasons(findings)) == (example["result"], example["because"])
    if findings.standing_out:
        assert {finding.citation for finding in findings.standing_out} == set(cited(example))
    else:
        assert set(cited(example)) <= {finding.citation for finding in findings.items}


def assert_fee(lines: tuple[FeeEntry, ...], example: dict[str, Any]) -> None:
    assert format_yuan(sum(line.fee_fen for line in lines)) == example["fee"]
    assert [[line.from_day, line.through_day, format_yuan(line.fee_fen)] for line in lines] == example["steps"]


def assert_prepaid(principal_fen: int, terms: FeeTerms, example: dict[str, Any]) -> None:
    prepaid = prepaid_fee(principal_fen, terms)
    if prepaid is None:
        assert "prepaid" not in example
        return
    settled = true_up(yuan(example["fee"]), prepaid)
    assert format_yuan(prepaid) == example["prepaid"]
    assert [format_yuan(settled.refund_fen), format_yuan(settled.due_fen)] == [example["refund"], example["owed"]]


# The examples --------------------------------------------------------------------------------------------------


def check_fee(measure: Measure, example: dict[str, Any]) -> None:
    segments = [Outstanding(yuan(principal), days) for principal, days in example["segments"]]
    assert_fee(fee_steps(segments, measure.fees), example)
    assert_prepaid(segments[0].principal_fen, measure.fees, example)
    assert [measure.citation(example.get("by", "fee.tiers"))] == cited(example)


@examples("fee")
def test_fees_by_what_is_published_alone(pack: str, example: dict[str, Any]) -> None:
    check_fee(draft(pack), example)


@examples("fee_chosen")
def test_fees_at_the_operators_rate(pack: str, example: dict[str, Any]) -> None:
    with pytest.raises(XuqiaoError, match=r"fee\.tiers"):
        _ = draft(pack).fees
    check_fee(completed(pack), example)


@examples("charged")
def test_fees_between_two_days(pack: str, example: dict[str, Any]) -> None:
    measure = completed(pack)
    tariff = measure.tariff(CALENDAR)
    paid, returned, principal = example["paid_on"], example["returned_on"], yuan(example["principal"])
    bridge = Bridge(amount_fen=principal, paid_on=paid, due_on=returned)
    lines = fee_steps(
        list(bridge.segments(returned, tariff)), measure.fees, course_of(paid, returned, tariff, returned)
    )
    assert_fee(lines, example)
    assert format_yuan(bridge.fee_fen(returned, tariff)) == example["fee"]
    assert [measure.citation(example["by"])] == cited(example)


@examples("days")
def test_days(pack: str, example: dict[str, Any]) -> None:
    measure = completed(pack)
    assert days_out(example["paid_on"], example["returned_on"], measure.day_count, CALENDAR) == example["days"]
    assert [measure.citation(example.get("by", "fee.counted"))] == cited(example)


@examples("term")
def test_terms(pack: str, example: dict[str, Any]) -> None:
    measure = completed(pack)
    assert measure.due_on(example["paid_on"], CALENDAR) == example["due_on"]
    assert [measure.citation("bridge.term_days")] == cited(example)


@examples("ceiling")
def test_ceilings(pack: str, example: dict[str, Any]) -> None:
    known = {name: example[name] for name in ("listed", "on_list") if name in example}
    promised, maturing = yuan(example["promised"]), yuan(example["maturing"])
    most = ceiling(ApplicantKind(example["kind"]), promised, maturing, completed(pack), **known)
    assert (format_yuan(most.amount_fen), most.bound_by) == (example["is"], example["bound_by"])
    assert [most.citation] == cited(example)


@examples("applicant")
def test_applicants(pack: str, example: dict[str, Any]) -> None:
    findings = judge_applicant(changed_facts(example["change"]), completed(pack), example.get("today", TODAY))
    assert_findings(findings, example)


@examples("bridge")
def test_bridges(pack: str, example: dict[str, Any]) -> None:
    promise, amount = a_promise(**example["change"]), yuan(example["amount"])
    findings = judge_bridge(changed_facts({}), promise, amount, completed(pack), CALENDAR, TODAY)
    assert_findings(findings, example)


@examples("queue")
def test_the_queue(pack: str, example: dict[str, Any]) -> None:
    """The first of the two arrives an hour after the second, and is still served first."""
    noon = datetime(2026, 3, 2, 4, tzinfo=UTC)
    before = rank(changed_facts(example["before"]), completed(pack), noon + timedelta(hours=1))
    after = rank(changed_facts(example["after"]), completed(pack), noon)
    assert before.key < after.key
    assert (before.reason, [before.citation]) == (example["reason"], cited(example))


@examples("provision")
def test_what_a_measure_says_for_others_to_act_on(pack: str, example: dict[str, Any]) -> None:
    measure = draft(pack)
    assert measure.provision(example["name"]).model_dump(mode="json")["value"] == example["is"]
    assert [measure.citation(example["name"])] == cited(example)


# The packs themselves ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pack", pack_ids())
def test_a_pack_is_named_by_city_and_as_much_of_the_date_as_is_known(pack: str) -> None:
    assert NAME.fullmatch(pack)
    assert draft(pack).id == pack
    since = draft(pack).validity.since.value
    assert since is None or pack.endswith(since.isoformat())


@pytest.mark.parametrize("pack", pack_ids())
def test_a_pack_has_worked_examples_and_every_one_cites(pack: str) -> None:
    mine = [example for _, about, example in ALL if about == pack]
    measure = draft(pack)
    assert any(set(cited(example)) & set(measure.articles.values()) for example in mine), "none shows the measure's own"
    assert all(cited(example) for example in mine)


@pytest.mark.parametrize("city", CITIES)
def test_nothing_in_a_citys_examples_is_passed_over(city: str) -> None:
    assert set(WORKED[city]) <= {*KINDS, "judged", "chosen"}
    assert {pack for _, pack, _ in ALL if pack.startswith(f"{city}/")} <= set(pack_ids())


@pytest.mark.parametrize("pack", pack_ids())
def test_a_packs_source_names_the_document(pack: str) -> None:
    source = (PACKS / pack.split("/")[0] / "source.md").read_text(encoding="utf-8")
    assert draft(pack).document in source
    assert "`cases.toml`" in source


@pytest.mark.parametrize("pack", pack_ids())
def test_every_provision_of_a_pack_stands_in_its_source(pack: str) -> None:
    source = (PACKS / pack.split("/")[0] / "source.md").read_text(encoding="utf-8")
    said = [name for name, provision in draft(pack).provisions() if provision.cite is not None]
    assert [name for name in said if f"`{name}`" not in source] == []


@pytest.mark.parametrize("city", CITIES)
def test_a_citys_source_says_where_it_was_read_or_that_no_text_was_found(city: str) -> None:
    source = (PACKS / city / "source.md").read_text(encoding="utf-8")
    read = re.findall(r"<https?://[^>]+>", source)
    assert read or "none was found" in source or "no published text" in source


@pytest.mark.parametrize("pack", pack_ids())
def test_what_a_source_shows_stands_in_the_pack_or_is_named_as_not_carried(pack: str) -> None:
    """A row of a source names provisions, and so does each that is set; nothing is shown and left out in silence."""
    city = pack.split("/")[0]
    source = (PACKS / city / "source.md").read_text(encoding="utf-8")
    rows = [
        line for line in source.splitlines() if line.startswith("| ") and not line.startswith(("| shown", "| pack"))
    ]
    known = {name for name, _ in draft(pack).provisions()}
    named = [re.findall(r"`([a-z_]+\.[a-z_]+)`", row) for row in rows]
    assert [name for names in named for name in names if name not in known] == []
    said = {name for name, provision in draft(pack).provisions() if provision.cite is not None}
    alone = len([each for each in pack_ids() if each.startswith(f"{city}/")]) == 1
    if alone:
        shown = {name for names in named for name in names}
        assert shown <= said, f"{sorted(shown - said)} are shown and not in the pack"


def test_every_measure_that_shows_a_parameter_has_a_pack() -> None:
    assert {
        "donghai/2025-08-17", "lianyungang/2023-06-01", "lianyungang/2018-11-15", "qingdao/undated", "wenzhou/2018",
        "fuding/undated", "luzhou/2019", "luzhou/2025-07-31", "qianjiang/2016", "licheng/2019", "nanchuan/2023",
        "xiamen/2018", "yangzhou/2022", "quanzhou/2014", "shanxi/2021-07-15", "dazhu/2020-08-03",
    } <= set(pack_ids())  # fmt: skip
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
