"""What the commands about papers share: which paper is meant, what a party is called, files in and out."""

import re
import unicodedata
from pathlib import Path

from runtime.cli.failures import Misuse
from runtime.cli.output import say, word
from runtime.cli.values import case_no_of, member_of

_NUMBER = re.compile(r"[A-Z][A-Z0-9-]*-\d{4}-\d{5,}-\d-[A-Z0-9]+")


def paper_meant(typed: str) -> str:
    """A paper's number as it is written on it, or a kind by its value or word.

    Raises:
        Misuse: ``cli.usage.bad_value``.
    """
    from rulebook.papers.kinds import DocumentKind

    number = _number(typed)
    return member_of("KIND|NUMBER", DocumentKind, typed).value if number is None else number


def case_and_paper(typed: str, kind: str | None) -> tuple[str, str]:
    """The case and the paper that are meant: by the paper's number alone, or by its case and its kind or number.

    Returns:
        the number of the case; the paper's number, or its kind for the latest of that kind.
    Raises:
        Misuse: ``cli.usage.bad_value``, ``cli.platform.which`` for a case without a paper, ``cli.case_no.…``.
    """
    if kind is not None:
        return case_no_of(typed), paper_meant(kind)
    number = _number(typed)
    if number is None:
        raise Misuse("cli.platform.which", value=typed)
    return case_no_of(number.rpartition("-")[0]), number


def party_word(party: str) -> str:
    """The word for a party; a guarantor keeps his number."""
    name, _, number = party.partition("_")
    return f"{word('party', 'guarantor')} {number}" if name == "guarantor" else word("party", party)


def file_content(name: str, path: Path) -> bytes:
    """The bytes of a file, no more than can be looked at.

    Args:
        name: of the option or argument, for errors.
    Raises:
        Misuse: ``cli.usage.bad_value`` for a file that cannot be read, is empty or too big.
    """
    from activities.papers.reading import MOST_BYTES

    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        reason = say("cli.usage.no_file", path=path, reason=error.strerror or error)
        raise Misuse("cli.usage.bad_value", name=name, reason=reason) from None
    if not content:
        raise Misuse("cli.usage.bad_value", name=name, reason=say("paper_check.empty", path=path))
    if len(content) > MOST_BYTES:
        reason = say("paper_check.too_big", size=path.stat().st_size, most=MOST_BYTES)
        raise Misuse("cli.usage.bad_value", name=name, reason=reason)
    return content


def write_file(path: Path, content: bytes) -> Path:
    """Write a file; what stood there before is gone.

    Raises:
        Misuse: ``cli.usage.cannot_write``.
    """
    try:
        path.write_bytes(content)
    except OSError as error:
        raise Misuse("cli.usage.cannot_write", path=path, reason=error.strerror or error) from None
    return path


def _number(typed: str) -> str | None:
    text = re.sub(r"\s", "", unicodedata.normalize("NFKC", typed)).upper()
    return text if _NUMBER.fullmatch(text) else None
