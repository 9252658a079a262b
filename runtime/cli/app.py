"""The one place where a call of the command begins and ends."""

import os
import sys
from collections.abc import Sequence

import typer

from activities.words import LANGUAGES
from runtime.cli.failures import Exit, Misuse, known, of_usage, tell
from runtime.cli.groups import Group
from runtime.cli.language import UnknownLanguage, begin_call
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
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        rest = begin_call(sys.argv[1:] if argv is None else argv)
        code = int(top().main(rest, prog_name=NAME, standalone_mode=False) or Exit.WELL)
        sys.stdout.flush()
        return code
    except UnknownLanguage as error:
        return tell(Misuse("cli.usage.no_such_language", value=error, known=", ".join(LANGUAGES)))
    except (BrokenPipeError, SystemExit):
        # Whoever read the answer has read enough (for which the parser has an exit of its own, and no other): what is
        # still buffered goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.WELL
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        return _foreseen(error)


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
