"""The achievement for a programme's badge: one per programme, with the results
that a living credential needs.

Its key is the programme's. To change its words or image, define a version of the achievement with results of
the types `ext:RenewalDate` and `ext:AccreditedFor`; the newest version with the first of them is used.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from credserv.accreditation.programme import Programme
from credserv.accreditation.words import asked_words
from credserv.ground.errors import ConflictError
from credserv.journeys.define.achievements import define, no_image_files
from credserv.journeys.services import Services
from credserv.openbadges.achievement_results import ACCREDITED_FOR, RENEWAL_DATE, RENEWAL_OPENS, described_as
from credserv.records.achievements import AchievementKind, AchievementVersion


def badge_of(services: Services, programme: Programme, *, actor: str, now: datetime) -> AchievementVersion:
    """Return the newest version of the programme's achievement, defining it if there is none.

    Raises:
        ConflictError: The key belongs to an achievement that accredits nobody.
    """
    known = services.store.achievements.newest(programme.key)
    if known is not None:
        if known.kind is not AchievementKind.MENTOR_ACCREDITATION:
            raise ConflictError(
                f"the achievement {programme.key} accredits nobody: give the programme another key"
            )
        if described_as(known.achievement, RENEWAL_DATE):
            return known
    found, _ = define(services, _definition(programme), read_image=no_image_files, actor=actor, now=now)
    return found


def _definition(programme: Programme) -> dict[str, Any]:
    asked = [f"{number}. {asked_words(one)}" for number, one in enumerate(programme.grant, 1)]
    narrative = "\n".join(["To be accredited, the holder meets what the programme asks:", "", *asked])
    if programme.body:
        narrative += f"\n\nShaped after what {programme.body} published; not that body's award."
    name = programme.name or programme.key
    return {
        "key": programme.key,
        "kind": AchievementKind.MENTOR_ACCREDITATION.value,
        "award": "per-event",
        "achievement": {
            "achievementType": "ext:MentorAccreditation",
            "name": name,
            "description": f"Accredited as a mentor under the programme {name}.",
            "criteria": {"narrative": narrative},
            "resultDescription": [
                {"id": "#renewal", "name": "Renewal due", "resultType": RENEWAL_DATE},
                {"id": "#opens", "name": "Renewal opens", "resultType": RENEWAL_OPENS},
                {"id": "#competencies", "name": "Accredited for", "resultType": ACCREDITED_FOR},
            ],
        },
    }
