"""Whatever a stage opens is heard there: no act and no message lies in the inbox, unanswered and unseen.

``STAGES`` says what may come, the stages say what they take up, turn by turn; here the recorded cases are replayed, and
what they take up in all their turns is held against the table. A stage that no record passes is deaf to everything: it
needs a record of its own. What is refused by a rule needs no ear, for it is answered at once.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any
from unittest.mock import patch

import pytest
from temporalio.worker import Replayer

from rulebook.acts import ALWAYS_HEARD, DATE_CORRECTIONS, HEARD_UNTIL_DRAWN
from rulebook.events import EventKind
from rulebook.messages import ProposeMeasure, kinds_of
from rulebook.stages import STAGES, ActKind, CaseStage, Kind, MessageKind, Role, StageRow
from rulebook.values import Value
from runtime.temporal import CONVERTER, sandbox
from tests.histories.records import RECORDS, history_of
from workflows.case import Case, Wait
from workflows.recovery import Recovery
from workflows.renewal import Renewal
from workflows.stages import before_money

ONLY_MONEY_OUT = frozenset({MessageKind.RECEIPT, ActKind.CONFIRM_RECEIPT})
"""What means nothing where the fund has paid nothing: such money is not the fund's."""
ONLY_MONEY_HOME = frozenset({ActKind.WITHDRAW})
"""What a rule refuses once the fund has paid."""


class Heard:
    """What the cases took up, or would have.

    Attributes:
        in_turn: by stage, and by whether the fund's money was out.
        undrawn: by stage, while papers could not be drawn.
    """

    def __init__(self) -> None:
        self.in_turn: dict[tuple[CaseStage, bool], set[Kind]] = defaultdict(set)
        self.undrawn: dict[CaseStage, set[Kind]] = defaultdict(set)

    def note(self, case: Case[Any], wait: Wait, kinds: frozenset[Kind]) -> None:
        """A stage listens."""
        if wait.awaits is ActKind.DRAW_AGAIN:
            self.undrawn[case.stage] |= kinds
        else:
            self.in_turn[case.stage, case.state.bridge is not None] |= kinds | kinds_of(DATE_CORRECTIONS)

    def nowhere(self, stages: Mapping[CaseStage, StageRow]) -> list[str]:
        """What the table opens and no turn of its stage takes up, each with the stage that is deaf to it."""
        return [
            f"{stage} {'with money out ' if out else ''}does not hear {kind}"
            for stage, row in stages.items()
            for out in self._ways(stage, row)
            for kind in sorted(_opened(row, out) - self.in_turn[stage, out])
        ]

    def _ways(self, stage: CaseStage, row: StageRow) -> list[bool]:
        """Whether money is out there: as recorded; where nothing is, both may be, and one is enough to say so."""
        recorded = [out for out in (False, True) if self.in_turn.get((stage, out))]
        return recorded or [bool(row.messages & ONLY_MONEY_OUT)]


def _opened(row: StageRow, money_out: bool) -> set[Kind]:
    # To have papers drawn again is heard while they are waited for, and refused by its rule else.
    not_here = {ActKind.DRAW_AGAIN} | (ONLY_MONEY_HOME if money_out else ONLY_MONEY_OUT)
    opened: set[Kind] = {*row.acts, *row.messages}
    return opened - not_here


def replayed() -> Heard:
    """What is heard in all recorded cases; one that goes another way today is for ``test_replay`` to tell."""
    heard, listen = Heard(), Case.hear_or

    async def noting(case: Case[Any], or_when: Callable[[], bool], wait: Wait, /, *wanted: type[Value]) -> Value | None:
        heard.note(case, wait, kinds_of(wanted))
        return await listen(case, or_when, wait, *wanted)

    async def all_again() -> None:
        replayer = Replayer(workflows=[Renewal, Recovery], data_converter=CONVERTER, workflow_runner=sandbox())
        for record in RECORDS:
            await replayer.replay_workflow(history_of(record), raise_on_replay_failure=False)

    with patch.object(Case, "hear_or", noting):
        asyncio.run(all_again())
    return heard


@pytest.fixture(scope="module")
def heard() -> Heard:
    return replayed()


def test_every_stage_hears_all_that_it_opens(heard: Heard) -> None:
    assert heard.nowhere(STAGES) == []


def test_both_ways_through_the_new_loan_are_recorded(heard: Heard) -> None:
    """The direct route and the bridged one hear different things there; one does not speak for the other."""
    assert {out for stage, out in heard.in_turn if stage is CaseStage.NEW_LOAN} == {False, True}


def test_while_papers_wait_for_signing_a_case_hears_what_the_table_says(heard: Heard) -> None:
    assert heard.undrawn[CaseStage.AGREEMENT] == kinds_of(HEARD_UNTIL_DRAWN[EventKind.PAPERS_DRAWN_UP])


def test_an_act_that_is_opened_and_not_heard_is_named_with_its_stage(heard: Heard) -> None:
    repayment = STAGES[CaseStage.REPAYMENT]
    opened = repayment._replace(acts={**repayment.acts, ActKind.PUT_FIRST: Role.CHECKER})
    nowhere = heard.nowhere({**STAGES, CaseStage.REPAYMENT: opened})
    assert nowhere == ["repayment with money out does not hear put_first"]


def test_an_act_that_is_no_longer_heard_is_named_with_each_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    always = tuple(each for each in ALWAYS_HEARD if each is not ProposeMeasure)
    monkeypatch.setattr(before_money, "ALWAYS_HEARD", always)
    before_payment = ("bank_opinion", "approval", "queued", "agreement", "disbursement")
    assert replayed().nowhere(STAGES) == [f"{stage} does not hear propose_measure" for stage in before_payment]
