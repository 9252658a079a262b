"""The day's work with a statement that was taken in: saying whose money is whose, comparing it with the books."""

from collections.abc import Mapping
from datetime import date, datetime, time

from sqlmodel import Session

from activities.books.ledger import lock_pool
from activities.books.statement.taking_in import late_payments, proposals, take_up
from activities.cases.late_payment import tell_late_payments
from models.books import ledger, statements
from models.cases.acts import ActState, enter_receipt
from models.cases.case_file import RenewalCase, fee_owed, the_case
from models.funds.funds import Fund, business_date, kept_measure
from models.funds.funds import fund as the_fund
from models.funds.people import the_person
from rulebook.books import reconciling
from rulebook.books.postings_of_the_year import Record, match
from rulebook.books.reconciling import Reconciliation
from rulebook.books.statements import KnownLine, divide_untagged
from rulebook.calendar import LAW_ZONE
from rulebook.errors import XuqiaoError
from rulebook.messages import Actor, MessageSource, Receipt, ReceiptLine, ReceiptPurpose
from rulebook.money import format_yuan
from rulebook.stages import ENDS, CaseStage, Role
from rulebook.values import Value

SaidBy = tuple[str, str | None]
"""Who said whose a line is, and who confirmed it; None while it is only tried."""
SOURCE = MessageSource.STATEMENT
"""Where a receipt comes from that an officer told a case out of the statement."""


class SuspenseLine(Value):
    """Money that belongs to no case yet, and the one case that may be meant."""

    suspended: statements.Suspended
    proposed: str | None


class Matched(Value):
    """A line said to belong to a case: booked at once (``voucher``), or told to the running case (``message``)."""

    line: str
    case_no: str
    principal_fen: int
    fee_fen: int
    excess_fen: int
    guarantor_fen: int = 0
    voucher: int | None = None
    message: str | None = None


class DayEnd(Value):
    """A reconciled day; ``parts`` is the ring-fenced account in the books, fen by part."""

    fund: str
    parts: dict[str, int]
    reconciliation: Reconciliation


# What waits ----------------------------------------------------------------------------------------------------


def suspense(session: Session, fund: str) -> list[SuspenseLine]:
    """All money that belongs to no case yet, oldest first, with the case that may be meant."""
    waiting = statements.suspense(session, fund)
    proposed = proposals(session, fund, waiting)
    return [SuspenseLine(suspended=each, proposed=proposed.get(each.name)) for each in waiting]


# A person says whose it is -------------------------------------------------------------------------------------


def match_line(
    session: Session,
    name: str,
    case_no: str,
    maker: str,
    checker: str | None,
    *,
    principal_fen: int | None,
    fee_fen: int | None,
    of_guarantor: bool = False,
) -> Matched:
    """Two people say that a line in 待确认来款 belongs to a case.

    A case at work is told, as by a message of the bank: it divides the money and books it, out of 待确认来款. To a case
    that has ended nothing is owed: the money is booked as to be paid back (应退多收). What comes in for a bridge
    that was written off is a recovery, and that is an act of the desk of the books.

    Args:
        name: of the line, as the books call it.
        maker, checker: ids of who said so and of who confirmed it; None only tries whether it could be done.
        principal_fen, fee_fen: what of it is principal and fee, in fen; both None leaves it to the order of the
            case's measure.
        of_guarantor: all that is left of the line was paid by the fund's own guarantor (代偿).
    Raises:
        XuqiaoError: ``case.unknown``; ``statement.not_in_suspense``, ``statement.being_booked``,
            ``statement.nothing_out``, ``statement.order_silent``, ``statement.more_than_left``,
            ``statement.case_ended``, ``statement.written_off``, ``statement.guarantor_undivided``, or what the ledger
            refuses.
    """
    case = the_case(session, case_no)
    lock_pool(session, case.fund)
    line = statements.line_of(session, case.fund, name)
    left = statements.suspended_fen(session, case.fund, name)
    if line is None or not left:
        raise XuqiaoError("statement.not_in_suspense", line=name, fund=case.fund)
    told = next((each.told for each in statements.suspense(session, case.fund) if each.name == name), None)
    if told and told.state == ActState.RECEIVED:
        raise XuqiaoError("statement.being_booked", line=name, case=told.case_no)
    if of_guarantor and (principal_fen or fee_fen):
        raise XuqiaoError("statement.guarantor_undivided", line=name)
    if case.stage == CaseStage.WRITTEN_OFF:
        raise XuqiaoError("statement.written_off", line=name, case=case_no)
    if case.stage in ENDS:
        if principal_fen or fee_fen or of_guarantor:
            raise XuqiaoError("statement.case_ended", case=case_no, stage=case.stage)
        return _owe_back(session, case, line, left, checker or maker)
    if case.paid_on is None:
        raise XuqiaoError("statement.nothing_out", case=case_no, stage=case.stage)
    if of_guarantor:
        divided = {ReceiptPurpose.GUARANTOR: left}
    elif principal_fen is None and fee_fen is None:
        divided = _by_the_measure(session, case, line, left)
    else:
        divided = {ReceiptPurpose.PRINCIPAL: principal_fen or 0, ReceiptPurpose.FEE: fee_fen or 0}
    if not 0 < sum(divided.values()) <= left:
        asked, most = format_yuan(sum(divided.values()), grouped=True), format_yuan(left, grouped=True)
        raise XuqiaoError("statement.more_than_left", line=name, asked=asked, left=most)
    return _tell_case(session, case, line, divided, (maker, checker))


