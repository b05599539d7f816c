"""The members of an organisation, and the identifiers by which it addresses their awards.

What an organisation asserts leads only to its own members. Two of its identifiers belong to one person only
if both are on one membership, which no order ever brings about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, select, update
from sqlalchemy.engine import Row

from credserv.ground.encoding import new_id
from credserv.ground.errors import InputError, NotFoundError
from credserv.ground.names import fold, normalise_email, parse_email
from credserv.ground.words import search_text
from credserv.records.credentials import IN_PLACE_OF, Recipient
from credserv.records.people import AssertedIdentifierRecord, AssertedKind, MembershipRecord
from credserv.store.frame.database import Database, insert_all_absent
from credserv.store.frame.prepared import select_all
from credserv.store.hold.awards import move_awards
from credserv.store.hold.credential_rows import Addressee
from credserv.store.hold.share_rows import showing
from credserv.store.tables import (
    asserted_identifiers,
    credentials,
    memberships,
    people,
    proved_identifiers,
    shares,
)

Asserted = tuple[AssertedKind, str]

_ON_MEMBER = memberships.c.id == asserted_identifiers.c.membership_id
_JOINED = select(
    asserted_identifiers,
    memberships.c.person_id,
    memberships.c.name.label("called"),
    memberships.c.search_text,
    memberships.c.declines_since,
).join(memberships, _ON_MEMBER)
_ADDRESSES = (AssertedKind.EMAIL.value, AssertedKind.DID.value)
_BY_VALUES = _JOINED.where(
    asserted_identifiers.c.organisation_id == bindparam("own"),
    asserted_identifiers.c.kind.in_(_ADDRESSES),
    asserted_identifiers.c.value.in_(bindparam("values", expanding=True)),
    asserted_identifiers.c.ended_at.is_(None),
)
# The owner of a membership and their wishes must not change until the order is stored. Joining wallets,
# ending an address, erasing and declining therefore lock the row too. SQLite has one writer at a time. Orders
# and merging.lock lock several rows in the same order.
_BY_VALUES = _BY_VALUES.order_by(memberships.c.id).with_for_update(key_share=True, read=True, of=memberships)


class MemberRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    # --- members

    def of_person(self, person_id: str) -> MembershipRecord | None:
        """Return what this organisation knows of a person; None if they are not a member."""
        found = select(memberships).where(self._own(), memberships.c.person_id == person_id)
        with self._database.reading() as connection:
            row = connection.execute(found).one_or_none()
        return None if row is None else membership_record(row)

    def find_by_email(self, email: str) -> MembershipRecord | None:
        """Return the member with an address, however it is written (ground/names.py)."""
        known = (
            asserted_identifiers.c.kind == AssertedKind.EMAIL.value,
            asserted_identifiers.c.value == bindparam("spelling"),
            asserted_identifiers.c.ended_at.is_(None),
        )
        joined = asserted_identifiers.c.membership_id == memberships.c.id
        found = select(memberships).join(asserted_identifiers, joined).where(self._own(), *known)
        with self._database.reading() as connection:
            rows = (connection.execute(found, {"spelling": one}).one_or_none() for one in spellings(email))
            return next((membership_record(row) for row in rows if row is not None), None)

    # --- identifiers

    def identifiers(self, membership_id: str) -> tuple[AssertedIdentifierRecord, ...]:
        """Return a member's identifiers, oldest first, ended ones included."""
        found = select(asserted_identifiers).where(
            asserted_identifiers.c.organisation_id == self._organisation_id,
            asserted_identifiers.c.membership_id == membership_id,
        )
        order = (asserted_identifiers.c.created_at, asserted_identifiers.c.id)
        with self._database.reading() as connection:
            return tuple(_identifier(row) for row in connection.execute(found.order_by(*order)))

    def email_of(self, person_id: str) -> str | None:
        """Return the first live address by which this organisation reaches a member."""
        found = (
            select(asserted_identifiers.c.written)
            .join(memberships, memberships.c.id == asserted_identifiers.c.membership_id)
            .where(
                self._own(),
                memberships.c.person_id == person_id,
                asserted_identifiers.c.kind == AssertedKind.EMAIL.value,
                asserted_identifiers.c.ended_at.is_(None),
            )
            .order_by(asserted_identifiers.c.created_at, asserted_identifiers.c.id)
        )
        with self._database.reading() as connection:
            return connection.execute(found.limit(1)).scalar_one_or_none()

    def end_identifier(self, identifier_id: str, as_of: datetime, now: datetime) -> AssertedIdentifierRecord:
        """End an identifier as of a past instant, because it is now somebody else's mailbox, for instance.

        Orders for it since then, and from now on, belong to a new person. An ended one keeps its first end.
        If the member proved the address after it was asserted, it no longer signs them in, so that its next
        owner does not enter their wallet.

        Raises:
            NotFoundError: There is no such identifier.
        """
        own = (asserted_identifiers.c.id == identifier_id) & (
            asserted_identifiers.c.organisation_id == self._organisation_id
        )
        with self._database.writing() as connection:
            found = select(asserted_identifiers).join(memberships, _ON_MEMBER).where(own)
            row = connection.execute(found.with_for_update(of=memberships)).one_or_none()
            if row is None:
                raise NotFoundError("there is no such identifier")
            if row.ended_at is None:
                connection.execute(update(asserted_identifiers).where(own).values(ended_at=as_of))
                _end_proof(connection, row, now)
                self._move_later_awards(connection, row, as_of, now)
        return _identifier(row)

    def _move_later_awards(
        self, connection: Connection, ended: Row[Any], as_of: datetime, now: datetime
    ) -> None:
        found = select(credentials.c.id, credentials.c.idempotency_key, credentials.c.issued_at)
        rows = connection.execute(found.where(credentials.c.identifier_id == ended.id))
        held = {row.id: (row.idempotency_key, row.issued_at) for row in rows}
        moved_ids = [one for one in held if _first_issued(one, held) > as_of]
        if not moved_ids:
            return
        by_email = ended.kind == AssertedKind.EMAIL.value
        next_one = Recipient(email=ended.written) if by_email else Recipient(did=ended.value)
        asserted = _asserted(next_one)
        self._insert(connection, {asserted: next_one}, now)
        row = self._find_all(connection, {asserted: next_one})[asserted]
        shown = update(shares).where(showing(moved_ids), shares.c.ended_at.is_(None))
        connection.execute(shown.values(ended_at=now))
        connection.execute(
            update(credentials)
            .where(credentials.c.id.in_(moved_ids))
            .values(identifier_id=row.id, person_id=row.person_id)
        )
        move_awards(connection, moved_ids, row.membership_id)

    def decline(self, person_id: str, since: datetime | None) -> None:
        """Award nothing to the member from now on, or allow awards again (None).

        Raises:
            NotFoundError: There is no such member.
        """
        with self._database.writing() as connection:
            mine = (self._own(), memberships.c.person_id == person_id)
            known = connection.scalars(select(memberships.c.id).where(*mine).with_for_update()).one_or_none()
            if known is None:
                raise NotFoundError("this organisation knows nobody like this")
            one = memberships.c.id == known
            connection.execute(update(memberships).where(one).values(declines_since=since))

    def add(self, recipient: Recipient, now: datetime) -> MembershipRecord:
        """Return the member with this address or DID, creating one if there is none.

        Raises:
            InputError: The recipient is not valid.
        """
        with self._database.writing() as connection:
            addressee = self.find_or_create(connection, [recipient], now)[0]
            joined = asserted_identifiers.c.membership_id == memberships.c.id
            found = select(memberships).join(asserted_identifiers, joined)
            found = found.where(asserted_identifiers.c.id == addressee.identifier_id)
            return membership_record(connection.execute(found).one())

    # --- orders

    def find_or_create(
        self, connection: Connection, recipients: Sequence[Recipient], now: datetime
    ) -> list[Addressee]:
        """Return who the recipients are, in the same order, in the caller's transaction.

        A DID in an order never joins two members. Otherwise whoever orders could reach into another's wallet.

        Raises:
            InputError: A recipient names nobody.
        """
        wanted = [_asserted(recipient) for recipient in recipients]
        named = dict(zip(wanted, recipients, strict=True))
        known = self._find_all(connection, named)
        absent = sorted(named.keys() - known.keys())
        made: dict[Asserted, Addressee] | None = None
        if absent:
            made = self._insert(connection, {one: named[one] for one in absent}, now)
            if made is None:
                known = self._find_all(connection, named)
        for asserted, row in known.items():
            if row.called is None and named[asserted].name is not None:
                self._set_name(connection, row, named[asserted].name or "")
        found = {
            asserted: Addressee(row.id, row.membership_id, row.person_id, row.declines_since is not None)
            for asserted, row in known.items()
        } | (made or {})
        return [found[asserted] for asserted in wanted]

    def _find_all(
        self, connection: Connection, wanted: Mapping[Asserted, Recipient]
    ) -> dict[Asserted, Row[Any]]:
        """Return the rows of those known, under any earlier spelling."""
        spelled = {
            (kind, value): [
                (kind, one) for one in ([value] if recipient.email is None else spellings(recipient.email))
            ]
            for (kind, value), recipient in wanted.items()
        }
        values = {value for known in spelled.values() for _, value in known}
        rows = select_all(connection, _BY_VALUES, {"own": self._organisation_id, "values": list(values)})
        found = {(AssertedKind(row.kind), row.value): row for row in rows}
        return {
            asserted: next(found[one] for one in known if one in found)
            for asserted, known in spelled.items()
            if not found.keys().isdisjoint(known)
        }

    def _insert(
        self, connection: Connection, named: Mapping[Asserted, Recipient], now: datetime
    ) -> dict[Asserted, Addressee] | None:
        """Insert a person, a membership and an identifier for each; None if another
        process was first, so look them up.
        """
        made = [(new_id(now), *asserted, named[asserted].name) for asserted in named]
        own = {"organisation_id": self._organisation_id, "created_at": now}
        insert_all_absent(
            connection, people, [{"id": known, "name": name, "created_at": now} for known, _, _, name in made]
        )
        insert_all_absent(
            connection,
            memberships,
            [
                {
                    **own,
                    "id": known,
                    "person_id": known,
                    "name": name,
                    "search_text": search_text(value, name),
                }
                for known, _, value, name in made
            ],
        )
        identifiers = [
            {
                **own,
                "id": known,
                "membership_id": known,
                "kind": kind.value,
                "value": value,
                "written": _written(named[kind, value]),
            }
            for known, kind, value, _ in made
        ]
        if not insert_all_absent(connection, asserted_identifiers, identifiers):
            _forget_unaddressed(connection, [known for known, _, _, _ in made])
            return None
        return {(kind, value): Addressee(known, known, known) for known, kind, value, _ in made}

    def set_family_name(self, membership_id: str, family_name: str) -> None:
        """Set which part of the member's name is the family name."""
        with self._database.writing() as connection:
            one = self._own() & (memberships.c.id == membership_id)
            connection.execute(update(memberships).where(one).values(family_name=family_name))

    def _set_name(self, connection: Connection, row: Row[Any], name: str) -> None:
        connection.execute(
            update(memberships)
            .where(memberships.c.id == row.membership_id)
            .values(name=name, search_text=search_text(row.search_text, name))
        )
        unnamed = (people.c.id == row.person_id) & people.c.name.is_(None)
        connection.execute(update(people).where(unnamed).values(name=name))

    def _own(self) -> ColumnElement[bool]:
        return memberships.c.organisation_id == self._organisation_id


