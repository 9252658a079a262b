"""What signs: the operator's own certificate from a PKCS#12 file, or one of a demonstration that nobody mistakes."""

import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import NameOID

from rulebook.errors import XuqiaoError

DEMO_CA_NAME = "续桥演示CA（无法律效力）"
DEMO_NAME = "演示证书（无法律效力）"
_DEMO_YEARS = 30
_CLOCKS_DIFFER = timedelta(hours=1)
_AUTHORITY_KEY, _AUTHORITY_CERTIFICATE = "ca.key", "ca.pem"
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class Credential:
    """A private key with its certificate.

    Attributes:
        chain: the certificates above it, as they came with it; the issuer of a demonstration is always among them.
        demo: made here for a demonstration; it proves nothing about anybody.
    """

    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    demo: bool
    private: PrivateKey = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, 64 hexadecimal digits."""
        return hashlib.sha256(self.certificate.public_bytes(Encoding.DER)).hexdigest()


def load_pkcs12(path: Path, passphrase: str | None) -> Credential:
    """A certificate with its key from a PKCS#12 file (.p12, .pfx), as certification authorities hand them out.

    Raises:
        XuqiaoError: ``signing.certificate_unreadable`` with the reason; ``signing.certificate_not_now`` outside its
            validity; ``signing.certificate_demo`` for one whose issuer is a demonstration.
    """
    try:
        found = pkcs12.load_pkcs12(path.read_bytes(), passphrase.encode() if passphrase else None)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise XuqiaoError("signing.certificate_unreadable", path=path, reason=reason) from None
    if found.cert is None or not isinstance(found.key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        reason = "no RSA or EC key with a certificate in it"
        raise XuqiaoError("signing.certificate_unreadable", path=path, reason=reason)
    certificate = found.cert.certificate
    if not certificate.not_valid_before_utc <= datetime.now(UTC) <= certificate.not_valid_after_utc:
        span = {"since": certificate.not_valid_before_utc.date(), "until": certificate.not_valid_after_utc.date()}
        raise XuqiaoError("signing.certificate_not_now", path=path, **span)
    if is_demo(certificate):
        raise XuqiaoError("signing.certificate_demo", path=path)
    chain = tuple(each.certificate for each in found.additional_certs)
    return Credential(certificate, chain, demo=False, private=found.key)


def is_demo(certificate: x509.Certificate) -> bool:
    """Whether a certificate says of itself that it comes from a demonstration, this one or another."""
    return common_name(certificate.issuer) == DEMO_CA_NAME


def common_name(name: x509.Name) -> str:
    """The common name in a certificate's name; empty where there is none."""
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else ""


def holder_of(certificate: x509.Certificate) -> str:
    """For whom a certificate was made: the organisation in it, or else the common name."""
    found = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    return str(found[0].value) if found else common_name(certificate.subject)


def names_in(certificate: x509.Certificate) -> tuple[str, ...]:
    """The names of a certificate's holder: common names, organisations and their numbers, as they stand there."""
    wanted = (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME, NameOID.ORGANIZATION_IDENTIFIER)
    return tuple(str(each.value) for kind in wanted for each in certificate.subject.get_attributes_for_oid(kind))


class DemoAuthority:
    """An authority for demonstrations, made once in a folder; every name in its certificates says what it is.

    Args:
        folder: made when it is absent, readable by its owner only. Several processes may come at once.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        if not (folder / _AUTHORITY_CERTIFICATE).exists():
            _make_authority(folder)
        self._private = _key_from(folder / _AUTHORITY_KEY)
        self.certificate = x509.load_pem_x509_certificate((folder / _AUTHORITY_CERTIFICATE).read_bytes())

    def credential(self, party: str, name: str) -> Credential:
        """The certificate of one party, always the same for the same name.

        Args:
            party: such as ``operator``.
            name: of the organisation.
        """
        stem = f"{party}-{hashlib.sha256(name.encode()).hexdigest()[:16]}"
        path = self._folder / f"{stem}.pem"
        if not path.exists():
            private = ec.generate_private_key(ec.SECP256R1())
            made = _certificate(
                _subject(party, name), private, self.certificate.subject, self._private, authority=False
            )
            _write_once(path, _pem(private) + made.public_bytes(Encoding.PEM))
        content = path.read_bytes()
        certificate = x509.load_pem_x509_certificate(content)
        return Credential(certificate, (self.certificate,), demo=True, private=_key_from(path))


def demo_certificate(folder: Path) -> x509.Certificate | None:
    """The authority's certificate where a demonstration was made in a folder; nothing is made here."""
    path = folder / _AUTHORITY_CERTIFICATE
    return x509.load_pem_x509_certificate(path.read_bytes()) if path.exists() else None


def read_authorities(folder: Path) -> list[x509.Certificate]:
    """The certificates of a folder, ``*.pem`` and ``*.crt``, each file with one or more in PEM.

    Raises:
        XuqiaoError: ``signing.authorities_unreadable`` names the file.
    """
    if not folder.is_dir():
        raise XuqiaoError("signing.authorities_unreadable", path=folder, reason="no such folder")
    found: list[x509.Certificate] = []
    for path in sorted(each for each in folder.iterdir() if each.suffix in {".pem", ".crt"}):
        try:
            found += x509.load_pem_x509_certificates(path.read_bytes())
        except (OSError, ValueError) as error:
            raise XuqiaoError("signing.authorities_unreadable", path=path, reason=error) from None
    return found


def _make_authority(folder: Path) -> None:
    """Key and certificate appear together or not at all; whoever comes second takes what is there."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))  # 0700
    try:
        private = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, DEMO_CA_NAME)])
        _write_once(beside / _AUTHORITY_KEY, _pem(private))
        made = _certificate(name, private, name, private, authority=True)
        _write_once(beside / _AUTHORITY_CERTIFICATE, made.public_bytes(Encoding.PEM))
        try:
            beside.rename(folder)
        except OSError:
            if not (folder / _AUTHORITY_CERTIFICATE).exists():
                raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _certificate(
    subject: x509.Name, own: ec.EllipticCurvePrivateKey, issuer: x509.Name, by: PrivateKey, *, authority: bool
) -> x509.Certificate:
    now = datetime.now(UTC)
    usage = x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=not authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCKS_DIFFER)
        .not_valid_after(now + timedelta(days=365 * _DEMO_YEARS))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=0 if authority else None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
        .sign(by, hashes.SHA256())
    )


def _subject(party: str, name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, f"{DEMO_NAME}{party}"[:64]),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, name),
        ]
    )


def _pem(private: PrivateKey) -> bytes:
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _key_from(path: Path) -> PrivateKey:
    private = load_pem_private_key(path.read_bytes(), password=None)
    assert isinstance(private, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey)
    return private


def _write_once(path: Path, content: bytes) -> None:
    """A file for its owner only, whole or not there; the first one stays."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:  # 0600
        file.write(content)
    try:
        os.link(file.name, path)
    except FileExistsError:
        pass
    finally:
        os.unlink(file.name)
