"""A measure: the law's own values, the operator's choices, and what neither has decided."""

from datetime import date
from fractions import Fraction

import pytest

from activities.words import LANGUAGES, Lang, has_words, say_error
from rulebook.calendar import DayUnit
from rulebook.cases import ApplicantKind, LoanKind, PromiseRung, StandingFacts
from rulebook.errors import XuqiaoError
from rulebook.law.fees import MOST_DAYS
from rulebook.law.measure import Measure
from rulebook.law.pack_text import draft_measure, parse_measure
from rulebook.law.provisions import DayOff, Trouble
from tests.rulebook.law.amending import amended
from tests.rulebook.samples import CALENDAR, OVERLAY, PACK, donghai

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
    assert [measure.cap_fen(kind) for kind in ApplicantKind] == [1_000_000_000, 500_000_000, 200_000_000, None]
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
        "validity.since", "fund.sources", "applicant.kinds", "applicant.sizes", "applicant.persons", "loan.kinds",
        "loan.kinds_out", "standing.excluded", "bridge.cap_firm", "bridge.cap_owner", "bridge.cap_individual_business",
        "bridge.promise_ratio", "bridge.term_days", "fee.tiers", "queue.order", "rest.not_carried",
    }  # fmt: skip
    everything = {name for name, provision in measure.provisions() if provision.cite is not None}
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
    assert set(refused.params["names"].split(", ")) == set(donghai().operator_choices()) - {"standing.also_excluded"}


def test_what_a_measure_may_be_silent_about_is_no_gap() -> None:
    silent = overlay_with('also_excluded = ["dishonest_debtor"]', "")
    measure = parse_measure(PACK_TEXT, silent)
    assert [trouble for trouble, _ in measure.exclusions()] == [
        "abnormal_operation",
        "unpaid_wages",
        "litigation",
        "bad_credit",
    ]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_provision_has_a_name_for_people(lang: Lang) -> None:
    assert [name for name, _ in donghai().provisions() if not has_words(f"measure.{name}", lang)] == []


@pytest.mark.parametrize(
    ("old", "new", "name", "kept"),
    [
        ('"1000万元"', '"1.5亿元"', "bridge.cap_firm", 15_000_000_000),
        ('"1000万元"', '"0.07元"', "bridge.cap_firm", 7),
        ('"1000万元"', '"0.000001万元"', "bridge.cap_firm", 1),
        ('"95%"', '"70.0001%"', "bridge.promise_ratio", 700_001),
        (
            "[queue]",
            'waivers = { value = [{ since = 2022-03-01, until = 2022-03-01 }], cite = "measure" }\n[queue]',
            "fee.waivers",
            [{"since": "2022-03-01", "until": "2022-03-01"}],
        ),
        (
            "[queue]",
            'highest_average = { value = "0.06%", cite = "measure" }\n[queue]',
            "fee.highest_average",
            "3/5000",
        ),
        ("value = 2025-08-17", 'value = "2025-08-17"', "validity.since", "2025-08-17"),
    ],
)
def test_values_as_a_measure_writes_them(old: str, new: str, name: str, kept: object) -> None:
    provision = draft_measure(pack_with(old, new)).provision(name)
    assert provision.model_dump(mode="json")["value"] == kept


def test_an_annual_rate_over_its_days_is_kept_exactly() -> None:
    measure = draft_measure(pack_with('daily_rate = "0.04%"', 'daily_rate = "4.35%/360"'))
    assert measure.fees.tiers[1].daily_rate == Fraction(435, 10_000) / 360
    assert Measure.model_validate_json(measure.model_dump_json()) == measure


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


def test_where_no_firm_is_admitted_nobody_must_say_which_of_its_loans_are() -> None:
    in_person = pack_with('["firm", "owner", "individual_business"]', '["owner"]')
    in_person = in_person.replace('kinds = { value = ["working_capital"], cite = "loans" }', "", 1)
    assert 'kinds = { value = ["working_capital"]' not in in_person
    measure = parse_measure(in_person, OVERLAY_TEXT)
    assert measure.loan_kinds_for(ApplicantKind.OWNER)[1] == "loan.kinds_in_person"
    with pytest.raises(XuqiaoError) as refused:
        _ = measure.loan_kinds
    assert refused.value.params["names"] == "loan.kinds"


