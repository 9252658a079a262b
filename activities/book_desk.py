"""The desk of the books: a maker proposes, another person allows, and only then is it posted.

The decision and its approval are one transaction of the desk; the voucher and what became of the act are one of the
application, which cannot approve. What is lost between the two is made up for by approving the same number again.
"""

from typing import NamedTuple

from sqlmodel import Session

from activities.breaker import fund_measure
from activities.ledger import grant_places, lock_pool
from activities.store import Begin
from models import book_acts, ledger
from models.book_acts import BookActRow
from models.cases import the_case
from models.funds import Person, actor, business_date
from models.funds import fund as the_fund
from rulebook.book_acts import (
    BY_TWO,
    CHANGES_WHAT_IS_OWED,
    BookAct,
    CarryOver,
    Found,
    ProposalState,
    Reverse,
    Spend,
    approval_of,
    case_of,
    check_book,
    check_purpose,
    fund_of,
    read_act,
    request_of,
)
from rulebook.errors import XuqiaoError
from rulebook.messages import Actor
from rulebook.postings import LedgerRequest
from rulebook.postings_of_the_year import Record
from rulebook.stages import ENDS, CaseStage, Role


class Doors(NamedTuple):
    """The two ways into the database: ``desk`` for what people decide, ``books`` for what is posted."""

    desk: Begin
    books: Begin


def propose(doors: Doors, *, key: str, book: str, act: BookAct, evidence: str, maker: str) -> BookActRow:
    """Put an act on record; one that needs no second person is posted at once.

    Args:
        key: the officer's own; the same key and content give the first outcome again and do nothing twice.
        book: the fund's code, or that of its risk-compensation sub-fund.
        evidence: SHA-256 of the paper behind it.
        maker: id of the person.
    Returns:
        the act as it now stands.
    Raises:
        XuqiaoError: ``bookdesk.…``, ``person.…``, ``fund.…``, ``case.unknown``; for an act that is posted at once what
            the books refuse (``ledger.…``). A refused act stays on record with its reason.
    """
    with doors.desk() as session:
        fund = the_fund(session, fund_of(book)).code
        person = officer(session, maker, Role.MAKER)
        row, new = book_acts.enter_book_act(
            session,
            key=key,
            fund=fund,
            book=book,
            act=act,
            evidence=evidence,
            maker=person,
            state=ProposalState.PROPOSED if act.kind in BY_TWO else ProposalState.ALLOWED,
        )
        refusal = _judge(session, row, act) if new else _first_refusal(row)
        number, state = _number(row), ProposalState(row.state)
    if refusal and state is ProposalState.REFUSED:  # on record by now, with its reason
        raise refusal
    return _post(doors, number) if state is ProposalState.ALLOWED else _as_it_stands(doors, number)


def _judge(session: Session, row: BookActRow, act: BookAct) -> XuqiaoError | None:
    """What speaks against a new act from the first, written on its row."""
    try:
        _found(session, row, act)
    except XuqiaoError as refusal:
        book_acts.write_refusal(session, _number(row), ProposalState.REFUSED, refusal)
        return refusal
    return None


def approve(doors: Doors, number: int, *, checker: str) -> BookActRow:
    """Another person allows an act; it is posted at once.

    Raises:
        XuqiaoError: ``bookdesk.unknown``, ``bookdesk.same_person``, ``bookdesk.decided``, ``person.…``, or what the
            books refuse; then the approval stands and the same call posts once the cause is gone.
    """
    with doors.desk() as session:
        person = officer(session, checker, Role.CHECKER)
        row = book_acts.book_act(session, number, lock=True)
        if ProposalState(row.state) is ProposalState.PROPOSED:
            _refuse_maker(row, person)
            request = _request(session, row, read_act(row.body), signed_by=person.id)
            ledger.approve(session, approval_of(request, maker=row.maker, checker=person.id))
            book_acts.write_decision(session, number, ProposalState.ALLOWED, person, None)
        elif row.checker != person.id or row.state not in (ProposalState.ALLOWED, ProposalState.POSTED):
            raise XuqiaoError("bookdesk.decided", number=number, state=row.state)
    return _post(doors, number)


def reject(doors: Doors, number: int, *, checker: str, reason: str) -> BookActRow:
    """Another person rejects an act, or takes his approval of one back that the books did not take.

    Raises:
        XuqiaoError: as for ``approve``.
    """
    with doors.desk() as session:
        person = officer(session, checker, Role.CHECKER)
        row = book_acts.book_act(session, number, lock=True)
        _refuse_maker(row, person)
        again = (row.state, row.checker, row.reason) == (ProposalState.REJECTED, person.id, reason)
        if not again and row.state not in (ProposalState.PROPOSED, ProposalState.ALLOWED):
            raise XuqiaoError("bookdesk.decided", number=number, state=row.state)
        if not again:
            book_acts.write_decision(session, number, ProposalState.REJECTED, person, reason)
    return _as_it_stands(doors, number)


