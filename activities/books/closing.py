"""Closing a period of a fund's book: it must have been compared with the statement; and taking the last close back."""

from datetime import date

from sqlmodel import Session

from models.books import ledger, statements
from models.books.statements import DifferenceState
from models.funds.changes import ChangeKind, propose_change
from rulebook.books import reconciling
from rulebook.books.reconciling import Movement
from rulebook.errors import XuqiaoError


def check_compared(session: Session, fund: str, through: date) -> None:
    """Refuse to close a period that no statement reaches, or in which something differs that nobody has explained.

    Args:
        fund: whose ring-fenced account it is; a sub-fund's book has no account of its own.
        through: the last day of the period.
    Raises:
        XuqiaoError: ``books.close_without_statement``; ``books.close_unexplained`` with the first difference.
    """
    lines, movements = statements.lines_of(session, fund), statements.movements_of(session, fund)
    pairs = statements.pairs_of(session, fund)
    on_statement = {line.name for line in lines} | {pair.movement for pair in pairs}
    unseen = [each.on for each in movements if _counts(each, through) and each.reference not in on_statement]
    moved = max(unseen, default=None)
    reached = max((line.on for line in lines), default=None)
    if moved is not None and (reached is None or reached < moved):
        known = {"moved": moved, "reached": reached or "-"}
        raise XuqiaoError("books.close_without_statement", fund=fund, through=through, **known)
    if not lines:
        return
    found = reconciling.for_people(lines, movements, pairs, statements.payments_not_made(session, fund))
    explained = {
        (task.kind, task.about, task.statement_fen, task.books_fen)
        for task in statements.differences(session, fund)
        if task.state == DifferenceState.EXPLAINED
    }
    open_ones = [
        each
        for each in found
        if each.on <= through and (each.kind.value, each.about, each.statement_fen, each.books_fen) not in explained
    ]
    if open_ones:
        first = min(open_ones, key=lambda each: each.on)
        about = {"count": len(open_ones), "about": first.about, "on": first.on}
        raise XuqiaoError("books.close_unexplained", fund=fund, through=through, **about)


def _counts(movement: Movement, through: date) -> bool:
    """Whether the bank must have moved this money in the period; what was taken back again it need not."""
    return movement.on <= through and movement.amount_fen != 0


def propose_reopening(session: Session, fund: str, through: date, *, reason: str, by: str) -> int:
    """Propose to take back the last close of a fund's books; another person decides, and only then are they open again.

    Args:
        session: of the desk.
        by: id of a maker or checker of the fund.
    Returns:
        the number of the change.
    Raises:
        XuqiaoError: ``ledger.not_last_close``, ``change.not_yours``.
    """
    closed = ledger.last_close(session, fund)
    if closed != through:
        raise XuqiaoError("ledger.not_last_close", fund=fund, through=through, closed=closed or "-")
    return propose_change(session, fund, ChangeKind.REOPEN_BOOKS, {"through": str(through)}, reason=reason, person=by)
