"""The law at the command line: fee, ceiling, size, words and working days, from files alone, with no server."""

from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Cli
from tests.cli.law.overlays import OVERLAY, overlay_with

DONGHAI = "donghai/2025-08-17"


@pytest.fixture(autouse=True)
def _no_set_up(tmp_path: Path) -> Any:
    """None of these commands leaves anything behind."""
    yield
    assert not (tmp_path / "var").exists()


# The fee -------------------------------------------------------------------------------------------------------


def test_the_fee_of_donghai_for_eight_days(cli: Cli) -> None:
    asked = ("fee", "--pack", DONGHAI, "--principal", "10000000", "--days", 8, "--start", "2026-03-02")

    answer = cli(*asked, "--overlay", OVERLAY, "--json")

    assert answer.code == 0
    assert answer.data == {
        "fee_yuan": "22000.00",
        "days": 8,
        "steps": [
            {"from_day": 1, "through_day": 5, "rate_ppm": 200, "fee_yuan": "10000.00", "kind": "tier"},
            {"from_day": 6, "through_day": 8, "rate_ppm": 400, "fee_yuan": "12000.00", "kind": "tier"},
        ],
        "prepaid_yuan": None,
        "refund_yuan": None,
        "annualised_percent": "10.0375",
        "citation": "东政规发〔2025〕5号",
        "due_yuan": None,
        "assumed": [],
    }
    draft_answer = cli(*asked, "--json").data
    assert draft_answer["fee_yuan"] == "22000.00"
    assert draft_answer["assumed"] == ["fee.counted", "fee.first_day_counts", "fee.last_day_counts"]
    told = cli(*asked)
    assert "使用费 22,000.00元" in told.out
    assert "综合融资成本（年化，365日）：10.0375%" in told.out
    assert "使用费的计日方式" in told.err


def test_the_fee_of_fuding_is_prepaid(cli: Cli) -> None:
    answer = cli("fee", "--pack", "fuding/undated", "--principal", "3,000,000.00", "--days", "3", "--json").data

    assert (answer["fee_yuan"], answer["prepaid_yuan"], answer["refund_yuan"]) == ("5000.00", "7500.00", "2500.00")
    assert [step["kind"] for step in answer["steps"]] == ["tier", "minimum"]
    told = cli("fee", "--pack", "fuding/undated", "--principal", "3000000", "--days", "3").out
    assert "退还（元）：2,500.00" in told


def test_a_waiver_needs_the_day_of_the_payout(cli: Cli) -> None:
    asked = ("fee", "--pack", "yangzhou/2022", "--principal", "3000000", "--days", "5", "--json")

    waived = cli(*asked, "--start", "2022-04-01")
    assert (waived.code, waived.data["fee_yuan"], waived.data["annualised_percent"]) == (0, "0.00", "0.0000")
    for more in ((), ("--start", "2022-06-28")):
        refused = cli(*asked, *more)
        assert (refused.code, refused.error["code"]) == (1, "pack.unset")
        assert "使用费费率" in refused.error["message"]


def test_working_days_are_counted_by_the_shipped_calendar(cli: Cli, tmp_path: Path) -> None:
    overlay = overlay_with(tmp_path, "fee", "waivers = [{ since = 2026-10-08, until = 2026-10-08 }]")
    text = overlay.read_text(encoding="utf-8").replace('counted = "calendar"', 'counted = "working"', 2)
    overlay.write_text(text, encoding="utf-8")
    asked = ("fee", "--pack", DONGHAI, "--overlay", overlay, "--principal", "1000000", "--days", "3", "--json")

    answer = cli(*asked, "--start", "2026-09-30").data

    # The holidays of the National Day are no fee days: 30 September, 8 October (waived), 9 October.
    assert [(step["from_day"], step["kind"]) for step in answer["steps"]] == [(1, "tier"), (2, "waived"), (3, "tier")]
    assert answer["fee_yuan"] == "400.00"
    assert cli(*asked, "--start", "1999-09-30").error["code"] == "calendar.out_of_period"


def test_no_days_cost_nothing_and_have_no_yearly_cost(cli: Cli) -> None:
    answer = cli("fee", "--pack", DONGHAI, "--principal", "10000000", "--days", "0", "--json").data
    assert (answer["fee_yuan"], answer["steps"], answer["annualised_percent"]) == ("0.00", [], None)
    assert cli("fee", "--pack", DONGHAI, "--principal", "10000000", "--days", "0").code == 0


