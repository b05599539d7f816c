"""A message to its statements, and these to observations: strictly told, leniently read.

Every fault by the standard is told. A statement is read all the same where the fault is in nothing that
says who did what in what, when, and with which verdict: so a batch of a real system with one bad language
tag is not lost for files and lenient sources. The receiver refuses such a batch whole, as it must.
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
STATEMENT_ID = ":statement-id"  # the parameter of a PUT, kept with the message that it belongs to
MAX_BYTES = 4_194_304  # record stores send on in batches
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
    """The statements of a message, unread as yet: one, a list, or the result of a query.

    exact: with fractions digit by digit, for reading; else as JSON is written again. Raises InputError for
    what is none of these.
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
    """Raises InputError where the message is no xAPI."""
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
    """Of a statement in its message, as a JSON Pointer."""
    return f"/{index}" if to_utf8(message.body).lstrip().startswith(b"[") else ""


def list_ids(message: Message) -> list[str]:
    """Of every statement in its place, whether or not it says something; those that have none get theirs."""
    return [statement_id(one) for one in read_statements(message) if isinstance(one, Mapping)]


def _is_like_one(statement: object) -> bool:
    return (
        isinstance(statement, Mapping)
        and "verb" in statement
        and ("actor" in statement or "object" in statement)
    )


def _is_beside(fault: Fault, statement: Mapping[str, Any]) -> bool:
    """Whether a fault leaves what the statement says as it is. `null` says no more than nothing would, and
    logstore_xapi writes `"objectType": ["Agent"]` where it sends e-mail addresses."""
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
