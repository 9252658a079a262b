"""A measure: the law's own values, the operator's choices, and what neither has decided."""

from datetime import date

import pytest

from rulebook.cases import ApplicantKind, LoanKind, PromiseRung, StandingFacts
from rulebook.errors import XuqiaoError
from rulebook.measure import Measure
from rulebook.pack_text import draft_measure, parse_measure
from rulebook.provisions import Trouble
from tests.rulebook.samples import OVERLAY, PACK, donghai

PACK_TEXT = PACK.read_text(encoding="utf-8")
OVERLAY_TEXT = OVERLAY.read_text(encoding="utf-8")


def refusal(pack: str = PACK_TEXT, overlay: str | None = OVERLAY_TEXT) -> XuqiaoError:
    with pytest.raises(XuqiaoError) as refused:
        parse_measure(pack, overlay)
    return refused.value


def pack_with(old: str, new: str) -> str:
    assert old in PACK_TEXT
    return PACK_TEXT.replace(old, new)


def overlay_with(old: str, new: str) -> str:
    assert old in OVERLAY_TEXT
    return OVERLAY_TEXT.replace(old, new)


def test_the_values_the_measure_fixes() -> None:
    measure = donghai()
    assert (measure.id, measure.city, measure.document) == ("donghai/2025-08-17", "东海县", "东政规发〔2025〕5号")
    assert (measure.valid_from, measure.valid_until) == (date(2025, 8, 17), None)
    assert [measure.cap_fen(kind) for kind in ApplicantKind] == [1_000_000_000, 500_000_000, 200_000_000]
    assert (measure.promise_ratio_ppm, measure.term_days) == (950_000, 10)
    assert [(span.from_day, span.through_day, span.rate_ppm) for span in measure.fees.spans()] == [
        (1, 5, 200),
        (6, None, 400),
    ]
    assert measure.loan_kinds == (LoanKind.WORKING_CAPITAL,)
    assert measure.citation("bridge.cap_firm") == "东政规发〔2025〕5号"


def test_the_operators_choices_are_told_from_the_law() -> None:
    measure = donghai()
    law = {
        "applicant.kinds", "applicant.sizes", "loan.kinds", "standing.excluded", "bridge.cap_firm", "bridge.cap_owner",
        "bridge.cap_individual_business", "bridge.promise_ratio", "bridge.term_days", "fee.tiers", "queue.order",
    }  # fmt: skip
    everything = {name for name, _ in measure.provisions()}
    assert set(measure.operator_choices()) == everything - law
    assert measure.citation("deadline.opinion") == "承办主体自定（示例运营方案）"
    assert measure.rung_before_release is PromiseRung.APPROVED
    assert (measure.deadlines.opinion, measure.deadlines.new_loan, measure.deadlines.remind_before) == (3, 5, 1)
    assert (measure.cut_off, measure.direct_signing_before, measure.overtaking) == ("16:30", 3, False)


def test_it_is_small_enough_for_a_history_and_comes_back_the_same() -> None:
    measure = donghai()
    kept = measure.model_dump_json()
    assert len(kept.encode()) <= 4096
    again = Measure.model_validate_json(kept)
    assert again == measure
    assert again.digest == measure.digest


def test_the_digest_moves_with_the_overlay() -> None:
    other = parse_measure(PACK_TEXT, overlay_with("opinion = 3", "opinion = 4"))
    assert other.digest != donghai().digest


def test_without_an_overlay_everything_open_is_named() -> None:
    refused = refusal(overlay=None)
    assert refused.code == "pack.unset"
    assert refused.params["pack"] == "donghai/2025-08-17"
    assert set(refused.params["names"].split(", ")) == set(donghai().operator_choices())


def test_a_draft_gives_what_is_published_and_refuses_what_is_not() -> None:
    draft = draft_measure(PACK_TEXT)
    assert draft.cap_fen(ApplicantKind.OWNER) == 500_000_000
    for ask in (lambda: draft.cut_off, lambda: draft.deadlines, lambda: draft.citation("release.cut_off")):
        with pytest.raises(XuqiaoError) as refused:
            ask()
        assert refused.value.code == "pack.unset"


def test_the_overlay_cannot_change_the_law() -> None:
    refused = refusal(overlay=overlay_with('covers = "principal"', 'covers = "principal"\ncap_firm = "3000万元"'))
    assert (refused.code, refused.params["key"]) == ("pack.fixed_by_measure", "bridge.cap_firm")
    assert refused.params["value"] == "1000万元"
    assert refused.params["citation"] == "东政规发〔2025〕5号"


def test_a_kind_that_is_not_admitted_has_no_cap_and_needs_none() -> None:
    narrow = pack_with('["firm", "owner", "individual_business"]', '["firm"]')
    narrow = narrow.replace('cap_owner = { value = "500万元", cite = "measure" }', "")
    measure = parse_measure(narrow, OVERLAY_TEXT)
    assert measure.cap_fen(ApplicantKind.OWNER) is None
    assert measure.cap_fen(ApplicantKind.INDIVIDUAL_BUSINESS) is None


def test_an_admitted_kind_without_a_cap_is_open() -> None:
    refused = refusal(pack_with('cap_owner = { value = "500万元", cite = "measure" }', ""))
    assert (refused.code, refused.params["names"]) == ("pack.unset", "bridge.cap_owner")


