"""What a report says of applications, from what is kept of them."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from credserv.accreditation.requirements import verdict
from credserv.journeys.accredit.applications import findings_of
from credserv.journeys.accredit.programmes import programme_version
from credserv.journeys.services import Services
from credserv.records.accreditation import ApplicationState


def application_figures(services: Services, *, key: str, cut: datetime) -> dict[str, dict[str, int]]:
    """How many applications under a programme are grantable, or lack what first: as of their decision where
    there was one by the cut, else of the cut. One that was withdrawn or ran out lacks what it lacked."""
    counted: Counter[str] = Counter()
    for application in services.store.applications.all(key, until=cut):
        loaded = programme_version(services, key, application.programme_version)
        decided = application.state in (ApplicationState.GRANTED, ApplicationState.REFUSED)
        at = min(application.decided_at, cut) if decided and application.decided_at else cut
        counted[verdict(findings_of(services, application, loaded, at=at, known=at))] += 1
    return {"applications_by_verdict": dict(sorted(counted.items()))}
