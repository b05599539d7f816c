"""A competency framework, whatever format it was published in, and its items.

Texts are by language (BCP 47; `und` where the file does not say). Only its URI identifies an item: codes and
labels repeat. It may have several parents (ESCO: 4,761 of 14,575 concepts).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType

from credserv.ground.errors import Fault

UNDETERMINED = "und"  # ISO 639-2, as used in BCP 47
_NO_TEXTS: Mapping[str, str] = MappingProxyType({})
_NO_LISTS: Mapping[str, tuple[str, ...]] = MappingProxyType({})
_PREFERRED = ("en", "en-us", "en-gb", UNDETERMINED)


class Strength(StrEnum):
    """The strength of a link: how the first skill relates to the second (SKOS, section 10)."""

    EXACT = "exact"
    BROADER = "broader"
    NARROWER = "narrower"
    RELATED = "related"


@dataclass(frozen=True, slots=True)
class Match:
    """An item of another framework, and how it relates to the item that names it."""

    uri: str
    strength: Strength


@dataclass(frozen=True, slots=True)
class Need:
    """A skill that an occupation requires."""

    uri: str
    essential: bool


@dataclass(frozen=True, slots=True)
class Item:
    """One entry: a skill, a group of skills, a level, an occupation.

    Attributes:
        type: the format's own word for its kind.
        level: as written.
        needs: what an occupation requires.
        parents, related, replaced_by: URIs of items, which may be in other files.
    """

    uri: str
    code: str = ""
    type: str = ""
    labels: Mapping[str, str] = field(default_factory=lambda: _NO_TEXTS)
    alt_labels: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: _NO_LISTS)
    definitions: Mapping[str, str] = field(default_factory=lambda: _NO_TEXTS)
    keywords: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    replaced_by: tuple[str, ...] = ()
    matches: tuple[Match, ...] = ()
    needs: tuple[Need, ...] = ()
    level: str = ""
    deprecated: bool = False

    @property
    def label(self) -> str:
        """One label, where no language is requested."""
        return choose_text(self.labels)

    @property
    def definition(self) -> str:
        return choose_text(self.definitions)


@dataclass(frozen=True, slots=True)
class Framework:
    """A framework.

    Attributes:
        format: the reader that produced it.
        language: of its texts, where it has one.
        licence: a URI or text.
        faults: what could not be used, with its place; everything else was read.
    """

    uri: str
    name: str
    format: str
    items: tuple[Item, ...] = field(repr=False)
    version: str = ""
    publisher: str = ""
    licence: str = ""
    language: str = ""
    description: str = ""
    faults: tuple[Fault, ...] = ()


def choose_text(texts: Mapping[str, str], language: str = "") -> str:
    """Return the text in `language`, else in English, else the first."""
    for wanted in (language.lower(), *_PREFERRED):
        if wanted in texts:
            return texts[wanted]
    return next(iter(texts.values()), "")


def merge_frameworks(parts: Iterable[Framework]) -> Framework:
    """Merge files of one framework: what each says about an item is combined.

    The first says what the framework is. Items that only relations name are left out.
    """
    first, *others = parts
    found: dict[str, Item] = {}
    for part in (first, *others):
        for item in part.items:
            known = found.get(item.uri)
            found[item.uri] = item if known is None else _joined(known, item)
    items = tuple(item for item in found.values() if item.labels)
    faults = tuple(fault for part in (first, *others) for fault in part.faults)
    return replace(first, items=items, faults=faults)


def _joined(one: Item, other: Item) -> Item:
    return Item(
        one.uri,
        one.code or other.code,
        one.type or other.type,
        {**other.labels, **one.labels},
        {
            language: _both(one.alt_labels.get(language, ()), other.alt_labels.get(language, ()))
            for language in (*one.alt_labels, *other.alt_labels)
        },
        {**other.definitions, **one.definitions},
        _both(one.keywords, other.keywords),
        _both(one.parents, other.parents),
        _both(one.related, other.related),
        _both(one.replaced_by, other.replaced_by),
        tuple(dict.fromkeys(one.matches + other.matches)),
        tuple(dict.fromkeys(one.needs + other.needs)),
        one.level or other.level,
        one.deprecated or other.deprecated,
    )


def _both(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one + other)) if other else one
