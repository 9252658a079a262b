"""Saying whose money a line is takes two people: one proposes, another confirms, and only then is the case told."""

from sqlmodel import Session

from activities.books import reconciliation
from activities.books.reconciliation import Matched
from activities.store import Begin
from models.cases.case_file import the_case
from models.funds.changes import ChangeKind, FundChange, propose_change
from models.funds.people import keeper
from rulebook.values import Value


class Match(Value):
    """Whose money a line is said to be.

    Attributes:
        line: its name in the books.
        principal_fen, fee_fen: what of it is principal and fee; both None leaves it to the order of the measure.
        of_guarantor: all that is left of it was paid by the fund's own guarantor (代偿).
    """

    line: str
    case_no: str
    principal_fen: int | None = None
    fee_fen: int | None = None
    of_guarantor: bool = False


class _OnlyTried(Exception):
    """Takes back what was tried."""


def propose_match(desk: Begin, books: Begin, match: Match, *, by: str) -> int:
    """Propose whose money a line is. What the books would refuse today is refused at once.

    Args:
        desk: opens a session of the desk, which puts on record who says so.
        books: opens a session of the application, in which the match is tried and taken back.
        by: id of a maker or checker of the fund.
    Returns:
        the number under which another person confirms it.
    Raises:
        XuqiaoError: ``case.unknown``, ``person.…``; as ``reconciliation.match_line``.
    """
    try:
        with books() as session:
            fund = the_case(session, match.case_no).fund
            _match(session, match, keeper(session, by, fund).id, None)
            raise _OnlyTried
    except _OnlyTried:
        pass
    with desk() as session:
        content = match.model_dump(mode="json")
        return propose_change(session, fund, ChangeKind.MATCH_LINE, content, reason=match.line, person=by)


def carry_out_match(books: Begin, change: FundChange) -> Matched:
    """Do what two people said of a line; said again after it was cut off, it goes on.

    Raises:
        XuqiaoError: as ``reconciliation.match_line``.
    """
    with books() as session:
        return _match(session, Match.model_validate(change.content), change.proposed_by, change.decided_by)


def _match(session: Session, match: Match, maker: str, checker: str | None) -> Matched:
    return reconciliation.match_line(
        session,
        match.line,
        match.case_no,
        maker,
        checker,
        principal_fen=match.principal_fen,
        fee_fen=match.fee_fen,
        of_guarantor=match.of_guarantor,
    )
