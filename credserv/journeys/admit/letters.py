"""Letters that bring a link: asked for by anybody, sent only to where a link leads.

Whoever asks gets the same answer, and costs the same work, whether or not the address is known (attack
115). What was asked for is written down with a letter that is due; the worker finds out whether it leads
anywhere.
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

LETTER_SPACING = timedelta(minutes=5)  # one letter to one address in this time, however often asked

_LETTER_LIFE = timedelta(hours=1)
_FEEDBACK_BYTES = 24


@dataclass(frozen=True)
class Asked:
    """A letter that was asked for. before: when, if another was asked for so lately that no second goes."""

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
    """Have a link mailed to an address, if it leads anywhere. Says nothing of whether it does.

    purpose: one that ends in LETTER, or INVITATION. claim: id of a credential to be kept with it, the session
    that asks to be proved, or the person who adds the address. language: in which they ask. Without a mail
    server, no letter is due.
    """
    address = normalise_email(email) if is_email(email.strip()) else ""
    before = services.store.links.last(purpose, address, claim, now) if address else None
    if before is not None and (asked := before.expires_at - _LETTER_LIFE) > now - LETTER_SPACING:
        return Asked(asked, asked + LETTER_SPACING)
    # Of two who ask in the same moment, one is first: the handle is the same, and is written down once.
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


def resolve_letter(services: Services, wanted: LinkRecord, now: datetime) -> str | None:
    """The link to mail, of what was asked for; None where that leads nowhere."""
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
    """Who comes into the console by this address: its owner who proved it, else whom we address by it."""
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
    """None where whoever it is about is not here any more."""
    subject = wanted.claim or ""
    if services.store.roster.get(subject.partition(" ")[0]) is None:
        return None
    token = random_token(_FEEDBACK_BYTES)
    services.store.links.add(hash_token(token), LinkPurpose.FEEDBACK, subject, now + FEEDBACK_LIFE)
    return f"{services.public_url}/feedback/{token}"


def _session_link(services: Services, wanted: LinkRecord, _now: datetime) -> str | None:
    """None where it is not kept any more. It opens nothing: whoever follows it signs in first."""
    session_id = wanted.claim or ""
    if services.store.mentoring.find(session_id) is None:
        return None
    return f"{services.public_url}/wallet/mentoring/sessions/{session_id}"


def _has_wallet(services: Services, email: str) -> bool:
    proved = services.store.people.find_proved(ProvedKind.EMAIL, email)
    return proved.signs_in if proved is not None else services.store.people.is_addressed(email)


# Of whoever is signed in already, and of who is asked for feedback.
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
