"""Read a piece of evidence by its kind: what it has to contain, and what is stored of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from credserv.ground.errors import Fault, SchemaFaultsError
from credserv.records.accreditation import ApplicationRecord

ASSESSMENT, OBSERVATION, DECLARATION = "assessment", "observation", "declaration"
EXPERIENCE, LEAVE = "experience", "leave"
KINDS = (ASSESSMENT, OBSERVATION, DECLARATION, EXPERIENCE, LEAVE)
_SLACK = timedelta(minutes=5)  # tolerance for a sender's clock that runs fast
_LONGEST_LEAVE = timedelta(days=3_660)


@dataclass(frozen=True)
class HandedIn:
    """A piece of evidence as handed in.

    Attributes:
        by: The membership of the person who reports it; None if only the client does.
        occurred_at: None for now.
    """

    kind: str
    by: str | None = None
    competency: str | None = None
    occurred_at: datetime | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    reference: str | None = None


def read_evidence(told: HandedIn, application: ApplicationRecord, now: datetime) -> dict[str, Any]:
    """Return the evidence in the form that is stored.

    Raises:
        SchemaFaultsError: A value is not valid. The faults name the place.
    """
    faults: list[Fault] = []
    if told.kind not in KINDS:
        known = ", ".join(KINDS)
        faults.append(
            Fault("/kind", f"one of {known} is expected; endorsements have an address of their own")
        )
    if told.occurred_at is not None and told.occurred_at > now + _SLACK:
        faults.append(Fault("/occurred_at", "lies in the future"))
    kept = _READ.get(told.kind, _nothing)(told, application, faults)
    if faults:
        raise SchemaFaultsError("the evidence cannot be taken", faults=faults)
    return {name: value for name, value in kept.items() if value not in (None, "")}


def _nothing(_told: HandedIn, _application: ApplicationRecord, _faults: list[Fault]) -> dict[str, Any]:
    return {}


def _assessment(told: HandedIn, _application: ApplicationRecord, faults: list[Fault]) -> dict[str, Any]:
    score, maximum = told.data.get("score"), told.data.get("maximum") or 100
    if score is None:
        faults.append(Fault("/score", "is required"))
        return {}
    if not 0 <= score <= maximum:
        faults.append(Fault("/score", f"a number from 0 to {maximum:g} is expected"))
    percent = round(100 * score / maximum, 4)
    return {"score": score, "maximum": maximum, "percent": percent, "instrument": told.data.get("instrument")}


def _observation(told: HandedIn, application: ApplicationRecord, faults: list[Fault]) -> dict[str, Any]:
    if told.data.get("level") is None:
        faults.append(Fault("/level", "is required"))
    if told.by is None:
        faults.append(Fault("/by", "who observed it has to be said"))
    if told.competency is None and len(application.competencies) > 1:
        faults.append(Fault("/competency", "is required: the application is for several"))
    if told.competency is not None and told.competency not in application.competencies:
        faults.append(Fault("/competency", "the application is not for this one"))
    return {
        "level": told.data.get("level"),
        "instrument": told.data.get("instrument"),
        "session": told.data.get("session"),
        "note": told.data.get("note"),
    }


def _declaration(told: HandedIn, _application: ApplicationRecord, faults: list[Fault]) -> dict[str, Any]:
    if not told.data.get("of"):
        faults.append(Fault("/of", "what is declared has to be said"))
    if told.by is None:
        faults.append(Fault("/by", "who declares it has to be said"))
    return {"of": told.data.get("of"), "note": told.data.get("note")}


def _experience(told: HandedIn, _application: ApplicationRecord, faults: list[Fault]) -> dict[str, Any]:
    if told.data.get("months") is None:
        faults.append(Fault("/months", "is required"))
    return {"months": told.data.get("months"), "note": told.data.get("note")}


def _leave(told: HandedIn, _application: ApplicationRecord, faults: list[Fault]) -> dict[str, Any]:
    until = told.data.get("until")
    if told.occurred_at is None or until is None or until <= told.occurred_at:
        faults.append(Fault("/until", "the leave ends after it begins: give occurred_at and until"))
        return {}
    if until - told.occurred_at > _LONGEST_LEAVE:
        faults.append(Fault("/until", "a leave of ten years or less is expected"))
    return {"until": until.isoformat()}


_READ = {
    ASSESSMENT: _assessment,
    OBSERVATION: _observation,
    DECLARATION: _declaration,
    EXPERIENCE: _experience,
    LEAVE: _leave,
}
