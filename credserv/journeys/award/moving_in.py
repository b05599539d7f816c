"""Moving in: awards that were made elsewhere, read from what the former system gives out.

    credly         CSV of issued badges (Badge Template ID or name, Recipient Email, names, Issued At)
    badgr          CSV of awards of Badgr, Canvas Credentials, Parchment (Badge Class ID, Identifier, …)
    open-badges-2  a folder or ZIP of Open Badges 2.0: assertions (JSON, PNG, SVG) and badge classes

Each becomes a row as any other: who, which achievement of ours, since when, with the old badge as evidence.
What was revoked there, or whose address cannot be told, is a fault of its row. Nothing of an old badge is
taken for verified: whoever moves in says that these were theirs.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from typing import Any

from credserv.ground.encoding import format_instant
from credserv.ground.errors import InputError, TooLargeError
from credserv.ground.json_types import JsonObject
from credserv.ground.names import is_email
from credserv.ground.strict_json import parse_json
from credserv.ground.tables import decode, parse_table, plain_name
from credserv.journeys.award.bulk_rows import DraftFile, DraftRow, read_instant
from credserv.openbadges.baking import is_image, unbake
from credserv.openbadges.recipient import names
from credserv.openbadges.v2.assertion import identifier_of, is_assertion, is_revoked
from credserv.openbadges.v2.upgrade import as_credential

MAX_FILES = 20_000
MAX_BYTES = 64 * 1_048_576
_MAX_KEPT_CHARS = 65_536
_FORMS = (
    "%m/%d/%Y",
    "%m/%d/%y",
    "%Y-%m-%d %H:%M:%S %z",
    "%Y-%m-%d %H:%M:%S UTC",
    "%Y-%m-%d %H:%M:%S",
)
_WHERE = {"credly": "Credly", "badgr": "Badgr", "open-badges-2": "its former system"}
# By the member, the plain names of the columns that these systems have for it.
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "badge_id": ("badgetemplateid", "templateid", "badgeclassid", "badgeclassentityid"),
    "badge_name": (
        "badgetemplatename",
        "badgetemplate",
        "badgeclassname",
        "badgeclass",
        "badgename",
        "badge",
    ),
    "email": ("recipientemail", "email", "identifier", "recipientidentifier", "recipient", "earneremail"),
    "first": ("firstname", "issuedtofirstname", "recipientfirstname"),
    "last": ("lastname", "issuedtolastname", "recipientlastname"),
    "name": ("recipientname", "issuedto", "name", "fullname"),
    "issued": ("issuedat", "issuedatdate", "issuedon", "issuedate", "issueddate", "awardedon", "awarddate"),
    "old": ("badgeurl", "assertionurl", "awardurl", "openbadgeid", "publicurl", "assertionid", "awardid"),
    "old_id": ("badgeid", "issuedbadgeid", "entityid", "id"),
    "state": ("state", "status", "badgestate"),
    "revoked": ("revoked", "isrevoked"),
    "evidence": ("evidenceurl",),
    "narrative": ("narrative", "evidencenarrative"),
}
_BY_COLUMN = {column: member for member, columns in _COLUMNS.items() for column in columns}


class FormerSystem(StrEnum):
    CREDLY = "credly"
    BADGR = "badgr"
    OPEN_BADGES_2 = "open-badges-2"


@dataclass(frozen=True)
class Ours:
    """What is known here. keys: by the id or name that the former system has for a badge, the key of an
    achievement. named: keys by the names of our achievements, in small letters. addresses: of people whom
    an old badge names by a hash alone."""

    keys: Mapping[str, str]
    named: Mapping[str, str]
    addresses: Sequence[str] = ()

    def achievement(self, *theirs: str) -> str | None:
        known = (self.keys.get(name) or self.named.get(name.strip().lower()) for name in theirs if name)
        return next((key for key in known if key), None)


def read_former(
    files: Iterable[tuple[str, bytes]], system: FormerSystem, ours: Ours, *, zone: tzinfo, now: datetime
) -> DraftFile:
    """files: by name. Raises InputError for what is nothing of the kind, TooLargeError."""
    found = list(files)
    if system is FormerSystem.OPEN_BADGES_2:
        rows = [*_assertions(found, ours, zone, now)]
    elif len(found) != 1:
        raise InputError("give the one file that was exported")
    else:
        rows = [*_table(found[0][1], system, ours, zone, now)]
    if not rows:
        raise InputError("nothing in it is an award")
    return DraftFile(tuple(_once(rows)), ("old badges are kept as evidence, and were not verified",))


def open_archive(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The files of a ZIP. Raises InputError, TooLargeError."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) > MAX_FILES or sum(member.file_size for member in members) > MAX_BYTES:
                raise TooLargeError(f"the archive holds more than {MAX_FILES} files or {MAX_BYTES} bytes")
            for member in members:
                yield member.filename, archive.read(member)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise InputError(f"this is no ZIP that can be read: {error}") from error


def _once(rows: Sequence[DraftRow]) -> Iterator[DraftRow]:
    seen: dict[str, int] = {}
    for row in rows:
        first = seen.setdefault(row.key, row.line)
        repeated = (f"the same as line {first}",) if first != row.line and not row.faults else row.faults
        yield DraftRow(row.line, row.key, row.order, repeated)


def _table(data: bytes, system: FormerSystem, ours: Ours, zone: tzinfo, now: datetime) -> Iterator[DraftRow]:
    table = parse_table(decode(data))
    columns: dict[str, list[str]] = {}
    for name in table.columns:
        if plain_name(name) in _BY_COLUMN:
            columns.setdefault(_BY_COLUMN[plain_name(name)], []).append(name)
    for needed, told in (("email", "Recipient Email"), ("issued", "Issued At")):
        if needed not in columns:
            there = ", ".join(table.columns.values())[:400]
            raise InputError(f"the file has no column {told}; its columns are: {there}")
    for row in table.rows:
        cells = {member: row.get(*names_) for member, names_ in columns.items()}
        cells = {member: text for member, text in cells.items() if text}
        name = cells.get("name") or " ".join(filter(None, (cells.get("first"), cells.get("last"))))
        old = cells.get("old") or cells.get("old_id", "")
        yield _row(
            row.line,
            system,
            ours,
            _Award(
                badges=(cells.get("badge_id", ""), cells.get("badge_name", "")),
                email=cells.get("email", "").removeprefix("mailto:"),
                name=name,
                issued=cells.get("issued", ""),
                old=old,
                is_revoked="revoked" in cells.get("state", "").lower()
                or cells.get("revoked", "").lower() in ("true", "yes", "1"),
                evidence=cells.get("evidence", ""),
                narrative=cells.get("narrative", ""),
            ),
            zone,
            now,
        )


@dataclass(frozen=True)
class _Award:
    """One award as the former system has it; "" for what it does not say. old: the old badge's address or id.
    kept: the old badge itself."""

    badges: tuple[str, ...]
    email: str
    name: str
    issued: str
    old: str
    is_revoked: bool = False
    evidence: str = ""
    narrative: str = ""
    kept: str = ""
    faults: tuple[str, ...] = ()


def _row(line: int, system: FormerSystem, ours: Ours, award: _Award, zone: tzinfo, now: datetime) -> DraftRow:
    faults = list(award.faults)
    order: dict[str, Any] = {}
    key = ours.achievement(*award.badges)
    if key is None:
        badge = next((name for name in award.badges if name), "no badge")[:100]
        faults.append(f"achievement: {badge!r} stands for none of yours: name it in the map of badges")
    else:
        order["achievement"] = key
    if is_email(award.email):
        order["email"] = award.email
    elif not award.faults:
        faults.append(f"email: {award.email[:60]!r} is not one plain e-mail address")
    if award.name:
        order["name"] = award.name[:200]
    try:
        order["awarded_at"] = format_instant(_instant(award.issued, zone, now))
    except InputError as error:
        faults.append(f"issued: {error.detail}")
    if award.is_revoked:
        faults.append("it was revoked there")
    where = _WHERE[system.value]
    order["evidence_name"] = f"The badge as it was issued in {where}"
    if award.old.startswith(("https://", "http://", "urn:")):
        order["evidence_id"] = award.old[:2_048]
    elif award.evidence.startswith(("https://", "http://")):
        order["evidence_id"] = award.evidence[:2_048]
    said = f"Awarded in {where} on {award.issued[:40]}; this badge takes its place."
    order["evidence_narrative"] = f"{said} {award.narrative}".strip()[:10_000]
    if award.kept:
        order["kept"] = award.kept[:_MAX_KEPT_CHARS]
    named = award.old or "|".join((*award.badges, award.email.lower(), award.issued))
    return DraftRow(line, f"key:{system.value}:{named}"[:250], order, tuple(faults))


def _instant(text: str, zone: tzinfo, now: datetime) -> datetime:
    """As these systems write it, too: `2014-04-01 09:41:00 -0500`, `04/01/14` (months first)."""
    for form in _FORMS:
        try:
            found = datetime.strptime(text, form)  # noqa: DTZ007 - where it says no zone, it gets one
        except ValueError:
            continue
        if found.tzinfo is None:
            found = found.replace(tzinfo=UTC if "%H" in form else zone)
        text = format_instant(found.astimezone(UTC))
        break
    return read_instant(text, zone, now)


# --- Open Badges 2.0 ------------------------------------------------------------------------------


def _assertions(
    files: Sequence[tuple[str, bytes]], ours: Ours, zone: tzinfo, now: datetime
) -> Iterator[DraftRow]:
    """A row for each assertion, numbered as they are found."""
    unreadable: list[tuple[str, str]] = []
    found: list[tuple[JsonObject, str]] = []
    things: dict[str, JsonObject] = {}
    for name, data in files:
        try:
            text = (unbake(data) if is_image(data) else data).decode()
            for thing in _objects(parse_json(text.encode(), max_bytes=MAX_BYTES)):
                if is_assertion(thing):
                    found.append((thing, text))
                elif identifier_of(thing):
                    things[identifier_of(thing)] = thing
        except (InputError, UnicodeDecodeError) as error:
            unreadable.append((name, error.detail if isinstance(error, InputError) else "is no text"))
    for line, (assertion, text) in enumerate(found, 1):
        badge = things.get(identifier_of(assertion.get("badge")), assertion.get("badge"))
        award = _award({**assertion, "badge": badge}, text, ours)
        yield _row(line, FormerSystem.OPEN_BADGES_2, ours, award, zone, now)
    for line, (name, why) in enumerate(unreadable, len(found) + 1):
        yield DraftRow(line, f"file:{name}"[:250], {}, (f"{name[:100]}: {why}",))


def _objects(value: object, depth: int = 0) -> Iterator[JsonObject]:
    """The outermost that stand for something, wherever an export puts them."""
    if isinstance(value, Mapping):
        if is_assertion(value) or value.get("type") in ("BadgeClass", ["BadgeClass"]):
            yield value
        elif depth < 6:
            for member in value.values():
                yield from _objects(member, depth + 1)
    elif isinstance(value, list) and depth < 6:
        for member in value:
            yield from _objects(member, depth + 1)


def _award(assertion: JsonObject, text: str, ours: Ours) -> _Award:
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
    return _Award(
        badges=(str(achievement.get("id", "")), str(achievement.get("name", ""))),
        email=email,
        name=str(recipient.get("name") or "") if isinstance(recipient, Mapping) else "",
        issued=_iso(assertion.get("issuedOn")),
        old=identifier_of(assertion),
        is_revoked=is_revoked(assertion),
        narrative=str(subject.get("narrative") or ""),
        kept=text,
        faults=faults,
    )


def _iso(issued: object) -> str:
    """1.x had seconds since 1970, too."""
    if isinstance(issued, int) and not isinstance(issued, bool) and 0 < issued < 2**33:
        return format_instant(datetime.fromtimestamp(issued, UTC))
    return issued if isinstance(issued, str) else ""
