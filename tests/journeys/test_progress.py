"""What a person sees of their own way to a badge: what is met, and what is missing."""

from __future__ import annotations

from credserv.journeys.award.orders import OrderRequest, award_request
from credserv.journeys.define.rules import set_rule
from credserv.records.credentials import Recipient
from credserv.records.observations import Kind
from tests.testkit.browsing import Person
from tests.testkit.observed import add_member, add_source, observe
from tests.testkit.service import NOW, Service

KEY = "mentor-practitioner"
RULE = {
    "when": {
        "all": [
            {
                "observed": {
                    "kind": "completed",
                    "activity": {"value": "course", "name": "Practitioner <course>"},
                }
            },
            {"result": {"activity": "quiz", "of": "scaled", "at_least": 0.7}},
        ]
    }
}


def test_a_person_sees_what_is_met_and_what_is_missing(sqlite_service: Service) -> None:
    services = sqlite_service.services
    add_source(services, NOW)
    set_rule(services, KEY, RULE, actor="test", now=NOW)
    pat, other = (add_member(services, f"{name}@example.org", NOW) for name in ("pat", "other"))
    observe(services, "1", Kind.COMPLETED, "course", of=pat, at=NOW)
    observe(services, "2", Kind.GRADED, "quiz", of=other, at=NOW, scaled="0.9")
    sqlite_service.issue(email="pat@example.org")
    person = Person(sqlite_service).open_wallet("pat@example.org")
    assert "/wallet/progress" in person.get("/wallet")
    text = person.get("/wallet/progress")
    assert "Completed: “Practitioner &lt;course&gt;”" in text
    assert "Reach 70 % in “quiz”" in text

    award_request(services, "api", OrderRequest("1", KEY, Recipient(email="pat@example.org")), now=NOW)
    assert "Nothing is on its way" in person.get("/wallet/progress")  # they hold it
    Person(sqlite_service).get("/wallet/progress", status=303)


def test_on_a_pathway_the_next_step_is_told(sqlite_service: Service) -> None:
    steps = [
        {"achievement": "mentor-foundation", "name": "First"},
        {"achievement": "active-listening", "name": "Second", "milestone": "Half way", "by": "2026-01-01"},
        {"achievement": "constructive-feedback", "name": "Third"},
    ]
    pathway = {"pathway": {"routes": [{"name": "In order", "in_order": True, "steps": steps}]}}
    set_rule(sqlite_service.services, KEY, pathway, actor="test", now=NOW)
    sqlite_service.issue(email="pat@example.org", achievement="mentor-foundation")
    text = Person(sqlite_service).open_wallet("pat@example.org").get("/wallet/progress")
    assert ("1 of 3" in text, "Half way" in text, text.count(">next<")) == (True, True, 1)
    assert "was to be done by 2026-01-01" in text
