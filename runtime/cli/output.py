"""How answers are shown: tables and lines for people, JSON for programs; money in yuan, days in ISO."""

import json
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from activities import words
from rulebook.money import format_yuan
from runtime.cli.language import call

SHANGHAI = ZoneInfo("Asia/Shanghai")
WIDTH_IN_A_PIPE = 240
UNSEEN = "—"
KEPT_WHOLE = frozenset({"case", "message", "at", "due", "amount", "maturity", "document_no"})
"""Headings of columns that are read aloud or copied: they are never broken, however narrow the terminal."""


def say(code: str, **params: object) -> str:
    """The sentence of a code in the language of this call."""
    return words.say(code, call.lang, **params)


def word(group: str, value: str | None) -> str:
    """The word of a value in its group, such as the stage ``approval``; nothing for None."""
    return "" if value is None else words.say_value(group, value, call.lang)


def plain(value: object) -> Any:
    """A value as JSON data: ``…_fen`` in fen becomes ``…_yuan``, a decimal string with two places.

    >>> plain({"amount_fen": 285000000, "note": None})
    {'amount_yuan': '2850000.00', 'note': None}
    """
    if isinstance(value, BaseModel):
        # A default says as much as a value that was set: nothing is left out.
        return plain(value.model_dump(mode="json"))
    if isinstance(value, Mapping):
        return dict(_plain_item(str(name), item) for name, item in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, date | datetime):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


def _plain_item(name: str, value: object) -> tuple[str, Any]:
    if name.endswith("_fen") and (value is None or (isinstance(value, int) and not isinstance(value, bool))):
        return f"{name.removesuffix('_fen')}_yuan", None if value is None else format_yuan(value)
    return name, plain(value)


def print_json(value: object) -> None:
    """One JSON document on the standard output."""
    print(json.dumps(plain(value), ensure_ascii=False, indent=2))


def printable(text: object) -> str:
    """Text that cannot steer a terminal: what came from outside may hold anything."""
    return "".join("�" if unicodedata.category(sign) in {"Cc", "Cf"} and sign != "\n" else sign for sign in str(text))


def line(text: str = "") -> None:
    """A line of the answer."""
    print(printable(text))


def note(code: str, **params: object) -> None:
    """A remark beside the answer, on the standard error."""
    print(printable(say(code, **params)), file=sys.stderr)


def table(headings: Sequence[str], rows: Iterable[Sequence[object]], *, right: Iterable[str] = ()) -> None:
    """A table with headings from ``cli.heading.…``, or a line that says there is nothing.

    Args:
        headings: names of the headings.
        right: those of them whose column holds amounts and counts.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

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


def section(title: str) -> None:
    """The title of what follows."""
    line()
    line(f"【{say(f'cli.section.{title}')}】")


def fields(pairs: Iterable[tuple[str, object]]) -> None:
    """Lines of a name from ``cli.heading.…`` and a value; what is not there is left out."""
    for name, value in pairs:
        if value not in (None, "", ()):
            line(f"{say(f'cli.heading.{name}')}{say('cli.colon')}{value}")


def money(fen: int | None) -> str | None:
    """Yuan with thousands marked."""
    return None if fen is None else format_yuan(fen, grouped=True)


def moment(at: datetime | None) -> str | None:
    """A moment as the office's clock shows it."""
    return None if at is None else f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


def masked(number: str) -> str:
    """An account or telephone number with only its last four digits.

    >>> masked("6230000000000001")
    '************0001'
    """
    return "*" * max(0, len(number) - 4) + number[-4:]


def short(digest: str | None) -> str | None:
    """The beginning of a digest, enough for eyes."""
    return digest and digest[:12]
