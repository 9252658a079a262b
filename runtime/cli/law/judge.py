"""``xuqiao judge``: what the law says about the facts of a case."""

from pathlib import Path
from typing import Annotated, Any

from typer import Option

from activities.law.calendars import shipped_calendar
from activities.words import say_finding
from rulebook.findings import Finding, Findings
from rulebook.law import questions
from rulebook.law.questions import Judgement
from runtime.cli.failures import Exit, Misuse
from runtime.cli.language import call
from runtime.cli.law.asking import asked
from runtime.cli.law.pack import Overlay, the_pack, title_of
from runtime.cli.options import AsJson
from runtime.cli.output import line, print_json, say, word


@asked()
def judge(
    pack: Annotated[str | None, Option("--pack", metavar="PACK")] = None,
    facts: Annotated[Path | None, Option("--facts", metavar="FILE")] = None,
    overlay: Overlay = None,
    schema: Annotated[bool, Option("--schema")] = False,
    as_json: AsJson = False,
) -> int:
    if schema:
        print_json(questions.question_schema())
        return Exit.WELL
    for name, given in (("--pack", pack), ("--facts", facts)):
        if given is None:
            raise Misuse("cli.usage.missing", name=name)
    assert pack is not None
    assert facts is not None

    measure = the_pack(pack, overlay)
    question = questions.read_question(_text_of(facts))
    found = questions.judge(question, measure, shipped_calendar())
    if as_json:
        print_json({"pack": measure.id, **_as_data(found)})
    else:
        line(title_of(measure))
        _show(found)
    return Exit.WELL


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise Misuse("cli.usage.no_file", path=path, reason=reason) from None


def _judgements(found: Judgement) -> list[tuple[str, Findings]]:
    judged = [("applicant", found.applicant), ("direct", found.direct), ("bridge", found.bridge)]
    return judged if found.release is None else [*judged, ("release", found.release)]


def _as_data(found: Judgement) -> dict[str, Any]:
    results = {name: findings.result for name, findings in _judgements(found)}
    return {
        **results,
        "findings": [_finding_as_data(name, each) for name, findings in _judgements(found) for each in findings.items],
    }


def _finding_as_data(judgement: str, finding: Finding) -> dict[str, Any]:
    return {
        "judgement": judgement,
        "rule": finding.rule,
        "result": finding.result,
        "because": say_finding(finding, call.lang),
        "citation": finding.citation,
        "code": finding.because,
        "facts": finding.facts,
    }


def _show(found: Judgement) -> None:
    for name, findings in _judgements(found):
        line()
        line(say("law.judge.result", judgement=word("law.judgement", name), result=word("result", findings.result)))
        for each in findings.items:
            line(f"  [{word('result', each.result)}] {say_finding(each, call.lang)}")
