"""Webhook endpoints: systems of the organisation that are notified of what happens to credentials.

A secret is shown once, when it is made. During a rotation, messages are signed with both secrets (Standard
Webhooks, rotation) until the older one is ended.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from credserv.ground.addresses import require_https
from credserv.ground.encoding import random_token
from credserv.ground.errors import FetchRefusedError, InputError, NotFoundError
from credserv.journeys.services import Services
from credserv.records.audit import Action, AuditRecord
from credserv.records.paging import Place, by_place
from credserv.records.webhooks import SUBSCRIBABLE, Delivery, EndpointRecord, Happening
from credserv.sources.webhook import create_secret

_ID_BYTES = 9
_MOST = 20


def add_endpoint(
    services: Services, url: str, happenings: Sequence[str], *, actor: str, now: datetime
) -> EndpointRecord:
    """Add an endpoint. The returned record contains its secret.

    Args:
        url: A public https URL.
        happenings: Values of Happening; empty for all.

    Raises:
        InputError: The URL or a value is not valid, or there are too many endpoints.
    """
    try:
        url = require_https(url.strip())
    except FetchRefusedError as error:
        raise InputError(f"messages go to a public https address: {error.detail}") from error
    wanted = tuple(_happening(text) for text in dict.fromkeys(happenings)) or SUBSCRIBABLE
    if len([known for known in services.store.webhooks.list() if known.ended_at is None]) >= _MOST:
        raise InputError(f"{_MOST} systems hear already: end one first")
    endpoint = EndpointRecord(random_token(_ID_BYTES), url, wanted, (create_secret(),), now)
    with services.store.transaction():
        services.store.webhooks.add(endpoint)
        services.store.audit.add(AuditRecord(now, actor, Action.WEBHOOK_ADDED, endpoint.id, {"url": url}))
    return endpoint


def find_endpoint(services: Services, endpoint_id: str) -> EndpointRecord:
    """Return an endpoint.

    Raises:
        NotFoundError: There is no such endpoint.
    """
    found = services.store.webhooks.get(endpoint_id)
    if found is None:
        raise NotFoundError("there is no such endpoint")
    return found


def resume_endpoint(services: Services, endpoint_id: str, *, actor: str, now: datetime) -> None:
    """Send to an endpoint again from now on.

    Raises:
        NotFoundError: There is no such endpoint.
    """
    with services.store.transaction():
        services.store.webhooks.resume(endpoint_id)
        services.store.audit.add(AuditRecord(now, actor, Action.WEBHOOK_RESUMED, endpoint_id))


def rotate_secret(
    services: Services, endpoint_id: str, *, overlap: timedelta | None = None, actor: str, now: datetime
) -> str:
    """Make a new secret.

    Args:
        overlap: How long the former secret is used too; None until `end_older_secret`.

    Returns:
        The new secret.

    Raises:
        NotFoundError: There is no such endpoint.
    """
    secret, ends = create_secret(), None if overlap is None else now + overlap
    with services.store.transaction():
        known = find_endpoint(services, endpoint_id).secrets
        services.store.webhooks.set_secrets(endpoint_id, [secret, *known[:1]], older_ends_at=ends)
        services.store.audit.add(AuditRecord(now, actor, Action.WEBHOOK_SECRET_ADDED, endpoint_id))
    return secret


def end_older_secret(services: Services, endpoint_id: str, *, actor: str, now: datetime) -> None:
    """Sign with the newest secret only.

    Raises:
        NotFoundError: There is no such endpoint.
    """
    with services.store.transaction():
        known = find_endpoint(services, endpoint_id).secrets
        services.store.webhooks.set_secrets(endpoint_id, known[:1])
        services.store.audit.add(AuditRecord(now, actor, Action.WEBHOOK_SECRET_ENDED, endpoint_id))


def send_test(services: Services, endpoint_id: str, *, now: datetime) -> str:
    """Queue a test message and return its id.

    Raises:
        NotFoundError: There is no such endpoint.
        InputError: The endpoint is stopped.
    """
    if find_endpoint(services, endpoint_id).ended_at is not None:
        raise InputError("nothing is sent to this endpoint any more: resume it first")
    return services.store.webhook_outbox.queue_test(endpoint_id, now)


def send_again(services: Services, delivery_id: str, *, now: datetime) -> None:
    """Queue a delivery again.

    Raises:
        NotFoundError: There is no such delivery.
    """
    services.store.webhook_outbox.send_again(delivery_id, now)


def send_given_up(services: Services, endpoint_id: str, *, now: datetime) -> int:
    """Queue every delivery that was given up.

    Returns:
        How many.

    Raises:
        NotFoundError: There is no such endpoint.
    """
    find_endpoint(services, endpoint_id)
    return services.store.webhook_outbox.send_given_up(endpoint_id, now)


def all_endpoints(services: Services) -> tuple[EndpointRecord, ...]:
    """Return all endpoints."""
    return services.store.webhooks.list()


def recent_deliveries(services: Services, endpoint_id: str, *, limit: int) -> tuple[Delivery, ...]:
    """Return the latest deliveries, newest first.

    Raises:
        NotFoundError: There is no such endpoint.
    """
    find_endpoint(services, endpoint_id)
    return services.store.webhook_outbox.recent(endpoint_id, limit=limit)


def all_deliveries(services: Services, endpoint_id: str, after: Place | None = None) -> Iterator[Delivery]:
    """Yield deliveries as needed, newest first, or those after `after`.

    Raises:
        NotFoundError: There is no such endpoint. Raised at once, not on the first delivery.
    """
    find_endpoint(services, endpoint_id)
    outbox = services.store.webhook_outbox
    return by_place(
        lambda count, last: outbox.recent(endpoint_id, limit=count, after=last), lambda one: one.place, after
    )


def _happening(text: str) -> Happening:
    if text not in SUBSCRIBABLE:
        raise InputError("a system can hear of " + ", ".join(SUBSCRIBABLE))
    return Happening(text)
