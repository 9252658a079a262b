"""What the commands of the law share: they read files that ship with the product, and need no server and no set-up."""

import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from rulebook.errors import XuqiaoError
from runtime.cli.failures import Misuse

if TYPE_CHECKING:
    from rulebook.law.measure import Measure

PackArgument = Annotated[str, Argument(metavar="PACK")]
Pack = Annotated[str, Option("--pack", metavar="PACK")]
Overlay = Annotated[Path | None, Option("--overlay", metavar="FILE")]

NO_ANSWER = frozenset({"pack.unset", "ceiling.not_admitted"})
"""The question was right, and the law has no answer to it. Whatever else the rules refuse was typed wrong."""
MOST_DIGITS = 9


@contextmanager
def asked() -> Iterator[None]:
    """What the rules refuse about a question is a mistake in the question: exit code 2, not 1."""
    try:
        yield
    except XuqiaoError as error:
        if isinstance(error, Misuse) or error.code in NO_ANSWER:
            raise
        raise Misuse(error.code, **error.params) from None


def the_pack(pack: str, overlay: Path | None) -> "Measure":
    """A pack as far as it goes, with the operator's choices where an overlay is given."""
    from activities.law.measures import draft

    return draft(unicodedata.normalize("NFKC", pack).strip(), overlay)


def title_of(measure: "Measure") -> str:
    """A pack as the heading of an answer."""
    from runtime.cli.output import say

    code = "law.title_with_overlay" if measure.overlay else "law.title"
    return say(code, pack=measure.id, city=measure.city, document=measure.document, overlay=measure.overlay or "")


def count_of(option: str, typed: str) -> int:
    """A number of days or persons: whole, and not below zero.

    Raises:
        Misuse: ``cli.usage.bad_value`` with the reason.
    """
    from runtime.cli.output import say

    text = unicodedata.normalize("NFKC", typed).strip()
    if not re.fullmatch(rf"[0-9]{{1,{MOST_DIGITS}}}", text):
        raise Misuse("cli.usage.bad_value", name=option, reason=say("law.not_a_count", value=typed))
    return int(text)
