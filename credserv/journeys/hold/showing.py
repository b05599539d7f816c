"""What a share shows to visitors of its link or page.

A share with a passcode or a limit of openings first asks: visiting its link opens and counts nothing, so
previews cannot use it up (attack W9). It shows only what the person holds at that moment, and says what was
revoked or has expired.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from credserv.ground.encoding import hash_token, parse_instant
from credserv.ground.errors import ForbiddenError, GoneError, InputError, NotFoundError
from credserv.ground.verification import Verdict
from credserv.journeys.hold.passcodes import is_passcode
from credserv.journeys.hold.shares import addresses_of
from credserv.journeys.hold.wallet import Carried, Face, face_of, held_among
from credserv.journeys.services import Services
from credserv.records.imports import ImportRecord
from credserv.records.people import ShareRecord, Visitor

_MAX_WRONG_PASSCODES = 10
_MAX_DIGITS = 3
T = TypeVar("T")


@dataclass(frozen=True)
class Shown:
    """What an open share shows.

    Attributes:
        brought: Credentials that the holder brought along.
        name: The person's name, if they chose to show it.
        address: The person's address, if they chose to show it.
        at: The instant it was read.
    """

    record: ShareRecord
    items: tuple[Carried, ...]
    brought: tuple[ImportRecord, ...]
    at: datetime
    name: str = ""
    address: str = ""

    @property
    def count(self) -> int:
        return len(self.items) + len(self.brought)

    @property
    def faces(self) -> tuple[Face, ...]:
        return (*(face_of(item) for item in self.items), *(_face(record, self.at) for record in self.brought))


def find_share(services: Services, token: str, now: datetime) -> ShareRecord:
    """Return the share of a link, opened or not.

    Raises:
        NotFoundError: There never was one.
        GoneError: It has ended.
    """
    return _live(services.store.shares.get(hash_token(token)), now)


def find_profile(services: Services, slug: str, now: datetime) -> ShareRecord:
    """Return the share at an address that its holder chose.

    Raises:
        NotFoundError: There is none, or it has ended.
    """
    record = services.store.shares.at_slug(slug)
    if record is None or record.has_ended(now):
        raise NotFoundError("no such page")
    return record


def open_gate(services: Services, record: ShareRecord, passcode: str, now: datetime) -> None:
    """Count one opening of a share that asks first.

    Raises:
        ForbiddenError: The passcode is wrong.
        GoneError: No opening is left, or too many passcodes were wrong.
    """
    if record.passcode:
        if record.wrong_passcodes >= _MAX_WRONG_PASSCODES:
            raise GoneError("too many wrong passcodes were given; ask for a new link")
        if not is_passcode(passcode, record.passcode):
            services.store.shares.count_wrong_passcode(record.token_sha256)
            raise ForbiddenError("this is not its passcode; ask the person who gave you the link")
    if not services.store.shares.count_opening(record.token_sha256, now):
        raise GoneError("it was opened as often as its holder allowed")


def log_opening(services: Services, record: ShareRecord, visitor: Visitor, now: datetime) -> None:
    """Log an opening for the person to see. A public page has no log."""
    if not record.slug:
        services.store.shares.log_opening(record.token_sha256, now, visitor)


def show(services: Services, record: ShareRecord, now: datetime) -> Shown:
    """Return what a share shows now, whether or not it asks first.

    Raises:
        GoneError: Nothing of it is left.
    """
    items = held_among(services, record.person_id, record.credential_ids, now)
    brought = services.store.imports.among(record.person_id, record.import_ids)
    if not (items or brought):
        raise GoneError("nothing of it is left")
    person = services.store.people.get(record.person_id) if record.shows_name else None
    shown = record.address and record.address in addresses_of(services, record.person_id)
    name, address = (person and person.name) or "", record.address if shown else ""
    return Shown(record, items, brought, now, name, address)


def open_share(services: Services, place: str, now: datetime) -> bytes:
    """Return the one credential at a share's address, as it was signed or in the file it came in.

    Args:
        place: `<token>`; `<token>/<number>` if there are several; `<token>/brought/<number>` for credentials
            brought along.

    Raises:
        NotFoundError: There is no credential at that address.
        GoneError: The share has ended.
        InputError: It shows several credentials, or asks first.
    """
    token, _, rest = place.partition("/")
    record = find_share(services, token, now)
    if record.is_gated:
        raise InputError("this link asks something first; open it, and check what it shows from there")
    shown = show(services, record, now)
    if not rest and shown.count > 1:
        raise InputError("this link shows several credentials; open it, and check each from there")
    kind, _, number = rest.rpartition("/")
    if kind == "brought" or not (rest or shown.items):
        return brought_content(services, record, _at(shown.brought, number or "1"))
    if kind:
        raise NotFoundError("there is no credential at that address")
    return _at(shown.items, number or "1").signed


def brought_content(services: Services, record: ShareRecord, shown: ImportRecord) -> bytes:
    """Return a credential brought along, byte for byte as it came.

    Raises:
        GoneError: Its holder removed it a moment ago.
    """
    content = services.store.imports.content(record.person_id, shown.id)
    if content is None:
        raise GoneError("nothing of it is left")
    return content


def _face(record: ImportRecord, now: datetime) -> Face:
    """Return how it stood at the last check, and say so where there is room."""
    down = _what_is_wrong(record, now)
    word = down or "checked when it is opened"
    return Face(str(record.facts["name"]), str(record.facts["issuer"]), word, bool(down))


def _what_is_wrong(record: ImportRecord, now: datetime) -> str:
    """Return what is wrong, in a word; "" if nothing is known.

    It may have been found invalid since it was stored.
    """
    status, until = record.facts["status"], record.facts.get("valid_until")
    if status in ("revoked", "suspended"):
        return str(status)
    if isinstance(until, str) and parse_instant(until) <= now:
        return "expired"
    return "not verified" if record.verdict == Verdict.NOT_VERIFIED else ""


def _at(found: Sequence[T], number: str) -> T:
    place = int(number) if number.isascii() and number.isdigit() and len(number) <= _MAX_DIGITS else 0
    if not 1 <= place <= len(found):
        raise NotFoundError("there is no credential at that address")
    return found[place - 1]


def _live(record: ShareRecord | None, now: datetime) -> ShareRecord:
    if record is None or record.slug:
        raise NotFoundError("no such share")
    if record.has_ended(now):
        raise GoneError("this link has ended")
    return record
