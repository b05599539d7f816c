"""Events of accreditation: founders, applications with their evidence, decisions, audits."""

from __future__ import annotations

from credserv.ground.encoding import format_instant
from credserv.processes.playing.doors import Answer, part
from credserv.processes.playing.log import Event
from credserv.processes.playing.stage import APPEALS, ASSESSOR, DECIDER, FIRST, SECOND, Stage

_FORBIDDEN = 403


def appointed(stage: Stage, event: Event) -> Answer:
    told = {
        "reference": f"log-{event.number}",
        "person": stage.person(event["person"]),
        "until": event["until"],
        "competencies": event["competencies"],
        "reason": "as the log says",
    }
    return stage.post(f"/programmes/{part(_programme(stage, event))}/founders", told)


def applied(stage: Stage, event: Event) -> Answer:
    told = {
        "reference": event["application"],
        "person": stage.person(event["person"]),
        "programme": _programme(stage, event),
        "competencies": event["competencies"],
    }
    return stage.post("/applications", told)


def assessed(stage: Stage, event: Event) -> Answer:
    """Record an assessment from the system that the score comes from: the log names nobody."""
    return _evidence(stage, event, {"kind": "assessment", "score": event["score"]})


def observed(stage: Stage, event: Event) -> Answer:
    """Record an observation by the assessor in the log.

    A programme in the short form does not say who may assess. There, an uninvolved person with that role
    submits what somebody without it saw.
    """
    told = {"kind": "observation", "competency": event["competency"], "level": event["level"]}
    answer = _evidence(stage, event, {**told, "by": stage.person(event["assessor"])})
    if answer.status == _FORBIDDEN and answer.code() == "not-entitled" and stage.is_small:
        return _evidence(stage, event, {**told, "by": ASSESSOR})
    return answer


def _evidence(stage: Stage, event: Event, told: dict[str, object]) -> Answer:
    said = {"reference": f"log-{event.number}", "occurred_at": format_instant(event.at), **told}
    return stage.post(f"/applications/{part(event['application'])}/evidence", said)


def endorsed(stage: Stage, event: Event) -> Answer:
    """Endorse with the endorser's own click, signed in to their own page."""
    browser = stage.browser(event["by"])
    return browser.submit(
        f"/wallet/mentoring/endorse/{part(event['application'])}",
        competency=event["competency"],
        stated_at=event["stated_at"],
        reference=event["endorsement"],
    )


# --- what is decided ------------------------------------------------------------------------------


def granted(stage: Stage, event: Event) -> Answer:
    told = {**_by(event, DECIDER), "decision": "grant", "reference": event["credential"]}
    return stage.post(f"/applications/{part(event['application'])}/decision", told)


def renewed(stage: Stage, event: Event) -> Answer:
    return stage.post(f"{_accreditation(event)}/renewals", _by(event, DECIDER))


def suspended(stage: Stage, event: Event) -> Answer:
    return stage.post(f"{_accreditation(event)}/suspension", _by(event, DECIDER))


def restored(stage: Stage, event: Event) -> Answer:
    return stage.post(f"{_accreditation(event)}/restoration", _by(event, DECIDER))


def revoked(stage: Stage, event: Event) -> Answer:
    """Revoke by two uninvolved people, as required of a revocation that takes effect at once or earlier."""
    told = {**_by(event, FIRST), "also_by": SECOND}
    if event.get("effective_from") is not None:
        told["effective_from"] = event["effective_from"]
    return stage.post(f"{_accreditation(event)}/revocation", told)


def appealed(stage: Stage, event: Event) -> Answer:
    told = {"reference": f"log-{event.number}", "words": "as the log says"}
    answer = stage.post(f"{_accreditation(event)}/appeals", told)
    if answer.is_good:
        stage.appeals[event["credential"]] = f"log-{event.number}"
    return answer


def appeal_decided(stage: Stage, event: Event) -> Answer:
    opened = stage.appeals.pop(event["credential"], "none")
    told = {"upheld": event.type == "appeal.upheld", "by": APPEALS, "reason": "as the log says"}
    return stage.post(f"{_accreditation(event)}/appeals/{part(opened)}/decision", told)


def _by(event: Event, who: str) -> dict[str, str]:
    reason = str(event.get("reason") or "as the log says")
    return {"by": who, "reason": reason, "reference": f"log-{event.number}"}


def _accreditation(event: Event) -> str:
    return f"/accreditations/{part(event['credential'])}"


# --- audits ---------------------------------------------------------------------------------------


def committed(stage: Stage, event: Event) -> Answer:
    told = {name: event[name] for name in ("sha256", "share", "minimum") if event.get(name) is not None}
    return stage.put(_audit(stage, event), told)


def revealed(stage: Stage, event: Event) -> Answer:
    """Freeze the population as of its time, then reveal the seed."""
    frozen = stage.post(f"{_audit(stage, event)}/freeze", {"population_at": event["population_at"]})
    if not frozen.is_good:
        return frozen
    return stage.post(f"{_audit(stage, event)}/reveal", {"seed": event["seed"]})


def _audit(stage: Stage, event: Event) -> str:
    return f"/programmes/{part(_programme(stage, event))}/audits/{part(event['period'])}"


def _programme(stage: Stage, event: Event) -> str:
    return str(event.get("programme") or stage.programme["key"])
