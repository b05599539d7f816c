"""Every error of credserv, each declared once with its public code.

Families say who is at fault; leaves name the condition. `web/frame/problems.py` has the one table from class
to problem document (RFC 9457). Callers see `detail`: it says what is wrong and what to do, and never contains
secrets or personal data. The first paragraph of each class appears in the API reference.

The file is long because it is the only list: it shows which codes and errors already exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One fault in an input. `place` is a JSON Pointer (RFC 6901) into it, `""` for the whole."""

    place: str
    message: str


class CredservError(Exception):
    """The root of all errors.

    Attributes:
        code: stable and machine-readable.
        detail: one or two sentences for a person.
        found_in: in words, how the document in question was obtained; "" where it was given.
    """

    code = "internal-error"
    found_in = ""

    def __init__(self, detail: str, *, faults: Sequence[Fault] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.faults = tuple(faults)


# --- the caller's input -------------------------------------------------------------------------


class InputError(CredservError):
    """What was sent cannot be used as it is."""

    code = "invalid-input"


class UnknownKindError(InputError):
    """It may be well formed, but is of an unsupported kind: nothing about it is known to be wrong."""


class MalformedJsonError(InputError):
    """Not JSON, or JSON that two readers could understand differently (duplicate members, NaN, ...)."""

    code = "malformed-json"


class TooLargeError(InputError):
    """Over a stated limit of bytes, depth or members."""

    code = "too-large"


class SchemaFaultsError(InputError):
    """A document breaks its schema; every fault is listed with its place."""

    code = "schema-faults"


class RequirementsOpenError(InputError):
    """The requirements of a programme are not met yet; every open one is listed."""

    code = "requirements-open"


class UnknownContextError(InputError):
    """A JSON-LD context that is not pinned, or is given inline."""

    code = "unknown-context"


class AppRequestError(InputError):
    """An app requests access to a wallet in a way that OAuth 2 refuses.

    `error` is the code for the app (RFC 6749, sections 4.1.2.1 and 5.2).
    """

    code = "app-request"

    def __init__(self, detail: str, *, faults: Sequence[Fault] = (), error: str = "invalid_request") -> None:
        super().__init__(detail, faults=faults)
        self.error = error


class RedefinedTermError(InputError):
    """An inline context gives a known term another meaning."""

    code = "redefined-term"


class UndefinedTermError(InputError):
    """A term, type or relative id that no pinned context defines, so that a signature would not cover it."""

    code = "undefined-term"


class TooComplexError(InputError):
    """Canonicalization would exceed its bound (poison graph)."""

    code = "too-complex"


class BakingError(InputError):
    """An image is malformed, unsafe, or contains no credential."""

    code = "unreadable-image"


class UnsupportedImageError(BakingError):
    """An image of an unsupported kind, so it is unknown whether it contains a credential."""

    code = "unsupported-image"


class NoCredentialError(InputError):
    """A PDF, picture or page that contains no credential."""

    code = "no-credential"


class UnreadFileError(NoCredentialError):
    """A PDF or picture that is damaged, protected or takes too much to read: nothing is known of what it
    carries."""


class SeveralCredentialsError(NoCredentialError):
    """There are several credentials, and nothing says which one is meant: none was looked at."""

    code = "several-credentials"


class ArchiveError(InputError):
    """A zip archive or wallet backup that cannot be read, or not safely."""

    code = "unreadable-archive"


class UnknownFrameworkError(InputError):
    """A file that is not a competency framework in any supported format."""

    code = "unknown-framework"


class MissingBaseError(InputError):
    """A framework with relative ids and no base for them."""

    code = "missing-base"


class UnknownOrganisationError(InputError):
    """A check by the lists of an organisation that has none here. No other lists were used."""

    code = "unknown-organisation"


# --- what is not here ---------------------------------------------------------------------------


class AbsentError(CredservError):
    """It is not here. The request is correct and may find it later: *not there yet* is never the same as
    *can never be done*."""

    code = "absent"


class NotFoundError(AbsentError):
    """It does not exist, or not for this caller; the answer is the same for both."""

    code = "not-found"


class GoneError(AbsentError):
    """It existed, and its owner ended it."""

    code = "gone"


# --- who is calling -----------------------------------------------------------------------------


class AccessError(CredservError):
    """The caller is not who the call requires."""

    code = "access-denied"


class WalletRequestError(AccessError):
    """A wallet app's request is refused with a code of its protocol (RFC 6749, section 5.2; OpenID4VCI
    1.0, 8.3.1)."""

    code = "wallet-request"

    def __init__(self, detail: str, *, faults: Sequence[Fault] = (), error: str = "invalid_request") -> None:
        super().__init__(detail, faults=faults)
        self.error = error


class UnauthenticatedError(AccessError):
    code = "unauthenticated"


class SourceLoginError(AccessError):
    """A learning system's user name and password are wrong, or its source does not exist; the answer is
    the same."""

    code = "source-login"


class LaunchError(AccessError):
    """An LTI launch that does not prove that it comes from the platform and from this login."""

    code = "lti-launch"


class ForbiddenError(AccessError):
    code = "forbidden"


class InvolvedError(ForbiddenError):
    """Somebody already has a role in this case that excludes another."""

    code = "involved"


class NotEntitledError(ForbiddenError):
    """The person who states this is not entitled to by an accreditation of their own."""

    code = "not-entitled"


class ConflictOfInterestError(ForbiddenError):
    """The person who states this is too close to the person it is about."""

    code = "conflict-of-interest"


class StepUpError(AccessError):
    """The signed-in person has not confirmed recently that it is them."""

    code = "step-up"


class WebhookSignatureError(AccessError):
    """A webhook without a valid signature over its raw bytes, or outside the time tolerance."""

    code = "webhook-signature"


# --- our own keys -------------------------------------------------------------------------------


class SigningKeyError(CredservError):
    """A signing key is missing, unreadable, unsafely stored or refuses to sign."""

    code = "signing-key"


# --- somebody's proof ---------------------------------------------------------------------------


class ProofError(CredservError):
    """A proof does not hold."""

    code = "proof"


class MissingProofError(ProofError):
    code = "missing-proof"


class MalformedProofError(ProofError):
    code = "malformed-proof"


class UnsupportedProofError(ProofError):
    """An unsupported securing mechanism: nothing was established."""

    code = "unsupported-proof"


class UnsignableAddressError(UndefinedTermError, UnsupportedProofError):
    """An address that RDF cannot carry, although other software signs it: nothing was established."""

    code = "unsupported-proof"


class UnfaithfulValueError(InputError, UnsupportedProofError):
    """A value that a signature does not cover as it is written, of another type or twice.

    Other software signs it all the same, so nothing was established.
    """

    code = "unsupported-proof"


class BaseProofError(MalformedProofError, UnsupportedProofError):
    """A proof from which the holder derives what is shown: no proof for its reader, and no false one."""

    code = "unsupported-proof"


class InvalidSignatureError(ProofError):
    code = "invalid-signature"


class VerificationMethodError(ProofError):
    """The method is not the issuer's, not for this purpose, or not a key of the suite."""

    code = "verification-method"


class UnsupportedKeyError(VerificationMethodError, UnsupportedProofError):
    """This verifier cannot read the method, or look for it: nothing was established."""

    code = "unsupported-proof"


class ProofTimeError(ProofError):
    """A proof that holds but does not count at this time: it is from the future, or has expired."""

    code = "proof-time"


class RevokedCertificateError(ProofError):
    """The authority revoked a certificate that proves the key."""

    code = "certificate-revoked"


class OtherOccasionError(ProofError):
    """A presentation made for another reader, or for another challenge."""

    code = "other-occasion"


# --- status -------------------------------------------------------------------------------------


class StatusError(CredservError):
    """A status entry or list is wrong in itself."""

    code = "status"


class StatusListError(StatusError):
    """The list was changed, or is not the one the entry requires."""

    code = "status-list"


class StatusListUnusableError(StatusListError):
    """Nothing can be concluded from the list: it is out of date, or cannot be decoded."""


class StatusListLengthError(StatusError):
    """The list is shorter than the specification requires, so no status can be concluded from it."""

    code = "status-list-length"


# --- our own rules ------------------------------------------------------------------------------


class MappingError(CredservError):
    """No rule of its source turns the event into an achievement."""

    code = "no-mapping"


class ConflictError(CredservError):
    """The key was used before for something else, or the state does not allow the change."""

    code = "conflict"


class DeclinedError(ConflictError):
    """The recipient of the order has asked not to be awarded anything."""

    code = "recipient-declined"


class TooEarlyError(ConflictError):
    """A renewal before it is due."""

    code = "too-early"


class ApplyAnewError(ConflictError):
    """A renewal after the last possible day."""

    code = "too-late-apply-anew"


class SuspendedError(ConflictError):
    """It is suspended and has to be restored first."""

    code = "suspended"


class AppealOpenError(ConflictError):
    """The suspended person can still appeal, or has appealed."""

    code = "appeal-open"


class TooLateError(ConflictError):
    """The time for it is over."""

    code = "too-late"


class ClosedError(ConflictError):
    """The application accepts nothing more, or the programme accepts no applications."""

    code = "closed"


class AttemptsUsedError(ConflictError):
    """The assessment was taken as often as the programme allows."""

    code = "attempts-used"


class AlreadyCountedError(ConflictError):
    """The same thing was submitted before, under another reference."""

    code = "already-counted"


class OrganisationClosedError(ConflictError):
    """What the organisation issued still verifies; nothing new is issued."""

    code = "organisation-closed"


class OrganisationMovedError(ConflictError):
    """Another installation now issues and signs for the organisation."""

    code = "organisation-moved"


class RateLimitedError(CredservError):
    code = "rate-limited"


class UnavailableError(CredservError):
    """We could not get it now: never the same as *it is wrong*."""

    code = "unavailable"


class FetchRefusedError(UnavailableError):
    """An address, scheme, port, size or redirect that the guarded client does not follow."""

    code = "fetch-refused"


class UncheckedError(UnavailableError):
    """The service did not check it, because of its own fault or for lack of time."""


class GoneAtHostError(UnavailableError):
    """The host says that it is permanently gone (HTTP status 410)."""

    code = "gone-at-host"


class SettingsError(CredservError):
    """A setting is missing or invalid; the service does not start."""

    code = "settings"
