"""What is known of a case, in one place: a stage reads it here and changes it here, and nowhere else."""

from dataclasses import dataclass, field
from datetime import date, datetime

from rulebook.acts import MeasureProposal, Proposal, WriteOffProposal
from rulebook.bridges import Bridge
from rulebook.calendar import WorkCalendar
from rulebook.cases import BankAnswer, CaseFacts, Promise
from rulebook.findings import Findings
from rulebook.law.fees import Tariff
from rulebook.law.measure import Measure
from rulebook.money import Fen


@dataclass(kw_only=True)
class CaseState:
    """What every story of a case knows: its law, the days that law counts, and the bridge.

    Attributes:
        bridge: the fund's money, once it is out.
        booked: references of the statement that were booked for this case.
    """

    measure: Measure
    calendar: WorkCalendar
    bridge: Bridge | None = None
    booked: set[str] = field(default_factory=set)

    @property
    def out(self) -> Bridge:
        """The bridge, in stages that are entered only once money is out."""
        assert self.bridge is not None, "no money is out"
        return self.bridge

    def tariff(self, on: date) -> Tariff:
        """What the bridge costs, by a calendar that reaches the day however long the money is out."""
        return self.measure.tariff(self.calendar.reaching(on))

    def owed_fen(self, on: date) -> Fen:
        """Principal and fee still to come on a day; nothing where no money is out."""
        return self.bridge.owed_fen(on, self.tariff(on)) if self.bridge else Fen(0)


@dataclass(kw_only=True)
class RenewalState(CaseState):
    """A renewal between its intake and its end.

    Attributes:
        template_digest: of the templates its papers are drawn from; part of every approval.
        last_call: the close of the release day; what is not done by then cannot be bridged any more.
        findings: what the rules found of the applicant.
        answer: the bank's, None until it came.
        attempt: number of the latest proposal, 0 before the first.
        checker: id of the person who approved it, empty before.
        payment: number of the latest payment, 0 before the first.
        in_flight: that payment was sent and its fate is open.
        sent_by: id of the cashier who marked it sent, empty before.
        found_by: id of the person who looked for it on the statement, empty before.
        measure_proposed: the measure to which somebody proposes to move the case, if any.
    """

    facts: CaseFacts
    template_digest: str
    last_call: datetime
    findings: Findings
    answer: BankAnswer | None = None
    promise: Promise | None = None
    proposal: Proposal | None = None
    attempt: int = 0
    checker: str = ""
    payment: int = 0
    in_flight: bool = False
    sent_by: str = ""
    found_by: str = ""
    measure_proposed: MeasureProposal | None = None

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
class RecoveryState(CaseState):
    """A bridge that is pursued.

    Attributes:
        write_off: what is proposed to be given up, if anything.
        write_off_reason: why, as its maker says.
    """

    write_off: WriteOffProposal | None = None
    write_off_reason: str = ""
