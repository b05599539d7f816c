"""Everything stored about one person: exported, or erased in one transaction.

What they earned stays as a credential of nobody: id, achievement, date, place in the status list, and a hash,
so that copies they kept can still be checked. Everything else that names them is deleted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Table, delete, func, select, update

from credserv.ground.encoding import encode_base64url
from credserv.ground.errors import NotFoundError
from credserv.ground.json_types import JsonObject
from credserv.records.bulk import RowState
from credserv.records.observations import PersonKind
from credserv.records.people import ProvedKind
from credserv.store import tables as t
from credserv.store.admit.members import spellings
from credserv.store.frame.database import Database
from credserv.store.frame.naming import body_names, names, without_address
from credserv.store.operate.erased_credentials import NO_HASH, Digest, change_credentials
from credserv.store.operate.personal import NOT_TOLD, STAYING, THEIRS, Traces
from credserv.store.operate.subject_access import messages_of_others, without_others

_NOBODY = "erased@erased.invalid"


class ErasureRepository:
    """Works on the whole installation, because a person belongs to no organisation."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def told(self, person_id: str) -> Iterator[tuple[str, JsonObject]]:
        """Yield each row about a person with its table's name, as of one instant.

        Raises:
            NotFoundError: There is no such person.
        """
        with self._database.snapshot() as connection:
            found = _traces(connection, person_id)
            others = messages_of_others(connection, found)
            for table, theirs in THEIRS.items():
                for row in connection.execute(select(table).where(theirs(found))).mappings():
                    told = without_others(table, dict(row), others, found) or {}
                    if told:
                        yield table.name, {name: _plain(told[name]) for name in told if name not in NOT_TOLD}

    def organisations_of(self, person_id: str) -> tuple[str, ...]:
        """Return the organisations of which they are members."""
        found = select(t.memberships.c.organisation_id).where(t.memberships.c.person_id == person_id)
        with self._database.reading() as connection:
            return tuple(connection.scalars(found.order_by(t.memberships.c.organisation_id)))

    def of_address(self, email: str) -> dict[str, bool]:
        """Return the ids of the people an address leads to or once led to, and whether it is theirs now."""
        proved, asserted = t.proved_identifiers.c, t.asserted_identifiers.c
        known = spellings(email)
        by_proof = select(proved.person_id, proved.ended_at).where(
            proved.kind == ProvedKind.EMAIL.value, proved.value.in_(known)
        )
        by_word = (
            select(t.memberships.c.person_id, asserted.ended_at)
            .join(t.asserted_identifiers, asserted.membership_id == t.memberships.c.id)
            .where(asserted.kind == PersonKind.EMAIL.value, asserted.value.in_(known))
        )
        found: dict[str, bool] = {}
        with self._database.reading() as connection:
            for row in (*connection.execute(by_proof), *connection.execute(by_word)):
                found[row.person_id] = found.get(row.person_id, False) or row.ended_at is None
        return found

    def erase(self, person_id: str, now: datetime, digest: Digest) -> None:
        """Erase a person.

        Args:
            digest: Returns the hash that stands for signed bytes.

        Raises:
            NotFoundError: There is no such person.
        """
        with self._database.writing(savepoints=False) as connection:
            if connection.dialect.name == "sqlite":  # so that deleted data is overwritten too
                connection.exec_driver_sql("PRAGMA secure_delete = ON")
            everybody = (*_joined(connection, person_id), person_id)
            theirs = select(t.memberships.c.id).where(t.memberships.c.person_id.in_(everybody))
            connection.execute(theirs.order_by(t.memberships.c.id).with_for_update())  # as in merging.lock
            for one in everybody:
                _erase(connection, _traces(connection, one), now, digest)


def _joined(connection: Connection, person_id: str) -> tuple[str, ...]:
    """Return who this person also was before wallets were joined, nearest last."""
    merges = t.person_merges.c
    found: list[str] = []
    open_ones = [person_id]
    while open_ones:
        into = merges.into_id.in_(open_ones) & merges.done_at.is_not(None) & merges.undone_at.is_(None)
        rows = connection.scalars(select(merges.from_id).where(into))
        open_ones = [one for one in dict.fromkeys(rows) if one not in found and one != person_id]
        found = [*open_ones, *found]
    return tuple(found)


def _erase(connection: Connection, found: Traces, now: datetime, digest: Digest) -> None:
    _redact_others(connection, found)
    _change_rest(connection, found, now)
    change_credentials(connection, found, now, digest)
    for table, theirs in THEIRS.items():
        if table not in STAYING:
            connection.execute(delete(table).where(theirs(found)))


