"""What an act must satisfy beyond stage and role, case by case from where the case stands."""

from dataclasses import replace
from datetime import date

import pytest
from pydantic import ValidationError

from activities.law.measures import measure_from
from rulebook.acts import MeasureProposal, Standing, check, check_drawing
from rulebook.bridges import Bridge
from rulebook.errors import XuqiaoError
from rulebook.messages import (
    ActBody,
    Actor,
    Approve,
    ApproveMeasure,
    ChecklistItem,
    ConfirmPayment,
    DrawAgain,
    MarkSent,
    OfficerAct,
    Propose,
    ProposeMeasure,
    PutFirst,
    RecordSigning,
    Reject,
    Release,
    SendBack,
    Withdraw,
)
from rulebook.money import yuan
from rulebook.stages import ActKind, Role
from tests.rulebook.standings import MATURITY, OPERATOR, PROMISE, RELEASE_DAY, a_proposed_case


@pytest.fixture(scope="module")
def proposed() -> Standing:
    return a_proposed_case()


def refusal(body: ActBody, case: Standing, by: str = "somebody", on: date = RELEASE_DAY) -> str:
    actor = Actor(id=by, name=by, role=Role.MAKER, organisation="承办主体")
    try:
        check(OfficerAct(id="1", actor=actor, body=body), case, on)
    except XuqiaoError as error:
        return error.code
    return ""


def test_a_proposal_waits_for_its_checker_before_another_comes(proposed: Standing) -> None:
    fresh = replace(proposed, proposal=None)
    assert refusal(Propose(amount_fen=1), proposed) == "act.proposal_waits"
    asked_more = replace(fresh, facts=fresh.facts.model_copy(update={"asked_fen": yuan(6_000_000)}))
    assert refusal(Propose(amount_fen=yuan(5_700_000)), asked_more) == ""
    assert refusal(Propose(amount_fen=yuan(5_700_000) + 1), asked_more) == "act.amount_over_ceiling"
    assert refusal(Propose(amount_fen=0), fresh) == refusal(Propose(amount_fen=-1), fresh) == "act.not_positive"
    short = PROMISE.model_copy(update={"valid_until": MATURITY})
    assert refusal(Propose(amount_fen=1), replace(fresh, promise=short)) == "act.findings_fail"


def test_47_nobody_proposes_more_than_was_asked_for(proposed: Standing) -> None:
    fresh = replace(proposed, proposal=None)
    asked = fresh.facts.asked_fen
    assert refusal(Propose(amount_fen=asked), fresh) == ""
    assert refusal(Propose(amount_fen=asked + 1), fresh) == "act.amount_over_asked"


@pytest.mark.parametrize("body", [Approve(terms_digest="digest"), SendBack(reason="补"), Reject(reason="否")])
def test_only_another_person_judges_what_was_proposed(proposed: Standing, body: ActBody) -> None:
    assert refusal(body, proposed, by="maker") == "act.same_person"
    assert refusal(body, proposed) == ""
    assert refusal(body, replace(proposed, proposal=None)) == "act.nothing_proposed"


def test_an_approval_is_of_these_terms_and_no_others(proposed: Standing) -> None:
    assert refusal(Approve(terms_digest="other"), proposed) == "act.terms_changed"


def test_signing_needs_the_closed_return_path(proposed: Standing) -> None:
    assert refusal(RecordSigning(signed_on=RELEASE_DAY, return_path_confirmed=False), proposed) == (
        "act.return_path_missing"
    )


