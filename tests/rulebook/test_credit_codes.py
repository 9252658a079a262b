"""Issue 14: the unified social credit code after GB 32100-2015, for every department that registers."""

import random

import pytest

from rulebook.errors import XuqiaoError
from rulebook.parties.credit_codes import DEPARTMENTS, SIGNS, check_code, check_sign

CODES = [
    "N2320722MF00000010",  # a village's collective, as in the issue
    "91110000600037341L",  # the example of the check's description in a public library of numbers
    "92141127MA0KD1Y64A",  # an individual business, from a public report that a stricter pattern refused it
    "12440600MB2C07549J",  # a public institution, from a public report about a validator
]


@pytest.mark.parametrize("code", CODES)
def test_14_a_code_that_somebody_bears_is_one(code: str) -> None:
    assert check_code(code) == code


@pytest.mark.parametrize("department", DEPARTMENTS)
@pytest.mark.parametrize("kind", "1239")
def test_14_every_department_may_register(department: str, kind: str) -> None:
    first = f"{department}{kind}320722MF0000001"
    assert check_code(first + check_sign(first)) == first + check_sign(first)


@pytest.mark.parametrize("code", CODES)
def test_14_every_other_last_sign_is_refused_with_the_right_one(code: str) -> None:
    for sign in set(SIGNS) - {code[-1]}:
        with pytest.raises(XuqiaoError) as refused:
            check_code(code[:-1] + sign)
        assert (refused.value.code, refused.value.params) == (
            "workbook.uscc_check",
            {"given": sign, "right": code[-1]},
        )


@pytest.mark.parametrize("code", CODES)
def test_14_one_wrong_sign_or_two_neighbours_changed_about_are_always_found(code: str) -> None:
    slips = {code[:at] + sign + code[at + 1 :] for at in range(18) for sign in SIGNS}
    slips |= {code[:at] + code[at + 1] + code[at] + code[at + 2 :] for at in range(17)}
    for slip in slips - {code}:
        with pytest.raises(XuqiaoError):
            check_code(slip)


@pytest.mark.parametrize(
    "code",
    [
        "",
        "N2320722MF0000001",
        "N2320722MF000000100",
        "B2320722MF00000010",
        "02320722MF00000010",
        "NA320722MF00000010",
        "N0320722MF00000010",
        "N2A20722MF00000010",
        "N2320722MI00000010",
        "N2320722MFO0000010",
        "Ｎ2320722MF00000010",
        "n2320722mf00000010",
    ],
)
def test_14_what_has_another_form_is_no_code(code: str) -> None:
    with pytest.raises(XuqiaoError) as refused:
        check_code(code)
    assert refused.value.code == "workbook.uscc_form"


def test_14_the_check_sign_reaches_all_thirty_one_values() -> None:
    chance = random.Random(32100)
    firsts = ["91320722" + "".join(chance.choices(SIGNS, k=9)) for _ in range(500)]
    assert {check_sign(first) for first in firsts} == set(SIGNS)
