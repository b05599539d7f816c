"""Observations, each stored once by its id, with the names of people and activities in it (docs/adr/0019)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, exists, func, select, update
from sqlalchemy.engine import Row

from credserv.records.observed import (
    TAKES_BACK,
    ObservationRecord,
    ObservationState,
    conflicting_id,
    indexed,
    observation_of,
    person_value,
)
from credserv.records.paging import Place
from credserv.records.sources import EventState
from credserv.store.frame.database import Database, insert_all_absent
from credserv.store.frame.places import behind
from credserv.store.frame.prepared import select_all
from credserv.store.tables import asserted_identifiers, events, observation_references, observations

# kind, value and namespace, as in `observation_references`
Reference = tuple[str, str, str]

_FOUND = select(observations, asserted_identifiers.c.membership_id).join_from(
    observations, asserted_identifiers, isouter=True
)
_THESE = _FOUND.where(
    observations.c.organisation_id == bindparam("own"),
    observations.c.id.in_(bindparam("ids", expanding=True)),
)
_JUDGEABLE = (ObservationState.RECEIVED.value, ObservationState.WAITING.value, ObservationState.JUDGED.value)
_OTHER_CONTENT = "another statement came under this id before"


class ObservationRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    # --- storing

    def keep(
        self, source: str, message: str, found: Sequence[ObservationRecord], *, note: str = ""
    ) -> tuple[ObservationRecord, ...]:
        """Store what a message says, and that it was read, in one transaction. Safe to repeat.

        Args:
            note: For the message.

        Returns:
            The stored observations: known ones as they are; different content under a known id as CONFLICT.
        """
        with self._database.writing() as connection:
            kept = insert_observations(connection, self._organisation_id, found)
            own = events.c.organisation_id == self._organisation_id
            named = (own, events.c.source == source, events.c.event_id == message)
            unread = (EventState.RECEIVED.value, EventState.UNREADABLE.value)
            read = update(events).where(*named, events.c.state.in_(unread))
            connection.execute(read.values(state=EventState.READ.value, note=note))
        return kept

    def settle(
        self,
        observation_id: str,
        state: ObservationState,
        *,
        note: str = "",
        identifier_id: str | None = None,
    ) -> None:
        """Store how far an observation got.

        Args:
            identifier_id: The identifier of its person; None leaves it unchanged.
        """
        values: dict[str, object] = {"state": state.value, "note": note}
        if identifier_id is not None:
            values["identifier_id"] = identifier_id
        with self._database.writing() as connection:
            mine = (self._own(), observations.c.id == observation_id)
            connection.execute(update(observations).where(*mine).values(**values))

    def wake(self, names: Collection[Reference]) -> tuple[str, ...]:
        """Mark waiting observations with these names to continue. A name without a namespace counts in all.

        Returns:
            Their ids.
        """
        found = select(observation_references.c.observation_id).where(
            observation_references.c.organisation_id == self._organisation_id
        )
        woken: list[str] = []
        with self._database.writing() as connection:
            for kind, value, namespace in sorted(names):
                named = found.where(
                    observation_references.c.kind == kind, observation_references.c.value == value
                )
                if namespace:
                    named = named.where(observation_references.c.namespace == namespace)
                woken += self._wake(connection, observations.c.id.in_(named))
        return tuple(dict.fromkeys(woken))

    def wake_member(self, membership_id: str) -> tuple[str, ...]:
        """Mark observations that wait for an address of a member to continue; return their ids."""
        theirs = select(asserted_identifiers.c.id).where(
            asserted_identifiers.c.organisation_id == self._organisation_id,
            asserted_identifiers.c.membership_id == membership_id,
        )
        with self._database.writing() as connection:
            return self._wake(connection, observations.c.identifier_id.in_(theirs))

    def wake_source(self, source: str, states: Collection[ObservationState]) -> tuple[str, ...]:
        """Mark a source's observations in these states to continue; return their ids."""
        with self._database.writing() as connection:
            return self._wake(connection, observations.c.source == source, states)

    # --- finding

    def get(self, observation_id: str) -> ObservationRecord | None:
        found = self.these([observation_id])
        return found[0] if found else None

    def these(self, ids: Sequence[str]) -> tuple[ObservationRecord, ...]:
        """Return observations in order."""
        with self._database.reading() as connection:
            return _sorted(_these(connection, self._organisation_id, ids).values())

    def of_member(self, membership_id: str) -> tuple[ObservationRecord, ...]:
        """Return everything that may be judged of a member, in order: the set that determines a verdict."""
        theirs = (
            self._own(),
            asserted_identifiers.c.membership_id == membership_id,
            observations.c.state.in_(_JUDGEABLE),
        )
        return _sorted(self._all(_FOUND.where(*theirs)))

    def of_message(self, source: str, message: str) -> tuple[ObservationRecord, ...]:
        """Return the observations of a message in its order."""
        named = (self._own(), observations.c.source == source, observations.c.message == message)
        return self._all(_FOUND.where(*named).order_by(observations.c.place, observations.c.id))

    def naming(self, reference: Reference, *, limit: int) -> tuple[ObservationRecord, ...]:
        """Return observations that name a person or activity, newest first.

        An activity has its reporter's namespace.
        """
        kind, value, namespace = reference
        found = _FOUND.join(
            observation_references,
            (observation_references.c.organisation_id == observations.c.organisation_id)
            & (observation_references.c.observation_id == observations.c.id),
        ).where(
            observation_references.c.organisation_id == self._organisation_id,
            observation_references.c.kind == kind,
            observation_references.c.value == value,
            observation_references.c.namespace == namespace,
        )
        return self._all(found.order_by(observations.c.received_at.desc(), observations.c.id).limit(limit))

    def recent(
        self,
        state: ObservationState | None = None,
        *,
        source: str | None = None,
        text: str = "",
        limit: int,
        after: Place | None = None,
    ) -> tuple[ObservationRecord, ...]:
        """Return observations, newest first.

        Args:
            text: Looked for in the names of person and activity.
            after: The last row of the previous page.
        """
        found = _FOUND.where(self._own())
        if text:
            named = observation_references.c
            found = found.where(
                exists().where(
                    named.organisation_id == observations.c.organisation_id,
                    named.observation_id == observations.c.id,
                    named.value.icontains(text, autoescape=True),
                )
            )
        if state is not None:
            found = found.where(observations.c.state == state.value)
        if source is not None:
            found = found.where(observations.c.source == source)
        if after is not None:
            found = found.where(behind(observations.c.received_at, observations.c.id, after))
        found = found.order_by(observations.c.received_at.desc(), observations.c.id)
        return self._all(found.limit(limit))

    def every(self, after: str = "", *, limit: int) -> tuple[ObservationRecord, ...]:
        """Return everything that may be judged, by id, after one, for callers that go over all of them."""
        found = _FOUND.where(
            self._own(), observations.c.id > after, observations.c.state.in_(_JUDGEABLE)
        ).order_by(observations.c.id)
        return self._all(found.limit(limit))

    def unfinished(self, before: datetime, limit: int) -> tuple[ObservationRecord, ...]:
        """Return observations RECEIVED before an instant and not processed (after a
        crash, or just woken), oldest first.
        """
        found = _FOUND.where(
            self._own(),
            observations.c.state == ObservationState.RECEIVED.value,
            observations.c.received_at < before,
        )
        return self._all(found.order_by(observations.c.received_at, observations.c.id).limit(limit))

    def count_open(self, source: str | None = None) -> Mapping[ObservationState, int]:
        """Return the number in each state except JUDGED, where there are any.

        Args:
            source: None for all.
        """
        counted = select(observations.c.state, func.count()).where(
            self._own(), observations.c.state != ObservationState.JUDGED.value
        )
        if source is not None:
            counted = counted.where(observations.c.source == source)
        counted = counted.group_by(observations.c.state)
        with self._database.reading() as connection:
            return {ObservationState(row[0]): row[1] for row in connection.execute(counted)}

    def _wake(
        self,
        connection: Connection,
        which: ColumnElement[bool],
        states: Collection[ObservationState] = (ObservationState.WAITING,),
    ) -> tuple[str, ...]:
        own = (self._own(), which, observations.c.state.in_([state.value for state in states]))
        ids = tuple(connection.scalars(select(observations.c.id).where(*own).order_by(observations.c.id)))
        changed = update(observations).where(*own)
        connection.execute(changed.values(state=ObservationState.RECEIVED.value))
        return ids

    def _all(self, found: Select[Any]) -> tuple[ObservationRecord, ...]:
        with self._database.reading() as connection:
            return tuple(_record(row) for row in connection.execute(found))

    def _own(self) -> ColumnElement[bool]:
        return observations.c.organisation_id == self._organisation_id


