"""Open Badges 2.0 in files: assertions as JSON, PNG or SVG, with their badge classes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, tzinfo

from credserv.ground.encoding import format_instant
from credserv.ground.errors import InputError, TooLargeError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json
from credserv.journeys.award.in_bulk.former import Award, FormerSystem, Ours, draft_row
from credserv.journeys.award.in_bulk.rows import DraftRow
from credserv.openbadges.baking import is_image, unbake
from credserv.openbadges.recipient import names
from credserv.openbadges.v2.assertion import identifier_of, is_assertion, is_revoked
from credserv.openbadges.v2.upgrade import as_credential

MAX_FILES = 20_000
MAX_BYTES = 64 * 1_048_576


def open_archive(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the name and content of each file in a ZIP.

    Raises:
        InputError: It is not a readable ZIP.
        TooLargeError: It holds too many files or bytes.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) > MAX_FILES or sum(member.file_size for member in members) > MAX_BYTES:
                raise TooLargeError(f"the archive holds more than {MAX_FILES} files or {MAX_BYTES} bytes")
            for member in members:
                yield member.filename, archive.read(member)
    # zipfile raises NotImplementedError for an unknown compression and RuntimeError for an encrypted member.
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise InputError(f"this is no ZIP that can be read: {error}") from error


def read_badges(
    files: Sequence[tuple[str, bytes]], ours: Ours, zone: tzinfo, now: datetime
) -> Iterator[DraftRow]:
    """Yield a row for each assertion, numbered in the order found."""
    unreadable: list[tuple[str, str]] = []
    found: list[tuple[JsonObject, str]] = []
    things: dict[str, JsonObject] = {}
    for name, data in files:
        try:
            text = (unbake(data) if is_image(data) else data).decode()
            for thing in old_things(parse_json(text.encode(), max_bytes=MAX_BYTES)):
                if is_assertion(thing):
                    found.append((thing, text))
                elif identifier_of(thing):
                    things[identifier_of(thing)] = thing
        except (InputError, UnicodeDecodeError) as error:
            unreadable.append((name, error.detail if isinstance(error, InputError) else "is no text"))
    for line, (assertion, text) in enumerate(found, 1):
        badge = things.get(identifier_of(assertion.get("badge")), assertion.get("badge"))
        award = _award({**assertion, "badge": badge}, text, ours)
        yield draft_row(line, FormerSystem.OPEN_BADGES_2, ours, award, zone, now)
    pictures = {_picture_name(thing) for thing in things.values()}
    strange = [(name, why) for name, why in unreadable if name.rpartition("/")[2] not in pictures]
    for line, (name, why) in enumerate(strange, len(found) + 1):
        yield DraftRow(line, f"file:{name}"[:250], {}, (f"{name[:100]}: {why}",))


def _picture_name(badge: JsonObject) -> str:
    """Return the name of the image file that a badge class shows, which is no award; "" if there is none."""
    image = badge.get("image")
    shown = image.get("id") if isinstance(image, Mapping) else image
    return shown.rpartition("/")[2] if isinstance(shown, str) else ""


def old_things(value: object, depth: int = 0) -> Iterator[JsonObject]:
    """Yield the outermost Open Badges objects, wherever an export puts them."""
    if isinstance(value, Mapping):
        if is_assertion(value) or value.get("type") in ("BadgeClass", ["BadgeClass"]):
            yield value
        elif depth < 6:
            for member in value.values():
                yield from old_things(member, depth + 1)
    elif isinstance(value, list) and depth < 6:
        for member in value:
            yield from old_things(member, depth + 1)


def _award(assertion: JsonObject, text: str, ours: Ours) -> Award:
    credential = as_credential(assertion)
    subject = credential.get("credentialSubject", {})
    identity: JsonObject = next(iter(subject.get("identifier", ())), {})
    achievement = subject.get("achievement", {})
    email, faults = str(identity.get("identityHash", "")), tuple[str, ...]()
    if identity.get("hashed") is not False:
        known = next((address for address in ours.addresses if names(subject, address)), None)
        email = known or ""
        if known is None:
            faults = ("email: the badge has a hash in its place, and none of the addresses given fits it",)
    recipient = assertion.get("recipient")
    return Award(
        badges=(str(achievement.get("id", "")), str(achievement.get("name", ""))),
        email=email,
        name=str(recipient.get("name") or "") if isinstance(recipient, Mapping) else "",
        issued=_iso(assertion.get("issuedOn")),
        old=identifier_of(assertion),
        ends=_iso(assertion.get("expires")),
        is_revoked=is_revoked(assertion),
        narrative=str(subject.get("narrative") or ""),
        kept=text,
        faults=faults,
    )


def _iso(issued: object) -> str:
    """Convert the date; Open Badges 1.x also used seconds since 1970."""
    if isinstance(issued, int) and not isinstance(issued, bool) and 0 < issued < 2**33:
        return format_instant(datetime.fromtimestamp(issued, UTC))
    return issued if isinstance(issued, str) else ""
