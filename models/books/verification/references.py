"""How the bank's references are compared, read a second time: what the database takes for one line is one here too."""

from itertools import groupby
from unicodedata import normalize

_UNSEEN = (
    *((0x01, 0x20), (0x7F, 0xA0), (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x1680, 0x1680)),
    *((0x17B4, 0x17B5), (0x180B, 0x180F), (0x2000, 0x200F), (0x2028, 0x202F), (0x205F, 0x206F), (0x3000, 0x3000)),
    *((0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFF9, 0xFFFB)),
)
_MARKS = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~·‐‑‒–—―−、。・")
_NUMBER, _WORD, _MARK = range(3)


def compared(reference: str) -> str:
    """Its words and numbers one by one: of a number what it counts, of a word its small letters, nothing between."""
    seen = [sign for sign in normalize("NFKC", reference) if not any(a <= ord(sign) <= b for a, b in _UNSEEN)]
    parts = []
    for kind, signs in groupby(seen, _kind):
        part = "".join(signs)
        if kind == _NUMBER:
            parts.append(part.lstrip("0") or "0")
        elif kind == _WORD:
            parts.append("".join(sign.lower() if sign.isascii() else sign for sign in part))
    return "-".join(parts) or reference


def _kind(sign: str) -> int:
    if "0" <= sign <= "9":
        return _NUMBER
    return _MARK if sign in _MARKS else _WORD
