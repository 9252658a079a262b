"""Opening a fund from its file: its record, measure, people, calendar and money; doing it twice changes nothing."""

import tomllib
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from sqlmodel import Session

from activities.law.calendars import shipped_days
from activities.law.measures import measure_from
from models.books import ledger
from models.funds import calendar, people
from models.funds.banks import banks_of
from models.funds.funds import Fund, add_fund, open_business_days
from models.funds.funds import fund as the_fund
from rulebook.applications import PartnerBank, bank_called
from rulebook.books.postings import capital_in
from rulebook.errors import XuqiaoError
from rulebook.money import yuan
from rulebook.papers.printing import check_printable
from rulebook.parties.credit_codes import check_code
from rulebook.parties.reached import Reached
from rulebook.stages import Role
from rulebook.values import Value, expected_of, place_of, shown

EARLIEST_CAPITAL = date(2025, 1, 1)
"""Money that was there before is booked on this day."""
YEARS_AHEAD = 2
"""Working days are known for the year of opening and so many more."""
SEEDED_BY = "seed"


class FundRecord(Reached):
    """The fund as its file names it."""

    code: str
    name: str
    operator: str
    gateway: str
    escrow_name: str
    escrow_number: str
    escrow_bank: str
    any_bank: bool = False
    symbol: str | None = None


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
    """Somebody who may act, and from which day until which; without days from the measure's first on."""

    id: str
    name: str
    organisation: str
    roles: tuple[Role, ...]
    bank: str | None = None
    from_day: date | None = None
    until_day: date | None = None


class BankRecord(Reached):
    """A partner bank, with its cooperation agreement."""

    code: str
    name: str
    aliases: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    account_number: str | None = None
    agreement: str
    ceiling_yuan: str | None = None
    valid_from: date
    valid_until: date | None = None
    uscc: str | None = None

    def bank(self) -> PartnerBank:
        """The same as the register has it."""
        ceiling = yuan(self.ceiling_yuan) if self.ceiling_yuan else None
        return PartnerBank(**self.model_dump(exclude={"ceiling_yuan"}), ceiling_fen=ceiling)


class FundFile(Value):
    """A fund's file, read and checked."""

    fund: FundRecord
    measure: MeasureChoice
    capital: tuple[Contribution, ...] = ()
    bank: tuple[BankRecord, ...] = ()
    person: tuple[PersonRecord, ...] = ()


class Opened(NamedTuple):
    """A fund after its file was read.

    Attributes:
        code: of the fund.
        new: whether it is new; False changed nothing.
        otherwise: what the file says otherwise than the fund that is open, as codes to be worded.
    """

    code: str
    new: bool
    otherwise: tuple[XuqiaoError, ...]


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
    _check_banks(described, path)
    return described


def _check_banks(described: FundFile, path: Path) -> None:
    """Refuse a file that leaves open which banks the fund works with, or for which of them a clerk speaks."""
    banks = [each.bank() for each in described.bank]
    for bank in banks:
        if bank.uscc:
            check_code(bank.uscc)
    if not banks and not described.fund.any_bank:
        raise XuqiaoError("fund.file_without_banks", path=path)
    for one in banks:
        other = next(
            (each for each in banks if each is not one and any(bank_called(n, [each]) for n in one.names)), None
        )
        if other:
            raise XuqiaoError("fund.file_bank_twice", path=path, bank=one.name, other=other.name)
    for person in described.person:
        if banks and Role.BANK_CLERK in person.roles and bank_called(person.bank or person.organisation, banks) is None:
            known = "、".join(each.name for each in banks)
            written = person.bank or person.organisation
            raise XuqiaoError("fund.file_clerk_without_bank", path=path, person=person.name, bank=written, known=known)


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


