"""How an outside Temporal is reached: what is set goes before a profile, and a server that is away is said so."""

from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.envconfig import ClientConfig
from temporalio.service import TLSConfig

from rulebook.errors import XuqiaoError
from runtime.cli.failures import Exit, exit_of
from runtime.settings import TemporalSettings, load_settings
from runtime.temporal import build_id, connect

PROFILE = {"target_host": "profile:7233", "namespace": "of-profile", "api_key": "of-profile"}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the client would be asked to connect with."""
    found: dict[str, Any] = {}

    async def remember(target_host: str, **options: Any) -> None:
        found.update(options, target_host=target_host)

    monkeypatch.setattr(ClientConfig, "load_client_connect_config", lambda profile: dict(PROFILE))
    monkeypatch.setattr(Client, "connect", remember)
    return found


async def test_35_what_is_set_goes_before_the_profile(asked: dict[str, Any]) -> None:
    await connect(TemporalSettings(profile="city", address="explicit:7233", namespace="explicit"))
    assert (asked["target_host"], asked["namespace"], asked["api_key"]) == ("explicit:7233", "explicit", "of-profile")


async def test_35_a_profile_alone_says_everything(asked: dict[str, Any]) -> None:
    await connect(TemporalSettings(profile="city"))
    assert {name: asked[name] for name in PROFILE} == PROFILE
    assert "tls" not in asked


async def test_35_certificates_are_settings(asked: dict[str, Any], tmp_path: Path) -> None:
    files = {name: tmp_path / name for name in ("ca", "cert", "key")}
    for name, file in files.items():
        file.write_text(name)
    settings = TemporalSettings(
        address="a:1",
        server_ca=files["ca"],
        client_cert=files["cert"],
        client_key=files["key"],
        server_name="temporal.city",
    )
    await connect(settings)
    tls = asked["tls"]
    assert isinstance(tls, TLSConfig)
    assert (tls.server_root_ca_cert, tls.client_cert, tls.client_private_key, tls.domain) == (
        b"ca",
        b"cert",
        b"key",
        "temporal.city",
    )


async def test_35_a_server_that_is_away_is_no_traceback() -> None:
    with pytest.raises(XuqiaoError) as refused:
        await connect(TemporalSettings(address="127.0.0.1:1"))
    assert (refused.value.code, exit_of(refused.value)) == ("cli.temporal_away", Exit.NOT_SET_UP)


def test_35_the_simulated_bank_pays_beside_an_outside_database_only_where_that_is_said() -> None:
    outside = {"url": "postgresql://xuqiao_app:x@db.example/xuqiao"}
    assert load_settings().gateways == ("counter", "simulated")
    assert load_settings(database=outside).gateways == ("counter",)
    assert load_settings(database=outside, simulator=True).gateways == ("counter", "simulated")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://a:se%20cr@h1:1,h2:2/x", "postgresql://a:**********@h1:1,h2:2/x"),
        ("postgresql://a@h/x?password=secr&sslmode=require", "postgresql://a@h/x?password=**********&sslmode=require"),
        ("host=h password=secr", "**********"),
    ],
)
def test_35_addresses_of_every_form_are_shown_without_their_password(url: str, shown: str) -> None:
    assert load_settings(database={"url": url}).masked()["database"]["url"] == shown


def test_a_worker_is_named_by_the_sources_it_runs(tmp_path: Path) -> None:
    package = tmp_path / "workflows"
    package.mkdir()
    (package / "renewal.py").write_text("fee = 1\n")
    before = build_id.__wrapped__(tmp_path)
    assert build_id.__wrapped__(tmp_path) == before
    (package / "renewal.py").write_text("fee = 2\n")
    assert build_id.__wrapped__(tmp_path) != before
