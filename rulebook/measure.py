"""A rule pack in force: a city's measure as dated values, each with its source; kept by value in a case's history."""

import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from rulebook.cases import ApplicantKind, LoanKind, PromiseRung, SizeClass
from rulebook.errors import XuqiaoError
from rulebook.fees import FeeTerms
from rulebook.messages import ReleaseLine, digest_of
from rulebook.provisions import (
    AS_WRITTEN,
    OPERATOR,
    ApplicantSection,
    BridgeSection,
    DeadlineSection,
    FeeSection,
    LoanSection,
    Provision,
    QueueOrder,
    QueueSection,
    ReleaseSection,
    Section,
    StandingSection,
    Trouble,
)
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


class Measure(Value):
    """The pack in force, completed by the operator's overlay.

    Attributes:
        id: ``city/date`` of the pack.
        document: number of the document.
        valid_from, valid_until: days of the measure's life, both included; no ``valid_until`` is known when None.
        articles: short keys to citations, so that a citation is written once.
        overlay: what the operator's own choices are cited as; None without an overlay.

    The sections hold provisions; the properties below give plain values, as a case needs them.
    """

    id: str
    city: str
    document: str
    valid_from: date
    valid_until: date | None = None
    articles: dict[str, str]
    overlay: str | None = None
    applicant: ApplicantSection = ApplicantSection()
    loan: LoanSection = LoanSection()
    standing: StandingSection = StandingSection()
    bridge: BridgeSection = BridgeSection()
    fee: FeeSection = FeeSection()
    release: ReleaseSection = ReleaseSection()
    deadline: DeadlineSection = DeadlineSection()
    queue: QueueSection = QueueSection()

    # Where values come from ------------------------------------------------------------------------------------

    def provisions(self) -> Iterator[tuple[str, Provision[Any]]]:
        """Every provision under its dotted name, such as ``bridge.cap_firm``, set or not."""
        for name, section in self:
            if isinstance(section, Section):
                for key, provision in section:
                    yield f"{name}.{key}", provision

    def unset(self) -> tuple[str, ...]:
        """Names of the values that a case needs and nobody has set; caps only of the kinds that are admitted."""
        needless = {f"bridge.cap_{kind}" for kind in ApplicantKind if kind not in (self.applicant.kinds.value or ())}
        return tuple(name for name, provision in self.provisions() if provision.source is None and name not in needless)

    def operator_choices(self) -> tuple[str, ...]:
        """Names of the values that are the operator's own choice."""
        return tuple(name for name, provision in self.provisions() if provision.source == OPERATOR)

    def citation(self, name: str) -> str:
        """What a value rests on: the measure's article, or the words that say that the operator chose it.

        Args:
            name: dotted, such as ``bridge.cap_firm``.
        Raises:
            XuqiaoError: ``pack.unset`` when nobody has set it.
        """
        section, _, key = name.partition(".")
        source = getattr(getattr(self, section), key).source
        if source is None:
            raise XuqiaoError("pack.unset", names=name, pack=self.id)
        return self.overlay or OPERATOR if source == OPERATOR else self.articles[source]

    @property
    def digest(self) -> str:
        """SHA-256 of the measure's canonical JSON, overlay included."""
        return digest_of(self.model_dump(mode="json"))

    # Plain values ----------------------------------------------------------------------------------------------

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

    def exclusions(self) -> Iterator[tuple[Trouble, str]]:
        """Each trouble that keeps a borrower out, with the name of the provision that says so."""
        for trouble in self._set("standing.excluded", self.standing.excluded):
            yield trouble, "standing.excluded"
        for trouble in self._set("standing.also_excluded", self.standing.also_excluded):
            if trouble not in (self.standing.excluded.value or ()):
                yield trouble, "standing.also_excluded"

    def cap_fen(self, kind: ApplicantKind) -> int | None:
        """The most that one applicant of a kind may be bridged, in fen; None when the kind is not admitted."""
        if kind not in self.applicant_kinds:
            return None
        caps = {
            ApplicantKind.FIRM: self.bridge.cap_firm,
            ApplicantKind.OWNER: self.bridge.cap_owner,
            ApplicantKind.INDIVIDUAL_BUSINESS: self.bridge.cap_individual_business,
        }
        return self._set(f"bridge.cap_{kind}", caps[kind])

    @property
    def promise_ratio_ppm(self) -> int:
        """Share of the promised renewal that may be bridged, in millionths."""
        return self._set("bridge.promise_ratio", self.bridge.promise_ratio)

    @property
    def term_days(self) -> int:
        """The longest time the money may be out, in calendar days from the payout."""
        return self._set("bridge.term_days", self.bridge.term_days)

    @property
    def rung_before_release(self) -> PromiseRung:
        return self._set("bridge.rung_before_release", self.bridge.rung_before_release)

    @property
    def fees(self) -> FeeTerms:
        return FeeTerms(
            tiers=self._set("fee.tiers", self.fee.tiers),
            counted=self._set("fee.counted", self.fee.counted),
            first_day_counts=self._set("fee.first_day_counts", self.fee.first_day_counts),
            last_day_counts=self._set("fee.last_day_counts", self.fee.last_day_counts),
        )

    @property
    def checklist(self) -> tuple[ReleaseLine, ...]:
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


