"""Lists of the certificates that an authority revoked (CRL): where they are, and what they say.

RFC 5280, sections 4.2.1.13, 5 and 6.3. What counts is a complete list, in force, signed by the authority that
issued the certificate. Lists by others (indirect), of changes (delta), or for some reasons only establish
nothing. Nor does a list that cannot be read or is somebody else's: whatever a host serves in a list's place
says nothing about the certificate.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from credserv.ground.addresses import has_web_scheme
from credserv.ground.encoding import format_instant
from credserv.ground.errors import RevokedCertificateError, UnavailableError
from credserv.proof.keys.certificates import UNREADABLE

MEDIA_TYPE = "application/pkix-crl"
MAX_BYTES = 8 * 1_048_576
MAX_NAMED = 4  # addresses of one certificate's list, tried in turn
_UNREADABLE = (*UNREADABLE, TypeError)
_HASHES = frozenset({"sha256", "sha384", "sha512"})
_KEYS = (ec.EllipticCurvePublicKey, ed25519.Ed25519PublicKey, rsa.RSAPublicKey)
Extension = TypeVar("Extension", x509.CRLDistributionPoints, x509.AuthorityInformationAccess)
_KNOWN = (x509.IssuingDistributionPoint, x509.CRLNumber, x509.AuthorityKeyIdentifier)


@dataclass(frozen=True)
class CertificateList:
    """A list signed by its authority. `begins`, `ends`: when it was made, and when the next one is due."""

    content: x509.CertificateRevocationList
    begins: datetime
    ends: datetime

    def require_in_force(self, now: datetime, leeway: timedelta) -> None:
        """Require a list in force.

        Raises UnavailableError for one that is out of date or not yet in force.
        """
        if self.begins > now + leeway:
            raise UnavailableError("the list of revoked certificates is dated ahead")
        if self.ends <= now:
            raise UnavailableError(f"the list of revoked certificates ended on {format_instant(self.ends)}")

    def require_good(self, certificate: x509.Certificate) -> None:
        """Require that the certificate is not listed.

        Raises RevokedCertificateError if it is, whatever the reason and date.
        """
        found = self.content.get_revoked_certificate_by_serial_number(certificate.serial_number)
        if found is None:
            return
        since = format_instant(found.revocation_date_utc)
        raise RevokedCertificateError(
            f"its authority revoked the certificate {certificate.subject.rfc4514_string()[:200]} on {since}"
        )


def read_extension(certificate: x509.Certificate, kind: type[Extension]) -> Extension | None:
    """Return an extension of the certificate; None if it has none.

    Raises UnavailableError as `list_addresses`.
    """
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
    except _UNREADABLE as error:
        raise UnavailableError("a certificate of the chain does not say where it can be looked up") from error


def list_addresses(certificate: x509.Certificate) -> tuple[str, ...]:
    """Return the http addresses of the complete list, in the authority's order; () if there are none.

    One that cannot be asked is returned as well: left out, it would count as none named, and a certificate
    whose list cannot be had as one without a list.

    Raises UnavailableError for a certificate that cannot be read completely: a verifier of chains reads no
    more of an authority's certificate than it needs.
    """
    points = read_extension(certificate, x509.CRLDistributionPoints)
    found = [
        name.value
        for point in points or ()
        if point.crl_issuer is None and point.reasons is None
        for name in point.full_name or ()
        if isinstance(name, x509.UniformResourceIdentifier) and has_web_scheme(name.value)
    ]
    return tuple(found[:MAX_NAMED])


def list_made_at(content: bytes) -> datetime | None:
    """Return when a list says it was made; None if the content is not a list."""
    try:
        return x509.load_der_x509_crl(content).last_update_utc
    except _UNREADABLE:
        return None


def read_certificate_list(content: bytes, url: str, authority: x509.Certificate) -> CertificateList:
    """Read a list. Raises UnavailableError unless it is a complete list that `authority` signed for `url`."""
    try:
        found = x509.load_der_x509_crl(content)
        _require_signed(found, authority)
        _require_whole(found, url)
        ends = found.next_update_utc
    except _UNREADABLE as error:
        raise UnavailableError("what stands in place of its list of revoked certificates is none") from error
    if ends is None:
        raise UnavailableError("the list of revoked certificates does not say until when it counts")
    return CertificateList(found, found.last_update_utc, ends)


def require_kind(listed: CertificateList, certificate: x509.Certificate) -> None:
    """Require a list that covers this kind of certificate (RFC 5280, section 5.2.5).

    Raises UnavailableError if it covers only authorities, or only others, and the certificate is of the other
    kind.
    """
    scope = _scope(listed.content)
    if scope is None:
        return
    if scope.only_contains_user_certs if _is_authority(certificate) else scope.only_contains_ca_certs:
        raise UnavailableError("the list of revoked certificates is one of other certificates")


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False  # RFC 5280, section 4.2.1.9: other certificates need not say that they are none


def _require_signed(found: x509.CertificateRevocationList, authority: x509.Certificate) -> None:
    """Require a signature of the authority, which may sign lists, with an algorithm that still counts."""
    if found.issuer != authority.subject or not _may_sign_lists(authority):
        raise UnavailableError("the list of revoked certificates is by somebody else than their authority")
    key, digest = authority.public_key(), found.signature_hash_algorithm
    strong = digest.name in _HASHES if digest else isinstance(key, ed25519.Ed25519PublicKey)
    if (
        not strong
        or not isinstance(key, _KEYS)
        or isinstance(found.signature_algorithm_parameters, padding.PSS)
    ):
        raise UnavailableError("the list of revoked certificates is signed in a way that is not known here")
    if not found.is_signature_valid(key):
        raise UnavailableError("the signature of the list of revoked certificates does not hold")


def _may_sign_lists(authority: x509.Certificate) -> bool:
    try:
        return authority.extensions.get_extension_for_class(x509.KeyUsage).value.crl_sign
    except x509.ExtensionNotFound:
        return True  # no stated usage means no restriction


def _require_whole(found: x509.CertificateRevocationList, url: str) -> None:
    scope = _scope(found)
    others = [one for one in found.extensions if one.critical and not isinstance(one.value, _KNOWN)]
    partial = scope is not None and (
        scope.indirect_crl
        or scope.only_some_reasons is not None
        or scope.only_contains_attribute_certs
        or scope.relative_name is not None
        or (scope.full_name is not None and url not in [name.value for name in scope.full_name])
    )
    if partial or others:
        raise UnavailableError("the list of revoked certificates is a part of one, or one of another place")


def _scope(found: x509.CertificateRevocationList) -> x509.IssuingDistributionPoint | None:
    try:
        return found.extensions.get_extension_for_class(x509.IssuingDistributionPoint).value
    except x509.ExtensionNotFound:
        return None
