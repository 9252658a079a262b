"""The desk of the books: a maker proposes, another person allows, a third pays where money leaves; then it is posted.

What people say, with the approval that comes of it, is one transaction of the desk; the voucher and what became of the
act are one of the application, which can neither approve nor pay. What is lost between the two is made up for by saying
the same again. The approval stands in the books before anything is paid, and the voucher consumes it.
"""

from collections.abc import Sequence
from typing import NamedTuple

from sqlmodel import Session

from activities.books.breaker import fund_measure
from activities.books.ledger import grant_places, lock_pool
from activities.cases.pursuit import money_taken_back
from activities.store import Begin
from models.books import acts as book_acts
from models.books import ledger, statements
from models.books.acts import BookActRow
from models.cases.case_file import the_case
from models.funds.funds import DAY_NOT_OPEN, business_date
from models.funds.funds import fund as the_fund
from models.funds.people import Person, actor, refuse_cashier
from rulebook.books.acts import (
    BookAct,
    CarryOver,
    Found,
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
from rulebook.books.postings import Entry, LedgerRequest, PostingKind, moved_fen
from rulebook.books.postings_of_the_year import Record
from rulebook.books.steps import (
    BY_TWO,
    CAME_IN,
    CHANGES_WHAT_IS_OWED,
    PAID_BY_HAND,
    NextStep,
    ProposalState,
    next_step,
    posted_from,
)
from rulebook.errors import XuqiaoError
from rulebook.messages import Actor
from rulebook.money import format_yuan
from rulebook.papers.printing import check_printable
from rulebook.stages import ENDS, CaseStage, Role

_ANOTHER_REFERENCE_HELPS = frozenset({"ledger.reference_used", "ledger.key_conflict", "bookdesk.booked_before"})


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
        person = officer(session, maker, Role.MAKER, fund)
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
        check_printable(act.model_dump(mode="json"))
        _found(session, row, act)
    except XuqiaoError as refusal:
        if refusal.code in DAY_NOT_OPEN:
            raise
        book_acts.write_refusal(session, _number(row), ProposalState.REFUSED, refusal)
        return refusal
    return None


def approve(doors: Doors, number: int, *, checker: str) -> BookActRow:
    """Another person allows an act. It is posted at once; where money leaves by it, only when a cashier has paid it.

    Raises:
        XuqiaoError: ``bookdesk.unknown``, ``bookdesk.same_person``, ``bookdesk.decided``, ``person.…``; for a payment
            ``ledger.pool_short``, ``ledger.part_short``, ``ledger.account_short`` or ``ledger.over_spending_limit``
            when the books have not got the money, and then nothing is allowed; for others what the books refuse, and
            then the approval stands and the same call posts once the cause is gone.
    """
    with doors.desk() as session:
        row = book_acts.book_act(session, number, lock=True)
        person = officer(session, checker, Role.CHECKER, row.fund)
        if ProposalState(row.state) is ProposalState.PROPOSED:
            _refuse_maker(row, person)
            request = _request(session, row, read_act(row.body), signed_by=person.id)
            ledger.approve(session, approval_of(request, maker=row.maker, checker=person.id))
            if row.kind in PAID_BY_HAND:  # nobody else allows anything in this book until this transaction ends
                _check_covered(session, row, request)
            book_acts.write_decision(session, number, ProposalState.ALLOWED, person, None)
        elif row.checker != person.id or row.state not in _ALLOWED_SO_FAR:
            raise XuqiaoError("bookdesk.decided", number=number, state=row.state)
    return _post(doors, number)


_ALLOWED_SO_FAR = (ProposalState.ALLOWED, ProposalState.PAID, ProposalState.POSTED)


def paid(doors: Doors, number: int, *, reference: str, cashier: str) -> BookActRow:
    """A third person has paid, at the bank, what two people allowed; it is posted under the bank's reference.

    The same again gives the same voucher. What the books do not take stays on record as paid, for money has left, and
    the same call posts it once the cause is gone.

    Args:
        reference: the bank's, as it will stand on the statement.
        cashier: id of the person.
    Raises:
        XuqiaoError: ``bookdesk.unknown``, ``bookdesk.not_paid_by_hand``, ``bookdesk.not_allowed``,
            ``bookdesk.paid_already``, ``bookdesk.payer_is_no_third``, ``bookdesk.reference_used``,
            ``bookdesk.reference_of_act``, ``bookdesk.line_amount``, ``person.…``, or what the books refuse.
    """
    with doors.desk() as session:
        row = _under_lock(session, number)
        person, act = actor(session, cashier, Role.CASHIER, row.fund), read_act(row.body)
        if row.kind not in PAID_BY_HAND:
            raise XuqiaoError("bookdesk.not_paid_by_hand", number=number, kind=row.kind)
        if row.state not in _ALLOWED_SO_FAR:
            raise XuqiaoError("bookdesk.not_allowed", number=number, state=row.state)
        if person.id in (row.maker, row.checker):
            raise XuqiaoError("bookdesk.payer_is_no_third", number=number, person=person.name)
        if row.state == ProposalState.ALLOWED or (row.reference != reference and _names_another_payment(row)):
            _refuse_used_reference(session, row, reference)
            _refuse_other_amount(session, row, reference, _request(session, row, act, signed_by=person.id))
            book_acts.write_payment(session, number, person, reference)
        elif row.reference != reference:
            raise XuqiaoError("bookdesk.paid_already", number=number, reference=row.reference, person=row.payer_name)
    return _post(doors, number)


def _names_another_payment(row: BookActRow) -> bool:
    """Whether the books did not take a payment because its reference turned out to be that of another one."""
    return row.state == ProposalState.PAID and (row.outcome or {}).get("code") in _ANOTHER_REFERENCE_HELPS


def _refuse_used_reference(session: Session, row: BookActRow, reference: str) -> None:
    if standing := book_acts.standing_voucher(session, row.book, reference):
        raise XuqiaoError("bookdesk.reference_used", reference=reference, book=row.book, voucher=standing[0])
    if other := book_acts.act_of_reference(session, row.book, reference):
        raise XuqiaoError("bookdesk.reference_of_act", reference=reference, other=other)


def _refuse_other_amount(session: Session, row: BookActRow, reference: str, request: LedgerRequest) -> None:
    """Refuse to book a line of the imported statement by another amount than its own.

    Raises:
        XuqiaoError: ``bookdesk.line_amount``.
    """
    asked, lines = moved_fen(request.lines), statements.amounts_of_line(session, row.fund, reference)
    if asked and lines and asked not in lines:
        sums = {"line": format_yuan(lines[0], grouped=True), "asked": format_yuan(asked, grouped=True)}
        raise XuqiaoError("bookdesk.line_amount", reference=reference, **sums)


def next_steps(session: Session, rows: Sequence[BookActRow]) -> list[NextStep | None]:
    """What somebody must do next with each act; a payment that the books no longer have the money for is held back."""
    return [next_step(row.kind, row.state, covered=_is_covered(session, row)) for row in rows]


def _is_covered(session: Session, row: BookActRow) -> bool:
    if row.kind not in PAID_BY_HAND or row.state != ProposalState.ALLOWED:
        return True
    try:
        _check_covered(session, row, _request(session, row, read_act(row.body), signed_by=row.maker))
    except XuqiaoError:
        return False
    return True


def _check_covered(session: Session, row: BookActRow, request: LedgerRequest) -> None:
    """Refuse a payment for which, the other payments on their way left aside, the books have no money."""
    others = [each for each in book_acts.payments_on_their_way(session, row.book) if each.number != row.number]
    promised = [line for each in others for line in _lines(request, each)]
    book_acts.check_covered(session, row.book, request.lines, promised)
    if request.limit_ppm is not None:
        of_fees = sum(each.body["amount_fen"] for each in others if each.kind == row.kind)
        asked = request.lines[0].amount_fen
        book_acts.check_spending_limit(session, row.book, request.accounting_date, asked, of_fees, request.limit_ppm)


def _lines(beside: LedgerRequest, row: BookActRow) -> tuple[Entry, ...]:
    """The entries that another payment of the same book would make."""
    record = Record(fund=row.book, on=beside.accounting_date, actor_id=row.maker)
    return request_of(read_act(row.body), record, _approval_key(row), Found()).lines


def reject(doors: Doors, number: int, *, by: str, reason: str) -> BookActRow:
    """Another person rejects an act; or its maker, or a checker, takes one back that was allowed and is not paid.

    What is taken back can never be posted: its approval is void in the books.

    Args:
        by: id of the person.
    Raises:
        XuqiaoError: as for ``approve``; ``bookdesk.decided`` for what is paid or posted.
    """
    with doors.desk() as session:
        row = book_acts.book_act(session, number, lock=True)
        takes_back = row.state in (ProposalState.ALLOWED, ProposalState.TAKEN_BACK)
        person = officer(session, by, Role.MAKER if takes_back and by == row.maker else Role.CHECKER, row.fund)
        if not takes_back:
            _refuse_maker(row, person)
        match row.state:
            case ProposalState.PROPOSED:
                book_acts.write_decision(session, number, ProposalState.REJECTED, person, reason)
            case ProposalState.ALLOWED:
                if row.kind in BY_TWO:
                    ledger.void_approval(session, _approval_key(row), person.id)
                book_acts.write_taking_back(session, number, person, reason)
            case _ if not _said_before(row, person, reason):
                raise XuqiaoError("bookdesk.decided", number=number, state=row.state)
    return _as_it_stands(doors, number)


def _said_before(row: BookActRow, person: Actor, reason: str) -> bool:
    ended_by = {ProposalState.REJECTED: row.checker, ProposalState.TAKEN_BACK: row.taken_back_by}
    return (ended_by.get(ProposalState(row.state)), row.reason) == (person.id, reason)


def officer(session: Session, person_id: str, role: Role, fund: str) -> Actor:
    """A person in one of his parts in a fund; who pays out keeps no books (不相容岗位分离).

    Raises:
        XuqiaoError: ``person.unknown``, ``person.not_in_role``, ``bookdesk.cashier``.
    """
    person = actor(session, person_id, role, fund)
    refuse_cashier(session, person, fund)
    return person


def _post(doors: Doors, number: int) -> BookActRow:
    """Post an act that is ready for it; what the pool gains by it goes to the queue in the same transaction."""
    refusal = None
    with doors.books() as session:
        row = _under_lock(session, number)
        ready = posted_from(row.kind)
        if row.state == ready:
            fund, own_book, by_two = row.fund, row.book == row.fund, row.kind in BY_TWO
            try:
                signed_by = row.payer or row.checker or row.maker
                request = _request(session, row, read_act(row.body), signed_by=signed_by)
                if request.reference and row.payer is None:  # what is paid has left, whatever the statement says
                    _refuse_other_amount(session, row, request.reference, request)
                voucher = _new_voucher(session, request)
            except XuqiaoError as error:
                if error.code in DAY_NOT_OPEN:  # it passes: the act waits as it is
                    raise
                refusal = _with_next_step(error, row)
                book_acts.write_refusal(session, number, ready if by_two else ProposalState.REFUSED, refusal)
            else:
                book_acts.write_voucher(session, number, voucher)
                _tell_the_case(session, row, voucher)
                if own_book:
                    grant_places(session, fund)
    if refusal:
        raise refusal
    return _as_it_stands(doors, number)


def _with_next_step(refusal: XuqiaoError, row: BookActRow) -> XuqiaoError:
    """A charge that the fees cannot bear needs a decision of the operator, which the books cannot take: it is named."""
    if row.kind == PostingKind.CHARGE and refusal.code == "ledger.part_short":
        return XuqiaoError("ledger.charge_short", **refusal.params)
    return refusal


def _tell_the_case(session: Session, row: BookActRow, voucher: int) -> None:
    """A case whose money was taken back learns of it in the same transaction, or is pursued."""
    act = read_act(row.body)
    if isinstance(act, Reverse) and row.checker:
        journal = book_acts.journal_of(session, row.book, act.voucher)
        if journal.case_no and journal.kind in CHANGES_WHAT_IS_OWED:
            person = session.get_one(Person, row.checker)  # as he was then: he may have left since
            name, house = row.checker_name or person.name, person.organisation
            checker = Actor(id=person.id, name=name, role=Role.CHECKER, organisation=house)
            money_taken_back(session, journal.case_no, voucher, act.reason, checker)


def _under_lock(session: Session, number: int) -> BookActRow:
    """An act that nobody else decides, pays or posts, in a book whose pool nobody else decides over."""
    lock_pool(session, book_acts.book_act(session, number).fund)
    session.expire_all()
    return book_acts.book_act(session, number, lock=True)


def _new_voucher(session: Session, request: LedgerRequest) -> int:
    """The act and its voucher commit together, so a journal that is there already is somebody else's.

    Raises:
        XuqiaoError: ``bookdesk.booked_before``, and whatever the books refuse.
    """
    posted = ledger.post_anew(session, request)
    if posted.replayed:
        raise XuqiaoError("bookdesk.booked_before", kind=request.kind, voucher=posted.voucher)
    return posted.voucher


def _request(session: Session, row: BookActRow, act: BookAct, *, signed_by: str) -> LedgerRequest:
    on = business_date(session, row.fund)
    record = Record(fund=row.book, on=on, actor_id=signed_by, evidence=row.evidence)
    return request_of(act, record, _approval_key(row), _found(session, row, act))


def _approval_key(row: BookActRow) -> str:
    return f"{row.book}/desk/{row.number}"


def _found(session: Session, row: BookActRow, act: BookAct) -> Found:
    """What the books and the law say to an act today.

    Raises:
        XuqiaoError: whatever speaks against it.
    """
    check_book(act, row.book)
    _refuse_standing_line(session, row, act)
    if case_no := case_of(act):
        _check_case(session, row.fund, case_no, changes_what_is_owed=act.kind in CHANGES_WHAT_IS_OWED)
    match act:
        case Spend():
            measure = fund_measure(session, row.fund)
            if row.payer is None:  # what is paid was allowed under the measure of its day
                check_purpose(act, measure)
            return Found(limit_ppm=measure.fund.spending_limit.value, reference=row.reference or "")
        case Reverse(voucher=voucher):
            journal = book_acts.journal_of(session, row.book, voucher)
            if journal.case_no and journal.kind in CHANGES_WHAT_IS_OWED:
                told = journal.kind in CAME_IN and the_case(session, journal.case_no).paid_on is not None
                _check_case(session, row.fund, journal.case_no, changes_what_is_owed=not told)
            if not journal.lines:
                raise XuqiaoError("ledger.not_reversible", reverses=journal.key)
            return Found(reversed=journal)
        case CarryOver(year=year):
            taken_back = _check_year(session, row, year)
            balances = book_acts.year_end_balances(session, row.book, year)
            return Found(balances=balances, taken_back=taken_back)
        case _:
            return Found(reference=row.reference or "")


def _refuse_standing_line(session: Session, row: BookActRow, act: BookAct) -> None:
    """Refuse to book a line of the statement a second time under another name: its money came or went once."""
    reference = getattr(act, "reference", None)
    standing = book_acts.standing_voucher(session, row.book, reference) if reference else None
    if standing and standing[1] != act.kind:  # of the same kind the books themselves refuse, or know it as the same
        raise XuqiaoError(
            "bookdesk.line_stands", reference=reference, book=row.book, voucher=standing[0], kind=standing[1]
        )


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
    return XuqiaoError.from_data(row.outcome) if row.outcome else None


def _as_it_stands(doors: Doors, number: int) -> BookActRow:
    with doors.books() as session:
        row = book_acts.book_act(session, number)
        session.expunge(row)
        return row


def _number(row: BookActRow) -> int:
    assert row.number is not None, "numbered by the database"
    return row.number
