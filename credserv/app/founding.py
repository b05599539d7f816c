"""How an organisation begins, for whoever runs the installation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from credserv.app.installation import new_key, web_did
from credserv.app.organisations import address_under
from credserv.app.settings import Settings
from credserv.ground.errors import ConflictError, InputError
from credserv.ground.names import SLUG_RULE, is_slug
from credserv.journeys.operate.organisation import check_profile
from credserv.records.audit import Action, AuditRecord
from credserv.records.organisations import OrganisationRecord
from credserv.store.store import Store


@dataclass(frozen=True)
class Founding:
    """What an organisation is founded with. address: an origin of its own, None for `/o/<slug>`."""

    slug: str
    name: str
    url: str | None = None
    email: str | None = None
    address: str | None = None


def all_organisations(store: Store) -> tuple[OrganisationRecord, ...]:
    """Of the installation, closed ones too, the oldest first."""
    return store.organisations.list()


def found_organisation(
    settings: Settings, store: Store, wanted: Founding, *, actor: str, now: datetime
) -> OrganisationRecord:
    """Make an organisation with a key and a DID of its own; every process serves it within a second.

    Raises InputError, and ConflictError when the name or address is taken.
    """
    if not is_slug(wanted.slug):
        raise InputError(f"an organisation's short name is {SLUG_RULE}")
    if store.of(wanted.slug).organisation.get() is not None:
        raise ConflictError(f"there is an organisation {wanted.slug} already")
    address = None if wanted.address is None else require_origin(settings, wanted.address)
    public_url = address or address_under(settings, wanted.slug)
    profile = check_profile(wanted.name, wanted.url or public_url, wanted.email)
    key = new_key(settings, web_did(public_url), now)
    made = OrganisationRecord(
        did=key.verification_method.partition("#")[0],
        profile=profile,
        keys=(key,),
        id=wanted.slug,
        name=str(profile["name"]),
        address=address,
        created_at=now,
    )
    with store.transaction():
        store.organisations.create(made, now)
        line = AuditRecord(now, actor, Action.ORGANISATION_CREATED, wanted.slug, {"did": made.did})
        store.of(wanted.slug).audit.add(line)
    return made


def require_origin(settings: Settings, address: str) -> str:
    """An origin that an organisation can have to itself here, in its one form. Raises InputError, and
    ConflictError for the installation's own."""
    parts = urlsplit(address)
    plain = not parts.path.strip("/") and not parts.query and not parts.fragment and "@" not in parts.netloc
    if parts.scheme not in ("https", "http") or not parts.hostname or not plain:
        raise InputError("an address of its own is an origin: https://badges.example.org")
    if parts.scheme != urlsplit(settings.public_url).scheme:
        raise InputError("an address of its own has the scheme of the installation's (cookies depend on it)")
    origin = f"{parts.scheme}://{parts.netloc.lower()}"
    if origin == settings.public_url.lower():
        raise ConflictError("this is the installation's own address")
    return origin
