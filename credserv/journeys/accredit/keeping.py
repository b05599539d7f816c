"""Store an endorsement with its weight on arrival, and notify the applicant.

An endorsement repeated for a replacement badge (`upheld`) goes into a new version of the badge at once.
"""

from __future__ import annotations

from datetime import datetime

from credserv.accreditation.endorsing import Weight
from credserv.ground.errors import ConflictError
from credserv.journeys.accredit.endorsements import judged
from credserv.journeys.accredit.news import News, queue_news
from credserv.journeys.accredit.versions import add_version, finish_or_leave
from credserv.journeys.services import Services
from credserv.records.accreditation import ApplicationRecord, EndorsementRecord, TermRecord
from credserv.records.credentials import IssuanceStep


def keep(
    services: Services, application: ApplicationRecord, record: EndorsementRecord, now: datetime
) -> tuple[EndorsementRecord, bool]:
    """Store an endorsement.

    Returns:
        The endorsement, and whether it is new.

    Raises:
        ConflictError: The reference belongs to a different endorsement.
    """
    with services.store.transaction():
        services.store.applications.lock(application.id)
        if not services.store.endorsements.add(record):
            found = services.store.endorsements.named(record.reference or "")
            if found is None or found.application_id != application.id:
                raise ConflictError("this reference was used at the same moment: try again")
            return found, False
        weighed = {one.record.id: one.weight for one in judged(services, application, now)}
        services.store.endorsements.set_as_received(record.id, weighed[record.id].value)
        term = _take_up(services, application, weighed[record.id], now)
        if record.endorser_id != application.membership_id:
            about = f"{record.competency}, {now:%Y-%m-%d %H:%M} UTC"
            path = f"/wallet/mentoring/applications/{application.id}/endorsements"
            queue_news(services, application.membership_id, News.ENDORSED, about, now, path=path)
    if term is not None:
        services.issuing.on_step(IssuanceStep.RESERVED)
        finish_or_leave(services, term, now)
    return services.store.endorsements.find(record.id) or record, True


def _take_up(
    services: Services, application: ApplicationRecord, weight: Weight, now: datetime
) -> TermRecord | None:
    if application.anew_of is None or weight is not Weight.COUNTS:
        return None
    return add_version(services, application.credential_id, now)