def test_money_leaves_on_its_day_by_a_third_person_against_the_whole_checklist(proposed: Standing) -> None:
    release = Release(confirmed=tuple(ChecklistItem), balance_fen=yuan(6_000_000))
    assert refusal(release, proposed) == ""
    assert refusal(release, proposed, by="maker") == refusal(release, proposed, by="checker") == "act.same_person"
    assert refusal(release, proposed, on=date(2026, 3, 18)) == "act.too_early"
    assert refusal(release, proposed, on=MATURITY) == "act.too_late"
    assert refusal(release, replace(proposed, in_flight=True)) == "act.payment_in_flight"
    for line in ChecklistItem:
        without = release.model_copy(update={"confirmed": tuple(one for one in ChecklistItem if one is not line)})
        assert refusal(without, proposed) == "act.release_refused"
    assert refusal(release.model_copy(update={"balance_fen": 0}), proposed) == "act.release_refused"


def test_55_who_releases_too_early_is_told_the_day_and_its_hour(proposed: Standing) -> None:
    release = Release(confirmed=tuple(ChecklistItem), balance_fen=yuan(6_000_000))
    act = OfficerAct(id="1", actor=Actor(id="x", name="x", role=Role.CASHIER, organisation="x"), body=release)
    with pytest.raises(XuqiaoError) as refused:
        check(act, proposed, date(2026, 3, 18))
    assert (refused.value.params["from_day"], refused.value.params["cut_off"]) == ("2026-03-19", "16:30")


def test_a_payment_is_found_by_another_person_than_the_one_who_made_it(proposed: Standing) -> None:
    found, returned = ConfirmPayment(statement_reference="LS"), ConfirmPayment(statement_reference="LS", paid=False)
    assert refusal(MarkSent(receipt_serial="HD"), proposed) == "act.payment_not_sent"
    flying = replace(proposed, in_flight=True)
    assert refusal(MarkSent(receipt_serial="HD"), flying) == refusal(returned, flying) == ""
    sent = replace(flying, sent_by="cashier")
    assert refusal(found, sent) == ""
    assert refusal(found, sent, by="cashier") == refusal(returned, sent, by="cashier") == "act.same_person"


def test_nobody_finds_a_payment_that_nobody_made_but_anybody_may_find_its_return(proposed: Standing) -> None:
    flying = replace(proposed, in_flight=True)
    assert refusal(ConfirmPayment(statement_reference="LS"), flying) == "act.payment_not_sent"
    assert refusal(ConfirmPayment(statement_reference="LS", paid=False), flying) == ""


def test_money_is_moved_once_by_somebody_who_neither_proposed_nor_approved_nor_found_it(proposed: Standing) -> None:
    mark = MarkSent(receipt_serial="HD")
    flying = replace(proposed, in_flight=True, found_by="finder")
    assert {by: refusal(mark, flying, by=by) for by in ("maker", "checker", "finder", "cashier")} == {
        "maker": "act.same_person",
        "checker": "act.same_person",
        "finder": "act.same_person",
        "cashier": "",
    }
    sent = replace(flying, sent_by="cashier")
    assert refusal(mark, sent, by="another") == "act.payment_sent_already"
    assert refusal(mark, sent, by="cashier") == "", "the same word of the same person again"
    assert refusal(mark, replace(flying, proposal=None)) == "", "no maker is known, and none can be met"


@pytest.mark.parametrize(
    ("by", "role"),
    [("maker", "maker"), ("checker", "checker"), ("finder", "checker")],
    ids=["maker", "checker", "finder"],
)
def test_the_cashier_is_told_which_part_he_played_before(proposed: Standing, by: str, role: str) -> None:
    flying = replace(proposed, in_flight=True, found_by="finder")
    actor = Actor(id=by, name="李静", role=Role.CASHIER, organisation="承办主体")
    with pytest.raises(XuqiaoError) as refused:
        check(OfficerAct(id="1", actor=actor, body=MarkSent(receipt_serial="HD")), flying, RELEASE_DAY)
    assert refused.value.params == {"person": "李静", "role": "cashier", "other_role": role}


