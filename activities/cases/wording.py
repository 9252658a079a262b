"""A case's affairs in words, for every surface that shows them."""

from datetime import datetime

from activities.wording import moment
from activities.words import Lang, say, say_value
from rulebook.stages import ActKind, MessageKind


def awaited(kind: ActKind | MessageKind | None, lang: Lang | None = None) -> str:
    """What a task waits for, an officer's act or a bank's message."""
    if kind is None:
        return ""
    return say_value("act" if isinstance(kind, ActKind) else "message", kind, lang)


def due_words(due: datetime | None, lang: Lang | None = None, *, overdue: bool, provisional: bool = False) -> str:
    """When something is due, and what must be known of that moment."""
    known = (moment(due) or "") + (say("cli.overdue", lang) if overdue else "")
    return known + (say("cli.provisional", lang) if provisional else "")
