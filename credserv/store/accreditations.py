"""Accreditations: each with its terms, its holds and maybe its revocation, from which its state follows.

State, status bit and audit line change together: each change is made within the caller's transaction, which
changes the credential's own state as well (credential_states.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, exists, insert, or_, select, update
from sqlalchemy.engine import Row

from credserv.ground.errors import ConflictError
from credserv.records.accreditation import (
    AccreditationRecord,
    AppealAbout,
    AppealRecord,
    HoldRecord,
    RevocationRecord,
    TermRecord,
)
from credserv.records.lives import Life
from credserv.store.database import Database, insert_if_absent
from credserv.store.issuance_log import log_signatures
from credserv.store.tables import (
    accreditations,
    appeals,
    credentials,
    endorsements,
    holds,
    revocations,
    terms,
)
from credserv.store.versions import newest_is

_MANY = 500  # parameters of one IN list
COUNTS = "counts"  # how an endorsement was judged


class AccreditationRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    # --- reading

    def find(self, name: str) -> Life | None:
        """By our id of its credential, or by its client's reference."""
        named = or_(accreditations.c.credential_id == name, accreditations.c.reference == name)
        return next(iter(self._lives(named)), None)

    def of_credential(self, credential_id: str) -> Life | None:
        return next(iter(self._lives(accreditations.c.credential_id == credential_id)), None)

    def of_application(self, application_id: str) -> Life | None:
        return next(iter(self._lives(accreditations.c.application_id == application_id)), None)

    def of_members(self, membership_ids: Sequence[str], programme_key: str | None = None) -> tuple[Life, ...]:
        """Of each of them, in whatever state, the oldest first."""
        programme = () if programme_key is None else (accreditations.c.programme_key == programme_key,)
        found: list[Life] = []
        for some in _handfuls(membership_ids):
            found += self._lives(accreditations.c.membership_id.in_(some), *programme)
        return tuple(found)

    def all(self, programme_key: str | None = None) -> tuple[Life, ...]:
        """Every one that was ever granted, the oldest first."""
        programme = () if programme_key is None else (accreditations.c.programme_key == programme_key,)
        return self._lives(*programme)

    def to_review(self) -> tuple[Life, ...]:
        """Those of which a person has to decide whether what they were granted on still suffices."""
        return self._lives(accreditations.c.to_review_since.is_not(None))

    def with_a_term_that_ends(self, since: datetime, until: datetime) -> tuple[Life, ...]:
        """Those of which some term ends, or runs out of its grace, within the span."""
        ends = terms.c.term_end.between(since, until) | terms.c.grace_end.between(since, until)
        found = select(terms.c.credential_id).where(terms.c.organisation_id == self._organisation_id, ends)
        return self._lives(accreditations.c.credential_id.in_(found))

    def unsigned(self, before: datetime, limit: int) -> tuple[TermRecord, ...]:
        """Further versions that were decided before an instant, and not signed: left over from a crash."""
        found = (
            select(terms)
            .where(
                terms.c.organisation_id == self._organisation_id,
                terms.c.number > 1,  # the first one is the credential's own, which the recipe finishes
                terms.c.stored_at.is_(None),
                terms.c.decided_at < before,
                exists().where(credentials.c.id == terms.c.credential_id, credentials.c.signed.is_not(None)),
            )
            .order_by(terms.c.decided_at, terms.c.credential_id)
            .limit(limit)
        )
        with self._database.reading() as connection:
            return tuple(_term(row) for row in connection.execute(found))

    def term(self, credential_id: str, number: int) -> TermRecord | None:
        found = select(terms).where(
            self._own(terms), terms.c.credential_id == credential_id, terms.c.number == number
        )
        with self._database.reading() as connection:
            row = connection.execute(found).one_or_none()
        return None if row is None else _term(row)

    def endorsements(self, application_id: str, until: datetime) -> tuple[bytes, ...]:
        """Those that were received by an instant, as they were signed: first those that counted then, then
        what witnesses outside said. Praise by oneself, or by somebody too close, goes into no badge."""
        found = select(endorsements).where(
            self._own(endorsements),
            endorsements.c.application_id == application_id,
            endorsements.c.received_at <= until,
            endorsements.c.signed.is_not(None),
            (endorsements.c.as_received == COUNTS) | endorsements.c.is_witness,
        )
        with self._database.reading() as connection:
            rows = connection.execute(found).all()
        rows = sorted(rows, key=lambda row: (row.as_received != COUNTS, row.received_at, row.id))
        return tuple(row.signed for row in rows)

    def endorsed_by(self, membership_id: str) -> tuple[Life, ...]:
        """Those whose applications a member endorsed."""
        theirs = select(endorsements.c.application_id).where(
            self._own(endorsements), endorsements.c.endorser_id == membership_id
        )
        return self._lives(accreditations.c.application_id.in_(theirs))

    def appeals_since(self, credential_id: str, since: datetime) -> tuple[AppealRecord, ...]:
        """Against its suspension, from an instant on."""
        found = select(appeals).where(
            self._own(appeals), appeals.c.credential_id == credential_id, appeals.c.opened_at >= since
        )
        with self._database.reading() as connection:
            rows = connection.execute(found.order_by(appeals.c.opened_at)).all()
        return tuple(AppealRecord(**{**_values(row), "about": AppealAbout(row.about)}) for row in rows)

    # --- changing, within the caller's transaction

    def lock(self, credential_id: str) -> Life | None:
        """As it stands, which nobody changes until the transaction ends."""
        locked = select(accreditations.c.credential_id).where(
            self._own(accreditations), accreditations.c.credential_id == credential_id
        )
        with self._database.writing() as connection:
            connection.execute(locked.with_for_update())
            return self.of_credential(credential_id)

    def add(self, record: AccreditationRecord, first: TermRecord) -> None:
        """Raises ConflictError where its application has led to one before."""
        values = {**vars(record), "competencies": list(record.competencies)}
        with self._database.writing() as connection:
            if not insert_if_absent(
                connection, accreditations, organisation_id=self._organisation_id, **values
            ):
                raise ConflictError("this application was granted before")
            self._insert(connection, terms, vars(first))

    def add_term(self, term: TermRecord) -> bool:
        """False where it is there already."""
        with self._database.writing() as connection:
            return insert_if_absent(connection, terms, organisation_id=self._organisation_id, **vars(term))

    def keep_version(self, term: TermRecord, signed: bytes, now: datetime) -> bytes:
        """Compare-and-set: the first to arrive wins, and what it stored is returned. The newest version is
        what the credential's own address gives."""
        this = (terms.c.credential_id == term.credential_id) & (terms.c.number == term.number)
        keep = update(terms).where(self._own(terms), this, terms.c.stored_at.is_(None))
        with self._database.writing() as connection:
            locked = select(terms.c.signed, terms.c.stored_at).where(self._own(terms), this)
            row = connection.execute(locked.with_for_update()).one()
            if row.stored_at is not None:
                return row.signed or signed
            connection.execute(keep.values(signed=signed, stored_at=now))
            log_signatures(connection, self._organisation_id, [(term.credential_id, signed)], now)
            newer = select(terms.c.number).where(
                terms.c.credential_id == term.credential_id,
                terms.c.number > term.number,
                terms.c.stored_at.is_not(None),
            )
            if connection.execute(newer.limit(1)).first() is None:
                own = (credentials.c.id == term.credential_id) & self._own(credentials)
                connection.execute(newest_is(own, signed, now))
        return signed

    def add_hold(self, hold: HoldRecord) -> None:
        with self._database.writing() as connection:
            self._insert(connection, holds, vars(hold))

    def end_hold(self, hold_id: str, *, by: str, reference: str | None, now: datetime) -> None:
        change = update(holds).where(self._own(holds), holds.c.id == hold_id, holds.c.ends_at.is_(None))
        with self._database.writing() as connection:
            connection.execute(change.values(ends_at=now, ended_by=by, ended_reference=reference))

    def revoke(self, record: RevocationRecord) -> None:
        values = {**vars(record), "decided_by": list(record.decided_by)}
        with self._database.writing() as connection:
            if not insert_if_absent(connection, revocations, organisation_id=self._organisation_id, **values):
                raise ConflictError("this accreditation was revoked before")

    def mark_for_review(self, credential_ids: Iterable[str], now: datetime | None) -> None:
        """None: somebody looked at them."""
        with self._database.writing() as connection:
            for some in _handfuls(list(credential_ids)):
                change = update(accreditations).where(
                    self._own(accreditations), accreditations.c.credential_id.in_(some)
                )
                if now is not None:
                    change = change.where(accreditations.c.to_review_since.is_(None))
                connection.execute(change.values(to_review_since=now))

    # ---

    def _lives(self, *conditions: ColumnElement[bool]) -> tuple[Life, ...]:
        found = (
            select(accreditations)
            .where(self._own(accreditations), *conditions)
            .order_by(accreditations.c.granted_at, accreditations.c.credential_id)
        )
        ids = select(accreditations.c.credential_id).where(self._own(accreditations), *conditions)
        with self._database.reading() as connection:
            rows = connection.execute(found).all()
            if not rows:
                return ()
            parts = {table: _grouped(connection, table, ids) for table in (terms, holds, revocations)}
        return tuple(
            Life(
                _accreditation(row),
                tuple(_term(one) for one in parts[terms][row.credential_id]),
                tuple(_hold(one) for one in parts[holds][row.credential_id]),
                next((_revocation(one) for one in parts[revocations][row.credential_id]), None),
            )
            for row in rows
        )

    def _insert(self, connection: Connection, table: Table, values: dict[str, Any]) -> None:
        connection.execute(insert(table).values(organisation_id=self._organisation_id, **values))

    def _own(self, table: Table) -> ColumnElement[bool]:
        own: ColumnElement[bool] = table.c.organisation_id == self._organisation_id
        return own


def _grouped(connection: Connection, table: Table, ids: Any) -> dict[str, list[Row[Any]]]:
    found: dict[str, list[Row[Any]]] = defaultdict(list)
    order = {terms: terms.c.number, holds: holds.c.begins_at}.get(table, table.c.credential_id)
    for row in connection.execute(select(table).where(table.c.credential_id.in_(ids)).order_by(order)):
        found[row.credential_id].append(row)
    return found


def _handfuls(items: Sequence[str]) -> Iterable[Sequence[str]]:
    return (items[start : start + _MANY] for start in range(0, len(items), _MANY))


def _values(row: Row[Any]) -> dict[str, Any]:
    return {name: value for name, value in row._mapping.items() if name != "organisation_id"}


def _accreditation(row: Row[Any]) -> AccreditationRecord:
    return AccreditationRecord(**{**_values(row), "competencies": tuple(row.competencies)})


def _term(row: Row[Any]) -> TermRecord:
    return TermRecord(**_values(row))


def _hold(row: Row[Any]) -> HoldRecord:
    return HoldRecord(**_values(row))


def _revocation(row: Row[Any]) -> RevocationRecord:
    return RevocationRecord(**{**_values(row), "decided_by": tuple(row.decided_by)})
