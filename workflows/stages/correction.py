"""An application that was filed wrongly (更正): corrected by two people until something is proposed on it.

What was filed never changes. The case ends withdrawn with the reason, and whoever called files the corrected
application in its place, where it is judged from the beginning.
"""

from rulebook.acts import CorrectionProposal
from rulebook.events import EventKind
from rulebook.messages import ProposeCorrection
from workflows.case import RenewalCase, Wait


async def propose(case: RenewalCase, proposal: ProposeCorrection, wait: Wait) -> None:
    """Lay the maker's correction before another person; the case goes on meanwhile."""
    case.state.correction_proposed = CorrectionProposal(proposal.application, case.actor.id)
    changes = "; ".join(f"{each.heading} {each.before} → {each.now}" for each in proposal.changes)
    detail = {"changes": changes, "reason": proposal.reason}
    await case.record(case.step(EventKind.CORRECTION_PROPOSED, wait=wait, detail=detail))
