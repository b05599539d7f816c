"""Import: a framework becomes items here, to which achievements are aligned.

1. read its files into one framework (framework_files.py)
2. preview: what is added, changed and removed, and which of that achievements cite
3. store it a thousand items at a time, so that nobody waits long for the database; if it is interrupted, run
   it again: items stored already stay as they are
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from credserv.frameworks.crosswalk import Link
from credserv.frameworks.framework import Framework, Item, Strength
from credserv.ground.errors import (
    NotFoundError,
)
from credserv.journeys.services import Services
from credserv.openbadges.lenient import read_objects, read_text
from credserv.records.audit import Action, AuditRecord
from credserv.records.frameworks import CrosswalkLink, FrameworkRecord, KnownSkill, SkillRecord, Term

_AT_ONCE = 1_000
_SHOWN = 100  # how many a preview names
_ACHIEVEMENTS = 200

Progress = Callable[[int, int], None]


def _silent(_done: int, _total: int) -> None:
    """Report no progress."""


@dataclass(frozen=True)
class Cited:
    """An item that an achievement names, and what happens to it: `changed` or `gone`."""

    uri: str
    label: str
    change: str
    achievement: str


@dataclass(frozen=True)
class Preview:
    """What an import would do.

    Attributes:
        added: URI and label of each.
        changed: URI and label of each.
        gone: URI and label of each.
    """

    framework: Framework
    added: tuple[tuple[str, str], ...]
    changed: tuple[tuple[str, str], ...]
    gone: tuple[tuple[str, str], ...]
    unchanged: int
    cited: tuple[Cited, ...]


# --- previewing -----------------------------------------------------------------------------------


def framework_id(services: Services, uri: str) -> str:
    """Return the id for a framework URI, the same for everybody and every import."""
    named = f"{services.store.organisation_id}\n{uri}"
    return hashlib.sha256(named.encode()).hexdigest()[:20]


def preview_framework(services: Services, framework: Framework) -> Preview:
    """Return what an import would change."""
    known = services.store.frameworks.known(framework_id(services, framework.uri))
    changes = _compare(framework, known)
    gone_uris = [uri for uri, kept in known.items() if not kept.gone and uri not in changes.digests]
    kept = services.store.frameworks.skills(gone_uris)
    gone = tuple((uri, kept[uri].skill.label if uri in kept else "") for uri in gone_uris)
    changed = tuple((item.uri, item.label) for item in changes.changed)
    return Preview(
        framework,
        tuple((item.uri, item.label) for item in changes.added),
        changed,
        gone,
        len(framework.items) - len(changes.added) - len(changes.changed),
        tuple(_cited(services, {**dict.fromkeys(changed, "changed"), **dict.fromkeys(gone, "gone")})),
    )


def tell_preview(preview: Preview) -> dict[str, Any]:
    """Return a preview as JSON for pages, jobs and the command, with long lists shortened."""
    framework = preview.framework
    return {
        "framework": {
            "uri": framework.uri,
            "name": framework.name,
            "format": framework.format,
            "version": framework.version,
            "publisher": framework.publisher,
            "licence": framework.licence,
            "language": framework.language,
            "items": len(framework.items),
        },
        "added": len(preview.added),
        "changed": len(preview.changed),
        "gone": len(preview.gone),
        "unchanged": preview.unchanged,
        "examples": {
            name: [{"uri": uri, "label": label} for uri, label in listed[:_SHOWN]]
            for name, listed in (
                ("added", preview.added),
                ("changed", preview.changed),
                ("gone", preview.gone),
            )
        },
        "cited": [vars(one) for one in preview.cited[:_SHOWN]],
        "faults": [{"place": one.place, "message": one.message} for one in framework.faults[:_SHOWN]],
        "left_out": len(framework.faults),
    }


def _cited(services: Services, changes: Mapping[tuple[str, str], str]) -> Iterator[Cited]:
    by_uri = {uri: (label, change) for (uri, label), change in changes.items()}
    if not by_uri:
        return
    after = ""
    while newest := services.store.achievements.list_newest(after=after, limit=_ACHIEVEMENTS):
        for version in newest:
            for alignment in read_objects(version.achievement.get("alignment")):
                uri = read_text(alignment.get("targetUrl"))
                if uri in by_uri:
                    label, change = by_uri[uri]
                    yield Cited(uri, label, change, version.key)
        after = newest[-1].key


# --- keeping --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Changes:
    added: list[Item]
    changed: list[Item]
    digests: dict[str, str]


def _compare(framework: Framework, known: Mapping[str, KnownSkill]) -> _Changes:
    added, changed, digests = [], [], {}
    for item in framework.items:
        digest = digests[item.uri] = _digest(item)
        kept = known.get(item.uri)
        if kept is None or kept.gone:
            added.append(item)
        elif kept.digest != digest:
            changed.append(item)
    return _Changes(added, changed, digests)


def keep_framework(
    services: Services,
    framework: Framework,
    *,
    actor: str,
    now: datetime,
    on_progress: Progress = _silent,
) -> tuple[FrameworkRecord, dict[str, int]]:
    """Make the stored framework equal to `framework`. Safe to repeat.

    Args:
        on_progress: Called with the number done and the total.

    Returns:
        The framework, and how many items were added, changed and removed.
    """
    store, own_id = services.store, framework_id(services, framework.uri)
    known, before = store.frameworks.known(own_id), store.frameworks.get(own_id)
    changes = _compare(framework, known)
    gone = [kept.number for uri, kept in known.items() if not kept.gone and uri not in changes.digests]
    counts = {"added": len(changes.added), "changed": len(changes.changed), "gone": len(gone)}
    revision = 1 if before is None else before.revision + any(counts.values())
    record = _record(framework, own_id, revision, now)
    store.frameworks.put(record if before is None else replace(before, name=record.name))
    numbers = _numbers(known)
    wanted = [*changes.changed, *changes.added]
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        kept = [
            _skill(item, known[item.uri].number if item.uri in known else next(numbers), changes.digests)
            for item in some
        ]
        store.frameworks.put_items(own_id, kept)
        on_progress(start + len(some), len(wanted))
    store.frameworks.end_items(own_id, gone, revision=revision)
    with store.transaction():
        store.frameworks.replace_links(own_id, list(_links(framework, own_id)))
        store.frameworks.put(record)
        store.frameworks.note_version(record, actor=actor, changes=counts, now=now)
        told = {"name": framework.name, "revision": revision, **counts}
        store.audit.add(AuditRecord(now, actor, Action.FRAMEWORK_IMPORTED, framework.uri, told))
    return record, counts


def remove_framework(services: Services, own_id: str, *, actor: str, now: datetime) -> None:
    """Remove a framework. Achievements keep their alignments, which contain everything they need.

    Raises:
        NotFoundError: There is no such framework.
    """
    known = services.store.frameworks.get(own_id)
    if known is None:
        raise NotFoundError("there is no such framework")
    with services.store.transaction():
        services.store.frameworks.remove(own_id)
        services.store.audit.add(
            AuditRecord(now, actor, Action.FRAMEWORK_REMOVED, known.uri, {"name": known.name})
        )


def _record(framework: Framework, own_id: str, revision: int, now: datetime) -> FrameworkRecord:
    return FrameworkRecord(
        own_id,
        framework.uri,
        framework.name,
        framework.format,
        revision,
        now,
        framework.version,
        framework.publisher,
        framework.licence,
        framework.language,
        framework.description,
        len(framework.items),
    )


def _numbers(known: Mapping[str, KnownSkill]) -> Iterator[int]:
    number = max((kept.number for kept in known.values()), default=0)
    while True:
        number += 1
        yield number


def _content(item: Item) -> dict[str, Any]:
    """Return the members of an item that have no column, without empty ones."""
    told = {
        "type": item.type,
        "level": item.level,
        "labels": dict(item.labels),
        "alt_labels": {language: list(texts) for language, texts in item.alt_labels.items() if texts},
        "definitions": dict(item.definitions),
        "keywords": list(item.keywords),
        "parents": list(item.parents),
        "related": list(item.related),
        "replaced_by": list(item.replaced_by),
        "matches": [[match.uri, match.strength.value] for match in item.matches],
        "needs": [[need.uri, need.essential] for need in item.needs],
    }
    return {name: value for name, value in told.items() if value}


def _digest(item: Item) -> str:
    told = [item.code, item.deprecated, _content(item)]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _skill(item: Item, number: int, digests: Mapping[str, str]) -> SkillRecord:
    return SkillRecord(
        number,
        item.uri,
        item.label,
        _content(item),
        digests[item.uri],
        item.code,
        item.deprecated,
        tuple(_terms(item)),
    )


def _terms(item: Item) -> Iterator[tuple[Term, str]]:
    for label in item.labels.values():
        yield Term.LABEL, label
    for texts in item.alt_labels.values():
        for text in texts:
            yield Term.ALSO, text
    for keyword in item.keywords:
        yield Term.KEYWORD, keyword


def _links(framework: Framework, own_id: str) -> Iterator[CrosswalkLink]:
    """Yield a publisher's links from both ends; SKOS relations are symmetric or have an inverse."""
    for item in framework.items:
        for match in item.matches:
            if match.strength is not Strength.RELATED:
                link = Link(match.uri, item.uri, match.strength)
                for one in (link, link.turned):
                    yield CrosswalkLink(one.origin, one.target, one.strength.value, own_id)


# --- crosswalks -----------------------------------------------------------------------------------


def keep_crosswalk(services: Services, links: Iterable[Link], *, actor: str, now: datetime) -> int:
    """Replace the organisation's own links.

    Returns:
        How many there are.
    """
    kept = [CrosswalkLink(one.origin, one.target, one.strength.value) for one in links]
    with services.store.transaction():
        services.store.frameworks.replace_links("", kept)
        told = {"links": len(kept)}
        services.store.audit.add(AuditRecord(now, actor, Action.CROSSWALK_CHANGED, "crosswalk", told))
    return len(kept)


def known_links(services: Services, uris: Sequence[str]) -> tuple[Link, ...]:
    """Return the stored links from or to these skills."""
    found = services.store.frameworks.links(uris)
    return tuple(Link(one.origin, one.target, Strength(one.strength)) for one in found)
