"""The bank's messages at the command line: by its clerk, or from a sealed paper by two officers; all stay on record."""

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image
from sqlmodel import select

from activities.law.calendars import shanghai_today
from models.cases.applications import file_application
from models.outbox import Outbox
from runtime.wiring import Services
from tests.builders import a_micro_manufacturer
from tests.cli.conftest import Cli, Ran

UNKNOWN = "XX-2026-00001-8"
RECEIPT = ("--on", str(shanghai_today()), "--payer", "东海县某某公司")


@pytest.fixture
def case(services: Services, fund_code: str) -> str:
    """A case that was filed; no worker touches it, so it stays at intake."""
    row = a_micro_manufacturer(maturity=shanghai_today() + timedelta(days=20))
    with services.sessions.begin() as session:
        filed = file_application(
            session, fund_code, row, received_on=shanghai_today(), filed_by="li.jing", source="test", queues="nobody"
        )
    return filed.case_no


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    """The scan of a sealed paper."""
    path = tmp_path / "scan.png"
    Image.new("L", (200, 280), 255).save(path)
    return path


def deliveries(services: Services, case_no: str) -> list[str | None]:
    """What the relay has to take to a case, besides starting it."""
    with services.sessions() as session:
        return [
            delivery.signal
            for delivery in session.exec(select(Outbox))
            if delivery.case_no == case_no and delivery.signal
        ]


def opinion(cli: Cli, case_no: str, *more: object) -> Ran:
    return cli("bank", "opinion", case_no, "--answer", "repay_then_lend", "--json", *more)


def test_a_clerks_message_is_received_and_goes_to_its_case(cli: Cli, services: Services, case: str) -> None:
    ran = opinion(cli, case, "--as", "qian.jd", "--occurred-at", "2026-03-02T09:30", "--reason", "手续齐全")

    assert ran.code == 0
    assert (ran.data["state"], ran.data["kind"], ran.data["case_no"]) == ("received", "opinion", case)
    assert deliveries(services, case) == ["opinion"]
    (listed,) = cli("bank", "messages", "--case", case, "--json").data
    assert listed["body"] == {"kind": "opinion", "answer": "repay_then_lend", "reason": "手续齐全", "promise": None}
    assert listed["occurred_at"] == "2026-03-02T01:30:00Z", "typed in China's time, kept in UTC"
    assert (listed["actor_id"], listed["actor_role"], listed["source"]) == ("qian.jd", "bank_clerk", "cli")


def test_a_sealed_paper_takes_two_officers(cli: Cli, services: Services, case: str, scan: Path) -> None:
    paper = ("--paper", scan, "--recorded-by", "li.jing", "--signatory", "沈喆 副行长")

    entered = opinion(cli, case, *paper)

    assert (entered.code, entered.data["state"]) == (0, "unverified")
    assert deliveries(services, case) == [], "one officer's word moves nothing"
    message = entered.data["id"]

    alone = cli("bank", "verify", message, "--as", "li.jing", "--yes", "--json")
    assert (alone.code, alone.error["code"]) == (1, "message.same_officer")
    assert "李敬" in alone.error["message"]
    assert deliveries(services, case) == []

    clerk = cli("bank", "verify", message, "--as", "qian.jd", "--yes", "--json")
    assert (clerk.code, clerk.error["code"]) == (1, "person.not_in_role"), "no bank verifies its own paper"

    second = cli("bank", "verify", message, "--as", "wang.he", "--yes", "--json")
    assert (second.code, second.data["state"]) == (0, "received")
    assert deliveries(services, case) == ["opinion"]
    again = cli("bank", "verify", message, "--as", "wang.he", "--yes", "--json")
    assert (again.code, deliveries(services, case)) == (0, ["opinion"])

    (listed,) = cli("bank", "messages", "--case", case, "--json").data
    assert listed["paper_digest"] == hashlib.sha256(scan.read_bytes()).hexdigest()
    assert (listed["recorded_by"], listed["verified_by"]) == ("li.jing", "wang.he")
    assert (listed["signatory"], listed["actor_name"]) == ("沈喆 副行长", "沈喆 副行长")
    assert listed["organisation"] == "晶都农村商业银行"


