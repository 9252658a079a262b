"""Simulated officers: they take the worklist from the top and do what people in their place would do."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import select
from sqlmodel import Session

from models.base import table
from models.books.receipts import provisional_of
from models.cases import approvals
from models.cases.applications import Application, Loan
from models.cases.case_file import RenewalCase, Task
from models.funds.calendar import calendar_around
from models.funds.funds import fund, kept_measure
from models.funds.people import OFFICERS, Person, RoleHeld, actor, roles_today
from rulebook.cases import CaseFacts
from rulebook.law.ceiling import ceiling_of
from rulebook.law.measure import Measure
from rulebook.messages import (
    ActBody,
    Actor,
    Approve,
    ChecklistItem,
    ConfirmReceipt,
    DecideReferral,
    Propose,
    RecordSigning,
    Reject,
    Release,
    SendBack,
    Withdraw,
)
from rulebook.stages import ActKind, CaseStage, Role

MINUTES = "联席会议第1次会议纪要"
"""What the simulated checker names where an amount needs the minutes of a committee."""


class Deed(NamedTuple):
    """An act somebody is about to do; ``key`` makes a repetition harmless."""

    key: str
    case_no: str
    body: ActBody
    actor: Actor


@dataclass(frozen=True)
class Staff:
    """Who plays which part."""

    maker: str
    checker: str
    cashier: str

    @classmethod
    def of(cls, session: Session, code: str) -> "Staff":
        """The first person of each role at a fund's operator today, by id; none of them twice."""
        column, own = table(RoleHeld).c, fund(session, code).operator
        found = select(column.person).join(table(Person), column.person == table(Person).c.id)
        ids = session.scalars(found.where(column.fund == code, table(Person).c.organisation == own).distinct())
        held = {each: roles_today(session, each, code) for each in ids}
        people = sorted(held, key=lambda each: (len(held[each]), each))
        return cls(*(next(each for each in people if role in held[each]) for role in OFFICERS))


class Officers:
    """What the officers do with a task.

    Args:
        manners: by LoanNote, what they do besides the usual: reject, withdraw, accept_referral, refuse_referral,
            send_back_once.
    """

    def __init__(self, manners: Mapping[str, str]) -> None:
        self._manners = manners

    def deed(self, session: Session, task: Task, today: date) -> Deed | None:
        """What is done about a task today; None when it must wait."""
        staff = Staff.of(session, task.fund)
        application = session.get_one(Application, task.case_no)
        note = session.get_one(Loan, application.loan).note
        manner = self._manners.get(note, "")
        facts = CaseFacts.model_validate(application.facts)
        case = session.get_one(RenewalCase, task.case_no)

        def by(person: str, role: Role, body: ActBody, turn: object = 1) -> Deed:
            return Deed(
                f"{task.case_no}/{body.kind}/{turn}", task.case_no, body, actor(session, person, role, task.fund)
            )

        if manner == "withdraw" and case.stage == CaseStage.BANK_OPINION:
            return by(staff.maker, Role.MAKER, Withdraw(reason="企业自筹资金已到位，书面撤回申请"))
        approval = approvals.current_approval(session, task.case_no)
        attempt = approval.attempt if approval else 0
        match task.kind:
            case ActKind.DECIDE_REFERRAL:
                go_on = manner != "refuse_referral"
                reason = "已补充核实，符合条件" if go_on else "经核实资料仍不齐全，不予受理"
                return by(staff.checker, Role.CHECKER, DecideReferral(go_on=go_on, reason=reason))
            case ActKind.PROPOSE:
                amount = self._amount(session, case, facts)
                return by(staff.maker, Role.MAKER, Propose(amount_fen=amount), turn=task.id)
            case ActKind.APPROVE:
                assert approval is not None, "a checker's task comes with a proposal"
                if manner == "reject":
                    return by(staff.checker, Role.CHECKER, Reject(reason="用款必要性不足"))
                if manner == "send_back_once" and attempt == 1:
                    return by(staff.checker, Role.CHECKER, SendBack(reason="请补充自筹资金证明"))
                minutes = MINUTES if self._needs_committee(session, case, approval.amount_fen) else ""
                approve = Approve(terms_digest=approval.terms_digest, minutes=minutes)
                return by(staff.checker, Role.CHECKER, approve, turn=attempt)
            case ActKind.RECORD_SIGNING:
                signing = RecordSigning(signed_on=today, return_path_confirmed=True)
                return by(staff.maker, Role.MAKER, signing, turn=attempt)
            case ActKind.RELEASE:
                days = calendar_around(session, facts.received_on, facts.loan.maturity)
                if today != days.workday_before(facts.loan.maturity):
                    return None
                release = Release(confirmed=tuple(ChecklistItem), balance_fen=facts.loan.balance_fen)
                return by(staff.cashier, Role.CASHIER, release, turn=task.id)
            case ActKind.CONFIRM_RECEIPT:
                waiting = provisional_of(session, task.fund, task.case_no)
                if not waiting:
                    return None
                first = waiting[0]
                found = ConfirmReceipt(reference=first.reference, amount_fen=first.amount_fen, seen="网上银行专户明细")
                return by(staff.cashier, Role.CASHIER, found, turn=first.reference)
            case _:
                return None

    def _amount(self, session: Session, case: RenewalCase, facts: CaseFacts) -> int:
        """What was asked for, as far as the ceiling goes."""
        promise = approvals.promise_in_force(session, case.case_no)
        assert promise is not None, "a proposal follows a promise"
        return min(facts.asked_fen, ceiling_of(facts, promise, self._measure(session, case)).amount_fen)

    def _needs_committee(self, session: Session, case: RenewalCase, amount_fen: int) -> bool:
        threshold = self._measure(session, case).committee_above_fen
        return threshold is not None and amount_fen > threshold

    def _measure(self, session: Session, case: RenewalCase) -> Measure:
        assert case.measure_digest is not None, "a case that officers work on has its measure"
        return kept_measure(session, case.measure_digest)
