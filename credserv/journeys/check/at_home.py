"""Check without a network, using only what this installation knows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from credserv.fetch.guarded import MAX_BYTES, Fetched
from credserv.ground.errors import UnavailableError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object
from credserv.journeys.check.check import Checked, check_document
from credserv.journeys.check.resolve import DidResolver
from credserv.journeys.services import Services
from credserv.verifying.federation_memory import FederationMemory

Resolve = Callable[[str], JsonObject]


def check_at_home(services: Services, signed: bytes, now: datetime) -> Checked:
    """Check a credential of ours as its page is opened, so that no visitor makes this service call others.

    Only what others signed inside it, such as an external endorsement, may remain unchecked.
    """
    document = parse_json_object(signed) if signed.startswith(b"{") else signed.decode("ascii")
    return check_document(without_network(services), document, now=now)


def without_network(
    services: Services, knowing: Callable[[Resolve], Resolve] = lambda known: known
) -> Services:
    """Return services that fetch nothing.

    Args:
        knowing: Puts what the caller knows of issuers' keys before what is known here.
    """
    nobody, store = _Nobody(), services.store
    resolve = DidResolver(store.organisations.find_by_did, nobody, store.member_dids.find)
    resolvers = replace(
        services.resolvers, resolve_did=knowing(resolve), fetch=nobody, certificate_lists=None
    )
    # Something not fetched now may be fetched a moment later, so do not remember a federation as unreachable.
    apart = FederationMemory()
    return replace(services, resolvers=resolvers, fetcher=nobody, federations=apart)


class _Nobody:
    """A fetcher that fetches nothing."""

    def get(self, url: str, *, accept: str = "", max_bytes: int = MAX_BYTES) -> Fetched:  # noqa: ARG002 - nothing is got
        raise UnavailableError("nobody is asked during this check")
