"""The rules of the data models that no JSON Schema of theirs holds, for credentials of anyone.

VC Data Model 2.0 (section 4) and 1.1, and of Open Badges 3.0 what decides whether a credential can be
read in one way only. Everything is lenient where the standards leave a choice, and every fault is told
with its place. No I/O.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from credserv.errors import Fault, InputError
from credserv.reading import FaultList, pointer
from credserv.validity import parse_validity
from credserv.verification import Check, Outcome

JsonObject = Mapping[str, Any]

BASE_CONTEXTS = ("https://www.w3.org/ns/credentials/v2", "https://www.w3.org/2018/credentials/v1")
ACHIEVEMENT_TYPES = frozenset({"AchievementCredential", "OpenBadgeCredential"})
_TYPED = ("credentialStatus", "credentialSchema", "refreshService", "termsOfUse", "evidence")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!-~\u00a0-\U0010ffff]+")


def types_of(document: JsonObject) -> frozenset[str]:
    return frozenset(item for item in _listed(document.get("type")) if isinstance(item, str))


def issuer_of(document: JsonObject) -> str | None:
    """The issuer's identifier, from either of its two forms; None where there is none."""
    issuer = document.get("issuer")
    identifier = issuer.get("id") if isinstance(issuer, Mapping) else issuer
    return identifier if isinstance(identifier, str) and _ABSOLUTE.fullmatch(identifier) else None


def subjects_of(document: JsonObject) -> tuple[JsonObject, ...]:
    return tuple(item for item in _listed(document.get("credentialSubject")) if isinstance(item, Mapping))


def structure_faults(document: JsonObject) -> tuple[Fault, ...]:
    """Context, types, identifiers, issuer, dates, and that whatever needs a type has one; () when fine."""
    faults = FaultList()
    _check_context(document, faults)
    if "VerifiableCredential" not in types_of(document):
        faults.add("/type", "does not contain VerifiableCredential")
    if "id" in document and not _is_absolute(document["id"]):
        faults.add("/id", "is not one absolute URL")
    if issuer_of(document) is None:
        faults.add("/issuer", "is neither one absolute URL nor an object with one as its id")
    for name in _TYPED:
        if name in document:
            _check_typed(name, document[name], faults)
    if "relatedResource" in document:
        _check_related(document["relatedResource"], faults)
    try:
        parse_validity(document)
    except InputError as error:
        faults.add("", error.detail)
    return faults.faults


def subject_faults(document: JsonObject) -> tuple[Fault, ...]:
    """One readable subject; for an achievement credential with one achievement. () when fine.

    Several subjects of an achievement credential are a fault: a reader would be shown one of them.
    """
    faults = FaultList()
    listed = _listed(document.get("credentialSubject"))
    if not listed or not all(isinstance(item, Mapping) and item for item in listed):
        faults.add("/credentialSubject", "is not an object that says something")
    elif types_of(document) & ACHIEVEMENT_TYPES:
        achievements = _listed(listed[0].get("achievement"))
        if len(listed) > 1:
            faults.add("/credentialSubject", "an achievement credential has one subject")
        elif len(achievements) != 1 or not isinstance(achievements[0], Mapping):
            faults.add("/credentialSubject/achievement", "is not one achievement")
    return faults.faults


def check_structure(document: JsonObject) -> Check:
    spec = "VC Data Model 2.0, 4"
    faults = structure_faults(document)
    if not faults:
        return Check("structure", Outcome.PASSED, "It is built as a verifiable credential.", spec)
    reason = f"It is not built as a verifiable credential: {told(faults)}."
    return Check("structure", Outcome.FAILED, reason, spec, code=InputError.code)


def check_subject(document: JsonObject) -> Check:
    """A subject that names nobody is told, but takes nothing from the authenticity of what is said."""
    spec = "Open Badges 3.0, B.1.3"
    faults = subject_faults(document)
    if faults:
        reason = f"Its subject cannot be read in one way: {told(faults)}."
        return Check("subject", Outcome.FAILED, reason, spec, code=InputError.code)
    if not names_recipient(document):
        reason = "It does not say whom it is about: its subject has neither id nor identifier."
        return Check("subject", Outcome.FAILED, reason, spec, required=False, code="no-recipient")
    return Check("subject", Outcome.PASSED, "It says whom and what it is about.", spec)


def told(faults: Sequence[Fault]) -> str:
    """The first three, as part of a sentence."""
    first = "; ".join(f"{fault.place or 'the whole'} {fault.message}" for fault in faults[:3])
    return first + (f"; and {len(faults) - 3} more" if len(faults) > 3 else "")


def names_recipient(document: JsonObject) -> bool:
    """Whether every subject has an `id` or an `identifier` (Open Badges 3.0, B.1.3 AchievementSubject)."""
    subjects = subjects_of(document)
    return bool(subjects) and all(_has_identity(subject) for subject in subjects)


def endorsements_of(document: JsonObject) -> Iterator[tuple[str, object]]:
    """Place and value of every `endorsement` and `endorsementJwt`: of credential, issuer and achievement."""
    holders: list[tuple[str, object]] = [("", document), ("/issuer", document.get("issuer"))]
    for subject in subjects_of(document):
        holders += [("/credentialSubject/achievement", item) for item in _listed(subject.get("achievement"))]
    for place, holder in holders:
        if isinstance(holder, Mapping):
            for name in ("endorsement", "endorsementJwt"):
                for index, value in enumerate(_listed(holder.get(name))):
                    yield pointer(place, name, index), value


def _has_identity(subject: JsonObject) -> bool:
    identifiers = [item for item in _listed(subject.get("identifier")) if isinstance(item, Mapping)]
    return _is_absolute(subject.get("id")) or any(item.get("identityHash") for item in identifiers)


def _check_context(document: JsonObject, faults: FaultList) -> None:
    contexts = document.get("@context")
    if not isinstance(contexts, list) or not contexts or contexts[0] not in BASE_CONTEXTS:
        faults.add("/@context", "is not a list that begins with the credentials context of W3C")
    elif sum(context in BASE_CONTEXTS for context in contexts) > 1:
        faults.add("/@context", "mixes versions 1.1 and 2.0 of the data model, or repeats one")


def _check_typed(name: str, value: object, faults: FaultList) -> None:
    """VCDM 2.0, section 4.5: these must say of what type they are; a schema also where it is."""
    items = _listed(value)
    if not items:
        faults.add(f"/{name}", "is empty")
    for index, item in enumerate(items):
        place = pointer(f"/{name}", index) if isinstance(value, list) else f"/{name}"
        if not isinstance(item, Mapping) or not types_of(item):
            faults.add(place, "is not an object with a type")
        elif "id" in item and not _is_absolute(item["id"]):
            faults.add(place, "has an id that is not an absolute URL")
        elif name == "credentialSchema" and "id" not in item:
            faults.add(place, "has no id")


def _check_related(value: object, faults: FaultList) -> None:
    """VCDM 2.0, section 5.3: unique ids, each with a digest."""
    seen: set[str] = set()
    for index, item in enumerate(_listed(value)):
        place = pointer("/relatedResource", index)
        identifier = item.get("id") if isinstance(item, Mapping) else None
        if not isinstance(item, Mapping) or not isinstance(identifier, str) or identifier in seen:
            faults.add(place, "has no id of its own")
            continue
        seen.add(identifier)
        if not any(isinstance(item.get(digest), str) for digest in ("digestSRI", "digestMultibase")):
            faults.add(place, "has no digest")


def _is_absolute(value: object) -> bool:
    return isinstance(value, str) and bool(_ABSOLUTE.fullmatch(value))


def _listed(value: object) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
