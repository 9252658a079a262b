"""One voucher after another: number, request, chain, what its kind may do, its hold, its approval, its limits."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from models.verification.accounts import Account, Chart, enter, hold
from models.verification.faults import Fault, yuan

Row = Mapping[str, Any]
Entry = Sequence[int]
_quoted = json.encoder.encode_basestring


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


class Past(NamedTuple):
    """A journal that a later one takes back."""

    key: str
    kind: str
    case_no: str | None
    entries: list[Entry]


class Rules:
    """What each kind may do, as the book's own tables say."""

    def __init__(self) -> None:
        self.kinds: dict[str, Row] = {}
        self.permitted: dict[tuple[str, str, str], tuple[str | None, str | None]] = {}
        self.follows: set[tuple[str, str]] = set()

    def allow(self, kind: str, case_no: str | None, debit: Account, credit: Account) -> bool:
        """Whether an event of a kind may make an entry; a case's account is touched by that case only."""
        parts = self.permitted.get((kind, debit.subject, credit.subject))
        if parts is None or parts[0] not in (None, debit.dimension) or parts[1] not in (None, credit.dimension):
            return False
        if kind == "carry_over":  # it empties the accounts of all cases at once
            return True
        return not any(account.of_case and account.dimension != case_no for account in (debit, credit))


