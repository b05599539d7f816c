"""What went wrong and waits for somebody to mend it, of whatever kind, as the console lists it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from credserv.records.paging import Place


class WrongKind(StrEnum):
    """In the order in which what happened in one instant is listed."""

    LETTER = "letter"  # about a badge, that no mail server takes
    MESSAGE = "message"  # of a source, of which nothing could be made
    ORDER = "order"  # of a badge that could not be issued
    FILE = "file"  # in which some rows could not be issued
    NOTICE = "notice"  # to a system that hears by webhook, given up
    SOURCE = "source"  # that could not be asked for everything
    STATUS_LIST = "status-list"  # that does not show what it should


@dataclass(frozen=True)
class WrongRecord:
    """key: by which it is mended, and told from others of its kind. at: when it came, not when it failed.

    whose: the address or DID, the source, or the system that it concerns. about: the achievement, message,
    file or event. why: a sentence or phrase, as it was noted. subject: the id of the badge, source, run or
    endpoint whose page tells more. count: of rows, in a file. is_final: trying again changes nothing.
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
        """In the list of all kinds, which is newest first."""
        return Place(self.at, f"{self.kind.value}:{self.key}")
