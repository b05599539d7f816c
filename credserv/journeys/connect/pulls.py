"""Scheduled fetching from a system: what to fetch, when, and with which token.

A token is entered once and never shown. It survives changes of the source's options unless they name another
host. Otherwise somebody who may change options but does not know the token could have it sent to a host of
theirs.
"""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from credserv.ground.errors import InputError, NotFoundError
from credserv.ground.json_types import JsonObject
from credserv.journeys.services import Services
from credserv.records.audit import Action, AuditRecord
from credserv.records.sources import PullRecord
from credserv.sources.pulling.settings import Pull, read_pull

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
    """Schedule the next fetch for now, or none if the options no longer ask for
    one, in the caller's transaction.

    Args:
        before: The options until now.
    """
    wanted, known = read_pull(dialect, options), read_pull(dialect, before or {})
    if wanted is None or (known is not None and _host(known) != _host(wanted)):
        services.store.source_pulls.end(name)
    if wanted is not None:
        services.store.source_pulls.schedule(name, now)


def set_token(services: Services, name: str, token: str, *, actor: str, now: datetime) -> None:
    """Set the token for fetching, and fetch at once.

    Raises:
        InputError: The token is not one line of printable characters.
        NotFoundError: Nothing is fetched from this source.
    """
    written = token.strip()
    if not written or len(written) > _MAX_TOKEN_CHARS or not (written.isascii() and written.isprintable()):
        raise InputError("a token is one line of printable characters")
    with services.store.transaction():
        services.store.source_pulls.set_token(name, written)
        services.store.source_pulls.schedule(name, now)
        services.store.audit.add(AuditRecord(now, actor, Action.SOURCE_TOKEN_SET, name))


def ask_now(services: Services, name: str, *, now: datetime) -> None:
    """Have the worker fetch within seconds.

    Raises:
        NotFoundError: Nothing is fetched from this source.
    """
    if find_pull(services, name) is None:
        raise NotFoundError("this source is not to be asked for anything")
    services.store.source_pulls.schedule(name, now)


def find_pull(services: Services, name: str) -> PullRecord | None:
    """Return the schedule of a source."""
    return services.store.source_pulls.get(name)


def _host(pull: Pull) -> str:
    return urlsplit(pull.address).netloc.lower()
