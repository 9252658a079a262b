"""What a rule answers: never a bare yes or no."""

from collections.abc import Iterable
from enum import StrEnum

from pydantic import BaseModel

from rulebook.values import Value


class Result(StrEnum):
    """Pass, refer to a human, or fail. Missing data never passes."""

    PASS = "pass"
    REFER = "refer"
    FAIL = "fail"


class Finding(Value):
    """One rule's answer about one case.

    Attributes:
        rule: dotted name of the rule, such as ``eligibility.working_capital_loan``.
        result: pass, refer or fail.
        because: message id of the reason in the catalogues of ``templates/words``.
        facts: the facts the rule used, name to value as text.
        citation: the article, or the words that say whose choice the rule is.
    """

    rule: str
    result: Result
    because: str
    facts: dict[str, str] = {}
    citation: str


_blank = object.__new__
_FIELDS = set(Finding.model_fields)
_put_values, _put_names, _put_extra, _put_private = (
    BaseModel.__dict__[slot].__set__
    for slot in ("__dict__", "__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__")
)
"""The four slots of which every pydantic value consists."""


def found(rule: str, result: Result, because: str, citation: str, facts: dict[str, str]) -> Finding:
    """A finding of the rules' own making, whose types the type checker has seen to.

    A judgement makes dozens of them; checking each value once more would take most of its time.
    """
    finding = _blank(Finding)
    values = {"rule": rule, "result": result, "because": because, "facts": facts, "citation": citation}
    _put_values(finding, values)
    _put_names(finding, _FIELDS)
    _put_extra(finding, None)
    _put_private(finding, None)
    return finding


class Findings(Value):
    """All answers about one case at one moment."""

    items: tuple[Finding, ...]

    @classmethod
    def of(cls, items: Iterable[Finding]) -> "Findings":
        return cls(items=tuple(items))

    @property
    def result(self) -> Result:
        """The worst answer rules."""
        results = {finding.result for finding in self.items}
        if Result.FAIL in results:
            return Result.FAIL
        return Result.REFER if Result.REFER in results else Result.PASS

    @property
    def standing_out(self) -> tuple[Finding, ...]:
        """The answers that are not a pass."""
        return tuple(finding for finding in self.items if finding.result is not Result.PASS)
