"""Bulk awards: runs and their rows, with the outcome of each."""

from __future__ import annotations

import builtins
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, insert, select, update
from sqlalchemy.engine import Row

from credserv.ground.errors import ConflictError, NotFoundError
from credserv.records.bulk import RowRecord, RowState, RunKind, RunRecord, RunState
from credserv.records.paging import Place
from credserv.store.frame.database import Database
from credserv.store.frame.places import behind
from credserv.store.tables import bulk_rows, bulk_runs, credentials, repeated_orders

_LOT = 500
_SETTLE = (
    update(bulk_rows)
    .where(bulk_rows.c.run_id == bindparam("of"), bulk_rows.c.line == bindparam("at"))
    .values(state=bindparam("became"), note=bindparam("why"), credential_id=bindparam("gave"))
)


class BulkRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    def add(self, run: RunRecord, rows: Sequence[RowRecord]) -> None:
        """Store a run, then its rows in lots, so that a long file does not block other writers.

        The run is READING until all rows are stored, then in the given state.
        """
        with self._database.writing() as connection:
            connection.execute(
                insert(bulk_runs).values(
                    id=run.id,
                    organisation_id=self._organisation_id,
                    kind=run.kind.value,
                    name=run.name,
                    state=RunState.READING.value,
                    notes=list(run.notes),
                    created_at=run.created_at,
                    created_by=run.created_by,
                )
            )
        for start in range(0, len(rows), _LOT):
            with self._database.writing() as connection:
                lot = rows[start : start + _LOT]
                connection.execute(insert(bulk_rows), [_values(run.id, row) for row in lot])
        self.change(run.id, [RunState.READING], run.state)

    def get(self, run_id: str) -> RunRecord | None:
        found = select(bulk_runs).where(self._own(), bulk_runs.c.id == run_id)
        with self._database.reading() as connection:
            row = connection.execute(found).one_or_none()
            return None if row is None else self._run(row, self._counts(connection, [run_id]))

    def list(self, *, limit: int, after: Place | None = None) -> tuple[RunRecord, ...]:
        """Return runs, newest first.

        Args:
            after: The last row of the previous page.
        """
        found = select(bulk_runs).where(self._own()).order_by(bulk_runs.c.created_at.desc(), bulk_runs.c.id)
        if after is not None:
            found = found.where(behind(bulk_runs.c.created_at, bulk_runs.c.id, after))
        with self._database.reading() as connection:
            rows = connection.execute(found.limit(limit)).all()
            counts = self._counts(connection, [row.id for row in rows])
            return tuple(self._run(row, counts) for row in rows)

    def rows(
        self, run_id: str, *, states: Collection[RowState] = (), after: int = 0, limit: int
    ) -> tuple[RowRecord, ...]:
        """Return rows by line.

        Args:
            states: Empty for all.
            after: The line after which the page begins.
        """
        found = select(bulk_rows).where(bulk_rows.c.run_id == run_id, bulk_rows.c.line > after)
        if states:
            found = found.where(bulk_rows.c.state.in_([state.value for state in states]))
        with self._database.reading() as connection:
            return tuple(
                _row(row) for row in connection.execute(found.order_by(bulk_rows.c.line).limit(limit))
            )

    def change(
        self,
        run_id: str,
        before: Collection[RunState],
        state: RunState,
        **values: datetime | None,
    ) -> None:
        """Change a run's state from one of `before`.

        Raises:
            NotFoundError: There is no such run.
            ConflictError: It is in another state.
        """
        with self._database.writing() as connection:
            this = (self._own(), bulk_runs.c.id == run_id)
            found = select(bulk_runs.c.state).where(*this).with_for_update()
            now = connection.execute(found).scalar_one_or_none()
            if now is None:
                raise NotFoundError("there is no such run")
            if RunState(now) not in before:
                raise ConflictError(f"a run that is {now} cannot become {state.value}")
            connection.execute(update(bulk_runs).where(*this).values(state=state.value, **values))

    def lease(self, run_id: str, now: datetime, until: datetime) -> bool:
        """Return whether the run is this worker's until an instant: it is
        running, and no other worker has it.
        """
        free = bulk_runs.c.leased_until.is_(None) | (bulk_runs.c.leased_until <= now)
        this = (self._own(), bulk_runs.c.id == run_id, bulk_runs.c.state == RunState.RUNNING.value, free)
        with self._database.writing() as connection:
            connection = connection.execution_options(preserve_rowcount=True)
            return bool(
                connection.execute(update(bulk_runs).where(*this).values(leased_until=until)).rowcount
            )

    def release(self, run_id: str) -> None:
        with self._database.writing() as connection:
            this = (self._own(), bulk_runs.c.id == run_id)
            connection.execute(update(bulk_runs).where(*this).values(leased_until=None))

    def running(self) -> builtins.list[RunRecord]:
        """Return running runs, oldest first, without counts, which would read every row."""
        found = select(bulk_runs).where(self._own(), bulk_runs.c.state == RunState.RUNNING.value)
        with self._database.reading() as connection:
            rows = connection.execute(found.order_by(bulk_runs.c.created_at)).all()
            return [self._run(row, {}) for row in rows]

    def settle(self, run_id: str, rows: Sequence[RowRecord]) -> None:
        """Store the outcome of rows."""
        with self._database.writing(savepoints=False) as connection:
            connection.execute(
                _SETTLE,
                [
                    {
                        "of": run_id,
                        "at": row.line,
                        "became": row.state.value,
                        "why": row.note,
                        "gave": row.credential_id,
                    }
                    for row in rows
                ],
            )

    def known_keys(self, scope: str, keys: Sequence[str]) -> Mapping[str, str]:
        """Return the idempotency keys that were used before, with their orders' hashes."""
        known: dict[str, str] = {}
        with self._database.reading() as connection:
            for table in (credentials, repeated_orders):
                for start in range(0, len(keys), _LOT):
                    found = select(table.c.idempotency_key, table.c.order_sha256).where(
                        table.c.organisation_id == self._organisation_id,
                        table.c.scope == scope,
                        table.c.idempotency_key.in_(keys[start : start + _LOT]),
                    )
                    known.update((row.idempotency_key, row.order_sha256) for row in connection.execute(found))
        return known

    def _own(self) -> ColumnElement[bool]:
        return bulk_runs.c.organisation_id == self._organisation_id

    def _counts(self, connection: Any, run_ids: Sequence[str]) -> Mapping[str, Mapping[RowState, int]]:
        found = (
            select(bulk_rows.c.run_id, bulk_rows.c.state, func.count().label("rows"))
            .where(bulk_rows.c.run_id.in_(run_ids))
            .group_by(bulk_rows.c.run_id, bulk_rows.c.state)
        )
        counts: dict[str, dict[RowState, int]] = {}
        for row in connection.execute(found):
            counts.setdefault(row.run_id, {})[RowState(row.state)] = int(row.rows)
        return counts

    def _run(self, row: Row[Any], counts: Mapping[str, Mapping[RowState, int]]) -> RunRecord:
        return RunRecord(
            row.id,
            row.name,
            RunState(row.state),
            row.created_at,
            row.created_by,
            tuple(row.notes),
            row.began_at,
            row.ended_at,
            RunKind(row.kind),
            counts.get(row.id, {}),
        )


def _values(run_id: str, row: RowRecord) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "line": row.line,
        "state": row.state.value,
        "row_key": row.key,
        "order": dict(row.order),
        "note": row.note,
        "credential_id": row.credential_id,
    }


def _row(row: Row[Any]) -> RowRecord:
    return RowRecord(row.line, RowState(row.state), row.row_key, row.order, row.note, row.credential_id)
