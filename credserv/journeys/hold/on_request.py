"""What a person may ask of who runs the service, where they cannot come into their wallet any more: all that
is kept of them (GDPR, article 15), and their erasure (article 17).

By an address, as their letter names it. Who writes is for the operator to find out (article 12 (6)): here it
is told whom the address leads to, and where that may be several people, nobody is chosen by guess.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from credserv.ground.errors import ConflictError, NotFoundError
from credserv.journeys.hold.erasure import erase, tell_all_of
from credserv.journeys.services import Services
from credserv.records.audit import Action, AuditRecord


@dataclass(frozen=True)
class FoundPerson:
    """organisations: the short names of those that know them. badges: that were awarded to them here, revoked
    ones too; brought: from elsewhere. has_wallet: they have proved something to be theirs, now or once.
    is_theirs: the address is theirs now."""

    id: str
    name: str | None
    organisations: tuple[str, ...]
    badges: int
    brought: int
    has_wallet: bool
    is_theirs: bool


def find_people(services: Services, email: str) -> tuple[FoundPerson, ...]:
    """Whom the address leads to, or once led to, by their ids. Raises NotFoundError for nobody."""
    store = services.store
    found = []
    for person_id, is_theirs in sorted(store.erasure.of_address(email).items()):
        person = store.people.get(person_id)
        found.append(
            FoundPerson(
                person_id,
                None if person is None else person.name,
                store.erasure.organisations_of(person_id),
                store.holdings.count(person_id),
                store.imports.count(person_id),
                bool(store.people.proved(person_id)),
                is_theirs,
            )
        )
    if not found:
        raise NotFoundError(
            "nobody here is known by this address: ask for others that they had, and for their badges"
        )
    return tuple(found)


def choose_people(found: Sequence[FoundPerson], person_id: str | None) -> tuple[FoundPerson, ...]:
    """Who is meant, of those that were found: who is named by their id, else whose the address is now.

    Those who have no wallet are one human with whoever has it: their mailbox would open all of it. Raises
    NotFoundError for an unknown id, ConflictError where the address may be several people's.
    """
    if person_id is not None:
        chosen = tuple(one for one in found if one.id == person_id)
        if not chosen:
            raise NotFoundError("the address leads to nobody with this id")
        return chosen
    theirs = tuple(one for one in found if one.is_theirs)
    if len(theirs) < len(found) or sum(one.has_wallet for one in theirs) > 1:
        raise ConflictError(
            "the address is or was of several people, or is theirs no longer: name one by --person, once you "
            "know who wrote to you"
        )
    return theirs


def tell_on_request(services: Services, people: Sequence[FoundPerson], now: datetime, *, actor: str) -> bytes:
    """The file that they would take in their wallet, as a zip. The trails of their organisations keep that
    somebody read it."""
    ids = tuple(one.id for one in people)
    told = tell_all_of(services, ids, now)
    with services.store.transaction():
        for one in people:
            line = AuditRecord(now, actor, Action.PERSON_TOLD, one.id)
            for slug in one.organisations or (services.store.organisation_id,):
                services.beside(slug).store.audit.add(line)
    return told


def erase_on_request(services: Services, people: Sequence[FoundPerson], now: datetime, *, actor: str) -> None:
    """All of them or nobody, for good. Raises as `erase`."""
    with services.store.transaction(savepoints=False):
        for one in people:
            erase(services, one.id, now, actor=actor)
