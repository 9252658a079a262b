"""A payment that the bank made after it was given up: two people say so, the books follow, the money is pursued."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlmodel import Session

from activities.books.ledger import lock_pool
from activities.cases.pursuit import look_again, pursue
from models.books import ledger, statements
from models.cases import approvals, payments
from models.cases.applications import Application
from models.cases.approvals import Approval
from models.cases.case_file import RenewalCase, the_case
from models.cases.payments import Payment, PaymentState
from models.cases.troubles import Trouble, TroubleKind, notice, was_dismissed
from models.funds.funds import business_date
from rulebook.applications import payee_digest
from rulebook.books import postings
from rulebook.books.postings import PostingKind
from rulebook.books.reconciling import booked_as
from rulebook.books.statements import KnownLine
from rulebook.errors import XuqiaoError
from rulebook.events import EventKind
from rulebook.messages import Actor
from rulebook.money import format_yuan
from rulebook.stages import ENDS, OWED_NO_MORE, ActKind, CaseStage
from rulebook.steps import Step

_LATER_ATTEMPT = text("""
    SELECT case_no FROM renewal_case WHERE loan = :loan AND case_no <> :case AND stage <> ALL(:over) LIMIT 1
""")


class Late(NamedTuple):
    """The line that shows the payment, what was ordered then, and the approval that was void when it was given up.

    ``attempt`` is the number of the new one.
    """

    line: KnownLine
    ordered: Payment
    earlier: Approval
    payee: str
    attempt: int


def tell_late_payments(session: Session, fund: str, late: Mapping[str, str]) -> None:
    """Put each line by which the bank paid what was given up where people see it, until two people have seen to it.

    Args:
        late: the case by the name of the line.
    """
    for name, case_no in late.items():
        line = statements.line_of(session, fund, name)
        if line and not was_dismissed(session, case_no, TroubleKind.LATE_PAYMENT, name):
            shown = {"line": name, "on": line.on, "amount": format_yuan(-line.amount_fen)}
            notice(session, case_no, TroubleKind.LATE_PAYMENT, name, **shown)


def allow(session: Session, trouble: Trouble, checker: Actor) -> int:
    """Put into the books that two people stand behind what the bank has paid, unless they could not book it now.

    What others allowed before, when the books refused it after all, stays there unused: this one is numbered after it.

    Args:
        session: of the desk.
    Returns:
        the number of the approval; 0 where the payment is booked already.
    Raises:
        XuqiaoError: as ``_late``; ``ledger.pool_short``, ``ledger.reference_used``.
    """
    case = the_case(session, trouble.case_no)
    if _is_booked(session, trouble):
        return 0
    late = _late(session, case, trouble)
    _refuse_as_the_books_would(session, case.fund, late)
    while not _allowed(session, case, late, trouble.proposed_by or "", checker.id):
        late = late._replace(attempt=late.attempt + 1)
    return late.attempt


def _refuse_as_the_books_would(session: Session, fund: str, late: Late) -> None:
    available, asked = ledger.available_fen(session, fund), late.ordered.amount_fen
    if available < asked:
        sums = {"available": format_yuan(available, grouped=True), "asked": format_yuan(asked, grouped=True)}
        raise XuqiaoError("ledger.pool_short", **sums)
    movements, pairs = statements.movements_of_account(session, fund), statements.pairs_of(session, fund)
    if booked_as([late.line], movements, pairs):
        raise XuqiaoError("ledger.reference_used", reference=late.line.name, kind=PostingKind.DISBURSE.value)


def _allowed(session: Session, case: RenewalCase, late: Late, maker: str, checker: str) -> bool:
    """Whether the approval stands under its number; False where that is another's."""
    approval = postings.approval_of_bridge(
        case.fund,
        case.case_no,
        late.ordered.amount_fen,
        attempt=late.attempt,
        payee=late.payee,
        terms_digest=late.earlier.terms_digest,
        maker=maker,
        checker=checker,
    )
    try:
        ledger.approve(session, approval)
    except XuqiaoError as refusal:
        if refusal.code != "ledger.approval_differs":
            raise
        return False
    return True


