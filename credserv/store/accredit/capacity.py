"""Plans of mentors' time, with their questions and answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.engine import Row

from credserv.ground.json_types import JsonObject
from credserv.records.capacity import CapacityPlan
from credserv.store.frame.database import Database
from credserv.store.tables import capacity_plans as t


class CapacityRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    def add(self, plan: CapacityPlan) -> None:
        with self._database.writing() as connection:
            values = {**vars(plan), "organisation_id": self._organisation_id}
            connection.execute(insert(t).values(**values))

    def find(self, reference: str) -> CapacityPlan | None:
        """Return a plan by the client's id or ours."""
        named = (t.c.reference == reference) | (t.c.id == reference)
        with self._database.reading() as connection:
            row = connection.execute(select(t).where(self._own(), named)).first()
        return None if row is None else _plan(row)

    def newest(self) -> tuple[CapacityPlan, ...]:
        order = (t.c.asked_at.desc(), t.c.id)
        found = select(t).where(self._own()).order_by(*order)
        with self._database.reading() as connection:
            return tuple(_plan(row) for row in connection.execute(found))

    def open(self) -> tuple[CapacityPlan, ...]:
        """Return unanswered plans, oldest first."""
        found = select(t).where(self._own(), t.c.answered_at.is_(None)).order_by(t.c.asked_at, t.c.id)
        with self._database.reading() as connection:
            return tuple(_plan(row) for row in connection.execute(found))

    def answer(self, plan_id: str, answer: JsonObject, now: datetime) -> None:
        """Store an answer; the first one stays."""
        one = self._own() & (t.c.id == plan_id) & t.c.answered_at.is_(None)
        with self._database.writing() as connection:
            connection.execute(update(t).where(one).values(answer=answer, answered_at=now))

    def _own(self) -> ColumnElement[bool]:
        return t.c.organisation_id == self._organisation_id


def _plan(row: Row[Any]) -> CapacityPlan:
    known = dict(row._mapping)
    del known["organisation_id"]
    return CapacityPlan(**known)
