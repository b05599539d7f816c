"""Letters that tell people about awards, until a mail server has accepted them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from credserv.records.access import LinkRecord


class Tells(StrEnum):
    """What a letter is about."""

    AWARD = "award"
    DUE = "due"  # the end of the badge is near
    SIGNED_AGAIN = "signed-again"  # its key was withdrawn; always in our words
    # Letters with links. They wait in another outbox, because somebody requested or sent them.
    SIGN_IN = "sign-in"
    CLAIM = "claim"
    CONSOLE = "console"
    INVITATION = "invitation"
    FEEDBACK = "feedback"


@dataclass(frozen=True)
class LetterRecord:
    """A letter that was not sent yet.

    Attributes:
        due_at: When it is tried next; None if nobody will accept it.
        tries: So far.
        note: Why the last attempt failed; "" before the first.
    """

    credential_id: str
    queued_at: datetime
    due_at: datetime | None
    tries: int = 0
    note: str = ""


@dataclass(frozen=True)
class DueLetter:
    """What a letter needs, taken to be sent now.

    Attributes:
        request_id: The request that queued it.
        language: The recipient's, as a tag; "" if not known.
    """

    letter: LetterRecord
    person_id: str
    email: str
    name: str | None
    achievement_key: str
    achievement_version: int
    awarded_at: datetime
    tells: Tells = Tells.AWARD
    request_id: str = ""
    language: str = ""


@dataclass(frozen=True)
class Posted:
    """The outcome of a letter: accepted by a mail server (note is ""), or not.

    Attributes:
        due_at: When it is retried; None for never.
    """

    credential_id: str
    note: str = ""
    due_at: datetime | None = None


@dataclass(frozen=True)
class DueLinkLetter:
    """A requested letter, taken to be sent now.

    Attributes:
        wanted: What its link opens; None if that has ended.
        tries: Including this one.
        request_id: The request for it.
        language: Of the page of the request; "" for none.
    """

    token_sha256: str
    wanted: LinkRecord | None
    tries: int
    request_id: str = ""
    language: str = ""
