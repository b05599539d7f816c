"""Connect: what a system is asked for by us, when, and with which token.

A token is told once and never shown; changing what a source is asked for keeps it.
"""

from __future__ import annotations

from datetime import datetime

from credserv.ground.errors import InputError, NotFoundError
from credserv.ground.json_types import JsonObject
from credserv.journeys.services import Services
from credserv.records.audit import Action, AuditRecord
from credserv.records.sources import PullRecord
from credserv.sources.pulling.settings import parse_pull

_MAX_TOKEN_CHARS = 4_096


def plan_pull(services: Services, name: str, dialect: str, options: JsonObject, *, now: datetime) -> None:
    """Within the caller's transaction: at once by what the options say now, or not any more."""
    if parse_pull(dialect, options) is None:
        services.store.source_pulls.end(name)
    else:
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
