"""What a credential says, gathered for showing. No I/O; reads any version of Open Badges 3.0 leniently.

The values are taken from the document as it stands and prove nothing by themselves: whoever shows
them says whether the proof passed. A member of an unexpected kind is left out, never guessed at and
never an error, since documents of strangers end here too (Open Badges 3.0, sections B.1 to B.6).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from credserv.encoding import parse_instant
from credserv.errors import InputError

_JsonObject = Mapping[str, Any]


@dataclass(frozen=True)
class AlignmentDisplay:
    """One link from the achievement to an outside framework. `url` is as written: check before linking."""

    name: str
    url: str
    framework: str = ""
    code: str = ""
    description: str = ""


@dataclass(frozen=True)
class ResultDisplay:
    """One result: what was measured, the value, and the level's name where a level was achieved."""

    name: str
    value: str
    level: str = ""


@dataclass(frozen=True)
class EvidenceDisplay:
    name: str
    url: str
    narrative: str = ""


@dataclass(frozen=True)
class CredentialDisplay:
    """Everything a page shows of one credential. Empty text and None stand for *the document does not say*.

    criteria: Markdown, unsafe until rendered. image: URL or `data:` URI as written.
    holder_kind: how the recipient is named (`did`, `url`, `hash`, ``), never the identity itself.
    """

    credential_id: str = ""
    name: str = ""
    description: str = ""
    achievement_id: str = ""
    achievement_type: str = ""
    criteria: str = ""
    criteria_url: str = ""
    image: str = ""
    issuer_id: str = ""
    issuer_name: str = ""
    issuer_url: str = ""
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    awarded_at: datetime | None = None
    holder_kind: str = ""
    alignments: tuple[AlignmentDisplay, ...] = ()
    results: tuple[ResultDisplay, ...] = ()
    evidence: tuple[EvidenceDisplay, ...] = ()
    tags: tuple[str, ...] = ()


def build_display(document: _JsonObject) -> CredentialDisplay:
    """Gather the values of a VCDM 1.1 or 2.0 credential; several subjects or achievements: the first."""
    subject = _first_object(document.get("credentialSubject"))
    achievement = _first_object(subject.get("achievement"))
    issuer = _first_object(document.get("issuer"))
    criteria = _first_object(achievement.get("criteria"))
    return CredentialDisplay(
        credential_id=_identifier(document.get("id")),
        name=_text(achievement.get("name")) or _text(document.get("name")),
        description=_text(achievement.get("description")) or _text(document.get("description")),
        achievement_id=_identifier(achievement.get("id")),
        achievement_type=_text(achievement.get("achievementType")),
        criteria=_text(criteria.get("narrative")),
        criteria_url=_identifier(criteria.get("id")),
        image=_identifier(achievement.get("image")) or _identifier(document.get("image")),
        issuer_id=_identifier(document.get("issuer")),
        issuer_name=_text(issuer.get("name")),
        issuer_url=_text(issuer.get("url")),
        valid_from=_instant(document.get("validFrom")) or _instant(document.get("issuanceDate")),
        valid_until=_instant(document.get("validUntil")) or _instant(document.get("expirationDate")),
        awarded_at=_instant(document.get("awardedDate")),
        holder_kind=_holder_kind(subject),
        alignments=tuple(_alignments(achievement)),
        results=tuple(_results(subject, achievement)),
        evidence=tuple(_evidence(document)),
        tags=tuple(_text(tag) for tag in _list(achievement.get("tag")) if _text(tag)),
    )


def achievement_display(achievement: _JsonObject) -> CredentialDisplay:
    """The same values for an achievement by itself, as its own page shows it."""
    return build_display({"credentialSubject": {"achievement": achievement}})


def result_descriptions(achievement: _JsonObject) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What may be measured: name and the names of its levels, in order, for each ResultDescription."""
    found = []
    for description in _objects(achievement.get("resultDescription")):
        levels = [_text(level.get("name")) for level in _objects(description.get("rubricCriterionLevel"))]
        allowed = [_text(value) for value in _list(description.get("allowedValue"))]
        found.append((_text(description.get("name")), tuple(name for name in levels or allowed if name)))
    return tuple(found)


# --- reading what may be anything ---------------------------------------------------------------


def _list(value: object) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _objects(value: object) -> list[_JsonObject]:
    return [item for item in _list(value) if isinstance(item, Mapping)]


def _first_object(value: object) -> _JsonObject:
    return next(iter(_objects(value)), {})


def _text(value: object) -> str:
    """A string, a number as text, or the first entry of a language map; anything else is empty."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return ""
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, Mapping):
        if isinstance(value.get("@value"), str):
            return str(value["@value"]).strip()
        return next((text.strip() for text in value.values() if isinstance(text, str)), "")
    return ""


def _identifier(value: object) -> str:
    """An id given as a string or as an object with `id`."""
    if isinstance(value, str):
        return value.strip()
    found = _first_object(value).get("id")
    return found.strip() if isinstance(found, str) else ""


def _instant(value: object) -> datetime | None:
    try:
        return parse_instant(value) if isinstance(value, str) else None
    except InputError:
        return None


def _holder_kind(subject: _JsonObject) -> str:
    identifier = subject.get("id")
    if isinstance(identifier, str) and identifier:
        return "did" if identifier.startswith("did:") else "url"
    return "hash" if _objects(subject.get("identifier")) else ""


def _alignments(achievement: _JsonObject) -> Iterable[AlignmentDisplay]:
    for alignment in _objects(achievement.get("alignment")):
        yield AlignmentDisplay(
            name=_text(alignment.get("targetName")),
            url=_text(alignment.get("targetUrl")),
            framework=_text(alignment.get("targetFramework")),
            code=_text(alignment.get("targetCode")),
            description=_text(alignment.get("targetDescription")),
        )


def _results(subject: _JsonObject, achievement: _JsonObject) -> Iterable[ResultDisplay]:
    described = {
        _identifier(description): description
        for description in _objects(achievement.get("resultDescription"))
    }
    for result in _objects(subject.get("result")):
        description = described.get(_text(result.get("resultDescription")), {})
        levels = {
            _identifier(level): _text(level.get("name"))
            for level in _objects(description.get("rubricCriterionLevel"))
        }
        achieved = _text(result.get("achievedLevel"))
        yield ResultDisplay(
            name=_text(description.get("name")) or "Result",
            value=_text(result.get("value")) or _text(result.get("status")),
            level=levels.get(achieved, ""),
        )


def _evidence(document: _JsonObject) -> Iterable[EvidenceDisplay]:
    for evidence in _objects(document.get("evidence")):
        yield EvidenceDisplay(
            name=_text(evidence.get("name")),
            url=_identifier(evidence),
            narrative=_text(evidence.get("narrative")),
        )
