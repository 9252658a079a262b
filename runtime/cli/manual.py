"""Help: one page for each command, in the reader's language, laid out by the width that Chinese really takes."""

import shutil
import unicodedata
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Any, NamedTuple

from typer.core import TyperCommand, TyperGroup

from activities.words import say_value
from runtime.cli.language import LANG_FLAG, call, own

WIDEST = 110
INDENT = "  "
MOST_FOR_NAMES = 34

CHOICES = {
    "STAGE": ("rulebook.stages", "CaseStage", "stage"),
    "ROLE": ("rulebook.stages", "Role", "role"),
    "STATE": ("models.cases.acts", "ActState", "cli.state"),
    "KIND": ("rulebook.papers.kinds", "DocumentKind", "paper"),
    "LINE": ("rulebook.messages", "ChecklistItem", "checklist_item"),
    "ANSWER": ("rulebook.cases", "BankAnswer", "answer"),
    "RUNG": ("rulebook.cases", "PromiseRung", "rung"),
}
"""Module, enum and word group behind a placeholder; the members are listed in the help, and only then loaded."""


class Entry(NamedTuple):
    """One line of a page: what is typed, and what it means."""

    typed: str
    meaning: str


def page_code(command_path: str) -> str:
    """The code of a command's page: ``xuqiao case send-back`` is ``cli.help.case.send_back``."""
    return ".".join(["cli.help", *command_path.replace("-", "_").split()[1:]])


def param_code(name: str) -> str:
    """The code of a parameter's meaning, the same for every command that has it."""
    return f"cli.option.{name}"


class Command(TyperCommand):
    """A command whose page is made from the catalogue."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        formatter.write("\n".join(page(self, ctx)) + "\n")


def page(command: TyperCommand | TyperGroup, ctx: Any, commands: Sequence[Entry] = ()) -> list[str]:
    """The lines of the page of a command, or of a group with what stands below it."""
    params: list[Any] = [param for param in command.params if not getattr(param, "hidden", False)]
    arguments = [param for param in params if param.param_type_name == "argument"]
    options = [_option(param) for param in params if param.param_type_name == "option"]
    if not ctx.parent:
        options.append(Entry(f"{LANG_FLAG} zh|en", own("cli.option.lang")))
    options.append(Entry("--help", own("cli.option.help")))
    usage = [ctx.command_path, *(_placeholder(param) for param in arguments), f"[{own('cli.manual.some_options')}]"]
    usage += [own("cli.manual.a_command")] if commands else []
    return [
        own("cli.manual.usage") + " ".join(usage),
        "",
        *_wrapped(own(page_code(ctx.command_path)), _columns() - len(INDENT), INDENT),
        *_section("cli.manual.arguments", [Entry(_placeholder(param), _meaning(param)) for param in arguments]),
        *_section("cli.manual.options", options),
        *_section("cli.manual.commands", commands),
    ]


def _option(param: Any) -> Entry:
    names = ", ".join(param.opts) + "".join(f" / {name}" for name in param.secondary_opts)
    return Entry(names if param.is_flag else f"{names} {_placeholder(param)}", _meaning(param))


def _placeholder(param: Any) -> str:
    return str(param.metavar or str(param.name).upper())


def _meaning(param: Any) -> str:
    meaning = own(param_code(str(param.name)))
    if param.required and param.param_type_name == "option":
        meaning += own("cli.manual.required")
    if getattr(param, "multiple", False):
        meaning += own("cli.manual.repeatable")
    choices = _choices(_placeholder(param))
    return f"{meaning} [{choices}]" if choices else meaning


def _choices(placeholder: str) -> str:
    if placeholder not in CHOICES:
        return ""
    module, name, group = CHOICES[placeholder]
    enum = getattr(import_module(module), name)
    return " | ".join(f"{member.value} {say_value(group, member.value, call.lang)}" for member in enum)


def _section(title: str, entries: Sequence[Entry]) -> Iterable[str]:
    if not entries:
        return
    yield ""
    yield own(title)
    names = min(MOST_FOR_NAMES, max(width_of(entry.typed) for entry in entries))
    for entry in entries:
        before = INDENT + entry.typed + " " * max(0, names - width_of(entry.typed)) + INDENT
        beside = " " * (names + 2 * len(INDENT))
        lines = _wrapped(entry.meaning, _columns() - len(beside), "")
        if width_of(entry.typed) > names:
            yield before.rstrip()
            before = beside
        for line in lines:
            yield (before + line).rstrip()
            before = beside


def _columns() -> int:
    return min(WIDEST, shutil.get_terminal_size((WIDEST, 24)).columns)


def width_of(text: str) -> int:
    """The columns a text takes in a terminal."""
    return sum(2 if _is_wide(sign) else 1 for sign in text)


def _is_wide(sign: str) -> bool:
    return unicodedata.east_asian_width(sign) in "WF"


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    """Lines no wider than asked: Latin words stay whole, Chinese breaks anywhere but before a mark."""
    lines: list[str] = []
    line = ""
    for piece in _pieces(text):
        # Two columns stay free for a mark, which may not begin a line.
        if line and width_of(line + piece.rstrip()) > width - 2 and not _is_mark(piece):
            lines.append(indent + line.rstrip())
            line = ""
        line += piece if line else piece.lstrip()
    return [*lines, indent + line.rstrip()]


def _pieces(text: str) -> Iterable[str]:
    piece = ""
    for sign in text:
        if piece and (_is_wide(sign) or _is_wide(piece[-1]) or (piece[-1] == " " and sign != " ")):
            yield piece
            piece = ""
        piece += sign
    if piece:
        yield piece


def _is_mark(piece: str) -> bool:
    return unicodedata.category(piece[0]) in {"Po", "Pe", "Pf"}
