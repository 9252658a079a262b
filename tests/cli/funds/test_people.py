"""Who may act in which fund, from when until when: as people set it up, and as the command holds them to it."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from activities.books import desk
from activities.books.desk import Doors
from activities.law.calendars import shanghai_today
from models.cases.acts import enter_act
from models.cases.applications import file_application
from models.funds.people import actor
from rulebook.books.acts import CapitalOut
from rulebook.errors import XuqiaoError
from rulebook.messages import Actor, Withdraw
from rulebook.stages import ENDS, STAGES, CaseStage, Role
from runtime.wiring import Services
from tests.builders import a_micro_manufacturer
from tests.cli.conftest import EXAMPLES, Cli

_NUMBERS = count(1)
ADOPTED = text("SELECT adopted_by FROM fund_measure WHERE fund = :fund AND adopted_by IS NOT NULL")
Own = Callable[[], str]
LAW = ("--pack", "donghai/2025-08-17", "--overlay", EXAMPLES / "operator.toml", "--from")
GRANT = ("--reason", "轮岗")
DAY = timedelta(days=1)


def refused(ran: Any) -> str:
    assert ran.code != 0, ran.out
    return str(ran.error["code"])


def parts(cli: Cli, fund: str, person: str) -> set[str]:
    return {
        each["role"]
        for each in cli("people", "list", "--fund", fund, "--json").data
        if each["id"] == person and each["held"]
    }


@pytest.fixture
def own(cli: Cli, fund_code: str, tmp_path: Path) -> Own:
    """Opens another city's fund, with people of its own."""

    def open_it() -> str:
        code = f"P{os.getpid() % 10_000:04d}{next(_NUMBERS):02d}"
        file = (EXAMPLES / "fund.toml").read_text(encoding="utf-8").replace('code = "DH"', f'code = "{code}"')
        file = file.replace("0000 2025", f"7{code[1:]}")  # an account of its own
        for name in ("li.jing", "wang.he", "zhao.na", "sun.shen", "qian.jd", "zhou.hz", "wu.hg"):
            file = file.replace(f'id = "{name}"', f'id = "{code}.{name}"')
        (tmp_path / f"{code}.toml").write_text(file, encoding="utf-8")
        assert cli("funds", "open", tmp_path / f"{code}.toml").code == 0
        return code

    return open_it


def a_case(services: Services, fund: str) -> str:
    row, today = a_micro_manufacturer(maturity=shanghai_today() + 20 * DAY), shanghai_today()
    with services.sessions.begin() as session:
        return file_application(
            session, fund, row, received_on=today, filed_by="li.jing", source="test", queues="nobody"
        ).case_no


def change(cli: Cli, *argv: object, by: str, fund: str) -> int:
    """Propose something, and give its number."""
    ran = cli(*argv, "--fund", fund, "--as", by, *GRANT, "--json")
    assert ran.code == 0, ran.out
    return int(ran.data["number"])


# In one fund ------------------------------------------------------------------------------------------------------


def test_43_an_officer_of_one_fund_does_nothing_in_another(
    cli: Cli, fund_code: str, own: Own, services: Services, tmp_path: Path
) -> None:
    other = own()
    statement = tmp_path / "s.csv"
    statement.write_bytes((EXAMPLES / "statement.csv").read_bytes())
    agreement = ("--agreement", "1", "--from", "2026-01-01")
    workbook = EXAMPLES / "applications.xlsx"
    tried = (
        ("import", workbook, "--fund", other, "--as", "li.jing"),
        ("case", "submit", "--fund", other, "--as", "li.jing"),
        ("ledger", "import-statement", statement, "--fund", other, "--as", "li.jing"),
        ("ledger", "reconcile", "--fund", other, "--on", shanghai_today(), "--as", "li.jing"),
        ("ledger", "statement-headings", "--fund", other, "--heading", "交易日", "--means", "-", "--as", "li.jing"),
        ("ledger", "close", "--fund", other, "--through", "2026-01-31", "--as", "wang.he"),
        ("funds", "adopt", other, *LAW, "2099-01-01", "--as", "wang.he"),
        ("people", "grant", "li.jing", "--fund", other, "--role", "checker", "--as", "li.jing", *GRANT),
        ("banks", "set", "X", "--name", "某银行", *agreement, "--fund", other, "--as", "li.jing", *GRANT),
    )
    answers = {argv[:3]: refused(cli(*argv, "--json")) for argv in tried}
    assert set(answers.values()) <= {"person.no_role_here", "change.not_yours"}, answers
    with services.sessions() as session, pytest.raises(XuqiaoError) as unknown_here:
        actor(session, "li.jing", Role.MAKER, other)
    assert unknown_here.value.code == "person.no_role_here"


