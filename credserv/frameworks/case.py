"""CASE 1.0 and 1.1 (1EdTech Competencies and Academic Standards Exchange): a CFPackage as JSON.

Associations point from child to parent. Nodes are matched by `identifier` first: on some hosts the `uri` in a
link differs from that of the item (http instead of https, CFPackageURI instead of CFPackages/{id}). CASE 1.1,
sections 4 (data model) and 5 (association types).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from credserv.frameworks.asked import Asked
from credserv.frameworks.framework import Framework, Strength, merge_frameworks
from credserv.frameworks.gathering import Draft, Gathered
from credserv.frameworks.texts import shorten
from credserv.ground.errors import UnknownFrameworkError
from credserv.ground.json_types import JsonObject
from credserv.openbadges.lenient import first_object, read_list, read_objects, read_text

FORMAT = "case"
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_CHILD_OF = ("ischildof", "ispartof", "istopchildof")
_EXACT = ("exactmatchof", "istranslationof")
_RELATED = ("isrelatedto", "ispeerof", "precedes", "exemplar", "hasskilllevel")


def is_case(value: object) -> bool:
    """Return whether this JSON is a package, several of them, or a listing of documents."""
    if isinstance(value, list):
        return bool(value) and all(_is_document(entry) or _has_items(entry) for entry in value)
    known = ("CFDocument", "CFDocuments", "CFItems", "CFPackage", "CFPackages")
    return isinstance(value, Mapping) and (any(name in value for name in known) or _is_document(value))


def peek_packages(value: object) -> tuple[tuple[str, str], ...]:
    """Return title and address of each package (CFPackageURI) that a document or listing names."""
    documents = value if isinstance(value, list) else [value]
    if isinstance(value, Mapping):
        documents = read_list(value.get("CFDocuments", value.get("CFDocument"))) or documents
    found = []
    for document in read_objects(documents):
        address = read_text(first_object(document.get("CFPackageURI")).get("uri"))
        if address or isinstance(document.get("CFPackageURI"), str):
            found.append((read_text(document.get("title")), address or read_text(document["CFPackageURI"])))
    return tuple(found)


def read_case(value: Any, asked: Asked) -> Framework:
    """Read packages; several become one framework, named as the first.

    Raises UnknownFrameworkError for documents without items, naming the addresses of their packages.
    """
    return merge_frameworks(_read_package(package, asked) for package in _packages(value))


def _read_package(package: JsonObject, asked: Asked) -> Framework:
    gathered = Gathered(asked)
    document = first_object(package.get("CFDocument"))
    reader = _Package(gathered, document)
    for index, entry in enumerate(read_list(package.get("CFItems"))):
        reader.read_item(entry, index)
    reader.read_rubrics(package)
    for index, entry in enumerate(read_list(package.get("CFAssociations"))):
        reader.read_association(entry, index)
    return gathered.framework(
        FORMAT,
        uri=reader.uri,
        name=read_text(document.get("title")),
        version=read_text(document.get("version")),
        publisher=read_text(document.get("publisher")) or read_text(document.get("creator")),
        licence=_link(document.get("licenseURI")),
        language=read_text(document.get("language")),
        description=read_text(document.get("description")) or read_text(document.get("notes")),
    )


def _packages(value: Any) -> list[JsonObject]:
    wrapped = value.get("CFPackages", value.get("CFPackage")) if isinstance(value, Mapping) else None
    packages = [one for one in read_objects(wrapped or value) if _has_items(one)]
    if packages:
        return packages
    named = peek_packages(value)
    listed = "; ".join(f"{title or 'without a title'}: {address}" for title, address in named[:10])
    raise UnknownFrameworkError(
        "this names CASE documents and holds no items; take the package of one"
        + (f": {listed}" if listed else " (CFPackages/{id})")
    )


def _has_items(value: object) -> bool:
    return isinstance(value, Mapping) and ("CFItems" in value or "CFAssociations" in value)


def _is_document(value: object) -> bool:
    return isinstance(value, Mapping) and "CFPackageURI" in value and "title" in value


class _Package:
    """The items and links of one package. `uri` is the document's."""

    def __init__(self, gathered: Gathered, document: JsonObject) -> None:
        self._gathered = gathered
        self._document = document
        self._language = (read_text(document.get("language")) or gathered.language).lower()
        self._by_identifier: dict[str, str] = {}
        self._retired = read_text(document.get("adoptionStatus")).lower() == "deprecated"
        self.uri = self._identify(document) or ""
        self._identifier = read_text(document.get("identifier"))

    def _identify(self, entry: JsonObject) -> str | None:
        uri, identifier = read_text(entry.get("uri")), read_text(entry.get("identifier"))
        if uri:
            return self._gathered.address(uri)
        if not identifier:
            return None
        return f"urn:uuid:{identifier}" if _UUID.fullmatch(identifier) else self._gathered.address(identifier)

    def read_item(self, entry: object, index: int) -> None:
        uri = self._identify(entry) if isinstance(entry, Mapping) else None
        if uri is None or not isinstance(entry, Mapping):
            self._gathered.fault("an item with a uri or an identifier is expected", "CFItems", index)
            return
        statement = read_text(entry.get("fullStatement"))
        short = read_text(entry.get("abbreviatedStatement"))
        if not statement and not short:
            self._gathered.fault("the item says nothing (fullStatement)", "CFItems", index)
            return
        draft = self._note(entry, uri)
        language = (read_text(entry.get("language")) or self._language).lower()
        draft.label(short or shorten(statement), language)
        draft.define(statement or read_text(entry.get("notes")), language)
        draft.add_alt_labels([read_text(entry.get("alternativeLabel"))], language)
        draft.code = read_text(entry.get("humanCodingScheme")) or read_text(entry.get("listEnumeration"))
        draft.type = read_text(entry.get("CFItemType")) or "CFItem"
        draft.level = ", ".join(read_text(level) for level in read_list(entry.get("educationLevel")))
        draft.keywords.update(dict.fromkeys(_words(entry.get("conceptKeywords"))))
        draft.deprecated = self._retired or self._has_ended(entry)

    def _has_ended(self, entry: JsonObject) -> bool:
        """Return whether an entry has ended when the document was last changed; later dates are only
        planned."""
        ends, changed = (
            read_text(entry.get("statusEndDate")),
            read_text(self._document.get("lastChangeDateTime")),
        )
        return bool(ends) and ends[:10] <= changed[:10]

    def _note(self, entry: JsonObject, uri: str) -> Draft:
        identifier = read_text(entry.get("identifier"))
        if identifier:
            self._by_identifier[identifier] = uri
        return self._gathered.draft(uri)

    # --- links ----------------------------------------------------------------------------------

    def read_association(self, entry: object, index: int) -> None:
        if not isinstance(entry, Mapping):
            self._gathered.fault("an association is expected", "CFAssociations", index)
            return
        origin, destination = (
            self._node(entry.get(name)) for name in ("originNodeURI", "destinationNodeURI")
        )
        draft = self._gathered.drafts.get(origin or "")
        kind = read_text(entry.get("associationType")).lower().removeprefix("ext:").replace(" ", "")
        if not origin or not destination:
            self._gathered.fault("an association names its two nodes", "CFAssociations", index)
        elif draft is not None and origin != destination:
            self._link(draft, kind, destination)

    def _link(self, draft: Draft, kind: str, destination: str) -> None:
        if kind in _CHILD_OF:
            if destination != self.uri:
                draft.parents[destination] = None
        elif kind == "replacedby":
            draft.replaced_by[destination] = None
        elif kind in _EXACT:
            draft.match(destination, Strength.EXACT)
        elif kind in _RELATED:
            draft.related[destination] = None

    def _node(self, value: object) -> str | None:
        """Return an item's own URI where its identifier is known; the document's for its identifier."""
        if isinstance(value, str):
            return self._by_identifier.get(value) or (
                self.uri if value == self._identifier else value or None
            )
        node = first_object(value)
        identifier = read_text(node.get("identifier"))
        if identifier and identifier == self._identifier:
            return self.uri
        return self._by_identifier.get(identifier) or self._identify(node)

    # --- rubrics --------------------------------------------------------------------------------

    def read_rubrics(self, package: JsonObject) -> None:
        for rubric in read_objects(package.get("CFRubrics")):
            for criterion in read_objects(rubric.get("CFRubricCriteria")):
                uri = self._identify(criterion)
                text = read_text(criterion.get("description")) or read_text(criterion.get("category"))
                if uri and text:
                    self._read_criterion(criterion, uri, text)

    def _read_criterion(self, criterion: JsonObject, uri: str, text: str) -> None:
        draft = self._note(criterion, uri)
        draft.label(shorten(text), self._language)
        draft.type, draft.code = "CFRubricCriterion", read_text(criterion.get("category"))
        item = self._node(criterion.get("CFItemURI")) if criterion.get("CFItemURI") else None
        if item:
            draft.parents[item] = None
        for level in read_objects(criterion.get("CFRubricCriterionLevels")):
            self._read_level(level, uri)

    def _read_level(self, level: JsonObject, criterion: str) -> None:
        uri, quality = self._identify(level), read_text(level.get("quality"))
        text = quality or read_text(level.get("description"))
        if uri and text:
            draft = self._note(level, uri)
            draft.type = "CFRubricCriterionLevel"
            draft.label(shorten(text), self._language)
            draft.define(read_text(level.get("description")), self._language)
            draft.level = quality or read_text(level.get("position"))
            draft.parents[criterion] = None


def _link(value: object) -> str:
    if isinstance(value, str):
        return value
    link = first_object(value)
    return read_text(link.get("uri")) or read_text(link.get("title"))


def _words(value: object) -> list[str]:
    """Return a list; older packages write one text with commas."""
    if isinstance(value, str):
        return [word.strip() for word in value.replace("|", ",").split(",") if word.strip()]
    return [read_text(word) for word in read_list(value) if read_text(word)]
