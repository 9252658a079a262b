"""Real papers, drawn and read back."""

import io
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from activities.papers.press import Paper, Press
from activities.papers.press.sample import SAMPLE
from rulebook.errors import XuqiaoError
from rulebook.messages import digest_of
from rulebook.papers.facts import PaperFinding
from rulebook.papers.kinds import PAPERS, DocumentKind
from tests.papers.samples import EVERY_PAPER, Lang, Read, Sample, bare, changed

AGREEMENTS = Path(str(files("templates"))) / "agreements"


SHOWS = {
    DocumentKind.RENEWAL_COMMITMENT: (
        "人民币伍佰万元整（¥5,000,000.00）",
        "2026年4月10日",
        "沈喆",
        "原抵押物继续提供抵押",
    ),
    DocumentKind.TRIPARTITE_AGREEMENT: (
        "人民币肆佰柒拾伍万元整（¥4,750,000.00）",
        "0.02%",
        "950.00",
        "0.04%",
        "1,900.00",
        "人民币壹万肆仟贰佰伍拾元整（¥14,250.00）",
        "62284801",
        "封闭运行",
        "不超过10日",
        "丙方和每一担保人各执壹份",
        "东政规发〔2025〕5号",
    ),
    DocumentKind.TRANSFER_INSTRUCTION: ("人民币肆佰柒拾伍万元整", "¥4,750,000.00", "62284801", "2026年3月19日16:30"),
    DocumentKind.SETTLEMENT_CERTIFICATE: (
        "2026年3月19日",
        "2026年3月27日",
        "8日",
        "人民币壹万肆仟贰佰伍拾元整",
        "结清",
    ),
    DocumentKind.REFUSAL_NOTICE: ("列入经营异常名录", "准入条件：无经营异常", "项目贷款", "5个工作日内", "复核"),
    DocumentKind.CORRECTION_NOTICE: (
        "上一年度审计报告",
        "贷款银行盖章的续贷申请受理回执",
        "2026年4月3日（含当日）之前",
        "2026年3月3日收到",
        "补正不收取任何费用",
    ),
    DocumentKind.PAYMENT_REMINDER: (
        "人民币壹佰贰拾伍万元整（¥1,250,000.00）",
        "人民币壹万壹仟肆佰元整（¥11,400.00）",
        "人民币壹佰贰拾陆万壹仟肆佰元整（¥1,261,400.00）",
        "2026年3月29日（含当日），距今13日",
        "本金¥3,500,000.00",
        "转贷应急资金专户",
        "1070260104001888",
    ),
    DocumentKind.PAYMENT_DEMAND: (
        "人民币壹佰贰拾伍万元整（¥1,250,000.00）",
        "人民币壹佰贰拾陆万壹仟肆佰元整（¥1,261,400.00）",
        "2026年3月26日3,500,000.000.00SK20260326000093",
        "2026年4月3日（含当日）之前",
        "1070260104001888",
        "不收取任何罚息、滞纳金或者催收费用",
    ),
    DocumentKind.APPLICATION_FORM: (
        "受理日期：2026年3月3日",
        "石犇",
        "C3099其他非金属矿物制品制造",
        "482,319.55元",
        "苏（2025）东海县不动产证明第0007731号需要",
        "3李㛃（夫妻）连带责任保证",
        "先还后贷",
        "1不通过申请人列入经营异常名录",
        "准入条件：无经营异常",
        "承诺续贷金额的95%",
        "人民币肆佰柒拾伍万元整（¥4,750,000.00）",
        "2026年3月13日15:40",
        "14,250.00元※",
    ),
    DocumentKind.DRAWDOWN_REQUEST: (
        "人民币肆佰柒拾伍万元整",
        "¥4,750,000.00",
        "不迟于2026年3月19日16:30※",
        "62284801",
        "1070260104001888",
        "法定代表人（石犇）",
    ),
    DocumentKind.RELEASE_CHECKLIST: (
        "人民币肆佰柒拾伍万元整（¥4,750,000.00）",
        "7登记机构已查询，无后手抵押√已核验赵纳2026年3月19日09:32",
        "出纳赵纳放款核验并划款2026年3月19日09:32",
        "2026年4月10日",
        "62284801",
    ),
    DocumentKind.DISBURSEMENT_FORM: (
        "人民币肆佰柒拾伍万元整",
        "¥4,750,000.00",
        "62284801",
        "1070260104001888",
        "ZF20260319000417",
        "复核王核同意（联席会议纪要〔2026〕3号）",
    ),
    DocumentKind.MINUTES: (
        "联席会议纪要〔2026〕3号",
        "同意使用应急资金475万元，期限10日",
        "议定金额：人民币肆佰柒拾伍万元整（¥4,750,000.00）",
        "DH-2026-000128-7",
    ),
    DocumentKind.ARCHIVE_INDEX: (
        "DH-2026-000128-7-CN续贷承诺函2026年3月13日1",
        "0b6f4a0a3b0e4a4f0a8f2f53fdc0c8b4bb7f7d7d1f3f0a2b6a1c9d8e7f605142",
        "共2件，5页",
    ),
    DocumentKind.USAGE_AGREEMENT: (
        "人民币肆佰柒拾伍万元整（¥4,750,000.00）",
        "第6日起0.04%1,900.00",
        "10日14,250.00",
        "人民币壹万肆仟贰佰伍拾元整（¥14,250.00）",
        "62284801",
        "1070260104001888",
        "封闭运行",
        "不超过10日",
        "一式叁份",
    ),
    DocumentKind.COOPERATION_AGREEMENT: (
        "自2026年1月1日至2026年12月31日（含首尾两日）",
        "人民币壹亿元整（¥100,000,000.00）",
        "1070260104001888",
        "附件一印鉴样本",
        "附件二乙方有权签字人及其限额",
        "双方各执贰份",
    ),
    DocumentKind.LIAISON_FORM: (
        "人民币肆佰柒拾伍万元整（¥4,750,000.00）",
        "人民币伍佰万元整（¥5,000,000.00）",
        "苏北农商东承〔2026〕18号",
        "2026年4月10日（含当日）",
        "62284801",
        "1070260104001888",
        "¥10,000,000.00",
        "先还后贷",
    ),
    DocumentKind.ENTRUSTED_LOAN_AGREEMENT: (
        "乙方（受托人）江苏苏北农村商业银行股份有限公司营业部",
        "人民币肆佰柒拾伍万元整（¥4,750,000.00）",
        "第6日起0.04%1,900.00",
        "10日14,250.00",
        "62284801",
        "1070260104001888",
        "不承担信用风险",
        "一式肆份",
    ),
    DocumentKind.GUARANTOR_CONSENT: (
        "1东海县石湖融资担保有限公司连带责任保证",
        "3李㛃（夫妻）连带责任保证",
        "人民币肆佰柒拾伍万元整（¥4,750,000.00）",
        "人民币伍佰万元整（¥5,000,000.00）",
        "2026年4月10日",
    ),
    DocumentKind.EXTENSION_AGREEMENT: (
        "人民币肆佰柒拾伍万元整（¥4,750,000.00）",
        "人民币壹佰贰拾伍万元整（¥1,250,000.00）展期",
        "到期日为2026年4月7日（含当日）",
        "原到期日2026年3月29日",
        "第6日起0.04%500.00",
        "抵押登记机构系统升级",
        "2026年3月26日3,500,000.000.00SK20260326000093",
        "1070260104001888",
    ),
    DocumentKind.BREACH_NOTICE: (
        "未将相当于周转资金本金的款项全部划入专户。依据：三方协议第四条第二项",
        "2026年4月3日（含当日）之前改正",
        "人民币壹佰贰拾伍万元整（¥1,250,000.00）",
    ),
}


