"""Every error of the service, each declared once with the code that the outside sees.

Families say whose fault it is; leaves name the condition. `web/frame/problems.py` holds the one table from
class to problem document (RFC 9457). `detail` is shown to callers: it says what is wrong and what to
do, and never carries secrets or personal data.

It is long because it is the one list: a code that is taken, or an error that is there already, is seen here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One fault in an input: `place` is a JSON Pointer (RFC 6901) into it, `""` for the whole."""

    place: str
    message: str


class CredservError(Exception):
    """The root. `code` is stable and machine-readable, `detail` is one or two sentences for a person.

    found_in: by what way that was come by of which it tells, in words; "" where it was given.
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
    """It may be well formed, and is of a kind that is not read here: nothing about it is wrong."""


class MalformedJsonError(InputError):
    """Not JSON, or JSON that two readers could understand differently (duplicate members, NaN, ...)."""

    code = "malformed-json"


class TooLargeError(InputError):
    """Past a stated limit of bytes, depth or members."""

    code = "too-large"


class SchemaFaultsError(InputError):
    """A document breaks its schema; every fault is listed with its place."""

    code = "schema-faults"


class RequirementsOpenError(InputError):
    """What a programme asks is not met yet; every requirement that is open is listed."""

    code = "requirements-open"


class UnknownContextError(InputError):
    """A JSON-LD context that is not among the pinned ones, or is given inline."""

    code = "unknown-context"


class AppRequestError(InputError):
    """An app asks for access to a wallet in a way that OAuth 2 refuses. error: the code that the app is told
    (RFC 6749, sections 4.1.2.1 and 5.2)."""

    code = "app-request"

    def __init__(self, detail: str, *, faults: Sequence[Fault] = (), error: str = "invalid_request") -> None:
        super().__init__(detail, faults=faults)
        self.error = error


class RedefinedTermError(InputError):
    """A context given inline gives a known term another meaning."""

    code = "redefined-term"


class UndefinedTermError(InputError):
    """A term, type or relative id that no pinned context defines: it would not be covered by a signature."""

    code = "undefined-term"


class TooComplexError(InputError):
    """Canonicalization would take more than its bound (poison graph)."""

    code = "too-complex"


class BakingError(InputError):
    """An image is malformed, unsafe, or carries no credential."""

    code = "unreadable-image"


class UnsupportedImageError(BakingError):
    """An image of a kind that is not read here: whether it carries a credential is not known."""

    code = "unsupported-image"


class NoCredentialError(InputError):
    """A PDF, picture or page that cannot be read, or carries no credential."""

    code = "no-credential"


class ArchiveError(InputError):
    """A zip archive, or a wallet's backup, that is unsafe to read or cannot be read."""

    code = "unreadable-archive"


class UnknownFrameworkError(InputError):
    """A file that is a competency framework in none of the formats read here."""

    code = "unknown-framework"


class MissingBaseError(InputError):
    """A framework whose ids are relative, and nothing says to what."""

    code = "missing-base"


class UnknownOrganisationError(InputError):
    """A check by the lists of an organisation that keeps none here: nothing was checked by any other."""

    code = "unknown-organisation"


# --- what is not here ---------------------------------------------------------------------------


class AbsentError(CredservError):
    """It is not here. Nothing is wrong with the request, which may find it later: *not there yet* is never
    the same as *can never be done*."""

    code = "absent"


class NotFoundError(AbsentError):
    """No such thing, or not for this caller: the two are told alike."""

    code = "not-found"


class GoneError(AbsentError):
    """It existed and was ended by its owner."""

    code = "gone"


# --- who is calling -----------------------------------------------------------------------------


class AccessError(CredservError):
    """The caller is not who the call needs."""

    code = "access-denied"


class WalletRequestError(AccessError):
    """A wallet app is told why by a word of its protocol (RFC 6749, section 5.2; OpenID4VCI 1.0, 8.3.1)."""

    code = "wallet-request"

    def __init__(self, detail: str, *, faults: Sequence[Fault] = (), error: str = "invalid_request") -> None:
        super().__init__(detail, faults=faults)
        self.error = error


class UnauthenticatedError(AccessError):
    code = "unauthenticated"


