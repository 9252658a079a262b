"""What every activity that writes the case file is made with."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlmodel import Session

Begin = Callable[[], AbstractContextManager[Session]]
"""Opens a session whose transaction commits when its block ends well: ``sessions(engine).begin``."""

SYSTEM = "system"
"""Who acted where no person did: a deadline, or the pool."""
