"""Who is in: signed-in sessions and API keys. How people come in is in sign_in.py.

Every token is 256 random bits and is stored as its SHA-256 alone; a token that leaks from the store
opens nothing.
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

# What a key with one of these may do, only an owner may: groups of a directory can make owners.
RULING_SCOPES = frozenset({"directory:write"})

_API_KEY = re.compile(r"csk_([0-9a-f]{12})_([A-Za-z0-9_-]{43})", re.ASCII)
_MAX_NAME_CHARS = 80
_TOKEN_BYTES = 32


@dataclass(frozen=True)
class Opened:
    """A session that was just begun. `token` goes into the cookie and is nowhere else."""

    token: str
    session: SessionRecord


# --- sessions -----------------------------------------------------------------------------------


def begin_session(
    services: Services, kind: SessionKind, subject: str, now: datetime, *, proved: bool = True
) -> Opened:
    """Of a person who has just come in (sign_in). proved: by showing who they are, as no link does that was
    handed over."""
    token = random_token(_TOKEN_BYTES)
    ends_at = now + timedelta(hours=services.session_hours)
    session = SessionRecord(hash_token(token), kind, subject, now, now, ends_at, now if proved else None)
    services.store.access.add_session(session)
    return Opened(token, session)


def find_session(services: Services, token: str, kind: SessionKind, now: datetime) -> SessionRecord:
    """The live session of a cookie. Raises UnauthenticatedError for none, and for one left idle too long."""
    token_sha256 = hash_token(token)
    session = services.store.access.session(token_sha256, now)
    if session is None or session.kind is not kind or session.expires_at <= now:
        raise UnauthenticatedError("not signed in")
    if now - session.last_seen_at > IDLE_LIFE[kind]:
        services.store.access.end_session(token_sha256)
        raise UnauthenticatedError("signed out after a time without use")
    return session


def sessions_of(services: Services, person_id: str, now: datetime) -> tuple[SessionRecord, ...]:
    """Where a person is signed in: their wallet, and the console of this organisation; newest first."""
    return services.store.access.sessions_of(person_id, now)


def end_one_session(services: Services, person_id: str, token_sha256: str, now: datetime) -> None:
    """Raises NotFoundError for one that is not the person's."""
    if token_sha256 not in {found.token_sha256 for found in sessions_of(services, person_id, now)}:
        raise NotFoundError("there is no such session")
    with services.store.transaction():
        services.store.access.end_session(token_sha256)
        services.store.audit.add(AuditRecord(now, f"person:{person_id}", Action.SESSION_ENDED, person_id))


def end_all_sessions(services: Services, person_id: str, now: datetime) -> None:
    """Sign a person out everywhere."""
    with services.store.transaction():
        services.store.access.end_sessions(person_id)
        line = AuditRecord(now, f"person:{person_id}", Action.SIGNED_OUT_EVERYWHERE, person_id)
        services.store.audit.add(line)


def end_session(services: Services, token: str) -> None:
    """Sign out where it counts: in the store. An unknown token is no error."""
    services.store.access.end_session(hash_token(token))


# --- API keys -----------------------------------------------------------------------------------


def create_api_key(
    services: Services, name: str, scopes: Iterable[str], now: datetime, *, actor: str = "command"
) -> tuple[ApiKeyRecord, str]:
    """A new key and its token `csk_<id>_<secret>`, which nobody can read again. Raises InputError."""
    asked = frozenset(scopes)
    name, chosen = name.strip(), tuple(scope for scope in SCOPES if scope in asked)
    if not name or len(name) > _MAX_NAME_CHARS:
        raise InputError(f"an API key needs a name of at most {_MAX_NAME_CHARS} characters")
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
    """The live key that `token` is. Raises UnauthenticatedError, alike for every reason."""
    match = _API_KEY.fullmatch(token)
    found = services.store.access.find_api_key(match[1]) if match else None
    expected = found[1] if found else "0" * 64
    presented = hash_token(match[2] if match else "")
    if not hmac.compare_digest(expected, presented) or found is None or found[0].ended_at is not None:
        raise UnauthenticatedError("the API key is not one that works here")
    services.store.access.touch_api_key(found[0].id, now)
    return found[0]


def all_api_keys(services: Services) -> tuple[ApiKeyRecord, ...]:
    """Those that work and those that were ended."""
    return services.store.access.list_api_keys()


def end_api_key(services: Services, key_id: str, now: datetime, *, actor: str = "command") -> None:
    """From now on the key opens nothing. Raises NotFoundError for an unknown id."""
    if services.store.access.find_api_key(key_id) is None:
        raise NotFoundError("no such API key")
    with services.store.transaction():
        services.store.access.end_api_key(key_id, now)
        services.store.audit.add(AuditRecord(now, actor, Action.API_KEY_ENDED, key_id))
