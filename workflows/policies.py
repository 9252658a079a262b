"""How long an activity may take and how it is tried again, by name."""

from collections.abc import Mapping
from datetime import timedelta

from temporalio.common import RetryPolicy, SearchAttributeKey

from activities.contracts import Queue

DATABASE_TIMEOUT = timedelta(seconds=30)
BANK_TIMEOUT = timedelta(minutes=2)
PAPERS_TIMEOUT = timedelta(minutes=1)
PAPERS_HEARTBEAT = timedelta(seconds=10)

TIMEOUTS: Mapping[Queue, timedelta] = {
    Queue.CASES: DATABASE_TIMEOUT,
    Queue.MONEY: BANK_TIMEOUT,
    Queue.PAPERS: PAPERS_TIMEOUT,
}
HEARTBEATS: Mapping[Queue, timedelta] = {Queue.PAPERS: PAPERS_HEARTBEAT}
"""A worker that draws tells far more often that it lives: the work of one that was killed is given away after this."""

UNTIL_IT_WORKS = RetryPolicy(initial_interval=timedelta(milliseconds=300), maximum_interval=timedelta(minutes=1))
"""Every activity is safe to repeat, and a case never fails: it waits, visibly, until what is broken is mended."""

ASK_PAYMENT_AGAIN = (
    *(timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4)),
    *(timedelta(days=1),) * 10,
    *(timedelta(days=7),) * 12,
    timedelta(days=30),
)
"""When a payment's fate is open the bank is asked again after these, and at last once in the last. From the weeks on it
is a person's task, told again after each working day that follows a question: a bank that does not know after ten days
must be asked by people."""

ASK_WHAT_IS_NOT_FOUND_WORKDAYS = 5
"""Working days for which a bank is asked again after its time is over, though it finds nothing; its money stays set
aside. Banks that paid three days late were seen."""

CASE_NUMBER = SearchAttributeKey.for_keyword("CaseNumber")
FUND = SearchAttributeKey.for_keyword("Fund")
BANK = SearchAttributeKey.for_keyword("Bank")
STAGE = SearchAttributeKey.for_keyword("Stage")
TASK_DUE = SearchAttributeKey.for_datetime("TaskDue")
