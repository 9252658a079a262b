"""What is meant by a name or a number that was typed: a member of an enum, a case."""

import re
import unicodedata
from enum import StrEnum
from typing import TypeVar

from activities import words
from activities.words import WORD_GROUPS
from models.cases.numbers import is_case_no
from runtime.cli.failures import Misuse
from runtime.cli.output import say
from runtime.cli.values import bad_value

Member = TypeVar("Member", bound=StrEnum)


def member_of(option: str, members: type[Member], typed: str) -> Member:
    """A member of an enum, typed as its value or as its word in either language.

    Raises:
        Misuse: ``cli.usage.bad_value`` with what can be typed.
    """
    wanted = unicodedata.normalize("NFKC", typed).strip().casefold()
    group = WORD_GROUPS.get(members.__name__, "")
    for member in members:
        code = f"{group}.{member.value}"
        names = {member.value, *(words.say(code, lang) for lang in words.LANGUAGES if words.has_words(code, lang))}
        if wanted.replace("-", "_") == member.value or wanted in {name.casefold() for name in names}:
            return member
    raise bad_value(option, say("cli.usage.not_one_of", value=typed, known=", ".join(members)))


def case_no_of(typed: str) -> str:
    """A case number as it is written in the file; a slip is caught here, before anything is looked up.

    Raises:
        Misuse: ``cli.case_no.…`` with the part that is wrong.
    """
    number = re.sub(r"\s", "", unicodedata.normalize("NFKC", typed)).upper().replace("–", "-").replace("—", "-")
    parts = number.rsplit("-", 3)
    if len(parts) != 4 or not parts[0]:
        raise Misuse("cli.case_no.parts", value=typed)
    _, year, serial, check = parts
    if not re.fullmatch(r"[0-9]{4}", year):
        raise Misuse("cli.case_no.year", value=typed, part=year)
    if not re.fullmatch(r"[0-9]{5,}", serial):
        raise Misuse("cli.case_no.serial", value=typed, part=serial)
    if not re.fullmatch(r"[0-9]", check) or not is_case_no(number):
        raise Misuse("cli.case_no.check", value=typed, part=check)
    return number