@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        ({"--principal": "-1"}, "cli.usage.bad_value", "--principal"),
        ({"--principal": "1.005"}, "cli.usage.bad_value", "--principal"),
        ({"--principal": "1e6"}, "cli.usage.bad_value", "--principal"),
        ({"--principal": "nan"}, "cli.usage.bad_value", "--principal"),
        ({"--days": "-1"}, "cli.usage.bad_value", "--days"),
        ({"--days": "1.5"}, "cli.usage.bad_value", "--days"),
        ({"--days": "x"}, "cli.usage.bad_value", "--days"),
        ({"--days": "99999"}, "fee.too_many_days", "99999"),
        ({"--days": "9999999999"}, "cli.usage.bad_value", "--days"),
        ({"--start": "2026-02-30"}, "cli.usage.bad_value", "--start"),
        ({"--start": "soon"}, "cli.usage.bad_value", "--start"),
        ({"--pack": "donghai/1999"}, "pack.unknown", DONGHAI),
        ({"--pack": "../donghai/2025-08-17"}, "pack.unknown", DONGHAI),
        ({"--overlay": "nowhere.toml"}, "pack.overlay_unreadable", "nowhere.toml"),
    ],
)
def test_a_fee_that_was_asked_for_wrongly(cli: Cli, changes: dict[str, str], code: str, said: str) -> None:
    asked = {"--pack": DONGHAI, "--principal": "1000000", "--days": "5"} | changes
    argv = [word for pair in asked.items() for word in pair]

    refused = cli("fee", *argv, "--json")

    assert (refused.code, refused.error["code"]) == (2, code)
    assert said in refused.error["message"]
    told = cli("fee", *argv)
    assert (told.code, told.out) == (2, "")
    assert said in told.err


def test_an_overlay_with_a_fault_is_named_with_what_is_wrong(cli: Cli, tmp_path: Path) -> None:
    overlay = overlay_with(tmp_path, "fee", "prepaid_days = 99999999999999999999")
    refused = cli("packs", "check", DONGHAI, "--overlay", overlay, "--json")
    assert (refused.code, refused.error["code"]) == (2, "pack.bad_value")
    assert "fee.prepaid_days" in refused.error["message"]


# The ceiling ---------------------------------------------------------------------------------------------------


def test_the_ceiling_and_what_bounds_it(cli: Cli) -> None:
    asked = ("ceiling", "--pack", DONGHAI, "--applicant", "firm", "--promised", "5000000", "--maturing", "6000000")

    assert cli(*asked, "--json").data == {
        "ceiling_yuan": "4750000.00",
        "bound_by": "promise",
        "citation": "东政规发〔2025〕5号",
    }
    told = cli(*asked).out
    assert "4,750,000.00" in told
    assert "承诺续贷额的规定比例" in told
    capped = cli("ceiling", "--pack", DONGHAI, "--applicant", "个体工商户", *asked[5:], "--json").data
    assert (capped["ceiling_yuan"], capped["bound_by"]) == ("2000000.00", "cap")
    less = cli(
        "ceiling", "--pack", DONGHAI, "--applicant", "firm", "--promised", "5000000", "--maturing", "3", "--json"
    )
    assert less.data == {"ceiling_yuan": "3.00", "bound_by": "maturing", "citation": "东政规发〔2025〕5号"}


def test_a_ceiling_without_an_answer_ends_with_one(cli: Cli) -> None:
    amounts = ("--promised", "5000000", "--maturing", "6000000", "--json")
    other = cli("ceiling", "--pack", DONGHAI, "--applicant", "agricultural", *amounts)
    unset = cli("ceiling", "--pack", "luzhou/2019", "--applicant", "firm", *amounts)
    assert (other.code, other.error["code"]) == (1, "ceiling.not_admitted")
    assert (unset.code, unset.error["code"]) == (1, "pack.unset")


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--applicant", "company"),
        ("--promised", "-5"),
        ("--promised", "5.001"),
        ("--maturing", "-5"),
        ("--maturing", "much"),
        ("--pack", "donghai"),
    ],
)
def test_a_ceiling_that_was_asked_for_wrongly(cli: Cli, option: str, value: str) -> None:
    asked = {"--pack": DONGHAI, "--applicant": "firm", "--promised": "5000000", "--maturing": "6000000"}
    argv = [word for pair in (asked | {option: value}).items() for word in pair]
    refused = cli("ceiling", *argv)
    assert (refused.code, refused.out) == (2, "")
    assert value in refused.err


# The size class ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("industry", "metrics", "size"),
    [
        ("59", ("150", "2000"), "medium"),
        ("63", ("500", "50000"), "medium"),
        ("C1711", ("300", "1999.999999"), "small"),
        ("7010", ("5", "1000", "5000"), "medium"),
        ("7010", ("5", "1000"), "unclassified"),
        ("66", ("150", "2000", "0"), "unclassified"),
        ("5311", ("150", "2000"), "unclassified"),
    ],
)
def test_the_size_of_a_firm(cli: Cli, industry: str, metrics: tuple[str, ...], size: str) -> None:
    options = [word for pair in zip(("--employees", "--revenue", "--assets"), metrics, strict=False) for word in pair]

    answer = cli("size", "--industry", industry, *options, "--json")

    assert (answer.code, answer.data["class"]) == (0, size)
    assert answer.data["because"]
    assert cli("size", "--industry", industry, *options).code == 0


