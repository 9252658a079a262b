"""Papers drawn up and looked at by command: kept and numbered, or a draft kept nowhere; and what is refused."""

import hashlib
import io
from collections.abc import Awaitable, Callable, Iterator
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path

import pytest
from pypdf import PdfReader

from activities.law.calendars import shanghai_today
from activities.papers.press.pool import PressPool
from activities.words import say
from models.cases.numbers import case_number
from models.papers.documents import documents_of
from rulebook.money import yuan
from rulebook.papers.kinds import DocumentKind
from runtime.cli.papers import drawing
from tests.acceptance.fund.fund import TestedFund
from tests.builders import a_micro_manufacturer
from tests.cli.conftest import Cli, Ran

Acting = Callable[..., Awaitable[Ran]]
of_cases = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture(scope="session")
def pool() -> Iterator[PressPool]:
    """One press for many calls; each call would start its own."""
    with PressPool() as pool:
        yield pool


@pytest.fixture
def warm(pool: PressPool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands of this test draw on that press."""
    monkeypatch.setattr(drawing, "warm_press", lambda _: nullcontext(pool))


def text_of(path: Path) -> str:
    """The text of a PDF, without line breaks."""
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(path.read_bytes())).pages).replace("\n", "")


async def money_out(fund: TestedFund) -> str:
    """A case whose bridge is out."""
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.bridge(case, yuan(5_000_000))
    await fund.old_loan_settled(case)
    return case


@of_cases
async def test_a_reminder_is_numbered_kept_and_written(fund: TestedFund, acting: Acting, tmp_path: Path) -> None:
    case = await money_out(fund)
    spoken = await acting("documents", "render", case, "还款提醒", "--as", "li.jing", "--out", tmp_path / "one.pdf")
    assert spoken.code == 0, spoken
    assert "还款提醒" in spoken.out
    assert "未经身份验证" in spoken.err
    made = await acting("documents", "render", case, "payment_reminder", "--as", "li.jing", "--json")
    assert (made.code, made.data["kind"], made.data["out"]) == (0, "payment_reminder", f"{made.data['number']}.pdf")

    with fund.services.sessions() as session:
        first, second = (each for each in documents_of(session, case) if each.kind == "payment_reminder")
    assert (first.attempt, second.attempt, second.number) == (1, 2, made.data["number"])
    assert first.number in spoken.out
    assert (tmp_path / "one.pdf").read_bytes() == first.pdf
    assert (tmp_path / made.data["out"]).read_bytes() == second.pdf
    assert made.data["sha256"] == hashlib.sha256(second.pdf).hexdigest() == second.sha256
    assert "5,000,000.00" in text_of(tmp_path / "one.pdf")
    verified = await acting("documents", "verify", tmp_path / "one.pdf", "--json")
    assert (verified.code, verified.data["document_no"]) == (0, first.number)


@of_cases
async def test_what_only_the_officer_knows_is_told_with_the_command(
    fund: TestedFund, acting: Acting, warm: None, tmp_path: Path
) -> None:
    case = await money_out(fund)
    in_a_week, later = (fund.today + timedelta(days=days) for days in (7, 40))
    told: list[tuple[str, tuple[object, ...], tuple[str, ...]]] = [
        ("payment_demand", ("--answer-by", in_a_week), (f"{in_a_week:%Y}年{in_a_week.month}月{in_a_week.day}日",)),
        (
            "breach_notice",
            ("--answer-by", in_a_week, "--by", "bank", "--breach", "回贷资金挪作他用。", "--clause", "三方协议第四条"),
            ("回贷资金挪作他用", "三方协议第四条"),
        ),
        (
            "extension_agreement",
            ("--extended-to", later, "--reason", "抵押登记系统升级"),
            (f"{later:%Y}年{later.month}月{later.day}日", "抵押登记系统升级"),
        ),
        ("correction_notice", ("--answer-by", in_a_week, "--missing", "上一年度审计报告"), ("上一年度审计报告",)),
        ("archive_index", (), (case,)),
    ]
    for kind, words, shown in told:
        out = tmp_path / f"{kind}.pdf"
        ran = await acting("documents", "render", case, kind, *words, "--as", "li.jing", "--out", out, "--json")
        assert ran.code == 0, ran
        text = text_of(out).replace(" ", "")
        assert [each for each in shown if each not in text] == [], kind
    listed = await acting("documents", "list", case, "--json")
    assert {kind for kind, _, _ in told} < {each["kind"] for each in listed.data}


@of_cases
async def test_what_is_not_the_officers_to_ask_for_is_refused(fund: TestedFund, acting: Acting, warm: None) -> None:
    case = await money_out(fund)
    before = fund.papers_of(case)
    yesterday = shanghai_today() - timedelta(days=1)  # the command goes by the clock, which no test can move
    refused: list[tuple[int, str, tuple[object, ...]]] = [
        (1, "papers.drawn_by_the_case", (case, "tripartite_agreement", "--as", "li.jing")),
        (1, "papers.drawn_by_the_case", (case, "settlement_certificate", "--as", "li.jing")),
        (1, "papers.missing_fact", (case, "payment_demand", "--as", "li.jing")),
        (1, "papers.back_dated", (case, "payment_demand", "--answer-by", yesterday, "--as", "li.jing")),
        (1, "papers.no_extension", (case, "extension_agreement", "--extended-to", fund.today, "--as", "li.jing")),
        (1, "person.not_in_role", (case, "payment_reminder", "--as", "wang.he")),
        (1, "person.unknown", (case, "payment_reminder", "--as", "nobody")),
        (2, "cli.usage.bad_value", (case, "payment_demand", "--answer-by", "2026-02-30", "--as", "li.jing")),
        (2, "cli.usage.bad_value", (case, "extension_agreement", "--extended-to", "明天", "--as", "li.jing")),
        (2, "cli.usage.bad_value", (case, "no_such_kind", "--as", "li.jing")),
        (2, "cli.usage.bad_value", (case, "cooperation_agreement", "--ceiling", "0", "--as", "li.jing")),
        (2, "cli.usage.missing", (case, "payment_reminder")),
        (2, "papers.clause_for_each_breach", (case, "breach_notice", "--breach", "甲", "--as", "li.jing")),
    ]
    for exit_code, code, words in refused:
        ran = await acting("documents", "render", *words, "--json")
        assert (ran.code, ran.error["code"]) == (exit_code, code), words
    nobodys = case_number("QQ", 2026, 1)
    unknown = await acting("documents", "render", nobodys, "minutes", "--as", "li.jing", "--json")
    assert (unknown.code, unknown.error["code"]) == (1, "case.unknown")
    assert fund.papers_of(case) == before, "nothing was kept"


@of_cases
async def test_a_case_can_be_looked_at_before_anything_is_drawn_up(
    fund: TestedFund, acting: Acting, warm: None, tmp_path: Path
) -> None:
    application = a_micro_manufacturer(maturity=fund.in_days(12))
    case = await fund.apply(application)
    out = tmp_path / "draft.pdf"
    told = ("--missing", "上一年度审计报告", "--answer-by", fund.in_days(3))
    look = ("documents", "preview", "correction_notice", "--case", case, *told, "--out", out)
    ran = await acting(*look, "--json")
    assert ran.code == 0, ran
    assert (ran.data["draft"], ran.data["out"]) == (True, str(out))
    assert application.applicant_name in text_of(out)
    assert "上一年度审计报告" in text_of(out)
    english = await acting(*look, "--in", "en", "--lang", "en")
    assert (english.code, "DRAFT" in text_of(out)) == (0, True)
    agreement = await acting("documents", "preview", "tripartite_agreement", "--case", case, "--json")
    assert (agreement.code, agreement.error["code"]) == (1, "papers.missing_fact"), "nothing is approved yet"
    assert fund.papers_of(case) == []
    verified = await acting("documents", "verify", out, "--json")
    assert (verified.code, verified.data["good"]) == (1, False), "a draft is not a paper of the case"


@pytest.mark.parametrize("kind", list(DocumentKind))
def test_every_kind_can_be_looked_at_without_a_case(
    kind: DocumentKind, cli: Cli, fund_code: str, warm: None, tmp_path: Path
) -> None:
    ran = cli("documents", "preview", kind, "--json")
    assert (ran.code, ran.data["kind"], ran.data["draft"]) == (0, kind, True)
    path = tmp_path / f"{kind}.pdf"
    assert ran.data["out"] == path.name
    assert ran.data["pages"] == len(PdfReader(path).pages)
    assert say(f"paper.{kind}", "zh")[-2:] in text_of(path).replace(" ", "")


def test_one_in_english_as_a_call_of_its_own(cli: Cli, fund_code: str, tmp_path: Path) -> None:
    out = tmp_path / "agreement.pdf"
    ran = cli("documents", "preview", "tripartite-agreement", "--in", "en", "--out", out, "--lang", "en")
    assert (ran.code, str(out) in ran.out) == (0, True)
    assert "Tripartite" in text_of(out)


def test_a_file_that_cannot_be_written_and_a_language_nobody_speaks_are_slips(
    cli: Cli, fund_code: str, warm: None, tmp_path: Path
) -> None:
    away = cli("documents", "preview", "minutes", "--out", tmp_path / "no" / "folder.pdf", "--json")
    assert (away.code, away.error["code"]) == (2, "cli.usage.cannot_write")
    folder = cli("documents", "preview", "minutes", "--out", tmp_path)
    assert (folder.code, str(tmp_path) in folder.err) == (2, True)
    french = cli("documents", "preview", "minutes", "--in", "fr", "--json")
    assert (french.code, french.error["code"]) == (2, "cli.usage.no_such_language")
