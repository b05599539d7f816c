"""The people of an organisation as its console lists them: search, paging, employment data."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, exists, select, update

from credserv.ground.errors import NotFoundError
from credserv.ground.words import search_text, search_words
from credserv.records.paging import Page, Place
from credserv.records.people import AssertedKind, MemberFacts, MembershipRecord, RosterRecord
from credserv.store.admit.members import membership_record
from credserv.store.frame.database import Database
from credserv.store.frame.places import behind
from credserv.store.tables import asserted_identifiers, credentials, memberships, people, person_merges


class RosterRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    def get(self, membership_id: str) -> MembershipRecord | None:
        found = select(memberships).where(self._own(), memberships.c.id == membership_id)
        with self._database.reading() as connection:
            row = connection.execute(found).one_or_none()
        return None if row is None else membership_record(row)

    def known(self, membership_ids: Collection[str]) -> tuple[MembershipRecord, ...]:
        """Return those of the members whom the organisation knows, in no order."""
        found = select(memberships).where(self._own(), memberships.c.id.in_(list(membership_ids)))
        with self._database.reading() as connection:
            return tuple(membership_record(row) for row in connection.execute(found))

    def search(self, text: str = "", *, limit: int, after: Place | None = None) -> Page[RosterRecord]:
        """Search by words of name, address and unit; "" finds all. Latest members first."""
        conditions = [self._own(), ~_JOINED, *(_has(word) for word in search_words(text))]
        if after is not None:
            conditions.append(behind(memberships.c.created_at, memberships.c.id, after))
        found = select(memberships).where(*conditions)
        order = (memberships.c.created_at.desc(), memberships.c.id)
        with self._database.reading() as connection:
            rows = connection.execute(found.order_by(*order).limit(limit + 1)).all()
            addresses = self._addresses(connection, [row.id for row in rows])
        items = [
            RosterRecord(membership_record(row), tuple(addresses.get(row.id, ()))) for row in rows[:limit]
        ]
        return Page(tuple(items), newer=after is not None, older=len(rows) > limit)

    def units(self) -> tuple[str, ...]:
        """Return every unit with a member, by name."""
        found = select(memberships.c.unit).where(self._own(), memberships.c.unit.is_not(None)).distinct()
        with self._database.reading() as connection:
            return tuple(connection.execute(found.order_by(memberships.c.unit)).scalars())

    def awards(self, membership_id: str) -> tuple[tuple[str, str], ...]:
        """Return the ids and achievement keys of the newest 50 credentials ordered for a member."""
        found = (
            select(credentials.c.id, credentials.c.achievement_key)
            .join(asserted_identifiers, asserted_identifiers.c.id == credentials.c.identifier_id)
            .where(
                asserted_identifiers.c.organisation_id == self._organisation_id,
                asserted_identifiers.c.membership_id == membership_id,
            )
            .order_by(credentials.c.issued_at.desc(), credentials.c.id)
        )
        with self._database.reading() as connection:
            return tuple((row.id, row.achievement_key) for row in connection.execute(found.limit(50)))

    def change_facts(self, membership_id: str, facts: MemberFacts) -> None:
        """Replace what the organisation says of a member.

        If the person's wallet has the former name, it gets the new one.

        Raises:
            NotFoundError: There is no such member.
        """
        own = (self._own(), memberships.c.id == membership_id)
        with self._database.writing() as connection:
            told = connection.execute(select(memberships.c.name, memberships.c.person_id).where(*own))
            before = told.one_or_none()
            if before is None:
                raise NotFoundError("there is no such person")
            if facts.name is not None:
                same = (people.c.id == before.person_id) & (people.c.name == before.name)
                connection.execute(update(people).where(same).values(name=facts.name))
            addresses = self._addresses(connection, [membership_id]).get(membership_id, [])
            connection.execute(
                update(memberships)
                .where(*own)
                .values(
                    name=facts.name,
                    unit=facts.unit,
                    site=facts.site,
                    language=facts.language,
                    starts_on=facts.starts_on,
                    ends_on=facts.ends_on,
                    search_text=search_text("\n".join(addresses), facts.name),
                )
            )

    def stay(self, membership_id: str) -> None:
        """Remove the last day."""
        own = (self._own(), memberships.c.id == membership_id)
        with self._database.writing() as connection:
            connection.execute(update(memberships).where(*own).values(ends_on=None))

    def _addresses(self, connection: Connection, members: Collection[str]) -> dict[str, list[str]]:
        """Return the live addresses of each member, oldest first."""
        found = select(asserted_identifiers.c.membership_id, asserted_identifiers.c.value).where(
            asserted_identifiers.c.membership_id.in_(members),
            asserted_identifiers.c.kind.in_([AssertedKind.EMAIL.value, AssertedKind.DID.value]),
            asserted_identifiers.c.ended_at.is_(None),
        )
        order = (asserted_identifiers.c.created_at, asserted_identifiers.c.id)
        by_member: dict[str, list[str]] = {}
        for row in connection.execute(found.order_by(*order)):
            by_member.setdefault(row.membership_id, []).append(row.value)
        return by_member

    def _own(self) -> ColumnElement[bool]:
        return memberships.c.organisation_id == self._organisation_id


# A membership that turned out to be another member's stays for undoing, and addresses nobody.
_JOINED = exists().where(
    person_merges.c.from_id == memberships.c.person_id,
    person_merges.c.done_at.is_not(None),
    person_merges.c.undone_at.is_(None),
)


def _has(word: str) -> ColumnElement[bool]:
    return memberships.c.search_text.contains(word, autoescape=True)
