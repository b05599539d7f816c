"""Letters that tell a person what became of something of theirs, each once and to one mailbox.

Such a letter opens nothing and does not name badges from elsewhere, because whoever reads a mailbox at work
should not learn what others awarded. It waits in the outbox from the transaction of the event on.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from enum import StrEnum

from credserv.ground.encoding import hash_token
from credserv.journeys.services import Services
from credserv.records.access import LinkPurpose
from credserv.records.people import ProvedKind

_TRIED_FOR = timedelta(days=14)


class Notification(StrEnum):
    """What a letter is about. The value is stored with the letter, so do not change it."""

    OBJECTION_RECEIVED = "objection-received"
    OBJECTION_DECIDED = "objection-decided"
    EMPLOYMENT_DECLINED = "employment-declined"
    OFFER_NUMBER = "offer-number"
    IMPORT_REVOKED = "import-revoked"
    IMPORT_SUSPENDED = "import-suspended"
    IMPORT_ENDS = "import-ends"

    @property
    def page(self) -> str:
        """Return the page with more about it, after signing in."""
        return _PAGES.get(self, "/wallet/imports")


_PAGES = {
    Notification.OBJECTION_RECEIVED: "/wallet/data/objections",
    Notification.OBJECTION_DECIDED: "/wallet/data/objections",
    Notification.EMPLOYMENT_DECLINED: "/wallet/employment",
    Notification.OFFER_NUMBER: "/wallet",
}


def notify(
    services: Services,
    person_id: str,
    told: Notification,
    about: str,
    now: datetime,
    *,
    until: datetime | None = None,
) -> bool:
    """Queue a letter, in the transaction of what it reports.

    Args:
        about: An id, or whatever distinguishes it from the previous letter.
        until: When it is no longer useful.

    Returns:
        Whether a letter was queued.
    """
    email = _mailbox(services, person_id)
    if email is None or not services.mail_enabled:
        return False
    handle = "\n".join((person_id, told.value, about))
    services.store.links.add_once(
        hash_token(handle),
        LinkPurpose.TOLD_LETTER,
        email,
        until or now + _TRIED_FOR,
        claim=json.dumps([told.value, about]),
        letter_at=now,
    )
    return True


def notification_of(claim: str) -> tuple[Notification, str]:
    """Return what a letter reports, and about what."""
    told, about = json.loads(claim)
    return Notification(told), str(about)


def _mailbox(services: Services, person_id: str) -> str | None:
    """Return the newest address of the person's own that opens the wallet, else one
    that others gave them, else None.
    """
    live = [
        one
        for one in services.store.people.proved(person_id)
        if one.kind is ProvedKind.EMAIL and one.ended_at is None
    ]
    at_work = services.store.identities.given_at_work(person_id)
    own = [one for one in live if one.id not in at_work] or [one for one in live if one.signs_in] or live
    return own[-1].value if own else None
