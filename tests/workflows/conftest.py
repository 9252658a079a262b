"""The Temporal server alone, for stories whose activities are played."""

from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio
from temporalio.testing import TimeSkippingConfig, WorkflowEnvironment

from rulebook.cases import CaseFacts
from runtime.devstack.temporal import program
from runtime.temporal import CONVERTER
from tests.workflows.story import Story
from workflows.policies import BANK, CASE_NUMBER, FUND, STAGE, TASK_DUE

_ATTRIBUTES = (BANK, CASE_NUMBER, FUND, STAGE, TASK_DUE)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def temporal() -> AsyncIterator[WorkflowEnvironment]:
    """A server that skips time for whoever asks, and keeps nothing."""
    async with await WorkflowEnvironment.start_time_skipping_v2(
        ts_config=TimeSkippingConfig(enabled=False),
        data_converter=CONVERTER,
        dev_server_existing_path=str(program()),
        dev_server_extra_args=[
            *("--dynamic-config-value", "frontend.WorkflowTimeSkippingEnabled=true"),
            *("--dynamic-config-value", 'history.timerProcessorMaxTimeShift="50ms"'),
            *("--dynamic-config-value", "limit.historyCount.suggestContinueAsNew=200"),  # 4,096 elsewhere
        ],
        search_attributes=_ATTRIBUTES,
    ) as server:
        yield server


@pytest.fixture
def a_story(temporal: WorkflowEnvironment) -> Callable[..., Story]:
    """Makes a story; told which facts were filed, if they matter."""

    def make(facts: CaseFacts | None = None) -> Story:
        return Story(temporal, facts)

    return make
