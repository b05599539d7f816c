"""Ask an authority about one certificate (OCSP): where to ask, how, and which answers count.

RFC 6960, sections 2, 3.2, 4.1 and 4.2. The request is a GET (appendix A.1) without a nonce, so that it is
always the same and the answer can be cached. An answer counts if it is about this certificate, in force, and
signed by the authority or by a delegate it certified for that (`id-kp-OCSPSigning`). Anything else, including
`unknown` and `tryLater`, says nothing about the certificate.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from credserv.ground.addresses import has_web_scheme
from credserv.ground.encoding import format_instant
from credserv.ground.errors import RevokedCertificateError, UnavailableError
from credserv.proof.keys.certificate_lists import read_extension
from credserv.proof.keys.certificates import UNREADABLE

MEDIA_TYPE = "application/ocsp-response"
MAX_NAMED = 4  # addresses of one certificate, tried in turn
_WITHOUT_END = timedelta(hours=1)  # how long an answer counts that names no next one
_HASHES = frozenset({"sha256", "sha384", "sha512"})
_UNREADABLE = (*UNREADABLE, TypeError)


@dataclass(frozen=True)
class CertificateAnswer:
    """An answer signed by the authority or for it.

    Attributes:
        begins, ends: when it was made, and when a newer one is due.
        signed_by: the certificate that signed it, where that is not the authority's own.
    """

    content: ocsp.OCSPSingleResponse
    begins: datetime
    ends: datetime
    signed_by: x509.Certificate | None

    def require_in_force(self, now: datetime, leeway: timedelta) -> None:
        """Require an answer in force.

        Raises UnavailableError for one that is out of date or not yet in force.
        """
        if self.begins > now + leeway:
            raise UnavailableError("the authority's answer about the certificate is dated ahead")
        if self.ends <= now:
            raise UnavailableError(
                f"the authority's answer about the certificate ended on {format_instant(self.ends)}"
            )
        if self.signed_by is not None and not _is_valid(self.signed_by, now):
            raise UnavailableError("who answers for the authority had no right to it any more")

    def require_good(self, certificate: x509.Certificate) -> None:
        """Require that the certificate is not revoked.

        Raises RevokedCertificateError if it was, whatever the reason and date.
        """
        if self.content.certificate_status is not ocsp.OCSPCertStatus.REVOKED:
            return
        gone = self.content.revocation_time_utc
        since = "" if gone is None else f" on {format_instant(gone)}"
        raise RevokedCertificateError(
            f"its authority revoked the certificate {certificate.subject.rfc4514_string()[:200]}{since}"
        )


def answer_addresses(certificate: x509.Certificate, authority: x509.Certificate) -> tuple[str, ...]:
    """Return the request URL at each address that the authority names; () if it names none over http.

    Raises UnavailableError as `list_addresses`.
    """
    named = read_extension(certificate, x509.AuthorityInformationAccess)
    places = [
        one.access_location.value
        for one in named or ()
        if one.access_method == AuthorityInformationAccessOID.OCSP
        and isinstance(one.access_location, x509.UniformResourceIdentifier)
        and has_web_scheme(one.access_location.value)
    ]
    if not places:
        return ()
    # SHA-1 only names the certificate and proves nothing; many responders know no other (RFC 5019, 2.1.1).
    asked = ocsp.OCSPRequestBuilder().add_certificate(certificate, authority, hashes.SHA1())  # noqa: S303 - it proves nothing
    text = base64.b64encode(asked.build().public_bytes(serialization.Encoding.DER)).decode()
    return tuple(f"{place.rstrip('/')}/{quote(text, safe='')}" for place in places[:MAX_NAMED])


def read_certificate_answer(
    content: bytes, certificate: x509.Certificate, authority: x509.Certificate
) -> CertificateAnswer:
    """Read an answer. Raises UnavailableError unless it is by or for `authority` and states how
    `certificate` is."""
    try:
        found = ocsp.load_der_ocsp_response(content)
        if found.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise UnavailableError(f"the authority answers {found.response_status.name.lower()}")
        single = next((one for one in found.responses if _is_about(one, certificate, authority)), None)
        if single is None:
            raise UnavailableError("the authority's answer is about another certificate")
        signed_by = _signer(found, authority)
    except _UNREADABLE as error:
        raise UnavailableError("what stands in place of the authority's answer is none") from error
    if single.certificate_status is ocsp.OCSPCertStatus.UNKNOWN:
        raise UnavailableError("the authority does not know the certificate")
    begins = single.this_update_utc
    return CertificateAnswer(single, begins, single.next_update_utc or begins + _WITHOUT_END, signed_by)


def answer_made_at(content: bytes) -> datetime | None:
    """Return when an answer was made; None if the content is not one."""
    try:
        return min(one.this_update_utc for one in ocsp.load_der_ocsp_response(content).responses)
    except _UNREADABLE:
        return None


def must_be_looked_up(delegate: x509.Certificate) -> bool:
    """Return whether a delegate may itself be revoked; its authority can say that nobody needs to ask
    (4.2.2.2.1)."""
    try:
        delegate.extensions.get_extension_for_class(x509.OCSPNoCheck)
    except x509.ExtensionNotFound:
        return True
    return False


def _is_about(
    single: ocsp.OCSPSingleResponse, certificate: x509.Certificate, authority: x509.Certificate
) -> bool:
    """Compare the hashes of the authority's name and key, and the serial number (RFC 6960, section 4.1.1)."""
    if single.serial_number != certificate.serial_number:
        return False
    wanted = ocsp.OCSPRequestBuilder().add_certificate(certificate, authority, single.hash_algorithm).build()
    return (wanted.issuer_name_hash, wanted.issuer_key_hash) == (
        single.issuer_name_hash,
        single.issuer_key_hash,
    )


def _signer(found: ocsp.OCSPResponse, authority: x509.Certificate) -> x509.Certificate | None:
    """Return who signed: None for the authority, or the delegate's certificate that comes with the answer.

    RFC 6960, section 4.2.2.2. Raises UnavailableError.
    """
    for candidate in (authority, *_delegates(found, authority)):
        if _is_named(found, candidate) and _holds(found, candidate):
            return None if candidate == authority else candidate
    raise UnavailableError("the answer is signed by nobody whom the authority certified for that")


def _delegates(found: ocsp.OCSPResponse, authority: x509.Certificate) -> Iterator[x509.Certificate]:
    for one in found.certificates[:MAX_NAMED]:
        try:
            one.verify_directly_issued_by(authority)
            usages = one.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        except (InvalidSignature, x509.ExtensionNotFound, *_UNREADABLE):
            continue
        digest = one.signature_hash_algorithm
        if ExtendedKeyUsageOID.OCSP_SIGNING in usages and (digest is None or digest.name in _HASHES):
            yield one


def _is_named(found: ocsp.OCSPResponse, candidate: x509.Certificate) -> bool:
    if found.responder_name is not None:
        return found.responder_name == candidate.subject
    return (
        found.responder_key_hash == x509.SubjectKeyIdentifier.from_public_key(candidate.public_key()).digest
    )


def _holds(found: ocsp.OCSPResponse, candidate: x509.Certificate) -> bool:
    key, digest = candidate.public_key(), found.signature_hash_algorithm
    signature, signed = found.signature, found.tbs_response_bytes
    try:
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, signed)
        elif digest is None or digest.name not in _HASHES:
            return False
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, signed, ec.ECDSA(digest))
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, signed, padding.PKCS1v15(), digest)
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _is_valid(certificate: x509.Certificate, now: datetime) -> bool:
    return certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc
