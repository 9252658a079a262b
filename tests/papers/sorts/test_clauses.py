"""What papers say beside their facts: whose choice a clause is, how days and tiers are counted, who signed for what."""

from datetime import date

import pytest

from activities.papers.press import Press
from activities.papers.press.sample import SAMPLE
from rulebook.papers.facts import PaperCheck
from rulebook.papers.kinds import DocumentKind
from tests.papers.samples import LANGUAGES, Read, Sample, changed


def test_only_the_operators_own_choices_are_marked(press: Press, read: Read) -> None:
    marked = read(press.render(DocumentKind.REFUSAL_NOTICE, changed(operator_choices=("review_days", "queue.then"))))
    assert "5个工作日内※，" in marked
    assert "由承办主体" in marked
    other = read(press.render(DocumentKind.REFUSAL_NOTICE, changed(operator_choices=("queue.then",))))
    assert "5个工作日内，" in other  # not the operator's choice: it bears no mark
    bare = read(press.render(DocumentKind.TRANSFER_INSTRUCTION, changed(operator_choices=("queue.then",))))
    assert "※" not in bare
    agreement = read(press.render(DocumentKind.TRIPARTITE_AGREEMENT, SAMPLE))
    assert "5个工作日内※发放续贷资金" in agreement
    assert "16:30前※划款" in agreement
    assert "不超过10日（于2026年3月19日划付的" in agreement  # the measure's own term bears no mark


def test_the_day_count_and_the_tiers_are_those_of_the_measure(press: Press, read: Read) -> None:
    facts = changed(
        day_count={"first_day_counts": False, "last_day_counts": True, "counted": "working"},
        fees={"tiers": [{"through_day": 1, "daily_rate": "0.0195%"}, {"daily_rate": "0.015%"}]},
    )
    text = read(press.render(DocumentKind.TRIPARTITE_AGREEMENT, facts))
    assert "划付当日不计入，归还专户当日计入，节假日不计算" in text
    assert "第1日0.0195%926.25" in text
    assert "第2日起0.015%712.50" in text


def test_a_term_in_working_days_and_the_least_fee_are_in_the_agreement(press: Press, read: Read) -> None:
    choices = ("bridge.term_days", "fee.minimum")
    facts = changed(term_in_working_days=True, fees={"minimum_fen": 200_000}, fee_fen=None, operator_choices=choices)
    agreement = read(press.render(DocumentKind.TRIPARTITE_AGREEMENT, facts))
    assert "不超过10个工作日※（于2026年3月19日划付的" in agreement
    assert "不足人民币贰仟元整（¥2,000.00）的，按人民币贰仟元整（¥2,000.00）计收※" in agreement
    assert "不超过10个工作日※" in read(press.render(DocumentKind.RENEWAL_COMMITMENT, facts))
    assert "¥14,250.00）※" in read(press.render(DocumentKind.SETTLEMENT_CERTIFICATE, changed(operator_choices=choices)))
    english = read(press.render(DocumentKind.TRIPARTITE_AGREEMENT, facts, "en"))
    assert "10workingdaysfrompayment※" in english
    assert "Wherethedayscostlessthan" in english
    assert "计收※" not in read(press.render(DocumentKind.TRIPARTITE_AGREEMENT, changed()))


def test_a_demand_before_the_day_asks_for_the_money_by_that_day(press: Press, read: Read) -> None:
    facts = {"due_on": date(2026, 3, 28), "answer_by": date(2026, 3, 20)}
    early = read(press.render(DocumentKind.PAYMENT_DEMAND, changed(**facts, issued_on=date(2026, 3, 16))))
    assert "归还期限尚未届满" in early
    assert "请你单位于2026年3月20日（含当日）之前书面告知还款安排，并于2026年3月28日（含当日）之前" in early
    assert "诉讼时效" not in early
    late = read(press.render(DocumentKind.PAYMENT_DEMAND, changed(**facts, issued_on=date(2026, 3, 31))))
    assert "已逾期3日" in late
    assert "诉讼时效自本函送达之时中断" in late
    assert "不改变归还期限" not in late
    english = read(press.render(DocumentKind.PAYMENT_DEMAND, changed(**facts, issued_on=date(2026, 3, 16)), "en"))
    assert "tellusinwritingby20March2026(inclusive)howyouwillrepay,andpaythisby28March2026" in english