def test_a_message_for_an_unknown_case_is_refused_and_stays_on_record(
    cli: Cli, services: Services, fund_code: str
) -> None:
    key = f"bank/{fund_code}"
    ran = opinion(cli, UNKNOWN.lower(), "--as", "qian.jd", "--key", key)

    assert (ran.code, ran.error["code"]) == (1, "message.unknown_case")
    assert ran.data["state"] == "refused"
    found = [each for each in cli("bank", "messages", "--case", UNKNOWN, "--json").data if each["key"] == key]
    assert [each["state"] for each in found] == ["refused"]
    assert found[0]["reason"]["code"] == "message.unknown_case"
    assert UNKNOWN in found[0]["reason"]["message"]
    assert deliveries(services, UNKNOWN) == []
    listed = cli("bank", "messages", "--case", UNKNOWN, "--state", "refused", "--lang", "en")
    assert "There is no case" in listed.out or UNKNOWN in listed.out


def test_the_same_key_gives_the_first_answer_and_another_body_is_refused(
    cli: Cli, services: Services, case: str
) -> None:
    first = opinion(cli, case, "--as", "qian.jd", "--key", "JD-1")
    same = opinion(cli, case, "--as", "qian.jd", "--key", "JD-1")
    other = opinion(cli, case, "--as", "qian.jd", "--key", "JD-1", "--reason", "另有说明")

    assert same.data["id"] == first.data["id"]
    assert (other.code, other.error["code"]) == (1, "message.key_conflict")
    assert other.error["params"] == {"key": "JD-1"}
    assert deliveries(services, case) == ["opinion"]
    listed = cli("bank", "messages", "--case", case, "--json").data
    assert sorted(each["state"] for each in listed) == ["received", "refused"]


def test_every_kind_of_message_can_be_sent(cli: Cli, case: str) -> None:
    promise: tuple[str, ...] = ("--rung", "有权审批行批复", "--amount", "6,000,000.00", "--valid-until", "2026-05-20")
    promise += ("--reference", "晶农商承1号", "--signatory", "沈喆 副行长", "--authority", "10000000")
    commands: dict[str, tuple[str, ...]] = {
        "opinion": ("--answer", "先还后贷", *promise),
        "promise": promise,
        "promise-withdrawn": ("--reason", "信贷规模用尽"),
        "settled": ("--on", str(shanghai_today()), "--balance", "0.03", "--voucher", "HK1"),
        "collateral": ("--on", str(shanghai_today()), "--certificate", "苏（2026）第1号"),
        "new-loan": ("--on", str(shanghai_today()), "--note", "JD2026", "--amount", "6000000"),
        "not-renewing": ("--reason", "总行收紧授信"),
        "receipt": (*RECEIPT, "--principal", "5000000:SK1", "--fee", "5000.50：SK2"),
    }
    for command, words in commands.items():
        ran = cli("bank", command, case, *words, "--as", "qian.jd", "--json")
        assert (ran.code, ran.data["state"]) == (0, "received"), command

    bodies = {each["kind"]: each["body"] for each in cli("bank", "messages", "--case", case, "--json").data}
    assert len(bodies) == len(commands)
    assert bodies["opinion"]["promise"] == bodies["promise"]["promise"]
    assert bodies["promise"]["promise"]["amount_yuan"] == "6000000.00"
    assert bodies["promise"]["promise"]["rung"] == "approved"
    assert bodies["old_loan_settled"]["balance_yuan"] == "0.03"
    assert [line["amount_yuan"] for line in bodies["receipt"]["lines"]] == ["5000000.00", "5000.50"]
    assert [line["reference"] for line in bodies["receipt"]["lines"]] == ["SK1", "SK2"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("opinion", "--answer", "repay_then_lend"), "cli.usage.clerk_or_paper"),
        (("opinion", "--answer", "perhaps", "--as", "qian.jd"), "cli.usage.bad_value"),
        (("opinion", "--answer", "extend", "--amount", "1", "--as", "qian.jd"), "cli.usage.promise_incomplete"),
        (("receipt", *RECEIPT, "--as", "qian.jd"), "cli.usage.receipt_empty"),
        (("receipt", *RECEIPT, "--fee", "5", "--as", "qian.jd"), "cli.usage.receipt_reference"),
        (("receipt", *RECEIPT, "--fee", "0:SK1", "--as", "qian.jd"), "cli.usage.bad_value"),
        (("not-renewing", "--reason", "x", "--paper", "absent.pdf"), "cli.usage.paper_incomplete"),
        (
            ("not-renewing", "--reason", "x", "--paper", "absent.pdf", "--recorded-by", "li.jing", "--signatory", "S"),
            "cli.usage.bad_value",
        ),
    ],
)
def test_half_a_message_is_not_entered(cli: Cli, case: str, words: tuple[str, ...], code: str) -> None:
    command, *rest = words
    ran = cli("bank", command, case, *rest, "--json")
    assert (ran.code, ran.error["code"]) == (2, code)
    assert cli("bank", "messages", "--case", case, "--json").data == []


