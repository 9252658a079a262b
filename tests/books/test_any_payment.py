"""Any payment: a bank of any manner, people who say anything at any hour, kills anywhere; never twice, never lost.

What decides is the product's own: ``send_or_ask``, the gateway of the counter, the rules of acts and
``rulebook.books.payments``. The bank and its log are made up here, and so is the memory that the case file is.
"""

import os
import random
import time
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import pytest

from activities.bank.payments import send_or_ask
from gateways.bank import BankUnreachable, OpinionRequest, PaymentOrder
from gateways.counter import CounterGateway, Slip
from rulebook.acts import Standing, check
from rulebook.books.payments import (
    NEVER_LEFT,
    Denial,
    Evidence,
    PaymentReport,
    PaymentStatus,
    Rival,
    brought_back_by,
    what_became_of,
    why_held_back,
)
from rulebook.books.reconciling import Entry, Movement, ReturnedPayment, find_pairs, late_payments, unpaired
from rulebook.books.statements import KnownLine
from rulebook.calendar import LAW_ZONE
from rulebook.errors import XuqiaoError
from rulebook.messages import ActBody, Actor, ChecklistItem, ConfirmPayment, MarkSent, OfficerAct, Release
from rulebook.money import yuan
from rulebook.stages import ACT_ROLES
from tests.rulebook.standings import RELEASE_DAY, a_proposed_case

SEED = int(os.environ.get("XUQIAO_PAYMENT_SEED") or random.SystemRandom().getrandbits(32))
SEQUENCES = int(os.environ.get("XUQIAO_PAYMENT_SEQUENCES") or 20_000)
AMOUNT, ACCOUNT, CASE = yuan(5_000_000), "6228000001", "case"
MORNING = datetime(RELEASE_DAY.year, RELEASE_DAY.month, RELEASE_DAY.day, 9, tzinfo=LAW_ZONE)
CUT_OFF = MORNING.replace(hour=16, minute=30)
BANKS_TIME = CUT_OFF + timedelta(days=1)  # the release day is a Thursday
LAST_ASKED = BANKS_TIME + timedelta(days=7)
PEOPLE = ("maker", "checker", "cashier", "cashier2", "other", "another")


@dataclass
class AtBank:
    """One order as the bank has it."""

    order: PaymentOrder
    pays_at: datetime | None
    says: str
    returns_at: datetime | None
    paid_at: datetime | None = None
    returned_at: datetime | None = None


@dataclass
class ModelBank:
    """A bank with a log of its own: it may lose an order or a reply, say nothing or deny, pay late, refuse, return."""

    rng: random.Random
    world: "World"
    by_hand: bool = False
    orders: dict[str, AtBank] = field(default_factory=dict)

    def ask_opinion(self, request: OpinionRequest) -> None: ...

    def ready(self, order: PaymentOrder) -> None: ...

    def send(self, order: PaymentOrder) -> PaymentReport:
        assert order.key not in self.orders, "an order is sent once"
        if self.rng.random() < 0.1:
            raise BankUnreachable(order.bank, order.key)
        self.pay_in(order)
        if self.rng.random() < 0.3:
            raise BankUnreachable(order.bank, order.key)
        return self.ask(order)

    def pay_in(self, order: PaymentOrder, *, at_once: bool = False) -> None:
        """The bank has the order, and knows what will come of it."""
        hours = 0 if at_once else self.rng.choice((0, 0, 1, 7, 20, 26, 48, 75, 100, 200, 300, None))
        pays_at = None if hours is None else self.world.now + timedelta(hours=hours)
        back = self.world.now + timedelta(hours=self.rng.choice((1, 5, 30))) if self.rng.random() < 0.2 else None
        says = self.rng.choice(("pending", "not_found", "nothing"))
        self.orders[order.key] = AtBank(order, pays_at, says, max(back, pays_at) if back and pays_at else None)
        self.tick()

    def ask(self, order: PaymentOrder) -> PaymentReport:
        self.tick()
        if order.key not in self.orders:
            return PaymentReport(status=PaymentStatus.NOT_FOUND)
        at_bank = self.orders[order.key]
        if at_bank.returned_at:
            return PaymentReport(status=PaymentStatus.REJECTED, reason="退汇")
        if at_bank.paid_at:
            return PaymentReport(status=PaymentStatus.PAID, reference=f"ZF-{order.key}")
        if at_bank.pays_at is None and at_bank.says != "not_found":
            return PaymentReport(status=PaymentStatus.REJECTED, reason="账户状态异常")
        if at_bank.says == "nothing":
            raise BankUnreachable(order.bank, order.key)
        return PaymentReport(status=PaymentStatus(at_bank.says))

    def tick(self) -> None:
        for each in self.orders.values():
            if each.pays_at and not each.paid_at and each.pays_at <= self.world.now:
                each.paid_at = each.pays_at
            if each.paid_at and each.returns_at and not each.returned_at and each.returns_at <= self.world.now:
                each.returned_at = each.returns_at

    def out(self) -> list[str]:
        """Keys of what is paid and has not come back."""
        return [key for key, each in self.orders.items() if each.paid_at and not each.returned_at]

    def statement(self) -> list[KnownLine]:
        lines = []
        for key, each in self.orders.items():
            if each.paid_at:
                lines.append(_line(f"ZF-{key}", each.paid_at.date(), -AMOUNT))
            if each.returned_at:
                lines.append(_line(f"TH-{key}", each.returned_at.date(), AMOUNT, "退汇"))
        return sorted(lines, key=lambda line: line.on)


