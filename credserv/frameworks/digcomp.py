"""DigComp 3.0 (European Commission, JRC): the data supplement as JSON-LD.

Its ids are relative and its context has no base, so the base has to be given. There are scales of four, six
and eight levels; a statement names one of the four.
"""

from __future__ import annotations

from typing import Any

from credserv.frameworks.asked import Asked
from credserv.frameworks.ctdl_asn import graph_of, types_of
from credserv.frameworks.framework import Framework
from credserv.frameworks.gathering import Draft, Gathered
from credserv.frameworks.texts import shorten
from credserv.ground.json_types import JsonObject
from credserv.openbadges.lenient import read_identifier, read_text

FORMAT = "digcomp-jsonld"
_LICENCE = "https://creativecommons.org/licenses/by/4.0/"
_KINDS = (
    "CompetenceArea",
    "Competence",
    "ProficiencyLevel",
    "CompetenceStatement",
    "LearningOutcome",
    "Glossary",
)
_ABOVE = ("competence_id", "competence_area_id")  # nearest first


def is_digcomp(value: object) -> bool:
    kinds = {kind for node in graph_of(value) for kind in types_of(node)}
    return "Competence" in kinds and len(kinds.intersection(_KINDS)) > 1


def read_digcomp(value: Any, asked: Asked) -> Framework:
    gathered = Gathered(asked)
    gathered.language = (asked.language or "en").lower()
    nodes = graph_of(value)
    names = {_identify(node): read_text(node.get("name")) for node in nodes}
    for index, node in enumerate(nodes):
        identifier, kind = _identify(node), next(iter(types_of(node)), "")
        if identifier and kind in _KINDS:
            _read_node(gathered, node, identifier, kind)
        else:
            gathered.fault("a node of DigComp with its @id is expected", "@graph", index)
    version = "3.0" if "LearningOutcome/LO1.1.01" in names else ""
    return gathered.framework(
        FORMAT,
        uri=gathered.base,
        name=f"DigComp {version}".strip(),
        version=version,
        publisher="European Commission, Joint Research Centre",
        licence=_LICENCE,
        language=gathered.language,
    )


def _identify(node: JsonObject) -> str:
    return read_text(node.get("@id")) or read_identifier(node)


def _read_node(gathered: Gathered, node: JsonObject, identifier: str, kind: str) -> None:
    draft = gathered.draft(gathered.address(identifier))
    code = identifier.partition("/")[2] or identifier
    draft.type, language = read_text(node.get("type")) or kind, gathered.language
    definition = read_text(node.get("description")) or read_text(node.get("explanation"))
    if kind == "ProficiencyLevel":
        _read_level(draft, node, code, language)
    elif kind == "Glossary":
        draft.label(read_text(node.get("name")) or code.replace("_", " "), language)
    else:
        draft.code = code
        draft.label(read_text(node.get("name")) or shorten(definition) or code, language)
        draft.level = read_text(node.get("four_levels_proficiency_name")).rpartition("/")[2]
    draft.define(definition, language)
    above = next((text for name in _ABOVE if (text := read_text(node.get(name)))), "")
    if above:
        draft.parents[gathered.address(above)] = None


def _read_level(draft: Draft, node: JsonObject, code: str, language: str) -> None:
    """Read one of the eight levels, with its names among the four and six."""
    eight, six = read_text(node.get("eight_levels_mapping")), read_text(node.get("six_levels_mapping"))
    four = read_text(node.get("four_levels_name"))
    draft.code, draft.level = code, eight or six or four
    draft.label(" ".join(part for part in (four, eight and f"(level {eight})") if part) or code, language)
    draft.add_alt_labels([name for name in (six, f"level {eight}" if eight else "") if name], language)
    for name in ("eight_levels_description", "four_levels_description"):
        draft.define(read_text(node.get(name)), language)
