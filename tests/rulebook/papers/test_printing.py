"""What can be printed, held against the font itself."""

from importlib.resources import files

import pytest
import uharfbuzz as harfbuzz

from rulebook.errors import XuqiaoError
from rulebook.papers.printing import DRAWN_ALIKE, check_printable, unprintable
from rulebook.parties.names import hidden, stands_for


def test_exactly_the_bundled_faces_characters_are_printable() -> None:
    font = (files("templates") / "agreements" / "fonts" / "XuqiaoSong-Regular.ttf").read_bytes()
    has = {c for c in harfbuzz.Face(harfbuzz.Blob(font)).unicodes if c >= 0x20 and c != 0x7F}
    every = (c for c in range(0x20, 0x32000) if not 0xD800 <= c <= 0xDFFF)
    taken_out = {c for c in range(0x20, 0x110000) if c not in has and unprintable(chr(c)) is None}
    assert {c for c in every if unprintable(chr(c)) is None} >= has
    assert all(not chr(c).isprintable() for c in taken_out if c not in {0x2010, 0x2011, 0x2012})


@pytest.mark.parametrize("text", ["😀", "a\x07", "ⵣ", "\ud800"], ids=ascii)
def test_a_character_without_a_glyph_is_named_with_its_field(text: str) -> None:
    with pytest.raises(XuqiaoError) as refused:
        check_printable({"promise": {"conditions": f"抵押{text}"}})
    assert refused.value.code == "text.unprintable"
    assert refused.value.params == {"field": "conditions", "codepoint": f"U+{ord(text[-1]):04X}"}


def test_words_are_as_long_as_a_paper_can_repeat_and_no_longer() -> None:
    check_printable({"reason": "长" * 1000, "lines": [{"reference": "R" * 200, "amount_fen": 1}]})
    for content, field in (({"reason": "长" * 1001}, "reason"), ({"lines": [{"payer": "人" * 151}]}, "payer")):
        with pytest.raises(XuqiaoError) as refused:
            check_printable(content)
        assert (refused.value.code, refused.value.params["field"]) == ("text.too_long", field)


def test_13_signs_that_a_face_draws_as_one_are_known() -> None:
    """Those that no name may hold are left out: what nobody sees, and what stands for another sign."""
    together: dict[int, set[int]] = {}
    for face in ("Song", "Hei"):
        font = (files("templates") / "agreements" / "fonts" / f"Xuqiao{face}-Regular.ttf").read_bytes()
        drawing = harfbuzz.Font(harfbuzz.Face(harfbuzz.Blob(font)))
        drawn: dict[int, int] = {}
        for sign in sorted(harfbuzz.Face(harfbuzz.Blob(font)).unicodes):
            glyph = drawing.get_nominal_glyph(sign)
            if glyph is None or sign == 0x2011 or hidden(chr(sign)) or stands_for(chr(sign)):
                continue
            first = drawn.setdefault(glyph, sign)
            if first != sign:
                group = together.get(first, {first}) | together.get(sign, {sign})
                together.update(dict.fromkeys(group, group))
    groups = {"".join(map(chr, sorted(group))) for group in together.values()}
    assert groups == set(DRAWN_ALIKE.split())


@pytest.mark.parametrize(
    ("text", "code", "params"),
    [
        ("石英\u200b", "text.hidden", {"codepoint": "U+200B"}),
        ("石英\u00a0厂", "text.hidden", {"codepoint": "U+00A0"}),
        ("⽯英", "text.stands_for", {"codepoint": "U+2F6F", "sign": "⽯", "meant": "石"}),
    ],
)
def test_13_what_nobody_sees_is_refused_in_acts_too(text: str, code: str, params: dict[str, str]) -> None:
    check_printable({"reason": "第一行\n第二行\t"})
    with pytest.raises(XuqiaoError) as refused:
        check_printable({"payee": {"name": text}})
    assert (refused.value.code, refused.value.params) == (code, {"field": "name", **params})
