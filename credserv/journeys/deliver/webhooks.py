"""Outgoing webhooks (Standard Webhooks 1.0): an organisation's systems are notified
of what happens to credentials.

    {"type": "credential.issued", "timestamp": "2026-11-26T09:00:00Z",
     "data": {"credential": "https://badges.example/credentials/…", "achievement": "mentor-foundation",
              "recipient": {"email": "pat@example.org"}, "state": "active"}}

The transaction of the event queues the message. It is signed with each secret of its endpoint and sent until
the host answers with 2xx: at once, then after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h. Then
it is given up and waits for an administrator. The `webhook-id` is the same at every attempt. An endpoint gets
its messages in the order of events, as long as each is accepted. An unreachable endpoint does not hold up the
others for long. 410 ends an endpoint, as the specification says. A sandbox notifies only its own systems, and
its messages have `"sandbox": true`.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from credserv.fetch.posting import Poster, Receipt
from credserv.ground.encoding import format_instant
from credserv.ground.errors import CredservError
from credserv.ground.json_types import JsonObject
from credserv.issuing.addresses import credential_url
from credserv.journeys.services import Services
from credserv.records.audit import Action, AuditRecord
from credserv.records.credentials import CredentialRecord, CredentialState
from credserv.records.webhooks import Delivery, EndpointRecord, Happening
from credserv.sources.webhook import sign_webhook

_PAUSES = tuple(
    timedelta(seconds=seconds) for seconds in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
_HANDS = 8
_HANDFUL = 25
_LEASE = timedelta(seconds=60)  # if a sender dies, its messages are due again after this
_TURN_SECONDS = 10.0  # per endpoint, because the next round waits for the slowest
_GONE = 410
_NOT_THERE = (0, 429, 502, 503, 504)  # no answer, or one that asks to wait
_PEACE = timedelta(minutes=5)  # the longest wait for all messages to an unreachable endpoint

_STATES = {
    Happening.ISSUED: CredentialState.ACTIVE,
    Happening.CLAIMED: CredentialState.ACTIVE,
    Happening.RESTORED: CredentialState.ACTIVE,
    Happening.DUE: CredentialState.ACTIVE,
    Happening.SUSPENDED: CredentialState.SUSPENDED,
    Happening.REVOKED: CredentialState.REVOKED,
}

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]
Stopping = Callable[[], bool]


def _never() -> bool:
    return False


def send_due_webhooks(
    services: Services, poster: Poster, *, clock: Clock, stopping: Stopping = _never
) -> int:
    """Send what is due, to several endpoints at once.

    Returns:
        How many messages were accepted.

    Raises:
        UnavailableError: The database cannot be used now.
    """
    endpoints = services.store.webhook_outbox.endpoints_due(clock())
    if not endpoints:
        return 0
    with ThreadPoolExecutor(_HANDS, thread_name_prefix="webhooks") as pool:
        hands = [pool.submit(_send_to, services, poster, known, clock, stopping) for known in endpoints]
        return sum(hand.result() for hand in hands)


def message_for(services: Services, delivery: Delivery) -> bytes:
    """Return the body, the same at every attempt unless something was erased."""
    data: dict[str, object] = {}
    if delivery.credential_id is not None:
        record = services.store.credentials.get(delivery.credential_id)
        data["credential"] = credential_url(services.public_url, delivery.credential_id)
        data["state"] = _STATES[delivery.happening].value
        if record is not None:
            data |= _told_of(record)
        if delivery.reason:
            data["reason"] = delivery.reason
    message: JsonObject = {
        "type": delivery.happening.value,
        "timestamp": format_instant(delivery.happened_at),
        **({"sandbox": True} if services.issuer.sandbox else {}),
        "data": data,
    }
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def _told_of(record: CredentialRecord) -> JsonObject:
    recipient = record.order.recipient
    named = {"email": recipient.email, "did": recipient.did, "name": recipient.name}
    return {
        "achievement": record.order.achievement_key,
        "awarded_at": format_instant(record.order.awarded_at),
        "recipient": {name: value for name, value in named.items() if value is not None},
    }


def _send_to(services: Services, poster: Poster, endpoint_id: str, clock: Clock, stopping: Stopping) -> int:
    """Send handfuls until nothing is due, the endpoint is unreachable, or its turn is over."""
    endpoint = services.store.webhooks.get(endpoint_id)
    taken, ends = 0, time.monotonic() + _TURN_SECONDS

    def is_over() -> bool:
        return stopping() or time.monotonic() > ends

    while endpoint is not None and endpoint.ended_at is None and not is_over():
        now = clock()
        outbox = services.store.webhook_outbox
        due = outbox.take(endpoint_id, now, until=now + _LEASE, limit=_HANDFUL)
        if not due:
            break
        done = _send_handful(services, poster, endpoint, due, clock, is_over)
        outbox.settle(endpoint_id, done.settled, not_before=done.not_before)
        taken += sum(one.delivered_at is not None for one in done.settled)
        if done.is_gone:
            end_endpoint(services, endpoint_id, why="its host says 410 Gone", actor="worker", now=clock())
        if done.is_gone or done.not_before is not None:
            break
    return taken


@dataclass
class _Handful:
    """The outcome of a handful.

    Attributes:
        settled: What became of each message.
        not_before: Until when to leave an unreachable endpoint alone.
        is_gone: Whether it is gone for good.
    """

    settled: list[Delivery] = field(default_factory=list)
    not_before: datetime | None = None
    is_gone: bool = False


def _send_handful(
    services: Services,
    poster: Poster,
    endpoint: EndpointRecord,
    due: Sequence[Delivery],
    clock: Clock,
    is_over: Stopping,
) -> _Handful:
    """Send a handful.

    A refused message holds up no other. If the endpoint is unreachable or its turn
    is over, the rest waits untried.
    """
    done = _Handful()
    for delivery in due:
        now = clock()
        if done.is_gone or done.not_before is not None or is_over():
            later = done.not_before or now
            done.settled.append(replace(delivery, tries=delivery.tries - 1, due_at=later))
            continue
        receipt, note = _post(services, poster, endpoint, delivery, now)
        if 200 <= receipt.status < 300:
            done.settled.append(replace(delivery, due_at=None, note="", delivered_at=now))
            continue
        logger.warning("a message to %s was not taken: %s", endpoint.id, note)
        done.settled.append(_later(delivery, note, receipt, now))
        done.is_gone = receipt.status == _GONE
        if receipt.status in _NOT_THERE:
            asked = timedelta(seconds=receipt.retry_after or 0)
            done.not_before = now + max(min(_pause(delivery), _PEACE), asked)
    return done


def _post(
    services: Services, poster: Poster, endpoint: EndpointRecord, delivery: Delivery, now: datetime
) -> tuple[Receipt, str]:
    """Return the host's answer (status 0 for none), and the same in words."""
    try:
        receipt = _send_one(services, poster, endpoint, delivery, now)
    except CredservError as error:
        return Receipt(0), error.detail
    return receipt, f"its host answered with HTTP status {receipt.status}"


