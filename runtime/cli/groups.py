"""Groups of commands that load only what is called: until then a command is its name and its place."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, NamedTuple

from typer import Typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from runtime.cli.failures import Misuse
from runtime.cli.language import own
from runtime.cli.manual import Command, Entry, page, page_code


class Place(NamedTuple):
    """A command's place, where more must be said of it.

    Attributes:
        name: ``module:name`` below ``runtime.cli``.
        takes_minus: a negative amount is an amount and no option: it is refused as what it is.
    """

    name: str
    takes_minus: bool = False


Tree = Mapping[str, "str | Place | Callable[..., int] | Tree"]
"""By name, in the order of the help: a place (``module:name`` below ``runtime.cli``), a command, or what stands below.

At a place stands a command, or a tree again."""


class Group(TyperGroup):
    """Several commands under one name; each is imported when it is called.

    Args:
        name: as it is typed.
        below: what it holds.
    """

    def __init__(self, name: str, below: Tree) -> None:
        super().__init__(name=name, no_args_is_help=True, rich_markup_mode=None)
        self._below = below

    def list_commands(self, ctx: Any) -> list[str]:
        return list(self._below)

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | TyperGroup | None:
        found = self._below.get(cmd_name)
        if found is None:
            return None
        takes_minus = isinstance(found, Place) and found.takes_minus
        if isinstance(found, str | Place):
            found = _loaded(found if isinstance(found, str) else found.name)
        if isinstance(found, Mapping):
            return Group(cmd_name, found)
        return _command(cmd_name, found, takes_minus)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args[0] not in self._below:
            raise Misuse("cli.usage.no_such_command", name=args[0], known=", ".join(self._below))
        return super().resolve_command(ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        commands = [Entry(name, own(page_code(f"{ctx.command_path} {name}"))) for name in self._below]
        formatter.write("\n".join(page(self, ctx, commands)) + "\n")


def _loaded(place: str) -> "Callable[..., int] | Tree":
    module, _, name = place.partition(":")
    found: Callable[..., int] | Tree = getattr(import_module(f"runtime.cli.{module}"), name)
    return found


def _command(name: str, function: Callable[..., int], takes_minus: bool) -> TyperCommand | TyperGroup:
    alone = Typer(add_completion=False, rich_markup_mode=None)
    alone.command(name, cls=Command, context_settings={"ignore_unknown_options": takes_minus})(function)
    made = get_command(alone)
    assert isinstance(made, TyperCommand)
    return made
