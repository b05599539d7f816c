"""Items while they are collected: several places of a file may describe one."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote, urljoin, urlsplit

from credserv.frameworks.asked import Asked
from credserv.frameworks.framework import UNDETERMINED, Framework, Item, Match, Need, Strength
from credserv.frameworks.texts import file_language, one_line
from credserv.ground.errors import MissingBaseError
from credserv.ground.reading import FaultList, pointer
from credserv.ground.tables import clean

_MAX_URI_CHARS = 1_000  # an index over two has no room for more
_MAX_FAULTS = 1_000
_SCHEMES = ("http", "https", "urn", "did", "tag", "info")


class Draft:
    """One item while its file is read; texts are cleaned on the way in."""

    __slots__ = (
        "alt_labels",
        "code",
        "definitions",
        "deprecated",
        "keywords",
        "labels",
        "level",
        "matches",
        "needs",
        "parents",
        "related",
        "replaced_by",
        "type",
        "uri",
    )

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self.code = self.type = self.level = ""
        self.labels: dict[str, str] = {}
        self.definitions: dict[str, str] = {}
        self.alt_labels: dict[str, dict[str, None]] = {}
        self.keywords: dict[str, None] = {}
        self.parents: dict[str, None] = {}
        self.related: dict[str, None] = {}
        self.replaced_by: dict[str, None] = {}
        self.matches: dict[Match, None] = {}
        self.needs: dict[Need, None] = {}
        self.deprecated = False

    def label(self, text: str, language: str = UNDETERMINED) -> None:
        if text:
            self.labels.setdefault(language, one_line(clean(text)))

    def define(self, text: str, language: str = UNDETERMINED) -> None:
        if text:
            self.definitions.setdefault(language, clean(text))

    def add_alt_labels(self, texts: Iterable[str], language: str = UNDETERMINED) -> None:
        known = self.alt_labels.setdefault(language, {})
        known.update(dict.fromkeys(one_line(clean(text)) for text in texts if text))

    def match(self, uri: str, strength: Strength) -> None:
        self.matches[Match(uri, strength)] = None

    def item(self) -> Item:
        """Return the item. It is not its own parent, whatever the file says."""
        parents = tuple(uri for uri in self.parents if uri != self.uri)
        labels = self.labels
        alt_labels = {
            language: tuple(text for text in texts if text != labels.get(language))
            for language, texts in self.alt_labels.items()
            if texts
        }
        return Item(
            self.uri,
            self.code,
            self.type,
            labels,
            alt_labels,
            self.definitions,
            tuple(self.keywords),
            parents,
            tuple(self.related),
            tuple(self.replaced_by),
            tuple(self.matches),
            tuple(self.needs),
            self.level,
            self.deprecated or bool(self.replaced_by),
        )


class Gathered:
    """All drafts of a file, in order of first mention, and its faults."""

    def __init__(self, asked: Asked, known_base: str = "") -> None:
        self.asked = asked
        self.base = asked.base or known_base
        self.language = (asked.language or file_language(asked.file) or UNDETERMINED).lower()
        self.drafts: dict[str, Draft] = {}
        self._faults = FaultList()
        self._count = 0

    def draft(self, uri: str) -> Draft:
        found = self.drafts.get(uri)
        if found is None:
            found = self.drafts[uri] = Draft(uri)
        return found

    def fault(self, message: str, *place: str | int) -> None:
        """Note a fault. `place` is the path to it; in a table, line and column."""
        self._count += 1
        if self._count <= _MAX_FAULTS:
            self._faults.add(pointer("", *place), message)

    def address(self, identifier: str) -> str:
        """Return an absolute URI for an id, relative to the base. Raises MissingBaseError."""
        if is_absolute(identifier):
            return identifier
        if not self.base:
            raise MissingBaseError(
                "the items of this file have no addresses of their own; say under which address they are "
                "named (base), as in https://frameworks.example.org/ours/"
            )
        escaped = quote(identifier, safe="/:@!$&'()*+,;=~-._%")
        return self.base + escaped if self.base.endswith(("/", "#", "=")) else urljoin(self.base, escaped)

    def resolve(self, identifier: str) -> str:
        """Return an absolute URI as `address`, for a mere reference; unchanged without a base."""
        return self.address(identifier) if self.base else identifier

    def framework(
        self,
        format: str,
        *,
        uri: str,
        name: str,
        version: str = "",
        publisher: str = "",
        licence: str = "",
        language: str = "",
        description: str = "",
    ) -> Framework:
        """Build the framework. What the importer stated takes precedence over the file."""
        asked = self.asked
        told = language or ("" if self.language == UNDETERMINED else self.language)
        return Framework(
            uri=asked.uri or uri,
            name=asked.name or one_line(clean(name)),
            format=format,
            items=tuple(draft.item() for draft in self.drafts.values()),
            version=asked.version or version,
            publisher=asked.publisher or publisher,
            licence=asked.licence or licence,
            language=asked.language or told.lower(),
            description=clean(description),
            faults=self._faults.faults,
        )


def same(uri: str) -> str:
    """Return the same for spellings of one address: http or https, a final slash, the host's case."""
    scheme, mark, rest = uri.strip().partition("://")
    if not mark or scheme.lower() not in ("http", "https"):
        return uri.strip()
    host, slash, path = rest.partition("/")
    return f"{host.lower()}{slash}{path}".rstrip("/")


def is_absolute(identifier: str) -> bool:
    """Return whether it is a complete URI that can be stored."""
    if len(identifier) > _MAX_URI_CHARS or not identifier.isprintable() or " " in identifier:
        return False
    try:
        return urlsplit(identifier).scheme.lower() in _SCHEMES
    except ValueError:
        return False