def test_43_nor_does_he_touch_its_cases_its_books_or_its_papers(
    cli: Cli, fund_code: str, own: Own, services: Services, tmp_path: Path
) -> None:
    other = own()
    maker, checker, cashier, clerk = (f"{other}.{name}" for name in ("li.jing", "wang.he", "zhao.na", "qian.jd"))
    case = a_case(services, fund_code)
    scan = tmp_path / "scan.png"
    Image.new("L", (100, 100), 255).save(scan)
    opinion = ("bank", "opinion", case, "--answer", "repay_then_lend")
    entered = cli(*opinion, "--paper", scan, "--recorded-by", "li.jing", "--signatory", "沈", "--json").data["id"]
    tried = (
        ("case", "propose", case, "--amount", "100", "--as", maker),
        ("case", "withdraw", case, "--reason", "x", "--as", maker),
        ("case", "release", case, "--balance", "1", "--confirm-all", "--as", cashier),
        (*opinion, "--as", clerk),
        (*opinion, "--paper", scan, "--recorded-by", maker, "--signatory", "沈"),
        ("bank", "verify", entered, "--yes", "--as", checker),
        ("bank", "reject", entered, "--reason", "x", "--as", checker),
    )
    answers = {argv[:2]: refused(cli(*argv, "--json")) for argv in tried}
    assert set(answers.values()) == {"person.no_role_here"}, answers
    doors = Doors(services.desk_sessions.begin, services.sessions.begin)
    act = CapitalOut(amount_fen=100, contributor="东海县财政局")

    def propose(by: str) -> int:
        return int(desk.propose(doors, key=by, book=fund_code, act=act, evidence="ab" * 32, maker=by).number or 0)

    with pytest.raises(XuqiaoError, match=r"person\.no_role_here"):
        propose(maker)
    number = propose("li.jing")
    said: tuple[tuple[Callable[..., Any], dict[str, str]], ...] = (
        (desk.approve, {"checker": checker}),
        (desk.reject, {"by": checker, "reason": "x"}),
        (desk.paid, {"reference": "R", "cashier": cashier}),
    )
    for doing, how in said:
        with pytest.raises(XuqiaoError, match=r"person\.no_role_here"):
            doing(doors, number, **how)


def test_43_an_act_in_a_false_name_is_refused_where_it_is_put_on_record(
    cli: Cli, fund_code: str, own: Own, services: Services
) -> None:
    """Whatever surface hands in a person by value, the act itself looks him up."""
    other, case = own(), a_case(services, fund_code)
    stranger = Actor(id=f"{other}.li.jing", name="李敬", role=Role.MAKER, organisation="别处")
    with services.desk_sessions.begin() as session:
        entered = enter_act(session, "K1", case, Withdraw(reason="x"), stranger, datetime.now(UTC))
    assert (entered.state, entered.outcome and entered.outcome["code"]) == ("refused", "person.no_role_here")


def test_43_a_grant_takes_two_and_holds_from_its_day_until_its_day(cli: Cli, own: Own) -> None:
    fund = own()
    maker, checker, second = f"{fund}.li.jing", f"{fund}.wang.he", f"{fund}.sun.shen"
    new = ("people", "grant", f"{fund}.new", "--role", "checker")
    assert refused(cli(*new, "--fund", fund, "--as", maker, *GRANT, "--json")) == "person.new_needs_name"
    named = (*new, "--name", "新审", "--organisation", "承办公司")
    number = change(cli, *named, by=second, fund=fund)
    assert parts(cli, fund, f"{fund}.new") == set()
    assert refused(cli("changes", "approve", number, "--as", second, "--json")) == "change.same_person"
    assert refused(cli("changes", "approve", number, "--as", maker, "--json")) == "change.not_yours_to_decide"
    assert refused(cli("changes", "approve", number, "--as", "wang.he", "--json")) == "change.not_yours_to_decide"
    assert cli("changes", "approve", number, "--as", checker).code == 0
    assert parts(cli, fund, f"{fund}.new") == {"checker"}
    assert refused(cli("changes", "approve", number, "--as", checker, "--json")) == "change.decided"
    tomorrow = shanghai_today() + DAY
    later = change(cli, *new, "--role", "cashier", "--from", tomorrow, by=maker, fund=fund)
    past = change(cli, *new, "--role", "maker", "--from", "2026-01-01", "--until", "2026-02-01", by=maker, fund=fund)
    himself = change(cli, "people", "grant", checker, "--role", "maker", by=maker, fund=fund)
    for each in (later, past):
        assert cli("changes", "approve", each, "--as", checker).code == 0
    assert refused(cli("changes", "approve", himself, "--as", checker, "--json")) == "change.of_himself"
    assert parts(cli, fund, f"{fund}.new") == {"checker"}, "not yet cashier, and maker no longer"


