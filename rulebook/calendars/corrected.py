"""A date that was recorded wrongly: what may take its place, judged as if it had been said so from the first."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from rulebook.bridges import Bridge, Division
from rulebook.calendars.in_order import DATES, KnownDays, misdated
from rulebook.errors import XuqiaoError
from rulebook.law.fees import Tariff
from rulebook.messages import (
    CollateralRegistered,
    DateCorrection,
    Dated,
    NewLoan,
    OldLoanSettled,
    Receipt,
    RecordSigning,
    kind_of,
)
from rulebook.money import Fen

DatedBody = RecordSigning | OldLoanSettled | CollateralRegistered | NewLoan | Receipt
FIELDS = {Dated(kind_of(body)): field for (body, field), between in DATES.items() if between.latest}
"""Where each of them says its date: what has happened can have been on another day, and what is promised cannot."""


@dataclass(frozen=True)
class Stated:
    """A date as it stands in a case now.

    Attributes:
        id: of the act or message that said it.
        body: what that said, with the date as it now stands.
        line_days: on which the imported statement shows it; then it was on none but these.
        vouchers: numbers of those that money was booked with on it.
    """

    id: str
    body: DatedBody
    line_days: tuple[date, ...] = ()
    vouchers: tuple[int, ...] = ()

    @property
    def said(self) -> Dated:
        """What said it."""
        return Dated(self.body.kind)

    @property
    def on(self) -> date:
        """The day that it says."""
        day: date = getattr(self.body, FIELDS[self.said])
        return day

    @property
    def references(self) -> tuple[str, ...]:
        """Of the statement, where it dates money that came in."""
        return tuple(line.reference for line in self.body.lines) if isinstance(self.body, Receipt) else ()

    @property
    def reference(self) -> str:
        """The first of them; empty where it dates no money."""
        return next(iter(self.references), "")

    def is_meant(self, correction: DateCorrection) -> bool:
        """Whether a correction speaks of it."""
        named = not correction.reference or correction.reference in self.references
        return (self.said, self.on) == (correction.said, correction.was) and named

    def moved_to(self, day: date) -> "Stated":
        """The same, said of another day."""
        return replace(self, body=self.body.model_copy(update={FIELDS[self.said]: day}))


@dataclass(frozen=True)
class StatedDates:
    """All dates of a case that can be corrected, and what hangs on them.

    Attributes:
        dates: those of receipts in the order of their vouchers.
        known: the days that bound them.
        bridge: the fund's money as it left, nothing of it back; None before.
        tariff: what it costs.
    """

    dates: tuple[Stated, ...]
    known: KnownDays
    bridge: Bridge | None = None
    tariff: Tariff | None = None

    def corrected(self, found: Stated, day: date) -> "StatedDates":
        """The same, had it been said so from the first."""
        dates = tuple(each.moved_to(day) if each is found else each for each in self.dates)
        settled = isinstance(found.body, OldLoanSettled) and not found.body.balance_fen
        return replace(self, dates=dates, known=self.known._replace(settled=day) if settled else self.known)

    def fee_fen(self, on: date) -> Fen:
        """The usage fee up to a day, with all that came back until now."""
        *_, (_, bridge) = [(None, self.bridge), *self._divided()]
        return bridge.fee_fen(on, self.tariff) if bridge and self.tariff else Fen(0)

    def booked_otherwise(self, other: "StatedDates") -> tuple[int, ...]:
        """The vouchers by which money was divided as it would not have been with other dates."""
        pairs = zip(self._divided(), other._divided(), self._receipts(), strict=True)
        return tuple(
            number for (mine, _), (others, _), receipt in pairs if mine != others for number in receipt.vouchers
        )

    def _receipts(self) -> list[Stated]:
        return [each for each in self.dates if isinstance(each.body, Receipt)]

    def _divided(self) -> Iterator[tuple[Division, Bridge]]:
        """Each receipt as these dates divide it, and the bridge after it."""
        bridge = self.bridge
        for each in self._receipts():
            assert bridge and self.tariff and isinstance(each.body, Receipt), "money came back that was out"
            division = bridge.divide(each.body, self.tariff)
            bridge = bridge.after(division, each.body.received_on)
            yield division, bridge


def check_date(correction: DateCorrection, case: StatedDates) -> Stated:
    """Refuse a correction that would put another date wrong, or that the books or the statement stand against.

    Nothing is booked by it: where money was divided by the wrong date, its vouchers are taken back first, by two people
    too, and what came in is booked anew.

    Returns:
        the date that is corrected.
    Raises:
        XuqiaoError: ``act.no_such_date``, ``act.date_ambiguous``, ``act.date_unchanged``, ``act.date_on_statement``,
            ``act.date_moves_money`` with the vouchers; what ``misdated`` says of any date of the case.
    """
    meant = [each for each in case.dates if each.is_meant(correction)]
    if not meant:
        known = [str(each.on) for each in case.dates if each.said is correction.said]
        raise XuqiaoError("act.no_such_date", said=correction.said, was=correction.was, known=", ".join(known) or "-")
    if len(meant) > 1:
        references = [reference for each in meant for reference in each.references]
        raise XuqiaoError("act.date_ambiguous", was=correction.was, references=", ".join(references))
    (found,) = meant
    if correction.now == correction.was:
        raise XuqiaoError("act.date_unchanged", said=correction.said, was=correction.was)
    if found.line_days and correction.now not in found.line_days:
        shown = ", ".join(map(str, found.line_days))
        raise XuqiaoError("act.date_on_statement", now=correction.now, shown=shown)
    after = case.corrected(found, correction.now)
    for each in after.dates:
        if refusal := misdated(each.body, after.known):
            raise refusal
    if moved := case.booked_otherwise(after):
        vouchers = ", ".join(map(str, moved))
        raise XuqiaoError("act.date_moves_money", was=correction.was, now=correction.now, vouchers=vouchers)
    return found
