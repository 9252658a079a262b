"""Invented facts to look at a paper with; no firm, bank or account of this name is meant."""

from collections.abc import Mapping
from datetime import date, datetime
from fractions import Fraction

from rulebook.calendar import LAW_ZONE
from rulebook.findings import Result
from rulebook.law.fees import FeeTerms, FeeTier
from rulebook.law.provisions import DayOff
from rulebook.law.rates import PPM
from rulebook.papers.clauses import PartyInBreach
from rulebook.papers.facts import (
    PaperAccount,
    PaperAct,
    PaperApplicant,
    PaperBasis,
    PaperBrought,
    PaperCheck,
    PaperCollateral,
    PaperContact,
    PaperCopy,
    PaperData,
    PaperEvent,
    PaperFile,
    PaperFinding,
    PaperGuarantor,
    PaperReceipt,
)
from rulebook.papers.kinds import PAPERS, DocumentKind
from rulebook.papers.letters import letter_number
from rulebook.stages import CaseStage

_CHECKED = datetime(2026, 3, 19, 9, 32, tzinfo=LAW_ZONE)

SAMPLE = PaperData(
    case_no="DH-2026-000128-7",
    document_no="DH-2026-000128-7-03",
    issued_on=date(2026, 3, 16),
    fund_name="东海县企业转贷应急资金",
    operator_name="东海县晶源产业投资服务有限公司",
    office_symbol="晶转",
    operator_contact=PaperContact(
        address="东海县牛山街道和平东路68号", contact="李敬", phone="0518-87800123", email="zhuandai@jingyuan.example"
    ),
    measure_document="东政规发〔2025〕5号",
    operator_choices=(
        "bridge.covers",
        "deadline.new_loan",
        "fee.counted",
        "fee.first_day_counts",
        "fee.last_day_counts",
        "release.cut_off",
        "review_days",
    ),
    borrower_name="连云港石湖硅微粉制造有限公司",
    borrower_uscc="91320722MA1XQ0A12C",
    borrower_contact=PaperContact(
        address="东海县石湖乡工业集中区8号", contact="石犇", phone="0518-87654321", email="caiwu@shihu.example"
    ),
    bank_name="江苏苏北农村商业银行股份有限公司",
    bank_branch="东海支行",
    bank_uscc="91320722MA1XQ0B34U",
    bank_contact=PaperContact(
        address="东海县牛山街道幸福南路19号", contact="周贷", phone="0518-87231188", email="donghai@sbrcb.example"
    ),
    loan_note="SBNSH-2025-0317-0042",
    maturity=date(2026, 3, 20),
    balance_fen=500_000_000,
    bridge_fen=475_000_000,
    promised_fen=500_000_000,
    promise_reference="苏北农商东承〔2026〕18号",
    promise_valid_until=date(2026, 4, 10),
    promise_conditions="原抵押物继续提供抵押，并于新贷款发放前办妥登记",
    signatory="沈喆 副行长",
    authority_fen=1_000_000_000,
    payee_account_name="连云港石湖硅微粉制造有限公司",
    payee_account_number="6228 4801 2345 6789 012",
    payee_account_branch="江苏苏北农村商业银行股份有限公司东海支行",
    custodian_account=PaperAccount(
        name="东海县晶源产业投资服务有限公司（转贷应急资金专户）",
        number="1070 2601 0400 1888 6",
        bank="江苏苏北农村商业银行股份有限公司营业部",
    ),
    fees=FeeTerms(
        tiers=(FeeTier(through_day=5, daily_rate=Fraction(200, PPM)), FeeTier(daily_rate=Fraction(400, PPM)))
    ),
    term_days=10,
    day_off=DayOff.SAME,
    expected_days=10,
    fee_fen=1_425_000,
    new_loan_days=5,
    pay_by=date(2026, 3, 19),
    due_by=date(2026, 3, 29),
    cut_off="16:30",
    terms_digest="9f2c4b7a6d1e8053c4f7a9b2d6e1f0358a7c4d2b9e6f1a3058c7d4e2b9f6a103",
    paid_on=date(2026, 3, 19),
    returned_on=date(2026, 3, 27),
    days_out=8,
    new_loan_note="SBNSH-2026-0326-0057",
    renewed_fen=500_000_000,
    findings=(
        PaperFinding(
            sentence="申请人列入经营异常名录（2026年1月12日起，尚未移出）。",
            citation="东政规发〔2025〕5号，准入条件：无经营异常",
        ),
        PaperFinding(
            sentence="到期贷款为项目贷款，不属于流动资金贷款。",
            citation="东政规发〔2025〕5号，支持范围：流动资金贷款",
        ),
    ),
    review_days=5,
    applicant=PaperApplicant(
        kind="企业",
        legal_representative="石犇",
        phone="0518-87654321",
        industry="C3099 其他非金属矿物制品制造",
        size_class="小型企业",
        employees=86,
        revenue_fen=3_650_000_000,
        assets_fen=5_120_000_000,
        tax_last_year_fen=48_231_955,
        asked_fen=475_000_000,
        own_contribution_fen=25_000_000,
        received_on=date(2026, 3, 3),
        applied_to_bank_on=date(2026, 2, 24),
    ),
    guarantors=(
        PaperGuarantor(name="东海县石湖融资担保有限公司", how="连带责任保证"),
        PaperGuarantor(name="石犇", how="连带责任保证", relation="夫妻"),
        PaperGuarantor(name="李㛃", how="连带责任保证", relation="夫妻"),
    ),
    collateral=(
        PaperCollateral(
            kind="不动产",
            description="东海县石湖乡工业集中区厂房3,280.50平方米及土地使用权6,666.70平方米",
            anew=True,
            certificate="苏（2025）东海县不动产证明第0007731号",
        ),
        PaperCollateral(kind="动产", description="气流粉碎机组2套、球磨机4台"),
    ),
    acts=(
        PaperAct(role="经办", name="李敬", act="提交审批", at=datetime(2026, 3, 12, 10, 15, tzinfo=LAW_ZONE)),
        PaperAct(
            role="复核",
            name="王核",
            act="同意",
            at=datetime(2026, 3, 13, 15, 40, tzinfo=LAW_ZONE),
            note="联席会议纪要〔2026〕3号",
        ),
        PaperAct(role="出纳", name="赵纳", act="放款核验并划款", at=_CHECKED),
    ),
    ceiling_fen=475_000_000,
    bound_by="承诺续贷金额的95%",
    bank_answer="先还后贷",
    minutes_reference="联席会议纪要〔2026〕3号",
    minutes_decision="同意使用应急资金475万元，期限10日；要求承办主体在放款当日核实还款账户状态。",
    release_checks=(
        PaperCheck(line="失信名单和涉诉情况已于当日复查", done=True, by="赵纳", at=_CHECKED),
        PaperCheck(line="还款账户未被冻结，无优先扣款安排", done=True, by="赵纳", at=_CHECKED),
        PaperCheck(line="到期贷款未逾期，余额与申请一致", done=True, by="赵纳", at=_CHECKED),
        PaperCheck(line="自筹资金已存入还款账户", done=True, by="赵纳", at=_CHECKED),
        PaperCheck(line="续贷承诺有效期长于资金使用期限", done=True, by="赵纳", at=_CHECKED),
        PaperCheck(line="收款账户已回拨核实", done=True, by="赵纳", at=_CHECKED),
        PaperCheck(line="登记机构已查询，无后手抵押", done=True, by="赵纳", at=_CHECKED),
    ),
    payment_reference="ZF20260319000417",
    due_on=date(2026, 3, 29),
    principal_owed_fen=125_000_000,
    fee_owed_fen=1_140_000,
    bases=(PaperBasis(reference="SK20260326000093", amount_fen=350_000_000, line_on=date(2026, 3, 26), line_row=12),),
    receipts=(PaperReceipt(on=date(2026, 3, 26), principal_fen=350_000_000, fee_fen=0, reference="SK20260326000093"),),
    answer_by=date(2026, 4, 3),
    breaches=(
        PaperFinding(
            sentence="续贷资金于2026年3月26日发放后，未将相当于周转资金本金的款项全部划入专户。",
            citation="三方协议第四条第二项",
        ),
    ),
    in_breach=(PartyInBreach.BORROWER,),
    extended_to=date(2026, 4, 7),
    extension_reason="抵押登记机构系统升级，新贷款抵押登记推迟",
    missing_papers=("上一年度审计报告", "贷款银行盖章的续贷申请受理回执"),
    files=(
        PaperFile(
            number="DH-2026-000128-7-CN",
            kind=DocumentKind.RENEWAL_COMMITMENT,
            name="续贷承诺函",
            made_on=date(2026, 3, 13),
            pages=1,
            sha256="0b6f4a0a3b0e4a4f0a8f2f53fdc0c8b4bb7f7d7d1f3f0a2b6a1c9d8e7f605142",
            copies=(
                PaperCopy(
                    form="签署文书扫描件",
                    sha256="5d41402abc4b2a76b9719d911017c592ae2c5d3f0b1e4c7a8d9f00112233aabb",
                ),
            ),
        ),
        PaperFile(
            number="DH-2026-000128-7-XY",
            kind=DocumentKind.TRIPARTITE_AGREEMENT,
            name="三方协议",
            made_on=date(2026, 3, 13),
            pages=4,
            sha256="3a7bd3e2360a3d29eea436fcfb7e44c735d117c42d1c1835420b6b9942dd4f1b",
            copies=(
                PaperCopy(
                    form="已电子签署的文书",
                    sha256="9f2c4e1d7b6a5f4e3d2c1b0a99887766554433221100ffeeddccbbaa99887766",
                ),
            ),
        ),
    ),
    brought=(
        PaperBrought(
            name="营业执照",
            dated_on=date(2021, 5, 18),
            pages=1,
            sha256="5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9",
            original=False,
            kept_for="30年",
        ),
    ),
    happened=(
        PaperEvent(on=date(2026, 3, 4), what="受理申请"),
        PaperEvent(on=date(2026, 3, 13), what="审批通过，资金已预留（4750000.00元）", by="复核 王核"),
        PaperEvent(on=date(2026, 3, 19), what="款项已付出（4750000.00元）", by="出纳 赵纳"),
    ),
    cooperation_from=date(2026, 1, 1),
    cooperation_until=date(2026, 12, 31),
    cooperation_ceiling_fen=10_000_000_000,
    entrusted_bank="江苏苏北农村商业银行股份有限公司营业部",
)
"""One bridged case; it holds the facts of every kind of paper. 4,750,000.00元 for 8 days: 4,750.00 + 5,700.00."""

