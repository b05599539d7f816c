"""Checks of whether a credential can be read in only one way, and access to its parts.

The rules of the data models are in `data_model`; those of Open Badges 3.0 for the subject are here.
Everything is lenient where the standards leave a choice. No I/O.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from credserv.ground.errors import Fault, InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.reading import FaultList, pointer
from credserv.ground.verification import Check, Fact, Outcome
from credserv.openbadges.data_model import (
    V1,
    V2,
    check_data_model,
    is_absolute,
    issuer_of,
    listed,
    no_content,
    subjects_of,
    types_of,
)

__all__ = [
    "check_structure",
    "endorsements_of",
    "issuer_of",
    "join_faults",
    "model_of",
    "names_recipient",
    "subject_faults",
    "subjects_of",
    "types_of",
]
_MODELS = {V2: "2.0", V1: "1.1"}
ACHIEVEMENT_TYPES = frozenset({"AchievementCredential", "OpenBadgeCredential"})


def subject_faults(document: JsonObject) -> tuple[Fault, ...]:
    """Return faults unless there is one readable subject, in an achievement credential with one achievement.

    Several subjects of an achievement credential are a fault: a reader would see only one of them.
    """
    faults = FaultList()
    subjects = listed(document.get("credentialSubject"))
    if not subjects or not all(isinstance(item, Mapping) and item for item in subjects):
        faults.add("/credentialSubject", "is not an object that says something")
    elif types_of(document) & ACHIEVEMENT_TYPES:
        achievements = listed(subjects[0].get("achievement"))
        if len(subjects) > 1:
            faults.add("/credentialSubject", "an achievement credential has one subject")
        elif len(achievements) != 1 or not isinstance(achievements[0], Mapping):
            faults.add("/credentialSubject/achievement", "is not one achievement")
    return faults.faults


def check_structure(document: JsonObject, *, content_of: Callable[[str], bytes | None] = no_content) -> Check:
    """Return the structure check. `content_of` is as in `check_data_model`."""
    spec = "VC Data Model 2.0, 4"
    faults = check_data_model(document, content_of=content_of)
    facts: dict[str, Fact] = {"model": model_of(document), "faults": len(faults)}
    if not faults:
        return Check("structure", Outcome.PASSED, "It is built as a verifiable credential.", spec, data=facts)
    reason = f"It is not built as a verifiable credential: {join_faults(faults)}."
    return Check("structure", Outcome.FAILED, reason, spec, code=InputError.code, data=facts)


def model_of(document: JsonObject) -> str | None:
    """Return the version of W3C's data model that its first context names."""
    first = next(iter(listed(document.get("@context"))), None)
    return _MODELS.get(first) if isinstance(first, str) else None


def join_faults(faults: Sequence[Fault]) -> str:
    """Return the first three faults as part of a sentence."""
    first = "; ".join(f"{fault.place or 'the whole'} {fault.message}" for fault in faults[:3])
    return first + (f"; and {len(faults) - 3} more" if len(faults) > 3 else "")


def names_recipient(document: JsonObject) -> bool:
    """Return whether every subject has an `id` or an `identifier` (Open Badges 3.0, B.1.3
    AchievementSubject)."""
    subjects = subjects_of(document)
    return bool(subjects) and all(_has_identity(subject) for subject in subjects)


def endorsements_of(document: JsonObject) -> Iterator[tuple[str, object]]:
    """Yield place and value of every `endorsement` and `endorsementJwt` of credential, issuer and
    achievement."""
    holders: list[tuple[str, object]] = [("", document), ("/issuer", document.get("issuer"))]
    for subject in subjects_of(document):
        holders += [("/credentialSubject/achievement", item) for item in listed(subject.get("achievement"))]
    for place, holder in holders:
        if isinstance(holder, Mapping):
            for name in ("endorsement", "endorsementJwt"):
                for index, value in enumerate(listed(holder.get(name))):
                    yield pointer(place, name, index), value


def _has_identity(subject: JsonObject) -> bool:
    identifiers = [item for item in listed(subject.get("identifier")) if isinstance(item, Mapping)]
    return is_absolute(subject.get("id")) or any(item.get("identityHash") for item in identifiers)
