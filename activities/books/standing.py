"""What the money of a case stands on, as its story asks: the statement, another person, or a bank's notice alone."""

from collections.abc import Collection

from sqlmodel import Session
from temporalio import activity

from activities.books.ledger import lock_pool
from activities.contracts import BooksOfCase, ReadMoneyOut, StandOnStatement
from activities.store import Begin
from models.books.receipts import cases_of_lines, provisional_of
from models.cases.case_file import bridge_of, commit_step, the_case
from models.funds.funds import business_date
from models.outbox import DeliveryKind, send
from rulebook.stages import ENDS
from rulebook.steps import BOOKS_MOVED, BooksMoved


class Standing:
    """Activities by which a case learns what bears its money out."""

    def __init__(self, begin: Begin) -> None:
        self._begin = begin

    @activity.defn
    def stand_on_statement(self, request: StandOnStatement) -> BooksOfCase:
        """Say what the case's money stands on; where not all is borne out, write the step that opens the task for it.

        An import of the statement waits meanwhile: it finds the case among those it must tell, or the case finds it.
        """
        step = request.step
        with self._begin() as session:
            lock_pool(session, step.fund)
            books = _books_of(session, step.fund, step.case_no)
            if books.waits:
                commit_step(session, step)
        return books

    @activity.defn
    def read_books_of_case(self, request: ReadMoneyOut) -> BooksOfCase:
        """Say what the case's money stands on."""
        with self._begin() as session:
            return _books_of(session, request.fund, request.case_no)


def _books_of(session: Session, fund: str, case_no: str) -> BooksOfCase:
    on = business_date(session, fund)
    out, provisional = bridge_of(session, the_case(session, case_no), on), provisional_of(session, fund, case_no)
    owed_again = out is not None and out[0].owed_fen(on, out[1]) > 0
    return BooksOfCase(bridge=out[0] if out else None, provisional=provisional, waits=bool(provisional) or owed_again)


def tell_cases(session: Session, fund: str, lines: Collection[str], movements: Collection[str] = ()) -> None:
    """Tell the cases whose receipts a statement may bear out that its lines have come, in the import's transaction.

    Args:
        lines: names of lines that are new.
        movements: references of the books for which a line was found.
    """
    if lines or movements:
        for case_no in cases_of_lines(session, fund, lines, movements, ENDS):
            tell_case(session, case_no, "statement")


def tell_case(session: Session, case_no: str, because: str) -> None:
    """Tell a case that what its money stands on has changed."""
    send(session, case_no, DeliveryKind.SIGNAL, BooksMoved(because=because).model_dump(mode="json"), signal=BOOKS_MOVED)
