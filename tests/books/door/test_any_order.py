"""Every kind of event in any order, right or wrong, new or sent again: the books agree with plain arithmetic.

``XUQIAO_LONG_RUN=1`` makes the run long, 100,000 steps and more; ``XUQIAO_SEED=number`` repeats one. Each part prints
its seed, which is shown when it fails.
"""

import itertools
import os
import random
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import Engine
from sqlmodel import Session

from models.books import ledger
from rulebook.books import postings
from rulebook.books import postings_of_the_year as year
from rulebook.books.postings import Account, Approval, LedgerRequest, PostingKind, Subject
from rulebook.errors import XuqiaoError
from tests.books.conftest import BALANCES, TODAY
from tests.books.door.model import ASIDE, FEES, POOL, Deltas, Model, Pot

T = TypeVar("T")
LONG = os.environ.get("XUQIAO_LONG_RUN") == "1"
SHARDS, SEQUENCES, STEPS = (4, 480, 64) if LONG else (2, 510, 12)

CASES = st.sampled_from(["A", "B"])
AMOUNTS = st.sampled_from([100, 200, 250, 500])
SMALL = st.sampled_from([0, 10, 100])
DAYS = st.sampled_from([TODAY + timedelta(days=days) for days in (0, 1, 1, 2, 2)])
LINES = st.sampled_from(["LS-1", "LS-2"])
ATTEMPTS = st.integers(1, 2)
APPROVED = st.sampled_from(["right", "right", "right", "other amount", "never"])
NUMBERS = st.integers(0, 1_000)
NEW = st.sampled_from([True, True, True, False])

# How many steps of a payment are behind a book that begins in the middle of things.
SO_FAR = {"new": 0, "reserved": 2, "on its way": 3, "lent": 4, "a year": 4, "a loss": 4}

_books = itertools.count(1)


