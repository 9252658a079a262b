"""A pursued bridge that is given up (核销): what two people allow, as the books take it."""

from rulebook.books.acts import approval_of
from rulebook.books.postings import Approval, leg_key
from rulebook.books.postings_of_the_year import Record, write_off
from rulebook.messages import ApproveWriteOff


def approval_key(fund: str, case: str, decision: str) -> str:
    """The approval of a case's own write-off, by the number of its decision.

    >>> approval_key("DH", "DH-2026-00017-4", "东财发〔2026〕9号")
    'DH/DH-2026-00017-4/approval/write_off/东财发〔2026〕9号'
    """
    return f"{leg_key(fund, case, 'approval')}/write_off/{decision}"


def approval_of_write_off(record: Record, case: str, approved: ApproveWriteOff, *, maker: str) -> Approval:
    """What a checker allows with his approval of a write-off: this amount, by this decision.

    Args:
        record: of the fund's business day, signed by the checker.
        maker: id of the person who proposed it.
    """
    key = approval_key(record.fund, case, approved.decision)
    loss = write_off(record, case, approved.amount_fen, approval=key, decision=approved.decision)
    return approval_of(loss, maker=maker, checker=record.actor_id)
