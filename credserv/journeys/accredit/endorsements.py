"""Whether an application's endorsements count, and what follows if an endorser turns
out not to have been entitled.

Everything is judged as known at an instant. Later discoveries change what counts, but not what was known
before. If a granted badge no longer has enough endorsements, a person looks at it; it is never revoked
automatically.
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
    """Return all endorsements received by `known`, in the order received, each with its weight."""
    programme = _programme(services, application)
    return tuple(JudgedEndorsement(*one) for one in weigh(services, programme, application, known))


def judged_one(services: Services, record: EndorsementRecord, now: datetime) -> JudgedEndorsement:
    """Return one endorsement with its weight.

    Raises:
        NotFoundError: It was erased meanwhile.
    """
    weighed = judged(services, find_application(services, record.application_id), now)
    found = next((one for one in weighed if one.record.id == record.id), None)
    if found is None:
        raise NotFoundError("there is no such endorsement")
    return found


def judged_of_own(
    services: Services, membership_id: str, name: str, now: datetime
) -> tuple[ApplicationRecord, tuple[JudgedEndorsement, ...]]:
    """Return a member's own application with its endorsements.

    Raises:
        NotFoundError: There is no such application, or it is somebody else's.
    """
    application = find_application(services, name)
    if application.membership_id != membership_id:
        raise NotFoundError("there is no such application")
    return application, judged(services, application, now)


def endorsement_figures(services: Services, *, key: str, cut: datetime) -> dict[str, Any]:
    """Return the weight of each endorsement under a programme as known at the cut, and which had a
    different one when they were received.

    Args:
        key: The programme's key.
    """
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
    """Return the badges that no longer have enough endorsements because of a retroactive revocation.

    Args:
        key: The programme's key.
        cut: The instant whose knowledge counts.
    """
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
