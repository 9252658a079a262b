"""The stages of a case, where each may lead, and who may do what in it: one table for workflow, database and pages."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import NamedTuple


class CaseStage(StrEnum):
    """Where a case stands."""

    INTAKE = "intake"  # 受理
    ELIGIBILITY = "eligibility"  # 资格审查
    BANK_OPINION = "bank_opinion"  # 银行意见
    APPROVAL = "approval"  # 审批
    QUEUED = "queued"  # 排队
    AGREEMENT = "agreement"  # 协议签署
    DISBURSEMENT = "disbursement"  # 放款
    OLD_LOAN_SETTLEMENT = "old_loan_settlement"  # 旧贷结清
    COLLATERAL = "collateral"  # 抵押重办
    NEW_LOAN = "new_loan"  # 新贷发放
    REPAYMENT = "repayment"  # 回款
    RECOVERY = "recovery"  # 追偿
    CLOSED = "closed"  # 结清
    WRITTEN_OFF = "written_off"  # 核销
    REFUSED = "refused"  # 不予支持
    LAPSED = "lapsed"  # 失效
    WITHDRAWN = "withdrawn"  # 撤回


class Role(StrEnum):
    """The part a person plays in one act."""

    MAKER = "maker"  # 经办
    CHECKER = "checker"  # 复核
    CASHIER = "cashier"  # 出纳
    BANK_CLERK = "bank_clerk"  # 银行经办
    SYSTEM = "system"


class ActKind(StrEnum):
    """What an officer may do to a case; each is a Temporal Update of this name."""

    DECIDE_REFERRAL = "decide_referral"
    PROPOSE = "propose"
    APPROVE = "approve"
    SEND_BACK = "send_back"
    REJECT = "reject"
    DRAW_AGAIN = "draw_again"
    RECORD_SIGNING = "record_signing"
    RELEASE = "release"
    MARK_SENT = "mark_sent"
    CONFIRM_PAYMENT = "confirm_payment"
    CONFIRM_RECEIPT = "confirm_receipt"
    WITHDRAW = "withdraw"
    CONCLUDE_RECOVERY = "conclude_recovery"
    PROPOSE_WRITE_OFF = "propose_write_off"
    APPROVE_WRITE_OFF = "approve_write_off"
    PUT_FIRST = "put_first"
    PROPOSE_MEASURE = "propose_measure"
    APPROVE_MEASURE = "approve_measure"
    PROPOSE_CORRECTION = "propose_correction"
    APPROVE_CORRECTION = "approve_correction"
    PROPOSE_DATE = "propose_date"
    APPROVE_DATE = "approve_date"


class MessageKind(StrEnum):
    """What a bank may tell a case; each is a Temporal Signal of this name."""

    OPINION = "opinion"
    PROMISE = "promise"
    PROMISE_WITHDRAWN = "promise_withdrawn"
    OLD_LOAN_SETTLED = "old_loan_settled"
    COLLATERAL_REGISTERED = "collateral_registered"
    NEW_LOAN = "new_loan"
    NOT_RENEWING = "not_renewing"
    RECEIPT = "receipt"


class EndReason(StrEnum):
    """Why a case ended, or its money is pursued, where no person said why in his own words."""

    NOT_ELIGIBLE = "not_eligible"
    FILED_TOO_LATE = "filed_too_late"
    BANK_WILL_NOT_RENEW = "bank_will_not_renew"
    DIRECT_RENEWAL_NOT_SIGNED = "direct_renewal_not_signed"
    RETURN_DEADLINE_PASSED = "return_deadline_passed"
    RETURN_REVERSED = "return_reversed"
    NO_OPINION = "no_opinion"
    NO_PROMISE = "no_promise"
    NO_DECIDE_REFERRAL = "no_decide_referral"
    NO_PROPOSE = "no_propose"
    NO_APPROVE = "no_approve"
    NO_RECORD_SIGNING = "no_record_signing"
    NO_DRAW_AGAIN = "no_draw_again"
    NO_RELEASE = "no_release"
    NO_POOL_MONEY = "no_pool_money"


NOT_DONE: Mapping[ActKind | MessageKind | None, EndReason] = {
    MessageKind.OPINION: EndReason.NO_OPINION,
    MessageKind.PROMISE: EndReason.NO_PROMISE,
    ActKind.DECIDE_REFERRAL: EndReason.NO_DECIDE_REFERRAL,
    ActKind.PROPOSE: EndReason.NO_PROPOSE,
    ActKind.APPROVE: EndReason.NO_APPROVE,
    ActKind.RECORD_SIGNING: EndReason.NO_RECORD_SIGNING,
    ActKind.DRAW_AGAIN: EndReason.NO_DRAW_AGAIN,
    ActKind.RELEASE: EndReason.NO_RELEASE,
    None: EndReason.NO_POOL_MONEY,
}
"""Why a case lapses whose last call passes while it waits for an act or a message, or (None) for the pool's money."""