def _line(name: str, on: date, amount_fen: int, summary: str = "") -> KnownLine:
    return KnownLine(
        name=name,
        on=on,
        amount_fen=amount_fen,
        reference=name,
        payer_name="",
        payer_account=ACCOUNT,
        summary=summary,
    )


@dataclass
class Row:
    """A payment as the case file has it."""

    order: PaymentOrder
    released_at: datetime
    released_by: str
    intended: bool = False
    fate: PaymentReport | None = None
    sent_by: str = ""
    not_sent_by: str = ""
    denials: list[tuple[Denial, str]] = field(default_factory=list)
    slip: Slip | None = None


class World:
    """One case on its release day and the three weeks after it."""

    def __init__(self, rng: random.Random, approved: Standing) -> None:
        self.rng, self.approved, self.now = rng, approved, MORNING
        self.by_hand, self.any_day = rng.random() < 0.5, rng.random() < 0.5
        self.leaves_by = None if self.any_day else CUT_OFF
        self.bank = ModelBank(rng, self)
        self.rows: list[Row] = []
        self.gateway = CounterGateway(self) if self.by_hand else self.bank

    # The cashier's slips ---------------------------------------------------------------------------------------

    def find(self, key: str) -> Slip | None:
        return next((row.slip for row in self.rows if row.order.key == key), None)

    def lay(self, order: PaymentOrder) -> None:
        raise AssertionError("the intent is the slip")

    # What can happen -------------------------------------------------------------------------------------------

    def open_row(self) -> Row | None:
        return next((row for row in self.rows if row.fate is None), None)

    def standing(self) -> Standing:
        row = self.open_row()
        changed = dict(vars(self.approved))
        if row:
            changed |= {
                "in_flight": True,
                "by_hand": self.by_hand,
                "final_on": BANKS_TIME.date(),
                "released_by": row.released_by,
                "sent_by": row.sent_by,
                "not_sent_by": row.not_sent_by,
            }
        return Standing(**changed)

    def may(self, body: ActBody, who: str) -> bool:
        actor = Actor(id=who, name=who, role=ACT_ROLES[body.kind], organisation="")
        try:
            check(OfficerAct(id="a", actor=actor, body=body), self.standing(), self.now.date())
        except XuqiaoError as refusal:
            return self.any_day and refusal.code in ("act.too_late", "act.release_refused")
        return True

    def release(self, who: str) -> None:
        facts = self.approved.facts
        body = Release(confirmed=tuple(ChecklistItem), balance_fen=facts.loan.balance_fen)
        paid = any(row.fate and row.fate.status is PaymentStatus.PAID for row in self.rows)
        if paid or self.open_row() or not self.may(body, who):
            return
        order = PaymentOrder(
            key=str(len(self.rows) + 1),
            case_no=CASE,
            fund="DH",
            bank="demo",
            loan_note="JJ-1",
            amount_fen=AMOUNT,
            payee_name="甲",
            payee_account=ACCOUNT,
            payee_branch="",
        )
        self.rows.append(Row(order, self.now, who))
        if self.rng.random() < 0.1:  # the worker is away
            self.now += timedelta(hours=self.rng.choice((1, 9)))
        self.call()

    def call(self, *, kills: bool = True) -> None:
        """The activity, killed at any of the moments at which it can be; the story calls again."""
        row = self.open_row()
        if row is None:
            return
        killed = self.rng.choice(("before", "intended", "sent", "", "", "", "")) if kills else ""
        if killed == "before":
            return
        first, row.intended = not row.intended, True
        if first:
            earlier = [each.fate.reason for each in self.rows if each is not row and each.fate]
            held = why_held_back(self.now, self.leaves_by, earlier, day_over=False, breaker_open=False)
            if held:  # with its intent in one transaction
                row.fate = PaymentReport(status=PaymentStatus.REJECTED, reason=held)
                return
            row.slip = Slip(key=row.order.key, amount_fen=AMOUNT)
        if killed == "intended":
            return
        if first and self.rng.random() < 0.1:  # the worker stands still before it sends
            self.now += timedelta(hours=9)
        too_late = self.leaves_by is not None and self.now > self.leaves_by
        report = send_or_ask(self.gateway, row.order, first=first, too_late=too_late)
        if first and self.leaves_by and not self.by_hand:
            sent = row.order.key in self.bank.orders
            assert not sent or self.now <= self.leaves_by, "nothing leaves after the cut-off"
        if killed == "sent":
            return
        fate = what_became_of(self.known(row, report))
        if fate.status is not PaymentStatus.PENDING:
            row.fate = fate

    def known(self, row: Row, report: PaymentReport) -> Evidence:
        others = [
            Rival(each.released_at.date(), each.fate.reference if each.fate.reason == "returned" else None)
            for each in self.rows
            if each is not row and each.fate and each.fate.reason not in NEVER_LEFT
        ]
        moved_on = (self.now.date() - MORNING.date()).days if self.any_day else 0
        return Evidence(
            report=report,
            at=self.now,
            people_final_at=BANKS_TIME + timedelta(days=moved_on if row.released_at > CUT_OFF else 0),
            bank_final_at=LAST_ASKED + timedelta(days=moved_on if row.released_at > CUT_OFF else 0),
            by_hand=self.by_hand,
            released_by=row.released_by,
            sent_by=row.sent_by,
            not_sent_by=row.not_sent_by,
            approver=self.approved.checker,
            denials=tuple(denial for denial, _ in row.denials),
            returned_by=brought_back_by(
                self.bank.statement(),
                [name for _, name in row.denials],
                others,
                ordered_on=row.released_at.date(),
                account=ACCOUNT,
                amount_fen=AMOUNT,
            ),
        )

    def says(self, who: str) -> None:
        """Somebody says something. Of his own hands a cashier speaks the truth; all others say what they like."""
        row = self.open_row()
        if row is None or not row.intended:
            return
        line = self.rng.choice(("LS", *(line.name for line in self.bank.statement())))
        said = self.rng.choice(("sent", "not_sent", "paid", "denied", "denied", "denied"))
        if said == "sent" and self.by_hand and self.may(MarkSent(receipt_serial="HD"), who):
            if not row.sent_by:
                self.bank.pay_in(row.order, at_once=True)
            row.sent_by = who
            assert row.slip is not None
            row.slip = row.slip.model_copy(update={"receipt_serial": "HD", "sent_by": who, "sent_on": self.now.date()})
        elif said == "not_sent" and self.by_hand and self.may(MarkSent(not_sent_because="关机"), who):
            row.not_sent_by = who
        elif said == "paid" and self.by_hand and self.may(ConfirmPayment(statement_reference=line), who):
            if row.order.key not in self.bank.out():  # what is not on the statement nobody finds there
                return
            assert row.slip is not None
            update = {"statement_reference": f"ZF-{row.order.key}", "confirmed_by": who}
            row.slip = row.slip.model_copy(update=update)
            self.call()
        elif said == "denied" and self.may(ConfirmPayment(statement_reference=line, paid=False), who):
            row.denials.append((Denial(by=who, at=self.now), line))
            self.call()

    def happens(self) -> None:
        what = self.rng.random()
        if what < 0.3:
            self.now += timedelta(hours=self.rng.choice((1, 1, 2, 5, 16, 24, 48)))
        elif what < 0.45:
            self.release(self.rng.choice(("cashier", "cashier", "cashier2", "maker")))
        elif what < 0.6:
            self.call()
        else:
            self.says(self.rng.choice(PEOPLE))
        self.bank.tick()
        assert len(self.bank.out()) <= 1, f"paid twice: {self.bank.out()}"

    # What must be so -------------------------------------------------------------------------------------------

    def ends(self) -> None:
        """Weeks later, with a bank that answers: what it paid is in the books, or a difference names the case."""
        self.now += timedelta(days=30)
        for _ in range(2):
            self.call(kills=False)
        out = self.bank.out()
        assert len(out) <= 1
        booked = [row.order.key for row in self.rows if row.fate and row.fate.status is PaymentStatus.PAID]
        back = {key for key, each in self.bank.orders.items() if each.returned_at}
        assert set(booked) <= {*out, *back}, "in the books is only what the bank paid"
        opened = self.open_row()
        waits = [opened.order.key] if opened and opened.fate is None else []
        if opened and not self.by_hand:
            assert opened.order.key not in out, "a bank that says paid is believed"
        for key in set(out) - set(booked) if not waits else ():
            assert self.named_by_the_statement() == {f"ZF-{key}": CASE}

    def named_by_the_statement(self) -> dict[str, str]:
        lines = self.bank.statement()
        not_made = [
            ReturnedPayment(
                account=ACCOUNT,
                amount_fen=AMOUNT,
                sent_on=row.released_at.date(),
                open_until=row.released_at.date(),
                case_no=CASE,
                is_open=row.fate is None,
            )
            for row in self.rows
            if row.fate is None or row.fate.status is not PaymentStatus.PAID
        ]
        movements = [
            Movement(
                reference=str(row.fate.reference),
                entries=(Entry(voucher=1, on=row.released_at.date(), amount_fen=-AMOUNT),),
                account=ACCOUNT,
            )
            for row in self.rows
            if row.fate and row.fate.status is PaymentStatus.PAID
        ]
        pairs = find_pairs(lines, movements, [], not_made)
        alone, by_name = unpaired(lines, movements, pairs), {line.name: line for line in lines}
        return late_payments(alone, pairs, by_name, not_made)


def one_sequence(number: int, approved: Standing) -> World:
    """A whole life of a case's payments, told by one number."""
    world = World(random.Random(f"{SEED}/{number}"), approved)
    world.release("cashier")
    for _ in range(25):
        world.happens()
    world.ends()
    return world


@pytest.mark.usefixtures("many_examples")
def test_20_any_payment_is_made_once_at_the_most_and_never_lost() -> None:
    print(f"XUQIAO_PAYMENT_SEED={SEED} sequences={SEQUENCES}")
    approved, begun, fates = a_proposed_case(), time.process_time(), set()
    for number in range(SEQUENCES):
        try:
            world = one_sequence(number, approved)
        except AssertionError as wrong:
            raise AssertionError(f"XUQIAO_PAYMENT_SEED={SEED}, sequence {number}: {wrong}") from wrong
        fates |= {row.fate.reason or "paid" if row.fate else "open" for row in world.rows}
    print(f"{time.process_time() - begun:.1f} CPU-seconds, ends seen: {sorted(fates)}")
    if SEQUENCES >= 5_000:
        seen = {"paid", "open", "not_found", "not_sent", "returned", "cut_off_passed", "earlier_not_ended"}
        assert seen <= fates, "each row of the table was met"
