"""Keep the lists of trusted issuers: entries of one's own, and lists that others publish.

Whoever publishes a list decides, from its next refresh on, whom its readers take for known. What cannot be
fetched or read changes nothing but the age of what is here.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from credserv.ground.encoding import random_token
from credserv.ground.errors import CredservError, InputError, NotFoundError, ProofError, UnavailableError
from credserv.ground.names import is_slug
from credserv.journeys.services import Services
from credserv.journeys.trust.lists import is_sandbox
from credserv.records.audit import Action, AuditRecord
from credserv.records.trust import TrustedIssuerRecord, TrustedListKind, TrustedListRecord
from credserv.trust.trust_list import (
    TrustedIssuers,
    normalise_issuer,
    parse_published,
    parse_trusted_issuers,
    require_name,
)
from credserv.verifying.federation import WELL_KNOWN, anchor_at

_ID_BYTES = 9
_MAX_ERROR_CHARS = 500


# --- entries of one's own -------------------------------------------------------------------------


def add_issuer(
    services: Services, organisation: str, issuer: TrustedIssuerRecord, *, actor: str, now: datetime
) -> bool:
    """Put it in the organisation's own list, or change what that says of it; says whether it is new.

    The organisation's first entry makes it known here. Raises InputError for what is no slug, and for a
    sandbox.
    """
    _refuse_sandboxes(services, [issuer])
    with services.store.transaction():
        own = _own_list(services, organisation, now)
        new = services.store.trusted_lists.put_issuer(own.id, issuer, now)
        action = Action.TRUSTED_ISSUER_ADDED if new else Action.TRUSTED_ISSUER_CHANGED
        _audit(services, action, own, actor, now, issuer=issuer.issuer, name=issuer.name)
    return new


def _refuse_sandboxes(services: Services, issuers: Iterable[TrustedIssuerRecord]) -> None:
    for one in issuers:
        if is_sandbox(services, one.issuer):
            raise InputError(f"{one.issuer} is a sandbox of this service: no list of trusted issuers has it")


def remove_issuer(
    services: Services, organisation: str, issuer_id: str, *, actor: str, now: datetime
) -> None:
    """Out of the organisation's own list; the list goes with its last entry. Raises NotFoundError."""
    with services.store.transaction():
        own = _find_own(services, organisation)
        if own is None:
            raise NotFoundError("that issuer is not in the list")
        issuer = normalise_issuer(issuer_id)
        services.store.trusted_lists.remove_issuer(own.id, issuer)
        if not services.store.trusted_lists.issuers(own.id, limit=1):
            services.store.trusted_lists.remove(own.id)
        _audit(services, Action.TRUSTED_ISSUER_REMOVED, own, actor, now, issuer=issuer)


def import_issuers(
    services: Services, organisation: str, data: bytes, *, replace: bool, actor: str, now: datetime
) -> TrustedIssuers:
    """All issuers of a file into the organisation's own list; replace: and no others stay in it.

    All or nothing. Raises InputError and SchemaFaultsError, with every fault and its place.
    """
    read = parse_trusted_issuers(data)
    if not read.issuers:
        raise InputError("the file names no issuer")
    _refuse_sandboxes(services, read.issuers)
    with services.store.transaction():
        own = _own_list(services, organisation, now)
        kept = () if replace else services.store.trusted_lists.issuers(own.id)
        wanted = {one.issuer: one for one in (*kept, *read.issuers)}
        added, removed = services.store.trusted_lists.replace_issuers(
            own.id, tuple(wanted.values()), now, fetched=False
        )
        _audit(services, Action.TRUSTED_ISSUERS_IMPORTED, own, actor, now, added=added, removed=removed)
    return read


# --- lists of others ------------------------------------------------------------------------------


