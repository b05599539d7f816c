"""A credential earns another, by whichever door it came, and costs it when it is revoked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from credserv.journeys.award.orders import OrderRequest, award_request
from credserv.journeys.award.replay import replay
from credserv.journeys.award.settle import settle
from credserv.journeys.award.stacking import Stacking
from credserv.journeys.define.rules import end_rule, set_rule
from credserv.journeys.publish.publish import set_status
from credserv.records.credentials import CredentialRecord, CredentialState, Recipient
from credserv.records.observations import Kind
from credserv.records.observed import ObservationState
from tests.testkit.observed import add_member, add_source, observe
from tests.testkit.service import NOW, Service

STACKED = "mentor-practitioner"
STEPS = ("mentor-foundation", "active-listening")
PATHWAY = {"pathway": {"routes": [{"steps": [{"achievement": key} for key in STEPS]}]}}
PAT = Recipient(email="pat@example.org")


def award(service: Service, key: str) -> CredentialRecord:
    return award_request(service.services, "api", OrderRequest(f"order-{key}", key, PAT), now=NOW)[0]


def stacked(service: Service) -> list[CredentialState]:
    store = service.services.store
    return [
        record.state
        for member in store.credentials.holders(STACKED)
        for record in store.credentials.of_member(member)
        if record.order.achievement_key == STACKED
    ]


def test_whoever_walked_a_route_to_its_end_has_earned_what_it_leads_to(sqlite_service: Service) -> None:
    services = sqlite_service.services
    set_rule(services, STACKED, PATHWAY, actor="test", now=NOW)
    sweep = Stacking()
    first = award(sqlite_service, STEPS[0])
    assert (sweep.go_on(services, now=NOW), stacked(sqlite_service)) == (1, [])
    award(sqlite_service, STEPS[1])
    assert sweep.go_on(services, now=NOW) in (1, 2)  # in its own round or the next it sees what it awarded
    assert stacked(sqlite_service) == [CredentialState.ACTIVE]
    (record,) = [
        one
        for one in services.store.credentials.of_member(_member(sqlite_service))
        if one.order.achievement_key == STACKED
    ]
    assert record.order.grounds is not None
    assert len(record.order.grounds["credentials"]) == 2
    assert record.order.grounds["rule"] == {"achievement": STACKED, "version": 1}
    assert replay(services, record.id).then == "met"
    sweep.go_on(services, now=NOW)
    assert sweep.go_on(services, now=NOW + timedelta(seconds=3)) == 0  # each change once

    set_status(services, first.id, CredentialState.SUSPENDED, reason="a test", actor="test", now=NOW)
    Stacking().go_on(services, now=NOW + timedelta(hours=1))  # another worker, that knows of nothing
    assert stacked(sqlite_service) == [CredentialState.SUSPENDED]
    set_status(services, first.id, CredentialState.ACTIVE, reason="", actor="test", now=NOW)
    Stacking().go_on(services, now=NOW + timedelta(hours=2))
    assert stacked(sqlite_service) == [CredentialState.ACTIVE]


def _member(service: Service) -> str:
    (member,) = service.services.store.credentials.holders(STACKED)
    return member


@pytest.mark.parametrize("then", ["another rule", "no rule"])
def test_what_a_former_version_issued_is_judged_by_it_and_by_no_other(
    sqlite_service: Service, then: str
) -> None:
    services = sqlite_service.services
    add_source(services, NOW)
    pat = add_member(services, "pat@example.org", NOW)
    set_rule(services, STACKED, _completed("course-1"), actor="test", now=NOW)

    def said(event_id: str, kind: Kind, activity: str, day: int) -> None:
        record = observe(services, event_id, kind, activity, of=pat, at=NOW + timedelta(days=day))
        store = services.store.observations
        store.settle(record.id, ObservationState.RECEIVED, identifier_id=pat.id)
        known = store.get(record.id)
        assert known is not None
        settle(services, known, now=NOW + timedelta(days=day))

    said("1", Kind.COMPLETED, "course-1", 0)
    assert stacked(sqlite_service) == [CredentialState.ACTIVE]
    if then == "no rule":
        end_rule(services, STACKED, actor="test", now=NOW)
    else:
        set_rule(services, STACKED, _completed("course-2"), actor="test", now=NOW)
    said("2", Kind.REVOKED, "course-2", 1)  # nothing to the badge, which rests on the first course
    assert stacked(sqlite_service) == [CredentialState.ACTIVE]
    said("3", Kind.REVOKED, "course-1", 2)
    assert stacked(sqlite_service) == [CredentialState.SUSPENDED]
    said("4", Kind.COMPLETED, "course-1", 3)
    assert stacked(sqlite_service) == [CredentialState.ACTIVE]


def _completed(activity: str) -> dict[str, Any]:
    return {"when": {"observed": {"kind": "completed", "activity": activity}}}