def insert_observations(
    connection: Connection, organisation_id: str, found: Sequence[ObservationRecord]
) -> tuple[ObservationRecord, ...]:
    """Do the same as `ObservationRepository.keep` in the caller's transaction."""
    first: dict[str, ObservationRecord] = {}
    for record in found:
        first.setdefault(record.id, record)
    known: Mapping[str, ObservationRecord] = first
    if not _insert(connection, organisation_id, first.values()):
        known = _these(connection, organisation_id, sorted(first))
    if known is first and len(first) == len(found):
        _insert_references(connection, organisation_id, found)
        return tuple(found)
    others: dict[str, ObservationRecord] = {}
    kept: list[ObservationRecord] = []
    for record in found:
        stands = known[record.id]
        if stands is not record and stands.content_sha256 != record.content_sha256:
            stands = _conflicting(record)
            others[stands.id] = stands
        kept.append(stands)
    _insert(connection, organisation_id, others.values())
    named = [one for one in first.values() if known[one.id].content_sha256 == one.content_sha256]
    _insert_references(connection, organisation_id, [*named, *others.values()])
    return tuple(kept)


def _conflicting(record: ObservationRecord) -> ObservationRecord:
    """Return the record of a different statement under a known id."""
    own_id = conflicting_id(record.namespace, record.observation.event_id, record.content_sha256)
    return replace(record, id=own_id, state=ObservationState.CONFLICT, note=_OTHER_CONTENT)


