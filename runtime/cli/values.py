"""What was typed becomes a value, or a sentence that says what is wrong with it."""

import hashlib
import re
import unicodedata
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from activities import words
from rulebook.errors import XuqiaoError
from rulebook.money import FEN_PER_YUAN, yuan
from runtime.cli.failures import Misuse
from runtime.cli.language import call
from runtime.cli.output import SHANGHAI, say

MOST_YUAN = 10**12
_CHUNK = 1 << 20

Member = TypeVar("Member", bound=StrEnum)


def fen_of(option: str, typed: str, *, least: int | None = 0, most: int = MOST_YUAN * FEN_PER_YUAN) -> int:
    """An amount typed in yuan, thousands marked or not, as whole fen.

    Args:
        option: where it was typed.
        least: the smallest amount that makes sense there, in fen; None leaves that to the rules.
        most: the largest, in fen.
    Raises:
        Misuse: ``cli.usage.bad_value`` with the reason.
    """
    text = unicodedata.normalize("NFKC", typed).strip()
    if re.fullmatch(r"-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?", text):
        text = text.replace(",", "")
    try:
        if not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text):
            raise XuqiaoError("money.not_a_number", value=typed)
        amount = yuan(text)
    except XuqiaoError as error:
        raise _bad(option, words.say_error(error, call.lang)) from None
    if abs(amount) > most:
        raise _bad(option, say("cli.usage.amount_absurd", value=typed))
    if least is not None and amount < least:
        raise _bad(option, say("act.not_positive" if least > 0 else "cli.usage.amount_negative", amount=typed))
    return amount


def day_of(option: str, typed: str) -> date:
    """A day typed as 2026-03-20.

    Raises:
        Misuse: ``cli.usage.bad_value``.
    """
    try:
        return date.fromisoformat(unicodedata.normalize("NFKC", typed).strip())
    except ValueError:
        raise _bad(option, say("cli.usage.not_a_day", value=typed)) from None


def moment_of(option: str, typed: str | None) -> datetime:
    """A moment typed as 2026-03-20T14:30, in the office's zone unless it names another; now when nothing was typed.

    Raises:
        Misuse: ``cli.usage.bad_value``.
    """
    if typed is None:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(unicodedata.normalize("NFKC", typed).strip())
    except ValueError:
        raise _bad(option, say("cli.usage.not_a_moment", value=typed)) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)


def member_of(option: str, members: type[Member], typed: str) -> Member:
    """A member of an enum, typed as its value or as its word in either language.

    Raises:
        Misuse: ``cli.usage.bad_value`` with what can be typed.
    """
    wanted = unicodedata.normalize("NFKC", typed).strip().casefold()
    group = words.WORD_GROUPS.get(members, "")
    for member in members:
        code = f"{group}.{member.value}"
        names = {member.value, *(words.say(code, lang) for lang in words.LANGUAGES if words.has_words(code, lang))}
        if wanted.replace("-", "_") == member.value or wanted in {name.casefold() for name in names}:
            return member
    raise _bad(option, say("cli.usage.not_one_of", value=typed, known=", ".join(members)))


def case_no_of(typed: str) -> str:
    """A case number as it is written in the file; a slip is caught here, before anything is looked up.

    Raises:
        Misuse: ``cli.case_no.…`` with the part that is wrong.
    """
    from models.cases.applications import is_case_no

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


def digest_of_file(option: str, path: Path) -> str:
    """SHA-256 of a file.

    Raises:
        Misuse: ``cli.usage.bad_value`` when it cannot be read or is empty.
    """
    digest = hashlib.sha256()
    size = 0
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
    except OSError as error:
        raise _bad(option, say("cli.usage.no_file", path=path, reason=error.strerror or error)) from None
    if not size:
        raise _bad(option, say("cli.usage.empty_file", path=path))
    return digest.hexdigest()


def _bad(option: str, reason: str) -> Misuse:
    return Misuse("cli.usage.bad_value", name=option, reason=reason)
