"""360-degree feedback: requested by letters or links, answered once by each rater,
and shown when the round is over.

Nothing is shown before the end, because whoever looked between two answers would know the second one.
Feedback earns no badge by itself. Where a programme requires feedback, each answer counts as one received.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from credserv.ground.encoding import hash_token, random_token
from credserv.ground.errors import Fault, InputError, NotFoundError, SchemaFaultsError
from credserv.ground.names import has_unseen, is_email, normalise_email
from credserv.journeys.award.assess import rubric_of
from credserv.journeys.award.orders import find_version
from credserv.journeys.services import Services
from credserv.mastery.targets import fragment_of
from credserv.outcomes.sides import Side, sides_of
from credserv.records.access import FEEDBACK_LIFE, LinkPurpose
from credserv.records.audit import Action, AuditRecord
from credserv.records.consents import Purpose
from credserv.records.credentials import Recipient
from credserv.records.feedback_requests import FeedbackRequest
from credserv.records.feedback_rounds import IN_ROUND, Category, FeedbackRound, RoundAnswer

MOST = 60
SHOWN, NOT_YET = "shown", "not yet"
_LETTER_LIFE = timedelta(days=1)  # how long delivery is attempted
_ID_BYTES = 12
_TOKEN_BYTES = 24
_MAX_WORDS = 2_000


@dataclass(frozen=True)
class Rater:
    email: str
    category: Category


@dataclass(frozen=True)
class Opened:
    """A new round.

    Attributes:
        links: Links to hand over, by e-mail address; empty if letters are sent.
    """

    round: FeedbackRound
    links: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Shown:
    """A round as its readers see it.

    Attributes:
        sides: Empty before the end.
        names: The current names of the achievement's levels.
    """

    round: FeedbackRound
    sides: tuple[Side, ...]
    now: datetime
    names: Mapping[str, str] = field(default_factory=dict)


def read_raters(text: str) -> tuple[Rater, ...]:
    """Parse raters, one per line: `peer, ana@firm.example`.

    Raises:
        SchemaFaultsError: A line cannot be used. Its faults name the lines.
    """
    faults: list[Fault] = []
    raters: dict[str, Rater] = {}
    for number, line in enumerate(text.splitlines(), 1):
        category, _, email = (part.strip() for part in line.partition(","))
        if not line.strip():
            continue
        if category.lower() not in set(Category) or not is_email(email):
            words = f"one of {', '.join(Category)}, then an e-mail address"
            faults.append(Fault(f"Line {number}", words))
        elif normalise_email(email) in raters:
            faults.append(Fault(f"Line {number}", "this person stands here already: each speaks once"))
        else:
            raters[normalise_email(email)] = Rater(email, Category(category.lower()))
    if faults or not 0 < len(raters) <= MOST:
        faults = faults or [Fault("", f"1 to {MOST} people")]
        raise SchemaFaultsError("some of it cannot be used: nobody was asked", faults=faults)
    return tuple(raters.values())


def open_round(
    services: Services,
    of: str,
    key: str,
    raters: Sequence[Rater],
    *,
    days: int,
    mail: bool,
    actor: str,
    now: datetime,
) -> Opened:
    """Open a round and ask all raters, by letter or by links to hand over.

    Args:
        of: The membership that the feedback is about.
        key: The achievement's key.
        days: How long the round stays open, in days.
        mail: Whether to send letters.

    Raises:
        InputError: The duration or a rater is not valid, the person has not agreed, or no mail server is
            configured for letters.
        NotFoundError: There is no such person or achievement.
    """
    if not 1 <= days <= FEEDBACK_LIFE.days:
        raise InputError(f"it is open for 1 to {FEEDBACK_LIFE.days} days")
    if mail and not services.mail_enabled:
        raise InputError("this service sends no letters: make links, and hand them over")
    find_version(services, key, None)
    if services.store.roster.get(of) is None:
        raise NotFoundError("there is no such person")
    if of not in services.store.consents.members_who_agreed(services.issuer.id, Purpose.FEEDBACK, now):
        raise InputError("they have not agreed that others are asked: they do, in their wallet under My data")
    one = FeedbackRound(random_token(_ID_BYTES), of, key, now, now + timedelta(days=days), actor)
    links: list[tuple[str, str]] = []
    with services.store.transaction():
        services.store.feedback_rounds.add(one)
        for rater in raters:
            by = services.store.members.add(Recipient(email=rater.email), now)
            if (by.id == of) is not (rater.category is Category.SELF):
                raise InputError(f"{rater.email}: only the person themself speaks as self")
            request = FeedbackRequest(
                random_token(_ID_BYTES),
                membership_id=of,
                rater_id=by.id,
                role=rater.category.value,
                achievement_key=key,
                asked_at=now,
                ends_at=one.closes_at,
                round_id=one.id,
            )
            services.store.feedback_requests.add(request)
            subject = " ".join((of, by.id, rater.category, IN_ROUND + one.id, request.id))
            token = random_token(_TOKEN_BYTES)
            if mail:
                services.store.links.add_once(
                    hash_token(token),
                    LinkPurpose.FEEDBACK_LETTER,
                    normalise_email(rater.email),
                    now + _LETTER_LIFE,
                    claim=subject,
                    letter_at=now,
                )
            else:
                services.store.links.add(hash_token(token), LinkPurpose.FEEDBACK, subject, one.closes_at)
                links.append((rater.email, f"{services.public_url}/feedback/{token}"))
        line = AuditRecord(now, actor, Action.FEEDBACK_ASKED, key, {"of": of, "round": one.id})
        services.store.audit.add(line)
    return Opened(one, tuple(links))


def find_round(services: Services, round_id: str) -> FeedbackRound:
    """Return a round.

    Raises:
        NotFoundError: There is no such round.
    """
    found = services.store.feedback_rounds.get(round_id)
    if found is None:
        raise NotFoundError("there is no such feedback")
    return found


def rounds_of(services: Services, membership_id: str, now: datetime) -> tuple[Shown, ...]:
    """Return the rounds about a member, as others may see them."""
    return tuple(
        show_round(services, one, now) for one in services.store.feedback_rounds.of_member(membership_id)
    )


def rounds_about(services: Services, person_id: str, now: datetime) -> tuple[Shown, ...]:
    """Return the rounds about a person, for that person."""
    member = services.store.members.of_person(person_id)
    return () if member is None else rounds_of(services, member.id, now)


def show_round(services: Services, one: FeedbackRound, now: datetime) -> Shown:
    """Return a round as its readers see it at `now`."""
    if one.is_open(now):
        return Shown(one, (), now)
    rubric = rubric_of(find_version(services, one.achievement_key, None))
    names = {fragment_of(level): str(level["name"]) for level in rubric if level.get("name")}
    scale = [fragment_of(level) for level in rubric] or [NOT_YET, SHOWN]
    return Shown(one, sides_of(services.store.feedback_rounds.answers(one.id), scale), now, names)


def has_answered(services: Services, one: FeedbackRound, rater_id: str) -> bool:
    """Return whether a rater has answered."""
    return any(known.rater_id == rater_id for known in services.store.feedback_rounds.answers(one.id))


def answer_round(
    services: Services, one: FeedbackRound, answer: RoundAnswer, *, shown: bool, now: datetime
) -> None:
    """Record an answer. A rater's first answer stands.

    Args:
        shown: Whether the competence was seen, for an achievement without levels.

    Raises:
        InputError: The level or note is not valid.
        NotFoundError: The round is over.
    """
    if not one.is_open(now):
        raise NotFoundError("this feedback is over: nothing more is asked")
    levels = [fragment_of(level) for level in rubric_of(find_version(services, one.achievement_key, None))]
    said = answer.level or (SHOWN if shown else NOT_YET)
    if said not in (levels or (SHOWN, NOT_YET)):
        raise InputError("choose a level")
    if len(answer.words) > _MAX_WORDS or has_unseen(answer.words.replace("\r", "").replace("\n", "")):
        raise InputError(f"a note has at most {_MAX_WORDS} characters, and no control characters")
    kept = RoundAnswer(
        answer.id, one.id, answer.rater_id, answer.category, said, answer.words, answer.given_at
    )
    services.store.feedback_rounds.answer(kept)
