"""Electronic signatures: certificates, PAdES on a PDF, and the protocol of signing platforms with a simulated one.

What a name stands for is loaded when it is first asked for: to sign takes far more than to look at a signature.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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

_BY_MODULE = {
    "certificates": ("DEMO_CA_NAME", "Credential", "DemoAuthority", "load_pkcs12"),
    "pades": ("Stamp", "sign_pdf"),
    "place": ("Place",),
    "platform": (
        "ESignPlatform",
        "Evidence",
        "FlowState",
        "PlatformAway",
        "PlatformCallback",
        "SignedBy",
        "SignerTask",
        "SigningRequest",
    ),
    "seal": ("Seal",),
    "simulated": ("Delivery", "PlatformManner", "SimulatedPlatform"),
}
_FROM = {name: f"{__name__}.{module}" for module, names in _BY_MODULE.items() for name in names}

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


def __getattr__(name: str) -> object:
    if name not in _FROM:
        raise AttributeError(name)
    return getattr(import_module(_FROM[name]), name)
