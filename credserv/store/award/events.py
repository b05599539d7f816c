"""Inbound events, each stored once by (source, event id), however often and in parallel it is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, or_, select, update
from sqlalchemy.engine import Row

from credserv.ground.errors import ConflictError, NotFoundError
from credserv.records.observed import ObservationRecord
from credserv.records.paging import Place
from credserv.records.sources import EventRecord, EventState
from credserv.store.award.observations import insert_observations
from credserv.store.frame.database import Database, insert_all_absent, insert_if_absent
from credserv.store.frame.prepared import execute_many
from credserv.store.tables import events

_BY_ID = select(events).where(
    events.c.organisation_id == bindparam("own"),
    events.c.source == bindparam("source"),
    events.c.event_id == bindparam("event_id"),
)

_END = (
    update(events)
    .where(
        events.c.organisation_id == bindparam("own"),
        events.c.source == bindparam("of"),
        events.c.event_id == bindparam("wanted"),
        events.c.state != EventState.ISSUED.value,
    )
    .values(state=bindparam("reached"), credential_id=bindparam("credential"), note=bindparam("why"))
)
_THESE = select(events).where(
    events.c.organisation_id == bindparam("own"),
    events.c.source.in_(bindparam("sources", expanding=True)),
    events.c.event_id.in_(bindparam("ids", expanding=True)),
)


class EventRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    def record(
        self, event: EventRecord, observations: Sequence[ObservationRecord] = ()
    ) -> tuple[EventRecord, bool]:
        """Store an event with what it says, unless it is known.

        Of several at once, one wins and all get its row.

        Returns:
            The stored event, and whether this call stored it.

        Raises:
            ConflictError: The event id was used with another body, or the source does not exist.
        """
        with self._database.writing() as connection:
            created = insert_if_absent(connection, events, **_values(self._organisation_id, event))
            stored = event if created else self._find(connection, event.source, event.event_id)
            if created:
                insert_observations(connection, self._organisation_id, observations)
        if stored is None or stored.body_sha256 != event.body_sha256:
            raise ConflictError("this event id was used before, with another body")
        return stored, created

    def finish(
        self,
        source: str,
        event_id: str,
        state: EventState,
        *,
        credential_id: str | None = None,
        note: str = "",
    ) -> EventRecord:
        """Set the outcome of an event; an ISSUED one stays so.

        Raises:
            NotFoundError: There is no such event.
        """
        with self._database.writing() as connection:
            connection.execute(
                update(events)
                .where(
                    self._own(),
                    events.c.source == source,
                    events.c.event_id == event_id,
                    events.c.state != EventState.ISSUED.value,
                )
                .values(state=state.value, credential_id=credential_id, note=note)
            )
            stored = self._find(connection, source, event_id)
        if stored is None:
            raise NotFoundError("there is no such event")
        return stored

    def get(self, source: str, event_id: str) -> EventRecord | None:
        with self._database.reading() as connection:
            return self._find(connection, source, event_id)

    def recent(
        self, source: str | None, *, state: EventState | None = None, limit: int, after: Place | None = None
    ) -> tuple[EventRecord, ...]:
        """Return events, newest first.

        Args:
            source: None for all.
            after: The last row of the previous page, for one source.
        """
        found = select(events).where(self._own())
        found = found.order_by(events.c.received_at.desc(), events.c.source, events.c.event_id.desc())
        if source is not None:
            found = found.where(events.c.source == source)
        if state is not None:
            found = found.where(events.c.state == state.value)
        if after is not None:
            at, id_ = events.c.received_at, events.c.event_id
            found = found.where(and_(at <= after.at, or_(at < after.at, id_ < after.id)))
        with self._database.reading() as connection:
            return tuple(_event(row) for row in connection.execute(found.limit(limit)))

    def unfinished(self, before: datetime, limit: int) -> tuple[EventRecord, ...]:
        """Return events RECEIVED before an instant and not processed, as a crash leaves them, oldest
        first.
        """
        found = select(events).where(
            self._own(), events.c.state == EventState.RECEIVED.value, events.c.received_at < before
        )
        with self._database.reading() as connection:
            rows = connection.execute(found.order_by(events.c.received_at).limit(limit))
            return tuple(_event(row) for row in rows)

    def per_day(self, source: str, since: datetime) -> Mapping[str, int]:
        """Return the number of a source's messages for each day that had any (`2026-03-14`, UTC on
        SQLite).
        """
        day = func.date(events.c.received_at)
        found = (
            select(day, func.count())
            .where(self._own(), events.c.source == source, events.c.received_at >= since)
            .group_by(day)
        )
        with self._database.reading() as connection:
            return {str(row[0]): row[1] for row in connection.execute(found)}

    def last_by_source(self) -> Mapping[str, datetime]:
        """Return the time of each source's newest event, if it has any."""
        found = select(events.c.source, func.max(events.c.received_at)).where(self._own())
        with self._database.reading() as connection:
            rows = connection.execute(found.group_by(events.c.source)).all()
        return {row[0]: row[1] for row in rows}

    def _own(self) -> ColumnElement[bool]:
        return events.c.organisation_id == self._organisation_id

    def _find(self, connection: Connection, source: str, event_id: str) -> EventRecord | None:
        wanted = {"own": self._organisation_id, "source": source, "event_id": event_id}
        row = connection.execute(_BY_ID, wanted).one_or_none()
        return None if row is None else _event(row)


