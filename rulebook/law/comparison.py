"""A measure laid out provision by provision, and two measures side by side."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Any, get_args

from pydantic import BaseModel, JsonValue

from rulebook.law.measure import Measure
from rulebook.law.provisions import OPERATOR, Amount, Share
from rulebook.law.rates import PPM
from rulebook.money import format_yuan
from rulebook.values import Value

_MOST_DECIMALS = 9


class Source(StrEnum):
    """Whose word a value is."""

    MEASURE = "measure"
    OPERATOR = "operator"
    UNSET = "unset"


class Row(Value):
    """One provision as data.

    Attributes:
        name: dotted, such as ``bridge.cap_firm``.
        value: amounts as decimal strings in yuan, rates and shares as exact texts; None when unset.
        citation: the article, or the operator's document; None when unset.
        needed: whether no case can be judged without it.
    """

    name: str
    value: JsonValue
    source: Source
    citation: str | None
    needed: bool


class Change(Value):
    """One provision that differs between two measures."""

    before: Row
    after: Row

    @property
    def name(self) -> str:
        return self.before.name


class Comparison(Value):
    """What a second measure has that the first had not, has no longer, and has otherwise."""

    added: tuple[Change, ...]
    removed: tuple[Change, ...]
    changed: tuple[Change, ...]


def rows(measure: Measure) -> tuple[Row, ...]:
    """Every provision of a measure, set or not, in the order of the schema."""
    unset = set(measure.unset())
    return tuple(
        Row(
            name=name,
            value=None if provision.cite is None else _plain(provision.value, kind_of(measure, name)),
            source=_source(provision.cite),
            citation=None if provision.cite is None else measure.citation(name),
            needed=name in unset or (provision.cite is not None and _needs(measure, name)),
        )
        for name, provision in measure.provisions()
    )


def compare(before: Measure, after: Measure) -> Comparison:
    """What changes from one measure to another.

    A value counts as changed when it differs, or when it is the law in one and the operator's own choice in the
    other; another document's number for the same value is no change.
    """
    pairs = [
        Change(before=one, after=other)
        for one, other in zip(rows(before), rows(after), strict=True)
        if (one.value, one.source) != (other.value, other.source)
    ]
    return Comparison(
        added=tuple(each for each in pairs if each.before.source is Source.UNSET),
        removed=tuple(each for each in pairs if each.after.source is Source.UNSET),
        changed=tuple(each for each in pairs if Source.UNSET not in (each.before.source, each.after.source)),
    )


def kind_of(measure: Measure, name: str) -> Any:
    """The type of a provision's value, such as ``Amount``, by the provision's dotted name."""
    section, _, key = name.partition(".")
    provision = type(getattr(measure, section)).model_fields[key].annotation
    (kind,) = getattr(provision, "__pydantic_generic_metadata__")["args"]  # noqa: B009 -- pydantic's own name for it
    return kind


def rate_text(rate: Fraction) -> str:
    """A rate exactly: a percentage where that has an end, a fraction where it has none.

    >>> rate_text(Fraction(1, 5000)), rate_text(Fraction("4.35") / 100 / 360), rate_text(Fraction(1))
    ('0.02%', '29/240000', '100%')
    """
    scaled = rate * 100 * 10**_MOST_DECIMALS
    if scaled.denominator != 1:
        return f"{rate.numerator}/{rate.denominator}"
    whole, decimals = divmod(int(scaled), 10**_MOST_DECIMALS)
    return f"{whole}.{decimals:0{_MOST_DECIMALS}d}".rstrip("0").rstrip(".") + "%"


def _source(cite: str | None) -> Source:
    if cite is None:
        return Source.UNSET
    return Source.OPERATOR if cite == OPERATOR else Source.MEASURE


def _needs(measure: Measure, name: str) -> bool:
    section, _, key = name.partition(".")
    return bool(type(getattr(measure, section)).needs(key))


def _plain(value: object, kind: Any) -> Any:
    """A value as JSON data; the kind tells fen and millionths from days."""
    if value is None:
        return None
    if isinstance(value, Fraction):
        return rate_text(value)
    if isinstance(value, int) and _is(kind, Amount):
        return format_yuan(value)
    if isinstance(value, int) and _is(kind, Share):
        return rate_text(Fraction(value, PPM))
    if isinstance(value, BaseModel):
        return _plain_fields(value)
    if isinstance(value, tuple):
        return [_plain(item, None) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def _plain_fields(value: BaseModel) -> Mapping[str, Any]:
    """A record, amounts under names that end in ``_yuan``."""
    fields = type(value).model_fields
    return {
        f"{name}_yuan" if _is(fields[name].annotation, Amount) else name: _plain(item, fields[name].annotation)
        for name, item in value
    }


def _is(kind: Any, wanted: Any) -> bool:
    """Whether a type is the wanted one, or may be."""
    return kind == wanted or wanted in get_args(kind)
