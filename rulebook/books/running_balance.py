"""The running balance of a statement: what it proves of order, direction and completeness. Pure; amounts in fen."""

from collections import defaultdict, deque
from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar

from rulebook.books.statements import StatementLine
from rulebook.values import Value

Line = TypeVar("Line", bound=StatementLine)


class Break(Value):
    """A line whose balance is not that of the line before and its own amount; ``place`` counts from 0."""

    place: int
    expected_fen: int
    stated_fen: int


def balance_breaks(lines: Sequence[StatementLine], opening_fen: int | None = None) -> list[Break]:
    """Where the running balance does not run; lines without one are passed over.

    Args:
        lines: in order of time.
        opening_fen: the balance before the first, where it is known.

    >>> from datetime import date
    >>> day = date(2026, 3, 2)
    >>> lines = [StatementLine(on=day, amount_fen=a, balance_fen=b) for a, b in ((100, 100), (-30, 70), (5, 80))]
    >>> balance_breaks(lines)
    [Break(place=2, expected_fen=75, stated_fen=80)]
    """
    found = []
    running = opening_fen
    for place, line in enumerate(lines):
        expected = None if running is None else running + line.amount_fen
        if line.balance_fen is not None and expected is not None and expected != line.balance_fen:
            found.append(Break(place=place, expected_fen=expected, stated_fen=line.balance_fen))
        running = expected if line.balance_fen is None else line.balance_fen
    return found


def is_newest_first(lines: Sequence[StatementLine], opening_fen: int | None = None) -> bool:
    """Whether a statement begins with its last line, as many banks' exports do.

    Args:
        lines: in the order of the file.
        opening_fen: the balance before the first in time, where it is known.
    """
    if not lines or lines[0].on != lines[-1].on:
        return bool(lines) and lines[0].on > lines[-1].on
    return len(balance_breaks(lines[::-1], opening_fen)) < len(balance_breaks(lines, opening_fen))


def are_sides_swapped(lines: Sequence[StatementLine]) -> bool:
    """Whether what is called 借 came in and 贷 went out, as in the account holder's own books, not the bank's.

    Args:
        lines: in order of time.
    Returns:
        True when no step of the running balance fits, and every one would with the sides exchanged.
    """
    steps = sum(1 for line in lines[1:] if line.balance_fen is not None)
    turned = [line.model_copy(update={"amount_fen": -line.amount_fen}) for line in lines]
    return steps > 0 and len(balance_breaks(lines)) == steps and not balance_breaks(turned)


def is_proven(lines: Sequence[StatementLine]) -> bool:
    """Whether every line but the first is proven by its balance and that of the line before."""
    stated = all(line.balance_fen is not None for line in lines)
    return stated and len(lines) > 1 and not (balance_breaks(lines) and balance_breaks(lines[::-1]))


def directions_by_balance(
    amounts: Sequence[int],
    balances: Sequence[int | None],
    opening_fen: int | None = None,
    *,
    newest_first: bool | None = None,
) -> list[int | None] | None:
    """Which of several amounts without a sign came in and which went out, as their balances prove it.

    Args:
        amounts: in fen, in the order of the file, which may begin with its last line.
        balances: after each of them, in fen.
        opening_fen: before the first in time, where the statement says it.
        newest_first: what the days say of the order; None where all are of one day.
    Returns:
        1 or -1 for each; None for the first in time where nothing says what was there before. None for all where the
        balances prove nothing, or fit both orders with different directions.

    >>> directions_by_balance([100, 30, 5], [1_100, 1_070, 1_075])
    [None, -1, 1]
    >>> directions_by_balance([5, 30, 100], [1_075, 1_070, 1_100], opening_fen=1_000)
    [1, -1, 1]
    >>> directions_by_balance([100, 30], [1_100, None])
    """
    forwards = None if newest_first else _directions(amounts, balances, opening_fen)
    backwards = None if newest_first is False else _directions(amounts[::-1], balances[::-1], opening_fen)
    if backwards is not None:
        backwards.reverse()
    if forwards is not None and backwards is not None:
        return forwards if forwards == backwards else None
    return backwards if forwards is None else forwards


def _directions(
    amounts: Sequence[int], balances: Sequence[int | None], opening_fen: int | None
) -> list[int | None] | None:
    found: list[int | None] = []
    for amount, (before, after) in zip(amounts, pairwise((opening_fen, *balances)), strict=True):
        if before is None and not found:
            found.append(None)
        elif before is None or after is None or abs(after - before) != abs(amount):
            return None
        else:
            found.append(1 if after - before == amount else -1)
    return found


def in_order(lines: Sequence[Line]) -> list[Line]:
    """Lines of several files in the order in which they happened.

    Args:
        lines: by day, and within a day as they were taken in.
    Returns:
        the same lines; within a day each follows the one whose balance it continues, where there is one.
    """
    ordered: list[Line] = []
    running: int | None = None
    by_day: dict[object, list[Line]] = defaultdict(list)
    for line in lines:
        by_day[line.on].append(line)
    for of_day in by_day.values():
        for line in _chained(of_day, running):
            ordered.append(line)
            running = None if line.balance_fen is None and running is None else _after(line, running)
    return ordered


def _after(line: StatementLine, running: int | None) -> int | None:
    if line.balance_fen is not None:
        return line.balance_fen
    return None if running is None else running + line.amount_fen


def _chained(lines: Sequence[Line], running: int | None) -> list[Line]:
    """The lines of one day, each behind the one that it continues; what continues nothing keeps its place."""
    if not balance_breaks(lines, running):
        return list(lines)
    begins_with: dict[int, deque[int]] = defaultdict(deque)
    for place, line in enumerate(lines):
        if line.balance_fen is not None:
            begins_with[line.balance_fen - line.amount_fen].append(place)
    left = dict(enumerate(lines))
    ordered: list[Line] = []
    while left:
        waiting = begins_with.get(running, deque()) if running is not None else deque()
        while waiting and waiting[0] not in left:
            waiting.popleft()
        place = waiting.popleft() if waiting else _head(left)
        line = left.pop(place)
        ordered.append(line)
        running = _after(line, running)
    return ordered


def _head(left: dict[int, Line]) -> int:
    """The first line whose balance continues none of the others that are left."""
    ends = {line.balance_fen for line in left.values()}
    for place, line in left.items():
        if line.balance_fen is None or line.balance_fen - line.amount_fen not in ends:
            return place
    return next(iter(left))
