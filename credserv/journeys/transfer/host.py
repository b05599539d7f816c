"""A wallet as a host of Open Badges 3.0 (section 6): what an authorized app reads and stores there.

An app reaches only the wallet of the person who consented. Each badge is served as it was signed, byte for
byte; nothing is signed again. What an app stores is verified and kept like any import. It never touches what
this service issued, or anything of another person (attack 90).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from credserv.ground.addresses import comparable
from credserv.ground.encoding import parse_instant
from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.names import require_chosen_name
from credserv.journeys.services import Services
from credserv.journeys.transfer.badge_text import require_badge, text_of
from credserv.journeys.transfer.imports import KeptAs, keep_import
from credserv.openbadges.credential import CREDENTIALS_V2, OPEN_BADGES_V3
from credserv.openbadges.data_model import listed
from credserv.records.imports import ImportRecord


@dataclass(frozen=True)
class HostedBadge:
    """A badge.

    Attributes:
        text: A JSON object or compact JWS.
        issued_at: As it states.
    """

    id: str
    text: bytes
    issued_at: datetime

    @property
    def is_token(self) -> bool:
        return not self.text.startswith(b"{")


@dataclass(frozen=True)
class Page:
    """A page of badges.

    Attributes:
        badges: In the order of issuance, so that a new one moves none.
        total: Over all pages.
    """

    badges: tuple[HostedBadge, ...]
    total: int


@dataclass(frozen=True)
class Upserted:
    """The outcome of storing a badge.

    Attributes:
        text: What the wallet has now.
        created: Whether it had no equal one.
    """

    text: bytes
    created: bool


def hosted_page(
    services: Services, person_id: str, *, limit: int, offset: int, since: datetime | None
) -> Page:
    """Return a page of a person's badges.

    Args:
        since: Only badges issued later.
    """
    found = [*_own(services, person_id), *_brought(services, person_id)]
    after = [badge for badge in found if since is None or badge.issued_at > since]
    after.sort(key=lambda badge: (badge.issued_at, badge.id))
    return Page(tuple(after[offset : offset + limit]), len(after))


def upsert(services: Services, person_id: str, text: bytes, now: datetime, *, added_by: str) -> Upserted:
    """Store a badge in place of an older equal one (section 10): the same issuer and id.

    Args:
        text: A JSON object or compact JWS.
        added_by: What stores it.

    Raises:
        InputError: It is not a badge of Open Badges 3.0, or does not verify.
    """
    text = text.strip()
    require_badge(text)
    before = services.store.imports.of_person(person_id)
    (kept, *others) = keep_import(services, person_id, text, now, added_by=added_by)
    if kept.outcome is KeptAs.REFUSED or others:
        raise InputError(kept.reason or "send one badge at a time")
    if kept.outcome is not KeptAs.NEW:
        return Upserted(text, created=False)
    record = services.store.imports.get(person_id, kept.import_id)
    equal = [one for one in before if record is not None and _are_equal(one, record)]
    if record is None or not equal:
        return Upserted(text, created=True)
    newest = max([*equal, record], key=lambda one: (_issued_at(one), one is record))
    for one in [*equal, record]:
        if one is not newest:
            services.store.imports.remove(person_id, one.id)
    return Upserted(text_of(services.store.imports.content(person_id, newest.id) or text) or text, False)


def tell_profile(services: Services, person_id: str) -> dict[str, Any]:
    """Return a person's Profile (appendix B.1.17): the name of their wallet,
    and nothing that identifies them.
    """
    person = services.store.people.get(person_id)
    digest = hashlib.sha256(f"{services.public_url}\n{person_id}".encode()).hexdigest()
    named = {"name": person.name} if person is not None and person.name else {}
    return {
        "@context": [CREDENTIALS_V2, OPEN_BADGES_V3],
        "id": f"urn:credserv:person:{digest[:32]}",
        "type": ["Profile"],
        **named,
    }


def change_profile(services: Services, person_id: str, told: JsonObject) -> dict[str, Any]:
    """Take the name from a Profile; nothing else of it is stored.

    Raises:
        InputError: It is somebody else's, or the name is not valid.
    """
    before = tell_profile(services, person_id)
    name = told.get("name", before.get("name"))
    if "Profile" not in listed(told.get("type")) or told.get("id", before["id"]) != before["id"]:
        raise InputError("this is not the Profile of whoever let the app in")
    if name is not None and not isinstance(name, str):
        raise InputError("a name is a text")
    services.store.people.rename(person_id, None if name is None else require_chosen_name(name))
    return tell_profile(services, person_id)


def _own(services: Services, person_id: str) -> Iterator[HostedBadge]:
    for _, record in services.store.holdings.of_person(person_id):
        if record.signed is not None:
            yield HostedBadge(record.id, record.signed, record.issued_at)


def _brought(services: Services, person_id: str) -> Iterator[HostedBadge]:
    for record, content in services.store.imports.contents(person_id):
        text = text_of(content)
        if text is not None:
            yield HostedBadge(record.id, text, _issued_at(record))


def _are_equal(one: ImportRecord, other: ImportRecord) -> bool:
    """Compare what was proven; a mere claim replaces nothing."""
    if not (one.facts["proven"] and other.facts["proven"] and one.credential_id):
        return False
    return (comparable(one.issuer_id), comparable(one.credential_id)) == (
        comparable(other.issuer_id),
        comparable(other.credential_id),
    )


def _issued_at(record: ImportRecord) -> datetime:
    told = record.facts.get("valid_from")
    return parse_instant(told) if isinstance(told, str) else record.added_at
