"""The letters of a sandbox: written as they would be sent, and read in its console instead.

Only letters about badges exist there. A letter with a link would prove an address to whoever reads it in the
console, so none is written (admit/letters.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from credserv.ground.errors import CredservError
from credserv.journeys.deliver.badge_letters import badge_letter
from credserv.journeys.services import Services
from credserv.outbound.mail import Letter
from credserv.records.letters import DueLetter

SHOWN = 50


@dataclass(frozen=True)
class KeptLetter:
    """A letter that was kept.

    Attributes:
        letter: None if it cannot be written; `why` gives the reason.
    """

    credential_id: str
    queued_at: datetime
    letter: Letter | None
    why: str = ""


def kept_letters(services: Services) -> tuple[tuple[KeptLetter, ...], int]:
    """Return the newest waiting letters, and how many wait in all."""
    newest = services.store.letters.newest(SHOWN)
    return tuple(_written(services, due) for due in newest), services.store.letters.count_waiting()


def _written(services: Services, due: DueLetter) -> KeptLetter:
    known = due.letter
    try:
        return KeptLetter(known.credential_id, known.queued_at, badge_letter(services, due))
    except CredservError as error:
        return KeptLetter(known.credential_id, known.queued_at, None, error.detail)
