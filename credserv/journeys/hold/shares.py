"""Shares: a person shows some of their credentials until an end they choose, or until they end it.

A share says nothing of the person beyond what they chose. `showing.py` decides what it shows. For credentials
from elsewhere, `transfer/passing_on.py` decides whether they may be passed on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from credserv.ground.encoding import hash_token, random_token
from credserv.ground.errors import InputError, NotFoundError
from credserv.ground.names import is_slug
from credserv.journeys.hold.passcodes import keep_passcode
from credserv.journeys.hold.wallet import Carried, held_among
from credserv.journeys.services import Services
from credserv.records.audit import Action, AuditRecord
from credserv.records.consents import ConsentRecord, Purpose, make_consent
from credserv.records.people import ProvedKind, ShareOpening, ShareRecord

MAX_ITEMS = 30
MAX_OPENINGS = 1_000
_MAX_LABEL_CHARS = 80
_MIN_SLUG_CHARS, _MAX_SLUG_CHARS = 3, 40


@dataclass(frozen=True)
class ShareWish:
    """What a person wants to show, and for how long.

    Attributes:
        label: A note that only they see.
        ends_at: None for no end.
        max_openings: None for no limit.
        passcode: "" for none.
        shows_name: Whether to show their name as known here.
        address: One of their addresses to show; "" for none.
        slug: For a page at `/people/<slug>` instead of a link.
        import_ids: Credentials they brought along.
    """

    credential_ids: tuple[str, ...]
    label: str = ""
    ends_at: datetime | None = None
    max_openings: int | None = None
    passcode: str = ""
    shows_name: bool = False
    address: str = ""
    slug: str = ""
    import_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class OwnShare:
    """A share as its person sees it.

    Attributes:
        names: The names of what it shows; "" where there is none.
        at: Where its URL begins.
    """

    record: ShareRecord
    names: tuple[str, ...]
    openings: tuple[ShareOpening, ...]
    at: str


# --- making and ending --------------------------------------------------------------------------


def share(services: Services, person_id: str, credential_id: str, label: str, now: datetime) -> str:
    """Make a link to one credential without an end. Raises as `make_share`."""
    return make_share(services, person_id, ShareWish((credential_id,), label), now)


def make_share(services: Services, person_id: str, wish: ShareWish, now: datetime) -> str:
    """Make a link, or a page at a URL of its own.

    It is at the address of the organisation that issued all of it, otherwise where the person is.

    Returns:
        The absolute URL. The secret of a link is shown only this once.

    Raises:
        InputError: A value is not valid.
        NotFoundError: A credential is not the person's.
        ConflictError: Somebody else has the page's address.
    """
    _require_possible(wish, now)
    items = held_among(services, person_id, wish.credential_ids, now)
    brought = services.store.imports.among(person_id, tuple(dict.fromkeys(wish.import_ids)))
    if len(items) != len(set(wish.credential_ids)) or len(brought) != len(set(wish.import_ids)):
        raise NotFoundError("no such credential")
    if wish.address and wish.address not in addresses_of(services, person_id):
        raise InputError("this address is not among those that you have shown to be yours")
    issuers = {item.organisation for item in items}
    is_of_one = len(issuers) == 1 and not brought and not wish.slug
    own = services.beside(issuers.pop()) if is_of_one else services
    token = random_token(24)
    record = ShareRecord(
        token_sha256=hash_token(token),
        credential_ids=tuple(item.record.id for item in items),
        person_id=person_id,
        created_at=now,
        label=wish.label.strip(),
        ends_at=wish.ends_at,
        max_openings=wish.max_openings,
        passcode=keep_passcode(wish.passcode) if wish.passcode else "",
        shows_name=wish.shows_name,
        address=wish.address,
        slug=wish.slug,
        import_ids=tuple(one.id for one in brought),
    )
    with own.store.transaction():
        own.store.shares.create(record)
        if wish.slug or wish.shows_name or wish.address:
            own.store.consents.give(_consent(own, record))
        own.store.audit.add(_line(record, Action.SHARE_CREATED, now))
    return f"{own.public_url}/people/{wish.slug}" if wish.slug else f"{own.public_url}/shares/{token}"


def _consent(services: Services, share: ShareRecord) -> ConsentRecord:
    """Return the consent for what a share shows of the person besides badges, or to everybody."""
    purpose = Purpose.PROFILE if share.slug else Purpose.FACTS
    return make_consent(
        share.person_id,
        purpose,
        controller=services.issuer.did,
        reference=share.token_sha256,
        recipient="everybody" if share.slug else "whoever has the link",
        shown=(
            f"badges: {len(share.credential_ids) + len(share.import_ids)}",
            *(("your name",) if share.shows_name else ()),
            *((share.address,) if share.address else ()),
        ),
        now=share.created_at,
        ends_at=share.ends_at,
    )


def end_share(services: Services, person_id: str, token_sha256: str, now: datetime) -> ShareRecord:
    """End one of a person's shares at once. Safe to repeat.

    Raises:
        NotFoundError: They have no such share.
    """
    slug = services.store.holdings.organisation_of_share(person_id, token_sha256)
    store = services.store if slug is None else services.beside(slug).store
    record = store.shares.get(token_sha256)
    if record is None or record.person_id != person_id:
        raise NotFoundError("no such share")
    with store.transaction():
        store.shares.end(token_sha256, person_id, now)
        store.audit.add(_line(record, Action.SHARE_ENDED, now))
    return record


def own_shares(services: Services, person_id: str, now: datetime) -> tuple[OwnShare, ...]:
    """Return everything a person shares, at any organisation's address, newest first."""
    found: list[OwnShare] = []
    names: dict[str, str] = {}
    for slug in services.store.holdings.organisations_of_shares(person_id):
        own = services.beside(slug)
        records = own.store.shares.of_person(person_id)
        log = own.store.shares.openings([record.token_sha256 for record in records])
        shown = {known for record in records for known in record.credential_ids} - names.keys()
        items = held_among(services, person_id, sorted(shown), now)
        names |= {item.record.id: item.display.name for item in items}
        along = {known for record in records for known in record.import_ids}
        brought = services.store.imports.by_ids(person_id, along)
        names |= {known: str(one.facts["name"]) for known, one in brought.items()}
        for record in records:
            shows = (*record.credential_ids, *record.import_ids)
            told = tuple(names[known] for known in shows if known in names)
            found.append(OwnShare(record, told, log.get(record.token_sha256, ()), own.public_url))
    return tuple(sorted(found, key=lambda one: one.record.created_at, reverse=True))


