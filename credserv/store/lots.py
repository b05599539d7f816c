"""The two transactions of the issuing recipe, for a lot of orders at once (docs/adr/0014)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from credserv.records.credentials import CredentialRecord, CredentialState
from credserv.records.sources import EventRecord, EventState
from credserv.records.webhooks import Happening
from credserv.store.awards import forget_failed
from credserv.store.credential_rows import (
    REACHED,
    SELECT_CREDENTIAL,
    STORE_SIGNED,
    Claim,
    Key,
    credential_record,
)
from credserv.store.database import Database
from credserv.store.events import end_events, record_events
from credserv.store.issuance_log import log_signatures
from credserv.store.observations import insert_observations
from credserv.store.prepared import execute_many, select_all
from credserv.store.reservations import Answered, Reservations
from credserv.store.tables import credentials, letters, terms
from credserv.store.webhook_outbox import queue_webhooks

DECLINED = "the person has asked to be awarded nothing here: what was done is kept, and nothing is issued"
MAX_LOT = 1_000  # an IN list of as many parameters is within every database's limit
_WANTED = (credentials.c.organisation_id == bindparam("own")) & credentials.c.id.in_(
    bindparam("wanted", expanding=True)
)
# Locked on PostgreSQL, in one order, so that of two who keep the same each waits for the other's end.
_STILL_PENDING = (
    select(credentials.c.id)
    .where(_WANTED, credentials.c.state == CredentialState.PENDING.value)
    .order_by(credentials.c.id)
    .with_for_update()
)
_THESE = SELECT_CREDENTIAL.where(_WANTED)
_FAIL = (
    update(credentials)
    .where(
        credentials.c.organisation_id == bindparam("own"),
        credentials.c.id == bindparam("of"),
        credentials.c.state == CredentialState.PENDING.value,
    )
    .values(state=CredentialState.FAILED.value, note=bindparam("why"), changed_at=bindparam("at"), award=None)
)
_QUEUE_LETTER = insert(letters)
_REACHED = select(credentials.c.id).where(_WANTED, REACHED)
_KEEP_FIRST = (
    update(terms)
    .where(
        terms.c.organisation_id == bindparam("own"),
        terms.c.credential_id == bindparam("wanted"),
        terms.c.number == 1,
    )
    .values(signed=bindparam("bytes"), stored_at=bindparam("at"))
)


@dataclass(frozen=True)
class Reserved:
    """By the keys of the claims: what is reserved, now or before; events that were decided before, or whose
    id stands for another body, for which nothing is reserved; of orders that joined an award of before, the
    hash of the order that did; and the orders that whom they are for declines."""

    records: Mapping[Key, CredentialRecord]
    events: Mapping[Key, EventRecord]
    joined: Mapping[Key, str]
    declined: Collection[Key] = ()


@dataclass(frozen=True)
class Making:
    """What is to be kept of one credential: its signed bytes, or in `note` why it can never be issued.

    Neither, for one that was kept before and whose event is still to be closed. has_letter: whether a
    letter goes out for it. remark: for the event, where there is more to say than that it was issued.
    is_living: the bytes are the first version of a credential that has one for each term. request_id: for
    which request it is made, "" for none.
    """

    credential_id: str
    signed: bytes | None = None
    note: str = ""
    event: EventRecord | None = None
    has_letter: bool = False
    remark: str = ""
    is_living: bool = False
    request_id: str = ""


class LotRepository:
    def __init__(self, database: Database, organisation_id: str, reservations: Reservations) -> None:
        self._database = database
        self._organisation_id = organisation_id
        self._reservations = reservations

    def reserve(self, claims: Sequence[Claim], *, now: datetime) -> Reserved:
        """Events, reservations and intentions to sign, all in one transaction.

        claims: at most MAX_LOT, each key once. An order that was reserved before, by whom ever, keeps its
        first record: its id and order_sha256 tell. One that is still PENDING is intended again. Raises
        ConflictError for an unknown achievement or source.
        """
        # In one order everywhere: two who insert the same rows wait for each other, and never both.
        claims = sorted(claims, key=lambda claim: claim.key)
        with self._database.writing(savepoints=False) as connection:
            decided = self._record_events(connection, claims)
            going_on = [claim for claim in claims if claim.key not in decided]
            answered = self._reservations.reserve(connection, going_on, now) if going_on else Answered()
            of = {key: record.identifier_id for key, record in answered.records.items()}
            of.update(answered.declined)
            said = [
                replace(claim.observation, identifier_id=of[claim.key])
                for claim in going_on
                if claim.observation is not None
            ]
            if said:
                insert_observations(connection, self._organisation_id, said)
            if answered.declined:
                ends = [
                    (claim.event, EventState.IGNORED, None, DECLINED)
                    for claim in going_on
                    if claim.event is not None and claim.key in answered.declined
                ]
                end_events(connection, self._organisation_id, ends)
        return Reserved(answered.records, decided, answered.joined, answered.declined)

    def keep(self, makings: Sequence[Making], *, now: datetime) -> Mapping[str, CredentialRecord]:
        """Compare-and-set: what is PENDING becomes ACTIVE with its bytes, or FAILED with its note; its letter
        and the end of its event with it, in one transaction.

        Returns, by id, those that somebody else was first with, as they stand: theirs is what counts.
        """
        makings = sorted(makings, key=lambda making: making.credential_id)
        if not makings:
            return {}
        ids = [making.credential_id for making in makings]
        with self._database.writing(savepoints=False) as connection:
            wanted = {"own": self._organisation_id, "wanted": ids}
            ours = {row.id for row in select_all(connection, _STILL_PENDING, wanted)}
            # Of several orders for one award each has its event; the credential is kept once.
            first = {making.credential_id: making for making in makings if making.credential_id in ours}
            self._store(connection, list(first.values()), now)
            others = self._find(connection, [known for known in ids if known not in ours])
            _end_events(connection, self._organisation_id, makings, others)
        return others

    def _record_events(self, connection: Connection, claims: Sequence[Claim]) -> dict[Key, EventRecord]:
        """Those that are not to be gone on with, by key."""
        asked = {claim.key: claim.event for claim in claims if claim.event is not None}
        if not asked:
            return {}
        kept = record_events(connection, self._organisation_id, list(asked.values()))
        return {
            key: kept[event.source, event.event_id]
            for key, event in asked.items()
            if not _goes_on(event, kept[event.source, event.event_id])
        }

    def _store(self, connection: Connection, makings: Sequence[Making], now: datetime) -> None:
        signed = [
            {"own": self._organisation_id, "wanted": making.credential_id, "bytes": making.signed, "at": now}
            for making in makings
            if making.signed is not None
        ]
        if signed:
            execute_many(connection, STORE_SIGNED, signed)
            kept = [(one.credential_id, one.signed) for one in makings if one.signed is not None]
            log_signatures(connection, self._organisation_id, kept, now)
        living = {making.credential_id for making in makings if making.is_living}
        if living:
            execute_many(connection, _KEEP_FIRST, [row for row in signed if row["wanted"] in living])
        failed = [
            {"own": self._organisation_id, "of": making.credential_id, "why": making.note, "at": now}
            for making in makings
            if making.signed is None and making.note
        ]
        if failed:
            execute_many(connection, _FAIL, failed)
            forget_failed(
                connection,
                [making.credential_id for making in makings if making.signed is None and making.note],
            )
        self._queue_letters(connection, makings, now)
        if signed:
            issued = [making.credential_id for making in makings if making.signed is not None]
            queue_webhooks(connection, self._organisation_id, Happening.ISSUED, issued, now)

    def _queue_letters(self, connection: Connection, makings: Sequence[Making], now: datetime) -> None:
        wanted = {one.credential_id: one for one in makings if one.signed is not None and one.has_letter}
        if not wanted:
            return
        found = select_all(connection, _REACHED, {"own": self._organisation_id, "wanted": list(wanted)})
        reached = {row.id for row in found}
        queued: list[dict[str, Any]] = [
            {
                "credential_id": credential_id,
                "organisation_id": self._organisation_id,
                "queued_at": now,
                "due_at": now,
                "tries": 0,
                "note": "",
                "request_id": one.request_id,
            }
            for credential_id, one in wanted.items()
            if credential_id in reached
        ]
        if queued:
            execute_many(connection, _QUEUE_LETTER, queued)

    def _find(self, connection: Connection, ids: Sequence[str]) -> dict[str, CredentialRecord]:
        if not ids:
            return {}
        return {
            row.id: credential_record(row)
            for row in select_all(connection, _THESE, {"own": self._organisation_id, "wanted": list(ids)})
        }


def _goes_on(asked: EventRecord, kept: EventRecord) -> bool:
    """Undecided, or still as it was when somebody decided to try it again."""
    return kept.body_sha256 == asked.body_sha256 and kept.state in (EventState.RECEIVED, asked.state)


def _end_events(
    connection: Connection,
    organisation_id: str,
    makings: Sequence[Making],
    others: Mapping[str, CredentialRecord],
) -> None:
    """ISSUED where there is a credential, by us or by who was first; QUARANTINED where there never is."""
    ends: list[tuple[EventRecord, EventState, str | None, str]] = []
    for making in makings:
        if making.event is None:
            continue
        other = others.get(making.credential_id)
        note = making.note if other is None else other.note
        is_issued = making.signed is not None if other is None else other.signed is not None
        if is_issued:
            ends.append((making.event, EventState.ISSUED, making.credential_id, making.remark))
        elif note:
            ends.append((making.event, EventState.QUARANTINED, None, note))
    end_events(connection, organisation_id, ends)
