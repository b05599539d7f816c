"""The language for letters to a person: chosen in their wallet, else used when they first signed
in, else set by the organisation.
"""

from __future__ import annotations

from credserv.ground.errors import InputError
from credserv.ground.languages import LANGUAGES
from credserv.journeys.services import Services
from credserv.records.people import ProvedKind


def choose_language(services: Services, person_id: str, language: str) -> None:
    """Store the language a person chose.

    Raises:
        InputError: There is no such language.
    """
    if language not in LANGUAGES:
        raise InputError("choose one of the languages")
    services.store.people.set_language(person_id, language)


def note_language(services: Services, person_id: str, language: str) -> None:
    """Note the language used at sign-in, unless one is known."""
    services.store.people.set_language(person_id, language, unless_known=True)


def known_language(services: Services, person_id: str) -> str | None:
    """Return the language a person chose or first used; None if not known."""
    person = services.store.people.get(person_id)
    return None if person is None else person.language


def language_of(services: Services, address: str) -> str:
    """Return the language tag for letters to an address, like `de-AT`; "" if not known."""
    try:
        proved = services.store.people.find_proved(ProvedKind.EMAIL, address)
        own = None if proved is None else known_language(services, proved.person_id)
        member = services.store.members.find_by_email(address)
    except InputError:  # not an address
        return ""
    return own or (None if member is None else member.language) or ""
