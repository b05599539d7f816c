"""A person asks their employer to confirm their employment; a colleague issues it, or says why not."""

from __future__ import annotations

from datetime import date

import pytest

from credserv.ground.errors import ConflictError, NotFoundError
from credserv.journeys.award.employment_requests import ask_for_employment, requests_of
from credserv.journeys.deliver.link_letters import link_letter
from credserv.records.audit import Action
from credserv.records.employment_requests import RequestState
from credserv.records.people import MemberFacts, MembershipRecord
from credserv.records.roles import Role
from tests.testkit.browsing import Letters, Person
from tests.testkit.service import NOW, Service, make_service

PAT, SAM = "pat@example.org", "sam@example.org"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    folder = tmp_path_factory.mktemp("asked")
    made = Letters(make_service(f"sqlite:///{folder / 'credserv.sqlite'}", folder)).service
    made.issue(email=PAT)
    return made


@pytest.fixture(scope="module")
def pat(service: Service) -> MembershipRecord:
    found = service.services.store.members.find_by_email(PAT)
    assert found is not None
    facts = MemberFacts("Pat Doe", "Nursing", None, None, date(2024, 2, 1), None)
    service.services.store.roster.change_facts(found.id, facts)
    return found


def states(service: Service, pat: MembershipRecord) -> list[RequestState]:
    return [one.state for one in requests_of(service.services, pat.person_id)]


def test_it_is_asked_declined_with_a_reason_asked_again_and_issued(
    service: Service, pat: MembershipRecord
) -> None:
    person = Person(service).open_wallet(PAT)
    assert "/wallet/employment" in person.get("/wallet/cv")
    asked = person.follow(person.submit("/wallet/employment"))
    assert "Waits for somebody" in asked
    assert "Ask for it" not in asked
    with pytest.raises(ConflictError):
        ask_for_employment(service.services, pat.person_id, service.clock.now)

    owner, path = Person(service).sign_in_to_console(), f"/console/people/{pat.id}"
    assert "They ask for their employment" in owner.get("/console/people")
    assert "They asked for it" in owner.get(path)
    assert "Say why" in owner.submit(f"{path}/employment/decline", on=path, reason="").text
    declined = owner.submit(f"{path}/employment/decline", on=path, reason="Ask <b>payroll</b> first.")
    assert "Declined" in owner.follow(declined)
    told = person.get("/wallet/employment")
    assert "Ask &lt;b&gt;payroll&lt;/b&gt; first." in told
    twice = owner.submit(f"{path}/employment/decline", on=path, reason="Again.")
    assert "othing waits" in twice.text
    due = service.services.store.link_letters.take(NOW, until=NOW, limit=99)
    letters = [link_letter(service.services, one, NOW) for one in due]
    (letter,) = [one for one in letters if one and one.subject == "You asked for a confirmation"]
    assert "payroll" in letter.text
    assert "/wallet/employment" in letter.text

    service.clock.advance(minutes=1)
    person.submit("/wallet/employment")
    issued = owner.submit(f"{path}/employment", on=path, role="Ward nurse")
    assert "is issued" in owner.follow(issued)
    assert states(service, pat) == [RequestState.ISSUED, RequestState.DECLINED]
    assert "Issued <time" in person.get("/wallet/employment")
    assert "Employment at Example Academy" in person.get("/wallet")
    lines = service.services.store.audit.recent(100)
    trail = [line.action for line in lines if line.subject == pat.id]
    assert (trail.count(Action.EMPLOYMENT_ASKED), trail.count(Action.EMPLOYMENT_DECLINED)) == (2, 1)


def test_attack_113_nobody_asks_for_another_and_only_who_may_issue_decides(service: Service) -> None:
    service.issue(email=SAM)
    sam = service.services.store.members.find_by_email(SAM)
    assert sam is not None
    stranger = service.services.store.people.add("Nobody's", NOW)
    with pytest.raises(NotFoundError):
        ask_for_employment(service.services, stranger, NOW)
    ask_for_employment(service.services, sam.person_id, service.clock.now)
    path = f"/console/people/{sam.id}"
    refused = Person(service).sign_in_as(Role.AUDITOR)
    answer = refused.submit(f"{path}/employment/decline", on="/console/account", reason="No.")
    assert answer.status_code == 403
    assert states(service, sam) == [RequestState.OPEN]
