"""What must hold after any log, checked in what the service stored, with everything that violates it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from credserv.accreditation.draw import commitment, draw
from credserv.accreditation.months import add_months
from credserv.accreditation.requirements import open_ones
from credserv.ground.strict_json import parse_json_object
from credserv.journeys.accredit.applications import findings_of
from credserv.journeys.accredit.endorsements import judged
from credserv.journeys.accredit.entitlement import why_not_entitled
from credserv.journeys.accredit.programmes import programme_version
from credserv.journeys.accredit.sessions import week_around
from credserv.journeys.measure.figures import published_figures
from credserv.journeys.services import Services
from credserv.outcomes.disclosure import show_count
from credserv.records.lives import Life
from credserv.records.mentoring import MentoringSession, MentorOffer

_WEEK = timedelta(days=7)


def broken_invariants(services: Services, cut: datetime) -> dict[str, Sequence[str]]:
    """Return, by invariant, everything that violates it."""
    lives = services.store.accreditations.all()
    return {
        "no grant is without its evidence": tuple(_without_evidence(services, lives)),
        "no endorsement counts of somebody who was not entitled": tuple(_not_entitled(services, cut)),
        "every renewal is one version further": tuple(_versions(services, lives)),
        "every draw can be recomputed": tuple(_draws(services)),
        "published figures are the rounded recount": tuple(_published(services, cut)),
        "no mentor has more than they offered": tuple(_capacity(services, cut)),
    }


def _without_evidence(services: Services, lives: Sequence[Life]) -> Iterator[str]:
    for life in lives:
        application = services.store.applications.find(life.record.application_id)
        if application is None:
            yield f"{life.name} has no application"
            continue
        loaded = programme_version(services, application.programme_key, application.programme_version)
        at = life.record.granted_at
        found = findings_of(services, application, loaded, at=at, known=at)
        if not found or open_ones(found):
            yield f"{life.name} was granted with something open"


def _not_entitled(services: Services, cut: datetime) -> Iterator[str]:
    for application in services.store.applications.all():
        programme = programme_version(
            services, application.programme_key, application.programme_version
        ).programme
        counting = [one.record for one in judged(services, application, cut) if one.counts]
        for one in counting:
            name = one.reference or one.id
            if one.endorser_id is None or one.endorser_id == application.membership_id:
                yield f"{name} counts, and is of nobody who could be entitled"
                continue
            why = why_not_entitled(
                services, programme, "endorser", one.endorser_id, one.competency, at=one.stated_at, known=cut
            )
            if why is not None:
                yield f"{name} counts, and its endorser was {why}"
        for endorser, count in Counter(one.endorser_id for one in counting).items():
            if count > 1:
                yield f"{application.reference or application.id} counts {endorser} {count} times"


def _versions(services: Services, lives: Sequence[Life]) -> Iterator[str]:
    for life in lives:
        if [term.number for term in life.terms] != list(range(1, len(life.terms) + 1)):
            yield f"{life.name} has the terms {[term.number for term in life.terms]}"
        versions = services.store.versions.of(life.credential_id)
        ids, signed = set(), {one.number: one.signed for one in versions}
        for before, term in zip((None, *life.terms), life.terms, strict=False):
            if term.number not in signed:
                yield f"{life.name}, term {term.number}: not signed"
                continue
            ids.add(parse_json_object(signed[term.number]).get("id"))
            if before is None or before.term_end == term.term_end:  # another version of the same term
                continue
            if not _follows(services, life, before.term_end, term.term_end):
                yield f"{life.name}, term {term.number}: does not end a term after the one before"
        if len(ids) > 1:
            yield f"{life.name} is signed under {len(ids)} ids"


def _follows(services: Services, life: Life, before: datetime, after: datetime) -> bool:
    versions = services.store.programmes.versions(life.record.programme_key)
    terms = [programme_version(services, one.key, one.version).programme.term for one in versions]
    return any(term is not None and add_months(before, term.months) == after for term in terms)


def _draws(services: Services) -> Iterator[str]:
    for one in services.store.audits.all():
        if one.seed is None:
            continue
        cases = services.store.audits.cases(one.programme_key, one.period)
        again = draw(one.seed, [case.drawn_as for case in cases], share=one.share, minimum=one.minimum)
        if commitment(one.seed) != one.sha256:
            yield f"{one.period}: the seed is not the one that was committed to"
        if sorted(case.drawn_as for case in cases if case.is_drawn) != again:
            yield f"{one.period}: recomputed, others are drawn"


def _published(services: Services, cut: datetime) -> Iterator[str]:
    told = published_figures(services, cut=cut)
    shown, exact = told["published"], told["unsuppressed"]
    if shown["not_counted"] != show_count(exact["not_counted"]):
        yield "not_counted"
    for name, of in exact["group"].items():
        for member in ("n", "took_part"):
            if shown["group"][name][member] != show_count(of[member]):
                yield f"group {name}: {member}"


def _capacity(services: Services, cut: datetime) -> Iterator[str]:
    """Check that what was accepted does not exceed what was offered then.

    A session that was only reported was never requested.
    """
    offered: dict[str, list[MentorOffer]] = {}
    for offer in services.store.mentor_offers.history():
        offered.setdefault(offer.membership_id, []).append(offer)
    for mentor, offers in offered.items():
        weeks: dict[tuple[datetime, datetime], list[MentoringSession]] = {}
        for session in services.store.mentoring.taking_time([mentor], cut - 520 * _WEEK, cut):
            if session.answered_at is not None:
                weeks.setdefault(week_around(services, session.starts_at), []).append(session)
        for sessions in weeks.values():
            taken = 0
            for session in sorted(sessions, key=lambda one: one.answered_at or cut):
                taken += session.minutes
                then = [
                    one.minutes_a_week for one in offers if one.changed_at <= (session.answered_at or cut)
                ]
                if taken > (then[-1] if then else 0):
                    yield f"{mentor} has more in a week than they offered when {session.id} was accepted"
