"""What the fund asks of an electronic signing platform, whichever it is, and what a platform tells."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from pydantic import Field

from rulebook.values import Value


class PlatformAway(Exception):
    """No answer came. Worth another try with the same key or flow.

    Not a XuqiaoError on purpose: those are final, this one is retried.
    """

    code = "signing.platform_away"

    def __init__(self, platform: str, flow: str) -> None:
        self.params = {"platform": platform, "flow": flow}
        super().__init__(f"{self.code} {self.params}")


class FlowState(StrEnum):
    """How far a signing is; all but the first two are final."""

    PREPARED = "prepared"
    STARTED = "started"
    COMPLETED = "completed"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    EXPIRED = "expired"

    @property
    def final(self) -> bool:
        """Whether nothing more will happen."""
        return self not in (FlowState.PREPARED, FlowState.STARTED)


class SignerTask(Value):
    """One party that is to sign, by one person, at one place.

    Attributes:
        party: such as ``borrower``; ``name`` of the organisation, ``person`` who signs for it.
        authority: his post, or the number of his authorisation.
        page: from 1; the box in points from the page's lower left corner. None: wherever the platform puts it.
    """

    party: str
    name: str
    person: str
    authority: str
    page: int | None = None
    x: float = 0
    y: float = 0
    width: float = 0
    height: float = 0


class SigningRequest(Value):
    """A file that is to be signed by some parties, in their order.

    Attributes:
        key: preparing twice with the same key prepares once.
        document_no: number of the paper, shown to the signers with its ``title``.
        sha256: of the file.
    """

    key: str
    document_no: str
    title: str
    sha256: str
    signers: tuple[SignerTask, ...] = Field(min_length=1)


class PlatformCallback(Value):
    """What a platform says by itself, once known to come from it. A reason to look, never a fact: it can be late, out
    of order, repeated.

    Attributes:
        serial: the platform's own number of this call.
    """

    flow: str
    serial: int
    state: FlowState
    at: datetime


class FlowReport(Value):
    """How far a signing is, asked of the platform. ``reason``: why a signer refused."""

    flow: str
    document_no: str
    state: FlowState
    reason: str = ""


class SignedBy(Value):
    """One signature as the platform witnesses it. ``certificate``: SHA-256 of the signer's certificate."""

    party: str
    person: str
    authority: str
    signed_at: datetime
    certificate: str


class Evidence(Value):
    """The platform's evidence of a completed signing (出证).

    Attributes:
        number: under which the platform keeps it.
        original_sha256: of the file that was given to it; ``signed_sha256`` of the file that came out.
    """

    number: str
    flow: str
    original_sha256: str
    signed_sha256: str
    signatures: tuple[SignedBy, ...]


class ESignPlatform(Protocol):
    """The way to one platform. Every call but ``on_callback`` raises PlatformAway when no answer comes, and XuqiaoError
    ``signing.flow_unknown`` for a flow that the platform does not have."""

    name: str

    def prepare(self, request: SigningRequest, pdf: bytes) -> str:
        """Hand the file over; nobody is asked to sign yet.

        Returns:
            the platform's name of the flow; the same for the same key.
        Raises:
            XuqiaoError: ``signing.key_conflict`` when the key stands for another request.
        """

    def start(self, flow: str) -> None:
        """Ask the signers; a second time changes nothing."""

    def on_callback(self, body: bytes, headers: Mapping[str, str]) -> PlatformCallback:
        """Read a call of the platform. It changes nothing, so it may come any number of times.

        Raises:
            XuqiaoError: ``signing.callback_forged`` when it does not come from the platform.
        """

    def cancel(self, flow: str, reason: str) -> FlowState:
        """Call a signing off, if it is not over; a second time changes nothing.

        Returns:
            what it is now; it may have been completed before.
        """

    def look(self, flow: str) -> FlowReport:
        """How far it is."""

    def fetch_signed(self, flow: str) -> bytes:
        """The signed file.

        Raises:
            XuqiaoError: ``signing.not_completed``.
        """

    def fetch_evidence(self, flow: str) -> Evidence:
        """The platform's evidence.

        Raises:
            XuqiaoError: ``signing.not_completed``.
        """