def record_events(
    connection: Connection, organisation_id: str, wanted: Sequence[EventRecord]
) -> Mapping[tuple[str, str], EventRecord]:
    """Store events like `record`, in the caller's transaction.

    The caller has to compare bodies.

    Returns:
        The stored events by source and event id.

    Raises:
        ConflictError: A source does not exist.
    """
    named = {(event.source, event.event_id): event for event in wanted}
    rows = [_values(organisation_id, named[name]) for name in sorted(named)]
    if insert_all_absent(connection, events, rows):
        return named
    sources, ids = sorted({source for source, _ in named}), [event_id for _, event_id in named]
    rows_found = connection.execute(_THESE, {"own": organisation_id, "sources": sources, "ids": ids})
    found = (_event(row) for row in rows_found)
    return {name: event for event in found if (name := (event.source, event.event_id)) in named}


def end_events(
    connection: Connection,
    organisation_id: str,
    ends: Iterable[tuple[EventRecord, EventState, str | None, str]],
) -> None:
    """Set state, credential and note of each event in the caller's transaction; an ISSUED one stays so."""
    rows = [
        {
            "own": organisation_id,
            "of": event.source,
            "wanted": event.event_id,
            "reached": state.value,
            "credential": credential_id,
            "why": note,
        }
        for event, state, credential_id, note in sorted(
            ends, key=lambda end: (end[0].source, end[0].event_id)
        )
    ]
    if rows:
        execute_many(connection, _END, rows)


def _values(organisation_id: str, event: EventRecord) -> dict[str, Any]:
    return {
        "organisation_id": organisation_id,
        "source": event.source,
        "event_id": event.event_id,
        "body_sha256": event.body_sha256,
        "body": event.body,
        "received_at": event.received_at,
        "state": event.state.value,
        "credential_id": event.credential_id,
        "note": event.note,
        "headers": event.headers,
        "authentication": event.authentication,
        "adapter": event.adapter,
        "adapter_version": event.adapter_version,
    }


def _event(row: Row[tuple[object, ...]]) -> EventRecord:
    return EventRecord(
        source=row.source,
        event_id=row.event_id,
        body_sha256=row.body_sha256,
        body=row.body,
        received_at=row.received_at,
        state=EventState(row.state),
        credential_id=row.credential_id,
        note=row.note,
        headers=row.headers,
        authentication=row.authentication,
        adapter=row.adapter,
        adapter_version=row.adapter_version,
    )
