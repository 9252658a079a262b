"""A paper carries the facts it shows, all of them, and no others."""

import json
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment

from activities.papers.check import check_file
from activities.papers.press import Press
from activities.papers.press.sample import SAMPLE
from activities.papers.press.template_facts import TemplateFacts, template_facts_of
from rulebook.law.rates import read_rate
from rulebook.papers.facts import PaperData
from rulebook.papers.kinds import DocumentKind
from tests.papers.samples import EVERY_PAPER, Lang, changed

Way = tuple[str, ...]
"""A fact by its name, or a part of one by both names; of rows the part in the first row."""
TALKATIVE = changed(
    fees={
        "minimum_fen": 200_000,
        "prepaid_days": 5,
        "waivers": [{"since": date(2026, 3, 1), "until": date(2026, 3, 20)}],
        "extension_rate": "4.35%/360",
        "overdue_rate": "6.525%/360",
    },
    day_count={"part_day_counts": True},
    waived_days=2,
    prepaid_fee_fen=475_000,
)
LOOKED_UP = {("files", "kind")}
"""Shown only where an office has a name of its own for the kind."""
NO_PERSON = {"applicant", "guarantors", "signatory", "acts"}


def ways(plain: dict[str, Any]) -> Iterator[Way]:
    """Everything that is said in facts as plain data."""
    for name, value in plain.items():
        row = value[0] if isinstance(value, list | tuple) and value else value
        if isinstance(row, dict):
            yield from ((name, part) for part, item in row.items() if item not in (None, "", ()))
        elif value not in (None, "", ()):
            yield (name,)


def otherwise(way: Way, facts: PaperData) -> PaperData:
    """The same facts, but for one."""
    plain: dict[str, Any] = facts.model_dump()
    if len(way) == 1:
        plain[way[0]] = another(plain[way[0]])
    else:
        held = plain[way[0]]
        row = dict(held[0] if isinstance(held, tuple) else held)
        row[way[1]] = another(row[way[1]])
        plain[way[0]] = (row, *held[1:]) if isinstance(held, tuple) else row
    return PaperData.model_validate(plain)


def another(value: Any) -> object:
    match value:
        case bool():
            return not value
        case int():
            return value + 3  # a schedule of fees has three days to a row
        case date() | datetime():
            return value + timedelta(days=1)
        case StrEnum():
            return next(member for member in type(value) if member is not value)
        case str() if "/" in value and value.replace("/", "").isdigit():
            return Fraction(value) / 2
        case str():
            return value[:-1] + "改"
        case tuple() if value and isinstance(value[0], dict):
            return ({name: another(item) for name, item in value[0].items()}, *value[1:])
        case _:
            return ()


@pytest.fixture(scope="module")
def page(press: Press) -> Callable[[DocumentKind, Lang, PaperData], str]:
    """A paper as HTML, without the digest of its facts."""

    @cache
    def _page(kind: DocumentKind, lang: Lang, facts: PaperData) -> str:
        return press.page(kind, facts, lang)

    return _page


def carried(press: Press, kind: DocumentKind, lang: Lang, facts: PaperData) -> dict[str, Any]:
    told = press.facts_of(kind, facts, lang)["data"]
    assert isinstance(told, dict)
    return told


@pytest.mark.parametrize(("kind", "lang"), EVERY_PAPER)
def test_whatever_a_paper_carries_it_shows(
    kind: DocumentKind, lang: Lang, press: Press, page: Callable[..., str]
) -> None:
    shown = page(kind, lang, SAMPLE)
    told = set(ways(carried(press, kind, lang, SAMPLE)))
    silent = [way for way in sorted(told - LOOKED_UP) if page(kind, lang, otherwise(way, SAMPLE)) == shown]
    assert silent == []


@pytest.mark.parametrize("facts", [SAMPLE, TALKATIVE], ids=["sample", "talkative"])
@pytest.mark.parametrize(("kind", "lang"), EVERY_PAPER)
def test_whatever_a_paper_shows_it_carries(
    kind: DocumentKind, lang: Lang, facts: PaperData, press: Press, page: Callable[..., str]
) -> None:
    left_out = set(ways(facts.model_dump())) - set(ways(carried(press, kind, lang, facts)))
    assert len(left_out) > 20
    other = facts
    for way in sorted(left_out):
        other = otherwise(way, other)
    assert page(kind, lang, other) == page(kind, lang, facts)


def test_papers_that_need_nobody_name_nobody(press: Press) -> None:
    for kind in (DocumentKind.ARCHIVE_INDEX, DocumentKind.COOPERATION_AGREEMENT, DocumentKind.TRANSFER_INSTRUCTION):
        assert not NO_PERSON & carried(press, kind, "zh", SAMPLE).keys()
    of_a_case = {"borrower_name", "borrower_uscc", "loan_note", "maturity", "balance_fen", "bridge_fen"}
    assert not of_a_case & carried(press, DocumentKind.COOPERATION_AGREEMENT, "zh", SAMPLE).keys()
    everything = {kind: carried(press, kind, "zh", SAMPLE) for kind in DocumentKind}
    parties = {
        "operator_contact",
        "borrower_contact",
        "bank_contact",
    }  # for whoever signs
    phones = {
        kind
        for kind, told in everything.items()
        if any("phone" in json.dumps(fact, default=str) for name, fact in told.items() if name not in parties)
    }
    assert phones == {DocumentKind.APPLICATION_FORM}
    assert {kind for kind, told in everything.items() if "borrower_contact" in told} == {
        DocumentKind.TRIPARTITE_AGREEMENT,
        DocumentKind.USAGE_AGREEMENT,
        DocumentKind.ENTRUSTED_LOAN_AGREEMENT,
        DocumentKind.EXTENSION_AGREEMENT,
    }
    assert carried(press, DocumentKind.DRAWDOWN_REQUEST, "zh", SAMPLE)["applicant"].keys() == {
        "legal_representative",
        "own_contribution_fen",
    }
    assert carried(press, DocumentKind.REFUSAL_NOTICE, "zh", SAMPLE)["operator_choices"] == ["review_days"]


