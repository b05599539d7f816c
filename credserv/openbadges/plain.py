"""One form for all spellings of a document that one signature covers, so that what is shown was signed.

RDF does not distinguish a value from an array of it, nor an object from its id, nor where members of a node
stand that appears in two places. Anyone who passes a document on may thus move and wrap things under a good
signature (attack 12). Everything that is shown or compared is read from this form.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from credserv.ground.json_types import JsonObject

# Readers look into these values. An id instead of an object stands for the node of that id, wherever it is.
_DESCRIBED = frozenset(
    {"issuer", "creator", "credentialSubject", "achievement", "criteria", "image", "evidence", "alignment"}
    | {"resultDescription", "rubricCriterionLevel", "identifier", "result"}
)
# These values name a node described elsewhere; the key is the object that holds them.
_NAMING = {"result": ("resultDescription", "achievedLevel"), "resultDescription": ("requiredLevel",)}
_APART = frozenset({"@context", "id", "proof"})  # of no node, or in a graph of its own
_MAX_OBJECTS = 20_000
_LEAVES = frozenset({int, float, bool})


def plain_form(document: JsonObject) -> dict[str, Any]:
    """Return the document without single-item arrays, empty arrays and nulls, and with complete nodes.

    Never raises.

    Where a node has two values for a member in two places, they become one array with an order of its own.
    """
    plain = _Straight().form(document)
    return _Form(_nodes(document)).members(document, "", ()) if plain is None else plain


class _RepeatedError(Exception):
    """A node that is described or named in two places."""


class _Straight:
    """The plain form in one walk, which suits nearly every document.

    It works where no node is described in two places, and none is named where its description would have to
    be written out.
    """

    def __init__(self) -> None:
        self._described: set[str] = set()
        self._named: list[str] = []

    def form(self, document: JsonObject) -> dict[str, Any] | None:
        """Return the plain form; None where nodes have to be gathered."""
        try:
            plain = self._members(document, "")
        except _RepeatedError:
            return None
        return plain if self._described.isdisjoint(self._named) else None

    def _members(self, value: JsonObject, name: str) -> dict[str, Any]:
        identifier = value.get("id")
        if isinstance(identifier, str):
            self._note(identifier, is_described=len(value) > 1)
        naming = _NAMING.get(name, ())
        made: dict[str, Any] = {}
        for key, member in value.items():
            if type(member) is str:
                if key in _DESCRIBED and key not in naming:
                    self._named.append(member)
            elif type(member) not in _LEAVES and key not in _APART:
                member = self._value(member, key, naming)
            if member is not None:
                made[key] = member
        return made

    def _note(self, identifier: str, *, is_described: bool) -> None:
        if not is_described:
            self._named.append(identifier)
        elif identifier in self._described:
            raise _RepeatedError
        else:
            self._described.add(identifier)

    def _value(self, value: object, key: str, naming: tuple[str, ...]) -> Any:
        """Return the form of a value that is neither a text nor a number."""
        if type(value) is list:
            return self._items(value, key, naming)
        if type(value) is dict or isinstance(value, Mapping):
            if key in naming:
                raise _RepeatedError
            return self._members(value, key)
        if isinstance(value, str) and key in _DESCRIBED and key not in naming:
            self._named.append(value)
        return value

    def _items(self, values: list[Any], key: str, naming: tuple[str, ...]) -> Any:
        if key not in _DESCRIBED and all(type(item) is str for item in values):
            items = values  # types and tags
        else:
            items = [item for value in values if (item := self._value(value, key, naming)) is not None]
        return items if len(items) > 1 else items[0] if items else None


class _Form:
    def __init__(self, nodes: Mapping[str, list[JsonObject]]) -> None:
        self._nodes = nodes
        self._left = _MAX_OBJECTS

    def members(self, value: JsonObject, name: str, within: tuple[str, ...]) -> dict[str, Any]:
        """Return the members' form.

        `within` are the ids of the enclosing nodes, which are not repeated inside.
        """
        self._left -= 1
        identifier = value.get("id")
        if isinstance(identifier, str) and identifier in self._nodes and self._left > 0:
            if identifier in within:
                return {"id": identifier}
            value, within = self._whole(identifier), (*within, identifier)
        made: dict[str, Any] = {}
        for key, member in value.items():
            if type(member) is not str or (member in self._nodes and key in _DESCRIBED):
                member = self.value(member, key, name, within)  # most are texts and unchanged
            if member is not None:
                made[key] = member
        return made

    def value(self, value: object, key: str, holder: str, within: tuple[str, ...]) -> Any:
        if key in _APART:
            return value
        if type(value) is list:
            items = [self.value(item, key, holder, within) for item in value]
            items = [item for item in items if item is not None]
            return items if len(items) > 1 else next(iter(items), None)
        if key in _NAMING.get(holder, ()):
            return value.get("id", dict(value)) if isinstance(value, Mapping) else value
        if type(value) is dict or isinstance(value, Mapping):
            return self.members(value, key, within)
        described = key in _DESCRIBED and isinstance(value, str) and value in self._nodes
        if described and value not in within and self._left > 0:
            return self.members({"id": value}, key, within)
        return value

    def _whole(self, identifier: str) -> dict[str, Any]:
        places = self._nodes[identifier]
        if len(places) == 1:
            return dict(places[0])
        members: dict[str, list[Any]] = {}
        for place in places:
            for key, member in place.items():
                held = members.setdefault(key, [])
                held += [item for item in _listed(member) if item not in held]
        return {
            key: _one(items) if key in ("id", "@context") else sorted(items, key=_order)
            for key, items in members.items()
        }


def _nodes(document: JsonObject) -> dict[str, list[JsonObject]]:
    """Return the places where each node with an id is described, in document order."""
    found: dict[str, list[JsonObject]] = {}
    waiting: list[object] = [document]
    while waiting:
        value = waiting.pop()
        if type(value) is list:
            waiting += value
        elif type(value) is dict or isinstance(value, Mapping):
            identifier = value.get("id")
            if isinstance(identifier, str) and len(value) > 1:
                found.setdefault(identifier, []).append(value)
            waiting += [
                member for key, member in value.items() if type(member) is not str and key not in _APART
            ]
    return found


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _one(items: list[Any]) -> Any:
    return items[0] if len(items) == 1 else items


def _order(item: object) -> str:
    return json.dumps(item, sort_keys=True, default=str)
