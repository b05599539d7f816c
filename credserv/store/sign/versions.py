"""Every version of a living credential and its copies, in the bytes in which each was signed.

An award's versions are stored with its terms. A copy's versions begin with the one it was made from; each
later one is made when its award gets it, and the copy's URL serves the newest (docs/adr/0031).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, exists, func, select, update

from credserv.ground.errors import NotFoundError
from credserv.records.credentials import CredentialState
from credserv.records.lives import CopyBehind, StoredVersion
from credserv.store.frame.database import Database, insert_if_absent
from credserv.store.sign.issuance_log import log_signatures
from credserv.store.tables import copies, copy_versions, credentials, terms

_STORED = terms.c.stored_at.is_not(None)


class VersionRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    def of(self, face_id: str) -> tuple[StoredVersion, ...]:
        """Return the versions of a credential or copy, first one first; none for a
        copy that was never made again.
        """
        own = select(terms.c.number, terms.c.signed).where(
            terms.c.organisation_id == self._organisation_id, terms.c.credential_id == face_id, _STORED
        )
        of_copy = select(copy_versions.c.number, copy_versions.c.signed).where(
            copy_versions.c.organisation_id == self._organisation_id, copy_versions.c.copy_id == face_id
        )
        with self._database.reading() as connection:
            rows = list(connection.execute(own)) or list(connection.execute(of_copy))
        return tuple(
            StoredVersion(row.number, row.signed)
            for row in sorted(rows, key=lambda row: row.number)
            if row.signed is not None
        )

    def behind(self, limit: int, credential_id: str | None = None) -> tuple[CopyBehind, ...]:
        """Return copies that lack a version of their award, of one award or any."""
        every = terms.alias()
        newest = (
            select(func.max(every.c.number))
            .where(every.c.credential_id == copies.c.credential_id, every.c.stored_at.is_not(None))
            .scalar_subquery()
        )
        found = (
            select(copies.c.id, copies.c.credential_id, terms.c.number, terms.c.signed, terms.c.valid_from)
            .select_from(copies)
            .join(terms, and_(terms.c.credential_id == copies.c.credential_id, terms.c.number == newest))
            .where(
                copies.c.organisation_id == self._organisation_id,
                copies.c.signed.is_not(None),
                copies.c.ended_at.is_(None),
                copies.c.stored_at < terms.c.stored_at,
                terms.c.number > 1,
                terms.c.signed.is_not(None),
                ~exists().where(
                    copy_versions.c.copy_id == copies.c.id, copy_versions.c.number == terms.c.number
                ),
                *(() if credential_id is None else (copies.c.credential_id == credential_id,)),
            )
            .order_by(terms.c.stored_at, copies.c.id)
            .limit(limit)
        )
        with self._database.reading() as connection:
            return tuple(
                CopyBehind(row.id, row.credential_id, row.number, row.signed, row.valid_from)
                for row in connection.execute(found)
            )

    def keep_again(self, credential_id: str, former: bytes, signed: bytes, now: datetime) -> bool:
        """Store new bytes in place of the former ones; return False if others are stored by now."""
        this = (
            (credentials.c.id == credential_id)
            & (credentials.c.organisation_id == self._organisation_id)
            & (credentials.c.signed == former)
        )
        with self._database.writing() as connection:
            if not connection.execute(newest_is(this, signed, now)).rowcount:
                return False
            log_signatures(connection, self._organisation_id, [(credential_id, signed)], now)
            return True

    def keep_copy(self, copy_id: str, number: int, signed: bytes, now: datetime) -> bytes:
        """Store a copy's version by compare-and-set: the first to arrive wins,
        and what it stored is returned.

        What the copy was before stays as its earlier version.

        Raises:
            NotFoundError: There is no such copy.
        """
        this = (copies.c.id == copy_id) & (copies.c.organisation_id == self._organisation_id)
        with self._database.writing() as connection:
            row = connection.execute(select(copies).where(this).with_for_update()).one_or_none()
            if row is None or row.signed is None:
                raise NotFoundError("there is no such copy")
            before = self._number_before(connection, row, number)
            if before is not None:
                self._insert(connection, copy_id, before, row.signed, row.stored_at)
            if self._insert(connection, copy_id, number, signed, now):
                log_signatures(connection, self._organisation_id, [(copy_id, signed)], now)
                connection.execute(update(copies).where(this).values(signed=signed))
                return signed
            kept = select(copy_versions.c.signed).where(
                copy_versions.c.copy_id == copy_id, copy_versions.c.number == number
            )
            stored: bytes = connection.execute(kept).scalar_one()
            return stored

    def _number_before(self, connection: Connection, copy: Any, number: int) -> int | None:
        """Return the award's version from which a copy without versions was made; None if it has some."""
        known = select(copy_versions.c.number).where(copy_versions.c.copy_id == copy.id).limit(1)
        if connection.execute(known).first() is not None:
            return None
        made_of = select(func.max(terms.c.number)).where(
            terms.c.credential_id == copy.credential_id,
            terms.c.number < number,
            terms.c.stored_at <= copy.stored_at,
        )
        return connection.execute(made_of).scalar_one() or 1

    def _insert(
        self, connection: Connection, copy_id: str, number: int, signed: bytes, stored_at: datetime
    ) -> bool:
        return insert_if_absent(
            connection,
            copy_versions,
            copy_id=copy_id,
            number=number,
            organisation_id=self._organisation_id,
            signed=signed,
            stored_at=stored_at,
        )


def newest_is(own: ColumnElement[bool], signed: bytes, now: datetime) -> Any:
    """Set what the award's URL serves from now on.

    For one that is not active, the time of its change stays.
    """
    is_active = credentials.c.state == CredentialState.ACTIVE.value
    return (
        update(credentials)
        .where(own)
        .values(signed=signed, changed_at=case((is_active, now), else_=credentials.c.changed_at))
    )
