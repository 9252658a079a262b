"""Once money is out nothing fails: it comes home, or people pursue it."""

from temporalio import workflow

from activities import contracts
from rulebook.acts import HEARD_UNTIL_DRAWN
from rulebook.bridges import Bridge, Division, mixed_references
from rulebook.events import EventKind
from rulebook.law.fees import Tariff
from rulebook.messages import BankMessage, Receipt, ReceiptPurpose
from rulebook.money import Fen, format_yuan
from rulebook.stages import CaseStage
from workflows.case import Wait
from workflows.drawing import Drawing
from workflows.policies import Queue


class MoneyOut(Drawing):
    """What renewal and recovery do alike with money that comes back."""

    _bridge: Bridge | None = None

    def __init__(self, case_no: str, fund: str, queues: str, stage: CaseStage) -> None:
        super().__init__(case_no, fund, queues, stage)
        self._booked: set[str] = set()

    @property
    def _owed(self) -> Fen:
        """Principal and fee still to come today; nothing where no money was out."""
        return self._bridge.owed_fen(self._today, self._tariff) if self._bridge else Fen(0)

    @property
    def _tariff(self) -> Tariff:
        """What the bridge costs, by a calendar that reaches today however long the money is out."""
        return self._measure.tariff(self._calendar.reaching(self._today))

    async def _book(self, message: BankMessage, receipt: Receipt, wait: Wait) -> Wait:
        """Book what came in, divided by purpose; the freed money goes to the queue with it.

        Returns:
            what the case waits for from now on.
        """
        assert self._bridge is not None, "receipts are taken only once money is out"
        references = {line.reference for line in receipt.lines}
        if mixed := mixed_references(receipt):
            self._desk.refuse_message(message, "message.receipt_mixed", reference=", ".join(mixed))
            return wait
        if booked := references & self._booked:
            self._desk.refuse_message(message, "message.receipt_booked", reference=", ".join(sorted(booked)))
            return wait
        if not self._bridge.paid_on <= receipt.received_on <= self._today:
            period = {"first": str(self._bridge.paid_on), "last": str(self._today)}
            self._desk.refuse_message(message, "message.receipt_date", received=str(receipt.received_on), **period)
            return wait
        division = self._bridge.divide(receipt, self._tariff)
        then = self._waits_after(division, wait)
        guaranteed = any(line.purpose is ReceiptPurpose.GUARANTOR for line in receipt.lines)
        step = self._step(
            EventKind.GUARANTOR_PAID if guaranteed else EventKind.RETURN_BOOKED,
            wait=then,
            principal=format_yuan(division.principal_fen),
            fee=format_yuan(division.fee_fen),
            excess=format_yuan(division.excess_fen),
        )
        parts = self._bridge.divide_by_reference(receipt, self._tariff)
        request = contracts.BookReturn(step=step, parts=parts, received_on=receipt.received_on)
        booking = await self._do(contracts.book_return, request, queue=Queue.MONEY)
        if booking.booked_before:
            self._desk.put_back_refused(step.refused)
            self._desk.refuse_message(message, "message.receipt_booked", reference=booking.booked_before)
            return wait
        if booking.beyond_line:
            self._desk.put_back_refused(step.refused)
            self._desk.refuse_message(message, "message.receipt_beyond_line", reference=booking.beyond_line)
            return wait
        self._booked |= references
        self._bridge = self._bridge.after(division, receipt.received_on)
        self._show(step)
        return then

    def _waits_after(self, division: Division, wait: Wait) -> Wait:
        """What the case waits for once a divided receipt is booked: as a rule, for what it waited for before."""
        return wait

    async def _close(self) -> None:
        """Everything is home: certify it and close."""
        bridge = self._bridge
        assert bridge is not None, "the direct route closes without a certificate"
        last = max((part.on for part in bridge.returns), default=bridge.paid_on)
        fee, days = bridge.fee_received_fen, bridge.days(last, self._tariff)

        def closing(cause: str | None) -> contracts.CertifyAndClose:
            step = self._step(
                EventKind.CLOSED,
                stage=CaseStage.CLOSED,
                cause=cause,
                amount=format_yuan(bridge.amount_fen),
                fee=format_yuan(fee),
                days=days,
            )
            return contracts.CertifyAndClose(
                step=step,
                amount_fen=bridge.amount_fen,
                fee_fen=fee,
                days=days,
                paid_on=bridge.paid_on,
                returned_on=last,
            )

        await self._draw(contracts.certify_and_close, closing, EventKind.CLOSED.value, self._booking_meanwhile)

    async def _booking_meanwhile(self, wait: Wait) -> None:
        """Until somebody asks for the papers again: what still comes in is booked, and owed back to its payer."""
        while isinstance(got := await self._next(wait, only=HEARD_UNTIL_DRAWN[EventKind.CLOSED]), BankMessage):
            assert isinstance(got.body, Receipt)
            await self._book(got, got.body, wait)

    async def _leave(self) -> None:
        """Put on record what came too late, and let everyone who waits for an answer have it."""
        while True:
            self._desk.close()
            await self._pass_on()
            while self._desk.refused:
                await self._record(self._step(EventKind.MESSAGE_REFUSED, cause=f"refused/{self._desk.refused[0].id}"))
            await workflow.wait_condition(workflow.all_handlers_finished)
            if not self._desk.refused and not self._desk.holds_messages:
                return

    async def _pass_on(self) -> None:
        """What came for a workflow that goes on with the case goes to it."""
