"""NICE and other NIST publications, in the JSON of its Cybersecurity and Privacy Reference Tool.

Elements and relationships are in separate lists; a `projection` goes from the upper to the lower element.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from credserv.frameworks.asked import Asked
from credserv.frameworks.framework import Framework, Need
from credserv.frameworks.gathering import Gathered
from credserv.frameworks.texts import shorten
from credserv.ground.json_types import JsonObject
from credserv.openbadges.lenient import first_object, read_objects, read_text

FORMAT = "cprt-json"
_CATALOGUE = "https://csrc.nist.gov/projects/cprt/catalog#/cprt/framework/version/{}/home?element="
_REPLACED = ("superseded_by", "incorporated_into", "moved_to")


def is_cprt(value: object) -> bool:
    elements = _elements(value)
    return any("element_identifier" in entry for entry in read_objects(elements.get("elements")))


def read_cprt(value: Any, asked: Asked) -> Framework:
    elements = _elements(value)
    document = first_object(elements.get("documents"))
    identifier = read_text(document.get("doc_identifier"))
    gathered = Gathered(asked, known_base=_CATALOGUE.format(identifier))
    kinds: dict[str, str] = {}
    for index, entry in enumerate(read_objects(elements.get("elements"))):
        code = read_text(entry.get("element_identifier"))
        if _read_element(gathered, entry, code, index):
            kinds[code] = read_text(entry.get("element_type"))
    for relation in read_objects(elements.get("relationships")):
        _relate(gathered, relation, kinds)
    return gathered.framework(
        FORMAT,
        uri=gathered.base.partition("/home?")[0],
        name=read_text(document.get("name")) or identifier,
        version=read_text(document.get("version")),
        publisher="NIST",
        licence="https://www.nist.gov/open/license",
        language="en",
    )


def _elements(value: object) -> JsonObject:
    """Return the content of `{"response": {"elements": {…}}}`, as the tool answers, or of what is inside."""
    found: JsonObject = value if isinstance(value, Mapping) else {}
    for name in ("response", "elements"):
        inner = found.get(name)
        found = inner if isinstance(inner, Mapping) else found
    return found


def _read_element(gathered: Gathered, entry: JsonObject, code: str, index: int) -> bool:
    title, text = read_text(entry.get("title")), read_text(entry.get("text"))
    if not code or not (title or text):
        gathered.fault("an element with an identifier and a text is expected", "elements", index)
        return False
    draft = gathered.draft(gathered.address(code))
    draft.code, draft.type = code, read_text(entry.get("element_type"))
    draft.label(title or shorten(text), "en")
    draft.define(text, "en")
    draft.deprecated = draft.type.startswith("withdraw")
    return True


def _relate(gathered: Gathered, relation: JsonObject, kinds: Mapping[str, str]) -> None:
    source, target = (read_text(relation.get(f"{end}_element_identifier")) for end in ("source", "dest"))
    if source not in kinds or target not in kinds or source == target:
        return
    kind = read_text(relation.get("relationship_identifier"))
    above, below = (gathered.draft(gathered.address(code)) for code in (source, target))
    if kind in _REPLACED:
        above.replaced_by[below.uri] = None
    elif kinds[source] == "work_role":
        above.needs[Need(below.uri, True)] = None
    elif kind == "projection":
        below.parents[above.uri] = None
    else:
        above.related[below.uri] = None
