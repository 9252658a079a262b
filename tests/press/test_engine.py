"""What the press leaves out of WeasyPrint's work changes no byte, and neither does what was drawn before."""

import io
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from weasyprint import HTML
from weasyprint.text import line_break

from activities.press import Press, engine
from activities.press.sample import SAMPLE
from rulebook.papers import DocumentKind


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


def test_a_face_that_only_the_machine_has_is_never_used(tmp_path: Path) -> None:
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
