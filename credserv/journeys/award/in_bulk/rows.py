"""Read each row of a file of awards into an order or into faults with line and column.

A table (CSV with comma, semicolon or tab) has one column per member, in any order and under any of the names
below. JSON Lines has an object per line with the same members; a single JSON list works too. A row without
`key` is recognised by its content, so a file that is sent every night issues only what is new in it.

    achievement        email            name     awarded_at  result_description  result_value
    mentor-foundation  pat@example.org  Pat Doe  2026-11-26  #mastery            87
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from credserv.ground.canonical_json import canonize_json
from credserv.ground.encoding import format_instant, parse_instant
from credserv.ground.errors import InputError, TooLargeError
from credserv.ground.json_types import JsonObject
from credserv.ground.names import is_did, is_email, is_slug, normalise_email
from credserv.ground.strict_json import parse_json, parse_json_object
from credserv.ground.tables import MAX_BYTES, MAX_MEMBERS, Row, decode, parse_table, plain_name
from credserv.openbadges.data_model import is_absolute

MAX_ROWS = 200_000
FORGIVEN = timedelta(minutes=5)  # tolerance for a clock that runs fast
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_MAX_CHARS = {"key": 190, "name": 200, "result_value": 200, "evidence_narrative": 10_000}
_DEFAULT_CHARS = 2_048

# For each member, the plain names of its column. Documents use the first one.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "achievement": ("achievement", "achievementkey", "badge", "badgekey"),
    "email": ("email", "emailaddress", "mail", "recipientemail", "workemail"),
    "did": ("did", "recipientdid"),
    "name": ("name", "fullname", "recipientname"),
    "awarded_at": ("awardedat", "awardedon", "awarded", "date", "issuedon", "issuedat", "completedon"),
    "key": ("key", "rowkey", "idempotencykey", "externalid"),
    "result_description": ("resultdescription",),
    "result_value": ("resultvalue", "score"),
    "achieved_level": ("achievedlevel", "level"),
    "evidence_id": ("evidenceid", "evidenceurl", "evidence"),
    "evidence_name": ("evidencename",),
    "evidence_narrative": ("evidencenarrative", "narrative"),
}
_BY_COLUMN = {column: member for member, columns in COLUMNS.items() for column in columns}


@dataclass(frozen=True)
class DraftRow:
    """One row as read.

    Attributes:
        order: The members that are filled in; dates as instants.
        faults: Messages with the column concerned. A row without faults can be ordered.
    """

    line: int
    key: str
    order: JsonObject
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class DraftFile:
    rows: tuple[DraftRow, ...]
    notes: tuple[str, ...] = ()


def read_rows(data: bytes, *, achievement: str | None, zone: tzinfo, now: datetime) -> DraftFile:
    """Read a file of awards.

    Args:
        data: CSV or JSON Lines, in UTF-8.
        achievement: The achievement key of rows that have none.
        zone: The time zone of dates without a time, which mean the start of that day.

    Raises:
        InputError: The data is not a table or JSON Lines, has no rows, or lacks a required column.
        TooLargeError: The file has more than MAX_ROWS rows.
    """
    text, _ = decode(data)
    first = text.lstrip()[:1]
    if first in ("{", "["):
        rows, notes = _json_lines(text) if first == "{" else _json_list(text), tuple[str, ...]()
    else:
        rows, notes = _table(text, has_achievement=achievement is not None)
    drafts: list[DraftRow] = []
    seen: dict[str, int] = {}
    for line, cells, unreadable in rows:
        if len(drafts) >= MAX_ROWS:
            raise TooLargeError(f"the file has more than {MAX_ROWS} rows: divide it")
        draft = _read(line, cells, unreadable, achievement, zone, now)
        if not draft.faults and draft.key in seen:
            draft = DraftRow(line, draft.key, draft.order, (f"the same as line {seen[draft.key]}",))
        seen.setdefault(draft.key, line)
        drafts.append(draft)
    if not drafts:
        raise InputError("the file has no rows")
    return DraftFile(tuple(drafts), notes)


_Cells = Iterator[tuple[int, Mapping[str, str], str]]


def _table(text: str, *, has_achievement: bool) -> tuple[_Cells, tuple[str, ...]]:
    table = parse_table(text)
    known = {name: _BY_COLUMN[name] for name in table.columns if name in _BY_COLUMN}
    members = list(known.values())
    doubled = sorted({member for member in members if members.count(member) > 1})
    if doubled:
        raise InputError(f"more than one column means {doubled[0]}: leave one of them")
    missing = [] if "email" in members or "did" in members else ["email"]
    missing += [] if has_achievement or "achievement" in members else ["achievement"]
    if missing:
        there = ", ".join(table.columns.values()) or "none"
        raise InputError(f"the file has no column {missing[0]}; its columns are: {there}"[:500])
    passed_over = [written for name, written in table.columns.items() if name not in known and name]
    notes = (f"not read: {', '.join(passed_over)}"[:500],) if passed_over else ()
    return (_cells_of(row, known) for row in table.rows), notes


def _cells_of(row: Row, known: Mapping[str, str]) -> tuple[int, Mapping[str, str], str]:
    return row.line, {known[name]: text for name, text in row.cells.items() if name in known}, ""


def _json_lines(text: str) -> _Cells:
    for line, part in enumerate(text.splitlines(), 1):
        if part.strip():
            try:
                yield _members_of(line, parse_json_object(part.encode()))
            except InputError as error:
                yield line, {}, error.detail


def _json_list(text: str) -> _Cells:
    """Read a single list of objects; each object's number serves as its line.

    Raises InputError if it is not JSON.
    """
    entries = parse_json(text.encode(), max_bytes=MAX_BYTES, max_members=MAX_MEMBERS)
    for number, entry in enumerate(entries, 1):
        is_object = isinstance(entry, Mapping)
        yield _members_of(number, entry) if is_object else (number, {}, "a JSON object is expected")


def _members_of(line: int, found: JsonObject) -> tuple[int, Mapping[str, str], str]:
    cells: dict[str, str] = {}
    for name, value in found.items():
        member = _BY_COLUMN.get(plain_name(name))
        if member is None:
            return line, {}, f"{name[:60]}: there is no such member"
        if value is not None:
            if not isinstance(value, str | int | float) or isinstance(value, bool):
                return line, {}, f"{member}: is not a text or a number"
            cells[member] = str(value).strip()
    return line, {name: text for name, text in cells.items() if text}, ""


def _read(
    line: int,
    cells: Mapping[str, str],
    unreadable: str,
    achievement: str | None,
    zone: tzinfo,
    now: datetime,
) -> DraftRow:
    faults = [unreadable] if unreadable else []
    order = dict(cells)
    key = order.pop("key", None)
    if achievement is not None:
        order.setdefault("achievement", achievement)
    if not unreadable:
        faults += _faults(order)
    if "awarded_at" in order:
        try:
            order["awarded_at"] = format_instant(read_instant(order["awarded_at"], zone, now))
        except InputError as error:
            faults.append(f"awarded_at: {error.detail}")
    faults += [
        f"{name}: has more than {_MAX_CHARS.get(name, _DEFAULT_CHARS)} characters"
        for name, text in cells.items()
        if len(text) > _MAX_CHARS.get(name, _DEFAULT_CHARS)
    ]
    return DraftRow(line, _key(key, order), order, tuple(faults))


def _faults(order: Mapping[str, str]) -> Iterator[str]:
    achievement, email, did = order.get("achievement"), order.get("email"), order.get("did")
    if achievement is None:
        yield "achievement: is missing"
    elif not is_slug(achievement):
        yield f"achievement: {achievement[:60]!r} is not the key of an achievement"
    if email is None and did is None:
        yield "email: is missing (an e-mail address or a DID is needed)"
    if email is not None and not is_email(email):
        yield f"email: {email[:60]!r} is not one plain e-mail address"
    if did is not None and not is_did(did):
        yield f"did: {did[:60]!r} is not a DID (did:method:identifier)"
    if "evidence_id" in order and not is_absolute(order["evidence_id"]):
        yield f"evidence_id: {order['evidence_id'][:60]!r} is not a web address, or another absolute URI"
    if "result_description" not in order and ("result_value" in order or "achieved_level" in order):
        yield "result_description: is missing: it says which result of the achievement is meant"


def read_instant(text: str, zone: tzinfo, now: datetime) -> datetime:
    """Parse a date, which means its start in `zone`, or a date and time.

    Raises:
        InputError: It cannot be parsed, is before the year 2000 or is in the future.
    """
    try:
        day = datetime.strptime(text, "%Y-%m-%d")  # noqa: DTZ007 - the zone comes next
        instant = day.replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):  # a zone puts the first day before all that can be counted
        try:
            instant = parse_instant(text)
        except InputError as error:
            told = f"{text[:40]!r} is not a date as 2026-11-26, or a date and time as 2026-11-26T09:00:00Z"
            raise InputError(told) from error
    if instant > now + FORGIVEN:
        raise InputError(f"{text[:40]!r} is in the future")
    if instant < EARLIEST:
        raise InputError(f"{text[:40]!r} is before the year 2000")
    return instant


def _key(key: str | None, order: Mapping[str, str]) -> str:
    """Return the same key for the same person and award, however they are written."""
    if key is not None:
        return f"key:{key}"
    said = {name: text for name, text in order.items() if name != "name"}
    if "email" in said and is_email(said["email"]):
        said["email"] = normalise_email(said["email"])
    return "row:" + hashlib.sha256(canonize_json(said)).hexdigest()
