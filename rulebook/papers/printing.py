"""What the papers can print: the characters of the bundled body font, and how long the words of an act may be.

What nobody could print is refused where it is entered: found out only when a paper is drawn, it would stop the case.
"""

import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Mapping

from rulebook.errors import XuqiaoError
from rulebook.parties.names import code_point, hidden, stands_for

_PLAIN = str.maketrans(
    {
        "\u2011": "-",  # a non-breaking hyphen can keep the layout busy for a minute
        "\u00ad": None,
        "\u00a0": " ",
        "\u2007": " ",
        "\u202f": " ",
        "\u0085": " ",
        "\u2028": " ",
        "\u2029": " ",
        "\t": " ",
        "\n": " ",
        "\r": " ",
    }
)
_LAID_OUT = dict.fromkeys(map(ord, "\n\r\t"), " ")
"""White space of a longer text, which a paper sets as blanks."""
_MOST = {"reason": 1000, "conditions": 1000, "reference": 200, "minutes": 200, "note": 60}
_MOST_OTHERWISE = 150
"""Characters, by name of the field; each finds room on every paper that quotes it."""


def plain(text: str) -> str:
    """A text as it is set: odd spaces and the hyphen that never breaks made plain, invisible marks (also those that
    turn the direction of writing) taken out. What is entered today has none of these (``check_printable``): of a name
    nothing changes. Control characters stay, for the fonts to refuse."""
    if text.isprintable():  # so are all but marks and odd spaces
        return text.replace("\u2011", "-")
    return "".join(char for char in text.translate(_PLAIN) if unicodedata.category(char) != "Cf")


def unprintable(text: str) -> str | None:
    """The first character of a text that the bundled body font does not have; None when all can be printed.

    >>> unprintable("石湖硅微粉（东海）㛃𬭎"), unprintable("a\\x07b")
    (None, '\\x07')
    """
    return next((char for char in plain(text) if not _has_a_glyph(ord(char))), None)


def as_drawn(text: str) -> str:
    """A text with the signs made one that the bundled fonts draw as one: the text of a PDF cannot tell them apart.

    >>> as_drawn("买买提‧艾力") == as_drawn("买买提·艾力"), as_drawn("（东海）") == as_drawn("(东海)")
    (True, False)
    """
    return text.translate(_DRAWN)


def check_printable(content: Mapping[str, object]) -> None:
    """That the words of an act or message can stand on a paper.

    Args:
        content: as plain data, nested as it may be.
    Raises:
        XuqiaoError: ``text.unprintable``, ``text.hidden``, ``text.stands_for`` or ``text.too_long`` with the field.
    """
    for field, text in _texts(content, ""):
        most = _MOST.get(field, _MOST_OTHERWISE)
        if len(text) > most:
            raise XuqiaoError("text.too_long", field=field, length=len(text), most=most)
        if (char := unprintable(text)) is not None:
            raise XuqiaoError("text.unprintable", field=field, codepoint=code_point(char))
        if (char := hidden(text.translate(_LAID_OUT))) is not None:
            raise XuqiaoError("text.hidden", field=field, codepoint=code_point(char))
        if (twins := stands_for(text)) is not None:
            signs, meant = twins
            raise XuqiaoError("text.stands_for", field=field, sign=signs, codepoint=code_point(signs), meant=meant)


def _texts(value: object, field: str) -> Iterator[tuple[str, str]]:
    match value:
        case str():
            yield field, value
        case Mapping():
            for name, item in value.items():
                yield from _texts(item, str(name))
        case list() | tuple():
            for item in value:
                yield from _texts(item, field)
        case _:
            pass


def _has_a_glyph(codepoint: int) -> bool:
    at = bisect_right(_FIRST, codepoint) - 1
    return at >= 0 and codepoint <= _LAST[at]


