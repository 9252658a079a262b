"""What the questions to the law share: what they refuse is a mistake in the question."""

import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

from rulebook.errors import XuqiaoError
from runtime.cli.failures import Misuse
from runtime.cli.output import say

NO_ANSWER = frozenset({"pack.unset", "ceiling.not_admitted"})
"""The question was right, and the law has no answer to it. Whatever else the rules refuse was typed wrong."""
MOST_DIGITS = 9


@contextmanager
def asked() -> Iterator[None]:
    """What the rules refuse about a question is a mistake in the question: exit code 2, not 1."""
    try:
        yield
    except XuqiaoError as error:
        if isinstance(error, Misuse) or error.code in NO_ANSWER:
            raise
        raise Misuse(error.code, **error.params) from None


def count_of(option: str, typed: str) -> int:
    """A number of days or persons: whole, and not below zero.

    Raises:
        Misuse: ``cli.usage.bad_value`` with the reason.
    """
    text = unicodedata.normalize("NFKC", typed).strip()
    if not re.fullmatch(rf"[0-9]{{1,{MOST_DIGITS}}}", text):
        raise Misuse("cli.usage.bad_value", name=option, reason=say("law.not_a_count", value=typed))
    return int(text)
