"""Programmes as data: load a version, read one, retire one.

1. read the document, report every fault at once, and require an owner who answers for it
2. if it equals the newest version, or the version whose number it gives, there is nothing to do
3. store the next version; applicants under an earlier version keep theirs
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from credserv.accreditation.programme import Programme
from credserv.accreditation.programme_reading import parse_programme
from credserv.ground.canonical_json import canonize_json
from credserv.ground.errors import ConflictError, NotFoundError
from credserv.ground.json_types import JsonObject
from credserv.journeys.services import Services
from credserv.records.accreditation import ProgrammeVersion
from credserv.records.audit import Action, AuditRecord

_MAX_READ = 256
_READ: dict[tuple[str, str], Programme] = {}  # by hash and owner


@dataclass(frozen=True)
class Loaded:
    """A version as stored and as read."""

    record: ProgrammeVersion
    programme: Programme


def load_programme(
    services: Services, document: JsonObject, *, owner: str | None, actor: str, now: datetime
) -> tuple[Loaded, bool]:
    """Store a programme document as a version.

    Args:
        owner: For a document that names none.

    Returns:
        The version that holds the document, and whether it is new.

    Raises:
        SchemaFaultsError: The document is not valid. Its faults name every place.
        ConflictError: A different document has its version number.
    """
    programme = parse_programme(document, owner=owner)
    canonical = canonize_json(dict(document))
    sha256 = hashlib.sha256(canonical).hexdigest()
    with services.store.transaction():
        versions = services.store.programmes.versions(programme.key)
        for known in versions if "version" in document else versions[:1]:
            if known.sha256 == sha256 and known.owner == programme.owner:
                return _loaded(known), False
        record = ProgrammeVersion(
            key=programme.key,
            version=_number(document, versions),
            document=document,
            sha256=sha256,
            owner=programme.owner,
            loaded_at=now,
            loaded_by=actor,
            retires_on=programme.retires_on,
        )
        services.store.programmes.add(record)
        subject = f"{record.key}/{record.version}"
        detail = {"sha256": sha256, "owner": record.owner}
        services.store.audit.add(AuditRecord(now, actor, Action.PROGRAMME_LOADED, subject, detail))
    return _loaded(record), True


def programme_version(services: Services, key: str, version: int | None = None) -> Loaded:
    """Return a version of a programme, the newest by default.

    Raises:
        NotFoundError: There is no such programme or version.
    """
    programmes = services.store.programmes
    found = programmes.newest(key) if version is None else programmes.get(key, version)
    if found is None:
        raise NotFoundError(
            f"there is no programme {key!r}"
            if version is None
            else f"the programme {key!r} has no version {version}"
        )
    return _loaded(found)


def all_programmes(services: Services) -> tuple[Loaded, ...]:
    """Return the newest version of each programme, by key."""
    return tuple(_loaded(record) for record in services.store.programmes.list_newest())


def programme_history(services: Services, key: str) -> tuple[ProgrammeVersion, ...]:
    """Return the versions of a programme, newest first."""
    return services.store.programmes.versions(key)


def family_of(services: Services, programme: Programme) -> frozenset[str]:
    """Return the keys of the programmes whose accreditations count for this one,
    if their level is high enough.
    """
    known = (one.programme for one in all_programmes(services))
    return frozenset({programme.key, *(one.key for one in known if programme.is_family(one))})


def retire_programme(
    services: Services, key: str, version: int, on: date | None, *, actor: str, now: datetime
) -> Loaded:
    """Close a version to new applications from a day on.

    Args:
        on: The day; None opens the version again.

    Raises:
        NotFoundError: There is no such programme or version.
    """
    with services.store.transaction():
        services.store.programmes.retire(key, version, on)
        detail = {"on": None if on is None else on.isoformat()}
        line = AuditRecord(now, actor, Action.PROGRAMME_RETIRED, f"{key}/{version}", detail)
        services.store.audit.add(line)
    return programme_version(services, key, version)


def _number(document: JsonObject, versions: Sequence[ProgrammeVersion]) -> int:
    """Return the next number, or the one that the document states. Raises ConflictError if that is taken."""
    newest = versions[0].version if versions else 0
    given = document.get("version")
    if not isinstance(given, int) or isinstance(given, bool):
        return newest + 1
    if given <= newest:
        raise ConflictError(
            f"version {given} is of another document, and versions never change: give this one a number "
            f"above {newest}"
        )
    return given


def _loaded(record: ProgrammeVersion) -> Loaded:
    """Return a version as read. Versions never change, so each process reads one once."""
    known = _READ.get((record.sha256, record.owner))
    if known is None:
        if len(_READ) >= _MAX_READ:
            _READ.clear()
        known = _READ[record.sha256, record.owner] = parse_programme(record.document, owner=record.owner)
    return Loaded(record, replace(known, retires_on=record.retires_on))
