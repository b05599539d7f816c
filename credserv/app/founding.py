"""How an organisation begins, is renamed and ends, for whoever runs the installation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from credserv.app.installation import new_key, require_issuer, web_did
from credserv.app.organisations import address_under
from credserv.app.settings import Settings
from credserv.ground.errors import ConflictError, InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.names import SLUG_RULE, is_email, is_slug
from credserv.records.audit import AuditRecord
from credserv.records.organisations import OrganisationRecord
from credserv.store.store import Store

_MAX_NAME_CHARS = 200


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
    address = None if wanted.address is None else _require_address(settings, wanted.address)
    public_url = address or address_under(settings, wanted.slug)
    profile = _profile(wanted.name, wanted.url or public_url, wanted.email)
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
        line = AuditRecord(now, actor, "organisation-created", wanted.slug, {"did": made.did})
        store.of(wanted.slug).audit.add(line)
    return made


def rename_organisation(
    store: Store, name: str, *, url: str | None = None, email: str | None = None, actor: str, now: datetime
) -> None:
    """Change what the store's organisation is called; credentials that were issued keep the name they bear.

    Raises InputError.
    """
    before = require_issuer(store)
    asked = {member: value for member, value in {"url": url, "email": email}.items() if value is not None}
    profile = {**before.profile, **asked}
    checked = _profile(name, str(profile.get("url", "")), profile.get("email"))
    with store.transaction():
        store.organisation.change(name=str(checked["name"]), profile={**before.profile, **checked})
        detail = {"from": before.name, "to": str(checked["name"])}
        store.audit.add(AuditRecord(now, actor, "organisation-renamed", store.organisation_id, detail))


def close_organisation(store: Store, *, actor: str, now: datetime) -> None:
    """Let the store's organisation issue nothing new; what it issued keeps verifying. Raises InputError for
    one that is closed."""
    if require_issuer(store).closed_at is not None:
        raise InputError("this organisation is closed already")
    with store.transaction():
        store.organisation.close(now)
        store.audit.add(AuditRecord(now, actor, "organisation-closed", store.organisation_id))


def _require_address(settings: Settings, address: str) -> str:
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


def _profile(name: str, url: str, email: object) -> JsonObject:
    name = name.strip()
    if not name or len(name) > _MAX_NAME_CHARS:
        raise InputError(f"an organisation needs a name of at most {_MAX_NAME_CHARS} characters")
    if urlsplit(url).scheme not in ("https", "http"):
        raise InputError("the organisation's web page is an http or https address")
    if email is not None and not is_email(str(email)):
        raise InputError("that is no e-mail address")
    return {"name": name, "url": url, **({} if email is None else {"email": str(email)})}
