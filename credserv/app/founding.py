"""Create an organisation, on behalf of whoever runs the installation."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from credserv.app.addresses import address_under
from credserv.app.did_histories import continue_history
from credserv.app.installation import new_key, require_issuer, web_did
from credserv.app.settings import Settings
from credserv.ground.addresses import host_of, is_host_name, is_ip_address, is_web_address, normal_address
from credserv.ground.errors import ConflictError, InputError
from credserv.ground.names import SLUG_RULE, is_slug
from credserv.journeys.operate.organisation import require_profile
from credserv.openbadges.sandbox import marked_name
from credserv.proof.keys.verification_method import did_key
from credserv.records.audit import Action, AuditRecord
from credserv.records.organisations import MAIN, Founding, OrganisationRecord
from credserv.store.store import Store

_SANDBOX_PLACE = "a sandbox has no host of its own: it stays under the address of the installation"


def found_organisation(
    settings: Settings, store: Store, wanted: Founding, *, actor: str, now: datetime
) -> OrganisationRecord:
    """Create an organisation with a key and a DID of its own; every process serves it within a second.

    Raises InputError, and ConflictError when the name or address is taken.
    """
    if not is_slug(wanted.slug):
        raise InputError(f"an organisation's short name is {SLUG_RULE}")
    if store.of(wanted.slug).organisation.get() is not None:
        raise ConflictError(f"there is an organisation {wanted.slug} already")
    address = None if wanted.address is None else require_origin(settings, wanted.address)
    if wanted.sandbox and address is not None:
        raise InputError(_SANDBOX_PLACE)
    public_url = address or address_under(settings, wanted.slug)
    name = marked_name(wanted.name.strip()) if wanted.sandbox and wanted.name.strip() else wanted.name
    profile = require_profile(name, wanted.url or public_url, wanted.email)
    key = new_key(settings, web_did(public_url), now)
    made = OrganisationRecord(
        did=key.verification_method.partition("#")[0],
        profile=profile,
        keys=(key,),
        id=wanted.slug,
        name=str(profile["name"]),
        address=address,
        created_at=now,
        sandbox=wanted.sandbox,
    )
    told = {"sandbox": True} if wanted.sandbox else {}
    with store.transaction():
        store.organisations.create(made, now)
        line = AuditRecord(now, actor, Action.ORGANISATION_CREATED, wanted.slug, {"did": made.did} | told)
        store.of(wanted.slug).audit.add(line)
    return made


def require_origin(settings: Settings, address: str) -> str:
    """Return the normal form of an origin an organisation can have for itself.

    Raises InputError, and ConflictError for the installation's own.
    """
    parts = urlsplit(address)
    plain = not parts.path.strip("/") and not parts.query and not parts.fragment and "@" not in parts.netloc
    host = host_of(address)
    if not plain or not is_web_address(address) or not (is_host_name(host) or is_ip_address(host)):
        raise InputError("an address of its own is an origin: https://badges.example.org")
    if parts.scheme != urlsplit(settings.public_url).scheme:
        raise InputError("an address of its own has the scheme of the installation's (cookies depend on it)")
    origin = normal_address(address)
    if origin == settings.public_url.removesuffix(settings.path):
        raise ConflictError("this is the installation's own host")
    return origin


def change_address(
    settings: Settings, store: Store, address: str | None, *, actor: str, now: datetime
) -> OrganisationRecord:
    """Change the store's organisation's address, and the DID that follows it, while nothing names the current
    one.

    Args:
        address: an origin of its own; None for one under the installation's.

    Raises:
        InputError: it is not an origin.
        ConflictError: it is taken, or there are achievements or badges.
    """
    known = require_issuer(store)
    if known.id == MAIN:
        raise InputError("the first organisation has the installation's address: see `credserv settings`")
    own = None if address is None else require_origin(settings, address)
    if known.sandbox and own is not None:
        raise InputError(_SANDBOX_PLACE)
    did = web_did(own or address_under(settings, known.id)) or did_key(known.keys[-1].public_key_multibase)
    with store.transaction():
        store.organisation.change_address(own, did)
        detail = {"from": known.address or "", "to": own or ""}
        store.audit.add(AuditRecord(now, actor, Action.ORGANISATION_ADDRESS, known.id, detail))
        place = did if did.startswith("did:web:") else ""
        continue_history(store, actor=actor, now=now, place=place)
    return require_issuer(store)
