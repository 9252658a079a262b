"""What strangers write into a paper is printed as it stands or refused by name; nothing is fetched, run or written."""

import copy
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import pypdfium2 as pdfium  # type: ignore[import-untyped]
import pytest

from activities.papers.press import Paper, Press, engine
from activities.papers.press.sample import SAMPLE
from rulebook.errors import XuqiaoError
from rulebook.papers.amounts import MOST_FEN
from rulebook.papers.facts import PaperData, PaperFinding
from rulebook.papers.kinds import DocumentKind
from rulebook.papers.limits import MOST_COUNT, MOST_ROWS, MOST_TEXT
from tests.papers.samples import EVERY_PAPER, Lang, Read

Fill = dict[str, Any]

MARKUP = (
    "<script>alert(1)</script>",
    "{{7*7}}",
    "{% include 'paper.css' %}",
    "{{d.__class__.__mro__}}",
    "file:///etc/passwd",
    "<img src=file:///etc/passwd>",
    "<link rel=attachment href=file:///etc/passwd>",
    "<link rel=stylesheet href=http://127.0.0.1:9/a.css>",
    "</title></head><body><iframe src=http://127.0.0.1:9/>",
    '"><style>@import url(file:///etc/passwd)</style>',
    "<svg><image href=http://127.0.0.1:9/a.png></svg>",
    "<a href=javascript:alert(1)>x</a>",
    "&lt;b&gt;&#37;&#x202e;&amp;",
    "<!--",
    "]]>",
)
TURNING = "\u202e\u2066\u200f\u061c"
HIDDEN = "\u200b\u200d\u2060\ufeff\u00ad"
NO_GLYPH = ("😀", "\x00", "\x1b", "\x7f", "\ufffe", "\ue000", "ש", "\u0e49")
"""Where WeasyPrint lays the cut fonts for fontconfig while it draws; it is gone with the paper."""
MOST_CPU_SECONDS = 20


class Field(NamedTuple):
    """One fact of a paper: where it is (rows by number), and the longest text or None for a number."""

    path: tuple[str | int, ...]
    most: int | None


def fields(of: str) -> Iterator[Field]:
    """Every text (``string``) or number (``integer``) of a paper, nested ones too, read from the model itself; what has
    a form of its own, such as a day or a rate, takes no text."""
    schema = PaperData.model_json_schema()

    def walk(part: dict[str, Any], path: tuple[str | int, ...]) -> Iterator[Field]:
        if "$ref" in part:
            part = schema["$defs"][part["$ref"].rpartition("/")[2]]
        for either in part.get("anyOf", ()):
            yield from walk(either, path)
        for name, item in part.get("properties", {}).items():
            yield from walk(item, (*path, name))
        if "items" in part:
            yield from walk(part["items"], (*path, 0))
        if part.get("type") == of and not part.keys() & {"enum", "format", "pattern"}:
            yield Field(path, part.get("maxLength"))

    return walk(schema, ())


TEXTS = list(fields("string"))
NUMBERS = list(fields("integer"))


def filled(write: Callable[[int, Field], object], into: Sequence[Field] = TEXTS) -> PaperData:
    """The sample with something else in each of these fields; of a list the first row."""
    facts = copy.deepcopy(SAMPLE.model_dump())
    for number, field in enumerate(into):
        put(facts, field, write(number, field))
    return PaperData.model_validate(facts)


def put(facts: Fill, field: Field, value: object) -> None:
    place: Any = facts
    for step in field.path[:-1]:
        if isinstance(place[step], tuple):
            place[step] = list(place[step])
        place = place[step]
    place[field.path[-1]] = value


def named(field: Field) -> str:
    return ".".join(map(str, field.path))


class Watch:
    """What a process does beside drawing: files it opens to write, files it reads, addresses it calls."""

    def __init__(self) -> None:
        self.on = False
        self.asked: list[str] = []
        self.done: list[str] = []
        sys.addaudithook(self._hear)

    def _hear(self, event: str, about: tuple[Any, ...]) -> None:
        if not self.on:
            return
        if event == "open":
            path, mode, flags = about
            writes = flags & (os.O_WRONLY | os.O_RDWR) or set(mode or "") & set("wax+")
            if writes or str(path).startswith("/etc/"):
                self.done.append(f"open {path}")
        elif event.split(".")[0] in {"socket", "subprocess", "urllib"} or event in {"os.system", "os.rename"}:
            self.done.append(f"{event} {about}")


