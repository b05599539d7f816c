"""Accreditations with their terms, suspensions and revocation, from which the state follows.

State, status bit and audit line change together, in the caller's transaction, which also changes the
credential's own state (credential_states.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, exists, insert, or_, select, update
from sqlalchemy.engine import Row

from credserv.ground.encoding import random_token
from credserv.ground.errors import ConflictError
from credserv.records.accreditation import (
    AccreditationRecord,
    HoldRecord,
    RevocationRecord,
    TermRecord,
)
from credserv.records.credentials import CredentialState
from credserv.records.lives import Life
from credserv.store.frame.database import Database, insert_if_absent
from credserv.store.sign.issuance_log import log_signatures
from credserv.store.sign.versions import newest_is
from credserv.store.tables import (
    accreditations,
    applications,
    credentials,
    endorsements,
    holds,
    revocations,
    terms,
)

_MANY = 500  # parameters of one IN list
_ID_BYTES = 16
COUNTS = "counts"  # how an endorsement was judged
_NOT_READ = ("organisation_id", "signed")  # the bytes of versions are large; versions.py reads them
_READ: dict[Table, list[Column[Any]]] = {
    table: [column for column in table.c if column.name not in _NOT_READ]
    for table in (accreditations, terms, holds, revocations)
}


class AccreditationRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    # --- reading

    def find(self, name: str) -> Life | None:
        """Return an accreditation by its credential's id or its client's reference."""
        named = or_(accreditations.c.credential_id == name, accreditations.c.reference == name)
        return next(iter(self._lives(named)), None)

    def of_credential(self, credential_id: str) -> Life | None:
        return next(iter(self._lives(accreditations.c.credential_id == credential_id)), None)

    def of_application(self, application_id: str) -> Life | None:
        return next(iter(self._lives(accreditations.c.application_id == application_id)), None)

    def of_members(self, membership_ids: Sequence[str], programme_key: str | None = None) -> tuple[Life, ...]:
        """Return the accreditations of these members in any state, oldest first."""
        programme = () if programme_key is None else (accreditations.c.programme_key == programme_key,)
        found: list[Life] = []
        for some in _handfuls(membership_ids):
            found += self._lives(accreditations.c.membership_id.in_(some), *programme)
        return tuple(found)

    def all(self, programme_key: str | None = None) -> tuple[Life, ...]:
        """Return every accreditation ever granted, oldest first."""
        programme = () if programme_key is None else (accreditations.c.programme_key == programme_key,)
        return self._lives(*programme)

    def unsigned(self, before: datetime, limit: int) -> tuple[TermRecord, ...]:
        """Return later versions that were decided before an instant and not signed, as a crash leaves
        them.
        """
        found = (
            select(terms)
            .where(
                terms.c.organisation_id == self._organisation_id,
                terms.c.number > 1,  # the first is the credential's own, which the recipe finishes
                terms.c.stored_at.is_(None),
                terms.c.decided_at < before,
                exists().where(credentials.c.id == terms.c.credential_id, credentials.c.signed.is_not(None)),
            )
            .order_by(terms.c.decided_at, terms.c.credential_id)
            .limit(limit)
        )
        with self._database.reading() as connection:
            return tuple(TermRecord(**_values(row, terms)) for row in connection.execute(found))

    def endorsements(self, application_id: str, until: datetime) -> tuple[bytes, ...]:
        """Return the signed endorsements received by an instant: first those that counted then,
        then those of outside witnesses.

        Endorsements by the person or by somebody too close to them are left out of badges.
        """
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
        """Return the accreditations whose applications a member endorsed."""
        theirs = select(endorsements.c.application_id).where(
            self._own(endorsements), endorsements.c.endorser_id == membership_id
        )
        theirs = select(applications.c.id).where(
            applications.c.id.in_(theirs) | applications.c.anew_of.in_(theirs)
        )
        return self._lives(accreditations.c.application_id.in_(theirs))

    # --- changing, within the caller's transaction

    def lock(self, credential_id: str) -> Life | None:
        """Return an accreditation, locked until the transaction ends."""
        locked = select(accreditations.c.credential_id).where(
            self._own(accreditations), accreditations.c.credential_id == credential_id
        )
        with self._database.writing() as connection:
            connection.execute(locked.with_for_update())
            return self.of_credential(credential_id)

    def add(self, record: AccreditationRecord, first: TermRecord) -> None:
        """Store an accreditation with its first term.

        Raises:
            ConflictError: Its application already led to one, or its reference is taken.
        """
        values = {**vars(record), "competencies": list(record.competencies)}
        with self._database.writing() as connection:
            if not insert_if_absent(
                connection, accreditations, organisation_id=self._organisation_id, **values
            ):
                raise ConflictError("this application was granted before, or its reference is of another")
            self._insert(connection, terms, vars(first))

    def add_term(self, term: TermRecord) -> bool:
        """Store a term; return False if it exists already."""
        with self._database.writing() as connection:
            return insert_if_absent(connection, terms, organisation_id=self._organisation_id, **vars(term))

    def keep_version(self, term: TermRecord, signed: bytes, now: datetime) -> bytes:
        """Store a version by compare-and-set: the first to arrive wins, and what it stored is returned.

        The credential's own URL serves the newest version.
        """
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

    def overturn(self, credential_id: str, now: datetime) -> None:
        """Record that an appeal against its revocation was upheld."""
        this = self._own(revocations) & (revocations.c.credential_id == credential_id)
        with self._database.writing() as connection:
            connection.execute(update(revocations).where(this).values(overturned_at=now))

    def follow(
        self, credential_id: str, state: CredentialState, *, by: str, reason: str, now: datetime
    ) -> None:
        """Record a badge's state that is missing here because the database was restored from an older copy.

        From now on it is revoked or suspended, or no longer suspended.
        """
        life = self.of_credential(credential_id)
        if life is None or life.revocation is not None:
            return
        now, hold = now.replace(microsecond=0), life.open_hold
        if state is CredentialState.REVOKED:
            self.revoke(RevocationRecord(credential_id, now, now, (by,), reason))
        elif state is CredentialState.SUSPENDED and hold is None:
            self.add_hold(HoldRecord(random_token(_ID_BYTES), credential_id, now, reason, now.date(), by))
        elif state is CredentialState.ACTIVE and hold is not None:
            self.end_hold(hold.id, by=by, reference=None, now=now)

    def mark_for_review(self, credential_ids: Iterable[str], now: datetime | None) -> None:
        """Mark for review, or clear the mark (None) after a person looked at them."""
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
        """Read in two statements, because entitlement is asked of one person after another."""
        of_it = accreditations.c.credential_id
        which = (self._own(accreditations), *conditions)
        found = (
            select(*_READ[accreditations], *_READ[terms], *_READ[revocations])
            .select_from(accreditations)
            .join(terms, terms.c.credential_id == of_it)
            .outerjoin(revocations, revocations.c.credential_id == of_it)
            .where(*which)
            .order_by(accreditations.c.granted_at, of_it, terms.c.number)
        )
        suspended = (
            select(*_READ[holds])
            .where(holds.c.credential_id.in_(select(of_it).where(*which)))
            .order_by(holds.c.begins_at)
        )
        held: dict[str, list[HoldRecord]] = defaultdict(list)
        with self._database.reading() as connection:
            rows = connection.execute(found).all()
            for row in connection.execute(suspended) if rows else ():
                held[row.credential_id].append(HoldRecord(**_values(row, holds)))
        lives = []
        for credential_id, each in groupby(rows, key=lambda row: row._mapping[of_it]):
            own = list(each)
            lives.append(
                Life(
                    _accreditation(own[0]),
                    tuple(TermRecord(**_values(row, terms)) for row in own),
                    tuple(held[credential_id]),
                    _revocation(own[0]),
                )
            )
        return tuple(lives)

    def _insert(self, connection: Connection, table: Table, values: dict[str, Any]) -> None:
        connection.execute(insert(table).values(organisation_id=self._organisation_id, **values))

    def _own(self, table: Table) -> ColumnElement[bool]:
        own: ColumnElement[bool] = table.c.organisation_id == self._organisation_id
        return own


def _handfuls(items: Sequence[str]) -> Iterable[Sequence[str]]:
    return (items[start : start + _MANY] for start in range(0, len(items), _MANY))


def _values(row: Row[Any], table: Table) -> dict[str, Any]:
    return {column.name: row._mapping[column] for column in _READ[table]}


def _accreditation(row: Row[Any]) -> AccreditationRecord:
    values = _values(row, accreditations)
    return AccreditationRecord(**{**values, "competencies": tuple(values["competencies"])})


def _revocation(row: Row[Any]) -> RevocationRecord | None:
    values = _values(row, revocations)
    if values["decided_at"] is None:
        return None
    return RevocationRecord(**{**values, "decided_by": tuple(values["decided_by"])})
