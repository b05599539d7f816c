"""Programmes as data: load a version, read one, retire one.

1. read the document; every fault in one answer, and an owner has to answer for it
2. the same as the newest version, or as one whose number it gives: nothing to do
3. store the next version; whoever applied under another, keeps that one
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
    """A version as it is kept, and as it is read."""

    record: ProgrammeVersion
    programme: Programme


def load_programme(
    services: Services, document: JsonObject, *, owner: str | None, actor: str, now: datetime
) -> tuple[Loaded, bool]:
    """The version that holds the document, and whether it is new.

    owner: where the document names none.
    Raises SchemaFaultsError with every fault and its place, ConflictError for a number that another document
    has.
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
    """The newest where none is named. Raises NotFoundError."""
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
    """The newest version of each, by key."""
    return tuple(_loaded(record) for record in services.store.programmes.list_newest())


def programme_history(services: Services, key: str) -> tuple[ProgrammeVersion, ...]:
    """Newest first."""
    return services.store.programmes.versions(key)


def family_of(services: Services, programme: Programme) -> frozenset[str]:
    """The keys of the programmes by which an accreditation counts for this one, where its level suffices."""
    known = (one.programme for one in all_programmes(services))
    return frozenset({programme.key, *(one.key for one in known if programme.is_family(one))})


def retire_programme(
    services: Services, key: str, version: int, on: date | None, *, actor: str, now: datetime
) -> Loaded:
    """From that day on nobody applies under the version; None: whoever will. Raises NotFoundError."""
    with services.store.transaction():
        services.store.programmes.retire(key, version, on)
        detail = {"on": None if on is None else on.isoformat()}
        line = AuditRecord(now, actor, Action.PROGRAMME_RETIRED, f"{key}/{version}", detail)
        services.store.audit.add(line)
    return programme_version(services, key, version)


def _number(document: JsonObject, versions: Sequence[ProgrammeVersion]) -> int:
    """The next one, or that which the document gives itself. Raises ConflictError for one that was before."""
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
    """Versions never change: each is read once in a process."""
    known = _READ.get((record.sha256, record.owner))
    if known is None:
        if len(_READ) >= _MAX_READ:
            _READ.clear()
        known = _READ[record.sha256, record.owner] = parse_programme(record.document, owner=record.owner)
    return Loaded(record, replace(known, retires_on=record.retires_on))
