"""What a rule is judged by: what is known of one person. It comes in whole, and nothing is looked up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from credserv.records.observations import Observation

ASSESSED_HERE = ":here"  # the source of what was observed on a page of ours; no source can be named so
_UNDATED = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Fact:
    """One observation of the person, as it is kept.

    id: by which it is found again. source: the name of its source. namespace: the sender's installation,
    within which event ids and activities are told apart. asserter: who said so, where that is one known
    person. by_roles: what they are to the organisation or to the person (`assessor`, `manager`); None where
    nobody knows. is_self: they said it of themselves. is_signed: nobody between can have changed the message.
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
        """By which two who have the same facts have them in the same order."""
        return (self.observation.occurred_at or _UNDATED, self.observation.event_id, self.namespace)


@dataclass(frozen=True)
class PriorCredential:
    """A credential that the person holds, of ours or verified.

    id: its address. achievement_key: where it is ours. achievement: the id of its Achievement. alignments:
    the targets of its alignments. is_in_force: neither revoked nor suspended. levels: ids of the levels that
    were reached, the lower ones of the same rubric too; None where it tells none.
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
    """Sorted by time and event id, each once, without what another of the same installation takes back."""
    known = {fact.id: fact for fact in facts}.values()
    taken_back = {
        (fact.namespace, fact.observation.supersedes)
        for fact in known
        if fact.observation.supersedes != fact.observation.event_id
    }
    standing = [fact for fact in known if (fact.namespace, fact.observation.event_id) not in taken_back]
    return tuple(sorted(standing, key=lambda fact: fact.order))
