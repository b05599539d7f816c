"""Rules for achievements beyond the official schema, so that the credential says what was meant.

The official schema accepts members that no context defines (signing would lose them), language maps (context
3.0.3 has no language container, so the text would be lost), empty criteria, malformed addresses, and
references to levels that do not exist. Each rule notes its fault with its place.

Achievements have the form of a definition file: without their own `id`, and with `#names` as ids of result
descriptions and levels. Source: Open Badges 3.0, sections B.2, B.3, B.5 and B.12.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from credserv.ground.addresses import is_web_page
from credserv.ground.names import is_fragment
from credserv.ground.reading import FaultList, pointer, text_fault

_EXTENSION = re.compile(r"ext:[A-Za-z0-9._-]+", re.ASCII)
_TAG = re.compile(r"<[A-Za-z!/?]")
# An HTML tag, but not a Markdown autolink (<https://a.example>, <a@b.example>) nor a comparison.
_HTML = re.compile(r"</?([A-Za-z][A-Za-z0-9-]*)(?:\s[^<>]*)?/?>|<(!--|!doctype)", re.IGNORECASE)
_MARKDOWN = {
    "p": "an empty line between paragraphs", "br": "an empty line between paragraphs",
    "div": "an empty line between paragraphs", "b": "**bold**", "strong": "**bold**", "i": "*slanted*",
    "em": "*slanted*", "ul": "a line `- item` for each", "li": "a line `- item` for each",
    "ol": "a line `1. item` for each", "a": "[text](https://...)", "h1": "# heading", "h2": "## heading",
    "h3": "### heading", "code": "`code`", "img": "no picture: `image` is the badge's",
}  # fmt: skip
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_NARRATIVE_CHARS = 20_000
_LANGUAGE_MAP = (
    "is a language map; context 3.0.3 cannot sign one, so its text would be lost: "
    "write plain text, and name its language in inLanguage"
)


@dataclass(frozen=True)
class Shape:
    """One class of Open Badges: its members by kind.

    Attributes:
        type_name: filled in where `type` is omitted.
        texts: maximum characters of each plain text.
        markdown: long texts.
        lists: lists of plain text.
        children: members that are objects (one or many) of another shape.
        others: members that only the official schema checks.
    """

    type_name: str
    texts: Mapping[str, int]
    markdown: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    children: Mapping[str, Shape] = field(default_factory=dict)
    others: tuple[str, ...] = ()

    @property
    def members(self) -> frozenset[str]:
        return frozenset(("type", *self.texts, *self.markdown, *self.lists, *self.children, *self.others))


_ALIGNMENT = Shape(
    "Alignment",
    texts={"targetName": 300, "targetFramework": 300, "targetCode": 300, "targetDescription": 2_000},
    others=("targetUrl", "targetType"),
)
_LEVEL = Shape(
    "RubricCriterionLevel",
    texts={"name": 200, "description": 2_000, "level": 100, "points": 100},
    children={"alignment": _ALIGNMENT},
    others=("id",),
)
_RESULT_DESCRIPTION = Shape(
    "ResultDescription",
    texts={"name": 200, "requiredValue": 100, "valueMin": 100, "valueMax": 100},
    lists=("allowedValue",),
    children={"alignment": _ALIGNMENT, "rubricCriterionLevel": _LEVEL},
    others=("id", "resultType", "requiredLevel"),
)
_CRITERIA = Shape("Criteria", texts={}, markdown=("narrative",), others=("id",))
ACHIEVEMENT = Shape(
    "Achievement",
    texts={"name": 200, "description": 2_000, "humanCode": 100, "fieldOfStudy": 200, "specialization": 200},
    lists=("tag",),
    children={
        "alignment": _ALIGNMENT,
        "criteria": _CRITERIA,
        "resultDescription": _RESULT_DESCRIPTION,
        "otherIdentifier": Shape("IdentifierEntry", texts={"identifier": 300}, others=("identifierType",)),
        "related": Shape("Related", texts={"version": 100}, others=("id", "inLanguage")),
    },
    others=("achievementType", "creator", "creditsAvailable", "inLanguage"),
)


def complete_types(value: object, shape: Shape = ACHIEVEMENT) -> Any:
    """Return a copy in which every object of a known class has its `type`; other values are unchanged."""
    if isinstance(value, list):
        return [complete_types(item, shape) for item in value]
    if not isinstance(value, Mapping):
        return value
    types = shape.type_name if shape.type_name in ("Criteria", "IdentifierEntry") else [shape.type_name]
    whole: dict[str, Any] = {"type": types, **value}
    for name, child in shape.children.items():
        if name in whole:
            whole[name] = complete_types(whole[name], child)
    return whole


def spread(value: Any, shape: Shape = ACHIEVEMENT) -> Any:
    """Return a copy in which every member that may hold one or many is a list."""
    if isinstance(value, list):
        return [spread(item, shape) for item in value]
    whole = dict(value)
    for name, child in shape.children.items():
        if name in whole:
            inner = spread(whole[name], child)
            whole[name] = inner if isinstance(inner, list) or child is _CRITERIA else [inner]
    for name in shape.lists:
        if name in whole and not isinstance(whole[name], list):
            whole[name] = [whole[name]]
    return whole


def check_achievement_rules(achievement: Mapping[str, Any], place: str, faults: FaultList) -> None:
    """Note every fault against the rules above. The official schema is checked separately."""
    _check_shape(achievement, ACHIEVEMENT, place, faults)
    _check_criteria(achievement.get("criteria"), pointer(place, "criteria"), faults)
    _check_word(achievement, "achievementType", place, faults)
    _check_results(achievement, place, faults)
    for spot, alignment in _all_alignments(achievement, place):
        _check_url(alignment, "targetUrl", spot, faults)
        _check_word(alignment, "targetType", spot, faults)
    for spot, related in _each(achievement, "related", place):
        _check_url(related, "id", spot, faults)


def _check_shape(value: object, shape: Shape, place: str, faults: FaultList) -> None:
    if not isinstance(value, Mapping):
        return
    for name, member in value.items():
        spot = pointer(place, name)
        if name not in shape.members:
            faults.add(spot, _unknown(name, shape))
        elif name in shape.texts:
            _check_plain(member, spot, shape.texts[name], faults)
        elif name in shape.markdown:
            _check_text(member, spot, _NARRATIVE_CHARS, faults)
            _check_markdown(member, spot, faults)
        elif name in shape.lists:
            for inner, text in _items(member, spot):
                _check_plain(text, inner, 200, faults)
        elif name in shape.children:
            for inner, child in _items(member, spot):
                _check_shape(child, shape.children[name], inner, faults)


def _unknown(name: str, shape: Shape) -> str:
    if shape is ACHIEVEMENT and name in ("id", "image", "version"):
        return (
            "is given by the service: the address and number of the version, and `image` beside `achievement`"
        )
    return f"unknown member of {shape.type_name}; known are {', '.join(sorted(shape.members))}"


def _check_plain(value: object, place: str, max_chars: int, faults: FaultList) -> None:
    """Check plain text for lists, mails and titles: no markup, nothing that changes writing direction."""
    _check_text(value, place, max_chars, faults)
    if isinstance(value, str) and _TAG.search(value):
        faults.add(place, "holds HTML; plain text is expected")
    if isinstance(value, str) and _BIDI_CONTROLS & set(value):
        faults.add(place, "holds characters that turn the writing direction")


def find_html(text: str) -> str:
    """Return the name of the first HTML tag in a text that should be Markdown, or ""."""
    found = _HTML.search(text)
    return "" if found is None else found[1] or found[2]


def _check_markdown(value: object, place: str, faults: FaultList) -> None:
    """Check for HTML: pages and wallets escape it, so that readers would see the tags."""
    tag = find_html(value) if isinstance(value, str) else ""
    if tag:
        instead = _MARKDOWN.get(tag.lower(), "it without the tag")
        faults.add(place, f"holds HTML, <{tag}>; Markdown is expected: write {instead}")


def _check_text(value: object, place: str, max_chars: int, faults: FaultList) -> None:
    """Check a text. The official schema reports values of other types, except language maps, which it
    accepts."""
    if isinstance(value, Mapping):
        faults.add(place, _LANGUAGE_MAP)
    elif isinstance(value, str):
        message = text_fault(value, max_chars=max_chars)
        if message:
            faults.add(place, message)


def _check_criteria(criteria: object, place: str, faults: FaultList) -> None:
    if not isinstance(criteria, Mapping):
        return
    if "narrative" not in criteria and "id" not in criteria:
        faults.add(place, "must say what is asked: a narrative (Markdown), the id of a page (URL), or both")
    _check_url(criteria, "id", place, faults)


def _check_url(value: Mapping[str, Any], name: str, place: str, faults: FaultList) -> None:
    url = value.get(name)
    if isinstance(url, Mapping):
        faults.add(pointer(place, name), _LANGUAGE_MAP)
    elif isinstance(url, str) and not is_web_page(url):
        faults.add(pointer(place, name), "must be a whole web address that begins with https:// or http://")


def _check_word(value: Mapping[str, Any], name: str, place: str, faults: FaultList) -> None:
    """Check an extension word. The official pattern for `ext:...` is not anchored: it accepts `x ext:y`."""
    word = value.get(name)
    if isinstance(word, str) and "ext:" in word and not _EXTENSION.fullmatch(word):
        faults.add(pointer(place, name), "a word of your own is ext: and letters, digits, . _ or -")


def _check_results(achievement: Mapping[str, Any], place: str, faults: FaultList) -> None:
    seen: set[str] = set()
    for spot, description in _each(achievement, "resultDescription", place):
        _check_fragment(description, spot, seen, faults)
        _check_word(description, "resultType", spot, faults)
        levels = list(_each(description, "rubricCriterionLevel", spot))
        for inner, level in levels:
            _check_fragment(level, inner, seen, faults)
        required = description.get("requiredLevel")
        if required is not None and required not in [level.get("id") for _, level in levels]:
            faults.add(
                pointer(spot, "requiredLevel"), "names no rubricCriterionLevel of this result description"
            )


def _check_fragment(value: Mapping[str, Any], place: str, seen: set[str], faults: FaultList) -> None:
    identifier = value.get("id")
    spot = pointer(place, "id")
    if identifier is None:
        return
    if not isinstance(identifier, str) or not is_fragment(identifier):
        faults.add(spot, "must be # and a name (letters, digits, _ or -), as in #mastery")
    elif identifier in seen:
        faults.add(spot, f"{identifier} is used twice in this achievement")
    else:
        seen.add(identifier)


def _all_alignments(achievement: Mapping[str, Any], place: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield from _each(achievement, "alignment", place)
    for spot, description in _each(achievement, "resultDescription", place):
        yield from _each(description, "alignment", spot)
        for inner, level in _each(description, "rubricCriterionLevel", spot):
            yield from _each(level, "alignment", inner)


def _each(value: Mapping[str, Any], name: str, place: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the objects of a member that holds one or many, each with its place."""
    for spot, item in _items(value.get(name), pointer(place, name)):
        if isinstance(item, Mapping):
            yield spot, item


def _items(value: object, place: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield pointer(place, index), item
    elif value is not None:
        yield place, value
