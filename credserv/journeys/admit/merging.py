"""Join two wallets of one person: everything is proved, checked and done at once, and
can be undone within seven days.

Somebody signed in to one wallet proves, in the same session, everything that signs in to the other: each
address by a link sent to it, each passkey by using it. So nobody can join what they could not open anyway. A
link that somebody else opens, or a form on another site, joins nothing (attack W4). An address that only
receives letters proves nothing, because others may read it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from credserv.ground.encoding import hash_token, random_token
from credserv.ground.errors import ConflictError, NotFoundError, UnauthenticatedError
from credserv.journeys.admit.identities import SIGNING, leave_work
from credserv.journeys.admit.notices import Change, queue_notices
from credserv.journeys.admit.oidc import Answer, require_account
from credserv.journeys.admit.passkeys import require_passkey
from credserv.journeys.admit.step_up import require_not_frozen
from credserv.journeys.services import Services
from credserv.records.access import LinkPurpose, LinkRecord, SessionRecord
from credserv.records.merging import MergeRecord
from credserv.records.people import PersonRecord, ProvedIdentifierRecord, ProvedKind

JOIN_LINK_LIFE = timedelta(minutes=15)
SHOWN_LIFE = timedelta(minutes=30)
UNDO_LIFE = timedelta(days=7)

_TOKEN_BYTES = 32
_OF_NONE = "this does not open another wallet"


@dataclass(frozen=True)
class Joining:
    """A join in preparation.

    Attributes:
        missing: What signs in to the other wallet and was not proved yet.
        credentials: How many credentials come along.
        imports: How many imported credentials come along.
        refused: Why they cannot be joined; "" if they can.
    """

    other: PersonRecord
    shown: tuple[ProvedIdentifierRecord, ...]
    missing: tuple[ProvedIdentifierRecord, ...]
    credentials: int
    imports: int
    refused: str = ""


# --- prove that the other wallet is yours too --------------------------------------------------------


def create_join_link(services: Services, session_sha256: str, email: str, now: datetime) -> str | None:
    """Create a link that proves to a session that its person reads this mailbox too, once, within 15 minutes.

    Returns:
        The absolute URL, or None if the address opens no other wallet.
    """
    session = services.store.access.session(session_sha256, now)
    if session is None or _other(services, session, ProvedKind.EMAIL, email) is None:
        return None
    token = random_token(_TOKEN_BYTES)
    with services.store.transaction():
        services.store.links.forget_unused(LinkPurpose.JOIN, email)
        ends_at = now + JOIN_LINK_LIFE
        services.store.links.add(hash_token(token), LinkPurpose.JOIN, email, ends_at, claim=session_sha256)
    return f"{services.public_url}/wallet/join/link/{token}"


def join_link(services: Services, session: SessionRecord, token: str, now: datetime) -> LinkRecord | None:
    """Return a live link that this session requested, without using it up, as a GET may."""
    found = services.store.links.find(hash_token(token), (LinkPurpose.JOIN,))
    is_ours = found is not None and found.claim == session.token_sha256 and found.is_open(now)
    return found if is_ours else None


def show_address(
    services: Services, session: SessionRecord, token: str, now: datetime, *, browser: str
) -> None:
    """Use up a link as proof of an address.

    Raises:
        UnauthenticatedError: The link is used, expired, unknown or another session's, or the address opens no
            other wallet.
    """
    with services.store.transaction():
        if join_link(services, session, token, now) is None:
            raise UnauthenticatedError("this link is for the browser in which it was asked for")
        used = services.store.links.use(
            hash_token(token), (LinkPurpose.JOIN,), now, browser=hash_token(browser)
        )
        if used is None:
            raise UnauthenticatedError(_OF_NONE)
        _show(services, session, ProvedKind.EMAIL, used.subject, now)


def show_passkey(
    services: Services, session: SessionRecord, challenge: str, credential: str, now: datetime
) -> None:
    """Accept a passkey as proof.

    Raises:
        UnauthenticatedError: The passkey opens no other wallet.
    """
    known = require_passkey(services, challenge, credential, session.token_sha256, now)
    _show(services, session, ProvedKind.PASSKEY, known.credential_id, now)


def show_account(services: Services, session: SessionRecord, answer: Answer, now: datetime) -> None:
    """Accept an account as proof.

    Raises:
        UnauthenticatedError: The account opens no other wallet.
        CredservError: As `require_account`.
    """
    value = require_account(services, session, answer, now)
    _show(services, session, ProvedKind.OIDC, value, now)


def joining(services: Services, session: SessionRecord, now: datetime) -> Joining | None:
    """Return what this session is about to join; None if nothing was proved recently."""
    begun = services.store.merges.begun(session.token_sha256)
    if begun is None or begun.into_id != session.subject:
        return None
    fresh = {name for name, at in begun.shown.items() if now - at < SHOWN_LIFE}
    signing = [one for one in _live(services, begun.from_id) if one.signs_in and one.kind in SIGNING]
    shown = tuple(one for one in signing if one.id in fresh)
    other = services.store.people.get(begun.from_id)
    if not shown or other is None:
        return None
    return Joining(
        other=other,
        shown=shown,
        missing=tuple(one for one in signing if one.id not in fresh),
        credentials=len(services.store.holdings.of_person(other.id)),
        imports=services.store.imports.count(other.id),
        refused=_refused(services, begun, now),
    )


# --- join, and undo -----------------------------------------------------------------------------------


def join(services: Services, session: SessionRecord, now: datetime) -> None:
    """Move everything from the other wallet into this one, in one transaction.

    The view has required a recent proof.

    Raises:
        ConflictError: Something was not proved, the proof is too old, or they cannot be joined.
    """
    with services.store.transaction():
        begun = services.store.merges.begun(session.token_sha256)
        if begun is None or begun.into_id != session.subject:
            raise ConflictError("nothing of the other wallet was shown: start again")
        services.store.merges.lock(begun.into_id, begun.from_id)
        found = joining(services, session, now)
        if found is None:
            raise ConflictError("this was shown too long ago: start again")
        if found.refused:
            raise ConflictError(found.refused)
        if found.missing:
            raise ConflictError("show first everything that opens the other wallet")
        services.store.merges.merge(begun.id, now)
        leave_work(services, begun.into_id)
        queue_notices(services, begun.into_id, Change.MERGED, now)


def undoable(services: Services, person_id: str, now: datetime) -> tuple[MergeRecord, ...]:
    """Return the joins of the last seven days, newest first."""
    return services.store.merges.done(person_id, now - UNDO_LIFE)


def undo(services: Services, session: SessionRecord, merge_id: str, now: datetime) -> None:
    """Return everything that came with the other wallet. Only this session stays open.

    Raises:
        NotFoundError: There is no such join in the last seven days.
        ConflictError: A later join has to be undone first.
    """
    with services.store.transaction():
        found = undoable(services, session.subject, now)
        if merge_id not in {one.id for one in found}:
            raise NotFoundError("there is nothing to be undone: it is possible for seven days")
        if found[0].id != merge_id:
            raise ConflictError("undo what you joined later first")
        services.store.merges.undo(merge_id, now, session_sha256=session.token_sha256)
        for person_id in (found[0].into_id, found[0].from_id):
            _keep_a_way_in(services, person_id)
            queue_notices(services, person_id, Change.PARTED, now)


def _keep_a_way_in(services: Services, person_id: str) -> None:
    """Let an address given at work sign in again if the separated wallet has nothing else that does."""
    live = [one for one in _live(services, person_id) if one.kind in SIGNING]
    if live and not any(one.signs_in for one in live):
        for one in live:
            services.store.identities.set_signing_in(person_id, one.id, signs_in=True)


def _other(
    services: Services, session: SessionRecord, kind: ProvedKind, value: str
) -> ProvedIdentifierRecord | None:
    """Return what signs in to a wallet other than the open one."""
    found = services.store.people.find_proved(kind, value)
    return found if found is not None and found.signs_in and found.person_id != session.subject else None


def _show(services: Services, session: SessionRecord, kind: ProvedKind, value: str, now: datetime) -> None:
    """Record a proof. Raises UnauthenticatedError if it opens no other wallet."""
    found = _other(services, session, kind, value)
    if found is None:
        raise UnauthenticatedError(_OF_NONE)
    services.store.merges.show(session.token_sha256, session.subject, found.person_id, found.id, now)


def _live(services: Services, person_id: str) -> list[ProvedIdentifierRecord]:
    return [one for one in services.store.people.proved(person_id) if one.ended_at is None]


def _refused(services: Services, begun: MergeRecord, now: datetime) -> str:
    """Return why two wallets cannot be joined: an employer knows their owners as two people."""
    for person_id in (begun.into_id, begun.from_id):
        require_not_frozen(services, person_id, now)
    mine, theirs = (_subjects(services, person_id) for person_id in (begun.into_id, begun.from_id))
    if any(mine[issuer] != theirs[issuer] for issuer in mine.keys() & theirs.keys()):
        return "an employer knows the owners of these wallets as two people, so they are not joined"
    return ""


def _subjects(services: Services, person_id: str) -> dict[str, frozenset[str]]:
    """Return the subjects under which each issuer knows a person (OpenID Connect
    Core, section 2: `iss` and `sub`).
    """
    told = [json.loads(one.value) for one in _live(services, person_id) if one.kind is ProvedKind.OIDC]
    return {issuer: frozenset(sub for iss, sub in told if iss == issuer) for issuer, _ in told}
