"""Every setting, from flags, environment, file: the first that says something wins.

Only this module and ``runtime/cli`` read the environment. Names: ``XUQIAO_TEMPORAL__ADDRESS`` in the environment is
``address`` under ``[temporal]`` in ``xuqiao.toml`` (or the file that ``XUQIAO_CONFIG`` names).
"""

import os
import re
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from rulebook.errors import XuqiaoError
from rulebook.values import expected_of, place_of

CONFIG_VARIABLE = "XUQIAO_CONFIG"
CONFIG_NAME = "xuqiao.toml"
PASSWORDS_NAME = "passwords.json"
"""In ``var``, from the first start of the embedded servers on."""
NOT_FOR_WORKERS = frozenset({"XUQIAO_DATABASE__DESK_URL", "XUQIAO_DATABASE__OWNER_URL", "XUQIAO_SIGNING__PASSPHRASE"})
_MASK = "**********"


class _Group(BaseModel):
    """Closed: a misspelt setting is an error, not a silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DatabaseSettings(_Group):
    """An outside PostgreSQL (15 or later); both unset: the embedded one.

    Attributes:
        url: for the application, as ``xuqiao_app``.
        desk_url: for what people decide, as ``xuqiao_desk``; the workers never need it.
        owner_url: for migrations, as ``xuqiao_owner``; only ``serve`` and the set-up need it.
        listen_url: past a pooler, for the relay's bell alone; without it, and behind a pooler, it looks every second.
        prepare: let the server keep statements that come again; not behind a pooler in transaction mode.
    """

    url: SecretStr | None = None
    desk_url: SecretStr | None = None
    owner_url: SecretStr | None = None
    listen_url: SecretStr | None = None
    prepare: bool = False


class TemporalSettings(_Group):
    """An outside Temporal cluster or Temporal Cloud; address and profile unset: the embedded one.

    Attributes:
        address: host and port.
        namespace: where the cases run; ``default`` unless this or the profile says otherwise.
        profile: a profile of Temporal's own configuration file, which may name address, TLS and key itself; what is
            said here goes before it.
        tls: encrypt the connection; follows by itself from an API key or a certificate.
        api_key: of Temporal Cloud.
        server_ca: certificates by which the server is believed (PEM); without it, those of the machine.
        client_cert, client_key: by which the server believes this product (PEM); both or none.
        server_name: the name in the server's certificate, where it is not that of the address.
    """

    address: str | None = None
    namespace: str | None = None
    profile: str | None = None
    tls: bool = False
    api_key: SecretStr | None = None
    server_ca: Path | None = None
    client_cert: Path | None = None
    client_key: Path | None = None
    server_name: str | None = None


class QueueSettings(_Group):
    """Task queues are called ``<prefix>-cases``, ``<prefix>-money`` and so on; one prefix for each installation."""

    prefix: str = Field(default="xuqiao", pattern=r"^[a-z][a-z0-9-]*$")


class PaperSettings(_Group):
    """How papers are made.

    Attributes:
        office_dir: the office's own folder of templates, names, fonts and seal; None where it has none.
        check_url: address of the page on which anybody can check a paper, printed as a QR; None where there is none.
        workers: processes that draw at once, each some 200 MB; unless said two, or one where there is one core.
        seconds: the longest that one paper may take.
    """

    office_dir: Path | None = None
    check_url: str | None = Field(default=None, pattern=r"^https?://[^\s?#]+$")
    workers: int = Field(default_factory=lambda: min(2, os.cpu_count() or 1), ge=1, le=64)
    seconds: float = Field(default=30.0, gt=0)


class SigningSettings(_Group):
    """What papers are signed with, and whose signatures are believed.

    Attributes:
        certificate: the operator's own, a PKCS#12 file; None: demonstration certificates, which prove nothing.
        passphrase: of that file; the workers never need it.
        trusted: a folder of certificates (PEM, ``*.pem`` or ``*.crt``) of the authorities that ``verify`` believes.
        platform: where other parties sign; ``simulated`` is for trying.
    """

    certificate: Path | None = None
    passphrase: SecretStr | None = None
    trusted: Path | None = None
    platform: Literal["simulated"] | None = None


def checkout() -> Path | None:
    """The top of the source tree, when the program runs from one."""
    top = Path(__file__).resolve().parent.parent
    return top if (top / "pyproject.toml").is_file() else None


def default_var() -> Path:
    """``var`` at the top of a checkout, whatever folder a command is given in; otherwise in the folder at hand."""
    return (checkout() or Path.cwd()) / "var"


def config_file() -> Path | None:
    """The settings file: the one that ``XUQIAO_CONFIG`` names, else ``xuqiao.toml`` here or atop the checkout.

    Raises:
        XuqiaoError: ``setup.config_missing``, when ``XUQIAO_CONFIG`` names a file that is not there.
    """
    named = os.environ.get(CONFIG_VARIABLE)
    if named:
        if not Path(named).is_file():
            raise XuqiaoError("setup.config_missing", variable=CONFIG_VARIABLE, path=named)
        return Path(named)
    places = [Path.cwd(), checkout()]
    return next((place / CONFIG_NAME for place in places if place and (place / CONFIG_NAME).is_file()), None)


class Settings(BaseSettings):
    """What holds for this process. Made by ``load_settings``, which says in words what is wrong.

    Attributes:
        database: an outside PostgreSQL.
        temporal: an outside Temporal.
        var: folder of everything that the program itself writes.
        lang: language of what people read.
        queues: names of the task queues.
        papers: how papers are made.
        signing: what papers are signed with.
        simulator_path: the simulated bank's own log.
        simulator: let the simulated bank pay beside an outside database, which books payments that nobody made.
        chart: the chart of accounts that reports are printed under.
        chart_file: the operator's own accounts, in place of some of that chart's.
    """

    model_config = SettingsConfigDict(
        env_prefix="XUQIAO_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        nested_model_default_partial_update=True,
    )

    database: DatabaseSettings = DatabaseSettings()
    temporal: TemporalSettings = TemporalSettings()
    var: Path = Field(default_factory=default_var)
    lang: Literal["zh", "en"] = "zh"
    queues: QueueSettings = QueueSettings()
    papers: PaperSettings = PaperSettings()
    signing: SigningSettings = SigningSettings()
    simulator_path: Path = Field(default_factory=lambda known: known["var"] / "bank.sqlite")
    simulator: bool = False
    seal_key: Path | None = None
    seal_keys: Path | None = Field(default_factory=lambda known: known["seal_key"] and known["seal_key"].parent)
    chart: Literal["enterprise", "government"] = "enterprise"
    chart_file: Path | None = None

    @property
    def has_records(self) -> bool:
        """Whether there are records, also where they do not answer: outside servers are named, or the embedded were
        started."""
        return self.database.url is not None or (self.var / PASSWORDS_NAME).exists()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags, then the environment, then the file; no hidden ``.env``."""
        file = config_file()
        return (init_settings, env_settings, *((TomlConfigSettingsSource(cls, file),) if file else ()))

    @property
    def embedded_database(self) -> bool:
        """Whether the stack in ``var`` provides PostgreSQL."""
        return self.database.url is None

    @property
    def embedded_temporal(self) -> bool:
        """Whether the stack in ``var`` provides Temporal."""
        return self.temporal.address is None and self.temporal.profile is None

    @property
    def gateways(self) -> tuple[str, ...]:
        """The ways to a bank that a fund may name; the simulated one pays nobody, and so is not for true records."""
        return ("counter", "simulated") if self.embedded_database or self.simulator else ("counter",)

    @property
    def signing_platform(self) -> str | None:
        """The platform that papers are handed to. The simulated one is there by itself beside the embedded database,
        and never beside the operator's own certificate: what it signs proves nothing."""
        if self.signing.certificate is not None:
            return None
        return "simulated" if self.embedded_database else self.signing.platform

    def for_children(self) -> dict[str, str]:
        """The environment in which a child process has the same settings; secrets stay where both read them.

        What the environment says of the desk's and the owner's way into the database, and of the key that signs
        papers, is left out: a worker that is taken over can neither approve a payment, nor change a table, nor sign.
        """
        own = {
            "XUQIAO_VAR": str(self.var),
            "XUQIAO_SIMULATOR_PATH": str(self.simulator_path),
            "XUQIAO_LANG": self.lang,
            "XUQIAO_QUEUES__PREFIX": self.queues.prefix,
        }
        return {name: value for name, value in os.environ.items() if name.upper() not in NOT_FOR_WORKERS} | own

    def masked(self) -> dict[str, Any]:
        """All settings as plain values for people's eyes: passwords and keys are stars, addresses stay readable."""
        shown = self.model_dump(mode="json")
        for name in ("url", "desk_url", "owner_url", "listen_url"):
            secret: SecretStr | None = getattr(self.database, name)
            shown["database"][name] = _masked_url(secret.get_secret_value()) if secret else None
        shown["temporal"]["api_key"] = _MASK if self.temporal.api_key else None
        shown["signing"]["passphrase"] = _MASK if self.signing.passphrase else None
        return shown


