"""CTDL-ASN (Credential Engine) and SKOS as JSON-LD: a graph of nodes read by their terms.

No JSON-LD processor is needed: publishers write the terms with the usual prefixes, in full or bare, and ids
are absolute. CTDL-ASN terms: https://credreg.net/ctdlasn/terms; SKOS reference, sections 4 to 10.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from credserv.frameworks.asked import Asked
from credserv.frameworks.framework import Framework, Strength
from credserv.frameworks.gathering import Draft, Gathered
from credserv.frameworks.language_maps import first_text, read_ids, read_texts
from credserv.frameworks.texts import shorten
from credserv.ground.json_types import JsonObject
from credserv.ground.tables import Table
from credserv.openbadges.lenient import read_list, read_objects

FORMAT = "ctdl-asn"
_PREFIX = re.compile(r"(?:ceasn|ceterms|asn|gem|skos|dcterms|dct|dc|rdfs|owl|schema):|https?://.*[/#]")
_FRAMEWORKS = ("CompetencyFramework", "ConceptScheme", "StandardDocument", "ProgressionModel", "Collection")
_ITEMS = ("Competency", "Concept", "Statement", "ProgressionLevel")
_LABELS = ("competencyLabel", "prefLabel", "name", "title")
_STATEMENTS = ("competencyText", "definition", "description", "statementText")
_ABOVE = ("isChildOf", "broader", "broaderTransitive")
_BELOW = ("hasChild", "narrower", "narrowerTransitive")
_MATCHES = (
    ("exactAlignment", Strength.EXACT),
    ("exactMatch", Strength.EXACT),
    ("sameAs", Strength.EXACT),
    ("broadAlignment", Strength.BROADER),
    ("broadMatch", Strength.BROADER),
    ("narrowAlignment", Strength.NARROWER),
    ("narrowMatch", Strength.NARROWER),
    ("majorAlignment", Strength.RELATED),
    ("minorAlignment", Strength.RELATED),
    ("closeMatch", Strength.RELATED),
    ("relatedMatch", Strength.RELATED),
)
_RELATED = ("related", "isRelatedTo", "prerequisiteAlignment", "comprisedOf", "crossSubjectReference")
_REPLACED = ("supersededBy", "isReplacedBy", "replacedBy")
_DEPRECATED = ("deprecated", "superseded", "withdrawn")


def graph_of(value: object) -> list[JsonObject]:
    """Return the nodes of a JSON-LD document or a registry's envelope; a single node is a graph of one."""
    if isinstance(value, list):
        return read_objects(value)
    if not isinstance(value, Mapping):
        return []
    for wrapper in ("decoded_resource", "resource"):
        if isinstance(value.get(wrapper), Mapping):
            return graph_of(value[wrapper])
    for listed in ("@graph", "data"):  # the second in answers of the registry's search
        if listed in value:
            return read_objects(value[listed])
    return [value] if "@type" in value or "type" in value else []


def types_of(node: JsonObject) -> list[str]:
    """Return bare types. A node with the text of a competency is one, even where a search omits its type."""
    named = read_list(node.get("@type", node.get("type")))
    if not named and any(_PREFIX.sub("", name) == "competencyText" for name in node):
        return ["Competency"]
    return [_PREFIX.sub("", name) for name in named if isinstance(name, str)]


def is_ctdl_asn(value: object) -> bool:
    return any(kind in _ITEMS or kind in _FRAMEWORKS for node in graph_of(value) for kind in types_of(node))


def is_ctdl_table(table: Table) -> bool:
    """Return whether a table has the same terms as columns and a node in each row, as CaSS exports it."""
    return {"@type", "@id"} <= set(table.columns.values()) and "ceasn:" in " ".join(table.columns.values())


def read_ctdl_table(table: Table, asked: Asked) -> Framework:
    nodes = [
        {
            table.columns[name]: text.split("|") if "|" in text and "://" in text else text
            for name, text in row.cells.items()
        }
        for row in table.rows
    ]
    return read_ctdl_asn(nodes, asked)


