"""The base of every value that crosses a boundary: an activity, a message, a file."""

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """Frozen, and closed to unknown fields: a misspelt key is an error, not a silence."""

    model_config = ConfigDict(frozen=True, extra="forbid")
