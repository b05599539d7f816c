"""The meaning of a verb, by its IRI: ADL's, cmi5's, and those of systems that send statements.

An unknown verb says nothing for a rule: its scores are recorded as a grade, and its `completion: true` as
progress. `edited` is about settings, even where a completion is edited.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from credserv.records.observations import ActivityKind, Kind

_ADL = "http://adlnet.gov/expapi/verbs/"
_CMI5 = "https://w3id.org/xapi/adl/verbs/"
_TLA = "https://w3id.org/xapi/tla/verbs/"
_EDLM = "https://xapi.edlm/profiles/edlm-lms/concepts/verbs/"
_TINCAN = "http://id.tincanapi.com/verb/"
_STREAMS = "http://activitystrea.ms/schema/1.0/"
_SPACES = (_ADL, _CMI5, _TLA, _EDLM, _TINCAN, _STREAMS)

PASSED = _ADL + "passed"
WAIVED = _CMI5 + "waived"
SATISFIED = _CMI5 + "satisfied"

# The last word of the IRI, in any of the vocabularies above.
_WORDS: Mapping[str, Kind] = MappingProxyType(
    {
        "passed": Kind.PASSED,
        "failed": Kind.FAILED,
        "completed": Kind.COMPLETED,
        "complete": Kind.COMPLETED,
        "mastered": Kind.MASTERED,
        "satisfied": Kind.MASTERED,
        "waived": Kind.COMPLETED,
        "achieved": Kind.COMPLETED,
        "achieve": Kind.COMPLETED,
        "earned": Kind.COMPLETED,
        "awarded": Kind.COMPLETED,
        "award": Kind.COMPLETED,
        "certified": Kind.COMPLETED,
        "scored": Kind.GRADED,
        "graded": Kind.GRADED,
        "evaluated": Kind.GRADED,
        "assessed": Kind.GRADED,
        "progressed": Kind.PROGRESS,
        "uncompleted": Kind.UNCOMPLETED,
        "forfeited": Kind.REVOKED,
        "revoked": Kind.REVOKED,
        "revoke": Kind.REVOKED,
        "expired": Kind.REVOKED,
        "unearned": Kind.REVOKED,
    }
)
_NOTHING = frozenset(("edited", "updated", "update", "deleted", "delete", "planned", "recommended"))
# Given to somebody, often by somebody: the instructor of such a statement asserts it.
_GIVEN = frozenset(("achieved", "achieve", "earned", "awarded", "award", "certified", "scored", "graded"))
_GIVEN_OR_TAKEN = _GIVEN | {"evaluated", "assessed", "forfeited", "revoked", "revoke"}

_ACTIVITY_WORDS: Mapping[str, ActivityKind] = MappingProxyType(
    {
        "course": ActivityKind.COURSE,
        "module": ActivityKind.MODULE,
        "lesson": ActivityKind.MODULE,
        "block": ActivityKind.MODULE,
        "assessment": ActivityKind.ASSESSMENT,
        "quiz": ActivityKind.ASSESSMENT,
        "exam": ActivityKind.ASSESSMENT,
        "school-assignment": ActivityKind.ASSESSMENT,
        "objective": ActivityKind.OUTCOME,
        "competency": ActivityKind.OUTCOME,
        "outcome": ActivityKind.OUTCOME,
        "badge": ActivityKind.BADGE,
        "certificate": ActivityKind.BADGE,
        "award": ActivityKind.BADGE,
        "program": ActivityKind.PROGRAM,
        "programme": ActivityKind.PROGRAM,
        "curriculum": ActivityKind.PROGRAM,
        "learning-path": ActivityKind.PROGRAM,
    }
)


def word_of(verb: str) -> str:
    """Return the verb's word in a known vocabulary; "" for one of another."""
    for space in _SPACES:
        for spelt in (space, space.replace("http:", "https:")):
            if verb.startswith(spelt):
                return verb[len(spelt) :].strip("/").lower()
    return ""


def is_about_nothing(verb: str) -> bool:
    """Return whether it says nothing about what somebody can do, whatever its result."""
    return word_of(verb) in _NOTHING or verb.rstrip("/").rpartition("/")[2].lower() == "edited"


def is_given_by_somebody(verb: str) -> bool:
    return word_of(verb) in _GIVEN_OR_TAKEN


def kind_of_verb(verb: str, *, scored: bool, judged: bool, completed: bool) -> Kind | None:
    """Return the kind of observation; None where there is nothing to observe.

    Args:
        scored: the result has a score.
        judged: it has a `success`.
        completed: it says `completion: true`.
    """
    kind = _WORDS.get(word_of(verb))
    if kind is Kind.COMPLETED and scored and word_of(verb) == "earned":
        return Kind.GRADED  # Open edX: a grade is earned, even a bad one
    if kind is None and (scored or judged):
        return Kind.GRADED
    return Kind.PROGRESS if kind is None and completed else kind


def kind_of_activity(definition: Mapping[str, Any], *, categories: Iterable[str]) -> ActivityKind:
    """Return the kind by the last word of its type.

    `categories` are the ids with which cmi5 marks its statements.
    """
    found = definition.get("type")
    word = found.rstrip("/#").replace("#", "/").rpartition("/")[2].lower() if isinstance(found, str) else ""
    if word in _ACTIVITY_WORDS:
        return _ACTIVITY_WORDS[word]
    is_cmi5 = any(
        category.startswith("https://w3id.org/xapi/cmi5/context/categories/") for category in categories
    )
    return ActivityKind.AU if is_cmi5 and not word else ActivityKind.ACTIVITY
