"""Which lines of a statement are on record already. Pure.

A line is identified by day, direction and amount, the other side and the running balance; where there is no balance by
its place among the equal ones of its day, since a statement has every line of a day from its beginning. The bank's
number of the line counts as far as it tells lines apart: some banks give one number to a transfer and its fee, begin
anew each day, or write zeros. A summary that the bank completed later is the same line; what cannot be told is refused
by name, never dropped and never doubled.

Because a file has a day from its beginning, it has every line of the day that is on record before it has a new one. A
file with new lines that lacks one on record contradicts the record, whichever of number, account, name, amount and
balance the bank has altered; and where both have balances, the new lines carry the record's day on to the balance of
the file's.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from rulebook.books.references import folded
from rulebook.books.running_balance import balance_breaks, in_order
from rulebook.books.statements import KnownLine, StatementLine
from rulebook.errors import XuqiaoError
from rulebook.parties.names import compared

_NO_NUMBER = re.compile(r"[0\-*/]*")
_NEAR = timedelta(days=7)
_OF_THE_DAY = re.compile(r"0*[0-9]{1,5}")
"""Numbers that begin anew each day, padded or not."""


def named_on(day: date, number: str) -> str:
    """A bank's number as the books take it: one that begins anew each day with the day before it.

    >>> named_on(date(2026, 3, 16), "00012"), named_on(date(2026, 3, 16), "ZF12")
    ('20260316-00012', 'ZF12')
    """
    return f"{day:%Y%m%d}-{number}" if _OF_THE_DAY.fullmatch(number) else number


class Recognised(NamedTuple):
    """What a line of a file is: on record as ``known``, or new and from here on called ``name``, or refused."""

    known: KnownLine | None = None
    name: str | None = None
    refusal: XuqiaoError | None = None


def recognise(lines: Sequence[StatementLine], on_record: Sequence[KnownLine]) -> list[Recognised]:
    """What each line of one file is.

    Args:
        lines: of the file, in order of time.
        on_record: all lines on record, in order of time.
    Returns:
        one for each line.
    """
    if not lines:
        return []
    days, record = _places_by_day(lines), _by_day(on_record)
    found = [Recognised()] * len(lines)
    left: dict[date, list[KnownLine]] = dict(record)
    for on, places in days.items():
        matched, left[on] = _match([(place, lines[place]) for place in places], record.get(on, []))
        goes_on = not matched and _goes_on(lines[places[0]], left[on])
        for place in places:
            found[place] = _judged(lines[place], matched.get(place), left[on], goes_on=goes_on)
    _refuse_moved(lines, found, on_record, [known for of_day in left.values() for known in of_day])
    _refuse_repeated(lines, found)
    for on, places in days.items():
        if left[on] or not _is_behind_the_known(found, places):
            _refuse_what_does_not_run_on(lines, found, places, record.get(on, []))
    _give_names(lines, found, {folded(known.name) for known in on_record})
    return found


def no_longer_there(
    lines: Sequence[StatementLine], found: Sequence[Recognised], on_record: Sequence[KnownLine]
) -> list[KnownLine]:
    """Lines on record of the days that a file covers, which the file no longer has.

    Args:
        lines: of the file, in order of time.
        found: what ``recognise`` says of them.
        on_record: all lines on record, in order of time.
    Returns:
        none of the file's last day where the file only ends earlier in the day than the record does, nor of its first
        where it only goes on from there.
    """
    if not lines:
        return []
    by_day = _by_day_of_booking(lines)
    first, last = by_day[0].on, by_day[-1].on
    there = {each.known.name for each in found if each.known}
    goes_on = any(not each.known for line, each in zip(lines, found, strict=True) if line.on == last)
    covered = (known for known in on_record if first <= known.on < last or (known.on == last and goes_on))
    absent = [known for known in covered if known.name not in there]
    of_first_day = _by_day(on_record).get(first, [])
    if _goes_on(by_day[0], of_first_day) and not any(known.name in there for known in of_first_day):
        return [known for known in absent if known.on != first]
    return absent


def _goes_on(first: StatementLine, on_record: Sequence[KnownLine]) -> bool:
    """Whether a file goes on where the day on record ends, by its balance, instead of beginning with the day.

    A day that ends with the balance with which it began tells nothing.
    """
    before = _balance_before(first)
    if not on_record or before is None:
        return False
    return before == on_record[-1].balance_fen and before != _balance_before(on_record[0])


def _by_day_of_booking(lines: Sequence[StatementLine]) -> list[StatementLine]:
    """A bank may write a line of an earlier day behind those of a later one."""
    return sorted(lines, key=lambda each: each.on)


def _places_by_day(lines: Sequence[StatementLine]) -> dict[date, list[int]]:
    days: dict[date, list[int]] = defaultdict(list)
    for place, line in enumerate(lines):
        days[line.on].append(place)
    return days


def _by_day(on_record: Sequence[KnownLine]) -> dict[date, list[KnownLine]]:
    days: dict[date, list[KnownLine]] = defaultdict(list)
    for known in on_record:
        days[known.on].append(known)
    return days


def _match(
    lines: Sequence[tuple[int, StatementLine]], record: Sequence[KnownLine]
) -> tuple[dict[int, KnownLine], list[KnownLine]]:
    """By place the line on record; the surest first, and each once. And what is left of the record."""
    matched: dict[int, KnownLine] = {}
    left = list(record)
    for fits in (_equal, _by_balance, _by_number, _by_account):
        for place, line in lines:
            if place not in matched:
                known = next((each for each in left if fits(line, each)), None)
                if known is not None:
                    matched[place] = known
                    left.remove(known)
    return matched, left


def _equal(line: StatementLine, known: StatementLine) -> bool:
    return _of(line) == _of(known)


def _of(line: StatementLine) -> tuple[object, ...]:
    return (*_sum_of(line), line.payer_account, line.payer_name, line.reference, line.summary)


def _sum_of(line: StatementLine) -> tuple[object, ...]:
    return (line.amount_fen, line.balance_fen)


def _by_balance(line: StatementLine, known: StatementLine) -> bool:
    proven = line.balance_fen is not None and _sum_of(line) == _sum_of(known)
    return proven and _other_sides_fit(line, known) and _numbers_fit(line, known)


def _by_number(line: StatementLine, known: StatementLine) -> bool:
    return _unproven(line, known) and _same_number(line, known) and _other_sides_fit(line, known)


def _by_account(line: StatementLine, known: StatementLine) -> bool:
    fits = _unproven(line, known) and _numbers_fit(line, known) and _other_sides_fit(line, known)
    return fits and _words_fit(line.summary, known.summary)


def _unproven(line: StatementLine, known: StatementLine) -> bool:
    return line.amount_fen == known.amount_fen and (line.balance_fen is None or known.balance_fen is None)


def _other_sides_fit(line: StatementLine, known: StatementLine) -> bool:
    return _accounts_fit(line, known) and _words_fit(compared(line.payer_name), compared(known.payer_name))


def _accounts_fit(line: StatementLine, known: StatementLine) -> bool:
    one, other = line.payer_account, known.payer_account
    return not one or not other or shows(one, other) or shows(other, one)


def _numbers_fit(line: StatementLine, known: StatementLine) -> bool:
    return not (identifies(line.reference) and identifies(known.reference)) or line.reference == known.reference


def _same_number(line: StatementLine, known: StatementLine) -> bool:
    return identifies(line.reference) and line.reference == known.reference


def _words_fit(one: str, other: str) -> bool:
    """Whether one is the other, completed."""
    return one in other or other in one


def identifies(reference: str) -> bool:
    """Whether a bank's number of a line says anything at all: zeros and dashes do not.

    >>> [identifies(each) for each in ("SN900", "1", "", "000000000", "--")]
    [True, True, False, False, False]
    """
    return not _NO_NUMBER.fullmatch(reference)


def shows(masked: str, number: str) -> bool:
    """Whether a number of which the bank shows only a part is the other one.

    >>> shows("6222****0503", "6222021234560503"), shows("6222****0503", "6222021234560504"), shows("62", "62")
    (True, False, True)
    """
    if not masked:
        return True
    pattern = "".join(r"[0-9*]*" if part.startswith("*") else part for part in re.findall(r"\*+|[0-9]+", masked))
    return bool(re.fullmatch(pattern, number))


def completed(known: KnownLine, line: StatementLine) -> KnownLine | None:
    """What is known of a line once a later file has said more of it; None where it says nothing new.

    Only what was empty, hidden or shorter is completed: two wordings of the same line do not replace each other.
    """
    said = {
        "reference": line.reference if not identifies(known.reference) and identifies(line.reference) else "",
        "payer_name": line.payer_name if known.payer_name in line.payer_name else "",
        "payer_account": line.payer_account if shows(known.payer_account, line.payer_account) else "",
        "summary": line.summary if known.summary in line.summary else "",
    }
    update: dict[str, object] = {field: value for field, value in said.items() if value}
    if known.balance_fen is None:
        update["balance_fen"] = line.balance_fen
    after = known.model_copy(update=update)
    return None if after == known else after


# What speaks against it ----------------------------------------------------------------------------------------


def _judged(line: StatementLine, known: KnownLine | None, left: Sequence[KnownLine], *, goes_on: bool) -> Recognised:
    """What a line is beside those of its day on record that the file lacks.

    Args:
        goes_on: whether the file lacks them because it begins behind them.
    """
    if known is not None:
        return Recognised(known=known)
    for code, contradicts in _CONTRADICTIONS[:1] if goes_on else _CONTRADICTIONS:
        other = next((each for each in left if contradicts(line, each)), None)
        if other is not None:
            return _refused(code, other)
    return Recognised()


def _refused(code: str, other: KnownLine) -> Recognised:
    return Recognised(refusal=XuqiaoError(code, reference=other.name, on=other.on))


def _same_balance(line: StatementLine, known: StatementLine) -> bool:
    return line.balance_fen is not None and _sum_of(line) == _sum_of(known)


def _may_be(line: StatementLine, known: StatementLine) -> bool:
    """Whether a line may be the one on record, altered: the same money, or the same other side's."""
    return line.amount_fen == known.amount_fen or _other_sides_fit(line, known)


