"""Whether the endorsements of an application count, and what follows when somebody who gave one turns out not
to have been entitled.

As known at an instant: what is found out later changes what counts, and never what was known then. A badge
that was granted on what does not suffice any more is put before a person, and never revoked by itself.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from credserv.accreditation.endorsing import Weight
from credserv.accreditation.programme import Programme, flatten
from credserv.ground.errors import NotFoundError
from credserv.journeys.accredit.applications import find_application
from credserv.journeys.accredit.programmes import programme_version
from credserv.journeys.accredit.weighing import weigh
from credserv.journeys.services import Services
from credserv.records.accreditation import ApplicationRecord, EndorsementRecord


@dataclass(frozen=True)
class JudgedEndorsement:
    record: EndorsementRecord
    weight: Weight

    @property
    def counts(self) -> bool:
        return self.weight is Weight.COUNTS

    @property
    def name(self) -> str:
        return self.record.reference or self.record.id


def judged(
    services: Services, application: ApplicationRecord, known: datetime
) -> tuple[JudgedEndorsement, ...]:
    """All that were received by then, in that order."""
    programme = _programme(services, application)
    return tuple(JudgedEndorsement(*one) for one in weigh(services, programme, application, known))


def judged_one(services: Services, record: EndorsementRecord, now: datetime) -> JudgedEndorsement:
    """What one of them comes to. Raises NotFoundError where it was erased meanwhile."""
    weighed = judged(services, find_application(services, record.application_id), now)
    found = next((one for one in weighed if one.record.id == record.id), None)
    if found is None:
        raise NotFoundError("there is no such endorsement")
    return found


def judged_of_own(
    services: Services, membership_id: str, name: str, now: datetime
) -> tuple[ApplicationRecord, tuple[JudgedEndorsement, ...]]:
    """Of an application of one's own. Raises NotFoundError for anybody else's."""
    application = find_application(services, name)
    if application.membership_id != membership_id:
        raise NotFoundError("there is no such application")
    return application, judged(services, application, now)


def endorsement_figures(services: Services, *, key: str, cut: datetime) -> dict[str, Any]:
    """What each endorsement under a programme comes to, as known at the cut, and which came to something else
    when they were received."""
    each: dict[str, str] = {}
    differs: dict[str, list[str]] = {}
    for application in services.store.applications.all(key, until=cut):
        for one in judged(services, application, cut):
            each[one.name] = one.weight.value
            if one.record.as_received != one.weight.value:
                differs[one.name] = [one.record.as_received, one.weight.value]
    counts = dict(sorted(Counter(each.values()).items()))
    return {"counts_by_reason": counts, "each": each, "as_received_differs": differs}


def to_review_figures(services: Services, *, key: str, cut: datetime) -> list[str]:
    """The badges whose endorsements do not suffice any more since a revocation as of before them."""
    found = []
    for life in services.store.accreditations.all(key):
        application = services.store.applications.find(life.record.application_id)
        if application is None or life.record.granted_at > cut:
            continue
        weighed = judged(services, application, cut)
        if not any(one.weight is Weight.REVOKED_FROM_BEFORE for one in weighed):
            continue
        people = {one.record.endorser_id or one.record.endorser_did for one in weighed if one.counts}
        if len(people) < _needed(_programme(services, application)):
            found.append(life.name)
    return sorted(found)


def _needed(programme: Programme) -> int:
    asks = [ask for one in flatten(programme.grant) if one.kind == "endorsements" for ask in one.asks]
    return max((ask.need for ask in asks), default=0)


def _programme(services: Services, application: ApplicationRecord) -> Programme:
    return programme_version(services, application.programme_key, application.programme_version).programme
