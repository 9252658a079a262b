"""Applications to test with: each builder gives a good case, and a test changes what it is about."""

import itertools
from datetime import date
from typing import Any

from stdnum import luhn
from stdnum.cn import uscc

from activities.law.calendars import shanghai_today
from rulebook.applications import ApplicationRow
from rulebook.cases import ApplicantKind, LoanKind, LoanRiskClass, StandingFacts
from rulebook.money import yuan

BANK = "JDRCB"
_SERIAL = itertools.count(1)
CLEAN = StandingFacts(
    abnormal_operation=False,
    unpaid_wages=False,
    litigation=False,
    bad_credit=False,
    dishonest_debtor=False,
    loan_misused=False,
)


def a_code(serial: int) -> str:
    """An invented 统一社会信用代码 with the right check character."""
    base = f"91320722MA{serial % 10**7:07d}"
    return base + uscc.calc_check_digit(base)


def a_micro_manufacturer(*, maturity: date, asking: int | None = None, **changed: Any) -> ApplicationRow:
    """A quartz works with 12 people whose working-capital loan of 6,000,000 yuan falls due.

    Args:
        maturity: of its loan.
        asking: the bridge it asks for, in fen; 5,000,000 yuan unless said.
        changed: fields of the application that the test is about.
    """
    serial = next(_SERIAL)
    note = f"T{shanghai_today():%y%m%d}{serial:05d}"
    row: dict[str, Any] = {
        "applicant_name": f"东海县试晶石英制品{serial}号有限公司",
        "uscc": a_code(serial),
        "kind": ApplicantKind.FIRM,
        "legal_representative": "陈喆",
        "phone": "13800000000",
        "industry": "3051",
        "employees": 12,
        "revenue_fen": yuan(8_000_000),
        "assets_fen": yuan(9_000_000),
        "registered_locally": True,
        "bank": BANK,
        "bank_name": "晶都农村商业银行",
        "loan_note": note + luhn.calc_check_digit(note[1:]),
        "loan_kind": LoanKind.WORKING_CAPITAL,
        "balance_fen": yuan(6_000_000),
        "maturity": maturity,
        "risk_class": LoanRiskClass.PASS,
        "interest_in_arrears": False,
        "asked_fen": asking if asking is not None else yuan(5_000_000),
        "applied_to_bank_on": shanghai_today(),
        "account_name": f"东海县试晶石英制品{serial}号有限公司",
        "account_number": f"62284801{serial:011d}",
        "account_branch": "晶都农村商业银行东海支行",
        "standing": CLEAN,
    }
    row |= changed
    row.setdefault("own_contribution_fen", row["balance_fen"] - row["asked_fen"])  # the rest of the loan
    return ApplicationRow.model_validate(row)


def a_medium_manufacturer(*, maturity: date, **changed: Any) -> ApplicationRow:
    """The same works grown to 400 people: of medium size, so the green channel is not for it."""
    grown: dict[str, Any] = {"employees": 400, "revenue_fen": yuan(50_000_000), "assets_fen": yuan(60_000_000)}
    return a_micro_manufacturer(maturity=maturity, **{**grown, **changed})
