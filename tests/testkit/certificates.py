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
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.testkit.proofs import NOW

YEAR = timedelta(days=365)
SHA_256 = hashes.SHA256()
GOOD, REVOKED, UNKNOWN = ocsp.OCSPCertStatus.GOOD, ocsp.OCSPCertStatus.REVOKED, ocsp.OCSPCertStatus.UNKNOWN
BY_HASH, BY_NAME = ocsp.OCSPResponderEncoding.HASH, ocsp.OCSPResponderEncoding.NAME
FOR_ANSWERS = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING])


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
    lists: tuple[str, ...] = (),
    silent: bool = False,
    more_extensions: tuple[x509.ExtensionType, ...] = (),
) -> Holder:
    """by: None for one that it signs itself. signs: whether its key may sign what is no certificate.
    more: further hosts. lists: where its authority says that its list of revoked certificates lies. silent:
    it does not say whether it is an authority."""
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
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuing.public_key()), critical=False
        )
        .add_extension(_usage(ca=ca, signs=signs), critical=True)
    )
    if not silent:
        builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=path_length), critical=True)
    for extension in more_extensions:
        builder = builder.add_extension(extension, critical=False)
    if lists:
        builder = builder.add_extension(_points(lists), critical=False)
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


def _points(lists: tuple[str, ...]) -> x509.CRLDistributionPoints:
    named = [[x509.UniformResourceIdentifier(url)] for url in lists]
    return x509.CRLDistributionPoints([x509.DistributionPoint(one, None, None, None) for one in named])


def revocations(
    by: Holder,
    *revoked: Holder,
    made: datetime = NOW - timedelta(hours=1),
    ends: datetime = NOW + timedelta(days=7),
    name: x509.Name | None = None,
    scope: x509.IssuingDistributionPoint | None = None,
    more: x509.ExtensionType | None = None,
    digest: hashes.SHA256 | None = SHA_256,
) -> bytes:
    """A list (CRL) that `by` signs. name: of another as whose it is given out. more: a critical extension."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(name or by.certificate.subject)
        .last_update(made)
        .next_update(ends)
        .add_extension(x509.CRLNumber(1), critical=False)
    )
    for extension in (scope, more):
        builder = builder.add_extension(extension, critical=True) if extension else builder
    for one in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(one.certificate.serial_number)
        builder = builder.add_revoked_certificate(entry.revocation_date(NOW - timedelta(days=1)).build())
    return builder.sign(by.key, digest).public_bytes(Encoding.DER)


def scoped(**changes: Any) -> x509.IssuingDistributionPoint:
    """Which part of its authority's list a list is."""
    plain: dict[str, Any] = dict.fromkeys(
        (
            "only_contains_user_certs",
            "only_contains_ca_certs",
            "indirect_crl",
            "only_contains_attribute_certs",
        ),
        False,
    )
    names = dict.fromkeys(("full_name", "relative_name", "only_some_reasons"))
    return x509.IssuingDistributionPoint(**{**plain, **names, **changes})


def answer(
    by: Holder,
    *,
    about: Holder,
    authority: Holder,
    status: ocsp.OCSPCertStatus = GOOD,
    made: datetime = NOW - timedelta(hours=1),
    ends: datetime | None = NOW + timedelta(days=1),
    told: ocsp.OCSPResponderEncoding = BY_HASH,
    along: tuple[Holder, ...] = (),
    digest: hashes.SHA256 | None = SHA_256,
) -> bytes:
    """What is answered about one certificate (OCSP), signed by `by`. told: how it says who signed it, by the
    hash of their key or by their name. along: whose certificates come with it."""
    gone = NOW - timedelta(days=3) if status is REVOKED else None
    builder = ocsp.OCSPResponseBuilder().add_response(
        about.certificate, authority.certificate, hashes.SHA1(), status, made, ends, gone, None
    )
    builder = builder.responder_id(told, by.certificate)
    builder = builder.certificates([one.certificate for one in along]) if along else builder
    return builder.sign(by.key, digest).public_bytes(Encoding.DER)