def test_what_a_paper_does_not_show_does_not_change_its_digest(press: Press) -> None:
    kind = DocumentKind.REFUSAL_NOTICE
    other = SAMPLE.model_copy(update={"signatory": "另一人", "bridge_fen": 1})
    assert press.render(kind, other) == press.render(kind, SAMPLE)
    assert (
        press.render(kind, SAMPLE.model_copy(update={"loan_note": "x"})).data_digest
        != press.render(kind, SAMPLE).data_digest
    )


def test_an_offices_own_template_says_what_its_papers_carry(tmp_path: Path, press: Press) -> None:
    kind = DocumentKind.REFUSAL_NOTICE
    sheet = "{% extends '_sheet.html' %}{% block paper %}<h1>x</h1>%s{% endblock %}"
    own = tmp_path / "refusal_notice.zh.html"
    own.write_text(sheet.replace("%s", "{{ d.signatory }}"))
    always = {"case_no", "document_no", "issued_on", "operator_name"}
    assert carried(Press(tmp_path), kind, "zh", SAMPLE).keys() == {"signatory", *always}
    own.write_text(sheet.replace("%s", "{% set all = d %}{{ all.signatory }}"))
    assert carried(Press(tmp_path), kind, "zh", SAMPLE).keys() > {"signatory", "applicant", "files", *always}


@pytest.mark.parametrize(
    ("page", "facts"),
    [
        ("{{ d.applicant.phone }}", {"applicant": {"phone"}}),
        ("{% set a = d.applicant %}{{ a.kind }}{{ a.phone }}", {"applicant": {"kind", "phone"}}),
        ("{% if d.applicant is not none %}{{ d.applicant.kind }}{% endif %}", {"applicant": {"kind"}}),
        ("{% set a = d.applicant %}{{ a }}", {"applicant": None}),
        ("{% if d.files %}{% for f in d.files %}{{ f.pages }}{% endfor %}{% endif %}", {"files": {"pages"}}),
        ("{% for f in d.files if f.name %}{% else %}{{ d.case_no }}{% endfor %}", {"files": {"name"}, "case_no": None}),
        ("{{ d.files | length }}{{ d.files | sum(attribute='pages') }}", {"files": {"pages"}}),
        ("{{ d.files | sum(attribute='pages') }}{{ d.files | first }}", {"files": None}),
        ("{% macro m(rows) %}{{ d.maturity }}{% endmacro %}", {}),
        ("{% macro m(rows) %}{{ d.maturity }}{% endmacro %}{{ m(d.files) }}", {"files": None, "maturity": None}),
        ("{% macro m(d) %}{{ d.maturity }}{% endmacro %}{% set n = m %}{{ n(1) }}", {"maturity": None}),
    ],
)
def test_a_template_is_read_as_it_speaks(page: str, facts: dict[str, set[str] | None]) -> None:
    expected = {name: None if parts is None else frozenset(parts) for name, parts in facts.items()}
    assert template_facts_of([Environment().parse(page)]) == TemplateFacts(expected, frozenset())


@pytest.mark.parametrize(
    "page",
    [
        "{{ d }}",
        "{% set x = d %}",
        "{{ d['case_no'] }}",
        "{{ d | attr('case_no') }}",
        "{% macro m(x) %}{{ x.phone }}{% endmacro %}{{ m(d) }}",
        "{% macro m(d) %}{{ d.phone }}{% endmacro %}{{ m(d=d) }}",
        "{% from '_parts.zh.html' import bank as keeper %}",
        "{{ some_filter(d) }}",
    ],
)
def test_what_cannot_be_followed_speaks_of_everything(page: str) -> None:
    assert template_facts_of([Environment().parse(page)]).everything


def test_choices_are_those_whose_names_stand_in_the_template() -> None:
    assert template_facts_of([Environment().parse("{{ own('a', 'b') }}")]).choices == frozenset("ab")
    assert template_facts_of([Environment().parse("{% set x = 'a' %}{{ own(x) }}")]).choices is None
    assert TALKATIVE.fees is not None
    assert read_rate("4.35%/360") == TALKATIVE.fees.extension_rate


@pytest.mark.parametrize(("kind", "lang"), EVERY_PAPER)
def test_the_amounts_of_all_that_a_measure_charges_stand_in_the_facts(
    kind: DocumentKind, lang: Lang, press: Press
) -> None:
    report = check_file(press.render(kind, TALKATIVE, lang).pdf, None)
    assert report.faults == ()
    assert report.agrees_with_text
