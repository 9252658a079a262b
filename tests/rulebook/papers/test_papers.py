"""The papers of a case: which are signed before money leaves, and that none leaves the house with a hole in it."""

from typing import Any

import pytest
from pydantic import ValidationError

from activities.papers.press.sample import SAMPLE
from rulebook.errors import XuqiaoError
from rulebook.law.fees import DayCount, FeeTerms
from rulebook.papers.amounts import MOST_FEN
from rulebook.papers.earlier import EARLIER_NAMES, EarlierTariff, FeeStep
from rulebook.papers.facts import PaperData, PaperFinding, check_complete
from rulebook.papers.kinds import (
    PAPERS,
    DocumentKind,
    LegalForm,
    Occasion,
    before_payment,
    bound_by_approval,
    drawn_on,
    on_release_day,
)
from rulebook.papers.limits import MOST_COUNT, MOST_ROWS, MOST_TEXT
from rulebook.stages import CaseStage
from rulebook.values import Value

ALWAYS = [name for name, field in PaperData.model_fields.items() if field.is_required()]
NEEDED = [(kind, field) for kind in DocumentKind for field in PAPERS[kind].needs]


def without(field: str, nothing: object) -> PaperData:
    return SAMPLE.model_copy(update={field: nothing})


def missing(kind: DocumentKind, facts: PaperData) -> dict[str, str]:
    with pytest.raises(XuqiaoError) as refused:
        check_complete(kind, facts)
    assert refused.value.code == "papers.missing_fact"
    return refused.value.params


def names(kinds: tuple[DocumentKind, ...]) -> list[str]:
    return [kind.value for kind in kinds]


# Which papers ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "agreements"),
    [
        (None, ["tripartite_agreement"]),
        (LegalForm.THREE_PARTY, ["tripartite_agreement"]),
        (LegalForm.LIAISON_FORM, ["liaison_form", "usage_agreement"]),
        (LegalForm.USAGE_AGREEMENT, ["usage_agreement"]),
        (LegalForm.ENTRUSTED_LOAN, ["entrusted_loan_agreement"]),
    ],
)
def test_the_legal_form_chooses_the_agreements_and_every_bridge_has_the_rest(
    form: LegalForm | None, agreements: list[str]
) -> None:
    papers = before_payment(form, None, guarantors=True)
    assert names(papers) == [
        "application_form",
        "renewal_commitment",
        "guarantor_consent",
        *agreements,
        "drawdown_request",
    ]
    assert set(papers) <= set(drawn_on(Occasion.BEFORE_PAYMENT))


def test_nobody_signs_who_does_not_guarantee() -> None:
    with_all, without = (before_payment(None, None, guarantors=guaranteed) for guaranteed in (True, False))
    assert list(without) == [kind for kind in with_all if kind is not DocumentKind.GUARANTOR_CONSENT]


def test_38_what_lets_the_money_leave_is_drawn_on_the_release_day_and_minutes_before_the_approval() -> None:
    assert names(on_release_day(None)) == ["transfer_instruction", "release_checklist", "disbursement_form"]
    listed = (DocumentKind.USAGE_AGREEMENT, DocumentKind.TRANSFER_INSTRUCTION, DocumentKind.MINUTES)
    assert names(before_payment(None, listed, guarantors=True)) == ["usage_agreement"]
    assert names(on_release_day(listed)) == ["transfer_instruction", "release_checklist", "disbursement_form"]
    assert names(on_release_day(listed[:1])) == ["release_checklist", "disbursement_form"]
    assert PAPERS[DocumentKind.MINUTES].drawn == (Occasion.REQUEST,)
    assert PAPERS[DocumentKind.MINUTES].stage is CaseStage.APPROVAL


def test_the_measures_own_list_stands_before_the_set_of_the_legal_form_in_its_own_order() -> None:
    listed = (DocumentKind.USAGE_AGREEMENT, DocumentKind.GUARANTOR_CONSENT, DocumentKind.APPLICATION_FORM)
    form = LegalForm.THREE_PARTY
    assert before_payment(form, listed, guarantors=True) == listed
    assert before_payment(form, listed, guarantors=False) == (listed[0], listed[2])


def test_every_kind_has_a_row_with_letters_of_its_own_an_occasion_and_facts_that_there_are() -> None:
    assert set(PAPERS) == set(DocumentKind)
    assert len({row.short for row in PAPERS.values()}) == len(DocumentKind)
    assert [kind for kind, row in PAPERS.items() if not row.drawn or len(set(row.drawn)) < len(row.drawn)] == []
    assert {field for _, field in NEEDED} <= set(PaperData.model_fields) - set(ALWAYS)


def test_every_legal_form_has_an_agreement_and_no_other_paper_belongs_to_one() -> None:
    assert {form for row in PAPERS.values() for form in row.forms} == set(LegalForm)
    assert {kind for kind, row in PAPERS.items() if row.forms} <= set(drawn_on(Occasion.BEFORE_PAYMENT))


def test_what_an_officer_may_ask_for_binds_no_approval() -> None:
    bound = {kind for kind in DocumentKind if bound_by_approval(kind)}
    assert bound == set(drawn_on(Occasion.BEFORE_PAYMENT)) - {DocumentKind.MINUTES}
    assert not bound & set(drawn_on(Occasion.REQUEST))


