"""The links by which people show a credential."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.engine import Row

from credserv.ground.errors import NotFoundError
from credserv.records.people import ShareRecord
from credserv.store.database import Database
from credserv.store.tables import credentials, shares


class ShareRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    def create(self, share: ShareRecord) -> None:
        """Raises NotFoundError unless the credential is the person's own."""
        owned = select(credentials.c.id).where(
            credentials.c.id == share.credential_id,
            credentials.c.organisation_id == self._organisation_id,
            credentials.c.person_id == share.person_id,
        )
        with self._database.writing() as connection:
            if connection.execute(owned).one_or_none() is None:
                raise NotFoundError("the person has no such credential")
            connection.execute(
                insert(shares).values(
                    token_sha256=share.token_sha256,
                    credential_id=share.credential_id,
                    person_id=share.person_id,
                    created_at=share.created_at,
                    label=share.label,
                    ended_at=share.ended_at,
                )
            )

    def get(self, token_sha256: str) -> ShareRecord | None:
        """Also one that was ended."""
        with self._database.reading() as connection:
            row = connection.execute(
                select(shares).where(shares.c.token_sha256 == token_sha256, self._own())
            ).one_or_none()
        return None if row is None else _share(row)

    def end(self, token_sha256: str, person_id: str, now: datetime) -> None:
        """Ends a person's own link; ended already: keeps its first end. Raises NotFoundError."""
        own = (shares.c.token_sha256 == token_sha256) & (shares.c.person_id == person_id) & self._own()
        with self._database.writing() as connection:
            if connection.execute(select(shares.c.token_sha256).where(own)).one_or_none() is None:
                raise NotFoundError("there is no such link")
            connection.execute(update(shares).where(own, shares.c.ended_at.is_(None)).values(ended_at=now))

    def of_person(self, person_id: str) -> tuple[ShareRecord, ...]:
        """Newest first, ended ones too."""
        found = select(shares).where(shares.c.person_id == person_id, self._own())
        with self._database.reading() as connection:
            rows = connection.execute(found.order_by(shares.c.created_at.desc(), shares.c.token_sha256))
            return tuple(_share(row) for row in rows)

    def _own(self) -> ColumnElement[bool]:
        """Of a credential of this organisation."""
        return shares.c.credential_id.in_(
            select(credentials.c.id).where(
                credentials.c.id == shares.c.credential_id,
                credentials.c.organisation_id == self._organisation_id,
            )
        )


def _share(row: Row[tuple[object, ...]]) -> ShareRecord:
    return ShareRecord(
        token_sha256=row.token_sha256,
        credential_id=row.credential_id,
        person_id=row.person_id,
        created_at=row.created_at,
        label=row.label,
        ended_at=row.ended_at,
    )
