"""Check an exit archive without a network: `credserv archive check`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from credserv.carriers.zip_file import is_zip, read_zip
from credserv.exchange.archive import MANIFEST, Archive, Packed, open_archive
from credserv.ground.encoding import format_instant
from credserv.ground.errors import ArchiveError, InputError, UnavailableError
from credserv.ground.json_types import JsonObject
from credserv.ground.verification import Verdict
from credserv.journeys.check.at_home import Resolve, without_network
from credserv.journeys.check.check import check
from credserv.journeys.check.reports.report import build_report, build_unread_report
from credserv.journeys.services import Services
from credserv.journeys.transfer.logged import judge_logged
from credserv.journeys.transfer.snapshot import Snapshot, judge_by_snapshot, open_snapshot


@dataclass(frozen=True)
class JudgedFile:
    """One credential of an archive.

    Attributes:
        as_of: The instant of the verdict; None if the archive proves nothing about it.
        log: Whether its signature is in its issuer's log (`logged.py`); None without a proof in the archive.
    """

    file: str
    name: str
    report: JsonObject
    as_of: datetime | None
    log: JsonObject | None = None

    @property
    def verdict(self) -> Verdict:
        return Verdict(self.report["verdict"])


@dataclass(frozen=True)
class JudgedArchive:
    """An archive.

    Attributes:
        signed: Whether its signature is known to be its maker's.
    """

    made_at: datetime
    made_by: str
    signed: bool
    files: tuple[JudgedFile, ...]

    def as_json(self) -> JsonObject:
        return {
            "archive": {
                "made_at": format_instant(self.made_at),
                "made_by": self.made_by,
                "signature": "verified" if self.signed else "not established",
            },
            "credentials": [
                {
                    "file": one.file,
                    "as_of": format_instant(one.as_of) if one.as_of is not None else None,
                    "log": one.log,
                    "report": one.report,
                }
                for one in self.files
            ],
        }


def judge_archive(
    services: Services,
    data: bytes,
    now: datetime,
    *,
    knowing: Callable[[Resolve], Resolve] = lambda known: known,
) -> JudgedArchive:
    """Return the verdict on each credential by what the archive contains, without a network.

    Args:
        services: Whose lists of trusted issuers count.
        knowing: Puts what the caller knows of issuers' keys before what is known here.

    Raises:
        ArchiveError: It is not an exit archive, or was altered.
    """
    if not is_zip(data):
        raise ArchiveError("it is no zip archive")
    files = read_zip(data)
    if MANIFEST not in files:
        raise ArchiveError("it is no archive of a wallet: it has no list of its files (manifest.json)")
    archive = open_archive(files)
    offline = without_network(services, knowing)
    snapshot = open_snapshot(offline, archive, files[MANIFEST], now)
    judged = tuple(
        replace(_judge(offline, snapshot, one, now), log=_logged(offline, archive, one, now))
        for one in archive.credentials
    )
    return JudgedArchive(archive.made_at, archive.made_by, snapshot.signed, judged)


def _logged(services: Services, archive: Archive, one: Packed, now: datetime) -> JsonObject | None:
    told = archive.logged.get(one.file)
    return None if told is None else judge_logged(services, told, one.content, now)


def _judge(services: Services, snapshot: Snapshot, one: Packed, now: datetime) -> JudgedFile:
    try:
        found = judge_by_snapshot(services, snapshot, one.content, now)
        if found is not None:
            return JudgedFile(one.file, one.name, found.report, found.as_of)
        report = build_report(check(services, data=one.content, url=None, now=now), now=now)
    except (InputError, UnavailableError) as error:
        report = build_unread_report(error, now=now)
    return JudgedFile(one.file, one.name, report, None)
