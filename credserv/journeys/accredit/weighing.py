"""Weigh an application's endorsements as known at an instant."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from credserv.accreditation.endorsing import Given, Weight, judge_endorsement
from credserv.accreditation.entitlement import NotEntitled
from credserv.accreditation.programme import ENDORSER, Programme
from credserv.journeys.accredit.entitlement import Holders, conflict_of, read_holders, wanted_for
from credserv.journeys.services import Services
from credserv.records.accreditation import ApplicationRecord, EndorsementRecord


def weigh(
    services: Services, programme: Programme, application: ApplicationRecord, known: datetime
) -> tuple[tuple[EndorsementRecord, Weight], ...]:
    """Return the endorsements with their weights, in the order received.

    Each endorser counts once per badge. For a replacement badge they have to repeat it, because an
    endorsement names its badge by id.
    """
    counted: dict[str, set[str]] = defaultdict(set)
    found = []
    records = services.store.endorsements.of_application(application.id, known)
    holders = read_holders(services, programme, {one.endorser_id for one in records if one.endorser_id})
    for record in records:
        of_badge = counted[record.application_id]
        weight = _weigh_one(services, programme, application, record, known, of_badge, holders)
        if weight is Weight.COUNTS:
            of_badge.add(record.endorser_id or record.endorser_did)
        found.append((record, weight))
    return tuple(found)


def _weigh_one(
    services: Services,
    programme: Programme,
    application: ApplicationRecord,
    record: EndorsementRecord,
    known: datetime,
    counted: set[str],
    holders: Holders,
) -> Weight:
    applicant, endorser = application.membership_id, record.endorser_id

    def in_conflict() -> bool:
        # What counts is the relationship when it arrived; later meetings make nobody partial in hindsight.
        asked = (services, programme, applicant)
        return endorser is not None and conflict_of(*asked, endorser, record.received_at) is not None

    def not_entitled() -> NotEntitled | None:
        if endorser is None:  # proof carried by somebody from outside was judged on arrival
            return NotEntitled.NOT_ACCREDITED if record.is_witness else None
        at = record.stated_at
        wanted = wanted_for(programme, ENDORSER, record.competency)
        return holders.why_not(endorser, wanted, services.today(at), at=at, known=known)

    return judge_endorsement(
        Given(endorser or record.endorser_did, applicant, record.stated_at, record.received_at),
        in_conflict=in_conflict,
        not_entitled=not_entitled,
        counted=counted,
        received_within=timedelta(hours=programme.endorsement_received_within_hours),
    )
