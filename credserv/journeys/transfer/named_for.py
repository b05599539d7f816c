"""Whom an imported credential names: its person or somebody else (attack W12).

It is compared on each view with what the person has proved by then, because a new address may make one
theirs. Only proved identifiers count. An employer's word about an address gives nobody's badge away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from credserv.ground.json_types import JsonObject
from credserv.openbadges.data_model import listed, subjects_of
from credserv.openbadges.plain import plain_form
from credserv.openbadges.recipient import names
from credserv.records.people import ProvedIdentifierRecord, ProvedKind

_COMPARED = (ProvedKind.EMAIL, ProvedKind.DID)
_IDENTITY = ("identityType", "identityHash", "hashed", "salt")
_MAX_SUBJECTS, _MAX_IDENTIFIERS = 20, 20


class NamedFor(StrEnum):
    """YOU: an identifier that the person proved.

    ELSE: others and none of theirs. NOBODY: nothing comparable.
    """

    YOU = "you"
    ELSE = "somebody else"
    NOBODY = "nobody"


def told_subjects(document: JsonObject) -> list[JsonObject]:
    """Return what is compared of the subjects, small enough for a list."""
    told: list[JsonObject] = []
    for subject in list(subjects_of(plain_form(document)))[:_MAX_SUBJECTS]:
        identifiers = [item for item in listed(subject.get("identifier")) if isinstance(item, Mapping)]
        kept = [_identity(item) for item in identifiers[:_MAX_IDENTIFIERS]]
        identifier = subject.get("id")
        told.append({"id": identifier if isinstance(identifier, str) else "", "identifier": kept})
    return told


def named_for(subjects: Iterable[JsonObject], proved: Iterable[ProvedIdentifierRecord]) -> NamedFor:
    """Return whom the subjects name.

    Args:
        subjects: As `told_subjects` returns them. If there are several, all have to be the person's.
    """
    known = [one.value for one in proved if one.kind in _COMPARED and one.ended_at is None]
    answers = [_named(subject, known) for subject in subjects]
    if NamedFor.ELSE in answers:
        return NamedFor.ELSE
    return NamedFor.YOU if NamedFor.YOU in answers else NamedFor.NOBODY


def _named(subject: JsonObject, known: Iterable[str]) -> NamedFor:
    if any(names(_without_nothing(subject), value) for value in known):
        return NamedFor.YOU
    says = subject["id"] or any("identityHash" in item for item in subject["identifier"])
    return NamedFor.ELSE if says else NamedFor.NOBODY


def _without_nothing(subject: JsonObject) -> dict[str, Any]:
    return {name: value for name, value in subject.items() if value}


def _identity(item: Mapping[str, Any]) -> JsonObject:
    return {name: item[name] for name in _IDENTITY if isinstance(item.get(name), str | bool)}
