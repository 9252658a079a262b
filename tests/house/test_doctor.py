"""The doctor sees what is there, names what is not, and what to do about it."""

import socket
from pathlib import Path

import pytest

from activities.words import Lang
from runtime import doctor
from runtime.devstack import postgres
from runtime.settings import Settings, load_settings


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    return load_settings(var=tmp_path / "var")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_on_a_machine_that_passes_its_tests_all_is_well(settings: Settings, lang: Lang) -> None:
    checks = doctor.examine(settings, lang)
    assert [check for check in checks if not check.ok] == []
    found = "\n".join(doctor.as_lines(checks))
    for expected in ("libharfbuzz-subset0", "PostgreSQL) 18", "temporal version", ".ttf", "127.0.0.1:"):
        assert expected in found


def test_a_missing_library_is_named_with_the_line_that_installs_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "PACKAGES", {"libabsent.so.9": "libabsent9"})
    [missing] = [check for check in doctor.examine(settings, "en") if not check.ok]
    assert "libabsent9" in missing.name
    assert "apt-get install -y --no-install-recommends libabsent9" in missing.cure


@pytest.mark.parametrize(("lang", "words"), [("zh", "没有安装"), ("en", "is not installed")])
def test_without_the_embedded_servers_the_finding_is_in_the_reader_s_language(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, lang: Lang, words: str
) -> None:
    monkeypatch.setattr(postgres, "_PACKAGE", "no_such_wheel")
    [missing] = [check for check in doctor.examine(settings, lang) if not check.ok]
    assert words in missing.found
    assert "xuqiao[embedded]" in missing.cure


def test_outside_servers_that_do_not_answer_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket() as closed:  # bound, not listening: nobody else can take the port meanwhile
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        settings = load_settings(
            var=tmp_path,
            database={"url": f"postgresql://xuqiao_app:s3cret@127.0.0.1:{port}/xuqiao"},
            temporal={"address": f"127.0.0.1:{port}"},
        )
        bad = [check for check in doctor.examine(settings, "en") if not check.ok]
    assert [check.name.split()[2] for check in bad] == ["database", "Temporal"]
    assert all(str(port) in check.name and check.cure for check in bad)
    assert "s3cret" not in str(bad)


def test_wrong_settings_are_the_only_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "xuqiao.toml").write_text("langauge = 'zh'")
    [check] = doctor.examine(lang="en")
    assert not check.ok
    assert "langauge" in check.found
