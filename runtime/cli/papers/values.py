"""What the commands about papers share: which paper is meant, what a party and a signature are called, folders."""

import re
import unicodedata
from typing import TYPE_CHECKING

from activities.words import has_words
from rulebook.papers.kinds import DocumentKind
from runtime.cli.failures import Misuse
from runtime.cli.language import call
from runtime.cli.names import case_no_of, member_of
from runtime.cli.output import word

if TYPE_CHECKING:
    from models.papers.signatures import Signature

DEMO_FOLDER = "signing-demo"
"""Folder of the demonstration's certificates, under the data folder."""
PLATFORM_FOLDER = "signing-platform"
"""Folder of the simulated platform's memory and certificates, under the data folder."""
_NUMBER = re.compile(r"[A-Z][A-Z0-9-]*-\d{4}-\d{5,}-\d-[A-Z0-9]+")


def paper_meant(typed: str) -> str:
    """A paper's number as it is written on it, or a kind by its value or word.

    Raises:
        Misuse: ``cli.usage.bad_value``.
    """
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
    """The word for a party; a guarantor keeps his number, and a name that no party has is told as it is."""
    name, _, number = party.partition("_")
    if name == "guarantor":
        return f"{word('party', 'guarantor')} {number}"
    return word("party", party) if has_words(f"party.{party}", call.lang) else party


def signature_data(signature: "Signature") -> dict[str, object]:
    """A signature as data for programs."""
    return signature.model_dump(exclude={"id"})


def _number(typed: str) -> str | None:
    text = re.sub(r"\s", "", unicodedata.normalize("NFKC", typed)).upper()
    return text if _NUMBER.fullmatch(text) else None
