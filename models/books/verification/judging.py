"""The whole book: its rows in their order, and at the end what must have come out."""

import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from models.books.verification.accounts import Chart
from models.books.verification.faults import Fault
from models.books.verification.journals import Journals
from models.books.verification.rules import (
    RULES,
    Approval,
    Rules,
    approval_faults,
    closed_through,
    closing_faults,
    known_rules,
    rules_digest,
)
from models.books.verification.seals import OutsideSeal, outside_faults, signature_faults

FORMAT = "xuqiao books 1"
_UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, EOFError, OSError, zlib.error)
Row = Mapping[str, Any]


class Verdict(NamedTuple):
    """What came out.

    Attributes:
        book: whose book.
        vouchers: how many were judged.
        last_seq, head_hash: where the rows end.
        seals: how many seals it has.
        keys: ids of the keys that they were signed with; whether these are the fund's own, only people can say.
        faults: the first of each kind, in the order of the rows; empty when all is right.
        signatures_checked: whether there was a public key to look at the seals' signatures with.
    """

    book: str
    vouchers: int
    last_seq: int
    head_hash: str
    seals: int
    keys: tuple[str, ...]
    faults: tuple[Fault, ...]
    signatures_checked: bool


def judge(rows: Iterable[Row], keys: Mapping[str, str] | None, outside: Sequence[OutsideSeal] = ()) -> Verdict:
    """Recompute a book from its rows alone.

    Args:
        rows: as the package says.
        keys: public keys by id that are known outside the book; with an empty mapping no signature can be right, with
            None those that the rows themselves bring are believed, and signatures are left alone if they bring none.
        outside: seals that were kept outside the database.
    Returns:
        the first fault of each kind; rows that cannot be read at all are a fault, too.
    """
    book = _Book(keys, outside)
    faults: dict[str, Fault] = {}  # one edited row would otherwise name all that follow it
    count = 0
    try:
        for row in rows:
            count += 1
            for fault in book.take(row):
                faults.setdefault(fault.code, fault)
        for fault in book.end():
            faults.setdefault(fault.code, fault)
    except _UNREADABLE as error:
        fault = Fault(
            "books.unreadable", {"book": book.name, "row": count, "reason": f"{type(error).__name__}: {error}"}
        )
        faults.setdefault(fault.code, fault)
    return book.verdict(tuple(faults.values()))


