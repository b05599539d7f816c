"""Validate a statement against the standard: every fault with its place.

xAPI 1.0.3, part two (section numbers below), and what 2.0 (IEEE 9274.1.1) adds: contextAgents and
contextGroups. A statement may contain nothing else, and `null` only in extensions. One deviation, because it
occurs: min may equal max (2.4.5.1 requires less), as Open edX sends for a problem without points.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from credserv.ground.errors import Fault
from credserv.ground.reading import FaultList, pointer
from credserv.sources.xapi import data_types as types
from credserv.sources.xapi.activities import ACTIVITY, VERB
from credserv.sources.xapi.actors import check_actor, check_agent, check_authority, check_group
from credserv.sources.xapi.checking import (
    EXTENSIONS,
    IRI,
    LANGUAGE,
    LANGUAGE_MAP,
    TIMESTAMP,
    UUID,
    Check,
    check_flag,
    check_length,
    check_members,
    check_number,
    check_text,
    list_of,
    object_of,
    one_of,
    text_that,
)

VOIDED = "http://adlnet.gov/expapi/verbs/voided"
SIGNATURE = "http://adlnet.gov/expapi/attachments/signature"
_CONTEXT_ACTIVITIES = ("parent", "grouping", "category", "other")


def find_faults(statement: object, *, version: str | None = None) -> tuple[Fault, ...]:
    """Return all that is wrong with one statement, with JSON Pointers into it.

    Args:
        version: of the request; "1.0.x" has no contextAgents, None accepts what either version allows.
    """
    faults = FaultList()
    optional = _STATEMENT if version is None or version.startswith("2") else _STATEMENT_1
    check_members(statement, "", faults, required=_MAIN, optional=optional)
    if isinstance(statement, Mapping):
        _check_together(statement, "", faults)
    return faults.faults


_STATEMENT_REF = object_of({"objectType": one_of("StatementRef"), "id": UUID}, {})


def _check_sub_statement(value: object, place: str, faults: FaultList) -> None:
    check_members(
        value,
        place,
        faults,
        required={**_MAIN, "objectType": one_of("SubStatement"), "object": _OBJECT_WITHIN},
        optional=_PARTS,
    )
    if isinstance(value, Mapping):
        _check_together(value, place, faults)


def _kind_of(kinds: Mapping[str, Check]) -> Check:
    def check(value: object, place: str, faults: FaultList) -> None:
        kind = value.get("objectType", "Activity") if isinstance(value, Mapping) else "Activity"
        known = kinds.get(kind) if isinstance(kind, str) else None
        if known is None:
            faults.add(pointer(place, "objectType"), f"one of {', '.join(kinds)} is expected")
        else:
            known(value, place, faults)

    return check


_KINDS: Mapping[str, Check] = {
    "Activity": ACTIVITY,
    "Agent": check_agent,
    "Group": check_group,
    "StatementRef": _STATEMENT_REF,
}
_OBJECT_WITHIN = _kind_of(_KINDS)
_OBJECT = _kind_of({**_KINDS, "SubStatement": _check_sub_statement})

# --- 2.4.5 result, 2.4.6 context, 2.4.11 attachments ---------------------------------------------
_SCORE = object_of({}, dict.fromkeys(("scaled", "raw", "min", "max"), check_number))


def _check_score(value: object, place: str, faults: FaultList) -> None:
    _SCORE(value, place, faults)
    if not isinstance(value, Mapping):
        return
    scaled, raw, low, high = (
        number if types.is_number(number := value.get(name)) else None
        for name in ("scaled", "raw", "min", "max")
    )
    if scaled is not None and not -1 <= scaled <= 1:
        faults.add(pointer(place, "scaled"), "a number from -1 to 1 is expected")
    if raw is not None and low is not None and raw < low:
        faults.add(pointer(place, "raw"), "is below min")
    if raw is not None and high is not None and raw > high:
        faults.add(pointer(place, "raw"), "is above max")
    if low is not None and high is not None and low > high:
        faults.add(pointer(place, "min"), "is above max")


def _check_activities(value: object, place: str, faults: FaultList) -> None:
    """Check 2.4.6.2: a list of activities, or a single one."""
    (ACTIVITY if isinstance(value, Mapping) else list_of(ACTIVITY))(value, place, faults)


def _check_attachment(value: object, place: str, faults: FaultList) -> None:
    _ATTACHMENT(value, place, faults)
    is_signature = isinstance(value, Mapping) and value.get("usageType") == SIGNATURE
    if is_signature and value.get("contentType") != "application/octet-stream":  # type: ignore[attr-defined]
        faults.add(pointer(place, "contentType"), "of a signature is application/octet-stream (2.6)")


_ATTACHMENT = object_of(
    {
        "usageType": IRI,
        "display": LANGUAGE_MAP,
        "contentType": text_that(types.is_media_type, "a media type"),
        "length": check_length,
        "sha2": text_that(types.is_sha2, "a SHA-2 in hexadecimal digits"),
    },
    {"description": LANGUAGE_MAP, "fileUrl": IRI},
)
_RESULT = object_of(
    {},
    {
        "score": _check_score,
        "success": check_flag,
        "completion": check_flag,
        "response": check_text,
        "duration": text_that(types.is_duration, "an ISO 8601 duration"),
        "extensions": EXTENSIONS,
    },
)
_CONTEXT_1: Mapping[str, Check] = {
    "registration": UUID,
    "instructor": check_actor,
    "team": check_group,
    "contextActivities": object_of({}, dict.fromkeys(_CONTEXT_ACTIVITIES, _check_activities)),
    "revision": check_text,
    "platform": check_text,
    "language": LANGUAGE,
    "statement": _STATEMENT_REF,
    "extensions": EXTENSIONS,
}
_RELEVANT = {"relevantTypes": list_of(IRI)}
_CONTEXT_2 = {  # IEEE 9274.1.1, 4.2.2.1: people and groups beside the actor, and their roles
    **_CONTEXT_1,
    "contextAgents": list_of(
        object_of({"objectType": one_of("contextAgent"), "agent": check_agent}, _RELEVANT)
    ),
    "contextGroups": list_of(
        object_of({"objectType": one_of("contextGroup"), "group": check_group}, _RELEVANT)
    ),
}

# --- 2.4 the statement ---------------------------------------------------------------------------

_MAIN: Mapping[str, Check] = {"actor": check_actor, "verb": VERB, "object": _OBJECT}
_PARTS: Mapping[str, Check] = {
    "result": _RESULT,
    "context": object_of({}, _CONTEXT_2),
    "timestamp": TIMESTAMP,
    "attachments": list_of(_check_attachment),
}
_STATEMENT: Mapping[str, Check] = {
    **_PARTS,
    "id": UUID,
    "stored": TIMESTAMP,
    "authority": check_authority,
    "version": text_that(types.is_version, "1.0.x or 2.0.x"),
}
_STATEMENT_1: Mapping[str, Check] = {**_STATEMENT, "context": object_of({}, _CONTEXT_1)}


def _check_together(statement: Mapping[str, Any], place: str, faults: FaultList) -> None:
    """Check what one member requires of another."""
    thing, verb, context = (statement.get(name) for name in ("object", "verb", "context"))
    kind = thing.get("objectType", "Activity") if isinstance(thing, Mapping) else "Activity"
    if isinstance(verb, Mapping) and verb.get("id") == VOIDED and kind != "StatementRef":
        faults.add(pointer(place, "object"), "what is voided is named by a StatementRef (2.3.2)")
    if isinstance(context, Mapping) and kind != "Activity":
        for name in ("revision", "platform"):
            if name in context:
                faults.add(pointer(place, "context", name), "belongs to activities alone (2.4.6)")
