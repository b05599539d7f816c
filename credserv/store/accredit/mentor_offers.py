"""What mentors offer, and the cohorts begun with them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, insert, or_, select, update
from sqlalchemy.engine import Row

from credserv.ground.encoding import random_token
from credserv.records.mentoring import CohortPlace, CohortRecord, MentoringKind, MentorOffer, Window
from credserv.records.people import MembershipRecord
from credserv.store.admit.members import membership_record
from credserv.store.frame.database import Database, insert_if_absent
from credserv.store.tables import cohort_places, cohorts, memberships
from credserv.store.tables import former_mentor_offers as former
from credserv.store.tables import mentor_offers as t
from credserv.store.tables import mentor_registers as registers

_ID_BYTES = 12


class MentorOfferRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    def put(self, offer: MentorOffer) -> None:
        """Store an offer; the former one is kept as valid until now."""
        values = {
            **vars(offer),
            "kinds": [kind.value for kind in offer.kinds],
            "hours": [[one.weekday, one.begins, one.ends] for one in offer.hours],
            "competencies": list(offer.competencies),
            "languages": list(offer.languages),
        }
        with self._database.writing() as connection:
            if insert_if_absent(connection, t, **values, organisation_id=self._organisation_id):
                return
            this = self._this(offer.membership_id)
            before = connection.execute(select(t).where(this).with_for_update()).one()
            if before.changed_at < offer.changed_at:
                connection.execute(insert(former).values(id=random_token(_ID_BYTES), **before._mapping))
            connection.execute(update(t).where(this).values(**values))

    def get(self, membership_id: str) -> MentorOffer | None:
        with self._database.reading() as connection:
            row = connection.execute(select(t).where(self._this(membership_id))).one_or_none()
        return None if row is None else _offer(row)

    def lock(self, membership_id: str) -> MentorOffer | None:
        """Lock a mentor's offer, so that nobody else accepts for them until the transaction ends."""
        with self._database.writing() as connection:
            found = select(t).where(self._this(membership_id)).with_for_update()
            row = connection.execute(found).one_or_none()
        return None if row is None else _offer(row)

    def known(self, at: datetime) -> tuple[tuple[MentorOffer, MembershipRecord], ...]:
        """Return what was offered at an instant, with the mentors.

        Earlier offers are read only for those who made another one since.
        """
        makers = select(memberships).where(memberships.c.id.in_(select(t.c.membership_id).where(self._own())))
        since = select(t.c.membership_id).where(self._own(), t.c.changed_at > at)
        before = select(former).where(former.c.membership_id.in_(since), former.c.changed_at <= at)
        asked = (before.order_by(former.c.changed_at), select(t).where(self._own(), t.c.changed_at <= at))
        with self._database.reading() as connection:
            members = {row.id: membership_record(row) for row in connection.execute(makers)}
            offers = {row.membership_id: _offer(row) for one in asked for row in connection.execute(one)}
        return tuple((one, members[known]) for known, one in sorted(offers.items()) if known in members)

    def history(self) -> tuple[MentorOffer, ...]:
        """Return every offer, each until its mentor's next one, oldest first."""
        with self._database.reading() as connection:
            found = [
                _offer(row)
                for table in (former, t)
                for row in connection.execute(
                    select(table).where(table.c.organisation_id == self._organisation_id)
                )
            ]
        return tuple(sorted(found, key=lambda one: one.changed_at))

    def is_public(self) -> bool:
        """Return whether everybody sees the register, or only members."""
        found = select(registers.c.is_public).where(registers.c.organisation_id == self._organisation_id)
        with self._database.reading() as connection:
            return bool(connection.execute(found).scalar_one_or_none())

    def set_public(self, is_public: bool, now: datetime) -> None:
        own = {"organisation_id": self._organisation_id}
        values = {"is_public": is_public, "changed_at": now}
        with self._database.writing() as connection:
            if not insert_if_absent(connection, registers, **own, **values):
                connection.execute(update(registers).filter_by(**own).values(**values))

    def _this(self, membership_id: str) -> ColumnElement[bool]:
        return self._own() & (t.c.membership_id == membership_id)

    def _own(self) -> ColumnElement[bool]:
        return t.c.organisation_id == self._organisation_id


class CohortRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    def add(self, cohort: CohortRecord, places: Sequence[CohortPlace]) -> bool:
        """Store a cohort; return False if its reference is taken."""
        own = {"organisation_id": self._organisation_id}
        values = {**vars(cohort), "targets": dict(cohort.targets)}
        with self._database.writing() as connection:
            if not insert_if_absent(connection, cohorts, **values, **own):
                return False
            rows = [{**vars(place), "why": dict(place.why), **own} for place in places]
            if rows:
                connection.execute(insert(cohort_places), rows)
            return True

    def find(self, reference: str) -> CohortRecord | None:
        """Return a cohort by the client's id or ours."""
        named = or_(cohorts.c.reference == reference, cohorts.c.id == reference)
        found = self._all(named)
        return next((one for one in found if one.reference == reference), found[0] if found else None)

    def list(self) -> tuple[CohortRecord, ...]:
        """Return cohorts, newest first."""
        return self._all(cohorts.c.id.is_not(None))

    def of_member(self, membership_id: str) -> tuple[tuple[CohortRecord, CohortPlace], ...]:
        """Return the cohorts in which somebody learns, newest first."""
        own = cohort_places.c.organisation_id == self._organisation_id
        found = select(cohort_places).where(own, cohort_places.c.mentee_id == membership_id)
        with self._database.reading() as connection:
            places = [
                CohortPlace(row.cohort_id, row.mentee_id, row.mentor_id, row.why)
                for row in connection.execute(found)
            ]
        known = {one.id: one for one in self._all(cohorts.c.id.in_([one.cohort_id for one in places]))}
        ordered = sorted(places, key=lambda one: known[one.cohort_id].created_at, reverse=True)
        return tuple((known[one.cohort_id], one) for one in ordered)

    def places(self, cohort_id: str) -> tuple[CohortPlace, ...]:
        own = cohort_places.c.organisation_id == self._organisation_id
        found = select(cohort_places).where(own, cohort_places.c.cohort_id == cohort_id)
        with self._database.reading() as connection:
            rows = connection.execute(found.order_by(cohort_places.c.mentee_id))
            return tuple(CohortPlace(row.cohort_id, row.mentee_id, row.mentor_id, row.why) for row in rows)

    def _all(self, which: ColumnElement[bool]) -> tuple[CohortRecord, ...]:
        own = cohorts.c.organisation_id == self._organisation_id
        found = select(cohorts).where(own, which).order_by(cohorts.c.created_at.desc(), cohorts.c.id)
        with self._database.reading() as connection:
            return tuple(_cohort(row) for row in connection.execute(found))


def _offer(row: Row[Any]) -> MentorOffer:
    return MentorOffer(
        membership_id=row.membership_id,
        competencies=tuple(row.competencies),
        languages=tuple(row.languages),
        kinds=tuple(MentoringKind(kind) for kind in row.kinds),
        minutes_a_week=row.minutes_a_week,
        hours=tuple(Window(*one) for one in row.hours),
        changed_at=row.changed_at,
    )


def _cohort(row: Row[Any]) -> CohortRecord:
    names = (column.name for column in cohorts.columns if column.name != "organisation_id")
    return CohortRecord(**{name: row._mapping[name] for name in names})
