"""What the press leaves out of WeasyPrint's work changes no byte, and neither does what was drawn before."""

import io
import os
from concurrent.futures import ThreadPoolExecutor
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from weasyprint import HTML
from weasyprint.text import line_break

from activities.papers.press import Press, engine
from activities.papers.press.sample import SAMPLE
from rulebook.errors import XuqiaoError
from rulebook.papers.kinds import DocumentKind


def as_it_comes() -> Any:
    """WeasyPrint's own lines of text, as its file has them."""
    spec = spec_from_file_location("weasyprint.text.as_it_comes", line_break.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Layout


@pytest.mark.parametrize("kind", DocumentKind)
@pytest.mark.parametrize("draft", [False, True], ids=["paper", "draft"])
def test_weasyprint_left_to_itself_draws_the_same(
    kind: DocumentKind, draft: bool, press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = press.render(kind, SAMPLE, "en" if draft else "zh", draft)
    layout = as_it_comes()
    monkeypatch.setattr(line_break.Layout, "deactivate", layout.deactivate)
    monkeypatch.setattr(line_break.Layout, "reactivate", layout.reactivate)
    monkeypatch.setattr(engine.Page, "_ua_stylesheets", HTML._ua_stylesheets)
    assert press.render(kind, SAMPLE, "en" if draft else "zh", draft).sha256 == ours.sha256


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
        ("p { direction: rtl }", "<p hidden>不见</p><p>他说<q>好</q></p><ol><li>一</li><li>二</li></ol>"),
    ],
    ids=["justified", "calc", "footnote", "edges", "ellipsis", "words"],
)
def test_what_an_office_styles_is_drawn_as_weasyprint_would(
    style: str, paper: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    press = minutes_of_an_office(tmp_path, style, paper)
    ours = press.render(DocumentKind.MINUTES, SAMPLE)
    layout = as_it_comes()
    monkeypatch.setattr(line_break.Layout, "deactivate", layout.deactivate)
    monkeypatch.setattr(line_break.Layout, "reactivate", layout.reactivate)
    monkeypatch.setattr(engine.Page, "_ua_stylesheets", HTML._ua_stylesheets)
    assert press.render(DocumentKind.MINUTES, SAMPLE).sha256 == ours.sha256


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
