"""A person connects another host of badges to their wallet, fetches badges from it and sends some to it (C5).

The host asks the person itself. We store its tokens encrypted and revoke them at the end. Each connection has
its own redirect URI, so no host can pass off another's answer as its own (RFC 9700, 4.4).
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlencode

from credserv.ground.encoding import code_challenge, hash_token, random_token
from credserv.ground.errors import InputError, NotFoundError, UnauthenticatedError, UnavailableError
from credserv.journeys.services import Services
from credserv.journeys.transfer.host import hosted_page
from credserv.journeys.transfer.host_calls import (
    API,
    ask_token,
    base_of,
    describe_host,
    read_badges,
    register,
    revoke,
    send_badge,
)
from credserv.journeys.transfer.imports import Kept, keep_imports
from credserv.records.consents import Purpose, make_consent
from credserv.records.hosts import HostConnection

ANSWER_WITHIN = timedelta(minutes=30)
MAX_BADGES = 200  # per request
MAX_HOSTS = 20
_PAGE = 50
_MAX_PAGES = 20  # hosts may return smaller pages than requested
_ID_BYTES, _SECRET_BYTES = 16, 32

R = TypeVar("R")


@dataclass(frozen=True)
class Begun:
    """Where the person consents at the host.

    Attributes:
        name: What the host calls itself.
    """

    name: str
    address: str


@dataclass(frozen=True)
class Sent:
    """How many of the chosen badges the host accepted."""

    taken: int
    refused: int


def begin(services: Services, person_id: str, typed: str, now: datetime) -> Begun:
    """Find a host, register with it, and return where its person consents.

    Args:
        typed: The host's address as typed.

    Raises:
        InputError: It is not a host, or there are too many connections.
        UnavailableError: It cannot be reached now.
    """
    if len(services.store.hosts.of_person(person_id)) >= MAX_HOSTS:
        raise InputError(f"a wallet is connected to at most {MAX_HOSTS} hosts")
    base = base_of(typed)
    if base == services.public_url:
        raise InputError("this is the host of your wallet itself")
    name, addresses, scopes = describe_host(services, base)
    host_id, state, verifier = (
        random_token(_ID_BYTES),
        random_token(_SECRET_BYTES),
        random_token(_SECRET_BYTES),
    )
    redirect_uri, scope = f"{services.public_url}/wallet/hosts/{host_id}/return", " ".join(scopes)
    client = register(services, addresses, redirect_uri, scope)
    secrets = {
        "addresses": addresses,
        "client": client,
        "redirect_uri": redirect_uri,
        "scope": scope,
        "state": hash_token(state),
        "verifier": verifier,
    }
    services.store.hosts.add(HostConnection(host_id, person_id, base, name, secrets, now))
    question = {
        "response_type": "code",
        "client_id": client["id"],
        "redirect_uri": redirect_uri,
        "scope": scope,
        "state": state,
        "code_challenge": code_challenge(verifier),
        "code_challenge_method": "S256",
    }
    where = addresses["authorize"]
    return Begun(name, f"{where}{'&' if '?' in where else '?'}{urlencode(question)}")


def finish(
    services: Services, person_id: str, host_id: str, answer: Mapping[str, str], now: datetime
) -> HostConnection:
    """Take the host's answer, once.

    Raises:
        NotFoundError: No answer is expected.
        InputError: The host refused.
        UnavailableError: It cannot be reached now.
    """
    host = services.store.hosts.get(person_id, host_id)
    waits = host is not None and host.connected_at is None and now < host.created_at + ANSWER_WITHIN
    if host is None or not waits:
        raise NotFoundError("this connection was answered, or is too old. Begin again")
    if not hmac.compare_digest(hash_token(answer.get("state", "")), host.secrets["state"]):
        raise NotFoundError("this is not the answer that was waited for. Begin again")
    services.store.hosts.remove(person_id, host_id, now)  # an answer counts once, whatever comes of it
    if "code" not in answer:
        raise InputError(f"{host.name} did not connect: {answer.get('error', 'it gave no reason')[:80]}")
    form = {
        "grant_type": "authorization_code",
        "code": answer["code"],
        "redirect_uri": host.secrets["redirect_uri"],
        "scope": host.secrets["scope"],
        "code_verifier": host.secrets["verifier"],
    }
    tokens = ask_token(services, host.secrets["addresses"]["token"], host.secrets["client"], form)
    kept = {name: host.secrets[name] for name in ("addresses", "client", "scope")}
    connected = replace(host, secrets={**kept, "tokens": tokens}, connected_at=now)
    given = make_consent(
        person_id,
        Purpose.HOST,
        controller=services.issuer.did,
        reference=host.id,
        recipient=f"{host.name} ({host.address})",
        shown=("the badges that you send",),
        now=now,
    )
    with services.store.transaction():
        services.store.hosts.add(connected)
        services.store.consents.give(given)
    return connected


def hosts_of(services: Services, person_id: str) -> tuple[HostConnection, ...]:
    """Return a person's connected hosts."""
    return services.store.hosts.of_person(person_id)


