"""What keeps a measure from being used: the operator's gaps, contradictions, and what cannot be carried out yet."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from activities.law.measures import draft, pack_ids, read_measure
from rulebook.errors import XuqiaoError
from rulebook.law.activation import LEFT_TO_PEOPLE, Readiness, readiness, refuse_unready
from rulebook.law.measure import Measure
from rulebook.law.pack_text import draft_measure
from rulebook.papers.kinds import Occasion, drawn_on
from tests.rulebook.samples import OVERLAY, PACK, ROOT, donghai

Change = Callable[[str], str]


def changed(pack: Change = str, overlay: Change = str) -> Measure:
    """Donghai's measure and overlay, with their texts changed."""
    return draft_measure(pack(PACK.read_text(encoding="utf-8")), overlay(OVERLAY.read_text(encoding="utf-8")))


def with_line(section: str, text: str) -> Change:
    """One more provision in a section, which is added where there is none."""

    def change(toml: str) -> str:
        title = f"\n[{section}]\n"
        return toml.replace(title, f"{title}{text}\n") if title in toml else f"{toml}{title}{text}\n"

    return change


def test_a_measure_that_the_operator_completed_is_ready() -> None:
    found = readiness(donghai())

    assert found.ready
    assert (found.to_decide, found.contradictions, found.not_carried_out, found.superseded_by) == ((), (), (), None)
    assert {"validity.until", "fee.minimum", "exposure.gap_days"} <= set(found.silent)


def test_what_is_to_decide_is_told_from_silence() -> None:
    found = readiness(draft("donghai/2025-08-17"))

    assert not found.ready
    assert {"release.cut_off", "fee.counted", "queue.overtaking"} <= set(found.to_decide)
    assert not set(found.to_decide) & set(found.silent)


def test_every_provision_is_set_or_to_decide_or_silent() -> None:
    for pack in pack_ids():
        measure = draft(pack)
        found = readiness(measure)
        unset = {name for name, provision in measure.provisions() if provision.cite is None}
        assert unset == {*found.to_decide, *found.silent}, pack
        assert not found.ready, "no published measure is complete by itself"


@pytest.mark.parametrize(
    ("overlay", "code", "names", "facts"),
    [
        (
            with_line("validity", "until = 2025-08-16"),
            "activation.ends_before_it_begins",
            ("validity.since", "validity.until"),
            {"first": "2025-08-17", "second": "2025-08-16"},
        ),
        (
            with_line("extension", "longest_days = 9"),
            "activation.term_longer_than_extension",
            ("bridge.term_days", "extension.longest_days"),
            {"first": "10", "second": "9"},
        ),
        (
            # Ten days cost 5 times 0.02 % and 5 times 0.04 %: 0.03 % on average.
            with_line("fee", 'highest_average = "0.029%"'),
            "activation.average_too_high",
            ("fee.tiers", "fee.highest_average"),
            {"first": "0.03%", "second": "0.029%", "days": "10"},
        ),
        (
            lambda toml: toml.replace('"working_capital", "business_operation"', '"working_capital", "project"'),
            "activation.loan_in_and_out",
            ("loan.kinds", "loan.kinds_in_person", "loan.kinds_out"),
            {"kinds": "project"},
        ),
        (
            with_line("loan", 'least_individual_business = "200.01万元"'),
            "activation.least_over_cap",
            ("loan.least_individual_business", "bridge.cap_individual_business"),
            {"first": "2,000,100.00", "second": "2,000,000.00"},
        ),
        (
            with_line("exposure", 'firm_least_at_once = "300.01万元"\nfirm_at_once = "300万元"'),
            "activation.least_over_most",
            ("exposure.firm_least_at_once", "exposure.firm_at_once"),
            {"first": "3,000,100.00", "second": "3,000,000.00"},
        ),
    ],
    ids=["validity", "extension", "average", "loan kinds", "least loan", "least at once"],
)
def test_provisions_that_cannot_hold_together(
    overlay: Change, code: str, names: tuple[str, ...], facts: dict[str, str]
) -> None:
    measure = changed(overlay=overlay)

    (objection,) = readiness(measure).contradictions

    assert (objection.code, objection.names, objection.facts) == (code, names, facts)
    with pytest.raises(XuqiaoError) as refused:
        refuse_unready(measure)
    assert (refused.value.code, refused.value.params["names"]) == ("pack.contradicts", ", ".join(names))


@pytest.mark.parametrize(
    "overlay",
    [
        with_line("validity", "until = 2025-08-17"),
        with_line("extension", "longest_days = 10"),
        with_line("fee", 'highest_average = "0.03%"'),
        with_line("loan", 'least_individual_business = "200万元"'),
        with_line("exposure", 'firm_least_at_once = "300万元"\nfirm_at_once = "300万元"'),
        with_line("approval", 'steps = ["maker", "checker"]'),
    ],
    ids=[
        "one day",
        "no extension",
        "just the average",
        "least loan at the cap",
        "least at the most",
        "both steps",
    ],
)
def test_provisions_that_just_hold_together(overlay: Change) -> None:
    assert readiness(changed(overlay=overlay)).ready


def test_an_average_is_not_asked_for_before_tiers_and_term_are_known() -> None:
    unset = draft("qingdao/undated")
    assert unset.fee.highest_average.value is not None
    assert readiness(unset).contradictions == ()