def subscribe(
    services: Services, organisation: str, *, name: str, url: str, actor: str, now: datetime
) -> tuple[TrustedListRecord, TrustedIssuers]:
    """A list at an https address, fetched now and from now on; its form is told by what is there.

    An address that ends in /.well-known/openid-federation, or in /fetch?sub=, is that of a trust anchor: its
    federation is asked about each issuer.

    Raises InputError for a name or a list that cannot be used, UnavailableError when it could not be
    fetched, ConflictError when the organisation has a list of that name.
    """
    _require_slug(organisation)
    name = name.strip()
    if require_name(name):
        raise InputError(f"the name of the list {require_name(name)}")
    address, read = _fetch(services, url.strip(), now)
    record = TrustedListRecord(random_token(_ID_BYTES), organisation, name, read.kind, now, address)
    with services.store.transaction():
        services.store.trusted_lists.create(record)
        services.store.trusted_lists.replace_issuers(record.id, read.issuers, now, fetched=True)
        _audit(services, Action.TRUSTED_LIST_SUBSCRIBED, record, actor, now, url=address)
    return record, read


def _fetch(services: Services, url: str, now: datetime) -> tuple[str, TrustedIssuers]:
    """What is at the address, and the address: a list, or the configuration of a trust anchor."""
    try:
        anchor = anchor_at(url, services.fetcher, now)
    except ProofError as error:
        raise InputError(f"no trust anchor of a federation: {error.detail}") from error
    if anchor is not None:
        return anchor + WELL_KNOWN, TrustedIssuers(TrustedListKind.FEDERATION, ())
    fetched = services.fetcher.get(url)
    return fetched.url, parse_published(fetched.body)


def unsubscribe(services: Services, list_id: str, *, actor: str, now: datetime) -> None:
    """The list and all that came from it is gone. Raises NotFoundError; also for a list that is kept here."""
    known = fetched_list(services, list_id)
    with services.store.transaction():
        services.store.trusted_lists.remove(list_id)
        _audit(services, Action.TRUSTED_LIST_UNSUBSCRIBED, known, actor, now, url=known.url)


def fetched_list(services: Services, list_id: str) -> TrustedListRecord:
    """Raises NotFoundError."""
    known = services.store.trusted_lists.get(list_id)
    if known is None or known.kind is TrustedListKind.OWN:
        raise NotFoundError("there is no such list of others")
    return known


def refresh(services: Services, list_id: str, *, actor: str, now: datetime) -> str:
    """Fetch a list again; returns why it could not be, or "". Raises NotFoundError for an unknown one."""
    known = fetched_list(services, list_id)
    try:
        _, read = _fetch(services, known.url or "", now)
        if read.kind is not known.kind:
            raise InputError("the list is in another form than it was: subscribe to it anew")
    except (InputError, UnavailableError) as error:
        told = _told(error)
        services.store.trusted_lists.note_failure(list_id, told, now)
        return told
    with services.store.transaction():
        changed = services.store.trusted_lists.replace_issuers(list_id, read.issuers, now, fetched=True)
        if any(changed):
            added, removed = changed
            _audit(services, Action.TRUSTED_LIST_CHANGED, known, actor, now, added=added, removed=removed)
    return ""


# --- what they share ------------------------------------------------------------------------------


def _own_list(services: Services, organisation: str, now: datetime) -> TrustedListRecord:
    """The organisation's own list, made when it is not there."""
    _require_slug(organisation)
    known = _find_own(services, organisation)
    if known is not None:
        return known
    whose = organisation or str(services.issuer.profile.get("name") or "this service")
    name = f"Trusted by {whose}"
    made = TrustedListRecord(random_token(_ID_BYTES), organisation, name, TrustedListKind.OWN, now)
    services.store.trusted_lists.create(made)
    return made


def _find_own(services: Services, organisation: str) -> TrustedListRecord | None:
    lists = services.store.trusted_lists.list(organisation)
    return next((known for known in lists if known.kind is TrustedListKind.OWN), None)


def _require_slug(organisation: str) -> None:
    if organisation and not is_slug(organisation):
        raise InputError("an organisation is named by a to z, 0 to 9, and - within; at most 64 characters")


def _told(error: CredservError) -> str:
    first = next((f": {fault.place} {fault.message}" for fault in error.faults), "")
    return (error.detail + first)[:_MAX_ERROR_CHARS]


def _audit(
    services: Services, action: Action, known: TrustedListRecord, actor: str, now: datetime, **detail: object
) -> None:
    about = {"organisation": known.organisation, "list": known.name, **detail}
    services.store.audit.add(AuditRecord(now, actor, action, known.id, about))
