"""The columns of the application workbook: headings, units, what must be filled in, and what the form offers."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple


class Content(StrEnum):
    """What a column's cells hold, and so how they are read."""

    NAME = "name"
    TEXT = "text"
    CODE = "code"
    USCC = "uscc"
    INDUSTRY = "industry"
    PHONE = "phone"
    ACCOUNT = "account"
    COUNT = "count"
    MONEY = "money"
    PERCENT = "percent"
    DATE = "date"
    YES_NO = "yes_no"
    APPLICANT = "applicant"
    LOAN = "loan"
    RISK = "risk"
    BANK = "bank"


class Column(NamedTuple):
    """One column of the form.

    Attributes:
        field: the field of ``ApplicationRow``; ``standing.…`` and ``renewal.…`` for those facts.
        heading: as the form prints it, without unit.
        unit: what stands in brackets behind the heading.
        required: whether every row must fill it in.
        aliases: other headings that mean the same.
        choices: what the form's list offers.
        sample: what the form's sample row shows.
    """

    field: str
    heading: str
    content: Content
    required: bool = False
    unit: str = ""
    aliases: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    sample: str | int | float | None = None

    @property
    def title(self) -> str:
        """The heading with its unit in brackets."""
        return f"{self.heading}（{self.unit}）" if self.unit else self.heading


MONEY_UNITS: Mapping[str, int] = {"万元": 10_000, "元": 1}
"""Yuan in one unit of an amount column's heading."""
OTHER_UNITS: Mapping[Content, tuple[str, ...]] = {
    Content.COUNT: ("人", "名", ""),
    Content.PERCENT: ("%", "百分比", "百分数", ""),
}
"""What may stand behind the heading of another column of numbers."""

YES, NO = "是", "否"
_YES_NO = (YES, NO)
_C = Content

