"""What papers say of the parties: where each is reached, by which name, who signs, and who is answerable."""

from collections.abc import Callable
from functools import cache

import pytest

from activities.papers.press import Press
from activities.papers.press.sample import SAMPLE, sample_of
from rulebook.law.rates import read_rate
from rulebook.papers.clauses import OptionalClause, PartyInBreach
from rulebook.papers.facts import PaperContact, PaperGuarantor
from rulebook.papers.kinds import PAPERS, DocumentKind
from tests.papers.samples import Lang, Read, Sample, bare, changed

CASE_CONTRACTS = (
    DocumentKind.TRIPARTITE_AGREEMENT,
    DocumentKind.USAGE_AGREEMENT,
    DocumentKind.ENTRUSTED_LOAN_AGREEMENT,
)
CONTRACTS = (*CASE_CONTRACTS, DocumentKind.EXTENSION_AGREEMENT, DocumentKind.COOPERATION_AGREEMENT)
LETTERS = tuple(kind for kind, row in PAPERS.items() if row.sign)
WISHED = {
    "clauses": tuple(OptionalClause),
    "highest_average": read_rate("0.06%"),
    "fees": {"tiers": [{"daily_rate": "0.02%"}]},
    "fee_fen": 950_000,
}
Text = Callable[..., str]


@pytest.fixture(scope="module")
def wished(press: Press, read: Read) -> Text:
    """A contract with every optional clause, one rate and a bound on it, read back; each is drawn once."""

    @cache
    def _wished(kind: DocumentKind, lang: Lang = "zh") -> str:
        return read(press.render(kind, changed(**WISHED), lang))

    return _wished


@pytest.fixture(scope="module")
def letter(press: Press, read: Read) -> Text:
    """A letter of the office on its day, read back."""

    @cache
    def _letter(kind: DocumentKind, lang: Lang = "zh") -> str:
        return read(press.render(kind, sample_of(kind), lang))

    return _letter


@pytest.mark.parametrize("kind", CONTRACTS)
def test_39_a_contract_names_the_address_for_service_of_each_party_in_litigation_too(
    kind: DocumentKind, sample: Sample, read: Read
) -> None:
    text = read(sample(kind))
    contacts = {
        "operator": SAMPLE.operator_contact,
        "borrower": SAMPLE.borrower_contact,
        "bank": SAMPLE.bank_contact,
    }
    for party, contact in contacts.items():
        assert contact is not None
        through = f"联系人：{contact.contact}电话：{contact.phone}电子送达：{contact.email}"
        here = f"住所（送达地址）：{contact.address}{through}"
        assert (here in text) is (f"sign-{party}" in _places(kind)), party
    if kind is not DocumentKind.EXTENSION_AGREEMENT:  # that is part of the first agreement, which says so
        assert "上述地址同时为诉讼、仲裁和执行程序中法律文书的送达地址" in text


def _places(kind: DocumentKind) -> set[str]:
    parties = {
        DocumentKind.USAGE_AGREEMENT: {"operator", "borrower"},
        DocumentKind.ENTRUSTED_LOAN_AGREEMENT: {"operator", "borrower"},
        DocumentKind.COOPERATION_AGREEMENT: {"operator", "bank"},
    }.get(kind, {"operator", "borrower", "bank"})
    return {f"sign-{party}" for party in parties}


@pytest.mark.parametrize("kind", [*CONTRACTS, *LETTERS])
def test_39_what_nobody_set_leaves_no_hole(kind: DocumentKind, press: Press) -> None:
    page = press.page(kind, bare(kind))
    for unset in ("送达地址）", "联系人：", "电话：", "电子送达：", "其他约定", "折合年化", "节假日、休息日的"):
        assert unset not in page, unset
    half = bare(kind).model_copy(update={"operator_contact": PaperContact(phone="0518-87800123")})
    said = press.page(kind, half)
    assert "0518-87800123" in said
    assert "联系人：" not in said
    assert "地址：<" not in said


@pytest.mark.parametrize("kind", LETTERS)
def test_39_a_letter_bears_the_offices_number_and_says_whom_to_ask(kind: DocumentKind, letter: Text) -> None:
    text, sign = letter(kind), PAPERS[kind].sign
    assert f"晶转{sign}〔2026〕128号" in text
    assert "联系人：李敬电话：0518-87800123" in text
    english = letter(kind, "en")
    assert f"晶转{sign}〔2026〕128号" in english
    assert "李敬" in english
    assert "0518-87800123" in english


@pytest.mark.parametrize("kind", [DocumentKind.TRIPARTITE_AGREEMENT, DocumentKind.EXTENSION_AGREEMENT])
def test_39_the_bank_stands_there_by_its_registered_name_and_code(
    kind: DocumentKind, sample: Sample, read: Read
) -> None:
    text = read(sample(kind))
    assert f"{SAMPLE.bank_name}{SAMPLE.bank_branch}统一社会信用代码：{SAMPLE.bank_uscc}" in text
    assert "丙方为银行分支机构的，其签署已经取得所属法人的授权" in text


