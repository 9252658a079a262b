"""A loan whose case ended without money can apply again; one that was bridged, or is under way, cannot."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from activities.law.calendars import shanghai_today
from models.cases.applications import Application, Filed, file_application
from models.cases.reads import case_page
from models.database import sessions
from rulebook.applications import ApplicationRow
from rulebook.stages import STAGES, CaseStage
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


def file(session: Session, row: ApplicationRow, *, anew: bool = False) -> Filed:
    today = shanghai_today()
    return file_application(
        session, "DH", row, received_on=today, filed_by="li.jing", source="test", queues="nobody", anew=anew
    )


def an_application() -> ApplicationRow:
    return a_micro_manufacturer(maturity=shanghai_today() + timedelta(days=20))


def end(session: Session, case: str, stage: str) -> None:
    """The case comes to a stage by the shortest way that the table leads."""
    ways = [[CaseStage.INTAKE]]
    while ways[0][-1] != stage:
        ways = ways[1:] + [[*ways[0], then] for then in STAGES[ways[0][-1]].leads_to]
    for each in ways[0][1:]:
        session.execute(
            text("UPDATE renewal_case SET stage = :stage WHERE case_no = :case"), {"stage": each.value, "case": case}
        )


@pytest.mark.parametrize("stage", ["withdrawn", "refused", "lapsed"])
def test_48_after_an_end_without_money_a_new_attempt_names_the_earlier_one(session: Session, stage: str) -> None:
    row = an_application()
    first = file(session, row).case_no
    assert not file(session, row, anew=True).new, "a case that is under way is the loan's only one"
    end(session, first, stage)
    assert file(session, row).case_no == first, "the same file once more opens nothing unasked"
    second = file(session, row, anew=True)
    assert (second.new, second.follows) == (True, first)
    end(session, second.case_no, stage)
    third = file(session, row.model_copy(update={"asked_fen": row.asked_fen - 100}))
    assert (third.new, third.follows) == (True, second.case_no)
    page = case_page(session, second.case_no)
    assert (page.follows, page.followed_by) == (first, third.case_no)


@pytest.mark.parametrize("stage", ["closed", "recovery", "old_loan_settlement"])
def test_48_a_loan_that_had_its_money_is_not_applied_for_again(session: Session, stage: str) -> None:
    row = an_application()
    case = file(session, row).case_no
    end(session, case, stage)
    for again in (row, row.model_copy(update={"asked_fen": row.asked_fen - 100})):
        assert file(session, again, anew=True).case_no == case


def test_34_the_same_number_at_another_bank_and_of_another_firm_is_another_loan(session: Session) -> None:
    row = an_application()
    case = file(session, row).case_no
    other = an_application().model_copy(update={"loan_note": row.loan_note, "maturity": row.maturity})
    elsewhere = other.model_copy(update={"bank": "海州湾银行", "bank_name": "海州湾银行"})
    assert file(session, elsewhere).new
    respelt = row.model_copy(update={"bank": "晶都农商行", "bank_name": "晶都农商行"})
    assert file(session, respelt).case_no == case, "the same firm's note does not become another by the bank's spelling"
    third = an_application().model_copy(update={"loan_note": row.loan_note, "maturity": row.maturity})
    assert file(session, third).case_no == case, "a number is given once by one bank"


def test_48_each_case_shows_who_represented_the_firm_then(session: Session) -> None:
    row = an_application()
    first = file(session, row).case_no
    end(session, first, "withdrawn")
    changed = row.model_copy(update={"legal_representative": "另一人", "phone": "13911112222"})
    second = file(session, changed).case_no
    filed = [session.get_one(Application, case) for case in (first, second)]
    assert [each.legal_representative for each in filed] == [row.legal_representative, "另一人"]
    assert [case_page(session, case).phone for case in (first, second)] == [row.phone, "13911112222"]


def test_34_another_maturity_for_a_note_that_is_under_way_is_an_error_and_no_other_loan(session: Session) -> None:
    row = an_application()
    moved = row.model_copy(update={"maturity": row.maturity + timedelta(days=3)})
    case = file(session, row).case_no
    told = file(session, moved)
    assert (told.new, told.case_no) == (False, case)
    assert told.before is not None
    assert told.before.maturity == row.maturity
    end(session, case, "closed")
    assert file(session, moved).new, "after its end the bank may give the number's next term"
