"""The rule packs that ship with the product, read from their files."""

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from rulebook.errors import XuqiaoError
from rulebook.measure import Measure
from rulebook.pack_text import parse_measure

_WORKED_EXAMPLES = "cases.toml"


def pack_ids() -> tuple[str, ...]:
    """All packs, as ``city/date``, in order."""
    cities = (city for city in _packs().iterdir() if city.is_dir())
    return tuple(
        sorted(
            f"{city.name}/{pack.name.removesuffix('.toml')}"
            for city in cities
            for pack in city.iterdir()
            if pack.name.endswith(".toml") and pack.name != _WORKED_EXAMPLES
        )
    )


def read_measure(pack_id: str, overlay: str | Path | None = None) -> Measure:
    """A pack completed by the operator's overlay, ready to judge cases by.

    Args:
        pack_id: ``city/date``; one of ``pack_ids()``.
        overlay: the operator's overlay file.
    Raises:
        XuqiaoError: ``pack.unknown``, ``pack.overlay_unreadable``, and whatever is wrong with the two texts.
    """
    return measure_from(pack_id, None if overlay is None else _overlay(Path(overlay)))


@cache
def measure_from(pack_id: str, overlay_toml: str | None) -> Measure:
    """The same, from the text of an overlay as the fund's own record keeps it."""
    if pack_id not in pack_ids():
        raise XuqiaoError("pack.unknown", pack=pack_id, known=", ".join(pack_ids()))
    return parse_measure(_packs().joinpath(f"{pack_id}.toml").read_text(encoding="utf-8"), overlay_toml)


def _overlay(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise XuqiaoError("pack.overlay_unreadable", path=path, reason=error) from None


def _packs() -> Traversable:
    return files("rulebook") / "packs"
