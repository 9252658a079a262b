"""Commands that share most of what they take: each says only what is its own."""

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from inspect import Parameter, Signature, signature
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from typer import Option

from runtime.cli.failures import Misuse
from runtime.cli.values import day_of, fen_of

ABOUT = "case"
"""The parameter that stands first in every such command that is about a case."""


def combined(make: Callable[..., Any], run: Callable[..., int]) -> Callable[..., int]:
    """One command out of two functions.

    Args:
        make: makes a body out of the command's own options.
        run: does with it what every command of the kind does. Its first parameter is a function that makes the body,
            the others are the options that all of them have.
    Returns:
        a function with the parameters of both, those of ``make`` first; a name that both have is given to both. It
        raises Misuse, ``cli.usage.empty``, for an option that must say something and says nothing.
    """
    own = dict(signature(make).parameters)
    common = dict(list(signature(run).parameters.items())[1:])

    def command(**given: Any) -> int:
        _refuse_empty(own, given)
        return run(lambda: make(**{name: given[name] for name in own}), **{name: given[name] for name in common})

    first = {ABOUT: common[ABOUT]} if ABOUT in common else {}
    both: dict[str, Parameter] = {**first, **own, **common}
    in_order = [parameter.replace(kind=Parameter.KEYWORD_ONLY) for parameter in both.values()]
    command.__signature__ = Signature(in_order)  # type: ignore[attr-defined]
    command.__annotations__ = {}
    return command


def _refuse_empty(params: Mapping[str, Parameter], given: Mapping[str, Any]) -> None:
    """An empty text is no answer where an answer is required."""
    for name, parameter in params.items():
        if parameter.default is Parameter.empty and isinstance(given[name], str) and not given[name].strip():
            raise Misuse("cli.usage.empty", name=option_name(parameter))


def option_name(parameter: Parameter) -> str:
    """How a parameter is typed, such as ``--reason``."""
    (info,) = parameter.annotation.__metadata__
    return str(info.default)


class FieldOption(NamedTuple):
    """The option in which a field of a body is typed: its name, its placeholder, and how what was typed is read."""

    name: str
    placeholder: str
    read: Callable[[str, str], object]

    @property
    def flag(self) -> str:
        return "--" + self.name.replace("_", "-")


def from_fields(body: type[BaseModel]) -> Callable[..., Any]:
    """A function that makes a body out of what was typed, with an option for each field but ``kind``.

    The day on which something happened is typed as ``--on``, an amount in yuan, a text under its own name; the words
    of each stand in the catalogue under the option's name.

    Raises:
        TypeError: for a field of another type; such a body needs a function of its own.
    """
    options = {name: _option_of(name, field) for name, field in body.model_fields.items() if name != "kind"}

    def make(**given: str) -> BaseModel:
        read = {name: each.read(each.flag, given[each.name]) for name, each in options.items()}
        return body.model_validate(read)

    parameters = [
        Parameter(
            each.name,
            Parameter.KEYWORD_ONLY,
            annotation=Annotated[str, Option(each.flag, metavar=each.placeholder)],
            default=Parameter.empty if body.model_fields[name].is_required() else body.model_fields[name].default,
        )
        for name, each in options.items()
    ]
    make.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    return make


def _option_of(name: str, field: FieldInfo) -> FieldOption:
    if field.annotation is date and name.endswith("_on"):
        return FieldOption("on", "DATE", day_of)
    if field.annotation is int and name.endswith("_fen"):
        above = (getattr(bound, "gt", None) for bound in field.metadata)
        least = max((bound + 1 for bound in above if isinstance(bound, int)), default=0)
        return FieldOption(name.removesuffix("_fen"), "YUAN", partial(fen_of, least=least))
    if field.annotation is str:
        return FieldOption(name, "TEXT" if name == "reason" else "NUMBER", lambda flag, typed: typed)
    raise TypeError(f"{name}: {field.annotation} is typed in no usual way")
