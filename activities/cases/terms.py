"""What an approval rests on: the bank's promise and the measure; a change of either makes it void."""

from temporalio import activity

from activities.books.ledger import give_back, lock_pool
from activities.contracts import RecordMeasure, RecordPromise
from activities.store import Begin
from models.cases import approvals
from models.cases.case_file import commit_step
from models.funds import funds


class Terms:
    """Activities that record what a case is approved under; no money leaves, what was held may go back to the pool."""

    def __init__(self, begin: Begin) -> None:
        self._begin = begin

    @activity.defn
    def record_promise(self, request: RecordPromise) -> None:
        """The bank's answer or promise; an approval that rested on an earlier one is void, its money free again."""
        step = request.step
        projected: dict[str, object] = {}
        if request.answer and request.route:
            projected = {"answer": request.answer.value, "route": request.route.value}
        with self._begin() as session:
            if request.void_attempt:
                lock_pool(session, step.fund)
                projected["amount_fen"] = None
            if not commit_step(session, step, **projected):
                return
            if request.promise:
                approvals.store_promise(session, step.case_no, step.cause, step.at, request.promise)
            if request.void_attempt:
                give_back(session, step, request.void_attempt)

    @activity.defn
    def record_measure(self, request: RecordMeasure) -> None:
        """Another law for an open case; an approval under the old one is void, its money free again."""
        step = request.step
        projected: dict[str, object] = {}
        with self._begin() as session:
            if request.measure:
                funds.keep_measure(session, request.measure)
                projected["measure_digest"] = request.measure.digest
            if request.void_attempt:
                lock_pool(session, step.fund)
                projected["amount_fen"] = None
            if not commit_step(session, step, **projected):
                return
            approvals.store_judgement(session, step.case_no, step.cause, request.findings)
            if request.void_attempt:
                give_back(session, step, request.void_attempt)
