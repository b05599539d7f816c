"""What an achievement is worth as learning: entered in a form, with a new version for each change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from credserv.ground.errors import InputError
from credserv.journeys.define.next_version import change_definition
from credserv.journeys.services import Services
from credserv.openbadges.learning_credential import EQF_PAGE, eqf_level, is_eqf
from credserv.openbadges.lenient import read_objects, read_text
from credserv.openbadges.studies import read_studies
from credserv.records.achievements import AchievementVersion

_STACKABLE = {"yes": True, "no": False, "": None}


def studies_form(version: AchievementVersion) -> dict[str, str]:
    """Return the current values as form fields.

    Returns:
        `study_time` (hours, or an ISO 8601 duration), `level`, `language`, `quality_assurance` and
        `prerequisites` (one per line), `stackable` (yes, no or empty).
    """
    studies, level = read_studies(version.learning), eqf_level(version.achievement)
    time = studies.study_time
    hours = time.removeprefix("PT").removesuffix("H")
    return {
        "study_time": hours if time == f"PT{hours}H" and hours.isdigit() else time,
        "level": "" if level is None else str(level),
        "language": read_text(version.achievement.get("inLanguage")),
        "quality_assurance": "\n".join(studies.quality_assurance),
        "prerequisites": "\n".join(studies.prerequisites),
        "stackable": next(word for word, value in _STACKABLE.items() if value is studies.stackable),
    }


def set_studies(
    services: Services, key: str, form: Mapping[str, str], *, actor: str, now: datetime
) -> AchievementVersion:
    """Make the next version with the values of the form, unless nothing changes.

    Raises:
        InputError: A value is not valid.
        NotFoundError: There is no such achievement.
        CredservError: As `define`.
    """
    fields = {name: value.strip() for name, value in form.items()}
    time, level = fields.get("study_time", ""), fields.get("level", "")
    if level and level not in "12345678":
        raise InputError("a level of the EQF is a number from 1 to 8")
    if fields.get("stackable", "") not in _STACKABLE:
        raise InputError("whether it counts towards something larger is yes, no, or not said")
    said = {
        "study_time": f"PT{int(time)}H" if time.isascii() and time.isdigit() else time,
        "quality_assurance": _lines(fields.get("quality_assurance", "")),
        "prerequisites": _lines(fields.get("prerequisites", "")),
        "stackable": _STACKABLE[fields.get("stackable", "")],
    }
    learning = {name: value for name, value in said.items() if value not in ("", [], None)}

    def say(document: dict[str, Any]) -> None:
        achievement = document["achievement"]
        document["learning"] = learning or None
        _put(achievement, "inLanguage", fields.get("language", ""))
        _put(achievement, "alignment", _aligned(read_objects(achievement.get("alignment")), level))

    return change_definition(services, key, say, actor=actor, now=now)


def _aligned(written: list[Any], level: str) -> list[Any]:
    """Return the alignments with this level in place of a former one."""
    others = [one for one in written if not is_eqf(read_text(one.get("targetUrl")))]
    if not level:
        return others
    named = {
        "type": ["Alignment"],
        "targetName": f"EQF level {level}",
        "targetUrl": f"{EQF_PAGE}{level}",
        "targetFramework": "European Qualifications Framework",
    }
    kept = next((one for one in written if read_text(one.get("targetUrl")) == named["targetUrl"]), named)
    return [*others, kept]


def _put(achievement: dict[str, Any], name: str, value: object) -> None:
    if value:
        achievement[name] = value
    else:
        achievement.pop(name, None)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
