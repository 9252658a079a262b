"""One voucher after another: number, request, chain, what its kind may do, its hold, its approval, its limits.

Every row passes here, so what is done for each of them is written for speed: texts are put together by hand, and the
figures of a fault only when there is one.
"""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from models.books.verification.accounts import Account, Chart, enter, hold
from models.books.verification.faults import Fault, yuan
from models.books.verification.references import compared
from models.books.verification.rules import Approval, Hold, Past, Rules, approved_hash, closed_through

Row = Mapping[str, Any]
Found = Iterator[tuple[str, dict[str, object]]]
_quoted = json.encoder.encode_basestring
_sha256 = hashlib.sha256


class Journals:
    """A book as far as it has been read; each voucher is judged by those before it."""

    def __init__(self, book: str, chart: Chart, rules: Rules) -> None:
        self.book = book
        self.last_seq = 0
        self.head = _sha256(f"xuqiao ledger {book}".encode()).hexdigest()
        self.approvals: dict[str, Approval] = {}
        self.voided: set[str] = set()
        self.reversed: dict[int, Past | None] = {}
        self.closings: list[Row] = []
        self._closed: list[Row] = []
        self._closed_through = ""
        self._chart = chart
        self._rules = rules
        self._holds: dict[int, Hold] = {}
        self._before_closing: dict[str, int] = {}
        self._released: dict[str | None, int] = {}
        self._used: set[str] = set()
        self._keys: set[str] = set()
        self._references: set[tuple[str, str]] = set()
        self._reference_of: dict[int, tuple[str, str]] = {}
        self._lines: set[str] = set()
        self._line_of: dict[int, str] = {}
        self._key_begins, self._book_quoted = book + "/", _quoted(book)

    def judge(self, row: Row) -> Iterator[Fault]:
        """What is wrong with the next voucher; afterwards the book has gone on by it."""
        resolved = None if row["resolves"] is None else self._holds.pop(row["resolves"], None)
        for code, more in self._faults_of_row(row, resolved):
            yield self._fault(row, code, **more)
        for code, more in self._faults_of_event(row, resolved):
            yield self._fault(row, code, **more)
        for account in self._move(row, resolved):
            if account.free < account.floor:
                yield self._fault(row, "books.overdrawn", account=account.name, amount=yuan(account.free))
            if account.cap is not None and account.used > account.cap:
                sums = {"amount": yuan(account.used), "cap": yuan(account.cap)}
                yield self._fault(row, "books.over_cap", account=account.name, **sums)
        if self.closings:
            self._close()

    def heads(self) -> Collection[str]:
        """Where the chain stands, and where it stood before a period was closed on the same voucher."""
        return {self.head, *(head for head, seq in self._before_closing.items() if seq == self.last_seq)}

    def _close(self) -> None:
        """The closings that follow the last voucher; each is a link of the chain."""
        while self.closings and self.closings[0]["last_seq"] <= self.last_seq:
            closing = self.closings.pop(0)
            self._closed.append(closing)
            self._closed_through = closed_through(self._closed) or ""
            self._before_closing[self.head] = self.last_seq
            people = [closing["closed_by"], *([closing["asked_by"]] if closing.get("asked_by") else [])]
            told = [*(["reopened"] if len(people) > 1 else []), closing["through"], *people]
            self.head = _linked(self.head, f"[{', '.join(map(_quoted, told))}]")

    def _fault(self, row: Row, code: str, **more: object) -> Fault:
        return Fault(code, {"book": self.book, "voucher": row["seq"], "key": row["key"], **more})

    def _faults_of_row(self, row: Row, resolved: Hold | None) -> Found:
        """Its number, its digests, its key and its date."""
        seq, key, reference = row["seq"], row["key"], row["reference"]
        if seq != self.last_seq + 1:
            yield "books.gap", {"before": self.last_seq}
        if not self._is_what_was_asked(row, resolved):
            yield "books.request", {}
        if row["prev_hash"] != self.head:
            yield "books.chain", {}
        if _link(row, self.approvals.get(row["approval"])) != row["hash"]:
            yield "books.link", {}
        if key in self._keys or not key.startswith(self._key_begins):
            yield "books.key", {}
        self._keys.add(key)
        if reference is not None:
            one_line = ("receive" if row["kind"] == "guarantor_in" else row["kind"], reference)
            if one_line in self._references or not self._uses_line_once(row):
                yield "books.reference", {"reference": reference}
            self._references.add(one_line)
            self._reference_of[seq] = one_line
        if row["reverses"] is not None:  # its line may be booked as what it is, in the right amount
            self._lines.discard(self._line_of.pop(row["reverses"], ""))
            self._references.discard(self._reference_of.pop(row["reverses"], ("", "")))
        if row["accounting_date"] <= self._closed_through:
            yield "books.closed", {"day": row["accounting_date"], "through": self._closed_through}

    def _uses_line_once(self, row: Row) -> bool:
        """Whether a line of the statement is booked for the first time, or since it was taken back."""
        bank = (
            (self._chart[debit].subject == "escrow_bank", self._chart[credit].subject == "escrow_bank")
            for debit, credit, _ in row["entries"]
        )
        if all(debit == credit for debit, credit in bank):
            return True
        line = compared(row["reference"])
        is_first = line not in self._lines
        self._lines.add(line)
        self._line_of[row["seq"]] = line
        return is_first

    def _is_what_was_asked(self, row: Row, resolved: Hold | None) -> bool:
        """Whether the request, put together again from the rows it left, has the digest that was kept."""
        chart, held = self._chart, row["hold"]
        entries = ", ".join([f"[{chart[d].quoted}, {chart[c].quoted}, {fen}]" for d, c, fen in row["entries"]])
        aside = f"[{chart[held[0]].quoted}, {chart[held[1]].quoted}, {held[2]}], {held[3]}" if held else "null, null"
        asked = (
            f"[{self._book_quoted}, {_quoted(row['key'])}, {_quoted(row['kind'])}, {_text(row['case_no'])}, "
            f"{_text(row['reference'])}, {_text(row['terms_digest'])}, {_text(resolved.key if resolved else None)}, "
            f"[{entries}], {aside}"
        )
        if row["approval"] is None and row["reverses"] is None:
            return _is_digest_of(row["request_hash"], f"{asked}]")
        return any(_is_digest_of(row["request_hash"], f"{asked}, {beside}]") for beside in self._said_beside(row))

    def _said_beside(self, row: Row) -> Iterator[str]:
        """What a request names beside its entries; an empty remark may have been left out, or said."""
        approval, past = self.approvals.get(row["approval"]), self.reversed.get(row["reverses"])
        about = approval.about if approval else ""
        said = {"approval": row["approval"], "reverses": past.key if past else None}
        named = ", ".join(f"{_quoted(name)}: {_quoted(value)}" for name, value in said.items() if value is not None)
        if about and not past:
            yield f'{{"about": {_quoted(about)}, {named}}}'
        else:  # a reversal speaks of the journal it takes back
            yield f"{{{named}}}"
            yield f'{{"about": {_quoted(about)}, {named}}}'

    def _faults_of_event(self, row: Row, resolved: Hold | None) -> Found:
        """What its kind may do, and whether it does all of that."""
        name, held, entries, approval = row["kind"], row["hold"], row["entries"], row["approval"]
        kind = self._rules.kinds.get(name)
        if (
            kind is None
            or kind["opens_hold"] != (held is not None)
            or kind["resolves_hold"] != (row["resolves"] is not None)
            or kind["needs_approval"] != (approval is not None)
            or kind["reverses"] != (row["reverses"] is not None)
            or not (entries or held or name == "release")
            or (held and (entries or held[3] > held[2]))
        ):
            yield "books.kind", {"kind": name}
        elif row["reverses"] is None:
            chart, allows = self._chart, self._rules.allows
            for entry in entries if held is None else (held,):
                debit, credit = chart[entry[0]], chart[entry[1]]
                if entry[2] <= 0:
                    yield "books.amount", {"amount": yuan(entry[2])}
                if not allows(name, row["case_no"], debit, credit):
                    yield "books.entry", {"kind": name, "debit": debit.name, "credit": credit.name}
            allowed = self.approvals.get(approval)
            if entries and not self._rules.is_whole(name, row["case_no"], entries, allowed.about if allowed else None):
                yield "books.not_whole", {"kind": name}
        if row["resolves"] is not None and not self._rules.carries_on(row, resolved):
            yield "books.hold_differs" if resolved else "books.hold_gone", {"hold": row["resolves"]}
        if row["reverses"] is not None:
            if not self._rules.takes_back(row, self.reversed.get(row["reverses"])):
                yield "books.reversal", {"reversed": row["reverses"]}
            self.reversed[row["reverses"]] = None  # once
        if approval is not None:
            yield from self._faults_of_approval(row, resolved)

    def _faults_of_approval(self, row: Row, resolved: Hold | None) -> Found:
        params: dict[str, object] = {"approval": row["approval"]}
        approval, held = self.approvals.get(row["approval"]), row["hold"]
        amounts = [entry[2] for entry in ([*row["entries"], held] if held else row["entries"])]
        amount = sum(amounts) if row["reverses"] is not None else amounts[0] if len(set(amounts)) == 1 else None
        if approval is None:
            yield "books.approval_missing", params
        elif approved_hash(self.book, row, amount, approval.about) != approval.request_hash:
            yield "books.approval_differs", params
        elif approval.after_seq >= row["seq"] or (
            row["kind"] == "intend" and self._released.get(row["case_no"], 0) > approval.after_seq
        ):
            yield "books.approval_late", params
        # Used before, it serves only to send again what failed, by way of the hold that the failure left.
        if row["approval"] in self._used and not (resolved and resolved.approval == row["approval"]):
            yield "books.approval_used", params
        if row["approval"] in self.voided:
            yield "books.approval_taken_back", params
        self._used.add(row["approval"])

    def _move(self, row: Row, resolved: Hold | None) -> list[Account]:
        """Go on by a voucher: numbers, chain, holds and balances.

        Returns:
            the accounts that moved.
        """
        self.last_seq, self.head = row["seq"], row["hash"]
        if self.last_seq in self.reversed:
            self.reversed[self.last_seq] = Past(row["key"], row["kind"], row["case_no"], row["entries"])
        chart, held = self._chart, row["hold"]
        touched: list[Account] = []
        if resolved and not held:
            debit, credit = chart[resolved.entry[0]], chart[resolved.entry[1]]
            hold(debit, credit, -resolved.entry[2])
            if row["kind"] == "release":
                self._released[row["case_no"]] = self.last_seq
                if debit.debit == 0:
                    debit.cap = 0  # the approval is void: nothing may be lent until there is another
            touched += debit, credit
        if held:
            debit, credit = chart[held[0]], chart[held[1]]
            if not resolved:  # otherwise it carries on what is held already
                if debit.debit + debit.debit_held == 0:
                    debit.cap = held[3]
                hold(debit, credit, held[2])
                touched += debit, credit
            approval = row["approval"] or (resolved.approval if resolved else None)
            entry = (held[0], held[1], held[2])
            self._holds[self.last_seq] = Hold(
                row["key"], row["kind"], row["case_no"], row["terms_digest"], entry, held[3], approval
            )
        for number, against, amount in row["entries"]:
            debit, credit = chart[number], chart[against]
            if row["reverses"] is not None and debit.cap is not None:
                debit.cap += amount  # what is taken back is owed again, and was not lent anew
            enter(debit, credit, amount)
            touched += debit, credit
        return touched


def _is_digest_of(kept: str, text: str) -> bool:
    return _sha256(text.encode()).hexdigest() == kept


def _text(value: str | None) -> str:
    return "null" if value is None else _quoted(value)


def _link(row: Row, allowed: Approval | None = None) -> str:
    """What one journal adds to the chain: its number, its request, its key, when, by whom and on what evidence; and who
    allowed it, after which voucher."""
    by = f", {_quoted(allowed.maker)}, {_quoted(allowed.checker)}, {allowed.after_seq}" if allowed else ""
    content = (
        f'[{row["seq"]}, "{row["request_hash"]}", {_quoted(row["key"])}, {row["at_us"]}, '
        f'"{row["accounting_date"]}", {_quoted(row["actor_id"])}, {_quoted(row["evidence"])}{by}]'
    )
    return _linked(row["prev_hash"], content)


def _linked(head: str, content: str) -> str:
    return _sha256(bytes.fromhex(head) + content.encode()).hexdigest()
