"""Mentors and mentees of a service: members, some with an accreditation that is in force."""

from __future__ import annotations

from datetime import datetime, timedelta

from credserv.journeys.award.orders import OrderRequest, award_request
from credserv.journeys.measure.agreeing import agree
from credserv.records.consents import Purpose
from credserv.records.credentials import Recipient
from credserv.records.mentoring import MentoringKind, MentoringSession, MentoringState, MentorOffer, Window
from credserv.store import tables as t
from credserv.store.frame.database import Database, open_engine
from tests.testkit.plain_rows import put_plain_rows
from tests.testkit.service import ACHIEVEMENT, Service

_SMALL = {"term_months": 12, "notice_days": 90, "grace_days": 60, "endorsements": 2, "assessment_min": 70}
TERM, GRACE = timedelta(days=365), timedelta(days=60)


def member(service: Service, name: str) -> str:
    """The membership of somebody at `<name>@example.org`."""
    told = Recipient(email=f"{name}@example.org", name=name.capitalize())
    return service.services.store.members.add(told, service.clock.now).id


def accredit(
    service: Service,
    name: str,
    *competencies: str,
    since: datetime | None = None,
    programme: str = "mentor-basic",
) -> str:
    """The membership of a mentor whose first term begins then: by rows alone, as a grant leaves them."""
    begins = since or service.clock.now
    recipient = Recipient(email=f"{name}@example.org", name=name.capitalize())
    order = OrderRequest(f"badge-of-{name}-{programme}", ACHIEVEMENT, recipient)
    credential_id = award_request(service.services, "api:a-test", order, now=service.clock.now)[0].id
    known = member(service, name)
    given = {
        "organisation_id": service.services.issuer.id,
        "id": f"application-of-{name}-{programme}",
        "application_id": f"application-of-{name}-{programme}",
        "reference": f"{name}-{programme}",
        "membership_id": known,
        "credential_id": credential_id,
        "programme_key": programme,
        "programme_version": 1,
        "key": programme,
        "version": 1,
        "document": {"key": programme, "version": 1, **_SMALL},
        "competencies": list(competencies or ("feedback",)),
        "valid_from": begins,
        "term_end": begins + TERM,
        "grace_end": begins + TERM + GRACE,
        "to_review_since": None,
        "notice_days": 90,
        "state": "granted",
    }
    engine = open_engine(service.settings.database_url)
    try:
        with Database(engine).writing() as connection:
            known_programmes = t.programmes.c.key == programme
            wanted = [t.applications, t.accreditations, t.terms]
            if connection.execute(t.programmes.select().where(known_programmes)).first() is None:
                wanted = [t.programmes, *wanted]
            put_plain_rows(connection, wanted, given, begins)
    finally:
        engine.dispose()
    return known


def offer(service: Service, mentor_id: str, **changed: object) -> MentorOffer:
    """What a mentor offers: feedback, in English, an hour and a half a week, at any time."""
    told = {
        "competencies": ("feedback",),
        "languages": ("en",),
        "kinds": tuple(MentoringKind),
        "minutes_a_week": 90,
        "hours": (),
        **changed,
    }
    hours: tuple[Window, ...] = told.pop("hours")  # type: ignore[assignment]  # given by name
    made = MentorOffer(mentor_id, hours=hours, changed_at=service.clock.now, **told)  # type: ignore[arg-type]
    service.services.store.mentor_offers.put(made)
    return made


def be_listed(service: Service, membership_id: str) -> None:
    """Agree to stand in the register."""
    known = service.services.store.roster.get(membership_id)
    assert known is not None
    agree(service.services, known.person_id, Purpose.REGISTER, actor="holder", now=service.clock.now)


def requested(
    service: Service, known: str, mentor_id: str, mentee_id: str, **changed: object
) -> MentoringSession:
    """A request that waits for its mentor, for tomorrow."""
    told = {"minutes": 30, "starts_at": service.clock.now + timedelta(days=1), **changed}
    made = MentoringSession(
        id=known,
        mentor_id=mentor_id,
        mentee_id=mentee_id,
        competency="feedback",
        kind=MentoringKind.SESSION,
        state=MentoringState.REQUESTED,
        requested_at=service.clock.now,
        question="How do I say it?",
        **told,  # type: ignore[arg-type]  # by name
    )
    assert service.services.store.mentoring.add(made)
    return made
