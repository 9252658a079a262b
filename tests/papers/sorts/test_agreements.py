"""What each agreement binds whom to: its variants, its fee in numbers, and where its parties sign."""

import re
from datetime import date

import pytest

from activities.papers.press import Press
from activities.papers.press.sample import SAMPLE
from rulebook.law.fees import FeeTerms, FeeTier, Outstanding, usage_fee
from rulebook.law.rates import read_rate
from rulebook.money import format_yuan
from rulebook.papers.facts import PaperGuarantor
from rulebook.papers.kinds import DocumentKind
from tests.papers.samples import Lang, Read, Sample, changed

MANY = tuple(PaperGuarantor(name=f"石湖第{number}担保有限公司") for number in range(1, 8))
SIGNED_BY = {
    DocumentKind.USAGE_AGREEMENT: ["operator", "borrower"],
    DocumentKind.COOPERATION_AGREEMENT: ["operator", "bank"],
    DocumentKind.LIAISON_FORM: ["operator", "bank"],
    DocumentKind.ENTRUSTED_LOAN_AGREEMENT: ["operator", "entrusted_bank", "borrower"],
    DocumentKind.TRIPARTITE_AGREEMENT: ["operator", "borrower", "bank", *(f"guarantor_{n}" for n in (1, 2, 3))],
    DocumentKind.GUARANTOR_CONSENT: ["guarantor_1", "guarantor_2", "guarantor_3"],
    DocumentKind.EXTENSION_AGREEMENT: ["operator", "borrower", "bank"],
}


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("kind", list(SIGNED_BY))
def test_every_party_has_one_place_to_sign_large_enough_for_a_seal(
    kind: DocumentKind, lang: Lang, sample: Sample
) -> None:
    paper = sample(kind, lang)
    assert [box.party for box in paper.boxes] == SIGNED_BY[kind]
    millimetre = 72 / 25.4
    assert all(box.width >= 45 * millimetre and box.height >= 20 * millimetre for box in paper.boxes)


def test_guarantors_consent_and_sign_only_where_there_are_any(press: Press, read: Read) -> None:
    alone = press.render(DocumentKind.TRIPARTITE_AGREEMENT, changed(guarantors=()))
    assert "担保人同意" not in read(alone)
    assert "第十六条生效与文本" in read(alone)
    assert [box.party for box in alone.boxes] == ["operator", "borrower", "bank"]
    with_guarantors = press.render(DocumentKind.TRIPARTITE_AGREEMENT, changed(guarantors=MANY))
    text = read(with_guarantors)
    assert "第十六条担保人同意" in text
    assert "第十七条生效与文本" in text
    assert "丙方和每一担保人各执壹份" in text
    assert all(text.count(guarantor.name) == 2 for guarantor in MANY)
    assert [box.party for box in with_guarantors.boxes[3:]] == [f"guarantor_{n}" for n in range(1, 8)]
    english = read(press.render(DocumentKind.TRIPARTITE_AGREEMENT, changed(guarantors=MANY), "en"))
    assert "11.Consentoftheguarantors" in english
    assert "12.Effectandcopies" in english


def test_a_guarantor_whose_manner_nobody_recorded_is_bound_by_his_own_contract(press: Press, read: Read) -> None:
    text = read(press.render(DocumentKind.GUARANTOR_CONSENT, changed(guarantors=MANY[:1])))
    assert "1石湖第1担保有限公司以到期贷款担保合同的约定为准" in text
    assert "担保人：石湖第1担保有限公司（单位加盖公章；自然人签字并捺印）" in text


@pytest.mark.parametrize("kind", [DocumentKind.USAGE_AGREEMENT, DocumentKind.ENTRUSTED_LOAN_AGREEMENT])
@pytest.mark.parametrize(
    ("days", "minimum_fen", "rates"),
    [
        (1, None, ("0.0195%", "0.0333%", "0.045%")),
        (10, None, ("0.0195%", "0.0333%", "0.045%")),
        (7, 500_000, ("0.0195%", "0.0333%", "0.045%")),
        (60, None, ("4.35%/360", "5.22%/365", "1/7001")),
    ],
)
def test_the_schedule_of_fees_is_what_the_rules_charge(
    kind: DocumentKind, days: int, minimum_fen: int | None, rates: tuple[str, str, str], press: Press, read: Read
) -> None:
    first, second, third = map(read_rate, rates)
    terms = FeeTerms(
        tiers=(
            FeeTier(through_day=2, daily_rate=first),
            FeeTier(through_day=3, daily_rate=second),
            FeeTier(daily_rate=third),
        ),
        minimum_fen=minimum_fen or 0,
    )
    text = read(press.render(kind, changed(bridge_fen=123_456_789, expected_days=days, fees=terms)))
    for day in range(1, days + 1):
        fee = usage_fee([Outstanding(123_456_789, days=day)], terms)
        assert f"{day}日{format_yuan(fee, grouped=True)}" in text
    assert ("不设最低金额" in text) is (minimum_fen is None)