def officer(session: Session, person_id: str, role: Role) -> Actor:
    """A person in one of his parts; who pays out keeps no books (不相容岗位分离).

    Raises:
        XuqiaoError: ``person.unknown``, ``person.not_in_role``, ``bookdesk.cashier``.
    """
    person = actor(session, person_id, role)
    if Role.CASHIER in session.get_one(Person, person_id).roles:
        raise XuqiaoError("bookdesk.cashier", person=person.name)
    return person


def _post(doors: Doors, number: int) -> BookActRow:
    """Post an allowed act; what the pool gains by it goes to the queue in the same transaction."""
    refusal = None
    with doors.books() as session:
        lock_pool(session, book_acts.book_act(session, number).fund)
        session.expire_all()
        row = book_acts.book_act(session, number, lock=True)
        if ProposalState(row.state) is ProposalState.ALLOWED:
            fund, own_book, by_two = row.fund, row.book == row.fund, row.kind in BY_TWO
            try:
                request = _request(session, row, read_act(row.body), signed_by=row.checker or row.maker)
                voucher = _new_voucher(session, request)
            except XuqiaoError as error:
                refusal = error
                left = ProposalState.ALLOWED if by_two else ProposalState.REFUSED
                book_acts.write_refusal(session, number, left, error)
            else:
                book_acts.write_voucher(session, number, voucher)
                if own_book:
                    grant_places(session, fund)
    if refusal:
        raise refusal
    return _as_it_stands(doors, number)


def _new_voucher(session: Session, request: LedgerRequest) -> int:
    """The act and its voucher commit together, so a journal that is there already is somebody else's.

    Raises:
        XuqiaoError: ``bookdesk.booked_before``, and whatever the books refuse.
    """
    posted = ledger.post(session, request)
    if posted.replayed:
        raise XuqiaoError("bookdesk.booked_before", kind=request.kind, voucher=posted.voucher)
    return posted.voucher


def _request(session: Session, row: BookActRow, act: BookAct, *, signed_by: str) -> LedgerRequest:
    on = business_date(session, row.fund)
    record = Record(fund=row.book, on=on, actor_id=signed_by, evidence=row.evidence)
    return request_of(act, record, f"{row.book}/desk/{row.number}", _found(session, row, act))


def _found(session: Session, row: BookActRow, act: BookAct) -> Found:
    """What the books and the law say to an act today.

    Raises:
        XuqiaoError: whatever speaks against it.
    """
    check_book(act, row.book)
    if case_no := case_of(act):
        _check_case(session, row.fund, case_no, changes_what_is_owed=act.kind in CHANGES_WHAT_IS_OWED)
    match act:
        case Spend():
            measure = fund_measure(session, row.fund)
            check_purpose(act, measure)
            return Found(limit_ppm=measure.fund.spending_limit.value)
        case Reverse(voucher=voucher):
            journal = book_acts.journal_of(session, row.book, voucher)
            if journal.case_no and journal.kind in CHANGES_WHAT_IS_OWED:
                _check_case(session, row.fund, journal.case_no, changes_what_is_owed=True)
            if not journal.lines:
                raise XuqiaoError("ledger.not_reversible", reverses=journal.key)
            return Found(reversed=journal)
        case CarryOver(year=year):
            taken_back = _check_year(session, row, year)
            balances = book_acts.year_end_balances(session, row.book, year)
            return Found(balances=balances, taken_back=taken_back)
        case _:
            return Found()


def _check_case(session: Session, fund: str, case_no: str, *, changes_what_is_owed: bool) -> None:
    """A case of this fund; what it owes is changed through the case itself as long as it runs."""
    case = the_case(session, case_no)
    if case.fund != fund:
        raise XuqiaoError("bookdesk.other_fund", case=case_no, fund=case.fund)
    if changes_what_is_owed and CaseStage(case.stage) not in ENDS:
        raise XuqiaoError("bookdesk.case_running", case=case_no, stage=case.stage)


def _check_year(session: Session, row: BookActRow, year: int) -> int:
    """A year is carried over when it is over, once, and before any later one; how often it was taken back."""
    on = business_date(session, row.fund)
    standing, taken_back = book_acts.years_carried_over(session, row.book)
    if on.year <= year:
        raise XuqiaoError("bookdesk.year_not_over", year=year, on=on)
    if standing and max(standing) >= year:
        raise XuqiaoError("bookdesk.year_carried_over", year=year, last=max(standing))
    return taken_back.count(year)


def _refuse_maker(row: BookActRow, person: Actor) -> None:
    if row.maker == person.id:
        raise XuqiaoError("bookdesk.same_person", number=row.number, person=person.name)


def _first_refusal(row: BookActRow) -> XuqiaoError | None:
    return XuqiaoError(row.outcome["code"], **row.outcome["params"]) if row.outcome else None


def _as_it_stands(doors: Doors, number: int) -> BookActRow:
    with doors.books() as session:
        row = book_acts.book_act(session, number)
        session.expunge(row)
        return row


def _number(row: BookActRow) -> int:
    assert row.number is not None, "numbered by the database"
    return row.number
