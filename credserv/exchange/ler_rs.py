"""A CV in HR Open's Learning and Employment Record Resume Standard (LER-RS, release 4.4).

`verifications` beside each entry has what an issuer signed, as it was signed, so that a reader need not
believe the entry: it follows from the signed content.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from credserv.ground.json_types import JsonObject

TYPE = "http://schema.hropenstandards.org/4.4/recruiting/json/ler-rs/LER-RSType.json"


@dataclass(frozen=True)
class Entry:
    """One credential of a CV.

    Attributes:
        signed: the credential, or the envelope of a token.
        issuer: as proven.
        skills: each once, by name.
        employment: facts from `read_employment`.
    """

    name: str
    issuer: str
    issued: datetime | None
    ends: datetime | None
    signed: JsonObject
    skills: tuple[str, ...] = ()
    employment: Mapping[str, str] | None = None


def build_resume(*, identifier: str, name: str, email: str, entries: Sequence[Entry]) -> dict[str, Any]:
    """Build a CV; empty members are left out."""
    employment = [_employment(one) for one in entries if one.employment]
    certifications = [_certification(one) for one in entries if not one.employment]
    skills = dict.fromkeys(skill for one in entries for skill in one.skills)
    resume: dict[str, Any] = {
        "type": TYPE,
        "documentId": {"value": identifier},
        "person": {"name": {"formattedName": name}},
    }
    if email:
        resume["communication"] = {"email": [{"address": email}]}
    if employment:
        resume["employmentHistories"] = employment
    if certifications:
        resume["certifications"] = certifications
    if skills:
        resume["skills"] = [{"name": skill} for skill in skills]
    return resume


def _employment(one: Entry) -> dict[str, Any]:
    facts = one.employment or {}
    position = {"title": facts.get("role", one.name), "resourceRelationshipCode": "Employee"}
    entry: dict[str, Any] = {"organization": {"tradeName": one.issuer}, "positionHistories": [position]}
    if facts.get("first-day"):
        entry["start"] = facts["first-day"]
    if facts.get("last-day"):
        entry["end"] = facts["last-day"]
    elif facts.get("first-day"):
        entry["current"] = True
    return {**entry, "verifications": [dict(one.signed)]}


def _certification(one: Entry) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": one.name, "issuingAuthority": {"name": one.issuer}}
    if one.issued is not None:
        entry["firstIssued"] = one.issued.date().isoformat()
    if one.ends is not None:
        entry["end"] = one.ends.date().isoformat()
    return {**entry, "verifications": [dict(one.signed)]}
