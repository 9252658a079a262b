"""Facts at their extremes to draw papers with: everything long, huge and many; and nothing but what must be there."""

from datetime import date, datetime, timedelta

from activities.papers.press.sample import SAMPLE
from rulebook.calendar import LAW_ZONE
from rulebook.findings import Result
from rulebook.law.fees import DayCount, FeeTerms, Waiver
from rulebook.law.rates import read_rate
from rulebook.papers.clauses import OptionalClause, PartyInBreach
from rulebook.papers.facts import (
    PaperAccount,
    PaperAct,
    PaperApplicant,
    PaperCheck,
    PaperCollateral,
    PaperContact,
    PaperFile,
    PaperFinding,
    PaperGuarantor,
    PaperReceipt,
)
from rulebook.papers.kinds import DocumentKind

NAME_LENGTH = 60
RARE = "𬭎㛃䶮"
_FILLER = "内蒙古自治区锡林郭勒盟苏尼特右旗阿其图乌拉苏木畜产品精深加工与冷链物流仓储产业"


def long_name(begin: str, end: str) -> str:
    """A name of 60 characters that differs from others at both ends."""
    body = (RARE + _FILLER * 2)[: NAME_LENGTH - len(begin) - len(end)]
    return begin + body + end


BORROWER = long_name("甲", "股份有限公司")
BANK = long_name("乙", "农村商业银行股份有限公司")
OPERATOR = long_name("丙", "产业投资服务集团有限公司")
FUND = long_name("丁", "企业资金链应急周转保障资金")
ACCOUNT = long_name("戊", "有限公司（转贷应急资金专户）")
KEEPER = long_name("己", "股份有限公司总行营业部")
GUARANTORS = tuple(long_name(begin, "融资担保有限公司") for begin in "庚辛壬")
HUGE_FEN = 987_654_321_098_765
"""9,876,543,210,987.65元: as many digits as can be written in words."""

REACHED = PaperContact(
    address="内蒙古自治区锡林郭勒盟苏尼特右旗阿其图乌拉苏木畜产品精深加工与冷链物流仓储产业园区12号楼3单元1801室",
    contact=f"{RARE}·阿布都拉·吐尔逊",
    phone="0518-87654321转8008",
    email="zhuandai.yingji.zhouzhuan@chanye-touzi-fuwu.example",
)

