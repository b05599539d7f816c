"""Applications for accreditation, their evidence, and mentors' practice logs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.engine import Row

from credserv.records.accreditation import (
    ApplicationRecord,
    ApplicationState,
    EvidenceRecord,
    PracticeRecord,
)
from credserv.store.accredit.lineage import lineage
from credserv.store.frame.database import Database, insert_if_absent, values_of
from credserv.store.tables import application_evidence as evidence
from credserv.store.tables import applications, endorsements, memberships, practice

_COUNTS = "counts"  # how an endorsement was judged


class ApplicationRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    def add(self, record: ApplicationRecord) -> bool:
        """Store an application; return False if its reference is taken."""
        values = {**vars(record), "state": record.state.value, "competencies": list(record.competencies)}
        with self._database.writing() as connection:
            return insert_if_absent(connection, applications, organisation_id=self._organisation_id, **values)

    def find(self, name: str) -> ApplicationRecord | None:
        """Return an application by its client's reference or our id."""
        found = self._all(or_(applications.c.reference == name, applications.c.id == name))
        return next((one for one in found if one.reference == name), found[0] if found else None)

    def of_credential(self, credential_id: str) -> ApplicationRecord | None:
        """Return the application that reserved a badge's id."""
        return next(iter(self._all(applications.c.credential_id == credential_id)), None)

    def of_member(self, membership_id: str) -> tuple[ApplicationRecord, ...]:
        """Return a member's applications, oldest first."""
        return self._all(applications.c.membership_id == membership_id)

    def undecided(self, programme_key: str | None = None) -> tuple[ApplicationRecord, ...]:
        """Return undecided applications, oldest first; the sprint of some may be over."""
        which = applications.c.state == ApplicationState.OPEN.value
        if programme_key is not None:
            which = which & (applications.c.programme_key == programme_key)
        return self._all(which)

    def all(
        self, programme_key: str | None = None, until: datetime | None = None
    ) -> tuple[ApplicationRecord, ...]:
        """Return all applications, oldest first."""
        which: ColumnElement[bool] = applications.c.anew_of.is_(None)
        if programme_key is not None:
            which = which & (applications.c.programme_key == programme_key)
        return self._all(which if until is None else which & (applications.c.applied_at <= until))

    def lock(self, application_id: str) -> ApplicationRecord | None:
        """Return an application, locked until the transaction ends."""
        own = self._own() & (applications.c.id == application_id)
        with self._database.writing() as connection:
            row = connection.execute(select(applications).where(own).with_for_update()).one_or_none()
        return None if row is None else _application(row)

    def lock_member(self, membership_id: str) -> None:
        """Let nobody else apply for this member, or accredit them, until the transaction ends."""
        theirs = select(memberships.c.id).where(memberships.c.id == membership_id).with_for_update()
        with self._database.writing() as connection:
            connection.execute(theirs)

    def endorsers(self, application_id: str, known: datetime) -> frozenset[str]:
        """Return the memberships that endorsed an application, as known then, whether
        or not the endorsements count.
        """
        said = endorsements.c
        found = select(said.endorser_id).where(
            said.organisation_id == self._organisation_id,
            said.application_id.in_(lineage(application_id)),
            said.received_at <= known,
            said.endorser_id.is_not(None),
        )
        with self._database.reading() as connection:
            return frozenset(connection.scalars(found))

    def endorsed_pairs(self, programme_key: str) -> tuple[tuple[str, str], ...]:
        """Return who endorsed whom, for endorsements that counted when received."""
        said = endorsements.c
        found = (
            select(said.endorser_id, applications.c.membership_id)
            .join(applications, applications.c.id == said.application_id)
            .where(
                self._own(),
                applications.c.programme_key == programme_key,
                said.endorser_id.is_not(None),
                said.as_received == _COUNTS,
            )
            .order_by(said.received_at, said.id)
        )
        with self._database.reading() as connection:
            return tuple((row[0], row[1]) for row in connection.execute(found))

    def settle(
        self, application_id: str, state: ApplicationState, *, by: str, reason: str, now: datetime
    ) -> bool:
        """End an open application; return False if it is not open."""
        is_open = applications.c.state == ApplicationState.OPEN.value
        change = update(applications).where(self._own(), applications.c.id == application_id, is_open)
        values = {"state": state.value, "decided_at": now, "decided_by": by, "reason": reason}
        with self._database.writing() as connection:
            return bool(connection.execute(change.values(**values)).rowcount)

    def prolong(self, application_id: str, ends_at: datetime) -> None:
        """Set a later end of the sprint."""
        change = update(applications).where(self._own(), applications.c.id == application_id)
        with self._database.writing() as connection:
            connection.execute(change.values(ends_at=ends_at))

    def reopen(self, application_id: str, ends_at: datetime | None) -> None:
        """Reopen a refused application.

        The record keeps who refused it, because they had a part in the case.
        """
        change = update(applications).where(self._own(), applications.c.id == application_id)
        values = {"state": ApplicationState.OPEN.value, "decided_at": None, "ends_at": ends_at}
        with self._database.writing() as connection:
            connection.execute(change.values(**values, reason=""))

    # --- evidence

    def add_evidence(self, record: EvidenceRecord) -> bool:
        """Store evidence; return False if its reference is taken."""
        values = {**vars(record), "data": dict(record.data)}
        with self._database.writing() as connection:
            return insert_if_absent(connection, evidence, organisation_id=self._organisation_id, **values)

    def evidence(self, application_id: str) -> tuple[EvidenceRecord, ...]:
        """Return the evidence in the order received."""
        return self._evidence(evidence.c.application_id.in_(lineage(application_id)))

    def evidence_named(self, reference: str) -> EvidenceRecord | None:
        return next(iter(self._evidence(evidence.c.reference == reference)), None)

    def _evidence(self, which: ColumnElement[bool]) -> tuple[EvidenceRecord, ...]:
        own = evidence.c.organisation_id == self._organisation_id
        found = select(evidence).where(own, which).order_by(evidence.c.received_at, evidence.c.id)
        with self._database.reading() as connection:
            return tuple(EvidenceRecord(**values_of(row)) for row in connection.execute(found))

    # --- practice

    def add_practice(self, record: PracticeRecord) -> bool:
        """Store a practice log entry; return False if its reference is taken."""
        with self._database.writing() as connection:
            return insert_if_absent(
                connection, practice, organisation_id=self._organisation_id, **vars(record)
            )

    def practice_named(self, reference: str) -> PracticeRecord | None:
        return next(iter(self._practice(practice.c.reference == reference)), None)

    def practice(self, membership_id: str, *, until: datetime | None = None) -> tuple[PracticeRecord, ...]:
        """Return a practice log, oldest entry first, as known at `until`."""
        which = practice.c.membership_id == membership_id
        if until is not None:
            which = which & (practice.c.received_at <= until)
        return self._practice(which)

    def _practice(self, which: ColumnElement[bool]) -> tuple[PracticeRecord, ...]:
        own = practice.c.organisation_id == self._organisation_id
        found = select(practice).where(own, which).order_by(practice.c.occurred_at, practice.c.id)
        with self._database.reading() as connection:
            return tuple(PracticeRecord(**values_of(row)) for row in connection.execute(found))

    # ---

    def _own(self) -> ColumnElement[bool]:
        return applications.c.organisation_id == self._organisation_id

    def _all(self, which: ColumnElement[bool]) -> tuple[ApplicationRecord, ...]:
        order = (applications.c.applied_at, applications.c.id)
        found = select(applications).where(self._own(), which).order_by(*order)
        with self._database.reading() as connection:
            return tuple(_application(row) for row in connection.execute(found))


def _application(row: Row[Any]) -> ApplicationRecord:
    values = {
        **values_of(row),
        "competencies": tuple(row.competencies),
        "state": ApplicationState(row.state),
    }
    return ApplicationRecord(**values)
