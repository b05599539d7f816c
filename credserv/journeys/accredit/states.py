"""How accreditations stand at an instant, as known at another, and figures about them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from credserv.accreditation.life import stands
from credserv.accreditation.standing import Standing, State
from credserv.ground.encoding import format_instant
from credserv.journeys.accredit.deciding import find_life
from credserv.journeys.services import Services
from credserv.records.lives import Life


@dataclass(frozen=True)
class Stands:
    life: Life
    standing: Standing


def accreditation(services: Services, name: str, *, at: datetime, known: datetime | None = None) -> Stands:
    """Return an accreditation with its standing, by its client's reference or our id.

    Args:
        at: The instant judged.
        known: The instant whose knowledge counts; None for `at`.

    Raises:
        NotFoundError: There is no such accreditation.
    """
    life = find_life(services, name)
    return Stands(life, stands(life, at, known))


def accreditations(
    services: Services,
    *,
    at: datetime,
    known: datetime | None = None,
    programme: str | None = None,
    states: Collection[State] = (),
) -> tuple[Stands, ...]:
    """Return every accreditation ever granted that is in one of the states, oldest first.

    Args:
        at: The instant judged.
        known: The instant whose knowledge counts; None for `at`.
        states: Empty for all.
    """
    found = (Stands(life, stands(life, at, known)) for life in services.store.accreditations.all(programme))
    return tuple(one for one in found if not states or one.standing.state in states)


def standing_figures(
    services: Services, *, cut: datetime, at: Sequence[datetime] = (), programme: str | None = None
) -> dict[str, Any]:
    """Return `granted`, `states` for each instant, and `state_at_cut`, over all accreditations ever granted.

    Each is judged as known at its instant, so one granted later does not appear.
    """
    lives = services.store.accreditations.all(programme)
    return {
        "granted": sum(life.record.granted_at <= cut for life in lives),
        "states": {
            format_instant(instant): dict(Counter(stands(life, instant).state.value for life in lives))
            for instant in at
        },
        "state_at_cut": {life.name: _told(stands(life, cut)) for life in lives},
    }


def _told(standing: Standing) -> dict[str, str | None]:
    since = None if standing.since is None else format_instant(standing.since)
    return {"state": standing.state.value, "since": since}