# Reading -------------------------------------------------------------------------------------------------------


def parse_measure(pack_toml: str, overlay_toml: str | None = None) -> Measure:
    """A pack that is complete enough to judge cases by.

    Args:
        pack_toml: text of a pack; each value is ``{ value = …, cite = "key of [articles]" }``.
        overlay_toml: text of the operator's overlay; plain values, all of them the operator's own choice.
    Raises:
        XuqiaoError: ``pack.unset`` naming every value that is still to be decided; the errors of ``draft_measure``.
    """
    measure = draft_measure(pack_toml, overlay_toml)
    if unset := measure.unset():
        raise XuqiaoError("pack.unset", names=", ".join(unset), pack=measure.id)
    return measure


def draft_measure(pack_toml: str, overlay_toml: str | None = None) -> Measure:
    """A pack as far as it goes: values nobody has set stay unset, and raise ``pack.unset`` when they are asked for.

    Raises:
        XuqiaoError: ``pack.not_toml``, ``pack.unknown_key``, ``pack.missing_key``, ``pack.no_citation``,
            ``pack.fixed_by_measure`` (the overlay may fill gaps, never change the law), ``pack.wrong_pack`` (the
            overlay was made for another one), or what is wrong with a value.
    """
    content = _tables(pack_toml, "pack")
    if "overlay" in content:
        raise XuqiaoError("pack.unknown_key", key="overlay", file="pack")
    articles = content.get("articles")
    citations = set(articles) - {OPERATOR} if isinstance(articles, dict) else set()
    for name, key, cited in _values(content, "pack"):
        if not isinstance(cited, dict) or set(cited) != {"value", "cite"} or str(cited["cite"]) not in citations:
            raise XuqiaoError("pack.no_citation", key=f"{name}.{key}", value=cited)
        content[name][key] = {"value": cited["value"], "source": cited["cite"]}
    if overlay_toml is not None:
        _lay_over(content, _tables(overlay_toml, OPERATOR))
    try:
        return Measure.model_validate(content, context=AS_WRITTEN)
    except ValidationError as error:
        raise _refusal(error.errors()[0], content) from None


def _lay_over(content: dict[str, Any], overlay: dict[str, Any]) -> None:
    """Puts the operator's choices where the pack leaves gaps."""
    made_for = overlay.pop("pack", None)
    if made_for != content.get("id"):
        raise XuqiaoError("pack.wrong_pack", pack=content.get("id"), made_for=made_for)
    document = overlay.pop("document", None)
    if not isinstance(document, str) or not document:
        raise XuqiaoError("pack.missing_key", key="document", file=OPERATOR)
    content["overlay"] = document
    for name in overlay:
        if name not in _SECTIONS:
            raise XuqiaoError("pack.unknown_key", key=name, file=OPERATOR)
    for name, key, value in _values(overlay, OPERATOR):
        section = content.setdefault(name, {})
        if key in section:
            fixed = section[key]
            cited = content["articles"][fixed["source"]]
            raise XuqiaoError("pack.fixed_by_measure", key=f"{name}.{key}", value=fixed["value"], citation=cited)
        section[key] = {"value": value, "source": OPERATOR}


_SECTIONS = frozenset(name for name, field in Measure.model_fields.items() if isinstance(field.default, Section))


def _tables(text: str, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise XuqiaoError("pack.not_toml", file=file, reason=error) from None


def _values(content: Mapping[str, Any], file: str) -> list[tuple[str, str, Any]]:
    """Section, key and value of everything that stands in a section."""
    tables = [(name, content[name]) for name in sorted(_SECTIONS & content.keys())]
    for name, table in tables:
        if not isinstance(table, dict):
            raise XuqiaoError("pack.bad_value", key=name, file=file, value=table, expected=f"[{name}]")
    return [(name, key, value) for name, table in tables for key, value in table.items()]


def _refusal(error: ErrorDetails, content: Mapping[str, Any]) -> XuqiaoError:
    """The first thing wrong with a pack or overlay, as an error that names file, key, value and what is expected."""
    place = [str(step) for step in error["loc"] if step not in ("value", "source")]
    here: Any = content
    for step in place[:2]:
        here = here.get(step, {}) if isinstance(here, dict) else {}
    file = OPERATOR if isinstance(here, dict) and here.get("source") == OPERATOR else "pack"
    key, kind = ".".join(place), error["type"]
    if kind == "extra_forbidden":
        return XuqiaoError("pack.unknown_key", key=key, file=file)
    if kind == "missing":
        return XuqiaoError("pack.missing_key", key=key, file=file)
    if kind.startswith("pack."):
        return XuqiaoError(kind, key=key, file=file, value=error["input"])
    return XuqiaoError("pack.bad_value", key=key, file=file, value=error["input"], expected=error["msg"])