def borrower_of(kind: DocumentKind) -> tuple[str, ...]:
    """The borrower as a paper must name him: not at all in the agreement that is made for every case."""
    return () if kind is DocumentKind.COOPERATION_AGREEMENT else (SAMPLE.borrower_name, SAMPLE.borrower_uscc)


@pytest.mark.parametrize("kind", DocumentKind)
def test_a_paper_shows_parties_amounts_and_terms(kind: DocumentKind, sample: Sample, read: Read) -> None:
    text = read(sample(kind))
    for expected in (*borrower_of(kind), SAMPLE.bank_name, SAMPLE.operator_name, *SHOWS[kind]):
        assert expected.replace(" ", "") in text


@pytest.mark.parametrize("kind", DocumentKind)
def test_the_english_version_shows_the_same_facts(kind: DocumentKind, sample: Sample, read: Read) -> None:
    text = read(sample(kind, "en"))
    amount = {
        DocumentKind.REFUSAL_NOTICE: "5,000,000.00",
        DocumentKind.COOPERATION_AGREEMENT: "100,000,000.00",
    }.get(kind, "4,750,000.00")
    for expected in (*borrower_of(kind), SAMPLE.operator_name, amount, "Page1of"):
        assert expected in text


@pytest.mark.parametrize(("kind", "lang"), EVERY_PAPER)
def test_every_page_bears_case_number_paper_number_count_and_digest(
    kind: DocumentKind, lang: Lang, press: Press, sample: Sample
) -> None:
    paper = sample(kind, lang)
    reader = PdfReader(io.BytesIO(paper.pdf))
    assert len(reader.pages) == paper.pages
    digest = digest_of(press.facts_of(kind, SAMPLE, lang))
    assert paper.data_digest == digest
    for number, page in enumerate(reader.pages, start=1):
        text = "".join(page.extract_text().split())
        count = f"Page{number}of{paper.pages}" if lang == "en" else f"第{number}页共{paper.pages}页"
        for expected in (SAMPLE.case_no, SAMPLE.document_no, count, digest):
            assert expected in text