class _Book:
    def __init__(self, keys: Mapping[str, str] | None, outside: Sequence[OutsideSeal]) -> None:
        self.name = "?"
        self._kept: Row = {"last_seq": 0, "head_hash": "", "closed_through": None}
        self._keys = dict(keys or {})
        self._believes_rows, self._checks_signatures = keys is None, keys is not None
        self._outside = outside
        self._seals: list[Row] = []
        self._sealed: list[Row] = []
        self._found: dict[int, Collection[str]] = {seal.row["last_seq"]: () for seal in outside}
        self._balances: list[Row] = []
        self._rule_rows: list[Row] = []
        self._count = 0
        self._ended: int | None = None
        self._closings: list[Row] = []
        self._start("?")

    def _start(self, name: str) -> None:
        self.name, self._chart = name, Chart(name)
        self._rules = Rules(self._chart)
        self._journals = Journals(name, self._chart, self._rules)

    def take(self, row: Row) -> Iterator[Fault]:
        """One row; the many come first."""
        if row["row"] == "journal":
            if not self._count:
                yield from self._begin()
            self._count += 1
            yield from self._journals.judge(row)
            if self._seals or self._found:
                yield from self._pass()
        else:
            yield from self._learn(row["row"], row)

    def _learn(self, kind: str, row: Row) -> Iterator[Fault]:
        if self._count and kind not in ("stray", "end"):  # judged by it would be only what follows
            raise ValueError(f"{kind} after the vouchers")
        if kind in RULES:
            self._rule_rows.append(row)
        match kind:
            case "book":
                if self.name != "?":
                    raise ValueError("two books")
                if row["format"] != FORMAT:
                    raise ValueError(f"format {row['format']}")
                self._start(row["book"])
                self._kept = row
            case "subject":
                self._chart.learn(row)
            case "kind":
                self._rules.kinds[row["kind"]] = row
            case "permitted":
                entry = (row["kind"], row["debit"], row["credit"])
                self._rules.permitted[entry] = (row["debit_part"], row["credit_part"])
            case "follows":
                self._rules.follows.add((row["kind"], row["of_kind"]))
            case "account":
                self._chart.open(row)
                self._balances.append(row)
            case "approval":
                self._journals.approvals[row["key"]] = Approval(
                    row["request_hash"], row["about"], row["maker"], row["checker"], row["after_seq"]
                )
                yield from approval_faults(self.name, row)
            case "void":
                self._journals.voided.add(row["approval"])
            case "reversed":
                self._journals.reversed[row["seq"]] = None
            case "closing":
                self._journals.closings.append(row)
                self._closings.append(row)
                yield from closing_faults(self.name, self._closings)
            case "key":
                if self._believes_rows:
                    self._keys[row["id"]] = row["public"]
                    self._checks_signatures = True
            case "seal":
                self._seals.append(row)
                if self._checks_signatures:
                    yield from signature_faults(self.name, row, self._keys)
            case "stray":
                yield Fault("books.stray", {"book": self.name, "voucher": row["seq"], "of": row["of"]})
            case "end":
                self._ended = row["journals"]
            case _:
                raise ValueError(f"no row of a book: {kind}")

    def _begin(self) -> Iterator[Fault]:
        """Before the first voucher: are these the rules that a book is kept under, and do the first seals fit?"""
        if rules_digest(self._rule_rows) not in known_rules():
            yield Fault("books.rules", {"book": self.name})
        yield from self._pass()

    def _pass(self) -> Iterator[Fault]:
        """At each voucher, and before the first: do the seals that were set here still fit?"""
        journals = self._journals
        if journals.last_seq in self._found:
            self._found[journals.last_seq] = journals.heads()
        while self._seals and self._seals[0]["last_seq"] <= journals.last_seq:
            seal = self._seals.pop(0)
            params: dict[str, object] = {"book": self.name, "day": seal["day"], "voucher": seal["last_seq"]}
            if self._sealed and self._sealed[-1]["day"] >= seal["day"]:
                yield Fault("books.seal_order", params)
            self._sealed.append(seal)
            if seal["last_seq"] != journals.last_seq or seal["head_hash"] not in journals.heads():
                yield Fault("books.seal_head", params)
                continue
            sha256, sm3 = self._chart.trial_digests(journals.last_seq)
            if seal["trial_sha256"] != sha256 or (sm3 and seal["trial_sm3"] != sm3):
                yield Fault("books.seal_trial", params)

    def end(self) -> Iterator[Fault]:
        """What must hold when all rows were read."""
        if not self._count:
            yield from self._begin()
        journals, kept = self._journals, self._kept
        params: dict[str, object] = {"book": self.name, "voucher": journals.last_seq}
        if (kept["last_seq"], kept["head_hash"]) != (journals.last_seq, journals.head) and (
            self._count or kept["head_hash"]
        ):
            yield Fault("books.head", {**params, "kept": kept["last_seq"]})
        if self._ended != self._count:
            yield Fault("books.cut_short", {**params, "count": self._count, "said": self._ended or 0})
        if kept["closed_through"] != (through := closed_through(self._closings)):
            closed = {"kept": kept["closed_through"] or "-", "found": through or "-"}
            yield Fault("books.closed_through", {"book": self.name, **closed})
        for seal in self._seals[:1]:
            yield Fault("books.seal_beyond", {**params, "day": seal["day"], "sealed": seal["last_seq"]})
        for closing in journals.closings:
            if closing["last_seq"] > journals.last_seq:
                yield Fault("books.closing_order", {"book": self.name, "through": closing["through"]})
        for balance in self._balances:
            yield from self._chart.compare(balance)
        for outside in self._outside:
            if self._checks_signatures:
                yield from signature_faults(outside.row["book"], outside.row, self._keys)
            yield from outside_faults(outside, self.name, journals.last_seq, self._found[outside.row["last_seq"]])

    def verdict(self, faults: tuple[Fault, ...]) -> Verdict:
        """What came out."""
        keys = tuple(sorted({seal["key_id"] for seal in (*self._sealed, *self._seals)}))
        seals = len(self._sealed) + len(self._seals)
        journals = self._journals
        return Verdict(
            self.name, self._count, journals.last_seq, journals.head, seals, keys, faults, self._checks_signatures
        )
