"""The outbox: letters that are due, each taken by one worker at a time (docs/adr/0015).

`lots.keep` writes the rows, in the transaction that stores what they are about.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, exists, func, insert, literal, null, select, update
from sqlalchemy.engine import Row

from credserv.ground.errors import NotFoundError
from credserv.records.audit import AuditRecord
from credserv.records.credentials import CredentialState
from credserv.records.health import Backlog
from credserv.records.letters import DueLetter, LetterRecord, Posted, Tells
from credserv.store.award.reservations import add_lines
from credserv.store.frame.database import Database
from credserv.store.hold.credential_rows import REACHED
from credserv.store.tables import credentials, letters, memberships, people

_TOLD = (
    select(
        letters,
        credentials.c.person_id,
        credentials.c.recipient_email,
        credentials.c.recipient_name,
        credentials.c.achievement_key,
        credentials.c.achievement_version,
        credentials.c.awarded_at,
        func.coalesce(people.c.language, memberships.c.language, "").label("language"),
    )
    .join(credentials, credentials.c.id == letters.c.credential_id)
    .outerjoin(people, people.c.id == credentials.c.person_id)
    .outerjoin(
        memberships,
        (memberships.c.person_id == credentials.c.person_id)
        & (memberships.c.organisation_id == letters.c.organisation_id),
    )
)
_DUE = (
    _TOLD.where(credentials.c.state == CredentialState.ACTIVE.value)  # a letter about a suspended one waits
    .order_by(letters.c.due_at)
    .with_for_update(of=letters, skip_locked=True)
)


def queue_about(
    connection: Connection, organisation_id: str, credential_ids: Sequence[str], tells: Tells, now: datetime
) -> None:
    """Queue a letter about each badge, in the caller's transaction.

    None for a badge of which a letter waits, and none to addresses that are no longer the person's.
    """
    addressed = select(credentials.c.id).where(
        credentials.c.id.in_(credential_ids),
        credentials.c.recipient_email.is_not(None),
        REACHED,
        ~exists().where(letters.c.credential_id == credentials.c.id),
    )
    rows: list[dict[str, Any]] = [
        {
            "credential_id": known,
            "organisation_id": organisation_id,
            "tells": tells.value,
            "queued_at": now,
            "due_at": now,
            "tries": 0,
            "note": "",
        }
        for known in connection.scalars(addressed)
    ]
    if rows:
        connection.execute(insert(letters), rows)


class LetterRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    def _own(self) -> ColumnElement[bool]:
        return letters.c.organisation_id == self._organisation_id

    def get(self, credential_id: str) -> LetterRecord | None:
        """Return a waiting letter; None if it was sent or never existed."""
        with self._database.reading() as connection:
            row = connection.execute(
                select(letters).where(self._own(), letters.c.credential_id == credential_id)
            ).one_or_none()
        if row is None:
            return None
        return LetterRecord(row.credential_id, row.queued_at, row.due_at, row.tries, row.note)

    def tell(self, credential_id: str, tells: Tells, now: datetime) -> None:
        """Queue a letter about a badge, as `queue_about` does."""
        with self._database.writing() as connection:
            queue_about(connection, self._organisation_id, [credential_id], tells, now)

    def has_due(self, now: datetime) -> bool:
        with self._database.reading() as connection:
            found = select(letters.c.credential_id).where(self._own(), letters.c.due_at <= now).limit(1)
            return connection.execute(found).first() is not None

    def count_waiting(self) -> int:
        """Return how many are still to be sent, now or later."""
        with self._database.reading() as connection:
            found = (
                select(func.count()).select_from(letters).where(self._own(), letters.c.due_at.is_not(None))
            )
            return int(connection.execute(found).scalar_one())

    def backlog(self) -> Backlog:
        """Return how many are still to be sent, and since when the oldest waits."""
        found = select(func.count(), func.min(letters.c.queued_at)).where(
            self._own(), letters.c.due_at.is_not(None)
        )
        with self._database.reading() as connection:
            count, oldest = connection.execute(found).one()
        return Backlog(int(count), oldest)

    def refused(self) -> Backlog:
        """Return those that no server will accept."""
        found = select(func.count(), func.min(letters.c.queued_at)).where(
            self._own(), letters.c.due_at.is_(None)
        )
        with self._database.reading() as connection:
            count, oldest = connection.execute(found).one()
        return Backlog(int(count), oldest)

    def again(self, credential_id: str, now: datetime) -> None:
        """Make a refused letter due.

        Raises:
            NotFoundError: No letter about this badge was refused.
        """
        this = (self._own(), letters.c.credential_id == credential_id, letters.c.due_at.is_(None))
        with self._database.writing() as connection:
            connection = connection.execution_options(preserve_rowcount=True)
            due = update(letters).where(*this).values(due_at=now, queued_at=now, tries=0)
            if not connection.execute(due).rowcount:
                raise NotFoundError(
                    "no letter about this badge was refused: it was sent, or is waiting to be sent"
                )

    def take(self, now: datetime, *, until: datetime, limit: int) -> tuple[DueLetter, ...]:
        """Take the letters that have been due longest, at most `limit`, and count an attempt for each.

        Nobody else gets them before `until`. If the taker dies, they are due again then.
        """
        with self._database.writing(savepoints=False) as connection:
            rows = connection.execute(_DUE.where(self._own(), letters.c.due_at <= now).limit(limit)).all()
            if rows:
                taken = [row.credential_id for row in rows]
                connection.execute(
                    update(letters)
                    .where(self._own(), letters.c.credential_id.in_(taken))
                    .values(due_at=until, tries=letters.c.tries + 1)
                )
        return tuple(_due_letter(row, until, row.tries + 1) for row in rows)

    def newest(self, limit: int) -> tuple[DueLetter, ...]:
        """Return waiting letters, newest first, without taking them."""
        order = (letters.c.queued_at.desc(), letters.c.credential_id)
        with self._database.reading() as connection:
            rows = connection.execute(_TOLD.where(self._own()).order_by(*order).limit(limit)).all()
        return tuple(_due_letter(row, row.due_at, row.tries) for row in rows)

    def settle(self, posted: Sequence[Posted], *, now: datetime, lines: Sequence[AuditRecord] = ()) -> None:
        """Store the outcome of letters in one transaction.

        Args:
            lines: For the audit trail.
        """
        own = credentials.c.organisation_id == self._organisation_id
        gone = [one.credential_id for one in posted if not one.note]
        with self._database.writing(savepoints=False) as connection:
            if gone:
                connection.execute(
                    update(credentials)
                    .where(own, credentials.c.id.in_(gone), credentials.c.delivered_at.is_(None))
                    .values(delivered_at=now)
                )
                connection.execute(delete(letters).where(self._own(), letters.c.credential_id.in_(gone)))
            for one in posted:
                if one.note:
                    connection.execute(
                        update(letters)
                        .where(self._own(), letters.c.credential_id == one.credential_id)
                        .values(due_at=one.due_at, note=one.note)
                    )
            add_lines(connection, self._organisation_id, lines)

    def queue(self, now: datetime, *, since: datetime) -> int:
        """Make letters due for ACTIVE credentials issued since an instant that
        had none, including refused ones.

        Addresses that are no longer the person's get none.

        Returns:
            How many.
        """
        known = select(letters.c.credential_id)
        missing = select(
            credentials.c.id,
            credentials.c.organisation_id,
            literal(now, letters.c.queued_at.type),
            literal(now, letters.c.due_at.type),
            literal(0),
            literal(""),
        ).where(
            REACHED,
            credentials.c.organisation_id == self._organisation_id,
            credentials.c.state == CredentialState.ACTIVE.value,
            credentials.c.issued_at >= since,
            credentials.c.delivered_at.is_(null()),
            credentials.c.recipient_email.is_not(None),
            credentials.c.id.not_in(known),
        )
        of_late = select(credentials.c.id).where(REACHED, credentials.c.issued_at >= since)
        with self._database.writing() as connection:
            connection = connection.execution_options(preserve_rowcount=True)  # otherwise psycopg loses it
            again = connection.execute(
                update(letters)
                .where(self._own(), letters.c.due_at.is_(None), letters.c.credential_id.in_(of_late))
                .values(due_at=now, queued_at=now, tries=0)
            )
            columns = ["credential_id", "organisation_id", "queued_at", "due_at", "tries", "note"]
            added = connection.execute(insert(letters).from_select(columns, missing))
        return int(again.rowcount + added.rowcount)


def _due_letter(row: Row[Any], due_at: datetime | None, tries: int) -> DueLetter:
    return DueLetter(
        LetterRecord(row.credential_id, row.queued_at, due_at, tries, row.note),
        row.person_id,
        row.recipient_email,
        row.recipient_name,
        row.achievement_key,
        row.achievement_version,
        row.awarded_at,
        Tells(row.tells),
        row.request_id,
        row.language,
    )
