"""A member asks for a confirmation of employment; a colleague who may issue it does
so, or declines with a reason.

Each membership has at most one open request; asking again says that it is open. Issuing the credential closes
the request. After a crash in between, the request is still open, and pressing the button again gives the same
credential.
"""

from __future__ import annotations

from datetime import datetime

from credserv.ground.encoding import hash_token
from credserv.ground.errors import ConflictError, InputError, NotFoundError
from credserv.journeys.admit.notifications import Notification, notify
from credserv.journeys.services import Services
from credserv.records.audit import Action, AuditRecord
from credserv.records.employment_requests import EmploymentRequest, RequestState
from credserv.records.people import MembershipRecord

MAX_REASON_CHARS = 1_000
_SHOWN = 100


def ask_for_employment(services: Services, person_id: str, now: datetime) -> None:
    """Submit a request to the organisation.

    Raises:
        NotFoundError: The person is not a member.
        ConflictError: A request is already open.
        OrganisationClosedError: The organisation is closed.
    """
    membership = services.store.members.of_person(person_id)
    if membership is None:
        raise NotFoundError("this organisation knows nothing of you")
    services.require_open()
    before = services.store.employment_requests.of_member(membership.id)
    if any(one.state is RequestState.OPEN for one in before):
        raise ConflictError("you asked this before, and it is being decided")
    # Pressing the button twice makes one request.
    known = hash_token(f"employment {membership.id} {len(before)}")[:32]
    with services.store.transaction():
        if services.store.employment_requests.add(EmploymentRequest(known, membership.id, now)):
            services.store.audit.add(AuditRecord(now, "holder", Action.EMPLOYMENT_ASKED, membership.id))


def requests_of(services: Services, person_id: str) -> tuple[EmploymentRequest, ...]:
    """Return a person's requests to this organisation, newest first."""
    membership = services.store.members.of_person(person_id)
    return () if membership is None else services.store.employment_requests.of_member(membership.id)


def waiting_of(services: Services, membership_id: str) -> EmploymentRequest | None:
    """Return a member's open request."""
    known = services.store.employment_requests.of_member(membership_id)
    return next((one for one in known if one.state is RequestState.OPEN), None)


def all_waiting(services: Services) -> tuple[tuple[EmploymentRequest, MembershipRecord], ...]:
    """Return all open requests, each with the member who made it, newest first."""
    found = services.store.employment_requests.waiting(_SHOWN)
    members = ((one, services.store.roster.get(one.membership_id)) for one in found)
    return tuple((one, member) for one, member in members if member is not None)


def decline(
    services: Services, membership: MembershipRecord, reason: str, *, actor: str, now: datetime
) -> None:
    """Decline the open request of a member, who can read the reason.

    Raises:
        InputError: The reason is missing or too long.
        ConflictError: There is no open request.
    """
    if not 0 < len(reason) <= MAX_REASON_CHARS:
        raise InputError(f"say why, in at most {MAX_REASON_CHARS} characters: who asked reads it")
    waiting = waiting_of(services, membership.id)
    settled = services.store.employment_requests.settle
    with services.store.transaction():
        if waiting is None or not settled(membership.id, RequestState.DECLINED, now, reason=reason):
            raise ConflictError("nothing waits to be decided here")
        detail = {"reason": reason}
        line = AuditRecord(now, actor, Action.EMPLOYMENT_DECLINED, membership.id, detail)
        services.store.audit.add(line)
        notify(services, membership.person_id, Notification.EMPLOYMENT_DECLINED, waiting.id, now)
