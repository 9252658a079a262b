"""The rule packs that ship with the product, read from their files."""

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from rulebook.errors import XuqiaoError
from rulebook.law.activation import refuse_unready
from rulebook.law.measure import Measure
from rulebook.law.pack_text import draft_measure

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
        XuqiaoError: ``pack.unknown``, ``pack.overlay_unreadable``, whatever is wrong with the two texts, and what keeps
            it from being used: ``pack.unset``, ``pack.superseded``, ``pack.contradicts``, ``pack.not_carried_out``.
    """
    return measure_from(pack_id, overlay_text(overlay))


@cache
def measure_from(pack_id: str, overlay_toml: str | None) -> Measure:
    """The same, from the text of an overlay as the fund's own record keeps it."""
    measure = _draft_from(pack_id, overlay_toml)
    refuse_unready(measure)
    return measure


def draft(pack_id: str, overlay: str | Path | None = None) -> Measure:
    """A pack as far as it goes, with or without an overlay: to look at and to reckon with, not to open cases under.

    Args:
        pack_id, overlay: as for ``read_measure``.
    Raises:
        XuqiaoError: ``pack.unknown``, ``pack.overlay_unreadable``, and whatever is wrong with the two texts.
    """
    return _draft_from(pack_id, overlay_text(overlay))


def _draft_from(pack_id: str, overlay_toml: str | None) -> Measure:
    if pack_id not in pack_ids():
        raise XuqiaoError("pack.unknown", pack=pack_id, known=", ".join(pack_ids()))
    return draft_measure(_packs().joinpath(f"{pack_id}.toml").read_text(encoding="utf-8"), overlay_toml, pack_id)


def overlay_text(path: str | Path | None) -> str | None:
    """The text of an overlay's file; None without one.

    Raises:
        XuqiaoError: ``pack.overlay_unreadable``.
    """
    if path is None:
        return None
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise XuqiaoError("pack.overlay_unreadable", path=path, reason=error) from None


def _packs() -> Traversable:
    return files("rulebook") / "packs"
