"""The case file and the books as the settings name them: what a process needs that works with the database alone."""

from functools import cached_property

from sqlalchemy import Engine
from sqlalchemy.orm import sessionmaker
from sqlmodel import Session

from models.database import engine_for, sessions
from rulebook.errors import XuqiaoError
from runtime.devstack import Addresses, addresses_of
from runtime.settings import Settings

APPLICATION_CONNECTIONS = 16
DESK_CONNECTIONS = 2


class Records:
    """The ways into the database, each opened when it is first used.

    Args:
        settings: what holds for this process; where they name no outside servers, the embedded ones of ``var``.
    """

    held_at_most: float | None = None
    """Seconds that a transaction may last before it is cut off; reports take their time."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @property
    def listen_url(self) -> str:
        """Where notifications are heard: past a pooler that would lose them."""
        known = self.settings.database
        url = known.listen_url or known.url
        return url.get_secret_value() if url else self.embedded.app_url

    @cached_property
    def engine(self) -> Engine:
        """Connections as the application's role."""
        url = self.settings.database.url
        at = url.get_secret_value() if url else self.embedded.app_url
        return engine_for(
            at, pool_size=APPLICATION_CONNECTIONS, held_at_most=self.held_at_most, prepares=self._prepares
        )

    @cached_property
    def desk_engine(self) -> Engine:
        """Connections as the desk's role; only processes in which people decide open them.

        Raises:
            XuqiaoError: ``setup.desk_missing`` where an outside database is set without the desk's way into it.
        """
        url = self.settings.database.desk_url
        if url is None and self.settings.database.url is not None:
            raise XuqiaoError("setup.desk_missing")
        at = url.get_secret_value() if url else self.embedded.desk_url
        return engine_for(at, pool_size=DESK_CONNECTIONS, prepares=self._prepares)

    @property
    def _prepares(self) -> bool:
        """Nothing stands between us and the embedded servers; whether before others, only the settings know."""
        return self.settings.database.prepare or self.settings.database.url is None

    @cached_property
    def sessions(self) -> sessionmaker[Session]:
        """Sessions; ``sessions.begin()`` commits at the end of its block."""
        return sessions(self.engine)

    @cached_property
    def desk_sessions(self) -> sessionmaker[Session]:
        """Sessions of the desk."""
        return sessions(self.desk_engine)

    @cached_property
    def embedded(self) -> Addresses:
        """Where the embedded servers are.

        Raises:
            XuqiaoError: ``stack.not_running``.
        """
        found = addresses_of(self.settings.var)
        if found is None:
            raise XuqiaoError("stack.not_running", var=self.settings.var)
        return found

    def close(self) -> None:
        """Let go of the connections; the next use opens them again."""
        for engine in ("engine", "desk_engine"):
            if engine in self.__dict__:
                self.__dict__[engine].dispose()
