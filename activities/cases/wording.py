"""A case's affairs in words, for every surface that shows them."""

from datetime import datetime

from activities.wording import moment
from activities.words import Lang, say, say_value, word
from rulebook.books.payments import NotPaid
from rulebook.stages import ENDS, ActKind, CaseStage, MessageKind, end_reason


def say_reason(stage: CaseStage, reason: str, lang: Lang | None = None) -> str:
    """Why a case ended or was stopped, in our words where the reason is one of ours, else as a person gave it.

    Args:
        stage: where the case came to for this reason, or stayed.
    """
    if reason in set(NotPaid):
        return say_value("reason", reason, lang)
    ours = end_reason(stage, reason)
    return word(ours, lang) if ours else reason


def why_ended(stage: CaseStage, reason: str | None, lang: Lang | None = None) -> str:
    """Behind the name of a stage, why the case ended there; nothing while it is at work."""
    return f" ({say_reason(stage, reason, lang)})" if reason and stage in ENDS else ""


def awaited(kind: ActKind | MessageKind | None, lang: Lang | None = None) -> str:
    """What a task waits for, an officer's act or a bank's message."""
    if kind is None:
        return ""
    return say_value("act" if isinstance(kind, ActKind) else "message", kind, lang)


def due_words(due: datetime | None, lang: Lang | None = None, *, overdue: bool, provisional: bool = False) -> str:
    """When something is due, and what must be known of that moment."""
    known = (moment(due) or "") + (say("cli.overdue", lang) if overdue else "")
    return known + (say("cli.provisional", lang) if provisional else "")
