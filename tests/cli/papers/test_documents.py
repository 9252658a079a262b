"""Papers at the command line: listed, signed, fetched, verified; and how a call ends."""

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from activities.law.calendars import shanghai_today
from activities.papers.press import Press
from models.papers.documents import Document
from rulebook.papers.kinds import DocumentKind
from runtime.wiring import Services
from tests.cli.conftest import Cli
from tests.papers.certificates import a_real_certificate
from tests.papers.records import a_paper_on_record
from tests.papers.seals import a_seal, red_spots


@pytest.fixture(scope="session")
def drawing() -> Press:
    return Press()


@pytest.fixture
def paper(services: Services, fund_code: str, drawing: Press) -> Document:
    """A transfer instruction on record, for a case of its own; the operator signs it."""
    return a_paper_on_record(services.sessions, drawing, fund_code, DocumentKind.TRANSFER_INSTRUCTION)


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    path = tmp_path / "scan.bin"
    Image.new("RGB", (40, 50), "white").save(path, "PNG")
    return path


def test_a_paper_is_listed_signed_fetched_and_verified(cli: Cli, paper: Document, tmp_path: Path) -> None:
    (before,) = cli("documents", "list", paper.case_no, "--json").data
    assert (before["number"], before["sha256"], before["signatures"]) == (paper.number, paper.sha256, [])

    signed = cli("documents", "sign", paper.case_no, "transfer_instruction", "--party", "operator", "--as", "wang.he")
    assert (signed.code, paper.number in signed.out) == (0, True)
    assert "演示证书" in signed.err

    (listed,) = cli("documents", "list", paper.case_no, "--json").data
    (signature,) = listed["signatures"]
    assert (signature["person"], signature["how"], signature["demo"]) == ("王核", "pades", True)
    shown = cli("documents", "list", paper.case_no, "--lang", "en").out
    assert paper.number in shown
    assert "operator 王核（signed electronically）" in shown

    out = tmp_path / "signed.pdf"
    fetched = cli("documents", "fetch", paper.case_no, paper.number.lower(), "--out", out, "--json").data
    assert fetched["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest() == signature["sha256"]
    assert out.read_bytes().startswith(paper.pdf)

    good = cli("documents", "verify", out, "--json")
    assert (good.code, good.data["good"], good.data["unchanged"], good.data["form"]) == (0, True, True, "signed")
    assert good.data["recorded"][0]["person"] == "王核"
    spoken = cli("documents", "verify", out)
    assert "逐字节一致" in spoken.out
    assert "王核" in spoken.out
    assert "无法律效力" in spoken.out


def test_the_offices_seal_comes_with_the_operators_signature_alone(
    cli: Cli, paper: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "office").mkdir()
    (tmp_path / "office" / "seal.png").write_bytes(a_seal())
    monkeypatch.setenv("XUQIAO_PAPERS__OFFICE_DIR", str(tmp_path / "office"))
    out = tmp_path / "sealed.pdf"
    sign = ("documents", "sign", paper.case_no, paper.number, "--party", "operator", "--as", "wang.he", "--out", out)
    assert cli(*sign).code == 0
    assert red_spots(out.read_bytes())[0] > red_spots(paper.pdf)[0] + 300
    verified = cli("documents", "verify", out, "--json")
    assert (verified.code, verified.data["good"], verified.data["faults"]) == (0, True, [])
    (found,) = verified.data["signatures"]
    assert (found["field"], found["holder"] in found["named"]) == ("sign-operator", True)

    (tmp_path / "office" / "seal.png").write_bytes(b"GIF89a")
    broken = cli(*sign, "--json")
    assert (broken.code, broken.error["code"]) == (1, "papers.office_seal")


def test_a_changed_or_foreign_file_ends_with_1_and_says_why(cli: Cli, paper: Document, tmp_path: Path) -> None:
    content = bytearray(paper.pdf)
    content[len(content) // 2] ^= 1
    changed = tmp_path / "changed.pdf"
    changed.write_bytes(content)
    ran = cli("documents", "verify", changed, "--json")
    assert (ran.code, ran.data["good"], ran.data["ours"], ran.data["unchanged"]) == (1, False, True, False)
    assert any("个字节不同" in fault["message"] for fault in ran.data["faults"])
    english = cli("documents", "verify", changed, "--lang", "en")
    assert (english.code, "it has been changed" in english.out) == (1, True)

    foreign = tmp_path / "foreign.txt"
    foreign.write_text("not a paper")
    ran = cli("documents", "verify", foreign)
    assert (ran.code, "这不是本系统的文书" in ran.out) == (1, True)


def test_a_file_that_cannot_be_looked_at_is_a_slip(cli: Cli, paper: Document, tmp_path: Path) -> None:
    (tmp_path / "empty.pdf").touch()
    for name in ("absent.pdf", "empty.pdf", "."):
        ran = cli("documents", "verify", tmp_path / name, "--json")
        assert (ran.code, ran.error["code"]) == (2, "cli.usage.bad_value"), name
    case, number = paper.case_no, paper.number
    for words in (
        ("sign", case, "no-such-kind", "--party", "operator", "--as", "wang.he"),
        ("sign", "DH-1", number, "--party", "operator", "--as", "wang.he"),
        ("sign", case, number, "--party", "operator", "--as", "wang.he", "--signatory", "他人"),
        ("sign", case, number, "--party", "operator", "--as", "wang.he", "--scan", tmp_path / "absent.png"),
        ("fetch", case, number, "--out", tmp_path / "no" / "folder.pdf"),
    ):
        assert cli("documents", *words, "--json").code == 2, words


def test_what_a_rule_forbids_ends_with_1(cli: Cli, paper: Document) -> None:
    sign = ("documents", "sign", paper.case_no, paper.number, "--json")
    for words, code in (
        (("--party", "operator", "--as", "li.jing"), "person.not_in_role"),
        (("--party", "guarantor_9", "--as", "wang.he"), "signing.no_place"),
    ):
        ran = cli(*sign, *words)
        assert (ran.code, ran.error["code"]) == (1, code)
    unknown = cli("documents", "fetch", paper.case_no, "tripartite_agreement", "--out", "x.pdf", "--json")
    assert (unknown.code, unknown.error["code"]) == (1, "paper.unknown")


def test_a_scan_is_recorded_with_its_signer_and_verified_as_a_scan(cli: Cli, paper: Document, scan: Path) -> None:
    sign = ("documents", "sign", paper.case_no, paper.number, "--party", "operator", "--as", "li.jing", "--scan", scan)
    assert cli(*sign, "--json").error["code"] == "cli.usage.scan_needs"
    today = shanghai_today()
    by_hand = ("--signatory", "丁总", "--authority", "总经理", "--signed-at", f"{today}T00:01")
    ran = cli(*sign, *by_hand)
    assert ran.code == 0
    assert "须核对原件" in ran.err
    (listed,) = cli("documents", "list", paper.case_no, "--json").data
    (signature,) = listed["signatures"]
    assert (signature["person"], signature["how"], signature["authority"]) == ("丁总", "wet_ink", "总经理")
    assert signature["signed_at"] == f"{today - timedelta(days=1)}T16:01:00+00:00", "typed in China's time, kept in UTC"
    checked = cli("documents", "verify", scan, "--json").data
    assert (checked["form"], checked["remarks"][0]["code"]) == ("scan", "paper_check.scan_proves_nothing")
    assert "这是本系统的文书" not in cli("documents", "verify", scan).out, "whatever was scanned is no paper of ours"


def test_the_operators_own_certificate_comes_from_the_settings_and_stays_secret(
    cli: Cli, paper: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding

    own, root = a_real_certificate(tmp_path / "own.p12", "东海县晶源产业投资服务有限公司", "geheim-口令")
    (tmp_path / "trusted").mkdir()
    (tmp_path / "trusted" / "root.pem").write_bytes(root.public_bytes(Encoding.PEM))
    monkeypatch.setenv("XUQIAO_SIGNING__CERTIFICATE", str(own))
    monkeypatch.setenv("XUQIAO_SIGNING__PASSPHRASE", "geheim-口令")
    monkeypatch.setenv("XUQIAO_SIGNING__TRUSTED", str(tmp_path / "trusted"))
    out = tmp_path / "signed.pdf"
    sign = ("documents", "sign", paper.case_no, paper.number, "--party", "operator", "--as", "wang.he", "--out", out)
    signed = cli(*sign, "--json")
    assert (signed.code, signed.data["demo"]) == (0, False)
    (found,) = cli("documents", "verify", out, "--json").data["signatures"]
    assert (found["trusted"], found["demo"], found["holder"]) == (True, False, "东海县晶源产业投资服务有限公司")
    assert "geheim" not in cli("config", "show", "--json").out + signed.out


def test_without_a_database_the_file_is_judged_by_itself(
    cli: Cli, paper: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("XUQIAO_DATABASE__URL", "XUQIAO_DATABASE__DESK_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XUQIAO_VAR", str(tmp_path / "never started"))
    path = tmp_path / "paper.pdf"
    path.write_bytes(paper.pdf)
    ran = cli("documents", "verify", path, "--json")
    assert (ran.code, ran.data["ours"], ran.data["agrees_with_text"]) == (0, None, True)
    assert ran.data["remarks"][0]["code"] == "paper_check.no_records"
    content = paper.pdf.replace(paper.number.encode(), b"x")
    path.write_bytes(content[: len(content) // 2])
    assert cli("documents", "verify", path).code == 1


def test_37_records_that_do_not_answer_are_not_the_same_as_none(
    cli: Cli, paper: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "paper.pdf"
    file.write_bytes(paper.pdf)
    assert cli("documents", "verify", file).code == 0
    monkeypatch.setenv("XUQIAO_DATABASE__URL", "postgresql://nobody:x@127.0.0.1:1/none")
    away = cli("documents", "verify", file)
    assert (away.code, "未能与存档比对" in away.out) == (3, True)
    assert away.err.strip(), "why it is not the whole answer"
    told = cli("documents", "verify", file, "--json")
    assert (told.code, told.data["good"], told.data["records_away"]["code"]) == (3, False, "cli.database_away")
