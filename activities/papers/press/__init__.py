"""The press: papers as PDF. Pure rendering; who needs which paper, and where it is kept, is decided elsewhere."""

from activities.papers.press.facts import ATTACHMENT, facts_bytes, facts_digest
from activities.papers.press.places import SignatureBox
from activities.papers.press.press import Paper, Press

__all__ = ["ATTACHMENT", "Paper", "Press", "SignatureBox", "facts_bytes", "facts_digest"]
