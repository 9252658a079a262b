"""A whole question to the law: the facts of a case as somebody writes them, and the three judgements of it."""

import json
import re
from datetime import date
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from rulebook.calendar import WorkCalendar
from rulebook.cases import ApplicantFacts, CaseFacts, Promise
from rulebook.errors import XuqiaoError
from rulebook.findings import Finding, Findings, Result
from rulebook.law.eligibility import judge_applicant, judge_bridge, judge_direct, judge_release
from rulebook.law.measure import Measure
from rulebook.law.size import industry_of
from rulebook.messages import ChecklistItem
from rulebook.money import yuan
from rulebook.values import Value, expected_of, place_of

_FEN, _YUAN = "_fen", "_yuan"
_WRITTEN_YUAN = r"[0-9]{1,13}(\.[0-9]{1,2})?"


class ReleaseDayFacts(Value):
    """What is known on the day the money leaves.

    Attributes:
        confirmed: items of the checklist that are signed.
        balance_fen: the old loan's principal on the day, in fen.
    """

    confirmed: tuple[ChecklistItem, ...]
    balance_fen: int


class Question(Value):
    """What somebody asks about one case.

    Attributes:
        today: the day as of which the law is asked.
        promise: what the bank promises; None while it has promised nothing.
        amount_fen: the bridge proposed, in fen; None: as much as the borrower asks for.
        release: the release day's facts; None on any other day.
    """

    today: date
    facts: CaseFacts
    promise: Promise | None = None
    amount_fen: int | None = None
    release: ReleaseDayFacts | None = None


class Judgement(Value):
    """What the law says: may the fund help this borrower, may the bank renew without repayment, does the promise
    carry the bridge; and on the release day, may the money leave."""

    applicant: Findings
    direct: Findings
    bridge: Findings
    release: Findings | None = None


def judge(question: Question, measure: Measure, calendar: WorkCalendar) -> Judgement:
    """All judgements of one case. A bridge without a promise is referred, never passed.

    Args:
        measure: complete or a draft.
        calendar: covers the loan's maturity and the term after it.
    Raises:
        XuqiaoError: ``calendar.out_of_period`` where today, the maturity or the term leads outside the calendar.
    """
    facts, today = question.facts, question.today
    calendar.is_workday(today)  # which refuses a day that the table doesn't cover, before anything is counted from it
    return Judgement(
        applicant=judge_applicant(facts, measure, today),
        direct=judge_direct(facts, today),
        bridge=_judge_bridge(question, measure, calendar),
        release=_judge_release(question, measure, calendar),
    )


def _amount_fen(question: Question) -> int:
    return question.facts.asked_fen if question.amount_fen is None else question.amount_fen


def _judge_bridge(question: Question, measure: Measure, calendar: WorkCalendar) -> Findings:
    if question.promise is None:
        return _without_promise(measure)
    return judge_bridge(question.facts, question.promise, _amount_fen(question), measure, calendar, question.today)


def _judge_release(question: Question, measure: Measure, calendar: WorkCalendar) -> Findings | None:
    release = question.release
    if release is None:
        return None
    if question.promise is None:
        return _without_promise(measure)
    return judge_release(
        question.facts,
        question.promise,
        _amount_fen(question),
        release.confirmed,
        release.balance_fen,
        measure,
        calendar,
        question.today,
    )


def _without_promise(measure: Measure) -> Findings:
    rung = "bridge.rung_before_release"
    citation = measure.document if measure.provision(rung).cite is None else measure.citation(rung)
    return Findings.of(
        [Finding(rule="judging.promise", result=Result.REFER, because="judging.no_promise", citation=citation)]
    )


# Reading -------------------------------------------------------------------------------------------------------


def read_question(text: str) -> Question:
    """A question from its JSON text, amounts as decimal strings in yuan under names that end in ``_yuan``.

    Raises:
        XuqiaoError: ``question.not_json``, ``question.twice``, ``question.inexact`` (a number with a point),
            ``question.not_yuan``, ``question.unknown_key``, ``question.missing_key``, ``question.bad_value`` or
            ``question.negative``, with the path of the key; ``sizing.no_such_industry``.
    """
    try:
        written = json.loads(text, parse_float=_Inexact, parse_constant=_Inexact, object_pairs_hook=_each_once)
    except (ValueError, RecursionError) as error:
        raise XuqiaoError("question.not_json", reason=error) from None
    if not isinstance(written, dict):
        raise XuqiaoError("question.not_json", reason="{…}")
    kept = json.dumps(_in_fen(written, ""))
    try:
        question = Question.model_validate_json(kept, strict=True)
    except ValidationError as error:
        raise _refusal(error.errors()[0]) from None
    _refuse_what_cannot_be(question.facts.applicant)
    return question


