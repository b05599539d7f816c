"""What people are shown of their rows: nothing that a message says of others, who have the same right.

A message of a learning system may speak of a whole class. What was read of the person in it is an observation
of its own. The message itself is shown only if it is a single statement that names nobody else.
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, Table, select, tuple_

from credserv.store import tables as t
from credserv.store.operate.personal import Message, Traces

_OF_MESSAGE = ("body", "note")


def messages_of_others(connection: Connection, found: Traces) -> frozenset[Message]:
    """Return those of the person's messages that speak of others, or may."""
    seen, events = t.observations.c, t.events.c
    of_others = select(seen.organisation_id, seen.source, seen.message).where(
        tuple_(seen.organisation_id, seen.source, seen.message).in_(found.messages),
        seen.identifier_id.not_in(found.identifiers),
    )
    others = {(row.organisation_id, row.source, row.message) for row in connection.execute(of_others)}
    bodies = select(events.organisation_id, events.source, events.event_id, events.body).where(
        tuple_(events.organisation_id, events.source, events.event_id).in_(found.messages)
    )
    for row in connection.execute(bodies):
        if not _says_one_thing(row.body):
            others.add((row.organisation_id, row.source, row.event_id))
    return frozenset(others)


def without_others(
    table: Table, row: dict[str, Any], others: frozenset[Message], found: Traces
) -> dict[str, Any] | None:
    """Return a row as its person is shown it; None if it is about somebody else."""
    if table is t.events and (row["organisation_id"], row["source"], row["event_id"]) in others:
        return {name: value for name, value in row.items() if name not in _OF_MESSAGE}
    if table is t.statements and (row["organisation_id"], row["source"], row["message"]) in others:
        actor = (row["actor"] or "").lower()
        return row if any(actor.endswith(f":{address}") for address in found.addresses) else None
    return row


def _says_one_thing(body: bytes) -> bool:
    """Return whether it is one JSON object without a list of several.

    A file, form or batch may name anybody.
    """
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return not body  # erased already
    open_ones = [told]
    while open_ones:
        one = open_ones.pop()
        if isinstance(one, list) and sum(isinstance(item, dict) for item in one) > 1:
            return False
        open_ones += one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
    return isinstance(told, dict)
