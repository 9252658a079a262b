"""Electronic signatures: certificates, PAdES on a PDF, and the protocol of signing platforms with a simulated one."""

from gateways.esign.certificates import DEMO_CA_NAME, Credential, DemoAuthority, load_pkcs12
from gateways.esign.pades import Stamp, sign_pdf
from gateways.esign.place import Place
from gateways.esign.platform import (
    ESignPlatform,
    Evidence,
    FlowState,
    PlatformAway,
    PlatformCallback,
    SignedBy,
    SignerTask,
    SigningRequest,
)
from gateways.esign.seal import Seal
from gateways.esign.simulated import Delivery, PlatformManner, SimulatedPlatform

__all__ = [
    "DEMO_CA_NAME",
    "Credential",
    "Delivery",
    "DemoAuthority",
    "ESignPlatform",
    "Evidence",
    "FlowState",
    "Place",
    "PlatformAway",
    "PlatformCallback",
    "PlatformManner",
    "Seal",
    "SignedBy",
    "SignerTask",
    "SigningRequest",
    "SimulatedPlatform",
    "Stamp",
    "load_pkcs12",
    "sign_pdf",
]
