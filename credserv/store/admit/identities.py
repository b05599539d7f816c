"""What a person's proofs allow: which of them sign in, and when nobody may change that."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, select, update

from credserv.ground.errors import NotFoundError
from credserv.records.people import AssertedKind, ProvedKind
from credserv.store.admit.members import spellings
from credserv.store.frame.database import Database
from credserv.store.tables import asserted_identifiers, people, proved_identifiers


class IdentityRepository:
    """Belongs to no organisation, like the person."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def lock(self, person_id: str) -> None:
        """Lock a person's ways in until the transaction ends.

        Raises:
            NotFoundError: There is no such person.
        """
        with self._database.writing() as connection:
            known = select(people.c.id).where(people.c.id == person_id).with_for_update()
            if connection.execute(known).one_or_none() is None:
                raise NotFoundError("there is no such person")

    def set_signing_in(self, person_id: str, identifier_id: str, *, signs_in: bool) -> None:
        """Set whether an identifier opens the wallet; it still receives letters.

        Nothing happens if it is not live.
        """
        own = (proved_identifiers.c.id == identifier_id) & (proved_identifiers.c.person_id == person_id)
        live = own & proved_identifiers.c.ended_at.is_(None)
        with self._database.writing() as connection:
            connection.execute(update(proved_identifiers).where(live).values(signs_in=signs_in))

    def given_at_work(self, person_id: str) -> frozenset[str]:
        """Return the ids of live addresses by which an organisation addressed somebody
        before this person proved them.

        Others may read those mailboxes, now or later.
        """
        mine = select(proved_identifiers).where(
            proved_identifiers.c.person_id == person_id,
            proved_identifiers.c.kind == ProvedKind.EMAIL.value,
            proved_identifiers.c.ended_at.is_(None),
        )
        found: set[str] = set()
        with self._database.reading() as connection:
            for row in connection.execute(mine).all():
                before = exists().where(
                    asserted_identifiers.c.kind == AssertedKind.EMAIL.value,
                    asserted_identifiers.c.value.in_(spellings(row.value)),
                    asserted_identifiers.c.created_at <= row.verified_at,
                )
                if connection.execute(select(before)).scalar_one():
                    found.add(row.id)
        return frozenset(found)

    def freeze(self, person_id: str, until: datetime) -> None:
        """Prevent changes of how this person signs in until an instant."""
        with self._database.writing() as connection:
            connection.execute(update(people).where(people.c.id == person_id).values(frozen_until=until))
