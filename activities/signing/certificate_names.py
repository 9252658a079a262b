"""Whether a certificate was issued to the party in whose place it signs."""

import re
from collections.abc import Iterable, Mapping, Set
from typing import Any

from activities.papers.reading import name_of_party
from rulebook.parties.names import compared

_PARTS = re.compile(r"[@|;,、_/]")
"""What authorities put between the parts of a common name, such as ``051@某某有限公司@91320…``."""
_BESIDE = re.compile(r"[0-9a-z.:=-]*|.*章")
"""What may stand beside the name: numbers, codes, the kind of seal. ``某某有限公司/东海分公司`` is somebody else."""
_BEHIND = re.compile(r"\([^()]*\)$")


def fits(named: Iterable[str], expected: Iterable[str]) -> bool:
    """Whether one of the names in a certificate is one that is expected.

    Names are the same as ``compared`` has it; a common name of several parts may hold it as one of them, beside
    numbers and codes.
    """
    known = {compared(each) for each in expected} - {""}
    return any(_holds(compared(name), known) for name in named)


def names_of_party(facts: Mapping[str, Any], party: str) -> list[str]:
    """The names that a party's certificate may have been issued to.

    Args:
        facts: of the paper, as plain data.
        party: such as ``operator``.
    Returns:
        the party's name as the paper gives it, first; a bank's without its branch too, each of several guarantors, and
        the borrower's credit code, also as organizationIdentifier has it (EN 319 412-1). Empty for a party the facts do
        not name.
    """
    name = name_of_party(facts, party)
    if not name:
        return []
    names = [name]
    if party == "bank":
        names.append(str(facts.get("bank_name", "")))
    if party.startswith("guarantor") and "、" in name:
        names += [_BEHIND.sub("", compared(each)) for each in name.split("、")]
    if party == "borrower" and facts.get("borrower_uscc"):
        names += [prefix + str(facts["borrower_uscc"]) for prefix in ("", "NTRCN-", "VATCN-")]
    return names


def _holds(name: str, known: Set[str]) -> bool:
    parts = set(_PARTS.split(name))
    return name in known or (not parts.isdisjoint(known) and all(_BESIDE.fullmatch(part) for part in parts - known))
