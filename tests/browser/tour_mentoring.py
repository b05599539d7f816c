"""The pages of mentors and mentees, each with how to come to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from credserv.journeys.accredit.cohorts import CohortWish, begin_cohort
from credserv.records.mentoring import MentoringState
from tests.browser.conftest import Visit
from tests.testkit.mentoring import accredit, be_listed, member, offer, requested

AT = "/wallet/mentoring"


def mentor_of(visit: Visit) -> str:
    """Mona, who has an offer; made once. Pat has sessions with her: one held, one that waits for Pat."""
    service = visit.site.service
    known, pat = member(service, "mona"), member(service, "pat")
    if service.services.store.mentor_offers.get(known) is None:
        accredit(service, "mona")
        offer(service, known)
        be_listed(service, known)
        offer(service, member(service, "nils"))
        held = requested(service, "mentoring-held", known, pat)
        at = service.clock.now - timedelta(days=1)
        service.services.store.mentoring.change(
            held.id, state=MentoringState.HELD.value, starts_at=at, held_at=at, told_at=at
        )
        requested(service, "mentoring-waits", pat, known)
    return known


def to(path: str, *, within: Callable[[Visit], str] = mentor_of) -> Callable[[Visit], object]:
    def arrive(visit: Visit) -> None:
        known = within(visit)
        visit.open_wallet()
        visit.go(AT + path.format(mentor=known))

    return arrive


ASKED = "competency=feedback&language=en&minutes=15"


def _register(visit: Visit) -> None:
    mentor_of(visit)
    visit.site.service.services.store.mentor_offers.set_public(True, visit.site.service.clock.now)
    visit.go("/mentors")


def _cohorts(visit: Visit) -> None:
    mentor_of(visit)
    visit.sign_in_to_console()
    visit.go("/console/cohorts")


def _cohort(visit: Visit) -> None:
    service = visit.site.service
    mentor_of(visit)
    day, learner = service.services.today(service.clock.now), (member(service, "pat"), ("en",))
    told = ("Spring", "feedback", 15, day, day + timedelta(days=90))
    wish = CohortWish(*told, (learner,), sessions_each=4, aim="A first retrospective", reference="spring")
    cohort, _, _ = begin_cohort(service.services, wish, actor="test", now=service.clock.now)
    visit.sign_in_to_console()
    visit.go(f"/console/cohorts/{cohort.id}")


PAGES: dict[str, Callable[[Visit], object]] = {
    "mentoring-find": to(f"/mentors?{ASKED}"),
    "mentoring-ask": to(f"/mentors/{{mentor}}?{ASKED}"),
    "mentoring-sessions": to("/sessions"),
    "mentoring-session": to("/sessions/mentoring-held"),
    "mentoring-request": to("/sessions/mentoring-waits"),
    "mentoring-offer": to("/offer"),
    "mentors": _register,
    "console-cohorts": _cohorts,
    "console-cohort": _cohort,
}
