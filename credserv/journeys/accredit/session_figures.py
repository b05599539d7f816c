"""Figures about mentoring: sessions in a period, and mentors' available time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from credserv.accreditation.sessions import is_confirmed
from credserv.accreditation.standing import IN_FORCE
from credserv.journeys.accredit.mentors import lives_of, state_of
from credserv.journeys.accredit.sessions import week_around
from credserv.journeys.accredit.suggestions import KnownMentor, known_mentors
from credserv.journeys.services import Services
from credserv.records.mentoring import MINUTES, MentoringSession, MentoringState

ENOUGH_RATERS = 5  # before a mentor sees ratings
_NOT_HELD = (MentoringState.NO_SHOW, MentoringState.DISPUTED)
_LOOKED_BACK = timedelta(days=90)
_DAY = 86_400
_NOT_TOLD = "not told"


def session_figures(services: Services, *, cut: datetime) -> dict[str, Any]:
    """Return figures about the sessions held by `cut`, as known then.

    All but the first figure cover only sessions confirmed by both sides, because only those count.
    """
    held = _held(services, cut, cut)
    both = [one for one in held if is_confirmed(one, cut)]
    lives = lives_of(services, sorted({one.mentor_id for one in both}))
    lengths = Counter(one.minutes for one in both)
    raters = services.store.mentoring.raters(cut)
    not_in_force = sum(
        state_of(lives[one.mentor_id], one.held_at or one.starts_at, cut) not in IN_FORCE for one in both
    )
    return {
        "held": len(held),
        "confirmed_by_both": len(both),
        "minutes": {str(length): lengths[length] for length in MINUTES},
        "mentors": len({one.mentor_id for one in both}),
        "mentees": len({one.mentee_id for one in both}),
        "by_mentor_not_in_force": not_in_force,
        "mentors_with_5_raters": sum(count >= ENOUGH_RATERS for count in raters.values()),
        "mentors_with_feedback": len(raters),
    }


def confirmed_sessions(services: Services, *, cut: datetime, known: datetime) -> list[MentoringSession]:
    """Return the sessions held by `cut` and confirmed by both sides, as known at `known`, oldest first."""
    return [one for one in _held(services, cut, known) if is_confirmed(one, known)]


def supply_figures(services: Services, *, at: datetime) -> dict[str, Any]:
    """Return mentors' time in the week of an instant, and how the requests of the 90 days before went.

    A past instant is judged by what was known then, so its figures never change.
    """
    mentors = [one for one in known_mentors(services, at) if one.is_in_force]
    week = week_around(services, at)
    requested = services.store.mentoring.asked_between(at - _LOOKED_BACK, at)
    asked = [_as_known(one, at) for one in requested]
    return {
        "mentors_in_force": len(mentors),
        "minutes_offered_a_week": sum(one.offer.minutes_a_week for one in mentors),
        "free_minutes_this_week": sum(one.left_between(*week) for one in mentors),
        "by_competency": _by_competency(mentors, week),
        "requests": len(asked),
        "people_who_asked": len({one.mentee_id for one in asked}),
        "median_days_to_session": _median_days(asked),
        "declined_by_reason": _counted(one.code for one in asked if one.state is MentoringState.DECLINED),
        "expired": sum(one.state_at(at) is MentoringState.EXPIRED for one in asked),
        "declined_or_expired_by_language": _counted(
            one.language
            for one in asked
            if one.state_at(at) in (MentoringState.DECLINED, MentoringState.EXPIRED)
        ),
    }


def barrier_figures(services: Services, *, at: datetime) -> dict[str, tuple[int, int]]:
    """Return what kept people from mentoring in the 90 days before an instant, as known then.

    Returns:
        By reason, and by language of the declined and expired requests: how many requests, and of how many
        people.
    """
    found: dict[str, list[str]] = {}
    for one in services.store.mentoring.asked_between(at - _LOOKED_BACK, at):
        state = (then := _as_known(one, at)).state_at(at)
        if state not in (MentoringState.DECLINED, MentoringState.EXPIRED):
            continue
        why = f"Declined: {then.code or _NOT_TOLD}" if state is MentoringState.DECLINED else "Expired"
        for label in (why, f"Language: {then.language or _NOT_TOLD}"):
            found.setdefault(label, []).append(then.mentee_id)
    return {label: (len(asked), len(set(asked))) for label, asked in sorted(found.items())}


def _held(services: Services, cut: datetime, known: datetime) -> list[MentoringSession]:
    found = services.store.mentoring.held_until(cut, known=known)
    return [one for one in found if not _fell_through(one, known)]


def _by_competency(
    mentors: Sequence[KnownMentor], week: tuple[datetime, datetime]
) -> dict[str, dict[str, int]]:
    """Return minutes by competency. A mentor's minutes appear under each competency offered."""
    found: dict[str, dict[str, int]] = {}
    for mentor in mentors:
        for competency in mentor.competencies:
            told = found.setdefault(competency, {"mentors_in_force": 0, "free_minutes_this_week": 0})
            told["mentors_in_force"] += 1
            told["free_minutes_this_week"] += mentor.left_between(*week)
    return dict(sorted(found.items()))


def _fell_through(session: MentoringSession, cut: datetime) -> bool:
    settled = session.settled_at is not None and session.settled_at <= cut
    return settled and session.state in _NOT_HELD


def _as_known(session: MentoringSession, at: datetime) -> MentoringSession:
    """Return a request as it stood at an instant."""
    held = session.held_at if session.told_at is not None and session.told_at <= at else None
    if session.answered_at is not None and session.answered_at > at:
        return replace(session, state=MentoringState.REQUESTED, held_at=held)
    if session.settled_at is not None and session.settled_at > at:
        was = MentoringState.REQUESTED if session.answered_at is None else MentoringState.ACCEPTED
        return replace(session, state=was, held_at=held)
    return replace(session, held_at=held)


def _median_days(asked: Sequence[MentoringSession]) -> float | None:
    waited = [
        (one.held_at - one.requested_at).total_seconds() / _DAY
        for one in asked
        if one.held_at is not None and one.requested_at is not None
    ]
    return median(waited) if waited else None


def _counted(words: Any) -> dict[str, int]:
    return dict(sorted(Counter(word or _NOT_TOLD for word in words).items()))