def test_nobody_withdraws_from_money_that_is_out_or_on_its_way(proposed: Standing) -> None:
    withdraw = Withdraw(reason="自筹")
    assert refusal(withdraw, proposed) == ""
    assert refusal(withdraw, replace(proposed, in_flight=True)) == "act.payment_in_flight"
    out = Bridge(amount_fen=yuan(5_000_000), paid_on=RELEASE_DAY, due_on=MATURITY)
    assert refusal(withdraw, replace(proposed, bridge=out)) == "act.payment_in_flight"


def test_a_move_to_another_measure_takes_two_people_and_one_day(proposed: Standing) -> None:
    day, other_day = date(2026, 3, 10), date(2026, 3, 16)
    approval = ApproveMeasure(effective_from=day, reason="同意")
    assert refusal(approval, proposed) == "act.measure_not_proposed"
    waiting = replace(proposed, measure_proposed=MeasureProposal(day, "maker"))
    assert refusal(approval, waiting, by="maker") == "act.same_person"
    assert refusal(ApproveMeasure(effective_from=other_day, reason="同意"), waiting) == "act.measure_not_proposed"
    assert refusal(approval, waiting) == ""
    assert refusal(approval, waiting, on=date(2026, 3, 9)) == "act.measure_not_begun"


def test_nothing_moves_while_a_payment_is_on_its_way(proposed: Standing) -> None:
    on_its_way = replace(proposed, in_flight=True, measure_proposed=MeasureProposal(MATURITY, "maker"))
    proposal = ProposeMeasure(effective_from=MATURITY, reason="新办法")
    assert refusal(proposal, proposed) == ""
    assert refusal(proposal, on_its_way) == "act.payment_in_flight"
    assert refusal(ApproveMeasure(effective_from=MATURITY, reason="同意"), on_its_way) == "act.payment_in_flight"


def test_whoever_proposed_a_case_does_not_put_it_first(proposed: Standing) -> None:
    assert refusal(PutFirst(reason="停产风险"), proposed, by="maker") == "act.same_person"
    assert refusal(PutFirst(reason="停产风险"), proposed) == ""


def test_a_decision_against_the_rule_says_why() -> None:
    with pytest.raises(ValidationError, match="reason"):
        PutFirst(reason="")
    with pytest.raises(ValidationError, match="reason"):
        ProposeMeasure(effective_from=MATURITY, reason="")
    with pytest.raises(ValidationError, match="reason"):
        ApproveMeasure(effective_from=MATURITY, reason="")


def test_a_committees_minutes_are_asked_above_the_threshold_only(proposed: Standing) -> None:
    overlay = OPERATOR.read_text(encoding="utf-8")
    approve = Approve(terms_digest="digest")
    for threshold, code in (("499.99万元", "act.minutes_missing"), ("500万元", "")):
        limited = overlay + f'\n[approval]\ncommittee_above = "{threshold}"\n'
        case = replace(proposed, measure=measure_from("donghai/2025-08-17", limited))
        assert refusal(approve, case) == code
        assert refusal(approve.model_copy(update={"minutes": "  "}), case) == code
        assert refusal(approve.model_copy(update={"minutes": "〔2026〕3号"}), case) == ""


@pytest.mark.parametrize(
    ("body", "until_drawn", "code"),
    [
        (DrawAgain(), None, "act.nothing_to_draw"),
        (DrawAgain(), [ActKind.DRAW_AGAIN], ""),
        (Withdraw(reason="自筹"), [ActKind.DRAW_AGAIN], "act.papers_first"),
        (Withdraw(reason="自筹"), [ActKind.DRAW_AGAIN, ActKind.WITHDRAW], ""),
        (Withdraw(reason="自筹"), None, ""),
    ],
)
def test_while_papers_cannot_be_drawn_little_else_is_done(
    body: ActBody, until_drawn: list[ActKind] | None, code: str
) -> None:
    actor = Actor(id="maker", name="maker", role=Role.MAKER, organisation="承办主体")
    refused = ""
    try:
        check_drawing(OfficerAct(id="1", actor=actor, body=body), until_drawn)
    except XuqiaoError as error:
        refused = error.code
    assert refused == code
