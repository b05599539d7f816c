"""Judge a chain of certificates in a token (`x5c`) against the operator's trust anchors.

RFC 7515, section 4.1.6; RFC 5280, section 6, which `cryptography.x509.verification` implements: signatures
and their algorithms, validity at this time, basic constraints, key usage, path length, name constraints.
Nothing that a certificate names is fetched here; the verifying recipe looks up revocation.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import verification

from credserv.ground.encoding import KeyType, encode_base64url
from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.proof.keys.certificate_names import names_issuer
from credserv.proof.keys.jwk import build_jwk
from credserv.proof.keys.public_key import CURVES

Certificate = x509.Certificate
Chain = tuple[Certificate, ...]  # from the signer's to the anchor
MAX_CERTIFICATES = 6
_MAX_CHARS = 8_192  # of one certificate
UNREADABLE = (
    ValueError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
_KINDS = {CURVES[kind].name: kind for kind in (KeyType.P256, KeyType.P384, KeyType.P521)}


@dataclass(frozen=True)
class Anchor:
    """A trust anchor.

    Attributes:
        issuers: whose tokens it counts for; () for anyone's.
        added_at: in the format of instants.
    """

    certificate: x509.Certificate
    issuers: tuple[str, ...]
    added_at: str

    @property
    def name(self) -> str:
        return self.certificate.subject.rfc4514_string()

    @property
    def sha256(self) -> str:
        return fingerprint(self.certificate)

    def is_for(self, issuer: str) -> bool:
        return not self.issuers or issuer in self.issuers


@dataclass(frozen=True)
class Certified:
    """The result of a chain.

    `sha256` and `jwk` are of the signer's certificate; `anchor` is what it leads to.
    """

    sha256: str
    jwk: JsonObject
    anchor: Anchor
    chain: Chain


def certify(x5c: object, issuer: str, anchors: Sequence[Anchor], now: datetime) -> Certified | None:
    """Return the certificate at the head of `x5c` if its chain leads to an anchor and it names the issuer.

    None otherwise: such a chain proves nothing, and is no reason to call a token false.
    """
    fitting = [anchor for anchor in anchors if anchor.is_for(issuer)]
    if not fitting:
        return None
    try:
        chain = _read_chain(x5c)
        found = _find_anchor(chain, fitting, now)
        whole = () if found is None else _to_anchor(chain, found)
        if found is not None and _may_sign(chain[0]) and names_issuer(whole, issuer):
            return Certified(fingerprint(chain[0]), _jwk(chain[0].public_key()), found, whole)
    except (*UNREADABLE, InputError, verification.VerificationError):
        pass
    return None


def issuer_named_by(x5c: object) -> str | None:
    """Return the one issuer that the certificate at the head of `x5c` names, unproven; None for none or
    several.

    The name is its URI, or its host as an https address. `certify` decides whether it belongs to the issuer.
    """
    try:
        leaf = _read_chain(x5c)[0]
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (*UNREADABLE, x509.ExtensionNotFound, InputError):
        return None
    uris = names.get_values_for_type(x509.UniformResourceIdentifier)
    hosts = [f"https://{name.lower()}" for name in names.get_values_for_type(x509.DNSName)]
    found = uris or hosts
    return found[0] if len(found) == 1 else None


def _find_anchor(chain: list[x509.Certificate], anchors: Sequence[Anchor], now: datetime) -> Anchor | None:
    """Return the anchor that the whole chain leads to.

    Raises ValueError without anchors, VerificationError.
    """
    verified = _verifier(anchors, now).verify(chain[0], chain[1:])
    found = next((anchor for anchor in anchors if anchor.certificate == verified.chain[-1]), None)
    # Each certificate certifies the one before it, and there are no others (RFC 7515, section 4.1.6).
    if found is None or verified.chain not in ([*chain, found.certificate], chain):
        return None
    return found


def _to_anchor(chain: list[x509.Certificate], anchor: Anchor) -> Chain:
    return tuple(chain) if chain[-1] == anchor.certificate else (*chain, anchor.certificate)


@dataclass(frozen=True)
class CertifiedHost:
    """The owner of a certificate that is not about a credential's issuer.

    Attributes:
        sha256: of the certificate, base64url.
        hosts: its DNS names, without wildcards.
        subject: its name.
    """

    sha256: str
    hosts: tuple[str, ...]
    subject: str
    jwk: JsonObject
    anchor: Anchor
    chain: Chain


def certify_host(x5c: object, anchors: Sequence[Anchor], now: datetime) -> CertifiedHost | None:
    """Return the certificate at the head of `x5c` if its chain leads to an anchor that counts for anyone.

    None otherwise (OpenID4VP 1.0, section 5.9.3: x509_san_dns, x509_hash).
    """
    fitting = [anchor for anchor in anchors if not anchor.issuers]
    try:
        chain = _read_chain(x5c)
        found = _find_anchor(chain, fitting, now)
        if found is None or not _may_sign(chain[0]):
            return None
        names = chain[0].extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        hosts = tuple(name.lower() for name in names.get_values_for_type(x509.DNSName) if "*" not in name)
        digest = encode_base64url(chain[0].fingerprint(hashes.SHA256()))
        key = _jwk(chain[0].public_key())
        whole = _to_anchor(chain, found)
        return CertifiedHost(digest, hosts, chain[0].subject.rfc4514_string(), key, found, whole)
    except (*UNREADABLE, x509.ExtensionNotFound, InputError, verification.VerificationError):
        return None


def read_anchor(content: bytes, issuers: Sequence[str], added_at: str) -> Anchor:
    """Read one PEM certificate as an anchor. Raises InputError for one that could not end a chain."""
    try:
        certificates = x509.load_pem_x509_certificates(content)
        constraints = certificates[0].extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = certificates[0].extensions.get_extension_for_class(x509.KeyUsage).value
    except (*UNREADABLE, x509.ExtensionNotFound) as error:
        raise InputError("the file is no PEM certificate of an authority that says so") from error
    if len(certificates) != 1:
        raise InputError("the file holds several certificates: add each anchor by a file of its own")
    anchor = Anchor(certificates[0], tuple(sorted(set(issuers))), added_at)
    if not constraints.ca or not usage.key_cert_sign:
        raise InputError("a trust anchor is the certificate of an authority (CA), and this one is not")
    if not anchor.name:
        raise InputError("the certificate has no name, so no report could tell it")
    return anchor


def fingerprint(certificate: Certificate) -> str:
    """Return the SHA-256 of a certificate in hexadecimal."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def _read_chain(x5c: object) -> list[x509.Certificate]:
    """Raises InputError and the exceptions in `UNREADABLE`."""
    if not isinstance(x5c, list) or not 0 < len(x5c) <= MAX_CERTIFICATES:
        raise InputError(f"x5c is a list of at most {MAX_CERTIFICATES} certificates")
    if not all(isinstance(item, str) and len(item) <= _MAX_CHARS for item in x5c):
        raise InputError("a certificate in x5c is no text, or too long")
    try:
        return [x509.load_der_x509_certificate(base64.b64decode(item, validate=True)) for item in x5c]
    except binascii.Error as error:
        raise InputError("a certificate in x5c is not in base64") from error


def _verifier(anchors: Sequence[Anchor], now: datetime) -> verification.ClientVerifier:
    """Build the library's verifier: its own policies for an end entity that is no authority, and for
    authorities."""
    store = verification.Store([anchor.certificate for anchor in anchors])
    builder = verification.PolicyBuilder().store(store).time(now.astimezone(UTC).replace(tzinfo=None))
    return builder.max_chain_depth(MAX_CERTIFICATES - 1).build_client_verifier()


def _may_sign(leaf: x509.Certificate) -> bool:
    """Return whether the usage allows signing: a stated usage is the only one (RFC 5280, section 4.2.1.3)."""
    try:
        usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return usage.digital_signature


def _jwk(key: object) -> dict[str, str]:
    """Return the key as a JWK. Raises InputError for an unsupported kind."""
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name not in _KINDS:
        raise InputError("a certificate of a key of another kind")
    point = serialization.PublicFormat.CompressedPoint
    return build_jwk(_KINDS[key.curve.name], key.public_bytes(serialization.Encoding.X962, point))
