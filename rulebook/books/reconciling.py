"""The books beside the bank's statement: which movement is which line, and what is left over, to the fen. Pure.

A movement is all that the books moved on the ring-fenced account under one reference. Lines and movements of the same
reference belong together; the others only by the registered account of a case and the amount.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum

from rulebook.books.references import folded
from rulebook.books.statements import KnownLine
from rulebook.values import Value

NEAR = timedelta(days=7)
"""How far apart line and movement may be that share no reference: a long holiday lies between."""


class Entry(Value):
    """What one voucher moved on the ring-fenced account, all its parts together, in fen."""

    voucher: int
    on: date
    amount_fen: int


class Movement(Value):
    """What the books moved under one reference.

    Attributes:
        entries: in order of their vouchers; a reversal stands under the reference of what it takes back.
        case_no: the case it belongs to, if any.
        account: that case's registered account as digits, or empty.
    """

    reference: str
    entries: tuple[Entry, ...]
    case_no: str | None = None
    account: str = ""

    @property
    def amount_fen(self) -> int:
        """In fen; what came in is positive."""
        return sum(entry.amount_fen for entry in self.entries)

    @property
    def on(self) -> date:
        """The accounting date of its first voucher."""
        return min(entry.on for entry in self.entries)

    def by(self, day: date) -> int:
        """What of it was booked up to and with a day, in fen."""
        return sum(entry.amount_fen for entry in self.entries if entry.on <= day)


class ReturnedPayment(Value):
    """A payment that the books hold for not made: the bank sent it back, or its fate is open still.

    Attributes:
        account: the payee's, as digits.
        amount_fen: in fen.
        sent_on: the day from which it can stand on the statement.
        open_until: the day on which the books learned that it was not made; of one whose fate is open, ``sent_on``.
        case_no: the case it belongs to; empty where that does not matter.
        is_open: its fate is not decided; its line is the evidence that somebody looks for.
    """

    account: str
    amount_fen: int
    sent_on: date
    open_until: date
    case_no: str = ""
    is_open: bool = False


class Pair(Value):
    """A line and what it belongs to: a movement of another reference, or the line by which the bank returned it."""

    line: str
    movement: str | None = None
    returned_by: str | None = None


class DifferenceKind(StrEnum):
    """In what the statement and the books differ."""

    NOT_IN_BOOKS = "not_in_books"
    NOT_ON_STATEMENT = "not_on_statement"
    AMOUNTS_DIFFER = "amounts_differ"
    LATE_PAYMENT = "late_payment"  # the bank paid what the books hold for not made: the money is out
    BALANCE_BREAK = "balance_break"  # the statement's own running balance does not run: lines are missing
    OPENING = "opening"  # they differ already before the first line


class Difference(Value):
    """One thing in which they differ.

    Attributes:
        about: the reference.
        on: day of the line, or accounting date of the movement.
        statement_fen, books_fen: what each has of it by the day, in fen; None where it has nothing.
        case_no: the case whose payment or other movement it is, where that is known.
        follows_on: the day on which the other side has it too, when that is known: a matter of time, and no task.
    """

    kind: DifferenceKind
    about: str
    on: date
    statement_fen: int | None = None
    books_fen: int | None = None
    case_no: str | None = None
    follows_on: date | None = None

    @property
    def effect_fen(self) -> int:
        """By how much the statement is above the books for it, in fen."""
        return (self.statement_fen or 0) - (self.books_fen or 0)


class Reconciliation(Value):
    """Statement and books at the end of a day.

    Attributes:
        statement_fen: the statement's closing balance.
        stated: whether the bank stated it; without balances it is counted on from the books before the first line.
        books_fen: of the ring-fenced account in the books, all parts.
        last_line_on: day of the last line up to then.
        differences: they add up to the difference of the two, to the fen.
    """

    on: date
    statement_fen: int
    stated: bool
    books_fen: int
    last_line_on: date
    differences: tuple[Difference, ...]

    @property
    def equal(self) -> bool:
        """Whether nothing at all differs."""
        return self.statement_fen == self.books_fen and not self.differences


# Which line is which movement ----------------------------------------------------------------------------------


def find_pairs(
    lines: Sequence[KnownLine],
    movements: Sequence[Movement],
    known: Iterable[Pair],
    payments: Iterable[ReturnedPayment] = (),
) -> list[Pair]:
    """Pairs beyond those of one reference and those already known.

    Args:
        lines: in order of time.
        movements: of the same fund.
        payments: of the same fund, those not made as far as the books know; each explains one line and its return.
    Returns:
        lines and movements whose references are written otherwise and are one; then those of one case's registered
        account, one amount and about one time, each once; then payments
        and their return by the bank.
    """
    known = list(known)
    names = {line.name for line in lines}
    booked = {movement.reference for movement in movements if movement.amount_fen}
    used = booked | {name for pair in known for name in (pair.line, pair.returned_by) if name}
    free_lines = [line for line in lines if line.name not in used]
    taken = names | {pair.movement for pair in known}
    free_movements = [movement for movement in movements if movement.reference not in taken]
    unexplained = list(payments)
    by_name = {line.name: line for line in lines}
    for pair in known:
        if pair.returned_by and (payment := _payment_of(by_name[pair.line], unexplained)):
            unexplained.remove(payment)
    return [
        *_by_fold(free_lines, free_movements),
        *_by_account(free_lines, free_movements),
        *_returned(free_lines, unexplained),
    ]


def _by_fold(free_lines: list[KnownLine], movements: list[Movement]) -> Iterator[Pair]:
    """What was typed before its line came: the books take the two for one, whatever the amounts say."""
    told = {folded(movement.reference): movement for movement in movements if movement.amount_fen}
    for line in list(free_lines):
        movement = told.pop(folded(line.name), None)
        if movement and (movement.amount_fen > 0) == (line.amount_fen > 0):
            movements.remove(movement)
            free_lines.remove(line)
            yield Pair(line=line.name, movement=movement.reference)


def _by_account(free_lines: list[KnownLine], movements: list[Movement]) -> Iterator[Pair]:
    for line in list(free_lines):
        fitting = [m for m in movements if line.payer_account and m.account == line.payer_account]
        fitting = [m for m in fitting if m.amount_fen == line.amount_fen and abs(m.on - line.on) <= NEAR]
        if fitting:
            movements.remove(fitting[0])
            free_lines.remove(line)
            yield Pair(line=line.name, movement=fitting[0].reference)


def _returned(free_lines: list[KnownLine], payments: list[ReturnedPayment]) -> Iterator[Pair]:
    """A payment that came back never was a payment: the books know neither line, but they do know who was to be paid.

    Without a payment of the books behind it money out and money in again is somebody's use of the account, whatever
    its memo says.
    """
    backs = [line for line in free_lines if line.says_returned]
    for line in free_lines:
        payment = _payment_of(line, payments)
        back = next((each for each in backs if payment and _sent_back(line, each)), None)
        if payment and back:
            payments.remove(payment)
            backs.remove(back)
            yield Pair(line=line.name, returned_by=back.name)


def _payment_of(line: KnownLine, payments: Iterable[ReturnedPayment]) -> ReturnedPayment | None:
    for payment in payments:
        same = payment.account == line.payer_account and payment.amount_fen == -line.amount_fen
        if same and payment.sent_on <= line.on <= payment.open_until + NEAR:
            return payment
    return None


def _sent_back(line: KnownLine, back: KnownLine) -> bool:
    same = back.amount_fen == -line.amount_fen and back.payer_account in ("", line.payer_account)
    return same and line.on <= back.on <= line.on + NEAR


def unpaired(lines: Iterable[KnownLine], movements: Iterable[Movement], pairs: Iterable[Pair]) -> list[KnownLine]:
    """The lines that belong to nothing the books know."""
    used = {name for pair in pairs for name in (pair.line, pair.returned_by)}
    used |= {movement.reference for movement in movements if movement.amount_fen}
    return [line for line in lines if line.name not in used]


def booked_as(lines: Iterable[KnownLine], movements: Iterable[Movement], pairs: Iterable[Pair]) -> dict[str, Movement]:
    """By line, the movement that it is: under its own name, however that is written, or paired with it.

    What was taken back makes no line anybody's.
    """
    by_reference = {movement.reference: movement for movement in movements if movement.amount_fen}
    by_fold = {folded(reference): movement for reference, movement in by_reference.items()}
    paired = {pair.line: by_reference[pair.movement] for pair in pairs if pair.movement in by_reference}
    own = {line.name: by_fold[folded(line.name)] for line in lines if folded(line.name) in by_fold}
    return own | paired


def late_payments(
    alone: Iterable[KnownLine],
    known: Iterable[Pair],
    by_name: Mapping[str, KnownLine],
    payments: Iterable[ReturnedPayment],
) -> dict[str, str]:
    """Lines by which the bank paid what the books hold for not made, each with its case: however late it paid.

    Args:
        alone: the lines that belong to nothing the books know.
        known: pairs; a payment and its return by the bank leave nothing to look for.
        by_name: all lines.
        payments: those not made as far as the books know, oldest first.
    """
    unexplained = sorted(payments, key=lambda each: not each.is_open)
    for pair in known:
        if pair.returned_by and (payment := _payment_of(by_name[pair.line], unexplained)):
            unexplained.remove(payment)
    found = {}
    for line in alone:
        fitting = (each for each in unexplained if each.account == line.payer_account and each.account)
        paid = next((p for p in fitting if p.amount_fen == -line.amount_fen and p.sent_on <= line.on), None)
        if paid:
            unexplained.remove(paid)
            if not paid.is_open:
                found[line.name] = paid.case_no
    return found


# A day's end ---------------------------------------------------------------------------------------------------


def reconcile(
    lines: Sequence[KnownLine],
    movements: Sequence[Movement],
    pairs: Sequence[Pair],
    on: date,
    payments: Sequence[ReturnedPayment] = (),
) -> Reconciliation:
    """The statement's balance at the end of a day against the books', and everything in which they differ.

    Args:
        lines: all that are known, in order of time, at least one up to the day.
        movements: all of the fund's books.
        pairs: all that are known.
        on: the day.
        payments: those of cases that were not made as far as the books know.
    """
    by_name = {line.name: line for line in lines}
    partners = _partners(by_name, movements, pairs)
    start = lines[0].on
    before = sum(
        entry.amount_fen
        for movement in movements
        if movement.reference not in partners
        for entry in movement.entries
        if entry.on < start
    )
    stated_opening = _opening(lines, on)
    opening = before if stated_opening is None else stated_opening
    closing, found = _walk([line for line in lines if line.on <= on], opening)
    if opening != before:
        kind = DifferenceKind.OPENING
        found.insert(0, Difference(kind=kind, about=str(start), on=start, statement_fen=opening, books_fen=before))
    for movement in movements:
        if line := partners.get(movement.reference):
            found += _of_pair(line, movement, on)
        else:
            found += _of_movement(movement, start, on)
    alone = unpaired(lines, movements, pairs)
    found += _of_lines(by_name, alone, pairs, on, late_payments(alone, pairs, by_name, payments))
    return Reconciliation(
        on=on,
        statement_fen=closing,
        stated=stated_opening is not None,
        books_fen=sum(movement.by(on) for movement in movements),
        last_line_on=max(line.on for line in lines if line.on <= on),
        differences=tuple(sorted(found, key=lambda each: (each.on, each.about))),
    )


def for_people(
    lines: Sequence[KnownLine],
    movements: Sequence[Movement],
    pairs: Sequence[Pair],
    payments: Sequence[ReturnedPayment] = (),
) -> list[Difference]:
    """What somebody must look into now: not what only takes time, nor what no statement has come to yet."""
    all_of_it = reconcile(lines, movements, pairs, date.max, payments)
    return [each for each in all_of_it.differences if not each.follows_on and each.on <= all_of_it.last_line_on]


def _partners(
    by_name: Mapping[str, KnownLine], movements: Sequence[Movement], pairs: Sequence[Pair]
) -> dict[str, KnownLine]:
    """By movement, its line."""
    partners = {m.reference: by_name[m.reference] for m in movements if m.amount_fen and m.reference in by_name}
    return partners | {pair.movement: by_name[pair.line] for pair in pairs if pair.movement}


def _opening(lines: Sequence[KnownLine], on: date) -> int | None:
    """The balance before the first line, by the first balance that the bank stated."""
    so_far = 0
    for line in lines:
        if line.on > on:
            break
        so_far += line.amount_fen
        if line.balance_fen is not None:
            return line.balance_fen - so_far
    return None


def _walk(lines: Sequence[KnownLine], running: int) -> tuple[int, list[Difference]]:
    """The closing balance, and where the running balance does not run, also from one file to the next."""
    found = []
    for line in lines:
        running += line.amount_fen
        if line.balance_fen is not None and line.balance_fen != running:
            kind, stated = DifferenceKind.BALANCE_BREAK, line.balance_fen
            found.append(Difference(kind=kind, about=line.name, on=line.on, statement_fen=stated, books_fen=running))
            running = stated
    return running, found


def _of_pair(line: KnownLine, movement: Movement, on: date) -> Iterator[Difference]:
    on_statement = line.amount_fen if line.on <= on else 0
    in_books = movement.by(on)
    if on_statement == in_books:
        return
    agree = line.amount_fen == movement.amount_fen
    last = max(line.on, *(entry.on for entry in movement.entries))
    kind = DifferenceKind.AMOUNTS_DIFFER
    if not on_statement:
        kind = DifferenceKind.NOT_ON_STATEMENT
    elif not in_books:
        kind = DifferenceKind.NOT_IN_BOOKS
    yield Difference(
        kind=kind,
        about=line.name,
        on=line.on if on_statement else movement.on,
        statement_fen=on_statement or None,
        books_fen=in_books or None,
        follows_on=last if agree else None,
        case_no=movement.case_no,
    )


def _of_movement(movement: Movement, start: date, on: date) -> Iterator[Difference]:
    """A movement without a line; what was booked before the first line is in the opening balance."""
    entries = [entry for entry in movement.entries if entry.on >= start]
    amount = sum(entry.amount_fen for entry in entries if entry.on <= on)
    if amount:
        taken_back = movement.amount_fen == 0
        yield Difference(
            kind=DifferenceKind.NOT_ON_STATEMENT,
            about=movement.reference,
            on=min(entry.on for entry in entries),
            books_fen=amount,
            follows_on=max(entry.on for entry in entries) if taken_back else None,
            case_no=movement.case_no,
        )


def _of_lines(
    by_name: Mapping[str, KnownLine],
    alone: Sequence[KnownLine],
    pairs: Sequence[Pair],
    on: date,
    late: Mapping[str, str],
) -> Iterator[Difference]:
    """Lines that the books do not know; a payment and its return are such only in the days between."""
    kind = DifferenceKind.NOT_IN_BOOKS
    for line in alone:
        if line.on <= on:
            of_line = DifferenceKind.LATE_PAYMENT if line.name in late else kind
            yield Difference(
                kind=of_line, about=line.name, on=line.on, statement_fen=line.amount_fen, case_no=late.get(line.name)
            )
    for pair in pairs:
        if pair.returned_by is None:
            continue
        line, back = by_name[pair.line], by_name[pair.returned_by]
        if line.on <= on < back.on:
            amount = line.amount_fen
            yield Difference(kind=kind, about=line.name, on=line.on, statement_fen=amount, follows_on=back.on)