def read_ctdl_asn(value: Any, asked: Asked) -> Framework:
    gathered = Gathered(asked)
    nodes = [_terms(node) for node in graph_of(value)]
    framework = next((node for node in nodes if _is_one_of(node, _FRAMEWORKS)), {})
    languages = read_list(framework.get("inLanguage", framework.get("language")))
    language = first_text(languages).lower() or gathered.language
    for index, node in enumerate(nodes):
        if _is_one_of(node, _ITEMS):
            _read_item(gathered, node, index, language)
    for node in nodes:
        if _is_one_of(node, _ITEMS):
            _read_children(gathered, node)
    publisher = first_text(framework.get("publisherName"))
    return gathered.framework(
        FORMAT,
        uri=gathered.resolve(_identify(framework) or ""),
        name=_first_of(framework, _LABELS),
        version=_first_of(framework, ("versionIdentifier", "versionInfo", "hasVersion")),
        publisher=publisher or next(iter(read_ids(framework.get("publisher", framework.get("creator")))), ""),
        licence=next(iter(read_ids(framework.get("license", framework.get("rights")))), ""),
        language=language if languages else "",
        description=_first_of(framework, _STATEMENTS),
    )


def _terms(node: JsonObject) -> dict[str, Any]:
    """Return the node by bare terms; `@type` and `@id` unchanged."""
    found: dict[str, Any] = {}
    for name, value in node.items():
        found.setdefault(name if name.startswith("@") else _PREFIX.sub("", name), value)
    return found


def _is_one_of(node: JsonObject, kinds: Iterable[str]) -> bool:
    return not set(types_of(node)).isdisjoint(kinds)


def _identify(node: JsonObject) -> str | None:
    return next(iter(read_ids(node.get("@id", node.get("id")))), None)


def _first_of(node: JsonObject, names: Iterable[str]) -> str:
    return next((text for name in names if (text := first_text(node.get(name)))), "")


def _read_item(gathered: Gathered, node: JsonObject, index: int, language: str) -> None:
    identifier = _identify(node)
    if identifier is None:
        gathered.fault("a node with an @id is expected", "@graph", index)
        return
    draft = gathered.draft(gathered.address(identifier))
    for name in _LABELS:
        for told, text in read_texts(node.get(name), language):
            draft.label(text, told)
    for name in _STATEMENTS:
        for told, text in read_texts(node.get(name), language):
            draft.define(text, told)
    for told, text in draft.definitions.items():
        draft.label(shorten(text), told)
    if not draft.labels:
        gathered.fault("the item has no text (competencyText)", "@graph", index)
        del gathered.drafts[draft.uri]
        return
    _read_rest(gathered, draft, node, language)


def _read_rest(gathered: Gathered, draft: Draft, node: JsonObject, language: str) -> None:
    draft.code = _first_of(node, ("codedNotation", "notation", "statementNotation", "listID"))
    draft.type = first_text(node.get("competencyCategory")) or types_of(node)[0]
    draft.level = _first_of(node, ("proficiencyLevel", "complexityLevel", "educationLevelType"))
    for name in ("altLabel", "hiddenLabel", "abbreviatedStatement"):
        for told, text in read_texts(node.get(name), language):
            draft.add_alt_labels([text], told)
    draft.keywords.update(dict.fromkeys(text for _, text in read_texts(node.get("conceptKeyword"), language)))
    for name, strength in _MATCHES:
        for uri in read_ids(node.get(name)):
            draft.match(uri, strength)
    for names, found in ((_ABOVE, draft.parents), (_RELATED, draft.related), (_REPLACED, draft.replaced_by)):
        for name in names:
            found.update(dict.fromkeys(gathered.resolve(uri) for uri in read_ids(node.get(name))))
    status = _first_of(node, ("publicationStatusType", "conceptStatus")).lower()
    draft.deprecated = node.get("deprecated") in (True, "true") or status.endswith(_DEPRECATED)


def _read_children(gathered: Gathered, node: JsonObject) -> None:
    """Read children: some publishers write the tree from above, some from below, some both."""
    above = _identify(node)
    for name in _BELOW:
        for below in read_ids(node.get(name)):
            draft = gathered.drafts.get(gathered.resolve(below))
            if draft is not None and above is not None:
                draft.parents[gathered.resolve(above)] = None
