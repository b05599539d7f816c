"""Our own status lists as verifications read them: for half a second the same, never longer."""

from __future__ import annotations

from credserv.journeys.publish.publish import set_status
from credserv.journeys.publish.recent import LOOK_SECONDS, RecentLists
from credserv.records.credentials import CredentialState
from tests.testkit.service import Service


def test_a_list_is_read_anew_after_half_a_second_by_either_clock(sqlite_service: Service) -> None:
    service, seconds = sqlite_service, [0.0]
    lists = RecentLists(clock=lambda: seconds[0])
    credential_id = service.issue()
    record = service.services.store.credentials.get(credential_id)
    assert record is not None
    url = f"{service.services.public_url}/status/{record.status_list_id}"
    before = lists.get(service.services, url, now=service.clock())
    service.clock.advance(minutes=2)  # past the time for which a published list is kept
    revoked, reason = CredentialState.REVOKED, "a test"
    set_status(service.services, credential_id, revoked, reason=reason, actor="test", now=service.clock())
    assert lists.get(service.services, url, now=service.clock()) != before
    again = lists.get(service.services, url, now=service.clock())
    service.clock.advance(seconds=LOOK_SECONDS / 2)
    assert lists.get(service.services, url, now=service.clock()) is again
    seconds[0] += LOOK_SECONDS
    assert lists.get(service.services, url, now=service.clock()) == again


def test_an_address_that_is_no_list_of_the_owner_is_nobodys(sqlite_service: Service) -> None:
    services = sqlite_service.services
    now = sqlite_service.clock()
    assert RecentLists().get(services, "https://other.example/status/1", now=now) is None


def test_a_revoked_credential_is_refused_at_once(sqlite_service: Service) -> None:
    service = sqlite_service
    credential_id = service.issue()
    signed = service.client().get(f"/credentials/{credential_id}").data

    def verify() -> str:
        answer = service.client().post("/api/v1/verify", data=signed, content_type="application/vc")
        return str(answer.json["verdict"])

    assert verify() == "verified"
    revoked, now = CredentialState.REVOKED, service.clock()
    set_status(service.services, credential_id, revoked, reason="a test", actor="test", now=now)
    assert verify() == "not_verified"
