"""The employment credential: what the employer's records say of a person, signed for the person to keep.

A colleague issues it when somebody leaves or asks for it. Its skills are those of the badges that this
organisation issued to the person and that are still valid. The employer confirms what it has seen and nothing
else.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.names import has_unseen
from credserv.issuing.recipe import Issued
from credserv.journeys.award.orders import OrderRequest, award_request
from credserv.journeys.services import Services
from credserv.openbadges.data_model import listed
from credserv.records.achievements import AchievementKind, AchievementVersion
from credserv.records.credentials import CredentialRecord, CredentialState, Recipient
from credserv.records.employment_requests import RequestState
from credserv.records.people import AssertedKind, MembershipRecord

EMPLOYMENT_SCOPE = "employment"  # the same facts are one order, whoever confirms them
_MAX_ROLE_CHARS = 200
_MAX_HOURS = 100
_MAX_SKILLS = 40


@dataclass(frozen=True)
class EmploymentSaid:
    """What the issuer enters because the records do not have it.

    Attributes:
        weekly_hours: "" if not given.
    """

    role: str
    weekly_hours: str = ""


def parse_said(role: str, weekly_hours: str) -> EmploymentSaid:
    """Parse the form's role and weekly hours.

    Raises:
        InputError: The role is empty or too long, or the hours are not a number.
    """
    role, hours = role.strip(), weekly_hours.strip().replace(",", ".")
    if not 0 < len(role) <= _MAX_ROLE_CHARS or has_unseen(role):
        raise InputError(f"enter the role, as in Ward nurse, with at most {_MAX_ROLE_CHARS} characters")
    if hours:
        try:
            number = float(hours)
        except ValueError:
            number = -1.0
        if not 0 < number <= _MAX_HOURS:
            raise InputError("enter the hours a week as a number, such as 38.5, or leave them out")
    return EmploymentSaid(role, hours)


def confirm_employment(
    services: Services,
    membership: MembershipRecord,
    said: EmploymentSaid,
    version: AchievementVersion,
    *,
    actor: str,
    now: datetime,
) -> tuple[CredentialRecord, Issued]:
    """Issue the employment credential, which also answers a request for it.

    The same facts again return the same credential.

    Raises:
        InputError: The first day of employment is missing, or no address of the person is known.
        CredservError: As `award_request`.
    """
    if membership.starts_on is None:
        raise InputError(
            "enter their first day under Employment, and save it: a confirmation without it says little"
        )
    results = tuple(_results(services, membership, said))
    told = hashlib.sha256(json.dumps([version.version, *results], sort_keys=True).encode()).hexdigest()
    order = OrderRequest(
        idempotency_key=f"{membership.id}:{told[:32]}",
        achievement_key=version.key,
        achievement_version=version.version,
        recipient=_recipient(services, membership),
        results=results,
    )
    made = award_request(services, EMPLOYMENT_SCOPE, order, now=now, actor=actor)
    services.store.employment_requests.settle(membership.id, RequestState.ISSUED, now)
    return made


def _results(
    services: Services, membership: MembershipRecord, said: EmploymentSaid
) -> Iterator[dict[str, Any]]:
    facts = {
        "role": said.role,
        "unit": membership.unit,
        "first-day": membership.starts_on and membership.starts_on.isoformat(),
        "last-day": membership.ends_on and membership.ends_on.isoformat(),
        "weekly-hours": said.weekly_hours,
    }
    for key, value in facts.items():
        if value:
            yield {"type": ["Result"], "resultDescription": f"#{key}", "value": value}
    skills = list(_skills(services, membership))
    if skills:
        names = ", ".join(str(skill["targetName"]) for skill in skills)
        yield {
            "type": ["Result"],
            "resultDescription": "#skills",
            "value": names,
            "alignment": [dict(skill) for skill in skills],
        }


def _skills(services: Services, membership: MembershipRecord) -> Iterator[JsonObject]:
    """Yield each skill of the person's valid badges once."""
    seen: set[str] = set()
    for credential_id, _ in services.store.roster.awards(membership.id):
        for alignment in _alignments(services, credential_id):
            target = str(alignment.get("targetUrl"))
            if target not in seen and len(seen) < _MAX_SKILLS:
                seen.add(target)
                yield alignment


def _alignments(services: Services, credential_id: str) -> list[JsonObject]:
    record = services.store.credentials.get(credential_id)
    if record is None or record.state is not CredentialState.ACTIVE:
        return []
    order = record.order
    version = services.store.achievements.get(order.achievement_key, order.achievement_version)
    if version is None or version.kind is AchievementKind.EMPLOYMENT:
        return []
    return [one for one in listed(version.achievement.get("alignment")) if isinstance(one, dict)]


def _recipient(services: Services, membership: MembershipRecord) -> Recipient:
    """Return the newest address that still belongs to the person; an order for a
    former address would reach nobody.
    """
    live = [one for one in services.store.members.identifiers(membership.id) if one.ended_at is None]
    for one in reversed(live):
        if one.kind is AssertedKind.EMAIL:
            return Recipient(email=one.written, name=membership.name)
        if one.kind is AssertedKind.DID:
            return Recipient(did=one.value, name=membership.name)
    raise InputError("none of their addresses is theirs any more: the credential would reach nobody")
