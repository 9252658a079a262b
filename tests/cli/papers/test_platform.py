"""Papers handed to a signing platform at the command line: started, settled, called off, listed, verified."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from activities.papers.press import Press
from activities.signing.platform import NotTaken
from activities.words import LANGUAGES, has_words
from gateways.esign import PlatformManner, SimulatedPlatform
from models.papers.documents import Document
from models.papers.signatures import FlowEnd
from rulebook.papers.kinds import DocumentKind
from runtime.cli.papers.values import PLATFORM_FOLDER
from runtime.settings import load_settings
from runtime.wiring import Services
from tests.cli.conftest import Cli
from tests.papers.certificates import a_real_certificate
from tests.papers.records import a_paper_on_record

BORROWER = ("--party", "borrower", "--signatory", "石犇", "--authority", "法定代表人")
BOTH = (*BORROWER, "--party", "bank", "--signatory", "沈喆", "--authority", "授权书〔2026〕7号")


@pytest.fixture(scope="session")
def drawing() -> Press:
    return Press()


@pytest.fixture
def paper(services: Services, fund_code: str, drawing: Press, monkeypatch: pytest.MonkeyPatch) -> Document:
    """A tripartite agreement on record, without guarantors; the settings name the simulated platform."""
    monkeypatch.setenv("XUQIAO_SIGNING__PLATFORM", "simulated")
    return a_paper_on_record(services.sessions, drawing, fund_code, DocumentKind.TRIPARTITE_AGREEMENT, guarantors=())


def start(cli: Cli, paper: Document, *more: object) -> str:
    ran = cli("documents", "platform", "start", paper.number, *BOTH, "--as", "li.jing", "--json", *more)
    assert ran.code == 0, ran
    return str(ran.data["flow"])


def platform(tmp_path: Path) -> SimulatedPlatform:
    """The one that the command speaks to."""
    return SimulatedPlatform(tmp_path / "var" / PLATFORM_FOLDER)


def test_a_paper_is_handed_over_signed_settled_and_verified(cli: Cli, paper: Document, tmp_path: Path) -> None:
    (before,) = cli("documents", "list", paper.case_no, "--json").data
    assert (before["waiting"], before["flow"]) == (["operator", "borrower", "bank"], None)
    sign = ("documents", "sign", paper.case_no, paper.number, "--as", "wang.he")
    assert cli(*sign, "--party", "operator").code == 0

    spoken = cli(
        "documents", "platform", "start", paper.case_no, "tripartite_agreement", *BOTH, "--as", "li.jing", "--lang=en"
    )
    assert spoken.code == 0
    assert "borrower 石犇" in spoken.out
    assert "no legal force" in spoken.err
    (under_way,) = cli("documents", "platform", "list", paper.case_no, "--json").data
    flow = under_way["flow"]
    assert (under_way["document"], under_way["state"]) == (paper.number, "started")
    assert [(each["party"], each["person"]) for each in under_way["signers"]] == [
        ("borrower", "石犇"),
        ("bank", "沈喆"),
    ]
    assert start(cli, paper) == flow, "asked again, the same signing"

    (waits,) = cli("documents", "list", paper.case_no, "--json").data
    assert (waits["waiting"], waits["flow"]["flow"]) == (["borrower", "bank"], flow)
    assert f"借款人（已送签，流程{flow}）" in cli("documents", "list", paper.case_no).out
    assert cli(*sign, "--party", "bank", "--json").error["code"] == "signing.flow_open"
    (still,) = cli("documents", "platform", "settle", "--flow", flow, "--json").data
    assert still["state"] == "started", "nobody has signed"

    assert cli("documents", "platform", "simulate").code == 0
    settled = cli("documents", "platform", "settle")
    assert (settled.code, f"流程{flow}（文书{paper.number}）：已完成。" in settled.out) == (0, True)
    (after,) = cli("documents", "list", paper.case_no, "--json").data
    signed = [(each["party"], each["person"], each["how"]) for each in after["signatures"]]
    assert signed == [("operator", "王核", "pades"), ("borrower", "石犇", "platform"), ("bank", "沈喆", "platform")]
    assert (after["waiting"], after["flow"]) == ([], None)

    out = tmp_path / "signed.pdf"
    cli("documents", "fetch", paper.case_no, paper.number, "--out", out)
    verified = cli("documents", "verify", out, "--json")
    assert (verified.code, verified.data["good"]) == (0, True)
    assert [(each["party"], each["trusted"]) for each in verified.data["signatures"]] == [
        ("operator", True),
        ("borrower", True),
        ("bank", True),
    ]


def test_settling_all_looks_at_every_signing_under_way(
    cli: Cli, services: Services, paper: Document, fund_code: str, drawing: Press
) -> None:
    other = a_paper_on_record(services.sessions, drawing, fund_code, DocumentKind.TRIPARTITE_AGREEMENT, guarantors=())
    flows = [start(cli, paper), start(cli, other)]
    listed = [each["flow"] for each in cli("documents", "platform", "list", "--json").data]
    assert listed == flows, "in the order in which they began"
    cli("documents", "platform", "simulate")
    assert [each["state"] for each in cli("documents", "platform", "settle", "--json").data] == ["completed"] * 2
    assert cli("documents", "platform", "settle", "--json").data == []
    assert "没有进行中的送签" in cli("documents", "platform", "settle").out
    assert cli("documents", "platform", "list", "--json").data == []
    (over,) = cli("documents", "platform", "list", other.case_no, "--json").data
    assert (over["flow"], over["state"]) == (flows[1], "completed")


def test_a_signing_is_called_off_by_a_maker_with_a_reason(cli: Cli, paper: Document) -> None:
    flow = start(cli, paper)
    cancel = ("documents", "platform", "cancel", flow, "--as", "li.jing")
    assert cli(*cancel).code == 2
    assert cli(*cancel, "--reason", " ").code == 2
    by_checker = cli("documents", "platform", "cancel", flow, "--as", "wang.he", "--reason", "改用纸质", "--json")
    assert by_checker.error["code"] == "person.not_in_role"
    off = cli(*cancel, "--reason", "企业要求改用纸质", "--json")
    assert (off.data["state"], off.data["reason"]) == ("cancelled", "企业要求改用纸质（李敬）")
    cli("documents", "platform", "simulate")
    (waits,) = cli("documents", "list", paper.case_no, "--json").data
    assert (waits["signatures"], waits["flow"]) == ([], None)
    assert start(cli, paper) != flow, "it can be handed over anew"
    cli("documents", "platform", "simulate")
    late = cli(*cancel[:3], start(cli, paper), "--as", "li.jing", "--reason", "太晚")
    assert (late.code, "已完成" in late.out) == (0, True)


def test_a_refusal_is_told_with_its_reason(cli: Cli, paper: Document) -> None:
    start(cli, paper)
    cli("documents", "platform", "simulate", "--refuse")
    settled = cli("documents", "platform", "settle")
    assert (settled.code, "被拒签（金额与约定不符，拒绝签署）" in settled.out) == (0, True)
    assert "被拒签" in cli("documents", "platform", "list", paper.case_no).out


def test_what_comes_back_wrong_ends_with_4_and_is_not_recorded(cli: Cli, paper: Document, tmp_path: Path) -> None:
    start(cli, paper)
    platform(tmp_path).behave(PlatformManner.ANOTHER_SIGNER)
    platform(tmp_path).signers_act(datetime.now(UTC))
    settled = cli("documents", "platform", "settle", "--lang", "en")
    assert settled.code == 4
    assert "what came back was not taken (others signed than were asked)" in settled.out
    (waits,) = cli("documents", "list", paper.case_no, "--json").data
    assert waits["signatures"] == []


def test_a_platform_that_gives_no_answer_is_to_be_asked_later(cli: Cli, paper: Document, tmp_path: Path) -> None:
    flow = start(cli, paper)
    platform(tmp_path).behave(PlatformManner.AWAY)
    for words in (("settle",), ("cancel", flow, "--as", "li.jing", "--reason", "改用纸质")):
        ran = cli("documents", "platform", *words, "--json")
        assert (ran.code, ran.error["code"]) == (3, "signing.platform_away")
    (still,) = cli("documents", "platform", "list", paper.case_no, "--json").data
    assert still["state"] == "started"


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (BOTH[:-2], "cli.platform.one_each"),
        ((*BOTH, *BORROWER), "cli.platform.asked_twice"),
        ((*BORROWER[:4], "--authority", " "), "cli.usage.empty"),
    ],
)
def test_each_party_is_asked_once_with_its_person_and_authority(
    asked: tuple[str, ...], code: str, cli: Cli, paper: Document
) -> None:
    ran = cli("documents", "platform", "start", paper.number, *asked, "--as", "li.jing", "--json")
    assert (ran.code, ran.error["code"]) == (2, code)


def test_slips_end_with_2_and_what_a_rule_forbids_with_1(cli: Cli, paper: Document) -> None:
    begin = ("documents", "platform", "start")
    for words in ((paper.case_no,), (paper.case_no, "no_such_kind"), ("DH-1", "tripartite_agreement")):
        assert cli(*begin, *words, *BOTH, "--as", "li.jing", "--json").code == 2, words
    stranger = ("--party", "guarantor_3", "--signatory", "石犇", "--authority", "本人")
    for more, code in (
        ((paper.number, *stranger, "--as", "li.jing"), "signing.no_place"),
        ((paper.number, *BOTH, "--as", "wang.he"), "person.not_in_role"),
        ((paper.case_no, "minutes", *BOTH, "--as", "li.jing"), "paper.unknown"),
    ):
        ran = cli(*begin, *more, "--json")
        assert (ran.code, ran.error["code"]) == (1, code)
    unknown = cli("documents", "platform", "settle", "--flow", "F0", "--json")
    assert (unknown.code, unknown.error["code"]) == (1, "signing.flow_unknown")


def test_without_a_platform_it_is_said_and_nothing_is_handed_over(
    cli: Cli, paper: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = ("documents", "platform", "start", paper.number, *BOTH, "--as", "li.jing", "--json")
    monkeypatch.delenv("XUQIAO_SIGNING__PLATFORM")
    unset = cli(*begin)
    assert (unset.code, unset.error["code"]) == (3, "cli.platform.not_set_up")
    own, _ = a_real_certificate(tmp_path / "own.p12", "东海县晶源产业投资服务有限公司", "geheim")
    monkeypatch.setenv("XUQIAO_SIGNING__PLATFORM", "simulated")
    monkeypatch.setenv("XUQIAO_SIGNING__CERTIFICATE", str(own))
    in_earnest = cli(*begin)
    assert (in_earnest.code, in_earnest.error["code"]) == (3, "cli.platform.not_set_up")
    assert cli("documents", "platform", "list", paper.case_no, "--json").data == []


def test_the_simulated_platform_is_there_by_itself_only_beside_the_embedded_database(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert load_settings().signing_platform == "simulated"
    assert load_settings(signing={"certificate": Path("own.p12")}).signing_platform is None
    monkeypatch.setenv("XUQIAO_DATABASE__URL", "postgresql://a@b/c")
    assert load_settings().signing_platform is None
    assert load_settings(signing={"platform": "simulated"}).signing_platform == "simulated"


def test_every_end_and_every_reason_not_to_take_a_file_has_words() -> None:
    codes = [*(f"cli.flow_wrong.{reason}" for reason in NotTaken), *(f"cli.flow.{end}" for end in FlowEnd)]
    assert [(code, lang) for code in codes for lang in LANGUAGES if not has_words(code, lang)] == []