_CONTRADICTIONS: Sequence[tuple[str, Callable[[StatementLine, StatementLine], bool]]] = (
    ("statement.line_differs", _same_balance),
    ("statement.line_differs", _same_number),
    ("statement.line_uncertain", _may_be),
)


def _refuse_moved(
    lines: Sequence[StatementLine],
    found: list[Recognised],
    on_record: Sequence[KnownLine],
    left: Sequence[KnownLine],
) -> None:
    """The same money on a day nearby, as when one export goes by 交易日 and another by 记账日."""
    by_day = _by_day_of_booking(lines)
    out_of_place = [known for known in left if _is_out_of_place(known, by_day, on_record)]
    covered = [known for known in left if by_day[0].on <= known.on < by_day[-1].on]
    for place, line in enumerate(lines):
        if found[place] == Recognised():
            found[place] = (
                _judged_by(line, left, _same_by_number, "statement.line_differs")
                or _judged_by(line, out_of_place, _same_by_balance, "statement.line_differs")
                or _judged_by(line, covered, _same_by_words, "statement.line_uncertain")
                or Recognised()
            )


def _judged_by(
    line: StatementLine,
    left: Sequence[KnownLine],
    is_same: Callable[[StatementLine, StatementLine], bool],
    code: str,
) -> Recognised | None:
    other = next((known for known in left if _are_near(line, known) and is_same(line, known)), None)
    return None if other is None else _refused(code, other)