Kind = ActKind | MessageKind
"""What an act or a message is; what a case can wait for."""


class StageRow(NamedTuple):
    """One line of the table: where the stage may lead, the acts open in it with their role, the messages it takes."""

    leads_to: frozenset[CaseStage]
    acts: Mapping[ActKind, Role]
    messages: frozenset[MessageKind]


def _row(
    leads_to: tuple[CaseStage, ...] = (),
    acts: Mapping[ActKind, Role] | None = None,
    messages: tuple[MessageKind, ...] = (),
) -> StageRow:
    # From any stage but an end a case may come to a paper that cannot be drawn, and wait there until it can.
    again = {ActKind.DRAW_AGAIN: Role.MAKER} if leads_to else {}
    return StageRow(frozenset(leads_to), {**(acts or {}), **again}, frozenset(messages))


_S, _A, _M = CaseStage, ActKind, MessageKind
_WITHDRAW = {_A.WITHDRAW: Role.MAKER}
_OPEN = {**_WITHDRAW, _A.PROPOSE_MEASURE: Role.MAKER, _A.APPROVE_MEASURE: Role.CHECKER}
"""While no money is out, the borrower may withdraw and the case may be moved to another measure."""
_CORRECT = {_A.PROPOSE_CORRECTION: Role.MAKER, _A.APPROVE_CORRECTION: Role.CHECKER}
"""Until something is proposed on it, an application that was filed wrongly may be corrected."""
_REDATE = {_A.PROPOSE_DATE: Role.MAKER, _A.APPROVE_DATE: Role.CHECKER}
"""Where a date has been recorded that rests on somebody's word, a wrong one may be corrected."""
_BEFORE_MONEY = (_M.OPINION, _M.PROMISE, _M.PROMISE_WITHDRAWN, _M.NOT_RENEWING)
_MONEY_OUT = (_M.NOT_RENEWING, _M.RECEIPT)
_CONFIRM = {_A.CONFIRM_RECEIPT: Role.CASHIER}
"""What a bank says came in is a notice until a line of the statement, or the cashier's own look, bears it out."""
_OUT = {**_CONFIRM, **_REDATE}

STAGES: Mapping[CaseStage, StageRow] = {
    # Lapsed only where its story could not begin, or was lost before it had done anything: two people end it.
    _S.INTAKE: _row((_S.ELIGIBILITY, _S.BANK_OPINION, _S.REFUSED, _S.LAPSED)),
    _S.ELIGIBILITY: _row(
        (_S.BANK_OPINION, _S.REFUSED, _S.LAPSED, _S.WITHDRAWN),
        {_A.DECIDE_REFERRAL: Role.CHECKER, **_WITHDRAW, **_CORRECT},
    ),
    _S.BANK_OPINION: _row(
        (_S.APPROVAL, _S.NEW_LOAN, _S.REFUSED, _S.LAPSED, _S.WITHDRAWN),
        {**_OPEN, **_CORRECT},
        _BEFORE_MONEY,
    ),
    _S.APPROVAL: _row(
        (_S.QUEUED, _S.AGREEMENT, _S.BANK_OPINION, _S.REFUSED, _S.LAPSED, _S.WITHDRAWN),
        {
            _A.PROPOSE: Role.MAKER,
            _A.APPROVE: Role.CHECKER,
            _A.SEND_BACK: Role.CHECKER,
            _A.REJECT: Role.CHECKER,
            **_OPEN,
            **_CORRECT,
        },
        _BEFORE_MONEY,
    ),
    _S.QUEUED: _row(
        (_S.AGREEMENT, _S.APPROVAL, _S.BANK_OPINION, _S.REFUSED, _S.LAPSED, _S.WITHDRAWN),
        {_A.PUT_FIRST: Role.CHECKER, **_OPEN},
        _BEFORE_MONEY,
    ),
    _S.AGREEMENT: _row(
        (_S.DISBURSEMENT, _S.APPROVAL, _S.BANK_OPINION, _S.REFUSED, _S.LAPSED, _S.WITHDRAWN),
        {_A.RECORD_SIGNING: Role.MAKER, **_OPEN},
        _BEFORE_MONEY,
    ),
    _S.DISBURSEMENT: _row(
        (_S.OLD_LOAN_SETTLEMENT, _S.APPROVAL, _S.BANK_OPINION, _S.REFUSED, _S.LAPSED, _S.WITHDRAWN),
        {
            _A.RELEASE: Role.CASHIER,
            _A.MARK_SENT: Role.CASHIER,
            _A.CONFIRM_PAYMENT: Role.CHECKER,
            **_OPEN,
            **_REDATE,
        },
        _BEFORE_MONEY,
    ),
    _S.OLD_LOAN_SETTLEMENT: _row(
        (_S.COLLATERAL, _S.NEW_LOAN, _S.RECOVERY, _S.CLOSED), _OUT, (_M.OLD_LOAN_SETTLED, *_MONEY_OUT)
    ),
    _S.COLLATERAL: _row((_S.NEW_LOAN, _S.RECOVERY, _S.CLOSED), _OUT, (_M.COLLATERAL_REGISTERED, *_MONEY_OUT)),
    _S.NEW_LOAN: _row(
        # On the direct route no money is out: the stage ends closed, or returns once to the bank's opinion.
        (_S.REPAYMENT, _S.RECOVERY, _S.CLOSED, _S.BANK_OPINION, _S.LAPSED, _S.WITHDRAWN),
        {**_WITHDRAW, **_OUT},
        (_M.NEW_LOAN, *_MONEY_OUT),
    ),
    _S.REPAYMENT: _row((_S.CLOSED, _S.RECOVERY), _OUT, (_M.RECEIPT,)),
    _S.RECOVERY: _row(
        (_S.CLOSED, _S.WRITTEN_OFF),
        {
            _A.CONCLUDE_RECOVERY: Role.CHECKER,
            _A.PROPOSE_WRITE_OFF: Role.MAKER,
            _A.APPROVE_WRITE_OFF: Role.CHECKER,
            **_OUT,
        },
        (_M.RECEIPT,),
    ),
    _S.CLOSED: _row(),
    _S.WRITTEN_OFF: _row(),
    _S.REFUSED: _row(),
    _S.LAPSED: _row(),
    _S.WITHDRAWN: _row(),
}

