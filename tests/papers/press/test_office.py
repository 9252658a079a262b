"""An office's own folder: templates, names, styles; and what has no place in it."""

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from PIL import Image, ImageChops
from pypdf import PdfReader

from activities.papers.check import check_file
from activities.papers.press import Press
from activities.papers.press.office import bundled_dir, read_office
from activities.papers.press.sample import SAMPLE
from rulebook.errors import XuqiaoError
from rulebook.papers.kinds import DocumentKind
from tests.papers.seals import a_seal, red_spots

AGREEMENT = DocumentKind.TRIPARTITE_AGREEMENT
CERTIFICATE = DocumentKind.SETTLEMENT_CERTIFICATE
NAMES = '[tripartite_agreement]\nzh = "转贷资金三方协议书"\n'


def test_a_local_name_is_in_title_and_lists_and_changes_that_templates_digest(tmp_path: Path, press: Press) -> None:
    (tmp_path / "names.toml").write_text(NAMES)
    own = Press(tmp_path)
    assert own.office.name_of(AGREEMENT) == "转贷资金三方协议书"
    assert own.office.name_of(AGREEMENT, "en") == press.office.name_of(AGREEMENT, "en") == "tripartite agreement"
    assert own.office.name_of(CERTIFICATE) == "结清证明"
    assert own.office.name_of(AGREEMENT, otherwise="使用三方协议") == "转贷资金三方协议书"
    assert press.office.name_of(AGREEMENT, otherwise="使用三方协议") == "使用三方协议"
    assert own.template_digest(AGREEMENT) != press.template_digest(AGREEMENT)
    assert own.template_digest(CERTIFICATE) == press.template_digest(CERTIFICATE)
    about = PdfReader(io.BytesIO(own.render(AGREEMENT, SAMPLE).pdf)).metadata
    assert about is not None
    assert about.title == f"转贷资金三方协议书 {SAMPLE.document_no}"


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("kind", DocumentKind)
def test_every_paper_is_headed_by_its_local_name_and_otherwise_by_its_usual_one(
    kind: DocumentKind, lang: Literal["zh", "en"], press: Press, tmp_path: Path
) -> None:
    (tmp_path / "names.toml").write_text(f'[{kind}]\n{lang} = "本地叫法"\n')
    headings = [
        re.findall(r"<h1>(?:<span.*?</span>|[^<]*<br>)?(.*?)</h1>", each.page(kind, SAMPLE, lang))
        for each in (press, Press(tmp_path))
    ]
    assert headings[1] == ["本地叫法"]
    assert len(headings[0]) == 1
    assert len(headings[0][0]) >= 3
    assert headings[0] != headings[1]


def test_more_style_stands_behind_the_bundled_one(tmp_path: Path, press: Press) -> None:
    (tmp_path / "office.css").write_text("h1 { margin-top: 60mm }")
    own = Press(tmp_path)
    assert own.office.sources["paper.css"].startswith((bundled_dir() / "paper.css").read_text())
    lower, as_usual = (of.render(CERTIFICATE, SAMPLE).boxes[0] for of in (own, press))
    assert lower.y < as_usual.y - 50 or lower.page > as_usual.page
    assert own.template_digest(CERTIFICATE) != press.template_digest(CERTIFICATE)


@pytest.mark.parametrize(
    "name",
    ["tripartite_agreement.cn.html", "tripartite.zh.html", "more.css", "names.yaml", "seal.jpg", "fonts/kai.ttf"],
)
def test_a_file_that_would_have_no_effect_is_refused_by_name(name: str, tmp_path: Path) -> None:
    (tmp_path / "fonts").mkdir()
    (tmp_path / name).write_text("")
    with pytest.raises(XuqiaoError) as refused:
        read_office(tmp_path)
    assert refused.value.code == "papers.office_file"
    assert refused.value.params == {"file": name, "folder": str(tmp_path)}