@pytest.fixture(scope="session")
def the_watch(press: Press) -> Watch:
    press.render(DocumentKind.REFUSAL_NOTICE, SAMPLE)  # loads what is loaded once
    return Watch()


@pytest.fixture
def watch(the_watch: Watch, press: Press, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    """Listens to the fetcher and to the interpreter while a test draws."""
    fetch = engine.AssetsOnly.fetch

    def heard(fetcher: engine.AssetsOnly, url: str, headers: object = None) -> Any:
        the_watch.asked.append(url)
        return fetch(fetcher, url, headers)

    monkeypatch.setattr(engine.AssetsOnly, "fetch", heard)
    the_watch.asked, the_watch.done, the_watch.on = [], [], True
    yield the_watch
    assert the_watch.asked == []
    press.render(DocumentKind.REFUSAL_NOTICE, SAMPLE, draft=True)  # that it hears: the mark of a draft is an asset
    the_watch.on = False
    assert set(the_watch.asked) == {"mark://draft"}
    assert the_watch.done == []


def test_every_text_has_a_longest_and_every_fact_is_in_the_sample() -> None:
    assert [named(field) for field in TEXTS if field.most is None] == []
    assert len(TEXTS) > 50
    assert len(NUMBERS) > 25
    filled(lambda number, field: "x" * 40)


@pytest.mark.parametrize(("kind", "lang"), EVERY_PAPER)
def test_code_in_every_field_is_printed_as_it_stands_and_nothing_is_fetched(
    kind: DocumentKind, lang: Lang, press: Press, read: Read, watch: Watch
) -> None:
    code = "<script>{{7*7}}{%x%}</script>"
    paper = press.render(kind, filled(lambda number, field: f"〈{number}〉{code}"), lang)
    text = read(paper)
    shown = {int(number) for number in re.findall(r"〈(\d+)〉", text)}
    assert len(shown) >= 8
    # Where a text breaks across pages, header and footer come between: one whole printing of each is enough.
    assert [named(TEXTS[number]) for number in sorted(shown) if f"〈{number}〉{code}" not in text] == []


def test_every_kind_of_markup_is_printed_as_it_stands(press: Press, read: Read, watch: Watch) -> None:
    findings = tuple(PaperFinding(sentence=code, citation=code) for code in MARKUP)
    facts = SAMPLE.model_copy(update={"findings": findings, "breaches": findings, "missing_papers": MARKUP})
    for kind in (DocumentKind.REFUSAL_NOTICE, DocumentKind.BREACH_NOTICE, DocumentKind.CORRECTION_NOTICE):
        text = read(press.render(kind, facts))
        assert [code for code in MARKUP if "".join(code.split()) not in text] == []
        assert "root:" not in text


@pytest.mark.parametrize("kind", [DocumentKind.REFUSAL_NOTICE, DocumentKind.TRANSFER_INSTRUCTION])
def test_marks_that_turn_or_hide_are_taken_out_of_every_field(kind: DocumentKind, press: Press, read: Read) -> None:
    facts = filled(lambda number, field: f"〈{number}〉A{TURNING}B{HIDDEN}C")
    paper = press.render(kind, facts)
    text = read(paper)
    shown = set(re.findall(r"〈\d+〉", text))
    assert [number for number in sorted(shown) if f"{number}ABC" not in text] == []
    assert not set(text) & set(TURNING + HIDDEN)
    # What is embedded and digested is what is printed.
    assert not set(str(press.facts_of(kind, facts))) & set(TURNING + HIDDEN)


@pytest.fixture(scope="session")
def printed_by(press: Press) -> dict[int, DocumentKind]:
    """For each text, by its number, a kind of paper that prints it."""
    facts = filled(lambda number, field: f"〈{number}〉")
    found: dict[int, DocumentKind] = {}
    for kind in DocumentKind:
        page = press.page(kind, facts)
        found |= {int(number): kind for number in re.findall(r"〈(\d+)〉", page)}
    return found


@pytest.mark.parametrize("sign", NO_GLYPH, ids=lambda sign: f"U+{ord(sign):04X}")
def test_a_sign_that_no_font_has_is_refused_in_every_field(
    sign: str, press: Press, printed_by: dict[int, DocumentKind]
) -> None:
    """Refused before anything is laid out."""
    assert len(printed_by) > 40
    for number, kind in printed_by.items():
        with pytest.raises(XuqiaoError) as refused:
            press.render(kind, filled(lambda _, field: f"笑{sign}", [TEXTS[number]]))
        assert refused.value.code == "papers.missing_glyph", named(TEXTS[number])
        assert refused.value.params["codepoint"] == f"U+{ord(sign):04X}"


@pytest.mark.parametrize("field", TEXTS, ids=named)
def test_ten_thousand_characters_or_half_a_character_are_refused_by_the_fields_name(field: Field) -> None:
    for text, code in (("字" * 10_000, "papers.text_too_long"), ("坏\ud83d", "papers.broken_text")):
        with pytest.raises(XuqiaoError) as refused:
            filled(lambda number, _, text=text: text, [field])  # type: ignore[misc]
        assert refused.value.code == code
        assert refused.value.params["field"].split(".")[-1].partition(" #")[0] in {str(step) for step in field.path}
        assert refused.value.params.get("most", str(field.most)) == str(field.most)


def test_what_was_copied_past_the_checks_is_refused_by_the_press(press: Press) -> None:
    for field, value, code in (
        ("borrower_name", "字" * 10_000, "papers.text_too_long"),
        ("borrower_name", "\ud83d", "papers.broken_text"),
        ("balance_fen", 10**30, "papers.number_too_big"),
        ("missing_papers", ("纸",) * (MOST_ROWS + 1), "papers.too_many_rows"),
    ):
        with pytest.raises(XuqiaoError) as refused:
            press.render(DocumentKind.CORRECTION_NOTICE, SAMPLE.model_copy(update={field: value}))
        assert (refused.value.code, refused.value.params["field"]) == (code, f"PaperData.{field}")


def test_facts_that_are_too_much_together_are_refused() -> None:
    reason = {"sentence": "字" * 2000, "citation": ""}
    with pytest.raises(XuqiaoError) as refused:
        PaperData.model_validate(SAMPLE.model_dump() | {"findings": [reason] * (MOST_TEXT // 2000 + 1)})
    assert refused.value.code == "papers.too_much_text"


@pytest.mark.parametrize("field", NUMBERS, ids=named)
def test_a_huge_number_is_refused_by_the_fields_name(field: Field) -> None:
    amount = str(field.path[-1]).endswith("_fen")
    for number in (10**30, 10**5000):  # Python would not even write the second one in digits
        with pytest.raises(XuqiaoError) as refused:
            filled(lambda _, __, number=number: number, [field])  # type: ignore[misc]
        assert refused.value.code == "papers.number_too_big"
        assert refused.value.params["field"].split(".")[-1] == field.path[-1]
        assert refused.value.params["most"] == str(MOST_FEN if amount else MOST_COUNT)


@pytest.mark.parametrize("kind", DocumentKind)
def test_the_longest_texts_and_numbers_stay_on_the_paper_and_within_the_time(kind: DocumentKind, press: Press) -> None:
    """Every fact at its limit, in turn wide signs and words without an end."""
    longest = filled(lambda number, field: "国W"[number % 2] * (field.most or 0)).model_dump()
    for field in NUMBERS:
        put(longest, field, MOST_FEN // 2 if str(field.path[-1]).endswith("_fen") else MOST_COUNT)
    start = time.process_time()
    paper = press.render(kind, PaperData.model_validate(longest))
    assert time.process_time() - start < MOST_CPU_SECONDS
    assert off_the_paper(paper) == []


def off_the_paper(paper: Paper) -> list[str]:
    """Lines of text that come nearer than 3 mm to an edge of their page."""
    margin = 3 * 72 / 25.4
    found = []
    with pdfium.PdfDocument(paper.pdf) as pdf:
        for number, page in enumerate(pdf, start=1):
            text = page.get_textpage()
            width, height = page.get_size()
            for at in range(text.count_rects()):
                left, bottom, right, top = text.get_rect(at)
                words = text.get_text_bounded(left, bottom, right, top)
                # The strip for the seal across the pages belongs at the edge.
                if min(left, bottom, width - right, height - top) < margin and words not in set("骑缝章"):
                    found.append(f"page {number}: {words[:60]}")
    return found