def test_43_who_leaves_loses_his_part_and_what_he_did_keeps_his_name(cli: Cli, own: Own, services: Services) -> None:
    fund = own()
    maker, checker, second = f"{fund}.li.jing", f"{fund}.wang.he", f"{fund}.sun.shen"
    adopt = ("funds", "adopt", fund, *LAW)
    assert cli(*adopt, "2099-01-01", "--as", checker).code == 0
    leaves = change(cli, "people", "take", checker, "--role", "checker", by=maker, fund=fund)
    assert cli("changes", "approve", leaves, "--as", second).code == 0
    assert refused(cli(*adopt, "2099-02-01", "--as", checker, "--json")) == "person.no_role_here"
    with services.sessions() as session:
        adopted = session.connection().scalars(ADOPTED, {"fund": fund}).all()
    assert adopted == [checker], "what he did stays his"
    last = change(cli, "people", "take", second, "--role", "checker", by=maker, fund=fund)
    assert refused(cli("changes", "approve", last, "--as", second, "--json")) == "change.of_himself"
    named = change(cli, "people", "rename", second, "--name", "孙慎", by=maker, fund=fund)
    assert refused(cli("changes", "approve", named, "--as", second, "--json")) == "change.of_himself"
    found = {each["id"]: each for each in cli("changes", "list", "--fund", fund, "--all", "--json").data}
    assert (found[leaves]["state"], found[leaves]["decided_name"]) == ("approved", "孙审")


def test_43_the_last_two_who_can_decide_stay(cli: Cli, own: Own) -> None:
    fund = own()
    maker, checker, second = f"{fund}.li.jing", f"{fund}.wang.he", f"{fund}.sun.shen"
    for role in ("maker", "checker"):
        taken = change(cli, "people", "take", second, "--role", role, by=maker, fund=fund)
        assert cli("changes", "approve", taken, "--as", checker).code == 0
    last = change(cli, "people", "take", maker, "--role", "maker", by=maker, fund=fund)
    assert refused(cli("changes", "approve", last, "--as", checker, "--json")) == "person.last_checker"
    assert parts(cli, fund, maker) == {"maker"}


def test_43_funds_open_says_what_its_file_says_otherwise(cli: Cli, own: Own, tmp_path: Path) -> None:
    fund = own()
    file = tmp_path / f"{fund}.toml"
    again = cli("funds", "open", file, "--json")
    assert (again.code, again.data["new"], again.data["otherwise"]) == (0, False, [])
    text_of = file.read_text(encoding="utf-8")
    without = text_of.replace(f'[[person]]\nid = "{fund}.zhao.na"', f'[[person]]\nid = "{fund}.zhao.nan"')
    without = without.replace('name = "李敬"', 'name = "李静"').replace(
        'roles = ["maker", "checker"]', 'roles = ["checker"]'
    )
    file.write_text(without, encoding="utf-8")
    told = cli("funds", "open", file)
    assert told.code == 1
    assert "未作任何更改" in told.out
    for words in (
        f"{fund}.zhao.na）在册任“出纳”，文件中已没有此人",
        f"xuqiao people take {fund}.zhao.na --role cashier --fund {fund} --reason 原因 --as",
        f"xuqiao people grant {fund}.zhao.nan --role cashier --name '赵纳' --organisation '",
        "李静",
        f"（{fund}.zhao.nan）任“出纳”，在册没有",
        "在册任“经办”，文件中没有",
    ):
        assert words in told.out, words
    assert parts(cli, fund, f"{fund}.zhao.na") == {"cashier"}


