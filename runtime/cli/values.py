"""An amount, day, moment or yes that was typed, or a sentence that says what is wrong with it."""

import re
import sys
import unicodedata
from datetime import UTC, date, datetime

from activities import words
from rulebook.errors import XuqiaoError
from rulebook.money import FEN_PER_YUAN, yuan
from rulebook.zone import LAW_ZONE
from runtime.cli.failures import Misuse
from runtime.cli.language import call
from runtime.cli.output import say

MOST_YUAN = 10**12
_AGREED = frozenset({"y", "yes", "是", "同意"})


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
        raise bad_value(option, words.say_error(error, call.lang)) from None
    if abs(amount) > most:
        raise bad_value(option, say("cli.usage.amount_absurd", value=typed))
    if least is not None and amount < least:
        raise bad_value(option, say("act.not_positive" if least > 0 else "cli.usage.amount_negative", amount=typed))
    return amount


def day_of(option: str, typed: str) -> date:
    """A day typed as 2026-03-20.

    Raises:
        Misuse: ``cli.usage.bad_value``.
    """
    try:
        return date.fromisoformat(unicodedata.normalize("NFKC", typed).strip())
    except ValueError:
        raise bad_value(option, say("cli.usage.not_a_day", value=typed)) from None


def day_if_typed(option: str, typed: str | None) -> date | None:
    """A day that may be left out: None where the option was not given; nothing behind it is no day either.

    Raises:
        Misuse: ``cli.usage.bad_value``.
    """
    return None if typed is None else day_of(option, typed)


def month_of(option: str, typed: str) -> date:
    """The first day of a month typed as 2026-03.

    Raises:
        Misuse: ``cli.usage.bad_value``.
    """
    try:
        return date.fromisoformat(unicodedata.normalize("NFKC", typed).strip() + "-01")
    except ValueError:
        raise bad_value(option, say("cli.usage.not_a_month", value=typed)) from None


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
        raise bad_value(option, say("cli.usage.not_a_moment", value=typed)) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=LAW_ZONE)


def bad_value(option: str, reason: object) -> Misuse:
    """What is said of a value that cannot be taken."""
    return Misuse("cli.usage.bad_value", name=option, reason=reason)


def require_consent(said_before: bool) -> None:
    """Ask on the terminal whether what was just shown is approved; a script says so beforehand.

    Args:
        said_before: ``--yes`` was given, or the digest of exactly what is approved.
    Raises:
        Misuse: ``cli.usage.not_asked`` where there is nobody to ask.
        XuqiaoError: ``cli.not_agreed`` after any answer but yes.
    """
    if said_before:
        return
    if call.as_json or not sys.stdin or not sys.stdin.isatty():
        raise Misuse("cli.usage.not_asked")
    print(say("cli.agree"), end=" ", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in _AGREED:
        raise XuqiaoError("cli.not_agreed")
