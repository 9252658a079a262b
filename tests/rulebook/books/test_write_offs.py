"""A pursued bridge that is given up: how much, by which decision, and by which two people."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulebook.acts import RecoveryStanding, WriteOffProposal, check_recovery
from rulebook.books.postings import PostingKind
from rulebook.books.postings_of_the_year import write_off
from rulebook.books.write_offs import approval_key, approval_of_write_off
from rulebook.errors import XuqiaoError
from rulebook.messages import (
    ActBody,
    Actor,
    ApproveWriteOff,
    ConcludeRecovery,
    OfficerAct,
    ProposeWriteOff,
    Withdraw,
)
from rulebook.money import MOST_FEN, yuan
from rulebook.stages import Role
from tests.rulebook.books.journals import CASE, RECORD

DECISION = "东财发〔2026〕9号"
OUT = yuan(800_000)
PURSUED = RecoveryStanding(outstanding_fen=OUT, owed_fen=OUT + yuan(1_760))
WAITING = RecoveryStanding(OUT, OUT + yuan(1_760), write_off=WriteOffProposal(DECISION, OUT, maker="m"))
PAID = RecoveryStanding(outstanding_fen=0, owed_fen=0)


def refusal(body: ActBody, case: RecoveryStanding, by: str = "c") -> XuqiaoError | None:
    actor = Actor(id=by, name=f"{by}某", role=Role.CHECKER, organisation="承办主体")
    try:
        check_recovery(OfficerAct(id="1", actor=actor, body=body), case)
    except XuqiaoError as error:
        return error
    return None


def proposal(amount_fen: int) -> ProposeWriteOff:
    return ProposeWriteOff(decision=DECISION, amount_fen=amount_fen, reason="破产终结")


def approval(amount_fen: int = OUT, decision: str = DECISION) -> ApproveWriteOff:
    return ApproveWriteOff(decision=decision, amount_fen=amount_fen)


# What is proposed ---------------------------------------------------------------------------------------------


def test_just_the_principal_that_is_out_can_be_given_up() -> None:
    assert refusal(proposal(OUT), PURSUED) is None
    for amount in (OUT - 1, OUT + 1, PURSUED.owed_fen):
        error = refusal(proposal(amount), PURSUED)
        assert error is not None
        assert (error.code, error.params["outstanding"]) == ("act.write_off_differs", "800,000.00")


@given(st.integers(1, MOST_FEN), st.integers(0, MOST_FEN))
def test_a_proposal_fits_when_it_names_what_is_out_to_the_fen(asked: int, out: int) -> None:
    assert (refusal(proposal(asked), RecoveryStanding(out, out)) is None) == (asked == out)


def test_another_proposal_may_replace_the_one_that_waits() -> None:
    assert refusal(proposal(OUT), WAITING, by="m") is None


# What is approved ---------------------------------------------------------------------------------------------


def test_another_person_approves_exactly_what_was_proposed() -> None:
    assert refusal(approval(), WAITING) is None
    own = refusal(approval(), WAITING, by="m")
    assert own is not None
    assert (own.code, own.params) == (
        "act.same_person",
        {"person": "m某", "role": "checker", "other_role": "maker"},
    )


@pytest.mark.parametrize(
    ("given_", "amount"), [(approval(OUT - 1), "799,999.99"), (approval(decision="另一号"), "800,000.00")]
)
def test_what_was_not_proposed_is_not_approved(given_: ApproveWriteOff, amount: str) -> None:
    error = refusal(given_, WAITING)
    assert error is not None
    assert (error.code, error.params) == (
        "act.write_off_not_proposed",
        {
            "decision": given_.decision,
            "amount": amount,
            "current": DECISION,
            "current_amount": "800,000.00",
        },
    )


def test_without_a_proposal_there_is_nothing_to_approve() -> None:
    error = refusal(approval(), PURSUED)
    assert error is not None
    assert (error.code, error.params["current"], error.params["current_amount"]) == (
        "act.write_off_not_proposed",
        "-",
        "-",
    )


def test_a_proposal_is_void_once_money_has_come_in() -> None:
    since_then = RecoveryStanding(OUT - yuan(100_000), OUT, write_off=WAITING.write_off)
    error = refusal(approval(), since_then)
    assert error is not None
    assert (error.code, error.params) == (
        "act.write_off_differs",
        {"amount": "800,000.00", "outstanding": "700,000.00"},
    )


# The end of a pursuit -----------------------------------------------------------------------------------------


def test_a_pursuit_ends_when_nothing_is_owed_not_even_a_fen_of_the_fee() -> None:
    conclude = ConcludeRecovery(reason="已结清")
    assert refusal(conclude, PAID) is None
    error = refusal(conclude, RecoveryStanding(outstanding_fen=0, owed_fen=1))
    assert error is not None
    assert (error.code, error.params) == ("act.still_owed", {"amount": "0.01"})


def test_other_acts_are_no_matter_of_the_pursuit() -> None:
    assert refusal(Withdraw(reason="自筹"), PURSUED) is None


# In the books -------------------------------------------------------------------------------------------------


def test_the_approval_in_the_books_is_of_this_decision_and_is_what_the_loss_consumes() -> None:
    allowed = approval_of_write_off(RECORD, CASE, approval(), maker="proposer")
    assert allowed.model_dump() == {
        "book": "DH",
        "key": f"DH/{CASE}/approval/write_off/{DECISION}",
        "kind": PostingKind.WRITE_OFF,
        "case_no": CASE,
        "amount_fen": OUT,
        "about": DECISION,
        "terms_digest": None,
        "maker": "proposer",
        "checker": RECORD.actor_id,
    }
    loss = write_off(RECORD, CASE, OUT, approval=approval_key("DH", CASE, DECISION), decision=DECISION)
    assert (loss.approval, loss.about) == (allowed.key, allowed.about)


def test_every_decision_has_an_approval_of_its_own() -> None:
    assert approval_key("DH", CASE, "1号") != approval_key("DH", CASE, "2号")
