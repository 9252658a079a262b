"""Commands that share most of what they take: each says only what is its own."""

from collections.abc import Callable, Mapping
from inspect import Parameter, Signature, signature
from typing import Any

from runtime.cli.failures import Misuse

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