@pytest.mark.parametrize(
    ("content", "at"),
    [
        ('[tripartite]\nzh = "三方协议"', "tripartite"),
        ('[minutes]\nfr = "procès-verbal"', "minutes.fr"),
        ('[minutes]\nzh = " "', "minutes.zh"),
        ("minutes = 1", "minutes"),
        ("[minutes", "Expected"),
    ],
)
def test_names_that_cannot_be_read_are_refused(content: str, at: str, tmp_path: Path) -> None:
    (tmp_path / "names.toml").write_text(content)
    with pytest.raises(XuqiaoError) as refused:
        read_office(tmp_path)
    assert refused.value.code == "papers.office_names"
    assert refused.value.params["at"].startswith(at)


@pytest.mark.parametrize("size", [0, 60, 5001])
def test_what_is_no_picture_of_a_seal_is_refused(size: int, tmp_path: Path) -> None:
    content = a_seal(size) if size else b"GIF89a"
    (tmp_path / "seal.png").write_bytes(content)
    with pytest.raises(XuqiaoError) as refused:
        read_office(tmp_path)
    assert refused.value.code == "papers.office_seal"


def as_png(image: Image.Image) -> bytes:
    made = io.BytesIO()
    image.save(made, "PNG")
    return made.getvalue()


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda seal: as_png(ImageChops.darker(seal, ImageChops.invert(seal))), "no white or clear ground"),
        (lambda seal: as_png(Image.new("RGB", seal.size, "#cc1010")), "no white or clear ground"),
        (lambda seal: as_png(seal.convert("I").point(lambda grey: grey * 257).convert("I;16")), "16 bits"),
        (lambda seal: as_png(seal)[:-500], "Truncated"),
        (lambda seal: as_png(seal).replace(b"\xff", b"\xfe"), "checksum"),
    ],
    ids=["dark", "full", "deep", "cut", "damaged"],
)
def test_a_picture_that_would_be_no_seal_on_paper_is_refused_with_the_reason(
    spoil: Callable[[Image.Image], bytes], why: str, tmp_path: Path
) -> None:
    with Image.open(io.BytesIO(a_seal())) as seal:
        (tmp_path / "seal.png").write_bytes(spoil(seal.convert("RGB")))
    with pytest.raises(XuqiaoError) as refused:
        read_office(tmp_path)
    assert refused.value.code == "papers.office_seal"
    assert why in refused.value.params["reason"]


def test_the_seal_is_never_on_an_unsigned_paper_and_marked_on_a_draft(tmp_path: Path, press: Press) -> None:
    (tmp_path / "seal.png").write_bytes(a_seal())
    own = Press(tmp_path)
    for kind, pages in ((CERTIFICATE, 1), (AGREEMENT, 4)):
        assert own.render(kind, SAMPLE) == press.render(kind, SAMPLE), "not a byte of it on a paper that counts"
        plain, draft = (each.render(kind, SAMPLE, draft=True) for each in (press, own))
        assert red_spots(plain.pdf) == [0] * plain.pages
        spots = red_spots(draft.pdf)
        assert all(spots) if pages > 1 else spots == [max(spots)], "across all pages of one that has several"
        faults = check_file(draft.pdf, None).faults
        assert [each.code for each in faults] == ["paper_check.draft", "paper_check.laid_over"], "it proves nothing"


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(XuqiaoError) as refused:
        read_office(tmp_path / "absent")
    assert refused.value.code == "papers.office_missing"


def test_what_was_approved_is_drawn_from_the_templates_it_was_approved_with(press: Press, tmp_path: Path) -> None:
    kind = DocumentKind.SETTLEMENT_CERTIFICATE
    (tmp_path / "settlement_certificate.zh.html").write_text(
        "{% extends '_sheet.html' %}{% block paper %}新版{% endblock %}"
    )
    changed = Press(tmp_path)
    before, after = press.render(kind, SAMPLE), changed.render(kind, SAMPLE)
    assert after.template_digest != before.template_digest
    as_approved = changed.render(kind, SAMPLE, templates=press.office)
    assert (as_approved.pdf, as_approved.template_digest) == (before.pdf, before.template_digest)
    assert changed.render(kind, SAMPLE) == after
