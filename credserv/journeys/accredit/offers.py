"""What a mentor offers: competencies, languages, hours, weekly time, and whether they are listed."""

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
# The shape of RFC 5646, which excludes e-mail addresses.
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,6}")


@dataclass(frozen=True)
class Heard:
    """Feedback about a mentor: the number of people, and their ratings once there are enough of them."""

    raters: int
    share: float | None = None
    words: tuple[str, ...] = ()


def set_offer(services: Services, offer: MentorOffer) -> None:
    """Store a mentor's offer.

    Raises:
        InputError: A value is not valid.
    """
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
    """Return a mentor's offer."""
    return services.store.mentor_offers.get(membership_id)


def new_offer(
    services: Services, membership_id: str, competencies: Sequence[str], now: datetime
) -> MentorOffer:
    """Return the initial values of the form: the competencies they are accredited
    for and their working language.

    Raises:
        NotFoundError: There is no such member.
    """
    record = services.store.roster.get(membership_id)
    if record is None:
        raise NotFoundError("there is no such member")
    language = record.language or "en"
    hours: tuple[Window, ...] = ()
    kinds = (MentoringKind.SESSION,)
    return MentorOffer(membership_id, tuple(competencies), (language,), kinds, 60, hours, now)


def heard_of(services: Services, mentor_id: str) -> Heard:
    """Return the feedback about a mentor.

    With fewer than five people it is only their number, so nobody can be identified.
    """
    said = services.store.mentoring.feedback_for(mentor_id)
    raters = {one.rater_id for one in said}
    if len(raters) < ENOUGH_RATERS:
        return Heard(len(raters))
    return Heard(len(raters), mean_share(said), tuple(sorted(one.words for one in said if one.words)))


def mean_share(said: Sequence[SessionFeedback]) -> float:
    """Return the mean rating as a share of the maximum, 0 to 1, counting each person once.

    `said` must not be empty.
    """
    of_person: dict[str, list[float]] = {}
    for one in said:
        of_person.setdefault(one.rater_id, []).append(one.score / one.maximum)
    means = [sum(shares) / len(shares) for shares in of_person.values()]
    return sum(means) / len(means)
