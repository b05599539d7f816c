"""Alignments of an achievement, chosen from imported frameworks; each change is a new version.

Any other URL is possible too and is shown as *unresolved*, because nobody here can say what it stands for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from credserv.frameworks.gathering import same
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
    """An alignment as written, and the framework item that it names; None if there is none."""

    alignment: JsonObject
    found: FoundSkill | None


def alignments_of(services: Services, version: AchievementVersion) -> tuple[Aligned, ...]:
    """Return the alignments of a version."""
    written = read_objects(version.achievement.get("alignment"))
    known = resolve_skills(services, [read_text(one.get("targetUrl")) for one in written])
    return tuple(Aligned(one, known.get(read_text(one.get("targetUrl")))) for one in written)


def align(services: Services, key: str, uri: str, *, actor: str, now: datetime) -> AchievementVersion:
    """Align an achievement to an imported item.

    Raises:
        NotFoundError: There is no such achievement or item.
    """
    found = resolve_skills(services, [uri]).get(uri)
    if found is None or found.gone:
        raise NotFoundError("no imported framework has this skill")
    return _change(services, key, _with(build_alignment(found)), actor=actor, now=now)


def align_freely(
    services: Services, key: str, *, name: str, url: str, framework: str, actor: str, now: datetime
) -> AchievementVersion:
    """Align an achievement to a URL that no imported framework has.

    Raises:
        InputError: The name is missing or the URL is not https.
    """
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
    """Remove an alignment in the next version. Issued credentials keep it."""

    def without(written: _Alignments) -> _Alignments:
        return [one for one in written if same(read_text(one.get("targetUrl"))) != same(uri)]

    return _change(services, key, without, actor=actor, now=now)


def _with(alignment: dict[str, Any]) -> Callable[[_Alignments], _Alignments]:
    """Add an alignment, replacing one with the same URL."""
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
    """Make a version with other alignments; if nothing changes, there is no new version."""

    def realign(document: dict[str, Any]) -> None:
        written = change([dict(one) for one in read_objects(document["achievement"].get("alignment"))])
        if written:
            document["achievement"]["alignment"] = written
        else:
            document["achievement"].pop("alignment", None)

    return change_definition(services, key, realign, actor=actor, now=now)
