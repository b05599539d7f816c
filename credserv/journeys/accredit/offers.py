"""What a mentor offers: in which competencies and languages, when, how much, and whether they are listed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from credserv.accreditation.hours import MAX_WINDOWS
from credserv.ground.errors import InputError, NotFoundError
from credserv.journeys.accredit.session_figures import ENOUGH_RATERS
from credserv.journeys.services import Services
from credserv.records.mentoring import MentoringKind, MentorOffer, SessionFeedback, Window

MAX_MINUTES_A_WEEK = 20 * 60
_MOST, _LONGEST = 20, 100
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,6}")  # the shape of RFC 5646, and no address


@dataclass(frozen=True)
class Heard:
    """What mentees said of a mentor: raters, and what they said once there are enough of them."""

    raters: int
    share: float | None = None
    words: tuple[str, ...] = ()


def set_offer(services: Services, offer: MentorOffer) -> None:
    """Raises InputError."""
    for words in (offer.competencies, offer.languages):
        if not 0 < len(words) <= _MOST or not all(0 < len(word) <= _LONGEST for word in words):
            raise InputError(f"name at least one competency and one language, at most {_MOST} of each")
    if not all(_LANGUAGE.fullmatch(word) for word in offer.languages):
        raise InputError("write each language as its tag: en, de, pt-BR")
    if not offer.kinds:
        raise InputError("say what you offer: sessions, shadowing or both")
    if not 0 <= offer.minutes_a_week <= MAX_MINUTES_A_WEEK:
        raise InputError(f"offer at most {MAX_MINUTES_A_WEEK} minutes a week")
    if len(offer.hours) > MAX_WINDOWS:
        raise InputError(f"give at most {MAX_WINDOWS} times of the week")
    services.store.mentor_offers.put(offer)


def find_offer(services: Services, membership_id: str) -> MentorOffer | None:
    return services.store.mentor_offers.get(membership_id)


def new_offer(
    services: Services, membership_id: str, competencies: Sequence[str], now: datetime
) -> MentorOffer:
    """What the form begins with: what they are accredited for, in the language that they work in."""
    record = services.store.roster.get(membership_id)
    if record is None:
        raise NotFoundError("there is no such member")
    language = record.language or "en"
    hours: tuple[Window, ...] = ()
    kinds = (MentoringKind.SESSION,)
    return MentorOffer(membership_id, tuple(competencies), (language,), kinds, 60, hours, now)


def heard_of(services: Services, mentor_id: str) -> Heard:
    """Nothing but their number from fewer than five people, so that nobody is found out by what they said."""
    said = services.store.mentoring.feedback_for(mentor_id)
    raters = {one.rater_id for one in said}
    if len(raters) < ENOUGH_RATERS:
        return Heard(len(raters))
    return Heard(len(raters), mean_share(said), tuple(sorted(one.words for one in said if one.words)))


def mean_share(said: Sequence[SessionFeedback]) -> float:
    """The mean of what it could have been, each person counted once; of at least one."""
    of_person: dict[str, list[float]] = {}
    for one in said:
        of_person.setdefault(one.rater_id, []).append(one.score / one.maximum)
    means = [sum(shares) / len(shares) for shares in of_person.values()]
    return sum(means) / len(means)