def _by_the_measure(session: Session, case: RenewalCase, line: KnownLine, left: int) -> dict[ReceiptPurpose, int]:
    assert case.paid_on is not None, "the money is out"
    assert case.measure_digest is not None, "a case is judged by a measure before money leaves"
    measure = kept_measure(session, case.measure_digest)
    return divide_untagged(
        left,
        measure.repayment.untagged.value,
        outstanding_fen=ledger.position(session, case.fund, case.case_no).outstanding_fen,
        fee_owed_fen=fee_owed(session, case.case_no, max(line.on, case.paid_on)),
    )


def _tell_case(
    session: Session,
    case: RenewalCase,
    line: KnownLine,
    divided: Mapping[ReceiptPurpose, int],
    by: tuple[str, str | None],
) -> Matched:
    payer = line.payer_name or "-"
    lines = tuple(
        ReceiptLine(purpose=purpose, amount_fen=fen, reference=line.name, payer=payer)
        for purpose, fen in divided.items()
        if fen
    )
    key = "/".join([SOURCE, line.name, *(str(fen) for fen in divided.values())])
    occurred_at = datetime.combine(line.on, time(), LAW_ZONE)
    receipt, bank = Receipt(received_on=line.on, lines=lines), _said_by(session, the_fund(session, case.fund), by)
    maker, checker = by
    entered = enter_receipt(
        session, key, case.case_no, receipt, bank, occurred_at, recorded_by=maker, verified_by=checker
    )
    if entered.state is ActState.REFUSED:
        raise XuqiaoError.from_data(entered.outcome)
    return Matched(
        line=line.name,
        case_no=case.case_no,
        principal_fen=divided.get(ReceiptPurpose.PRINCIPAL, 0),
        fee_fen=divided.get(ReceiptPurpose.FEE, 0),
        excess_fen=0,
        guarantor_fen=divided.get(ReceiptPurpose.GUARANTOR, 0),
        message=entered.id,
    )


def _said_by(session: Session, fund: Fund, by: SaidBy) -> Actor:
    """Who tells a case: the two people by name, of what stands on the statement of the bank that keeps the account."""
    people = [each for each in by if each]
    names = "、".join(the_person(session, each).name for each in people)
    return Actor(id=f"{SOURCE}:{'+'.join(people)}", name=names, role=Role.BANK_CLERK, organisation=fund.escrow_bank)


def _owe_back(session: Session, case: RenewalCase, line: KnownLine, left: int, checker: str) -> Matched:
    on = business_date(session, case.fund)
    record = Record(fund=case.fund, on=on, actor_id=checker, evidence=line.digest)
    posted = ledger.post_anew(session, match(record, case.case_no, line.name, excess_fen=left))
    return Matched(
        line=line.name,
        case_no=case.case_no,
        principal_fen=0,
        fee_fen=0,
        excess_fen=left,
        voucher=posted.voucher,
    )


# A day's end ---------------------------------------------------------------------------------------------------


def reconcile_day(session: Session, fund: str, on: date, by: str) -> DayEnd:
    """Compare the statement's balance at the end of a day with the books', and bring the tasks up to date.

    Args:
        on: bank's day and accounting date.
        by: who answers for what is booked as 待确认来款 on the way.
    Raises:
        XuqiaoError: ``statement.nothing_imported`` when no line up to that day is on record.
    """
    lock_pool(session, fund)
    take_up(session, fund, by)
    lines, movements = statements.lines_of(session, fund), statements.movements_of(session, fund)
    pairs, not_made = statements.pairs_of(session, fund), statements.payments_not_made(session, fund)
    if not any(line.on <= on for line in lines):
        raise XuqiaoError("statement.nothing_imported", fund=fund, on=on)
    statements.keep_differences(session, fund, reconciling.for_people(lines, movements, pairs, not_made), on)
    tell_late_payments(session, fund, late_payments(session, fund))
    return DayEnd(
        fund=fund,
        parts=statements.escrow_parts(session, fund, on),
        reconciliation=reconciling.reconcile(lines, movements, pairs, on, not_made),
    )
