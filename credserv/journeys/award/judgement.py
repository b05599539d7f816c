"""What a rule says of a person, whichever kind of rule it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from credserv.ground.encoding import format_instant
from credserv.ground.json_types import JsonObject
from credserv.records.observed import ObservationRecord


@dataclass(frozen=True)
class Judgement:
    """What one rule says of one person.

    is_met: None where nothing is known yet, which takes nothing away. observations: by which it was met, or
    is no longer. results, evidence: for the credential; `#fragment` ids within the achievement. award: a
    rule's own word on how often; None for the achievement's. missing: in plain words. credentials: the ids
    of those by which it was met.
    """

    is_met: bool | None
    observations: tuple[ObservationRecord, ...] = ()
    results: tuple[JsonObject, ...] = ()
    evidence: tuple[JsonObject, ...] = ()
    award: str | None = None
    missing: str = ""
    credentials: tuple[str, ...] = ()


@dataclass(frozen=True)
class Known:
    """A member, and all that may be judged of them."""

    membership_id: str
    observations: tuple[ObservationRecord, ...]


class Judge(Protocol):
    """One rule of the organisation, as it is now.

    scope: under which it orders, and its credentials are found. grounds: by which it is found again, in the
    row of a credential. awards: whether what is met is ordered here.
    """

    @property
    def awards(self) -> bool: ...

    @property
    def achievement_key(self) -> str: ...

    @property
    def scope(self) -> str: ...

    @property
    def grounds(self) -> JsonObject: ...

    def then(self, grounds: JsonObject | None) -> Judge | None:
        """As it was when a credential was issued on these grounds; None where that cannot be told."""
        ...

    def judge(self, known: Known, at: datetime, /) -> Judgement:
        """at: now; of what was issued before, then."""
        ...


def describe_evidence(record: ObservationRecord) -> JsonObject:
    """An OB `Evidence` of one observation: where it came from, and whether anybody may have changed it."""
    said = record.observation
    about = said.activities[0] if said.activities else None
    named = "" if about is None else f" of “{(about.name or about.value)[:200]}”"
    at = "" if said.occurred_at is None else f" on {format_instant(said.occurred_at)}"
    signed = "The message was signed." if record.is_signed else "Unsigned source: nobody signed the message."
    return {
        "type": ["Evidence"],
        "name": f"{said.kind.value.capitalize()}, as told by {record.source}",
        "narrative": f"“{said.event_type[:200]}”{named}{at}, as told by the source {record.source}. {signed}",
    }
