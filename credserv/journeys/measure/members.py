"""Members as the personnel system reports them: who they are, and where they work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from credserv.ground.errors import ConflictError, CredservError, Fault, SchemaFaultsError
from credserv.journeys.admit.persons import find_member, number_name
from credserv.journeys.measure.facts import change_facts
from credserv.journeys.measure.spells import employ
from credserv.journeys.services import Services
from credserv.records.audit import Action, AuditRecord
from credserv.records.credentials import Recipient
from credserv.records.employment import MemberReport
from credserv.records.people import MembershipRecord

MAX_MEMBERS = 1_000


def put_member(services: Services, told: MemberReport, *, actor: str, now: datetime) -> MembershipRecord:
    """Create or update a member.

    Raises:
        SchemaFaultsError: A value is not valid, or the manager is not known.
        ConflictError: Number and address belong to two people, or two employments overlap.
    """
    with services.store.transaction():
        member = _known(services, told, actor, now)
        if told.name is not None and told.name != member.name:
            change_facts(services, member, actor, now, name=told.name)
            member = replace(member, name=told.name)
        if told.employment is not None:
            employ(services, member, told.employment, actor, now)
    return find_member(services, told.reference)


def put_members(
    services: Services, told: Sequence[MemberReport], *, actor: str, now: datetime
) -> tuple[MembershipRecord, ...]:
    """Create or update all members or none. A manager may come after the people they manage.

    Raises:
        SchemaFaultsError: A member is not valid. The faults name the place.
    """
    faults: list[Fault] = []
    with services.store.transaction():
        for alone in (True, False):
            for place, one in enumerate(told):
                try:
                    put_member(
                        services, replace(one, employment=None) if alone else one, actor=actor, now=now
                    )
                except CredservError as error:
                    below = error.faults or (Fault("", error.detail),)
                    faults += [Fault(f"/members/{place}{fault.place}", fault.message) for fault in below]
            if faults:
                raise SchemaFaultsError("some of the members cannot be taken: none was", faults=tuple(faults))
        return tuple(find_member(services, one.reference) for one in told)


def _known(services: Services, told: MemberReport, actor: str, now: datetime) -> MembershipRecord:
    store = services.store
    is_address = "@" in told.reference
    email = told.reference if is_address else told.email
    if is_address and told.email not in (None, told.reference):
        raise SchemaFaultsError(
            "two addresses", faults=(Fault("/email", "another address than the path names"),)
        )
    known = None if is_address else store.identifiers.member_named(number_name(told.reference))
    if known is not None:
        other = None if email is None else store.members.find_by_email(email)
        if email is not None and (other is None or other.id != known.id):
            raise ConflictError(
                "this employee number is somebody's with another address: end the number or the address that "
                "is not theirs any more, in the console"
            )
        return known
    if email is None:
        raise SchemaFaultsError(
            "nobody here has this employee number yet",
            faults=(Fault("/email", "needed of somebody who is new here"),),
        )
    member = store.members.add(Recipient(email=email, name=told.name), now)
    if not is_address:
        name = number_name(told.reference)
        store.identifiers.add(member.id, name, written=told.reference, now=now)
        detail = {"kind": name[0], "namespace": name[2]}
        store.audit.add(AuditRecord(now, actor, Action.MEMBER_NAMED, member.id, detail))
    return member
