"""How values are shown on every surface: to people in yuan and by the office's clock, to programs as plain data.

What identifies a person or an account is shown by its last digits only.
"""

from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any

from rulebook.money import format_yuan
from rulebook.zone import LAW_ZONE

SHOWN_DIGITS = 4
_SHOWN_OF_DIGEST = 12


def money(fen: int | None) -> str | None:
    """Yuan with thousands marked.

    >>> money(285000000)
    '2,850,000.00'
    """
    return None if fen is None else format_yuan(fen, grouped=True)


def moment(at: datetime | None) -> str | None:
    """A moment as the office's clock shows it, to the minute."""
    return None if at is None else f"{at.astimezone(LAW_ZONE):%Y-%m-%d %H:%M}"


def masked(number: str) -> str:
    """An account or telephone number with only its last four digits.

    >>> masked("6230000000000001")
    '************0001'
    """
    return "*" * max(0, len(number) - SHOWN_DIGITS) + number[-SHOWN_DIGITS:]


def short(digest: str | None) -> str | None:
    """The beginning of a digest, enough for eyes."""
    return digest and digest[:_SHOWN_OF_DIGEST]


def plain(value: object) -> Any:
    """A value as JSON data: ``…_fen`` in fen becomes ``…_yuan``, a decimal string with two places.

    >>> plain({"amount_fen": 285000000, "note": None})
    {'amount_yuan': '2850000.00', 'note': None}
    """
    dump = getattr(value, "model_dump", None)  # pydantic is not loaded only to ask whether a value is its
    if dump is not None:
        # A default says as much as a value that was set: nothing is left out.
        return plain(dump(mode="json"))
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
