"""The lists of trusted issuers as an administrator reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from credserv.ground.errors import NotFoundError
from credserv.journeys.services import Services
from credserv.records.trust import TrustedIssuerRecord, TrustedListKind, TrustedListRecord

_AT_ONCE = 500


def all_lists(services: Services, organisation: str | None = None) -> tuple[TrustedListRecord, ...]:
    """Return the lists of an organisation; None for everybody's."""
    return services.store.trusted_lists.list(organisation)


def list_of_id(services: Services, list_id: str) -> TrustedListRecord:
    """Return a list.

    Raises:
        NotFoundError: There is no such list.
    """
    known = services.store.trusted_lists.get(list_id)
    if known is None:
        raise NotFoundError("there is no such list of trusted issuers")
    return known


def own_list_of_id(services: Services, list_id: str) -> TrustedListRecord:
    """Return a list that is maintained here, entry by entry.

    Raises:
        NotFoundError: There is no such list.
    """
    known = list_of_id(services, list_id)
    if known.kind is not TrustedListKind.OWN:
        raise NotFoundError("there is no such list of trusted issuers")
    return known


def list_is_there(services: Services, list_id: str) -> bool:
    """Return whether there is such a list."""
    return services.store.trusted_lists.get(list_id) is not None


def issuers_in(
    services: Services, list_id: str, *, limit: int | None = None, after: str = ""
) -> tuple[TrustedIssuerRecord, ...]:
    """Return one page of a list's issuers, by identifier."""
    return services.store.trusted_lists.issuers(list_id, limit=limit, after=after)


def all_issuers(services: Services, list_id: str) -> Iterator[TrustedIssuerRecord]:
    """Yield a list's issuers by identifier, as needed.

    Raises:
        NotFoundError: There is no such list. Raised at once, not on the first issuer.
    """
    list_of_id(services, list_id)

    def issuers() -> Iterator[TrustedIssuerRecord]:
        after = ""
        while found := issuers_in(services, list_id, limit=_AT_ONCE, after=after):
            yield from found
            after = found[-1].issuer

    return issuers()


def count_issuers(services: Services) -> Mapping[str, int]:
    """Return the number of issuers, by list id."""
    return services.store.trusted_lists.count_issuers()