@pytest.mark.parametrize(
    ("counted", "day_off", "due"),
    [
        # Paid on Thursday 23 April 2026 for ten days: the tenth is Sunday 3 May, amid the holiday of 1 to 5 May.
        # In working days it is Monday 11 May, for Saturday 9 May is worked in return.
        ("calendar", "same", date(2026, 5, 3)),
        ("calendar", "workday_before", date(2026, 4, 30)),
        ("calendar", "workday_after", date(2026, 5, 6)),
        ("working", "same", date(2026, 5, 11)),
    ],
)
def test_the_last_day_of_the_term_is_moved_as_the_measure_says(counted: str, day_off: str, due: date) -> None:
    measure = amended({"bridge.term_counted": DayUnit(counted), "bridge.due_on_day_off": DayOff(day_off)})
    assert measure.due_on(date(2026, 4, 23), CALENDAR) == due


@pytest.mark.parametrize("day_off", DayOff)
def test_a_last_day_that_is_worked_stays_where_it_is(day_off: DayOff) -> None:
    measure = amended({"bridge.term_counted": DayUnit.CALENDAR, "bridge.due_on_day_off": day_off})
    assert measure.due_on(date(2026, 3, 6), CALENDAR) == date(2026, 3, 16)


def test_a_last_day_moved_forward_never_comes_before_the_payout() -> None:
    one_day = amended(
        {"bridge.term_counted": DayUnit.CALENDAR, "bridge.due_on_day_off": DayOff.BEFORE, "bridge.term_days": 1}
    )
    assert one_day.due_on(date(2026, 3, 6), CALENDAR) == date(2026, 3, 6), "a Friday; its Saturday is not worked"
    assert one_day.due_on(date(2026, 3, 7), CALENDAR) == date(2026, 3, 7), "paid on a Saturday after all"


def _added(provision: str, before: str) -> str:
    """A cited provision at the end of a section, before the next one begins."""
    return provision.removesuffix(" }") + f', cite = "measure" }}\n[{before}]'


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("cap_firm =", "cap_frim =", "cap_firm, cap_listed_firm, "),
        ("[bridge]", "[bridges]", "id, city, document, articles, validity, "),
        ("through_day = 5", "through_days = 5", "through_day, daily_rate"),
        ('daily_rate = "0.04%"', "", 'daily_rate = "0.02%"'),
        ("value = 10,", "value = 10.5,", "3"),
        ("value = 10,", "value = 0,", "≥ 1"),
        ("value = 10,", "value = 999999,", f"≤ {MOST_DAYS}"),
        ('giver = "东海县政府"', f'giver = "{"县" * 201}"', '"…" (≤ 200)'),
        ('value = ["working_capital"]', 'value = "working_capital"', '["…", "…"]'),
        (
            'value = ["working_capital"]',
            'value = ["bridge"]',
            "working_capital, business_operation, project, off_balance",
        ),
        ('value = ["working_capital"]', 'value = [""]', "working_capital, business_operation, project, off_balance"),
        ('"95%", cite = "measure"', '"95%", cite = "hearsay"', "measure"),
        ("value = [{ giver", "value = [{ at_least = 1, giver", "true, false"),
        ('giver = "东海县政府"', 'giver = ""', '"…"'),
    ],
)
def test_a_refusal_says_what_is_expected_in_both_languages(old: str, new: str, expected: str) -> None:
    refused = refusal(pack_with(old, new))
    for lang in LANGUAGES:
        assert expected in say_error(refused, lang)
        assert "Input should" not in say_error(refused, lang)


def test_a_long_faulty_value_is_shown_only_as_far_as_it_helps() -> None:
    refused = refusal(pack_with('"95%"', f'"{"9" * 5000}"'))
    assert refused.params["value"] == "9" * 120 + "…"