GLYPHS = """
20-7e a0-103 110-113 11a-11b 128-12b 143-144 147-148 14c-14f 152-153 168-16d 192 1a0-1a1 1af-1b0 1cd-1dc 1f8-1f9
251 261 2bb 2c7 2c9-2cb 2d9 2ea-2eb 300-301 304 307 30c 391-3a1 3a3-3a9 3b1-3c9 401 410-44f 451 1e3e-1e3f
1ea0-1ef9 2002-2003 2010-2016 2018-201a 201c-201e 2020-2022 2025-2027 2030 2032-2033 2035 2039-203c 2042
2047-2049 2051 2074 20a9 20ab-20ac 20dd-20de 2100 2103 2105 2109-210a 210f 2113 2116 2121-2122 2126-2127 212b
212e 2135 213b 2160-216b 2170-217b 2190-2199 21b8-21b9 21c4-21c6 21cb-21cc 21d0 21d2 21d4 21e6-21e9 21f5 2200
2202-2203 2205-220b 220f 2211-2213 2215 221a 221d-2220 2223 2225-222e 2234-2237 223d 2243 2245 2248 224c
2260-2262 2264-2267 226a-226b 226e-226f 2272-2273 2276-2277 2282-2287 228a-228b 2295-2299 22a0 22a5 22bf
22da-22db 22ef 2305-2307 2312 2318 2329-232a 23b0-23b1 23be-23cc 23ce 23da-23db 2423 2460-25ab 25b1-25b3
25b6-25b7 25bc-25bd 25c0-25c1 25c6-25c7 25c9-25cc 25ce-25d3 25e2-25e6 25ef 2600-2603 2605-2606 2609 260e-260f
2616-2617 261c-261f 262f 2640-2642 2660-266f 2672-267d 26a0 26bd-26be 2702 2713 271a 273d 273f-2740 2756
2776-2793 27a1 2934-2935 29bf 29fa-29fb 2b05-2b07 2b1a 2b95 2e3a-2e3b 2e80-2e99 2e9b-2ef3 2f00-2fd5 2ff0-2ffb
3000-303f 3041-3096 3099-30ff 3105-312f 3131-3163 3165-318e 3190-31bb 31c0-31e3 31f0-321e 3220-332b 332d-4dbf
4e00-9fff f901-f903 f905-f906 f90a-f90c f915-f91a f91d-f91f f92c-f92d f92f f931-f935 f937 f939-f93a f943
f947-f948 f94a f94e f952-f953 f95e f962-f968 f96e f972-f974 f976 f979-f97b f97e-f980 f984-f985 f98a-f98c f98e
f991 f993 f995 f998 f99b-f99c f99e-f99f f9a5 f9ae f9b5 f9b7-f9b8 f9ba-f9bb f9bd-f9be f9c0 f9c5-f9c6 f9d0
f9d8-f9da f9dc-f9e4 f9e7 f9e9 f9f1 f9f4-f9f5 f9fa-f9fb f9fd f9ff fa02 fa05-fa08 fa0a fa0c-fa0f fa11 fa13-fa14
fa18 fa1f-fa21 fa23-fa24 fa27-fa29 fa2f fa33-fa35 fa37-fa38 fa3a fa47 fa49 fa4b fa5c-fa5e fb00-fb04 fe10-fe19
fe30-fe52 fe54-fe66 fe68-fe6b ff01-ff9f ffa1-ffbe ffc2-ffc7 ffca-ffcf ffd2-ffd7 ffda-ffdc ffe0-ffe6 ffe8-ffee
1f100-1f10c 1f110-1f16c 1f170-1f1ac 1f200-1f202 1f210-1f23b 1f240-1f248 1f250-1f251 20087 20089 200cc 20164
20628 20676 20cd0 2139a 21413 215d7 2298f 235cb 23c97-23c98 23e23 241fe 2420e 248e9 249db 24a01 24a7d 24ac9
25532 25562 255a8 25ed7 26221 2648d 26676 2677c 26951 26b5c 26c21 278b2 27eaf 27ff9 28408 28678 28695 287e0
28b49 28c47 28c4f 28c51 28c54 28e0f 28e99 2967f 29810 29f7e 29f83 29f8c 2a7dd 2a8fb 2a917 2aa30 2aa36 2aa58
2afa2 2b127-2b128 2b137-2b138 2b1ed 2b300 2b363 2b36f 2b372 2b37d 2b404 2b410 2b413 2b461 2b4e7 2b4ef 2b4f6
2b4f9 2b50d-2b50e 2b536 2b5ae-2b5af 2b5b3 2b5e7 2b5f4 2b61c-2b61d 2b626-2b628 2b62a 2b62c 2b695-2b696 2b6ad
2b6ed 2b7a9 2b7c5 2b7e6 2b7f9 2b7fc 2b806 2b80a 2b81c 2b8b8 2bac7 2bb5f 2bb62 2bb7c 2bb83 2bc1b 2bd77 2bd87
2bdf7 2be29 2c029-2c02a 2c0a9 2c0ca 2c1d5 2c1d9 2c1f9 2c27c 2c288 2c2a4 2c317 2c35b 2c361 2c364 2c488 2c494
2c497 2c542 2c613 2c618 2c621 2c629 2c62b-2c62d 2c62f 2c642 2c64a-2c64b 2c72c 2c72f 2c79f 2c7c1 2c7fd 2c8d9
2c8de 2c8e1 2c8f3 2c907 2c90a 2c91d 2ca02 2ca0e 2ca7d 2caa9 2cb29 2cb2d-2cb2e 2cb31 2cb38-2cb39 2cb3b 2cb3f
2cb41 2cb4a 2cb4e 2cb5a-2cb5b 2cb64 2cb69 2cb6c 2cb6f 2cb73 2cb76 2cb78 2cb7c 2cbb1 2cbbf-2cbc0 2cbce 2cc56
2cc5f 2ccf5-2ccf6 2ccfd 2ccff 2cd02-2cd03 2cd0a 2cd8b 2cd8d 2cd8f-2cd90 2cd9f-2cda0 2cda8 2cdad-2cdae 2cdd5
2ce18 2ce1a 2ce23 2ce26 2ce2a 2ce7c 2ce88 2ce93 2d544 2f878 2f884 2f8b6 2f920
"""
"""Code points of the bundled body font, as ranges in hexadecimal; a test holds them against the font file."""
_RANGES = [tuple(int(end, 16) for end in each.split("-")) for each in GLYPHS.split()]
_FIRST, _LAST = [each[0] for each in _RANGES], [each[-1] for each in _RANGES]
DRAWN_ALIKE = """
·•‧・ ‒– …⋯ ‵｀ ∕／ ①➀ ②➁ ③➂ ④➃ ⑤➄ ⑥➅ ⑦➆ ⑧➇ ⑨➈ ⑩➉ ⓪🄋 ⓿🄌 ❶➊ ❷➋ ❸➌ ❹➍ ❺➎ ❻➏ ❼➐ ❽➑ ❾➒ ❿➓ ➡⮕ 〜～
ㄱﾡ ㄲﾢ ㄳﾣ ㄴﾤ ㄵﾥ ㄶﾦ ㄷﾧ ㄸﾨ ㄹﾩ ㄺﾪ ㄻﾫ ㄼﾬ ㄽﾭ ㄾﾮ ㄿﾯ ㅀﾰ ㅁﾱ ㅂﾲ ㅃﾳ ㅄﾴ ㅅﾵ ㅆﾶ ㅇﾷ ㅈﾸ ㅉﾹ ㅊﾺ ㅋﾻ ㅌﾼ ㅍﾽ ㅎﾾ
ㅏￂ ㅐￃ ㅑￄ ㅒￅ ㅓￆ ㅔￇ ㅕￊ ㅖￋ ㅗￌ ㅘￍ ㅙￎ ㅚￏ ㅛￒ ㅜￓ ㅝￔ ㅞￕ ㅟￖ ㅠￗ ㅡￚ ㅢￛ ㅣￜ
㖈䎛 㘽㦳 㫚曶 㬵胶 㬺幐 㬻䐠 㮣槩 㶷𤈎 墫壿 瑨𤨁 﨣𧺯
"""
"""Signs that a bundled face draws with one glyph; a test holds them against the font files."""
_DRAWN = {ord(other): group[0] for group in DRAWN_ALIKE.split() for other in group[1:]}