@pytest.mark.parametrize(("kind", "lang"), EVERY_PAPER)
def test_a_paper_weighs_no_more_than_160_kb(kind: DocumentKind, lang: Lang, sample: Sample) -> None:
    assert len(sample(kind, lang).pdf) <= 160_000


def test_the_same_facts_give_the_same_bytes_in_any_order_and_press(press: Press) -> None:
    first = press.render(DocumentKind.REFUSAL_NOTICE, SAMPLE)
    press.render(DocumentKind.SETTLEMENT_CERTIFICATE, changed(borrower_name="犇堃贸易有限公司"))
    again = press.render(DocumentKind.REFUSAL_NOTICE, SAMPLE)
    elsewhere = Press().render(DocumentKind.REFUSAL_NOTICE, SAMPLE)
    assert first.pdf == again.pdf == elsewhere.pdf
    assert first == again == elsewhere
    other = press.render(DocumentKind.REFUSAL_NOTICE, changed(review_days=6))
    assert other.sha256 != first.sha256
    assert other.data_digest != first.data_digest
    assert other.template_digest == first.template_digest


def test_26_a_certificate_says_which_fee_was_told_before_and_which_is_due(press: Press, read: Read) -> None:
    corrected = changed(fee_told_fen=700_000, fee_due_fen=100_000)
    words: dict[Lang, str] = {"zh": "使用费更正", "en": "Feecorrected"}
    for lang, said in words.items():
        paper = read(press.render(DocumentKind.SETTLEMENT_CERTIFICATE, corrected, lang))
        assert said in paper
        assert "7,000.00" in paper
        assert "1,000.00" in paper
        assert said not in read(press.render(DocumentKind.SETTLEMENT_CERTIFICATE, SAMPLE, lang))


def test_the_pdf_is_dated_and_titled_by_its_facts(press: Press) -> None:
    paper = press.render(DocumentKind.SETTLEMENT_CERTIFICATE, changed(issued_on=date(2026, 1, 5)))
    about = PdfReader(io.BytesIO(paper.pdf)).metadata
    assert about is not None
    assert {str(about["/CreationDate"]), str(about["/ModDate"])} == {"D:20260105"}
    assert about.title == f"结清证明 {SAMPLE.document_no}"


@pytest.mark.parametrize(("kind", "lang"), EVERY_PAPER)
def test_a_paper_needs_no_more_than_it_requires(kind: DocumentKind, lang: Lang, press: Press, read: Read) -> None:
    text = read(press.render(kind, bare(kind), lang))
    assert SAMPLE.operator_name in text
    assert all(expected in text for expected in borrower_of(kind))
    assert "None" not in text


@pytest.mark.parametrize(
    ("kind", "field"), [(kind, field) for kind, row in PAPERS.items() for field in (*row.needs, "borrower_uscc")]
)
def test_a_paper_with_a_hole_in_it_is_refused(kind: DocumentKind, field: str, press: Press) -> None:
    hole = () if isinstance(getattr(SAMPLE, field), tuple) else {"borrower_uscc": " "}.get(field)
    with pytest.raises(XuqiaoError) as refused:
        press.render(kind, changed(**{field: hole}))
    assert refused.value.code == "papers.missing_fact"
    assert refused.value.params == {"kind": kind.value, "field": field, "case": SAMPLE.case_no}


def fonts_of(paper: Paper) -> set[str]:
    names = set()
    for page in PdfReader(io.BytesIO(paper.pdf)).pages:
        resources: Any = page["/Resources"]
        names |= {font.get_object()["/BaseFont"].split("+")[1] for font in resources["/Font"].values()}
    return names


def test_rare_characters_of_names_are_drawn_from_the_bundled_faces(press: Press, read: Read) -> None:
    rare = "喆堃犇㛃𬭎𫟹䶮"
    for kind in (DocumentKind.REFUSAL_NOTICE, DocumentKind.TRANSFER_INSTRUCTION):
        paper = press.render(kind, changed(borrower_name=f"{rare}商贸有限公司", operator_name=f"{rare}运营公司"))
        assert f"{rare}商贸有限公司" in read(paper)
        drawn_from = {name.removesuffix("-Bold").removesuffix("-rare") for name in fonts_of(paper)}
        assert drawn_from <= {"xuqiao-song", "xuqiao-hei", "xuqiao-heading"}


