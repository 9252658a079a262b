"""The electronic signatures in a PDF, judged by the file alone: nothing is fetched, nobody is asked."""

import hashlib
import logging
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.keys import load_certs_from_pemder_data
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel, SuspiciousModification
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from activities.papers.strict.bounds import within
from activities.signing.found import FoundSignature, unreadable
from activities.signing.policy import ONLY_SIGNED
from activities.signing.reader import Reader
from gateways.esign.certificates import common_name, holder_of, is_demo, names_in
from gateways.esign.fields import party_of
from rulebook.errors import XuqiaoError

for _name in ("pyhanko", "pyhanko_certvalidator"):  # what is wrong with a file is said in the answer
    logging.getLogger(_name).addHandler(logging.NullHandler())

_Certificate: TypeAlias = object  # asn1crypto's, which has no types
_HARMLESS = {ModificationLevel.NONE, ModificationLevel.LTA_UPDATES, ModificationLevel.FORM_FILLING}
_JUST_BEFORE = timedelta(seconds=1)
_COVERED = {SignatureCoverageLevel.ENTIRE_FILE, SignatureCoverageLevel.ENTIRE_REVISION}


def find_signatures(
    pdf: bytes, roots: Iterable[x509.Certificate] = (), reader: Reader | None = None
) -> list[FoundSignature]:
    """Every signature in a PDF, oldest first.

    Args:
        roots: the authorities that are believed.
        reader: of this very PDF, where it is read already.
    Returns:
        the signatures; one that cannot be read is there, and is not intact.
    Raises:
        XuqiaoError: ``paper_check.too_much`` for more than a paper has parties.
    """
    believed = [each for root in roots for each in load_certs_from_pemder_data(root.public_bytes(Encoding.DER))]
    try:
        reader = reader or Reader(pdf)
        embedded = reader.embedded_signatures
        within("signatures", len(embedded))
        last_good = _only_signed_since(reader, min((each.signed_revision for each in embedded), default=0))
    except XuqiaoError:
        raise
    except Exception:  # a damaged file makes the library fail in any way
        return [unreadable()] if b"/ByteRange" in pdf else []
    found = [_judged(each, believed, pdf, each.signed_revision >= last_good) for each in embedded]
    return found if found or b"/ByteRange" not in pdf else [unreadable()]


def _only_signed_since(reader: PdfFileReader, first: int) -> int:
    """The first revision, not before the one with the first signature, behind which nothing came but signatures.

    Each revision is held against the one before it, once: to hold it against every one before it, for every signature
        anew,
    takes time by the square of their number, and finds no more, for what is forbidden is forbidden in the revision
    that did it.
    """
    newest = reader.xrefs.total_revisions - 1
    for before, after in reversed(list(pairwise(range(first, newest + 1)))):
        try:
            old, new = (reader.get_historical_resolver(each) for each in (before, after))
            if ONLY_SIGNED.apply(old, new).modification_level not in _HARMLESS:
                return after
        except SuspiciousModification:
            return after
    return first


def _judged(embedded: EmbeddedPdfSignature, believed: list[_Certificate], pdf: bytes, kept: bool) -> FoundSignature:
    """A signature as it is found; ``kept``: only signatures came behind it."""
    try:
        certificate = x509.load_der_x509_certificate(embedded.signer_cert.dump())
        context = ValidationContext(trust_roots=believed, allow_fetching=False)
        status = validate_pdf_signature(embedded, context, skip_diff=True)
        return FoundSignature(
            field=embedded.field_name,
            party=party_of(embedded.field_name),
            holder=holder_of(certificate),
            named=names_in(certificate),
            issuer=common_name(certificate.issuer),
            certificate=hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest(),
            signed_at=status.signer_reported_dt,
            intact=status.intact and _nothing_beside(embedded, pdf),
            sound=status.valid and status.coverage in _COVERED and kept,
            whole=status.coverage is SignatureCoverageLevel.ENTIRE_FILE,
            trusted=status.trusted,
            demo=is_demo(certificate),
            expired_on=None if status.trusted or not status.valid else _expired(embedded, certificate, believed),
        )
    except Exception:  # as above
        return unreadable()


def _expired(
    embedded: EmbeddedPdfSignature, certificate: x509.Certificate, believed: list[_Certificate]
) -> date | None:
    """The day on which a certificate ended that was trusted until then; None for one that never was."""
    now = datetime.now(UTC)
    if certificate.not_valid_before_utc >= now:
        return None
    moment = min(certificate.not_valid_after_utc, now) - _JUST_BEFORE
    context = ValidationContext(trust_roots=believed, allow_fetching=False, moment=moment)
    if not validate_pdf_signature(embedded, context, skip_diff=True).trusted:
        return None
    return certificate.not_valid_after_utc.date()


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
