"""How much a paper can hold: the longest text of each sort, the most rows, the largest number, each refused by name."""

from typing import Annotated, Any, Self, TypeVar

from pydantic import Field, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_core import ErrorDetails

from rulebook.errors import XuqiaoError
from rulebook.papers.amounts import MOST_FEN
from rulebook.values import Value, place_of

MOST_COUNT = 10_000_000
"""Days, heads, pages, millionths of a rate: beyond ten millions it can only be a mistake."""
MOST_ROWS = 300
MOST_TEXT = 60_000
"""Characters of all facts together: some fifty pages, drawn in a few seconds."""

OwnNumber = Annotated[str, Field(max_length=40)]
"""A number this house gives; it must find room at the head of a page."""
Reference = Annotated[str, Field(max_length=60)]
"""A number that others gave: a loan note, an account."""
Name = Annotated[str, Field(max_length=150)]
Line = Annotated[str, Field(max_length=300)]
Text = Annotated[str, Field(max_length=2000)]
"""A person's own words: a reason, a decision, a condition."""
Digest = Annotated[str, Field(max_length=64)]

Amount = Annotated[int, Field(ge=-MOST_FEN, le=MOST_FEN)]
"""In fen; no more than can be written in words."""
Count = Annotated[int, Field(ge=-MOST_COUNT, le=MOST_COUNT)]

Row = TypeVar("Row")
Rows = Annotated[tuple[Row, ...], Field(max_length=MOST_ROWS)]


class PaperValue(Value):
    """The base of what papers show. What is too long or too big for one is refused by a name of its own, whether the
    value is made, read or copied and then drawn.

    Raises:
        XuqiaoError: ``papers.text_too_long``, ``papers.too_many_rows``, ``papers.number_too_big``,
            ``papers.broken_text`` (half a surrogate pair), each with the field.
    """

    @model_validator(mode="wrap")
    @classmethod
    def _refuse_by_name(cls, value: object, validate: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return validate(value)
        except ValidationError as wrong:
            for fault in wrong.errors(include_url=False):
                if named := _named(cls.__name__, fault):
                    raise named from None
            raise


def check_whole(facts: Value) -> None:
    """That all facts of a paper together are no more than a paper can hold; so is what comes from the law, which knows
    no paper and has no limits of its own.

    Raises:
        XuqiaoError: ``papers.too_much_text``, ``papers.too_many_rows``, ``papers.number_too_big``.
    """
    for name, value in facts:
        if isinstance(value, Value) and not isinstance(value, PaperValue):
            _check_sizes(value.model_dump(), f"{type(facts).__name__}.{name}")
    length = _characters(facts.model_dump())
    if length > MOST_TEXT:
        raise XuqiaoError("papers.too_much_text", length=length, most=MOST_TEXT)


def _check_sizes(value: object, field: str) -> None:
    match value:
        case dict():
            for name, item in value.items():
                _check_sizes(item, f"{field}.{name}")
        case tuple():
            if len(value) > MOST_ROWS:
                raise XuqiaoError("papers.too_many_rows", field=field, rows=len(value), most=MOST_ROWS)
            for place, item in enumerate(value):
                _check_sizes(item, f"{field}.{place}")
        case int() if not isinstance(value, bool):
            most = MOST_FEN if field.endswith("_fen") else MOST_COUNT
            if abs(value) > most:
                raise XuqiaoError("papers.number_too_big", field=field, most=most)
        case _:
            pass


def _characters(value: object) -> int:
    match value:
        case str():
            return len(value)
        case dict():
            return sum(map(_characters, value.values()))
        case tuple():
            return sum(map(_characters, value))
        case _:
            return 0


def _named(owner: str, fault: ErrorDetails) -> XuqiaoError | None:
    """Our own error for a fault of size; None for every other fault, which is a mistake in the program."""
    field = place_of([owner, *fault["loc"]])
    limits: dict[str, Any] = fault.get("ctx", {})
    match fault["type"]:
        case "string_too_long":
            most = limits["max_length"]
            return XuqiaoError("papers.text_too_long", field=field, length=len(fault["input"]), most=most)
        case "too_long":
            most = limits["max_length"]
            return XuqiaoError("papers.too_many_rows", field=field, rows=len(fault["input"]), most=most)
        case "less_than_equal" if limits["le"] in (MOST_FEN, MOST_COUNT):
            return XuqiaoError("papers.number_too_big", field=field, most=limits["le"])
        case "greater_than_equal" if -limits["ge"] in (MOST_FEN, MOST_COUNT):
            return XuqiaoError("papers.number_too_big", field=field, most=-limits["ge"])
        case "string_unicode":
            return XuqiaoError("papers.broken_text", field=field)
        case _:
            return None
