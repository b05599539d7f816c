"""Systems are asked on a schedule: what never arrived awards, what did is left, and what failed is told."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from credserv.fetch.calling import Answer
from credserv.ground.errors import NotFoundError, UnavailableError
from credserv.journeys.award.pulling import pull_due
from credserv.journeys.award.replay import replay
from credserv.journeys.connect import sources as connect
from credserv.journeys.connect.pulls import ask_now, find_pull, set_token
from credserv.journeys.define.rules import set_rule
from credserv.journeys.operate.conditions import look_at
from credserv.processes.commands.replay import tell
from credserv.records.sources import PullRecord
from credserv.sources.pulling import moodle_grades
from tests.journeys.award.test_observations import completed, held, known, said, states
from tests.testkit.moving import command
from tests.testkit.pulled_systems import SCHOOL, System
from tests.testkit.service import Service

ACHIEVEMENT = "active-listening"
MAPPING = {"rules": [{"event": "completed", "course": "565", "achievement": ACHIEVEMENT}]}
ROWS = "employee id,course,status,completed at\n7,c,completed,2026-01-02\n8,c,completed,2026-01-03\n"


def told(value: Any, **headers: str) -> Answer:
    return Answer(200, headers, json.dumps(value).encode())


def entry(user: int, at: str | None = "2026-03-01T10:00:00Z") -> dict[str, Any]:
    progress = {"requirement_count": 6, "requirement_completed_count": 6 if at else 2, "completed_at": at}
    return {"id": user, "display_name": f"User {user}", "progress": progress}


def canvas_system(pages: list[list[dict[str, Any]]]) -> System:
    def answer(url: str, headers: Mapping[str, str], _form: Mapping[str, str]) -> Answer:
        if headers.get("Authorization") != "Bearer t-1":
            return Answer(401, {}, b"")
        if "/courses/565/" not in url:
            return Answer(404, {}, b"")
        number = int(url.partition("page=bookmark:")[2] or 0)
        more = f'<{url.partition("?")[0]}?page=bookmark:{number + 1}>; rel="next"'
        return told(pages[number], **({"link": more} if number + 1 < len(pages) else {}))

    return System(answer)


def connected(
    service: Service, dialect: str, pull: dict[str, Any], mapping: Any = MAPPING, token: str = "t-1"
) -> None:
    options = {"authentication": {"method": "secret-path"}, "pull": pull}
    now = service.clock.now
    connect.connect(
        service.services,
        name="campus",
        dialect=dialect,
        mapping=mapping,
        options=options,
        actor="test",
        now=now,
    )
    if token:
        set_token(service.services, "campus", token, actor="test", now=now)


def ask(service: Service, system: System | None, **more: Any) -> PullRecord:
    """Whatever is due now is asked; what is then known of it."""
    own = replace(service.services, **({"caller": system} if system else {}), **more)
    pull_due(own, clock=service.clock, stopping=lambda: False)
    found = find_pull(service.services, "campus")
    assert found is not None
    return found


def test_a_completion_that_never_arrived_awards_and_one_that_did_is_left(sqlite_service: Service) -> None:
    service = sqlite_service
    connected(service, "canvas", {"from": SCHOOL})
    for user, address in (("1", "ann@example.org"), ("2", "pat@example.org")):
        known(service, user, address, namespace="campus")
    secret = service.services.store.sources.get("campus").secrets[0]  # type: ignore[union-attr]
    event = json.dumps(completed("1")).encode()
    assert service.client().post(f"/hooks/campus/{secret}", data=event).status_code == 200
    system = canvas_system([[entry(1), entry(3, None)], [entry(2)]])
    found = ask(service, system)
    assert found.outcome == {"asked": 1, "found": 2, "new": 1, "failed": []}
    assert sorted(one.order.recipient.email or "" for one in held(service)) == [
        "ann@example.org",
        "pat@example.org",
    ]
    assert states(service) == ["judged", "judged"]
    assert [url.rpartition("/")[2] for url, _, _ in system.asked] == [
        "bulk_user_progress?per_page=100",
        "bulk_user_progress?page=bookmark:1",
    ]
    (mine,) = [one for one in held(service) if one.order.recipient.email == "pat@example.org"]
    words = tell(replay(service.services, mine.id))
    assert "asked-for" in str(words)
    # The next night says the same again: nothing is new, and nothing is awarded twice.
    assert ask(service, system).outcome["new"] == 1  # not due yet: as before
    service.clock.advance(hours=25)
    assert ask(service, system).outcome == {"asked": 1, "found": 2, "new": 0, "failed": []}
    assert len(said(service)) == len(held(service)) == 2


def test_an_event_that_comes_after_it_was_asked_for_awards_nothing_more(sqlite_service: Service) -> None:
    service = sqlite_service
    connected(service, "canvas", {"from": SCHOOL})
    ask(service, canvas_system([[entry(2)]]))
    assert states(service) == ["waiting"]  # nobody is known so yet
    service.clock.advance(hours=25)
    assert ask(service, canvas_system([[entry(2)]])).outcome["new"] == 0  # also of who waits
    known(service, "2", "pat@example.org", namespace="campus")
    secret = service.services.store.sources.get("campus").secrets[0]  # type: ignore[union-attr]
    service.client().post(f"/hooks/campus/{secret}", data=json.dumps(completed("2")).encode())
    assert len(held(service)) == 1


def test_what_cannot_be_asked_is_told_and_tried_again_within_the_hour(sqlite_service: Service) -> None:
    service = sqlite_service
    pull = {"from": SCHOOL, "courses": ["7", "565"]}
    connected(service, "canvas", pull, token="")
    assert "no token" in ask(service, canvas_system([])).outcome["failed"][0]
    set_token(service.services, "campus", "wrong", actor="test", now=service.clock.now)
    found = ask(service, canvas_system([]))
    assert found.outcome["failed"] == [f"Course {one}: it refuses the token (401)." for one in ("7", "565")]
    (finding,) = [one for one in look_at(service.services, service.clock.now) if one.name == "asked-sources"]
    assert finding.ok is False
    set_token(service.services, "campus", "t-1", actor="test", now=service.clock.now)
    found = ask(service, canvas_system([[entry(2)]]))
    assert found.outcome == {
        "asked": 2,
        "found": 1,
        "new": 1,
        "failed": ["Course 7: it answered 404."],
    }  # one course costs the other nothing
    assert found.due_at == service.clock.now + timedelta(hours=1)
    no_modules = {"id": 2, "progress": {"error": {"message": "not module based"}}}
    service.clock.advance(hours=2)
    assert "not module based" in ask(service, canvas_system([[no_modules]])).outcome["failed"][1]

    def dead(*_: Any) -> Answer:
        raise UnavailableError("the host did not answer in time")

    service.clock.advance(hours=2)
    system = System(dead)
    connect.change_options(
        service.services,
        "campus",
        {"pull": {**pull, "courses": list("123456")}},
        actor="test",
        now=service.clock.now,
    )
    assert ask(service, system).outcome["failed"][-1] == "The other courses were not asked."
    assert len(system.asked) == 3


def moodle_system(completed_at: Mapping[int, int | None]) -> System:
    """completed_at: by learner; None where not. Learner 1 is a teacher."""

    def answer(url: str, _headers: Mapping[str, str], form: Mapping[str, str]) -> Answer:
        assert url == f"{SCHOOL}/moodle/webservice/rest/server.php"
        if form["wstoken"] != "t-1":
            return told({"exception": "e", "errorcode": "invalidtoken", "message": "Invalid token"})
        if form["wsfunction"] == "core_enrol_get_enrolled_users":
            start, limit = int(form["options[0][value]"]), int(form["options[1][value]"])
            users = [{"id": 1}, *({"id": one, "username": f"u{one}"} for one in completed_at)]
            return told(users[start : start + limit])
        user = int(form["userid"])
        if user == 1:
            return told({"exception": "e", "errorcode": "usernotenroled", "message": "Not enrolled"})
        at = completed_at[user]
        rows = [{"type": 4, "complete": at is not None, "timecompleted": at}]
        status = {"completed": at is not None, "aggregation": 1, "completions": rows}
        return told({"completionstatus": status, "warnings": []})

    return System(answer)


def test_moodle_is_asked_of_each_learner_who_is_not_known_to_have_completed_it(
    sqlite_service: Service,
) -> None:
    service = sqlite_service
    connected(service, "moodle", {"from": f"{SCHOOL}/moodle/"})
    known(service, "5", "pat@example.org", namespace="campus")
    system = moodle_system({5: 1_772_000_000, 6: None, **dict.fromkeys(range(100, 200), None)})
    assert ask(service, system).outcome == {"asked": 1, "found": 1, "new": 1, "failed": []}
    assert [one.order.recipient.email for one in held(service)] == ["pat@example.org"]
    assert len(system.asked) == 2 + 103
    assert all("t-1" not in url for url, _, _ in system.asked)
    service.clock.advance(hours=25)
    system.asked.clear()
    assert ask(service, system).outcome == {"asked": 1, "found": 0, "new": 0, "failed": []}
    assert "5" not in [form.get("userid") for _, _, form in system.asked]
    set_token(service.services, "campus", "other", actor="test", now=service.clock.now)
    assert "Invalid token" in ask(service, system).outcome["failed"][0]


def test_courses_are_those_that_rules_name_by_number(sqlite_service: Service) -> None:
    service = sqlite_service
    connected(service, "canvas", {"from": SCHOOL}, mapping=None)
    assert "No rule names" in ask(service, canvas_system([])).outcome["failed"][0]
    leaves = [
        {"observed": {"kind": "completed", "activity": {"value": "565", "source": "campus"}}},
        {"observed": {"kind": "completed", "activity": {"value": "9", "source": "academy-lms"}}},
        {"observed": {"kind": "completed", "activity": "course-v1:A+B+C"}},
    ]
    set_rule(service.services, ACHIEVEMENT, {"when": {"any": leaves}}, actor="test", now=service.clock.now)
    ask_now(service.services, "campus", now=service.clock.now)
    system = canvas_system([[entry(2)]])
    assert ask(service, system).outcome["asked"] == 1
    assert len(system.asked) == 1


def test_a_file_is_fetched_each_night_and_says_what_is_new(sqlite_service: Service) -> None:
    service, rows = sqlite_service, [ROWS]

    def answer(_url: str, headers: Mapping[str, str], _form: Mapping[str, str]) -> Answer:
        assert headers["Authorization"] == "Basic dTpw"
        return Answer(200, {"content-type": "text/csv"}, rows[0].encode())

    connected(service, "csv", {"from": f"{SCHOOL}/all.csv"}, mapping=None, token="Basic dTpw")
    assert ask(service, System(answer)).outcome == {"asked": 1, "found": 2, "new": 2, "failed": []}
    rows[0] += "9,c,completed,2026-01-04\n"
    service.clock.advance(hours=25)
    assert ask(service, System(answer)).outcome == {"asked": 1, "found": 3, "new": 1, "failed": []}
    rows[0] = "<html>sign in</html>"
    service.clock.advance(hours=25)
    assert "cannot be read" in ask(service, System(answer)).outcome["failed"][0]
    service.services.store.sources.set_enabled("campus", False)
    service.clock.advance(hours=25)
    assert len(said(service)) == 3
    system = System(answer)
    ask(service, system)
    assert system.asked == []  # it is paused


def test_a_file_in_the_folder_is_taken_once_it_does_not_change_any_more(
    sqlite_service: Service, tmp_path: Path
) -> None:
    service = sqlite_service
    connected(service, "csv", {"from": "folder"}, mapping=None, token="")
    assert "CREDSERV_WATCHED_DIR" in ask(service, None).outcome["failed"][0]
    inbox = tmp_path / "inbox" / "main" / "campus"
    inbox.mkdir(parents=True)

    def look() -> dict[str, Any]:
        service.clock.advance(hours=1)
        return dict(ask(service, None, watched_dir=tmp_path / "inbox").outcome)

    (inbox / "a.csv").write_text(ROWS[:50])
    look()
    (inbox / "a.csv").write_text(ROWS)
    look()
    assert said(service) == ()  # somebody wrote it between the two looks
    assert look() == {"asked": 1, "found": 2, "new": 2, "failed": []}
    before = service.services.store.source_pulls.get("campus")
    look()
    after = service.services.store.source_pulls.get("campus")
    assert before is not None
    assert after is not None
    assert after.seen == before.seen  # it is not read again
    (inbox / "a.csv").write_text(ROWS + "9,c,completed,2026-01-04\n")
    os.utime(inbox / "a.csv", (1, 1))
    look()
    assert look() == {"asked": 1, "found": 3, "new": 1, "failed": []}


def test_of_two_workers_one_asks_and_a_dead_one_is_followed(sqlite_service: Service) -> None:
    service = sqlite_service
    connected(service, "canvas", {"from": SCHOOL})
    pulls, now = service.services.store.source_pulls, service.clock.now
    (due,) = pulls.due(now)
    assert [pulls.begin(due, now + timedelta(hours=6)) for _ in range(2)] == [True, False]
    assert pulls.due(now) == ()
    service.clock.advance(hours=7)
    assert ask(service, canvas_system([[entry(2)]])).outcome["new"] == 1


def test_what_is_not_to_be_asked_any_more_forgets_its_token(sqlite_service: Service) -> None:
    service = sqlite_service
    connected(service, "canvas", {"from": SCHOOL})
    services, now = service.services, service.clock.now
    connect.change_options(services, "campus", {"pull": {"from": f"{SCHOOL}/lms"}}, actor="t", now=now)
    kept = find_pull(services, "campus")
    assert kept is not None
    assert kept.token == "t-1"
    assert "t-1" not in repr(kept)
    connect.change_options(services, "campus", {}, actor="t", now=now)
    assert find_pull(services, "campus") is None
    with pytest.raises(NotFoundError):
        set_token(services, "campus", "t-2", actor="t", now=now)


def test_attack_78_a_token_is_sent_to_no_other_host_than_it_was_given_for(sqlite_service: Service) -> None:
    """Who may change the options, and was never told the token."""
    service = sqlite_service
    connected(service, "canvas", {"from": SCHOOL})
    thief = canvas_system([[entry(2)]])
    changed = {"pull": {"from": "https://other.example"}}
    connect.change_options(service.services, "campus", changed, actor="t", now=service.clock.now)
    assert "no token" in ask(service, thief).outcome["failed"][0]
    assert thief.asked == []


def test_it_is_asked_by_command(
    sqlite_service: Service,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    service = sqlite_service
    connected(service, "csv", {"from": "folder"}, mapping=None, token="")
    token = tmp_path / "token"
    token.write_text("t-2\n")

    def run(*arguments: str | Path) -> int:
        return command(service.settings, monkeypatch.setenv, "source", *arguments)

    assert run("token", "campus", token) == 0
    assert run("fetch", "campus") == 1
    assert "CREDSERV_WATCHED_DIR" in capsys.readouterr().err
    assert run("fetch", "academy-lms") == 1


def submission(user: int, score: float, at: str = "2026-03-01T10:00:00Z") -> dict[str, Any]:
    return {
        "id": 900 + user,
        "assignment_id": 23,
        "user_id": user,
        "score": score,
        "grade": str(score),
        "workflow_state": "graded",
        "graded_at": at,
        "grader_id": -5,
        "assignment": {"name": "Essay", "points_possible": 20},
    }


RULE = {"when": {"result": {"activity": "23", "of": "raw", "at_least": 14}}}


def graded(service: Service, user: str, score: float) -> None:
    """As Canvas itself tells it."""
    body = {"student_id": user, "assignment_id": "23", "score": score, "points_possible": 20}
    body |= {"submission_id": str(900 + int(user)), "grade": str(score)}
    event = {"metadata": {"event_name": "grade_change", "event_time": "2026-03-01T10:00:05Z"}, "body": body}
    source = service.services.store.sources.get("campus")
    assert source is not None
    answer = service.client().post(f"/hooks/campus/{source.secrets[0]}", data=json.dumps(event))
    assert answer.status_code == 200


def test_a_lost_grade_is_taken_in_and_a_changed_one_corrects(sqlite_service: Service) -> None:
    service = sqlite_service
    connected(service, "canvas", {"from": SCHOOL, "courses": ["565"], "grades": True}, mapping=None)
    set_rule(service.services, ACHIEVEMENT, RULE, actor="test", now=service.clock.now)
    for user, address in (("1", "ann@example.org"), ("2", "pat@example.org")):
        known(service, user, address, namespace="campus")
    graded(service, "1", 18)
    assert [one.order.recipient.email for one in held(service)] == ["ann@example.org"]
    told_now = [submission(1, 18.0), submission(2, 15)]
    ungraded = {**submission(3, 0), "score": None}

    def answer(url: str, _headers: Mapping[str, str], _form: Mapping[str, str]) -> Answer:
        assert "bulk_user_progress" in url or "submissions?student_ids%5B%5D=all" in url
        return told([] if "bulk_user_progress" in url else [*told_now, ungraded])

    assert ask(service, System(answer)).outcome == {"asked": 1, "found": 2, "new": 1, "failed": []}
    both = {one.order.recipient.email: one for one in held(service)}
    assert set(both) == {"ann@example.org", "pat@example.org"}
    service.clock.advance(hours=25)
    assert ask(service, System(answer)).outcome["new"] == 0

    told_now[0] = submission(1, 8)  # its date stayed as it was: Canvas was told late, or by hand
    service.clock.advance(hours=25)
    assert ask(service, System(answer)).outcome["new"] == 1
    stands = {one.order.recipient.email: one.state.value for one in held(service)}
    assert stands == {"ann@example.org": "suspended", "pat@example.org": "active"}
    service.clock.advance(hours=25)
    assert ask(service, System(answer)).outcome["new"] == 0  # that is known now
    told_now[0] = submission(1, 16, "2026-03-18T10:00:00Z")
    service.clock.advance(hours=25)
    assert ask(service, System(answer)).outcome["new"] == 1
    assert {one.state.value for one in held(service)} == {"active"}

    told_now[1] = {**submission(2, 0), "score": None, "grade": None, "workflow_state": "pending_review"}
    service.clock.advance(hours=25)
    assert ask(service, System(answer)).outcome["new"] == 0  # somebody looks at it still
    told_now[1]["workflow_state"] = "unsubmitted"
    service.clock.advance(hours=25)
    assert ask(service, System(answer)).outcome == {"asked": 1, "found": 1, "new": 1, "failed": []}
    stands = {one.order.recipient.email: one.state.value for one in held(service)}
    assert stands == {"ann@example.org": "active", "pat@example.org": "suspended"}
    service.clock.advance(hours=25)
    assert ask(service, System(answer)).outcome["new"] == 0  # that it is gone is known
    told_now[1] = submission(2, 15)  # put back as it was
    service.clock.advance(hours=25)
    assert ask(service, System(answer)).outcome["new"] == 1
    assert {one.state.value for one in held(service)} == {"active"}


def test_canvas_is_asked_for_outcomes_and_moodle_for_badges(sqlite_service: Service) -> None:
    service = sqlite_service
    connected(service, "canvas", {"from": SCHOOL, "courses": ["565"], "outcomes": True}, mapping=None)
    known(service, "3", "pat@example.org", namespace="campus")
    rule = {"when": {"observed": {"kind": "mastered", "activity": "97"}}}
    set_rule(service.services, ACHIEVEMENT, rule, actor="test", now=service.clock.now)
    result = {
        "id": 42,
        "score": 6,
        "possible": 10,
        "percent": 0.6,
        "mastery": True,
        "submitted_or_assessed_at": "2026-02-01T00:00:00-06:00",
        "links": {"user": "3", "learning_outcome": "97", "alignment": "assignment_53"},
    }

    def answer(url: str, _headers: Mapping[str, str], _form: Mapping[str, str]) -> Answer:
        return told({"outcome_results": [result]} if "outcome_results" in url else [])

    assert ask(service, System(answer)).outcome == {"asked": 1, "found": 1, "new": 1, "failed": []}
    assert [one.state.value for one in held(service)] == ["active"]
    service.clock.advance(hours=25)
    assert ask(service, System(answer)).outcome["new"] == 0
    result |= {"score": 2, "percent": 0.2, "mastery": False}
    service.clock.advance(hours=25)
    assert ask(service, System(answer)).outcome["new"] == 1
    assert [one.state.value for one in held(service)] == ["suspended"]

    pull = {"pull": {"from": SCHOOL, "courses": ["9"], "badges": True}}
    moodle = {"authentication": {"method": "secret-path"}, **pull}
    now = service.clock.now
    connect.connect(
        service.services, name="moodle", dialect="moodle", mapping=None, options=moodle, actor="t", now=now
    )
    set_token(service.services, "moodle", "t-2", actor="test", now=now)
    badge = {"id": 12, "name": "Mentor", "dateissued": 1_772_000_000, "dateexpire": None}
    ended = {**badge, "id": 13, "dateexpire": 1_772_000_001}

    def badges(_url: str, _headers: Mapping[str, str], form: Mapping[str, str]) -> Answer:
        if form["wsfunction"] == "core_enrol_get_enrolled_users":
            return told([{"id": 5, "username": "u5"}])
        if form["wsfunction"] == "core_badges_get_user_badges":
            return told({"badges": [badge, ended], "warnings": []})
        return told({"exception": "e", "errorcode": "usernotenroled", "message": "Not enrolled"})

    for new in (1, 0):
        own = replace(service.services, caller=System(badges))
        pull_due(own, clock=service.clock, stopping=lambda: False)
        found = find_pull(service.services, "moodle")
        assert found is not None
        assert found.outcome == {"asked": 1, "found": 1, "new": new, "failed": []}
        service.clock.advance(hours=25)


def test_moodle_is_asked_for_the_grades_of_each_learner(sqlite_service: Service) -> None:
    service, points = sqlite_service, {"5": 87.5}
    connected(service, "moodle", {"from": SCHOOL, "courses": ["9"], "grades": True}, mapping=None)
    known(service, "5", "pat@example.org", namespace="campus")

    def answer(_url: str, _headers: Mapping[str, str], form: Mapping[str, str]) -> Answer:
        if form["wsfunction"] == "core_enrol_get_enrolled_users":
            return told([{"id": 1}, {"id": 5, "username": "u5"}])
        if form["wsfunction"] == "core_completion_get_course_completion_status" or form["userid"] == "1":
            return told({"exception": "e", "errorcode": "usernotenroled", "message": "Not enrolled"})
        item = {"id": 31, "itemname": "Quiz", "graderaw": points["5"], "grademin": 0, "grademax": 100}
        items = [{**item, "gradedategraded": 1_772_000_000}, {**item, "id": 32, "graderaw": None}]
        return told({"usergrades": [{"userid": 5, "gradeitems": items}], "warnings": []})

    assert ask(service, System(answer)).outcome == {"asked": 1, "found": 1, "new": 1, "failed": []}
    service.clock.advance(hours=25)
    assert ask(service, System(answer)).outcome["new"] == 0
    points["5"] = 40
    service.clock.advance(hours=25)
    assert ask(service, System(answer)).outcome["new"] == 1
    values = [(one.observation.activities[0].value, one.observation.raw) for one in said(service)]
    assert sorted(values) == [("31", 40), ("31", 87.5)]
    assert moodle_grades.read_grades(b'{"usergrades": [{"gradeitems": 5}, 7]}', 99) == []