def _refuse_what_cannot_be(applicant: ApplicantFacts) -> None:
    """An industry that does not exist or fewer people than none is a slip of the pen, not a fact to judge."""
    industry_of(applicant.industry)
    for name in ("employees", "liabilities_ppm"):
        if (getattr(applicant, name) or 0) < 0:
            raise XuqiaoError("question.negative", key=f"facts.applicant.{name}", value=getattr(applicant, name))


class _Inexact(NamedTuple):
    """A number with a point or an exponent, as it was written: no fact is one, an amount least of all."""

    written: str


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A key that stands twice says two things; neither is taken."""
    keys = [key for key, _ in pairs]
    for key in keys:
        if keys.count(key) > 1:
            raise XuqiaoError("question.twice", key=key)
    return dict(pairs)


def _in_fen(written: object, path: str) -> Any:
    """The same data with amounts in fen."""
    if isinstance(written, _Inexact):
        raise XuqiaoError("question.inexact", key=path, value=written.written)
    if isinstance(written, list):
        return [_in_fen(item, f"{path}.{place}") for place, item in enumerate(written)]
    if isinstance(written, dict):
        return dict(_item_in_fen(key, item, f"{path}.{key}".removeprefix(".")) for key, item in written.items())
    return written


def _item_in_fen(key: str, item: object, path: str) -> tuple[str, Any]:
    if key.endswith(_FEN):
        raise XuqiaoError("question.unknown_key", key=path)
    if not key.endswith(_YUAN):
        return key, _in_fen(item, path)
    if isinstance(item, _Inexact):
        raise XuqiaoError("question.inexact", key=path, value=item.written)
    if item is not None and not (isinstance(item, str) and re.fullmatch(_WRITTEN_YUAN, item, re.ASCII)):
        raise XuqiaoError("question.not_yuan", key=path, value=item)
    return key.removesuffix(_YUAN) + _FEN, None if item is None else yuan(item)


def _refusal(error: ErrorDetails) -> XuqiaoError:
    """The first thing that is no question, under the name it was written with."""
    key = place_of(re.sub(f"{_FEN}$", _YUAN, step) if isinstance(step, str) else step for step in error["loc"])
    match error["type"]:
        case "extra_forbidden":
            return XuqiaoError("question.unknown_key", key=key)
        case "missing":
            return XuqiaoError("question.missing_key", key=key)
        case "json_invalid":  # such as half a sign, which JSON can write and no text can hold
            return XuqiaoError("question.not_json", reason=error["msg"])
        case _:
            return XuqiaoError("question.bad_value", key=key, value=error["input"], expected=expected_of(error))


# The schema ----------------------------------------------------------------------------------------------------


def question_schema() -> dict[str, Any]:
    """The JSON Schema of what ``read_question`` takes."""
    schema: dict[str, Any] = _in_yuan(Question.model_json_schema())
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _in_yuan(schema: Any) -> Any:
    """The same schema with amounts as decimal strings in yuan."""
    if isinstance(schema, list):
        return [_in_yuan(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    same = {key: _in_yuan(item) for key, item in schema.items() if key not in ("properties", "required")}
    if "properties" in schema:
        same["properties"] = dict(_property_in_yuan(name, each) for name, each in schema["properties"].items())
    if "required" in schema:
        same["required"] = [re.sub(f"{_FEN}$", _YUAN, name) for name in schema["required"]]
    return same


def _property_in_yuan(name: str, schema: dict[str, Any]) -> tuple[str, Any]:
    if not name.endswith(_FEN):
        return name, _in_yuan(schema)
    amount: dict[str, Any] = {"type": "string", "pattern": f"^{_WRITTEN_YUAN}$", "examples": ["5000000.00"]}
    if "default" in schema:
        amount = {"anyOf": [amount, {"type": "null"}], "default": schema["default"]}
    return name.removesuffix(_FEN) + _YUAN, amount