@pytest.mark.parametrize(
    ("overlay", "code", "name"),
    [
        (with_line("fee", "prepaid_days = 5"), "activation.no_prepayment", "fee.prepaid_days"),
        (with_line("fee", 'collected_by = "bank"'), "activation.bank_collects_fee", "fee.collected_by"),
        (with_line("approval", 'steps = ["checker"]'), "activation.other_steps", "approval.steps"),
        (with_line("approval", 'steps = ["checker", "maker"]'), "activation.other_steps", "approval.steps"),
        (
            with_line("papers", 'drawn_up = ["settlement_certificate", "tripartite_agreement"]'),
            "activation.not_before_payment",
            "papers.drawn_up",
        ),
    ],
    ids=["prepayment", "the bank collects", "checker alone", "checker first", "a paper of the end"],
)
def test_what_the_engine_cannot_carry_out_is_refused(overlay: Change, code: str, name: str) -> None:
    measure = changed(overlay=overlay)

    (objection,) = readiness(measure).not_carried_out

    assert (objection.code, objection.names) == (code, (name,))
    with pytest.raises(XuqiaoError) as refused:
        refuse_unready(measure)
    assert (refused.value.code, refused.value.params["names"]) == ("pack.not_carried_out", name)


def test_the_fund_collects_its_fee_itself() -> None:
    assert readiness(changed(overlay=with_line("fee", 'collected_by = "fund"'))).ready


def test_a_fee_that_follows_a_published_rate_is_named_and_not_guessed() -> None:
    rate = "同期1年期LPR÷360"
    without_tiers = PACK.read_text(encoding="utf-8").split("[fee]")[0]
    measure = changed(lambda _: without_tiers, with_line("fee", f'linked_to = "{rate}"'))

    found = readiness(measure)

    (objection,) = found.not_carried_out
    assert (objection.code, objection.names) == ("activation.linked_rate", ("fee.linked_to",))
    assert objection.facts == {"rate": rate}
    assert "fee.tiers" not in found.to_decide
    (against,) = readiness(changed(overlay=with_line("fee", f'linked_to = "{rate}"'))).contradictions
    assert against.code == "activation.tiers_and_link"


def test_what_no_provision_carries_is_said_in_its_words() -> None:
    said = ["贷款到期前1个月申请", "使用费按年度上缴"]
    silent = PACK.read_text(encoding="utf-8").split("[rest]")[0]
    words = with_line("rest", f"not_carried = {json.dumps(said, ensure_ascii=False)}")
    found = readiness(changed(lambda _: silent, words))
    assert (found.not_carried, found.ready) == (tuple(said), True)
    assert found.left_to_people == ("rest.not_carried",)


def test_a_paper_that_cannot_be_drawn_up_before_payment_is_named_and_no_other() -> None:
    drawn_up = 'drawn_up = ["settlement_certificate", "tripartite_agreement", "archive_index"]'
    (objection,) = readiness(changed(overlay=with_line("papers", drawn_up))).not_carried_out
    assert objection.facts == {"kinds": "archive_index, settlement_certificate"}
    before = sorted(drawn_on(Occasion.BEFORE_PAYMENT))
    assert readiness(changed(overlay=with_line("papers", f"drawn_up = {json.dumps(before)}"))).ready


def test_what_people_must_see_to_is_named_and_keeps_nobody_from_using_the_measure() -> None:
    found = readiness(changed(overlay=with_line("extension", "times = 1")))
    assert (found.left_to_people, found.ready) == (("extension.times", "rest.not_carried"), True)
    assert readiness(donghai()).left_to_people == ("rest.not_carried",)


def test_what_is_left_to_people_is_acted_on_nowhere() -> None:
    provisions = {name for name, _ in donghai().provisions()}
    sources = [path for folder in ("workflows", "models", "activities") for path in (ROOT / folder).rglob("*.py")]
    assert set(LEFT_TO_PEOPLE) <= provisions
    for name in LEFT_TO_PEOPLE:
        acting = [path.name for path in sources if name in path.read_text(encoding="utf-8")]
        assert acting == [], f"{name} is acted on now: it is no longer left to people"


def test_a_superseded_measure_takes_no_new_case() -> None:
    measure = changed(overlay=with_line("validity", 'superseded_by = "东政规发〔2031〕1号"'))

    with pytest.raises(XuqiaoError) as refused:
        refuse_unready(measure)
    assert (refused.value.code, refused.value.params["by"]) == ("pack.superseded", "东政规发〔2031〕1号")


def test_reading_a_measure_for_cases_refuses_what_a_draft_takes(tmp_path: Path) -> None:
    overlay = tmp_path / "operator.toml"
    text = with_line("fee", "prepaid_days = 5")(OVERLAY.read_text(encoding="utf-8"))
    overlay.write_text(text, encoding="utf-8")

    assert draft("donghai/2025-08-17", overlay).fee.prepaid_days.value == 5
    with pytest.raises(XuqiaoError) as refused:
        read_measure("donghai/2025-08-17", overlay)
    assert refused.value.code == "pack.not_carried_out"
    with pytest.raises(XuqiaoError) as refused:
        read_measure("donghai/2025-08-17")
    assert refused.value.code == "pack.unset"


def test_each_reason_alone_keeps_a_measure_from_use() -> None:
    nothing = Readiness(
        to_decide=(),
        left_to_people=("extension.times",),
        silent=("fee.minimum",),
        contradictions=(),
        not_carried_out=(),
        superseded_by=None,
    )
    (objection,) = readiness(changed(overlay=with_line("fee", "prepaid_days = 5"))).not_carried_out
    reasons: tuple[dict[str, object], ...] = (
        {"to_decide": ("fee.tiers",)},
        {"contradictions": (objection,)},
        {"not_carried_out": (objection,)},
        {"superseded_by": "x"},
    )

    assert nothing.ready
    assert not any(nothing.model_copy(update=reason).ready for reason in reasons)
