"""From the checks to one sentence: how the verify page says what was found.

Nothing is decided here that the checks did not decide. The wording keeps four things apart: genuine and
in force; genuine, yet expired, suspended or revoked; not genuine; and *could not be established*, which
is none of the others and has a look of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote

from credserv.errors import CredservError, GoneError, NotFoundError, UnavailableError
from credserv.journeys.check import Checked
from credserv.openbadges.display import CredentialDisplay
from credserv.store.records import CredentialRecord, CredentialState
from credserv.verification import Check, Outcome, VerificationResult
from credserv.web.rendering import day


class Tone(StrEnum):
    """Also the name of the colours in the stylesheet."""

    GOOD = "good"
    ATTENTION = "attention"
    BAD = "bad"
    UNKNOWN = "unknown"
    NEUTRAL = "neutral"


@dataclass(frozen=True)
class Verdict:
    """icon: of `_icons.html`. sentence: the verdict. detail: a further sentence, or nothing."""

    tone: Tone
    icon: str
    sentence: str
    detail: str = ""


@dataclass(frozen=True)
class CheckRow:
    """One named check as the page lists it."""

    title: str
    tone: Tone
    icon: str
    outcome: str
    reason: str
    spec: str


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
_LOOKS = {
    Outcome.PASSED: (Tone.GOOD, "check", "Passed"),
    Outcome.FAILED: (Tone.BAD, "cross", "Failed"),
    Outcome.UNKNOWN: (Tone.UNKNOWN, "question", "Could not be checked"),
    Outcome.SKIPPED: (Tone.NEUTRAL, "skip", "Not checked"),
}
_OF_FORM = ("validity", "structure", "schema", "subject")  # told apart from what speaks against it
_STRANGE_ISSUER = (Tone.UNKNOWN, "question", "Not known here")


def build_rows(checked: Checked, issuer: str) -> tuple[tuple[CheckRow, ...], tuple[CheckRow, ...]]:
    """Every check in the order in which it was made, those of policy last; and apart from them what there
    was nothing to check of."""
    checks = (*checked.result.checks, *checked.result.policy)
    aside = [c for c in checks if checked.established and c.outcome is Outcome.SKIPPED]
    rows = tuple(_row(c, _unchanged(checked, issuer)) for c in checks if c not in aside)
    return rows, tuple(_row(c, "") for c in aside)


def name_issuer(display: CredentialDisplay, own_did: str, own_name: str) -> str:
    """Who issued, by what the signature proves: our own name for ourselves, a host, or a key.

    Never the name that a foreign credential gives its issuer: that is no more than its own word.
    """
    issuer = display.issuer_id
    if issuer == own_did:
        return own_name
    if issuer.startswith("did:web:"):
        return unquote(issuer.removeprefix("did:web:").split(":")[0])
    if issuer.startswith("did:key:"):
        return f"the holder of the key {issuer.removeprefix('did:key:')[:12]}…"
    return issuer


def build_verdict(checked: Checked, issuer: str) -> Verdict:
    """issuer: of `name_issuer`."""
    result, display = checked.result, checked.display
    if not checked.established:
        return _unproven(result)
    failed = [check for check in result.checks if check.required and check.outcome is Outcome.FAILED]
    if failed:
        return _genuine_but(failed, display, checked.own)
    if result.unknown:
        return _not_established(result)
    dated = f" on {day(display.valid_from)}" if display.valid_from else ""
    return Verdict(
        Tone.GOOD,
        "check",
        f"Genuine and in force: issued by {issuer}{dated}, and not changed since.",
    )


def _unproven(result: VerificationResult) -> Verdict:
    proof = result.check("proof")
    failed = [check for check in result.checks if check.required and check.outcome is Outcome.FAILED]
    if not failed and proof is not None and proof.outcome is Outcome.UNKNOWN:
        sentence = "It could not be established whether this is genuine."
        return Verdict(Tone.UNKNOWN, "question", sentence, proof.reason)
    first = next(iter(failed), proof)
    reason = first.reason if first is not None else ""
    if first is None or first.name == "parse":
        return Verdict(Tone.BAD, "cross", "This is not a credential that can be read.", reason)
    if first.code == "missing-proof":
        return Verdict(Tone.BAD, "cross", "Not genuine: it carries no signature.", reason)
    if first.name == "proof":
        sentence = "Not genuine: its signature does not hold."
        return Verdict(Tone.BAD, "cross", sentence, reason)
    return Verdict(Tone.BAD, "cross", "This cannot be accepted as a credential.", reason)


def _genuine_but(
    failed: Sequence[Check], display: CredentialDisplay, own: CredentialRecord | None
) -> Verdict:
    """The gravest of what failed, in words."""
    codes = {check.code: check for check in failed}
    since = f" on {day(own.changed_at)}" if own is not None and own.changed_at is not None else ""
    suspended = own is not None and own.state is CredentialState.SUSPENDED
    if "suspended" in codes or ("revoked" in codes and suspended):
        return Verdict(Tone.ATTENTION, "pause", f"Genuine, but suspended by its issuer{since}.")
    if "revoked" in codes:
        return Verdict(Tone.BAD, "ban", f"Genuine, but revoked by its issuer{since}.")
    other = next((check for check in failed if check.name not in _OF_FORM), None)
    if other is not None:
        title = TITLES.get(other.name, other.name).lower()
        return Verdict(Tone.BAD, "cross", f"Genuinely signed, but its {title} does not hold.", other.reason)
    if "expired" in codes and display.valid_until is not None:
        return Verdict(Tone.ATTENTION, "clock", f"Genuine, expired on {day(display.valid_until)}.")
    if "not-yet-valid" in codes and display.valid_from is not None:
        return Verdict(Tone.ATTENTION, "clock", f"Genuine, in force only from {day(display.valid_from)}.")
    sentence = "Genuinely signed and unchanged, but not in the form that Open Badges asks for."
    return Verdict(Tone.ATTENTION, "info", sentence, failed[0].reason)


def _not_established(result: VerificationResult) -> Verdict:
    missing = next(c for c in result.checks if c.required and c.outcome is Outcome.UNKNOWN)
    title = TITLES.get(missing.name, missing.name).lower()
    sentence = f"Genuine and unchanged, but its {title} could not be checked."
    return Verdict(Tone.UNKNOWN, "question", sentence, missing.reason)


def _unchanged(checked: Checked, issuer: str) -> str:
    issued = checked.display.valid_from
    dated = f" on {day(issued)}" if issued else ""
    return f"It has not been changed since it was issued by {issuer}{dated}, with a key that is the issuer's."


def _row(check: Check, unchanged: str) -> CheckRow:
    tone, icon, outcome = _LOOKS[check.outcome]
    if check.name == "issuer_trusted" and check.outcome is not Outcome.PASSED:
        tone, icon, outcome = _STRANGE_ISSUER
    elif check.outcome is Outcome.FAILED and not check.required:
        tone = Tone.ATTENTION  # told, and decides nothing
    title = TITLES.get(check.name, check.name.replace("_", " ").capitalize())
    holds = check.name == "proof" and check.outcome is Outcome.PASSED
    return CheckRow(title, tone, icon, outcome, unchanged if holds else check.reason, check.spec)


def verdict_of_error(error: CredservError) -> Verdict:
    """For what never came as far as a check."""
    reason = error.detail[:1].upper() + error.detail[1:] + "."
    if isinstance(error, UnavailableError):
        sentence = "It could not be fetched, so nothing was checked."
        return Verdict(Tone.UNKNOWN, "question", sentence, reason)
    if isinstance(error, (NotFoundError, GoneError)):
        sentence = "There is no credential at this address, or its holder ended the link."
        return Verdict(Tone.UNKNOWN, "question", sentence)
    return Verdict(Tone.BAD, "cross", "This is not a credential that can be read.", reason)
