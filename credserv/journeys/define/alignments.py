"""Alignments of an achievement, picked from the frameworks that were imported; each change is a new version.

A free address stays possible, and is told as *unresolved*: nobody here can say what stands there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from credserv.frameworks.eligibility import same
from credserv.ground.addresses import is_web_page
from credserv.ground.errors import InputError, NotFoundError
from credserv.ground.json_types import JsonObject
from credserv.journeys.define.next_version import change_definition
from credserv.journeys.define.skills import build_alignment, resolve_skills
from credserv.journeys.services import Services
from credserv.openbadges.lenient import read_objects, read_text
from credserv.records.achievements import AchievementVersion
from credserv.records.frameworks import FoundSkill

_Alignments = list[dict[str, Any]]


@dataclass(frozen=True)
class Aligned:
    """One alignment as it is written, and the item of a framework that it names; None where none does."""

    alignment: JsonObject
    found: FoundSkill | None


def alignments_of(services: Services, version: AchievementVersion) -> tuple[Aligned, ...]:
    written = read_objects(version.achievement.get("alignment"))
    known = resolve_skills(services, [read_text(one.get("targetUrl")) for one in written])
    return tuple(Aligned(one, known.get(read_text(one.get("targetUrl")))) for one in written)


def align(services: Services, key: str, uri: str, *, actor: str, now: datetime) -> AchievementVersion:
    """Align an achievement to an item that was imported. Raises NotFoundError."""
    found = resolve_skills(services, [uri]).get(uri)
    if found is None or found.gone:
        raise NotFoundError("no imported framework has this skill")
    return _change(services, key, _with(build_alignment(found)), actor=actor, now=now)


def align_freely(
    services: Services, key: str, *, name: str, url: str, framework: str, actor: str, now: datetime
) -> AchievementVersion:
    """Align it to an address that no imported framework has. Raises InputError."""
    if not name.strip() or not is_web_page(url.strip()):
        raise InputError("an alignment needs a name, and an address that begins with https://")
    told = {
        "type": ["Alignment"],
        "targetName": name.strip(),
        "targetUrl": url.strip(),
        "targetFramework": framework.strip(),
    }
    alignment = {member: value for member, value in told.items() if value}
    return _change(services, key, _with(alignment), actor=actor, now=now)


def unalign(services: Services, key: str, uri: str, *, actor: str, now: datetime) -> AchievementVersion:
    """Take an alignment away from the next version. What was issued keeps it."""

    def without(written: _Alignments) -> _Alignments:
        return [one for one in written if same(read_text(one.get("targetUrl"))) != same(uri)]

    return _change(services, key, without, actor=actor, now=now)


def _with(alignment: dict[str, Any]) -> Callable[[_Alignments], _Alignments]:
    """One address is named once."""
    url = same(alignment["targetUrl"])

    def added(written: _Alignments) -> _Alignments:
        return [*(one for one in written if same(read_text(one.get("targetUrl"))) != url), alignment]

    return added


def _change(
    services: Services,
    key: str,
    change: Callable[[_Alignments], _Alignments],
    *,
    actor: str,
    now: datetime,
) -> AchievementVersion:
    """The newest version once more, with other alignments; the same is no new version."""

    def realign(document: dict[str, Any]) -> None:
        written = change([dict(one) for one in read_objects(document["achievement"].get("alignment"))])
        if written:
            document["achievement"]["alignment"] = written
        else:
            document["achievement"].pop("alignment", None)

    return change_definition(services, key, realign, actor=actor, now=now)