def _traces(connection: Connection, person_id: str) -> Traces:
    person = select(t.people.c.id).where(t.people.c.id == person_id).with_for_update()
    if connection.execute(person).one_or_none() is None:
        raise NotFoundError("there is no such person")
    members = connection.execute(
        select(t.memberships.c.id, t.memberships.c.organisation_id).where(
            t.memberships.c.person_id == person_id
        )
    ).all()
    asserted = connection.execute(
        select(t.asserted_identifiers).where(
            t.asserted_identifiers.c.membership_id.in_([row.id for row in members])
        )
    ).all()
    held = connection.execute(
        select(t.credentials.c.id, t.credentials.c.recipient_email).where(
            t.credentials.c.person_id == person_id
        )
    ).all()
    proved = connection.scalars(
        select(t.proved_identifiers.c.value).where(t.proved_identifiers.c.person_id == person_id)
    )
    words = {*proved, *(row.recipient_email or "" for row in held)}
    words |= {word for row in asserted for word in (row.value, row.written)}
    found = Traces(
        person_id,
        tuple(row.id for row in members),
        tuple(row.id for row in asserted),
        tuple(row.id for row in held),
        tuple(sorted({word.lower() for word in words if "@" in word})),
        tuple(row.organisation_id for row in members),
    )
    found = replace(found, waiting=_waiting(connection, found))
    return replace(found, messages=_messages(connection, found))


def _waiting(connection: Connection, found: Traces) -> tuple[tuple[str, str], ...]:
    named, seen = t.observation_references.c, t.observations.c
    whose = (seen.organisation_id == named.organisation_id) & (seen.id == named.observation_id)
    told = (
        select(seen.organisation_id, seen.id)
        .join(t.observation_references, whose)
        .where(
            seen.organisation_id.in_(found.organisations),
            seen.identifier_id.is_(None),
            named.kind == PersonKind.EMAIL.value,
            func.lower(named.value).in_(found.addresses),
        )
    )
    return tuple(sorted({(row.organisation_id, row.id) for row in connection.execute(told)}))


def _messages(connection: Connection, found: Traces) -> tuple[tuple[str, str, str], ...]:
    seen, events = t.observations.c, t.events.c
    of_theirs = select(seen.organisation_id, seen.source, seen.message)
    told = connection.execute(of_theirs.where(THEIRS[t.observations](found)))
    messages = {(row.organisation_id, row.source, row.message) for row in told}
    named = select(events.organisation_id, events.source, events.event_id).where(
        events.credential_id.in_(found.credentials)
        | (
            events.organisation_id.in_(found.organisations)
            & body_names(connection.dialect.name, found.addresses)
        )
    )
    messages |= {(row.organisation_id, row.source, row.event_id) for row in connection.execute(named)}
    return tuple(sorted(messages))


def _redact_others(connection: Connection, found: Traces) -> None:
    """Remove the person from records about others, such as who assessed or endorsed them."""
    seen = t.observations.c
    others = select(seen.organisation_id, seen.id, seen.content).where(
        seen.organisation_id.in_(found.organisations), names(seen.content, found.addresses)
    )
    for row in connection.execute(others).all():
        text = json.dumps(row.content, ensure_ascii=False)
        for address in found.addresses:
            text = without_address(text, address, _NOBODY)
        this = (seen.organisation_id == row.organisation_id) & (seen.id == row.id)
        connection.execute(update(t.observations).where(this).values(content=json.loads(text)))


def _change_rest(connection: Connection, found: Traces, now: datetime) -> None:
    def change(table: Table, **values: Any) -> None:
        connection.execute(update(table).where(THEIRS[table](found)).values(**values))

    change(t.events, body=b"", headers=None, authentication=None, note="")
    change(t.presentation_requests, answer=None)
    ready = THEIRS[t.bulk_rows](found) & (t.bulk_rows.c.state == RowState.READY.value)
    connection.execute(update(t.bulk_rows).where(ready).values(state=RowState.FAULTY.value))
    change(t.bulk_rows, order={}, row_key="", note="the person was erased at their own wish")
    # Ordered for them in place of a badge that was somebody else's.
    due = names(t.objections.c.ordered, found.addresses)
    connection.execute(update(t.objections).where(due).values(ordered=None))
    change(t.repeated_orders, order_sha256=NO_HASH)
    change(t.webhook_deliveries, reason="")
    theirs = select(t.feedback_rounds.c.id).where(THEIRS[t.feedback_rounds](found))
    connection.execute(delete(t.round_answers).where(t.round_answers.c.round_id.in_(theirs)))
    led = t.employment_spells.c.manager_id.in_(found.memberships)
    connection.execute(update(t.employment_spells).where(led).values(manager_id=None))
    change(t.audit_cases, note="")
    change(t.audit_lines, words=None)
    change(t.mentoring_sessions, question="", objective="", links=[], reason={})
    mentored = select(t.mentoring_sessions.c.id).where(
        t.mentoring_sessions.c.mentor_id.in_(found.memberships)
    )
    said = t.session_feedback.c.session_id.in_(mentored)
    connection.execute(update(t.session_feedback).where(said).values(words=""))
    # Their statements for others are deleted unless they are in a badge.
    applied = select(t.applications.c.id).where(THEIRS[t.applications](found))
    connection.execute(delete(t.endorsements).where(t.endorsements.c.application_id.in_(applied)))
    in_badges = t.endorsements.c.application_id.in_(select(t.accreditations.c.application_id))
    loose = THEIRS[t.endorsements](found) & ~in_badges
    connection.execute(update(t.endorsements).where(loose).values(signed=None))
    change(t.member_dids, membership_id=None, sealed_key=None, retired_at=now)


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return encode_base64url(value)
    return value.isoformat() if isinstance(value, date) else value
