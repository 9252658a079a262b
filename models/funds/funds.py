"""Funds, the measure each is under, and its business days."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, func, select, text
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlmodel import Field, Session, SQLModel

from models.base import moment, plain_json, table, words
from models.funds.people import refuse
from rulebook.errors import XuqiaoError
from rulebook.law.measure import Measure

DAY_NOT_OPEN = frozenset({"fund.day_behind", "fund.day_ahead"})
"""Refusals that pass once the business day is the clock's again: nothing is decided by them."""
_TODAY = text("SELECT fund_today(:fund)")
_DAY_AT_LEAST = text("SELECT greatest(fund_today(:fund), max(business_date)) FROM fund_day WHERE fund = :fund")
_OPEN_DAYS = text("SELECT open_business_days(:fund, CAST(:first AS date))")
_ADOPT = text("SELECT adopt_measure(:fund, :measure, :person)").bindparams(bindparam("measure", type_=JSONB))


class Fund(SQLModel, table=True):
    """One city's bridging fund (应急周转保障资金)."""

    code: str = words(primary_key=True)
    name: str = words()
    operator: str = words()  # 承办主体
    gateway: str = words()  # how its payments leave: counter or simulated
    escrow_name: str = words()  # the ring-fenced account (应急周转专户)
    escrow_number: str = words()
    escrow_bank: str = words()
    any_bank: bool = False  # while no partner bank is registered: each is taken as it is written
    # What papers say of the office where somebody set it; two people change it, see ``fund_change``.
    symbol: str | None = words(nullable=True, default=None)  # 机关代字, for the numbers of letters
    address: str | None = words(nullable=True, default=None)
    contact: str | None = words(nullable=True, default=None)
    phone: str | None = words(nullable=True, default=None)
    email: str | None = words(nullable=True, default=None)


_SAME_ACCOUNT = text("""
    SELECT code FROM fund
    WHERE code <> :code AND regexp_replace(normalize(escrow_number, NFKC), '[^0-9]', '', 'g')
        = regexp_replace(normalize(:number, NFKC), '[^0-9]', '', 'g')
    ORDER BY code LIMIT 1
""")


def add_fund(session: Session, described: Fund) -> None:
    """Put a fund on record; one that is there stays as it is.

    Each fund has an account of its own: a line of a statement that two funds import would count in both books.

    Raises:
        XuqiaoError: ``fund.account_taken``.
    """
    connection = session.connection()
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('fund/account', 0))"))
    if session.get(Fund, described.code) is not None:
        return
    asked = {"code": described.code, "number": described.escrow_number}
    if other := connection.execute(_SAME_ACCOUNT, asked).scalar():
        raise XuqiaoError("fund.account_taken", fund=described.code, number=described.escrow_number, other=other)
    connection.execute(insert(Fund).values(**described.model_dump()))


class FundMeasure(SQLModel, table=True):
    """The rule pack a fund is under from a day on, with the operator's overlay as text."""

    __tablename__ = "fund_measure"

    fund: str = words(primary_key=True, foreign_key="fund.code")
    effective_from: date = Field(primary_key=True)
    pack: str = words()
    overlay: str | None = words(nullable=True, default=None)
    adopted_by: str | None = words(nullable=True, default=None)
    adopted_at: datetime | None = moment(nullable=True, default=None)


class KeptMeasure(SQLModel, table=True):
    """A measure that cases were judged under, overlay included, by its digest; kept for ever."""

    __tablename__ = "kept_measure"

    digest: str = words(primary_key=True)
    content: dict[str, Any] = plain_json()


class FundDay(SQLModel, table=True):
    """A business day of a fund, opened by the database's own function; the latest is the accounting date."""

    __tablename__ = "fund_day"

    fund: str = words(primary_key=True, foreign_key="fund.code")
    business_date: date = Field(primary_key=True)
    opened_at: datetime = moment()


class FundDayTakenBack(SQLModel, table=True):
    """A business day that lay beyond the clock, and on which nothing was booked."""

    __tablename__ = "fund_day_taken_back"

    fund: str = words(primary_key=True, foreign_key="fund.code")
    business_date: date = Field(primary_key=True)
    opened_at: datetime = moment()
    taken_back_at: datetime = moment(primary_key=True)


def fund(session: Session, code: str) -> Fund:
    """A fund by its code.

    Raises:
        XuqiaoError: ``fund.unknown``.
    """
    found = session.get(Fund, code)
    if found is None:
        raise XuqiaoError("fund.unknown", fund=code)
    return found


