"""Every change of a document that a signature over its quads might not notice.

A generator: it knows nothing of which changes are noticed. Arrays around values, value objects, language
maps, references in place of objects and the other way round, members moved to another place of the same node,
empty members and nulls, JSON-LD's own words for id and type, wrappers, and contexts put in.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.testkit.proofs import Steps, leaves, objects, pinned_contexts, replaced


@dataclass(frozen=True)
class Respelt:
    """name: what was changed and where."""

    name: str
    document: dict[str, Any]


def respellings(document: dict[str, Any]) -> Iterator[Respelt]:
    """Of a signed document; its proof is left alone."""
    for path, value in leaves(document):
        if path[0] not in ("proof", "@context"):
            yield from _of_leaf(document, path, value)
    for path in objects(document):
        if not path or path[0] != "proof":
            yield from _of_object(document, path)
    yield from _of_references(document)
    yield from _of_contexts(document)


def at(document: Any, path: Steps) -> Any:
    for step in path:
        document = document[step]
    return document


def _of_leaf(document: dict[str, Any], path: Steps, value: Any) -> Iterator[Respelt]:
    changes: dict[str, Any] = {
        "array": [value],
        "arrays": [[value]],
        "value object": {"@value": value},
        "typed value": {"@value": value, "@type": "http://www.w3.org/2001/XMLSchema#string"},
        "typed date": {"@value": value, "@type": "http://www.w3.org/2001/XMLSchema#dateTime"},
        "language": {"@value": value, "@language": "en"},
        "no language": {"@value": value, "@language": None},
        "language map": {"en": value},
        "none map": {"@none": value},
        "reference": {"id": value},
        "raw reference": {"@id": value},
        "set": {"@set": [value]},
        "list": {"@list": [value]},
        "as text": str(value),
        "twice": [value, value],
        "with null": [value, None],
        "with blank": [value, ""],
        "blank around": f" {value} " if isinstance(value, str) else value,
    }
    for name, changed in changes.items():
        if changed != value:
            yield Respelt(f"{name} at {path}", replaced(document, path, changed))


def _of_object(document: dict[str, Any], path: Steps) -> Iterator[Respelt]:
    value = at(document, path)
    empties = {"": None, "empty": [], "null": None, "none": {}}
    for name in ("evidence", "image", "description", "alignment", "tag", "name", "url", "termsOfUse"):
        if name not in value:
            for what in ("empty", "null", "none"):
                yield Respelt(f"{what} {name} in {path}", replaced(document, (*path, name), empties[what]))
    for old, new in (("id", "@id"), ("type", "@type")):
        if old in value:
            renamed = {new if key == old else key: member for key, member in value.items()}
            yield Respelt(f"{new} in {path}", _set(document, path, renamed))
    for member, held in value.items():
        if member != "@context" and isinstance(held, list):
            place = (*path, member)
            yield Respelt(f"set of {place}", replaced(document, place, {"@set": held}))
            yield Respelt(f"more of {place}", replaced(document, place, [*held, None]))
            if len(held) == 1:
                yield Respelt(f"alone {place}", replaced(document, place, held[0]))
    if path:
        for name, changed in (
            ("array", [value]),
            ("graph", {"@graph": [value]}),
            ("included", {**value, "@included": []}),
            ("reversed", {**value, "@reverse": {}}),
            ("index", {**value, "@index": "a"}),
            ("nest", {**value, "@nest": {}}),
            ("context", {**value, "@context": []}),
            ("null context", {**value, "@context": None}),
        ):
            yield Respelt(f"{name} of {path}", _set(document, path, changed))


def _of_references(document: dict[str, Any]) -> Iterator[Respelt]:
    """Members moved between the places of one node: objects of that id, and its id alone."""
    places: dict[str, list[Steps]] = {}
    for path, value in leaves(document):
        if isinstance(value, str) and ":" in value and path[0] not in ("proof", "@context"):
            place = path[:-1] if path[-1] == "id" else path
            places.setdefault(value, []).append(place)
    for identifier, found in places.items():
        for giver in found:
            for taker in found:
                if giver != taker and isinstance(at(document, giver), dict):
                    yield from _moved(document, giver, taker, identifier)


def _moved(document: dict[str, Any], giver: Steps, taker: Steps, identifier: str) -> Iterator[Respelt]:
    whole = at(document, giver)
    here = at(document, taker)
    target = dict(here) if isinstance(here, dict) else {"id": identifier}
    for name, moved in [(name, [name]) for name in whole if name != "id"] + [
        ("everything", [name for name in whole if name != "id"]),
        ("all but its type", [name for name in whole if name not in ("id", "type")]),
    ]:
        kept = {key: member for key, member in whole.items() if key not in moved}
        given = {**target, **{key: whole[key] for key in moved if key not in target}}
        for left in (kept, identifier) if set(kept) == {"id"} else (kept,):
            if giver == () or taker == ():
                changed = _set(_set(document, taker, given), giver, left) if isinstance(left, dict) else None
            else:
                changed = _set(_set(document, giver, left), taker, given)
            if changed is not None:
                yield Respelt(f"{name} moved from {giver} to {taker}", changed)


def _of_contexts(document: dict[str, Any]) -> Iterator[Respelt]:
    own = document["@context"]
    for url in sorted(pinned_contexts().urls):
        for position in {1, len(own)}:
            changed = [*own[:position], url, *own[position:]]
            yield Respelt(f"context {url} at {position}", {**document, "@context": changed})
    yield Respelt("an inline context", {**document, "@context": [*own, {}]})
    yield Respelt("a null context", {**document, "@context": [*own, None]})
    yield Respelt("contexts in a list", {**document, "@context": [own]})


def _set(document: dict[str, Any], path: Steps, value: Any) -> dict[str, Any]:
    if path:
        return replaced(document, path, value)
    return copy.deepcopy({**value, **({"proof": document["proof"]} if "proof" in document else {})})
