"""Words at the edges: a code and its parameters become a sentence in Chinese or English.

The catalogues are ``templates/words/<language>/<area>.po``; the message id is the code of an error, a finding or an
enum member, the message string is the sentence. A placeholder is ``{name}``; ``{name:stage}`` says that the value is
itself a word of the group ``stage`` (or several, with commas), ``{name:code}`` that it is a whole code,
``{name:optional}`` that it may be empty; any other value that is empty is said to be so. What stands in brackets behind
a code, such as its citation, stays.
"""

import json
import logging
import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import TYPE_CHECKING, Any, Literal, get_args

from babel.messages.pofile import read_po

from rulebook.errors import XuqiaoError

if TYPE_CHECKING:  # whoever only wants a sentence need not load the rules
    from rulebook.findings import Finding

Lang = Literal["zh", "en"]
LANGUAGES: tuple[Lang, ...] = get_args(Lang)

WORD_GROUPS: Mapping[str, str] = {
    "CaseStage": "stage",
    "Role": "role",
    "ActKind": "act",
    "MessageKind": "message",
    "Fit": "fit",
    "EndReason": "reason",
    "ApplicantKind": "applicant",
    "SizeClass": "size",
    "LoanKind": "loan",
    "LoanRiskClass": "risk",
    "Route": "route",
    "BankAnswer": "answer",
    "PromiseRung": "rung",
    "ChecklistItem": "checklist_item",
    "ReceiptPurpose": "purpose",
    "MessageSource": "cli.source",
    "Dated": "dated",
    "Result": "result",
    "EventKind": "event",
    "Subject": "subject",
    "PostingKind": "posting",
    "DocumentKind": "paper",
    "OptionalClause": "clause",
    "PartyInBreach": "in_breach",
    "Milestone": "milestone",
}
"""The group of codes in which the members of an enum have their words (``stage.bank_opinion``), by the enum's name.

By its name, so that whoever only wants a sentence need not load the rules.
"""

_LIST_MARK: Mapping[Lang, str] = {"zh": "、", "en": ", "}
_FULL_STOPS = "。."
_EMPTY: Mapping[Lang, str] = {"zh": "（空）", "en": "(empty)"}
"""What stands for a value that says nothing: a hole in a sentence reads as a misprint."""
_log = logging.getLogger(__name__)


class _Setting:
    """What holds for the whole process; the edges set it once."""

    language: Lang = "zh"
    strict = False


def set_language(lang: Lang) -> None:
    """The language of every sentence that does not ask for one; Chinese until this is called."""
    _Setting.language = lang


def be_strict(on: bool = True) -> None:
    """Whether a code without words is an error (in tests), or is shown as it stands with a warning in the log."""
    _Setting.strict = on


@cache
def area(lang: Lang, name: str) -> Mapping[str, str]:
    """The sentences of one area, such as ``cli``, read once: code to sentence with its placeholders."""
    with files("templates").joinpath("words", lang, f"{name}.po").open("rb") as text:
        return {
            entry.id: entry.string
            for entry in read_po(text, locale=lang, charset="utf-8")
            if isinstance(entry.id, str) and isinstance(entry.string, str) and entry.id and entry.string
        }


@cache
def catalogue(lang: Lang) -> Mapping[str, str]:
    """Every sentence of a language, all areas together.

    Args:
        lang: ``zh`` or ``en``.
    Returns:
        code to sentence with its placeholders.
    """
    found = sorted(entry.name for entry in files("templates").joinpath("words", lang).iterdir())
    areas = (area(lang, name.removesuffix(".po")) for name in found if name.endswith(".po"))
    return {code: sentence for each in areas for code, sentence in each.items()}


def has_words(code: str, lang: Lang) -> bool:
    """Whether a code has a sentence in a language."""
    return code in catalogue(lang)


def say(code: str, lang: Lang | None = None, **params: object) -> str:
    """The sentence of a code.

    Args:
        code: dotted name, such as ``act.same_person`` or ``stage.approval``.
        lang: the language; None is the process's own.
        params: values for the placeholders. One that is missing leaves its placeholder visible, with a warning in
            the log: a message never fails for want of a detail.
    Returns:
        the sentence, or the code itself when it has none.
    Raises:
        LookupError: only after ``be_strict()``, when the code has no words.
    """
    language = lang or _Setting.language
    sentence = catalogue(language).get(code)
    if sentence is None:
        if _Setting.strict:
            raise LookupError(f"{code} has no words in {language}")
        _log.warning("words.missing: %s has no words in %s", code, language)
        return code
    return _Speaker(code, language).vformat(sentence, (), params)


def say_error(error: XuqiaoError, lang: Lang | None = None) -> str:
    """The sentence of an error, with its own parameters."""
    return say(error.code, lang, **error.params)


def say_finding(finding: "Finding", lang: Lang | None = None) -> str:
    """The sentence of a rule's answer, with the facts it used and its citation (also as ``{citation}``)."""
    return say(finding.because, lang, **{"citation": finding.citation, **finding.facts})


def say_value(group: str, value: str, lang: Lang | None = None) -> str:
    """The word of a value in its group, such as ``approval`` in ``stage``; without words it is as with ``say``."""
    return say(f"{group}.{value}", lang)


def word(member: StrEnum, lang: Lang | None = None) -> str:
    """The word of an enum member, such as 审批 for the approval stage."""
    return say(f"{WORD_GROUPS[type(member).__name__]}.{member.value}", lang)


class _Speaker(Formatter):
    """``str.format`` that never fails for a missing value, and knows words by their group."""

    def __init__(self, code: str, lang: Lang, *, inside_another: bool = False) -> None:
        self._code = code
        self._lang = lang
        self._inside_another = inside_another

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> Any:
        # Only plain names: attribute and index look-ups have no place in a sentence.
        if field_name in kwargs:
            return kwargs[field_name], field_name
        if self._inside_another:
            # A code given as a value brings no values of its own.
            return _Absent("…"), field_name
        _log.warning("words.parameter_missing: %s is said without %s", self._code, field_name)
        return _Absent(f"{{{field_name}}}"), field_name

    def format_field(self, value: Any, format_spec: str) -> str:
        if value is None or not str(value).strip():
            return "" if format_spec == "optional" else _EMPTY[self._lang]
        if isinstance(value, _Absent) or format_spec in ("", "optional"):
            return str(value)
        if format_spec == "finding" and str(value).startswith("["):
            return _LIST_MARK[self._lang].join(self._finding(**each) for each in json.loads(value))
        prefix = "" if format_spec in ("code", "finding") else f"{format_spec}."
        parts = re.split(r",\s*(?![^()]*\))", str(value))
        return _LIST_MARK[self._lang].join(self._word(prefix, part.strip()) for part in parts if part.strip())

    def _finding(self, code: str, **facts: str) -> str:
        """A rule's answer inside another sentence, with its own figures."""
        return say(code, self._lang, **facts).rstrip(_FULL_STOPS)

    def _word(self, prefix: str, value: str) -> str:
        """The word of one value, or the value as it stands: it may be text already."""
        code, space, note = value.partition(" ")
        sentence = catalogue(self._lang).get(prefix + code)
        if sentence is None or (space and not note.startswith("(")):
            return value
        spoken = _Speaker(prefix + code, self._lang, inside_another=True).vformat(sentence, (), {})
        return f"{spoken.rstrip(_FULL_STOPS)}{space}{note}"


class _Absent(str):
    """What stands where a parameter was not given."""
