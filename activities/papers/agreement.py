"""Whether a paper says the same in its text and in the facts embedded in it, and the same as another file of it."""

import re
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any, Protocol

from activities.papers.findings import FileFinding, finding
from activities.papers.reading import Facts
from activities.papers.strict.bounds import BOUNDS, within
from rulebook.errors import XuqiaoError
from rulebook.money import format_yuan
from rulebook.papers.amounts import read_words
from rulebook.papers.kinds import PAPERS
from rulebook.papers.printing import as_drawn, plain

_FIGURES = re.compile(r"(?:[¥￥]|CNY|RMB)(\d[\d,]*\.\d\d)")
_BOTH = re.compile(r"(人民币[零壹贰叁肆伍陆柒捌玖拾佰仟万亿元角分整]+)[（(]¥(\d[\d,]*\.\d\d)[）)]")
_MOST_SAID = 60
_NAMES = ("document_no", "case_no", "operator_name", "bank_name", "borrower_name", "borrower_uscc")


class Text(Protocol):
    """A paper as it is read."""

    @property
    def pages(self) -> tuple[str, ...]:
        """The text of each page, without white space."""

    @property
    def facts(self) -> Facts | None:
        """The facts embedded in it."""


def against_text(read: Text, facts: Facts) -> Iterator[FileFinding]:
    """Where the text of a paper and its embedded facts contradict each other.

    Names, numbers and the amounts that its kind must show stand in the text; every amount in the text comes from the
    facts, as it is or as a sum of two; words and figures of an amount agree; each page bears the digest of the facts.
    Of facts in an earlier form only the last is asked.

    Raises:
        XuqiaoError: ``paper_check.too_much`` for more amounts than a paper can hold.
    """
    text = "".join(read.pages)
    without = [number for number, page in enumerate(read.pages, start=1) if facts.digest not in page]
    if without:
        yield finding("paper_check.digest_not_printed", pages=", ".join(map(str, without)))
    if facts.earlier:
        return
    drawn = as_drawn(text)
    for field, value in _must_show(facts):
        if _folded(value) not in drawn:
            yield finding("paper_check.not_in_text", field=field, value=value)
    known = _amounts(facts.plain)
    within("amounts", len(known))
    sums = known | {one + other for one, other in combinations(sorted(known), 2)} | {0}
    for figures in dict.fromkeys(_FIGURES.findall(text)):
        if _fen(figures) not in sums:
            yield finding("paper_check.not_in_data", amount=_short(figures))
    for words, figures in dict.fromkeys(_BOTH.findall(text)):
        if not _same_amount(words, figures):
            yield finding("paper_check.words_and_figures", words=_short(words), amount=_short(figures))


def between(read: Text, stored: Text) -> Iterator[FileFinding]:
    """What a changed paper says differently from the stored one: pages, and embedded facts."""
    if len(read.pages) != len(stored.pages):
        yield finding("paper_check.page_count", found=len(read.pages), stored=len(stored.pages))
    differ = [
        number for number, (one, other) in enumerate(zip(read.pages, stored.pages, strict=False), 1) if one != other
    ]
    if differ:
        yield finding("paper_check.page_differs", pages=", ".join(map(str, differ)))
    ours, theirs = stored.facts, read.facts
    if ours is None:
        return
    if theirs is None:
        yield finding("paper_check.data_gone")
    elif theirs.content != ours.content:
        names = sorted(
            name
            for name in ours.plain.keys() | theirs.plain.keys()
            if ours.plain.get(name, "") != theirs.plain.get(name, "")
        )
        yield finding("paper_check.data_differs", fields=", ".join(names) or "data.json")


def _must_show(facts: Facts) -> Iterator[tuple[str, str]]:
    for field in _NAMES:
        if field in facts.plain:
            yield field, str(facts.plain[field])
    for field in PAPERS[facts.kind].needs:
        amount = facts.plain.get(field)
        if field.endswith("_fen") and amount is not None:
            yield field, format_yuan(amount, grouped=True)


def _amounts(value: Any, name: str = "") -> set[int]:
    """Every amount in the facts, in fen."""
    match value:
        case Mapping():
            return set().union(*(_amounts(item, str(key)) for key, item in value.items()))
        case list() | tuple():
            return set().union(*(_amounts(item, name) for item in value))
        case bool():
            return set()
        case int():
            return {value} if name.endswith("_fen") else set()
        case _:
            return set()


def _same_amount(words: str, figures: str) -> bool:
    try:
        return read_words(words) == _fen(figures)
    except XuqiaoError:
        return False


def _fen(figures: str) -> int | None:
    """An amount in fen; None for more digits than money has."""
    digits = figures.replace(",", "").replace(".", "")
    return int(digits) if len(digits) <= BOUNDS["digits"] else None


def _short(said: str) -> str:
    return said if len(said) <= _MOST_SAID else f"{said[:_MOST_SAID]}…"


def _folded(text: str) -> str:
    return "".join(as_drawn(plain(text)).split())
