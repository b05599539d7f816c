"""Hours of coaching, supervision and the like that somebody received from entitled people.

Sessions confirmed by both sides, with the person as mentee, count as one-to-one coaching. Entries in their
practice log count if somebody entitled reported them; the person's own word does not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from credserv.accreditation.programme import ASSESSOR, BY_ENTITLED, Programme
from credserv.accreditation.requirements import COUNTS, Fact
from credserv.accreditation.sessions import why_unconfirmed
from credserv.journeys.accredit.entitlement import why_not_entitled
from credserv.journeys.services import Services
from credserv.records.accreditation import ApplicationRecord

COACHING, ONE_TO_ONE = f"mentor-coaching{BY_ENTITLED}", "one-to-one"


def given_by_entitled(
    services: Services,
    programme: Programme,
    application: ApplicationRecord,
    asked: Collection[str],
    known: datetime,
) -> Iterator[Fact]:
    """Yield the facts that an entitled person reported.

    Args:
        asked: The kinds of facts wanted.
        known: The instant whose knowledge counts.
    """

    def why(giver: str, at: datetime) -> str:
        reasons = [
            why_not_entitled(services, programme, ASSESSOR, giver, one, at=at, known=known)
            for one in application.competencies
        ]
        return COUNTS if None in reasons else next((one.value for one in reasons if one), "not-accredited")

    member = application.membership_id
    for row in services.store.applications.practice(member, until=known):
        if f"{row.kind}{BY_ENTITLED}" not in asked:
            continue
        by = "self-declared" if row.by == member else None
        if by is None and services.store.roster.get(row.by) is None:
            by = "giver-unknown"
        yield Fact(
            f"{row.kind}{BY_ENTITLED}",
            row.occurred_at,
            row.received_at,
            why(row.by, row.occurred_at) if by is None else by,
            who=row.by,
            amount=float(row.minutes),
            category=row.category,
            source=row.reference or row.id,
        )
    for session in services.store.mentoring.received_by(member, known) if COACHING in asked else ():
        held_at = session.held_at or session.starts_at
        yield Fact(
            COACHING,
            held_at,
            session.told_at or held_at,
            why_unconfirmed(session, known) or why(session.mentor_id, held_at),
            who=session.mentor_id,
            amount=float(session.minutes),
            category=ONE_TO_ONE,
            competency=session.competency,
            source=session.reference or session.id,
        )
