"""Proof of entitlement: a credential by the accreditor, small enough for an endorsement to carry."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from credserv.accreditation.life import stands
from credserv.accreditation.programme import ENDORSER, Programme
from credserv.ground.json_types import JsonObject
from credserv.issuing.addresses import status_list_url
from credserv.journeys.accredit.entitlement import has_left
from credserv.journeys.accredit.programmes import family_of
from credserv.journeys.services import Services
from credserv.openbadges.credential import StatusPlace, build_status_entry
from credserv.openbadges.endorsement import build_entitlement
from credserv.proof.data_integrity.proofs import add_proof
from credserv.records.accreditation import FounderRecord
from credserv.records.audit import Action, AuditRecord
from credserv.records.lives import Life


@dataclass(frozen=True)
class Grounds:
    """What entitles somebody: an accreditation, or being a founder, who has no credential."""

    membership_id: str
    competencies: tuple[str, ...]
    begins: datetime
    ends: datetime
    credential_id: str | None = None


def grounds_of(
    services: Services,
    programme: Programme,
    membership_id: str,
    competencies: Collection[str],
    *,
    at: datetime,
    known: datetime,
) -> Grounds | None:
    """Return the longest-lasting grounds on which a member may endorse for one of the
    competencies; None if there are none.

    Args:
        at: The instant judged.
        known: The instant whose knowledge counts.
    """
    if has_left(services, membership_id, at):
        return None
    lives = services.store.accreditations.of_members([membership_id])
    founding = services.store.programmes.founder_times(membership_id)
    found = _grounds(services, programme, lives, founding, at, known)
    covering = (one for one in found if not set(one.competencies).isdisjoint(competencies))
    return max(covering, key=lambda one: one.ends, default=None)


def entitled_now(services: Services, programme: Programme, now: datetime) -> list[Grounds]:
    """Return the grounds of everybody who may endorse now; somebody with several
    grounds has an entry for each.
    """
    lives, founding = services.store.accreditations.all(), services.store.programmes.founders(programme.key)
    found = list(_grounds(services, programme, lives, founding, now, now))
    members, today = services.store.roster.known({one.membership_id for one in found}), services.today(now)
    left = {one.id for one in members if one.has_left(today)}
    return [one for one in found if one.membership_id not in left]


def make_entitlement(
    services: Services, programme: Programme, grounds: Grounds, did: str, now: datetime
) -> JsonObject:
    """Return the entitlement signed by the organisation; it is recorded before it is signed."""
    document = build_entitlement(
        identifier=f"urn:uuid:{uuid.uuid4()}",
        issuer=services.issuer.did,
        holder=did,
        programme=entitled_url(services, programme.key),
        competencies=grounds.competencies,
        valid_from=grounds.begins,
        valid_until=grounds.ends,
        status=_status(services, grounds),
    )
    detail = {"did": did, "programme": programme.key, **services.issuing.intent}
    line = AuditRecord(now, "service", Action.ENTITLEMENT_SIGN, grounds.membership_id, detail)
    services.store.audit.add(line)
    issuing = services.issuing
    return add_proof(
        document,
        suite=issuing.suite,
        signer=issuing.signer,
        verification_method=issuing.verification_method,
        created=now,
    )


def entitled_url(services: Services, key: str) -> str:
    """Return the URL of the list of those entitled under a programme."""
    return f"{services.public_url}/programmes/{key}/entitled"


def _grounds(
    services: Services,
    programme: Programme,
    lives: Sequence[Life],
    founding: Sequence[FounderRecord],
    at: datetime,
    known: datetime,
) -> Iterator[Grounds]:
    asked, keys = programme.entitlement[ENDORSER], family_of(services, programme)
    for life in lives:
        record = life.record
        if record.programme_key not in keys or record.level < asked.level:
            continue
        standing = stands(life, at, known)
        if standing.term is not None and standing.state in asked.states:
            whose = (record.membership_id, record.competencies)
            yield Grounds(*whose, standing.term.valid_from, standing.term.grace_end, record.credential_id)
    for one in founding:
        is_founder = one.appointed_at <= min(at, known) and at < one.until
        if one.programme_key == programme.key and is_founder:
            yield Grounds(one.membership_id, one.competencies, one.appointed_at, one.until)


def _status(services: Services, grounds: Grounds) -> JsonObject | None:
    """Return the status entry of the accreditation, so that revoking it revokes the entitlement too."""
    if grounds.credential_id is None:
        return None
    record = services.store.credentials.get(grounds.credential_id)
    if record is None:
        return None
    url = status_list_url(services.public_url, record.status_list_id)
    return build_status_entry(StatusPlace(url, record.status_index, "revocation"))
