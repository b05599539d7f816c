"""The lists of trusted issuers as an administrator reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from credserv.ground.errors import NotFoundError
from credserv.journeys.services import Services
from credserv.records.trust import TrustedIssuerRecord, TrustedListKind, TrustedListRecord

_AT_ONCE = 500


def all_lists(services: Services, organisation: str | None = None) -> tuple[TrustedListRecord, ...]:
    """organisation: whose; None for those of all."""
    return services.store.trusted_lists.list(organisation)


def list_of_id(services: Services, list_id: str) -> TrustedListRecord:
    """Raises NotFoundError."""
    known = services.store.trusted_lists.get(list_id)
    if known is None:
        raise NotFoundError("there is no such list of trusted issuers")
    return known


def own_list_of_id(services: Services, list_id: str) -> TrustedListRecord:
    """One that is kept here, entry by entry. Raises NotFoundError."""
    known = list_of_id(services, list_id)
    if known.kind is not TrustedListKind.OWN:
        raise NotFoundError("there is no such list of trusted issuers")
    return known


def list_is_there(services: Services, list_id: str) -> bool:
    return services.store.trusted_lists.get(list_id) is not None


def issuers_in(
    services: Services, list_id: str, *, limit: int | None = None, after: str = ""
) -> tuple[TrustedIssuerRecord, ...]:
    return services.store.trusted_lists.issuers(list_id, limit=limit, after=after)


def all_issuers(services: Services, list_id: str) -> Iterator[TrustedIssuerRecord]:
    """By identifier, read as they are needed. Raises NotFoundError, at once."""
    list_of_id(services, list_id)

    def issuers() -> Iterator[TrustedIssuerRecord]:
        after = ""
        while found := issuers_in(services, list_id, limit=_AT_ONCE, after=after):
            yield from found
            after = found[-1].issuer

    return issuers()


def count_issuers(services: Services) -> Mapping[str, int]:
    """By the id of the list."""
    return services.store.trusted_lists.count_issuers()
