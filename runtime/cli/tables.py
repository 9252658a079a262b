"""Tables in a terminal, or in a pipe without the limits of one."""

from collections.abc import Iterable, Sequence

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from runtime.cli.output import line, printable, say

UNSEEN = "—"
KEPT_WHOLE = frozenset({"case", "message", "at", "due", "amount", "maturity", "document_no"})
"""Headings of columns that are read aloud or copied: they are never broken, however narrow the terminal."""


BETWEEN = 2
"""Cells that a column takes beside its text."""
LEAST = 8
"""Cells of width that a column of text keeps: four Chinese characters; narrower, nobody reads it."""


def table(headings: Sequence[str], rows: Iterable[Sequence[object]], *, right: Iterable[str] = ()) -> None:
    """A table with headings from ``cli.heading.…``, or a line that says there is nothing.

    A pipe has no width, and nothing is broken or left out in it. A terminal that is too narrow for every column gets
    each row as lines of its own.

    Args:
        headings: names of the headings.
        right: those of them whose column holds amounts and counts; these are never broken either.
    """
    cells = [[printable(UNSEEN if cell in (None, "") else cell) for cell in row] for row in rows]
    if not cells:
        line(say("cli.nothing_listed"))
        return
    console = Console(highlight=False, markup=False, emoji=False)
    whole = KEPT_WHOLE | set(right)
    names = [say(f"cli.heading.{name}") for name in headings]
    natural = [max(map(cell_len, column)) for column in zip(names, *cells, strict=True)]
    width = sum(natural) + BETWEEN * len(natural)
    if console.is_terminal:
        needed = (room if name in whole else min(room, LEAST) for name, room in zip(headings, natural, strict=True))
        if sum(needed) + BETWEEN * len(natural) > console.width:
            _as_records(names, cells)
            return
        width = min(width, console.width)
    shown = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    for name, title, room in zip(headings, names, natural, strict=True):
        kept = name in whole
        shown.add_column(
            title,
            justify="right" if name in right else "left",
            overflow="fold",
            no_wrap=kept,
            min_width=room if kept else min(room, LEAST),
        )
    for row in cells:
        shown.add_row(*map(Text, row))
    with (drawing := Console(highlight=False, markup=False, emoji=False, width=width)).capture() as drawn:
        drawing.print(shown)
    print("\n".join(each.rstrip() for each in drawn.get().splitlines()))


def _as_records(names: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Each row as lines of its own, an empty line between two."""
    print("\n\n".join("\n".join(map(f"{{}}{say('cli.colon')}{{}}".format, names, row)) for row in rows))
