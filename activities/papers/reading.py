"""A PDF read back: its text, the facts embedded in it, its revisions. What comes from outside may be anything."""

import hashlib
import io
import json
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from activities.papers.embedded import ATTACHMENT, ON_EVERY_SHEET, facts_digest
from rulebook.errors import XuqiaoError
from rulebook.papers.earlier import EARLIER_NAMES, EarlierTariff
from rulebook.papers.facts import PaperData
from rulebook.papers.kinds import DocumentKind
from rulebook.papers.limits import PaperValue
from rulebook.values import place_of

MOST_BYTES = 40_000_000
MOST_PAGES = 200
_MOST_REVISIONS = 64
_END_OF_REVISION = re.compile(rb"%%EOF(\r\n|\r|\n)?")
_MOST_FACTS = 250_000
_EARLIER = frozenset({"daily_rate_ppm"})
"""Names of facts that papers of the first release carry; it chose otherwise what a paper carries."""

logging.getLogger("pypdf").addHandler(logging.NullHandler())  # what is wrong with a file is said in the answer


@dataclass(frozen=True)
class Facts:
    """The facts of a paper as they are embedded in its file.

    Attributes:
        content: of ``data.json``, byte for byte.
        plain: the facts as plain data; those that the paper does not speak of are not there.
        earlier: names in them that only an earlier version wrote, such as ``fee_steps.daily_rate_ppm``; with these, the
            text cannot be held against the facts, for that version chose otherwise what a paper carries.
    """

    content: bytes
    kind: DocumentKind
    lang: str
    plain: Mapping[str, Any]
    earlier: tuple[str, ...] = ()

    @property
    def document_no(self) -> str:
        """The paper's own number."""
        return str(self.plain["document_no"])

    @property
    def case_no(self) -> str:
        """The case's number."""
        return str(self.plain["case_no"])

    @property
    def digest(self) -> str:
        """As printed at the foot of each page."""
        return facts_digest(self.content)


class ReadPaper:
    """A PDF that this house drew, or that somebody here hands in as a scan; what comes from outside is read in a
    process of its own (``activities.papers.strict``).

    Args:
        content: of the file.
    Raises:
        XuqiaoError: ``paper_check.too_big``, ``paper_check.unreadable``.
    """

    def __init__(self, content: bytes) -> None:
        from pypdf import PdfReader

        if len(content) > MOST_BYTES:
            raise XuqiaoError("paper_check.too_big", size=len(content), most=MOST_BYTES)
        self.content = content
        try:
            self._reader = PdfReader(io.BytesIO(content))
            self.count = len(self._reader.pages)
            if self.count > MOST_PAGES:
                raise ValueError(f"{self.count} pages")
            found = self._reader.attachments
            self._attached = [bytes(each) for each in found[ATTACHMENT]] if ATTACHMENT in found else []
        except Exception as error:  # a damaged file makes the library fail in any way
            raise XuqiaoError("paper_check.unreadable", reason=f"{type(error).__name__}: {error}"[:200]) from None

    @cached_property
    def pages(self) -> tuple[str, ...]:
        """The text of each page without white space: a line's end must not hide a name."""
        return tuple("".join(page.extract_text().split()) for page in self._reader.pages)

    @cached_property
    def text(self) -> str:
        """All pages, without white space."""
        return "".join(self.pages)

    @property
    def has_facts(self) -> bool:
        """Whether something is embedded under the name of the facts."""
        return bool(self._attached)

    @cached_property
    def facts(self) -> Facts | None:
        """The embedded facts; None where there are none, several, or none that a paper could be made of."""
        return facts_in(self._attached)


def facts_in(attached: Sequence[bytes]) -> Facts | None:
    """The facts of a paper.

    Args:
        attached: what its file carries under the name of the facts.
    Returns:
        None where there are none, several, or none that a paper could be made of.
    """
    if len(attached) != 1 or len(attached[0]) > _MOST_FACTS:
        return None
    try:
        embedded = json.loads(attached[0])
        kind, plain = DocumentKind(embedded["kind"]), embedded["data"]
        return Facts(attached[0], kind, str(embedded["lang"]), plain, _check_facts(plain))
    except (ValueError, TypeError, KeyError, RecursionError, XuqiaoError):
        return None


def _check_facts(plain: Mapping[str, Any]) -> tuple[str, ...]:
    """That these are facts of a paper, but for those that it does not speak of; its numbers are on every paper.

    Returns:
        the names among them that only an earlier version wrote, and by which the text cannot be judged.
    Raises:
        ValueError, XuqiaoError: for anything else.
    """
    if not isinstance(plain, dict):
        raise ValueError("no facts of a paper: no object")
    renamed = {name: plain[name] for name in EARLIER_NAMES if name in plain}
    faults = _faults_of(PaperData, {name: item for name, item in plain.items() if name not in renamed})
    faults += _faults_of(EarlierTariff, renamed)
    missing = {fault["loc"] for fault in faults if fault["type"] == "missing"}
    earlier = {fault["loc"] for fault in faults if fault["type"] == "extra_forbidden"}
    known = all(place[-1] in _EARLIER for place in earlier)
    if not known or len(missing | earlier) < len(faults) or missing & {(name,) for name in ON_EVERY_SHEET}:
        raise ValueError(f"no facts of a paper: {place_of(faults[0]['loc'])}")
    return tuple(sorted({place_of(part for part in place if isinstance(part, str)) for place in earlier}))


def _faults_of(form: type[PaperValue], plain: Mapping[str, Any]) -> list[ErrorDetails]:
    """What keeps plain data from being of a form; nothing where it is."""
    try:
        form.model_validate(plain)
    except ValidationError as wrong:
        return wrong.errors(include_url=False)
    return []


def beginnings(content: bytes) -> dict[str, int]:
    """What a file may have been before something was added to it: the SHA-256 of each beginning up to an end mark, with
    and without the line's end behind the mark, and how many bytes it has. The whole file is none of them."""
    marks = [found.span(1) if found[1] else (found.end(), found.end()) for found in _END_OF_REVISION.finditer(content)]
    hasher, done, known = hashlib.sha256(), 0, {}
    for end in sorted({end for mark in marks[:_MOST_REVISIONS] for end in mark if end < len(content)}):
        hasher.update(memoryview(content)[done:end])
        known[hasher.hexdigest()] = done = end
    return known


def name_of_party(facts: Mapping[str, Any], party: str) -> str:
    """The organisation or person that a place to sign is for.

    Args:
        facts: of the paper, as plain data.
        party: ``operator``, ``borrower``, ``bank``, ``entrusted_bank``, ``guarantor_1`` and so on.
    Returns:
        the name; empty for a party that the facts do not name.
    """
    kind, _, number = party.partition("_")
    if kind == "guarantor" and number.isdigit():
        known = [str(guarantor["name"]) for guarantor in facts.get("guarantors", ())]
        return known[int(number) - 1] if 1 <= int(number) <= len(known) else ""
    names = {
        "operator": ("operator_name",),
        "borrower": ("borrower_name",),
        "bank": ("bank_name", "bank_branch"),
        "entrusted_bank": ("entrusted_bank",),
    }
    return "".join(str(facts.get(name, "")) for name in names.get(party, ()))
