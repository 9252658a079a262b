"""A rule pack as it is named in a command: it ships with the product, and needs no server and no set-up."""

import unicodedata
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from activities.law.measures import draft
from rulebook.law.measure import Measure
from runtime.cli.output import say

PackArgument = Annotated[str, Argument(metavar="PACK")]
Pack = Annotated[str, Option("--pack", metavar="PACK")]
Overlay = Annotated[Path | None, Option("--overlay", metavar="FILE")]


def the_pack(pack: str, overlay: Path | None) -> Measure:
    """A pack as far as it goes, with the operator's choices where an overlay is given."""
    return draft(unicodedata.normalize("NFKC", pack).strip(), overlay)


def title_of(measure: Measure) -> str:
    """A pack as the heading of an answer."""
    code = "law.title_with_overlay" if measure.overlay else "law.title"
    return say(code, pack=measure.id, city=measure.city, document=measure.document, overlay=measure.overlay or "")
