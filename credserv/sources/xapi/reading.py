"""Read a message into statements and those into observations, reporting strictly and reading leniently.

Every fault against the standard is reported. A statement is still read if the fault is not in who did what in
what, when, and with which verdict. So for files and lenient sources, a real system's batch with one bad
language tag is not lost. The receiver refuses such a batch whole, as it must.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from credserv.ground.errors import Fault, InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json, to_utf8
from credserv.records.observations import Observation, PersonKind
from credserv.sources.adapter import Message, Reading, Unread
from credserv.sources.xapi.identity import statement_id
from credserv.sources.xapi.options import ACCOUNT_KINDS
from credserv.sources.xapi.statement import read_observation
from credserv.sources.xapi.validation import find_faults

VERSION_HEADER = "x-experience-api-version"
STATEMENT_ID = ":statement-id"  # the parameter of a PUT, stored with its message
MAX_BYTES = 4_194_304  # record stores forward in batches
_MAX_MEMBERS = 200_000
MAX_FAULTS = 12
_NOT_XAPI = "not an xAPI statement, nor a list of them: a statement has an actor, a verb and an object"
_REFUSED = "sent to /xapi/…, such a message is refused whole (400) unless its source is lenient"
_BESIDE = re.compile(
    r"/(?:attachments|authority|stored|version|verb/display|actor/name|object/definition"
    r"|result/(?:score|duration|response|extensions)"
    r"|context/(?!registration)[^/]+)(?:/.*)?"
)


def read_statements(message: Message, *, exact: bool = True) -> list[Any]:
    """Return the unread statements of a message: one, a list, or the result of a query.

    Raises InputError for anything else.

    Args:
        exact: with fractions digit by digit, for reading; else as JSON is written again.
    """
    value = parse_json(to_utf8(message.body), exact=exact, max_bytes=MAX_BYTES, max_members=_MAX_MEMBERS)
    if isinstance(value, Mapping) and isinstance(value.get("statements"), list):
        value = value["statements"]
    statements = value if isinstance(value, list) else [value]
    if statements and not any(_is_like_one(statement) for statement in statements):
        raise InputError(_NOT_XAPI)
    given = message.headers.get(STATEMENT_ID)
    if given and len(statements) == 1 and isinstance(statements[0], dict):
        statements[0].setdefault("id", given)
    return statements


def read_message(message: Message, options: JsonObject) -> Reading:
    """Read a message. Raises InputError if it is not xAPI."""
    statements = read_statements(message)
    version = message.headers.get(VERSION_HEADER)
    observations: list[Observation] = []
    unread: list[Unread] = []
    passed_over: list[Unread] = []
    for index, statement in enumerate(statements):
        place = place_of(message, index)
        faults = find_faults(statement, version=version)
        unread += [Unread(place + fault.place, fault.message) for fault in faults[:MAX_FAULTS]]
        if not all(_is_beside(fault, statement) for fault in faults):
            continue
        read = read_observation(statement, account_kind=_account_kind(options))
        if read is None:
            passed_over.append(Unread(place, "it says nothing of what anybody has achieved"))
        elif not read.people and read.supersedes is None:
            passed_over.append(Unread(place + "/actor", "a group is nobody: who of it did this is not said"))
        else:
            observations.append(read)
    notes = (_REFUSED,) if unread and options.get("lenient") is not True else ()
    return Reading(tuple(observations), tuple(unread), tuple(passed_over), notes)


def place_of(message: Message, index: int) -> str:
    """Return the JSON Pointer of a statement in its message."""
    return f"/{index}" if to_utf8(message.body).lstrip().startswith(b"[") else ""


def list_ids(message: Message) -> list[str]:
    """Return the id of every statement in order, also of those that say nothing; missing ids are derived."""
    return [statement_id(one) for one in read_statements(message) if isinstance(one, Mapping)]


def _is_like_one(statement: object) -> bool:
    return (
        isinstance(statement, Mapping)
        and "verb" in statement
        and ("actor" in statement or "object" in statement)
    )


def _is_beside(fault: Fault, statement: Mapping[str, Any]) -> bool:
    """Return whether a fault leaves the meaning of the statement unchanged.

    `null` says no more than absence, and logstore_xapi writes `"objectType": ["Agent"]` where it sends e-mail
    addresses.
    """
    if _BESIDE.fullmatch(fault.place):
        return True
    if fault.place == "/actor/objectType":
        return bool(statement["actor"]["objectType"] == ["Agent"])
    return fault.place in _NULLABLE and _is_null(statement, fault.place)


_NULLABLE = ("/id", "/result", "/context", "/timestamp", "/result/success", "/result/completion")


def _is_null(statement: Mapping[str, Any], place: str) -> bool:
    found: Any = statement
    for name in place.split("/")[1:]:
        found = found.get(name) if isinstance(found, Mapping) else found
    return found is None


def _account_kind(options: JsonObject) -> PersonKind | None:
    fields = options.get("fields")
    wanted = fields.get("account") if isinstance(fields, Mapping) else None
    return PersonKind(wanted) if isinstance(wanted, str) and wanted in ACCOUNT_KINDS else None
