"""Who is meant where a program names a person of the organisation: by employee number or by address."""

from __future__ import annotations

from datetime import datetime

from credserv.ground.errors import InputError, NotFoundError
from credserv.journeys.services import Services
from credserv.records.employment import OWN
from credserv.records.observations import PersonKind, PersonReference
from credserv.records.observed import person_value
from credserv.records.people import MembershipRecord
from credserv.store.identifiers import Name

MAX_REFERENCE_CHARS = 200
_EVERYWHERE = ""


def find_member(services: Services, reference: str) -> MembershipRecord:
    """The member of the organisation, whether employed or not any more. Raises NotFoundError."""
    found = services.store.identifiers.member_named(number_name(reference))
    if found is None and "@" in reference:
        found = _by_address(services, reference)
    if found is None:
        raise NotFoundError("nobody here is known by this employee number or address")
    return found


def member_of(services: Services, person_id: str) -> MembershipRecord:
    """Somebody who is signed in, as this organisation knows them. Raises NotFoundError for no member."""
    found = services.store.members.of_person(person_id)
    if found is None:
        raise NotFoundError("this organisation does not know you: ask it to add you as one of its people")
    return found


def number_name(reference: str) -> Name:
    """Under which an employee number is asserted of a member: it counts in the whole organisation."""
    number = PersonReference(PersonKind.EMPLOYEE_NUMBER, reference)
    return number.kind.value, person_value(number), _EVERYWHERE


def managers_of(services: Services, membership_id: str, at: datetime) -> frozenset[str]:
    """The memberships of those who lead somebody at an instant: as was told by then, for another manager who
    is told later leads them from then on; where nothing was told by then, as is known now."""
    store = services.store.employment
    for spells in (store.spells(membership_id, known=at), store.spells(membership_id)):
        there = [one for one in spells if one.employer == OWN and one.holds(at)]
        if there:
            return frozenset(one.manager_id for one in there if one.manager_id is not None)
    return frozenset()


def led_by(services: Services, membership_id: str, at: datetime) -> frozenset[str]:
    """The memberships of those whom somebody leads at an instant, by what is known of it now."""
    spells = services.store.employment.led_by(membership_id)
    return frozenset(one.membership_id for one in spells if one.employer == OWN and one.holds(at))


def _by_address(services: Services, reference: str) -> MembershipRecord | None:
    try:
        return services.store.members.find_by_email(reference)
    except InputError:
        return None
