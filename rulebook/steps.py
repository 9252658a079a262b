"""What the story of a case and its case file exchange: one step at a time."""

from datetime import datetime

from rulebook.events import EventKind
from rulebook.messages import Actor
from rulebook.stages import ActKind, CaseStage, MessageKind
from rulebook.values import Value


class Refusal(Value):
    """An act or message that could not be taken, with its reason as code and parameters."""

    id: str
    code: str
    params: dict[str, str] = {}


class Step(Value):
    """What one turn of the story leaves in the case file; committed whole, once for each cause.

    Attributes:
        cause: id of the act or message that moved the case, or the name of what else did; with the case number
            it is the key of the event, so a repeated activity or a reset run writes it once.
        at: the workflow's time.
        stage: where the case stands after the step.
        awaits: the act or message the case waits for from now on, which becomes the open task; None ends the worklist.
        due: when that is due.
        detail: what the event's sentence needs.
        taken: ids of acts and messages that took effect with this step.
        refused: those that could not.
    """

    case_no: str
    fund: str
    cause: str
    at: datetime
    event: EventKind
    stage: CaseStage
    awaits: ActKind | MessageKind | None = None
    due: datetime | None = None
    actor: Actor | None = None
    detail: dict[str, str] = {}
    taken: tuple[str, ...] = ()
    refused: tuple[Refusal, ...] = ()


INSTEAD_OF = "instead_of"
"""In a step's detail: the event that was decided, while the papers that belong to it are not drawn."""

DECIDED_BY = "decided_by"
"""In a step's detail: who decided it, where another has only had its papers drawn since."""

REFUSAL = "refusal"
"""In a step's detail: the code of what stood against it; behind the same name and a dot, what its sentence needs."""

SAID_BY = "said_by"
"""In a step's detail: id of the act or message whose date it corrects."""

POOL_GRANTED = "pool_granted"
"""The signal by which the pool tells a queued case that money is now held for it."""


class PoolGranted(Value):
    """Money is held for the approval of this attempt."""

    attempt: int


BOOKS_MOVED = "books_moved"
"""The signal by which a case is told that the statement or a reversal changed what its money stands on."""


class BooksMoved(Value):
    """What a case knows of its money must be read anew; ``because`` is for whoever reads its history."""

    because: str


CALENDAR_CHANGED = "calendar_changed"
"""The signal by which an open case is told that days have become worked or off."""


class CalendarChanged(Value):
    """The working days must be read anew; ``because`` names the notice."""

    because: str


class Outcome(Value):
    """What an officer learns of his act once it is committed."""

    stage: CaseStage
    event: EventKind
