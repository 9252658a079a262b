"""What a command works with: the settings, and the case file and books that they name."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cached_property
from typing import TYPE_CHECKING

from activities.words import set_language
from rulebook.errors import XuqiaoError
from runtime.cli.failures import Misuse
from runtime.cli.language import call
from runtime.settings import Settings, load_settings

if TYPE_CHECKING:
    from sqlmodel import Session

    from runtime.records import Records


def settings() -> Settings:
    """The settings of this call; from here on everything is said in their language."""
    loaded = load_settings(lang=call.flag)
    call.lang = loaded.lang
    set_language(loaded.lang)
    return loaded


class Office:
    """The case file and the books, as the settings name them; closed at the end of its block.

    What speaks to a database is loaded when it is first asked for: a command that needs none does not wait for it.
    """

    def __init__(self) -> None:
        self.settings = settings()

    @cached_property
    def records(self) -> "Records":
        """The ways into the database."""
        from runtime.records import Records

        return Records(self.settings)

    def __enter__(self) -> "Office":
        return self

    def __exit__(self, *error: object) -> None:
        if "records" in self.__dict__:
            self.records.close()

    @property
    def begin(self) -> Callable[[], "AbstractContextManager[Session]"]:
        """Opens a session that commits at the end of its block."""
        return self.records.sessions.begin

    @property
    def desk(self) -> Callable[[], "AbstractContextManager[Session]"]:
        """Opens a session of the desk, by which people's decisions are put on record.

        Raises:
            XuqiaoError: ``setup.desk_missing``.
        """
        return self.records.desk_sessions.begin

    def the_fund(self, session: "Session", code: str | None) -> str:
        """The fund that is meant: the one named, or the only one there is.

        Raises:
            XuqiaoError: ``fund.unknown``; ``cli.no_fund`` when none is open.
            Misuse: ``cli.usage.fund_needed`` when there are several.
        """
        from models.funds.codes import fund_codes

        codes = fund_codes(session)
        if code is not None:
            if code not in codes:
                raise XuqiaoError("fund.unknown", fund=code)
            return code
        if not codes:
            raise XuqiaoError("cli.no_fund")
        if len(codes) > 1:
            raise Misuse("cli.usage.fund_needed", known=", ".join(codes))
        return codes[0]
