"""The words that pages, reports and the command share: the statement at the top, and the names of things.

`verdict` makes the statement for anything that reached its checks; this module makes it for the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from credserv.ground.errors import (
    AbsentError,
    BakingError,
    CredservError,
    MalformedJsonError,
    SeveralCredentialsError,
    TooLargeError,
    UnavailableError,
    UncheckedError,
    UnknownOrganisationError,
    UnreadFileError,
)
from credserv.ground.verification import Verdict
from credserv.ground.verification import sentence as sentence_of
from credserv.journeys.check.reports.advice import step_after_error


class Tone(StrEnum):
    """How serious it looks; also the name of the colours in the stylesheet.

    Signed: genuine, by an issuer not known here.
    """

    GOOD = "good"
    SIGNED = "signed"
    ATTENTION = "attention"
    BAD = "bad"
    UNKNOWN = "unknown"
    NEUTRAL = "neutral"


@dataclass(frozen=True)
class Statement:
    """The statement at the top of a report.

    Attributes:
        icon: From `_icons.html`.
        headline: The verdict.
        detail: A further sentence, or nothing.
        next_step: What the reader should do now.
        label: The headline in two or three words if the verdict's own (`LABELS`) would say something else;
            otherwise empty.
    """

    tone: Tone
    icon: str
    headline: str
    detail: str = ""
    next_step: str = ""
    label: str = ""

    @property
    def sentence(self) -> str:
        return " ".join(filter(None, (self.headline, self.detail)))


# How a verdict looks if nothing finer is known. A failure that is no forgery asks for attention.
LOOKS = {
    Verdict.VERIFIED: (Tone.GOOD, "check"),
    Verdict.ISSUER_UNKNOWN: (Tone.SIGNED, "seal"),
    Verdict.NOT_VERIFIED: (Tone.BAD, "cross"),
    Verdict.NOT_CHECKED: (Tone.UNKNOWN, "question"),
}
# The words for a credential of ours in each state, the same on its page, in
# lists, in pictures and in verdicts.
STANDINGS = {
    "valid": (Tone.GOOD, "check"),
    "expired": (Tone.ATTENTION, "clock"),
    "not yet valid": (Tone.ATTENTION, "clock"),
    "not verified": (Tone.BAD, "cross"),
    "suspended": (Tone.ATTENTION, "pause"),
    "revoked": (Tone.BAD, "ban"),
    "sandbox": (Tone.ATTENTION, "info"),
}
LABELS = {
    Verdict.VERIFIED: "Verified",
    Verdict.ISSUER_UNKNOWN: "Verified, issuer not known here",
    Verdict.NOT_VERIFIED: "Not verified",
    Verdict.NOT_CHECKED: "Could not be checked",
}
TITLES = {
    "parse": "Readable",
    "structure": "Format",
    "schema": "Official schema",
    "subject": "Subject",
    "proof": "Signature",
    "refresh": "Newer version",
    "status": "Status",
    "validity": "Dates",
    "endorsements": "Endorsements",
    "credential": "Credential inside",
    "resources": "Linked files",
    "recipient": "Is it this person's?",
    "holder": "Presented by its subject",
    "issuer_trusted": "Issuer",
    "issued_here": "Issued by this service",
    "sandbox": "Issued in earnest",
}
NOT_READABLE = "Not readable"
UNREADABLE = "This is not a credential that can be read."
UNSETTLED = "It could not be established whether this is genuine."
NOTHING_CHECKED = (  # errors after which nothing is known of the credential, good or bad
    UnavailableError,
    AbsentError,
    UnknownOrganisationError,
    TooLargeError,
    BakingError,
    UnreadFileError,
    SeveralCredentialsError,
)
_NOTHING_IN_IT = "It is neither a signed text (JSON or a token) nor a file that carries one."


def day(instant: datetime) -> str:
    """Return `3 March 2026`, in UTC."""
    instant = instant.astimezone(UTC)
    return f"{instant.day} {instant:%B %Y}"


def dated(instant: datetime) -> str:
    """Return `3 March 2026 UTC`; where it happened, it may have been another day."""
    return f"{day(instant)} UTC"


def minute(instant: datetime) -> str:
    """Return `3 March 2026, 14:05 UTC`."""
    return f"{day(instant)}, {instant.astimezone(UTC):%H:%M} UTC"


def statement_of_error(error: CredservError) -> Statement:
    """Return the statement if no check was reached."""
    reason, step = sentence_of(error.detail), step_after_error(error)
    if isinstance(error, UncheckedError):
        return Statement(Tone.UNKNOWN, "question", "This service did not come to check it.", reason, step)
    if isinstance(error, UnavailableError):
        sentence = "It could not be fetched, so nothing was checked."
        return Statement(Tone.UNKNOWN, "question", sentence, reason, step)
    if isinstance(error, UnknownOrganisationError):
        return Statement(Tone.UNKNOWN, "question", "Nothing was checked.", reason, step)
    if isinstance(error, AbsentError):
        sentence = "There is no credential at this address, or its holder ended the link."
        return Statement(Tone.UNKNOWN, "question", sentence, next_step=step)
    if isinstance(error, NOTHING_CHECKED):
        return Statement(Tone.UNKNOWN, "question", UNSETTLED, reason, step)
    reason = _NOTHING_IN_IT if isinstance(error, MalformedJsonError) else reason
    return Statement(Tone.BAD, "cross", UNREADABLE, reason, step, NOT_READABLE)
