"""Who may come in: one-time links, signed-in sessions and API keys.

Every token is 256 random bits and is stored as its SHA-256 alone; a token that leaks from the store
opens nothing. Links are looked at by GET and used up by POST, since mail scanners follow links
(a claim needs a person's click). Whoever asks for a wallet link gets the same answer, and costs the
same work, whether or not the address is known.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from credserv.ground.encoding import hash_token, random_token
from credserv.ground.errors import InputError, NotFoundError, UnauthenticatedError
from credserv.journeys.services import Services
from credserv.records.access import ApiKeyRecord, LinkPurpose, SessionKind, SessionRecord
from credserv.records.audit import AuditRecord

CONSOLE_LINK_LIFE = timedelta(minutes=15)
WALLET_LINK_LIFE = timedelta(days=7)
IDLE_LIFE = {SessionKind.ADMINISTRATOR: timedelta(hours=1), SessionKind.HOLDER: timedelta(hours=2)}
WALLET_MAIL_SPACING = timedelta(minutes=5)  # one mail to one address in this time, however often asked

SCOPES = ("achievements:write", "credentials:issue", "credentials:status", "credentials:read", "vc-api:issue")

_API_KEY = re.compile(r"csk_([0-9a-f]{12})_([A-Za-z0-9_-]{43})", re.ASCII)
_MAX_NAME_CHARS = 80
_TOKEN_BYTES = 32


@dataclass(frozen=True)
class Opened:
    """A session that was just begun. `token` goes into the cookie and is nowhere else."""

    token: str
    session: SessionRecord


# --- one-time links -----------------------------------------------------------------------------


def create_console_link(services: Services, now: datetime) -> str:
    """The absolute URL that signs one browser in to the console, once, within 15 minutes."""
    token = random_token(_TOKEN_BYTES)
    services.store.access.add_link(hash_token(token), LinkPurpose.CONSOLE, "", now + CONSOLE_LINK_LIFE)
    return f"{services.public_url}/console/open/{token}"


def create_wallet_link(services: Services, person_id: str, now: datetime) -> str:
    """The absolute URL that opens one person's wallet, once, within 7 days. Raises NotFoundError."""
    if services.store.people.get(person_id) is None:
        raise NotFoundError("no such person")
    token = random_token(_TOKEN_BYTES)
    services.store.access.add_link(hash_token(token), LinkPurpose.WALLET, person_id, now + WALLET_LINK_LIFE)
    return f"{services.public_url}/wallet/open/{token}"


def create_wallet_links(services: Services, holder_ids: Sequence[str], now: datetime) -> list[str]:
    """As `create_wallet_link` for each, of holders that are known to be there, in one transaction."""
    tokens = [secrets.token_urlsafe(_TOKEN_BYTES) for _ in holder_ids]
    with services.store.transaction(savepoints=False):
        for token, holder_id in zip(tokens, holder_ids, strict=True):
            services.store.access.add_link(
                hash_token(token), LinkPurpose.WALLET, holder_id, now + WALLET_LINK_LIFE
            )
    return [f"{services.public_url}/wallet/open/{token}" for token in tokens]


def link_is_open(services: Services, token: str, purpose: LinkPurpose, now: datetime) -> bool:
    """Look without using: what a GET may do."""
    return services.store.access.peek_link(hash_token(token), purpose, now) is not None


def open_link(services: Services, token: str, purpose: LinkPurpose, now: datetime) -> Opened:
    """Use the link up and begin a session. Raises UnauthenticatedError for one used, too old or unknown."""
    with services.store.transaction():
        subject = services.store.access.use_link(hash_token(token), purpose, now)
        if subject is None:
            raise UnauthenticatedError("this link was used already, is too old, or is not one of ours")
        kind = SessionKind.ADMINISTRATOR if purpose is LinkPurpose.CONSOLE else SessionKind.HOLDER
        opened = _begin_session(services, kind, subject, now)
        services.store.audit.add(AuditRecord(now, kind.value, "signed-in", subject))
    return opened


def request_wallet_link(services: Services, email: str, now: datetime) -> None:
    """Have a new wallet link mailed to `email`, if a member has it. Says nothing either way.

    Without a mail server nothing is asked of the queue: an administrator hands the link over.
    The job carries a person id or, for an unknown address, a random one that leads nowhere; and the
    span of time, so that one address gets one mail in it.
    """
    if not services.mail_enabled:
        return
    member = services.store.members.find_by_email(email)
    person_id = member.person_id if member is not None else random_token(16)
    span = int(now.timestamp() // WALLET_MAIL_SPACING.total_seconds())
    services.jobs.enqueue("wallet-link", f"{person_id}:{span}")


# --- sessions -----------------------------------------------------------------------------------


def _begin_session(services: Services, kind: SessionKind, subject: str, now: datetime) -> Opened:
    token = random_token(_TOKEN_BYTES)
    ends_at = now + timedelta(hours=services.session_hours)
    session = SessionRecord(hash_token(token), kind, subject, now, now, ends_at)
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


def end_session(services: Services, token: str) -> None:
    """Sign out where it counts: in the store. An unknown token is no error."""
    services.store.access.end_session(hash_token(token))


# --- API keys -----------------------------------------------------------------------------------


def create_api_key(
    services: Services, name: str, scopes: Iterable[str], now: datetime
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
            AuditRecord(now, "console", "api-key-created", key_id, {"scopes": list(chosen)})
        )
    return record, f"csk_{key_id}_{secret}"


def check_api_key(services: Services, token: str, now: datetime) -> ApiKeyRecord:
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


def end_api_key(services: Services, key_id: str, now: datetime) -> None:
    """From now on the key opens nothing. Raises NotFoundError for an unknown id."""
    if services.store.access.find_api_key(key_id) is None:
        raise NotFoundError("no such API key")
    with services.store.transaction():
        services.store.access.end_api_key(key_id, now)
        services.store.audit.add(AuditRecord(now, "console", "api-key-ended", key_id))