@pytest.mark.parametrize(("char", "codepoint"), [("😀", "U+1F600"), ("\x07", "U+0007"), ("ⵣ", "U+2D63")])
def test_a_character_without_a_glyph_is_refused_by_name(char: str, codepoint: str, press: Press) -> None:
    with pytest.raises(XuqiaoError) as refused:
        press.render(DocumentKind.REFUSAL_NOTICE, changed(borrower_name=f"笑脸{char}公司"))
    assert refused.value.code == "papers.missing_glyph"
    assert refused.value.params == {"character": char, "codepoint": codepoint, "document": SAMPLE.document_no}


def test_hyphens_spaces_and_invisible_marks_are_made_plain(press: Press, read: Read) -> None:
    paper = press.render(
        DocumentKind.REFUSAL_NOTICE, changed(loan_note="A\u2011B\u200b\u202eC", borrower_name="甲\u00a0乙\ufeff公司")
    )
    text = read(paper)
    assert "A-BC" in text
    assert "甲乙公司" in text


def test_long_names_and_huge_amounts_still_make_a_paper(press: Press, read: Read) -> None:
    name = "内蒙古自治区锡林郭勒盟" + "苏尼特右旗畜产品精深加工" * 4 + "有限责任公司"
    facts = changed(borrower_name=name, bridge_fen=9_876_543_210_987, promised_fen=12_345_678_901_234)
    text = read(press.render(DocumentKind.TRIPARTITE_AGREEMENT, facts))
    assert text.count(name) == 2
    assert "人民币玖佰捌拾柒亿陆仟伍佰肆拾叁万贰仟壹佰零玖元捌角柒分（¥98,765,432,109.87）" in text
    many = tuple(PaperFinding(sentence=f"第{i}项不符。", citation=f"第{i}条") for i in range(1, 41))
    paper = press.render(DocumentKind.REFUSAL_NOTICE, changed(findings=many))
    assert paper.pages >= 2
    assert "40．第40项不符。依据：第40条" in read(paper)


def test_a_template_that_asks_for_an_address_is_refused(tmp_path: Path) -> None:
    for address in (
        "file:///etc/passwd",
        "http://127.0.0.1:9/seal.png",
        "font://unknown",
        "data:image/png;base64,AAAA",
    ):
        (tmp_path / "refusal_notice.zh.html").write_text(
            "{% extends '_sheet.html' %}{% block paper %}<img src='" + address + "'>{{ d.borrower_name }}{% endblock %}"
        )
        with pytest.raises(XuqiaoError) as refused:
            Press(tmp_path).render(DocumentKind.REFUSAL_NOTICE, SAMPLE)
        assert refused.value.code == "papers.outside_asset"
        assert refused.value.params["address"] == address


def test_an_offices_template_stands_before_the_bundled_one_and_changes_the_digest(
    tmp_path: Path, press: Press, read: Read
) -> None:
    (tmp_path / "_parts.zh.html").write_text(
        (AGREEMENTS / "_parts.zh.html").read_text().replace("（公章）", "（业务专用章）")
    )
    own = Press(tmp_path)
    assert "（业务专用章）" in read(own.render(DocumentKind.SETTLEMENT_CERTIFICATE, SAMPLE))
    for kind in DocumentKind:
        assert own.template_digest(kind) != press.template_digest(kind)
        assert own.template_digest(kind, "en") == press.template_digest(kind, "en")
    assert len({press.template_digest(*which) for which in EVERY_PAPER}) == len(EVERY_PAPER)


def test_a_template_never_prints_a_fact_that_is_not_known(tmp_path: Path) -> None:
    (tmp_path / "refusal_notice.zh.html").write_text("{{ d.paid_on }}")
    with pytest.raises(XuqiaoError) as refused:
        Press(tmp_path).render(DocumentKind.REFUSAL_NOTICE, changed(paid_on=None))
    assert refused.value.code == "papers.nothing_to_print"


def test_an_offices_font_is_used_and_a_broken_one_refused(tmp_path: Path, press: Press) -> None:
    fonts = tmp_path / "fonts"
    fonts.mkdir()
    (fonts / "body.ttf").symlink_to(AGREEMENTS / "fonts" / "XuqiaoHei-Regular.ttf")
    own = Press(tmp_path)
    paper = own.render(DocumentKind.SETTLEMENT_CERTIFICATE, SAMPLE)
    assert "xuqiao-office-body" in fonts_of(paper)
    assert paper.versions["fonts"] != press.render(DocumentKind.SETTLEMENT_CERTIFICATE, SAMPLE).versions["fonts"]
    (fonts / "title.ttf").write_bytes(b"no font at all")
    with pytest.raises(XuqiaoError) as refused:
        Press(tmp_path)
    assert refused.value.code == "papers.font_unreadable"
    assert refused.value.params["path"] == str(fonts / "title.ttf")
