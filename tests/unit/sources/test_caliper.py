"""Caliper: the assignee is the learner, entities are context, and submitting is not mastery."""

from __future__ import annotations

from typing import Any

import pytest

from credserv.ground.errors import InputError
from credserv.sources.adapter import Message, Outcome
from credserv.sources.adapters import ADAPTERS
from tests.testkit.reading import activities, as_bytes, only, people, read, said, sample

LEARNER = "https://example.edu/users/554433"
V1P1, V1P2 = ("http://purl.imsglobal.org/ctx/caliper/v1p1", "http://purl.imsglobal.org/ctx/caliper/v1p2")


def envelope(*items: Any, version: Any = V1P2) -> dict[str, Any]:
    return {
        "sensor": "https://s.example",
        "sendTime": "2026-11-15T11:05:01Z",
        "dataVersion": version,
        "data": [*items],
    }


def graded() -> dict[str, Any]:
    found: dict[str, Any] = sample("caliper", "caliperEventGradeGraded.json")
    return found


def test_a_grade_is_the_assignees_and_not_the_graders() -> None:
    found = only("caliper", "caliperEventGradeGraded.json")
    assert (found.kind, people(found)) == ("graded", [("lms-id", LEARNER)])
    assert activities(found) == [
        ("assessment", "https://example.edu/terms/201601/courses/7/sections/1/assess/1"),
        ("course", "https://example.edu/terms/201601/courses/7/sections/1"),
    ]
    assert (found.raw, found.max, found.scaled) == (10, 15, None)
    assert found.asserted_by is None  # a program graded
    assert found.event_id == "urn:uuid:a50ca17f-5971-47bb-8fca-4e6e6879001d"


@pytest.mark.parametrize(
    ("result", "raw"),
    [
        ({"normalScore": 15, "penaltyScore": 1, "extraCreditScore": 2, "totalScore": 16}, 16),
        ({"totalScore": 16}, 16),
        ({"normalScore": 10, "penaltyScore": 0, "extraCreditScore": 0, "totalScore": 0}, None),  # which?
        ({"normalScore": 15}, None),
        ({}, None),
    ],
)
def test_an_outcome_event_of_old_is_a_grade_of_its_total(result: dict[str, int], raw: int | None) -> None:
    changed = graded()
    changed |= {"type": "OutcomeEvent", "generated": {"id": "urn:r", "type": "Result", **result}}
    found = only("caliper", changed)
    assert (found.kind, people(found), found.raw, found.max) == ("graded", [("lms-id", LEARNER)], raw, None)


def test_a_grade_without_an_assignee_is_nobodys() -> None:
    event = graded()
    del event["object"]["assignee"]
    event["actor"] = {"id": "https://example.edu/users/1", "type": "Person"}
    found = only("caliper", event)
    assert people(found) == []
    assert found.asserted_by is not None


def test_a_mixed_batch_gives_one_grade() -> None:
    learner = {"id": LEARNER, "type": "Person", "name": "Ann", "@context": V1P2}
    viewed = sample("caliper", "caliperEnvelopeEventBatch.json")["data"][2]
    reading = read("caliper", envelope(learner, viewed, graded()))
    assert [one.kind.value for one in reading.observations] == ["graded"]
    assert reading.unread == ()


def test_what_an_envelope_describes_is_named_by_its_iri_alone() -> None:
    event = graded()
    attempt = event["object"]
    event["object"] = attempt["id"]
    attempt["assignee"] = LEARNER
    learner = {"id": LEARNER, "type": "Person", "name": "Ann"}
    found = only("caliper", envelope(event, attempt, learner))
    assert (people(found), found.name) == ([("lms-id", LEARNER)], "Ann")


def test_an_entity_that_names_itself_is_no_endless_walk() -> None:
    event = graded()
    event["object"] = "https://a.example"
    loop = {"id": "https://a.example", "type": "Attempt", "assignee": "https://a.example"}
    assert people(only("caliper", envelope(event, loop))) == []


def test_a_thinned_actor_is_taken_at_its_word() -> None:
    event = sample("caliper", "openedx-edx.course.grade.passed.first_time.json")
    name = event["actor"]["id"]
    event["actor"] = name
    event["@context"] = [V1P2, "https://other.example"]
    assert people(only("caliper", event)) == [("lms-id", name)]


