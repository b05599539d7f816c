"""Audits of accreditations: commitment, population, draw and findings."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, insert, select, update
from sqlalchemy.engine import Row

from credserv.records.audits import AuditedCase, AuditPeriod, Outcome
from credserv.store.frame.database import Database, insert_if_absent
from credserv.store.frame.secrets import SecretBox
from credserv.store.tables import audit_cases, audits

_NOT_TOLD = ("organisation_id", "sealed")


class AuditPeriodRepository:
    def __init__(self, database: Database, organisation_id: str, secret_box: SecretBox) -> None:
        self._database = database
        self._organisation_id = organisation_id
        self._box = secret_box

    def add(self, record: AuditPeriod, own_seed: str | None) -> bool:
        """Store a period; return False if it already has a commitment.

        Args:
            own_seed: The service's seed, stored encrypted; None if made elsewhere.
        """
        sealed = None if own_seed is None else self._box.seal(own_seed)
        values = {**vars(record), "sealed": sealed, "organisation_id": self._organisation_id}
        with self._database.writing() as connection:
            return insert_if_absent(connection, audits, **values)

    def get(self, key: str, period: str, *, locked: bool = False) -> AuditPeriod | None:
        """Return a period.

        Args:
            locked: Whether to lock it until the transaction ends.
        """
        found = select(audits).where(self._this(audits, key, period))
        with self._database.reading() as connection:
            row = connection.execute(found.with_for_update() if locked else found).one_or_none()
        return None if row is None else _period(row)

    def own_seed(self, key: str, period: str) -> str | None:
        """Return the service's seed; None if it was made elsewhere or revealed."""
        found = select(audits.c.sealed).where(self._this(audits, key, period))
        with self._database.reading() as connection:
            sealed = connection.execute(found).scalar_one_or_none()
        return None if sealed is None else self._box.unseal(sealed)

    def all(self, key: str | None = None) -> tuple[AuditPeriod, ...]:
        """Return all periods, newest first."""
        found = select(audits).where(self._own(audits)).order_by(audits.c.committed_at.desc())
        if key is not None:
            found = found.where(audits.c.programme_key == key)
        with self._database.reading() as connection:
            return tuple(_period(row) for row in connection.execute(found.order_by(audits.c.period)))

    def freeze(
        self, key: str, period: str, members: Sequence[AuditedCase], *, population_at: datetime, now: datetime
    ) -> None:
        rows = [{**vars(one), "organisation_id": self._organisation_id} for one in members]
        with self._database.writing() as connection:
            change = update(audits).where(self._this(audits, key, period), audits.c.frozen_at.is_(None))
            connection.execute(change.values(population_at=population_at, frozen_at=now))
            if rows:
                connection.execute(insert(audit_cases), rows)

    def reveal(self, key: str, period: str, seed: str, drawn: Collection[str], now: datetime) -> None:
        """Store the seed and who is drawn, by the ids that were hashed."""
        cases = self._this(audit_cases, key, period) & audit_cases.c.drawn_as.in_(drawn)
        with self._database.writing() as connection:
            change = update(audits).where(self._this(audits, key, period), audits.c.revealed_at.is_(None))
            connection.execute(change.values(seed=seed, sealed=None, revealed_at=now))
            connection.execute(update(audit_cases).where(cases).values(is_drawn=True))

    def cases(self, key: str, period: str) -> tuple[AuditedCase, ...]:
        """Return the whole population, by the ids that are hashed."""
        return self._cases(self._this(audit_cases, key, period))

    def drawn(self) -> tuple[AuditedCase, ...]:
        """Return all cases ever drawn."""
        return self._cases(audit_cases.c.is_drawn)

    def of_credential(self, credential_id: str) -> tuple[AuditedCase, ...]:
        """Return an accreditation's cases in every period that includes it."""
        return self._cases(audit_cases.c.credential_id == credential_id)

    def case(self, key: str, period: str, credential_id: str, *, locked: bool = False) -> AuditedCase | None:
        """Return a drawn case.

        Args:
            locked: Whether to lock it until the transaction ends.
        """
        this = self._this(audit_cases, key, period) & (audit_cases.c.credential_id == credential_id)
        found = select(audit_cases).where(this, audit_cases.c.is_drawn)
        with self._database.reading() as connection:
            row = connection.execute(found.with_for_update() if locked else found).one_or_none()
        return None if row is None else _case(row)

    def settle(self, case: AuditedCase) -> None:
        """Store the finding of a case."""
        this = self._this(audit_cases, case.programme_key, case.period)
        this &= audit_cases.c.credential_id == case.credential_id
        with self._database.writing() as connection:
            values = {**vars(case), "outcome": case.outcome and case.outcome.value}
            connection.execute(update(audit_cases).where(this).values(**values))

    def _cases(self, which: ColumnElement[bool]) -> tuple[AuditedCase, ...]:
        found = select(audit_cases).where(self._own(audit_cases), which)
        found = found.order_by(audit_cases.c.programme_key, audit_cases.c.period, audit_cases.c.drawn_as)
        with self._database.reading() as connection:
            return tuple(_case(row) for row in connection.execute(found))

    def _own(self, table: Table) -> ColumnElement[bool]:
        own: ColumnElement[bool] = table.c.organisation_id == self._organisation_id
        return own

    def _this(self, table: Table, key: str, period: str) -> ColumnElement[bool]:
        return self._own(table) & (table.c.programme_key == key) & (table.c.period == period)


def _values(row: Row[Any]) -> dict[str, Any]:
    return {name: value for name, value in row._mapping.items() if name not in _NOT_TOLD}


def _period(row: Row[Any]) -> AuditPeriod:
    return AuditPeriod(**_values(row))


def _case(row: Row[Any]) -> AuditedCase:
    values = _values(row)
    outcome = None if values["outcome"] is None else Outcome(values["outcome"])
    return AuditedCase(**{**values, "outcome": outcome})
