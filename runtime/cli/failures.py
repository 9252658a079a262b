"""What went wrong: in words for people, as data for programs, as an exit code for scripts."""

import errno
import sys
from enum import IntEnum

from activities.words import say_error
from rulebook.errors import XuqiaoError
from runtime.cli.language import call
from runtime.cli.output import print_json, printable, say


class Exit(IntEnum):
    """The exit codes; they stay as they are."""

    WELL = 0
    REFUSED = 1
    MISUSE = 2
    NOT_SET_UP = 3
    NOT_AS_EXPECTED = 4


class Misuse(XuqiaoError):
    """The command was not typed as it must be."""


_NOT_SET_UP = frozenset(
    {
        "stack.not_running",
        "act.no_answer",
        "cli.database_away",
        "cli.database_empty",
        "cli.temporal_away",
        "cli.platform.not_set_up",
        "signing.platform_away",
    }
)
_NOT_AS_EXPECTED = frozenset({"cli.paper.damaged"})


def exit_of(error: XuqiaoError) -> Exit:
    """The exit code of an error."""
    if isinstance(error, Misuse):
        return Exit.MISUSE
    if error.code in _NOT_SET_UP or error.code.startswith("setup."):
        return Exit.NOT_SET_UP
    return Exit.NOT_AS_EXPECTED if error.code in _NOT_AS_EXPECTED else Exit.REFUSED


def tell(error: XuqiaoError, **beside: object) -> Exit:
    """Say what went wrong: a sentence on the standard error, or one JSON document on the standard output.

    Args:
        beside: what else a program should know, such as the key under which to try again.
    Returns:
        the exit code.
    """
    message = say_error(error, call.lang)
    if call.as_json:
        print_json({"error": {**error.as_data(), "message": message}, **beside})
    else:
        print(printable(message), file=sys.stderr)
    return exit_of(error)


_OF_OUTPUT = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF})
_REASONS = frozenset({"EACCES", "EEXIST", "EIO", "EISDIR", "ENOENT", "ENOSPC", "ENOTDIR", "EPERM", "EROFS"})
"""Reasons of the system that have words of ours."""


def is_of_output(error: Exception) -> bool:
    """Whether the answer could not be written: the system names no file for a stream."""
    return isinstance(error, OSError) and error.filename is None and error.errno in _OF_OUTPUT


def say_reason(error: OSError) -> str:
    """Why the system would not read or write, in words for people where there are any."""
    name = errno.errorcode.get(error.errno or 0, "")
    return say(f"cli.system.{name}") if name in _REASONS else error.strerror or str(error)


def known(error: Exception) -> XuqiaoError | None:
    """What an exception of a library means to the person at the keyboard; None for what nobody foresaw."""
    if isinstance(error, XuqiaoError):
        return error
    if isinstance(error, OSError) and error.filename is not None:
        return XuqiaoError("setup.file", path=error.filename, reason=say_reason(error))
    # An error of a library that is not loaded was not raised: none is imported to find that out.
    if "sqlalchemy" in sys.modules:
        from sqlalchemy.exc import OperationalError, ProgrammingError

        first = str(error).strip().splitlines()[:1]
        if isinstance(error, OperationalError):
            return XuqiaoError("cli.database_away", reason=first[0] if first else "")
        if isinstance(error, ProgrammingError) and type(error.orig).__name__ == "UndefinedTable":
            return XuqiaoError("cli.database_empty")
    if "temporalio" in sys.modules:
        from temporalio.service import RPCError

        if isinstance(error, RPCError):
            return XuqiaoError("cli.temporal_away", reason=error.message)
    return None


def of_usage(error: Exception) -> XuqiaoError:
    """An error in how the command was typed, as the parser found it."""
    option = str(getattr(error, "option_name", "") or "")
    param = getattr(error, "param", None)
    name = " / ".join(getattr(param, "opts", [])) if getattr(param, "param_type_name", "") == "option" else ""
    name = name or str(getattr(param, "metavar", "") or "")
    reason = str(getattr(error, "message", "") or error)
    match type(error).__name__:
        case "MissingParameter":
            return Misuse("cli.usage.missing", name=name)
        case "NoSuchOption":
            return Misuse("cli.usage.no_such_option", name=option)
        case "BadOptionUsage":
            return Misuse("cli.usage.no_value", name=option)
        case _:
            return Misuse("cli.usage.other", reason=reason)