def test_an_item_of_the_checklist_that_nobody_signed_leaves_room_for_who_and_when(press: Press, read: Read) -> None:
    items = (PaperCheck(line="收款账户已回拨核实", done=False), SAMPLE.release_checks[0])
    text = read(press.render(DocumentKind.RELEASE_CHECKLIST, changed(release_checks=items)))
    assert "1收款账户已回拨核实□已核验月日时" in text
    assert "2失信名单和涉诉情况已于当日复查√已核验赵纳2026年3月19日09:32" in text


def test_39_what_no_measure_lays_down_is_marked_on_a_notice_and_on_no_contract(press: Press, read: Read) -> None:
    """Beside a clause on damages or jurisdiction the mark would say that one side alone had set the terms."""
    for kind in (*CONTRACTS, DocumentKind.GUARANTOR_CONSENT):
        for lang in LANGUAGES:
            assert "※" not in read(press.render(kind, changed(operator_choices=()), lang))
    notice = read(press.render(DocumentKind.REFUSAL_NOTICE, changed(operator_choices=())))
    assert "复核由未参与本次审查的人员办理※" in notice
    assert f"由承办主体{SAMPLE.operator_name}自行设定" in notice
    assert "isnotlaiddowninthemeasure" in read(
        press.render(DocumentKind.REFUSAL_NOTICE, changed(operator_choices=()), "en")
    )


def test_no_clause_is_read_in_favour_of_one_side(sample: Sample, read: Read) -> None:
    text = read(sample(DocumentKind.TRIPARTITE_AGREEMENT))
    assert "两者不一致的，以本协议为准" in text
    assert "不构成甲方违约" in text
    assert "并不承担责任" not in text
    assert "借款人和每一担保人各执壹份" in read(sample(DocumentKind.GUARANTOR_CONSENT))


CONTRACTS = (
    DocumentKind.TRIPARTITE_AGREEMENT,
    DocumentKind.USAGE_AGREEMENT,
    DocumentKind.ENTRUSTED_LOAN_AGREEMENT,
    DocumentKind.EXTENSION_AGREEMENT,
    DocumentKind.COOPERATION_AGREEMENT,
)


@pytest.mark.parametrize("kind", CONTRACTS)
def test_39_a_contract_says_what_an_electronic_signature_is_worth_and_marks_no_clause_as_one_sided(
    kind: DocumentKind, press: Press, read: Read
) -> None:
    text = read(press.render(kind, changed()))
    assert "《中华人民共和国电子签名法》第十四条" in text
    for clause in ("提起诉讼", "应当赔偿甲方因此受到的损失", "合理费用"):
        assert f"{clause}※" not in text
    assert not ("具有同等效力" in text and "以本协议为准" in text)


def test_39_one_rate_is_no_tier_and_the_day_of_return_is_named(press: Press, read: Read) -> None:
    for kind in CONTRACTS[:3]:
        several = read(press.render(kind, changed()))
        assert "分段计收" in several
        assert "于2026年3月19日划付的，归还期限为2026年3月29日，含当日" in several
        one = changed(fees={"tiers": [{"daily_rate": "0.02%"}]})
        assert "分段计收" not in read(press.render(kind, one))


def test_39_the_certificate_says_when_the_debt_ended_and_a_promise_is_named_once(press: Press, read: Read) -> None:
    certificate = read(press.render(DocumentKind.SETTLEMENT_CERTIFICATE, changed()))
    assert "已于2026年3月26日最后一笔款项到账时终止" in certificate
    form = read(press.render(DocumentKind.DISBURSEMENT_FORM, changed(promise_reference="承诺函1号")))
    assert "续贷承诺（编号：承诺函1号）" in form
