"""When to fetch from each source next: taken by one worker at a time, the token encrypted at rest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.engine import Row

from credserv.ground.errors import NotFoundError
from credserv.ground.json_types import JsonObject
from credserv.records.sources import PullRecord
from credserv.store.frame.database import Database, insert_if_absent
from credserv.store.frame.secrets import SecretBox
from credserv.store.tables import source_pulls


class SourcePullRepository:
    def __init__(self, database: Database, organisation_id: str, secret_box: SecretBox) -> None:
        self._database = database
        self._organisation_id = organisation_id
        self._box = secret_box

    def schedule(self, source: str, due_at: datetime) -> None:
        """Schedule a source; its token stays."""
        with self._database.writing() as connection:
            values = {"organisation_id": self._organisation_id, "source": source, "due_at": due_at}
            if not insert_if_absent(connection, source_pulls, **values, outcome={}, seen={}):
                connection.execute(update(source_pulls).where(*self._one(source)).values(due_at=due_at))

    def end(self, source: str) -> None:
        """Remove a source's schedule and token."""
        with self._database.writing() as connection:
            connection.execute(delete(source_pulls).where(*self._one(source)))

    def set_token(self, source: str, token: str) -> None:
        """Set the token.

        Raises:
            NotFoundError: The source has no schedule.
        """
        sealed = self._box.seal(token)
        with self._database.writing() as connection:
            changed = connection.execute(update(source_pulls).where(*self._one(source)).values(sealed=sealed))
            if not changed.rowcount:
                raise NotFoundError("this source is not to be asked for anything")

    def get(self, source: str) -> PullRecord | None:
        """Return a source's schedule.

        Raises:
            SettingsError: Its token was encrypted with another secret key.
        """
        with self._database.reading() as connection:
            row = connection.execute(select(source_pulls).where(*self._one(source))).one_or_none()
            return None if row is None else self._record(row)

    def all(self) -> tuple[PullRecord, ...]:
        return self._found()

    def due(self, now: datetime) -> tuple[PullRecord, ...]:
        """Return the schedules that are due, longest waiting first."""
        return self._found(source_pulls.c.due_at <= now)

    def begin(self, known: PullRecord, until: datetime) -> bool:
        """Take a source unless another worker has it.

        If this worker dies, others may take it from `until` on.
        """
        with self._database.writing() as connection:
            mine = update(source_pulls).where(*self._one(known.source), source_pulls.c.due_at == known.due_at)
            return bool(connection.execute(mine.values(due_at=until)).rowcount)

    def finish(
        self,
        source: str,
        *,
        due_at: datetime,
        ended_at: datetime,
        outcome: JsonObject,
        seen: Mapping[str, Any],
    ) -> None:
        values = {"due_at": due_at, "ended_at": ended_at, "outcome": dict(outcome), "seen": dict(seen)}
        with self._database.writing() as connection:
            connection.execute(update(source_pulls).where(*self._one(source)).values(**values))

    def _found(self, *which: ColumnElement[bool]) -> tuple[PullRecord, ...]:
        own = source_pulls.c.organisation_id == self._organisation_id
        found = select(source_pulls).where(own, *which).order_by(source_pulls.c.due_at, source_pulls.c.source)
        with self._database.reading() as connection:
            return tuple(self._record(row) for row in connection.execute(found))

    def _one(self, source: str) -> tuple[ColumnElement[bool], ...]:
        return (source_pulls.c.organisation_id == self._organisation_id, source_pulls.c.source == source)

    def _record(self, row: Row[Any]) -> PullRecord:
        return PullRecord(
            source=row.source,
            due_at=row.due_at,
            ended_at=row.ended_at,
            token=None if row.sealed is None else self._box.unseal(row.sealed),
            outcome=row.outcome,
            seen=row.seen,
        )
