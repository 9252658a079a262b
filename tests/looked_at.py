"""Files looked at in the test's own process, as the product's process for it does."""

from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

from cryptography import x509

from activities.papers.strict.look import look
from activities.papers.strict.seen import Seen, Wanted


@cache
def _bundled_fonts() -> list[Path]:
    return sorted((Path(str(files("templates"))) / "agreements" / "fonts").glob("*.ttf"))


def look_here(
    asked: Sequence[tuple[bytes, Wanted]],
    roots: Iterable[x509.Certificate] = (),
    office_fonts: Path | None = None,
    *,
    seconds: float | None = None,
) -> list[Seen]:
    """The same as ``look_at``, without its bounds of time and memory."""
    own = sorted(each for each in office_fonts.iterdir() if each.suffix in {".ttf", ".otf"}) if office_fonts else []
    return [look(content, [*_bundled_fonts(), *own], list(roots), wanted) for content, wanted in asked]
