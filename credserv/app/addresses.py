"""Where the addresses of organisations begin: beneath the installation's own, or each its own."""

from __future__ import annotations

from credserv.app.settings import Settings
from credserv.records.organisations import MAIN, OrganisationRecord


def public_url_of(settings: Settings, organisation: OrganisationRecord) -> str:
    """Where an organisation's addresses begin."""
    return organisation.address or address_under(settings, organisation.id)


def address_under(settings: Settings, slug: str) -> str:
    """Of an organisation that has no address of its own."""
    return _under(settings.public_url, slug)


def _under(address: str, slug: str) -> str:
    return address if slug == MAIN else f"{address}/o/{slug}"


def former_urls(
    settings: Settings, organisation: OrganisationRecord, former: tuple[str, ...]
) -> tuple[str, ...]:
    """Where an organisation's addresses began before. former: the installation's former public addresses."""
    if organisation.address is not None:
        return ()
    return tuple(_under(address, organisation.id) for address in former if address != settings.public_url)