def require_host(services: Services, person_id: str, host_id: str) -> HostConnection:
    """Return a connected host.

    Raises:
        NotFoundError: The person has no such host.
    """
    host = services.store.hosts.get(person_id, host_id)
    if host is None or host.connected_at is None:
        raise NotFoundError("there is no such host")
    return host


def take(services: Services, person_id: str, host_id: str, now: datetime) -> tuple[Kept, ...]:
    """Fetch badges from a host into the wallet, at most MAX_BADGES. What is there already stays as it is.

    Returns:
        The outcome of each badge.

    Raises:
        NotFoundError: The person has no such host.
        UnauthenticatedError: The host no longer accepts us.
        UnavailableError: It cannot be reached now.
    """
    host = require_host(services, person_id, host_id)
    address: str | None = f"{host.address}{API}/credentials?{urlencode({'limit': _PAGE, 'offset': 0})}"
    found: list[tuple[str, bytes]] = []
    seen: set[str] = set()
    kept: tuple[Kept, ...] = ()
    try:
        while address is not None and address not in seen and len(seen) < _MAX_PAGES:
            seen.add(address)
            host, (badges, address) = _with_token(services, host, partial(read_badges, services, address))
            found += [("", badge) for badge in badges]
            if len(found) >= MAX_BADGES:
                break
    finally:  # keep new tokens even if the call fails later
        kept = keep_imports(services, person_id, found[:MAX_BADGES], now, added_by=f"host:{host.id}")
    return kept


def send(services: Services, person_id: str, host_id: str, chosen: Collection[str]) -> Sent:
    """Send chosen badges to a host, each as it was signed. Raises as `take`."""
    host = require_host(services, person_id, host_id)
    badges = hosted_page(services, person_id, limit=10_000, offset=0, since=None).badges
    taken = refused = 0
    for badge in [one for one in badges if one.id in chosen][:MAX_BADGES]:
        host, status = _with_token(services, host, partial(send_badge, services, host.address, badge.text))
        taken, refused = (taken + 1, refused) if status in (200, 201) else (taken, refused + 1)
    return Sent(taken, refused)


def disconnect(services: Services, person_id: str, host_id: str, now: datetime) -> None:
    """Revoke the tokens if the host supports that, and forget them.

    Raises:
        NotFoundError: The person has no such host.
    """
    host = require_host(services, person_id, host_id)
    services.store.hosts.remove(person_id, host_id, now)
    where, held = host.secrets["addresses"].get("revoke"), host.secrets["tokens"]
    if where:
        with suppress(UnavailableError):  # the connection ends here in any case
            revoke(services, where, host.secrets["client"], held.get("refresh") or held["access"])


def _with_token(
    services: Services, host: HostConnection, ask: Callable[[str], R | None]
) -> tuple[HostConnection, R]:
    """Call with the current token, and once more with a new one if it has expired."""
    found = ask(host.secrets["tokens"]["access"])
    if found is not None:
        return host, found
    renewed = _renew(services, host)
    found = ask(renewed.secrets["tokens"]["access"])
    if found is None:
        raise UnauthenticatedError(f"{host.name} no longer accepts this wallet. Connect it again")
    return renewed, found


def _renew(services: Services, host: HostConnection) -> HostConnection:
    before: Mapping[str, Any] = host.secrets["tokens"]
    if "refresh" not in before:
        raise UnauthenticatedError(f"{host.name} no longer accepts this wallet. Connect it again")
    addresses = host.secrets["addresses"]
    form = {"grant_type": "refresh_token", "refresh_token": before["refresh"], "scope": host.secrets["scope"]}
    try:
        where = addresses.get("refresh", addresses["token"])
        tokens = ask_token(services, where, host.secrets["client"], form)
    except UnavailableError as error:
        raise UnauthenticatedError(f"{host.name} did not renew the connection: {error.detail}") from error
    renewed = replace(host, secrets={**host.secrets, "tokens": {**before, **tokens}})
    services.store.hosts.change(renewed)
    return renewed
