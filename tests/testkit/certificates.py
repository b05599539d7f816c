"""Authorities that certify keys, well or badly, and tokens that carry their chains (`x5c`)."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from tests.testkit.proofs import NOW

YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Holder:
    """A key with its certificate."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def text(self) -> str:
        return base64.b64encode(self.certificate.public_bytes(Encoding.DER)).decode()


def certified(
    name: str,
    by: Holder | None = None,
    *,
    ca: bool = False,
    path_length: int | None = None,
    dns: str | None = None,
    uri: str | None = None,
    ends: datetime = NOW + YEAR,
    key: ec.EllipticCurvePrivateKey | None = None,
    signs: bool = True,
    more: tuple[str, ...] = (),
) -> Holder:
    """by: None for one that it signs itself. signs: whether its key may sign what is no certificate.
    more: further hosts."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuing = by.key if by else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - YEAR)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=path_length), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuing.public_key()), critical=False
        )
        .add_extension(_usage(ca=ca, signs=signs), critical=True)
    )
    names: list[x509.GeneralName] = [x509.DNSName(one) for one in (dns, *more) if one]
    names += [x509.UniformResourceIdentifier(uri)] if uri else []
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return Holder(key, builder.sign(issuing, hashes.SHA256()))


def _usage(*, ca: bool, signs: bool) -> x509.KeyUsage:
    others: dict[str, Any] = dict.fromkeys(
        ("content_commitment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only"), False
    )
    return x509.KeyUsage(
        digital_signature=signs and not ca,
        key_encipherment=not signs,
        key_cert_sign=ca,
        crl_sign=ca,
        **others,
    )
