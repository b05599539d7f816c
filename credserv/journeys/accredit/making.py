"""The badge of an accreditation after the decision: its row, its first term and its signature.

The transaction of the decision reserves the badge and records that it is about to be signed (docs/issuing.md,
steps 2 to 5). After a crash, work continues from those rows.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from credserv.accreditation.life import stands
from credserv.accreditation.programme import Programme, TermRule
from credserv.ground.canonical_json import canonize_json
from credserv.ground.errors import ClosedError, ConflictError, NotFoundError
from credserv.issuing.recipe import Wanted
from credserv.journeys.accredit.badge import badge_of
from credserv.journeys.accredit.identity import did_of
from credserv.journeys.accredit.programmes import programme_version
from credserv.journeys.services import Services
from credserv.records.accreditation import AccreditationRecord, ApplicationRecord, TermRecord
from credserv.records.achievements import AchievementVersion, AwardRule
from credserv.records.audit import Action, AuditRecord
from credserv.records.credentials import LIVING_SCOPE, IssueOrder, Recipient
from credserv.records.lives import Life
from credserv.records.people import MembershipRecord
from credserv.store.hold.credential_rows import Claim


@dataclass(frozen=True)
class Prepared:
    """What is prepared before the transaction. None of it says that anything is granted."""

    programme: Programme
    term: TermRule
    badge: AchievementVersion
    recipient: Recipient


def prepare(services: Services, application: ApplicationRecord, by: str, now: datetime) -> Prepared:
    """Prepare the badge for a grant.

    Args:
        by: The decider's membership.

    Raises:
        ClosedError: The programme does not say how long an accreditation lasts.
        ConflictError: The organisation has no address of the person.
        NotFoundError: The person is no longer a member.
        OrganisationClosedError, OrganisationMovedError: Nothing new may be issued.
    """
    services.require_open()
    programme = programme_version(
        services, application.programme_key, application.programme_version
    ).programme
    if programme.term is None:
        raise ClosedError(
            "the programme does not say how long an accreditation holds: nobody can be accredited"
        )
    member = _member(services, application.membership_id)
    email = services.store.members.email_of(member.person_id)
    if email is None:
        raise ConflictError("the organisation has no address of this person: give them one, then decide")
    did = did_of(services, member.id, now)
    badge = badge_of(services, programme, actor=by, now=now)
    return Prepared(programme, programme.term, badge, Recipient(email=email, did=did, name=member.name))


def put(
    services: Services,
    application: ApplicationRecord,
    prepared: Prepared,
    term: TermRecord,
    *,
    reference: str | None = None,
    **detail: str,
) -> None:
    """Reserve the badge and write the accreditation with its first term and the audit
    line, in the caller's transaction.

    Args:
        reference: The client's own id of the accreditation.
        detail: More for the audit line.
    """
    now = term.decided_at
    order = _order(application, prepared, now)
    claim: Claim = services.recipe.plan(
        _wanted(order, now, term.decided_by), reserved_id=application.credential_id
    )
    services.store.lots.reserve([claim], now=now)
    record = AccreditationRecord(
        credential_id=application.credential_id,
        application_id=application.id,
        programme_key=application.programme_key,
        membership_id=application.membership_id,
        competencies=application.competencies,
        level=prepared.programme.level,
        granted_at=now,
        reference=reference,
    )
    services.store.accreditations.add(record, term)
    told = {
        "programme": f"{application.programme_key}/{application.programme_version}",
        "competencies": list(application.competencies),
        "reason": term.reason,
        **detail,
    }
    line = AuditRecord(now, term.decided_by, Action.ACCREDITATION_GRANTED, application.credential_id, told)
    services.store.audit.add(line)


def finish(services: Services, life: Life, now: datetime) -> Life:
    """Sign and store a reserved badge. A stored badge stays as it is.

    Raises:
        ConflictError: The badge no longer exists.
        SigningKeyError, ProofError, UnavailableError: Try again, or leave it to the sweep.
    """
    record = services.store.credentials.get(life.credential_id)
    if record is None:
        raise ConflictError("this application was granted, and there is no badge of it any more")
    if record.signed is None and not record.erased_sha256:
        claim = services.recipe.plan(_wanted(record.order, now), reserved_id=record.id)
        services.recipe.finish(record, claim, now).require()
        return services.store.accreditations.of_credential(record.id) or life
    return life


def is_accredited(services: Services, application: ApplicationRecord, now: datetime) -> bool:
    """Return whether the person is accredited; each person has one accreditation per programme at a time.

    Nobody else decides about the person until the caller's transaction ends: two applications, or an appeal
    and an application, may be decided at the same moment.
    """
    services.store.applications.lock_member(application.membership_id)
    asked = [application.membership_id], application.programme_key
    return any(stands(life, now).in_force for life in services.store.accreditations.of_members(*asked))


def _order(application: ApplicationRecord, prepared: Prepared, now: datetime) -> IssueOrder:
    asked = {
        "application": application.id,
        "credential": application.credential_id,
        "achievement": f"{prepared.badge.key}/{prepared.badge.version}",
        "did": prepared.recipient.did,
    }
    return IssueOrder(
        scope=LIVING_SCOPE,
        idempotency_key=application.id,
        order_sha256=hashlib.sha256(canonize_json(asked)).hexdigest(),
        achievement_key=prepared.badge.key,
        achievement_version=prepared.badge.version,
        recipient=prepared.recipient,
        awarded_at=now,
    )


def _wanted(order: IssueOrder, now: datetime, actor: str = "") -> Wanted:
    return Wanted(order, now, actor=actor, award_rule=AwardRule.PER_EVENT, is_asked=True)


def _member(services: Services, membership_id: str) -> MembershipRecord:
    found = services.store.roster.get(membership_id)
    if found is None:
        raise NotFoundError("there is no such member")
    return found
