"""How a rule answers, and how a judgement asks its rules one after the other."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Generic, NamedTuple, Protocol, TypeVar

from rulebook.cases import ApplicantFacts, CaseFacts, SizeClass
from rulebook.errors import XuqiaoError
from rulebook.findings import Finding, Result, found
from rulebook.law.size import Sizing, size_class
from rulebook.money import format_yuan

RENEWAL_RULE = "金规〔2024〕13号"
NORMAL_LOAN_RULE = "金规〔2024〕13号、银监发〔2014〕36号"
UNKNOWN = "—"
"""How a fact that nobody has given is shown."""

Case = TypeVar("Case")


class Dated(Protocol):
    """What a rule that holds with or without a fund looks at: the facts, and the fund's business day."""

    @property
    def facts(self) -> CaseFacts: ...

    @property
    def today(self) -> date: ...


Answer = tuple[Result, str, str, dict[str, str]]
"""What a rule says of a case: result, reason, citation, facts used; the judgement puts the rule's name to it."""


class Rule(NamedTuple, Generic[Case]):
    """One rule: its name, and the function that answers; None where the measure has no such rule."""

    name: str
    ask: Callable[[Case], Answer | None]


_PASS, _REFER, _FAIL = Result.PASS, Result.REFER, Result.FAIL


def passed(because: str, citation: str, facts: dict[str, str]) -> Answer:
    return _PASS, because, citation, facts


def referred(because: str, citation: str, facts: dict[str, str]) -> Answer:
    return _REFER, because, citation, facts


def failed(because: str, citation: str, facts: dict[str, str]) -> Answer:
    return _FAIL, because, citation, facts


def ask_all(rules: Iterable[Rule[Case]], case: Case, document: str) -> list[Finding]:
    """The finding of every rule that speaks, in their order.

    A rule that needs what a draft of a measure leaves open cannot answer: the case is referred, naming what is open.

    Args:
        document: the measure's, cited for what it leaves open.
    """
    findings = []
    for rule, ask in rules:
        try:
            answer = ask(case)
        except XuqiaoError as error:
            if error.code != "pack.unset":
                raise
            answer = referred("eligibility.measure_silent", document, {"names": error.params["names"]})
        if answer is not None:
            findings.append(found(rule, *answer))
    return findings


def in_yuan(fen: int) -> str:
    """An amount in fen as findings show it."""
    return format_yuan(fen, grouped=True)


def size_of(applicant: ApplicantFacts) -> Sizing:
    """The size class as far as the facts carry; facts that cannot be right leave it unclassified."""
    try:
        return size_class(applicant.industry, applicant.employees, applicant.revenue_fen, applicant.assets_fen)
    except XuqiaoError:
        return Sizing(size=SizeClass.UNCLASSIFIED, because=("sizing.facts_wrong",))
