"""Invented facts to look at a paper with; no firm, bank or account of this name is meant."""

from datetime import date

from rulebook.papers import FeeStep, PaperAccount, PaperData, PaperFinding

SAMPLE = PaperData(
    case_no="DH-2026-000128-7",
    document_no="DH-2026-000128-7-03",
    issued_on=date(2026, 3, 16),
    fund_name="东海县企业转贷应急资金",
    operator_name="东海县晶源产业投资服务有限公司",
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
    bank_name="江苏苏北农村商业银行股份有限公司",
    bank_branch="东海支行",
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
    fee_steps=(
        FeeStep(from_day=1, through_day=5, daily_rate_ppm=200),
        FeeStep(from_day=6, through_day=None, daily_rate_ppm=400),
    ),
    expected_days=10,
    fee_fen=1_425_000,
    new_loan_days=5,
    pay_by=date(2026, 3, 19),
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
)
"""One bridged case; it holds the facts of every kind of paper. 4,750,000.00元 for 8 days: 4,750.00 + 5,700.00."""
