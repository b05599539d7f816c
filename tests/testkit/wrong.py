"""What may go wrong with an organisation, each as it is kept then."""

from __future__ import annotations

from dataclasses import replace

from credserv.journeys.award.in_bulk.prepare import prepare_run
from credserv.journeys.award.orders import OrderRequest, find_version, prepare_order
from credserv.journeys.connect.endpoints import send_test
from credserv.records.bulk import RowState
from credserv.records.credentials import Recipient
from credserv.records.letters import Posted
from credserv.records.sources import EventRecord, EventState
from tests.testkit import lots
from tests.testkit.service import ACHIEVEMENT, Service


def refuse_letter(here: Service, email: str) -> str:
    """A badge whose letter no server takes."""
    services, now = here.services, here.clock.now
    badge = here.issue(email=email)
    services.store.letters.queue(now, since=now)
    services.store.letters.settle([Posted(badge, "the mail server knows no such mailbox")], now=now)
    return badge


def fail_order(here: Service, email: str) -> str:
    services, now = here.services, here.clock.now
    asked = OrderRequest(f"order of {email}", ACHIEVEMENT, Recipient(email=email))
    order = prepare_order(services, "api", asked, find_version(services, ACHIEVEMENT, None), now=now)
    record, _ = lots.reserve(services.store, order, now)
    lots.fail(services.store, record.id, "the signing key could not be used", now)
    return record.id


def set_aside(
    here: Service, event_id: str, state: EventState = EventState.QUARANTINED, *, source: str = "lms"
) -> None:
    told = EventRecord(source, event_id, "0" * 64, b"{}", here.clock.now, state, note="no rule is for it")
    here.services.store.events.record(told)


def give_up(here: Service, endpoint_id: str) -> str:
    """One message; whatever else waits was taken."""
    services, now = here.services, here.clock.now
    message = send_test(services, endpoint_id, now=now)
    ends = [
        replace(
            one, due_at=None, note="its host answered 500", delivered_at=None if one.id == message else now
        )
        for one in services.store.webhook_outbox.take(endpoint_id, now, until=now, limit=9)
    ]
    services.store.webhook_outbox.settle(endpoint_id, ends, not_before=None)
    return message


def fail_row(here: Service, name: str) -> str:
    services, now = here.services, here.clock.now
    data = f"email,achievement\nann@example.org,{ACHIEVEMENT}\n".encode()
    run = prepare_run(services, name, data, actor="test", now=now)
    (row,) = services.store.bulk.rows(run.id, limit=9)
    services.store.bulk.settle(run.id, [replace(row, state=RowState.FAILED, note="it cannot be")])
    return run.id


def ask_in_vain(here: Service, source: str) -> None:
    services, now = here.services, here.clock.now
    services.store.source_pulls.schedule(source, now)
    outcome = {"asked": 1, "found": 0, "new": 0, "failed": ["Canvas did not answer."]}
    services.store.source_pulls.finish(source, due_at=now, ended_at=now, outcome=outcome, seen={})


def refuse_request(here: Service, source: str) -> None:
    """A request whose signature is another's."""
    here.client().post(f"/hooks/{source}", data=b"{}", headers=here.sign(b"[]", "evt_refused")).close()
