"""What firms file: the enterprise, its maturing loan, the application with its facts by value, security."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import UniqueConstraint, literal, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Field, Session, SQLModel

from models.base import fen, moment, plain_json, table, words
from models.cases.case_file import RenewalCase
from models.cases.numbers import case_number
from models.outbox import DeliveryKind, send
from rulebook.applications import ApplicationRow, differences
from rulebook.cases import ApplicantKind, CaseFacts, renewal_id
from rulebook.stages import ENDS, CaseStage
from rulebook.values import Value


class Enterprise(SQLModel, table=True):
    """A borrower, by its 统一社会信用代码, as last filed."""

    uscc: str = words(primary_key=True)
    name: str = words()
    legal_representative: str = words()
    phone: str = words()
    industry: str = words()


class Loan(SQLModel, table=True):
    """A bank loan that falls due, by its LoanNote number (借据号); amounts in fen."""

    __table_args__ = (UniqueConstraint("bank", "note", "maturity"),)

    id: int | None = Field(default=None, primary_key=True)
    bank: str = words()
    bank_name: str = words()
    note: str = words()
    maturity: date
    kind: str = words()
    balance_fen: int = fen()
    uscc: str = words(foreign_key="enterprise.uscc")


class Application(SQLModel, table=True):
    """An application as it was filed; it never changes, and everything is judged from its facts.

    ``follows``: the ended case of the same loan of which it is a new attempt.
    """

    case_no: str = words(primary_key=True)
    fund: str = words(foreign_key="fund.code")
    uscc: str = words(foreign_key="enterprise.uscc")
    applicant_name: str = words()
    legal_representative: str = words()
    phone: str = words()
    address: str | None = words(nullable=True, default=None)
    contact: str | None = words(nullable=True, default=None)
    email: str | None = words(nullable=True, default=None)
    loan: int = Field(foreign_key="loan.id")
    facts: dict[str, Any] = plain_json()
    account_name: str = words()  # the registered repayment account
    account_number: str = words()
    account_branch: str = words()
    received_on: date
    filed_at: datetime = moment()
    filed_by: str = words()
    source: str = words()
    follows: str | None = words(nullable=True, default=None, unique=True, foreign_key="application.case_no")


class Collateral(SQLModel, table=True):
    """Security of the old loan, and its registration for the new one."""

    case_no: str = words(primary_key=True, foreign_key="application.case_no")
    kind: str | None = words(nullable=True, default=None)
    description: str | None = words(nullable=True, default=None)
    anew: bool
    registered_on: date | None = None
    certificate: str | None = words(nullable=True, default=None)


class Guarantor(SQLModel, table=True):
    """Who guarantees the bank's loan, and so must know that it is renewed."""

    case_no: str = words(primary_key=True, foreign_key="application.case_no")
    name: str = words(primary_key=True)


class CaseSerial(SQLModel, table=True):
    """The last case number given in a fund and year."""

    __tablename__ = "case_serial"

    fund: str = words(primary_key=True)
    year: int = Field(primary_key=True)
    last: int


class Filed(Value):
    """Where an application went.

    Attributes:
        new: False when it had been filed before and nothing changed.
        follows: the ended case of its loan, where it is a new attempt.
        stage: where its case stands.
        before: as it had been filed, where it is not new.
    """

    case_no: str
    new: bool
    follows: str | None = None
    stage: CaseStage = CaseStage.INTAKE
    before: ApplicationRow | None = None


_AS_WRITTEN = {
    *("uscc", "applicant_name", "legal_representative", "phone", "address", "contact", "email"),
    *("account_name", "account_number", "account_branch"),
}
"""What an application says of its borrower and the account that is paid, kept under the same names."""


