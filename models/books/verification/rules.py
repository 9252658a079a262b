"""What each kind of event may do, what was set aside, and what two people allowed."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from models.books.verification.accounts import Account, Chart
from models.books.verification.faults import Fault

Row = Mapping[str, Any]
KNOWN = Path(__file__).with_name("known_rules.json")
RULES = frozenset({"subject", "kind", "permitted", "follows"})
"""The rows by which a book says what may be written; whoever forged them could allow himself anything."""
Entry = Sequence[int]
_NO_LETTERS = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]+")
_OF_ONE_ENTRY = frozenset({"refund", "compensate", "spend", "capital_out"})
_NAMED_BY_ITS_APPROVAL = frozenset({"spend", "capital_out"})
_OF_TWO_ALIKE = frozenset({"write_off", "recover"})
_BETWEEN_OWNERS = frozenset({"match", "true_up", "guarantor_in"})
OWNERS = {"bridge_receivable": "pool", "fee_income": "fees"}
"""Whose money an account speaks of; that of the bank speaks of its part, any other of what belongs to others."""


class Hold(NamedTuple):
    """Money set aside: by which journal, for whom, on what terms, and by whose approval."""

    key: str
    kind: str
    case_no: str | None
    terms_digest: str | None
    entry: tuple[int, int, int]
    cap: int
    approval: str | None


class Approval(NamedTuple):
    """What two people allowed, as far as a journal must fit it."""

    request_hash: str
    about: str
    maker: str
    checker: str
    after_seq: int


class Past(NamedTuple):
    """A journal that a later one takes back."""

    key: str
    kind: str
    case_no: str | None
    entries: list[Entry]


class Rules:
    """What each kind may do, as the book's own tables say, and what the kinds themselves mean."""

    def __init__(self, chart: Chart) -> None:
        self.kinds: dict[str, Row] = {}
        self.permitted: dict[tuple[str, str, str], tuple[str | None, str | None]] = {}
        self.follows: set[tuple[str, str]] = set()
        self._chart = chart

    def allows(self, kind: str, case_no: str | None, debit: Account, credit: Account) -> bool:
        """Whether an event of a kind may make an entry; a case's account is touched by that case only."""
        parts = self.permitted.get((kind, debit.subject, credit.subject))
        if parts is None or parts[0] not in (None, debit.dimension) or parts[1] not in (None, credit.dimension):
            return False
        if kind == "carry_over":  # it empties the accounts of all cases at once
            return True
        return (not debit.of_case or debit.dimension == case_no) and (not credit.of_case or credit.dimension == case_no)

    def is_whole(self, kind: str, case_no: str | None, entries: Sequence[Entry], about: str | None) -> bool:
        """Whether all that belongs to an event is there, and once: one amount was allowed, not one several times."""
        if kind in _OF_ONE_ENTRY:
            source = self._chart[entries[0][0]]
            named = kind not in _NAMED_BY_ITS_APPROVAL or source.dimension == about
            owed = kind != "refund" or (source.subject == "refund_due") == (case_no is not None)
            return len(entries) == 1 and named and owed
        if kind in _OF_TWO_ALIKE:
            return len(entries) == 2 and entries[0][2] == entries[1][2] and entries[0][0] != entries[1][0]
        if kind in _BETWEEN_OWNERS:
            owned: dict[str, int] = {}
            for debit, credit, amount in entries:
                for account, moved in ((self._chart[debit], amount), (self._chart[credit], -amount)):
                    owner = OWNERS.get(account.subject, "set_aside")
                    owner = account.dimension if account.subject == "escrow_bank" else owner
                    owned[owner] = owned.get(owner, 0) + moved
            return not any(owned.values())
        return True

    def carries_on(self, row: Row, resolved: Hold | None) -> bool:
        """Whether a journal may end the hold that it names, and does with the money what was set aside for."""
        if resolved is None or resolved.case_no != row["case_no"]:
            return False
        if (row["kind"], resolved.kind) not in self.follows:
            return False
        held = row["hold"]
        if row["kind"] == "release":
            return not row["entries"] and held is None
        moved = [tuple(entry) for entry in (*row["entries"], *([held[:3]] if held else []))]
        same_cap = held is None or held[3] == resolved.cap
        return moved == [resolved.entry] and same_cap and row["terms_digest"] == resolved.terms_digest

    def takes_back(self, row: Row, past: Past | None) -> bool:
        """Whether a journal turns every entry of another round; holds and reversals are not taken back."""
        if past is None:
            return False
        kind = self.kinds.get(past.kind, {})
        if kind.get("opens_hold") or kind.get("resolves_hold") or kind.get("reverses"):
            return False
        turned = [[credit, debit, amount] for debit, credit, amount in past.entries]
        return past.case_no == row["case_no"] and turned == [list(entry) for entry in row["entries"]]


def rules_digest(rows: Sequence[Row]) -> str:
    """One digest of all rules, in whatever order they come."""
    return hashlib.sha256("\n".join(sorted(json.dumps(row, sort_keys=True) for row in rows)).encode()).hexdigest()


@cache
def known_rules() -> frozenset[str]:
    """Digests of the rules that this program's books are kept under, now and in earlier releases."""
    return frozenset(json.loads(KNOWN.read_text(encoding="ascii")))


def approved_hash(book: str, row: Row, amount: int | None, about: str) -> str:
    """The digest of what an approval allows, of a journal or of the approval itself."""
    content = [book, row["kind"], row["case_no"], amount, about, row["terms_digest"]]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


def person(its_id: str) -> str:
    """One person, in whatever letters, width or spacing an id is written.

    >>> person("Ｚhang San ") == person("zhangsan")
    True
    """
    return _NO_LETTERS.sub("", unicodedata.normalize("NFKC", its_id)).lower()


def approval_faults(book: str, row: Row) -> Iterator[Fault]:
    """What is wrong with an approval, whoever consumes it."""
    params: dict[str, object] = {"book": book, "approval": row["key"]}
    people = {person(row["maker"]), person(row["checker"])}
    if len(people) < 2 or "" in people:
        yield Fault("books.approval_one_person", {**params, "person": row["checker"]})
    if approved_hash(book, row, row["amount_fen"], row["about"]) != row["request_hash"]:
        yield Fault("books.approval_edited", params)


def closed_through(closings: Iterable[Row]) -> str | None:
    """The last day that stands closed after all of these; two people may have taken one back."""
    stands = {row["through"]: row.get("asked_by") is None for row in closings}
    return max((day for day, is_closed in stands.items() if is_closed), default=None)


def closing_faults(book: str, closings: Sequence[Row]) -> Iterator[Fault]:
    """The last of these by those before it: periods close one after another; the last is taken back by two people."""
    *before, closing = closings
    stood, asked_by = closed_through(before), closing.get("asked_by")
    in_turn = (stood or "") < closing["through"] if asked_by is None else stood == closing["through"]
    by_two = asked_by is None or person(asked_by) != person(closing["closed_by"])
    if not (in_turn and by_two) or (before and before[-1]["last_seq"] > closing["last_seq"]):
        yield Fault("books.closing_order", {"book": book, "through": closing["through"]})
