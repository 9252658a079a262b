"""Moments as signatures show them."""

from datetime import datetime

from rulebook.calendar import LAW_ZONE


def stamped_moment(at: datetime) -> str:
    """A moment as a signature shows it: in China's time, to the minute."""
    return f"{at.astimezone(LAW_ZONE):%Y-%m-%d %H:%M}"
