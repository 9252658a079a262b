"""What must never be is refused by the database itself, whoever writes."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import Session

from activities.law.calendars import shanghai_today
from models.cases import payments
from models.cases.applications import file_application
from models.cases.approvals import Approval
from models.cases.payments import PaymentState
from models.database import sessions
from rulebook.applications import ApplicationRow
from rulebook.errors import XuqiaoError
from runtime.seed import open_fund
from runtime.settings import checkout
from tests.builders import a_micro_manufacturer


@pytest.fixture
def session(app_engine: Engine) -> Iterator[Session]:
    """The application's own connection, with the example's fund; nothing of a test stays."""
    top = checkout() or Path.cwd()
    with sessions(app_engine).begin() as opening:
        open_fund(opening, top / "examples" / "fund.toml", shanghai_today())
    with sessions(app_engine)() as session:
        yield session
        session.rollback()


def file(session: Session, row: ApplicationRow) -> str:
    """File an application and give its case number."""
    today = shanghai_today()
    filed = file_application(
        session, "DH", row, received_on=today, filed_by="li.jing", source="test", queues="nobody-works-here"
    )
    return filed.case_no


def an_application() -> ApplicationRow:
    return a_micro_manufacturer(maturity=shanghai_today() + timedelta(days=20))


def intend(session: Session, case: str, number: int) -> bool:
    """Begin a payment of a case; whether it is new."""
    key = f"DH/{case}/disburse/{number}"
    session.execute(
        text("""
            INSERT INTO approval (case_no, attempt, amount_fen, ceiling_fen, bound_by, terms_digest, findings, maker,
                proposed_at) VALUES (:case, 1, 100, 100, 'cap', 't', '[]', 'li.jing', now()) ON CONFLICT DO NOTHING
        """),
        {"case": case},
    )
    _, first = payments.intend(
        session, key, case_no=case, fund="DH", number=number, attempt=1, amount_fen=100, digest="d"
    )
    return first


def test_a_loan_has_one_live_case(session: Session) -> None:
    first, second = file(session, an_application()), file(session, an_application())
    loan_of_first = "(SELECT loan FROM renewal_case WHERE case_no = :first)"
    with pytest.raises(IntegrityError, match="one_live_case_per_loan"):
        session.execute(
            text(f"UPDATE renewal_case SET loan = {loan_of_first} WHERE case_no = :second"),
            {"first": first, "second": second},
        )


def test_an_application_filed_twice_stays_one_case_even_after_its_end(session: Session) -> None:
    row = an_application()
    case = file(session, row)
    session.execute(text("UPDATE renewal_case SET stage = 'refused' WHERE case_no = :case"), {"case": case})
    assert file(session, row) == case


def test_maker_and_checker_are_two(session: Session) -> None:
    case = file(session, an_application())
    session.add(
        Approval(
            case_no=case,
            attempt=1,
            amount_fen=100,
            ceiling_fen=100,
            bound_by="cap",
            terms_digest="t",
            findings=[],
            maker="li.jing",
            proposed_at=datetime.now(UTC),
            checker="li.jing",
            approved_at=datetime.now(UTC),
        )
    )
    with pytest.raises(IntegrityError, match="maker_is_not_checker"):
        session.flush()


def test_who_sends_does_not_confirm(session: Session) -> None:
    case = file(session, an_application())
    intend(session, case, 1)
    with pytest.raises(IntegrityError, match="sender_does_not_confirm"):
        payments.mark(session, f"DH/{case}/disburse/1", sent_by="zhao.na", confirmed_by="zhao.na")


def test_a_second_payment_waits_until_the_first_is_rejected(session: Session) -> None:
    case = file(session, an_application())
    assert intend(session, case, 1)
    assert not intend(session, case, 1), "the same intent again is the same payment"
    with pytest.raises(XuqiaoError, match=r"payment\.another_open"):
        intend(session, case, 2)
    payments.decide_payment(session, f"DH/{case}/disburse/1", PaymentState.REJECTED, None, "returned", shanghai_today())
    assert intend(session, case, 2)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE event SET kind = 'closed'",
        "DELETE FROM event",
        "UPDATE application SET received_on = received_on - 1",
        "UPDATE document SET sha256 = 'other'",
        "DELETE FROM officer_act",
        "DELETE FROM bank_message",
        "TRUNCATE renewal_case CASCADE",
        "UPDATE fund SET gateway = 'simulated'",
        "INSERT INTO person VALUES ('wu.ming', '吴名', '某公司')",
        "INSERT INTO role_held (fund, person, role, from_day) VALUES ('DH', 'li.jing', 'checker', '2026-01-01')",
        "UPDATE role_held SET role = 'checker'",
        "INSERT INTO fund_measure VALUES ('DH', '2999-01-01', 'donghai/2025-08-17')",
        "INSERT INTO partner_bank VALUES ('DH', 'X', '某银行', '{}', '{}', NULL, '-', NULL, '2026-01-01')",
        "UPDATE fund_change SET state = 'approved'",
    ],
)
def test_the_application_may_not_rewrite_what_happened(session: Session, statement: str) -> None:
    file(session, an_application())
    with pytest.raises(DBAPIError, match="permission denied"):
        session.execute(text(statement))