class Journals:
    """A book as far as it has been read; each voucher is judged by those before it."""

    def __init__(self, book: str, chart: Chart, rules: Rules) -> None:
        self.book = book
        self.last_seq = 0
        self.head = hashlib.sha256(f"xuqiao ledger {book}".encode()).hexdigest()
        self.approvals: dict[str, Approval] = {}
        self.reversed: dict[int, Past | None] = {}
        self.closings: list[Row] = []
        self._closed_through = ""
        self._chart = chart
        self._rules = rules
        self._holds: dict[int, Hold] = {}
        self._used: set[str] = set()
        self._keys: set[str] = set()
        self._references: set[tuple[str, str]] = set()

    def judge(self, row: Row) -> Iterator[Fault]:
        """What is wrong with the next voucher; afterwards the book has gone on by it."""
        params = {"book": self.book, "voucher": row["seq"], "key": row["key"]}
        resolved = None if row["resolves"] is None else self._holds.pop(row["resolves"], None)
        for code, more in self._faults(row, resolved):
            yield Fault(code, {**params, **more})
        touched = self._move(row, resolved)
        for account in touched:
            if account.free < account.floor:
                yield Fault("books.overdrawn", {**params, "account": account.name, "amount": yuan(account.free)})
            if account.cap is not None and account.used > account.cap:
                sums = {"amount": yuan(account.used), "cap": yuan(account.cap)}
                yield Fault("books.over_cap", {**params, "account": account.name, **sums})

    def _faults(self, row: Row, resolved: Hold | None) -> Iterator[tuple[str, dict[str, object]]]:
        if row["seq"] != self.last_seq + 1:
            yield "books.gap", {"before": self.last_seq}
        if not self._is_what_was_asked(row, resolved):
            yield "books.request", {}
        if row["prev_hash"] != self.head:
            yield "books.chain", {}
        if _link(row) != row["hash"]:
            yield "books.link", {}
        if row["key"] in self._keys or not row["key"].startswith(self.book + "/"):
            yield "books.key", {}
        if row["reference"] and (row["kind"], row["reference"]) in self._references:
            yield "books.reference", {"reference": row["reference"]}
        while self.closings and row["seq"] > self.closings[0]["last_seq"]:
            self._closed_through = max(self._closed_through, self.closings.pop(0)["through"])
        if row["accounting_date"] <= self._closed_through:
            yield "books.closed", {"day": row["accounting_date"], "through": self._closed_through}
        yield from self._kind_faults(row)
        if row["resolves"] is not None and not self._carries_on(row, resolved):
            yield "books.hold_differs" if resolved else "books.hold_gone", {"hold": row["resolves"]}
        if row["reverses"] is not None and not self._takes_back(row):
            yield "books.reversal", {"reversed": row["reverses"]}
        if row["approval"] is not None:
            yield from self._approval_faults(row, resolved)

    def _is_what_was_asked(self, row: Row, resolved: Hold | None) -> bool:
        """Whether the request, put together again from the rows it left, has the digest that was kept."""
        account, held, none = self._chart.account, row["hold"], "null"
        entries = ", ".join(f"[{account(d).quoted}, {account(c).quoted}, {fen}]" for d, c, fen in row["entries"])
        if held:
            aside = f"[{account(held[0]).quoted}, {account(held[1]).quoted}, {held[2]}], {held[3]}"
        else:
            aside = "null, null"
        names = ("key", "kind", "case_no", "reference", "terms_digest")
        content = [self.book, *(row[name] for name in names), resolved.key if resolved else None]
        said = ", ".join(none if value is None else _quoted(value) for value in content)
        asked = f"[{said}, [{entries}], {aside}"
        return any(
            hashlib.sha256(f"{asked}{beside}]".encode()).hexdigest() == row["request_hash"]
            for beside in self._said_beside(row)
        )

    def _said_beside(self, row: Row) -> Iterator[str]:
        """What a request names beside its entries; an empty remark may have been left out or said."""
        if row["approval"] is None and row["reverses"] is None:
            yield ""
            return
        approval = self.approvals.get(row["approval"])
        past = self.reversed.get(row["reverses"])
        said = {"approval": row["approval"], "reverses": past.key if past else None}
        about = approval.about if approval else ""
        for remark in {about, None} if not about or past else {about}:
            named = {"about": remark, **said}
            yield ", " + json.dumps(
                {name: value for name, value in named.items() if value is not None}, ensure_ascii=False
            )

    def _kind_faults(self, row: Row) -> Iterator[tuple[str, dict[str, object]]]:
        kind, held, entries = self._rules.kinds.get(row["kind"]), row["hold"], row["entries"]
        if (
            kind is None
            or kind["opens_hold"] != (held is not None)
            or kind["resolves_hold"] != (row["resolves"] is not None)
            or kind["needs_approval"] != (row["approval"] is not None)
            or kind["reverses"] != (row["reverses"] is not None)
            or not (entries or held or row["kind"] == "release")
        ):
            yield "books.kind", {"kind": row["kind"]}
            return
        account = self._chart.account
        for debit, credit, amount in entries if held is None else [*entries, held[:3]]:
            if amount <= 0:
                yield "books.amount", {"amount": yuan(amount)}
            of, to = account(debit), account(credit)
            if not kind["reverses"] and not self._rules.allow(row["kind"], row["case_no"], of, to):
                yield "books.entry", {"kind": row["kind"], "debit": of.name, "credit": to.name}

    def _carries_on(self, row: Row, resolved: Hold | None) -> bool:
        """Whether a journal may end the hold that it names, and does with the money what was set aside for."""
        if resolved is None or resolved.case_no != row["case_no"]:
            return False
        if (row["kind"], resolved.kind) not in self._rules.follows:
            return False
        if row["kind"] == "release":
            return not row["entries"] and row["hold"] is None
        held = row["hold"]
        moved = [tuple(entry) for entry in (*row["entries"], *([held[:3]] if held else []))]
        same_cap = held is None or held[3] == resolved.cap
        return moved == [resolved.entry] and same_cap and row["terms_digest"] == resolved.terms_digest

    def _takes_back(self, row: Row) -> bool:
        past = self.reversed.get(row["reverses"])
        if past is None:
            return False
        self.reversed[row["reverses"]] = None  # once
        kind = self._rules.kinds.get(past.kind, {})
        if kind.get("opens_hold") or kind.get("resolves_hold") or kind.get("reverses"):
            return False
        turned = [[credit, debit, amount] for debit, credit, amount in past.entries]
        return past.case_no == row["case_no"] and turned == [list(entry) for entry in row["entries"]]

    def _approval_faults(self, row: Row, resolved: Hold | None) -> Iterator[tuple[str, dict[str, object]]]:
        params: dict[str, object] = {"approval": row["approval"]}
        approval = self.approvals.get(row["approval"])
        amounts = [entry[2] for entry in (*row["entries"], *([row["hold"]] if row["hold"] else []))]
        amount = sum(amounts) if row["reverses"] is not None else amounts[0] if len(set(amounts)) == 1 else None
        if approval is None:
            yield "books.approval_missing", params
        elif approved_hash(self.book, row, amount, approval.about) != approval.request_hash:
            yield "books.approval_differs", params
        if row["approval"] in self._used and not (resolved and resolved.approval == row["approval"]):
            yield "books.approval_used", params
        self._used.add(row["approval"])

    def _move(self, row: Row, resolved: Hold | None) -> set[Account]:
        """Go on by a voucher: numbers, chain, holds and balances.

        Returns:
            the accounts that moved.
        """
        self.last_seq, self.head = row["seq"], row["hash"]
        self._keys.add(row["key"])
        if row["reference"]:
            self._references.add((row["kind"], row["reference"]))
        if self.last_seq in self.reversed:
            self.reversed[self.last_seq] = Past(row["key"], row["kind"], row["case_no"], row["entries"])
        account, touched = self._chart.account, set()
        if resolved:
            debit, credit = account(resolved.entry[0]), account(resolved.entry[1])
            hold(debit, credit, -resolved.entry[2])
            if row["kind"] == "release" and debit.debit == 0:
                debit.cap = 0  # the approval is void: nothing may be lent until there is another
            touched |= {debit, credit}
        if held := row["hold"]:
            debit, credit = account(held[0]), account(held[1])
            if debit.debit + debit.debit_held == 0:
                debit.cap = held[3]
            hold(debit, credit, held[2])
            touched |= {debit, credit}
            approval = row["approval"] or (resolved.approval if resolved else None)
            entry = (held[0], held[1], held[2])
            content = (row["key"], row["kind"], row["case_no"], row["terms_digest"], entry, held[3], approval)
            self._holds[self.last_seq] = Hold(*content)
        for number, against, amount in row["entries"]:
            debit, credit = account(number), account(against)
            if row["reverses"] is not None and debit.cap is not None:
                debit.cap += amount  # what is taken back is owed again, and was not lent anew
            enter(debit, credit, amount)
            touched |= {debit, credit}
        return touched


