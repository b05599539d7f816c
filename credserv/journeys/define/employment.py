"""The achievement that employment credentials name: made by the service, one per organisation.

What is said of a person (role, days, unit, hours, skills) is in the results of their credential.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from credserv.ground.errors import ConflictError, InputError
from credserv.ground.names import cut
from credserv.journeys.define.achievements import define
from credserv.journeys.services import Services
from credserv.openbadges.employment import ACHIEVEMENT_TYPE, FACTS
from credserv.records.achievements import AchievementKind, AchievementVersion

EMPLOYMENT = "employment"


def require_employment(services: Services, *, actor: str, now: datetime) -> AchievementVersion:
    """Return the newest version, making one if there is none or the organisation's name has changed.

    Raises:
        ConflictError: The organisation uses this key for an achievement of its own.
    """
    known = services.store.achievements.newest(EMPLOYMENT)
    if known is not None and known.kind is not AchievementKind.EMPLOYMENT:
        raise ConflictError(f"the organisation has an achievement of another kind named {EMPLOYMENT!r}")
    version, _ = define(services, _definition(services), read_image=_no_image, actor=actor, now=now)
    return version


def _definition(services: Services) -> dict[str, Any]:
    name = str(services.issuer.profile.get("name") or "this organisation")
    results = [{"id": f"#{key}", "name": said, "resultType": "Result"} for key, said in FACTS.items()]
    return {
        "key": EMPLOYMENT,
        "kind": AchievementKind.EMPLOYMENT.value,
        "award": "per-event",
        "achievement": {
            "achievementType": ACHIEVEMENT_TYPE,
            "name": cut(f"Employment at {name}", 200),
            "description": f"Works or has worked at {name}, in the role and for the time that is stated."[
                :2_000
            ],
            "criteria": {
                "narrative": "The employer confirms the role, the unit and the days of employment as they "
                "stand in its records, and the skills for which it has issued badges to the holder."
            },
            "tag": ["employment"],
            "resultDescription": results,
        },
    }


def _no_image(name: str) -> bytes:
    raise InputError(f"there is no picture {name!r}")
