"""What a bank's answer leads to, how firm its promise is, and what of it an approval relies on."""

from datetime import date

import pytest
from pydantic import ValidationError

from rulebook.cases import BankAnswer, Promise, PromiseRung, Route
from rulebook.money import MOST_FEN
from tests.rulebook.samples import a_promise


def test_the_funds_money_leaves_only_where_the_bank_lends_anew_after_repayment() -> None:
    assert {answer: answer.route for answer in BankAnswer} == {
        "renew_without_repayment": Route.DIRECT,
        "extend": Route.DIRECT,
        "revolving": Route.DIRECT,
        "reduced_renewal": Route.BRIDGE,
        "repay_then_lend": Route.BRIDGE,
        "no_renewal": Route.NONE,
    }


def test_a_promise_climbs_rung_by_rung() -> None:
    climbed = ["intention", "approved", "contracts_signed", "conditions_met", "released"]
    assert sorted(PromiseRung, key=lambda rung: rung.height) == climbed
    assert [PromiseRung(rung).height for rung in climbed] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("amount_fen", 1),
        ("valid_until", date(2027, 1, 1)),
        ("reference", "另一号"),
        ("signatory", "另一人"),
        ("authority_fen", 1),
        ("conditions", "另一条件"),
    ],
)
def test_an_approval_relies_on_everything_that_the_letter_says(name: str, value: object) -> None:
    changed = a_promise(**{name: value})
    assert changed.terms != a_promise().terms
    assert {key for key, said in changed.terms.items() if said != a_promise().terms[key]} == {name}


def test_but_not_on_how_far_the_promise_has_come_since() -> None:
    assert a_promise(rung="released").terms == a_promise(rung="intention").terms
    assert set(a_promise().terms) == set(Promise.model_fields) - {"rung"}


@pytest.mark.parametrize("name", ["amount_fen", "authority_fen"])
def test_no_promise_is_larger_than_any_amount(name: str) -> None:
    assert getattr(a_promise(**{name: MOST_FEN}), name) == MOST_FEN
    for absurd in (MOST_FEN + 1, -MOST_FEN - 1):
        with pytest.raises(ValidationError, match=name):
            a_promise(**{name: absurd})
