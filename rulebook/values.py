"""The base of every value that crosses a boundary: an activity, a message, a file."""

import re
from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, WithJsonSchema
from pydantic_core import PydanticCustomError

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Value(BaseModel):
    """Frozen, and closed to unknown fields: a misspelt key is an error, not a silence."""

    model_config = ConfigDict(frozen=True, extra="forbid")


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
