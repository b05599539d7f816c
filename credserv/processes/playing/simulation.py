"""A whole simulation: each event at its time through its endpoint, then the figures."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.processes.playing import accrediting, mentoring, people
from credserv.processes.playing.doors import Answer
from credserv.processes.playing.invariants import broken_invariants
from credserv.processes.playing.log import Event
from credserv.processes.playing.own_service import own_service
from credserv.processes.playing.report import make_report
from credserv.processes.playing.stage import Stage

_TOLD_EVERY = 10.0  # seconds
_FOR_ALL_OF_IT = timedelta(days=3_600)
_UNKNOWN = "not-a-type"
_SHOWN = 20  # refusals and failures of one kind, with their line

PLAYS: Mapping[str, Callable[[Stage, Event], Answer]] = {
    "person.joined": people.joined,
    "person.left": people.left,
    "role.changed": people.role_changed,
    "consent.given": people.consented,
    "consent.withdrawn": people.consented,
    "pathway.started": people.fact,
    "assessment.pre": people.fact,
    "assessment.post": people.fact,
    "credential.mastered": people.fact,
    "signal.posted": people.fact,
    "cpd.logged": people.logged,
    "supervision.logged": people.logged,
    "founder.appointed": accrediting.appointed,
    "mentor.applied": accrediting.applied,
    "assessment.passed": accrediting.assessed,
    "assessment.failed": accrediting.assessed,
    "endorsement.made": accrediting.endorsed,
    "session.observed": accrediting.observed,
    "accreditation.granted": accrediting.granted,
    "accreditation.renewed": accrediting.renewed,
    "accreditation.suspended": accrediting.suspended,
    "accreditation.restored": accrediting.restored,
    "accreditation.revoked": accrediting.revoked,
    "appeal.opened": accrediting.appealed,
    "appeal.upheld": accrediting.appeal_decided,
    "appeal.rejected": accrediting.appeal_decided,
    "audit.committed": accrediting.committed,
    "audit.revealed": accrediting.revealed,
    "session.held": mentoring.held,
    "session.confirmed": mentoring.confirmed,
    "feedback.given": mentoring.rated,
}


@dataclass(frozen=True)
class Simulated:
    """The outcome.

    Attributes:
        refused: by type of event, how often for each reason.
        invariants: by name, what violates it.
    """

    report: JsonObject
    refused: Mapping[str, Counter[str]]
    invariants: Mapping[str, Sequence[str]]

    @property
    def broken(self) -> bool:
        return any(self.invariants.values())


def simulate_log(
    events: Sequence[Event],
    programme: JsonObject,
    *,
    cut: datetime,
    instants: Sequence[datetime],
    database_url: str | None,
    tell: Callable[[str], None],
) -> Simulated:
    """Simulate a log.

    Raises InputError for a programme that cannot be used, SettingsError for a database that is not empty.
    """
    firm = next((str(one["employer"]) for one in events if one.type == "person.joined"), "")
    within = [one for one in events if one.at <= cut]
    with own_service(database_url, events[0].at - timedelta(hours=1)) as own:
        stage = Stage.set_up(own, programme, firm)
        _load(stage, within)
        refused, failed = _play(stage, within, tell)
        own.clock.now = max(cut, own.clock.now)
        tell("played; computing the figures")
        claimed = {str(one["credential"]) for one in within if one.type == "accreditation.granted"}
        report = make_report(own.services, str(programme["key"]), cut=cut, instants=instants, claimed=claimed)
        broken = {"every event is answered": failed}
        return Simulated(report, refused, broken | broken_invariants(own.services, cut))


def _load(stage: Stage, events: Sequence[Event]) -> None:
    observed = {str(one["competency"]) for one in events if one.type == "session.observed"}
    answer = stage.load(sorted(observed), stage.own.clock.now + _FOR_ALL_OF_IT)
    if not answer.is_good:
        raise InputError(f"the programme cannot be used: {answer.detail()}")


def _play(
    stage: Stage, events: Sequence[Event], tell: Callable[[str], None]
) -> tuple[dict[str, Counter[str]], list[str]]:
    """Return how often what was refused, and where the service failed."""
    refused: defaultdict[str, Counter[str]] = defaultdict(Counter)
    failed: list[str] = []
    told_at = time.monotonic()
    for number, event in enumerate(events):
        stage.own.clock.now = max(event.at, stage.own.clock.now)
        play = PLAYS.get(event.type)
        if play is None:
            refused[event.type][_UNKNOWN] += 1
            if refused[event.type].total() <= _SHOWN:
                tell(f"line {event.line} is passed over: no such type of event as {event.type[:60]}")
            continue
        answer = play(stage, event)
        if answer.status >= 500:
            failed.append(f"line {event.line}, {event.type}: {answer.detail()}")
        elif not answer.is_good:
            code = answer.code()
            refused[event.type][code] += 1
            if refused[event.type].total() <= _SHOWN:
                tell(f"line {event.line}, {event.type} refused: {answer.detail()}")
        if time.monotonic() - told_at > _TOLD_EVERY:
            told_at = time.monotonic()
            tell(f"{number + 1} of {len(events)} events, {event.at:%Y-%m-%d}")
    return refused, failed
