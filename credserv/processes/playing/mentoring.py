"""Events of mentoring: sessions, their confirmation, and their ratings."""

from __future__ import annotations

from credserv.ground.encoding import format_instant
from credserv.processes.playing.doors import Answer, part
from credserv.processes.playing.log import Event
from credserv.processes.playing.stage import Stage

_SCALES = (5, 10, 100)  # the log does not say which: the smallest that has the score


def held(stage: Stage, event: Event) -> Answer:
    told = {
        "reference": event["session"],
        "mentor": stage.person(event["mentor"]),
        "mentee": stage.person(event["mentee"]),
        "minutes": event["minutes"],
        "competency": event["competency"],
        "held_at": format_instant(event.at),
    }
    return stage.post("/mentoring/sessions", told)


def confirmed(stage: Stage, event: Event) -> Answer:
    return stage.post(f"{_session(event)}/confirmations", {"by": stage.person(event["by"])})


def rated(stage: Stage, event: Event) -> Answer:
    score = event["score"]
    maximum = next((most for most in _SCALES if score <= most), score)
    told = {"by": stage.person(event["by"]), "score": score, "maximum": maximum}
    return stage.post(f"{_session(event)}/feedback", told)


def _session(event: Event) -> str:
    return f"/mentoring/sessions/{part(event['session'])}"
