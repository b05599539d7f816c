"""Systems that are notified, in the console: added, tested, ended, and their messages sent again."""

from __future__ import annotations

import re

from credserv.journeys.connect import endpoints
from credserv.records.roles import Role
from tests.testkit.browsing import Person
from tests.testkit.service import Service

HOME = "/console/webhooks"


def test_a_system_that_hears_is_added_tested_changed_and_ended(sqlite_service: Service) -> None:
    service, owner = sqlite_service, Person(sqlite_service).sign_in_to_console()
    assert HOME in owner.get("/console/sources")
    refused = owner.submit(HOME, url="http://hr.example/badges")
    assert (refused.status_code, "https" in refused.text) == (400, True)
    made = owner.submit(HOME, url="https://hr.example/badges", on=HOME)
    secret = re.search(r"whsec_[A-Za-z0-9+/=]+", made.text)
    assert secret is not None
    (endpoint,) = endpoints.all_endpoints(service.services)
    assert endpoint.secrets == (secret[0],)
    page = f"{HOME}/{endpoint.id}"
    assert secret[0] not in owner.get(page)

    service.issue()
    owner.follow(owner.submit(f"{page}/test", on=page))
    shown = owner.get(page)
    assert ("webhook.test" in shown, "credential.issued" in shown, "Waits" in shown) == (True, True, True)
    rotated = owner.submit(f"{page}/secrets", on=page)
    assert secret[0] not in rotated.text
    assert len(endpoints.find_endpoint(service.services, endpoint.id).secrets) == 2
    owner.follow(owner.submit(f"{page}/secrets/end-older", on=page))
    assert len(endpoints.find_endpoint(service.services, endpoint.id).secrets) == 1

    assert "no longer receives anything" in owner.follow(owner.submit(f"{page}/state", on=page, enabled="no"))
    assert "ended in the console" in owner.get(page)
    assert "resume it first" in owner.follow(owner.submit(f"{page}/test", on=page))
    owner.follow(owner.submit(f"{page}/state", on=page, enabled="yes"))
    again = owner.follow(owner.submit(f"{page}/again", on=page))
    assert "messages go out again" in again
    other = owner.follow(owner.submit(f"{page}/again", on=page, message="msg_of_another"))
    assert "It goes out again" not in other
    owner.get(f"{HOME}/nobody-s", status=404)


def test_an_auditor_sees_what_became_of_messages_and_changes_nothing(sqlite_service: Service) -> None:
    made = endpoints.add_endpoint(
        sqlite_service.services, "https://hr.example", [], actor="test", now=sqlite_service.clock.now
    )
    auditor = Person(sqlite_service).sign_in_as(Role.AUDITOR)
    page = auditor.get(f"{HOME}/{made.id}")
    assert 'method="post" action="/console/webhooks' not in page
    assert 'method="post" action="/console/webhooks' not in auditor.get(HOME)