def test_an_officer_does_not_speak_for_the_bank(cli: Cli, case: str) -> None:
    ran = opinion(cli, case, "--as", "li.jing")
    assert (ran.code, ran.error["code"]) == (1, "person.not_in_role")


def test_a_message_that_is_not_there_cannot_be_verified(cli: Cli, fund_code: str) -> None:
    ran = cli("bank", "verify", "no-such-message", "--as", "wang.he", "--yes", "--json")
    assert (ran.code, ran.error["code"]) == (1, "message.unknown")


# What the second officer sees -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [b"%PDF-1.7 a sealed pap", b"\x89PNG\r\n\x1a\n0000000000", b"GIF89a", "承诺函".encode() * 100],
    ids=["twenty bytes of a PDF", "the head of a picture", "another picture", "words"],
)
def test_51_what_cannot_be_opened_is_no_scan(cli: Cli, case: str, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "承诺函.pdf"
    path.write_bytes(content)
    entered = opinion(cli, case, "--paper", path, "--recorded-by", "li.jing", "--signatory", "沈喆")
    assert (entered.code, entered.error["code"]) == (1, "signing.scan_type")
    assert cli("bank", "messages", "--case", case, "--json").data == []


def test_51_a_picture_cut_off_in_the_middle_is_no_scan(cli: Cli, case: str, tmp_path: Path) -> None:
    path = tmp_path / "scan.jpg"
    Image.effect_noise((400, 600), 60).save(path, "JPEG")
    path.write_bytes(path.read_bytes()[:2000])
    entered = opinion(cli, case, "--paper", path, "--recorded-by", "li.jing", "--signatory", "沈喆")
    assert entered.error["code"] == "signing.scan_type"


def test_51_the_second_officer_sees_fields_and_scan_and_may_reject(
    cli: Cli, services: Services, case: str, scan: Path, tmp_path: Path
) -> None:
    entered = opinion(cli, case, "--paper", scan, "--recorded-by", "li.jing", "--signatory", "沈喆", "--reason", "齐全")
    message = entered.data["id"]
    seen = cli("bank", "show", message, "--out", tmp_path / "seen.png")
    assert (tmp_path / "seen.png").read_bytes() == scan.read_bytes()
    for words in ("沈喆", "repay_then_lend", "齐全", case):
        assert words in seen.out, words
    assert cli("bank", "verify", message, "--as", "wang.he").code == 2, "nobody was asked, and nothing said beforehand"
    own = cli("bank", "reject", message, "--as", "li.jing", "--reason", "x", "--json")
    assert own.error["code"] == "message.same_officer"
    other = cli("bank", "reject", message, "--as", "wang.he", "--reason", "承诺金额与原件不符", "--json")
    assert (other.code, other.data["state"]) == (0, "refused")
    assert deliveries(services, case) == []
    late = cli("bank", "verify", message, "--as", "sun.shen", "--yes", "--json")
    assert late.error["code"] == "message.not_unverified"
    (listed,) = cli("bank", "messages", "--case", case, "--json").data
    assert (listed["state"], listed["verified_by"]) == ("refused", "wang.he")
    assert "承诺金额与原件不符" in listed["reason"]["message"]