def _are_near(line: StatementLine, known: StatementLine) -> bool:
    return line.on != known.on and abs(line.on - known.on) <= _NEAR


def _same_by_number(line: StatementLine, known: StatementLine) -> bool:
    tells = _same_number(line, known) and not _OF_THE_DAY.fullmatch(line.reference)
    return tells and line.amount_fen == known.amount_fen and _accounts_fit(line, known)


def _same_by_balance(line: StatementLine, known: StatementLine) -> bool:
    of_the_day = all(_OF_THE_DAY.fullmatch(each.reference) for each in (line, known))
    numbers_fit = of_the_day or _numbers_fit(line, known)
    return _same_balance(line, known) and _other_sides_fit(line, known) and numbers_fit


def _same_by_words(line: StatementLine, known: StatementLine) -> bool:
    return line.amount_fen == known.amount_fen and _other_sides_fit(line, known)


def _is_out_of_place(known: KnownLine, lines: Sequence[StatementLine], on_record: Sequence[KnownLine]) -> bool:
    """Whether a line that the file lacks is no line before or after the file, as far as balances tell."""
    first, last = lines[0], lines[-1]
    if known.on < first.on:
        before = [each for each in on_record if each.on < first.on][-1]
        return before.balance_fen != _balance_before(first)
    if known.on > last.on:
        after = next(each for each in on_record if each.on > last.on)
        return last.balance_fen != _balance_before(after)
    return known.on < last.on