def _insert(connection: Connection, organisation_id: str, found: Iterable[ObservationRecord]) -> bool:
    """Insert rows in one order everywhere, so that concurrent inserts do not
    deadlock; return whether all were new.
    """
    rows = [_values(organisation_id, one) for one in sorted(found, key=lambda one: one.id)]
    return insert_all_absent(connection, observations, rows)


def _insert_references(
    connection: Connection, organisation_id: str, found: Iterable[ObservationRecord]
) -> None:
    """Insert the names, except for observations that were judged on arrival and whose person is
    known; nobody looks for those.
    """
    sought = [one for one in found if not _is_settled(one)]
    if not sought:
        return
    named = {(*reference, record.id) for record in sought for reference in references_of(record)}
    columns = ("kind", "value", "namespace", "observation_id")
    own = {"organisation_id": organisation_id}
    rows = [own | dict(zip(columns, one, strict=True)) for one in sorted(named)]
    insert_all_absent(connection, observation_references, rows)


def _is_settled(record: ObservationRecord) -> bool:
    is_judged = record.state is ObservationState.JUDGED and record.identifier_id is not None
    return is_judged and record.observation.supersedes is None


def references_of(record: ObservationRecord) -> list[Reference]:
    """Return what an observation is looked up by: everybody and everything it names, and what it takes
    back.
    """
    people = [(one.kind.value, person_value(one)) for one in record.observation.people]
    activities = [(one.kind.value, indexed(one.value)) for one in record.observation.activities]
    target = record.observation.supersedes
    taken_back = [] if target is None else [(TAKES_BACK, indexed(target))]
    return [(kind, value, record.namespace) for kind, value in [*people, *activities, *taken_back]]


def _these(connection: Connection, organisation_id: str, ids: Sequence[str]) -> dict[str, ObservationRecord]:
    found: dict[str, ObservationRecord] = {}
    for start in range(0, len(ids), 500):
        lot = {"own": organisation_id, "ids": list(ids[start : start + 500])}
        found |= {row.id: _record(row) for row in select_all(connection, _THESE, lot)}
    return found


def _sorted(records: Collection[ObservationRecord]) -> tuple[ObservationRecord, ...]:
    return tuple(sorted(records, key=lambda record: record.order))


def _values(organisation_id: str, record: ObservationRecord) -> dict[str, Any]:
    return {
        "organisation_id": organisation_id,
        "id": record.id,
        "source": record.source,
        "message": record.message,
        "place": record.place,
        "namespace": record.namespace,
        "event_id": indexed(record.observation.event_id),
        "content_sha256": record.content_sha256,
        "content": record.content,
        "is_signed": record.is_signed,
        "received_at": record.received_at,
        "state": record.state.value,
        "note": record.note,
        "identifier_id": record.identifier_id,
    }


def _record(row: Row[Any]) -> ObservationRecord:
    return ObservationRecord(
        id=row.id,
        source=row.source,
        message=row.message,
        place=row.place,
        namespace=row.namespace,
        observation=observation_of(row.content),
        is_signed=row.is_signed,
        received_at=row.received_at,
        state=ObservationState(row.state),
        note=row.note,
        identifier_id=row.identifier_id,
        membership_id=row.membership_id,
    )
