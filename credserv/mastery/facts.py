"""What a rule is judged by: everything known of one person. Nothing is looked up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from credserv.records.observations import Observation

ASSESSED_HERE = ":here"  # the source of observations made on our own pages; no real source can have this name
_UNDATED = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Fact:
    """An observation of the person, as stored.

    Attributes:
        id: By which it is found again.
        source: The name of its source.
        namespace: The sender's installation, within which event ids and activities are distinguished.
        asserter: Who said so, if that is one known person.
        by_roles: What they are to the organisation or the person (`assessor`, `manager`); None if nobody
            knows.
        is_self: Whether they said it of themselves.
        is_signed: Whether nobody in between can have changed the message.
    """

    id: str
    observation: Observation
    source: str
    namespace: str
    asserter: str | None = None
    by_roles: frozenset[str] | None = None
    is_self: bool = False
    is_signed: bool = False

    @property
    def order(self) -> tuple[datetime, str, str]:
        """Return the sort key, so that everybody with the same facts has them in the same order."""
        return (self.observation.occurred_at or _UNDATED, self.observation.event_id, self.namespace)


@dataclass(frozen=True)
class PriorCredential:
    """A credential that the person holds, of ours or verified.

    Attributes:
        id: Its URL.
        achievement_key: If it is ours.
        achievement: The id of its Achievement.
        alignments: The targets of its alignments.
        is_in_force: Neither revoked nor suspended.
        levels: Ids of the levels reached, lower ones of the same rubric included; None if it names none.
    """

    id: str
    issuer: str
    achievement: str
    achievement_key: str | None = None
    alignments: frozenset[str] = frozenset()
    is_trusted: bool = False
    is_in_force: bool = True
    valid_until: datetime | None = None
    levels: frozenset[str] | None = None


def facts_in_force(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """Return facts sorted by time and event id, each once, without those that another of
    the same installation takes back.
    """
    known = {fact.id: fact for fact in facts}.values()
    taken_back = {
        (fact.namespace, fact.observation.supersedes)
        for fact in known
        if fact.observation.supersedes != fact.observation.event_id
    }
    standing = [fact for fact in known if (fact.namespace, fact.observation.event_id) not in taken_back]
    return tuple(sorted(standing, key=lambda fact: fact.order))
