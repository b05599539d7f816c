"""Where organisations' addresses begin: under the installation's address, or at one of their own."""

from __future__ import annotations

from credserv.app.settings import Settings
from credserv.records.organisations import MAIN, OrganisationRecord


def public_url_of(settings: Settings, organisation: OrganisationRecord) -> str:
    """Return where an organisation's addresses begin."""
    return organisation.address or address_under(settings, organisation.id)


def address_under(settings: Settings, slug: str) -> str:
    """Return the address of an organisation without one of its own."""
    return _under(settings.public_url, slug)


def _under(address: str, slug: str) -> str:
    return address if slug == MAIN else f"{address}/o/{slug}"


def former_urls(
    settings: Settings, organisation: OrganisationRecord, former: tuple[str, ...]
) -> tuple[str, ...]:
    """Return where an organisation's addresses used to begin.

    `former`: the installation's former public addresses.
    """
    if organisation.address is not None:
        return ()
    return tuple(_under(address, organisation.id) for address in former if address != settings.public_url)
