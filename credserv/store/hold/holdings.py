"""What a person holds from any organisation, for the signed-in person only.

Credentials reach a person by what they proved (people.py), never by what an organisation asserts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, func, select, update

from credserv.records.credentials import CredentialRecord, CredentialState
from credserv.records.paging import Place
from credserv.store.frame.database import Database
from credserv.store.frame.prepared import select_one
from credserv.store.hold.credential_rows import SELECT_CREDENTIAL, credential_record
from credserv.store.hold.objections import was_given_up
from credserv.store.tables import credentials, shares

_ISSUED = (CredentialState.ACTIVE, CredentialState.SUSPENDED, CredentialState.REVOKED)

Held = tuple[str, CredentialRecord]


class HoldingRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    def of_person(
        self, person_id: str, *, limit: int | None = None, after: Place | None = None
    ) -> tuple[Held, ...]:
        """Return a person's credentials with their organisations, newest first.

        Pending, failed and erased ones, and those found not to be the person's, are left out.

        Args:
            after: The last one of the previous page.
        """
        conditions: list[ColumnElement[bool]] = [credentials.c.person_id == person_id]
        if after is not None:
            earlier = credentials.c.issued_at < after.at
            conditions.append(
                earlier | ((credentials.c.issued_at == after.at) & (credentials.c.id > after.id))
            )
        return self._find(*conditions, limit=limit)

    def count(self, person_id: str) -> int:
        """Return how many `of_person` would return."""
        found = select(func.count()).where(credentials.c.person_id == person_id, *_shown())
        with self._database.reading() as connection:
            return int(connection.execute(found).scalar_one())

    def get(self, person_id: str, credential_id: str) -> Held | None:
        """Return a credential; None if it is not this person's."""
        with self._database.reading() as connection:
            row = select_one(connection, _ONE, {"person": person_id, "wanted": credential_id})
        return None if row is None else (row.organisation_id, credential_record(row))

    def organisation_of_share(self, person_id: str, token_sha256: str) -> str | None:
        """Return the organisation at whose address a person's link is."""
        found = select(shares.c.organisation_id).where(
            shares.c.token_sha256 == token_sha256, shares.c.person_id == person_id
        )
        with self._database.reading() as connection:
            return connection.execute(found).scalar_one_or_none()

    def organisations_of_shares(self, person_id: str) -> tuple[str, ...]:
        found = select(shares.c.organisation_id).where(shares.c.person_id == person_id).distinct()
        with self._database.reading() as connection:
            return tuple(connection.scalars(found.order_by(shares.c.organisation_id)))

    def get_all(self, person_id: str, credential_ids: Sequence[str]) -> tuple[Held, ...]:
        """Return those of the credentials that are the person's, in this order."""
        found = self._find(credentials.c.person_id == person_id, credentials.c.id.in_(credential_ids))
        by_id = {record.id: (organisation, record) for organisation, record in found}
        return tuple(by_id[known] for known in credential_ids if known in by_id)

    def hide(self, person_id: str, credential_id: str, hidden_at: datetime | None) -> bool:
        """Hide the public page, or show it again (None); return whether the credential is the person's."""
        own = (credentials.c.id == credential_id) & (credentials.c.person_id == person_id)
        with self._database.writing() as connection:
            done = connection.execute(update(credentials).where(own).values(hidden_at=hidden_at))
        return bool(done.rowcount)

    def _find(self, *conditions: ColumnElement[bool], limit: int | None = None) -> tuple[Held, ...]:
        found = SELECT_CREDENTIAL.where(*_shown(), *conditions)
        order = (credentials.c.issued_at.desc(), credentials.c.id)
        with self._database.reading() as connection:
            rows = connection.execute(found.order_by(*order).limit(limit))
            return tuple((row.organisation_id, credential_record(row)) for row in rows)


def _shown() -> tuple[ColumnElement[bool], ...]:
    is_there = credentials.c.erased_sha256.is_(None)
    return (credentials.c.state.in_([state.value for state in _ISSUED]), is_there, ~was_given_up())


_ONE = SELECT_CREDENTIAL.where(
    *_shown(), credentials.c.person_id == bindparam("person"), credentials.c.id == bindparam("wanted")
)
