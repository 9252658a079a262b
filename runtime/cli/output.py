"""How answers are given: lines for people, JSON for programs; remarks beside them on the standard error."""

import json
import sys
from collections.abc import Iterable

from activities import words
from activities.wording import plain
from rulebook.parties.names import with_hidden_shown
from runtime.cli.language import call


def say(code: str, **params: object) -> str:
    """The sentence of a code in the language of this call."""
    return words.say(code, call.lang, **params)


def word(group: str, value: str | None) -> str:
    """The word of a value in its group, such as the stage ``approval``; nothing for None."""
    return "" if value is None else words.say_value(group, value, call.lang)


def print_json(value: object) -> None:
    """One JSON document on the standard output."""
    print(json.dumps(plain(value), ensure_ascii=False, indent=2))


def printable(text: object) -> str:
    """Text that cannot steer a terminal, with what nobody would see in it by its code point: what came from outside may
    hold anything."""
    return "\n".join(map(with_hidden_shown, str(text).split("\n")))


def line(text: str = "") -> None:
    """A line of the answer."""
    print(printable(text))


def note(code: str, **params: object) -> None:
    """A remark beside the answer, on the standard error."""
    print(printable(say(code, **params)), file=sys.stderr)


def section(title: str) -> None:
    """The title of what follows."""
    line()
    line(f"【{say(f'cli.section.{title}')}】")


def fields(pairs: Iterable[tuple[str, object]]) -> None:
    """Lines of a name from ``cli.heading.…`` and a value; what is not there is left out."""
    for name, value in pairs:
        if value not in (None, "", ()):
            line(f"{say(f'cli.heading.{name}')}{say('cli.colon')}{value}")
