"""Tables in a terminal, or in a pipe without the limits of one."""

from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from runtime.cli.output import line, printable, say

WIDTH_IN_A_PIPE = 240
UNSEEN = "—"
KEPT_WHOLE = frozenset({"case", "message", "at", "due", "amount", "maturity", "document_no"})
"""Headings of columns that are read aloud or copied: they are never broken, however narrow the terminal."""


def table(headings: Sequence[str], rows: Iterable[Sequence[object]], *, right: Iterable[str] = ()) -> None:
    """A table with headings from ``cli.heading.…``, or a line that says there is nothing.

    Args:
        headings: names of the headings.
        right: those of them whose column holds amounts and counts.
    """
    cells = [[Text(printable(UNSEEN if cell in (None, "") else cell)) for cell in row] for row in rows]
    if not cells:
        line(say("cli.nothing_listed"))
        return
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console = Console(highlight=False, markup=False, emoji=False, width=WIDTH_IN_A_PIPE)
    shown = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    for name in headings:
        shown.add_column(
            say(f"cli.heading.{name}"),
            justify="right" if name in right else "left",
            overflow="fold",
            no_wrap=name in KEPT_WHOLE,
        )
    for row in cells:
        shown.add_row(*row)
    with console.capture() as drawn:
        console.print(shown)
    print("\n".join(each.rstrip() for each in drawn.get().splitlines()))
