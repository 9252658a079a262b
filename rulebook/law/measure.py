"""A rule pack in force: a city's measure as dated values, each with its source; kept by value in a case's history."""

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cached_property
from typing import Any, Literal, NamedTuple, Self, TypeVar

from pydantic import SerializerFunctionWrapHandler, model_serializer

from rulebook.calendar import DayUnit, WorkCalendar
from rulebook.cases import ApplicantFacts, ApplicantKind, LoanKind, PromiseRung, SizeClass
from rulebook.errors import XuqiaoError
from rulebook.law.fees import SET_BY, DayCount, FeeTerms, Tariff
from rulebook.law.provisions import (
    OPERATOR,
    ApplicantSection,
    ApprovalSection,
    BridgeSection,
    DayOff,
    DeadlineSection,
    ExposureSection,
    ExtensionSection,
    FeeSection,
    FundSection,
    LoanSection,
    OverdueSection,
    PapersSection,
    Provision,
    QueueOrder,
    QueueSection,
    ReleaseSection,
    RepaymentSection,
    RestSection,
    Section,
    StandingSection,
    Trouble,
    ValiditySection,
)
from rulebook.messages import ChecklistItem, digest_of
from rulebook.values import Value

T = TypeVar("T")


class Deadlines(NamedTuple):
    """Working days, each from the event that opens its step.

    Attributes:
        referral: for a human to settle what the rules referred.
        opinion: for the bank's answer; ``promise``: from the answer to the rung that money needs.
        approval: for maker and checker; ``queue``: the longest wait for money; ``signing``: for all signatures.
        settlement: from payout to the payoff voucher; ``collateral``: for the registration of the new mortgage.
        new_loan: for the release of the renewed loan; ``return_``: from then until the money is back.
        remind_before: how long before any of these a reminder goes out.
    """

    referral: int
    opinion: int
    promise: int
    approval: int
    queue: int
    signing: int
    settlement: int
    collateral: int
    new_loan: int
    return_: int
    remind_before: int


RULES: Literal[1] = 1
"""Edition of the rules in ``rulebook/law/eligibility``; a measure in a history names the one it was judged by."""


