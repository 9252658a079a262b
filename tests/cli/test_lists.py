"""Lists and the page of a case: the same for people and for programs, money in yuan, days in ISO."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from activities.law.calendars import shanghai_today
from activities.wording import masked, plain
from models.cases.applications import file_application
from models.cases.case_file import commit_step
from models.papers.documents import Document, store
from rulebook.events import EventKind
from rulebook.stages import ActKind, CaseStage
from rulebook.steps import Step
from runtime.cli.output import printable
from runtime.devstack import Addresses
from runtime.wiring import Services
from tests.builders import a_micro_manufacturer
from tests.cli.conftest import Cli
from tests.conftest import new_database

TODAY = shanghai_today()


@pytest.fixture
def case(services: Services, fund_code: str) -> str:
    """A case that waits for its checker since yesterday."""
    row = a_micro_manufacturer(maturity=TODAY + timedelta(days=20), applicant_name="东海县\x1b[31m试晶有限公司")
    with services.sessions.begin() as session:
        case_no = file_application(
            session, fund_code, row, received_on=TODAY, filed_by="li.jing", source="test", queues="nobody"
        ).case_no
    at = session_now(services) - timedelta(days=3)
    steps = (
        (EventKind.RECEIVED, CaseStage.INTAKE, None),
        (EventKind.REFERRED, CaseStage.ELIGIBILITY, ActKind.DECIDE_REFERRAL),
    )
    with services.sessions.begin() as session:
        for event, stage, awaits in steps:
            step = Step(
                case_no=case_no,
                fund=fund_code,
                cause=event.value,
                at=at,
                event=event,
                stage=stage,
                awaits=awaits,
                due=at + timedelta(days=2) if awaits else None,
            )
            commit_step(session, step)
    return case_no


def session_now(services: Services) -> Any:
    with services.sessions() as session:
        return session.connection().scalar(text("SELECT now()"))


def amounts_in(value: object) -> list[tuple[str, object]]:
    if isinstance(value, dict):
        own = [(name, each) for name, each in value.items() if name.endswith(("_yuan", "_fen"))]
        return own + [pair for each in value.values() for pair in amounts_in(each)]
    return [pair for each in value for pair in amounts_in(each)] if isinstance(value, list) else []


def offered(page: dict[str, Any]) -> dict[str, str]:
    return {act["kind"]: act["role"] for act in page["next_acts"]}


def test_cases_are_listed_by_stage_fund_and_role(cli: Cli, fund_code: str, case: str) -> None:
    (listed,) = cli("case", "list", "--fund", fund_code, "--json").data
    assert listed == {
        "case_no": case,
        "fund": fund_code,
        "applicant_name": "东海县\x1b[31m试晶有限公司",
        "bank_name": "晶都农村商业银行",
        "loan_note": listed["loan_note"],
        "maturity": (TODAY + timedelta(days=20)).isoformat(),
        "asked_yuan": "5000000.00",
        "stage": "eligibility",
        "stage_since": listed["stage_since"],
        "awaits": "decide_referral",
        "awaits_role": "checker",
        "due": listed["due"],
        "urgency": "normal",
        "overdue": True,
        "route": None,
        "amount_yuan": None,
        "days": None,
        "fee_yuan": None,
        "end_reason": None,
    }
    for words, found in (
        (("--stage", "资格审查"), 1),
        (("--stage", "intake"), 0),
        (("--mine", "checker"), 1),
        (("--mine", "maker"), 0),
    ):
        assert len(cli("case", "list", "--fund", fund_code, *words, "--json").data) == found, words


def test_the_worklist_says_what_is_overdue(cli: Cli, fund_code: str, case: str) -> None:
    listed = cli("tasks", "--fund", fund_code, "--overdue", "--json").data
    assert [(task["case_no"], task["kind"], task["role"], task["overdue"]) for task in listed] == [
        (case, "decide_referral", "checker", True)
    ]
    assert cli("tasks", "--fund", fund_code, "--role", "cashier", "--json").data == []
    shown = cli("tasks", "--fund", fund_code, "--lang", "en").out
    assert case in shown
    assert "(overdue)" in shown
    assert "没有符合条件的记录" in cli("tasks", "--fund", fund_code, "--role", "出纳").out


def test_a_paper_that_could_not_be_drawn_is_told_with_its_reason(
    cli: Cli, services: Services, fund_code: str, case: str
) -> None:
    at = session_now(services)
    step = Step(
        case_no=case,
        fund=fund_code,
        cause="papers/1",
        at=at,
        event=EventKind.PAPERS_NOT_DRAWN,
        stage=CaseStage.ELIGIBILITY,
        awaits=ActKind.DRAW_AGAIN,
        due=at + timedelta(days=2),
        detail={
            "instead_of": "refused",
            "paper": "tripartite_agreement",
            "refusal": "papers.template_broken",
            "refusal.template": "tripartite_agreement.zh.html",
            "refusal.why": "UndefinedError: nobody",
        },
    )
    assert "draw_again" not in offered(cli("case", "show", case, "--json").data)
    with services.sessions.begin() as session:
        commit_step(session, step)
    page = cli("case", "show", case, "--json").data
    assert offered(page) == {"draw_again": "maker"}
    assert [(each["kind"], each["reason"]["code"]) for each in page["not_now"]] == [
        ("decide_referral", "act.papers_first"),
        ("withdraw", "act.papers_first"),
        ("propose_correction", "act.papers_first"),
        ("approve_correction", "act.papers_first"),
    ]
    assert page["events"][-1]["message"] == (
        "文书未能出具：待完成 不予支持；文书 三方协议；"
        "未出具的原因 模板 tripartite_agreement.zh.html 有错误（UndefinedError: nobody）。"
        "请在机构模板目录中改正，用 documents preview 查看，并重新启动 serve。"
    )
    english = " ".join(cli("case", "show", case, "--lang", "en").out.split())
    assert "papers could not be drawn" in english
    assert "UndefinedError: nobody" in english
    assert "重新出具文书" in cli("tasks", "--fund", fund_code).out


def test_the_page_of_a_case_tells_everything_and_masks_numbers(cli: Cli, fund_code: str, case: str) -> None:
    page = cli("case", "show", case, "--json").data

    assert (page["stage"], page["task"]["kind"]) == ("eligibility", "decide_referral")
    assert offered(page) == {
        "decide_referral": "checker",
        "withdraw": "maker",
        "propose_correction": "maker",
        "approve_correction": "checker",
    }
    assert page["not_now"] == []
    assert [event["message"] for event in page["events"]] == ["受理申请", "转人工认定"]
    assert re.fullmatch(r"\*+\d{4}", page["account_number"])
    assert re.fullmatch(r"\*+\d{4}", page["phone"])
    assert page["position"]["outstanding_yuan"] == "0.00"
    money = amounts_in(page)
    assert len(money) > 10
    assert all(
        name.endswith("_yuan") and (fen is None or re.fullmatch(r"-?\d+\.\d\d", str(fen))) for name, fen in money
    )
    for lang, words in (("zh", "资格审查"), ("en", "Referred")):
        shown = cli("case", "show", case, "--lang", lang)
        assert shown.code == 0
        assert words in shown.out
        assert "\x1b" not in shown.out, "what came from outside does not steer the terminal"
        assert "13800000000" not in shown.out


def test_a_person_is_told_what_he_may_do_and_why_not_the_rest(cli: Cli, fund_code: str, case: str) -> None:
    page = cli("case", "show", case, "--as", "li.jing", "--json").data
    assert offered(page) == {"withdraw": "maker", "propose_correction": "maker"}
    (refused,) = (each for each in page["not_now"] if each["kind"] == "decide_referral")
    assert refused == {
        "kind": "decide_referral",
        "role": "checker",
        "barred": [],
        "not_for": [],
        "only": [],
        "reason": {
            "code": "person.not_in_role",
            "params": {"person": "李敬", "role": "checker", "fund": fund_code, "roles": "maker"},
            "message": f"李敬在资金池{fund_code}没有“复核”岗位（现有：经办）。请由有该岗位的人员办理，"
            "或由两人办理授权（xuqiao people grant）。",
        },
    }
    shown = cli("case", "show", case, "--as", "li.jing", "--lang", "en").out
    assert "Can be done: Withdraw (Maker)" in shown
    assert (
        f"Not now: Decide the referral (Checker): In fund {fund_code}, 李敬 may not act as Checker (holds: Maker)."
        in shown
    )
    unknown = cli("case", "show", case, "--as", "nobody", "--json")
    assert (unknown.code, unknown.error["code"]) == (1, "person.unknown")


def test_a_case_that_is_not_there(cli: Cli, fund_code: str) -> None:
    ran = cli("case", "show", "DH-2099-00001-9", "--json")
    assert ran.code == 2, "its check digit says so already"
    ran = cli("case", "show", "XY-2026-00001-8", "--json", "--lang", "en")
    assert (ran.code, ran.error["code"], ran.error["params"]) == (1, "case.unknown", {"case": "XY-2026-00001-8"})
    assert ran.error["message"].startswith("There is no case XY-2026-00001-8")


def test_a_paper_is_written_as_it_was_made_or_not_at_all(
    cli: Cli, services: Services, case: str, tmp_path: Path
) -> None:
    out, pdf = tmp_path / "paper.pdf", b"%PDF-1.7 a notice"
    write = ("case", "paper", case, "refusal-notice", "--out", out, "--json")
    ran = cli(*write)
    assert (ran.code, ran.error["code"]) == (1, "paper.unknown")
    digest = "2f1cbbc08d8f1ad6a9ca1e0bd2d4e2b4"

    for attempt, (bytes_kept, recorded) in enumerate(((pdf, sha256_of(pdf)), (pdf, digest)), start=1):
        with services.sessions.begin() as session:
            paper = Document(
                case_no=case,
                kind="refusal_notice",
                attempt=attempt,
                number=f"{case}-BY{attempt}",
                sha256=recorded,
                template_digest="t",
                versions={},
                pages=1,
                made_at=session_now(services),
                pdf=bytes_kept,
            )
            store(session, paper)

    damaged = cli(*write)
    assert (damaged.code, damaged.error["code"]) == (4, "cli.paper.damaged")
    assert not out.exists()
    sound = cli(*write, "--attempt", 1)
    assert (sound.code, sound.data["sha256"]) == (0, sha256_of(pdf))
    assert out.read_bytes() == pdf
    assert cli("case", "paper", case, "合同", "--out", out).code == 2


def sha256_of(content: bytes) -> str:
    import hashlib

    return hashlib.sha256(content).hexdigest()


def test_the_pool_adds_up(cli: Cli, fund_code: str) -> None:
    page = cli("pool", "--fund", fund_code, "--json").data
    assert page == {
        "fund": fund_code,
        "name": "东海县企业转贷应急资金",
        "business_date": TODAY.isoformat(),
        "total_yuan": "20000000.00",
        "reserved_yuan": "0.00",
        "out_yuan": "0.00",
        "available_yuan": "20000000.00",
        "fee_income_yuan": "0.00",
        "provisional_yuan": "0.00",
        "expected": [],
        "queue": [],
        "breaker": None,
        "troubles": [],
    }
    assert "20,000,000.00" in cli("pool", "--fund", fund_code).out


def test_the_books_are_right_and_say_so(cli: Cli, fund_code: str) -> None:
    ran = cli("books", "check", "--fund", fund_code, "--json")
    assert (ran.code, ran.data) == (0, {"good": True, "books": [{"fund": fund_code, "faults": []}]})
    assert "相符" in cli("books", "check", "--fund", fund_code).out


def test_books_with_a_row_changed_behind_their_back_are_a_failure(
    cli: Cli, stack: Addresses, fund_code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = new_database(stack)
    monkeypatch.setenv("XUQIAO_DATABASE__URL", own.app)
    assert cli("funds", "open", tmp_path / "fund.toml").code == 0
    assert cli("books", "check").code == 0
    administrator = make_url(stack.superuser_url).set(database=make_url(own.owner).database)
    with psycopg.connect(administrator.render_as_string(hide_password=False)) as connection:
        connection.execute("ALTER TABLE ledger.posting DISABLE TRIGGER USER")
        connection.execute("UPDATE ledger.posting SET amount_fen = amount_fen + 1")

    ran = cli("books", "check", "--json")

    assert (ran.code, ran.data["good"]) == (4, False)
    (book,) = ran.data["books"]
    assert book["fund"] == fund_code
    assert any(fault.startswith(f"{fund_code}：第 1 号凭证") for fault in book["faults"]), book["faults"]
    assert "不符" in cli("books", "check").out


def test_funds_and_people_are_listed(cli: Cli, fund_code: str) -> None:
    fund = next(each for each in cli("funds", "list", "--json").data if each["code"] == fund_code)
    assert (fund["pack"], fund["business_date"], fund["gateway"]) == (
        "donghai/2025-08-17",
        TODAY.isoformat(),
        "simulated",
    )
    assert fund["escrow_number"].startswith("*")
    people = cli("people", "list", "--fund", fund_code, "--json").data
    assert [each["role"] for each in people if each["id"] == "sun.shen"] == ["maker", "checker"]
    assert all(each["held"] for each in people)
    assert "孙审" in cli("people", "list").out
    assert fund_code in cli("funds", "list", "--lang", "en").out


def test_settings_are_shown_without_their_secrets(cli: Cli, fund_code: str, services: Services) -> None:
    url = services.settings.database.url
    assert url is not None
    password = re.search(r":([^:@]+)@", url.get_secret_value())
    assert password is not None
    shown = cli("config", "show", "--json", "--lang", "en")
    assert shown.data["queues"]["prefix"] == services.settings.queues.prefix
    assert shown.data["lang"] == "en", "a flag wins over everything"
    assert password[1] not in shown.out
    assert "queues.prefix = cli-" in cli("config", "show").out


def test_the_doctor_answers_in_both_forms(cli: Cli, fund_code: str) -> None:
    ran = cli("doctor", "--json")
    assert ran.code == (0 if ran.data["good"] else 3)
    assert {"name", "ok", "found", "cure"} == set(ran.data["checks"][0])
    assert cli("doctor", "--lang", "en").out.count("✓") == sum(check["ok"] for check in ran.data["checks"])


def test_a_table_keeps_case_numbers_whole_in_a_pipe_and_without_colour(
    cli: Cli, fund_code: str, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    shown = cli("case", "list", "--fund", fund_code).out
    assert case in shown
    assert "\x1b" not in shown


def test_data_and_text_are_made_safe() -> None:
    assert plain({"a_fen": -5, "b_fen": None, "c": [{"d_fen": 100}], "e_fen": True}) == {
        "a_yuan": "-0.05",
        "b_yuan": None,
        "c": [{"d_yuan": "1.00"}],
        "e_fen": True,
    }
    assert printable("a\x1b[31m\u202eb\n") == "a⟨U+001B⟩[31m⟨U+202E⟩b\n"
    assert (masked("123"), masked("12345")) == ("123", "*2345")


def test_a_deadline_past_the_announced_years_is_called_provisional(
    cli: Cli, services: Services, fund_code: str, case: str
) -> None:
    assert [task["provisional"] for task in cli("tasks", "--fund", fund_code, "--json").data] == [False]
    far_away = Step(
        case_no=case,
        fund=fund_code,
        cause="far away",
        at=session_now(services),
        event=EventKind.REFERRED,
        stage=CaseStage.ELIGIBILITY,
        awaits=ActKind.DECIDE_REFERRAL,
        due=session_now(services) + timedelta(days=20 * 365),
    )
    with services.sessions.begin() as session:
        commit_step(session, far_away)

    assert [task["provisional"] for task in cli("tasks", "--fund", fund_code, "--json").data] == [True]
    assert "暂定" in cli("tasks", "--fund", fund_code).out
    assert "暂定" in cli("case", "show", case).out