def test_a_long_term_is_worked_out_for_sixty_days_at_the_most(press: Press, read: Read) -> None:
    text = read(press.render(DocumentKind.USAGE_AGREEMENT, changed(expected_days=365)))
    assert "60日109,250.00" in text  # 4,750.00 + 55 × 1,900.00
    assert "61日" not in text


def test_the_schedule_ends_with_the_term_and_says_what_holds_behind_it(press: Press, read: Read) -> None:
    text = read(press.render(DocumentKind.USAGE_AGREEMENT, changed(expected_days=10)))
    assert "10日14,250.00" in text
    assert "11日" not in text
    assert "超出下表天数的，按所在分段的每日使用费继续累计" in text
    rated = read(press.render(DocumentKind.USAGE_AGREEMENT, changed(expected_days=10, fees={"overdue_rate": "0.05%"})))
    assert "继续累计" not in rated
    assert "超出下表天数的，按本条和第十一条关于展期、逾期的约定计算" in rated


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_cooperation_agreement_tells_nothing_of_a_case(lang: Lang, sample: Sample, read: Read) -> None:
    text = read(sample(DocumentKind.COOPERATION_AGREEMENT, lang))
    told = (
        *(SAMPLE.borrower_name, SAMPLE.borrower_uscc, SAMPLE.loan_note, "石犇", "沈喆", "4,750,000.00"),
        *("5,000,000.00", "62284801", "2026年3月20日", "20March2026", "苏北农商东承"),
    )
    assert [fact for fact in told if fact in text] == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_liaison_form_is_one_sheet(lang: Lang, sample: Sample, press: Press, read: Read) -> None:
    assert sample(DocumentKind.LIAISON_FORM, lang).pages == 1
    asked = press.render(DocumentKind.LIAISON_FORM, changed(bank_answer=""), lang)
    assert asked.pages == 1
    assert ("□无还本续贷" if lang == "zh" else "□renewalwithoutrepayment") in read(asked)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (DocumentKind.USAGE_AGREEMENT, "不减轻乙方依本协议承担的归还责任"),
        (DocumentKind.COOPERATION_AGREEMENT, "乙方未按联系单发放续贷资金，或者未将续贷资金划入专户的，应当赔偿甲方"),
        (DocumentKind.LIAISON_FORM, "未按本联系单履行的，依合作协议赔偿贵方的损失"),
        (DocumentKind.ENTRUSTED_LOAN_AGREEMENT, "甲方有权依据续贷承诺向贷款银行主张赔偿"),
        (DocumentKind.EXTENSION_AGREEMENT, "甲方同意展期，不减轻丙方已经产生的责任"),
        (DocumentKind.GUARANTOR_CONSENT, "不因签署本同意书而对周转资金及其资金使用费承担担保责任"),
    ],
)
def test_it_is_said_who_answers_if_the_bank_does_not_renew(
    kind: DocumentKind, said: str, sample: Sample, read: Read
) -> None:
    assert said in read(sample(kind))


def test_only_the_operators_own_choices_are_marked_in_the_new_agreements(press: Press, read: Read) -> None:
    choices = ("extension.longest_days", "bridge.term_days")
    extension = read(press.render(DocumentKind.EXTENSION_AGREEMENT, changed(operator_choices=choices)))
    assert "2026年4月7日※（含当日）" in extension
    usage = read(press.render(DocumentKind.USAGE_AGREEMENT, changed(operator_choices=choices)))
    assert "不超过10日※" in usage
    assert "节假日照常计算；" in usage
    cooperation = read(press.render(DocumentKind.COOPERATION_AGREEMENT, changed(operator_choices=())))
    assert "归还到期贷款的本金。" in cooperation
    assert "个工作日内发放续贷资金" in cooperation


