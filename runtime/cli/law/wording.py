"""Provisions in the reader's words: values with their units, and whose word they are."""

from collections.abc import Mapping
from typing import Any

from activities.wording import money
from rulebook.law.comparison import Row, Source, kind_of
from rulebook.law.measure import Measure
from rulebook.law.provisions import Amount, Days, DaysOfTerm
from rulebook.money import yuan
from runtime.cli.output import say, word

_GROUPS = {
    "applicant.kinds": "applicant",
    "applicant.sizes": "size",
    "applicant.sizes_of_owner": "size",
    "applicant.persons": "person",
    "loan.kinds": "loan",
    "loan.kinds_in_person": "loan",
    "loan.kinds_out": "loan",
    "standing.excluded": "trouble",
    "standing.also_excluded": "trouble",
    "bridge.covers": "purpose",
    "bridge.term_counted": "law.counted",
    "bridge.due_on_day_off": "law.day_off",
    "bridge.rung_before_release": "rung",
    "fee.counted": "law.counted",
    "fee.bank_delay_borne_by": "law.bearer",
    "fee.collected_by": "law.bearer",
    "repayment.untagged": "purpose",
    "papers.legal_form": "law.form",
    "papers.drawn_up": "paper",
    "papers.signed_before_payment": "law.on_record",
    "papers.clauses": "clause",
    "approval.steps": "role",
    "release.checklist": "checklist_item",
    "queue.order": "queue",
    "queue.then": "queue",
    "queue.priority_firms": "priority",
}
"""The group in which a provision's values have their words; the values of any other provision are text already."""


def value_in_words(measure: Measure, row: Row) -> str:
    """A provision's value as a person reads it; what is unset says whether somebody must decide it."""
    if row.source is Source.UNSET:
        return say("law.unset" if row.needed else "law.silent")
    return _in_words(row, kind_of(measure, row.name), row.value)


def source_in_words(row: Row) -> str:
    """The citation; the operator's own choices are marked as such."""
    match row.source:
        case Source.MEASURE:
            return str(row.citation)
        case Source.OPERATOR:
            named = say("operator") in str(row.citation)  # most documents of an operator say so themselves
            return str(row.citation) if named else say("law.operators_own", citation=row.citation)
        case _:
            return ""


def _in_words(row: Row, kind: Any, value: object) -> str:
    if isinstance(value, bool):
        return say("law.yes" if value else "law.no")
    if isinstance(value, list):
        return _list_in_words(row, value)
    if kind == Amount:
        return say("law.yuan", amount=money(yuan(str(value))))
    if kind in (Days, DaysOfTerm):
        return say(_unit_of(row.name), count=value)
    return word(_GROUPS.get(row.name, ""), str(value)) if row.name in _GROUPS else str(value)


def _unit_of(name: str) -> str:
    if name.startswith("deadline."):
        return "law.workdays_long"
    return "law.times" if name == "extension.times" else "law.days_long"


def _list_in_words(row: Row, items: list[Any]) -> str:
    if not items:
        return say("law.none")
    if row.name == "fee.tiers":
        return say("cli.semicolon").join(_tiers_in_words(items))
    if row.name == "fee.waivers":
        return say("cli.semicolon").join(say("law.period", since=each["since"], until=each["until"]) for each in items)
    if row.name == "fund.sources":
        return say("cli.semicolon").join(_source_of_money(each) for each in items)
    return say("law.comma").join(_in_words(row, None, item) for item in items)


def _tiers_in_words(tiers: list[Mapping[str, Any]]) -> list[str]:
    first_days = [1, *(each["through_day"] + 1 for each in tiers[:-1])]
    return [
        say(
            "law.tier" if each["through_day"] else "law.tier_from",
            from_day=first,
            through_day=each["through_day"] or "",
            rate=each["daily_rate"],
        )
        for first, each in zip(first_days, tiers, strict=True)
    ]


def _source_of_money(each: Mapping[str, Any]) -> str:
    if each["amount_yuan"] is None:
        return str(each["giver"])
    code = "law.gives_at_least" if each["at_least"] else "law.gives"
    return say(code, giver=each["giver"], amount=money(yuan(each["amount_yuan"])))