def file_application(
    session: Session,
    fund: str,
    row: ApplicationRow,
    *,
    received_on: date,
    filed_by: str,
    source: str,
    queues: str,
    anew: bool = False,
) -> Filed:
    """Open a case for an application and let its story begin.

    The same loan filed twice changes nothing. Once its case has ended without money, a new attempt opens a case of its
    own, which names the earlier one: where the application says something else, or somebody asks for it. A loan is the
    same by note and maturity, of the same bank or of the same borrower: a bank spelt otherwise makes no other loan, and
    while its case is under way another maturity does not either.

    Args:
        fund: code of an existing fund.
        row: the application, read and checked.
        received_on: the fund's business day on which it came in.
        filed_by: id of the officer.
        source: where it came from: a file's digest, the page, the command line.
        queues: prefix of the task queues on which the case is worked.
        anew: open a new attempt also for an application that says the same as an ended one.
    """
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:fund, 0))"), {"fund": f"intake/{fund}"})
    before = _filed_before(session, fund, row)
    if before is not None and not _may_follow(before, row, anew):
        return before
    follows = before.case_no if before else None
    _store_enterprise(session, row)
    loan = _store_loan(session, row)
    case_no = _next_case_no(session, fund, received_on.year)
    session.add(
        Application(
            case_no=case_no,
            fund=fund,
            **row.model_dump(include=_AS_WRITTEN),
            loan=loan,
            facts=row.facts(received_on).model_dump(mode="json"),
            received_on=received_on,
            filed_at=datetime.now(UTC),
            filed_by=filed_by,
            source=source,
            follows=follows,
        )
    )
    session.flush()
    session.add(RenewalCase(case_no=case_no, fund=fund, loan=loan, workflow_id=renewal_id(fund, case_no)))
    _store_security(session, case_no, row)
    send(session, case_no, DeliveryKind.START, {"case_no": case_no, "fund": fund, "queues": queues})
    return Filed(case_no=case_no, new=True, follows=follows)


def name_of_firm(session: Session, uscc: str) -> str | None:
    """How the firm of a credit code was called when it was last filed; None where it never was."""
    firm = session.get(Enterprise, uscc)
    return firm.name if firm else None


def filed_application(session: Session, case_no: str, row: ApplicationRow) -> ApplicationRow:
    """The application of a case as it was filed, to be held against a row for the same loan."""
    return _as_filed(session, case_no, row)


def loan_of_case(session: Session, case_no: str) -> tuple[str, date]:
    """Note and maturity of a case's loan: by these it is found in a workbook."""
    loan = session.get_one(Loan, session.get_one(Application, case_no).loan)
    return loan.note, loan.maturity


def _filed_before(session: Session, fund: str, row: ApplicationRow) -> Filed | None:
    """The latest case of the loan, with the application as it was filed."""
    application, loan, case = table(Application).c, table(Loan).c, table(RenewalCase).c
    found = (
        session.connection()
        .execute(
            select(application.case_no, case.stage)
            .select_from(table(Application))
            .join(table(Loan), application.loan == loan.id)
            .join(table(RenewalCase), case.case_no == application.case_no)
            .where(
                application.fund == fund,
                loan.note == row.loan_note,
                or_(loan.bank == row.bank, application.uscc == row.uscc),
                # While a case is under way, another day for its note is an error in one of the two, and no other loan.
                or_(loan.maturity == row.maturity, case.stage.not_in([stage.value for stage in ENDS])),
            )
            .order_by((loan.maturity == row.maturity).desc(), application.filed_at.desc())
            .limit(1)
        )
        .one_or_none()
    )
    if found is None:
        return None
    before = _as_filed(session, found.case_no, row)
    return Filed(case_no=found.case_no, new=False, stage=CaseStage(found.stage), before=before)


WITHOUT_MONEY = (CaseStage.WITHDRAWN, CaseStage.REFUSED, CaseStage.LAPSED)
"""Ends after which the loan may be applied for again."""


def _may_follow(before: Filed, row: ApplicationRow, anew: bool) -> bool:
    if before.stage not in WITHOUT_MONEY or before.before is None:
        return False
    return anew or bool(differences(before.before, row))


