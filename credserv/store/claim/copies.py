"""Copies of awards: one for each award, format and holder, and never better than its award (attack W6).

Reserving a copy locks the award's row first, and so does a change of its state. A copy therefore exists
before the change and changes with it, or begins with the bit that the change left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, func, select, update

from credserv.ground.errors import ConflictError, NotFoundError
from credserv.ground.json_types import JsonObject
from credserv.records.audit import Action, AuditRecord
from credserv.records.copies import CopyForm, CopyPlan, CopyRecord
from credserv.records.credentials import CredentialRecord, CredentialState
from credserv.store.award.reservations import add_lines
from credserv.store.frame.audit import insert_line
from credserv.store.frame.database import Database, insert_if_absent
from credserv.store.frame.open_organisation import require_here
from credserv.store.frame.prepared import execute_many, select_one
from credserv.store.hold.credential_rows import SELECT_CREDENTIAL, credential_record
from credserv.store.publish.status_indexes import CopyOf
from credserv.store.publish.status_lists import StatusListRepository
from credserv.store.sign.issuance_log import log_signatures
from credserv.store.tables import copies, credentials, status_indexes

_SELECT = select(
    copies,
    status_indexes.c.list_id.label("status_list_id"),
    status_indexes.c.index.label("status_index"),
).join(status_indexes, status_indexes.c.copy_id == copies.c.id)
_OWN = copies.c.organisation_id == bindparam("own")
_BY_ID = _SELECT.where(copies.c.id == bindparam("wanted"), _OWN)
_BY_KEY = _SELECT.where(
    copies.c.credential_id == bindparam("award"),
    copies.c.form == bindparam("in_form"),
    copies.c.holder_did == bindparam("holder"),
)
_LOCKED_AWARD = (
    select(credentials.c.state)
    .where(
        credentials.c.id == bindparam("award"),
        credentials.c.organisation_id == bindparam("own"),
        credentials.c.person_id == bindparam("person"),
    )
    .with_for_update()
)
_KEEP = (
    update(copies)
    .where(copies.c.id == bindparam("of"), _OWN, copies.c.signed.is_(None))
    .values(signed=bindparam("bytes"), stored_at=bindparam("at"))
)
_MADE_SINCE = (
    select(func.count().label("count"))
    .select_from(copies)
    .join(credentials, credentials.c.id == copies.c.credential_id)
    .where(
        credentials.c.person_id == bindparam("person"),
        copies.c.planned_at >= bindparam("since", type_=copies.c.planned_at.type),
    )
)
_BIT = {CredentialState.ACTIVE: False, CredentialState.SUSPENDED: True}


class CopyRepository:
    def __init__(self, database: Database, organisation_id: str, status_lists: StatusListRepository) -> None:
        self._database = database
        self._organisation_id = organisation_id
        self._status_lists = status_lists

    def get(self, copy_id: str) -> CopyRecord | None:
        with self._database.reading() as connection:
            row = select_one(connection, _BY_ID, {"own": self._organisation_id, "wanted": copy_id})
        return None if row is None else _copy(row)

    def of_credential(self, credential_id: str) -> tuple[CopyRecord, ...]:
        """Return an award's copies in the order planned."""
        return self._find(copies.c.credential_id == credential_id)

    def unfinished(self, before: datetime, limit: int) -> tuple[CopyRecord, ...]:
        """Return copies reserved before an instant and not stored, as a crash leaves them, oldest first."""
        pending = copies.c.stored_at.is_(None) & (copies.c.planned_at < before)
        return self._find(pending, limit=limit)

    def made_since(self, person_id: str, since: datetime) -> int:
        """Return how many copies were planned for a person since an instant, of awards they hold now."""
        with self._database.reading() as connection:
            row = select_one(connection, _MADE_SINCE, {"person": person_id, "since": since})
        return 0 if row is None else int(row.count)

    def face(self, copy_id: str) -> CredentialRecord | None:
        """Return a stored copy in the form of a credential: order and state are
        the award's, all else is its own.

        It is None if there is none, or it is not stored yet.
        """
        with self._database.reading() as connection:
            row = connection.execute(_SELECT.where(self._own(), copies.c.id == copy_id)).one_or_none()
            if row is None or row.stored_at is None:
                return None
            award = connection.execute(SELECT_CREDENTIAL.where(credentials.c.id == row.credential_id)).one()
        return _face(credential_record(award), _copy(row))

    def faces(self, award: CredentialRecord) -> tuple[CredentialRecord, ...]:
        """Return every copy of an award in the form of a credential, those not stored yet included."""
        return tuple(_face(award, own) for own in self.of_credential(award.id))

    def reserve(
        self, plan: CopyPlan, *, person_id: str, actor: str, intent: JsonObject, now: datetime
    ) -> CopyRecord:
        """Reserve a copy with its index, and the audit line that it is about to
        be signed, in one transaction.

        Returns:
            The copy for this award, format and holder: the new one, or an earlier one.

        Raises:
            NotFoundError: The person does not hold the award.
            ConflictError: The award was revoked.
        """
        with self._database.writing() as connection:
            require_here(connection, self._organisation_id)
            state = self._lock(connection, plan.credential_id, person_id)
            if self._insert(connection, plan):
                award = CopyOf(plan.credential_id, _BIT[state])
                places = self._status_lists.indexes.allocate(connection, [plan.id], now, award=award)
                list_id, index = places[plan.id]
                record = CopyRecord(plan, status_list_id=list_id, status_index=index)
            else:
                record = self._known(connection, plan)
            if record.signed is None:
                detail = {**intent, "credential": plan.credential_id, "form": plan.form.value}
                line = AuditRecord(now, actor, Action.COPY_SIGN, record.id, detail)
                add_lines(connection, self._organisation_id, [line])
        return record

    def keep(self, copy: CopyRecord, signed: bytes, *, now: datetime) -> CopyRecord:
        """Store a signed copy by compare-and-set: the first to arrive wins, and what it stored is returned.

        Raises:
            NotFoundError: There is no such copy.
        """
        row = {"of": copy.id, "own": self._organisation_id, "bytes": signed, "at": now}
        with self._database.writing() as connection:
            if execute_many(connection, _KEEP, [row]):
                log_signatures(connection, self._organisation_id, [(copy.id, signed)], now)
                return replace(copy, signed=signed, stored_at=now)
            record = self.get(copy.id)
        if record is None:
            raise NotFoundError("there is no such copy")
        return record

    def end(self, copy_id: str, *, actor: str, now: datetime) -> bool:
        """End a copy for good; return False if it had ended or does not exist."""
        change = update(copies).where(copies.c.id == copy_id, self._own(), copies.c.ended_at.is_(None))
        with self._database.writing() as connection:
            if not connection.execute(change.values(ended_at=now)).rowcount:
                return False
            self._status_lists.set_copy_bit(connection, copy_id, now)
            line = AuditRecord(now, actor, Action.COPY_ENDED, copy_id)
            insert_line(connection, self._organisation_id, line)
        return True

    def _lock(self, connection: Connection, credential_id: str, person_id: str) -> CredentialState:
        """Return the award's state, locked until the transaction ends."""
        wanted = {"award": credential_id, "own": self._organisation_id, "person": person_id}
        row = select_one(connection, _LOCKED_AWARD, wanted)
        state = None if row is None else CredentialState(row.state)
        if state is CredentialState.REVOKED:
            raise ConflictError("this badge was revoked, so nobody gets a copy of it any more")
        if state not in _BIT or state is None:
            raise NotFoundError("no such credential")
        return state

    def _known(self, connection: Connection, plan: CopyPlan) -> CopyRecord:
        """Return the earlier copy for the same award, format and holder."""
        wanted = {"award": plan.credential_id, "in_form": plan.form.value, "holder": plan.holder_did}
        row = select_one(connection, _BY_KEY, wanted)
        if row is None:
            raise ConflictError("the id of a copy is taken")
        return _copy(row)

    def _insert(self, connection: Connection, plan: CopyPlan) -> bool:
        return insert_if_absent(
            connection,
            copies,
            id=plan.id,
            organisation_id=self._organisation_id,
            credential_id=plan.credential_id,
            form=plan.form.value,
            holder_did=plan.holder_did,
            key_thumbprint=plan.key_thumbprint,
            salt=plan.salt,
            planned_at=plan.planned_at,
        )

    def _find(self, *conditions: ColumnElement[bool], limit: int | None = None) -> tuple[CopyRecord, ...]:
        found = _SELECT.where(self._own(), *conditions).order_by(copies.c.planned_at, copies.c.id)
        with self._database.reading() as connection:
            rows: Sequence[Row[Any]] = connection.execute(found.limit(limit)).all()
        return tuple(_copy(row) for row in rows)

    def _own(self) -> ColumnElement[bool]:
        return copies.c.organisation_id == self._organisation_id


def _copy(row: Row[Any]) -> CopyRecord:
    return CopyRecord(
        plan=CopyPlan(
            id=row.id,
            credential_id=row.credential_id,
            form=CopyForm(row.form),
            holder_did=row.holder_did,
            key_thumbprint=row.key_thumbprint,
            salt=row.salt,
            planned_at=row.planned_at,
        ),
        status_list_id=row.status_list_id,
        status_index=row.status_index,
        signed=row.signed,
        stored_at=row.stored_at,
        ended_at=row.ended_at,
        erased_sha256=row.erased_sha256 or "",
    )


def _face(award: CredentialRecord, own: CopyRecord) -> CredentialRecord:
    ended = own.ended_at is not None
    return replace(
        award,
        id=own.id,
        signed=own.signed,
        erased_sha256=own.erased_sha256,
        salt=own.plan.salt,
        status_list_id=own.status_list_id,
        status_index=own.status_index,
        stored_at=own.stored_at,
        state=CredentialState.REVOKED if ended else award.state,
        changed_at=own.ended_at if ended else award.changed_at,
        reason="its holder ended it" if ended else award.reason,
    )
