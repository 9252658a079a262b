"""The one place where a call of the command begins and ends."""

import errno
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TextIO

import typer

from activities.words import LANGUAGES
from runtime.cli.failures import Exit, Misuse, is_of_output, known, of_usage, say_reason, tell
from runtime.cli.groups import Group
from runtime.cli.language import UnknownLanguage, begin_call
from runtime.cli.output import say
from runtime.cli.tree import COMMANDS

NAME = "xuqiao"


def top() -> Group:
    """What stands at the top of the tree of commands."""
    return Group(NAME, COMMANDS)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one call of the command.

    Args:
        argv: as typed, without the program's name; None takes the process's own.
    Returns:
        the exit code: 0 done, 1 refused by a rule, 2 mistyped, 3 not set up or servers away, 4 not as expected.
    """
    argv = sys.argv[1:] if argv is None else argv
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - for as long as the process lives
    if sys.stdout is None:  # asked before anything is done: an answer that nobody can get is no answer
        with suppress(UnknownLanguage):
            begin_call(argv)
        return _unanswered(os.strerror(errno.EBADF), "cli.system.no_output")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _run(argv)
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # whoever read the answer has read enough
        _drop_the_rest(sys.stdout)
        return Exit.WELL
    except OSError as error:
        if not is_of_output(error):
            raise
        _drop_the_rest(sys.stdout)
        return _unanswered(say_reason(error), "cli.system.answer_lost")


def _run(argv: Sequence[str]) -> int:
    try:
        return int(top().main(begin_call(argv), prog_name=NAME, standalone_mode=False) or Exit.WELL)
    except UnknownLanguage as error:
        return tell(Misuse("cli.usage.no_such_language", value=error, where=error.where, known=", ".join(LANGUAGES)))
    except SystemExit:  # the parser's own way to say that nobody reads any more, and no other
        raise BrokenPipeError from None
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if is_of_output(error):
            raise
        return _foreseen(error)


def _drop_the_rest(stream: TextIO) -> None:
    """What a stream still holds goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _unanswered(reason: str, code: str) -> int:
    """Say on the standard error, if anybody reads that, that the answer could not be given."""
    try:
        print(say(code, reason=reason), file=sys.stderr, flush=True)
    except OSError:
        _drop_the_rest(sys.stderr)
    return Exit.NOT_SET_UP


def _foreseen(error: Exception) -> int:
    """The exit code of an error that somebody foresaw; any other goes up as it came."""
    if type(error).__name__ == "NoArgsIsHelpError":
        print(error, end="", file=sys.stderr)
        return Exit.MISUSE
    if isinstance(error, typer.BadParameter.__mro__[1]):
        return tell(of_usage(error))
    meant = known(error)
    if meant is None:
        raise error
    return tell(meant)
