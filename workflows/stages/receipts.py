"""Money that comes back: divided by purpose and booked, whenever it comes."""

from collections.abc import Callable
from datetime import date

from temporalio import workflow

from activities import contracts
from rulebook.bridges import Bridge, Division, fee_told_otherwise, mixed_references
from rulebook.calendars.in_order import misdated
from rulebook.events import EventKind
from rulebook.law.fees import Tariff
from rulebook.messages import MOST_LINES, ConfirmReceipt, Receipt, ReceiptPurpose
from rulebook.money import format_yuan
from rulebook.stages import ActKind
from workflows.case import Case, State, Wait, moment_of
from workflows.clock import today

MOST_CARRIED = 500
"""References that a workflow is started with; a start has room for so many of the longest."""


async def book(case: Case[State], receipt: Receipt, wait: Wait, then: Callable[[Division], Wait] | None = None) -> Wait:
    """Book what came in, divided by purpose; the freed money goes to the queue with it.

    Args:
        receipt: in hand; refused where the case or the books cannot take it.
        wait: what the case waits for now.
        then: what it waits for once a receipt so divided is booked; as a rule, for the same as before.
    Returns:
        what the case waits for from now on.
    """
    state, bridge, tariff = case.state, case.bridge, case.tariff
    if len(receipt.lines) > MOST_LINES:
        case.refuse("message.too_many_lines", lines=str(len(receipt.lines)), most=str(MOST_LINES))
        return wait
    references = {line.reference for line in receipt.lines}
    if mixed := mixed_references(receipt):
        case.refuse("message.receipt_mixed", reference=", ".join(mixed))
        return wait
    if booked := references & state.booked:
        case.refuse("message.receipt_booked", reference=", ".join(sorted(booked)))
        return wait
    if misdating := misdated(receipt, state.known_days(today())):
        case.refuse(misdating.code, **misdating.params)
        return wait
    division = bridge.divide(receipt, tariff)
    after = then(division) if then else wait
    guaranteed = any(line.purpose is ReceiptPurpose.GUARANTOR for line in receipt.lines)
    step = case.step(
        EventKind.GUARANTOR_PAID if guaranteed else EventKind.RETURN_BOOKED,
        wait=after,
        detail=_told_otherwise(bridge, bridge.after(division, receipt.received_on), receipt.received_on, tariff),
        principal=format_yuan(division.principal_fen),
        fee=format_yuan(division.fee_fen),
        excess=format_yuan(division.excess_fen),
    )
    parts = bridge.divide_by_reference(receipt, tariff)
    request = contracts.BookReturn(step=step, parts=parts, received_on=receipt.received_on)
    booking = await case.commit(contracts.book_return, request)
    if refusal := _refused_by_the_books(booking):
        case.inbox.put_back_refused(step.refused)
        case.refuse(refusal[0], reference=refusal[1])
        return wait
    state.booked |= references
    state.provisional = booking.provisional
    state.bridge = bridge.after(division, receipt.received_on)
    return after


def _told_otherwise(before: Bridge, after: Bridge, received_on: date, tariff: Tariff) -> dict[str, str]:
    """What to say where a value date that is learnt late makes the fee another than was told until today.

    Args:
        before, after: the bridge without the receipt, as everybody was told, and with it.
    """
    told, due = (bridge.fee_fen(today(), tariff) for bridge in (before, after))
    said = fee_told_otherwise(told, due, after.fee_received_fen)
    return {"value_date": str(received_on), **said} if said and received_on != today() else {}


async def confirm(case: Case[State], confirmed: ConfirmReceipt, wait: Wait) -> None:
    """Put on record that another person has found on the account what a bank told of."""
    state = case.state
    step = case.step(
        EventKind.RECEIPT_CONFIRMED,
        wait=wait,
        reference=confirmed.reference,
        amount=format_yuan(confirmed.amount_fen),
        seen=confirmed.seen,
    )
    await case.record(step)
    state.provisional = tuple(each for each in state.provisional if each.reference != confirmed.reference)


async def stand_on_statement(case: Case[State]) -> bool:
    """Wait until all that came in is borne out: by a line of the imported statement, or by another person.

    The statement's import tells the case. When nobody comes, people are told again after each period; the case stays
    where it is, and its money provisional.

    Returns:
        whether nothing is owed any more; False where a return was taken back meanwhile.
    """
    if not workflow.patched("stands-on-statement"):
        return True
    wait = bearing_out(case)
    await ask_the_books(case, wait, moment_of(EventKind.STATEMENT_AWAITED))

    def is_over() -> bool:
        return bool(case.owed_fen) or not case.state.provisional

    while not is_over():
        match await case.hear_or(is_over, wait, ConfirmReceipt, Receipt):
            case ConfirmReceipt() as confirmed:
                await confirm(case, confirmed, wait)
            case Receipt() as receipt:
                await book(case, receipt, wait)
            case _:
                wait = bearing_out(case)
    return not case.owed_fen


async def ask_the_books(case: Case[State], wait: Wait, cause: str | None) -> None:
    """Learn what the money of the case stands on; where not all is borne out, a step says so and opens the task.

    Args:
        cause: of that step; None where it is what is in hand.
    """
    step = case.step(EventKind.STATEMENT_AWAITED, cause=cause, wait=wait)
    case.look_at(await case.commit(contracts.stand_on_statement, contracts.StandOnStatement(step=step)))


def bearing_out(case: Case[State]) -> Wait:
    """The cashier's task, unless the statement is imported before; told again after each period."""
    period = case.clock.review_period
    return Wait(ActKind.CONFIRM_RECEIPT, case.clock.in_workdays(period), case.clock.in_workdays(2 * period))


def carried(booked: set[str]) -> tuple[str, ...]:
    """The references that go along to another workflow of the case; beyond these the books know them alone."""
    return tuple(sorted(booked)[:MOST_CARRIED])


def _refused_by_the_books(booking: contracts.Booking) -> tuple[str, str] | None:
    """The code of what stood against it, and the reference it stood at; None where all was booked."""
    if booking.booked_before:
        return "message.receipt_booked", booking.booked_before
    if booking.beyond_line:
        return "message.receipt_beyond_line", booking.beyond_line
    return None
