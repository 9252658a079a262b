"""Measures that say one thing more, or one thing less, than Donghai's; what they add has an article of its own."""

from collections.abc import Mapping

from rulebook.findings import Finding, Findings, Result
from rulebook.law.measure import Measure
from rulebook.law.provisions import Provision
from tests.rulebook.samples import donghai

LAW, OPERATOR = "东政规发〔2025〕5号", "承办主体自定（示例运营方案）"
ARTICLE = "示例办法第九条"


def amended(provisions: Mapping[str, object], measure: Measure | None = None) -> Measure:
    """A measure changed by dotted names, cited as ``ARTICLE``; None takes a provision away, as in a draft."""
    measure = measure or donghai()
    measure = measure.model_copy(update={"articles": {**measure.articles, "added": ARTICLE}})
    for name, value in provisions.items():
        section, _, key = name.partition(".")
        provision: Provision[object] = Provision() if value is None else Provision(value=value, cite="added")
        changed = getattr(measure, section).model_copy(update={key: provision})
        measure = measure.model_copy(update={section: changed})
    return measure


def only(findings: Findings) -> tuple[str, Result, str]:
    """The one answer that stands out."""
    [finding] = findings.standing_out
    return finding.because, finding.result, finding.citation


def of_rule(findings: Findings, rule: str) -> Finding:
    """The answer of one rule."""
    [finding] = [finding for finding in findings.items if finding.rule == rule]
    return finding
