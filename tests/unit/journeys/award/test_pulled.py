"""A source that is asked: when next, what it is told that came of it, and what of a folder is taken."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from credserv.fetch.calling import Answer
from credserv.journeys.award import reconciling
from credserv.journeys.award.pulling import pull, pull_due
from credserv.journeys.award.reconciling import Asked, courses_of_rules, is_known
from credserv.journeys.services import Services
from credserv.mastery.index import CurrentRule
from credserv.mastery.reading import parse_rule
from credserv.processes import turns as worker_turns
from credserv.records.observations import (
    ActivityKind,
    ActivityReference,
    Kind,
    Observation,
    PersonKind,
    PersonReference,
)
from credserv.records.sources import PullRecord, SourceRecord
from tests.testkit.observed import closed
from tests.testkit.pulled_systems import SCHOOL, Answering, System, absent
from tests.testkit.service import NOW, Service

_numbers = itertools.count(1)
HOUR = timedelta(hours=1)
ROWS = b"employee id,course,status,completed at\n7,c,completed,2026-01-02\n8,c,completed,2026-01-03\n"


def connected(here: Service, dialect: str, pull: Mapping[str, Any] | None, **made: Any) -> SourceRecord:
    """With a token, where one is given."""
    options = {} if pull is None else {"pull": pull}
    store, token = here.services.store, made.pop("token", "t-1")
    told = {"enabled": True, "mapping": {"rules": []}} | made
    source = SourceRecord(
        f"pulled-{next(_numbers)}", dialect, (), told["mapping"], NOW, told["enabled"], options
    )
    store.sources.create(source)
    store.source_pulls.schedule(source.name, NOW)
    if token:
        store.source_pulls.set_token(source.name, token)
    return source


def record(here: Service, source: SourceRecord) -> PullRecord:
    found = here.services.store.source_pulls.get(source.name)
    assert found is not None
    return found


def asked(here: Service, source: SourceRecord, answer: Any = None, **changed: Any) -> Asked | None:
    """What came of asking it; answer: of the system."""
    caller = System(answer or absent)
    services = replace(here.services, caller=caller, **changed)
    return pull(services, record(here, source), now=NOW)


def page(*users: int, at: str = "2026-03-01T10:00:00Z") -> Answering:
    progress = {"requirement_count": 1, "requirement_completed_count": 1, "completed_at": at}
    body = json.dumps([{"id": user, "progress": progress} for user in users]).encode()
    return lambda _url, _headers, _form: Answer(200, {}, body)


def test_what_was_asked_is_kept_with_when_it_is_asked_again(here: Service) -> None:
    source = connected(here, "canvas", {"from": SCHOOL, "courses": ["7"]})
    user = next(_numbers) + 10_000
    found = asked(here, source, page(user))
    assert found == Asked(1, 1, 1, [])
    kept = record(here, source)
    assert kept.outcome == {"asked": 1, "found": 1, "new": 1, "failed": []}
    assert (kept.due_at, kept.ended_at, kept.seen) == (NOW + 24 * HOUR, NOW, {})
    assert asked(here, source, page(user)) == Asked(1, 1, 0, []), "it is known now"
    (message,) = here.services.store.events.recent(source.name, limit=9)  # nothing new is no message
    assert (message.authentication or {})["is_signed"] is False
    failed = asked(here, source)
    assert failed == Asked(1, 0, 0, ["Course 7: it answered 404."])
    assert record(here, source).due_at == NOW + HOUR
    assert pull(here.services, replace(record(here, source), due_at=NOW), now=NOW) is None, "another has it"
    often = connected(here, "canvas", {"from": SCHOOL, "courses": ["7"], "every_hours": 1})
    assert asked(here, often) is not None
    assert record(here, often).due_at == NOW + HOUR


def test_of_what_is_not_to_be_asked_nothing_is(here: Service) -> None:
    source = connected(here, "canvas", None)
    assert asked(here, source) is None
    assert here.services.store.source_pulls.get(source.name) is None
    paused = connected(here, "canvas", {"from": SCHOOL, "courses": ["7"]}, enabled=False)
    assert asked(here, paused, page(1)) == Asked()
    assert record(here, paused).due_at == NOW + 24 * HOUR
    bare = connected(here, "canvas", {"from": SCHOOL, "courses": ["7"]}, token="")
    assert asked(here, bare, page(1)) == Asked(failed=["It could not be asked: no token was given for it."])

    def broken(_url: str, _headers: Mapping[str, str], _form: Mapping[str, str]) -> Answer:
        raise ZeroDivisionError

    fault = connected(here, "csv", {"from": f"{SCHOOL}/rows.csv"})
    (told,) = (asked(here, fault, broken) or Asked()).failed
    assert told == "It could not be asked: a fault of this service, which has been logged."
    named = {"rules": [{"event": "completed", "course": "c1", "achievement": "mentor"}]}
    unnamed = connected(here, "canvas", {"from": SCHOOL}, mapping=named)
    (told,) = (asked(here, unnamed) or Asked()).failed
    assert told == "No rule names a course of it by its number, so that nothing was asked."


def test_courses_that_rules_name_are_asked_until_three_in_a_row_fail(here: Service) -> None:
    rules = [
        {"event": "completed", "course": one, "achievement": "mentor"}
        for one in ("12", "11", "13", "14", "c")
    ]
    source = connected(here, "canvas", {"from": SCHOOL}, mapping={"rules": rules})
    assert courses_of_rules(here.services, source) == ("11", "12", "13", "14")

    def down(*but: str) -> Asked | None:
        def answer(url: str, _headers: Mapping[str, str], _form: Mapping[str, str]) -> Answer:
            found = any(f"/courses/{one}/" in url for one in but)
            return Answer(200, {}, b"[]") if found else Answer(500, {}, b"")

        return asked(here, source, answer)

    failed = [f"Course {one}: it answered 500." for one in ("11", "12", "13", "14")]
    assert down() == Asked(3, 0, 0, [*failed[:3], "The other courses were not asked."])
    assert down("13") == Asked(4, 0, 0, [failed[0], failed[1], failed[3]])


def test_a_completion_is_known_by_any_name_within_the_installation(here: Service) -> None:
    source = connected(here, "canvas", {"from": SCHOOL, "courses": ["7"]})
    user = str(next(_numbers) + 20_000)
    assert asked(here, source, page(int(user))) == Asked(1, 1, 1, [])
    about = (ActivityReference(ActivityKind.COURSE, "7"),)

    def said(name: str, at: datetime | None = None) -> Observation:
        people = (PersonReference(PersonKind.LMS_ID, name),)
        return Observation("e", "t", Kind.COMPLETED, people, about, at)

    assert is_known(here.services, source, said(user))
    assert not is_known(here.services, source, said("nobody"))
    assert not is_known(here.services, source, said(user, NOW))
    assert not is_known(here.services, source, replace(said(user), people=()))
    elsewhere = connected(here, "canvas", {"from": SCHOOL, "courses": ["7"]})
    assert not is_known(here.services, elsewhere, said(user))


def moodle(users: int, done: int) -> Answering:
    def answer(_url: str, _headers: Mapping[str, str], form: Mapping[str, str]) -> Answer:
        if form["wsfunction"] == "core_enrol_get_enrolled_users":
            found: Any = [{"id": 30_000 + one} for one in range(users)]
        elif form["userid"] == "30000":
            found = {"exception": "e", "errorcode": "notenroled", "message": "no"}
        else:
            status = {"completed": int(form["userid"]) < 30_000 + done, "completions": []}
            found = {"completionstatus": status}
        return Answer(200, {}, json.dumps(found).encode())

    return answer


def test_of_learners_in_moodle_only_who_is_not_known_is_asked_for(here: Service) -> None:
    source = connected(here, "moodle", {"from": SCHOOL, "courses": ["7"]})
    services = here.services

    def calls(done: int) -> tuple[Asked | None, int]:
        system = System(moodle(4, done))
        found = pull(replace(services, caller=system), record(here, source), now=NOW)
        return found, len(system.asked)

    assert calls(3) == (Asked(1, 2, 2, []), 5), "a teacher, who learns nothing there, is asked for, too"
    assert calls(3) == (Asked(1, 0, 0, []), 3), "who has completed it is known"
    assert calls(4) == (Asked(1, 1, 1, []), 3)


def test_a_file_is_fetched_with_its_token_and_told_where_it_cannot_be_read(here: Service) -> None:
    source = connected(here, "csv", {"from": f"{SCHOOL}/rows.csv"})
    system = System(lambda _url, _headers, _form: Answer(200, {"content-type": "text/csv"}, ROWS))
    services = replace(here.services, caller=system)
    assert pull(services, record(here, source), now=NOW) == Asked(1, 2, 2, [])
    assert pull(services, record(here, source), now=NOW) == Asked(1, 2, 2, []), "kept once, told as it was"
    headers = [told.get("Authorization") for _, told, _ in system.asked]
    assert (headers, system.asked[0][0]) == (["Bearer t-1"] * 2, f"{SCHOOL}/rows.csv")
    here.services.store.source_pulls.set_token(source.name, "Basic eA==")
    pull(services, record(here, source), now=NOW)
    assert system.asked[-1][1]["Authorization"] == "Basic eA=="
    open_to_all = connected(here, "csv", {"from": f"{SCHOOL}/rows.csv"}, token="")
    pull(services, record(here, open_to_all), now=NOW)
    assert "Authorization" not in system.asked[-1][1]
    for status in (201, 404):
        found = asked(here, source, lambda _url, _headers, _form, s=status: Answer(s, {}, ROWS))
        assert found == Asked(failed=[f"It could not be asked: the host answered {status}."])
    (told,) = (asked(here, source, lambda _url, _headers, _form: Answer(200, {}, b"\0")) or Asked()).failed
    assert told.startswith("The file cannot be read, and is kept: ")


def test_a_file_in_a_folder_is_taken_once_when_it_has_stayed_the_same(here: Service, tmp_path: Path) -> None:
    source = connected(here, "csv", {"from": "folder"})
    assert asked(here, source, watched_dir=None) == Asked(
        failed=["It could not be asked: this installation watches no folder (CREDSERV_WATCHED_DIR)."]
    )
    folder = tmp_path / here.services.issuer.id / source.name
    folder.mkdir(parents=True)
    (folder / "a.csv").write_bytes(ROWS)

    def look() -> tuple[Asked | None, list[bool]]:
        found = asked(here, source, watched_dir=tmp_path)
        return found, [one[2] for one in record(here, source).seen.values()]

    assert look() == (Asked(), [False])
    (folder / "a.csv").write_bytes(ROWS + b"9,c,completed,2026-01-04\n")
    assert look() == (Asked(), [False]), "it was written to since"
    assert look() == (Asked(1, 3, 3, []), [True])
    assert record(here, source).outcome == {"asked": 1, "found": 3, "new": 3, "failed": []}
    kept = here.services.store.observations.recent(source=source.name, limit=9)
    assert [one.is_signed for one in kept] == [False] * 3
    assert look() == (Asked(), [True])
    assert record(here, source).outcome["asked"] == 1, "what came of the last one is told still"
    (folder / "a.csv").write_bytes(ROWS + b"10,c,completed,2026-01-05\n10,d,completed,2026-01-05\n")
    assert look() == (Asked(), [False]), "it is another file"
    assert look() == (Asked(1, 4, 2, []), [True])
    (folder / "a.csv").unlink()
    assert look() == (Asked(), [])


def test_nothing_is_asked_while_stopping_or_closed(here: Service) -> None:
    services = replace(here.services, caller=System(absent))

    def due(services: Services, *stops: bool) -> int:
        stopping = iter((*stops, *[False] * 99))
        return pull_due(services, clock=here.clock, stopping=lambda: next(stopping))

    while due(services):  # what other tests left
        pass
    for _ in range(3):
        connected(here, "canvas", {"from": SCHOOL, "courses": ["7"]}, enabled=False)
    assert due(services, True) == 0
    assert due(services, False, True) == 1
    assert due(closed(services, closed_at=NOW)) == 0
    assert due(services) == 2
    assert due(services) == 0


def test_the_systems_of_one_organisation_keep_no_others_waiting(
    here: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A turn ends with the system that is being asked, however many of its organisation are due."""

    def slow(url: str, headers: Mapping[str, str], form: Mapping[str, str]) -> Answer:
        time.sleep(0.02)
        return absent(url, headers, form)

    turn = worker_turns.turns(here.settings, threading.Event())["what systems are asked for"]
    while turn(replace(here.services, caller=System(absent))):  # what other tests left
        pass
    for _ in range(3):
        connected(here, "canvas", {"from": SCHOOL, "courses": ["7"]})
    monkeypatch.setattr(worker_turns, "TURN_SECONDS", 0.01)
    own = replace(here.services, caller=System(slow))
    assert [turn(own), turn(own), turn(own), turn(own)] == [1, 1, 1, 0]


def test_courses_are_those_of_this_system_or_of_any(here: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    source, other = (connected(here, "canvas", {"from": SCHOOL}) for _ in range(2))
    rules = {}
    for course, about in (
        ("21", {"source": source.name}),
        ("22", {}),
        ("23", {"source": other.name}),
        ("24", {"kind": "assessment"}),
    ):
        when = {"observed": {"kind": "completed", "activity": {"value": course, **about}}}
        rules[course] = CurrentRule(1, parse_rule({"when": when}, achievement="mentor"))
    monkeypatch.setattr(reconciling, "current_rules", lambda _services: SimpleNamespace(rules=rules))
    assert courses_of_rules(here.services, source) == ("21", "22")
    assert courses_of_rules(here.services, other) == ("22", "23")
