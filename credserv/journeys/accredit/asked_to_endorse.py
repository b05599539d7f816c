"""An application as a person who is asked to endorse it sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from credserv.accreditation.endorsing import Weight
from credserv.ground.strict_json import parse_json_object
from credserv.journeys.accredit.applications import find_application, look
from credserv.journeys.accredit.entitlements import grounds_of
from credserv.journeys.accredit.programmes import Loaded, programme_version
from credserv.journeys.services import Services
from credserv.openbadges.data_model import subjects_of
from credserv.records.accreditation import ApplicationRecord, ApplicationState, EndorsementRecord


@dataclass(frozen=True)
class SaidBefore:
    """An endorsement of the badge that this one replaces."""

    competency: str
    comment: str


@dataclass(frozen=True)
class Asked:
    """An application as a possible endorser sees it.

    Attributes:
        is_entitled: Whether their endorsement can count.
        again: What they said of the replaced badge, to be repeated for this one.
    """

    application: ApplicationRecord
    loaded: Loaded
    applicant: str
    takes: bool
    is_entitled: bool
    given: tuple[EndorsementRecord, ...]
    again: tuple[SaidBefore, ...]


def look_as_endorser(services: Services, name: str, membership_id: str | None, now: datetime) -> Asked:
    """Return an application as an endorser sees it.

    Args:
        membership_id: The endorser's membership; None for somebody outside.

    Raises:
        NotFoundError: There is no such application.
    """
    application = find_application(services, name)
    loaded = programme_version(services, application.programme_key, application.programme_version)
    is_entitled = membership_id is not None and _can_count(services, loaded, application, membership_id, now)
    given = [
        one
        for one in services.store.endorsements.of_application(application.id)
        if membership_id is not None and one.endorser_id == membership_id
        if one.application_id == application.id
    ]
    member = services.store.roster.get(application.membership_id)
    return Asked(
        application,
        loaded,
        (member.name if member else None) or "somebody without a name here",
        takes_endorsements(services, application, now),
        is_entitled,
        tuple(given),
        () if membership_id is None else said_before(services, application, membership_id),
    )


def said_before(
    services: Services, application: ApplicationRecord, membership_id: str
) -> tuple[SaidBefore, ...]:
    """Return the endorsements that counted for the replaced badge and were not repeated yet.

    The endorser has to repeat them, because what they signed names the former badge and nobody signs in their
    place.
    """
    if application.anew_of is None:
        return ()
    said = services.store.endorsements.of_application(application.id)
    own = [one for one in said if one.endorser_id == membership_id]
    again = {one.competency for one in own if one.application_id == application.id}
    before = {one.competency: one for one in own if one.as_received == Weight.COUNTS.value}
    return tuple(
        SaidBefore(competency, _comment(one)) for competency, one in before.items() if competency not in again
    )


def takes_endorsements(services: Services, application: ApplicationRecord, now: datetime) -> bool:
    """Return whether the application still accepts endorsements."""
    if application.state is not ApplicationState.OPEN:
        return False
    is_over = application.ends_at is not None and now >= application.ends_at
    return not is_over or look(services, application, now=now).takes_evidence


def _comment(said: EndorsementRecord) -> str:
    """Return the comment, as it was signed here or elsewhere."""
    if said.signed is None or not said.signed.startswith(b"{"):
        return ""
    subjects = subjects_of(parse_json_object(said.signed))
    return str(subjects[0].get("endorsementComment", "")) if subjects else ""


def _can_count(
    services: Services, loaded: Loaded, application: ApplicationRecord, membership_id: str, now: datetime
) -> bool:
    if application.membership_id == membership_id:
        return False
    asked = (services, loaded.programme, membership_id, application.competencies)
    return grounds_of(*asked, at=now, known=now) is not None
