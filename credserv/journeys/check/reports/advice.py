"""What a reader should do next, for each outcome of a check. Only words; nothing is decided here.

The advice never claims more than the checks. If the proof did not hold, it uses no name from the document and
sends the reader to contact details they already know.
"""

from __future__ import annotations

from collections.abc import Mapping

from credserv.ground.errors import (
    AbsentError,
    BakingError,
    CredservError,
    FetchRefusedError,
    TooLargeError,
    UnavailableError,
    UncheckedError,
    UnknownOrganisationError,
)
from credserv.ground.verification import Check, Outcome

ORIGINAL = "Ask the holder for the file or link as its issuer gave it to them, and check that one."
PRESENT_ANEW = "Do not rely on it. Ask the holder to present it to you anew."
SANDBOX = "Do not rely on it. Ask the holder for one that was issued in earnest."
LATER = "Try again in a few minutes."

_NOT_ITS_ISSUERS = (
    "Do not rely on it. Ask the organisation that you expect to be its issuer, at an address that you know "
    "yourself, whether it issued this."
)
# (name, code), or (name, "") for all other codes of a check.
_FAILED: Mapping[tuple[str, str], str] = {
    ("parse", ""): ORIGINAL,
    ("structure", ""): f"{ORIGINAL} If it is the same, tell its issuer: what they issued is malformed.",
    ("subject", ""): f"{ORIGINAL} If it is the same, tell its issuer: it does not say what it is about.",
    ("proof", "missing-proof"): (
        "Ask the holder for the signed file or the link that its issuer gave them: a screenshot or a copy "
        "without the signature proves nothing."
    ),
    ("proof", "verification-method"): _NOT_ITS_ISSUERS,
    ("proof", "malformed-proof"): ORIGINAL,
    ("proof", "proof-time"): (
        "Check the date and time by which it was judged. If they are right, ask its issuer for a new one."
    ),
    ("proof", "undefined-term"): f"{ORIGINAL} If it is the same, tell its issuer what is said here.",
    ("proof", ""): f"Do not rely on it. {ORIGINAL}",
    (
        "status",
        "revoked",
    ): "Do not rely on it. Ask {issuer} why, if you need to know: the reason is not public.",
    ("status", "suspended"): (
        "Do not rely on it for now. It may come back into force: check it again later, or ask {issuer}."
    ),
    ("status", ""): "Ask {issuer} whether it still stands: the list that should tell this is not right.",
    (
        "validity",
        "expired",
    ): "Ask the holder for a renewed one, or decide whether one that has ended serves you.",
    ("validity", "not-yet-valid"): "Check it again from that day on.",
    ("validity", ""): "Ask {issuer} from when until when it holds: its dates cannot be read.",
    ("recipient", ""): (
        "Ask the person which address or identifier they gave its issuer, and check with that. If none fits, "
        "it is somebody else's."
    ),
    ("holder", ""): "Ask for a presentation, which the holder signs for you, rather than for a copy.",
    ("issued_here", ""): (
        "Do not rely on it, and tell whoever runs this service: someone else may have its key."
    ),
    ("sandbox", ""): SANDBOX,
    ("resources", ""): (
        "Do not rely on what it links to or shows. Ask {issuer} for the right file: this one was changed."
    ),
    ("credential", ""): "Read each credential below, and ask the holder about those that are not verified.",
}
_UNKNOWN: Mapping[tuple[str, str], str] = {
    ("parse", ""): f"{LATER} Or ask the holder for the file itself.",
    ("proof", "unsupported-proof"): (
        "Check it at its issuer's own site, or ask the holder for it as an Open Badges 3.0 file."
    ),
    ("proof", "unknown-context"): (
        "Check it at its issuer's own site: it uses a vocabulary that cannot be read here, so its signature "
        "cannot be either."
    ),
    (
        "proof",
        "too-complex",
    ): "Check it at its issuer's own site: it is built so that checking it takes too much work.",
    ("proof", "fetch-refused"): (
        "Check it at its issuer's own site: the address of its issuer's keys is not one that is asked "
        "from here."
    ),
    ("proof", ""): f"{LATER} If it stays so, ask the organisation that you expect to be its issuer.",
    (
        "status",
        "unsupported-status",
    ): "Ask {issuer} whether it still stands: its way of telling is not known here.",
    ("status", "status-list-by-another"): (
        "Ask {issuer} whether it still stands: the list that should tell this is kept by someone else."
    ),
    ("status", "fetch-refused"): "Ask {issuer} whether it still stands: its list is not at a public address.",
    ("status", ""): f"{LATER} If it stays so, ask {{issuer}} whether it still stands.",
    (
        "recipient",
        "",
    ): "Ask {issuer} whom it was given to: the credential does not say it in a way to compare.",
    ("resources", ""): f"{LATER} If it stays so, ask {{issuer}} for the file that it refers to.",
    ("credential", ""): f"{LATER} Then ask the holder about those that still cannot be checked.",
}
_ANY = {Outcome.FAILED: ORIGINAL, Outcome.UNKNOWN: f"{LATER} If it stays so, ask {{issuer}}."}


def next_step(check: Check, issuer: str) -> str:
    """Return what to do about the check that decided.

    Args:
        issuer: The name as proven; empty if nothing was.
    """
    table = _FAILED if check.outcome is Outcome.FAILED else _UNKNOWN
    found = table.get((check.name, check.code)) or table.get((check.name, ""))
    return (found or _ANY.get(check.outcome, "")).format(issuer=issuer or "its issuer")


def confirm_issuer(issuer_id: str, issuer: str) -> str:
    """Return the advice for a valid credential whose issuer is on no list."""
    if issuer_id.startswith(("did:web:", "did:webvh:", "https://", "http://")):
        host, _, path = issuer.partition("/")
        if path:
            return (
                f"Ask the organisation that you expect whether {issuer} is its own: others may have places "
                f"on {host}, too."
            )
        return f"Check that {host} is the web address of the organisation that you expect."
    return (
        "Ask the organisation that you expect, at an address that you know yourself, whether the issuer's "
        "identifier is theirs. It stands below, next to what the issuer calls itself."
    )


def step_after_error(error: CredservError) -> str:
    """Return the advice if no check was reached."""
    if isinstance(error, FetchRefusedError):
        return (
            "Ask the holder for the file itself, or for a link that begins with https:// and is open to all."
        )
    if isinstance(error, UncheckedError):
        return LATER
    if isinstance(error, UnavailableError):
        return f"{LATER} Or ask the holder for the file itself."
    if isinstance(error, UnknownOrganisationError):
        return "Check again with the organisation's name as it is known here, or without one."
    if isinstance(error, AbsentError):
        return "Ask the holder for a new link, or for the file itself."
    if isinstance(error, TooLargeError):
        return "Ask the holder for the credential alone, as its issuer gave it to them."
    if isinstance(error, BakingError):
        return (
            "Ask the holder for the picture as its issuer gave it to them: screenshots and copies from "
            "messengers lose what is inside. The signed file (JSON) serves as well."
        )
    return f"{ORIGINAL} It is JSON, or a picture that carries it."