@pytest.mark.parametrize("kind", CASE_CONTRACTS)
def test_39_a_contract_says_what_a_year_costs_what_a_day_off_does_and_what_the_new_loan_is_for(
    kind: DocumentKind, sample: Sample, read: Read, wished: Text
) -> None:
    text = read(sample(kind))
    assert "归还期限为2026年3月29日，含当日）；期限届满之日为节假日、休息日的，归还期限不变" in text
    assert "折合年化费率为10.95%（单利，一年按365日）。" in text  # 14,250 of 4,750,000 for ten days
    assert "周转资金”，不得作与此不符的约定" in text
    assert "原有顺位继续保留" in text
    assert "折合年化费率为7.30%（单利，一年按365日），规定的上限为日平均0.06%，折合年化21.90%。" in wished(kind)
    english = read(sample(kind, "en"))
    assert "itisduebackby29March2026,inclusive" in english
    assert "10.95%ayear" in english


@pytest.mark.parametrize("kind", CASE_CONTRACTS)
def test_39_a_wished_clause_is_printed_and_no_other(
    kind: DocumentKind, sample: Sample, read: Read, wished: Text
) -> None:
    words = ("不可抗力。", "不得转让。", "解除。", "反洗钱。", "征信授权。", "强制执行公证。")
    assert [word for word in words if word not in wished(kind)] == []
    assert [word for word in words if word in read(sample(kind))] == []
    assert "《中华人民共和国反洗钱法》" in wished(kind)
    for number in "一二三四五六":
        assert f"（{number}）" in wished(kind)
    assert "Forcemajeure" in wished(kind, "en")
    if kind is not DocumentKind.TRIPARTITE_AGREEMENT:
        assert "分段" not in wished(kind)


def test_39_each_spouse_has_a_place_of_his_own_and_says_what_he_is(press: Press, read: Read, sample: Sample) -> None:
    for kind in (DocumentKind.TRIPARTITE_AGREEMENT, DocumentKind.GUARANTOR_CONSENT):
        paper = sample(kind)
        assert [box.party for box in paper.boxes][-2:] == ["guarantor_2", "guarantor_3"]
        text = read(paper)
        assert "担保人：石犇（单位加盖公章" in text
        assert "担保人：李㛃（单位加盖公章" in text
        assert "2石犇（夫妻）连带责任保证" in text
    alone = changed(guarantors=(PaperGuarantor(name="石犇"),))
    assert "（夫妻）" not in press.page(DocumentKind.GUARANTOR_CONSENT, alone)


@pytest.mark.parametrize(
    ("broke", "to", "copy"),
    [
        ((PartyInBreach.BORROWER,), f"{SAMPLE.borrower_name}（借款人）：", f"抄送：{SAMPLE.bank_name}"),
        (
            (PartyInBreach.BANK,),
            f"{SAMPLE.bank_name}{SAMPLE.bank_branch}（续贷银行）：",
            f"抄送：{SAMPLE.borrower_name}",
        ),
    ],
)
def test_39_a_notice_of_breach_goes_to_whom_it_names(
    broke: tuple[PartyInBreach, ...], to: str, copy: str, press: Press, read: Read
) -> None:
    text = read(press.render(DocumentKind.BREACH_NOTICE, changed(in_breach=broke)))
    party = "借款人" if broke == (PartyInBreach.BORROWER,) else "续贷银行"
    assert to in text
    assert copy in text
    assert f"经核查，{party}在协议履行中有下列违约情形" in text
    assert f"一、请{party}于2026年4月3日" in text
    assert SAMPLE.borrower_uscc in text


def test_39_the_banks_letter_is_dated_and_no_validity_reads_as_a_dash(press: Press, read: Read, sample: Sample) -> None:
    assert "出具日期：2026年3月16日" in read(sample(DocumentKind.RENEWAL_COMMITMENT))
    for kind in (DocumentKind.APPLICATION_FORM, DocumentKind.RELEASE_CHECKLIST):
        assert "承诺有效期至2026年4月10日" in read(sample(kind))
        page = press.page(kind, changed(promise_valid_until=None))
        assert "<th>承诺有效期</th><td>未取得承诺</td>" in page


def test_39_one_paper_has_one_name_everywhere(press: Press, read: Read, sample: Sample, wished: Text) -> None:
    text = read(sample(DocumentKind.TRIPARTITE_AGREEMENT))
    assert f"{SAMPLE.fund_name}三方协议" in text
    assert "使用三方协议" not in text
    called = press.page(DocumentKind.COOPERATION_AGREEMENT, changed())
    assert "《转贷工作联系单》" in called


def test_39_text_reaches_both_edges_and_an_amount_keeps_its_figures(press: Press, sample: Sample) -> None:
    import pypdfium2  # type: ignore[import-untyped]  # it has no types

    document = pypdfium2.PdfDocument(sample(DocumentKind.USAGE_AGREEMENT).pdf)
    page = document[2].get_textpage()
    lines = [page.get_rect(number) for number in range(page.count_rects())]
    right = (210 - 24) * 72 / 25.4
    full = [line for line in lines if line[2] - line[0] > 400]  # lines of text that were broken at the edge
    assert len(full) > 10
    at_the_edge = [line for line in full if abs(line[2] - right) < 1]
    assert len(at_the_edge) >= 0.8 * len(full)
    text = "\n".join(each.get_textpage().get_text_range() for each in document)
    assert "整\r\n（¥" not in text
    assert "整\n（¥" not in text
    document.close()