class AnyOrder(RuleBasedStateMachine):
    """One book and its model; each rule is one event, which may or may not be possible just then.

    Attributes:
        app, desk: sessions in which each statement is a transaction of its own, as the activities commit theirs.
        engine: for looking at the whole book at one moment.
        changed: something was written that has not been compared yet.
    """

    app: Session
    desk: Session
    engine: Engine
    tally: Counter[str]

    def __init__(self) -> None:
        super().__init__()
        self.fund = f"M{next(_books)}"
        self.model = Model()
        self.changed = False
        self.numbers = itertools.count(1)

    def teardown(self) -> None:
        self.tally["sequences"] += 1
        self.compare_balances()  # the last steps may have been refused, and have left nothing
        self.compare_pool()
        with Session(self.engine) as session:
            assert ledger.check_books(session, self.fund) == []

    # How an event is tried -----------------------------------------------------------------------------------------

    def try_to(
        self, request: LedgerRequest, deltas: dict[Pot, int] | Deltas, what: tuple[object, ...] | None = None
    ) -> None:
        expected = self.model.answer(request, deltas, what)
        heard = outcome(lambda: "replayed" if ledger.post(self.app, request).replayed else "posted")
        self.tally["steps"] += 1
        self.tally[heard] += 1
        self.tally[request.kind] += heard == "posted"
        self.changed |= heard == "posted"
        if isinstance(expected, set):
            assert heard in expected, (request, heard, expected)
        else:
            assert heard == expected, (request, heard, expected)

    def approval(self, kind: PostingKind, amount: int, how: str, about: str, case: str | None = None) -> str:
        """An approval of this event, of another amount, or none; the same event asks for the same approval again."""
        key = f"{self.fund}/approval/{kind}/{case}/{about}/{amount}/{how}"
        if how != "never":
            said = amount + (how == "other amount")
            approval = Approval(
                book=self.fund,
                key=key,
                kind=kind,
                case_no=case,
                amount_fen=said,
                about=about,
                maker="maker",
                checker="checker",
            )
            ledger.approve(self.desk, approval)
            self.model.allow(key, (kind, case, said, about))
        return key

    def record(self, on: date) -> year.Record:
        return year.Record(fund=self.fund, on=on, actor_id="maker")

    def line(self, new: bool) -> str:
        """A reference of the statement, mostly a new one."""
        return f"R{next(self.numbers)}" if new else "R-again"

    @initialize(capital=st.sampled_from([600, 1000, 2000]), so_far=st.sampled_from(list(SO_FAR)))
    def open_the_book(self, capital: int, so_far: str) -> None:
        """Some books begin in the middle of things, so that short sequences also reach what comes late."""
        self.capital_in(capital, "city", TODAY, True)
        if SO_FAR[so_far]:
            self.lend("A", 500, 1, SO_FAR[so_far])
        if so_far == "a year":
            self.receive("A", 200, 100, 100, TODAY, True)
            self.vat("A", 10, TODAY, True)
            self.prepay("B", 250, TODAY, True)
            self.unmatched("LS-1", 500, TODAY)
        if so_far == "a loss":
            self.write_off("A", 500, TODAY, "right")

    # Lending -------------------------------------------------------------------------------------------------------

    @rule(amount=AMOUNTS, who=st.sampled_from(["city", "county"]), on=DAYS, new=NEW)
    def capital_in(self, amount: int, who: str, on: date, new: bool) -> None:
        request = postings.capital_in(self.fund, who, amount, reference=self.line(new), on=on, actor_id="maker")
        self.try_to(request, {POOL: amount, ("capital", who): amount})

    @rule(case=CASES, amount=AMOUNTS, attempt=ATTEMPTS, on=DAYS)
    def reserve(self, case: str, amount: int, attempt: int, on: date) -> None:
        self.try_to(
            postings.reserve(self.fund, case, amount, attempt=attempt, terms_digest="t", on=on, actor_id="checker"), {}
        )

    @rule(case=CASES, attempt=ATTEMPTS, on=DAYS, failed=st.booleans(), number=ATTEMPTS)
    def release(self, case: str, attempt: int, on: date, failed: bool, number: int) -> None:
        hold = postings.leg_key(self.fund, case, "fail" if failed else "reserve", number)
        self.try_to(postings.release_hold(self.fund, case, attempt=attempt, hold=hold, on=on, actor_id="checker"), {})

    @rule(case=CASES, amount=AMOUNTS, attempt=ATTEMPTS, right=st.booleans())
    def approve(self, case: str, amount: int, attempt: int, right: bool) -> None:
        approval = postings.approval_of_bridge(
            self.fund,
            case,
            amount,
            attempt=attempt,
            payee="p" if right else "q",
            terms_digest="t",
            maker="maker",
            checker="checker",
        )
        what = (PostingKind.INTEND, case, amount, approval.about)
        before = self.model.allowed.get(approval.key)
        self.model.allow(approval.key, what)
        same = before is None or before.what == what
        assert outcome(lambda: ledger.approve(self.desk, approval)) == (None if same else "ledger.approval_differs")

    @rule(case=CASES, amount=AMOUNTS, payment=ATTEMPTS, attempt=ATTEMPTS, failed=st.booleans(), on=DAYS)
    def intend(self, case: str, amount: int, payment: int, attempt: int, failed: bool, on: date) -> None:
        hold = postings.leg_key(self.fund, case, "fail" if failed else "reserve", 1 if failed else attempt)
        request = postings.intend_payment(
            self.fund,
            case,
            amount,
            payment=payment,
            attempt=attempt,
            hold=hold,
            payee="p",
            terms_digest="t",
            on=on,
            actor_id="cashier",
        )
        self.try_to(request, {}, (PostingKind.INTEND, case, amount, "p"))

    @rule(case=CASES, amount=AMOUNTS, payment=ATTEMPTS, on=DAYS)
    def fail(self, case: str, amount: int, payment: int, on: date) -> None:
        self.try_to(
            postings.payment_failed(
                self.fund, case, amount, payment=payment, terms_digest="t", on=on, actor_id="cashier"
            ),
            {},
        )

    @rule(case=CASES, amount=AMOUNTS, payment=ATTEMPTS, on=DAYS, new=NEW)
    def disburse(self, case: str, amount: int, payment: int, on: date, new: bool) -> None:
        request = postings.disburse(
            self.fund,
            case,
            amount,
            f"ZF-{case}-{payment}" if new else "ZF-again",
            payment=payment,
            terms_digest="t",
            on=on,
            actor_id="cashier",
        )
        self.try_to(request, {POOL: -amount, ("owed", case): amount})

    @rule(case=CASES, amount=AMOUNTS, attempt=ATTEMPTS, upto=st.integers(2, 4))
    def lend(self, case: str, amount: int, attempt: int, upto: int) -> None:
        """The steps of a payment as they should follow each other, or the first few of them."""
        steps: tuple[Callable[[], None], ...] = (
            lambda: self.reserve(case, amount, attempt, TODAY),
            lambda: self.approve(case, amount, attempt, True),
            lambda: self.intend(case, amount, attempt, attempt, False, TODAY),
            lambda: self.disburse(case, amount, attempt, TODAY, True),
        )
        for step in steps[:upto]:
            step()

    # Money comes in ------------------------------------------------------------------------------------------------

    @rule(case=CASES, principal=AMOUNTS, fee=SMALL, excess=SMALL, on=DAYS, new=NEW)
    def receive(self, case: str, principal: int, fee: int, excess: int, on: date, new: bool) -> None:
        request = postings.receive(
            self.fund,
            case,
            "return",
            principal_fen=principal,
            fee_fen=fee,
            excess_fen=excess,
            reference=self.line(new),
            on=on,
            actor_id="maker",
        )
        self.try_to(request, {**returned(case, principal, fee), ASIDE: excess, ("due", case): excess})

    @rule(case=CASES, principal=AMOUNTS, fee=SMALL, excess=SMALL, on=DAYS, new=NEW)
    def guarantor_in(self, case: str, principal: int, fee: int, excess: int, on: date, new: bool) -> None:
        amounts = {"principal_fen": principal, "fee_fen": fee, "excess_fen": excess}
        request = year.guarantor_in(self.record(on), case, **amounts, reference=self.line(new))
        self.try_to(request, {**returned(case, principal, fee), ASIDE: excess, ("due", case): excess})

    @rule(line=LINES, amount=AMOUNTS, on=DAYS)
    def unmatched(self, line: str, amount: int, on: date) -> None:
        request = postings.unmatched_receipt(self.fund, amount, reference=line, on=on, actor_id="maker")
        self.try_to(request, {ASIDE: amount, ("unknown", line): amount})

    @rule(case=CASES, line=LINES, principal=AMOUNTS, fee=SMALL, excess=SMALL, on=DAYS, guarantors=st.booleans())
    def match(self, case: str, line: str, principal: int, fee: int, excess: int, on: date, guarantors: bool) -> None:
        amounts = {"principal_fen": principal, "fee_fen": fee, "excess_fen": excess}
        request = (year.guarantor_match if guarantors else year.match)(self.record(on), case, line, **amounts)
        deltas = {
            **returned(case, principal, fee),
            ("unknown", line): -principal - fee - excess,
            ASIDE: -principal - fee,
            ("due", case): excess,
        }
        self.try_to(request, deltas)

    @rule(case=CASES, amount=AMOUNTS, on=DAYS, new=NEW)
    def prepay(self, case: str, amount: int, on: date, new: bool) -> None:
        request = year.prepay(self.record(on), case, amount, reference=self.line(new))
        self.try_to(request, {ASIDE: amount, ("prepaid", case): amount})

    @rule(case=CASES, amount=AMOUNTS, on=DAYS)
    def true_up(self, case: str, amount: int, on: date) -> None:
        deltas = {("prepaid", case): -amount, ASIDE: -amount, FEES: amount, ("income", case): amount}
        self.try_to(year.true_up(self.record(on), case, amount), deltas)

    @rule(amount=SMALL.filter(bool), on=DAYS, new=NEW)
    def interest(self, amount: int, on: date, new: bool) -> None:
        request = year.interest(self.record(on), amount, reference=self.line(new))
        self.try_to(request, {POOL: amount, ("interest", "escrow"): amount})

    @rule(case=CASES, amount=AMOUNTS, on=DAYS, new=NEW)
    def recover(self, case: str, amount: int, on: date, new: bool) -> None:
        request = year.recover(self.record(on), case, amount, reference=self.line(new))
        self.try_to(request, {POOL: amount, ("recovered", case): amount, ("record", case): -amount})

    # Money goes out, or is given up ----------------------------------------------------------------------------------

    @rule(case=CASES, amount=AMOUNTS, on=DAYS, new=NEW)
    def refund_prepaid(self, case: str, amount: int, on: date, new: bool) -> None:
        request = year.refund_prepaid(self.record(on), case, amount, reference=self.line(new))
        self.try_to(request, {("prepaid", case): -amount, ASIDE: -amount})

    @rule(case=CASES, line=LINES, of_case=st.booleans(), amount=AMOUNTS | SMALL.filter(bool), on=DAYS, how=APPROVED)
    def refund(self, case: str, line: str, of_case: bool, amount: int, on: date, how: str) -> None:
        whose = case if of_case else None
        approval = self.approval(PostingKind.REFUND, amount, how, "payee", whose)
        request = year.refund(
            self.record(on),
            amount,
            approval=approval,
            payee="payee",
            reference=self.line(True),
            case=whose,
            line=line,
        )
        pot = ("due", case) if of_case else ("unknown", line)
        self.try_to(request, {pot: -amount, ASIDE: -amount}, (PostingKind.REFUND, whose, amount, "payee"))

    @rule(amount=SMALL.filter(bool), on=DAYS, new=NEW)
    def charge(self, amount: int, on: date, new: bool) -> None:
        request = year.charge(self.record(on), amount, reference=self.line(new))
        self.try_to(request, {FEES: -amount, ("charge", "escrow"): amount})

    @rule(case=CASES, amount=SMALL.filter(bool), on=DAYS, new=NEW)
    def vat(self, case: str, amount: int, on: date, new: bool) -> None:
        request = year.vat(self.record(on), case, amount, invoice=self.line(new))
        self.try_to(request, {("income", case): -amount, ("vat", "usage_fee"): amount})

    @rule(amount=SMALL.filter(bool), on=DAYS, new=NEW)
    def vat_paid(self, amount: int, on: date, new: bool) -> None:
        request = year.vat_paid(self.record(on), amount, reference=self.line(new))
        self.try_to(request, {("vat", "usage_fee"): -amount, FEES: -amount})

    @rule(amount=SMALL.filter(bool), on=DAYS, how=APPROVED, limit=st.sampled_from([None, 200_000, 1_000_000]))
    def spend(self, amount: int, on: date, how: str, limit: int | None) -> None:
        request = year.spend(
            self.record(on),
            "office",
            amount,
            approval=self.approval(PostingKind.SPEND, amount, how, "office"),
            reference=self.line(True),
            limit_ppm=limit,
        )
        what = (PostingKind.SPEND, None, amount, "office")
        self.try_to(request, {FEES: -amount, ("spent", "office"): amount}, what)

    @rule(case=CASES, amount=AMOUNTS, on=DAYS, how=APPROVED)
    def write_off(self, case: str, amount: int, on: date, how: str) -> None:
        approval = self.approval(PostingKind.WRITE_OFF, amount, how, "HX", case)
        request = year.write_off(self.record(on), case, amount, approval=approval, decision="HX")
        deltas = {("owed", case): -amount, ("lost", case): amount, ("record", case): amount}
        self.try_to(request, deltas, (PostingKind.WRITE_OFF, case, amount, "HX"))

    @rule(case=CASES, amount=AMOUNTS, on=DAYS, how=APPROVED, new=NEW)
    def compensate(self, case: str, amount: int, on: date, how: str, new: bool) -> None:
        approval = self.approval(PostingKind.COMPENSATE, amount, how, "bank", case)
        request = year.compensate(
            self.record(on), case, amount, approval=approval, payee="bank", reference=self.line(new)
        )
        what = (PostingKind.COMPENSATE, case, amount, "bank")
        self.try_to(request, {POOL: -amount, ("compensated", case): amount}, what)

    @rule(who=st.sampled_from(["city", "county"]), amount=AMOUNTS, on=DAYS, how=APPROVED, new=NEW)
    def capital_out(self, who: str, amount: int, on: date, how: str, new: bool) -> None:
        approval = self.approval(PostingKind.CAPITAL_OUT, amount, how, who)
        request = year.capital_out(self.record(on), who, amount, approval=approval, reference=self.line(new))
        what = (PostingKind.CAPITAL_OUT, None, amount, who)
        self.try_to(request, {POOL: -amount, ("capital", who): -amount}, what)

    # Closing, correcting, asking again -------------------------------------------------------------------------------

    @rule(number=st.integers(2026, 2028), to_pool=SMALL, more=st.sampled_from([0, 0, 0, 1]), on=DAYS)
    def carry_over(self, number: int, to_pool: int, more: int, on: date) -> None:
        income = {"income": "fee_income", "interest": "interest_income", "recovered": "recovery_income"}
        cost = {"spent": "fee_spending", "charge": "bank_charge", "lost": "loss", "compensated": "compensation"}
        nets, deltas = [], Counter[Pot]({POOL: to_pool, FEES: -to_pool})
        for (pot, part), amount in sorted(self.model.pots.items()):
            if amount and pot in income | cost:
                amount += more  # what does not stand there cannot be carried over
                subject = Subject((income | cost)[pot])
                nets.append(year.NetBalance(account=Account(subject=subject, dimension=part), net_fen=amount))
                deltas[pot, part] -= amount
                deltas["surplus", "carried_over"] += amount if pot in income else -amount
        if nets or to_pool:
            self.try_to(year.carry_over(self.record(on), number, nets, to_pool), deltas)

    @rule(which=NUMBERS, on=DAYS, how=APPROVED, again=st.booleans())
    def reverse(self, which: int, on: date, how: str, again: bool) -> None:
        with_entries = [written for written in self.model.written.values() if written.request.lines]
        if not with_entries:
            return
        target = with_entries[which % len(with_entries)]
        key, case = target.request.key, target.request.case_no
        total = sum(line.amount_fen for line in target.request.lines)
        approval = self.approval(PostingKind.REVERSE, total, how, key, case)
        request = year.reverse(self.record(on), key, target.request.lines, approval=approval, case=case)
        if again:
            request = request.model_copy(update={"key": f"{key}/reverse/2"})
        deltas = {pot: -change for pot, change in target.deltas.items()}
        self.try_to(request, deltas, (PostingKind.REVERSE, case, total, key))

    @rule(days=st.sampled_from([-1, 0, 1]))
    def close(self, days: int) -> None:
        through = TODAY + timedelta(days=days)
        forward = self.model.closed < through
        heard = outcome(lambda: ledger.close_books(self.desk, self.fund, through, "checker"))
        assert (heard == "ledger.closed_already") is not forward
        if forward:
            self.model.closed = through

    @rule(which=NUMBERS, changed=st.booleans(), on=DAYS)
    def ask_again(self, which: int, changed: bool, on: date) -> None:
        written = list(self.model.written.values())
        if not written:
            return
        request = written[which % len(written)].request.model_copy(update={"accounting_date": on})
        if changed:
            request = request.model_copy(update={"terms_digest": "another"})
        self.try_to(request, {})

    # What must hold --------------------------------------------------------------------------------------------------

    @invariant()
    def the_books_show_what_the_arithmetic_says(self) -> None:
        """After every step that wrote something; what a refused one left behind shows after the next, or at the end."""
        if self.changed:
            self.compare_balances()

    def compare_balances(self) -> None:
        """Every account to the fen."""
        rows = self.app.connection().execute(BALANCES, {"b": self.fund})
        assert {(row.subject, row.dimension): row.net for row in rows if row.net} == self.model.balances()
        # What is set aside is owed to others, to the fen.
        pots = self.model.pots
        assert pots[ASIDE] == sum(amount for (pot, _), amount in pots.items() if pot in ("unknown", "due", "prepaid"))
        self.changed = False

    def compare_pool(self) -> None:
        """What the balances say of the pool, its holds included."""
        pool, pots = ledger.pool(self.app, self.fund), self.model.pots
        assert (pool.available_fen, pool.reserved_fen) == (self.model.available, self.model.held)
        assert pool.out_fen == sum(amount for (pot, _), amount in pots.items() if pot == "owed")
        assert pool.total_fen == pots[POOL] + pool.out_fen
        assert pool.fee_income_fen == pots[FEES]


