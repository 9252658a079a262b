"""The electronic signatures in a PDF, judged by the file alone: nothing is fetched, nobody is asked."""

import hashlib
import io
import logging
from collections.abc import Iterable
from datetime import datetime
from typing import TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.keys import load_certs_from_pemder_data
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from activities.signing.policy import ONLY_SIGNED
from gateways.esign.certificates import common_name, holder_of, is_demo, names_in
from gateways.esign.pades import party_of
from rulebook.values import Value

for _name in ("pyhanko", "pyhanko_certvalidator"):  # what is wrong with a file is said in the answer
    logging.getLogger(_name).addHandler(logging.NullHandler())

_Certificate: TypeAlias = object  # asn1crypto's, which has no types
_HARMLESS = {ModificationLevel.NONE, ModificationLevel.LTA_UPDATES, ModificationLevel.FORM_FILLING}
_COVERED = {SignatureCoverageLevel.ENTIRE_FILE, SignatureCoverageLevel.ENTIRE_REVISION}


class FoundSignature(Value):
    """One signature in a file.

    Attributes:
        field: the name of its field; ``party`` for whom it was made, empty where the field is not one of ours.
        holder: for whom its certificate was made, as the certificate says; ``issuer`` who says so.
        named: every name in the certificate's subject: common name, organisation, number of the organisation.
        certificate: SHA-256 of the certificate; empty where the signature cannot be read.
        signed_at: the signer's own clock; nobody vouches for it.
        intact: what it covers is what was signed.
        sound: it was made with this certificate's key, and nothing but further signatures came behind it,
            the operator's with slices of its seal.
        whole: it covers the file to its end, so nothing came behind it at all.
        trusted: its certificate leads to an authority that this house believes.
        demo: its certificate is one of a demonstration and proves nothing about anybody.
    """

    field: str
    party: str
    holder: str
    named: tuple[str, ...]
    issuer: str
    certificate: str
    signed_at: datetime | None
    intact: bool
    sound: bool
    whole: bool
    trusted: bool
    demo: bool

    @property
    def good(self) -> bool:
        """Whether it holds for what it covers."""
        return self.intact and self.sound


def find_signatures(pdf: bytes, roots: Iterable[x509.Certificate] = ()) -> list[FoundSignature]:
    """Every signature in a PDF, oldest first.

    Args:
        roots: the authorities that are believed.
    Returns:
        the signatures; one that cannot be read is there, and is not intact.
    """
    believed = [each for root in roots for each in load_certs_from_pemder_data(root.public_bytes(Encoding.DER))]
    try:
        embedded = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
    except Exception:  # a damaged file makes the library fail in any way
        return [_unreadable()] if b"/ByteRange" in pdf else []
    found = [_judged(each, believed, pdf) for each in embedded]
    return found if found or b"/ByteRange" not in pdf else [_unreadable()]


def _judged(embedded: EmbeddedPdfSignature, believed: list[_Certificate], pdf: bytes) -> FoundSignature:
    try:
        certificate = x509.load_der_x509_certificate(embedded.signer_cert.dump())
        context = ValidationContext(trust_roots=believed, allow_fetching=False)
        status = validate_pdf_signature(embedded, context, diff_policy=ONLY_SIGNED)
        return FoundSignature(
            field=embedded.field_name,
            party=party_of(embedded.field_name),
            holder=holder_of(certificate),
            named=names_in(certificate),
            issuer=common_name(certificate.issuer),
            certificate=hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest(),
            signed_at=status.signer_reported_dt,
            intact=status.intact and _nothing_beside(embedded, pdf),
            sound=status.valid and status.coverage in _COVERED and status.modification_level in _HARMLESS,
            whole=status.coverage is SignatureCoverageLevel.ENTIRE_FILE,
            trusted=status.trusted,
            demo=is_demo(certificate),
        )
    except Exception:  # as above
        return _unreadable()


def _nothing_beside(embedded: EmbeddedPdfSignature, pdf: bytes) -> bool:
    """The gap that a signature leaves for itself holds the signature and zeros behind it, written in one way.

    No signature covers these bytes: without this, some of them could be changed and nobody would see it.
    """
    first, length, second, _ = (int(each) for each in embedded.byte_range)
    gap = pdf[first + length : second]
    digits = gap[1:-1]
    if gap[:1] + gap[-1:] != b"<>" or digits not in (digits.lower(), digits.upper()):
        return False
    held = bytes.fromhex(digits.decode("ascii"))
    return not held[_der_length(held) :].strip(b"\0")


def _der_length(held: bytes) -> int:
    """The length of the one DER value that some bytes begin with."""
    if held[1] < 0x80:
        return 2 + held[1]
    size = held[1] & 0x7F
    return 2 + size + int.from_bytes(held[2 : 2 + size])


def _unreadable() -> FoundSignature:
    return FoundSignature(
        field="",
        party="",
        holder="",
        named=(),
        issuer="",
        certificate="",
        signed_at=None,
        intact=False,
        sound=False,
        whole=False,
        trusted=False,
        demo=False,
    )
