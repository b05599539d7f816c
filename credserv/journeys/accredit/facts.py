"""Facts that a programme counts about a person, as of an instant and as known at another.

Sessions come from mentoring and endorsements with their weight. The rest comes from evidence for the
application and from the person's practice log.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from credserv.accreditation.endorsing import Weight
from credserv.accreditation.life import stands
from credserv.accreditation.programme import BY_ENTITLED, Programme, flatten
from credserv.accreditation.requirements import COUNTS, HELD_BEFORE, Fact
from credserv.accreditation.sessions import judge_session
from credserv.accreditation.standing import IN_FORCE, State
from credserv.journeys.accredit.coaching import given_by_entitled
from credserv.journeys.accredit.entitlement import why_not_assess
from credserv.journeys.accredit.programmes import all_programmes, family_of, programme_version
from credserv.journeys.accredit.weighing import weigh
from credserv.journeys.services import Services
from credserv.records.accreditation import ApplicationRecord, EvidenceRecord
from credserv.records.feedback_rounds import Category
from credserv.records.lives import Life

_EVER = datetime(1, 1, 2, tzinfo=UTC)
_JUST_NOW = timedelta(microseconds=1)
# What a log entry counts as, where the names differ.
_COUNTED_AS = {"reflection": "reflections", "client": "clients"}


def gather(
    services: Services, subject: ApplicationRecord | Life, *, at: datetime, known: datetime
) -> tuple[Fact, ...]:
    """Return the facts about an application for its grant, or about an accreditation for its renewal.

    Args:
        at: The instant judged.
        known: The instant whose knowledge counts.
    """
    if isinstance(subject, Life):
        application = services.store.applications.find(subject.record.application_id)
        programme = programme_version(services, subject.record.programme_key).programme
    else:
        application = subject
        key, version = subject.programme_key, subject.programme_version
        programme = programme_version(services, key, version).programme
    return _gather(services, programme, application, at, known)


def _gather(
    services: Services,
    programme: Programme,
    application: ApplicationRecord | None,
    at: datetime,
    known: datetime,
) -> tuple[Fact, ...]:
    if application is None:
        return ()
    asked = {one.counted for one in flatten((*programme.grant, *programme.renewal))}
    member = application.membership_id
    found = [*_evidence(services, programme, application, known), *_practice(services, member, known)]
    if any(kind.endswith(BY_ENTITLED) for kind in asked):
        found += given_by_entitled(services, programme, application, asked, known)
    if "endorsements" in asked:
        found += _endorsements(services, programme, application, known)
    lives = services.store.accreditations.of_members([member])
    if "accreditation" in asked:
        found += _accreditations(services, programme, lives, at, known)
    if "sessions" in asked:
        found += _sessions(services, programme, member, lives, at, known)
    if "feedback" in asked:
        found += _feedback(services, member)
    return tuple(found)


def _evidence(
    services: Services, programme: Programme, application: ApplicationRecord, known: datetime
) -> Iterator[Fact]:
    decided = {one.kind for one in flatten((*programme.grant, *programme.renewal)) if one.by_person}
    for row in services.store.applications.evidence(application.id):
        if row.received_at > known:
            continue
        category = str(row.data.get("of") or row.data.get("instrument") or "")
        why = COUNTS
        if row.kind == "observation":
            why, _ = why_not_assess(
                services,
                programme,
                application,
                row.by,
                row.competency or "",
                at=row.occurred_at,
                received=row.received_at,
                known=known,
            )
        elif row.kind == "declaration" and category in decided and row.by == application.membership_id:
            why = "self-declared"
        yield Fact(
            row.kind,
            row.occurred_at,
            row.received_at,
            why,
            who=row.by,
            amount=_amount(row),
            level=int(row.data.get("level", 0)),
            category=category,
            competency=row.competency or "",
            source=row.reference or row.id,
        )


def _amount(row: EvidenceRecord) -> float:
    return float(row.data.get("percent", row.data.get("months", 0)))


def _practice(services: Services, member: str, known: datetime) -> Iterator[Fact]:
    for row in services.store.applications.practice(member, until=known):
        is_client = row.kind == "client"
        yield Fact(
            _COUNTED_AS.get(row.kind, row.kind),
            row.occurred_at,
            row.received_at,
            who=row.category if is_client else row.by,
            amount=float(row.minutes),
            category="" if is_client else row.category,
            source=row.reference or row.id,
        )


def _endorsements(
    services: Services, programme: Programme, application: ApplicationRecord, known: datetime
) -> Iterator[Fact]:
    for record, weight in weigh(services, programme, application, known):
        yield Fact(
            "endorsements",
            # A date in the future counts from when it was received.
            min(record.stated_at, record.received_at),
            record.received_at,
            COUNTS if weight is Weight.COUNTS else weight.value,
            who=record.endorser_id or record.endorser_did,
            competency=record.competency,
            source=record.reference or record.id,
        )


def _accreditations(
    services: Services, programme: Programme, lives: tuple[Life, ...], at: datetime, known: datetime
) -> Iterator[Fact]:
    """Yield accreditations of the same family; one of another kind is no step toward this one."""
    names = {one.programme.key: one.programme for one in all_programmes(services)}
    for life in lives:
        other = names.get(life.record.programme_key)
        if other is not None and programme.is_family(other):
            yield Fact(
                "accreditation",
                life.terms[0].valid_from,
                life.record.granted_at,
                _why_not_held(stands(life, at, known).state),
                level=life.record.level,
                category=other.name,
                source=life.name,
            )


def _why_not_held(state: State) -> str:
    if state in IN_FORCE:
        return COUNTS
    return HELD_BEFORE if state is State.LAPSED else "not-in-force"


def _sessions(
    services: Services,
    programme: Programme,
    member: str,
    lives: tuple[Life, ...],
    at: datetime,
    known: datetime,
) -> Iterator[Fact]:
    """Yield the sessions held as a mentor.

    For a mentor with two accreditations, the one valid then counts.
    """
    keys = family_of(services, programme)
    own = [life for life in lives if life.record.programme_key in keys]
    until = at + _JUST_NOW
    for session in services.store.mentoring.sessions_of(member, _EVER, until, known=known):
        held_at = session.held_at or session.starts_at
        states = [stands(life, held_at, known).state for life in own]
        state = next((one for one in states if one in programme.states_in_force), _last(states))
        yield Fact(
            "sessions",
            held_at,
            session.told_at or held_at,
            judge_session(session, state, known),
            who=session.mentee_id,
            amount=float(session.minutes),
            competency=session.competency,
            source=session.reference or session.id,
        )


def _last(states: list[State]) -> State | None:
    return states[-1] if states else None


def _feedback(services: Services, member: str) -> Iterator[Fact]:
    """Yield one fact for each feedback; never its content, nor a mean."""
    for said in services.store.mentoring.feedback_for(member):
        yield Fact("feedback", said.given_at, said.given_at, who=said.rater_id, source=said.session_id)
    for answer in services.store.feedback_rounds.answers_for(member):
        if answer.category is not Category.SELF:
            yield Fact("feedback", answer.given_at, answer.given_at, who=answer.rater_id, source=answer.id)
