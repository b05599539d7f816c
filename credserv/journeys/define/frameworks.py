"""Import: the files of a framework become its items here, which achievements are aligned to.

1. read the files, each in its own format, into one framework
2. preview: what is added, changed and gone, and which of that achievements cite
3. keep it, a thousand items at a time, so that nobody waits for the database; what is cut off is carried on
   with by doing it again: items that are kept already are left as they are
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from credserv.fetch.client_credentials import TokenClient, fetch_token
from credserv.frameworks import plain_csv
from credserv.frameworks.archive import is_archive, unpack
from credserv.frameworks.asked import Asked
from credserv.frameworks.case import peek_packages
from credserv.frameworks.crosswalk import Link
from credserv.frameworks.framework import Framework, Item, Strength, merge_frameworks
from credserv.frameworks.readers import parse_framework_json, read_framework
from credserv.frameworks.texts import slug
from credserv.ground.errors import (
    Fault,
    FetchRefusedError,
    InputError,
    MalformedJsonError,
    MissingBaseError,
    NotFoundError,
    UnavailableError,
    UnknownFrameworkError,
)
from credserv.ground.tables import MAX_BYTES
from credserv.journeys.services import Services
from credserv.openbadges.lenient import read_objects, read_text
from credserv.records.audit import Action, AuditRecord
from credserv.records.frameworks import CrosswalkLink, FrameworkRecord, KnownSkill, SkillRecord, Term

_AT_ONCE = 1_000
_SHOWN = 100  # of what a preview names
_ACHIEVEMENTS = 200
_ACCEPT = "application/json, application/ld+json, text/csv, text/plain;q=0.8, */*;q=0.5"

Progress = Callable[[int, int], None]


def _silent(_done: int, _total: int) -> None:
    """Nobody waits."""


@dataclass(frozen=True)
class GivenFile:
    name: str
    data: bytes


@dataclass(frozen=True)
class Cited:
    """An item that an achievement names, and what happens to it: `changed` or `gone`."""

    uri: str
    label: str
    change: str
    achievement: str


@dataclass(frozen=True)
class Preview:
    """What an import would do. added, changed, gone: URI and label of each."""

    framework: Framework
    added: tuple[tuple[str, str], ...]
    changed: tuple[tuple[str, str], ...]
    gone: tuple[tuple[str, str], ...]
    unchanged: int
    cited: tuple[Cited, ...]


# --- reading --------------------------------------------------------------------------------------


def read_given(
    services: Services, files: Sequence[GivenFile], asked: Asked, *, format: str = ""
) -> Framework:
    """One framework out of one file or several of it. Raises as `read_framework`.

    Where the items have no addresses of their own, and no base was given, they are named under ours.
    """
    if not files:
        raise InputError("a file or an address of a framework is needed")
    if any(is_archive(file.data) for file in files):
        return _read_archives(services, files, asked, format=format)
    named = asked.name or files[0].name.rpartition("/")[2].partition(".")[0]
    base = asked.base or f"{services.public_url}/frameworks/{slug(named) or 'framework'}/"
    parts = []
    for file in files:
        said = replace(asked, file=file.name)
        try:
            parts.append(read_framework(file.data, said, format=format))
        except MissingBaseError:
            parts.append(read_framework(file.data, replace(said, base=base), format=format))
    framework = merge_frameworks(parts)
    return replace(framework, uri=framework.uri or base, name=framework.name or named)


def _read_archives(services: Services, files: Sequence[GivenFile], asked: Asked, *, format: str) -> Framework:
    """Of what is in an archive and none of a framework, it is told that it was passed over."""
    unpacked = [
        GivenFile(name, content)
        for file in files
        for name, content in (unpack(file.data) if is_archive(file.data) else [(file.name, file.data)])
    ]
    parts, strange = [], []
    for file in unpacked:
        if is_archive(file.data):  # which may hold itself, without an end
            strange.append(Fault(file.name, "was passed over: an archive within an archive"))
            continue
        try:
            parts.append(read_given(services, [file], asked, format=format))
        except (UnknownFrameworkError, MalformedJsonError) as error:
            strange.append(Fault(file.name, f"was passed over: {error.detail}"))
    if not parts:
        raise UnknownFrameworkError("no file in the archive is one of a framework")
    first = next((part for part in parts if part.format != plain_csv.FORMAT), parts[0])
    alike = [part for part in parts if part.format == first.format]
    strange += [Fault(part.name, "is of another format") for part in parts if part not in alike]
    merged = merge_frameworks(alike)
    return replace(merged, faults=(*merged.faults, *strange))


def fetch_framework(services: Services, url: str, client: TokenClient | None = None) -> GivenFile:
    """What an address serves; of a CASE document that names its package, the package.

    client: with which an access token is asked for first, as CASE Network wants it. It goes to the host of
    `url` alone. Raises FetchRefusedError, UnavailableError, InputError.
    """
    headers = {} if client is None else {"Authorization": f"Bearer {fetch_token(services.caller, client)}"}

    def get(address: str) -> bytes:
        if not headers:
            return services.fetcher.get(address, accept=_ACCEPT, max_bytes=MAX_BYTES).body
        if urlsplit(address).netloc != urlsplit(url).netloc:
            raise FetchRefusedError("the document names a package at another host, which gets no token")
        answer = services.caller.call(address, headers={"Accept": _ACCEPT, **headers}, max_bytes=MAX_BYTES)
        if answer.status != 200:
            raise UnavailableError(f"the host answered {answer.status}")
        return answer.body

    data = get(url)
    package = _only_package(data)
    if package and package != url:
        data = get(package)
        url = package
    return GivenFile(url, data)


def _only_package(data: bytes) -> str:
    """The one package that this names, if that is all it is."""
    if data.lstrip()[:1] not in (b"{", b"["):
        return ""
    value = parse_framework_json(data)
    if isinstance(value, Mapping) and "CFItems" in value:
        return ""
    packages = peek_packages(value)
    return packages[0][1] if len(packages) == 1 else ""


# --- previewing -----------------------------------------------------------------------------------


def framework_id(services: Services, uri: str) -> str:
    """One framework is one, whoever imports it, however often."""
    named = f"{services.store.organisation_id}\n{uri}"
    return hashlib.sha256(named.encode()).hexdigest()[:20]


def preview_framework(services: Services, framework: Framework) -> Preview:
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
    """As pages, jobs and the command show it; of long lists the beginning."""
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
    """Make what is kept what the framework says; returns it, and how much was added, changed and is gone.

    Repeatable: what is kept already is left as it is.
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
    """What achievements say of its items stays: an alignment carries all that it needs. NotFoundError."""
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
    """All of an item but what has a column; what is empty is left out."""
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
    """A publisher's links hold from both ends: the strengths of SKOS are symmetric, or turn round."""
    for item in framework.items:
        for match in item.matches:
            if match.strength is not Strength.RELATED:
                link = Link(match.uri, item.uri, match.strength)
                for one in (link, link.turned):
                    yield CrosswalkLink(one.origin, one.target, one.strength.value, own_id)


# --- crosswalks -----------------------------------------------------------------------------------


def keep_crosswalk(services: Services, links: Iterable[Link], *, actor: str, now: datetime) -> int:
    """These are the organisation's own links, in place of those before; how many."""
    kept = [CrosswalkLink(one.origin, one.target, one.strength.value) for one in links]
    with services.store.transaction():
        services.store.frameworks.replace_links("", kept)
        told = {"links": len(kept)}
        services.store.audit.add(AuditRecord(now, actor, Action.CROSSWALK_CHANGED, "crosswalk", told))
    return len(kept)


def known_links(services: Services, uris: Sequence[str]) -> tuple[Link, ...]:
    """What is kept of links that touch these skills."""
    found = services.store.frameworks.links(uris)
    return tuple(Link(one.origin, one.target, Strength(one.strength)) for one in found)
