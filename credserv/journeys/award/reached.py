"""The skills that a person's badges of this organisation attest, each with the level reached."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from credserv.ground.encoding import parse_instant
from credserv.ground.errors import NotFoundError
from credserv.ground.names import normalise_email
from credserv.ground.strict_json import read_own_json
from credserv.issuing.addresses import credential_url
from credserv.journeys.services import Services
from credserv.openbadges.skill_claims import ClaimKind, SkillClaim, read_skill_claims
from credserv.records.credentials import CredentialRecord, CredentialState


@dataclass(frozen=True)
class ReachedSkill:
    """One skill at one level.

    Attributes:
        claim: As the newest of the badges names it.
        badges: The badges' URLs, newest first.
    """

    claim: SkillClaim
    badges: tuple[str, ...]


def reached_skills(services: Services, email: str, *, now: datetime) -> tuple[ReachedSkill, ...]:
    """Return the skills of a person's valid badges, by skill and level, in the order of their names.

    Raises:
        InputError: The e-mail address is not valid.
        NotFoundError: No member has this address.
    """
    member = services.store.members.find_by_email(normalise_email(email))
    if member is None:
        raise NotFoundError("nobody here has this address")
    found: dict[tuple[str, str], tuple[SkillClaim, list[str]]] = {}
    for record in reversed(services.store.credentials.of_member(member.id)):
        document = read_own_json(record.signed or b"{}")
        if not _is_in_force(record, document.get("validUntil"), now):
            continue
        for claim in read_skill_claims(document):
            if claim.kind is ClaimKind.SKILL:
                _, badges = found.setdefault((claim.uri or claim.name, claim.level), (claim, []))
                badges.append(credential_url(services.public_url, record.id))
    reached = [ReachedSkill(claim, tuple(dict.fromkeys(badges))) for claim, badges in found.values()]
    return tuple(sorted(reached, key=lambda one: (one.claim.name.casefold(), one.claim.level)))


def tell_reached(reached: ReachedSkill) -> dict[str, Any]:
    """Return a skill as JSON, as the API answers it."""
    claim = reached.claim
    return {
        "uri": claim.uri,
        "label": claim.name,
        "code": claim.code,
        "framework": claim.framework,
        "level": claim.level,
        "sentence": claim.sentence,
        "credentials": list(reached.badges),
    }


def _is_in_force(record: CredentialRecord, ends: object, now: datetime) -> bool:
    if record.state is not CredentialState.ACTIVE or record.signed is None:
        return False
    return not isinstance(ends, str) or parse_instant(ends) > now
