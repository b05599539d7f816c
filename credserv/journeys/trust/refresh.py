"""Maintain the lists of trusted issuers: own entries, and lists that others publish.

The publisher of a list decides whom its subscribers trust, from the next refresh on. If it cannot be fetched
or read, nothing changes except the age of what is here.
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


# --- own entries -------------------------------------------------------------------------------------


def add_issuer(
    services: Services, organisation: str, issuer: TrustedIssuerRecord, *, actor: str, now: datetime
) -> bool:
    """Add an issuer to the organisation's own list, or change its entry.

    The first entry makes the organisation known here.

    Returns:
        Whether it is new.

    Raises:
        InputError: The organisation's name is not valid, or the issuer is a sandbox.
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
    """Remove an issuer from the organisation's own list; the last entry takes the list with it.

    Raises:
        NotFoundError: It is not in the list.
    """
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
    """Add all issuers of a file to the organisation's own list, or none.

    Args:
        replace: Whether entries that are not in the file are removed.

    Raises:
        InputError: The file names no issuer.
        SchemaFaultsError: An entry is not valid. The faults name every place.
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


# --- lists of others ---------------------------------------------------------------------------------


def subscribe(
    services: Services, organisation: str, *, name: str, url: str, actor: str, now: datetime
) -> tuple[TrustedListRecord, TrustedIssuers]:
    """Subscribe to a list, which is fetched now and regularly from then on. Its format is detected.

    A URL that ends in /.well-known/openid-federation, or in /fetch?sub=, belongs to a trust anchor, whose
    federation is then asked about each issuer.

    Args:
        url: An https URL.

    Raises:
        InputError: The name or the list cannot be used.
        UnavailableError: It cannot be fetched now.
        ConflictError: The organisation has a list of this name.
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
    """Return what is at the URL (a list, or a trust anchor's configuration), and the URL."""
    try:
        anchor = anchor_at(url, services.fetcher, now)
    except ProofError as error:
        raise InputError(f"no trust anchor of a federation: {error.detail}") from error
    if anchor is not None:
        return anchor + WELL_KNOWN, TrustedIssuers(TrustedListKind.FEDERATION, ())
    fetched = services.fetcher.get(url)
    return fetched.url, parse_published(fetched.body)


def unsubscribe(services: Services, list_id: str, *, actor: str, now: datetime) -> None:
    """Delete a fetched list and everything from it.

    Raises:
        NotFoundError: There is no such list, or it is maintained here.
    """
    known = fetched_list(services, list_id)
    with services.store.transaction():
        services.store.trusted_lists.remove(list_id)
        _audit(services, Action.TRUSTED_LIST_UNSUBSCRIBED, known, actor, now, url=known.url)


def fetched_list(services: Services, list_id: str) -> TrustedListRecord:
    """Return a fetched list.

    Raises:
        NotFoundError: There is no such list.
    """
    known = services.store.trusted_lists.get(list_id)
    if known is None or known.kind is TrustedListKind.OWN:
        raise NotFoundError("there is no such list of others")
    return known


def refresh(services: Services, list_id: str, *, actor: str, now: datetime) -> str:
    """Fetch a list again.

    Returns:
        Why that failed; "" if it did not.

    Raises:
        NotFoundError: There is no such list.
        InputError: The list has another format than before.
    """
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


# --- shared -----------------------------------------------------------------------------------------


def _own_list(services: Services, organisation: str, now: datetime) -> TrustedListRecord:
    """Return the organisation's own list, making it if needed."""
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
