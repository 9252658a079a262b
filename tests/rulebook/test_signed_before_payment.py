"""No money leaves before the papers that allow it are signed; the refusal names each and who must still sign it."""

import json
from dataclasses import replace
from itertools import product

import pytest

from activities.words import LANGUAGES, say_error
from rulebook.acts import Standing, judge
from rulebook.errors import XuqiaoError
from rulebook.law.provisions import OPERATOR, Provision
from rulebook.messages import Actor, ChecklistItem, OfficerAct, Release
from rulebook.next_acts import CaseStanding, had_a_part, somebody, why_not
from rulebook.papers.kinds import DocumentKind
from rulebook.papers.signing import OnRecord, PaperSigned, Unsigned, unsigned
from rulebook.stages import ActKind, CaseStage, Role
from tests.rulebook.standings import RELEASE_DAY, a_proposed_case

WAITING = (
    Unsigned(DocumentKind.DISBURSEMENT_FORM, "DH-1-BF", ("operator",)),
    Unsigned(DocumentKind.GUARANTOR_CONSENT, "DH-1-DB", ("guarantor_1", "guarantor_2")),
    Unsigned(DocumentKind.RELEASE_CHECKLIST, "", ()),
)


def wanting(**changed: object) -> Standing:
    case = a_proposed_case()
    papers = case.measure.papers.model_copy(
        update={"signed_before_payment": Provision(value=OnRecord.EITHER, cite=OPERATOR)}
    )
    return replace(case, measure=case.measure.model_copy(update={"papers": papers}), **changed)  # type: ignore[arg-type]


def release(case: Standing, by: str = "cashier") -> None:
    body = Release(confirmed=tuple(ChecklistItem), balance_fen=case.facts.loan.balance_fen)
    act = OfficerAct(id="1", actor=Actor(id=by, name="赵纳", role=Role.CASHIER, organisation=""), body=body)
    judge(act, CaseStage.DISBURSEMENT, None, case, RELEASE_DAY)


def test_52_a_release_names_each_paper_that_is_not_signed_and_who_signs_it() -> None:
    with pytest.raises(XuqiaoError) as refused:
        release(wanting(unsigned=WAITING))
    assert refused.value.code == "act.papers_unsigned"
    assert [each.get("number") for each in json.loads(refused.value.params["missing"])] == ["DH-1-BF", "DH-1-DB", None]
    said = say_error(refused.value, "zh")
    assert "《资金拨付审批单》（DH-1-BF）待甲方（承办主体）签署" in said
    assert "担保人签署" in said
    assert "《放款核验记录》尚未制作" in said
    assert all("{" not in say_error(refused.value, lang) for lang in LANGUAGES)


def test_52_a_signed_case_is_released_and_not_by_whoever_attached_the_scans() -> None:
    case = wanting(attached_by=frozenset({"li"}))
    release(case)
    with pytest.raises(XuqiaoError, check=lambda error: error.code == "act.attached_by_cashier"):
        release(case, by="li")
    assert "li" in had_a_part(case)


def test_52_what_may_be_done_next_says_it_too() -> None:
    standing = CaseStanding(CaseStage.DISBURSEMENT, None, wanting(unsigned=WAITING), RELEASE_DAY)
    refusal = why_not(ActKind.RELEASE, standing, somebody(Role.CASHIER))
    assert refusal is not None
    assert refusal.code == "act.papers_unsigned"


@pytest.mark.parametrize(("form", "electronic", "scanned"), list(product(OnRecord, (False, True), (False, True))))
def test_52_each_party_signs_in_the_form_that_is_wanted(form: OnRecord, electronic: bool, scanned: bool) -> None:
    paper = PaperSigned(
        DocumentKind.TRIPARTITE_AGREEMENT,
        "DH-1-XY",
        ("operator", "bank"),
        electronic=("operator", "bank") if electronic else ("operator",),
        scanned=("operator", "bank") if scanned else ("operator",),
    )
    enough = {
        OnRecord.ELECTRONIC: electronic,
        OnRecord.SCANNED: scanned,
        OnRecord.EITHER: electronic or scanned,
    }
    assert unsigned([paper], form) == (() if enough[form] else (Unsigned(paper.kind, paper.number, ("bank",)),))
