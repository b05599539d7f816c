"""Facts about an organisation's members, its metrics, and computed figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import Row

from credserv.ground.encoding import random_token
from credserv.ground.errors import ConflictError
from credserv.records.outcomes import (
    WEEK,
    Criterion,
    Fact,
    FactKind,
    MetricRecord,
    NoteKind,
    OutcomeNote,
    ViewRecord,
)
from credserv.store.frame.database import Database
from credserv.store.tables import outcome_facts as facts_table
from credserv.store.tables import outcome_metrics as metrics_table
from credserv.store.tables import outcome_notes as notes_table
from credserv.store.tables import outcome_views as views_table

_FACT_COLUMNS = [one for one in facts_table.columns if one.name not in ("id", "organisation_id")]


class OutcomeRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    # --- facts

    def add(self, facts: Sequence[Fact]) -> int:
        """Store all facts or none; return how many are new.

        Raises:
            ConflictError: A reference belongs to a different fact.
        """
        f = facts_table.c
        wanted = {one.reference: one for one in facts}
        with self._database.writing(savepoints=False) as connection:
            known = connection.execute(
                select(*_FACT_COLUMNS).where(
                    f.organisation_id == self._organisation_id, f.reference.in_(list(wanted))
                )
            )
            for before in map(_fact, known):
                told = wanted.pop(before.reference)
                if replace(told, received_at=before.received_at) != before:
                    raise ConflictError(f"the reference {before.reference} stands for something else already")
            rows = [
                {
                    **vars(one),
                    "id": random_token(16),
                    "kind": one.kind.value,
                    "criteria": [vars(criterion) for criterion in one.criteria],
                    "organisation_id": self._organisation_id,
                }
                for one in wanted.values()
            ]
            if rows:
                connection.execute(insert(facts_table), rows)
        return len(rows)

    def has_facts(self) -> bool:
        found = select(facts_table.c.id).where(facts_table.c.organisation_id == self._organisation_id)
        with self._database.reading() as connection:
            return connection.execute(found.limit(1)).first() is not None

    def facts(self, *, cut: datetime, known: datetime) -> tuple[Fact, ...]:
        """Return what happened until `cut`, as known at `known`, earliest first."""
        f = facts_table.c
        mine = f.organisation_id == self._organisation_id
        found = select(*_FACT_COLUMNS).where(mine, f.occurred_at <= cut, f.received_at <= known)
        with self._database.reading() as connection:
            rows = connection.execute(found.order_by(f.occurred_at, f.reference))
            return tuple(map(_fact, rows))

    def of_member(self, membership_id: str) -> tuple[tuple[str, Fact], ...]:
        """Return everything known of a member with ids, earliest first."""
        f = facts_table.c
        found = select(f.id, *_FACT_COLUMNS).where(
            f.organisation_id == self._organisation_id, f.membership_id == membership_id
        )
        with self._database.reading() as connection:
            rows = connection.execute(found.order_by(f.occurred_at, f.reference)).all()
        return tuple((row.id, _fact(row)) for row in rows)

    # --- metrics

    def put_metric(self, record: MetricRecord) -> None:
        """Store a metric; for one instant, the last call counts."""
        m = metrics_table.c
        with self._database.writing() as connection:
            connection.execute(
                delete(metrics_table).where(
                    m.organisation_id == self._organisation_id, m.key == record.key, m.set_at == record.set_at
                )
            )
            connection.execute(
                insert(metrics_table).values(**vars(record), organisation_id=self._organisation_id)
            )

    def metrics(self, known: datetime) -> tuple[MetricRecord, ...]:
        """Return the metrics as set at that time, ended ones included, by key, newest last."""
        m = metrics_table.c
        found = select(metrics_table).where(m.organisation_id == self._organisation_id, m.set_at <= known)
        with self._database.reading() as connection:
            return tuple(
                MetricRecord(row.key, row.definition, row.set_at, row.ended_at)
                for row in connection.execute(found.order_by(m.key, m.set_at))
            )

    # --- views

    def put_view(self, record: ViewRecord) -> None:
        """Store figures. A week replaces the previous one; a frozen version of a quarter stays.

        Raises:
            ConflictError: The version is frozen.
        """
        v = views_table.c
        mine = (v.organisation_id == self._organisation_id) & (v.period == record.period)
        with self._database.writing() as connection:
            same = mine if record.period == WEEK else mine & (v.number == record.number)
            connection.execute(delete(views_table).where(same, v.frozen_at.is_(None)))
            connection.execute(
                insert(views_table).values(**vars(record), organisation_id=self._organisation_id)
            )

    def freeze(self, period: str, number: int, now: datetime) -> bool:
        """Freeze a version; return whether it was open."""
        v = views_table.c
        one = (
            v.organisation_id == self._organisation_id,
            v.period == period,
            v.number == number,
            v.frozen_at.is_(None),
        )
        with self._database.writing() as connection:
            return bool(connection.execute(update(views_table).where(*one).values(frozen_at=now)).rowcount)

    def views(self, period: str | None = None) -> tuple[ViewRecord, ...]:
        """Return the figures of a period, or of all quarters, newest first."""
        v = views_table.c
        which = v.period != WEEK if period is None else v.period == period
        found = select(*[one for one in views_table.columns if one.name != "organisation_id"])
        found = found.where(v.organisation_id == self._organisation_id, which)
        with self._database.reading() as connection:
            rows = connection.execute(found.order_by(v.period.desc(), v.number.desc()))
            return tuple(ViewRecord(**row._mapping) for row in rows)

    # --- notes

    def add_note(self, note: OutcomeNote) -> None:
        values = {**vars(note), "kind": note.kind.value, "organisation_id": self._organisation_id}
        with self._database.writing() as connection:
            connection.execute(insert(notes_table).values(**values))

    def notes(self, period: str) -> tuple[OutcomeNote, ...]:
        """Return the notes of a period, oldest first."""
        n = notes_table.c
        found = select(*[one for one in notes_table.columns if one.name != "organisation_id"]).where(
            n.organisation_id == self._organisation_id, n.period == period
        )
        with self._database.reading() as connection:
            rows = connection.execute(found.order_by(n.written_at, n.id))
            return tuple(OutcomeNote(**{**row._mapping, "kind": NoteKind(row.kind)}) for row in rows)

    def remove_note(self, period: str, note_id: str) -> bool:
        """Delete a note; return whether it existed."""
        n = notes_table.c
        mine = n.organisation_id == self._organisation_id, n.period == period, n.id == note_id
        with self._database.writing() as connection:
            return bool(connection.execute(delete(notes_table).where(*mine)).rowcount)


def _fact(row: Row[Any]) -> Fact:
    criteria = tuple(Criterion(one["criterion"], one["met"]) for one in row.criteria)
    told = {one.name: row._mapping[one.name] for one in _FACT_COLUMNS}
    return Fact(**{**told, "kind": FactKind(row.kind), "criteria": criteria})