CROWDED = SAMPLE.model_copy(
    update={
        "fund_name": FUND,
        "operator_name": OPERATOR,
        "borrower_name": BORROWER,
        "bank_name": BANK,
        "bank_branch": "",
        "loan_note": "SBNSH-2025-0317-0042-ZXZJDKHT-0000000042",
        "balance_fen": HUGE_FEN,
        "bridge_fen": HUGE_FEN - 11,
        "promised_fen": HUGE_FEN - 22,
        "authority_fen": HUGE_FEN - 33,
        "ceiling_fen": HUGE_FEN - 44,
        "fee_fen": 98_765_432_109_876,
        "principal_owed_fen": 876_543_210_987_654,
        "fee_owed_fen": 8_765_432_109_876,
        "renewed_fen": HUGE_FEN - 55,
        "cooperation_ceiling_fen": HUGE_FEN - 66,
        "day_count": DayCount(part_day_counts=True),
        "prepaid_fee_fen": 98_765_432_109_877,
        "fees": FeeTerms(
            tiers=SAMPLE.fees.tiers if SAMPLE.fees else (),
            minimum_fen=1_000_000,
            prepaid_days=10,
            waivers=tuple(Waiver(since=date(2026, n, 1), until=date(2026, n, 28)) for n in range(1, 7)),
            extension_rate=read_rate("12.345678%/365"),
            overdue_rate=read_rate("18.525%/360"),
        ),
        "waived_days": 8,
        "promise_reference": "苏北农村商业银行东海支行转贷承诺〔2026〕第000018号",
        "promise_conditions": "原抵押物继续提供抵押，" * 20 + "并于新贷款发放前办妥登记",
        "signatory": f"{RARE}买买提·阿布都拉·吐尔逊 党委委员、副行长（主持工作）",
        "payee_account_name": BORROWER,
        "payee_account_branch": BANK,
        "custodian_account": PaperAccount(name=ACCOUNT, number="1070 2601 0400 1888 6666 8888 99", bank=KEEPER),
        "entrusted_bank": KEEPER,
        "applicant": PaperApplicant(
            kind="新型农业经营主体",
            legal_representative=f"{RARE}·阿布都拉·吐尔逊",
            phone="0518-87654321转8008",
            industry="C3099 其他未列明的非金属矿物制品制造及其精深加工",
            size_class="小型企业",
            employees=1_234_567,
            revenue_fen=HUGE_FEN - 77,
            assets_fen=HUGE_FEN - 88,
            tax_last_year_fen=HUGE_FEN - 99,
            asked_fen=HUGE_FEN - 111,
            own_contribution_fen=HUGE_FEN - 222,
            received_on=date(2026, 12, 23),
            applied_to_bank_on=date(2026, 12, 24),
        ),
        "guarantors": tuple(PaperGuarantor(name=name, how="连带责任保证（最高额）") for name in GUARANTORS),
        "collateral": tuple(
            PaperCollateral(
                kind="不动产" if n % 2 else "应收账款质押",
                description=f"第{n}处：" + "东海县石湖乡工业集中区厂房3,280.50平方米及土地使用权" * (1 + (n % 8 == 0)),
                anew=n % 2 == 0,
                certificate=f"苏（2025）东海县不动产证明第{n:07}号" if n % 3 else "",
            )
            for n in range(1, 41)
        ),
        "findings": tuple(
            PaperFinding(
                sentence=f"第{n}项："
                + "申请人列入经营异常名录，自2026年1月12日起，尚未移出；" * (1 + 2 * (n % 9 == 0)),
                citation=f"东政规发〔2025〕5号，准入条件第{n}项：无经营异常，无拖欠工资，无重大涉诉",
                result=(Result.PASS, Result.REFER, Result.FAIL)[n % 3],
                decided="已核对登记机关出具的移出证明，予以认可（王核）" if n % 3 == 1 else "",
            )
            for n in range(1, 31)
        ),
        "breaches": tuple(
            PaperFinding(sentence=f"第{n}项：" + "续贷资金未全部划入专户；" * n, citation=f"三方协议第四条第{n}项")
            for n in range(1, 13)
        ),
        "acts": tuple(
            PaperAct(
                role=role,
                name=f"{RARE}买买提",
                act="提出使用资金并附全部审查材料，请复核",
                at=datetime(2026, 12, 23, 10, n, tzinfo=LAW_ZONE),
                note="联席会议纪要〔2026〕3号，要求当日复查账户状态",
            )
            for n, role in enumerate(("经办", "复核", "经办", "复核", "出纳", "出纳"), start=10)
        ),
        "bound_by": "单户上限与承诺续贷金额的95%中较低者",
        "minutes_reference": "东海县企业转贷应急资金联席会议纪要〔2026〕第000003号",
        "minutes_decision": "要求承办主体在放款当日核实还款账户状态，并逐日报告续贷资金的归还情况。" * 12,
        "release_checks": tuple(
            PaperCheck(
                line=f"第{n}项：" + "还款账户未被冻结，无优先扣款安排；" * (1 + n % 3),
                done=n % 4 != 0,
                **({"by": f"{RARE}买买提", "at": datetime(2026, 12, 23, 10, n, tzinfo=LAW_ZONE)} if n % 4 else {}),
            )
            for n in range(1, 16)
        ),
        "receipts": tuple(
            PaperReceipt(
                on=date(2026, 3, 20) + timedelta(days=n),
                principal_fen=9_999_999_999_999 - n,
                fee_fen=99_999_999_999 - n,
                reference=f"SK20260326{n:08}-{n:012}",
            )
            for n in range(12)
        ),
        "extension_reason": "抵押登记机构系统升级，新贷款抵押登记推迟；" * 10,
        "operator_contact": REACHED,
        "borrower_contact": REACHED,
        "bank_contact": REACHED,
        "clauses": tuple(OptionalClause),
        "in_breach": tuple(PartyInBreach),
        "letter_no": "东海转贷催〔2026〕1234567号之二十二",
        "highest_average": read_rate("12.345678%/365"),
        "missing_papers": tuple(f"第{n}份：上一年度经审计的财务会计报告及其附注" for n in range(1, 16)),
        "files": tuple(
            PaperFile(
                number=f"DH-2026-000128-7-CN{n}",
                kind=DocumentKind.GUARANTOR_CONSENT if n % 2 else DocumentKind.CORRECTION_NOTICE,
                name="担保人知情同意书" if n % 2 else "补正告知书",
                made_on=date(2026, 12, 20),
                pages=n,
                sha256=f"{n:064x}",
            )
            for n in range(1, 46)
        ),
    }
)
"""Every name has 60 characters, every amount all its digits, every list is long."""
