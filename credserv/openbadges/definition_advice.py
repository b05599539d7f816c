"""Advice on what a recruiter or register would miss in an achievement, before it goes live. Never a fault.

Each item names the term that would carry it: in Open Badges 3.0 (appendix B), or, where it has none, in the
European Learning Model 3.2 or CTDL.
"""

from __future__ import annotations

from dataclasses import dataclass

from credserv.ground.json_types import JsonObject
from credserv.openbadges.lenient import first_object, read_list, read_objects, read_text
from credserv.openbadges.skill_claims import ClaimKind, skill_claims
from credserv.openbadges.studies import read_studies

_SHORT_CRITERIA = 40  # characters; "Completed the course." does not say what was shown
_EVIDENCE_WORDS = ("observ", "assess", "exam", "test", "portfolio", "project", "rubric", "demonstrat", "quiz")


@dataclass(frozen=True)
class Advice:
    """One piece of advice.

    Attributes:
        missing: what is not stated.
        terms: of the standards, that would carry it.
        why: who would miss it.
    """

    missing: str
    terms: str
    why: str


def advise(achievement: JsonObject, learning: JsonObject | None = None) -> tuple[Advice, ...]:
    """Return what the achievement does not state; () where nothing is missing.

    Args:
        learning: what its definition states beside it (studies.py).
    """
    studies = read_studies(learning)
    kinds = [claim.kind for claim in skill_claims({}, achievement)]
    criteria = read_text(first_object(achievement.get("criteria")).get("narrative"))
    asked = (
        (
            len(criteria) >= _SHORT_CRITERIA,
            Advice(
                "Criteria",
                "criteria.narrative (OB 3.0); assessment (ELM); requires (CTDL)",
                "What had to be shown, so that a reader can weigh it.",
            ),
        ),
        (
            any(word in criteria.casefold() for word in _EVIDENCE_WORDS),
            Advice(
                "The kind of evidence",
                "evidence.genre (OB 3.0); assessment type (ELM); assessmentMethodType (CTDL)",
                "Whether it was observed, examined or only attended.",
            ),
        ),
        (
            ClaimKind.LEVEL in kinds or _has_levels(achievement),
            Advice(
                "A level",
                "resultDescription with rubricCriterionLevel, alignment to a level (OB 3.0); eqfLevel (ELM)",
                "A register files it under a level of its qualifications framework.",
            ),
        ),
        (
            achievement.get("creditsAvailable") is not None or bool(studies.study_time),
            Advice(
                "The workload",
                "creditsAvailable (OB 3.0); volumeOfLearning, creditPoint (ELM); estimatedDuration (CTDL)",
                "Micro-credentials are compared by it.",
            ),
        ),
        (
            bool(read_text(achievement.get("inLanguage"))),
            Advice(
                "The language",
                "inLanguage (OB 3.0); language (ELM); inLanguage (CTDL)",
                "In which language it was learnt and assessed.",
            ),
        ),
        (
            _is_assured(achievement) or bool(studies.quality_assurance),
            Advice(
                "Quality assurance",
                "endorsement, otherIdentifier (OB 3.0); accreditation (ELM); accreditedBy (CTDL)",
                "Who besides the issuer stands for it.",
            ),
        ),
        (
            ClaimKind.SKILL in kinds,
            Advice(
                "Skills",
                "alignment with targetUrl (OB 3.0); learningOutcome, relatedSkill (ELM); teaches (CTDL)",
                "Recruiters search by skills; a name alone is found by nobody.",
            ),
        ),
    )
    return tuple(advice for said, advice in asked if not said)


def _has_levels(achievement: JsonObject) -> bool:
    described = read_objects(achievement.get("resultDescription"))
    return any(read_list(one.get("rubricCriterionLevel")) for one in described)


def _is_assured(achievement: JsonObject) -> bool:
    named = ("endorsement", "endorsementJwt", "otherIdentifier")
    return any(read_list(achievement.get(name)) for name in named)
