"""What people and banks say to a case: one content, one digest; and what one step of a case's story carries."""

import hashlib
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from rulebook.events import EventKind
from rulebook.messages import (
    MESSAGES,
    Actor,
    NewLoan,
    Propose,
    Receipt,
    ReceiptLine,
    ReceiptPurpose,
    body_hash,
    digest_of,
)
from rulebook.stages import ActKind, CaseStage, MessageKind, Role
from rulebook.steps import Outcome, PoolGranted, Refusal, Step

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)
NEW_LOAN = NewLoan(signed_on=date(2026, 3, 26), note="SB-2026-0057", amount_fen=500_000_000)
MAKER = Actor(id="li.jing", name="李敬", role=Role.MAKER, organisation="承办主体")
STEP = Step(
    case_no="DH-2026-00017-4",
    fund="DH",
    cause="act-1",
    at=datetime(2026, 3, 12, 2, 15, tzinfo=UTC),
    event=EventKind.PROPOSED,
    stage=CaseStage.APPROVAL,
    awaits=ActKind.APPROVE,
    due=datetime(2026, 3, 16, 9, 0, tzinfo=UTC),
    actor=MAKER,
    detail={"amount": "4,750,000.00"},
    taken=("act-1",),
    refused=(Refusal(id="act-0", code="act.not_positive", params={"amount": "0.00"}),),
)


def test_every_kind_of_message_has_its_body() -> None:
    assert MESSAGES.keys() == set(MessageKind)


def test_the_digest_of_a_body_is_that_of_its_canonical_json() -> None:
    canonical = '{"amount_fen":500000000,"kind":"new_loan","note":"SB-2026-0057","signed_on":"2026-03-26"}'
    assert body_hash(NEW_LOAN) == hashlib.sha256(canonical.encode()).hexdigest()


def test_chinese_is_digested_as_it_is_written() -> None:
    assert digest_of({"理由": "续"}) == hashlib.sha256('{"理由":"续"}'.encode()).hexdigest()


@given(st.dictionaries(st.text(max_size=3), PLAIN, max_size=5))
def test_the_order_of_the_keys_is_no_content(content: dict[str, object]) -> None:
    assert digest_of(dict(reversed(content.items()))) == digest_of(content)


@pytest.mark.parametrize(
    "changed",
    [
        {"note": "SB-2026-0058"},
        {"amount_fen": 500_000_001},
        {"signed_on": date(2026, 3, 27)},
    ],
)
def test_whatever_is_said_otherwise_has_another_digest(changed: dict[str, object]) -> None:
    assert body_hash(NEW_LOAN.model_copy(update=changed)) != body_hash(NEW_LOAN)


def test_a_message_that_was_kept_has_the_digest_of_the_one_that_came() -> None:
    line = ReceiptLine(purpose=ReceiptPurpose.FEE, amount_fen=1, reference="LS-1", payer="借款人")
    receipt = Receipt(received_on=date(2026, 3, 26), lines=(line, line))
    kept = Receipt.model_validate_json(receipt.model_dump_json())
    assert body_hash(kept) == body_hash(receipt)
    one_line = receipt.model_copy(update={"lines": (line,)})
    assert body_hash(one_line) != body_hash(receipt)


# Steps ----------------------------------------------------------------------------------------------------------


def test_a_step_comes_back_from_a_history_as_it_went_in() -> None:
    again = Step.model_validate_json(STEP.model_dump_json())
    assert again == STEP
    assert (again.awaits, type(again.awaits), again.refused[0].params) == ("approve", ActKind, {"amount": "0.00"})


def test_what_a_case_waits_for_next_may_be_an_act_a_message_or_nothing() -> None:
    plain = STEP.model_dump(mode="json")
    assert Step.model_validate(plain | {"awaits": "new_loan"}).awaits == "new_loan"
    assert Step.model_validate(plain | {"awaits": None}).awaits is None
    with pytest.raises(ValidationError, match="awaits"):
        Step.model_validate(plain | {"awaits": "a_miracle"})


def test_steps_grants_and_outcomes_are_closed_to_what_they_do_not_know() -> None:
    for value in (STEP, PoolGranted(attempt=2), Outcome(stage=CaseStage.QUEUED, event=EventKind.APPROVED_AND_QUEUED)):
        plain = value.model_dump(mode="json")
        assert type(value).model_validate(plain) == value
        with pytest.raises(ValidationError, match="misspelt"):
            type(value).model_validate(plain | {"misspelt": 1})


@pytest.mark.parametrize(("amount", "fits"), [(0, True), (-1, True), ("5.5", False)])
def test_a_proposal_is_of_whole_fen_and_the_rule_judges_the_rest(amount: object, fits: bool) -> None:
    if fits:
        assert Propose.model_validate({"amount_fen": amount}).amount_fen == amount
        return
    with pytest.raises(ValidationError, match="amount_fen"):
        Propose.model_validate({"amount_fen": amount})
