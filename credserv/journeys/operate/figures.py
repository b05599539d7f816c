"""Figures about the installation for an operator's charts: nothing about people, and no more labels
than there are kinds of things.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime

from credserv.journeys.operate.readiness import Found
from credserv.journeys.services import Services
from credserv.records.credentials import CredentialState
from credserv.records.health import Figure


def figures_of(services: Services, parts: Mapping[str, Found], now: datetime) -> Iterator[Figure]:
    """Yield the figures of all organisations together.

    Args:
        parts: As /readyz found them.

    Raises:
        UnavailableError: The database cannot be used now.
    """
    for name, found in parts.items():
        yield Figure(
            "part_ok", "Whether a part is well, as /readyz says.", not found.fault, (("part", name),)
        )
    counts = services.store.health.counts()
    for state in CredentialState:
        known = counts.badges.get(state.value, 0)
        yield Figure("badges", "Badges by their state.", known, (("state", state.value),))
    for step, count in asdict(counts.reached).items():
        yield Figure("badges_reached", "Badges that got so far.", count, (("step", step),))
    for what, count in (("waiting", counts.letters_waiting), ("refused", counts.letters_refused)):
        yield Figure("letters", "Letters that did not go out yet, or never will.", count, (("state", what),))
    yield Figure("oldest_letter_seconds", "Age of the oldest that waits.", _age(counts.oldest_letter, now))
    yield Figure("events_waiting", "Messages that were taken in and not finished.", counts.events_waiting)
    yield Figure("oldest_event_seconds", "Age of the oldest of them.", _age(counts.oldest_event, now))
    yield Figure("webhooks_waiting", "Messages to other systems that are due.", counts.webhooks_waiting)
    yield Figure(
        "status_lists_behind", "Lists that do not show the newest changes.", counts.status_lists_behind
    )
    oldest = _age(counts.oldest_status_list, now)
    yield Figure("oldest_status_list_seconds", "Age of the list that was signed longest ago.", oldest)
    for condition, count in counts.alarms.items():
        yield Figure("alarms", "What is wrong, by condition.", count, (("condition", condition),))
    jobs = services.jobs.waiting()
    yield Figure("jobs_waiting", "Jobs that nobody has begun.", jobs.waiting)
    yield Figure("oldest_job_seconds", "Age of the oldest of them.", _age(jobs.oldest, now))
    yield Figure("workers", "Workers that were heard of lately.", services.jobs.living_workers())


def _age(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())
