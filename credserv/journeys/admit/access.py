"""Signed-in sessions and API keys. How people sign in is in sign_in.py.

Every token is 256 random bits. The store holds only its SHA-256, so a leak of the store opens nothing.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from credserv.ground.encoding import hash_token, random_token
from credserv.ground.errors import InputError, NotFoundError, UnauthenticatedError
from credserv.ground.names import has_unseen
from credserv.journeys.services import Services
from credserv.records.access import ApiKeyRecord, SessionKind, SessionRecord
from credserv.records.audit import Action, AuditRecord

IDLE_LIFE = {SessionKind.ADMINISTRATOR: timedelta(hours=1), SessionKind.HOLDER: timedelta(hours=2)}

SCOPES = (
    "accreditations:read",
    "accreditations:write",
    "achievements:write",
    "credentials:issue",
    "credentials:status",
    "credentials:read",
    "directory:write",
    "outcomes:read",
    "outcomes:write",
    "people:write",
    "vc-api:issue",
)

# Only an owner may do what a key with one of these scopes can do, because directory groups can make owners.
RULING_SCOPES = frozenset({"directory:write"})

_API_KEY = re.compile(r"csk_([0-9a-f]{12})_([A-Za-z0-9_-]{43})", re.ASCII)
_MAX_NAME_CHARS = 80
_TOKEN_BYTES = 32


@dataclass(frozen=True)
class Opened:
    """A new session. `token` goes into the cookie and is stored nowhere else."""

    token: str
    session: SessionRecord


# --- sessions -----------------------------------------------------------------------------------


def begin_session(
    services: Services, kind: SessionKind, subject: str, now: datetime, *, proved: bool = True
) -> Opened:
    """Begin a session of a person who has just signed in (sign_in).

    Args:
        proved: Whether they proved who they are; a link handed over does not.
    """
    token = random_token(_TOKEN_BYTES)
    ends_at = now + timedelta(hours=services.session_hours)
    session = SessionRecord(hash_token(token), kind, subject, now, now, ends_at, now if proved else None)
    services.store.access.add_session(session)
    return Opened(token, session)


def find_session(services: Services, token: str, kind: SessionKind, now: datetime) -> SessionRecord:
    """Return the live session of a cookie.

    Raises:
        UnauthenticatedError: There is none, or it was idle for too long.
    """
    token_sha256 = hash_token(token)
    session = services.store.access.session(token_sha256, now)
    if session is None or session.kind is not kind or session.expires_at <= now:
        raise UnauthenticatedError("not signed in")
    if now - session.last_seen_at > IDLE_LIFE[kind]:
        services.store.access.end_session(token_sha256)
        raise UnauthenticatedError("signed out after a time without use")
    return session


def sessions_of(services: Services, person_id: str, now: datetime) -> tuple[SessionRecord, ...]:
    """Return a person's wallet sessions and their console sessions in this organisation, newest first."""
    return services.store.access.sessions_of(person_id, now)


def end_one_session(services: Services, person_id: str, token_sha256: str, now: datetime) -> None:
    """End one session of a person.

    Raises:
        NotFoundError: There is no such session, or it is somebody else's.
    """
    if token_sha256 not in {found.token_sha256 for found in sessions_of(services, person_id, now)}:
        raise NotFoundError("there is no such session")
    with services.store.transaction():
        services.store.access.end_session(token_sha256)
        services.store.audit.add(AuditRecord(now, f"person:{person_id}", Action.SESSION_ENDED, person_id))


def end_all_sessions(services: Services, person_id: str, now: datetime) -> None:
    """Sign a person out everywhere: of their wallet and the console of every organisation."""
    with services.store.transaction():
        services.store.access.end_sessions(person_id)
        line = AuditRecord(now, f"person:{person_id}", Action.SIGNED_OUT_EVERYWHERE, person_id)
        services.store.audit.add(line)


def end_session(services: Services, token: str) -> None:
    """Sign out in the store. An unknown token is no error."""
    services.store.access.end_session(hash_token(token))


# --- API keys -----------------------------------------------------------------------------------


def create_api_key(
    services: Services, name: str, scopes: Iterable[str], now: datetime, *, actor: str = "command"
) -> tuple[ApiKeyRecord, str]:
    """Create an API key.

    Args:
        scopes: At least one.
        actor: Who creates it, for the audit trail.

    Returns:
        The record and the token `csk_<id>_<secret>`, which cannot be read again.

    Raises:
        InputError: The name or a scope is not valid.
    """
    asked = frozenset(scopes)
    name, chosen = name.strip(), tuple(scope for scope in SCOPES if scope in asked)
    if not name or len(name) > _MAX_NAME_CHARS:
        raise InputError(f"an API key needs a name of at most {_MAX_NAME_CHARS} characters")
    if has_unseen(name):
        raise InputError("a name has only characters that can be seen")
    if asked - frozenset(SCOPES) or not chosen:
        raise InputError("an API key needs at least one scope, out of " + ", ".join(SCOPES))
    key_id = secrets.token_hex(6)
    secret = random_token(_TOKEN_BYTES)
    record = ApiKeyRecord(key_id, name, chosen, now)
    with services.store.transaction():
        services.store.access.add_api_key(record, hash_token(secret))
        services.store.audit.add(
            AuditRecord(now, actor, Action.API_KEY_CREATED, key_id, {"scopes": list(chosen)})
        )
    return record, f"csk_{key_id}_{secret}"


def require_api_key(services: Services, token: str, now: datetime) -> ApiKeyRecord:
    """Return the live key that a token belongs to.

    Raises:
        UnauthenticatedError: There is none; the message is the same for every reason.
    """
    match = _API_KEY.fullmatch(token)
    found = services.store.access.find_api_key(match[1]) if match else None
    expected = found[1] if found else "0" * 64
    presented = hash_token(match[2] if match else "")
    if not hmac.compare_digest(expected, presented) or found is None or found[0].ended_at is not None:
        raise UnauthenticatedError("the API key is not one that works here")
    services.store.access.touch_api_key(found[0].id, now)
    return found[0]


def all_api_keys(services: Services) -> tuple[ApiKeyRecord, ...]:
    """Return all keys, ended ones included."""
    return services.store.access.list_api_keys()


def end_api_key(services: Services, key_id: str, now: datetime, *, actor: str = "command") -> None:
    """End a key at once.

    Raises:
        NotFoundError: There is no such key.
    """
    if services.store.access.find_api_key(key_id) is None:
        raise NotFoundError("no such API key")
    with services.store.transaction():
        services.store.access.end_api_key(key_id, now)
        services.store.audit.add(AuditRecord(now, actor, Action.API_KEY_ENDED, key_id))
