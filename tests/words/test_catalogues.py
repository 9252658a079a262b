"""The catalogues fit each other, the enums and every error raised in the source tree."""

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from string import Formatter
from types import ModuleType
from typing import NamedTuple

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from activities.books.statement.taking_in import LineState
from activities.papers.check import FileForm
from activities.words import LANGUAGES, WORD_GROUPS, Lang, catalogue, has_words
from models.books.statements import DifferenceState
from models.cases.acts import ActState
from models.cases.case_file import URGENCY
from models.cases.views import PAYMENT_STATES
from models.papers.signatures import FlowEnd
from rulebook import cases, events, findings, messages, stages
from rulebook.books import postings
from rulebook.books.chart import PARTS, Basis
from rulebook.books.payments import NotPaid
from rulebook.books.reconciling import DifferenceKind
from rulebook.books.steps import NextStep, ProposalState
from rulebook.calendars import in_order
from rulebook.law.ceiling import Bound
from rulebook.law.fees import FeeKind
from rulebook.law.provisions import DayOff, QueueOrder
from rulebook.papers import clauses
from rulebook.papers import kinds as papers
from rulebook.papers.kinds import PAPERS, LegalForm
from rulebook.papers.signing import SignedHow
from tests.source_code import TOP, each_node, files, nodes

SOURCES = ("rulebook", "models", "gateways", "activities", "workflows", "portal", "runtime")


def placeholders(sentence: str) -> set[tuple[str, str]]:
    """Names and word groups; a sentence that cannot be formatted raises ValueError."""
    return {(name, spec or "") for _, name, spec, _ in Formatter().parse(sentence) if name is not None}


def areas(lang: Lang) -> dict[str, Catalog]:
    found = {}
    for path in sorted((TOP / "templates" / "words" / lang).glob("*.po")):
        with path.open("rb") as text:
            found[path.stem] = read_po(text, locale=lang, charset="utf-8", abort_invalid=True)
    return found


def test_both_languages_have_the_same_areas_codes_and_placeholders() -> None:
    zh, en = areas("zh"), areas("en")
    assert zh.keys() == en.keys()
    for area in zh:
        assert {entry.id for entry in zh[area]} == {entry.id for entry in en[area]}, area
        for entry in zh[area]:
            if not entry.id:
                continue
            other = en[area][entry.id]
            assert other is not None
            assert placeholders(str(entry.string)) == placeholders(str(other.string)), entry.id


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_code_is_empty_uncertain_obsolete_or_in_two_areas(lang: Lang) -> None:
    seen: Counter[str] = Counter()
    for area, entries in areas(lang).items():
        assert not entries.obsolete, area
        for entry in entries:
            if entry.id:
                seen[str(entry.id)] += 1
                assert entry.string, f"{area}: {entry.id} is empty"
                assert not entry.fuzzy, f"{area}: {entry.id} is marked uncertain"
    assert [code for code, times in seen.items() if times > 1] == []
    assert set(seen) == set(catalogue(lang)), "the merged catalogue is all areas together"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_code_is_there_twice(lang: Lang) -> None:
    """The reader of catalogues keeps the last one without a word."""
    lines = [
        line
        for path in (TOP / "templates" / "words" / lang).glob("*.po")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith('msgid "')
    ]
    assert [line for line, times in Counter(lines).items() if times > 1 and line != 'msgid ""'] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_word_group_named_in_a_sentence_exists(lang: Lang) -> None:
    groups = {code.split(".")[0] for code in catalogue(lang)}
    for code, sentence in catalogue(lang).items():
        for name, spec in placeholders(sentence):
            assert name.isidentifier(), f"{code}: {name!r} is not a plain name"
            assert spec in {"", "code", "finding", "optional"} | groups, f"{code}: {name}:{spec}"


def enums_of(*modules: ModuleType) -> dict[str, type[StrEnum]]:
    """The enums of some modules, by name."""
    return {
        enum.__name__: enum
        for module in modules
        for enum in vars(module).values()
        if isinstance(enum, type) and issubclass(enum, StrEnum) and enum.__module__ == module.__name__
    }


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_enum_member_has_words(lang: Lang) -> None:
    assert set(enums_of(cases, stages, messages, events)) <= set(WORD_GROUPS)
    enums = enums_of(cases, stages, messages, events, findings, papers, postings, in_order, clauses)
    missing = [
        f"{group}.{member}"
        for name, group in WORD_GROUPS.items()
        for member in enums[name]
        if not has_words(f"{group}.{member}", lang)
    ]
    assert missing == []


def test_no_two_enums_of_ours_share_a_name_that_has_words() -> None:
    ours = Counter(enum.__name__ for enum in StrEnum.__subclasses__() if enum.__module__.split(".")[0] in SOURCES)
    assert [name for name in WORD_GROUPS if ours[name] > 1] == []


