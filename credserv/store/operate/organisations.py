"""The organisations of an installation, each with its signing keys."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, select, update
from sqlalchemy.engine import Row

from credserv.ground.errors import ConflictError, NotFoundError
from credserv.ground.json_types import JsonObject
from credserv.records.organisations import KeyState, OrganisationRecord, SigningKeyRecord
from credserv.store.frame.database import Database, insert_if_absent
from credserv.store.frame.remembered import Memory
from credserv.store.tables import (
    achievements,
    credentials,
    organisations,
    signing_keys,
    status_lists,
    trusted_lists,
)

_OLDEST_FIRST = (signing_keys.c.created_at, signing_keys.c.verification_method)


class OrganisationDirectory:
    """All organisations, for the composition root and the operator only."""

    def __init__(self, database: Database, memory: Memory) -> None:
        self._database = database
        self._memory = memory

    def create(self, organisation: OrganisationRecord, now: datetime) -> None:
        """Store an organisation and its keys.

        Raises:
            ConflictError: Its id, DID or address is taken.
        """
        with self._database.writing() as connection:
            created = insert_if_absent(
                connection,
                organisations,
                id=organisation.id,
                name=organisation.name,
                did=organisation.did,
                profile=dict(organisation.profile),
                address=organisation.address,
                time_zone=organisation.time_zone,
                first_weekday=organisation.first_weekday,
                created_at=organisation.created_at or now,
                closed_at=organisation.closed_at,
                sandbox=organisation.sandbox,
            )
            if not created:
                raise ConflictError("there is an organisation of this name, DID or address already")
            for key in organisation.keys:
                _insert_key(connection, organisation.id, key)
            self._memory.bump(connection)

    def list(self) -> tuple[OrganisationRecord, ...]:
        """Return all organisations, closed ones included, oldest first (remembered)."""
        return self._memory.get("organisations", self._read) or ()

    def _read(self) -> tuple[OrganisationRecord, ...] | None:
        order = (organisations.c.created_at, organisations.c.id)
        with self._database.reading() as connection:
            rows = connection.execute(select(organisations).order_by(*order)).all()
            keys = connection.execute(select(signing_keys).order_by(*_OLDEST_FIRST)).all()
        return tuple(
            _organisation(row, [key for key in keys if key.organisation_id == row.id]) for row in rows
        )

    def find_by_did(self, did: str) -> OrganisationRecord | None:
        return next((known for known in self.list() if known.did == did), None)

    def owner_of_trusted_list(self, list_id: str) -> str | None:
        """Return whose list it is, for jobs, which carry only ids."""
        found = select(trusted_lists.c.organisation_id).where(trusted_lists.c.id == list_id)
        with self._database.reading() as connection:
            return connection.execute(found).scalar_one_or_none()


class OrganisationRepository:
    """The organisation of its store."""

    def __init__(self, database: Database, organisation_id: str, memory: Memory) -> None:
        self._database = database
        self._memory = memory
        self._id = organisation_id

    def get(self) -> OrganisationRecord | None:
        """Return the organisation with its keys, oldest first; None if there is none (remembered)."""
        return self._memory.get(("organisation", self._id), self._read)

    def _read(self) -> OrganisationRecord | None:
        with self._database.reading() as connection:
            row = connection.execute(
                select(organisations).where(organisations.c.id == self._id)
            ).one_or_none()
            return None if row is None else _organisation(row, _keys(connection, row.id))

    def add_key(self, key: SigningKeyRecord) -> None:
        """Store a key.

        Raises:
            ConflictError: The verification method or the public key is known (attack 77).
        """
        with self._database.writing() as connection:
            _insert_key(connection, self._id, key)
            self._memory.bump(connection)

    def activate_key(self, verification_method: str, now: datetime) -> bool:
        """Let a pending key sign from now on; return whether it was pending.

        Raises:
            NotFoundError: There is no such key.
        """
        pending = signing_keys.c.state == KeyState.PENDING.value
        return self._change_key(
            verification_method, pending, state=KeyState.ACTIVE.value, activated_at=now, activates_at=None
        )

    def plan_key(self, verification_method: str, at: datetime) -> bool:
        """Schedule a pending key to sign at an instant; return whether it was pending and unscheduled.

        Raises:
            NotFoundError: There is no such key.
        """
        unplanned = (signing_keys.c.state == KeyState.PENDING.value) & signing_keys.c.activates_at.is_(None)
        return self._change_key(verification_method, unplanned, activates_at=at)

    def plan_replacement(self, at: datetime) -> None:
        """Schedule the active keys to retire when another begins to sign."""
        active = (signing_keys.c.organisation_id == self._id) & (
            signing_keys.c.state == KeyState.ACTIVE.value
        )
        with self._database.writing() as connection:
            connection.execute(update(signing_keys).where(active).values(activates_at=at))
            self._memory.bump(connection)

    def retire_key(self, verification_method: str, now: datetime) -> None:
        """Stop a key from signing; it stays published. A retired one keeps its end.

        Raises:
            NotFoundError: There is no such key.
        """
        running = signing_keys.c.state.in_([KeyState.ACTIVE.value, KeyState.PENDING.value])
        self._change_key(verification_method, running, state=KeyState.RETIRED.value, ended_at=now)

    def revoke_key(self, verification_method: str, now: datetime) -> None:
        """Make a key count for nothing, for good, and make the status lists that it signed due.

        Raises:
            NotFoundError: There is no such key.
        """
        trusted = signing_keys.c.state != KeyState.COMPROMISED.value
        with self._database.writing() as connection:
            self._change_key(verification_method, trusted, state=KeyState.COMPROMISED.value, ended_at=now)
            connection.execute(
                update(status_lists)
                .where(status_lists.c.organisation_id == self._id)
                .values(published_at=None, revision=status_lists.c.revision + 1)
            )

    def change(self, *, name: str, profile: JsonObject) -> None:
        """Change name and profile.

        Raises:
            NotFoundError: There is no such organisation.
        """
        self._update(name=name, profile=dict(profile))

    def set_calendar(self, *, time_zone: str, first_weekday: int) -> None:
        """Set the calendar.

        Raises:
            NotFoundError: There is no such organisation.
        """
        self._update(time_zone=time_zone, first_weekday=first_weekday)

    def change_address(self, address: str | None, did: str) -> None:
        """Change the address while no achievement or credential names it; the keys move to the new DID.

        Raises:
            NotFoundError: There is no such organisation.
            ConflictError: Something names the address, or the new one is taken.
        """
        named = [
            select(table.c.organisation_id).where(table.c.organisation_id == self._id).limit(1)
            for table in (achievements, credentials)
        ]
        with self._database.writing() as connection:
            if any(connection.execute(found).first() is not None for found in named):
                raise ConflictError("its achievements and badges name the address that it has: it stays")
            self._update(address=address, did=did)
            for key in _keys(connection, self._id):
                own = signing_keys.c.verification_method == key.verification_method
                renamed = f"{did}#{key.public_key_multibase}"
                connection.execute(update(signing_keys).where(own).values(verification_method=renamed))

    def close(self, now: datetime) -> None:
        """Issue nothing new from now on. A closed one keeps its end.

        Raises:
            NotFoundError: There is no such organisation.
        """
        self._update(organisations.c.closed_at.is_(None), closed_at=now)

    def mark_moved(self, now: datetime) -> None:
        """Issue, change and sign nothing for it here from now on. One already moved keeps its instant.

        Raises:
            NotFoundError: There is no such organisation.
        """
        self._update(organisations.c.moved_at.is_(None), moved_at=now)

    def reopen(self) -> None:
        """Let it issue again; it no longer counts as moved.

        Raises:
            NotFoundError: There is no such organisation.
        """
        self._update(closed_at=None, moved_at=None)

    def _update(self, *when: ColumnElement[bool], **values: object) -> None:
        """Update the row.

        FOR UPDATE waits for every reservation and status change in progress, and later ones see the
        change (open_organisation.py).
        """
        own = organisations.c.id == self._id
        known = select(organisations.c.id).where(own).with_for_update()
        with self._database.writing() as connection:
            if connection.execute(known).one_or_none() is None:
                raise NotFoundError("there is no such organisation")
            connection.execute(update(organisations).where(own, *when).values(**values))
            self._memory.bump(connection)

    def _change_key(self, verification_method: str, when: ColumnElement[bool], **values: object) -> bool:
        own = (signing_keys.c.organisation_id == self._id) & (
            signing_keys.c.verification_method == verification_method
        )
        with self._database.writing() as connection:
            found = select(signing_keys.c.state).where(own)
            if connection.execute(found).one_or_none() is None:
                raise NotFoundError("there is no such signing key")
            changed = connection.execute(update(signing_keys).where(own, when).values(**values))
            self._memory.bump(connection)
        return bool(changed.rowcount)


def _insert_key(connection: Connection, organisation_id: str, key: SigningKeyRecord) -> None:
    connection.execute(
        insert(signing_keys).values(
            verification_method=key.verification_method,
            organisation_id=organisation_id,
            public_key_multibase=key.public_key_multibase,
            signer_uri=key.signer_uri,
            state=key.state.value,
            created_at=key.created_at,
            activated_at=key.activated_at,
            ended_at=key.ended_at,
            activates_at=key.activates_at,
        )
    )


def _keys(connection: Connection, organisation_id: str) -> Sequence[Row[Any]]:
    own = signing_keys.c.organisation_id == organisation_id
    return connection.execute(select(signing_keys).where(own).order_by(*_OLDEST_FIRST)).all()


def _organisation(row: Row[Any], keys: Sequence[Row[Any]]) -> OrganisationRecord:
    return OrganisationRecord(
        id=row.id,
        name=row.name,
        did=row.did,
        profile=row.profile,
        keys=tuple(_key(key) for key in keys),
        address=row.address,
        time_zone=row.time_zone,
        first_weekday=row.first_weekday,
        created_at=row.created_at,
        closed_at=row.closed_at,
        moved_at=row.moved_at,
        sandbox=row.sandbox,
    )


def _key(row: Row[Any]) -> SigningKeyRecord:
    return SigningKeyRecord(
        verification_method=row.verification_method,
        public_key_multibase=row.public_key_multibase,
        signer_uri=row.signer_uri,
        state=KeyState(row.state),
        created_at=row.created_at,
        activated_at=row.activated_at,
        ended_at=row.ended_at,
        activates_at=row.activates_at,
    )
