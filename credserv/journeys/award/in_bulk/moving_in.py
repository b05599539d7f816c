"""Moving in: read awards made elsewhere from what the former system exports.

    credly         issued badges (Badge Template ID or name, Recipient Email, names, Issued At): CSV, or JSON
                   as its API answers
    badgr          awards of Badgr, Canvas Credentials, Parchment (Badge Class ID, Identifier, …): likewise
    open-badges-2  a folder or ZIP of Open Badges 2.0: assertions (JSON, PNG, SVG) and badge classes

Each award becomes an ordinary row: person, achievement, date, and the old badge as evidence. A row is faulty
if the award was revoked there, has expired, or names an address that cannot be determined. Nothing in an old
badge counts as verified; whoever moves in states that these awards were theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo

from credserv.ground.errors import InputError
from credserv.ground.tables import decode, parse_table, plain_name
from credserv.journeys.award.in_bulk.former import Award, FormerSystem, Ours, draft_row
from credserv.journeys.award.in_bulk.former_json import read_json_table
from credserv.journeys.award.in_bulk.old_badges import read_badges
from credserv.journeys.award.in_bulk.rows import DraftFile, DraftRow

# For each member, the plain names of its columns in these systems, the clearest first.
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
    "email": (
        *("recipientemail", "email", "identifier", "recipientidentifier", "recipient", "earneremail"),
        *("recipientplaintextidentity", "recipientidentity"),
    ),
    "first": ("firstname", "issuedtofirstname", "recipientfirstname"),
    "last": ("lastname", "issuedtolastname", "recipientlastname"),
    "name": ("recipientname", "issuedto", "name", "fullname"),
    "issued": ("issuedat", "issuedatdate", "issuedon", "issuedate", "issueddate", "awardedon", "awarddate"),
    "old": ("badgeurl", "assertionurl", "awardurl", "openbadgeid", "publicurl", "assertionid", "awardid"),
    "old_id": ("badgeid", "issuedbadgeid", "entityid", "id"),
    "ends": ("expiresat", "expires", "expirationdate", "expiresatdate", "expireson", "expirydate"),
    "state": ("state", "status", "badgestate"),
    "revoked": ("revoked", "isrevoked"),
    "evidence": ("evidenceurl", "evidence1url"),
    "narrative": ("narrative", "evidencenarrative"),
}


def read_former(
    files: Iterable[tuple[str, bytes]], system: FormerSystem, ours: Ours, *, zone: tzinfo, now: datetime
) -> DraftFile:
    """Read an export as rows.

    Args:
        files: Names and contents of the exported files.
        zone: The time zone of dates without one.

    Raises:
        InputError: The files contain no award, or are not the single file expected.
        TooLargeError: There are too many rows or bytes.
    """
    found = list(files)
    if system is FormerSystem.OPEN_BADGES_2:
        rows = [*read_badges(found, ours, zone, now)]
    elif len(found) != 1:
        raise InputError("give the one file that was exported")
    else:
        rows = [*_table(found[0][1], system, ours, zone, now)]
    if not rows:
        raise InputError("nothing in it is an award")
    return DraftFile(tuple(_once(rows)), ("old badges are kept as evidence, and were not verified",))


def _once(rows: Sequence[DraftRow]) -> Iterator[DraftRow]:
    seen: dict[str, int] = {}
    for row in rows:
        first = seen.setdefault(row.key, row.line)
        repeated = (f"the same as line {first}",) if first != row.line and not row.faults else row.faults
        yield DraftRow(row.line, row.key, row.order, repeated)


def _table(data: bytes, system: FormerSystem, ours: Ours, zone: tzinfo, now: datetime) -> Iterator[DraftRow]:
    table = read_json_table(data) or parse_table(decode(data)[0])
    plain = {plain_name(name): name for name in table.columns}
    columns = {
        member: found
        for member, names_ in _COLUMNS.items()
        if (found := [plain[name] for name in names_ if name in plain])
    }
    for needed, told in (("email", "Recipient Email"), ("issued", "Issued At")):
        if needed not in columns:
            there = ", ".join(table.columns.values())[:400]
            raise InputError(f"the file has no column {told}; its columns are: {there}")
    for row in table.rows:
        cells = {member: row.get(*names_) for member, names_ in columns.items()}
        cells = {member: text for member, text in cells.items() if text}
        name = cells.get("name") or " ".join(filter(None, (cells.get("first"), cells.get("last"))))
        old = cells.get("old") or cells.get("old_id", "")
        yield draft_row(
            row.line,
            system,
            ours,
            Award(
                badges=(cells.get("badge_id", ""), cells.get("badge_name", "")),
                email=cells.get("email", "").removeprefix("mailto:"),
                name=name,
                issued=cells.get("issued", ""),
                old=old,
                ends=cells.get("ends", ""),
                is_revoked="revoked" in cells.get("state", "").lower()
                or cells.get("revoked", "").lower() in ("true", "yes", "1"),
                evidence=cells.get("evidence", ""),
                narrative=cells.get("narrative", ""),
            ),
            zone,
            now,
        )
