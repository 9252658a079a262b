"""Whether the eye reads on a page what is read from it: nothing covered, nothing hidden, nothing set in another
order."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from activities.papers.strict.page import Box, Drawer, Page, Paint, Run
from activities.papers.strict.pdf import Stream, Thing, numbers
from rulebook.errors import XuqiaoError

_CONTRAST = 0.25
"""Between text and its ground, of all there is between black and white; the word for a draft has less, and counts as
such."""
_SMALLEST = 4.0
"""Points: the smallest letters of ours have 6."""
_BESIDE = 0.25
"""Of the size of the letters: pieces of text that stand closer than this are read as one."""
_ONE_LINE = 1.0
_BAND = 24.0
_MOST_SHOWN = 30
_FIGURE = re.compile(r"[\d.,¥￥]")
_MONEY = re.compile(r"[¥￥]\d|(?:CNY|RMB)\d|[零壹贰叁肆伍陆柒捌玖拾佰仟]{2}")
_MOST_COVERED = 60
"""Signs: the longest that ever marked a place to sign has 52."""
_NUMBERED = re.compile(r"第(\d{1,4})页[，,]?共(\d{1,4})页|Page(\d{1,4})of(\d{1,4})")


def trouble_on(page: Page) -> Iterator[tuple[str, str]]:
    """What on a page the eye would read otherwise.

    Returns:
        pairs of a code and what it is about: ``covered`` (painted over), ``hidden`` (too light, too small, beyond the
        edge) or ``set_otherwise`` (pieces over each other, or not in the order in which they are drawn), with the text.
    """
    told = set[str]()
    for code, run in (*_covered(page), *_hidden(page), *_out_of_order(page.runs)):
        if code not in told:
            told.add(code)
            yield code, run.text[:_MOST_SHOWN]


def out_of_order(pages: Sequence[Page]) -> list[int]:
    """The pages, from 1, that do not say they are what they are: page 2 of 4 where the second of four stands."""
    return [
        number
        for number, page in enumerate(pages, 1)
        if (number, len(pages))
        not in {tuple(int(each) for each in found if each) for found in _NUMBERED.findall(page.text)}
    ]


def covered_by_looks(
    drawer: Drawer, entries: Sequence[Mapping[str, Thing]], pages: Sequence[Page]
) -> Iterator[tuple[int, str]]:
    """What a signature is shown over that it must not cover.

    Opaque, it may stand over what marks its place: the words for signature and date, and the line for them. They have
        no
    figures and are few; amounts, names and clauses are not. A seal is seen through, and still must not stand over an
    amount.

    Args:
        entries: of the pages, in the order of ``pages``.
    Returns:
        pairs of the page, from 1, and the text.
    """
    for number, (page, of_page) in enumerate(zip(pages, entries, strict=True), 1):
        for each in drawer.pdf.items(of_page.get("Annots")):
            annotation = drawer.pdf.entries(each)
            shown = drawer.pdf.get(drawer.pdf.entries(annotation.get("AP")).get("N"))
            edges = numbers(drawer.pdf.get(annotation.get("Rect")))
            if annotation.get("Subtype") != "Widget" or not isinstance(shown, Stream) or len(edges) != 4:
                continue
            place = Box(min(edges[::2]), min(edges[1::2]), max(edges[::2]), max(edges[1::2]))
            look, strange = Page(place), True
            try:
                look = drawer.look(shown, place)
                strange = any(not what.startswith("BDC") for what in look.odd)
            except XuqiaoError as error:  # drawn as none of ours is: all of it may be opaque
                if error.code == "paper_check.too_much":
                    raise
            for box in [place] if strange else [paint.box for paint in look.paints]:
                text = "".join(text_under(page, box).split())
                if any(char.isdigit() for char in text) or len(text) > _MOST_COVERED or _MONEY.search(text):
                    yield number, text[:_MOST_SHOWN]
                    break
            for box in look.pictures:
                if _MONEY.search("".join(text_under(page, box).split())):
                    yield number, text_under(page, box)[:_MOST_SHOWN]


def text_under(page: Page, box: Box) -> str:
    """The text of a page that something covers which is laid over it."""
    return "".join(run.text for run in page.runs if run.core.meets(box))


def _covered(page: Page) -> Iterator[tuple[str, Run]]:
    by_band = _bands(page.runs)
    for paint in page.paints:
        for run in _near(by_band, paint.box):
            if run.order <= paint.order and run.core.meets(paint.box):
                yield "covered", run


def _hidden(page: Page) -> Iterator[tuple[str, Run]]:
    for run in page.runs:
        if not run.text.strip():
            continue
        x, y = (run.core.left + run.core.right) / 2, (run.core.low + run.core.high) / 2
        seen = run.core.common(run.clip.common(page.box))
        whole = seen.left - run.core.left < 0.1 * run.size and run.core.right - seen.right < 0.1 * run.size
        whole = whole and seen.high - seen.low > 0.9 * (run.core.high - run.core.low)
        if (
            not whole
            or run.size < _SMALLEST
            or any(abs(run.light - light) < _CONTRAST for light in _grounds(page.paints, run, x, y))
        ):
            yield "hidden", run


def _grounds(paints: Sequence[Paint], run: Run, x: float, y: float) -> Iterator[float]:
    """How light it is behind a piece of text; each that may be, where a surface need not be painted all over."""
    for paint in reversed(paints):
        if paint.order <= run.order and paint.box.holds(x, y):
            yield paint.light
            if paint.full:
                return
    yield 1.0


def _out_of_order(runs: Sequence[Run]) -> Iterator[tuple[str, Run]]:
    lines = defaultdict[int, list[Run]](list)
    for run in runs:
        if run.text.strip():
            lines[round(run.base / _ONE_LINE)].append(run)
    place = {id(run): number for number, run in enumerate(each for each in runs if each.text.strip())}
    for line in lines.values():
        line.sort(key=lambda run: (run.left, run.order))
        for one, other in pairwise(line):
            close = other.left - one.right < _BESIDE * min(one.size, other.size)
            figures = _FIGURE.match(one.text.rstrip()[-1:]) and _FIGURE.match(other.text.lstrip()[:1])
            if close and (other.order < one.order or (figures and place[id(other)] != place[id(one)] + 1)):
                yield "set_otherwise", other
    yield from (("set_otherwise", run) for run in _over_each_other(runs))


def _over_each_other(runs: Sequence[Run]) -> Iterator[Run]:
    by_band = _bands(run for run in runs if run.text.strip())
    for band in by_band.values():
        band = sorted(band, key=lambda run: run.core.left)
        for place, run in enumerate(band):
            for other in band[place + 1 :]:
                if other.core.left >= run.core.right:
                    break
                if other.core.meets(run.core):
                    yield other


def _bands(runs: Iterable[Run]) -> Mapping[int, list[Run]]:
    """Pieces of text by the bands of the page that they are in."""
    bands = defaultdict[int, list[Run]](list)
    for run in runs:
        for band in range(int(run.core.low // _BAND), int(run.core.high // _BAND) + 1):
            bands[band].append(run)
    return bands


def _near(bands: Mapping[int, list[Run]], box: Box) -> Iterator[Run]:
    if (box.high - box.low) / _BAND > len(bands):
        for band in bands.values():
            yield from band
        return
    for number in range(int(box.low // _BAND), int(box.high // _BAND) + 1):
        yield from bands.get(number, ())
