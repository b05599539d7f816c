"""Letters that tell people what was awarded to them, until a mail server took them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from credserv.records.access import LinkRecord


class Tells(StrEnum):
    """What a letter is about."""

    AWARD = "award"
    DUE = "due"  # the end of the badge is near
    # What brings a link. They wait in another place, and are asked for or sent by somebody.
    SIGN_IN = "sign-in"
    CLAIM = "claim"
    CONSOLE = "console"
    INVITATION = "invitation"
    FEEDBACK = "feedback"


@dataclass(frozen=True)
class LetterRecord:
    """One letter that has not gone out. due_at: when it is tried next; None for one that nobody will take.

    tries: so far. note: why it did not go at the last try; "" before the first.
    """

    credential_id: str
    queued_at: datetime
    due_at: datetime | None
    tries: int = 0
    note: str = ""


@dataclass(frozen=True)
class DueLetter:
    """What a letter needs, taken to be sent now. request_id: for which request it was queued. language: of
    who gets it, as a tag; "" where nothing is known."""

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
    """What became of a letter: taken by a mail server (note is ""), or not, and when it is tried again.

    due_at: None where it never will be.
    """

    credential_id: str
    note: str = ""
    due_at: datetime | None = None


@dataclass(frozen=True)
class DueLinkLetter:
    """A letter that somebody asked for, taken to be sent now. wanted: what it is to bring; None once that has
    ended. tries: this one too. request_id: by which it was asked for. language: of the page that it was asked
    on, "" for none."""

    token_sha256: str
    wanted: LinkRecord | None
    tries: int
    request_id: str = ""
    language: str = ""
