"""Telling people: a reminder before something is due, an escalation when it was not done."""

from temporalio import activity

from activities.store import Begin
from models.cases.case_file import commit_step
from rulebook.steps import Step


class Notices:
    """The worklist shows a task's urgency; other ways to reach a person come beside it."""

    def __init__(self, begin: Begin) -> None:
        self._begin = begin

    @activity.defn
    def remind(self, request: Step) -> None:
        """Make the open task more urgent, and leave a line in the log."""
        with self._begin() as session:
            commit_step(session, request)
