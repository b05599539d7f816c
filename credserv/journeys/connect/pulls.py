"""Connect: what a system is asked for by us, when, and with which token.

A token is told once and never shown. Changing what a source is asked for keeps it, but for another host: who
may change the options, and was not told the token, could have it sent to a host of theirs.
"""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from credserv.ground.errors import InputError, NotFoundError
from credserv.ground.json_types import JsonObject
from credserv.journeys.services import Services
from credserv.records.audit import Action, AuditRecord
from credserv.records.sources import PullRecord
from credserv.sources.pulling.settings import Pull, parse_pull

_MAX_TOKEN_CHARS = 4_096


def plan_pull(
    services: Services,
    name: str,
    dialect: str,
    options: JsonObject,
    *,
    before: JsonObject | None = None,
    now: datetime,
) -> None:
    """Within the caller's transaction: at once by what the options say now, or not any more. before: the
    options until now."""
    wanted, known = parse_pull(dialect, options), parse_pull(dialect, before or {})
    if wanted is None or (known is not None and _host(known) != _host(wanted)):
        services.store.source_pulls.end(name)
    if wanted is not None:
        services.store.source_pulls.schedule(name, now)


def set_token(services: Services, name: str, token: str, *, actor: str, now: datetime) -> None:
    """With which the system is asked from now on, and asked at once. Raises InputError, and NotFoundError
    where the source is not to be asked for anything."""
    written = token.strip()
    if not written or len(written) > _MAX_TOKEN_CHARS or not (written.isascii() and written.isprintable()):
        raise InputError("a token is one line of printable characters")
    with services.store.transaction():
        services.store.source_pulls.set_token(name, written)
        services.store.source_pulls.schedule(name, now)
        services.store.audit.add(AuditRecord(now, actor, Action.SOURCE_TOKEN_SET, name))


def ask_now(services: Services, name: str, *, now: datetime) -> None:
    """The worker asks within seconds. Raises NotFoundError where there is nothing to ask for."""
    if find_pull(services, name) is None:
        raise NotFoundError("this source is not to be asked for anything")
    services.store.source_pulls.schedule(name, now)


def find_pull(services: Services, name: str) -> PullRecord | None:
    return services.store.source_pulls.get(name)


def _host(pull: Pull) -> str:
    return urlsplit(pull.address).netloc.lower()