SAID_BY_GROUP: Mapping[str, Iterable[str]] = {
    "bound": Bound,
    "book_next": NextStep,
    "book_state": ProposalState,
    "chart_basis": Basis,
    "cli.flow": FlowEnd,
    "cli.payment": PAYMENT_STATES,
    "reason": NotPaid,
    "cli.state": ActState,
    "cli.urgency": {"normal", *URGENCY.values()},
    "escrow_part": PARTS,
    "file_form": FileForm,
    "law.day_off": DayOff,
    "law.fee_kind": FeeKind,
    "law.form": LegalForm,
    "queue": QueueOrder,
    "signed_how": SignedHow,
    "statement.difference": DifferenceKind,
    "statement.state": LineState,
    "statement.task": DifferenceState,
}
"""Codes that are said by the name of their group, since their enums lie above what the words may import."""


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("group", SAID_BY_GROUP)
def test_every_code_said_by_its_group_has_words(group: str, lang: Lang) -> None:
    assert [code for code in SAID_BY_GROUP[group] if not has_words(f"{group}.{code}", lang)] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_group_said_in_the_source_is_in_the_catalogues(lang: Lang) -> None:
    said = list(said_groups())
    assert {"stage", "cli.state"} <= {group for _, group in said}
    beginnings = {code[: place + 1] for code in catalogue(lang) for place, sign in enumerate(code) if sign == "."}
    assert [f"{where}: {group}" for where, group in said if f"{group}." not in beginnings] == []


class Raised(NamedTuple):
    """An error as the source raises it."""

    where: str
    code: str
    names: frozenset[str] | None
    """Its parameters; None when some are handed over by **."""


def raised_errors() -> Iterator[Raised]:
    for path in files(*SOURCES):
        family = {"XuqiaoError"} | {
            node.name
            for node in nodes(path)
            if isinstance(node, ast.ClassDef)
            and any(isinstance(base, ast.Name) and base.id == "XuqiaoError" for base in node.bases)
        }
        for node in nodes(path):
            if not isinstance(node, ast.Call):
                continue
            # A message that cannot be taken is refused with its code in second place.
            place = 0 if _name(node.func) in family else 1 if _name(node.func) == "refuse_message" else None
            if place is not None and len(node.args) > place:
                yield from _raised(node, node.args[place], f"{path.relative_to(TOP)}:{node.lineno}")


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _raised(call: ast.Call, first: ast.expr, where: str) -> Iterator[Raised]:
    keywords = [keyword.arg for keyword in call.keywords]
    names = None if None in keywords else frozenset(str(name) for name in keywords)
    for code in [first.body, first.orelse] if isinstance(first, ast.IfExp) else [first]:
        if isinstance(code, ast.Constant) and isinstance(code.value, str):
            yield Raised(where, code.value, names)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_error_raised_in_the_source_has_words_and_all_they_need(lang: Lang) -> None:
    raised = list(raised_errors())
    assert {"money.not_a_number", "money.too_many_decimals"} <= {error.code for error in raised}

    faults = []
    for error in raised:
        if not has_words(error.code, lang):
            faults.append(f"{error.where}: {error.code} has no words in {lang}")
        elif error.names is not None:
            needed = {name for name, _ in placeholders(catalogue(lang)[error.code])}
            if lacking := needed - error.names:
                faults.append(f"{error.where}: {error.code} is raised without {sorted(lacking)}")
    assert faults == [], "\n" + "\n".join(faults)


def said_codes() -> Iterator[tuple[str, str]]:
    """Every code that is written out where it is said, with its place."""
    for path, call in each_node(*SOURCES):
        if isinstance(call, ast.Call) and _name(call.func) == "say" and call.args:
            first = call.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str) and "." in first.value:
                yield f"{path}:{call.lineno}", first.value


def said_groups() -> Iterator[tuple[str, str]]:
    """Every group of codes that is written out where one of its codes is said, with its place."""
    for path, call in each_node(*SOURCES):
        if isinstance(call, ast.Call) and _name(call.func) in ("word", "say_value") and len(call.args) > 1:
            first = call.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield f"{path}:{call.lineno}", first.value


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_code_said_in_the_source_has_words(lang: Lang) -> None:
    said = list(said_codes())
    assert "refusal.by_officer" in {code for _, code in said}
    assert [f"{where}: {code}" for where, code in said if not has_words(code, lang)] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_fact_a_paper_cannot_do_without_has_words(lang: Lang) -> None:
    needed = {name for row in PAPERS.values() for name in row.needs}
    assert {name for name in needed if not has_words(f"paper_fact.{name}", lang)} == set()