def _first_issued(credential_id: str, held: Mapping[str, tuple[str, datetime]]) -> datetime:
    """Return when the first badge of a chain of replacements was issued; it decides who owns it.

    `held` has key and instant of each, by id.
    """
    key, issued_at = held[credential_id]
    former = key.removeprefix(IN_PLACE_OF)
    return _first_issued(former, held) if former != key and former in held else issued_at


def _end_proof(connection: Connection, asserted: Row[Any], now: datetime) -> None:
    """End the proof of a member who proved the address after it was asserted of them."""
    member = select(memberships.c.person_id).where(memberships.c.id == asserted.membership_id)
    connection.execute(
        update(proved_identifiers)
        .where(
            proved_identifiers.c.person_id.in_(member),
            proved_identifiers.c.kind == asserted.kind,
            proved_identifiers.c.value.in_([asserted.value, *spellings(asserted.value)]),
            proved_identifiers.c.verified_at >= asserted.created_at,
            proved_identifiers.c.ended_at.is_(None),
        )
        .values(ended_at=now, signs_in=False)
    )


def _forget_unaddressed(connection: Connection, ids: Sequence[str]) -> None:
    """Delete new people whose identifier another process inserted first."""
    addressed = set(
        connection.scalars(
            select(asserted_identifiers.c.membership_id).where(asserted_identifiers.c.membership_id.in_(ids))
        )
    )
    idle = [known for known in ids if known not in addressed]
    connection.execute(delete(memberships).where(memberships.c.id.in_(idle)))
    connection.execute(delete(people).where(people.c.id.in_(idle)))


