"""The partner banks of a fund, as its register names them."""

from datetime import date

from sqlalchemy import ARRAY, Column, Text, select, text
from sqlmodel import Field, Session, SQLModel

from models.base import fen, table, words
from models.funds.funds import fund as the_fund
from rulebook.applications import PartnerBank
from rulebook.errors import XuqiaoError
from rulebook.money import format_yuan
from rulebook.stages import ENDS


def _several() -> list[str]:
    found: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False), default_factory=list)
    return found


class PartnerBankRow(SQLModel, table=True):
    """A bank that has a cooperation agreement with a fund; two people change it, see ``fund_change``."""

    __tablename__ = "partner_bank"

    fund: str = words(primary_key=True, foreign_key="fund.code")
    code: str = words(primary_key=True)
    name: str = words()
    aliases: list[str] = _several()
    branches: list[str] = _several()
    account_number: str | None = words(nullable=True, default=None)
    agreement: str = words()
    ceiling_fen: int | None = fen(nullable=True, default=None)
    valid_from: date
    valid_until: date | None = None
    uscc: str | None = words(nullable=True, default=None)
    address: str | None = words(nullable=True, default=None)
    contact: str | None = words(nullable=True, default=None)
    phone: str | None = words(nullable=True, default=None)
    email: str | None = words(nullable=True, default=None)


def banks_of(session: Session, fund: str) -> list[PartnerBank]:
    """The register of a fund, by code; empty where none was ever registered."""
    column = table(PartnerBankRow).c
    rows = session.scalars(select(PartnerBankRow).where(column.fund == fund).order_by(column.code))
    return [PartnerBank.model_validate(row.model_dump(exclude={"fund"})) for row in rows]


def bank_of(session: Session, fund: str, code: str) -> PartnerBank | None:
    """A bank of a fund's register by its code; None where it is not registered."""
    return next((bank for bank in banks_of(session, fund) if bank.code == code), None)


def register_of(session: Session, fund: str) -> list[PartnerBank] | None:
    """The register by which a fund takes applications in; None for a fund that takes each bank as it is written.

    Raises:
        XuqiaoError: ``bank.none_registered`` for a fund that has neither register nor said that it needs none.
    """
    banks = banks_of(session, fund)
    if banks:
        return banks
    if not the_fund(session, fund).any_bank:
        raise XuqiaoError("bank.none_registered", fund=fund)
    return None


_ALLOWED = text("""
    SELECT sum(a.amount_fen) FILTER (WHERE c.case_no <> :case AND (a.approved_at IS NOT NULL OR EXISTS (
            SELECT FROM officer_act AS o WHERE o.case_no = c.case_no AND o.kind = 'approve' AND o.state = 'received'
                AND o.body ->> 'terms_digest' = a.terms_digest))) AS others_fen,
        max(a.amount_fen) FILTER (WHERE c.case_no = :case) AS asked_fen
    FROM renewal_case AS c JOIN loan AS l ON l.id = c.loan JOIN approval AS a ON a.case_no = c.case_no
    WHERE c.fund = :fund AND l.bank = :bank AND a.voided_at IS NULL AND c.stage <> ALL(:ends)
""")
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended(:ceiling, 0))")
_OF_CASE = text("SELECT c.fund, l.bank FROM renewal_case AS c JOIN loan AS l ON l.id = c.loan WHERE c.case_no = :case")


def check_ceiling(session: Session, case_no: str) -> None:
    """Refuse an approval by which more of a fund would be allowed for one bank's loans than its agreement says.

    What was approved for a live case counts in full until its case ends, and so does an approval that is on its way to
    its case. The caller puts this one on record in the same transaction: until that ends, whoever else approves waits.

    Raises:
        XuqiaoError: ``bank.over_ceiling``.
    """
    of_case = session.connection().execute(_OF_CASE, {"case": case_no}).one_or_none()
    bank = of_case and bank_of(session, of_case.fund, of_case.bank)
    if not of_case or not bank or bank.ceiling_fen is None:
        return
    session.execute(_ONE_AT_A_TIME, {"ceiling": f"ceiling/{of_case.fund}/{of_case.bank}"})
    asked = {"case": case_no, "fund": of_case.fund, "bank": of_case.bank, "ends": [stage.value for stage in ENDS]}
    found = session.connection().execute(_ALLOWED, asked).one()
    others, wanted = int(found.others_fen or 0), int(found.asked_fen or 0)
    if others + wanted > bank.ceiling_fen:
        raise XuqiaoError(
            "bank.over_ceiling",
            bank=bank.name,
            agreement=bank.agreement,
            ceiling=format_yuan(bank.ceiling_fen, grouped=True),
            others=format_yuan(others, grouped=True),
            asked=format_yuan(wanted, grouped=True),
        )


class NoAgreement(XuqiaoError):
    """An application for a loan of a bank with which the fund has no agreement in force."""


def check_agreement(session: Session, fund: str, code: str, day: date) -> None:
    """Refuse a loan of a bank whose cooperation agreement does not hold on a day, or that the register does not know.

    Raises:
        NoAgreement: ``bank.unknown``, ``bank.agreement_not_in_force``.
    """
    banks = register_of(session, fund)
    if banks is None:
        return
    bank = next((each for each in banks if each.code == code), None)
    if bank is None:
        raise NoAgreement("bank.unknown", bank=code, known="、".join(each.name for each in banks))
    if not bank.covers(day):
        raise NoAgreement(
            "bank.agreement_not_in_force",
            bank=bank.name,
            agreement=bank.agreement,
            begins=bank.valid_from,
            until=bank.valid_until or "-",
            day=day,
        )
