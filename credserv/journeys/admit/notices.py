"""Notices: each change of how a person signs in is reported to their other mailboxes.

The letter waits in the outbox from the change's transaction on, and delivery is attempted for as long as its
link is valid. The link undoes nothing. It only stops further changes, so a mailbox that is no longer the
person's cannot take their wallet either.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

from credserv.ground.encoding import hash_token, random_token
from credserv.ground.errors import UnauthenticatedError
from credserv.journeys.services import Services
from credserv.records.access import LinkPurpose, LinkRecord
from credserv.records.audit import Action, AuditRecord
from credserv.records.people import ProvedKind

FREEZE = timedelta(hours=72)

_TOKEN_BYTES = 32


class Change(StrEnum):
    """The change in the words of the letter.

    They never name the new address, because the old one may be read by a former employer.
    """

    ADDRESS_ADDED = "another e-mail address was added to it"
    ADDRESS_REMOVED = "an e-mail address was removed from it"
    ADDRESS_CHANGED = "which e-mail addresses open it was changed"
    PASSKEY_ADDED = "a passkey was added to it"
    PASSKEY_REMOVED = "a passkey was removed from it"
    ACCOUNT_ADDED = "an account of an employer was added to it"
    ACCOUNT_REMOVED = "an account of an employer was removed from it"
    MERGED = "it was joined with another wallet"
    PARTED = "it was separated again from a wallet that it had been joined with"


def queue_notices(
    services: Services, person_id: str, change: Change, now: datetime, *, but: Collection[str] = ()
) -> None:
    """Queue letters to a person's live addresses, in the transaction of the change.

    Args:
        but: Addresses that need none, such as the one just added.
    """
    if not services.mail_enabled:
        return
    for known in services.store.people.proved(person_id):
        if known.kind is ProvedKind.EMAIL and known.ended_at is None and known.value not in but:
            told = json.dumps([person_id, change.name])
            services.store.links.add_once(
                hash_token(random_token(_TOKEN_BYTES)),
                LinkPurpose.NOTICE_LETTER,
                known.value,
                now + FREEZE,
                claim=told,
                letter_at=now,
            )


def change_told(claim: str) -> Change:
    """Return the change that a notice reports."""
    return Change[json.loads(claim)[1]]


def create_freeze_link(services: Services, claim: str, now: datetime) -> str:
    """Create a link that stops changes to a person's ways in, for the reader of this letter.

    Returns:
        The absolute URL.
    """
    token, person_id = random_token(_TOKEN_BYTES), str(json.loads(claim)[0])
    services.store.links.add(hash_token(token), LinkPurpose.NOT_ME, person_id, now + FREEZE)
    return f"{services.public_url}/wallet/not-me/{token}"


def freeze_link(services: Services, token: str, now: datetime) -> LinkRecord | None:
    """Return a live link without using it up, as a GET may."""
    found = services.store.links.find(hash_token(token), (LinkPurpose.NOT_ME,))
    return found if found is not None and found.is_open(now) else None


def freeze(services: Services, token: str, now: datetime, *, browser: str) -> datetime:
    """End a person's sessions and stop changes of how they sign in for 72 hours.

    Returns:
        When the freeze ends.

    Raises:
        UnauthenticatedError: The link is used, expired or unknown.
    """
    with services.store.transaction():
        link = services.store.links.use(
            hash_token(token), (LinkPurpose.NOT_ME,), now, browser=hash_token(browser)
        )
        if link is None:
            raise UnauthenticatedError("this link was used already, or is too old")
        until = now + FREEZE
        services.store.identities.freeze(link.subject, until)
        services.store.access.end_sessions(link.subject)
        services.store.audit.add(AuditRecord(now, "notice", Action.IDENTITY_FROZEN, link.subject))
    return until
