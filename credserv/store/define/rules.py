"""The rules of achievements: immutable versions, of which the newest counts."""

from __future__ import annotations

from sqlalchemy import ColumnElement, func, select, tuple_
from sqlalchemy.engine import Row

from credserv.ground.errors import ConflictError
from credserv.records.rules import RuleVersion
from credserv.store.frame.database import Database, insert_if_absent
from credserv.store.frame.remembered import Memory
from credserv.store.tables import rule_versions


class RuleRepository:
    def __init__(self, database: Database, organisation_id: str, memory: Memory) -> None:
        self._database = database
        self._memory = memory
        self._organisation_id = organisation_id

    def add(self, version: RuleVersion) -> None:
        """Store a version.

        Raises:
            ConflictError: The rule has this version.
        """
        values = {
            "organisation_id": self._organisation_id,
            "achievement_key": version.achievement_key,
            "version": version.version,
            "document": None if version.document is None else dict(version.document),
            "sha256": version.sha256,
            "created_at": version.created_at,
            "actor": version.actor,
        }
        with self._database.writing() as connection:
            if not insert_if_absent(connection, rule_versions, **values):
                raise ConflictError(
                    f"version {version.version} of the rule of {version.achievement_key} exists already"
                )
            self._memory.bump(connection)

    def get(self, achievement_key: str, version: int) -> RuleVersion | None:
        found = select(rule_versions).where(self._of(achievement_key), rule_versions.c.version == version)
        with self._database.reading() as connection:
            row = connection.execute(found).one_or_none()
        return None if row is None else _version(row)

    def newest(self, achievement_key: str) -> RuleVersion | None:
        """Return the newest version, even one that ended the rule; None if there never was one."""
        found = select(rule_versions).where(self._of(achievement_key))
        with self._database.reading() as connection:
            row = connection.execute(found.order_by(rule_versions.c.version.desc()).limit(1)).one_or_none()
        return None if row is None else _version(row)

    def versions(self, achievement_key: str) -> tuple[RuleVersion, ...]:
        """Return versions, newest first."""
        found = select(rule_versions).where(self._of(achievement_key))
        with self._database.reading() as connection:
            rows = connection.execute(found.order_by(rule_versions.c.version.desc())).all()
        return tuple(_version(row) for row in rows)

    def list_newest(self) -> tuple[RuleVersion, ...]:
        """Return the newest version of each rule, by achievement key."""
        key, number = rule_versions.c.achievement_key, rule_versions.c.version
        newest = select(key, func.max(number)).where(self._own()).group_by(key)
        found = select(rule_versions).where(self._own(), tuple_(key, number).in_(newest.subquery().select()))
        with self._database.reading() as connection:
            rows = connection.execute(found.order_by(key)).all()
        return tuple(_version(row) for row in rows)

    def list_former(self) -> tuple[RuleVersion, ...]:
        """Return every version but the newest, by key; credentials issued by one are judged by it."""
        newest = {(one.achievement_key, one.version) for one in self.list_newest()}
        found = select(rule_versions).where(self._own())
        order = (rule_versions.c.achievement_key, rule_versions.c.version.desc())
        with self._database.reading() as connection:
            rows = connection.execute(found.order_by(*order)).all()
        return tuple(_version(row) for row in rows if (row.achievement_key, row.version) not in newest)

    def _own(self) -> ColumnElement[bool]:
        return rule_versions.c.organisation_id == self._organisation_id

    def _of(self, achievement_key: str) -> ColumnElement[bool]:
        return self._own() & (rule_versions.c.achievement_key == achievement_key)


def _version(row: Row[tuple[object, ...]]) -> RuleVersion:
    return RuleVersion(
        achievement_key=row.achievement_key,
        version=row.version,
        document=row.document,
        sha256=row.sha256,
        created_at=row.created_at,
        actor=row.actor,
    )
