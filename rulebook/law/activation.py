"""Whether a fund could be activated under a measure, and what still stands in the way."""

from collections.abc import Iterator

from rulebook.errors import XuqiaoError
from rulebook.law.comparison import rate_text
from rulebook.law.fees import average_daily_rate
from rulebook.law.measure import Measure
from rulebook.money import format_yuan
from rulebook.papers.kinds import DocumentKind, signed_before_payment
from rulebook.values import Value

CARRIED_OUT_STEPS = ("maker", "checker")
"""The steps of approval that a case goes through; the cashier's payment follows them."""

LEFT_TO_PEOPLE = (
    "loan.another_bank",
    "extension.longest_days",
    "extension.times",
    "extension.daily_rate",
    "fee.bank_delay_borne_by",
    "rest.not_carried",
)
"""Provisions that the engine shows but does not act on: where a measure sets one, people must see to it."""


class Objection(Value):
    """One thing that keeps a measure from being used as it stands.

    Attributes:
        names: the provisions it is about.
        code: message id of the reason in the catalogues of ``templates/words``.
        facts: the values the sentence needs, name to value as text.
    """

    names: tuple[str, ...]
    code: str
    facts: dict[str, str] = {}


class Readiness(Value):
    """How far a measure is from use.

    Attributes:
        to_decide: provisions that a case needs and that neither the measure nor the operator has set.
        silent: provisions that nobody has set and no case needs: there is no such rule.
        contradictions: provisions that cannot hold together.
        not_carried_out: provisions that the engine cannot carry out yet; using the measure would break them.
        left_to_people: provisions that are set and that the engine does not act on; they keep nobody from using it.
        not_carried: what the measure's text says and no provision carries, in its words.
        superseded_by: the document that replaced the measure.
    """

    to_decide: tuple[str, ...]
    silent: tuple[str, ...]
    contradictions: tuple[Objection, ...]
    not_carried_out: tuple[Objection, ...]
    left_to_people: tuple[str, ...]
    not_carried: tuple[str, ...] = ()
    superseded_by: str | None

    @property
    def ready(self) -> bool:
        """Whether a fund could be activated under it."""
        return not (self.to_decide or self.contradictions or self.not_carried_out or self.superseded_by)


def readiness(measure: Measure) -> Readiness:
    """What the operator must decide, what the measure is silent about, and what speaks against using it.

    Args:
        measure: complete or a draft, with or without the operator's overlay.
    """
    unset = measure.unset()
    return Readiness(
        to_decide=unset,
        silent=tuple(name for name, each in measure.provisions() if each.cite is None and name not in unset),
        contradictions=tuple(_contradictions(measure)),
        not_carried_out=tuple(_not_carried_out(measure)),
        left_to_people=tuple(name for name in LEFT_TO_PEOPLE if measure.provision(name).cite is not None),
        not_carried=measure.rest.not_carried.value or (),
        superseded_by=measure.validity.superseded_by.value,
    )


def refuse_unready(measure: Measure) -> None:
    """Refuse a measure that no case may be opened under.

    Raises:
        XuqiaoError: ``pack.unset``, ``pack.superseded``, ``pack.contradicts`` or ``pack.not_carried_out``, in this
            order; each names the provisions.
    """
    found = readiness(measure)
    if found.to_decide:
        raise XuqiaoError("pack.unset", names=", ".join(found.to_decide), pack=measure.id)
    if found.superseded_by:
        raise XuqiaoError("pack.superseded", pack=measure.id, by=found.superseded_by)
    if found.contradictions:
        raise XuqiaoError("pack.contradicts", pack=measure.id, names=_names(found.contradictions))
    if found.not_carried_out:
        raise XuqiaoError("pack.not_carried_out", pack=measure.id, names=_names(found.not_carried_out))


def _names(objections: tuple[Objection, ...]) -> str:
    return ", ".join(dict.fromkeys(name for objection in objections for name in objection.names))


