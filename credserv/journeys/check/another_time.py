"""Check as of another time than now, as anyone may ask."""

from __future__ import annotations

from dataclasses import replace

from credserv.journeys.services import Services
from credserv.verifying.federation_memory import FederationMemory


def at_another_time(services: Services) -> Services:
    """Return services that remember nothing they fetch, because it would be dated by whoever asks (attack
    165).
    """
    lists = services.resolvers.certificate_lists
    resolvers = replace(services.resolvers, certificate_lists=lists and lists.apart(lists.fetch))
    return replace(services, resolvers=resolvers, federations=FederationMemory())