@pytest.mark.parametrize(
    ("old", "new", "code", "key"),
    [
        ("cap_firm =", "cap_frim =", "pack.unknown_key", "bridge.cap_frim"),
        ("[bridge]", "[bridges]", "pack.unknown_key", "bridges"),
        ("city =", 'overlay = "x"\ncity =', "pack.unknown_key", "overlay"),
        ('city = "东海县"', "", "pack.missing_key", "city"),
        ('"1000万元"', '"a lot"', "pack.not_an_amount", "bridge.cap_firm"),
        ('"1000万元"', "10000000", "pack.not_an_amount", "bridge.cap_firm"),
        ('"1000万元"', '"0.001元"', "pack.not_an_amount", "bridge.cap_firm"),
        ('"1000万元"', '"-5元"', "pack.not_an_amount", "bridge.cap_firm"),
        ('"1000万元"', '"1e3000000000000000000万元"', "pack.not_an_amount", "bridge.cap_firm"),
        ('"95%"', "0.95", "pack.not_a_rate", "bridge.promise_ratio"),
        ('"95%"', "95", "pack.not_a_rate", "bridge.promise_ratio"),
        ('"95%"', '"195%"', "pack.not_a_rate", "bridge.promise_ratio"),
        ('"95%"', '"0.00001%"', "pack.not_a_rate", "bridge.promise_ratio"),
        ('"0.04%"', '"1e999999999%"', "pack.not_a_rate", "fee.tiers.1.daily_rate"),
        ('"0.04%"', '"1/0"', "pack.not_a_rate", "fee.tiers.1.daily_rate"),
        ('"0.04%"', '"4 per mille"', "pack.not_a_rate", "fee.tiers.1.daily_rate"),
        ("{ through_day = 5, ", "{ ", "pack.bad_tiers", "fee.tiers"),
        ('{ daily_rate = "0.04%" }', '{ through_day = 4, daily_rate = "0.04%" }', "pack.bad_tiers", "fee.tiers"),
        ("through_day = 5", "through_days = 5", "pack.unknown_key", "fee.tiers.0.through_days"),
        ("value = 10,", "value = 10.5,", "pack.bad_value", "bridge.term_days"),
        ("value = 10,", "value = 0,", "pack.bad_value", "bridge.term_days"),
        ('value = ["working_capital"]', 'value = ["bridge"]', "pack.bad_value", "loan.kinds.0"),
        ('{ value = "95%", cite = "measure" }', '"95%"', "pack.no_citation", "bridge.promise_ratio"),
        ('{ value = "95%", cite = "measure" }', '{ value = "95%" }', "pack.no_citation", "bridge.promise_ratio"),
        ('"95%", cite = "measure"', '"95%", cite = "hearsay"', "pack.no_citation", "bridge.promise_ratio"),
        ('"95%", cite = "measure"', '"95%", cite = "operator"', "pack.no_citation", "bridge.promise_ratio"),
        ('"95%", cite = "measure"', '"95%", cite = ["measure"]', "pack.no_citation", "bridge.promise_ratio"),
    ],
)
def test_a_faulty_pack_is_refused_by_key(old: str, new: str, code: str, key: str) -> None:
    refused = refusal(pack_with(old, new))
    assert (refused.code, refused.params["key"]) == (code, key)
    assert refused.params.get("file", "pack") == "pack"


@pytest.mark.parametrize(
    ("old", "new", "code", "key"),
    [
        ("opinion = 3", "opinion = -3", "pack.bad_value", "deadline.opinion"),
        ("opinion = 3", 'opinion = "3"', "pack.bad_value", "deadline.opinion"),
        ("opinion = 3", "opinon = 3", "pack.unknown_key", "deadline.opinon"),
        ("[deadline]", "[deadlines]", "pack.unknown_key", "deadlines"),
        ('"16:30"', '"25:00"', "pack.not_a_time", "release.cut_off"),
        ('"16:30"', '"4pm"', "pack.not_a_time", "release.cut_off"),
        ("overtaking = false", 'overtaking = "no"', "pack.bad_value", "queue.overtaking"),
        ('"dishonest_debtor"', '"bad_manners"', "pack.bad_value", "standing.also_excluded.0"),
        ("document =", "title =", "pack.missing_key", "document"),
        ("[queue]\n", "\n[nothing]\n", "pack.unknown_key", "nothing"),
    ],
)
def test_a_faulty_overlay_is_refused_by_key(old: str, new: str, code: str, key: str) -> None:
    refused = refusal(overlay=overlay_with(old, new))
    assert (refused.code, refused.params["key"], refused.params["file"]) == (code, key, "operator")


def test_a_section_that_is_no_table_is_not_passed_over() -> None:
    refused = refusal(overlay='pack = "donghai/2025-08-17"\ndocument = "x"\ndeadline = 3\n')
    assert (refused.code, refused.params["key"]) == ("pack.bad_value", "deadline")


def test_an_overlay_for_another_pack_is_refused() -> None:
    refused = refusal(overlay=overlay_with('pack = "donghai/2025-08-17"', 'pack = "datong/2026-01-22"'))
    assert (refused.code, refused.params["made_for"]) == ("pack.wrong_pack", "datong/2026-01-22")


@pytest.mark.parametrize(
    ("pack", "overlay", "file"), [("= 1", OVERLAY_TEXT, "pack"), (PACK_TEXT, "x = \n", "operator")]
)
def test_text_that_is_no_toml_says_where(pack: str, overlay: str, file: str) -> None:
    refused = refusal(pack, overlay)
    assert (refused.code, refused.params["file"]) == ("pack.not_toml", file)
    assert "line 1" in refused.params["reason"]


def test_every_standing_fact_can_be_named_by_a_measure() -> None:
    assert set(Trouble.__args__) == set(StandingFacts.model_fields)  # type: ignore[attr-defined]