RATED = {"extension_rate": "4.35%/360", "overdue_rate": "5%/365"}
OVERDUE = {
    DocumentKind.TRIPARTITE_AGREEMENT: (
        "按第五条计收至",
        "不再按第五条计算，按日计收至全部归还之日止，日费率为年利率5%÷365※",
    ),
    DocumentKind.USAGE_AGREEMENT: (
        "按第五条计收至",
        "不再按第五条计算，按日计收至全部归还之日止，日费率为年利率5%÷365※",
    ),
    DocumentKind.ENTRUSTED_LOAN_AGREEMENT: (
        "按第六条计收至",
        "不再按第六条计算，按日计收至全部归还之日止，日费率为年利率5%÷365※",
    ),
    DocumentKind.EXTENSION_AGREEMENT: (
        "按第三条计收至",
        "不再按第三条计算，按日计收至全部归还之日止，日费率为年利率5%÷365※",
    ),
    DocumentKind.PAYMENT_DEMAND: ("按协议约定的标准计收", "按日计收至全部归还之日止，日费率为年利率5%÷365※"),
}


@pytest.mark.parametrize("kind", list(OVERDUE))
def test_what_overdue_and_extended_money_costs_is_what_the_measure_says(
    kind: DocumentKind, press: Press, read: Read, sample: Sample
) -> None:
    usual, own = OVERDUE[kind]
    text = read(sample(kind))
    assert usual in text
    assert "不收取任何罚息" in text or "未约定的逾期费用，任何一方不得收取" in text
    choices = ("extension.daily_rate", "overdue.daily_rate")
    rated = read(press.render(kind, changed(fees=RATED, operator_choices=choices)))
    assert own in rated
    assert usual not in rated
    assert "不收取任何罚息" in rated or "未约定的逾期费用，任何一方不得收取" in rated
    assert ("日费率为年利率4.35%÷360※" in rated) is (kind is not DocumentKind.PAYMENT_DEMAND)
    english = read(press.render(kind, changed(fees=RATED, operator_choices=choices), "en"))
    assert "bearsadailyrateof5%ayear÷365※" in re.sub(r"CaseDH.*?Page\dof\d", "", english)  # a page may end within


def test_the_days_of_an_extension_have_one_rate_where_the_measure_has_one(press: Press, read: Read) -> None:
    text = read(press.render(DocumentKind.EXTENSION_AGREEMENT, changed(fees=RATED)))
    assert "按上列未归还本金计算，每日≈151.0417元" in text
    assert "第6日起" not in text


def test_waivers_prepayment_and_part_days_are_in_the_agreements_where_they_are_set(press: Press, read: Read) -> None:
    facts = {
        "fees": {"waivers": [{"since": date(2026, 3, 1), "until": date(2026, 3, 20)}], "prepaid_days": 5},
        "waived_days": 2,
        "prepaid_fee_fen": 285_000,
        "day_count": {"part_day_counts": True},
    }
    for kind, number in (
        (DocumentKind.TRIPARTITE_AGREEMENT, "五六"),
        (DocumentKind.USAGE_AGREEMENT, "七八"),
        (DocumentKind.ENTRUSTED_LOAN_AGREEMENT, "七八"),
    ):
        text = read(press.render(kind, changed(**facts)))
        free = "2026年3月1日至2026年3月20日（含首尾两日）期间的计费天数，免收资金使用费"
        assert f"（{number[0]}）{free}。" in text
        assert f"（{number[1]}）" in text
        assert "预付5日的资金使用费，计人民币贰仟捌佰伍拾元整（¥2,850.00）" in text
        assert "（按预定的日期划款，其中2日免收）" in text
        assert "当日划付、当日归还的按一日计算" in text
        bare = read(press.render(kind, changed()))
        assert not [word for word in ("免收", "预付", "按一日计算", "展期的，原期限") if word in bare]


def test_the_form_and_the_certificate_show_a_waiver_that_applied_and_no_other(press: Press, read: Read) -> None:
    free = {
        "waivers": [
            {"since": date(2026, 3, 1), "until": date(2026, 3, 20)},
            {"since": date(2026, 6, 1), "until": date(2026, 6, 30)},
        ]
    }
    certificate = read(press.render(DocumentKind.SETTLEMENT_CERTIFICATE, changed(fees=free, waived_days=2)))
    assert "其中免收使用费2日（2026年3月1日至2026年3月20日（含首尾两日）期间" in certificate
    assert "6月" not in certificate
    assert "免收" not in read(press.render(DocumentKind.SETTLEMENT_CERTIFICATE, changed(fees=free, waived_days=0)))
    form = read(press.render(DocumentKind.APPLICATION_FORM, changed(fees=free, waived_days=2)))
    assert "（其中2日免收）" in form
