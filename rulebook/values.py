"""The base of every value that crosses a boundary: an activity, a message, a file; and what is wrong with a file."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, WithJsonSchema
from pydantic_core import ErrorDetails, PydanticCustomError

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Value(BaseModel):
    """Frozen, and closed to unknown fields: a misspelt key is an error, not a silence.

    What checks a value is built when the first one is made; most programs make few of those that they load.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


def read_day(written: object) -> date:
    """A day as people and histories write it. A bare number is refused: it would count seconds from 1970.

    >>> read_day("2025-08-17")
    datetime.date(2025, 8, 17)
    """
    if isinstance(written, date) and not isinstance(written, datetime):
        return written
    if isinstance(written, str) and _DAY.fullmatch(written):
        try:
            return date.fromisoformat(written)
        except ValueError:
            pass
    raise PydanticCustomError("pack.not_a_date", "write a day as 2025-08-17")


Day = Annotated[date, BeforeValidator(read_day), WithJsonSchema({"type": "string", "format": "date"})]

_FORMS: Mapping[str, str] = {
    "int_type": "3",
    "bool_type": "true, false",
    "string_type": '"…"',
    "string_too_short": '"…"',
    "tuple_type": '["…", "…"]',
    "dict_type": "[…]",
    "model_type": "{ … }",
    "date_type": "2025-08-17",
    "date_from_datetime_inexact": "2025-08-17",
}
"""What a value has to look like, by the kind of fault; the same in every language."""
_MOST_SHOWN = 120
"""Characters of a faulty value that an error repeats."""


def place_of(steps: Iterable[str | int]) -> str:
    """Where in a file a value stands; of several alike, which one, counted from one as people count.

    >>> place_of(("person", 4, "roles", 0))
    'person #5.roles #1'
    """
    place = ""
    for step in steps:
        place += f" #{step + 1}" if isinstance(step, int) else f".{step}"
    return place.lstrip(". ")


def expected_of(error: ErrorDetails) -> str:
    """What may stand there instead, as people would write it."""
    kind, context = error["type"], error.get("ctx", {})
    if kind in ("enum", "literal_error"):
        return ", ".join(re.findall(r"'([^']+)'", str(context["expected"])))
    if kind == "greater_than_equal":
        return f"≥ {context['ge']}"
    if kind == "less_than_equal":
        return f"≤ {context['le']}"
    if kind == "string_too_long":
        return f'"…" (≤ {context["max_length"]})'
    return _FORMS.get(kind, error["msg"])


def shown(value: object) -> str:
    """A faulty value as far as it helps to find it."""
    written = str(value)
    return written if len(written) <= _MOST_SHOWN else f"{written[:_MOST_SHOWN]}…"
