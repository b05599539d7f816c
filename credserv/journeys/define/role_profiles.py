"""An organisation's role profiles: written by hand, or taken from an occupation in a framework."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from credserv.frameworks.framework import Item, Need
from credserv.frameworks.profile import RoleProfile, WantedSkill, parse_profile, profile_of
from credserv.frameworks.texts import slug
from credserv.ground.encoding import format_instant
from credserv.ground.errors import InputError, NotFoundError
from credserv.ground.json_types import JsonObject
from credserv.journeys.services import Services
from credserv.records.audit import Action, AuditRecord
from credserv.records.frameworks import RoleProfileRecord

_MAX_KEY_CHARS = 64


def list_profiles(services: Services) -> tuple[RoleProfileRecord, ...]:
    """Return all role profiles."""
    return services.store.role_profiles.list()


def require_profile(services: Services, key: str) -> RoleProfile:
    """Return a stored profile in the form that eligibility is judged by.

    Raises:
        NotFoundError: There is no such role profile.
    """
    record = services.store.role_profiles.get(key)
    if record is None:
        raise NotFoundError("there is no such role profile")
    return parse_profile({"name": record.name, "uri": record.uri, "skills": list(record.skills)})


def keep_profile(services: Services, value: Any, *, actor: str, now: datetime) -> RoleProfileRecord:
    """Store a profile written by hand (frameworks/profile.py), replacing one of the same name.

    Missing labels come from the frameworks.

    Raises:
        InputError: It is not a profile.
        SchemaFaultsError: A value is not valid. The faults name the place.
    """
    return _keep(services, parse_profile(value), actor=actor, now=now)


def keep_occupation(services: Services, uri: str, *, actor: str, now: datetime) -> RoleProfileRecord:
    """Store the profile of an occupation in a framework that was imported with its relations.

    Raises:
        NotFoundError: There is no such occupation.
        InputError: It names no skills.
    """
    found = services.store.frameworks.skills([uri]).get(uri)
    if found is None:
        raise NotFoundError("no imported framework has this occupation")
    needs = tuple(Need(skill, essential) for skill, essential in found.skill.content.get("needs", ()))
    item = Item(uri, found.skill.code, labels={"und": found.skill.label}, needs=needs)
    return _keep(services, profile_of(item), actor=actor, now=now)


def remove_profile(services: Services, key: str, *, actor: str, now: datetime) -> None:
    """Remove a profile.

    Raises:
        NotFoundError: There is no such role profile.
    """
    with services.store.transaction():
        services.store.role_profiles.remove(key)
        services.store.audit.add(AuditRecord(now, actor, Action.ROLE_PROFILE_REMOVED, key))


def with_labels(services: Services, profile: RoleProfile) -> RoleProfile:
    """Return the profile with missing labels taken from the frameworks."""
    bare = [skill.uri for skill in profile.skills if not skill.label]
    known = services.store.frameworks.skills(bare)

    def labelled(skill: WantedSkill) -> WantedSkill:
        found = known.get(skill.uri)
        return skill if skill.label or found is None else replace(skill, label=found.skill.label)

    return replace(profile, skills=tuple(labelled(skill) for skill in profile.skills))


def tell_profile(record: RoleProfileRecord) -> dict[str, Any]:
    """Return a profile as JSON, as the API answers it."""
    return {
        "key": record.key,
        "name": record.name,
        "uri": record.uri,
        "changed_at": format_instant(record.changed_at),
        "skills": [dict(skill) for skill in record.skills],
    }


def _keep(services: Services, profile: RoleProfile, *, actor: str, now: datetime) -> RoleProfileRecord:
    key = slug(profile.name)[:_MAX_KEY_CHARS].strip("-")
    if not key:
        raise InputError("a role profile needs a name")
    skills = tuple(_written(skill) for skill in with_labels(services, profile).skills)
    record = RoleProfileRecord(key, profile.name, profile.uri, skills, now)
    with services.store.transaction():
        services.store.role_profiles.put(record)
        told = {"name": profile.name, "skills": len(skills)}
        services.store.audit.add(AuditRecord(now, actor, Action.ROLE_PROFILE_CHANGED, key, told))
    return record


def _written(skill: WantedSkill) -> JsonObject:
    told: Mapping[str, Any] = {
        "uri": skill.uri,
        "label": skill.label,
        "level": skill.level,
        "scale": list(skill.scale),
    }
    return {**{name: value for name, value in told.items() if value}, "essential": skill.essential}