def shares_of(services: Services, item: Carried) -> tuple[ShareRecord, ...]:
    """Return the holder's links that show a credential, newest first for each organisation."""
    person_id = item.record.person_id
    return tuple(
        record
        for slug in services.store.holdings.organisations_of_shares(person_id)
        for record in services.beside(slug).store.shares.of_person(person_id)
        if item.record.id in record.credential_ids
    )


def addresses_of(services: Services, person_id: str) -> tuple[str, ...]:
    """Return the e-mail addresses that a person has proved."""
    proofs = services.store.people.proved(person_id)
    return tuple(one.value for one in proofs if one.kind is ProvedKind.EMAIL and one.ended_at is None)


def _require_possible(wish: ShareWish, now: datetime) -> None:
    if not 1 <= len({*wish.credential_ids, *wish.import_ids}) <= MAX_ITEMS:
        raise InputError(f"choose one to {MAX_ITEMS} badges")
    if len(wish.label.strip()) > _MAX_LABEL_CHARS:
        raise InputError(f"a note has at most {_MAX_LABEL_CHARS} characters")
    if wish.ends_at is not None and wish.ends_at <= now:
        raise InputError("choose an end that is still to come")
    if wish.max_openings is not None and not 1 <= wish.max_openings <= MAX_OPENINGS:
        raise InputError(f"a link opens 1 to {MAX_OPENINGS} times, or without a limit")
    if wish.slug and not (is_slug(wish.slug) and _MIN_SLUG_CHARS <= len(wish.slug) <= _MAX_SLUG_CHARS):
        raise InputError("an address has 3 to 40 characters: a to z, 0 to 9 and hyphens between them")
    if wish.slug and (wish.passcode or wish.max_openings is not None):
        raise InputError("a public page has neither a passcode nor a maximum; make a link for that")


def _line(record: ShareRecord, action: Action, now: datetime) -> AuditRecord:
    """Return the audit line, under the share's own name, because it may show
    credentials of several organisations.
    """
    return AuditRecord(now, "holder", action, record.token_sha256)
