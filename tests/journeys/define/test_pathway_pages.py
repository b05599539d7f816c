"""A pathway by form: its steps are a rule, whose badges are counted; what the form cannot say it leaves."""

from __future__ import annotations

from credserv.journeys.award.orders import OrderRequest, award_request
from credserv.journeys.define.rules import current_rule, set_rule
from credserv.mastery.pathway_form import (
    MAX_ROUTES,
    PathwayForm,
    RouteForm,
    build_pathway,
    read_pathway_form,
)
from credserv.records.credentials import Recipient
from credserv.records.roles import Role
from tests.testkit.browsing import Person
from tests.testkit.service import NOW, Service

KEY = "mentor-practitioner"
PAGE = f"/console/achievements/{KEY}/pathway"
FIELDS = {
    "name-0": "By courses",
    "in_order-0": "yes",
    "achievement-0-0": "mentor-foundation",
    "milestone-0-0": "You may mentor",
    "by-0-0": "2027-03-01",
    "achievement-0-4": "active-listening",
}


def test_what_the_form_gives_it_reads_again() -> None:
    steps = ({"achievement": "x", "milestone": "", "by": ""}, {"achievement": "", "by": "2027-01-01"})
    free = RouteForm("", False, ({"alignment": "urn:skill"},))
    document = build_pathway(PathwayForm((RouteForm("A", True, steps), RouteForm("empty"), free)))
    assert document == {
        "pathway": {
            "routes": [
                {"name": "A", "in_order": True, "steps": [{"achievement": "x"}]},
                {"steps": [{"alignment": "urn:skill"}]},
            ]
        }
    }
    again = read_pathway_form(document)
    assert again is not None
    assert build_pathway(again) == document
    route = {"steps": [{"achievement": "x"}]}
    assert read_pathway_form({"pathway": {"routes": [route]}}) is not None
    assert read_pathway_form({"pathway": {"routes": [route] * MAX_ROUTES}}) is not None
    for other in (
        {"when": {"all": []}},
        {"pathway": {"routes": [route] * (MAX_ROUTES + 1)}},
        {"pathway": {"routes": [{"steps": [{"achievement": "x", "issuer": "ours"}]}]}},
        {"award": "once", "pathway": {"routes": [route]}},
    ):
        assert read_pathway_form(other) is None


def test_a_pathway_is_tried_saved_and_changed(sqlite_service: Service) -> None:
    service, owner = sqlite_service, Person(sqlite_service).sign_in_to_console()
    assert PAGE in owner.get(f"/console/achievements/{KEY}/rule")
    pat = Recipient(email="pat@example.org", name="Pat Doe")
    award_request(service.services, "api", OrderRequest("order-1", "mentor-foundation", pat), now=NOW)
    tried = owner.submit(PAGE, **FIELDS, do="try")
    assert ("Pat Doe" in tried.text, "You may mentor" in tried.text) == (True, True)
    assert current_rule(service.services, KEY) is None
    assert "Version 1 of the rule" in owner.follow(owner.submit(PAGE, **FIELDS, do="save"))
    rule = current_rule(service.services, KEY)
    assert rule is not None
    assert rule.document == {
        "pathway": {
            "routes": [
                {
                    "name": "By courses",
                    "in_order": True,
                    "steps": [
                        {
                            "achievement": "mentor-foundation",
                            "milestone": "You may mentor",
                            "by": "2027-03-01",
                        },
                        {"achievement": "active-listening"},
                    ],
                }
            ]
        }
    }
    assert 'value="2027-03-01"' in owner.get(PAGE)
    refused = owner.submit(PAGE, **FIELDS | {"by-0-0": "soon"}, do="save")
    assert (refused.status_code, "By courses" in refused.text) == (400, True)
    nothing = owner.submit(PAGE, do="save", **{"name-0": "Nothing"})
    assert nothing.status_code == 400
    two = FIELDS | {"name-1": "By practice", "alignment-1-0": "urn:example:skill"}
    assert "Version 2 of the rule" in owner.follow(owner.submit(PAGE, **two, do="save"))
    assert ("By practice" in owner.get(PAGE), 'value="urn:example:skill"' in owner.get(PAGE)) == (True, True)
    wallet = Person(service).open_wallet("pat@example.org").get("/wallet/progress")
    assert ("By courses" in wallet, "1 of 2" in wallet) == (True, True)


def test_a_rule_that_is_no_pathway_of_the_form_is_left_alone(sqlite_service: Service) -> None:
    rule = {"when": {"observed": {"kind": "completed", "activity": "c"}}}
    set_rule(sqlite_service.services, KEY, rule, actor="test", now=NOW)
    owner = Person(sqlite_service).sign_in_to_console()
    assert "is no pathway" in owner.get(PAGE)
    auditor = Person(sqlite_service).sign_in_as(Role.AUDITOR)
    assert 'value="save"' not in auditor.get(PAGE)