def test_the_reasons_of_a_size_are_sentences_in_the_readers_language(cli: Cli) -> None:
    asked = ("size", "--industry", "59", "--employees", "150", "--revenue", "2000", "--json")
    assert cli(*asked).data["because"] == ["从业人员达到中型标准", "营业收入达到中型标准"]
    english = cli(*asked, "--lang", "en").data["because"]
    assert len(english) == 2
    assert all(each.isascii() and " " in each for each in english)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--industry", "98"),
        ("--industry", "X"),
        ("--employees", "-1"),
        ("--employees", "1.5"),
        ("--revenue", "-1"),
        ("--revenue", "1.0000001"),
        ("--assets", "1e9"),
    ],
)
def test_a_size_that_was_asked_for_wrongly(cli: Cli, option: str, value: str) -> None:
    asked = {"--industry": "59", "--employees": "150", "--revenue": "2000"} | {option: value}
    refused = cli("size", *[word for pair in asked.items() for word in pair])
    assert (refused.code, refused.out) == (2, "")
    assert value in refused.err


# Words and working days ----------------------------------------------------------------------------------------


def test_an_amount_in_words_and_back(cli: Cli) -> None:
    assert cli("words", "107000.53").out == "人民币壹拾万柒仟元零伍角叁分\n"
    assert cli("words", "人民币壹拾万柒仟元零伍角叁分").out == "107000.53\n"
    both = {"yuan": "107000.53", "words": "人民币壹拾万柒仟元零伍角叁分"}
    assert cli("words", "107,000.53", "--json").data == both
    assert cli("words", "壹拾万零柒仟元伍角叁分", "--json").data == both
    assert cli("words", "9999999999999.99").code == 0


@pytest.mark.parametrize("amount", ["-5", "1.005", "10000000000000", "much", "壹元贰", "壹拾", "", "٣"])
def test_what_is_no_amount_is_refused(cli: Cli, amount: str) -> None:
    refused = cli("words", amount)
    assert (refused.code, refused.out) == (2, "")
    assert amount in refused.err


def test_a_negative_amount_is_told_from_an_option(cli: Cli) -> None:
    assert cli("words", "-5", "--json").error["code"] == "cli.usage.bad_value"
    assert "小于零" in cli("words", "-5").err


def test_working_days_over_the_national_day(cli: Cli) -> None:
    asked = ("workdays", "--from", "2026-09-30", "--add", "5")
    answer = cli(*asked, "--json")
    # Seven days off, then Thursday, Friday, a Saturday that is worked, Monday and Tuesday.
    assert (answer.data["date"], answer.data["status"]) == ("2026-10-13", "official")
    assert answer.data["calendar"]
    assert "2026-10-13" in cli(*asked).out
    assert cli(*asked, "--bare").out == "2026-10-13\n"
    later = cli("workdays", "--from", "2026-12-31", "--add", "5", "--json").data
    assert (later["date"], later["status"]) == ("2027-01-08", "provisional")
    assert "暂定" in cli("workdays", "--from", "2026-12-31", "--add", "5").out


@pytest.mark.parametrize(
    ("from_day", "add", "day"),
    [
        ("2026-12-31", 1, "2027-01-04"),
        ("2027-02-04", 1, "2027-02-09"),
        ("2027-04-02", 1, "2027-04-06"),
        ("2027-06-08", 1, "2027-06-10"),
        ("2027-09-14", 1, "2027-09-16"),
        ("2027-09-30", 1, "2027-10-04"),
        ("2028-04-28", 1, "2028-05-03"),
    ],
)
def test_17_days_off_that_need_no_notice_are_off_in_years_without_one(
    cli: Cli, from_day: str, add: int, day: str
) -> None:
    answer = cli("workdays", "--from", from_day, "--add", add, "--json").data
    assert (answer["date"], answer["status"]) == (day, "provisional")
    assert "调休" in cli("workdays", "--from", from_day, "--add", add).out


@pytest.mark.parametrize(
    ("from_day", "add"),
    [("2026-09-31", "5"), ("1999-12-31", "5"), ("9999-12-31", "1"), ("2026-09-30", "-1"), ("2026-09-30", "99999")],
)
def test_working_days_that_cannot_be_counted(cli: Cli, from_day: str, add: str) -> None:
    refused = cli("workdays", "--from", from_day, "--add", add)
    assert (refused.code, refused.out) == (2, "")
    assert refused.err