COLUMNS: tuple[Column, ...] = (
    Column(
        "applicant_name",
        "申请人名称",
        _C.NAME,
        True,
        aliases=("借款人", "借款人名称", "企业名称", "申请人"),
        sample="东海县某某石英制品有限公司",
    ),
    Column("uscc", "统一社会信用代码", _C.USCC, True, aliases=("信用代码",), sample="91320722MAXQ0000XX"),
    Column(
        "kind",
        "申请人类型",
        _C.APPLICANT,
        True,
        choices=("企业", "法定代表人", "个体工商户", "新型农业经营主体"),
        sample="企业",
    ),
    Column(
        "legal_representative", "法定代表人或经营者", _C.NAME, True, aliases=("法定代表人", "经营者"), sample="张某"
    ),
    Column("phone", "联系电话", _C.PHONE, True, aliases=("电话", "手机"), sample="13900000000"),
    Column("address", "送达地址", _C.TEXT, aliases=("住所", "通讯地址"), sample="东海县牛山街道某某路1号"),
    Column("contact", "联系人", _C.NAME, aliases=("送达联系人",), sample="李某"),
    Column("email", "电子送达地址", _C.TEXT, aliases=("电子邮箱", "邮箱"), sample="office@example.com"),
    Column("industry", "行业代码", _C.INDUSTRY, True, aliases=("国民经济行业代码", "行业"), sample="C3052"),
    Column("employees", "从业人员", _C.COUNT, unit="人", aliases=("从业人数", "职工人数"), sample=35),
    Column("revenue_fen", "营业收入", _C.MONEY, unit="万元", aliases=("上年营业收入",), sample=1800),
    Column("assets_fen", "资产总额", _C.MONEY, unit="万元", sample=1500),
    Column("tax_last_year_fen", "上年纳税额", _C.MONEY, unit="万元", aliases=("上年度纳税额",), sample=36.5),
    Column("registered_locally", "本地注册纳税", _C.YES_NO, aliases=("是否本地注册纳税",), choices=_YES_NO, sample=YES),
    Column(
        "priority_firm",
        "专精特新或强优企业",
        _C.YES_NO,
        aliases=("专精特新", "是否专精特新或强优企业"),
        choices=_YES_NO,
        sample=NO,
    ),
    Column("bank", "贷款银行", _C.BANK, True, aliases=("合作银行", "原贷款银行"), sample="晶都农商行"),
    Column("loan_note", "借据号", _C.CODE, True, aliases=("借据编号", "原贷款借据号"), sample="JD2025030500001"),
    Column(
        "loan_kind",
        "贷款品种",
        _C.LOAN,
        True,
        aliases=("贷款种类",),
        choices=("流动资金贷款", "个人经营性贷款", "项目贷款", "表外融资"),
        sample="流动资金贷款",
    ),
    Column("balance_fen", "贷款余额", _C.MONEY, True, unit="万元", aliases=("原贷款余额",), sample=300),
    Column("maturity", "到期日", _C.DATE, True, aliases=("贷款到期日", "原贷款到期日"), sample="2026-03-20"),
    Column(
        "risk_class",
        "五级分类",
        _C.RISK,
        aliases=("贷款五级分类",),
        choices=("正常", "关注", "次级", "可疑", "损失"),
        sample="正常",
    ),
    Column("interest_in_arrears", "是否欠息", _C.YES_NO, aliases=("欠息",), choices=_YES_NO, sample=NO),
    Column("asked_fen", "申请金额", _C.MONEY, True, unit="万元", aliases=("申请转贷金额", "申请过桥金额"), sample=280),
    Column("own_contribution_fen", "自筹资金", _C.MONEY, True, unit="万元", aliases=("企业自筹资金",), sample=20),
    Column("applied_to_bank_on", "向银行申请续贷日期", _C.DATE, aliases=("申请续贷日期",), sample="2026-02-25"),
    Column(
        "account_name", "还款账户户名", _C.NAME, True, aliases=("账户户名", "户名"), sample="东海县某某石英制品有限公司"
    ),
    Column("account_number", "还款账号", _C.ACCOUNT, True, aliases=("还款账户账号", "账号"), sample="6230000000000000"),
    Column(
        "account_branch", "开户行", _C.NAME, True, aliases=("还款账户开户行", "开户银行"), sample="晶都农商行牛山支行"
    ),
    Column(
        "collateral_anew", "抵押需重新登记", _C.YES_NO, aliases=("是否重新办理抵押登记",), choices=_YES_NO, sample=NO
    ),
    Column(
        "collateral_type",
        "抵质押物类型",
        _C.TEXT,
        aliases=("抵押物类型",),
        choices=(
            "不动产",
            "设备",
            "股权",
            "收益权",
            "商标权",
            "专利权",
            "出口退税",
            "仓单",
            "保单",
            "债券",
            "应收账款",
        ),
        sample="不动产",
    ),
    Column("collateral", "抵质押物说明", _C.TEXT, aliases=("抵押物说明",), sample="牛山街道厂房"),
    Column("guarantor", "保证人", _C.NAME, aliases=("担保人", "担保机构")),
    Column("standing.abnormal_operation", "经营异常", _C.YES_NO, choices=_YES_NO, sample=NO),
    Column("standing.unpaid_wages", "拖欠工资", _C.YES_NO, choices=_YES_NO, sample=NO),
    Column("standing.litigation", "涉诉", _C.YES_NO, aliases=("涉及诉讼",), choices=_YES_NO, sample=NO),
    Column("standing.bad_credit", "不良信用", _C.YES_NO, aliases=("不良信用记录",), choices=_YES_NO, sample=NO),
    Column("standing.dishonest_debtor", "失信被执行人", _C.YES_NO, choices=_YES_NO, sample=NO),
    Column("standing.loan_misused", "挪用信贷资金", _C.YES_NO, choices=_YES_NO, sample=NO),
    Column("standing.stopped_over_six_months", "停产停业六个月以上", _C.YES_NO, choices=_YES_NO, sample=NO),
    Column("standing.no_tax_for_six_months", "六个月以上无税收", _C.YES_NO, choices=_YES_NO, sample=NO),
    Column("standing.overdue_over_three_months", "逾期三个月以上", _C.YES_NO, choices=_YES_NO, sample=NO),
    Column("liabilities_ppm", "资产负债率", _C.PERCENT, unit="%", sample=55.5),
    Column("listed", "是否上市公司", _C.YES_NO, aliases=("上市公司",), choices=_YES_NO, sample=NO),
    Column("lifted_from_poverty", "吸纳脱贫人口就业", _C.YES_NO, choices=_YES_NO, sample=NO),
    Column("seat_locally", "住所在本地", _C.YES_NO, aliases=("本地注册",), choices=_YES_NO, sample=YES),
    Column("on_list", "在办法规定的名单内", _C.YES_NO, aliases=("名单内企业",), choices=_YES_NO, sample=NO),
    Column("shareholder", "借款人为股东", _C.YES_NO, choices=_YES_NO, sample=NO),
    Column("farms_as_firm", "农业主体属企业", _C.YES_NO, choices=_YES_NO, sample=NO),
    Column("farms_as_individual_business", "农业主体属个体工商户", _C.YES_NO, choices=_YES_NO, sample=NO),
    Column("encouraged_industry", "国家鼓励发展行业", _C.YES_NO, choices=_YES_NO, sample=NO),
    Column("leading_firm", "龙头企业", _C.YES_NO, choices=_YES_NO, sample=NO),
    Column("growth_firm", "成长型企业", _C.YES_NO, choices=_YES_NO, sample=NO),
    Column("high_tech_firm", "高新技术企业", _C.YES_NO, choices=_YES_NO, sample=NO),
    Column("standing.representative_bad_credit", "法定代表人不良信用", _C.YES_NO, choices=_YES_NO, sample=NO),
    Column("standing.controller_bad_credit", "实际控制人不良信用", _C.YES_NO, choices=_YES_NO, sample=NO),
    Column("standing.unpaid_tax", "欠税漏税", _C.YES_NO, choices=_YES_NO, sample=NO),
    Column("renewal.need_persists", "仍有融资需求", _C.YES_NO, choices=_YES_NO, sample=YES),
    Column("renewal.difficulty_temporary", "资金困难属临时性", _C.YES_NO, choices=_YES_NO, sample=YES),
    Column("renewal.lawful_operation", "依法合规经营", _C.YES_NO, choices=_YES_NO, sample=YES),
    Column("renewal.operating_stably", "持续正常经营", _C.YES_NO, choices=_YES_NO, sample=YES),
    Column("renewal.debt_evasion", "逃废债", _C.YES_NO, choices=_YES_NO, sample=NO),
    Column("renewal.meets_lending_standard", "符合贷款条件", _C.YES_NO, choices=_YES_NO, sample=YES),
    Column("renewal.contract_signed_on", "新合同签订日期", _C.DATE),
)