_EXAMINED = (
    PaperFinding(
        sentence="申请人属于支持范围内的小型企业。", citation="东政规发〔2025〕5号，支持对象", result=Result.PASS
    ),
    PaperFinding(
        sentence="到期贷款为流动资金贷款，未逾期、未欠息，五级分类为正常。",
        citation="东政规发〔2025〕5号，支持范围：流动资金贷款",
        result=Result.PASS,
    ),
    PaperFinding(
        sentence="申请人有一件未结的买卖合同纠纷，是否重大须人工认定。",
        citation="东政规发〔2025〕5号，准入条件：无重大涉诉",
        result=Result.REFER,
        decided="标的额3.2万元，不影响还款能力，予以认可（王核）",
    ),
)
_IN_STAGE: Mapping[CaseStage, Mapping[str, object]] = {
    CaseStage.INTAKE: {"issued_on": date(2026, 3, 4), "answer_by": date(2026, 3, 9)},
    CaseStage.REFUSED: {"issued_on": date(2026, 3, 9)},
    CaseStage.AGREEMENT: {"findings": _EXAMINED, "acts": SAMPLE.acts[:2]},
    CaseStage.APPROVAL: {"findings": _EXAMINED, "acts": SAMPLE.acts[:1]},
    # On the release day, before the money leaves: nothing is checked yet, and nothing paid.
    CaseStage.DISBURSEMENT: {
        "issued_on": date(2026, 3, 19),
        "acts": SAMPLE.acts[:2],
        "release_checks": tuple(PaperCheck(line=each.line, done=False) for each in SAMPLE.release_checks),
        "payment_reference": None,
    },
    # 5 × 950 + 2 × 1,900 + 500
    CaseStage.REPAYMENT: {"issued_on": date(2026, 3, 27), "fee_owed_fen": 905_000},
    CaseStage.RECOVERY: {"issued_on": date(2026, 3, 31), "fee_owed_fen": 1_105_000},  # four more days at 500
    CaseStage.CLOSED: {"issued_on": date(2026, 3, 30), "fee_fen": 1_045_000},
}
"""What is different on the day a paper would be drawn up, by the stage in which that is."""


def sample_of(kind: DocumentKind) -> PaperData:
    """The sample on the day that a paper of a kind would be drawn up, so that nothing in it is still to come."""
    number = {"letter_no": letter_number(SAMPLE.office_symbol, SAMPLE.case_no, kind, 1)}
    return SAMPLE.model_copy(update=number | dict(_IN_STAGE.get(PAPERS[kind].stage, {})))
