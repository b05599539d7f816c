"""Employments of an organisation's members, and their changes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, insert, select, update
from sqlalchemy.engine import Row

from credserv.records.employment import JobChange, LevelOrder, Position, Spell, position_of
from credserv.store.frame.database import Database
from credserv.store.frame.prepared import select_all
from credserv.store.tables import employment_spells, job_changes

_OF_MEMBER = (
    select(employment_spells)
    .where(
        employment_spells.c.organisation_id == bindparam("own"),
        employment_spells.c.membership_id == bindparam("member"),
    )
    .order_by(employment_spells.c.started, employment_spells.c.id)
)


class EmploymentRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    def spells(self, membership_id: str | None = None, *, known: datetime | None = None) -> tuple[Spell, ...]:
        """Return employments of one member or all, earliest first.

        Args:
            known: The instant whose knowledge counts; None for now.
        """
        if membership_id is not None:
            return self._spells_of(membership_id, known)
        t = employment_spells.c
        conditions: list[ColumnElement[bool]] = [t.organisation_id == self._organisation_id]
        if known is None:
            conditions.append(t.superseded_at.is_(None))
        else:
            later = t.superseded_at.is_(None) | (t.superseded_at > known)
            conditions += [t.recorded_at <= known, later]
        found = select(employment_spells).where(*conditions).order_by(t.started, t.id)
        with self._database.reading() as connection:
            return tuple(_spell(row, known) for row in connection.execute(found))

    def _spells_of(self, membership_id: str, known: datetime | None) -> tuple[Spell, ...]:
        """Use one prepared statement, because this is asked of one person after another."""
        asked = {"own": self._organisation_id, "member": membership_id}
        with self._database.reading() as connection:
            rows = select_all(connection, _OF_MEMBER, asked)
        return tuple(
            _spell(row, known)
            for row in rows
            if (known is None or row.recorded_at <= known)
            and (row.superseded_at is None or (known is not None and row.superseded_at > known))
        )

    def led_by(self, manager_id: str) -> tuple[Spell, ...]:
        """Return the employments that somebody manages or managed, as known now."""
        t = employment_spells.c
        found = select(employment_spells).where(
            t.organisation_id == self._organisation_id, t.manager_id == manager_id, t.superseded_at.is_(None)
        )
        with self._database.reading() as connection:
            return tuple(_spell(row, None) for row in connection.execute(found.order_by(t.started, t.id)))

    def add_spell(self, spell: Spell) -> None:
        values = {
            "id": spell.id,
            "organisation_id": self._organisation_id,
            "membership_id": spell.membership_id,
            "employer": spell.employer,
            "started": spell.started,
            "ended": spell.ended,
            **vars(spell.position),
            "language": spell.language,
            "group_name": spell.group,
            "manager_id": spell.manager_id,
            "recorded_at": spell.recorded_at,
            "ended_recorded_at": spell.ended_recorded_at,
        }
        with self._database.writing() as connection:
            connection.execute(insert(employment_spells).values(**values))

    def end_spell(self, spell_id: str, ended: datetime, now: datetime) -> None:
        with self._database.writing() as connection:
            one = self._one(spell_id)
            values = {"ended": ended, "ended_recorded_at": now}
            connection.execute(update(employment_spells).where(one).values(**values))

    def supersede(self, spell_id: str, spell: Spell) -> None:
        """Replace an employment; the earlier row stays as what was known until now."""
        with self._database.writing() as connection:
            told = {"superseded_at": spell.recorded_at}
            connection.execute(update(employment_spells).where(self._one(spell_id)).values(**told))
            self.add_spell(spell)

    def changes(
        self, membership_id: str | None = None, *, known: datetime | None = None
    ) -> tuple[JobChange, ...]:
        """Return job changes of one member or all, in the order reported."""
        t = job_changes.c
        conditions = [t.organisation_id == self._organisation_id]
        if membership_id is not None:
            conditions.append(t.membership_id == membership_id)
        if known is not None:
            conditions.append(t.recorded_at <= known)
        found = select(job_changes).where(*conditions).order_by(t.recorded_at, t.place, t.id)
        with self._database.reading() as connection:
            return tuple(_change(row) for row in connection.execute(found))

    def add_change(self, change: JobChange) -> None:
        values = {
            **vars(change),
            "organisation_id": self._organisation_id,
            "before": _told(change.before),
            "after": _told(change.after),
            "level_order": change.level_order.value,
        }
        mine = job_changes.c.membership_id == change.membership_id
        with self._database.writing() as connection:
            values["place"] = connection.scalar(select(func.count()).select_from(job_changes).where(mine))
            connection.execute(insert(job_changes).values(**values))

    def _one(self, spell_id: str) -> ColumnElement[bool]:
        t = employment_spells.c
        return (t.organisation_id == self._organisation_id) & (t.id == spell_id)


def _told(position: Position) -> dict[str, str]:
    return {name: value for name, value in vars(position).items() if value is not None}


def _spell(row: Row[Any], known: datetime | None) -> Spell:
    """Return an employment; an end not known by then is left out."""
    unknown = known is not None and row.ended_recorded_at is not None and row.ended_recorded_at > known
    return Spell(
        id=row.id,
        membership_id=row.membership_id,
        employer=row.employer,
        started=row.started,
        position=Position(row.role, row.level, row.department, row.site),
        recorded_at=row.recorded_at,
        ended=None if unknown else row.ended,
        ended_recorded_at=None if unknown else row.ended_recorded_at,
        superseded_at=row.superseded_at,
        language=row.language,
        group=row.group_name,
        manager_id=row.manager_id,
    )


def _change(row: Row[Any]) -> JobChange:
    return JobChange(
        id=row.id,
        membership_id=row.membership_id,
        effective=row.effective,
        recorded_at=row.recorded_at,
        before=position_of(row.before),
        after=position_of(row.after),
        correction=row.correction,
        employer=row.employer,
        level_order=LevelOrder(row.level_order),
        source=row.source,
    )
