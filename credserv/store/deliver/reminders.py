"""Reminders: each credential is reported once as near its end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, exists, select

from credserv.records.credentials import CredentialState
from credserv.records.letters import Tells
from credserv.records.webhooks import Happening
from credserv.store.connect.webhook_outbox import queue_webhooks
from credserv.store.deliver.letters import queue_about
from credserv.store.frame.database import Database, insert_if_absent
from credserv.store.tables import credentials, reminders, term_reminders


class ReminderRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    def unreminded(
        self, achievement_key: str, version: int, *, since: datetime, until: datetime, limit: int
    ) -> Sequence[tuple[str, datetime]]:
        """Return id and award time of valid credentials awarded from `since` to `until`, not renewed and
        not reported yet, oldest first.
        """
        newer = credentials.alias()
        renewed = exists().where(
            newer.c.organisation_id == credentials.c.organisation_id,
            newer.c.person_id == credentials.c.person_id,
            newer.c.achievement_key == credentials.c.achievement_key,
            newer.c.awarded_at > credentials.c.awarded_at,
            newer.c.state == CredentialState.ACTIVE.value,
        )
        found = (
            select(credentials.c.id, credentials.c.awarded_at)
            .where(
                credentials.c.organisation_id == self._organisation_id,
                credentials.c.achievement_key == achievement_key,
                credentials.c.achievement_version == version,
                credentials.c.state == CredentialState.ACTIVE.value,
                credentials.c.awarded_at.between(since, until),
                ~exists().where(reminders.c.credential_id == credentials.c.id),
                ~renewed,
            )
            .order_by(credentials.c.awarded_at, credentials.c.id)
            .limit(limit)
        )
        with self._database.reading() as connection:
            return [(row.id, row.awarded_at) for row in connection.execute(found)]

    def remind(self, credential_ids: Sequence[str], now: datetime, *, has_letters: bool) -> int:
        """Queue letter and webhooks for each in one transaction; return how many were new."""
        with self._database.writing() as connection:
            fresh = [
                known
                for known in credential_ids
                if insert_if_absent(connection, reminders, credential_id=known, reminded_at=now)
            ]
            self._queue(connection, fresh, now, has_letters=has_letters)
        return len(fresh)

    def remind_terms(self, terms: Sequence[tuple[str, int, str]], now: datetime, *, has_letters: bool) -> int:
        """Do the same for terms of accreditations, once per state: credential, term number, state."""
        known = select(term_reminders).where(term_reminders.c.organisation_id == self._organisation_id)
        with self._database.writing() as connection:
            told = {(row.credential_id, row.number, row.told) for row in connection.execute(known)}
            fresh = [
                credential_id
                for credential_id, number, state in terms
                if (credential_id, number, state) not in told
                and insert_if_absent(
                    connection,
                    term_reminders,
                    organisation_id=self._organisation_id,
                    credential_id=credential_id,
                    number=number,
                    told=state,
                    reminded_at=now,
                )
            ]
            self._queue(connection, fresh, now, has_letters=has_letters)
        return len(fresh)

    def _queue(
        self, connection: Connection, fresh: Sequence[str], now: datetime, *, has_letters: bool
    ) -> None:
        """Queue letters and webhooks in the caller's transaction."""
        if fresh:
            if has_letters:
                queue_about(connection, self._organisation_id, fresh, Tells.DUE, now)
            queue_webhooks(connection, self._organisation_id, Happening.DUE, fresh, now)
