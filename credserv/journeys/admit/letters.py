"""Letters with links: anybody can request one, and it is sent only to where the link leads.

The requester gets the same answer, after the same work, whether or not the address is known (attack 115). The
request is stored with a letter that is due, and the worker finds out whether it leads anywhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from credserv.ground.encoding import hash_token, random_token
from credserv.ground.names import is_email, normalise_email
from credserv.journeys.admit.identities import create_address_link
from credserv.journeys.admit.merging import create_join_link
from credserv.journeys.admit.notices import create_freeze_link
from credserv.journeys.admit.notifications import notification_of
from credserv.journeys.admit.sign_in import (
    CONSOLE_LINK_LIFE,
    INVITATION_LIFE,
    create_mailed_console_link,
    create_wallet_link,
)
from credserv.journeys.admit.staff_login import requires_account
from credserv.journeys.admit.step_up import create_proof_link
from credserv.journeys.services import Services
from credserv.records.access import FEEDBACK_LIFE, LinkPurpose, LinkRecord
from credserv.records.people import ProvedKind
from credserv.records.roles import ColleagueRecord

# At most one letter to an address in this time, however often requested.
LETTER_SPACING = timedelta(minutes=5)

_LETTER_LIFE = timedelta(hours=1)
_FEEDBACK_BYTES = 24


@dataclass(frozen=True)
class Asked:
    """A requested letter.

    Attributes:
        before: When the previous one was requested, if that is so recent that no second one is sent.
    """

    before: datetime | None
    again_from: datetime


def request_letter(
    services: Services,
    purpose: LinkPurpose,
    email: str,
    now: datetime,
    *,
    claim: str | None = None,
    language: str = "",
) -> Asked:
    """Request a link by mail. The result does not reveal whether the address leads anywhere.

    Without a mail server, no letter is due.

    Args:
        purpose: One that ends in LETTER, or INVITATION.
        claim: What comes with it: the id of a credential to keep, the session to prove, or the person who
            adds the address.
        language: The language of the request.
    """
    address = normalise_email(email) if is_email(email.strip()) else ""
    before = services.store.links.last(purpose, address, claim, now) if address else None
    if before is not None and (asked := before.expires_at - _LETTER_LIFE) > now - LETTER_SPACING:
        return Asked(asked, asked + LETTER_SPACING)
    # If two requests come at the same moment, they have the same handle, so it is stored once.
    span = int(now.timestamp() // LETTER_SPACING.total_seconds())
    key = "\n".join([purpose.value, address or random_token(16), claim or "", str(span)])
    handle = hashlib.sha256(key.encode()).hexdigest()
    services.store.links.add_once(
        hash_token(handle),
        purpose,
        address,
        now + _LETTER_LIFE,
        claim=claim,
        letter_at=now if services.mail_enabled else None,
        language=language,
    )
    return Asked(None, now + LETTER_SPACING)


def link_of_letter(services: Services, wanted: LinkRecord, now: datetime) -> str | None:
    """Return the link to mail for a request; None if it leads nowhere."""
    if not wanted.is_open(now) or not wanted.subject:
        return None
    if wanted.purpose is LinkPurpose.WALLET_LETTER:
        if wanted.claim is None and not _has_wallet(services, wanted.subject):
            return None
        return create_wallet_link(services, wanted.subject, now, claim=wanted.claim)
    if wanted.purpose in _OWN:
        return _OWN[wanted.purpose](services, wanted, now)
    if find_colleague(services, wanted.subject, now) is None or requires_account(services):
        return None
    invited = wanted.purpose is LinkPurpose.INVITATION
    life = INVITATION_LIFE if invited else CONSOLE_LINK_LIFE
    return create_mailed_console_link(services, wanted.subject, now, life)


def find_colleague(services: Services, email: str, now: datetime) -> ColleagueRecord | None:
    """Return who enters the console by this address: the member who proved it, else the one we address by
    it.
    """
    store = services.store
    proved = store.people.find_proved(ProvedKind.EMAIL, email)
    if proved is not None:
        today = services.today(now)
        return store.colleagues.of_person(proved.person_id, today) if proved.signs_in else None
    member = store.members.find_by_email(email)
    if member is None or store.people.proved(member.person_id):
        return None
    return store.colleagues.get(member.id, services.today(now))


def _feedback_link(services: Services, wanted: LinkRecord, now: datetime) -> str | None:
    """Return the link, or None if the person it is about is gone."""
    subject = wanted.claim or ""
    if services.store.roster.get(subject.partition(" ")[0]) is None:
        return None
    token = random_token(_FEEDBACK_BYTES)
    services.store.links.add(hash_token(token), LinkPurpose.FEEDBACK, subject, now + FEEDBACK_LIFE)
    return f"{services.public_url}/feedback/{token}"


def _session_link(services: Services, wanted: LinkRecord, _now: datetime) -> str | None:
    """Return the link, or None if the session is gone.

    It opens nothing, because its reader has to sign in first.
    """
    session_id = wanted.claim or ""
    if services.store.mentoring.find(session_id) is None:
        return None
    return f"{services.public_url}/wallet/mentoring/sessions/{session_id}"


def _has_wallet(services: Services, email: str) -> bool:
    proved = services.store.people.find_proved(ProvedKind.EMAIL, email)
    return proved.signs_in if proved is not None else services.store.people.is_addressed(email)


# For people who are signed in already, and people asked for feedback.
_OWN: Mapping[LinkPurpose, Callable[[Services, LinkRecord, datetime], str | None]] = {
    LinkPurpose.PROOF_LETTER: lambda services, wanted, now: create_proof_link(
        services, wanted.claim or "", wanted.subject, now
    ),
    LinkPurpose.ADDRESS_LETTER: lambda services, wanted, now: create_address_link(
        services, wanted.claim or "", wanted.subject, now
    ),
    LinkPurpose.FEEDBACK_LETTER: _feedback_link,
    LinkPurpose.BOOKING_LETTER: _session_link,
    LinkPurpose.JOIN_LETTER: lambda services, wanted, now: create_join_link(
        services, wanted.claim or "", wanted.subject, now
    ),
    LinkPurpose.CASE_LETTER: lambda services, wanted, _now: (
        services.public_url + next(iter(json.loads(wanted.claim or "[]")[2:]), "/wallet/mentoring/appeals")
    ),
    LinkPurpose.TOLD_LETTER: lambda services, wanted, _now: (
        f"{services.public_url}{notification_of(wanted.claim or '')[0].page}"
    ),
    LinkPurpose.NOTICE_LETTER: lambda services, wanted, now: create_freeze_link(
        services, wanted.claim or "", now
    ),
}