def open_fund(session: Session, path: Path, today: date) -> Opened:
    """Open the fund that a file describes, with its first business day.

    A fund that is open stays as it is: two people change its people and banks, and its measure is adopted.

    Args:
        path: the file; an overlay it names lies beside it.
        today: its first business day, if it has none; no later than today.
    Returns:
        the fund, with what the file says otherwise where it was open before.
    Raises:
        XuqiaoError: those of ``read_fund_file``; ``fund.account_taken``; ``person.otherwise`` for somebody who is known
            by another name, ``bank.code_taken`` for a code by which another fund knows another bank.
    """
    described = read_fund_file(path)
    code, choice = described.fund.code, described.measure
    overlay = (path.parent / choice.overlay).read_text(encoding="utf-8") if choice.overlay else None
    measure_from(choice.pack, overlay)  # refuses a pack or an overlay that no case could be judged under
    calendar.fill_days(session, shipped_days(through=today.year + YEARS_AHEAD))
    add_fund(session, Fund(**described.fund.model_dump()))
    new = people.found_fund(session, code, _founding(described, overlay, min(today, choice.effective_from)))
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
    return Opened(code, new, () if new else tuple(_otherwise(session, described)))


def _founding(described: FundFile, overlay: str | None, from_day: date) -> dict[str, Any]:
    """What the database brings in for a new fund, as data."""
    banks = [each.bank() for each in described.bank]
    measure = {**described.measure.model_dump(mode="json"), "overlay": overlay}
    return {
        "measure": measure,
        "banks": [each.model_dump(mode="json") for each in banks],
        "people": [
            {
                **person.model_dump(mode="json"),
                "from_day": str(person.from_day or from_day),
                "bank": _code_of_bank(person, banks),
            }
            for person in described.person
        ],
    }


def _code_of_bank(person: PersonRecord, banks: Sequence[PartnerBank]) -> str | None:
    found = bank_called(person.bank or person.organisation, banks) if Role.BANK_CLERK in person.roles else None
    return found.code if found else None


def _otherwise(session: Session, described: FundFile) -> Iterator[XuqiaoError]:
    """What a file says otherwise than the fund that is open, and by which command each is changed."""
    code = described.fund.code
    kept = the_fund(session, code)
    for name, value in described.fund.model_dump().items():
        if (before := getattr(kept, name)) != value:
            yield XuqiaoError("fund.otherwise_record", name=name, before=before, now=value)
    written = {person.id: person for person in described.person}
    known = people.names_in(session, code)
    for user, person in known.items():
        here = written.get(user)
        if here is None:
            for role in sorted(people.roles_today(session, user, code)):
                yield XuqiaoError("fund.otherwise_person_gone", user=user, name=person.name, role=role, fund=code)
        elif (here.name, here.organisation) != (person.name, person.organisation):
            now = f"{here.name}（{here.organisation}）"
            before = f"{person.name}（{person.organisation}）"
            yield XuqiaoError("fund.otherwise_person_named", user=user, before=before, now=now)
    for user, here in written.items():
        held = set(people.roles_today(session, user, code)) if user in known else set()
        today = people.today(session, code)
        meant = set(here.roles) if (here.until_day is None or here.until_day >= today) else set()
        for role in sorted(meant - held):
            named = {"name": here.name, "house": here.organisation}
            yield XuqiaoError("fund.otherwise_role_more", user=user, **named, role=role, fund=code)
        for role in sorted(held - meant):
            yield XuqiaoError("fund.otherwise_role_less", user=user, name=here.name, role=role, fund=code)
    yield from _banks_otherwise(session, described)


def _banks_otherwise(session: Session, described: FundFile) -> Iterator[XuqiaoError]:
    code = described.fund.code
    registered = {bank.code: bank for bank in banks_of(session, code)}
    for bank in (each.bank() for each in described.bank):
        if registered.pop(bank.code, None) != bank:
            yield XuqiaoError("fund.otherwise_bank", bank_code=bank.code, name=bank.name, fund=code)
    for bank in registered.values():
        yield XuqiaoError("fund.otherwise_bank_gone", bank_code=bank.code, name=bank.name, fund=code)
