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
from credserv.store.award.events import end_events, record_events
from credserv.store.award.observations import insert_observations
from credserv.store.award.reservations import Answered, Reservations
from credserv.store.connect.webhook_outbox import queue_webhooks
from credserv.store.frame.database import Database
from credserv.store.frame.prepared import execute_many, select_all
from credserv.store.hold.awards import forget_failed, release
from credserv.store.hold.credential_rows import (
    REACHED,
    SELECT_CREDENTIAL,
    STORE_SIGNED,
    Claim,
    Key,
    credential_record,
)
from credserv.store.sign.issuance_log import log_signatures
from credserv.store.tables import credentials, letters, terms

DECLINED = "the person has asked to be awarded nothing here: what was done is kept, and nothing is issued"
MAX_LOT = 1_000  # an IN list with so many parameters is within every database's limit
_WANTED = (credentials.c.organisation_id == bindparam("own")) & credentials.c.id.in_(
    bindparam("wanted", expanding=True)
)
# Locked on PostgreSQL in one order, so that of two who store the same rows each waits for the other.
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
    .values(state=CredentialState.FAILED.value, note=bindparam("why"), changed_at=bindparam("at"))
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
    """The result of a reservation, by the claims' keys.

    It has what is reserved, now or before; events that were decided before or have another body, for which
    nothing is reserved; the hash of each order that joined an earlier award; and orders that their recipient
    declines.
    """

    records: Mapping[Key, CredentialRecord]
    events: Mapping[Key, EventRecord]
    joined: Mapping[Key, str]
    declined: Collection[Key] = ()


@dataclass(frozen=True)
class Making:
    """What to store of one credential: its signed bytes, or in `note` why it can never be issued.

    With neither, it was stored before and its event is still to be closed.

    Attributes:
        has_letter: Whether a letter is sent.
        remark: For the event, if there is more to say than that it was issued.
        is_living: Whether the bytes are the first version of a credential with one for each term.
        request_id: The request it is made for; "" for none.
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
        """Write events, reservations and intentions to sign in one transaction.

        An order that was reserved before keeps its first record, recognisable by id and order_sha256. One
        that is still PENDING gets a new intention.

        Args:
            claims: At most MAX_LOT, each key once.

        Raises:
            ConflictError: An achievement or source is unknown.
        """
        # The same order everywhere, so that two who insert the same rows do not deadlock.
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
        """Store the results by compare-and-set, with letters and the ends of events, in one transaction.

        What is PENDING becomes ACTIVE with its bytes, or FAILED with its note.

        Returns:
            By id, the credentials that another process stored first, as they are; its result counts.
        """
        makings = sorted(makings, key=lambda making: making.credential_id)
        if not makings:
            return {}
        ids = [making.credential_id for making in makings]
        with self._database.writing(savepoints=False) as connection:
            wanted = {"own": self._organisation_id, "wanted": ids}
            ours = {row.id for row in select_all(connection, _STILL_PENDING, wanted)}
            # Several orders for one award each have an event; the credential is stored once.
            first = {making.credential_id: making for making in makings if making.credential_id in ours}
            self._store(connection, list(first.values()), now)
            others = self._find(connection, [known for known in ids if known not in ours])
            _end_events(connection, self._organisation_id, makings, others)
        return others

    def _record_events(self, connection: Connection, claims: Sequence[Claim]) -> dict[Key, EventRecord]:
        """Return the events that must not continue, by key."""
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
            ids = [str(row["of"]) for row in failed]
            release(connection, ids)
            forget_failed(connection, ids)
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
    """Return whether it is undecided, or unchanged since somebody decided to retry it."""
    return kept.body_sha256 == asked.body_sha256 and kept.state in (EventState.RECEIVED, asked.state)


def _end_events(
    connection: Connection,
    organisation_id: str,
    makings: Sequence[Making],
    others: Mapping[str, CredentialRecord],
) -> None:
    """Set ISSUED if there is a credential, whoever stored it, or QUARANTINED if there never will be."""
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
