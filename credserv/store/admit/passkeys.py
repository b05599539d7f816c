"""Passkeys: public keys and signature counters. The person's proofs say whose each is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, insert, select, update
from sqlalchemy.engine import Row

from credserv.ground.errors import ConflictError
from credserv.records.people import PasskeyRecord, ProvedKind
from credserv.store.admit.people import PeopleRepository
from credserv.store.frame.database import Database
from credserv.store.tables import passkeys, proved_identifiers


class PasskeyRepository:
    """Belongs to no organisation, like the person."""

    def __init__(self, database: Database, people: PeopleRepository) -> None:
        self._database, self._people = database, people

    def add(
        self, person_id: str, credential_id: str, public_key: bytes, sign_count: int, name: str, now: datetime
    ) -> None:
        """Store a passkey.

        Args:
            credential_id: base64url, as authenticators return it.

        Raises:
            ConflictError: It is known.
        """
        with self._database.writing() as connection:
            if self._people.find_proved(ProvedKind.PASSKEY, credential_id) is not None:
                raise ConflictError("this passkey is known here already")
            self._people.prove(person_id, ProvedKind.PASSKEY, credential_id, added_by="webauthn", now=now)
            proved = self._people.find_proved(ProvedKind.PASSKEY, credential_id)
            assert proved is not None  # noqa: S101 - written a line above
            connection.execute(
                insert(passkeys).values(
                    identifier_id=proved.id, public_key=public_key, sign_count=sign_count, name=name
                )
            )

    def find(self, credential_id: str) -> PasskeyRecord | None:
        """Return a live passkey."""
        with self._database.reading() as connection:
            known = _LIVE.where(proved_identifiers.c.value == credential_id)
            row = connection.execute(known).one_or_none()
        return None if row is None else _record(row)

    def of_person(self, person_id: str) -> tuple[PasskeyRecord, ...]:
        """Return a person's live passkeys, oldest first."""
        found = _LIVE.where(proved_identifiers.c.person_id == person_id)
        order = (proved_identifiers.c.verified_at, proved_identifiers.c.id)
        with self._database.reading() as connection:
            return tuple(_record(row) for row in connection.execute(found.order_by(*order)))

    def note_use(self, known: PasskeyRecord, sign_count: int, now: datetime) -> None:
        """Record a use.

        Raises:
            ConflictError: It was used since `known` was read; two uses with one counter mean a copy.
        """
        same = (passkeys.c.identifier_id == known.identifier_id) & (passkeys.c.sign_count == known.sign_count)
        with self._database.writing() as connection:
            used = update(passkeys).where(same).values(sign_count=sign_count, last_used_at=now)
            if connection.execute(used).rowcount != 1:
                raise ConflictError("this passkey was used elsewhere in the same moment: try again")


_LIVE: Select[Any] = (
    select(passkeys, proved_identifiers)
    .join(proved_identifiers, proved_identifiers.c.id == passkeys.c.identifier_id)
    .where(
        proved_identifiers.c.kind == ProvedKind.PASSKEY.value,
        proved_identifiers.c.ended_at.is_(None),
    )
)


def _record(row: Row[Any]) -> PasskeyRecord:
    return PasskeyRecord(
        identifier_id=row.identifier_id,
        person_id=row.person_id,
        credential_id=row.value,
        public_key=row.public_key,
        sign_count=row.sign_count,
        name=row.name,
        added_at=row.verified_at,
        last_used_at=row.last_used_at,
        signs_in=row.signs_in,
    )