def test_a_program_completes_nothing() -> None:
    event = sample("caliper", "openedx-edx.course.grade.passed.first_time.json")
    event["actor"]["type"] = "SoftwareApplication"
    assert people(only("caliper", event)) == []


def test_a_completed_course_is_the_actors() -> None:
    found = only("caliper", "openedx-edx.course.grade.passed.first_time.json")
    assert (found.kind, activities(found)[0][0]) == ("completed", "course")
    assert said(found) == {}


def test_identifiers_of_caliper_1_2() -> None:
    event = graded()
    event["object"]["assignee"]["otherIdentifiers"] = [
        {"type": "SystemIdentifier", "identifierType": "EmailAddress", "identifier": "ann@example.org"},
        {"type": "SystemIdentifier", "identifierType": "SisSourcedId", "identifier": "S-1"},
        {"type": "SystemIdentifier", "identifierType": "Other", "identifier": "x"},
    ]
    found = only("caliper", event)
    assert people(found) == [("lms-id", LEARNER), ("email", "ann@example.org"), ("sis-id", "S-1")]


@pytest.mark.parametrize(
    "name",
    [
        "caliperEventAssessmentSubmitted.json",
        "caliperEnvelopeEventSingle.json",
        "caliperEnvelopeEventBatch.json",
        "openedx-edx.grades.problem.submitted.json",
    ],
)
def test_submitting_starting_and_viewing_are_not_mastery(name: str) -> None:
    reading = read("caliper", name)
    assert (reading.observations, reading.unread) == ((), ())


def test_an_envelope_of_nothing_and_a_lone_entity_say_nothing() -> None:
    assert read("caliper", envelope()).observations == ()
    assert read("caliper", {"@context": V1P1, "id": LEARNER, "type": "Person"}).observations == ()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (envelope(version="http://purl.imsglobal.org/ctx/caliper/v2p0"), 422),
        (envelope(version=None), 400),
        ({**envelope(), "data": {"a": 1}}, 400),
        ({**envelope(), "data": [1]}, 400),
        ({"any": "thing"}, 400),
        (b"nothing", 400),
    ],
)
def test_an_envelope_that_is_none_is_answered_as_the_standard_says(body: Any, status: int) -> None:
    """Caliper 1.2, section 5.4: the one answer that is no success."""
    message = Message(as_bytes("caliper", body))
    with pytest.raises(InputError):
        ADAPTERS["caliper"].read(message, {})
    assert ADAPTERS["caliper"].answer(message, None, Outcome.UNREADABLE).status == status


@pytest.mark.parametrize(
    "version", [V1P1, V1P2, V1P2.replace("http:", "https:"), f"{V1P2}/ToolUseProfile-extension"]
)
def test_both_versions_are_read(version: str) -> None:
    assert len(read("caliper", envelope(graded(), version=version)).observations) == 1


def test_an_attempt_is_described_where_it_began() -> None:
    """The grade names the attempt, and an event before it in the batch describes it."""
    event = graded()
    attempt = event["object"]
    event["object"] = attempt["id"]
    started = {"id": "urn:uuid:1", "type": "AssessmentEvent", "action": "Started", "actor": LEARNER}
    reading = read("caliper", envelope({**started, "generated": attempt}, event))
    assert [people(one) for one in reading.observations] == [[("lms-id", LEARNER)]]


def test_events_that_are_sent_in_other_envelopes_are_the_same() -> None:
    one, other = graded(), graded()
    other["id"] = "urn:uuid:2"
    together = read("caliper", envelope(one, other)).observations
    apart = read("caliper", envelope(other)).observations + read("caliper", one).observations
    assert set(together) == set(apart)


def test_an_event_without_an_id_gets_one_from_what_it_says() -> None:
    event = graded()
    del event["id"]
    again = dict(reversed(event.items()))
    later = {**event, "eventTime": "2016-11-16T10:57:06.000Z"}
    found = [only("caliper", one).event_id for one in (event, envelope(again), later)]
    assert found[0] == found[1] != found[2]