class SourceLoginError(AccessError):
    """A learning system's user name and password do not fit, or its source is not here: told alike."""

    code = "source-login"


class LaunchError(AccessError):
    """An LTI launch that does not show that it comes from the platform, and from this login."""

    code = "lti-launch"


class ForbiddenError(AccessError):
    code = "forbidden"


class InvolvedError(ForbiddenError):
    """Somebody has a part in this case already, which goes with no other."""

    code = "involved"


class NotEntitledError(ForbiddenError):
    """Who says it, is not entitled to say so by an accreditation of their own."""

    code = "not-entitled"


class ConflictOfInterestError(ForbiddenError):
    """Who says it, is too close to the person of whom they say it."""

    code = "conflict-of-interest"


class StepUpError(AccessError):
    """Who is signed in has not shown lately that it is them."""

    code = "step-up"


class WebhookSignatureError(AccessError):
    """A webhook without a good signature over its raw bytes, or outside the time tolerance."""

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
    """A securing mechanism that this verifier does not know: nothing was established."""

    code = "unsupported-proof"


class UnsignableAddressError(UndefinedTermError, UnsupportedProofError):
    """An address that RDF cannot carry and other software signs all the same: nothing was established."""

    code = "unsupported-proof"


class InvalidSignatureError(ProofError):
    code = "invalid-signature"


class VerificationMethodError(ProofError):
    """The method is not the issuer's, not for this purpose, or not a key of the suite."""

    code = "verification-method"


class UnsupportedKeyError(VerificationMethodError, UnsupportedProofError):
    """The method is one that this verifier cannot read, or look for: nothing was established."""

    code = "unsupported-proof"


class ProofTimeError(ProofError):
    """A proof that holds, and does not count at this time: it was made later, or has ended."""

    code = "proof-time"


class RevokedCertificateError(ProofError):
    """A certificate that proves the key was taken back by its authority."""

    code = "certificate-revoked"


class OtherOccasionError(ProofError):
    """A presentation that was made for another reader, or answers another challenge."""

    code = "other-occasion"


# --- status -------------------------------------------------------------------------------------


class StatusError(CredservError):
    """A status entry or list is wrong in itself."""

    code = "status"


class StatusListError(StatusError):
    """The list is malformed, substituted, out of date or not the one the entry asks for."""

    code = "status-list"


class StatusListLengthError(StatusError):
    """The list is shorter than the specification asks: no status can be concluded from it."""

    code = "status-list-length"


# --- our own rules ------------------------------------------------------------------------------


class MappingError(CredservError):
    """An event that no rule of its source turns into an achievement."""

    code = "no-mapping"


class ConflictError(CredservError):
    """The same key was used before for something else, or the state does not allow the change."""

    code = "conflict"


class DeclinedError(ConflictError):
    """Whom an order is for has asked to be awarded nothing."""

    code = "recipient-declined"


class TooEarlyError(ConflictError):
    """A renewal before it is due."""

    code = "too-early"


class ApplyAnewError(ConflictError):
    """A renewal after the last day on which it could be had."""

    code = "too-late-apply-anew"


class SuspendedError(ConflictError):
    """What is suspended is first restored."""

    code = "suspended"


class AppealOpenError(ConflictError):
    """Whoever was suspended may still appeal, or has."""

    code = "appeal-open"


class TooLateError(ConflictError):
    """The time for it is over."""

    code = "too-late"


class ClosedError(ConflictError):
    """An application that takes nothing more, or a programme under which nobody applies."""

    code = "closed"


class AttemptsUsedError(ConflictError):
    """An assessment that was sat as often as the programme allows."""

    code = "attempts-used"


class AlreadyCountedError(ConflictError):
    """The same thing was handed in before, under another reference."""

    code = "already-counted"


class OrganisationClosedError(ConflictError):
    """What it issued keeps verifying; nothing new is issued."""

    code = "organisation-closed"


class OrganisationMovedError(ConflictError):
    """Another installation issues and signs for it since."""

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
    """This service did not come to check it: by a fault of its own, or for want of time."""


class GoneAtHostError(UnavailableError):
    """The host says that what was there is gone for good (HTTP status 410)."""

    code = "gone-at-host"


class SettingsError(CredservError):
    """A setting is missing or bad: the service refuses to start."""

    code = "settings"
