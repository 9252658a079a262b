"""Certificates as a certification authority issues them, for tests: nothing in them says demonstration."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import NameOID


def a_real_certificate(
    path: Path, name: str, passphrase: str, until: datetime | None = None
) -> tuple[Path, x509.Certificate]:
    """Write a PKCS#12 file with an RSA key.

    Returns:
        its path, and the certificate of the authority that issued it.
    """
    above = ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "测试用认证机构")])
    root = _certificate(issuer, issuer, above.public_key(), above, None).sign(above, hashes.SHA256())
    own = rsa.generate_private_key(65537, 2048)
    subject = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, "公章"), x509.NameAttribute(NameOID.ORGANIZATION_NAME, name)]
    )
    made = _certificate(subject, issuer, own.public_key(), above, until).sign(above, hashes.SHA256())
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(b"seal", own, made, [root], BestAvailableEncryption(passphrase.encode()))
    )
    return path, root


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    public: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
    above: ec.EllipticCurvePrivateKey,
    until: datetime | None,
) -> x509.CertificateBuilder:
    authority = subject == issuer
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=30))
        .not_valid_after(until or now + timedelta(days=365))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=not authority,
                content_commitment=not authority,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=authority,
                crl_sign=authority,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(above.public_key()), critical=False)
    )