def _balance_before(line: StatementLine) -> int | None:
    return None if line.balance_fen is None else line.balance_fen - line.amount_fen


def _is_behind_the_known(found: Sequence[Recognised], places: Sequence[int]) -> bool:
    """Whether a day of the file begins with what is on record and goes on with what is new."""
    known = [bool(found[place].known) for place in places]
    return known == sorted(known, reverse=True)


def _refuse_what_does_not_run_on(
    lines: Sequence[StatementLine], found: list[Recognised], places: Sequence[int], record: Sequence[KnownLine]
) -> None:
    """Refuse new lines of a day that do not carry the day on record on to the balance with which the file ends it."""
    new = [place for place in places if found[place] == Recognised()]
    stated = all(each.balance_fen is not None for each in (*record, *(lines[place] for place in places)))
    if not new or not record or not stated:
        return
    day = in_order([*record, *(lines[place] for place in new)])
    if day[-1].balance_fen != lines[places[-1]].balance_fen or balance_breaks(day):
        for place in new:
            found[place] = _refused("statement.day_differs", record[-1])


def _refuse_repeated(lines: Sequence[StatementLine], found: list[Recognised]) -> None:
    """A number that a file gives twice to the same money without a balance: one line printed twice, or two?"""
    seen: set[tuple[object, ...]] = set()
    for place, line in enumerate(lines):
        if line.balance_fen is None and identifies(line.reference):
            same = (line.on, line.amount_fen, line.payer_account, line.payer_name, line.reference)
            if same in seen and found[place] == Recognised():
                refusal = XuqiaoError("statement.line_repeated", reference=line.reference, on=line.on)
                found[place] = Recognised(refusal=refusal)
            seen.add(same)


# What it is called ---------------------------------------------------------------------------------------------


def _give_names(lines: Sequence[StatementLine], found: list[Recognised], taken: set[str]) -> None:
    """Names for what is new: the bank's number where it is that line's alone; such names are kept for ever.

    Args:
        taken: folded, as the books compare them: two lines never have names that they take for one.
    """
    new = [place for place, each in enumerate(found) if not each.known and not each.refusal]
    times = Counter(lines[place].reference for place in new)
    for place in new:
        name = _name_of(lines[place], times[lines[place].reference] > 1, taken)
        taken.add(folded(name))
        found[place] = Recognised(name=name)


def _name_of(line: StatementLine, is_shared: bool, taken: set[str]) -> str:
    if not identifies(line.reference):
        name, number = f"DZ-{line.digest[:20]}", 2
    elif _OF_THE_DAY.fullmatch(line.reference):
        name, number = named_on(line.on, line.reference), 2
    elif is_shared:
        name, number = line.reference, 1
    else:
        name, number = line.reference, 2
    free = name
    while folded(free) in taken or (free == name and number == 1):
        free = f"{name}-{number}"
        number += 1
    return free
