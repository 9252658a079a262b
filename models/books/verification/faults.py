"""What is wrong with a book, as a code with its figures, and in words of either language."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

_WORDS = Path(__file__).parents[3] / "templates" / "words"
_MESSAGE = re.compile(r'^msgid "(?P<code>[^"]+)"\nmsgstr "(?P<words>(?:[^"\\]|\\.)*)"', re.MULTILINE)


class Fault(NamedTuple):
    """One thing that is wrong, and where; ``book`` and the first wrong row are among the parameters."""

    code: str
    params: Mapping[str, object]


def sentence(fault: Fault, lang: str = "en") -> str:
    """A fault in words, from the catalogue beside the program.

    Args:
        fault: as the judge found it.
        lang: ``zh`` or ``en``.
    Returns:
        the sentence; the bare code and its parameters where no catalogue is at hand.
    """
    words = _words(lang).get(fault.code)
    if words is None:
        return f"{fault.code} {dict(fault.params)}"
    return words.format_map(fault.params)


def yuan(fen: int) -> str:
    """An amount of fen as people read it.

    >>> yuan(-123456789)
    '-1,234,567.89'
    """
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100:,}.{abs(fen) % 100:02d}"


@cache
def _words(lang: str) -> Mapping[str, str]:
    try:
        text = (_WORDS / lang / "books.po").read_text(encoding="utf-8")
    except OSError:
        return {}
    return {found["code"]: found["words"].replace('\\"', '"') for found in _MESSAGE.finditer(text)}
