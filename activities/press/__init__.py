"""The press: papers as PDF. Pure rendering; who needs which paper, and where it is kept, is decided elsewhere."""

from activities.press.fonts import OfficeFonts
from activities.press.press import Paper, Press

__all__ = ["OfficeFonts", "Paper", "Press"]
