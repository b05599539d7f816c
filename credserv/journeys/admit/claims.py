"""Claim links: each shows one credential, and lets whoever proves an address keep it, if nobody does yet.

A credential is kept once the person it is held for has proved anything. It then stays in their wallet,
whoever holds a claim link to it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from credserv.ground.encoding import hash_token, random_token
from credserv.ground.errors import GoneError, NotFoundError
from credserv.journeys.services import Services
from credserv.records.access import LinkPurpose
from credserv.records.audit import Action, AuditRecord
from credserv.records.webhooks import Happening

CLAIM_LINK_LIFE = timedelta(days=30)


def create_link(services: Services, credential_id: str, now: datetime, *, actor: str) -> str:
    """The absolute URL that shows one credential to whoever holds it, and lets them keep it if nobody does,
    for 30 days. It opens no wallet. Raises NotFoundError."""
    if services.store.credentials.get(credential_id) is None:
        raise NotFoundError("there is no such credential")
    token = random_token(32)
    with services.store.transaction():
        services.store.links.add(hash_token(token), LinkPurpose.CLAIM, credential_id, now + CLAIM_LINK_LIFE)
        services.store.audit.add(AuditRecord(now, actor, Action.CLAIM_LINK_CREATED, credential_id))
    return f"{services.public_url}/claim/{token}"


def credential_of(services: Services, token: str, now: datetime) -> str:
    """The id of the credential that a claim link shows. Raises NotFoundError, GoneError when it is old."""
    found = services.store.links.find(hash_token(token), (LinkPurpose.CLAIM,))
    if found is None:
        raise NotFoundError("there is no such link")
    if not found.is_open(now):
        raise GoneError("this link was good for 30 days: ask for a new one")
    return found.subject


def keep(services: Services, credential_id: str, person_id: str, now: datetime) -> None:
    """Make one credential that nobody keeps yet this person's. One that somebody keeps stays with them."""
    with services.store.transaction():
        if services.store.credentials.claim(credential_id, person_id):
            line = AuditRecord(now, f"person:{person_id}", Action.CREDENTIAL_CLAIMED, credential_id)
            services.store.audit.add(line)
            services.store.webhook_outbox.queue(Happening.CLAIMED, [credential_id], now)


def is_kept(services: Services, credential_id: str) -> bool:
    """Whether it is in somebody's wallet."""
    record = services.store.credentials.get(credential_id)
    return record is not None and bool(services.store.people.proved(record.person_id))


def is_keeper(services: Services, credential_id: str, person_id: str) -> bool:
    record = services.store.credentials.get(credential_id)
    return record is not None and record.person_id == person_id
