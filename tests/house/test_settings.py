"""Flags win over the environment, the environment over the file; secrets stay secret."""

import json
from pathlib import Path

import pytest

from rulebook.errors import XuqiaoError
from runtime.settings import load_settings


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to stand in, with a settings file and nothing in the environment."""
    import os

    for name in [name for name in os.environ if name.startswith("XUQIAO_")]:
        monkeypatch.delenv(name)
    (tmp_path / "xuqiao.toml").write_text(
        'lang = "en"\n[temporal]\naddress = "file:1"\nnamespace = "file"\n[queues]\nprefix = "file"\n'
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_each_source_fills_in_what_a_stronger_one_left_open(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XUQIAO_TEMPORAL__ADDRESS", "environment:2")
    monkeypatch.setenv("XUQIAO_QUEUES__PREFIX", "environment")
    settings = load_settings(temporal={"address": "flag:3", "profile": None}, lang=None)
    assert settings.temporal.address == "flag:3"
    assert settings.queues.prefix == "environment"
    assert (settings.temporal.namespace, settings.lang) == ("file", "en")


def test_the_file_may_lie_elsewhere(house: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text('[temporal]\nnamespace = "other"\n')
    monkeypatch.setenv("XUQIAO_CONFIG", str(other))
    assert load_settings().temporal.namespace == "other"
    monkeypatch.setenv("XUQIAO_CONFIG", str(tmp_path / "absent.toml"))
    with pytest.raises(XuqiaoError, match="config_missing"):
        load_settings()


def test_nothing_said_means_the_embedded_stack_in_chinese(house: Path) -> None:
    (house / "xuqiao.toml").unlink()
    settings = load_settings()
    assert settings.embedded_database
    assert settings.embedded_temporal
    assert settings.lang == "zh"
    assert settings.var.is_absolute()
    assert settings.simulator_path == settings.var / "bank.sqlite"


def test_var_moves_what_lies_in_it(house: Path) -> None:
    assert load_settings(var=house / "elsewhere").simulator_path == house / "elsewhere" / "bank.sqlite"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("[temporal]\nadress = 'x:1'", "temporal.adress"),
        ("langauge = 'zh'", "langauge"),
        ("lang = 'fr'", "lang"),
        ("[queues]\nprefix = 'Not Good'", "queues.prefix"),
    ],
)
def test_a_misspelt_or_impossible_setting_is_named(house: Path, text: str, name: str) -> None:
    (house / "xuqiao.toml").write_text(text)
    with pytest.raises(XuqiaoError) as refused:
        load_settings()
    assert refused.value.code == "setup.settings_wrong"
    assert refused.value.params["name"] == name


def test_a_file_that_is_no_toml_is_named(house: Path) -> None:
    (house / "xuqiao.toml").write_text("lang = ")
    with pytest.raises(XuqiaoError) as refused:
        load_settings()
    assert refused.value.code == "setup.config_broken"
    assert refused.value.params["path"].endswith("xuqiao.toml")


def test_what_is_shown_holds_no_secret(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "XUQIAO_DATABASE__URL", "postgresql://xuqiao_app:s3cret@db.example:5432/xuqiao?sslpassword=s3cret"
    )
    monkeypatch.setenv("XUQIAO_DATABASE__OWNER_URL", "not an address s3cret")
    monkeypatch.setenv("XUQIAO_TEMPORAL__API_KEY", "s3cret-key")
    settings = load_settings()
    shown = json.dumps(settings.masked())
    assert "s3cret" not in shown + repr(settings)
    assert "db.example:5432/xuqiao" in shown


def test_a_wrong_secret_is_not_quoted(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XUQIAO_DATABASE", '{"url": ["s3cret"]}')
    with pytest.raises(XuqiaoError) as refused:
        load_settings()
    assert "s3cret" not in str(refused.value)


def test_workers_are_not_given_the_desks_way_into_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    for role in ("URL", "DESK_URL", "OWNER_URL"):
        monkeypatch.setenv(f"XUQIAO_DATABASE__{role}", f"postgresql://xuqiao:s3cret@db.example/{role.lower()}")
    given = load_settings().for_children()
    assert given["XUQIAO_DATABASE__URL"].endswith("/url")
    assert "XUQIAO_DATABASE__DESK_URL" not in given
    assert "XUQIAO_DATABASE__OWNER_URL" not in given
