"""How long people asked for feedback take to answer: managers, peers and others."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from credserv.journeys.measure.population import Population
from credserv.journeys.services import Services
from credserv.outcomes.pairing import DAY
from credserv.outcomes.survival import Survival, Wait, survival
from credserv.records.feedback_requests import FeedbackRequest
from credserv.records.feedback_rounds import Category

LOOKED_BACK = timedelta(days=365)
ALL = "All who were asked"
_TAU_DAYS = 30.0  # how long a link can be answered


def answer_times(services: Services, found: Population) -> Mapping[str, Survival]:
    """Return the answer times of all, and by role.

    For each person, the first request in the year before the cut counts, because several for one person are
    not independent. Requests for one's own assessment are left out. Both the person asked and the person
    concerned have agreed to be counted.
    """
    first: dict[tuple[str, str], FeedbackRequest] = {}
    for one in services.store.feedback_requests.asked_between(found.cut - LOOKED_BACK, found.cut):
        if one.role != Category.SELF and {one.rater_id, one.membership_id} <= found.counted:
            first.setdefault((ALL, one.rater_id), one)
            first.setdefault((one.role.capitalize(), one.rater_id), one)
    waits: dict[str, list[Wait]] = {ALL: []}
    for (label, _), one in first.items():
        waits.setdefault(label, []).append(_wait(one, found))
    return {label: survival(of, _TAU_DAYS) for label, of in sorted(waits.items())}


def _wait(one: FeedbackRequest, found: Population) -> Wait:
    """Return a wait. An unanswered request counts until the cut, its end, or the person's last day."""
    left = [at for at in found.ends.get(one.rater_id, ()) if at >= one.asked_at]
    until = min([found.cut, one.ends_at, *left])
    happened = one.answered_at is not None and one.answered_at <= until
    return Wait((((one.answered_at if happened else None) or until) - one.asked_at) / DAY, happened)
