"""Programmes, applications and evidence by the API: the case worked by hand, and each refusal."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from credserv.accreditation.words import stands_words
from credserv.app.schemas import default_schemas_dir
from credserv.journeys.accredit.applications import find_application, findings_of
from credserv.journeys.accredit.figures import application_figures
from credserv.journeys.accredit.programmes import programme_version
from credserv.journeys.accredit.renewal import renewal_findings
from credserv.journeys.accredit.weighing import weigh
from credserv.journeys.admit.persons import find_member
from credserv.records.accreditation import EndorsementRecord
from credserv.records.lives import Life
from credserv.records.roles import Role
from credserv.store.frame.database import open_engine
from credserv.store.tables import applications, memberships
from tests.testkit import accreditors
from tests.testkit.accreditors import OTHER_DECIDER, Accreditors
from tests.testkit.browsing import colleague_link
from tests.testkit.service import Service, make_service
from tests.testkit.shared import SHARED, shared_path

CASE, DECIDER = "accreditation/small-case.jsonl", "dora@firm.example"
STARTERS = default_schemas_dir() / "programmes"
FOUNDATION: dict[str, Any] = json.loads((STARTERS / "internal-foundation.json").read_bytes())
SMALL: dict[str, Any] = {
    "key": "basic", "term_months": 24, "endorsements": 1, "assessment_min": 70, "attempts": 2,
    "observed": 1, "observed_level": 2, "sprint_days": 42,
}  # fmt: skip
BEGIN = datetime.fromisoformat("2026-01-01T08:00:00Z")


class Firm:
    """One service, its people by number, and a clock that only goes on. case: what was played in it first."""

    case: Case | None = None

    def __init__(self, service: Service) -> None:
        self.service = service
        service.clock.now = BEGIN
        self._client, self._headers = service.client(), service.api_headers()
        self.employ("ann", "ben", "cyd", "dan", "eve", "fay", "gus", "hal", "ida", "joy", "kit", "lea")

    def employ(self, *numbers: str, **more: Any) -> None:
        for number in numbers:
            told = {"email": f"{number}@firm.example", "name": number.capitalize(),
                    "employment": {"started": "2025-01-01", **more}}  # fmt: skip
            assert self._client.put(f"/api/v1/members/{number}", json=told, headers=self._headers).json

    def at(self, instant: str) -> None:
        self.service.clock.now = max(datetime.fromisoformat(instant), self.service.clock.now)

    def post(self, path: str, told: dict[str, Any]) -> Any:
        return self._client.post(f"/api/v1{path}", json=told, headers=self._headers)

    def get(self, path: str) -> Any:
        return self._client.get(f"/api/v1{path}", headers=self._headers)

    def load(self, document: dict[str, Any], owner: str = "Learning and development") -> Any:
        return self.post("/programmes", {"programme": document, "owner": owner})

    def found(self, key: str, person: str, *competencies: str, until: str = "2026-07-01T00:00:00Z") -> Any:
        told = {"person": person, "until": until, "competencies": list(competencies or ("feedback",))}
        return self.post(f"/programmes/{key}/founders", told)

    def apply(self, person: str, name: str, key: str = "basic", **more: Any) -> Any:
        told = {"person": person, "programme": key, "competencies": ["feedback"], "reference": name, **more}
        return self.post("/applications", told)

    def hand_in(self, name: str, kind: str, **told: Any) -> Any:
        return self.post(f"/applications/{name}/evidence", {"kind": kind, **told})

    def endorse(self, name: str, by: str, said: str, stated: str | None = None) -> None:
        application = find_application(self.service.services, name)
        now = self.service.clock.now
        self.service.services.store.endorsements.add(
            EndorsementRecord(
                id=said,
                application_id=application.id,
                endorser_id=find_member(self.service.services, by).id,
                endorser_did=f"did:example:{by}",
                competency="feedback",
                stated_at=now if stated is None else datetime.fromisoformat(stated),
                received_at=now,
                as_received="counts",
            )
        )

    def state(self, name: str) -> str:
        return str(self.get(f"/applications/{name}").json["state"])


@dataclass(frozen=True)
class Case:
    """What came of the case worked by hand, whose application is `a1`. observed: by event, whether it counts.
    answer: that of the application then."""

    weighed: dict[str, str]
    observed: dict[str, str]
    answer: dict[str, Any]


def play(firm: Firm) -> Case:
    observed = {}
    for event in map(json.loads, shared_path(CASE).read_text().splitlines()[:12]):
        firm.at(event["at"])
        kind = event["type"]
        if kind == "founder.appointed":
            told = firm.found(
                event["programme"], event["person"], *event["competencies"], until=event["until"]
            )
        elif kind == "mentor.applied":
            told = firm.apply(
                event["person"], "a1", event["programme"], version=1, competencies=event["competencies"]
            )
        elif kind == "assessment.passed":
            told = firm.hand_in("a1", "assessment", score=event["score"])
        elif kind == "endorsement.made":
            firm.endorse("a1", event["by"], event["endorsement"], event["stated_at"])
            continue
        else:
            seen = {"by": event["assessor"], "competency": event["competency"], "level": event["level"]}
            answer = firm.hand_in("a1", "observation", **seen)
            good = answer.status_code == 201
            observed[f"seq {event['seq']}"] = "counts" if good else answer.json["detail"].partition(":")[0]
            continue
        assert told.status_code == 201, told.json
    services = firm.service.services
    programme = programme_version(services, "internal-foundation", 1).programme
    weighed = weigh(services, programme, find_application(services, "a1"), firm.service.clock.now)
    return Case(
        {record.id: weight.value for record, weight in weighed},
        observed,
        firm.get("/applications/a1").json,
    )


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Firm:
    """The case comes first, for its days are said; what other tests do, comes after it in any order."""
    folder = tmp_path_factory.mktemp("applications")
    firm = Firm(make_service(f"sqlite:///{folder / 'applications.db'}", folder))
    assert firm.load(FOUNDATION).status_code == 201
    assert firm.load(SMALL).status_code == 201
    for person in ("ann", "ben", "cyd"):
        assert firm.found("basic", person).status_code == 201
    firm.case = play(firm) if (SHARED / CASE).exists() else None
    return firm


@pytest.fixture(scope="module")
def case(firm: Firm) -> Case:
    shared_path(CASE)
    assert firm.case is not None
    return firm.case


@pytest.fixture(scope="module")
def granted(firm: Firm, case: Case) -> Life:
    """Of the case: it was complete in time, and is decided later."""
    decider = colleague_link(firm.service, Role.DECIDER, DECIDER) and DECIDER
    firm.at(case.answer["ends_at"])
    assert firm.state("a1") == "complete"
    told = {"by": decider, "reason": "all is there", "reference": "c1", "decision": "grant"}
    answer = firm.post("/applications/a1/decision", told)
    assert answer.status_code in (200, 201), answer.json
    life = firm.service.services.store.accreditations.find("c1")
    assert life is not None
    return life


def refused(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json["code"]


def test_the_case_worked_by_hand_comes_out_exactly(case: Case) -> None:
    expected = json.loads(shared_path("accreditation/small-case.expected.json").read_text())
    assert case.weighed == expected["endorsements"]
    observations = {**expected["observations"], "seq 11": "assessor also endorsed this application"}
    assert case.observed == observations
    assert (case.answer["verdict"], case.answer["state"]) == (expected["a1"], "complete")
    assert [one["stands"] for one in case.answer["requirements"]] == [
        "60 %, of 60 % that are asked",
        "2 of 2",
        "1 of 1",
    ]
    assert case.answer["requirements"][1]["left_out"] == [
        "1 does not count: dated long before it arrived",
        "1 does not count: a second one by the same person",
        "1 does not count: given by the applicant",
    ]


def test_an_application_reserves_the_id_of_the_badge_and_nothing_is_there(firm: Firm) -> None:
    url = firm.apply("eve", "reserves").json["credential_url"]
    assert firm.service.client().get(url).status_code == 404
    assert firm.post("/applications/reserves/withdrawal", {"by": "eve"}).json["state"] == "withdrawn"
    assert firm.service.client().get(url).status_code == 404
    assert refused(firm.hand_in("reserves", "assessment", score=90)) == (409, "closed")
    assert firm.apply("eve", "again").json["credential_url"] != url


def test_one_is_open_at_a_level_and_each_post_is_safe_to_repeat(firm: Firm) -> None:
    first = firm.apply("fay", "once")
    again = firm.apply("fay", "once")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json == again.json
    assert refused(firm.apply("fay", "twice")) == (409, "conflict")
    assert refused(firm.apply("gus", "once")) == (409, "conflict")
    score = {"score": 80, "reference": "score-1"}
    assert firm.hand_in("once", "assessment", **score).status_code == 201
    assert firm.hand_in("once", "assessment", **score).status_code == 200
    assert refused(firm.hand_in("once", "assessment", score=81, reference="score-1")) == (409, "conflict")
    logged = {"kind": "cpd", "minutes": 60, "reference": "cpd-1"}
    assert [firm.post("/members/fay/practice", logged).status_code for _ in "12"] == [201, 200]
    assert refused(firm.post("/members/fay/practice", {**logged, "minutes": 61})) == (409, "conflict")


def test_attempts_are_counted_and_an_observation_counts_once(firm: Firm) -> None:
    firm.apply("hal", "tries")
    for score in (10, 20):
        assert firm.hand_in("tries", "assessment", score=score).status_code == 201
    assert refused(firm.hand_in("tries", "assessment", score=90)) == (409, "attempts-used")
    seen = {"by": "cyd", "level": 2, "session": "s-1"}
    assert firm.hand_in("tries", "observation", **seen).status_code == 201
    assert refused(firm.hand_in("tries", "observation", **seen)) == (409, "already-counted")


def test_who_observes_is_entitled_and_apart(firm: Firm) -> None:
    firm.apply("ida", "apart")
    answers = [firm.hand_in("apart", "observation", by=by, level=2) for by in ("ida", "joy", "cyd")]
    assert [refused(one) for one in answers[:2]] == [
        (403, "conflict-of-interest"),
        (403, "not-entitled"),
    ]
    assert answers[2].status_code == 201
    firm.employ("ida", manager="joy")
    assert refused(firm.hand_in("apart", "observation", by="joy", level=2)) == (403, "conflict-of-interest")


def test_who_gives_a_score_or_declares_of_somebody_has_no_other_part(firm: Firm) -> None:
    firm.employ("max")
    firm.apply("max", "scored")
    firm.endorse("scored", "eve", "said-of-max")
    assert refused(firm.hand_in("scored", "assessment", score=90, by="max")) == (403, "involved")
    assert refused(firm.hand_in("scored", "assessment", score=90, by="eve")) == (403, "involved")
    assert refused(firm.hand_in("scored", "declaration", of="exam", by="eve")) == (403, "involved")
    assert firm.hand_in("scored", "declaration", of="exam", by="cyd").status_code == 201
    assert firm.hand_in("scored", "declaration", of="a code", by="max").status_code == 201


def test_one_s_own_log_says_nothing_that_somebody_else_has_to_say(firm: Firm) -> None:
    for kind in ("declaration", "experience"):
        answer = firm.post("/members/fay/practice", {"kind": kind, "category": "exam", "minutes": 60})
        assert [one["place"] for one in answer.json["faults"]] == ["/kind"]


FAULTY: list[tuple[str, dict[str, Any], str]] = [
    ("dance", {}, "/kind"),
    ("assessment", {}, "/score"),
    ("assessment", {"score": 101}, "/score"),
    ("observation", {"by": "cyd"}, "/level"),
    ("observation", {"level": 2}, "/by"),
    ("observation", {"level": 2, "by": "cyd", "competency": "planning"}, "/competency"),
    ("declaration", {"by": "cyd"}, "/of"),
    ("experience", {}, "/months"),
    ("leave", {"occurred_at": "2026-01-01T00:00:00Z"}, "/until"),
    ("leave", {"occurred_at": "2026-01-01T00:00:00Z", "until": "9999-12-31T00:00:00Z"}, "/until"),
    ("assessment", {"score": 90, "occurred_at": "2031-01-01T00:00:00Z"}, "/occurred_at"),
]


@pytest.mark.parametrize(("kind", "told", "place"), FAULTY, ids=str)
def test_what_is_missing_is_told_with_its_place(
    firm: Firm, kind: str, told: dict[str, Any], place: str
) -> None:
    firm.apply("kit", "faulty")
    answer = firm.hand_in("faulty", kind, **told)
    assert refused(answer) == (422, "schema-faults")
    assert place in [fault["place"] for fault in answer.json["faults"]]


def test_leave_moves_the_end_of_the_sprint_and_without_it_the_application_expires(firm: Firm) -> None:
    begun = firm.service.clock.now
    ends = datetime.fromisoformat(firm.apply("lea", "leave").json["ends_at"])
    assert ends == begun + timedelta(days=42)
    away = {"occurred_at": (begun + timedelta(days=10)).isoformat(),
            "until": (begun + timedelta(days=70)).isoformat()}  # fmt: skip
    firm.at((begun + timedelta(days=11)).isoformat())
    assert firm.hand_in("leave", "leave", **away).status_code == 201
    moved = datetime.fromisoformat(firm.get("/applications/leave").json["ends_at"])
    assert moved == ends + timedelta(days=60)
    firm.at((moved - timedelta(seconds=1)).isoformat())
    assert firm.state("leave") == "open"
    firm.at(moved.isoformat())
    assert firm.state("leave") == "expired"
    assert refused(firm.hand_in("leave", "assessment", score=90)) == (409, "closed")
    url = firm.get("/applications/leave").json["credential_url"]
    assert firm.service.client().get(url).status_code == 404
    assert firm.apply("lea", "leave-3").status_code == 201


def test_a_programme_with_faults_or_without_an_owner_is_refused_with_the_place(firm: Firm) -> None:
    faulty = firm.load({**FOUNDATION, "key": "x", "grant": [{"kind": "attendance"}]})
    assert refused(faulty) == (422, "schema-faults")
    assert [one["place"] for one in faulty.json["faults"]] == ["/grant"]
    answer = firm.post("/programmes", {"programme": FOUNDATION})
    assert [one["place"] for one in answer.json["faults"]] == ["/owner"]


def test_what_was_complete_in_time_is_decided_later_and_what_was_refused_is_burnt(
    firm: Firm, granted: Life
) -> None:
    assert firm.state("a1") == "granted"
    assert granted.credential_id == find_application(firm.service.services, "a1").credential_id
    firm.employ("mia")
    firm.apply("mia", "weak")
    told = {"by": DECIDER, "reason": "not shown", "decision": "refuse"}
    refusal = firm.post("/applications/weak/decision", told)
    assert refusal.status_code in (200, 201), refusal.json
    answer = firm.get("/applications/weak").json
    assert answer["state"] == "refused"
    assert firm.service.client().get(answer["credential_url"]).status_code == 404
    assert refused(firm.hand_in("weak", "assessment", score=90)) == (409, "closed")


def test_what_a_mentor_logs_counts_for_the_renewal_alone_within_the_term(firm: Firm, granted: Life) -> None:
    services, now = firm.service.services, firm.service.clock.now
    before = (granted.newest.valid_from - timedelta(days=100)).isoformat()
    for said, when in (("cpd-old", before), ("cpd-new", now.isoformat())):
        entry = {"kind": "cpd", "minutes": 480, "occurred_at": when, "reference": said}
        assert firm.post("/members/dan/practice", entry).status_code == 201
    found = {one.requirement.kind: stands_words(one) for one in renewal_findings(services, granted, now)}
    assert found.items() >= {
        ("sessions", "0 of 6"),
        ("distinct-mentees", "0 of 2"),
        ("cpd", "8 hours of 8 hours"),
        ("supervision", "0 hours of 2 hours"),
    }


@pytest.mark.usefixtures("granted")
def test_changing_a_rule_changes_nothing_that_was_under_another_version(firm: Firm) -> None:
    services, now = firm.service.services, firm.service.clock.now
    application = find_application(services, "a1")

    def again() -> Any:
        loaded = programme_version(services, application.programme_key, application.programme_version)
        return findings_of(services, application, loaded, at=now, known=now)

    before = again()
    changed = json.loads(json.dumps(FOUNDATION))
    changed["grant"][0]["minimum_percent"] = 99
    changed["renewal"].append({"kind": "experience", "months": 1})
    assert refused(firm.hand_in("a1", "experience", months=2)) == (409, "closed")
    answers = [firm.load(changed) for _ in "12"]
    assert [(one.status_code, one.json["version"]) for one in answers] == [(201, 2), (200, 2)]
    assert again() == before
    assert firm.hand_in("a1", "experience", months=2).status_code == 201, "its renewal asks for it now"
    assert firm.get("/applications/a1").json["version"] == 1
    assert firm.get("/programmes/internal-foundation").json["version"] == 2
    old = firm.get("/programmes/internal-foundation?version=1").json
    assert (old["programme"], old["after"]) == (FOUNDATION, None)


def test_what_was_before_is_a_version_again_unless_it_says_which_it_is(firm: Firm) -> None:
    one, other = {**SMALL, "key": "back"}, {**SMALL, "key": "back", "attempts": 3}
    answers = [firm.load(document) for document in (one, other, one, one)]
    told = [(it.status_code, it.json["version"]) for it in answers]
    assert told == [(201, 1), (201, 2), (201, 3), (200, 3)]
    one, other = {**one, "key": "told", "version": 1}, {**other, "key": "told", "version": 2}
    answers = [firm.load(document) for document in (one, other, one, {**other, "version": 1})]
    assert [it.status_code for it in answers] == [201, 201, 200, 409]
    assert answers[2].json["version"] == 1


def test_nobody_applies_under_a_retired_version_or_a_shape_without_a_term(firm: Firm) -> None:
    assert firm.load({**FOUNDATION, "key": "ends"}).status_code == 201
    day = (firm.service.clock.now + timedelta(days=1)).date().isoformat()
    client, headers = firm.service.client(), firm.service.api_headers("accreditations:write")
    path = "/api/v1/programmes/ends/versions/1/retirement"
    assert client.put(path, json={"on": day}, headers=headers).json["retires_on"] == day
    assert firm.apply("joy", "before", "ends").status_code == 201
    firm.at((firm.service.clock.now + timedelta(days=2)).isoformat())
    assert refused(firm.apply("gus", "after", "ends")) == (409, "closed")
    shape = json.loads((STARTERS / "ac-coach.json").read_bytes())
    answer = firm.load(shape)
    assert (answer.json["after"], answer.json["takes_applications"]) == ("Association for Coaching", False)
    assert refused(firm.apply("gus", "shape", "ac-coach")) == (409, "closed")


def test_a_prerequisite_is_asked_at_the_beginning(firm: Firm, granted: Life) -> None:
    assert firm.load(json.loads((STARTERS / "internal-practitioner.json").read_bytes())).status_code == 201
    answer = firm.apply("gus", "step", "internal-practitioner")
    assert refused(answer) == (409, "conflict")
    assert "An accreditation at level 1 or above in force" in answer.json["detail"]
    told = firm.apply("dan", "step-2", "internal-practitioner")  # accredited above, under the foundation
    assert told.status_code == 201
    held = told.json["requirements"][0]
    assert (held["kind"], held["met"], held["stands"][1:]) == ("accreditation", False, " of 12 months")
    day = granted.record.granted_at.replace(year=granted.record.granted_at.year + 1)
    application = find_application(firm.service.services, "step-2")
    loaded = programme_version(firm.service.services, "internal-practitioner")
    found = findings_of(firm.service.services, application, loaded, at=day, known=day)
    assert (found[0].is_met, stands_words(found[0])) == (True, "12 of 12 months")


def test_founders_end_when_they_are_said_to(firm: Firm) -> None:
    late = firm.found("internal-foundation", "gus", until="2029-01-01T00:00:00Z")
    assert [one["place"] for one in late.json["faults"]] == ["/until"]
    assert refused(firm.found("nothing", "gus")) == (404, "not-found")
    until = (firm.service.clock.now + timedelta(days=1)).isoformat()
    assert firm.found("basic", "kit", until=until).status_code == 201
    firm.apply("gus", "late")
    assert firm.hand_in("late", "observation", by="kit", level=2).status_code == 201
    firm.at(until)
    assert refused(firm.hand_in("late", "observation", by="kit", level=2)) == (403, "not-entitled")


def test_applications_are_counted_by_the_first_that_is_open(firm: Firm) -> None:
    assert firm.load({"key": "counted", "term_months": 24, "assessment_min": 70}).status_code == 201
    for person in ("hal", "ida"):
        assert firm.apply(person, f"counted-{person}", "counted").status_code == 201
    assert firm.hand_in("counted-hal", "assessment", score=90).status_code == 201
    counted = application_figures(firm.service.services, key="counted", cut=firm.service.clock.now)
    assert counted == {"applications_by_verdict": {"assessment": 1, "grantable": 1}}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_attack_107_two_applications_of_one_person_granted_at_once_are_one_accreditation(
    service: Service,
) -> None:
    """Each was made by another member, and the two turned out to be one person."""
    firm = Accreditors(service)
    for number, name in (("pat", "a1"), ("pat2", "a2")):
        firm.apply(number, name)
    known, other = firm.member("pat"), firm.member("pat2")
    engine = open_engine(service.settings.database_url)
    with engine.begin() as connection:
        own = applications.c.membership_id == other
        connection.execute(update(applications).where(own).values(membership_id=known))
    with ThreadPoolExecutor(2) as pool:
        with engine.begin() as connection:
            connection.execute(select(memberships.c.id).where(memberships.c.id == known).with_for_update())
            granted = [
                pool.submit(firm.decide, name, "grant", f"c-{name}", by)
                for name, by in (("a1", accreditors.DECIDER), ("a2", OTHER_DECIDER))
            ]
            time.sleep(1)
        assert sorted(one.result().status_code for one in granted) == [200, 409]
    assert len(service.services.store.accreditations.of_members([known])) == 1
    engine.dispose()
