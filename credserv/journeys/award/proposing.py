"""A manager or the organisation proposes a pathway to a person, who decides whether to begin it.

The proposer gets no answer: not that the person began it before or holds its badge already, nor that they
decline. The manager sees what the person gains on the way only if the person agrees.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from credserv.ground.encoding import hash_token
from credserv.ground.errors import NotFoundError
from credserv.journeys.admit.persons import led_by, member_of
from credserv.journeys.award.pathways import Choice, all_pathways, choices_of, pathway_of, untouched_by
from credserv.journeys.services import Services
from credserv.records.audit import Action, AuditRecord
from credserv.records.pathways import PathwayProposal, Proposer


@dataclass(frozen=True)
class Proposed:
    """A proposal that waits for an answer."""

    key: str
    name: str
    proposer: Proposer
    proposed_at: datetime


@dataclass(frozen=True)
class Proposable:
    """What somebody may propose, and to whom: membership ids with names ("" if not known)."""

    people: tuple[tuple[str, str], ...]
    pathways: tuple[Choice, ...]


def propose_pathway(
    services: Services,
    membership_id: str,
    achievement_key: str,
    *,
    proposer: Proposer,
    actor: str,
    now: datetime,
) -> None:
    """Propose a pathway. If it was proposed, begun or completed before, nothing changes and nothing says so.

    Raises:
        NotFoundError: The achievement has no pathway.
    """
    pathway_of(services, achievement_key)
    if achievement_key not in untouched_by(services, membership_id):
        return
    proposal = PathwayProposal(
        hash_token(f"proposal {membership_id} {achievement_key}")[:32],
        membership_id,
        achievement_key,
        now,
        proposer,
    )
    with services.store.transaction():
        if services.store.pathways.propose(proposal):
            details = {"pathway": achievement_key, "proposer": proposer.value}
            services.store.audit.add(AuditRecord(now, actor, Action.PATHWAY_PROPOSED, membership_id, details))


def propose_to_led(
    services: Services, person_id: str, membership_id: str, achievement_key: str, now: datetime
) -> None:
    """Propose a pathway as the signed-in manager to a person they manage now.

    Raises:
        NotFoundError: The person is not managed by them, or the achievement has no pathway.
    """
    manager = member_of(services, person_id)
    if manager.has_left(services.today(now)) or membership_id not in led_by(services, manager.id, now):
        raise NotFoundError("you do not lead this person, by what the personnel system says")
    by = f"person:{person_id}"
    propose_pathway(services, membership_id, achievement_key, proposer=Proposer.MANAGER, actor=by, now=now)


def proposable_by(services: Services, person_id: str, now: datetime) -> Proposable:
    """Return the people whom a person manages now, and the pathways they may propose.

    Raises:
        NotFoundError: The person is not a member.
    """
    manager = member_of(services, person_id)
    if manager.has_left(services.today(now)):
        return Proposable((), ())
    members = (services.store.roster.get(one) for one in led_by(services, manager.id, now))
    people = ((one.id, one.name or "") for one in members if one is not None)
    return Proposable(tuple(sorted(people, key=lambda one: one[1])), all_pathways(services))


def proposals_to(services: Services, person_id: str) -> tuple[Proposed, ...]:
    """Return the open proposals to a person, earliest first, leaving out achievements
    that no longer have a pathway.
    """
    member = services.store.members.of_person(person_id)
    if member is None:
        return ()
    found = {one.achievement_key: one for one in services.store.pathways.proposed_to(member.id)}
    waiting = untouched_by(services, member.id) & found.keys() if found else ()
    names = {one.key: one.name for one in choices_of(services, waiting)}
    return tuple(
        Proposed(key, names[key], one.proposer, one.proposed_at) for key, one in found.items() if key in names
    )


def decline_proposal(services: Services, person_id: str, achievement_key: str) -> None:
    """Decline a proposal for the signed-in person; nobody is notified.

    Raises:
        NotFoundError: The person is not a member.
    """
    services.store.pathways.end_proposal(member_of(services, person_id).id, achievement_key)
