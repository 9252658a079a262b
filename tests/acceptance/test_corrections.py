"""Issue 15: an application that was filed wrongly is withdrawn and filed anew, and judged by what it says then."""

import pytest

from rulebook.money import yuan
from rulebook.stages import CaseStage
from tests.acceptance.fund.fund import TestedFund
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