def _as_filed(session: Session, case_no: str, row: ApplicationRow) -> ApplicationRow:
    """An application as it was filed, in the form of a row."""
    filed = session.get_one(Application, case_no)
    loan = session.get_one(Loan, filed.loan)
    facts = CaseFacts.model_validate(filed.facts)
    security = session.get(Collateral, case_no)
    guarantor = table(Guarantor).c
    return ApplicationRow(
        applicant_name=filed.applicant_name,
        uscc=filed.uscc,
        legal_representative=filed.legal_representative,
        phone=filed.phone,
        address=filed.address,
        contact=filed.contact,
        email=filed.email,
        bank=loan.bank,
        # How a bank is called counts only where there is no register that would know it by any name.
        bank_name=row.bank_name if row.bank == loan.bank else loan.bank_name,
        loan_note=loan.note,
        loan_kind=facts.loan.kind,
        balance_fen=facts.loan.balance_fen,
        maturity=loan.maturity,
        risk_class=facts.loan.risk_class,
        interest_in_arrears=facts.loan.interest_in_arrears,
        asked_fen=facts.asked_fen,
        own_contribution_fen=facts.own_contribution_fen,
        applied_to_bank_on=facts.applied_to_bank_on,
        account_name=filed.account_name,
        account_number=filed.account_number,
        account_branch=filed.account_branch,
        collateral_anew=facts.loan.collateral_anew,
        collateral_type=security.kind if security else None,
        collateral=security.description if security else None,
        guarantor=session.scalar(select(guarantor.name).where(guarantor.case_no == case_no)),
        standing=facts.standing,
        renewal=facts.renewal,
        **dict(facts.applicant),
    )


def _store_enterprise(session: Session, row: ApplicationRow) -> None:
    new = insert(Enterprise).values(
        uscc=row.uscc,
        name=row.applicant_name,
        legal_representative=row.legal_representative,
        phone=row.phone,
        industry=row.industry,
    )
    if row.kind is ApplicantKind.OWNER:  # he borrows in person, under his firm's code: the firm keeps its own name
        session.connection().execute(new.on_conflict_do_nothing())
        return
    session.connection().execute(
        new.on_conflict_do_update(
            index_elements=["uscc"],
            set_={name: new.excluded[name] for name in ("name", "legal_representative", "phone", "industry")},
        )
    )


def _store_loan(session: Session, row: ApplicationRow) -> int:
    new = insert(Loan).values(
        bank=row.bank,
        bank_name=row.bank_name,
        note=row.loan_note,
        maturity=row.maturity,
        kind=row.loan_kind.value,
        balance_fen=row.balance_fen,
        uscc=row.uscc,
    )
    stored = new.on_conflict_do_update(
        index_elements=["bank", "note", "maturity"], set_={"balance_fen": new.excluded.balance_fen}
    ).returning(table(Loan).c.id)
    loan_id: int = session.connection().execute(stored).scalar_one()
    return loan_id


def _store_security(session: Session, case_no: str, row: ApplicationRow) -> None:
    session.add(
        Collateral(case_no=case_no, kind=row.collateral_type, description=row.collateral, anew=row.collateral_anew)
    )
    if row.guarantor:
        session.add(Guarantor(case_no=case_no, name=row.guarantor))
    session.flush()


def _next_case_no(session: Session, fund: str, year: int) -> str:
    """The next number of a fund's year, which nobody else gets."""
    first = insert(CaseSerial).values(fund=fund, year=year, last=1)
    serial = (
        session.connection()
        .execute(
            first.on_conflict_do_update(
                index_elements=["fund", "year"], set_={"last": table(CaseSerial).c.last + literal(1)}
            ).returning(table(CaseSerial).c.last)
        )
        .scalar_one()
    )
    return case_number(fund, year, serial)
