"""What a rule answers: never a bare yes or no."""

from collections.abc import Iterable
from enum import StrEnum

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