ACT_ROLES: Mapping[ActKind, Role] = {kind: role for row in STAGES.values() for kind, role in row.acts.items()}
"""Whose part an act is: the same in every stage that opens it."""
ENDS = frozenset(stage for stage, row in STAGES.items() if not row.leads_to)
OWED_NO_MORE = ENDS - {_S.WRITTEN_OFF}
"""Ends after which nobody owes the fund anything: what was written off stays on record (账销案存)."""
REOPENED = frozenset({_S.CLOSED, _S.WRITTEN_OFF})
"""Ends that stand on money being home or given up: where that is taken back in the books, the case is pursued."""
MONEY_OUT = frozenset({_S.OLD_LOAN_SETTLEMENT, _S.COLLATERAL, _S.REPAYMENT, _S.RECOVERY})
"""Stages that are only reached once the fund has paid (the new-loan stage is shared with the direct route)."""
_DIRECT_ONLY = frozenset({_S.BANK_OPINION, _S.LAPSED, _S.WITHDRAWN})
"""Where the new-loan stage leads on the direct route alone."""


class Fit(StrEnum):
    """How a bank's message fits the stage a case is in."""

    DUE = "due"
    EARLY = "early"
    IMPOSSIBLE = "impossible"


@cache
def reachable(stage: CaseStage) -> frozenset[CaseStage]:
    """The stages a case may still come to, its present one excluded unless it can return to it.

    Once money is out, what only the direct route leads to is out of reach.
    """
    barred = _DIRECT_ONLY if stage in MONEY_OUT else frozenset()
    seen: set[CaseStage] = set()
    frontier = set(STAGES[stage].leads_to)
    while frontier:
        seen |= frontier
        frontier = {after for here in frontier for after in STAGES[here].leads_to} - seen - barred
    return frozenset(seen)


def fit(stage: CaseStage, message: MessageKind) -> Fit:
    """Whether a message acts now, is kept for a later stage, or can no longer mean anything.

    >>> fit(CaseStage.BANK_OPINION, MessageKind.NEW_LOAN), fit(CaseStage.CLOSED, MessageKind.NEW_LOAN)
    (<Fit.EARLY: 'early'>, <Fit.IMPOSSIBLE: 'impossible'>)
    """
    if message in STAGES[stage].messages:
        return Fit.DUE
    if any(message in STAGES[later].messages for later in reachable(stage)):
        return Fit.EARLY
    return Fit.IMPOSSIBLE


def end_reason(stage: CaseStage, kept: str) -> EndReason | None:
    """The reason that is kept of a case, where it is one of ours; None where it is what a person said or wrote.

    Why a borrower withdrew, and why a loss was given up, people always say themselves.

    >>> end_reason(CaseStage.LAPSED, "no_opinion")
    <EndReason.NO_OPINION: 'no_opinion'>
    >>> end_reason(CaseStage.WITHDRAWN, "no_opinion") is None
    True
    """
    said_by_people = stage in (CaseStage.WITHDRAWN, CaseStage.WRITTEN_OFF)
    return EndReason(kept) if kept in set(EndReason) and not said_by_people else None


def may_lead(stage: CaseStage, then: CaseStage) -> bool:
    """Whether a case may go from one stage to another in one step; staying is always allowed."""
    return stage is then or then in STAGES[stage].leads_to


def stages_before(stage: CaseStage) -> frozenset[CaseStage]:
    """The stages from which one step may lead here, itself included."""
    return frozenset(here for here in CaseStage if may_lead(here, stage))
