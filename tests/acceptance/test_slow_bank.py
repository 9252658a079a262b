"""One slow bank beside a quick one: the quick one's cases do not wait for it."""

import asyncio
import time

import pytest

from gateways.simulated.script import BankScript
from models.cases.applications import file_application
from rulebook.applications import ApplicationRow
from rulebook.stages import CaseStage
from tests.acceptance.fund.fund import MAKER, TestedFund
from tests.builders import a_micro_manufacturer

pytestmark = pytest.mark.asyncio(loop_scope="session")

SLOW_CASES = 12
SLOW_SECONDS = 8.0
WITHIN_SECONDS = 5.0
RETRIED_WITHIN_SECONDS = 90.0
"""What the slow bank did not answer is asked again, at most a minute later; the test ends when all cases are quiet."""


async def test_23_the_quick_banks_case_is_asked_about_while_the_slow_bank_keeps_everybody_waiting(
    fund: TestedFund,
) -> None:
    slow = [a_micro_manufacturer(maturity=fund.in_days(16)) for _ in range(SLOW_CASES)]
    slow = [row.model_copy(update={"bank": "迟缓银行", "bank_name": "迟缓银行"}) for row in slow]
    quick = a_micro_manufacturer(maturity=fund.in_days(16))
    for row in slow:
        fund.services.simulated_bank.script(row.loan_note, BankScript(silent_seconds=SLOW_SECONDS))

    def file(*rows: ApplicationRow) -> list[str]:
        with fund.services.sessions.begin() as session:
            prefix = fund.services.settings.queues.prefix
            return [
                file_application(
                    session, fund.code, row, received_on=fund.today, filed_by=MAKER, source="test", queues=prefix
                ).case_no
                for row in rows
            ]

    fund.busy_seconds = RETRIED_WITHIN_SECONDS
    file(*slow)
    delivering = [asyncio.create_task(fund.settle())]
    await asyncio.sleep(2.0)  # the slow bank has everything in hand that it can get
    begun = time.monotonic()
    [case] = file(quick)
    delivering.append(asyncio.create_task(fund.settle()))
    while fund.stage_of(case) is not CaseStage.BANK_OPINION:
        assert time.monotonic() - begun < WITHIN_SECONDS
        await asyncio.sleep(0.05)
    for row in slow:
        fund.services.simulated_bank.script(row.loan_note, BankScript())
    for waiting in delivering:  # the slow bank's cases are asked about again by themselves
        waiting.cancel()
    await asyncio.gather(*delivering, return_exceptions=True)
