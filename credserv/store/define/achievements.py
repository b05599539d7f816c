"""Achievements: immutable versions, and their images."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence

from sqlalchemy import ColumnElement, bindparam, exists, func, or_, select, tuple_
from sqlalchemy.engine import Row

from credserv.ground.errors import ConflictError
from credserv.records.achievements import AchievementKind, AchievementVersion, AwardRule, ImageRecord
from credserv.store.frame.database import Database, insert_if_absent
from credserv.store.frame.remembered import Memory
from credserv.store.tables import achievements, images

_MAX_KEPT = 256
_NEWEST = (
    select(achievements)
    .where(achievements.c.organisation_id == bindparam("own"), achievements.c.key == bindparam("key"))
    .order_by(achievements.c.version.desc())
    .limit(1)
)
_ONE = select(achievements).where(
    achievements.c.organisation_id == bindparam("own"),
    achievements.c.key == bindparam("key"),
    achievements.c.version == bindparam("version"),
)


class AchievementRepository:
    def __init__(self, database: Database, organisation_id: str, memory: Memory) -> None:
        self._database = database
        self._memory = memory
        self._organisation_id = organisation_id
        self._kept: OrderedDict[tuple[str, int], AchievementVersion] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, version: AchievementVersion, images_: Sequence[ImageRecord]) -> AchievementVersion:
        """Store a new version with its images. Images are stored by content, each once.

        Raises:
            ConflictError: This version exists already.
        """
        with self._database.writing() as connection:
            for image in images_:
                insert_if_absent(
                    connection,
                    images,
                    sha256=image.sha256,
                    media_type=image.media_type,
                    content=image.content,
                )
            if not insert_if_absent(
                connection, achievements, organisation_id=self._organisation_id, **_values(version)
            ):
                raise ConflictError(f"version {version.version} of {version.key} exists already")
            self._memory.bump(connection)
        return version

    def newest(self, key: str) -> AchievementVersion | None:
        """Return the newest version (remembered)."""
        wanted = ("newest achievement", self._organisation_id, key)
        return self._memory.get(wanted, lambda: self._read_newest(key))

    def _read_newest(self, key: str) -> AchievementVersion | None:
        with self._database.reading() as connection:
            row = connection.execute(_NEWEST, {"own": self._organisation_id, "key": key}).one_or_none()
        return None if row is None else self._keep(_version(row))

    def get(self, key: str, version: int) -> AchievementVersion | None:
        """Return a version. Versions never change, so the latest ones are kept in memory."""
        with self._lock:
            kept = self._kept.get((key, version))
        if kept is not None:
            return kept
        with self._database.reading() as connection:
            wanted = {"own": self._organisation_id, "key": key, "version": version}
            row = connection.execute(_ONE, wanted).one_or_none()
        return None if row is None else self._keep(_version(row))

    def versions(self, key: str) -> tuple[AchievementVersion, ...]:
        """Return the versions, newest first; () for an unknown key."""
        found = select(achievements).where(self._own(), achievements.c.key == key)
        with self._database.reading() as connection:
            rows = connection.execute(found.order_by(achievements.c.version.desc())).all()
        return tuple(_version(row) for row in rows)

    def list_newest(self, *, after: str = "", limit: int | None = None) -> tuple[AchievementVersion, ...]:
        """Return the newest version of each achievement by key, after `after`, at most `limit`."""
        newest = select(achievements.c.key, func.max(achievements.c.version)).group_by(achievements.c.key)
        newest = newest.where(self._own(), achievements.c.key > after)
        newest = newest.order_by(achievements.c.key).limit(limit)
        pair = tuple_(achievements.c.key, achievements.c.version)
        found = select(achievements).where(self._own(), pair.in_(newest.subquery().select()))
        with self._database.reading() as connection:
            rows = connection.execute(found.order_by(achievements.c.key)).all()
        return tuple(_version(row) for row in rows)

    def limited(self) -> tuple[AchievementVersion, ...]:
        """Return every version whose credentials expire."""
        ends = or_(achievements.c.validity_days.is_not(None), achievements.c.validity_months.is_not(None))
        found = select(achievements).where(self._own(), ends)
        with self._database.reading() as connection:
            return tuple(_version(row) for row in connection.execute(found))

    def count(self) -> int:
        """Return the number of achievements, not counting versions."""
        counted = select(func.count(achievements.c.key.distinct())).where(self._own())
        with self._database.reading() as connection:
            return int(connection.execute(counted).scalar_one())

    def image(self, sha256: str) -> ImageRecord | None:
        """Return an image that a version of this organisation shows."""
        shown = or_(achievements.c.png_sha256 == sha256, achievements.c.svg_sha256 == sha256)
        own = exists().where(self._own(), shown)
        with self._database.reading() as connection:
            row = connection.execute(select(images).where(images.c.sha256 == sha256, own)).one_or_none()
        return None if row is None else ImageRecord(row.sha256, row.media_type, row.content)

    def _own(self) -> ColumnElement[bool]:
        return achievements.c.organisation_id == self._organisation_id

    def _keep(self, version: AchievementVersion) -> AchievementVersion:
        """Keep a version in memory, unless its transaction may still be rolled back."""
        if not self._database.is_writing:
            with self._lock:
                self._kept[version.key, version.version] = version
                if len(self._kept) > _MAX_KEPT:
                    self._kept.popitem(last=False)
        return version


def _values(version: AchievementVersion) -> dict[str, object]:
    return {
        "key": version.key,
        "version": version.version,
        "kind": version.kind.value,
        "achievement": dict(version.achievement),
        "source_sha256": version.source_sha256,
        "created_at": version.created_at,
        "png_sha256": version.png_sha256,
        "svg_sha256": version.svg_sha256,
        "validity_days": version.validity_days,
        "validity_months": version.validity_months,
        "award": None if version.award is None else version.award.value,
        "learning": version.learning,
    }


def _version(row: Row[tuple[object, ...]]) -> AchievementVersion:
    return AchievementVersion(
        key=row.key,
        version=row.version,
        kind=AchievementKind(row.kind),
        achievement=row.achievement,
        source_sha256=row.source_sha256,
        created_at=row.created_at,
        png_sha256=row.png_sha256,
        svg_sha256=row.svg_sha256,
        validity_days=row.validity_days,
        validity_months=row.validity_months,
        award=None if row.award is None else AwardRule(row.award),
        learning=row.learning,
    )
