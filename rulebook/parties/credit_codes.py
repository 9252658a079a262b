"""The unified social credit code (统一社会信用代码, GB 32100-2015 with amendment 1): 18 signs and what they must be.

One sign for the department that registers, one for the class of body, six digits for the district (GB/T 2260), nine
signs for the body itself (GB 11714), and a check sign over the seventeen before it.
"""

import re

from rulebook.errors import XuqiaoError

SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""Digits and capitals without I, O, S, V and Z; a sign's place is its value."""
LENGTH = 18
DEPARTMENTS = {
    "1": "机构编制",
    "2": "外交",
    "3": "司法行政",
    "4": "文化",
    "5": "民政",
    "6": "旅游",
    "7": "宗教",
    "8": "工会",
    "9": "工商",
    "A": "中央军委改革和编制办公室",
    "N": "农业",
    "Y": "其他",
}
"""Who registers (table 1 of the standard): N are collectives of a group, a village or a township (N1, N2, N3)."""
_FORM = re.compile(f"[{''.join(DEPARTMENTS)}][1-9][0-9]{{6}}[{SIGNS}]{{10}}")
_MODULUS = len(SIGNS)
_STEP = 3
"""Each place weighs three times the one before it, modulo 31 (GB/T 17710)."""


def check_sign(first: str) -> str:
    """The last sign of a code, from the seventeen before it.

    >>> check_sign("N2320722MF0000001"), check_sign("91110000600037341")
    ('0', 'L')
    """
    total = sum(SIGNS.index(sign) * pow(_STEP, place, _MODULUS) for place, sign in enumerate(first))
    return SIGNS[-total % _MODULUS]


def check_code(code: str) -> str:
    """That this is a unified social credit code; what comes back is the code.

    The body's own check sign (the 17th, GB 11714) is not asked: the 18th covers it, so a slip shows all the same, and
    whether a register numbered its bodies well is not for a borrower to answer. Nor is the class, whose table grows.

    Args:
        code: in capitals, without blanks.
    Raises:
        XuqiaoError: ``workbook.uscc_form`` or ``workbook.uscc_check``.
    """
    if not _FORM.fullmatch(code):
        raise XuqiaoError("workbook.uscc_form", length=len(code))
    right = check_sign(code[:-1])
    if code[-1] != right:
        raise XuqiaoError("workbook.uscc_check", given=code[-1], right=right)
    return code
