"""Claim links: each shows one credential, and whoever proves an address can keep it if nobody does yet.

A credential is kept as soon as the person it is held for has proved anything. It then stays in their wallet,
whoever has a claim link to it.
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
    """Create a claim link for one credential, valid for 30 days. It opens no wallet.

    Returns:
        The absolute URL.

    Raises:
        NotFoundError: There is no such credential.
    """
    if services.store.credentials.get(credential_id) is None:
        raise NotFoundError("there is no such credential")
    token = random_token(32)
    with services.store.transaction():
        services.store.links.add(hash_token(token), LinkPurpose.CLAIM, credential_id, now + CLAIM_LINK_LIFE)
        services.store.audit.add(AuditRecord(now, actor, Action.CLAIM_LINK_CREATED, credential_id))
    return f"{services.public_url}/claim/{token}"


def credential_of(services: Services, token: str, now: datetime) -> str:
    """Return the id of the credential that a claim link shows.

    Raises:
        NotFoundError: There is no such link.
        GoneError: The link has expired.
    """
    found = services.store.links.find(hash_token(token), (LinkPurpose.CLAIM,))
    if found is None:
        raise NotFoundError("there is no such link")
    if not found.is_open(now):
        raise GoneError("this link was good for 30 days: ask for a new one")
    return found.subject


def keep(services: Services, credential_id: str, person_id: str, now: datetime) -> None:
    """Put a credential that nobody keeps yet into a person's wallet. Otherwise it stays with its keeper."""
    with services.store.transaction():
        if services.store.credentials.claim(credential_id, person_id):
            line = AuditRecord(now, f"person:{person_id}", Action.CREDENTIAL_CLAIMED, credential_id)
            services.store.audit.add(line)
            services.store.webhook_outbox.queue(Happening.CLAIMED, [credential_id], now)


def is_kept(services: Services, credential_id: str) -> bool:
    """Return whether the credential is in somebody's wallet."""
    record = services.store.credentials.get(credential_id)
    return record is not None and bool(services.store.people.proved(record.person_id))


def is_keeper(services: Services, credential_id: str, person_id: str) -> bool:
    """Return whether the credential is in this person's wallet."""
    record = services.store.credentials.get(credential_id)
    return record is not None and record.person_id == person_id