def approved_hash(book: str, row: Row, amount: int | None, about: str) -> str:
    """The digest of what an approval allows, of a journal or of the approval itself."""
    content = [book, row["kind"], row["case_no"], amount, about, row["terms_digest"]]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


def approval_faults(book: str, row: Row) -> Iterator[Fault]:
    """What is wrong with an approval, whoever consumes it."""
    params: dict[str, object] = {"book": book, "approval": row["key"]}
    if not row["maker"] or not row["checker"] or row["maker"] == row["checker"]:
        yield Fault("books.approval_one_person", {**params, "person": row["checker"]})
    if approved_hash(book, row, row["amount_fen"], row["about"]) != row["request_hash"]:
        yield Fault("books.approval_edited", params)


def closing_faults(book: str, closings: Sequence[Row]) -> Iterator[Fault]:
    """Periods close one after another, in the order of days and of vouchers."""
    for before, closing in pairwise(closings):
        if before["last_seq"] > closing["last_seq"] or before["through"] >= closing["through"]:
            yield Fault("books.closing_order", {"book": book, "through": closing["through"]})


def _link(row: Row) -> str:
    content = (
        f"[{row['seq']}, {_quoted(row['request_hash'])}, {_quoted(row['key'])}, {row['at_us']}, "
        f"{_quoted(row['accounting_date'])}, {_quoted(row['actor_id'])}, {_quoted(row['evidence'])}]"
    )
    return hashlib.sha256(bytes.fromhex(row["prev_hash"]) + content.encode()).hexdigest()