def test_a_refusal_names_the_file_it_was_asked_for() -> None:
    with pytest.raises(XuqiaoError) as refused:
        draft_measure("= 1", file="donghai/2025-08-17")
    assert (refused.value.code, refused.value.params["file"]) == ("pack.not_toml", "donghai/2025-08-17")


@pytest.mark.parametrize(
    ("old", "new", "code", "key"),
    [
        ("cap_firm =", "cap_frim =", "pack.unknown_key", "bridge.cap_frim"),
        ("[bridge]", "[bridges]", "pack.unknown_key", "bridges"),
        ("city =", 'overlay = "x"\ncity =', "pack.unknown_key", "overlay"),
        ("city =", "rules = 1\ncity =", "pack.unknown_key", "rules"),
        ('city = "东海县"', "", "pack.missing_key", "city"),
        ('id = "donghai/2025-08-17"', "", "pack.missing_key", "id"),
        ('daily_rate = "0.04%"', "", "pack.missing_key", "fee.tiers.1.daily_rate"),
        ("2025-08-17, cite", '"soon", cite', "pack.not_a_date", "validity.since"),
        ("2025-08-17, cite", '"2025-02-30", cite', "pack.not_a_date", "validity.since"),
        ("2025-08-17, cite", "20250817, cite", "pack.not_a_date", "validity.since"),
        ("2025-08-17, cite", "0, cite", "pack.not_a_date", "validity.since"),
        ("2025-08-17, cite", "2025-08-17T00:00:00, cite", "pack.not_a_date", "validity.since"),
        ("2025-08-17, cite", "true, cite", "pack.not_a_date", "validity.since"),
        (
            "[loan]",
            _added('industries_excluded = { value = ["J", "ZZ"] }', "loan"),
            "pack.not_an_industry",
            "applicant.industries_excluded.1",
        ),
        (
            "[queue]",
            _added("waivers = { value = [{ since = 2022-06-30, until = 2022-03-01 }] }", "queue"),
            "pack.bad_waiver",
            "fee.waivers.0",
        ),
        (
            "[queue]",
            _added("waivers = { value = [{ since = 2022-06-30, until = 5 }] }", "queue"),
            "pack.not_a_date",
            "fee.waivers.0.until",
        ),
        (
            "[queue]",
            _added("waivers = { value = [{ since = 2022-06-30 }] }", "queue"),
            "pack.missing_key",
            "fee.waivers.0.until",
        ),
        ("[queue]", _added("prepaid_days = { value = 0 }", "queue"), "pack.bad_value", "fee.prepaid_days"),
        ("[fee]", _added("maturing_ratio = { value = 85 }", "fee"), "pack.not_a_rate", "bridge.maturing_ratio"),
        ('"2000万元"', '"2000亿"', "pack.not_an_amount", "fund.sources.0.amount"),
        ('"2000万元"', '"20000000"', "pack.not_an_amount", "fund.sources.0.amount"),
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
        ('"0.04%"', '"4.35%/0"', "pack.not_a_rate", "fee.tiers.1.daily_rate"),
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
        ('measure = "东政规发〔2025〕5号"', 'measure = " "', "pack.no_citation", "validity.since"),
        ("[articles]", "articles = 3\n[more]", "pack.no_citation", "validity.since"),
    ],
)
def test_a_faulty_pack_is_refused_by_key(old: str, new: str, code: str, key: str) -> None:
    refused = refusal(pack_with(old, new))
    assert (refused.code, refused.params["key"]) == (code, key)
    assert refused.params["file"] == ("pack" if old.startswith("id =") else "donghai/2025-08-17")
    for lang in LANGUAGES:
        sentence = say_error(refused, lang)
        assert all(refused.params[name] in sentence for name in ("key", "value") if name in refused.params)
        assert "{" not in sentence.replace(refused.params.get("value", ""), "")


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
        ("document =", "rules = 1\ndocument =", "pack.unknown_key", "rules"),
        ("document =", "overlay = 1\ndocument =", "pack.unknown_key", "overlay"),
        ("document =", 'id = "x"\ndocument =', "pack.unknown_key", "id"),
        ("[deadline]", '[articles]\nmeasure = "x"\n[deadline]', "pack.unknown_key", "articles"),
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