def book(session: Session, trouble: Trouble, checker: Actor, attempt: int) -> None:
    """Book what the bank has paid, under the line that shows it, and begin the pursuit; done again, it changes nothing.

    Args:
        session: of the application.
        attempt: the number of the approval.
    Raises:
        XuqiaoError: as ``_late``; what the books refuse, such as ``ledger.pool_short``.
    """
    lock_pool(session, trouble.fund)
    if _is_booked(session, trouble):
        return
    case, on = the_case(session, trouble.case_no), business_date(session, trouble.fund)
    late = _late(session, case, trouble)._replace(attempt=attempt)
    _approve(session, late, trouble, checker)
    _post(session, case, late, on, checker, _cause(trouble))
    case.amount_fen, case.paid_on = late.ordered.amount_fen, min(late.line.on, on)
    session.add(case)
    session.flush()
    step = Step(
        case_no=case.case_no,
        fund=case.fund,
        cause=_cause(trouble),
        at=datetime.now(UTC),
        event=EventKind.PAID_LATE,
        stage=CaseStage.RECOVERY,
        awaits=ActKind.CONCLUDE_RECOVERY,
        due=look_again(session, case),
        actor=checker,
        detail={
            "amount": format_yuan(late.ordered.amount_fen),
            "reference": late.line.name,
            "reason": trouble.reason or "",
            "proposed_by": trouble.proposed_by or "",
        },
    )
    pursue(session, case, step, trouble.reason or "")


def _cause(trouble: Trouble) -> str:
    return f"trouble/{trouble.id}"


def _post(session: Session, case: RenewalCase, late: Late, on: date, checker: Actor, cause: str) -> None:
    """Set the money aside, let it go and have it gone, as any payment: the books take it no other way."""
    number, ordered = len(payments.payments_of(session, case.case_no)) + 1, late.ordered
    of_case = (case.fund, case.case_no, ordered.amount_fen)
    leg: dict[str, Any] = {
        "terms_digest": late.earlier.terms_digest,
        "on": on,
        "actor_id": checker.id,
        "evidence": cause,
    }
    reserved = postings.reserve(*of_case, attempt=late.attempt, **leg)
    intended = postings.intend_payment(
        *of_case, payment=number, attempt=late.attempt, hold=reserved.key, payee=late.payee, **leg
    )
    paid = postings.disburse(*of_case, late.line.name, payment=number, **leg)
    payments.intend(
        session,
        paid.key,
        case_no=case.case_no,
        fund=case.fund,
        number=number,
        attempt=late.attempt,
        amount_fen=ordered.amount_fen,
        digest=ordered.order_digest,
        by_hand=ordered.by_hand,
        released_by=ordered.released_by,
    )
    payments.mark(session, paid.key, statement_reference=late.line.name, confirmed_by=checker.id)
    payments.decide_payment(session, paid.key, PaymentState.PAID, late.line.name, None, on)
    for request in (reserved, intended, paid):
        ledger.post(session, request)


def _approve(session: Session, late: Late, trouble: Trouble, checker: Actor) -> None:
    """The approval of the two people as the case file shows it, of what was asked and found the first time."""
    earlier = late.earlier
    again = earlier.model_dump(include={"case_no", "ceiling_fen", "bound_by", "terms_digest", "findings"})
    session.add(
        Approval(
            **again,
            attempt=late.attempt,
            amount_fen=late.ordered.amount_fen,
            maker=trouble.proposed_by or "",
            proposed_at=trouble.proposed_at or datetime.now(UTC),
            checker=checker.id,
            approved_at=datetime.now(UTC),
        )
    )
    session.flush()


def _is_booked(session: Session, trouble: Trouble) -> bool:
    paid = [each for each in payments.payments_of(session, trouble.case_no) if each.state == PaymentState.PAID]
    return any(each.statement_reference == trouble.about for each in paid)


def _late(session: Session, case: RenewalCase, trouble: Trouble) -> Late:
    """What must be so before a late payment is booked for a case that has ended.

    Raises:
        XuqiaoError: ``trouble.case_at_work``, ``trouble.paid_twice``, ``trouble.later_attempt``,
            ``trouble.other_amount``.
    """
    if CaseStage(case.stage) not in ENDS:
        raise XuqiaoError("trouble.case_at_work", case=case.case_no)
    made = payments.payments_of(session, case.case_no)
    if any(each.state != PaymentState.REJECTED for each in made):
        raise XuqiaoError("trouble.paid_twice", case=case.case_no)
    asked = {"loan": case.loan, "case": case.case_no, "over": [stage.value for stage in OWED_NO_MORE]}
    if other := session.connection().execute(_LATER_ATTEMPT, asked).scalar():
        raise XuqiaoError("trouble.later_attempt", case=case.case_no, other=other)
    line = statements.line_of(session, case.fund, trouble.about)
    ordered = next((each for each in reversed(made) if line and each.amount_fen == -line.amount_fen), None)
    earlier = session.get(Approval, (case.case_no, approvals.last_attempt(session, case.case_no)))
    if line is None or ordered is None or earlier is None:
        raise XuqiaoError("trouble.other_amount", case=case.case_no, line=trouble.about)
    to = session.get_one(Application, case.case_no)
    payee = payee_digest(to.account_name, to.account_number, to.account_branch)
    return Late(line, ordered, earlier, payee, earlier.attempt + 1)