def load_settings(**flags: Any) -> Settings:
    """The settings, with what was given on the command line first.

    Args:
        flags: settings by name, groups as dicts (``temporal={"address": …}``); those that are None are left out.
    Raises:
        XuqiaoError: ``setup.settings_wrong`` (names the setting), ``setup.config_missing``, ``setup.config_broken``.
    """
    try:
        return Settings(**_given(flags))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise XuqiaoError("setup.settings_wrong", name=place_of(first["loc"]), reason=expected_of(first)) from None
    except SettingsError as error:
        raise XuqiaoError("setup.settings_wrong", name="XUQIAO_…", reason=error) from None
    except tomllib.TOMLDecodeError as error:
        raise XuqiaoError("setup.config_broken", path=config_file(), reason=error) from None


def _given(flags: dict[str, Any]) -> dict[str, Any]:
    """Without what was not said, at any depth: an unset flag must not hide the environment."""
    kept = {name: _given(value) if isinstance(value, dict) else value for name, value in flags.items()}
    return {name: value for name, value in kept.items() if value is not None and value != {}}


def _masked_url(url: str) -> str:
    """An address with stars for its passwords, in whatever form libpq takes it; all stars where it is none."""
    if "://" not in url:
        return _MASK
    shown = re.sub(r"(?<=://)([^/?#@]*?):[^/?#]*@", rf"\1:{_MASK}@", url)
    return re.sub(r"(?i)([?&][^=&]*pass[^=&]*=)[^&]*", rf"\1{_MASK}", shown)