class Measure(Value):
    """The pack in force, completed by the operator's overlay.

    Attributes:
        id: ``city/date`` of the pack.
        document: number of the document.
        articles: short keys to citations, so that a citation is written once.
        overlay: what the operator's own choices are cited as; None without an overlay.
        rules: edition of the rules that judge by it.

    The sections hold provisions; the properties below give plain values, as a case needs them.
    """

    id: str
    city: str
    document: str
    articles: dict[str, str]
    overlay: str | None = None
    rules: Literal[1] = RULES
    validity: ValiditySection = ValiditySection()
    fund: FundSection = FundSection()
    applicant: ApplicantSection = ApplicantSection()
    loan: LoanSection = LoanSection()
    standing: StandingSection = StandingSection()
    bridge: BridgeSection = BridgeSection()
    extension: ExtensionSection = ExtensionSection()
    overdue: OverdueSection = OverdueSection()
    exposure: ExposureSection = ExposureSection()
    fee: FeeSection = FeeSection()
    repayment: RepaymentSection = RepaymentSection()
    papers: PapersSection = PapersSection()
    approval: ApprovalSection = ApprovalSection()
    release: ReleaseSection = ReleaseSection()
    deadline: DeadlineSection = DeadlineSection()
    queue: QueueSection = QueueSection()
    rest: RestSection = RestSection()

    @model_serializer(mode="wrap")
    def _only_what_is_set(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Silence takes no room in a history: it is the default."""
        return {name: kept for name, kept in dump(self).items() if kept not in ({}, None)}

    # Where values come from ------------------------------------------------------------------------------------

    def sections(self) -> Iterator[tuple[str, Section]]:
        """Every section under its name, in the order above."""
        for name in SECTIONS:
            yield name, getattr(self, name)

    def provisions(self) -> Iterator[tuple[str, Provision[Any]]]:
        """Every provision under its dotted name, such as ``bridge.cap_firm``, set or not."""
        for name, section in self.sections():
            for key, provision in section:
                yield f"{name}.{key}", provision

    def unset(self) -> tuple[str, ...]:
        """Names of the values that a case needs and nobody has set; only what the admitted kinds of applicants need."""
        return tuple(
            f"{name}.{key}"
            for name, section in self.sections()
            for key, provision in section
            if provision.cite is None and section.needs(key) and f"{name}.{key}" not in self._needless()
        )

    def _needless(self) -> set[str]:
        """What a case needs only of kinds of applicants that are not admitted, or where nothing else says it."""
        needless = set()
        if self.bridge.cap_agricultural_by_kind.value:
            needless.add("bridge.cap_agricultural")
        if self.fee.linked_to.cite is not None:
            needless.add("fee.tiers")
        kinds = self.applicant.kinds.value
        if kinds is None:
            return needless
        needless |= {f"bridge.cap_{kind}" for kind in ApplicantKind if kind not in kinds}
        if ApplicantKind.FIRM not in kinds:
            needless.add("loan.kinds")
        if set(kinds) == {ApplicantKind.FIRM}:
            needless.add("loan.kinds_in_person")
        return needless

    def operator_choices(self) -> tuple[str, ...]:
        """Names of the values that are the operator's own choice."""
        return tuple(name for name, provision in self.provisions() if provision.cite == OPERATOR)

    def provision(self, name: str) -> Provision[Any]:
        """A provision by its dotted name, such as ``bridge.cap_firm``."""
        section, _, key = name.partition(".")
        found: Provision[Any] = getattr(getattr(self, section), key)
        return found

    def citation(self, name: str) -> str:
        """What a value rests on: the measure's article, or the words that say that the operator chose it.

        Args:
            name: dotted, such as ``bridge.cap_firm``.
        Raises:
            XuqiaoError: ``pack.unset`` when nobody has set it.
        """
        found = self._cited.get(name)
        if found is None:
            cite = self.provision(name).cite
            if cite is None:
                raise XuqiaoError("pack.unset", names=name, pack=self.id)
            found = self.overlay or OPERATOR if cite == OPERATOR else self.articles[cite]
            self._cited[name] = found
        return found

    @cached_property
    def _cited(self) -> dict[str, str]:
        """Citations looked up before: every judgement asks for the same ones again."""
        return {}

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy that remembers nothing of what it was copied from."""
        copy = super().model_copy(update=update, deep=deep)
        for remembered in ("_cited", "exclusions_cited", "limits_exposure"):
            copy.__dict__.pop(remembered, None)
        return copy

    @property
    def digest(self) -> str:
        """SHA-256 of the measure's canonical JSON, overlay included."""
        return digest_of(self.model_dump(mode="json"))

    # Plain values ----------------------------------------------------------------------------------------------

    @property
    def valid_from(self) -> date:
        """First day of the measure's life."""
        return self._set("validity.since", self.validity.since)

    @property
    def valid_until(self) -> date | None:
        """Last day of the measure's life; None when none is known."""
        return self.validity.until.value

    def _set(self, name: str, provision: Provision[T]) -> T:
        if provision.value is None:
            raise XuqiaoError("pack.unset", names=name, pack=self.id)
        return provision.value

    @property
    def applicant_kinds(self) -> tuple[ApplicantKind, ...]:
        return self._set("applicant.kinds", self.applicant.kinds)

    @property
    def sizes(self) -> tuple[SizeClass, ...]:
        return self._set("applicant.sizes", self.applicant.sizes)

    @property
    def loan_kinds(self) -> tuple[LoanKind, ...]:
        """Loan kinds admitted for firms."""
        return self._set("loan.kinds", self.loan.kinds)

    def loan_kinds_for(self, kind: ApplicantKind) -> tuple[tuple[LoanKind, ...], str]:
        """Loan kinds admitted for a kind of applicant, and the name of the provision that admits them."""
        if kind is ApplicantKind.FIRM:
            return self.loan_kinds, "loan.kinds"
        return self._set("loan.kinds_in_person", self.loan.kinds_in_person), "loan.kinds_in_person"

    def treated_as(self, applicant: ApplicantFacts) -> tuple[ApplicantKind, ...]:
        """The kinds whose cap, sizes and loans hold for an applicant: its own.

        Of a farmer (新型农业经营主体), where the measure says so, those of the firm or 个体户 that it is: both while
        that is not known, none where it is neither.
        """
        if applicant.kind is not ApplicantKind.AGRICULTURAL or not self.bridge.cap_agricultural_by_kind.value:
            return (applicant.kind,)
        licensed = (
            (ApplicantKind.FIRM, applicant.farms_as_firm),
            (ApplicantKind.INDIVIDUAL_BUSINESS, applicant.farms_as_individual_business),
        )
        if said := tuple(kind for kind, holds in licensed if holds):
            return said
        return tuple(kind for kind, holds in licensed if holds is None)

    def sizes_for(self, kind: ApplicantKind) -> tuple[tuple[SizeClass, ...], str]:
        """The size classes admitted of a firm, or of a person's firm, and the provision that admits them."""
        of_owner = self.applicant.sizes_of_owner.value
        if kind is ApplicantKind.OWNER and of_owner is not None:
            return of_owner, "applicant.sizes_of_owner"
        return self.sizes, "applicant.sizes"

    def exclusions(self) -> Iterator[tuple[Trouble, str]]:
        """Each trouble that keeps a borrower out, with the name of the provision that says so."""
        for trouble in self._set("standing.excluded", self.standing.excluded):
            yield trouble, "standing.excluded"
        for trouble in self.standing.also_excluded.value or ():
            if trouble not in (self.standing.excluded.value or ()):
                yield trouble, "standing.also_excluded"

    @cached_property
    def exclusions_cited(self) -> tuple[tuple[Trouble, str], ...]:
        """The same with their citations; none while a draft leaves open what keeps a borrower out."""
        if self.standing.excluded.cite is None:
            return ()
        return tuple((trouble, self.citation(provision)) for trouble, provision in self.exclusions())

    def cap_fen(self, kind: ApplicantKind) -> int | None:
        """The most that one applicant of a kind may be bridged, in fen; None when the kind is not admitted."""
        if kind not in self.applicant_kinds:
            return None
        cap: Provision[int] = getattr(self.bridge, "cap_" + kind)
        return self._set("bridge.cap_" + kind, cap)

    @property
    def promise_ratio_ppm(self) -> int:
        """Share of the promised renewal that may be bridged, in millionths."""
        return self._set("bridge.promise_ratio", self.bridge.promise_ratio)

    @property
    def term_days(self) -> int:
        """The longest time the money may be out, in days of ``term_counted`` from the payout."""
        return self._set("bridge.term_days", self.bridge.term_days)

    @property
    def term_counted(self) -> DayUnit:
        return self._set("bridge.term_counted", self.bridge.term_counted)

    def due_on(self, paid_on: date, calendar: WorkCalendar) -> date:
        """Last day of the term: the bridge's own clock, apart from fee days and from the loan's maturity.

        Raises:
            XuqiaoError: ``calendar.out_of_period``.
        """
        if self.term_counted is DayUnit.WORKING:
            return calendar.add_workdays(paid_on, self.term_days)
        ends = calendar.add_days(paid_on, self.term_days)
        match self._set("bridge.due_on_day_off", self.bridge.due_on_day_off):
            case DayOff.AFTER:
                return calendar.workday_from(ends)
            case DayOff.BEFORE if not calendar.is_workday(ends):
                return max(paid_on, calendar.workday_before(ends))
            case _:
                return ends

    @property
    def committee_above_fen(self) -> int | None:
        """Amount in fen above which a committee's minutes are needed; None where the measure asks for none."""
        return self.approval.committee_above.value

    @cached_property
    def limits_exposure(self) -> bool:
        """Whether it matters what the borrower already has of the fund."""
        return any(provision.cite is not None for _, provision in self.exposure)

    @property
    def rung_before_release(self) -> PromiseRung:
        return self._set("bridge.rung_before_release", self.bridge.rung_before_release)

    @property
    def fees(self) -> FeeTerms:
        """What a bridge costs. It can be asked of a draft that has tiers."""
        self._set("fee.tiers", self.fee.tiers)
        said = {term: self.provision(name).value for term, name in SET_BY.items()}
        return FeeTerms.model_validate({term: value for term, value in said.items() if value is not None})

    @property
    def day_count(self) -> DayCount:
        """Which days cost a fee."""
        for name in DayCount.model_fields:
            if FeeSection.needs(name):
                self._set(f"fee.{name}", getattr(self.fee, name))
        return DayCount.model_validate(self.days_said())

    def days_said(self) -> dict[str, object]:
        """What the measure says of which days cost a fee, as far as it does: values of ``DayCount`` by name."""
        provisions = {name: getattr(self.fee, name) for name in DayCount.model_fields}
        return {name: provision.value for name, provision in provisions.items() if provision.cite is not None}

    def tariff(self, calendar: WorkCalendar) -> Tariff:
        """All it takes to charge a bridge.

        Args:
            calendar: working days for as long as the bridge may be out; used where the measure counts them.
        """
        return Tariff(terms=self.fees, day_count=self.day_count, calendar=calendar)

    @property
    def checklist(self) -> tuple[ChecklistItem, ...]:
        return self._set("release.checklist", self.release.checklist)

    @property
    def cut_off(self) -> str:
        """``HH:MM`` in Asia/Shanghai by which the money must have left."""
        return self._set("release.cut_off", self.release.cut_off)

    @property
    def deadlines(self) -> Deadlines:
        return Deadlines(*(self._set(f"deadline.{name}", getattr(self.deadline, name)) for name in Deadlines._fields))

    @property
    def direct_signing_before(self) -> int:
        """Working days before maturity by which a direct renewal must be signed; 0 is maturity's eve."""
        return self._set("deadline.direct_signing_before", self.deadline.direct_signing_before)

    @property
    def queue_order(self) -> tuple[QueueOrder, ...]:
        return self._set("queue.order", self.queue.order)

    @property
    def small_and_micro_first(self) -> bool:
        return self._set("queue.small_and_micro_first", self.queue.small_and_micro_first)

    @property
    def overtaking(self) -> bool:
        """Whether a smaller case may be granted while the head of the queue does not fit the pool."""
        return self._set("queue.overtaking", self.queue.overtaking)


SECTIONS = tuple(name for name, field in Measure.model_fields.items() if isinstance(field.default, Section))
