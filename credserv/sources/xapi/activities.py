"""2.4.3 and 2.4.4 of the standard: the verb, and an activity with its definition."""

from __future__ import annotations

from collections.abc import Mapping

from credserv.ground.reading import FaultList, pointer
from credserv.sources.xapi.checking import (
    EXTENSIONS,
    IRI,
    LANGUAGE_MAP,
    Check,
    check_members,
    check_text,
    list_of,
    object_of,
    one_of,
)

COMPONENTS = ("choices", "scale", "source", "target", "steps")
_OF_TYPE: Mapping[str, tuple[str, ...]] = {
    "choice": ("choices",),
    "sequencing": ("choices",),
    "likert": ("scale",),
    "matching": ("source", "target"),
    "performance": ("steps",),
    **dict.fromkeys(("true-false", "fill-in", "long-fill-in", "numeric", "other"), ()),
}

VERB = object_of({"id": IRI}, {"display": LANGUAGE_MAP})


def _check_components(value: object, place: str, faults: FaultList) -> None:
    list_of(object_of({"id": check_text}, {"description": LANGUAGE_MAP}))(value, place, faults)
    ids = [item.get("id") for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []
    texts = [one for one in ids if isinstance(one, str)]
    if len(set(texts)) < len(texts):
        faults.add(place, "two of these have one id")


_DEFINITION_MEMBERS: Mapping[str, Check] = {
    "name": LANGUAGE_MAP,
    "description": LANGUAGE_MAP,
    "type": IRI,
    "moreInfo": IRI,
    "extensions": EXTENSIONS,
    "interactionType": one_of(*_OF_TYPE),
    "correctResponsesPattern": list_of(check_text),
    **dict.fromkeys(COMPONENTS, _check_components),
}


def _check_definition(value: object, place: str, faults: FaultList) -> None:
    check_members(value, place, faults, required={}, optional=_DEFINITION_MEMBERS)
    if not isinstance(value, Mapping):
        return
    kind = value.get("interactionType")
    if kind is None and "correctResponsesPattern" in value:
        faults.add(pointer(place, "interactionType"), "is required beside correctResponsesPattern")
    allowed = _OF_TYPE.get(kind, ()) if isinstance(kind, str) else ()
    for name in COMPONENTS:
        if name in value and name not in allowed:
            faults.add(pointer(place, name), "does not belong to this interactionType (2.4.4.1)")


ACTIVITY = object_of({"id": IRI}, {"objectType": one_of("Activity"), "definition": _check_definition})
