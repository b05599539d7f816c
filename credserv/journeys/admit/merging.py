"""Join two wallets that are one person's: proved, looked at, done at once, and undone within seven days.

Whoever is signed in to one wallet shows, in the same session, everything that signs in to the other: each
address by a link that goes to it, each passkey by using it. So nobody joins what they could not open anyway,
and a link that somebody else opens, or a form from another site, joins nothing (attack W4). An address that
only gets letters shows nothing: others may read it.
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
    """What is about to be joined. missing: what signs in to the other wallet, and was not shown yet.

    credentials, imports: how many of each come along. refused: why it cannot be; "" where it can.
    """

    other: PersonRecord
    shown: tuple[ProvedIdentifierRecord, ...]
    missing: tuple[ProvedIdentifierRecord, ...]
    credentials: int
    imports: int
    refused: str = ""


# --- show that the other is one's own, too -----------------------------------------------------------


def create_join_link(services: Services, session_sha256: str, email: str, now: datetime) -> str | None:
    """The absolute URL that shows a session that its person reads this mailbox, too, once, within 15 minutes.
    None where it opens no other wallet."""
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
    """A live link that this session asked for, looked at without being used: what a GET may do."""
    found = services.store.links.find(hash_token(token), (LinkPurpose.JOIN,))
    is_ours = found is not None and found.claim == session.token_sha256 and found.is_open(now)
    return found if is_ours else None


def show_address(
    services: Services, session: SessionRecord, token: str, now: datetime, *, browser: str
) -> None:
    """Use the link up. Raises UnauthenticatedError for a link that is used, too old, unknown, of another
    session, or to an address that opens no other wallet."""
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
    """Raises UnauthenticatedError for a passkey that opens no other wallet."""
    known = require_passkey(services, challenge, credential, session.token_sha256, now)
    _show(services, session, ProvedKind.PASSKEY, known.credential_id, now)


def show_account(services: Services, session: SessionRecord, answer: Answer, now: datetime) -> None:
    """Raises as `require_account`, UnauthenticatedError for an account that opens no other wallet."""
    value = require_account(services, session, answer, now)
    _show(services, session, ProvedKind.OIDC, value, now)


def joining(services: Services, session: SessionRecord, now: datetime) -> Joining | None:
    """What this session is about to join; None where nothing was shown of late."""
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


# --- join, and part ----------------------------------------------------------------------------------


def join(services: Services, session: SessionRecord, now: datetime) -> None:
    """All that is the other wallet's becomes this one's, in one transaction; the door has asked for a recent
    proof. Raises ConflictError where something was not shown, or it cannot be."""
    with services.store.transaction():
        begun = services.store.merges.begun(session.token_sha256)
        if begun is None or begun.into_id != session.subject:
            raise ConflictError("nothing of the other wallet was shown: begin anew")
        services.store.merges.lock(begun.into_id, begun.from_id)
        found = joining(services, session, now)
        if found is None:
            raise ConflictError("this was shown too long ago: begin anew")
        if found.refused:
            raise ConflictError(found.refused)
        if found.missing:
            raise ConflictError("show first everything that opens the other wallet")
        services.store.merges.merge(begun.id, now)
        leave_work(services, begun.into_id)
        queue_notices(services, begun.into_id, Change.MERGED, now)


def undoable(services: Services, person_id: str, now: datetime) -> tuple[MergeRecord, ...]:
    """Of the last seven days, the newest first."""
    return services.store.merges.done(person_id, now - UNDO_LIFE)


def undo(services: Services, session: SessionRecord, merge_id: str, now: datetime) -> None:
    """What came with the other wallet goes back, and this session alone stays open. Raises NotFoundError for
    none of the last seven days."""
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
    """Joined, an address given at work opened nothing any more, since another did; alone, it has to again."""
    live = [one for one in _live(services, person_id) if one.kind in SIGNING]
    if live and not any(one.signs_in for one in live):
        for one in live:
            services.store.identities.set_signing_in(person_id, one.id, signs_in=True)


def _other(
    services: Services, session: SessionRecord, kind: ProvedKind, value: str
) -> ProvedIdentifierRecord | None:
    """What signs in to another wallet than the one that is open."""
    found = services.store.people.find_proved(kind, value)
    return found if found is not None and found.signs_in and found.person_id != session.subject else None


def _show(services: Services, session: SessionRecord, kind: ProvedKind, value: str, now: datetime) -> None:
    """Raises UnauthenticatedError for what opens no other wallet."""
    found = _other(services, session, kind, value)
    if found is None:
        raise UnauthenticatedError(_OF_NONE)
    services.store.merges.show(session.token_sha256, session.subject, found.person_id, found.id, now)


def _live(services: Services, person_id: str) -> list[ProvedIdentifierRecord]:
    return [one for one in services.store.people.proved(person_id) if one.ended_at is None]


def _refused(services: Services, begun: MergeRecord, now: datetime) -> str:
    """Where one employer knows the two as two, they are two people."""
    for person_id in (begun.into_id, begun.from_id):
        require_not_frozen(services, person_id, now)
    mine, theirs = (_subjects(services, person_id) for person_id in (begun.into_id, begun.from_id))
    if any(mine[issuer] != theirs[issuer] for issuer in mine.keys() & theirs.keys()):
        return "an employer knows the owners of these wallets as two people, so they are not joined"
    return ""


def _subjects(services: Services, person_id: str) -> dict[str, frozenset[str]]:
    """By issuer, as whom it knows a person (OpenID Connect Core, section 2: `iss` and `sub`)."""
    told = [json.loads(one.value) for one in _live(services, person_id) if one.kind is ProvedKind.OIDC]
    return {issuer: frozenset(sub for iss, sub in told if iss == issuer) for issuer, _ in told}
