"""What is known of a case, in one place: a stage reads it here and changes it here, and nowhere else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from rulebook.acts import DateProposal, Proposal, RecoveryStanding, Standing, WriteOffProposal
from rulebook.books.payments import BANKS_TIME_WORKDAYS
from rulebook.books.provisional import ProvisionalReceipt
from rulebook.bridges import Bridge
from rulebook.calendar import WorkCalendar
from rulebook.calendars.in_order import KnownDays
from rulebook.cases import BankAnswer, Promise
from rulebook.findings import Findings
from rulebook.law.measure import Measure
from rulebook.messages import DateCorrection, Dated
from workflows.clock import Clock


class CaseState(Protocol):
    """What every story of a case knows.

    Attributes:
        calendar: the days that the measure counts.
        bridge: the fund's money, once it is out.
        booked: references of the statement that were booked for this case.
        provisional: of them, those that nothing bears out, as the books said last.
        date_proposed: the recorded date that somebody proposes to correct, if any.
    """

    measure: Measure
    calendar: WorkCalendar
    bridge: Bridge | None
    booked: set[str]
    provisional: tuple[ProvisionalReceipt, ...]
    date_proposed: DateProposal | None

    def standing(self, owed_fen: int) -> Standing | RecoveryStanding:
        """What the rules for an act look at, beyond stage and role; principal and fee still to come are given."""

    def known_days(self, today: date) -> KnownDays:
        """The days that bound what is said to the case on a day."""

    def take_calendar(self, calendar: WorkCalendar) -> Mapping[str, tuple[date, date]]:
        """Go by other working days from now on.

        Returns:
            the last days of all that is reckoned from a fixed day, by name, as they were and as they are.
        """

    def redate(self, correction: DateCorrection) -> None:
        """A date of its own that was recorded wrongly becomes the true one; the bridge's come from the books."""


@dataclass(kw_only=True)
class RenewalState(Standing):
    """A renewal between its intake and its end: where it stands for the rules, and what the story needs besides.

    Attributes:
        template_digest: of the templates its papers are drawn from; part of every approval.
        last_call: the close of the release day; what is not done by then cannot be bridged any more.
        findings: what the rules found of the applicant.
        answer: the bank's, None until it came.
        bank_reason: why it does not renew, in its own words.
        attempt: number of the latest proposal, 0 before the first.
        payment: number of the latest payment, 0 before the first.
        released_on: the day of its release, from which the bank's time is reckoned.
        sign_by: the day by which a direct renewal must be signed, while that is waited for.
    """

    template_digest: str
    last_call: datetime
    findings: Findings
    answer: BankAnswer | None = None
    bank_reason: str = ""
    attempt: int = 0
    payment: int = 0
    released_on: date | None = None
    sign_by: date | None = None
    booked: set[str] = field(default_factory=set)

    def standing(self, owed_fen: int) -> Standing:
        """Itself: what is owed, no rule before recovery asks."""
        return self

    def take_calendar(self, calendar: WorkCalendar) -> Mapping[str, tuple[date, date]]:
        """The release day hangs on the maturity; once the money is out, the last day for its return on the payment."""
        if self.bridge is not None:
            return _other_days(self, calendar)
        was, now = (days.workday_before(self.facts.loan.maturity) for days in (self.calendar, calendar))
        self.calendar, self.last_call = calendar, Clock(self.measure, calendar).close_of(now)
        if self.released_on is not None:
            self.give_the_bank_time(self.released_on)
        if (signed_by := self.sign_by) is None:
            return {"release": (was, now)}
        return {"release": (was, now), "sign_by": (signed_by, self.wait_for_signing())}

    def wait_for_signing(self) -> date:
        """The day by which a direct renewal must be signed, so that a bridge would still be in time if it is not."""
        before = self.measure.direct_signing_before
        self.sign_by = self.calendar.add_workdays(self.facts.loan.maturity, -before)
        return self.sign_by

    def give_the_bank_time(self, released_on: date) -> None:
        """From a release on the bank has its time to pay, in working days as the calendar is."""
        self.released_on = released_on
        self.final_on = Clock(self.measure, self.calendar).workday(released_on, BANKS_TIME_WORKDAYS)

    def redate(self, correction: DateCorrection) -> None:
        """The settlement's day bounds those that follow it."""
        if correction.said is Dated.OLD_LOAN_SETTLED:
            self.settled_on = correction.now

    @property
    def promised(self) -> Promise:
        """The promise, in stages that are entered only on one."""
        assert self.promise is not None, "there is no promise"
        return self.promise

    @property
    def proposed(self) -> Proposal:
        """The proposal, in stages that are entered only on one."""
        assert self.proposal is not None, "nothing is proposed"
        return self.proposal


@dataclass(kw_only=True)
class RecoveryState:
    """A bridge that is pursued.

    Attributes:
        write_off: what is proposed to be given up, if anything.
        write_off_reason: why, as its maker says.
    """

    measure: Measure
    calendar: WorkCalendar
    bridge: Bridge | None
    booked: set[str]
    write_off: WriteOffProposal | None = None
    write_off_reason: str = ""
    provisional: tuple[ProvisionalReceipt, ...] = ()
    date_proposed: DateProposal | None = None

    def standing(self, owed_fen: int) -> RecoveryStanding:
        """Where the pursuit stands today; amounts in fen."""
        assert self.bridge is not None, "what is pursued is out"
        return RecoveryStanding(
            self.bridge.outstanding_fen, owed_fen, self.write_off, self.provisional, self.date_proposed
        )

    def take_calendar(self, calendar: WorkCalendar) -> Mapping[str, tuple[date, date]]:
        """The last day for the return hangs on the payment."""
        return _other_days(self, calendar)

    def redate(self, correction: DateCorrection) -> None:
        """It keeps none but the bridge's."""

    def known_days(self, today: date) -> KnownDays:
        """The days that bound what is said to the pursuit on a day."""
        return KnownDays(today=today, paid=self.bridge.paid_on if self.bridge else None)


def _other_days(state: CaseState, calendar: WorkCalendar) -> Mapping[str, tuple[date, date]]:
    """The last day for the return of money that is out, by both calendars; the state goes by the new one."""
    bridge, old = state.bridge, Clock(state.measure, state.calendar)
    assert bridge is not None, "money is out"
    state.calendar, new = calendar, Clock(state.measure, calendar)
    due_on = state.measure.due_on(bridge.paid_on, calendar)
    state.bridge = bridge.model_copy(update={"due_on": due_on})
    return {"return_by": (old.workday(bridge.due_on, 0), new.workday(due_on, 0))}
