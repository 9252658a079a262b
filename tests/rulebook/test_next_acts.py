"""What may be done next: asked of the same rules, for somebody and for those who have had a part."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date, timedelta

import pytest

from rulebook.acts import (
    HEARD_UNTIL_DRAWN,
    CorrectionProposal,
    MeasureProposal,
    RecoveryStanding,
    Standing,
    WriteOffProposal,
)
from rulebook.errors import XuqiaoError
from rulebook.events import EventKind
from rulebook.messages import Actor, kinds_of
from rulebook.money import yuan
from rulebook.next_acts import CaseStanding, Verdict, at_best, had_a_part, somebody, verdicts, why_not
from rulebook.stages import ENDS, STAGES, ActKind, CaseStage, Kind, Role
from tests.rulebook.standings import MATURITY, RELEASE_DAY, a_proposed_case

A, S = ActKind, CaseStage


@pytest.fixture(scope="module")
def approved() -> Standing:
    return a_proposed_case()


@pytest.fixture(scope="module")
def proposed(approved: Standing) -> Standing:
    return replace(approved, checker="")


def asked(
    stage: CaseStage,
    case: Standing | RecoveryStanding | None,
    while_undrawn: Collection[Kind] | None = None,
    today: date = RELEASE_DAY,
) -> dict[ActKind, Verdict]:
    found = verdicts(CaseStanding(stage, while_undrawn, case, today), {"maker": "李静", "checker": "王和"})
    return {verdict.kind: verdict for verdict in found}


def barred(verdict: Verdict) -> set[str]:
    return set(verdict.barred)


def codes(found: dict[ActKind, Verdict]) -> dict[ActKind, str]:
    return {kind: verdict.refused.code if verdict.refused else "" for kind, verdict in found.items()}


@pytest.mark.parametrize("kind", list(ActKind))
def test_every_kind_of_act_has_its_best_form_wherever_a_case_stands(kind: ActKind, approved: Standing) -> None:
    moved = replace(approved, measure_proposed=MeasureProposal(RELEASE_DAY, "maker"))
    written_off = RecoveryStanding(1, 1, WriteOffProposal("东财发〔2026〕9号", 1, "maker"))
    corrected = replace(approved, proposal=None, correction_proposed=CorrectionProposal("f" * 64, "maker"))
    for case in (
        None,
        approved,
        moved,
        corrected,
        replace(approved, proposal=None),
        RecoveryStanding(0, 0),
        written_off,
    ):
        assert at_best(kind, case, RELEASE_DAY).kind is kind


def test_before_a_proposal_there_is_nothing_to_judge_and_after_it_nothing_to_propose(proposed: Standing) -> None:
    fresh = replace(proposed, proposal=None)
    nothing = "act.nothing_proposed"
    may_always = {A.WITHDRAW: "", A.PROPOSE_MEASURE: "", A.APPROVE_MEASURE: "act.measure_not_proposed"}
    assert codes(asked(S.APPROVAL, fresh)) == {
        A.PROPOSE: "",
        A.APPROVE: nothing,
        A.SEND_BACK: nothing,
        A.REJECT: nothing,
        **may_always,
        A.PROPOSE_CORRECTION: "",
        A.APPROVE_CORRECTION: "act.correction_not_proposed",
    }
    assert codes(asked(S.APPROVAL, proposed)) == {
        A.PROPOSE: "act.proposal_waits",
        A.APPROVE: "",
        A.SEND_BACK: "",
        A.REJECT: "",
        **may_always,
        A.PROPOSE_CORRECTION: "act.correction_too_late",
        A.APPROVE_CORRECTION: "act.correction_too_late",
    }


def test_an_act_is_offered_by_the_role_whose_part_it_is_and_not_to_who_proposed(proposed: Standing) -> None:
    found = asked(S.APPROVAL, proposed)
    assert found[A.APPROVE].role is Role.CHECKER
    assert barred(found[A.APPROVE]) == {"maker"}
    refusal = found[A.APPROVE].barred["maker"]
    assert (refusal.code, refusal.params) == (
        "act.same_person",
        {"person": "李静", "role": "checker", "other_role": "maker"},
    )
    assert found[A.WITHDRAW].barred == {}


def test_a_proposal_that_no_amount_can_pass_is_not_offered(proposed: Standing) -> None:
    assert proposed.promise is not None
    short = proposed.promise.model_copy(update={"valid_until": MATURITY})
    found = asked(S.APPROVAL, replace(proposed, proposal=None, promise=short))
    assert codes(found)[A.PROPOSE] == "act.findings_fail"


def test_on_its_day_money_is_released_by_a_third_person(approved: Standing) -> None:
    release = asked(S.DISBURSEMENT, approved)[A.RELEASE]
    assert (release.role, release.refused, release.only) == (Role.CASHIER, None, ())
    assert {person: refusal.params["other_role"] for person, refusal in release.barred.items()} == {
        "maker": "maker",
        "checker": "checker",
    }
    the_day_before = RELEASE_DAY - timedelta(days=1)
    assert codes(asked(S.DISBURSEMENT, approved, today=the_day_before))[A.RELEASE] == "act.too_early"
    assert codes(asked(S.DISBURSEMENT, approved, today=MATURITY))[A.RELEASE] == "act.too_late"


def test_while_a_payment_is_on_its_way_it_is_marked_and_found_and_nothing_else(approved: Standing) -> None:
    flying = replace(approved, in_flight=True)
    assert {kind for kind, code in codes(asked(S.DISBURSEMENT, flying)).items() if not code} == {
        A.MARK_SENT,
        A.CONFIRM_PAYMENT,
    }
    sent = asked(S.DISBURSEMENT, replace(flying, sent_by="cashier", found_by="finder"))
    mark, confirm = sent[A.MARK_SENT], sent[A.CONFIRM_PAYMENT]
    assert mark.refused is not None
    assert mark.refused.code == "act.payment_sent_already"
    assert (mark.only, barred(mark)) == (("cashier",), {"maker", "checker", "finder"})
    assert (confirm.refused, barred(confirm)) == (None, {"cashier"})


def test_the_maker_of_a_queued_case_does_not_put_it_first(approved: Standing) -> None:
    first = asked(S.QUEUED, approved)[A.PUT_FIRST]
    assert (first.refused, barred(first)) == (None, {"maker"})


def test_15_a_correction_is_approved_by_another_person_until_something_is_proposed(approved: Standing) -> None:
    corrected = replace(approved, proposal=None, checker="", correction_proposed=CorrectionProposal("f" * 64, "mover"))
    for stage in (S.ELIGIBILITY, S.BANK_OPINION, S.APPROVAL):
        approval = asked(stage, corrected)[A.APPROVE_CORRECTION]
        assert (approval.role, approval.refused, barred(approval)) == (Role.CHECKER, None, {"mover"})
    late = replace(corrected, proposal=approved.proposal)
    assert codes(asked(S.APPROVAL, late))[A.APPROVE_CORRECTION] == "act.correction_too_late"
    assert {A.PROPOSE_CORRECTION, A.APPROVE_CORRECTION}.isdisjoint(asked(S.AGREEMENT, corrected))


def test_a_measure_is_approved_by_another_person_once_it_has_begun(approved: Standing) -> None:
    moved = replace(approved, measure_proposed=MeasureProposal(RELEASE_DAY, "mover"))
    approval = asked(S.AGREEMENT, moved)[A.APPROVE_MEASURE]
    assert (approval.refused, barred(approval)) == (None, {"mover"})
    early = replace(moved, measure_proposed=MeasureProposal(MATURITY, "mover"))
    assert codes(asked(S.AGREEMENT, early))[A.APPROVE_MEASURE] == "act.measure_not_begun"


@pytest.mark.parametrize(
    ("event", "open_acts"),
    [
        (EventKind.PAPERS_DRAWN_UP, {A.WITHDRAW, A.PROPOSE_MEASURE, A.DRAW_AGAIN}),
        (EventKind.REFUSED, {A.DRAW_AGAIN}),
        (EventKind.CLOSED, {A.DRAW_AGAIN}),
    ],
)
def test_while_papers_cannot_be_drawn_only_what_is_heard_is_offered(
    approved: Standing, event: EventKind, open_acts: set[ActKind]
) -> None:
    found = codes(asked(S.AGREEMENT, approved, kinds_of(HEARD_UNTIL_DRAWN[event])))
    assert {kind for kind, code in found.items() if not code} == open_acts
    assert found[A.RECORD_SIGNING] == "act.papers_first"


@pytest.mark.parametrize("stage", list(CaseStage))
def test_papers_are_drawn_again_only_where_that_is_waited_for(stage: CaseStage, approved: Standing) -> None:
    assert A.DRAW_AGAIN not in asked(stage, approved)
    waiting = asked(stage, approved, kinds_of(HEARD_UNTIL_DRAWN[EventKind.REFUSED]))
    assert (A.DRAW_AGAIN in waiting) is (stage not in ENDS)


def test_what_is_pursued_is_concluded_when_nothing_is_owed_and_given_up_by_two() -> None:
    owed = RecoveryStanding(outstanding_fen=yuan(4), owed_fen=yuan(5))
    dates = {A.PROPOSE_DATE: "", A.APPROVE_DATE: "act.date_not_proposed"}
    assert codes(asked(S.RECOVERY, owed)) == {
        A.CONCLUDE_RECOVERY: "act.still_owed",
        A.CONFIRM_RECEIPT: "act.no_provisional_receipt",
        A.PROPOSE_WRITE_OFF: "",
        A.APPROVE_WRITE_OFF: "act.write_off_not_proposed",
        **dates,
    }
    proposed = replace(owed, write_off=WriteOffProposal("东财发〔2026〕9号", yuan(4), "maker"))
    approval = asked(S.RECOVERY, proposed)[A.APPROVE_WRITE_OFF]
    assert (approval.refused, barred(approval)) == (None, {"maker"})
    void = replace(proposed, outstanding_fen=yuan(3))
    assert codes(asked(S.RECOVERY, void))[A.APPROVE_WRITE_OFF] == "act.write_off_differs"
    assert codes(asked(S.RECOVERY, RecoveryStanding(0, 0))) == {
        A.CONCLUDE_RECOVERY: "",
        A.CONFIRM_RECEIPT: "act.no_provisional_receipt",
        A.PROPOSE_WRITE_OFF: "act.write_off_differs",
        A.APPROVE_WRITE_OFF: "act.write_off_not_proposed",
        **dates,
    }


def test_the_person_who_asks_is_told_why_he_may_not(proposed: Standing) -> None:
    def who(kind: ActKind, role: Role) -> Actor:
        if role is not Role.CHECKER:
            raise XuqiaoError("person.not_in_role", person="李静", role=role, fund="DH", roles="checker")
        return Actor(id="maker", name="李静", role=role, organisation="承办主体")

    found = verdicts(CaseStanding(S.APPROVAL, None, proposed, RELEASE_DAY), {}, who)
    told = {verdict.kind: verdict.refused.code for verdict in found if verdict.refused}
    assert told == {
        A.PROPOSE: "person.not_in_role",
        A.APPROVE: "act.same_person",
        A.SEND_BACK: "act.same_person",
        A.REJECT: "act.same_person",
        A.WITHDRAW: "person.not_in_role",
        A.PROPOSE_MEASURE: "person.not_in_role",
        A.APPROVE_MEASURE: "act.measure_not_proposed",
        A.PROPOSE_CORRECTION: "person.not_in_role",
        A.APPROVE_CORRECTION: "act.correction_too_late",
    }


@pytest.mark.parametrize("stage", list(CaseStage))
def test_what_the_stage_does_not_know_is_refused_by_name(stage: CaseStage, approved: Standing) -> None:
    for kind in set(ActKind) - STAGES[stage].acts.keys():
        refusal = why_not(kind, CaseStanding(stage, None, approved, RELEASE_DAY), somebody(Role.MAKER))
        assert refusal is not None
        assert refusal.code == "act.not_in_stage"


def test_before_a_case_is_opened_and_after_its_end_nothing_may_be_done() -> None:
    for stage in (S.INTAKE, *ENDS):
        assert asked(stage, None) == {}


def test_who_has_had_a_part_is_named_once(approved: Standing) -> None:
    everyone = replace(
        approved, sent_by="cashier", found_by="checker", measure_proposed=MeasureProposal(RELEASE_DAY, "mover")
    )
    assert had_a_part(everyone) == ("maker", "mover", "checker", "cashier")
    assert had_a_part(RecoveryStanding(1, 1)) == had_a_part(None) == ()
