"""Issue 15: an application that was filed wrongly is withdrawn and filed anew, and judged by what it says then."""

import pytest

from models.cases.reads import case_page
from rulebook.events import EventKind
from rulebook.messages import ApproveCorrection, CorrectedField, ProposeCorrection
from rulebook.money import yuan
from rulebook.stages import CaseStage
from tests.acceptance.fund.fund import BOTH, CHECKER, TestedFund, refusal_of
from tests.builders import CLEAN, a_micro_manufacturer

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_15_before_a_proposal_the_corrected_application_is_a_new_case_judged_anew(fund: TestedFund) -> None:
    filed = a_micro_manufacturer(maturity=fund.in_days(16))
    corrected = filed.model_copy(update={"standing": CLEAN.model_copy(update={"litigation": True})})
    case = await fund.apply(filed)
    assert await fund.apply(corrected) == case, "while the case is open nothing is changed"
    await fund.withdraw(case)
    assert await fund.apply(filed) == case, "the same application is no correction"

    anew = await fund.apply(corrected)

    assert anew != case
    assert fund.stage_of(case) is CaseStage.WITHDRAWN
    assert fund.stage_of(anew) is CaseStage.REFUSED, "the lawsuit counts now"
    assert await fund.apply(corrected) == anew


async def test_15_after_a_proposal_the_amount_is_corrected_the_same_way_and_the_pool_is_free(fund: TestedFund) -> None:
    filed = a_micro_manufacturer(maturity=fund.in_days(16))
    corrected = filed.model_copy(update={"asked_fen": yuan(4_000_000), "own_contribution_fen": yuan(2_000_000)})
    case = await fund.apply(filed)
    await fund.bank_promises(case)
    await fund.reserve(case, yuan(5_000_000))
    held = fund.pool().available_fen
    await fund.withdraw(case)

    anew = await fund.apply(corrected)
    await fund.bank_promises(anew)
    await fund.reserve(anew, yuan(4_000_000))

    assert fund.pool().available_fen == held + yuan(1_000_000)
    assert fund.stage_of(anew) is CaseStage.AGREEMENT


async def test_15_a_correction_needs_two_people_and_leaves_what_was_and_what_is_in_the_log(fund: TestedFund) -> None:
    filed = a_micro_manufacturer(maturity=fund.in_days(16))
    corrected = filed.model_copy(update={"asked_fen": yuan(4_000_000), "own_contribution_fen": yuan(2_000_000)})
    case = await fund.apply(filed)
    changes = (CorrectedField(heading="申请金额（万元）", before="500", now="400"),)
    proposal = ProposeCorrection(application="a" * 64, changes=changes, reason="申请金额填写有误")
    approval = ApproveCorrection(application="a" * 64, reason="与申请表原件一致")
    assert (await refusal_of(fund.act(case, approval))).code == "act.correction_not_proposed"
    await fund.act(case, proposal, by=BOTH)
    assert (await refusal_of(fund.act(case, approval, by=BOTH))).code == "act.same_person"
    other = approval.model_copy(update={"application": "b" * 64})
    assert (await refusal_of(fund.act(case, other))).code == "act.correction_not_proposed"

    outcome = await fund.act(case, approval)

    assert outcome.stage is CaseStage.WITHDRAWN
    anew = await fund.apply(corrected)
    await fund.bank_promises(anew)
    await fund.reserve(anew, yuan(4_000_000))
    assert fund.stage_of(anew) is CaseStage.AGREEMENT
    with fund.services.sessions() as session:
        log = case_page(session, case).events
    (proposed,) = (event for event in log if event.kind is EventKind.CORRECTION_PROPOSED)
    assert proposed.detail["changes"] == "申请金额（万元） 500 → 400"
    assert (log[-1].kind, log[-1].detail["reason"]) == (EventKind.WITHDRAWN, "与申请表原件一致")
    assert (proposed.actor_id, log[-1].actor_id) == (BOTH, CHECKER)


async def test_15_once_something_is_proposed_a_correction_is_refused_until_it_is_sent_back(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(16)))
    await fund.bank_promises(case)
    correction = ProposeCorrection(application="a" * 64, changes=(), reason="更正")
    await fund.propose(case, yuan(5_000_000))
    assert (await refusal_of(fund.act(case, correction))).code == "act.correction_too_late"
    await fund.send_back(case)
    await fund.act(case, correction)
    await fund.act(case, ApproveCorrection(application="a" * 64, reason="同意"))
    assert fund.stage_of(case) is CaseStage.WITHDRAWN
