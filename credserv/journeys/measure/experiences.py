"""Which experiences of the first days go along with performance and with staying, unrounded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from credserv.journeys.accredit.session_figures import confirmed_sessions
from credserv.journeys.measure.population import Population
from credserv.journeys.services import Services
from credserv.outcomes.pairing import first_of_each
from credserv.outcomes.together import (
    Together,
    find_watched,
    had_by,
    is_early,
    with_performance,
    with_staying,
)
from credserv.records.outcomes import Fact, FactKind


@dataclass(frozen=True)
class Experience:
    """An experience in words, with its association with the rate of a signal and
    with the days that people stay.
    """

    name: str
    performance: Together
    staying: Together


def experiences_of(
    services: Services, found: Population, pathway: str, signal: str, tau: float
) -> tuple[Experience, ...]:
    """Return the experiences of those who started a pathway.

    Args:
        signal: The signal whose rate is compared.
        tau: The time horizon for staying, in days.
    """
    starts = first_of_each(found.facts, FactKind.STARTED, pathway)
    watched = find_watched(found.facts, pathway, signal, found.ends, found.cut)
    told = {member for member, start in starts.items() if start.mentored is not None}
    experiences = []
    for name, had in _had(services, found, starts).items():
        # If nobody said whether somebody has a mentor, nothing is assumed.
        compared = [one for one in watched if name != _MENTOR or one.membership_id in told]
        experiences.append(
            Experience(name, with_performance(compared, had), with_staying(compared, had, tau))
        )
    return tuple(experiences)


_MENTOR = "A mentor goes with them"


def _had(services: Services, found: Population, starts: Mapping[str, Fact]) -> dict[str, frozenset[str]]:
    """Return who had each experience, in words, within the first days."""
    sessions = confirmed_sessions(services, cut=found.cut, known=found.known)
    in_session = frozenset(
        one.mentee_id
        for one in sessions
        if (start := starts.get(one.mentee_id)) is not None and is_early(one.held_at or one.starts_at, start)
    )
    facts = found.facts
    return {
        _MENTOR: frozenset(member for member, start in starts.items() if start.mentored),
        "A session that both confirmed": in_session,
        "Seen by others at work": had_by(facts, starts, FactKind.OBSERVATION),
        "An assignment": had_by(facts, starts, FactKind.PROJECT),
        "A target": had_by(facts, starts, FactKind.TARGET),
        "A further pathway": had_by(facts, starts, FactKind.STARTED, elsewhere=True),
    }
