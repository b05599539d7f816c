"""The judgement of a rule about a person, common to every kind of rule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from credserv.ground.encoding import format_instant
from credserv.ground.json_types import JsonObject
from credserv.ground.names import cut
from credserv.records.observed import ObservationRecord


@dataclass(frozen=True)
class Judgement:
    """What one rule says of one person.

    Attributes:
        is_met: None if nothing is known yet; that takes nothing away.
        observations: The observations by which the rule was met, or is no longer met.
        results: OB results for the credential; `#fragment` ids are relative to the achievement.
        evidence: OB evidence for the credential.
        award: How often the rule awards; None for the achievement's own rule.
        missing: What is missing, in plain words.
        credentials: The ids of the credentials by which the rule was met.
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
    """A member, and everything about them that may be judged."""

    membership_id: str
    observations: tuple[ObservationRecord, ...]


class Judge(Protocol):
    """One rule of the organisation in its current form.

    Attributes:
        scope: The scope of its orders, by which its credentials are found.
        grounds: Stored with a credential, to find the rule again.
        awards: Whether this judge orders what is met.
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
        """Return the rule as it was when a credential was issued on these grounds; None if that is
        unknown.
        """
        ...

    def judge(self, known: Known, at: datetime, /) -> Judgement:
        """Judge a member as of an instant: now, or for an issued credential the time of issuance."""
        ...


def describe_evidence(record: ObservationRecord) -> JsonObject:
    """Return an OB `Evidence` for an observation: its origin, and whether its message was signed."""
    said = record.observation
    about = said.activities[0] if said.activities else None
    named = "" if about is None else f" of “{cut(about.name or about.value, 200)}”"
    at = "" if said.occurred_at is None else f" on {format_instant(said.occurred_at)}"
    signed = "The message was signed." if record.is_signed else "Unsigned source: nobody signed the message."
    return {
        "type": ["Evidence"],
        "name": f"{said.kind.value.capitalize()}, as told by {record.source}",
        "narrative": f"“{said.event_type[:200]}”{named}{at}, as told by the source {record.source}. {signed}",
    }
