"""Find the person whom a program names, by employee number or address."""

from __future__ import annotations

from datetime import datetime

from credserv.ground.errors import InputError, NotFoundError
from credserv.journeys.services import Services
from credserv.records.employment import OWN
from credserv.records.observations import PersonKind, PersonReference
from credserv.records.observed import person_value
from credserv.records.people import MembershipRecord
from credserv.store.admit.identifiers import Name

MAX_REFERENCE_CHARS = 200
_EVERYWHERE = ""


def find_member(services: Services, reference: str) -> MembershipRecord:
    """Return a member, current or former, by employee number or e-mail address.

    Raises:
        NotFoundError: Nobody is known by it.
    """
    found = services.store.identifiers.member_named(number_name(reference))
    if found is None and "@" in reference:
        found = _by_address(services, reference)
    if found is None:
        raise NotFoundError("nobody here is known by this employee number or address")
    return found


def member_of(services: Services, person_id: str) -> MembershipRecord:
    """Return the membership of a signed-in person.

    Raises:
        NotFoundError: They are not a member.
    """
    found = services.store.members.of_person(person_id)
    if found is None:
        raise NotFoundError("this organisation does not know you: ask it to add you as one of its people")
    return found


def number_name(reference: str) -> Name:
    """Return the name under which an employee number is asserted; it is valid in the whole organisation."""
    number = PersonReference(PersonKind.EMPLOYEE_NUMBER, reference)
    return number.kind.value, person_value(number), _EVERYWHERE


def managers_of(services: Services, membership_id: str, at: datetime) -> frozenset[str]:
    """Return the memberships that managed somebody at an instant.

    What had been reported by then counts, because a manager reported later manages from then on. If nothing
    had been reported by then, what is known now counts.
    """
    store = services.store.employment
    for spells in (store.spells(membership_id, known=at), store.spells(membership_id)):
        there = [one for one in spells if one.employer == OWN and one.holds(at)]
        if there:
            return frozenset(one.manager_id for one in there if one.manager_id is not None)
    return frozenset()


def led_by(services: Services, membership_id: str, at: datetime) -> frozenset[str]:
    """Return the memberships that somebody manages at an instant, as known now."""
    spells = services.store.employment.led_by(membership_id)
    return frozenset(one.membership_id for one in spells if one.employer == OWN and one.holds(at))


def _by_address(services: Services, reference: str) -> MembershipRecord | None:
    try:
        return services.store.members.find_by_email(reference)
    except InputError:
        return None
