"""Workbooks as officers get them wrong: written by the form's own columns, then spoilt cell by cell."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

from openpyxl.utils import get_column_letter

from activities.workbook.columns import COLUMNS

MONDAY = date(2026, 3, 2)
GOOD: Mapping[str, object] = {
    "applicant_name": "东海县试填石英制品有限公司",
    "uscc": "91320722MAXQ0001XF",
    "kind": "企业",
    "legal_representative": "石试填",
    "phone": "13900000001",
    "industry": "C3052",
    "employees": 35,
    "revenue_fen": 1800,
    "assets_fen": 1500.5,
    "tax_last_year_fen": 36.123456,
    "registered_locally": "是",
    "priority_firm": "否",
    "bank": "晶都农商行",
    "loan_kind": "流动资金贷款",
    "balance_fen": 300,
    "maturity": date(2026, 3, 20),
    "risk_class": "正常",
    "interest_in_arrears": "否",
    "asked_fen": 280,
    "own_contribution_fen": 20,
    "applied_to_bank_on": date(2026, 2, 25),
    "account_name": "东海县试填石英制品有限公司",
    "account_number": "6230000000000001",
    "account_branch": "晶都农商行牛山支行",
    "standing.litigation": "否",
}
HEADINGS_ROW = 2

Row = Mapping[str, object]
Write = Callable[..., Path]


def letter(field: str, columns: Sequence[str]) -> str:
    """The letter of a field's column."""
    return get_column_letter(columns.index(field) + 1)


FIELDS: tuple[str, ...] = tuple(column.field for column in COLUMNS)
TITLES: Mapping[str, str] = {column.field: column.title for column in COLUMNS}
