"""Credentials from the reservation on: each order once, each change of state by one winner."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, bindparam, exists, func, or_, select, update
from sqlalchemy.sql import ColumnElement, Select

from credserv.ground.errors import NotFoundError
from credserv.records.credentials import CredentialFilter, CredentialRecord, CredentialState
from credserv.records.paging import Page, Place
from credserv.store.award.credential_search import search_page
from credserv.store.award.credential_states import change_state
from credserv.store.frame.database import Database
from credserv.store.frame.prepared import select_one
from credserv.store.hold.awards import key_of, stand_in
from credserv.store.hold.credential_rows import SELECT_CREDENTIAL, credential_record
from credserv.store.hold.share_rows import showing
from credserv.store.publish.status_lists import StatusListRepository
from credserv.store.tables import (
    asserted_identifiers,
    credentials,
    proved_identifiers,
    repeated_orders,
    share_items,
    shares,
)

_OWN = credentials.c.organisation_id == bindparam("own")
_BY_ID = SELECT_CREDENTIAL.where(credentials.c.id == bindparam("wanted"), _OWN)
_BY_KEY = SELECT_CREDENTIAL.where(
    _OWN, credentials.c.scope == bindparam("scope"), credentials.c.idempotency_key == bindparam("key")
)
EVERY = CredentialFilter()
_AT_ONCE = 500  # of a sample; databases limit the parameters of a statement
_BY_REPEATED_KEY = SELECT_CREDENTIAL.join(
    repeated_orders, repeated_orders.c.credential_id == credentials.c.id
).where(
    repeated_orders.c.organisation_id == bindparam("own"),
    repeated_orders.c.scope == bindparam("scope"),
    repeated_orders.c.idempotency_key == bindparam("key"),
)


class CredentialRepository:
    def __init__(
        self,
        database: Database,
        organisation_id: str,
        status_lists: StatusListRepository,
    ) -> None:
        self._database = database
        self._organisation_id = organisation_id
        self._status_lists = status_lists

    def get(self, credential_id: str) -> CredentialRecord | None:
        with self._database.reading() as connection:
            return self._get(connection, credential_id)

    def find(self, scope: str, idempotency_key: str) -> CredentialRecord | None:
        """Return a credential by the key of its own order, or of an order it answered."""
        with self._database.reading() as connection:
            return self._find(connection, scope, idempotency_key)

    def of_member(self, membership_id: str) -> tuple[CredentialRecord, ...]:
        """Return everything issued to a member, by any of their addresses and in any state, oldest first."""
        theirs = select(asserted_identifiers.c.id).where(
            asserted_identifiers.c.organisation_id == self._organisation_id,
            asserted_identifiers.c.membership_id == membership_id,
        )
        found = SELECT_CREDENTIAL.where(self._own(), credentials.c.identifier_id.in_(theirs))
        return self._all(found.order_by(credentials.c.issued_at, credentials.c.id))

    def changed(self, since: datetime, after: str = "", *, limit: int) -> tuple[CredentialRecord, ...]:
        """Return credentials issued, suspended, restored or revoked since an instant, earliest change first.

        Args:
            after: The id of the last one seen of that instant.
        """
        at, id_ = credentials.c.changed_at, credentials.c.id
        found = SELECT_CREDENTIAL.where(self._own(), at >= since, or_(at > since, id_ > after))
        return self._all(found.order_by(credentials.c.changed_at, credentials.c.id).limit(limit))

    def holders(self, achievement_key: str) -> frozenset[str]:
        """Return the members to whom an achievement was issued, whatever became of it."""
        found = (
            select(asserted_identifiers.c.membership_id)
            .join(credentials, credentials.c.identifier_id == asserted_identifiers.c.id)
            .where(self._own(), credentials.c.achievement_key == achievement_key)
            .distinct()
        )
        with self._database.reading() as connection:
            return frozenset(connection.execute(found).scalars())

    def by_rule(self, scope: str, achievement_key: str, membership_id: str) -> tuple[CredentialRecord, ...]:
        """Return what was issued to a member of one achievement within a scope, oldest first."""
        joined = asserted_identifiers.c.id == credentials.c.identifier_id
        found = SELECT_CREDENTIAL.join(asserted_identifiers, joined).where(
            self._own(),
            credentials.c.scope == scope,
            credentials.c.achievement_key == achievement_key,
            asserted_identifiers.c.membership_id == membership_id,
        )
        return self._all(found.order_by(credentials.c.issued_at, credentials.c.id))

    def claim(self, credential_id: str, person_id: str) -> bool:
        """Give a credential and its links to a person, if nobody keeps it yet, because
        its recipient has proved nothing. One whose holder was erased stays nobody's.

        Returns:
            Whether it did.
        """
        kept = exists().where(proved_identifiers.c.person_id == credentials.c.person_id)
        is_there = credentials.c.erased_sha256.is_(None)
        unkept = (self._own(), credentials.c.id == credential_id, is_there, ~kept)
        with self._database.writing() as connection:
            moved = connection.execute(update(credentials).where(*unkept).values(person_id=person_id))
            if not moved.rowcount:
                return False
            shown = update(shares).where(showing([credential_id]))
            connection.execute(shown.values(person_id=person_id))
        return True

    def set_state(
        self, credential_id: str, state: CredentialState, *, reason: str, now: datetime, actor: str
    ) -> CredentialRecord:
        """Change a credential's state with its status bit and audit line.

        The current state again is no change.

        ACTIVE and SUSPENDED change into each other and into REVOKED, which is final (attack 73).

        Raises:
            NotFoundError: There is no such credential.
            ConflictError: Its state does not allow the change.
        """
        with self._database.writing() as connection:
            change_state(
                connection,
                self._organisation_id,
                self._status_lists,
                credential_id,
                state,
                reason=reason,
                now=now,
                actor=actor,
            )
            return self._require(connection, credential_id)

    def lock(self, credential_id: str) -> tuple[CredentialRecord, str | None]:
        """Lock a credential until the caller's transaction ends.

        Returns:
            The credential, and what a person is awarded of its achievement once; None if each order is a new
            award.

        Raises:
            NotFoundError: There is no such credential.
        """
        found = select(credentials.c.award).where(credentials.c.id == credential_id, self._own())
        with self._database.writing() as connection:
            award = connection.execute(found.with_for_update()).scalar_one_or_none()
            return self._require(connection, credential_id), None if award is None else key_of(award)

    def follow(self, credential_id: str, successor_id: str) -> None:
        """Make everything that shows one credential show its successor too; a hidden page stays hidden.

        The successor answers further orders for the award, unless another does.
        """
        this = (self._own(), credentials.c.id == credential_id)
        hidden = select(credentials.c.hidden_at).where(*this).scalar_subquery()
        with self._database.writing() as connection:
            follower = update(credentials).where(self._own(), credentials.c.id == successor_id)
            connection.execute(follower.values(hidden_at=hidden))
            shown = update(share_items).where(share_items.c.credential_id == credential_id)
            connection.execute(shown.values(credential_id=successor_id))
            stand_in(connection, successor_id)

    def sample(self, most: int) -> tuple[CredentialRecord, ...]:
        """Return up to `most` signed credentials, drawn by chance.

        Those with adjacent ids were issued together.
        """
        signed = select(credentials.c.id).where(self._own(), credentials.c.signed.is_not(None))
        drawn = signed.order_by(func.random()).limit(most)
        with self._database.reading() as connection:
            ids = list(connection.scalars(drawn))
        parts = [ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE)]
        found = [
            self._all(SELECT_CREDENTIAL.where(self._own(), credentials.c.id.in_(part))) for part in parts
        ]
        return tuple(record for part in found for record in part)

    def unfinished(self, before: datetime, limit: int) -> tuple[CredentialRecord, ...]:
        """Return credentials PENDING since before an instant, as a crash leaves them, oldest first."""
        pending = credentials.c.state == CredentialState.PENDING.value
        return self._oldest(pending, before, limit)

    def search(
        self,
        text: str = "",
        *,
        wanted: CredentialFilter = EVERY,
        limit: int,
        after: Place | None = None,
        before: Place | None = None,
    ) -> Page[CredentialRecord]:
        """Search by whole id or DID, or by words of a holder's address or name, or of a badge's name or key.

        "" finds all. Newest first. `%` and `_` stand for themselves.
        """
        with self._database.reading() as connection:
            return search_page(
                connection,
                self._organisation_id,
                text,
                wanted=wanted,
                limit=limit,
                after=after,
                before=before,
            )

    def count_by_state(self) -> Mapping[CredentialState, int]:
        """Return the number in each state, zeros included."""
        counted = select(credentials.c.state, func.count()).where(self._own()).group_by(credentials.c.state)
        with self._database.reading() as connection:
            counts = {row[0]: row[1] for row in connection.execute(counted)}
        return {state: counts.get(state.value, 0) for state in CredentialState}

    def _oldest(
        self, condition: ColumnElement[bool], before: datetime, limit: int
    ) -> tuple[CredentialRecord, ...]:
        found = SELECT_CREDENTIAL.where(self._own(), condition, credentials.c.issued_at < before)
        return self._all(found.order_by(credentials.c.issued_at, credentials.c.id).limit(limit))

    def _all(self, found: Select[tuple[object, ...]]) -> tuple[CredentialRecord, ...]:
        with self._database.reading() as connection:
            return tuple(credential_record(row) for row in connection.execute(found))

    def _own(self) -> ColumnElement[bool]:
        return credentials.c.organisation_id == self._organisation_id

    def _get(self, connection: Connection, credential_id: str) -> CredentialRecord | None:
        wanted = {"own": self._organisation_id, "wanted": credential_id}
        row = select_one(connection, _BY_ID, wanted)
        return None if row is None else credential_record(row)

    def _require(self, connection: Connection, credential_id: str) -> CredentialRecord:
        record = self._get(connection, credential_id)
        if record is None:
            raise NotFoundError("there is no such credential")
        return record

    def _find(self, connection: Connection, scope: str, idempotency_key: str) -> CredentialRecord | None:
        wanted = {"own": self._organisation_id, "scope": scope, "key": idempotency_key}
        row = select_one(connection, _BY_KEY, wanted) or select_one(connection, _BY_REPEATED_KEY, wanted)
        return None if row is None else credential_record(row)
