"""Step-up: a session alone cannot change who may come in.

A session can stay open for hours on a shared device, and it began with one link from a mailbox that others
may read. Changing a person's ways in, or exporting their keys, therefore requires a recent proof of identity.
A mailed link proves it to the session that requested it and to no other.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from credserv.ground.encoding import hash_token, random_token
from credserv.ground.errors import ForbiddenError, StepUpError, UnauthenticatedError
from credserv.journeys.services import Services
from credserv.records.access import LinkPurpose, LinkRecord, SessionRecord
from credserv.records.people import ProvedKind

RECENT = timedelta(minutes=5)
PROOF_LINK_LIFE = timedelta(minutes=15)

_TOKEN_BYTES = 32


def require_recent_proof(services: Services, session: SessionRecord, now: datetime) -> None:
    """Require a proof within the last five minutes, and that nobody has reported a change as not theirs.

    Raises:
        StepUpError: There is no recent proof.
        ForbiddenError: Changes are frozen.
    """
    require_not_frozen(services, session.subject, now)
    if session.proved_at is None or now - session.proved_at >= RECENT:
        raise StepUpError("show once more that it is you, then go on with what you wanted to do")


def require_not_frozen(services: Services, person_id: str, now: datetime) -> None:
    """Require that changes of how a person signs in are not frozen (notices.py).

    Raises:
        ForbiddenError: They are.
    """
    person = services.store.people.get(person_id)
    if person is not None and person.frozen_until is not None and now < person.frozen_until:
        raise ForbiddenError(
            "somebody who reads one of your mailboxes said that a change of your ways to sign in was not "
            f"theirs. Until {person.frozen_until:%d %B %Y, %H:%M} UTC nothing of this can be changed"
        )


def create_proof_link(services: Services, session_sha256: str, email: str, now: datetime) -> str | None:
    """Create a link that proves to a session that its user reads this mailbox, valid for 15 minutes.

    Returns:
        The absolute URL, or None if the session has ended or the address does not sign its person in.
    """
    session = services.store.access.session(session_sha256, now)
    if session is None or not _signs_in(services, email, session.subject):
        return None
    token = random_token(_TOKEN_BYTES)
    with services.store.transaction():
        services.store.links.forget_unused(LinkPurpose.PROOF, email)
        ends_at = now + PROOF_LINK_LIFE
        services.store.links.add(hash_token(token), LinkPurpose.PROOF, email, ends_at, claim=session_sha256)
    return f"{services.public_url}/wallet/prove/{token}"


def proof_link(services: Services, session: SessionRecord, token: str, now: datetime) -> LinkRecord | None:
    """Return a live link that this session requested, without using it up, as a GET may."""
    found = services.store.links.find(hash_token(token), (LinkPurpose.PROOF,))
    is_ours = found is not None and found.claim == session.token_sha256 and found.is_open(now)
    return found if is_ours else None


def prove_by_link(
    services: Services, session: SessionRecord, token: str, now: datetime, *, browser: str
) -> None:
    """Use up a link and mark the session as proved.

    Raises:
        UnauthenticatedError: The link is used, expired or unknown, or another session requested it.
    """
    with services.store.transaction():
        link = services.store.links.find(hash_token(token), (LinkPurpose.PROOF,))
        if link is None or link.claim != session.token_sha256:
            raise UnauthenticatedError("this link is for the browser in which it was asked for")
        used = services.store.links.use(
            hash_token(token), (LinkPurpose.PROOF,), now, browser=hash_token(browser)
        )
        if used is None or not _signs_in(services, link.subject, session.subject):
            raise UnauthenticatedError("this link was used already, or is too old: ask for a new one")
        services.store.access.note_proof(session.token_sha256, now)


def _signs_in(services: Services, email: str, person_id: str) -> bool:
    proved = services.store.people.find_proved(ProvedKind.EMAIL, email)
    return proved is not None and proved.person_id == person_id and proved.signs_in
