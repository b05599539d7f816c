"""Events of people: employment, moves, consent, what they learn and what their work shows."""

from __future__ import annotations

from typing import Any

from credserv.ground.encoding import format_instant
from credserv.processes.playing.doors import Answer, part
from credserv.processes.playing.log import Event
from credserv.processes.playing.stage import Stage

_EMPLOYMENT = ("department", "site", "language", "group", "role", "level")
_FACT = ("pathway", "competency", "score", "maximum", "mentored", "signal", "count", "exposure")
_KINDS = {"signal.posted": "signal"}


def joined(stage: Stage, event: Event) -> Answer:
    told = {name: event[name] for name in _EMPLOYMENT if event.get(name) is not None}
    employment = {"started": event.get("started") or event["at"], **_employer(stage, event), **told}
    return stage.tell_member(event["person"], {"employment": employment})


def left(stage: Stage, event: Event) -> Answer:
    ended = {"ended": event.get("ended") or event["at"], **_employer(stage, event)}
    return stage.post(f"{_member(stage, event)}/leaving", ended)


def role_changed(stage: Stage, event: Event) -> Answer:
    told = {"effective": event["effective"], "before": event["before"], "after": event["after"]}
    told["correction"] = bool(event.get("correction"))
    return stage.post(f"{_member(stage, event)}/moves", told)


def consented(stage: Stage, event: Event) -> Answer:
    path = f"{_member(stage, event)}/consents/{part(event['purpose'])}"
    return stage.put(path, {}) if event.type == "consent.given" else stage.delete(path)


def fact(stage: Stage, event: Event) -> Answer:
    """Record what was learned or measured, as of when it became known."""
    told: dict[str, Any] = {name: event[name] for name in _FACT if event.get(name) is not None}
    told |= {
        "reference": f"log-{event.number}",
        "person": stage.person(event["person"]),
        "kind": _KINDS.get(event.type, event.type),
        "occurred_at": format_instant(event.at),
    }
    return stage.post("/outcomes/facts", {"items": [told]})


def logged(stage: Stage, event: Event) -> Answer:
    """Record development or supervision, in minutes."""
    minutes = event.get("minutes")
    if minutes is None:
        minutes = round(60 * float(event.get("hours") or 0))
    told = {
        "reference": f"log-{event.number}",
        "kind": event.type.partition(".")[0],
        "minutes": minutes,
        "occurred_at": format_instant(event.at),
    }
    return stage.post(f"{_member(stage, event)}/practice", told)


def _member(stage: Stage, event: Event) -> str:
    return f"/members/{part(stage.person(event['person']))}"


def _employer(stage: Stage, event: Event) -> dict[str, Any]:
    """Return the employer; omitted for the organisation itself."""
    return {} if event["employer"] == stage.firm else {"employer": event["employer"]}
