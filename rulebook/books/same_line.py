"""Which lines of a statement are on record already. Pure.

A line is identified by day, direction and amount, the other side's account and the running balance; where there is no
balance by its place among the equal ones of its day, since a statement has every line of a day from its beginning. The
bank's number of the line counts as far as it tells lines apart: some banks give one number to a transfer and its fee,
begin anew each day, or write zeros. A summary that the bank completed later is the same line; what cannot be told is
refused by name, never dropped and never doubled.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from rulebook.books.statements import KnownLine, StatementLine
from rulebook.errors import XuqiaoError

_NO_NUMBER = re.compile(r"[0\-*/]*")
_NEAR = timedelta(days=7)
_OF_THE_DAY = re.compile(r"[0-9]{1,5}")


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
    record: dict[date, list[KnownLine]] = defaultdict(list)
    for known in on_record:
        record[known.on].append(known)
    places: dict[date, list[int]] = defaultdict(list)
    for place, line in enumerate(lines):
        places[line.on].append(place)
    found = [Recognised()] * len(lines)
    for on, of_day in places.items():
        matched, record[on] = _match([(place, lines[place]) for place in of_day], record[on])
        for place in of_day:
            found[place] = _judged(lines[place], matched.get(place), record[on])
    unmatched = [known for left in record.values() for known in left]
    for place, line in enumerate(lines):
        if found[place] == Recognised() and (other := _of_another_day(line, unmatched)):
            found[place] = _refused("statement.line_differs", other)
    _refuse_repeated(lines, found)
    _give_names(lines, found, {known.name for known in on_record})
    return found


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
    return proven and _accounts_fit(line, known) and _numbers_fit(line, known)


def _by_number(line: StatementLine, known: StatementLine) -> bool:
    return _unproven(line, known) and _same_number(line, known) and _accounts_fit(line, known)


def _by_account(line: StatementLine, known: StatementLine) -> bool:
    return _may_be(line, known) and _words_fit(line.summary, known.summary)


def _may_be(line: StatementLine, known: StatementLine) -> bool:
    """Whether nothing but its words tells a line from one on record."""
    names_fit = _words_fit(line.payer_name, known.payer_name)
    return _unproven(line, known) and _numbers_fit(line, known) and _accounts_fit(line, known) and names_fit


def _unproven(line: StatementLine, known: StatementLine) -> bool:
    return line.amount_fen == known.amount_fen and (line.balance_fen is None or known.balance_fen is None)


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


def _judged(line: StatementLine, known: KnownLine | None, left: Sequence[KnownLine]) -> Recognised:
    if known is not None:
        return Recognised(known=known)
    for code, contradicts in _CONTRADICTIONS:
        other = next((each for each in left if contradicts(line, each)), None)
        if other is not None:
            return _refused(code, other)
    return Recognised()


def _refused(code: str, other: KnownLine) -> Recognised:
    return Recognised(refusal=XuqiaoError(code, reference=other.name, on=other.on))


def _of_another_day(line: StatementLine, left: Sequence[KnownLine]) -> KnownLine | None:
    """The same money under the same number on a day nearby, as when one export goes by 交易日 and another by 记账日."""
    if not identifies(line.reference) or _OF_THE_DAY.fullmatch(line.reference):
        return None
    near = (known for known in left if known.on != line.on and abs(known.on - line.on) <= _NEAR)
    return next((known for known in near if _same_number(line, known) and _same_money(line, known)), None)


def _same_money(line: StatementLine, known: StatementLine) -> bool:
    return _sum_of(line) == _sum_of(known) or _unproven(line, known)


def _same_balance(line: StatementLine, known: StatementLine) -> bool:
    return line.balance_fen is not None and _sum_of(line) == _sum_of(known)


def _same_number_otherwise(line: StatementLine, known: StatementLine) -> bool:
    unproven = line.balance_fen is None or known.balance_fen is None
    return unproven and _same_number(line, known)


_CONTRADICTIONS: Sequence[tuple[str, Callable[[StatementLine, StatementLine], bool]]] = (
    ("statement.line_differs", _same_balance),
    ("statement.line_differs", _same_number_otherwise),
    ("statement.line_uncertain", _may_be),
)


def _refuse_repeated(lines: Sequence[StatementLine], found: list[Recognised]) -> None:
    """A number that a file gives twice to the same money without a balance: one line printed twice, or two?"""
    seen: set[tuple[object, ...]] = set()
    for place, line in enumerate(lines):
        if found[place].known or found[place].refusal or line.balance_fen is not None:
            continue
        if identifies(line.reference):
            same = (line.on, line.amount_fen, line.payer_account, line.payer_name, line.reference)
            if same in seen:
                refusal = XuqiaoError("statement.line_repeated", reference=line.reference, on=line.on)
                found[place] = Recognised(refusal=refusal)
            seen.add(same)


# What it is called ---------------------------------------------------------------------------------------------


def _give_names(lines: Sequence[StatementLine], found: list[Recognised], taken: set[str]) -> None:
    """Names for what is new: the bank's number where it is that line's alone; such names are kept for ever."""
    new = [place for place, each in enumerate(found) if not each.known and not each.refusal]
    times = Counter(lines[place].reference for place in new)
    for place in new:
        name = _name_of(lines[place], times[lines[place].reference] > 1, taken)
        taken.add(name)
        found[place] = Recognised(name=name)


def _name_of(line: StatementLine, is_shared: bool, taken: set[str]) -> str:
    if not identifies(line.reference):
        name, number = f"DZ-{line.digest[:20]}", 2
    elif _OF_THE_DAY.fullmatch(line.reference):
        name, number = f"{line.on:%Y%m%d}-{line.reference}", 2
    elif is_shared:
        name, number = line.reference, 1
    else:
        name, number = line.reference, 2
    free = name
    while free in taken or (free == name and number == 1):
        free = f"{name}-{number}"
        number += 1
    return free
