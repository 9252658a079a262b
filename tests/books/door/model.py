"""A fund's money in plain arithmetic, for the books to be compared with: no accounts, no debit, no credit.

Every event is told by what it adds to each pot and takes from it. ``reasons`` says why an event must be refused; an
empty set means that it must be written.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from rulebook.books.postings import LedgerRequest, PostingKind, Subject

Pot = tuple[str, str]
Deltas = Mapping[Pot, int]

# Which account of the books shows each pot; what is on record beside the balance shows in two.
SHOWN = {
    "bank": (Subject.ESCROW_BANK,),
    "owed": (Subject.BRIDGE_RECEIVABLE,),
    "capital": (Subject.CONTRIBUTION,),
    "income": (Subject.FEE_INCOME,),
    "unknown": (Subject.UNMATCHED,),
    "due": (Subject.REFUND_DUE,),
    "prepaid": (Subject.FEE_PREPAID,),
    "interest": (Subject.INTEREST_INCOME,),
    "charge": (Subject.BANK_CHARGE,),
    "vat": (Subject.OUTPUT_VAT,),
    "spent": (Subject.FEE_SPENDING,),
    "lost": (Subject.LOSS,),
    "recovered": (Subject.RECOVERY_INCOME,),
    "compensated": (Subject.COMPENSATION,),
    "surplus": (Subject.SURPLUS,),
    "record": (Subject.WRITTEN_OFF, Subject.WRITTEN_OFF_CLAIM),
}
POOL, FEES, ASIDE = ("bank", "pool"), ("bank", "fees"), ("bank", "set_aside")
FINAL = {PostingKind.DISBURSE, PostingKind.REVERSE}  # of those with entries, what cannot be taken back


@dataclass
class Hold:
    """Money set aside for a case: how much, by what, and whether it still is."""

    case: str
    kind: PostingKind
    amount: int
    open: bool = True


@dataclass
class Allowed:
    """An approval: of what, and whether it still allows anything."""

    what: tuple[object, ...]
    used: bool = False
    void: bool = False


@dataclass
class Written:
    """A journal the books have taken."""

    request: LedgerRequest
    said: str
    deltas: Deltas
    reversed: bool = False


@dataclass
class Model:
    """One fund. Amounts in fen."""

    pots: Counter[Pot] = field(default_factory=Counter)
    holds: dict[str, Hold] = field(default_factory=dict)
    allowed: dict[str, Allowed] = field(default_factory=dict)
    written: dict[str, Written] = field(default_factory=dict)
    paid_out: set[str] = field(default_factory=set)
    fees_by_day: dict[date, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    closed: date = date.min

    @property
    def held(self) -> int:
        return sum(hold.amount for hold in self.holds.values() if hold.open)

    @property
    def available(self) -> int:
        return self.pots[POOL] - self.held

    def balances(self) -> dict[tuple[str, str], int]:
        """Every account that is not empty, as the books should show it."""
        return {
            (subject.value, part): amount
            for (pot, part), amount in self.pots.items()
            if amount
            for subject in SHOWN[pot]
        }

    def allow(self, key: str, what: tuple[object, ...]) -> None:
        """Two people allow something; what they allowed before under this key stands."""
        self.allowed.setdefault(key, Allowed(what))

    def answer(self, request: LedgerRequest, deltas: Deltas, what: tuple[object, ...] | None) -> set[str] | str:
        """What the books must say: ``posted``, ``replayed``, or one of these refusals.

        Args:
            deltas: what the event adds to each pot, or takes from it.
            what: what an approval of it must say; None where it needs none.
        """
        said = request.model_dump_json(exclude={"accounting_date", "actor_id", "evidence", "limit_ppm"})
        before = self.written.get(request.key)
        if before:
            return "replayed" if before.said == said else {"ledger.key_conflict"}
        reasons = set(self._reasons(request, deltas, what))
        if reasons:
            return reasons
        self._write(request, deltas)
        self.written[request.key] = Written(request, said, deltas)
        return "posted"

    def _reasons(self, request: LedgerRequest, deltas: Deltas, what: tuple[object, ...] | None) -> Iterable[str]:
        kind = request.kind
        if request.accounting_date <= self.closed:
            yield "ledger.period_closed"
        if request.reference and self._is_used(request, request.reference):
            yield "ledger.reference_used"
        if what is not None:
            yield from self._approval_reasons(request, what)
        if request.resolves is not None:
            yield from self._hold_reasons(request)
        if kind is PostingKind.RESERVE and request.hold:
            case = request.case_no or ""
            if case in self.paid_out or any(hold.open and hold.case == case for hold in self.holds.values()):
                yield "ledger.over_cap"
            if request.hold.amount_fen > self.available:
                yield "ledger.pool_short"
        if request.reverses is not None:
            target = self.written.get(request.reverses)
            if target is None or target.request.kind in FINAL:
                yield "ledger.not_reversible"
            elif target.reversed:
                yield "ledger.reversed_before"
        if kind is PostingKind.SPEND and request.limit_ppm is not None and self._over_limit(request):
            yield "ledger.over_spending_limit"
        yield from self._shortages(request, deltas)

    def _is_used(self, request: LedgerRequest, reference: str) -> bool:
        """Whether a line of the statement is booked as whatever, another paper as the same, until it is taken back."""
        booked = (each for each in self.written.values() if each.request.reference == reference and not each.reversed)
        if not _moves_the_account(request):
            return any(each.request.kind is request.kind for each in booked)
        return any(_moves_the_account(each.request) for each in booked)

    def _approval_reasons(self, request: LedgerRequest, what: tuple[object, ...]) -> Iterable[str]:
        allowed = self.allowed.get(request.approval or "")
        if allowed is None or allowed.what != what:
            yield "ledger.not_approved"
        elif request.kind is not PostingKind.INTEND:
            if allowed.used:
                yield "ledger.approval_used"
        else:
            hold = self.holds.get(request.resolves or "")
            again = hold is not None and hold.kind is PostingKind.FAIL
            if allowed.void or (allowed.used and not again):
                yield "ledger.approval_used"

    def _hold_reasons(self, request: LedgerRequest) -> Iterable[str]:
        after = {
            PostingKind.INTEND: {PostingKind.RESERVE, PostingKind.FAIL},
            PostingKind.HOLD_RETURNED: {PostingKind.RESERVE, PostingKind.FAIL},
            PostingKind.DISBURSE: {PostingKind.INTEND},
            PostingKind.FAIL: {PostingKind.INTEND},
        }[request.kind]
        hold = self.holds.get(request.resolves or "")
        if hold is None or hold.case != request.case_no or hold.kind not in after:
            yield "ledger.unknown_hold"
            return
        carried = request.hold or (request.lines[0] if request.lines else None)
        if carried and carried.amount_fen != hold.amount:
            yield "ledger.hold_mismatch"
        if not hold.open:
            yield "ledger.hold_resolved"

    def _over_limit(self, request: LedgerRequest) -> bool:
        """Spent in the whole year, against what had come in by that day."""
        spent = sum(spent for _, spent in self.fees_by_day.values())
        income = sum(income for day, (income, _) in self.fees_by_day.items() if day <= request.accounting_date)
        return spent + request.lines[0].amount_fen > income * (request.limit_ppm or 0) // 1_000_000

    def _shortages(self, request: LedgerRequest, deltas: Deltas) -> Iterable[str]:
        for pot, change in deltas.items():
            # The hold that a payment ends is its own money.
            kept = self.held if pot == POOL and request.kind is not PostingKind.DISBURSE else 0
            if change >= 0 or pot[0] == "surplus" or self.pots[pot] - kept + change >= 0:
                continue
            if pot == POOL:
                yield "ledger.pool_short"
            elif pot[0] == "bank":
                yield "ledger.part_short"
            else:
                yield "ledger.over_returned" if pot[0] == "owed" else "ledger.account_short"

    def _write(self, request: LedgerRequest, deltas: Deltas) -> None:
        kind, case = request.kind, request.case_no or ""
        for pot, change in deltas.items():
            self.pots[pot] += change
        if kind is not PostingKind.CARRY_OVER and not self._takes_back_a_carry_over(request):
            for pot, change in deltas.items():
                if pot[0] in ("income", "spent"):
                    self.fees_by_day[request.accounting_date][pot[0] == "spent"] += change
        if request.approval:
            self.allowed[request.approval].used = True
        if request.resolves:
            self.holds[request.resolves].open = False
        if request.hold:
            self.holds[request.key] = Hold(case, kind, request.hold.amount_fen)
        if kind is PostingKind.DISBURSE:
            self.paid_out.add(case)
        if kind is PostingKind.HOLD_RETURNED:
            for allowed in self.allowed.values():
                if allowed.what[:2] == (PostingKind.INTEND, case):
                    allowed.void = True
        if request.reverses:
            self.written[request.reverses].reversed = True

    def _takes_back_a_carry_over(self, request: LedgerRequest) -> bool:
        target = self.written.get(request.reverses or "")
        return target is not None and target.request.kind is PostingKind.CARRY_OVER


def _moves_the_account(request: LedgerRequest) -> bool:
    """Whether money comes in or goes out by it, and not only from one part of the account to another."""
    bank = Subject.ESCROW_BANK
    return any((each.debit.subject is bank) != (each.credit.subject is bank) for each in request.lines)
