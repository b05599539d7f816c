"""The EU's learning credential: what it says, and what an achievement needs to become one.

An SD-JWT VC of the type `urn:eu.europa.ec.eudi:learning:credential:1`. Names, types, and which claims can be
withheld follow the EU's own reference issuer (eudi-srv-pid-issuer, package `learningcredential`, 2026).
Everything except the learner's names comes from the badge and its definition.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from credserv.ground.json_types import JsonObject
from credserv.ground.names import may_be_email
from credserv.ground.validity import parse_validity
from credserv.openbadges.lenient import first_object, read_objects, read_text
from credserv.openbadges.recipient import EMAIL
from credserv.openbadges.skill_claims import ClaimKind, skill_claims
from credserv.openbadges.skills import read_results
from credserv.openbadges.studies import Studies

VCT = "urn:eu.europa.ec.eudi:learning:credential:1"
EQF_PAGE = "http://data.europa.eu/snb/eqf/"  # followed by a level, as in the EU's own vocabulary
_EQF = re.compile(r"https?://data\.europa\.eu/snb/eqf/([1-8])", re.ASCII)


@dataclass(frozen=True)
class Claim:
    """A claim.

    Attributes:
        is_needed: whether every learning credential has it.
        is_withheld: whether the holder may withhold it on its own.
    """

    label: str
    is_needed: bool = True
    is_withheld: bool = True


CLAIMS: Mapping[str, Claim] = {
    "issuing_authority": Claim("Issuing authority", is_withheld=False),
    "issuing_country": Claim("Issuing country", is_withheld=False),
    "date_of_issuance": Claim("Date of issuance", is_withheld=False),
    "date_of_expiry": Claim("Date of expiry", is_needed=False, is_withheld=False),
    "family_name": Claim("Family name"),
    "given_name": Claim("Given name", is_needed=False),
    "achievement_title": Claim("Title of the achievement", is_withheld=False),
    "achievement_description": Claim("Description of the achievement", is_needed=False, is_withheld=False),
    "learning_outcomes": Claim("Learning outcomes", is_needed=False),
    "assessment_grade": Claim("Grade", is_needed=False),
    "language_of_classes": Claim("Language of classes", is_withheld=False),
    "learner_identification": Claim("Identification of the learner"),
    "expected_study_time": Claim("Expected study time"),
    "level_of_learning_experience": Claim("Level (EQF)"),
    "types_of_quality_assurance": Claim("Types of quality assurance"),
    "prerequisites_to_enroll": Claim("Prerequisites to enrol", is_needed=False),
    "integration_stackability_options": Claim("Counts towards something larger", is_needed=False),
}
WITHHOLDABLE = tuple(name for name, claim in CLAIMS.items() if claim.is_withheld)
# In the words of whoever can add what is missing.
_MENDED = {
    "achievement_title": "a name",
    "language_of_classes": "the language (inLanguage)",
    "expected_study_time": "the study time (learning.study_time)",
    "level_of_learning_experience": f"an alignment to a level of the EQF ({EQF_PAGE}5)",
    "types_of_quality_assurance": "quality assurance (learning.quality_assurance)",
}


@dataclass(frozen=True)
class Learner:
    """The learner as the issuer knows them.

    Attributes:
        given_name: "" for somebody with a single name.
        identification: the address or DID that the award was ordered for.
    """

    family_name: str
    given_name: str
    identification: str


@dataclass(frozen=True)
class LearningFacts:
    """What is needed beside the badge. `country` is the issuer's, ISO 3166-1 alpha-2."""

    studies: Studies
    country: str
    learner: Learner


def lacks(achievement: JsonObject, studies: Studies) -> tuple[str, ...]:
    """Return what the definition still has to state; () where nothing is missing."""
    said = _of_achievement(achievement, studies)
    return tuple(words for name, words in _MENDED.items() if not said.get(name))


def eqf_level(achievement: JsonObject) -> int | None:
    """Return the one level of the European Qualifications Framework it is aligned to; None for none or
    two."""
    urls = {read_text(one.get("targetUrl")) for one in read_objects(achievement.get("alignment"))}
    levels = {int(found[1]) for url in urls if (found := _EQF.fullmatch(url))}
    return next(iter(levels)) if len(levels) == 1 else None


def is_eqf(url: str) -> bool:
    return _EQF.fullmatch(url) is not None


def learning_claims(badge: JsonObject, facts: LearningFacts) -> dict[str, Any]:
    """Return the claims by name, without empty ones. `badge` is an Open Badge of ours.

    Raises InputError for malformed dates.
    """
    validity, subject = parse_validity(badge), first_object(badge.get("credentialSubject"))
    achievement, learner = first_object(subject.get("achievement")), facts.learner
    said = {
        "issuing_authority": read_text(first_object(badge.get("issuer")).get("name")),
        "issuing_country": facts.country,
        "date_of_issuance": _day(validity.begins),
        "date_of_expiry": _day(validity.ends),
        "family_name": learner.family_name,
        "given_name": learner.given_name,
        "learner_identification": learner.identification,
        "assessment_grade": _grade(subject, achievement),
        **_of_achievement(achievement, facts.studies),
    }
    return {name: said[name] for name in CLAIMS if said.get(name) not in ("", None, [])}


def as_named(subject: JsonObject) -> JsonObject:
    """Return the subject of a learning credential with the learner's identification as an Open Badges
    identifier."""
    said = read_text(subject.get("learner_identification"))
    kind = EMAIL if may_be_email(said) else "identifier"
    return {**subject, "identifier": {"identityType": kind, "identityHash": said, "hashed": False}}


def _of_achievement(achievement: JsonObject, studies: Studies) -> dict[str, Any]:
    language = read_text(achievement.get("inLanguage"))
    outcomes = [
        claim.name for claim in skill_claims({}, achievement) if claim.kind is ClaimKind.SKILL and claim.name
    ]
    return {
        "achievement_title": read_text(achievement.get("name")),
        "achievement_description": read_text(achievement.get("description")),
        "learning_outcomes": outcomes,
        "language_of_classes": [language] if language else [],
        "expected_study_time": studies.study_time,
        "level_of_learning_experience": eqf_level(achievement),
        "types_of_quality_assurance": list(studies.quality_assurance),
        "prerequisites_to_enroll": list(studies.prerequisites),
        "integration_stackability_options": studies.stackable,
    }


def _grade(subject: JsonObject, achievement: JsonObject) -> str:
    """Return the result, with what was measured where there is more than one."""
    found = [(one.name, one.level or one.value) for one in read_results(subject, achievement)]
    told = [(name, grade) for name, grade in found if grade]
    if len(told) == 1:
        return told[0][1]
    return "; ".join(f"{name}: {grade}" if name else grade for name, grade in told)


def _day(instant: datetime | None) -> str:
    return "" if instant is None else instant.astimezone(UTC).date().isoformat()