def _asserted(recipient: Recipient) -> Asserted:
    if recipient.email is not None:
        return AssertedKind.EMAIL, normalise_email(recipient.email)
    if recipient.did is not None:
        return AssertedKind.DID, recipient.did
    raise InputError("a recipient needs an e-mail address or a DID")


def _written(recipient: Recipient) -> str:
    return recipient.did or "" if recipient.email is None else str(parse_email(recipient.email.strip()))


def spellings(email: str) -> list[str]:
    """Return the spellings under which an address may be stored.

    These are the normal form and that of earlier releases, which kept the domain as written. The older form
    comes first, so that a wallet stays the same.
    """
    try:
        address = parse_email(email.strip())
    except InputError:  # from a release that accepted it
        return [fold(email.strip())]
    as_a_label = f"{fold(address.local)}@{address.ascii_domain}"
    return list(dict.fromkeys((fold(email.strip()), address.normal, as_a_label)))


def membership_record(row: Row[Any]) -> MembershipRecord:
    """Return the record of a row."""
    return MembershipRecord(
        id=row.id,
        person_id=row.person_id,
        created_at=row.created_at,
        name=row.name,
        unit=row.unit,
        site=row.site,
        language=row.language,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        declines_since=row.declines_since,
        family_name=row.family_name,
    )


def _identifier(row: Row[Any]) -> AssertedIdentifierRecord:
    return AssertedIdentifierRecord(
        id=row.id,
        membership_id=row.membership_id,
        kind=AssertedKind(row.kind),
        value=row.value,
        written=row.written,
        created_at=row.created_at,
        ended_at=row.ended_at,
        namespace=row.namespace,
    )
