"""From the checks to one sentence: how the verify page says what was found.

Nothing is decided here that the checks did not decide. The wording keeps four things apart: genuine and
in force; genuine, yet expired, suspended or revoked; not genuine; and *could not be established*, which
is none of the others and has a look of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from credserv.errors import CredservError, GoneError, NotFoundError, UnavailableError
from credserv.journeys.check import Checked
from credserv.openbadges.display import CredentialDisplay
from credserv.store.records import CredentialRecord, CredentialState
from credserv.verification import Check, Outcome, VerificationResult


class Tone(StrEnum):
    """Also the name of the colours in the stylesheet."""

    GOOD = "good"
    ATTENTION = "attention"
    BAD = "bad"
    UNKNOWN = "unknown"
    NEUTRAL = "neutral"


@dataclass(frozen=True)
class Statement:
    """icon: of `_icons.html`. sentence: the verdict. detail: a further sentence, or nothing.

    next_step: what the reader should do now.
    """

    tone: Tone
    icon: str
    sentence: str
    detail: str = ""
    next_step: str = ""


TITLES = {
    "parse": "Readable",
    "structure": "Format",
    "schema": "Official schema",
    "subject": "Recipient",
    "proof": "Signature",
    "refresh": "Newer version",
    "status": "Status",
    "validity": "Dates",
    "endorsements": "Endorsements",
    "issuer_trusted": "Issuer",
    "recipient": "Recipient matches",
}
_OF_FORM = ("validity", "structure", "schema", "subject")  # told apart from what speaks against it


def day(instant: datetime) -> str:
    """`3 March 2026`, in UTC."""
    instant = instant.astimezone(UTC)
    return f"{instant.day} {instant:%B %Y}"


def build_statement(checked: Checked) -> Statement:
    """What a reader is told first; derived from the checks, and from nothing else."""
    result, display = checked.result, checked.display
    if not checked.established:
        return _unproven(result)
    failed = [check for check in result.checks if check.required and check.outcome is Outcome.FAILED]
    if failed:
        return _genuine_but(failed, display, checked.own)
    if result.unknown:
        return _not_established(result)
    dated = f" on {day(display.valid_from)}" if display.valid_from else ""
    return Statement(
        Tone.GOOD,
        "check",
        f"Genuine and in force: issued by {checked.issuer}{dated}, and not changed since.",
    )


def _unproven(result: VerificationResult) -> Statement:
    proof = result.check("proof")
    failed = [check for check in result.checks if check.required and check.outcome is Outcome.FAILED]
    if not failed and proof is not None and proof.outcome is Outcome.UNKNOWN:
        sentence = "It could not be established whether this is genuine."
        return Statement(Tone.UNKNOWN, "question", sentence, proof.reason)
    first = next(iter(failed), proof)
    reason = first.reason if first is not None else ""
    if first is None or first.name == "parse":
        return Statement(Tone.BAD, "cross", "This is not a credential that can be read.", reason)
    if first.code == "missing-proof":
        return Statement(Tone.BAD, "cross", "Not genuine: it carries no signature.", reason)
    if first.name == "proof":
        sentence = "Not genuine: its signature does not hold."
        return Statement(Tone.BAD, "cross", sentence, reason)
    return Statement(Tone.BAD, "cross", "This cannot be accepted as a credential.", reason)


def _genuine_but(
    failed: Sequence[Check], display: CredentialDisplay, own: CredentialRecord | None
) -> Statement:
    """The gravest of what failed, in words."""
    codes = {check.code: check for check in failed}
    since = f" on {day(own.changed_at)}" if own is not None and own.changed_at is not None else ""
    suspended = own is not None and own.state is CredentialState.SUSPENDED
    if "suspended" in codes or ("revoked" in codes and suspended):
        return Statement(Tone.ATTENTION, "pause", f"Genuine, but suspended by its issuer{since}.")
    if "revoked" in codes:
        return Statement(Tone.BAD, "ban", f"Genuine, but revoked by its issuer{since}.")
    other = next((check for check in failed if check.name not in _OF_FORM), None)
    if other is not None:
        title = TITLES.get(other.name, other.name).lower()
        return Statement(Tone.BAD, "cross", f"Genuinely signed, but its {title} does not hold.", other.reason)
    if "expired" in codes and display.valid_until is not None:
        return Statement(Tone.ATTENTION, "clock", f"Genuine, expired on {day(display.valid_until)}.")
    if "not-yet-valid" in codes and display.valid_from is not None:
        return Statement(Tone.ATTENTION, "clock", f"Genuine, in force only from {day(display.valid_from)}.")
    sentence = "Genuinely signed and unchanged, but not in the form that Open Badges asks for."
    return Statement(Tone.ATTENTION, "info", sentence, failed[0].reason)


def _not_established(result: VerificationResult) -> Statement:
    missing = next(c for c in result.checks if c.required and c.outcome is Outcome.UNKNOWN)
    title = TITLES.get(missing.name, missing.name).lower()
    sentence = f"Genuine and unchanged, but its {title} could not be checked."
    return Statement(Tone.UNKNOWN, "question", sentence, missing.reason)


def statement_of_error(error: CredservError) -> Statement:
    """For what never came as far as a check."""
    reason = error.detail[:1].upper() + error.detail[1:] + "."
    if isinstance(error, UnavailableError):
        sentence = "It could not be fetched, so nothing was checked."
        return Statement(Tone.UNKNOWN, "question", sentence, reason)
    if isinstance(error, (NotFoundError, GoneError)):
        sentence = "There is no credential at this address, or its holder ended the link."
        return Statement(Tone.UNKNOWN, "question", sentence)
    return Statement(Tone.BAD, "cross", "This is not a credential that can be read.", reason)