def _contradictions(measure: Measure) -> Iterator[Objection]:
    """Provisions that cannot hold together; only those that are set can contradict."""
    since, until = measure.validity.since.value, measure.validity.until.value
    if since is not None and until is not None and until < since:
        yield _objection("activation.ends_before_it_begins", "validity.since", "validity.until", since, until)
    term, longest = measure.bridge.term_days.value, measure.extension.longest_days.value
    if term is not None and longest is not None and term > longest:
        yield _objection(
            "activation.term_longer_than_extension", "bridge.term_days", "extension.longest_days", term, longest
        )
    yield from _average_too_high(measure)
    admitted = {*(measure.loan.kinds.value or ()), *(measure.loan.kinds_in_person.value or ())}
    if both := admitted.intersection(measure.loan.kinds_out.value or ()):
        yield Objection(
            names=("loan.kinds", "loan.kinds_in_person", "loan.kinds_out"),
            code="activation.loan_in_and_out",
            facts={"kinds": ", ".join(sorted(both))},
        )
    least, most = measure.exposure.firm_least_at_once.value, measure.exposure.firm_at_once.value
    if least is not None and most is not None and least > most:
        yield _objection(
            "activation.least_over_most",
            "exposure.firm_least_at_once",
            "exposure.firm_at_once",
            format_yuan(least, grouped=True),
            format_yuan(most, grouped=True),
        )
    if measure.fee.linked_to.cite is not None and measure.fee.tiers.cite is not None:
        yield Objection(names=("fee.tiers", "fee.linked_to"), code="activation.tiers_and_link")
    least, cap = measure.loan.least_individual_business.value, measure.bridge.cap_individual_business.value
    if least is not None and cap is not None and least > cap:
        yield _objection(
            "activation.least_over_cap",
            "loan.least_individual_business",
            "bridge.cap_individual_business",
            format_yuan(least, grouped=True),
            format_yuan(cap, grouped=True),
        )


def _average_too_high(measure: Measure) -> Iterator[Objection]:
    """Over the whole term the tiers may cost no more a day than the measure's highest average."""
    highest, term = measure.fee.highest_average.value, measure.bridge.term_days.value
    if highest is None or term is None or measure.fee.tiers.value is None:
        return
    average = average_daily_rate(measure.fees, term)
    if average > highest:
        yield _objection(
            "activation.average_too_high",
            "fee.tiers",
            "fee.highest_average",
            rate_text(average),
            rate_text(highest),
            days=term,
        )


def _objection(
    code: str, first_name: str, second_name: str, first: object, second: object, **more: object
) -> Objection:
    """Two provisions with the two values that do not fit."""
    facts = {"first": str(first), "second": str(second)} | {name: str(value) for name, value in more.items()}
    return Objection(names=(first_name, second_name), code=code, facts=facts)


def _not_carried_out(measure: Measure) -> Iterator[Objection]:
    if measure.fee.prepaid_days.value is not None:
        # The books take no fee before the payout, so the prepayment would be missing from them.
        yield Objection(names=("fee.prepaid_days",), code="activation.no_prepayment")
    if measure.fee.collected_by.value == "bank":
        yield Objection(names=("fee.collected_by",), code="activation.bank_collects_fee")
    if (linked_to := measure.fee.linked_to.value) is not None:
        yield Objection(names=("fee.linked_to",), code="activation.linked_rate", facts={"rate": linked_to})
    signed = {kind for kind in DocumentKind if signed_before_payment(kind)}
    if others := set(measure.papers.drawn_up.value or ()) - signed:
        kinds = ", ".join(sorted(others))
        yield Objection(names=("papers.drawn_up",), code="activation.not_before_payment", facts={"kinds": kinds})
    steps = measure.approval.steps.value
    if steps is not None and steps != CARRIED_OUT_STEPS:
        facts = {"steps": ", ".join(steps)}
        yield Objection(names=("approval.steps",), code="activation.other_steps", facts=facts)
