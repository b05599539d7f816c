"""Webhook profiles: the places of values in a payload of any shape, as options of its source.

    {"unfold": ["/payloads/*", "/payload"],
     "fields": {"event_type": {"pointer": "/event", "of": "message"},
                "kind": {"pointer": "/event", "of": "message", "values": {"course.completed": "completed"}},
                "lms-id": "/user_id", "email": "/user/email", "course": "/course_id", "title": "/course_name",
                "occurred_at": {"pointer": "/done", "as": "epoch"},
                "scaled": {"pointer": "/score", "as": "percent"}}}

A field is a JSON Pointer, alone or with one of a fixed set of functions. Without a match, the value is
absent. `unfold` names the parts of a grouped body; each is read by itself, and a pointer `of` the message
applies to the whole. An id shared by several parts identifies none of them, so theirs is derived from their
content.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Context, Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl

from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.reading import FaultList, ObjectReader, pointer
from credserv.ground.strict_json import parse_json
from credserv.records.observations import ActivityKind, Kind, PersonKind
from credserv.sources.adapter import Message
from credserv.sources.csv_columns import PEOPLE
from credserv.sources.members import as_number, read_json
from credserv.sources.pointers import is_pointer, resolve_pointer

FUNCTIONS = ("percent", "ratio", "iso-time", "epoch", "lower")
SAID = (
    *(
        "event_type",
        "event_id",
        "kind",
        "occurred_at",
        "raw",
        "min",
        "max",
        "scaled",
        "success",
        "completion",
    ),
    *("level", "attempt", "name", "title"),
)
PERSON_FIELDS = (*PEOPLE, *(kind for kind in PersonKind if kind not in PEOPLE))
FIELDS = (*SAID, *PERSON_FIELDS, *ActivityKind)
_MEMBERS = ("pointer", "of", "header", "as", "by", "values", "const")
_HUNDRED = Decimal(100)
_DOWN = Context(rounding=ROUND_DOWN)  # nobody passes by rounding
_MOST_FORM_FIELDS = 1_000
_SECRET_HEADERS = frozenset(("authorization", "proxy-authorization", "cookie"))


@dataclass(frozen=True)
class FieldPlace:
    """Where one field is, and its conversion. `header`: a message header, in lower case."""

    pointer: str | None = None
    of_message: bool = False
    header: str | None = None
    function: str | None = None
    by: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    const: Any = None

    def find(self, part: Any, whole: Any, headers: Mapping[str, str]) -> Any:
        """Return the value; None where there is none, or the function gives none."""
        if self.const is not None:
            return self.const
        if self.header is not None:
            return headers.get(self.header)
        document = whole if self.of_message else part
        found = resolve_pointer(document, self.pointer or "")
        if self.values:
            return None if found is None else self.values.get(_key(found))
        return self._apply(found, document)

    def _apply(self, found: Any, document: Any) -> Any:
        if self.function == "lower":
            return found.lower() if isinstance(found, str) else found
        if self.function in ("percent", "ratio"):
            number = as_number(found)
            most = (
                _HUNDRED
                if self.function == "percent"
                else as_number(resolve_pointer(document, self.by or ""))
            )
            return None if number is None or not most or most < 0 else _DOWN.divide(number, most)
        return found


@dataclass(frozen=True)
class Profile:
    unfold: tuple[str, ...]
    fields: Mapping[str, FieldPlace]


def has_profile(options: JsonObject) -> bool:
    return bool(options.get("fields"))


def parse_profile(options: JsonObject) -> Profile:
    """Parse the profile, ignoring other options. Raises SchemaFaultsError with every fault and its place."""
    own = {name: options[name] for name in ("unfold", "fields") if name in options}
    return _parse(json.dumps(own, sort_keys=True, default=str).encode())


def named_headers(options: JsonObject) -> frozenset[str]:
    """Return the headers needed to read a message, which are stored with it; none is a secret."""
    fields = options.get("fields")
    places = fields.values() if isinstance(fields, Mapping) else ()
    named = (place.get("header") for place in places if isinstance(place, Mapping))
    return frozenset(name.lower() for name in named if isinstance(name, str)) - _SECRET_HEADERS


@lru_cache(maxsize=128)  # used for each message
def _parse(options: bytes) -> Profile:
    faults = FaultList()
    reader = ObjectReader(parse_json(options, exact=True), "", faults, members=("unfold", "fields"))
    unfold = reader.read("unfold")
    parts = [unfold] if isinstance(unfold, str) else unfold or []
    if not isinstance(parts, list) or not all(isinstance(one, str) and is_pointer(one) for one in parts):
        reader.fault(
            "unfold", "a JSON pointer is expected, or a list of them, where * stands for each element"
        )
        parts = []
    found = reader.read("fields", required=True)
    if not isinstance(found, Mapping):
        reader.fault("fields", "an object is expected here")
        found = {}
    fields = {name: _read_place(name, given, faults) for name, given in found.items()}
    faults.require("the profile")
    return Profile(tuple(parts), MappingProxyType(fields))


def _read_place(name: str, given: Any, faults: FaultList) -> FieldPlace:
    place = pointer("/fields", name)
    if name not in FIELDS:
        faults.add(place, f"is none of {', '.join(FIELDS)}")
    if isinstance(given, str):
        given = {"pointer": given}
    reader = ObjectReader(given, place, faults, members=_MEMBERS)
    where = {"pointer", "header", "const"} & set(given if isinstance(given, Mapping) else ())
    if reader.is_object and len(where) != 1:
        faults.add(place, "one of pointer, header and const is expected")
    for member in ("pointer", "by"):
        text = reader.read(member)
        if text is not None and not (isinstance(text, str) and is_pointer(text)):
            reader.fault(member, "a JSON pointer is expected, as in /user/email")
    function, values = reader.read_text("as"), reader.read("values")
    if function is not None and function not in FUNCTIONS:
        reader.fault("as", f"one of {', '.join(FUNCTIONS)}")
    if (function == "ratio") is not (reader.read("by") is not None):
        reader.fault("by", "is for a ratio, and a ratio needs it: where the whole is")
    if values is not None and not isinstance(values, Mapping):
        reader.fault("values", "an object is expected, of what is sent and what it means")
        values = None
    if reader.read("of") not in (None, "message", "part"):
        reader.fault("of", "one of message, part")
    _check_kinds(name, reader, values, faults)
    header = reader.read_text("header", max_chars=100)
    return FieldPlace(
        pointer=str(reader.read("pointer") or ""),
        of_message=reader.read("of") == "message",
        header=header.lower() if header else None,
        function=function,
        by=reader.read("by"),
        values=MappingProxyType(dict(values or {})),
        const=reader.read("const"),
    )


def _check_kinds(name: str, reader: ObjectReader, values: Any, faults: FaultList) -> None:
    if name != "kind":
        return
    meant = [reader.read("const")] if reader.read("const") is not None else list((values or {}).values())
    if not meant or not all(one in set(Kind) for one in meant):
        faults.add(reader.place, f"needs values, or a const, of {', '.join(Kind)}")


def _key(found: Any) -> str:
    """Return the value as JSON writes it: true is `true`."""
    return str(found) if isinstance(found, str | Decimal) else json.dumps(found, default=str)


# --- the message ----------------------------------------------------------------------------------


def read_document(message: Message) -> Any:
    """Return JSON, or a form, whose field `payload` may contain the JSON (GitHub). Raises InputError."""
    try:
        return read_json(message)
    except InputError as error:
        try:
            pairs = parse_qsl(
                message.body.decode().strip(), strict_parsing=True, max_num_fields=_MOST_FORM_FIELDS
            )
        except ValueError:
            raise error from None
        if not pairs:
            raise
    form = dict(pairs)
    return parse_json(form["payload"].encode(), exact=True) if form.get("payload", "")[:1] == "{" else form
