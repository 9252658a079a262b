"""``xuqiao judge``: the facts of a case from a file, judged three times, strictly read."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from activities.law.measures import pack_ids
from tests.cli.conftest import EXAMPLES, Cli
from tests.cli.law.overlays import BARE_CODE

DONGHAI = "donghai/2025-08-17"
OVERLAY = EXAMPLES / "operator.toml"
FACTS = EXAMPLES / "facts.json"
TOP = EXAMPLES.parent


def facts_with(tmp_path: Path, **changes: object) -> Path:
    asked = json.loads(FACTS.read_text(encoding="utf-8"))
    for name, value in changes.items():
        *path, last = name.split("__")
        place = asked
        for step in path:
            place = place[step]
        place[last] = value
    written = tmp_path / "facts.json"
    written.write_text(json.dumps(asked, ensure_ascii=False), encoding="utf-8")
    return written


def test_the_example_is_judged(cli: Cli) -> None:
    asked = ("judge", "--pack", DONGHAI, "--overlay", OVERLAY, "--facts", FACTS)

    answer = cli(*asked, "--json").data

    assert (answer["applicant"], answer["direct"], answer["bridge"]) == ("pass", "pass", "pass")
    assert "release" not in answer
    assert {each["judgement"] for each in answer["findings"]} == {"applicant", "direct", "bridge"}
    (cap,) = [each for each in answer["findings"] if each["code"] == "eligibility.asked_within_cap"]
    assert (cap["rule"], cap["result"], cap["citation"]) == ("eligibility.cap", "pass", "东政规发〔2025〕5号")
    assert "10,000,000.00元" in cap["because"]
    assert cap["facts"]["asked"] == "4,750,000.00"
    told = cli(*asked).out
    assert "申请人资格：通过" in told
    assert all(each["because"] in told for each in answer["findings"])
    assert not BARE_CODE.search(cli(*asked, "--lang", "en").out)


def test_what_is_unknown_or_unset_is_referred(cli: Cli, tmp_path: Path) -> None:
    facts = facts_with(tmp_path, facts__standing__litigation=None, promise=None)
    answer = cli("judge", "--pack", DONGHAI, "--overlay", OVERLAY, "--facts", facts, "--json").data
    assert (answer["applicant"], answer["bridge"]) == ("refer", "refer")
    (finding,) = [each for each in answer["findings"] if each["judgement"] == "bridge"]
    assert "尚无银行续贷承诺" in finding["because"]
    for pack in pack_ids():
        drafted = cli("judge", "--pack", pack, "--facts", FACTS, "--json")
        assert drafted.code == 0, pack
        assert drafted.data["bridge"] != "pass", f"{pack} is no complete measure"


def test_the_release_day_is_judged_too(cli: Cli, tmp_path: Path) -> None:
    release = {"confirmed": [], "balance_yuan": "4999999.99"}
    facts = facts_with(tmp_path, today="2026-04-09", release=release)
    answer = cli("judge", "--pack", DONGHAI, "--overlay", OVERLAY, "--facts", facts, "--json").data
    assert answer["release"] == "fail"
    assert "release_check.balance_changed" in [each["code"] for each in answer["findings"]]
    assert "放款核验：" in cli("judge", "--pack", DONGHAI, "--overlay", OVERLAY, "--facts", facts).out


def test_the_facts_have_a_schema(cli: Cli) -> None:
    schema = cli("judge", "--schema").data
    assert set(json.loads(FACTS.read_text(encoding="utf-8"))) == set(schema["properties"])
    assert "asked_yuan" in schema["$defs"]["CaseFacts"]["required"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "question.not_json"),
        (b"\xff\xfe", "cli.usage.no_file"),
        (b"[" * 100_000, "question.not_json"),
        (b"{}", "question.missing_key"),
        (b'{"amount_yuan": 5.5}', "question.inexact"),
        (b'{"amount_yuan": "-5.00"}', "question.not_yuan"),
        (b'{"today": "\\ud800"}', "question.not_json"),
    ],
    ids=["empty", "no text", "deep", "nothing in it", "float", "negative", "half a sign"],
)
def test_facts_that_cannot_be_read(cli: Cli, tmp_path: Path, content: bytes, code: str) -> None:
    facts = tmp_path / "facts.json"
    facts.write_bytes(content)
    refused = cli("judge", "--pack", DONGHAI, "--facts", facts, "--json")
    assert (refused.code, refused.error["code"]) == (2, code)
    assert cli("judge", "--pack", DONGHAI, "--facts", facts).code == 2


@pytest.mark.parametrize(
    "argv",
    [
        ("judge", "--pack", DONGHAI),
        ("judge", "--facts", str(FACTS)),
        ("judge", "--pack", DONGHAI, "--facts", "nowhere.json"),
        ("judge", "--pack", DONGHAI, "--facts", "."),
        ("judge", "--pack", "nowhere/2020", "--facts", str(FACTS)),
        ("packs", "show", "nowhere/2020"),
        ("packs", "check", DONGHAI, "--overlay", "."),
        ("packs", "diff", DONGHAI),
        ("fee", "--pack", DONGHAI),
    ],
    ids=" ".join,
)
def test_what_is_missing_or_not_there_is_named(cli: Cli, argv: tuple[str, ...]) -> None:
    refused = cli(*argv)
    assert (refused.code, refused.out) == (2, "")
    assert refused.err


def test_a_day_outside_the_calendar_is_never_guessed(cli: Cli, tmp_path: Path) -> None:
    for changes in ({"today": "9999-12-31"}, {"facts__loan__maturity": "9999-12-31"}):
        refused = cli("judge", "--pack", DONGHAI, "--facts", facts_with(tmp_path, **changes), "--json")
        assert (refused.code, refused.error["code"]) == (2, "calendar.out_of_period")


def test_it_works_as_a_program_of_its_own() -> None:
    script = "import sys; from runtime.cli import main; sys.exit(main())"
    argv = ["judge", "--pack", DONGHAI, "--overlay", "examples/operator.toml", "--facts", "examples/facts.json"]
    done = subprocess.run(
        [sys.executable, "-c", script, *argv, "--json"], capture_output=True, text=True, check=False, cwd=TOP
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["bridge"] == "pass"


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("industry", "ZZ", "sizing.no_such_industry"),
        ("employees", -5, "question.negative"),
        ("liabilities_ppm", -1, "question.negative"),
    ],
)
def test_facts_that_cannot_be_are_not_judged(cli: Cli, tmp_path: Path, name: str, value: object, code: str) -> None:
    question = json.loads((EXAMPLES / "facts.json").read_text(encoding="utf-8"))
    question["facts"]["applicant"][name] = value
    (tmp_path / "facts.json").write_text(json.dumps(question), encoding="utf-8")
    ran = cli("judge", "--pack", "donghai/2025-08-17", "--facts", tmp_path / "facts.json", "--json")
    assert (ran.code, ran.error["code"]) == (2, code)