def test_the_archive_of_a_bridge_ends_with_its_index() -> None:
    assert names(drawn_on(Occasion.CLOSING))[-2:] == ["settlement_certificate", "archive_index"]


# No holes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", DocumentKind)
def test_the_sample_case_lacks_nothing(kind: DocumentKind) -> None:
    check_complete(kind, SAMPLE)


@pytest.mark.parametrize(("kind", "field"), NEEDED, ids=[f"{kind}-{field}" for kind, field in NEEDED])
def test_a_paper_that_lacks_a_fact_it_needs_is_not_drawn_up(kind: DocumentKind, field: str) -> None:
    nothing = () if isinstance(getattr(SAMPLE, field), tuple) else None
    assert missing(kind, without(field, nothing)) == {"kind": kind, "field": field, "case": SAMPLE.case_no}


@pytest.mark.parametrize("field", ALWAYS)
def test_no_paper_at_all_lacks_what_stands_on_every_one(field: str) -> None:
    for blank in ("", "  ", "\u3000"):
        assert missing(DocumentKind.REFUSAL_NOTICE, without(field, blank))["field"] == field


def test_a_blank_number_is_as_good_as_none_and_a_zero_is_a_fact() -> None:
    kind = DocumentKind.MINUTES
    assert missing(kind, without("minutes_reference", " "))["field"] == "minutes_reference"
    check_complete(DocumentKind.PAYMENT_DEMAND, without("fee_owed_fen", 0))
    check_complete(DocumentKind.SETTLEMENT_CERTIFICATE, without("days_out", 0))


def test_what_another_kind_needs_is_not_asked_for() -> None:
    check_complete(DocumentKind.REFUSAL_NOTICE, without("promised_fen", None))
    assert missing(DocumentKind.LIAISON_FORM, without("promised_fen", None))["field"] == "promised_fen"


# Room and least values --------------------------------------------------------------------------------------------


def test_all_the_words_of_a_paper_together_have_a_limit_of_their_own() -> None:
    long = PaperFinding(sentence="长" * 2000, citation="长" * 300)
    facts: dict[str, Any] = SAMPLE.model_dump() | {"findings": (long,) * (MOST_TEXT // 2300 + 1)}
    with pytest.raises(XuqiaoError) as refused:
        PaperData.model_validate(facts)
    assert (refused.value.code, refused.value.params["most"]) == ("papers.too_much_text", str(MOST_TEXT))


LEAST = [
    ("balance_fen", 0),
    ("bridge_fen", 1),
    ("promised_fen", 1),
    ("term_days", 1),
    ("waived_days", 0),
    ("renewed_fen", 1),
    ("ceiling_fen", 0),
    ("fee_owed_fen", 0),
]


@pytest.mark.parametrize(("field", "least"), LEAST)
def test_a_number_below_its_least_makes_no_paper(field: str, least: int) -> None:
    facts = SAMPLE.model_dump()
    assert getattr(PaperData.model_validate(facts | {field: least}), field) == least
    with pytest.raises(ValidationError, match=field):
        PaperData.model_validate(facts | {field: least - 1})


def test_what_a_measure_charges_must_fit_on_paper_as_well() -> None:
    facts = SAMPLE.model_dump()
    for part, code in (
        ({"minimum_fen": MOST_FEN + 1}, "papers.number_too_big"),
        ({"prepaid_days": MOST_COUNT + 1}, "papers.number_too_big"),
        ({"waivers": [{"since": "2026-03-01", "until": "2026-03-02"}] * (MOST_ROWS + 1)}, "papers.too_many_rows"),
    ):
        with pytest.raises(XuqiaoError) as refused:
            PaperData.model_validate(facts | {"fees": facts["fees"] | part})
        assert (refused.value.code, refused.value.params["field"]) == (code, f"PaperData.fees.{next(iter(part))}")


# Names of earlier releases ----------------------------------------------------------------------------------------


def test_every_earlier_name_is_a_part_of_a_fact_today() -> None:
    assert set(EARLIER_NAMES) == set(EarlierTariff.model_fields)
    assert not set(EARLIER_NAMES) & set(PaperData.model_fields)
    models: dict[str, type[Value]] = {"fees": FeeTerms, "day_count": DayCount}
    assert {f"{fact}.{part}" for fact, part in EARLIER_NAMES.values()} == {
        f"{fact}.{part}" for fact, model in models.items() for part in model.model_fields
    }


def test_facts_without_a_fee_have_no_fee_under_earlier_names_either() -> None:
    earlier = EarlierTariff.of(without("fees", None))
    assert (earlier.fee_steps, earlier.minimum_fee_fen, earlier.overdue_rate) == ((), None, None)
    assert earlier.first_day_counts


def test_the_first_tier_begins_on_the_first_day() -> None:
    assert FeeStep.model_validate({"from_day": 1, "daily_rate": "1/5000"}).from_day == 1
    with pytest.raises(ValidationError, match="from_day"):
        FeeStep.model_validate({"from_day": 0, "daily_rate": "1/5000"})
