"""The accounts of a book, moved again from the first voucher on, and its trial balance at any moment."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from models.books.verification.faults import Fault, yuan

Row = Mapping[str, Any]
_SUMMED = frozenset({"case", "reference"})
"""A trial balance has one line for all cases of a subject, and for all references."""
_quoted = json.encoder.encode_basestring


class Account:
    """One account: what it is kept for, its turnover and holds so far in fen, and the limits it stands under."""

    __slots__ = (
        "cap", "credit", "credit_held", "debit", "debit_held", "dimension", "floor", "name", "of_case", "quoted",
        "side", "subject", "total",
    )  # fmt: skip

    def __init__(self, row: Row, subject: Row, total: list[int]) -> None:
        self.subject: str = row["subject"]
        self.dimension: str = row["dimension"]
        self.name = f"{self.subject}/{self.dimension}"
        self.quoted = f"{_quoted(self.subject)}, {_quoted(self.dimension)}"
        self.side: str = subject["side"]
        self.of_case: bool = subject["kept_by"] == "case"
        self.floor: int = subject["floor_fen"]
        self.cap: int | None = subject["cap_fen"]
        self.debit = self.credit = self.debit_held = self.credit_held = 0
        self.total = total

    @property
    def free(self) -> int:
        """What stands on its own side and is not held, in fen."""
        if self.side == "D":
            return self.debit - self.credit - self.credit_held
        return self.credit - self.debit - self.debit_held

    @property
    def used(self) -> int:
        """All that was ever put on its own side, and what is held for it: an approval is lent once."""
        return self.debit + self.debit_held if self.side == "D" else self.credit + self.credit_held


def enter(debit: Account, credit: Account, amount: int) -> None:
    """Move one entry."""
    debit.debit += amount
    debit.total[0] += amount
    credit.credit += amount
    credit.total[1] += amount


def hold(debit: Account, credit: Account, amount: int) -> None:
    """Set money aside, or with a negative amount end that."""
    debit.debit_held += amount
    debit.total[2] += amount
    credit.credit_held += amount
    credit.total[3] += amount


class Chart(dict[int, Account]):
    """All accounts of a book by number, and the lines of its trial balance; a number it does not have is a stranger."""

    def __init__(self, book: str) -> None:
        super().__init__()
        self._book = book
        self._names: set[str] = set()
        self._subjects: dict[str, Row] = {}
        self._totals: dict[tuple[str, str], list[int]] = {}

    def __missing__(self, number: int) -> Account:
        return self.open({"id": number, "subject": "?", "dimension": "?"})

    def learn(self, row: Row) -> None:
        """A subject of the chart."""
        self._subjects[row["subject"]] = row

    def open(self, row: Row) -> Account:
        """An account."""
        unknown = {"side": "D", "kept_by": "part", "floor_fen": 0, "cap_fen": None}
        subject = self._subjects.get(row["subject"], unknown)
        line = (row["subject"], "" if subject["kept_by"] in _SUMMED else row["dimension"])
        account = Account(row, subject, self._totals.setdefault(line, [0, 0, 0, 0]))
        if row["id"] in self or (account.name in self._names and "?" not in line):
            raise ValueError(f"account {account.name} twice")
        self._names.add(account.name)
        self[row["id"]] = account
        return account

    def trial_digests(self, last_seq: int) -> tuple[str, str]:
        """SHA-256 and SM3 of the trial balance after a voucher; SM3 is empty where this machine cannot make it."""
        lines = sorted([*line, *sums] for line, sums in self._totals.items() if any(sums))
        text = json.dumps([self._book, last_seq, lines], ensure_ascii=False, separators=(",", ":")).encode()
        sm3 = hashlib.new("sm3", text).hexdigest() if "sm3" in hashlib.algorithms_available else ""
        return hashlib.sha256(text).hexdigest(), sm3

    def compare(self, kept: Row) -> Iterator[Fault]:
        """What a stored balance says otherwise than the entries and holds."""
        account = self[kept["id"]]
        params: dict[str, object] = {"book": self._book, "account": account.name}
        stored = tuple(kept[f"{name}_fen"] for name in ("debit", "credit", "debit_held", "credit_held"))
        added = (account.debit, account.credit, account.debit_held, account.credit_held)
        if stored != added:
            yield Fault("books.balance", {**params, "kept": _sums(stored), "found": _sums(added)})
        if (kept["side"], kept["floor_fen"], kept["cap_fen"]) != (account.side, account.floor, account.cap):
            yield Fault("books.limits", params)


def _sums(amounts: tuple[int | None, ...]) -> str:
    return " / ".join("?" if amount is None else yuan(amount) for amount in amounts)
