"""What people who cannot open their wallet may request from the operator: a copy of everything stored about
them (GDPR, article 15), and its erasure (article 17).

People are found by the address in their letter. The operator has to establish who is writing (article 12
(6)). This module shows whom the address leads to, and if that may be several people, it does not guess.
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
    """A person whom an address leads to.

    Attributes:
        organisations: The short names of those that know them.
        badges: How many were awarded to them here, revoked ones included.
        brought: How many come from elsewhere.
        has_wallet: Whether they ever proved that something is theirs.
        is_theirs: Whether the address is theirs now.
    """

    id: str
    name: str | None
    organisations: tuple[str, ...]
    badges: int
    brought: int
    has_wallet: bool
    is_theirs: bool


def find_people(services: Services, email: str) -> tuple[FoundPerson, ...]:
    """Return the people whom an address leads to or once led to.

    Raises:
        NotFoundError: There is nobody.
    """
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
    """Return who is meant: the person with the given id, else the person whose address it is now.

    People without a wallet are the same human being as the one who has it, because their mailbox would open
    all of it.

    Raises:
        NotFoundError: Nobody found has this id.
        ConflictError: The address may belong to several people.
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
    """Return the zip that they would get in their wallet.

    Their organisations' audit trails record that somebody read it.
    """
    ids = tuple(one.id for one in people)
    told = tell_all_of(services, ids, now)
    with services.store.transaction():
        for one in people:
            line = AuditRecord(now, actor, Action.PERSON_TOLD, one.id)
            for slug in one.organisations or (services.store.organisation_id,):
                services.beside(slug).store.audit.add(line)
    return told


def erase_on_request(services: Services, people: Sequence[FoundPerson], now: datetime, *, actor: str) -> None:
    """Erase all of these people or none, for good. Raises as `erase`."""
    with services.store.transaction(savepoints=False):
        for one in people:
            erase(services, one.id, now, actor=actor)
