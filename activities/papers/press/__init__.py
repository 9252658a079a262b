"""The press: papers as PDF. Pure rendering; who needs which paper, and where it is kept, is decided elsewhere.

What a name stands for is loaded when it is first asked for: whoever only reads papers needs no press.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from activities.papers.embedded import ATTACHMENT, facts_digest
    from activities.papers.press.facts import facts_bytes
    from activities.papers.press.places import SignatureBox
    from activities.papers.press.press import Paper, Press

__all__ = ["ATTACHMENT", "Paper", "Press", "SignatureBox", "facts_bytes", "facts_digest"]

_FROM = {
    "ATTACHMENT": "activities.papers.embedded",
    "Paper": "activities.papers.press.press",
    "Press": "activities.papers.press.press",
    "SignatureBox": "activities.papers.press.places",
    "facts_bytes": "activities.papers.press.facts",
    "facts_digest": "activities.papers.embedded",
}


def __getattr__(name: str) -> object:
    if name not in _FROM:
        raise AttributeError(name)
    return getattr(import_module(_FROM[name]), name)
