"""How a person's competence grew, from badges and their versions alone, so that
whoever has the badges sees the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from credserv.ground.json_types import JsonObject
from credserv.openbadges.achievement_results import RENEWAL_DATE, result_of
from credserv.openbadges.display import CredentialDisplay, build_display
from credserv.openbadges.lenient import first_object


@dataclass(frozen=True)
class Step:
    """A step.

    Attributes:
        at: When it was awarded, or a later version of it began.
        badge: What says so.
        issuer: Who says so.
        level: "" if it states none.
        renewal_due: A day, as the badge states it.
        until: When it ends.
    """

    at: datetime
    badge: str
    issuer: str
    level: str = ""
    is_renewal: bool = False
    renewal_due: str = ""
    until: datetime | None = None


@dataclass(frozen=True)
class Line:
    """The steps of one competency, or of a badge that names none, earliest first."""

    name: str
    framework: str
    steps: tuple[Step, ...]


def build_trajectory(documents: Iterable[JsonObject]) -> tuple[Line, ...]:
    """Build the lines, earliest first.

    Args:
        documents: Credentials as signed, each version of them, in any order.
    """
    read = [(build_display(one), _renewal_due(one)) for one in documents]
    dated = [(at, display, due) for display, due in read if (at := _began(display)) is not None]
    dated.sort(key=lambda one: (one[0], one[1].valid_from or one[0], one[1].credential_id))
    lines: defaultdict[tuple[str, str], list[Step]] = defaultdict(list)
    seen: set[str] = set()
    for began, display, due in dated:
        is_renewal = display.credential_id in seen
        seen.add(display.credential_id)
        at = display.valid_from if is_renewal and display.valid_from else began
        for key, level in _competencies(display):
            lines[key].append(
                Step(at, display.name, display.issuer_name, level, is_renewal, due, display.valid_until)
            )
    return tuple(Line(name, framework, tuple(steps)) for (name, framework), steps in lines.items())


def _competencies(display: CredentialDisplay) -> list[tuple[tuple[str, str], str]]:
    skills = [((skill.name or skill.uri, skill.framework), skill.level) for skill in display.skills]
    return list(dict(skills).items()) or [((display.name, ""), "")]


def _began(display: CredentialDisplay) -> datetime | None:
    """Return when a version began.

    A later version was awarded when the first one was, but its own term begins later (`validFrom`).
    """
    return display.awarded_at or display.valid_from


def _renewal_due(document: JsonObject) -> str:
    return result_of(first_object(document.get("credentialSubject")), RENEWAL_DATE) or ""
