"""Files looked at in the test's own process, as the product's process for it does."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from cryptography import x509

from activities.papers.strict.apart import fonts_of
from activities.papers.strict.look import look
from activities.papers.strict.seen import Seen, Wanted


def look_here(
    asked: Sequence[tuple[bytes, Wanted]],
    roots: Iterable[x509.Certificate] = (),
    office_fonts: Path | None = None,
    *,
    seconds: float | None = None,
) -> list[Seen]:
    """The same as ``look_at``, without its bounds of time and memory."""
    fonts, believed = fonts_of(office_fonts), list(roots)
    return [look(content, fonts, believed, wanted) for content, wanted in asked]