def outcome(of: Callable[[], T]) -> T | str:
    """What comes back, or the code of the refusal."""
    try:
        return of()
    except XuqiaoError as refused:
        return refused.code


def returned(case: str, principal: int, fee: int) -> dict[Pot, int]:
    return {POOL: principal, ("owed", case): -principal, FEES: fee, ("income", case): fee}


@pytest.mark.timeout(3600 if LONG else 300)
@pytest.mark.slow
@pytest.mark.parametrize("shard", range(SHARDS))
def test_in_whatever_order_events_come_the_books_agree_with_the_model(
    app_engine: Engine, desk_engine: Engine, shard: int
) -> None:
    number = int(os.environ.get("XUQIAO_SEED") or random.SystemRandom().randrange(2**32)) + shard
    print(f"part {shard}: XUQIAO_SEED={number - shard}")
    tally = Counter[str]()
    with (
        Session(app_engine.execution_options(isolation_level="AUTOCOMMIT")) as app,
        Session(desk_engine.execution_options(isolation_level="AUTOCOMMIT")) as desk,
    ):
        namespace: dict[str, Any] = {"app": app, "desk": desk, "engine": app_engine, "tally": tally}
        run_state_machine_as_test(
            seed(number)(type("Shard", (AnyOrder,), namespace)),
            settings=settings(
                max_examples=SEQUENCES,
                stateful_step_count=STEPS,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    print(dict(tally))
    assert tally["sequences"] >= SEQUENCES
    assert tally["steps"] > SEQUENCES * STEPS / 2
    # A part of a long run writes all kinds of events but one at the most, and meets nearly every refusal; few
    # steps seldom lead to a write-off.
    never = [kind.value for kind in PostingKind if not tally[kind]]
    assert len(never) <= (1 if LONG else 8), never
    assert len([code for code in tally if str(code).startswith("ledger.")]) >= (14 if LONG else 8)
