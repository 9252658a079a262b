"""All commands in one tree, and the one place where a call begins and ends."""

import os
import sys
from collections.abc import Sequence

import typer
from typer.main import get_command

from runtime.cli.bank import messages as bank
from runtime.cli.books import group as ledger
from runtime.cli.cases import showing as case
from runtime.cli.failures import Exit, Misuse, known, of_usage, tell
from runtime.cli.funds import calendar, lists
from runtime.cli.language import LANGUAGES, UnknownLanguage, begin_call
from runtime.cli.law import judge as law_judge
from runtime.cli.law import packs as law_packs
from runtime.cli.law import sums as law_sums
from runtime.cli.machine import machine
from runtime.cli.manual import Command, Group
from runtime.cli.papers import kept as documents
from runtime.cli.workbook.importing import import_file

NAME = "xuqiao"

app = typer.Typer(
    name=NAME,
    cls=Group,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("import", cls=Command)(import_file)
app.add_typer(case.app, name="case")
app.add_typer(documents.app, name="documents")
app.add_typer(bank.app, name="bank")
app.command("tasks", cls=Command)(lists.tasks)
app.command("pool", cls=Command)(lists.pool)
app.add_typer(lists.books, name="books")
app.add_typer(ledger.app, name="ledger")
app.add_typer(lists.funds, name="funds")
app.add_typer(lists.people, name="people")
app.add_typer(calendar.app, name="calendar")
app.add_typer(law_packs.app, name="packs")
app.command("fee", cls=Command)(law_sums.fee)
app.command("ceiling", cls=Command)(law_sums.ceiling)
app.command("size", cls=Command)(law_sums.size)
# A negative amount is an amount and no option: it is refused as what it is.
app.command("words", cls=Command, context_settings={"ignore_unknown_options": True})(law_sums.in_words)
app.command("workdays", cls=Command)(law_sums.workdays)
app.command("judge", cls=Command)(law_judge.judge)
app.command("serve", cls=Command)(machine.serve)
app.command("demo", cls=Command)(machine.demo)
app.command("doctor", cls=Command)(machine.doctor)
app.add_typer(machine.config, name="config")


@app.callback(cls=Group)
def _top() -> None:
    """Nothing is done without a command."""


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
        code = int(get_command(app).main(rest, prog_name=NAME, standalone_mode=False) or Exit.WELL)
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
        return _told(error)


def _told(error: Exception) -> int:
    """The exit code of an error that somebody foresaw; any other goes up as it came."""
    if type(error).__name__ == "NoArgsIsHelpError":
        print(error, end="", file=sys.stderr)
        return Exit.MISUSE
    if isinstance(error, typer.BadParameter.__mro__[1]):
        return tell(of_usage(error))
    foreseen = known(error)
    if foreseen is None:
        raise error
    return tell(foreseen)
