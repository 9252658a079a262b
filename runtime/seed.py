"""Opening a fund from its file: its record, measure, people, calendar and money; doing it twice changes nothing."""

import tomllib
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session

from activities.law.calendars import shipped_days
from activities.law.measures import measure_from
from models.books import ledger
from models.funds import calendar
from models.funds.funds import Fund, FundMeasure, Person, add_fund, open_business_days
from rulebook.books.postings import capital_in
from rulebook.errors import XuqiaoError
from rulebook.money import yuan
from rulebook.papers.printing import check_printable
from rulebook.stages import Role
from rulebook.values import Value, expected_of, place_of, shown

EARLIEST_CAPITAL = date(2025, 1, 1)
"""Money that was there before is booked on this day."""
YEARS_AHEAD = 2
"""Working days are known for the year of opening and so many more."""
SEEDED_BY = "seed"


class FundRecord(Value):
    """The fund as its file names it."""

    code: str
    name: str
    operator: str
    gateway: str
    escrow_name: str
    escrow_number: str
    escrow_bank: str


class MeasureChoice(Value):
    """Which pack it is under, from when, with which overlay (a file beside this one)."""

    pack: str
    overlay: str | None = None
    effective_from: date


class Contribution(Value):
    """Money that has arrived in the ring-fenced account."""

    contributor: str
    amount_yuan: str
    reference: str


class PersonRecord(Value):
    """Somebody who may act."""

    id: str
    name: str
    organisation: str
    roles: tuple[Role, ...]


class FundFile(Value):
    """A fund's file, read and checked."""

    fund: FundRecord
    measure: MeasureChoice
    capital: tuple[Contribution, ...] = ()
    person: tuple[PersonRecord, ...] = ()


def read_fund_file(path: Path) -> FundFile:
    """A fund's file.

    Raises:
        XuqiaoError: ``fund.file_unreadable``, or the first thing that is wrong: ``fund.file_wrong``,
            ``fund.file_lacks``, ``fund.file_unknown``; ``text.…`` for a name that no paper can repeat.
    """
    try:
        described = FundFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise XuqiaoError("fund.file_unreadable", path=path, reason=error) from None
    except ValidationError as error:
        raise _misread(error.errors(include_url=False), path) from None
    check_printable(described.model_dump(mode="json"))  # every paper repeats these names
    return described


def _misread(errors: Sequence[ErrorDetails], path: Path) -> XuqiaoError:
    # A misspelt name is one too many and one too few: the one that was written is what its writer looks for.
    first = min(errors, key=lambda error: error["type"] != "extra_forbidden")
    name = place_of(first["loc"])
    match first["type"]:
        case "missing":
            return XuqiaoError("fund.file_lacks", path=path, name=name)
        case "extra_forbidden":
            return XuqiaoError("fund.file_unknown", path=path, name=name)
        case _:
            value, expected = shown(first["input"]), expected_of(first)
            return XuqiaoError("fund.file_wrong", path=path, name=name, value=value, expected=expected)


def open_fund(session: Session, path: Path, today: date) -> str:
    """Open the fund that a file describes, with its first business day.

    Args:
        path: the file; an overlay it names lies beside it.
        today: its first business day, if it has none; no later than today.
    Returns:
        the fund's code.
    Raises:
        XuqiaoError: ``fund.account_taken``, and what a wrong file or measure is refused with.
    """
    described = read_fund_file(path)
    code, choice = described.fund.code, described.measure
    overlay = (path.parent / choice.overlay).read_text(encoding="utf-8") if choice.overlay else None
    measure_from(choice.pack, overlay)  # refuses a pack or an overlay that no case could be judged under
    calendar.fill_days(session, shipped_days(through=today.year + YEARS_AHEAD))
    connection = session.connection()
    add_fund(session, Fund(**described.fund.model_dump()))
    in_force = {"fund": code, "pack": choice.pack, "overlay": overlay, "effective_from": choice.effective_from}
    connection.execute(insert(FundMeasure).values(in_force).on_conflict_do_nothing())
    for person in described.person:
        connection.execute(insert(Person).values(**person.model_dump(mode="json")).on_conflict_do_nothing())
    open_business_days(session, code, today)
    for part in described.capital:
        paid_in = capital_in(
            code,
            part.contributor,
            yuan(part.amount_yuan),
            reference=part.reference,
            on=max(choice.effective_from, EARLIEST_CAPITAL),
            actor_id=SEEDED_BY,
        )
        ledger.post(session, paid_in)
    return code
