"""How this product speaks to Temporal: one converter, one connection, for clients, workers and replay alike."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter
from temporalio.envconfig import ClientConfig
from temporalio.service import TLSConfig
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from rulebook.errors import XuqiaoError
from runtime.records import Records
from runtime.settings import TemporalSettings

CONVERTER: DataConverter = pydantic_data_converter

SDK_SETTLES_SECONDS = 0.05
"""The client's threads need this long after its last call: a process that ends sooner can abort."""

_PURE = (
    *("activities.contracts", "rulebook", "workflows"),
    *("annotated_types", "pydantic", "pydantic_core", "typing_extensions"),
)
"""What stories are made of: nothing in it keeps a state of its own, or asks for the time, for chance or the machine."""


_OURS = ("activities", "gateways", "models", "rulebook", "runtime", "workflows")


@cache
def build_id(top: Path = Path(__file__).parents[1]) -> str:
    """What names a worker's program in the histories of its cases: the digest of the product's own sources.

    Temporal's own choice is a digest of whatever happens to be loaded: it takes a second of a worker's start, and two
    workers of one product differ.

    Args:
        top: the folder of the packages.
    """
    digest = hashlib.sha256()
    for source in sorted(source for package in _OURS for source in (top / package).rglob("*.py")):
        digest.update(f"{source.relative_to(top)}\0".encode() + source.read_bytes() + b"\0")
    return f"xuqiao-{digest.hexdigest()[:16]}"


def sandbox() -> SandboxedWorkflowRunner:
    """The workflow sandbox. Rulebook and stories pass through: their purity is checked statically, and copies are dear.

    A copy of the stories for each case, which the sandbox makes otherwise, cost a fifth of a case's processor time.
    """
    return SandboxedWorkflowRunner(restrictions=SandboxRestrictions.default.with_passthrough_modules(*_PURE))


async def connect(settings: TemporalSettings, lazy: bool = False) -> Client:
    """A client of the Temporal service that the settings name.

    Args:
        settings: an address; for an outside service also a profile of the standard client configuration (TLS, API key).
            What is set goes before the profile.
    Raises:
        XuqiaoError: ``cli.temporal_away``.
        lazy: connect at the first call, so that what comes before it happens even while the service is away.
    """
    options: dict[str, Any] = {}
    if settings.profile:
        options.update(ClientConfig.load_client_connect_config(profile=settings.profile))
    said = {
        "target_host": settings.address,
        "namespace": settings.namespace,
        "tls": _tls(settings),
        "api_key": settings.api_key.get_secret_value() if settings.api_key else None,
    }
    options.update({name: value for name, value in said.items() if value is not None})
    options.setdefault("target_host", "")
    try:
        return await Client.connect(**options, data_converter=CONVERTER, lazy=lazy)
    except RuntimeError as error:  # how the SDK says that nobody answers
        raise XuqiaoError("cli.temporal_away", reason=error) from None


def _tls(settings: TemporalSettings) -> TLSConfig | bool | None:
    """How the connection is encrypted, as far as it is said; None leaves it to the profile or the key."""
    cert, key = settings.client_cert, settings.client_key
    if not (settings.server_ca or cert or key or settings.server_name):
        return settings.tls or None
    return TLSConfig(
        server_root_ca_cert=settings.server_ca.read_bytes() if settings.server_ca else None,
        client_cert=cert.read_bytes() if cert else None,
        client_private_key=key.read_bytes() if key else None,
        domain=settings.server_name,
    )


async def client_beside(records: Records, lazy: bool = False) -> Client:
    """A client of the Temporal service that works the cases of these records: the embedded one, or the settings'."""
    temporal = records.settings.temporal
    if records.settings.embedded_temporal:
        temporal = temporal.model_copy(update={"address": records.embedded.temporal_address})
    return await connect(temporal, lazy)
