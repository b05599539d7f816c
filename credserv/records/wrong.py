"""What went wrong and waits for somebody to fix it, of any kind, as the console lists it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from credserv.records.paging import Place


class WrongKind(StrEnum):
    """Kinds, in the order for one instant."""

    LETTER = "letter"  # about a badge, that no mail server accepts
    MESSAGE = "message"  # from a source, that could not be used
    ORDER = "order"  # for a badge that could not be issued
    FILE = "file"  # with rows that could not be issued
    NOTICE = "notice"  # to a webhook endpoint, given up
    REFUSED = "refused"  # the last request in a source's name
    SOURCE = "source"  # from which not everything could be fetched
    STATUS_LIST = "status-list"  # that is out of date


@dataclass(frozen=True)
class WrongRecord:
    """Something that went wrong.

    Attributes:
        key: Identifies it within its kind and for fixing it.
        at: When it came, not when it failed.
        whose: The address or DID, the source, or the system concerned.
        about: The achievement, message, file or event.
        why: A sentence or phrase, as recorded.
        subject: The id of the badge, source, run or endpoint whose page shows more.
        count: Of rows, in a file.
        is_final: Whether trying again changes nothing.
    """

    kind: WrongKind
    key: str
    at: datetime
    whose: str = ""
    about: str = ""
    why: str = ""
    subject: str = ""
    count: int = 1
    is_final: bool = False

    @property
    def place(self) -> Place:
        """Return its place in the list of all kinds, which is newest first."""
        return Place(self.at, f"{self.kind.value}:{self.key}")