def measure_in_force(session: Session, code: str, on: date) -> FundMeasure:
    """The latest measure of a fund that is effective on a day.

    Raises:
        XuqiaoError: ``fund.no_measure``.
    """
    column = table(FundMeasure).c
    in_force = (
        select(FundMeasure)
        .where(column.fund == code, column.effective_from <= on)
        .order_by(column.effective_from.desc())
        .limit(1)
    )
    found: FundMeasure | None = session.scalars(in_force).first()
    if found is None:
        raise XuqiaoError("fund.no_measure", fund=code, on=on)
    return found


def adopt_measure(session: Session, measure: FundMeasure, person_id: str) -> None:
    """Put a fund under another measure from a day on; open cases stay under theirs.

    Args:
        session: of the desk; the database's own function writes it.
        person_id: a checker of the fund.
    Raises:
        XuqiaoError: ``fund.measure_in_past`` for a day that has begun, ``fund.measure_there`` when the fund is already
            under a measure from just that day, ``change.not_yours_to_decide`` for somebody who is no checker of it.
    """
    adopted = measure.model_dump(mode="json", include={"effective_from", "pack", "overlay"})
    asked = {"fund": measure.fund, "measure": adopted, "person": person_id}
    answer = session.connection().execute(_ADOPT, asked).scalar_one()
    refuse(answer)


def check_measure_from(session: Session, code: str, on: date) -> None:
    """Refuse a day from which a fund is under no measure of its own.

    Raises:
        XuqiaoError: ``fund.no_measure_from`` with the days there are.
    """
    column = table(FundMeasure).c
    days = list(
        session.scalars(select(column.effective_from).where(column.fund == code).order_by(column.effective_from))
    )
    if on not in days:
        raise XuqiaoError("fund.no_measure_from", fund=code, on=on, days=", ".join(map(str, days)))


def keep_measure(session: Session, measure: Measure) -> None:
    """Keep a measure by its digest, once."""
    row = {"digest": measure.digest, "content": measure.model_dump(mode="json")}
    session.connection().execute(insert(KeptMeasure).values(row).on_conflict_do_nothing())


def kept_measure(session: Session, digest: str) -> Measure:
    """A measure as it was when cases were judged under it."""
    return Measure.model_validate(session.get_one(KeptMeasure, digest).content)


def business_date(session: Session, code: str) -> date:
    """The fund's open business day, which is its accounting date: today by the database's clock, or nothing is dated.

    Raises:
        XuqiaoError: ``fund.no_business_day`` when none was ever opened; ``fund.day_behind`` while today's is not open
            yet, which the daily round opens; ``fund.day_ahead`` when one was opened beyond the clock.
    """
    day = latest_business_date(session, code)
    today: date = session.connection().execute(_TODAY, {"fund": code}).scalar_one()
    if day != today:
        raise XuqiaoError("fund.day_behind" if day < today else "fund.day_ahead", fund=code, day=day, today=today)
    return day


def latest_business_date(session: Session, code: str) -> date:
    """The latest business day that was opened, for whoever only looks.

    Raises:
        XuqiaoError: ``fund.no_business_day``.
    """
    column = table(FundDay).c
    found: date | None = session.scalar(select(func.max(column.business_date)).where(column.fund == code))
    if found is None:
        raise XuqiaoError("fund.no_business_day", fund=code)
    return found


def today_of(session: Session, code: str) -> date:
    """The day it is for a fund by the database's clock in China, or its business day where that is later."""
    found: date = session.connection().execute(_DAY_AT_LEAST, {"fund": code}).scalar_one()
    return found


def business_day_through(session: Session, code: str, day: date) -> date | None:
    """The last business day that was opened up to and with a day; None when there was none."""
    column = table(FundDay).c
    opened = select(func.max(column.business_date)).where(column.fund == code, column.business_date <= day)
    found: date | None = session.scalar(opened)
    return found


def open_business_days(session: Session, code: str, first_day: date | None = None) -> date:
    """Open every business day after the last one through today, one after the other, and none beyond the clock.

    Days that lie beyond it, because a clock was wrong, are taken back on record while nothing is booked on them.

    Args:
        first_day: where a fund that had none begins; today, unless an earlier day is named.
    Returns:
        the open business day.
    Raises:
        XuqiaoError: ``fund.day_beyond_clock`` for a first day that has not come.
    """
    asked = {"fund": code, "first": first_day}
    answer = session.connection().execute(_OPEN_DAYS, asked).scalar_one()
    if "refused" in answer:
        raise XuqiaoError("fund.day_beyond_clock", fund=code, day=answer["day"], today=answer["today"])
    return date.fromisoformat(answer["day"])
