"""``xuqiao packs``: the law as the packs have it, from files alone, no server and no set-up."""

from pathlib import Path
from typing import Any

import pytest

from activities.law.measures import draft, pack_ids
from tests.cli.conftest import EXAMPLES, Cli
from tests.cli.law.overlays import BARE_CODE, overlay_with

DONGHAI = "donghai/2025-08-17"
OVERLAY = EXAMPLES / "operator.toml"


def test_every_pack_is_listed_with_what_is_known_of_it(cli: Cli) -> None:
    listed = {each["pack"]: each for each in cli("packs", "list", "--json").data}

    assert tuple(listed) == pack_ids()
    assert listed[DONGHAI]["city"] == "东海县"
    assert (listed[DONGHAI]["document"], listed[DONGHAI]["since"]) == ("东政规发〔2025〕5号", "2025-08-17")
    assert (listed[DONGHAI]["until"], listed[DONGHAI]["complete"]) == (None, False)
    assert listed["shanxi/2023-09-14"]["until"] == "2028-09-17"
    assert listed["wenzhou/2018"]["superseded_by"] == "温金融办〔2023〕53号"
    shown = cli("packs", "list")
    assert (shown.code, shown.err) == (0, "")
    assert all(pack in shown.out for pack in pack_ids())


def test_a_pack_is_shown_with_whose_word_each_value_is(cli: Cli) -> None:
    def provisions(*argv: object) -> dict[str, dict[str, Any]]:
        return {each["name"]: each for each in cli("packs", "show", DONGHAI, *argv, "--json").data["provisions"]}

    bare, completed = provisions(), provisions("--overlay", OVERLAY)

    cap = bare["bridge.cap_firm"]
    assert (cap["value"], cap["source"], cap["citation"]) == ("10000000.00", "measure", "东政规发〔2025〕5号")
    assert bare["bridge.promise_ratio"]["value"] == "95%"
    unset = bare["release.cut_off"]
    assert (unset["value"], unset["source"], unset["citation"]) == (None, "unset", None)
    own = completed["release.cut_off"]
    assert (own["value"], own["source"], own["citation"]) == ("16:30", "operator", "承办主体自定（示例运营方案）")
    assert set(bare) == {name for name, _ in draft(DONGHAI).provisions()}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_pack_is_shown_in_words(cli: Cli, lang: str) -> None:
    for pack in pack_ids():
        shown = cli("packs", "show", pack, "--lang", lang)
        assert (shown.code, shown.err) == (0, "")
        assert draft(pack).document in shown.out
        assert not BARE_CODE.search(shown.out), f"{pack}: a bare code in: {BARE_CODE.search(shown.out)}"


def test_shown_values_have_their_units(cli: Cli) -> None:
    shown = cli("packs", "show", DONGHAI, "--overlay", OVERLAY).out

    for expected in ("10,000,000.00元", "95%", "第1至5日每日 0.02%；第6日起每日 0.04%", "10日", "3个工作日", "自然日"):
        assert expected in shown
    assert "承办主体自定（示例运营方案）" in shown
    assert "未定，须由承办主体确定" not in shown
    assert "未定，须由承办主体确定" in cli("packs", "show", DONGHAI).out


def test_an_operators_document_that_does_not_say_so_is_marked(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    text = OVERLAY.read_text(encoding="utf-8")
    path.write_text(text.replace("承办主体自定（示例运营方案）", "运营方案（2026年）"), encoding="utf-8")
    assert "承办主体自定：运营方案（2026年）" in cli("packs", "show", DONGHAI, "--overlay", path).out


def test_a_check_lists_what_the_operator_must_decide(cli: Cli) -> None:
    checked = cli("packs", "check", DONGHAI, "--json")

    assert (checked.code, checked.data["ready"]) == (1, False)
    assert checked.data["to_decide"] == list(draft(DONGHAI).unset())
    assert "fee.minimum" in checked.data["silent"]
    told = cli("packs", "check", DONGHAI)
    assert told.code == 1
    assert "当日最迟划款时间（release.cut_off）" in told.out
    assert "不能启用" in told.out


def test_a_completed_pack_can_be_used(cli: Cli) -> None:
    checked = cli("packs", "check", DONGHAI, "--overlay", OVERLAY, "--json")
    assert (checked.code, checked.data["ready"], checked.data["to_decide"]) == (0, True, [])
    assert "release.cut_off" in checked.data["operator_choices"]
    assert checked.data["left_to_people"] == ["rest.not_carried"]
    assert "在本县依法经营（第二条）" in checked.data["not_carried"]
    told = cli("packs", "check", DONGHAI, "--overlay", OVERLAY)
    assert all(said in told.out for said in checked.data["not_carried"])
    assert (told.code, "可以启用" in told.out) == (0, True)


def test_a_check_says_what_contradicts_and_what_cannot_be_carried_out(cli: Cli, tmp_path: Path) -> None:
    overlay = overlay_with(tmp_path, "fee", 'prepaid_days = 5\nhighest_average = "0.01%"')

    checked = cli("packs", "check", DONGHAI, "--overlay", overlay, "--json")

    assert checked.code == 1
    (against,) = checked.data["contradictions"]
    assert against["names"] == ["fee.tiers", "fee.highest_average"]
    assert "平均每日 0.03%，高于办法规定的平均费率上限 0.01%" in against["because"]
    (missing,) = checked.data["not_carried_out"]
    assert missing["names"] == ["fee.prepaid_days"]
    told = cli("packs", "check", DONGHAI, "--overlay", overlay)
    assert against["because"] in told.out
    assert missing["because"] in told.out


def test_a_superseded_pack_cannot_be_used(cli: Cli) -> None:
    checked = cli("packs", "check", "wenzhou/2018", "--json")
    assert (checked.code, checked.data["superseded_by"]) == (1, "温金融办〔2023〕53号")
    assert "温金融办〔2023〕53号" in cli("packs", "check", "wenzhou/2018").out


def test_two_packs_are_compared(cli: Cli) -> None:
    compared = cli("packs", "diff", "lianyungang/2018-11-15", "lianyungang/2023-06-01", "--json")

    assert compared.code == 0
    (ratio,) = [each for each in compared.data["changed"] if each["name"] == "bridge.promise_ratio"]
    assert (ratio["before"]["value"], ratio["after"]["value"]) == ("80%", "95%")
    assert ratio["after"]["citation"] == "连政规发〔2023〕8号"
    told = cli("packs", "diff", "lianyungang/2018-11-15", "lianyungang/2023-06-01")
    assert "80%" in told.out
    assert "95%" in told.out
    assert not BARE_CODE.search(told.out)


def test_what_an_overlay_adds_is_a_difference_and_a_pack_has_none_to_itself(cli: Cli) -> None:
    added = cli("packs", "diff", DONGHAI, DONGHAI, "--overlay-b", OVERLAY, "--json").data
    assert [each["name"] for each in added["added"]] == list(draft(DONGHAI, OVERLAY).operator_choices())
    removed = cli("packs", "diff", DONGHAI, DONGHAI, "--overlay-a", OVERLAY, "--json").data
    assert [each["name"] for each in removed["removed"]] == [each["name"] for each in added["added"]]
    assert "没有变化" in cli("packs", "diff", DONGHAI, DONGHAI).out


def test_the_schema_of_a_pack_is_printed(cli: Cli) -> None:
    schema = cli("packs", "schema")
    assert (schema.code, schema.data["type"]) == (0, "object")
    assert "bridge" in schema.data["properties"]
    assert cli("packs", "schema", "--json").out == schema.out