def _send_one(
    services: Services, poster: Poster, endpoint: EndpointRecord, delivery: Delivery, now: datetime
) -> Receipt:
    body, timestamp = message_for(services, delivery), int(now.timestamp())
    signatures = [sign_webhook(secret, delivery.id, timestamp, body) for secret in endpoint.secrets_at(now)]
    headers = {
        "Content-Type": "application/json",
        "webhook-id": delivery.id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }
    return poster.post(endpoint.url, body, headers)


def _later(delivery: Delivery, note: str, receipt: Receipt, now: datetime) -> Delivery:
    if delivery.tries > len(_PAUSES):
        return replace(delivery, due_at=None, note=note)
    pause = _pause(delivery)
    if receipt.retry_after is not None:
        pause = max(pause, timedelta(seconds=receipt.retry_after))
    return replace(delivery, due_at=now + pause, note=note)


def _pause(delivery: Delivery) -> timedelta:
    return _PAUSES[min(delivery.tries, len(_PAUSES)) - 1]


def end_endpoint(services: Services, endpoint_id: str, *, why: str, actor: str, now: datetime) -> None:
    """Stop sending to an endpoint.

    Raises:
        NotFoundError: There is no such endpoint.
    """
    with services.store.transaction():
        services.store.webhooks.end(endpoint_id, why=why, now=now)
        services.store.audit.add(AuditRecord(now, actor, Action.WEBHOOK_ENDED, endpoint_id, {"why": why}))
