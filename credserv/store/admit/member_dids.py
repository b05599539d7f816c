"""The DIDs of an organisation's members, with the encrypted keys held for them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.engine import Row

from credserv.ground.errors import ConflictError
from credserv.records.member_dids import MemberDidRecord
from credserv.store.frame.database import Database, insert_if_absent
from credserv.store.frame.secrets import SecretBox
from credserv.store.tables import member_dids, memberships


class MemberDidRepository:
    def __init__(self, database: Database, organisation_id: str, secret_box: SecretBox) -> None:
        self._database = database
        self._organisation_id = organisation_id
        self._secret_box = secret_box

    def find(self, did: str) -> MemberDidRecord | None:
        """Return a DID of any organisation of the installation; the DID itself says whose it is."""
        with self._database.reading() as connection:
            row = connection.execute(select(member_dids).where(member_dids.c.did == did)).one_or_none()
        return None if row is None else self._record(row)

    def current(self, membership_id: str) -> MemberDidRecord | None:
        """Return the member's current DID."""
        found = select(member_dids).where(
            member_dids.c.organisation_id == self._organisation_id,
            member_dids.c.membership_id == membership_id,
            member_dids.c.retired_at.is_(None),
        )
        with self._database.reading() as connection:
            row = connection.execute(found).one_or_none()
        return None if row is None else self._record(row)

    def all_current(self) -> dict[str, str]:
        """Return the current DID of each member who has one."""
        found = select(member_dids.c.membership_id, member_dids.c.did).where(
            member_dids.c.organisation_id == self._organisation_id,
            member_dids.c.membership_id.is_not(None),
            member_dids.c.retired_at.is_(None),
        )
        with self._database.reading() as connection:
            return {row.membership_id: row.did for row in connection.execute(found)}

    def of_left(self, today: date) -> tuple[MemberDidRecord, ...]:
        """Return current DIDs of members whose last day is over."""
        found = (
            select(member_dids)
            .join(memberships, memberships.c.id == member_dids.c.membership_id)
            .where(
                member_dids.c.organisation_id == self._organisation_id,
                member_dids.c.retired_at.is_(None),
                memberships.c.ends_on < today,
            )
        )
        with self._database.reading() as connection:
            return tuple(self._record(row) for row in connection.execute(found))

    def owner_of(self, did: str) -> str | None:
        """Return the membership of this organisation that has or had a DID."""
        found = select(member_dids.c.membership_id).where(
            member_dids.c.organisation_id == self._organisation_id, member_dids.c.did == did
        )
        with self._database.reading() as connection:
            return connection.execute(found).scalar_one_or_none()

    def add(self, record: MemberDidRecord) -> MemberDidRecord:
        """Store a DID and return the one that counts from now on; two concurrent calls return the same.

        Raises:
            ConflictError: Somebody already has this DID.
        """
        sealed = None if record.private_key is None else self._secret_box.seal(record.private_key)
        values = {
            "did": record.did,
            "membership_id": record.membership_id,
            "public_key": record.public_key,
            "sealed_key": sealed,
            "created_at": record.created_at,
            "retired_at": record.retired_at,
        }
        with self._database.writing() as connection:
            if insert_if_absent(connection, member_dids, organisation_id=self._organisation_id, **values):
                return record
        known = None if record.membership_id is None else self.current(record.membership_id)
        if known is None or self.find(record.did) is not None:
            raise ConflictError("somebody has this DID already")
        return known

    def retire(self, membership_id: str, now: datetime) -> str | None:
        """Delete the held key for good; the document stays. Return the DID, None if there was none."""
        own = (member_dids.c.organisation_id == self._organisation_id) & (
            member_dids.c.membership_id == membership_id
        )
        live = own & member_dids.c.retired_at.is_(None)
        with self._database.writing() as connection:
            change = update(member_dids).where(live).values(retired_at=now, sealed_key=None)
            return connection.execute(change.returning(member_dids.c.did)).scalar_one_or_none()

    def _record(self, row: Row[Any]) -> MemberDidRecord:
        key = None if row.sealed_key is None else self._secret_box.unseal(row.sealed_key)
        return MemberDidRecord(
            row.did, row.membership_id, row.public_key, key, row.created_at, row.retired_at
        )
