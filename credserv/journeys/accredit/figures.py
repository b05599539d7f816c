"""Figures about applications for reports, from what is stored."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from credserv.accreditation.requirements import verdict
from credserv.journeys.accredit.applications import findings_of
from credserv.journeys.accredit.programmes import programme_version
from credserv.journeys.services import Services
from credserv.records.accreditation import ApplicationState


def application_figures(services: Services, *, key: str, cut: datetime) -> dict[str, dict[str, int]]:
    """Count the applications under a programme that are grantable, and the others by what they lack first.

    Each counts as of its decision if there was one by the cut, else as of the cut. A withdrawn or expired one
    lacks what it lacked at its end.

    Args:
        key: The programme's key.
        cut: The instant whose knowledge counts.
    """
    counted: Counter[str] = Counter()
    for application in services.store.applications.all(key, until=cut):
        loaded = programme_version(services, key, application.programme_version)
        decided = application.state in (ApplicationState.GRANTED, ApplicationState.REFUSED)
        at = min(application.decided_at, cut) if decided and application.decided_at else cut
        counted[verdict(findings_of(services, application, loaded, at=at, known=at))] += 1
    return {"applications_by_verdict": dict(sorted(counted.items()))}
