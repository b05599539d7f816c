"""In which language somebody is written to: as they chose in their wallet, else as they read when they first
signed in, else as the organisation says of them.
"""

from __future__ import annotations

from credserv.ground.errors import InputError
from credserv.ground.languages import LANGUAGES
from credserv.journeys.services import Services
from credserv.records.people import ProvedKind


def choose_language(services: Services, person_id: str, language: str) -> None:
    """As the person wishes. Raises InputError for one that there is not."""
    if language not in LANGUAGES:
        raise InputError("choose one of the languages")
    services.store.people.set_language(person_id, language)


def note_language(services: Services, person_id: str, language: str) -> None:
    """What they read as they sign in, unless one is known of them."""
    services.store.people.set_language(person_id, language, unless_known=True)


def known_language(services: Services, person_id: str) -> str | None:
    """What somebody chose, or first read; None where that is not known."""
    person = services.store.people.get(person_id)
    return None if person is None else person.language


def language_of(services: Services, address: str) -> str:
    """The tag of whoever reads the letters to an address, as `de-AT`; "" where nothing is known of it."""
    try:
        proved = services.store.people.find_proved(ProvedKind.EMAIL, address)
        own = None if proved is None else known_language(services, proved.person_id)
        member = services.store.members.find_by_email(address)
    except InputError:  # no address
        return ""
    return own or (None if member is None else member.language) or ""
