"""What the press leaves out of WeasyPrint's work changes no byte, and neither does what was drawn before."""

import hashlib
import io
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from inspect import getsource
from pathlib import Path

import pikepdf
import pypdfium2 as pdfium  # type: ignore[import-untyped]
import pytest
from PIL import Image, ImageChops
from weasyprint import HTML

from activities.papers.press import Paper, Press, economy, engine
from activities.papers.press.sample import SAMPLE
from rulebook.errors import XuqiaoError
from rulebook.papers.kinds import DocumentKind


@pytest.fixture
def leave_to_itself(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Gives WeasyPrint its own functions back, all whose stand-ins promise the same bytes."""

    def leave() -> None:
        for each in economy.REPLACED:
            for owner in each.owners if each.same_bytes else ():
                monkeypatch.setattr(owner, each.name, each.theirs)
        monkeypatch.setattr(engine.Page, "_ua_stylesheets", HTML._ua_stylesheets)
        engine.fill_lines.__wrapped__()  # Chinese lines reach both edges with either

    return leave


@pytest.mark.parametrize(
    ("kind", "draft"),
    [*((kind, False) for kind in DocumentKind), (DocumentKind.TRIPARTITE_AGREEMENT, True)],
)
def test_weasyprint_left_to_itself_draws_the_same(
    kind: DocumentKind, draft: bool, press: Press, leave_to_itself: Callable[[], None]
) -> None:
    ours = press.render(kind, SAMPLE, "en" if draft else "zh", draft)
    leave_to_itself()
    assert press.render(kind, SAMPLE, "en" if draft else "zh", draft).sha256 == ours.sha256


def test_41_what_is_replaced_of_weasyprint_is_what_was_read() -> None:
    """Another version may work otherwise: read what changed, then take over its digest here."""
    read = {
        "StyleFor": "dac5a1326168",
        "resolve_percentages": "71673078096f",
        "layout_box_backgrounds": "617a870678c8",
        "setup": "fb227a55094f",
        "set_text": "fe23ca9937db",
        "deactivate": "bfec3ec8406e",
        "reactivate": "0b89ee097104",
        "strut": "b57885b70dd0",
        "split_first_line": "39ad1016863c",
        "draw_first_line": "1bb8eae6d88e",
        "draw_line": "cc41cbfdbabe",
        "draw_collapsed_borders": "120b162d2a4f",
        "_harfbuzz_subset": "f80805663ede",
        "_to_bytes": "1cefd02c285d",
    }
    there = {each.name: hashlib.sha256(getsource(each.theirs).encode()).hexdigest()[:12] for each in economy.REPLACED}
    assert there == read


def test_41_lines_of_tables_look_as_weasyprint_draws_them(press: Press, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = press.render(DocumentKind.APPLICATION_FORM, SAMPLE)
    for each in economy.REPLACED:
        for owner in () if each.same_bytes else each.owners:
            monkeypatch.setattr(owner, each.name, each.theirs)
    theirs = press.render(DocumentKind.APPLICATION_FORM, SAMPLE)
    assert ours.sha256 != theirs.sha256
    assert len(ours.pdf) < len(theirs.pdf)
    for one, other in zip(pictures(ours), pictures(theirs), strict=True):
        differing = ImageChops.difference(one, other).histogram()
        assert sum(differing[64:]) == 0  # where lines cross, theirs are a shade darker: painted twice


def pictures(paper: Paper) -> list[Image.Image]:
    """The pages as the eye sees them, in shades of grey."""
    with pdfium.PdfDocument(paper.pdf) as pdf:
        return [page.render(scale=1.5).to_pil().convert("L") for page in pdf]


def test_a_press_that_has_drawn_other_papers_draws_what_a_new_one_draws() -> None:
    experienced = Press()
    for kind in (DocumentKind.MINUTES, DocumentKind.REFUSAL_NOTICE, DocumentKind.LIAISON_FORM):
        experienced.render(kind, SAMPLE)
    agreement = DocumentKind.TRIPARTITE_AGREEMENT
    assert experienced.render(agreement, SAMPLE).sha256 == Press().render(agreement, SAMPLE).sha256


def test_a_font_that_only_the_machine_has_is_never_used(tmp_path: Path) -> None:
    (tmp_path / "office.css").write_text("html, body { font-family: 'DejaVu Sans', sans-serif }")
    paper = Press(tmp_path).render(DocumentKind.MINUTES, SAMPLE)
    with pikepdf.open(io.BytesIO(paper.pdf)) as pdf:
        named = {
            str(font["/BaseFont"])
            for font in pdf.objects
            if isinstance(font, pikepdf.Dictionary) and "/BaseFont" in font
        }
    assert named
    assert [name for name in named if "xuqiao-" not in name] == []


def minutes_of_an_office(folder: Path, style: str, paper: str) -> Press:
    (folder / "office.css").write_text(style)
    (folder / "minutes.zh.html").write_text(
        "{% extends '_sheet.html' %}{% block paper %}<h1>纪要</h1>" + paper + "{% endblock %}"
    )
    return Press(folder)


@pytest.mark.parametrize(
    ("style", "paper"),
    [
        ("p { text-align: justify; hyphens: auto; word-spacing: 2px }", "<p>a bb ccc dddd eeeee 甲乙 " * 40),
        ("p { width: calc(100% - 10mm); text-indent: calc(1em + 2pt) }", "<p>甲乙丙丁</p>"),
        (".note { float: footnote }", "<p>正文<span class=note>注释</span>后面</p>"),
        ("@page { @bottom-center { content: 'X' } @left-top { content: 'Y' } }", "<p>正文</p>"),
        ("td { overflow: hidden; white-space: nowrap; text-overflow: ellipsis }", "<table><td>" + "甲乙" * 60),
        ("html { overflow: hidden } p { overflow: hidden; height: 3em; columns: 2 }", "<p>" + "甲乙丙丁" * 200),
        ("div { display: flex } b { flex: 1; width: 30% } p { display: grid }", "<div><b>甲<b>乙</div><p><i>丙"),
        ("p { text-decoration: underline; letter-spacing: 1pt; font-size: 7.3pt }", "<p>甲 12,345.60 — “乙” " * 9),
        ("p { max-lines: 2; block-ellipsis: auto; white-space: pre-line }", "<p>" + "甲 \n乙丙丁戊" * 90),
        ("table { border: 3pt double; border-radius: 2mm } td { border: 1pt dotted red }", "<table><tr><td>甲<td>乙"),
        ("p { direction: rtl }", "<p hidden>不见</p><p>他说<q>好</q></p><ol><li>一</li><li>二</li></ol>"),
    ],
    ids=[
        "justified",
        "calc",
        "footnote",
        "edges",
        "ellipsis",
        "cut",
        "flex",
        "letters",
        "two-lines",
        "borders",
        "words",
    ],
)
def test_what_an_office_styles_is_drawn_as_weasyprint_would(
    style: str, paper: str, tmp_path: Path, leave_to_itself: Callable[[], None]
) -> None:
    press = minutes_of_an_office(tmp_path, style, paper)
    ours = press.render(DocumentKind.MINUTES, SAMPLE)
    assert press.render(DocumentKind.MINUTES, SAMPLE).sha256 == ours.sha256
    leave_to_itself()
    assert press.render(DocumentKind.MINUTES, SAMPLE).sha256 == ours.sha256


def test_41_a_length_in_parts_of_the_page_is_that_of_the_papers_own_page(tmp_path: Path) -> None:
    style = "@page wide { size: A4 landscape } body.minutes { page: wide } h1 { margin-left: 20vw }"
    (tmp_path / "office.css").write_text(style)
    experienced = Press(tmp_path)
    experienced.render(DocumentKind.REFUSAL_NOTICE, SAMPLE)
    ours = experienced.render(DocumentKind.MINUTES, SAMPLE)
    assert Press(tmp_path).render(DocumentKind.MINUTES, SAMPLE).sha256 == ours.sha256


def test_41_styles_and_lines_of_earlier_papers_are_not_kept_without_end(
    press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper = press.render(DocumentKind.MINUTES, SAMPLE)
    monkeypatch.setattr(economy, "_MOST_STYLES", 10)
    monkeypatch.setattr(economy, "_MOST_LINES", 10)
    monkeypatch.setattr(economy, "_LINES", {})
    again = [press.render(DocumentKind.MINUTES, SAMPLE) for _ in range(2)]
    assert {each.sha256 for each in again} == {paper.sha256}
    assert len(economy._LINES) == 10


def test_what_the_engine_falls_over_names_the_template(tmp_path: Path) -> None:
    press = minutes_of_an_office(tmp_path, "li::marker { content: '§' }", "<ul><li>一</li></ul>")
    with pytest.raises(XuqiaoError) as refused:
        press.render(DocumentKind.MINUTES, SAMPLE)
    assert (refused.value.code, refused.value.params["template"]) == ("papers.template_broken", "minutes.zh.html")


def test_a_full_disk_is_no_fault_of_a_template(press: Press, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(engine.Page, "render", full)
    with pytest.raises(OSError, match="No space left"):
        press.render(DocumentKind.MINUTES, SAMPLE)


@pytest.mark.parametrize("before", [None, "/etc/fonts/fonts.conf"])
def test_threads_that_open_fonts_leave_the_environment_as_it_was(
    before: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if before is None:
        monkeypatch.delenv("FONTCONFIG_FILE", raising=False)
    else:
        monkeypatch.setenv("FONTCONFIG_FILE", before)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(engine.open_fonts, [{}] * 200))
    assert os.environ.get("FONTCONFIG_FILE") == before
