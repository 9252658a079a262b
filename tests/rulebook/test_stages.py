"""The table of stages: complete, without traps, and the same for workflow, database and pages."""

import pytest

from rulebook.events import EventKind
from rulebook.stages import (
    ENDS,
    MONEY_OUT,
    NOT_DONE,
    STAGES,
    ActKind,
    CaseStage,
    Fit,
    MessageKind,
    Role,
    fit,
    may_lead,
    reachable,
    stages_before,
)

S, M = CaseStage, MessageKind


def test_every_stage_has_its_row_and_can_be_come_to() -> None:
    assert STAGES.keys() == set(S)
    assert reachable(S.INTAKE) == set(S) - {S.INTAKE}


def test_ends_have_no_exits_no_acts_and_no_messages() -> None:
    assert {S.CLOSED, S.WRITTEN_OFF, S.REFUSED, S.LAPSED, S.WITHDRAWN} == ENDS
    assert all(not any(STAGES[end]) for end in ENDS)
    assert {EventKind(end.value) for end in ENDS}  # an end is also a line of the log


@pytest.mark.parametrize("stage", sorted(set(S) - ENDS))
def test_every_stage_leads_to_an_end(stage: CaseStage) -> None:
    assert reachable(stage) & ENDS


@pytest.mark.parametrize("stage", sorted(MONEY_OUT))
def test_once_money_is_out_it_comes_home_or_is_given_up_after_a_pursuit(stage: CaseStage) -> None:
    assert reachable(stage) & ENDS == {S.CLOSED, S.WRITTEN_OFF}
    assert [here for here in S if here is not S.WRITTEN_OFF and may_lead(here, S.WRITTEN_OFF)] == [S.RECOVERY]


@pytest.mark.parametrize("act", ActKind)
def test_an_act_belongs_to_one_role_wherever_it_is_open(act: ActKind) -> None:
    roles = {row.acts[act] for row in STAGES.values() if act in row.acts}
    assert len(roles) == 1
    assert roles <= {Role.MAKER, Role.CHECKER, Role.CASHIER}


@pytest.mark.parametrize("message", MessageKind)
def test_a_message_is_due_somewhere_and_impossible_after_every_end(message: MessageKind) -> None:
    assert any(fit(stage, message) is Fit.DUE for stage in S)
    assert all(fit(end, message) is Fit.IMPOSSIBLE for end in ENDS)


@pytest.mark.parametrize(
    ("stage", "message", "how"),
    [
        (S.INTAKE, M.OPINION, Fit.EARLY),
        (S.BANK_OPINION, M.OPINION, Fit.DUE),
        (S.OLD_LOAN_SETTLEMENT, M.OPINION, Fit.IMPOSSIBLE),
        (S.OLD_LOAN_SETTLEMENT, M.PROMISE_WITHDRAWN, Fit.IMPOSSIBLE),
        (S.OLD_LOAN_SETTLEMENT, M.NEW_LOAN, Fit.EARLY),
        (S.REPAYMENT, M.OLD_LOAN_SETTLED, Fit.IMPOSSIBLE),
        (S.RECOVERY, M.RECEIPT, Fit.DUE),
        (S.RECOVERY, M.NEW_LOAN, Fit.IMPOSSIBLE),
    ],
)
def test_a_message_fits_early_now_or_never(stage: CaseStage, message: MessageKind, how: Fit) -> None:
    assert fit(stage, message) is how


@pytest.mark.parametrize("stage", [S.BANK_OPINION, S.APPROVAL, S.QUEUED, S.AGREEMENT, S.DISBURSEMENT])
def test_what_a_bank_takes_back_is_never_kept_for_after_the_payment(stage: CaseStage) -> None:
    assert fit(stage, M.PROMISE_WITHDRAWN) is Fit.DUE
    assert fit(stage, M.NOT_RENEWING) is Fit.DUE
    assert may_lead(stage, S.REFUSED)


def test_staying_is_always_allowed_and_stages_before_is_the_reverse_of_leading() -> None:
    assert all(may_lead(stage, stage) for stage in S)
    assert all((here in stages_before(there)) == may_lead(here, there) for here in S for there in S)


@pytest.mark.parametrize("stage", sorted(set(S) - ENDS))
def test_papers_are_drawn_again_in_any_stage_but_an_end(stage: CaseStage) -> None:
    assert STAGES[stage].acts[ActKind.DRAW_AGAIN] is Role.MAKER


def test_what_was_not_done_by_the_last_call_names_the_lapse() -> None:
    assert {kind: f"no_{kind or 'pool_money'}" for kind in NOT_DONE} == NOT_DONE