def test_43_a_code_is_one_person_in_all_funds(cli: Cli, fund_code: str, tmp_path: Path) -> None:
    text_of = (tmp_path / "fund.toml").read_text(encoding="utf-8").replace(f'code = "{fund_code}"', 'code = "XX"')
    text_of = text_of.replace(f"8{fund_code[1:]}", f"6{fund_code[1:]}")
    (tmp_path / "x.toml").write_text(text_of.replace('name = "王核"', 'name = "王河"'), encoding="utf-8")
    assert refused(cli("funds", "open", tmp_path / "x.toml", "--json")) == "person.otherwise"


# Behind the database's door -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO person VALUES ('wu.ming', '吴名', '某公司')",
        "INSERT INTO role_held (fund, person, role, from_day) VALUES (:fund, 'li.jing', 'cashier', '2026-01-01')",
        "UPDATE role_held SET until_day = NULL",
        "INSERT INTO fund_measure VALUES (:fund, '2999-01-01', 'donghai/2025-08-17')",
        "INSERT INTO fund_change VALUES (1, :fund, 'grant_role', '{}', 'x', 'li.jing', 'x')",
        "SELECT propose_change(:fund, 'grant_role', '{}', 'x', 'li.jing')",
        "SELECT decide_change(1, true, 'wang.he', NULL)",
        'SELECT add_person(\'{"id": "wu.ming", "name": "x", "organisation": "y"}\')',
        "SELECT adopt_measure(:fund, '{}', 'wang.he')",
    ],
)
def test_31_the_application_makes_nobody_an_officer_and_no_law(
    services: Services, fund_code: str, statement: str
) -> None:
    with services.sessions() as session, pytest.raises(DBAPIError, match="permission denied"):
        session.connection().execute(text(statement), {"fund": fund_code} if ":fund" in statement else {})


def test_31_the_file_brings_people_once_and_never_again(services: Services, fund_code: str) -> None:
    file = '{"measure": {"pack": "x", "effective_from": "2999-01-01"}, "banks": [], "people": [{"id": "wu.ming"}]}'
    with services.sessions.begin() as session:
        answer = session.connection().scalar(text("SELECT found_fund(:fund, :file)"), {"fund": fund_code, "file": file})
        assert answer == {"new": False}
        assert session.connection().scalar(text("SELECT count(*) FROM person WHERE id = 'wu.ming'")) == 0


def test_31_a_stage_without_its_event_does_not_commit(services: Services, fund_code: str) -> None:
    case = a_case(services, fund_code)
    for statement in (
        "UPDATE renewal_case SET stage = 'closed' WHERE case_no = :case",
        "UPDATE renewal_case SET stage = 'disbursement' WHERE case_no = :case",
    ):
        with pytest.raises(IntegrityError, match="stands at"), services.sessions.begin() as session:
            session.connection().execute(text(statement), {"case": case})


def test_31_an_invented_event_leads_to_no_stage_that_the_table_does_not_name(
    services: Services, fund_code: str
) -> None:
    case = a_case(services, fund_code)
    event = """
        INSERT INTO event (case_no, cause, at, kind, stage, detail, digest)
        VALUES (:case, 'invented', now(), 'paid_out', :stage, '{}', 'x')
    """
    move = "UPDATE renewal_case SET stage = :stage WHERE case_no = :case"
    for stage in ("disbursement", "closed", "recovery", "approval"):
        with services.sessions() as session:
            session.connection().execute(text(event), {"case": case, "stage": stage})
            with pytest.raises(IntegrityError, match="does not lead to"):
                session.connection().execute(text(move), {"case": case, "stage": stage})


def test_31_the_database_knows_the_table_of_stages(services: Services) -> None:
    with services.sessions() as session:
        found = session.connection().execute(text("SELECT stage, then_to FROM stage_leads")).all()
    leads = {(stage, then) for stage, row in STAGES.items() for then in row.leads_to}
    pursued = {(stage, CaseStage.RECOVERY) for stage in ENDS}
    assert {(CaseStage(row.stage), CaseStage(row.then_to)) for row in found} == leads | pursued
