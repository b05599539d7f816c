"""The pages of the owner of a programme, of who applies, and of who assesses, as each of them goes."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from credserv.app.schemas import default_schemas_dir
from credserv.journeys.accredit.applications import applications_of, look
from credserv.journeys.admit.persons import find_member
from credserv.records.accreditation import EndorsementRecord
from credserv.records.roles import Role
from tests.testkit.browsing import Person
from tests.testkit.service import Service, make_service

STARTERS = default_schemas_dir() / "programmes"
LIST = "/wallet/mentoring/applications"
CONDUCT: dict[str, Any] = {
    **json.loads((STARTERS / "internal-foundation.json").read_bytes()),
    "key": "conduct",
    "name": "With a code",
    "code": "https://firm.example/code",
    "grant": [{"kind": "declaration", "of": "code of ethics"}, {"kind": "exam"},
              {"kind": "observation", "minimum": 1, "level": 2, "rubric": "talk"}],
}  # fmt: skip


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    folder = tmp_path_factory.mktemp("application-pages")
    return make_service(f"sqlite:///{folder / 'pages.db'}", folder)


@pytest.fixture(scope="module")
def owner(service: Service) -> Person:
    """Who answers for the programme, after loading it."""
    person = Person(service).sign_in_as(Role.PROGRAMME_OWNER)
    loaded = person.submit("/console/programmes", document=json.dumps(CONDUCT), owner="Pia Owner")
    assert "Version 1 of “With a code” was loaded." in person.follow(loaded)
    return person


@pytest.fixture(scope="module")
def assessor(service: Service, owner: Person) -> Person:
    person = Person(service).sign_in_as(Role.ASSESSOR)
    told = {"person": "assessor@example.org", "competencies": "feedback", "until": "2026-12-01"}
    show = "/console/programmes/conduct"
    number = re.search(r'name="id" value="(\w+)"', owner.get(show))
    assert number is not None
    for _ in "12":  # sent twice, it counts once
        page = owner.follow(owner.submit(f"{show}/founders", on=show, id=number[1], **told))
        assert "Appointed." in page
        assert page.count("<bdi>The assessor</bdi>") == 1
    return person


@pytest.fixture(scope="module")
def applicant(service: Service, owner: Person) -> Person:
    service.issue(email="vera@example.org", score=0.9)
    person = Person(service).open_wallet("vera@example.org")
    new = f"{LIST}/new/conduct"
    assert "With a code" in person.get(LIST)
    refused = person.submit(new, competencies="feedback")
    assert refused.status_code == 400
    assert "accepts the code of conduct" in refused.text
    assert "0 of 3 met" in person.follow(person.submit(new, competencies="feedback", code="yes"))
    return person


def application_id(service: Service, email: str = "vera@example.org") -> str:
    member = find_member(service.services, email)
    return applications_of(service.services, member.id)[-1].id


def test_what_a_programme_asks_is_told_in_the_readers_language(owner: Person, applicant: Person) -> None:
    for person, address in ((owner, "/console/programmes/conduct"), (applicant, f"{LIST}/new/conduct")):
        page = person.get(f"{address}?lang=fr")
        assert '<html lang="fr"' in page
        assert "Une déclaration : code of ethics" in page


def test_the_owner_reads_what_a_programme_asks_and_what_is_wrong_with_a_file(owner: Person) -> None:
    page = owner.get("/console/programmes/conduct")
    assert "A declaration: code of ethics" in page
    assert "Exam (a person decides, by a declaration)" in page
    assert "Nobody" in page or "Only one person" in page
    wrong = owner.submit("/console/programmes", document=json.dumps({**CONDUCT, "grant": [{"kind": "x"}]}))
    assert wrong.status_code == 400
    assert "/grant/0/kind" in wrong.text
    assert "/owner" in wrong.text
    assert "EIA Foundation: a shape after EMCC Global" in owner.get("/console/programmes")
    told = owner.follow(owner.submit("/console/programmes", starter="icf-acc", owner="Pia Owner"))
    assert "Not the award of <bdi>ICF</bdi>." in told


def test_from_applying_to_a_case_that_waits_for_a_decision(
    service: Service, applicant: Person, assessor: Person
) -> None:
    own = f"{LIST}/{application_id(service)}"
    case = f"/console/assessing/{application_id(service)}"
    page = applicant.get(own)
    assert page.count("Open</span>") == 4  # the state, and each that is asked
    declared = applicant.submit(f"{own}/declare", on=own, of="code of ethics")
    assert "1 of 3 met" in applicant.follow(declared)
    assert "Met</span>" not in assessor.get("/console/assessing")
    number = re.search(r'name="id" value="(\w+)"', assessor.get(case))
    assert number is not None
    for _ in "12":  # sent twice, it counts once
        seen = assessor.submit(f"{case}/observation", on=case, level="2", id=number[1])
        assert "Recorded." in assessor.follow(seen)
    assessor.follow(assessor.submit(f"{case}/declaration", on=case, of="exam", id="a-second"))
    page = applicant.get(own)
    assert "3 of 3 met" in page
    assert "Somebody decides now." in page
    assert page.count("Observation: level 2") == 1


def test_one_s_own_word_decides_nothing_that_a_person_has_to_decide(
    service: Service, applicant: Person
) -> None:
    own = f"{LIST}/{application_id(service)}"
    applicant.submit(f"{own}/declare", on=LIST + "/new/conduct", of="exam")
    looked = look(service.services, _application(service), now=service.clock.now)
    exam = next(one for one in looked.findings if one.requirement.kind == "exam")
    assert [fact.who for fact in exam.facts] == []


def test_nobody_sees_an_application_of_somebody_else_and_nobody_assesses_themself(
    service: Service, applicant: Person, assessor: Person
) -> None:
    service.issue(email="otto@example.org", score=0.9)
    other = Person(service).open_wallet("otto@example.org")
    other.get(f"{LIST}/{application_id(service)}", status=404)
    mine = Person(service).open_wallet("assessor@example.org")
    mine.follow(mine.submit(f"{LIST}/new/conduct", competencies="feedback", code="yes"))
    case = f"/console/assessing/{application_id(service, 'assessor@example.org')}"
    assessor.get(case, status=404)
    own = assessor.submit(f"{case}/assessment", on="/console/assessing", score="99", id="of-mine")
    assert own.status_code == 404
    assert "The assessor" not in assessor.get("/console/assessing").partition("<main")[2]


def test_a_mentor_logs_what_they_did_once(service: Service, applicant: Person) -> None:
    path = "/wallet/mentoring/practice"
    number = re.search(r'name="id" value="(\w+)"', applicant.get(path))
    assert number is not None
    for _ in "12":
        told = {"kind": "cpd", "minutes": "90", "note": "A workshop", "id": number[1]}
        assert "Logged." in applicant.follow(applicant.submit(path, **told))
    assert applicant.get(path).count("Professional development: 90 minutes") == 1
    wrong = applicant.submit(path, kind="cpd", minutes="an hour", id="other")
    assert wrong.status_code == 400


def test_who_applied_withdraws(service: Service, applicant: Person) -> None:
    own = f"{LIST}/{application_id(service)}"
    page = applicant.follow(applicant.submit(f"{own}/withdraw", on=own))
    assert "Withdrawn. You can apply again" in page
    assert "Withdraw my application" not in applicant.get(own)


def test_the_owner_is_warned_of_a_ring_and_of_one_who_endorses_all(service: Service, owner: Person) -> None:
    """Where people endorse each other in turn, and one gives more than three in ten."""
    emails = ["r1@example.org", "r2@example.org", "r3@example.org"]
    members = []
    for email in emails:
        service.issue(email=email, score=0.9)
        person = Person(service).open_wallet(email)
        person.follow(person.submit(f"{LIST}/new/conduct", competencies="feedback", code="yes"))
        members.append(find_member(service.services, email).id)
    for at in range(12):
        giver, taker = (at % 3, (at + 1) % 3) if at < 3 else (0, 1)
        service.services.store.endorsements.add(
            EndorsementRecord(
                id=f"ring-{at}",
                application_id=application_id(service, emails[taker]),
                endorser_id=members[giver],
                endorser_did=f"did:example:{giver}",
                competency="feedback",
                stated_at=service.clock.now,
                received_at=service.clock.now,
                as_received="counts",
            )
        )
    page = owner.get("/console/programmes/conduct")
    assert "These people endorsed each other in a ring:" in page
    assert "gave 83 % of all endorsements." in page


def test_the_owner_retires_a_version(service: Service, owner: Person) -> None:
    show = "/console/programmes/conduct"
    page = owner.follow(owner.submit(f"{show}/retire", on=show, version="1", **{"on_": ""}))
    assert "It takes applications again." in page
    told = {"csrf_token": _token(owner, show), "version": "1", "on": "2026-01-01"}
    answer = owner.client.post(f"{show}/retire", data=told)
    assert "Nobody can apply under this version: this version was retired on 2026-01-01" in owner.follow(
        answer
    )


def _token(person: Person, path: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', person.get(path))
    assert found is not None
    return found[1]


def _application(service: Service) -> Any:
    member = find_member(service.services, "vera@example.org")
    return applications_of(service.services, member.id)[-1]
