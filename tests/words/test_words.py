"""What a person reads: right language, right values, never a crash for want of a detail."""

import pytest

from activities.cases.wording import say_reason
from activities.words import Lang, be_strict, say, say_error, say_finding, say_value, set_language, word
from rulebook.books.breaker import CIRCUIT_BREAKER
from rulebook.errors import XuqiaoError
from rulebook.findings import Finding, Result
from rulebook.stages import ActKind, CaseStage, Role


def test_an_error_is_said_with_its_values_in_the_words_of_the_office() -> None:
    error = XuqiaoError("act.same_person", person="张三", role=Role.CHECKER, other_role=Role.MAKER)

    assert (
        say_error(error)
        == "张三已以“经办”身份办理过本案，不得再以“复核”身份办理（不相容岗位分离）。请由另一位人员办理。"
    )
    assert say_error(error, "en").startswith(
        "张三 has already acted on this case as Maker and may not act as Checker too"
    )


def test_a_list_of_acts_is_said_as_words() -> None:
    sentence = say("act.not_in_stage", act=ActKind.RELEASE, stage=CaseStage.APPROVAL, open="propose, withdraw")

    assert "本阶段可办理：提出审批意见、撤回申请。" in sentence


def test_a_value_that_is_no_word_of_its_group_stands_as_it_is() -> None:
    assert "as 局长 and" in say("act.same_person", "en", person="A", role="maker", other_role="局长")


def test_codes_given_as_values_are_said_with_their_citations() -> None:
    findings = (
        "eligibility.interest_in_arrears (金规〔2024〕13号, 第三条), eligibility.risk_class_unknown (x), 另行说明"
    )

    sentence = say("act.findings_fail", findings=findings)

    assert "到期贷款存在欠息" in sentence
    assert "(金规〔2024〕13号, 第三条)、缺少到期贷款的五级分类" in sentence
    assert "(x)、另行说明。" in sentence
    assert "{" not in sentence, "a sentence inside another brings no values of its own"


def test_a_reason_is_one_of_ours_or_a_persons_own_text() -> None:
    assert say_reason(CaseStage.LAPSED, "no_opinion", "en") == "No answer from the bank by the last day"
    assert say_reason(CaseStage.WITHDRAWN, "企业自筹到资金, 撤回") == "企业自筹到资金, 撤回"
    assert say_reason(CaseStage.WITHDRAWN, "no_opinion", "en") == "no_opinion", "a person's word, whatever it is"
    assert say_reason(CaseStage.DISBURSEMENT, CIRCUIT_BREAKER) == "逾期占比超限，业务熔断"


def test_a_value_without_words_in_its_group_is_an_error_in_tests_and_seen_in_production() -> None:
    assert say_value("stage", "approval", "en") == "Approval"
    with pytest.raises(LookupError, match=r"stage\.nowhere has no words in en"):
        say_value("stage", "nowhere", "en")
    be_strict(False)
    assert say_value("stage", "nowhere", "en") == "stage.nowhere"


@pytest.mark.parametrize("nothing", ["", "  ", None])
@pytest.mark.parametrize(("lang", "said"), [("zh", "（空）"), ("en", "(empty)")])
def test_54_an_empty_value_leaves_no_hole(nothing: str | None, lang: Lang, said: str) -> None:
    assert say("fee.returned_before_paid", lang, returned_on=nothing, paid_on="2026-03-01").count(said) == 1
    assert said not in say("cli.import.row_refused", lang, row=1, applicant="甲", why=nothing)


def test_a_missing_value_stays_visible_and_never_crashes() -> None:
    assert say("case.unknown") == "没有案件{case}。请核对案件编号（含末位校验码），或用案件列表查找。"
    assert "{stage}" in say("act.not_in_stage", "en", act="release", open="")


def test_a_value_with_braces_is_not_formatted_again() -> None:
    assert "{case.__class__}" in say("case.unknown", case="{case.__class__}")


def test_a_code_without_words_is_an_error_in_tests_and_itself_in_production() -> None:
    with pytest.raises(LookupError, match=r"no\.such_code has no words in zh"):
        say("no.such_code")
    be_strict(False)
    assert say("no.such_code") == "no.such_code"


def test_the_language_of_the_process_can_be_switched() -> None:
    assert word(CaseStage.RECOVERY) == "追偿"
    set_language("en")
    assert word(CaseStage.RECOVERY) == "Recovery"
    assert word(CaseStage.RECOVERY, "zh") == "追偿"


def test_a_finding_is_said_with_its_facts_and_its_article() -> None:
    finding = Finding(
        rule="ceiling",
        result=Result.FAIL,
        because="act.amount_over_ceiling",
        facts={"amount": "12000000.00", "ceiling": "10000000.00", "bound_by": "单户上限"},
        citation="东政规发〔2025〕5号",
    )

    assert say_finding(finding) == (
        "金额12000000.00元超过可支持上限10000000.00元（限制因素：单户上限；依据：东政规发〔2025〕5号）。请将金额降至上限以内。"
    )