SAMPLE_MARK = "示例"
"""A row whose first name begins so is the form's own example, and is not read."""


class Heading(NamedTuple):
    """A heading as somebody wrote it: its words, and the unit in brackets behind them."""

    words: str
    unit: str


def tidy(text: str) -> str:
    """Numbers, days and choices as people mean them: full-width digits and letters made plain, spaces at the ends and
    doubled ones gone. Never for a name, which stays as it is written.

    >>> tidy("  ９１３２０７２２ｍａ\\u3000")
    '91320722ma'
    """
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).strip()


def heading_of(value: object) -> Heading:
    """A heading without spaces, marks and its unit.

    >>> heading_of("* 贷款余额 （万元）")
    Heading(words='贷款余额', unit='万元')
    """
    if not isinstance(value, str):
        return Heading("", "")
    plain = re.sub(r"[\s*]", "", unicodedata.normalize("NFKC", value))
    match = re.fullmatch(r"(.+?)\(([^()]*)\)", plain)
    return Heading(match[1], match[2]) if match else Heading(plain, "")


_BY_HEADING: Mapping[str, Column] = {words: column for column in COLUMNS for words in (column.heading, *column.aliases)}


def column_of(heading: Heading) -> Column | None:
    """The column a heading means, or None."""
    return _BY_HEADING.get(heading.words)


_LOOK_FOR_HEADINGS_IN = 30
_FEWEST_HEADINGS = 3


def find_headings(rows: Sequence[Sequence[object]]) -> int | None:
    """Where the row of headings stands; a title and notes may stand above it.

    Args:
        rows: the values of a sheet's rows from the top.
    Returns:
        index of the row with the most known headings (three at least), or None.
    """
    known = [sum(column_of(heading_of(value)) is not None for value in row) for row in rows[:_LOOK_FOR_HEADINGS_IN]]
    most = max(known, default=0)
    return known.index(most) if most >= _FEWEST_HEADINGS else None
