"""Feedback: a manager, peer, mentor or mentee reports what they saw, through a link from an assessor.

The link fixes who speaks, about whom, in which role and about which achievement. It accepts one answer,
within a month, and opens nothing else. Only an assessor can make it, because people who requested feedback on
themselves could answer it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from credserv.ground.encoding import hash_token, random_token
from credserv.ground.errors import ForbiddenError, InputError, NotFoundError
from credserv.ground.names import normalise_email
from credserv.journeys.award.assess import Word, record_word
from credserv.journeys.award.orders import find_version
from credserv.journeys.award.rounds import answer_round, find_round, has_answered
from credserv.journeys.services import Services
from credserv.mastery.facts import ASSESSED_HERE
from credserv.mastery.rule import By
from credserv.records.access import FEEDBACK_LIFE, LinkPurpose
from credserv.records.audit import Action, AuditRecord
from credserv.records.credentials import Recipient
from credserv.records.feedback_requests import FeedbackRequest
from credserv.records.feedback_rounds import IN_ROUND, Category, FeedbackRound, RoundAnswer
from credserv.records.observed import ObservationRecord, observation_id

_LETTER_LIFE = timedelta(days=1)  # how long delivery is attempted
ASKED = (By.MANAGER, By.PEER, By.MENTOR, By.MENTEE)
_ID_BYTES = 12
_TOKEN_BYTES = 24


@dataclass(frozen=True)
class Asked:
    """What a link asks for.

    Attributes:
        of: The membership the feedback is about.
        by: The membership of the person who answers.
        name: The name of the person it is about.
        is_answered: Whether it was answered already.
        request_id: "" for links older than the record of requests.
        round: The feedback round it belongs to, if any.
    """

    id: str
    of: str
    by: str
    role: By | Category
    achievement_key: str
    name: str | None
    is_answered: bool
    request_id: str
    round: FeedbackRound | None = None


def ask_for_feedback(
    services: Services, of: str, key: str, *, email: str, role: str, actor: str, now: datetime
) -> str:
    """Make a feedback link to hand over.

    Args:
        of: The membership the feedback is about.
        key: The achievement's key.
        email: The address of the person asked.
        role: Their relation to the person: manager, peer, mentor or mentee.

    Returns:
        The URL.

    Raises:
        InputError: The address or role is not valid.
        NotFoundError: There is no such person or achievement.
        ForbiddenError: The link would go to the person it is about.
    """
    token = random_token(_TOKEN_BYTES)
    with services.store.transaction():
        subject = _ask(services, of, key, email, role, actor, now)
        services.store.links.add(hash_token(token), LinkPurpose.FEEDBACK, subject, now + FEEDBACK_LIFE)
    return f"{services.public_url}/feedback/{token}"


def mail_for_feedback(
    services: Services, of: str, key: str, *, email: str, role: str, actor: str, now: datetime
) -> None:
    """Mail a feedback link, so that nobody here sees it.

    Raises:
        InputError: As `ask_for_feedback`, or no mail server is configured.
        NotFoundError: There is no such person or achievement.
        ForbiddenError: The link would go to the person it is about.
    """
    if not services.mail_enabled:
        raise InputError("this service sends no letters: make a link, and hand it over")
    handle = random_token(_TOKEN_BYTES)
    with services.store.transaction():
        subject = _ask(services, of, key, email, role, actor, now)
        services.store.links.add_once(
            hash_token(handle),
            LinkPurpose.FEEDBACK_LETTER,
            normalise_email(email),
            now + _LETTER_LIFE,
            claim=subject,
            letter_at=now,
        )


def _ask(services: Services, of: str, key: str, email: str, role: str, actor: str, now: datetime) -> str:
    """Record a request for feedback, with a line in the audit trail, and return what its link stands for."""
    find_version(services, key, None)
    if services.store.roster.get(of) is None:
        raise NotFoundError("there is no such person")
    if role not in ASKED:
        raise InputError(f"as what they speak: one of {', '.join(ASKED)}")
    by = services.store.members.add(Recipient(email=email.strip()), now)
    if by.id == of:
        raise ForbiddenError("nobody speaks for themselves: ask somebody else")
    line = AuditRecord(now, actor, Action.FEEDBACK_ASKED, key, {"of": of, "by": by.id})
    services.store.audit.add(line)
    request = FeedbackRequest(
        random_token(_ID_BYTES),
        membership_id=of,
        rater_id=by.id,
        role=role,
        achievement_key=key,
        asked_at=now,
        ends_at=now + FEEDBACK_LIFE,
    )
    services.store.feedback_requests.add(request)
    return " ".join((of, by.id, role, key, request.id))


def asked_by(services: Services, token: str, now: datetime) -> Asked:
    """Return what a link asks for.

    Raises:
        NotFoundError: The link is not known or no longer open, or the person is gone.
    """
    link = services.store.links.find(hash_token(token), [LinkPurpose.FEEDBACK])
    if link is None or not link.is_open(now):
        raise NotFoundError("this link no longer opens: ask whoever gave it to you for another")
    of, by, role, key, *known_request = link.subject.split(" ")
    request_id = known_request[0] if known_request else ""
    person = services.store.roster.get(of)
    if person is None:
        raise NotFoundError("there is no such person any more")
    word_id = hash_token(f"feedback {token}")[:32]
    if key.startswith(IN_ROUND):
        one = find_round(services, key.removeprefix(IN_ROUND))
        if not one.is_open(now):
            raise NotFoundError("this feedback is over: nothing more is asked of you")
        answered = has_answered(services, one, by)
        return Asked(
            word_id, of, by, Category(role), one.achievement_key, person.name, answered, request_id, one
        )
    known = services.store.observations.get(observation_id(ASSESSED_HERE, word_id))
    return Asked(word_id, of, by, By(role), key, person.name, known is not None, request_id)


def answer(
    services: Services,
    token: str,
    *,
    level: str | None,
    shown: bool,
    note: str,
    now: datetime,
    context: str = "",
) -> ObservationRecord | None:
    """Record the one answer to a link. Submitting the same answer again changes nothing.

    Returns:
        The observation, or None if the answer belongs to a round.

    Raises:
        ConflictError: The link was answered differently before.
        CredservError: As `record_word` and `answer_round`.
    """
    asked = asked_by(services, token, now)
    if asked.round is not None:
        said = RoundAnswer(asked.id, asked.round.id, asked.by, Category(asked.role), level or "", note, now)
        answer_round(services, asked.round, said, shown=shown, now=now)
        services.store.feedback_requests.answered(asked.request_id, now)
        return None
    word = Word(
        id=asked.id,
        of=asked.of,
        by=asked.by,
        role=By(asked.role),
        achievement_key=asked.achievement_key,
        level=level,
        shown=shown,
        note=note,
        context=context,
    )
    recorded = record_word(services, word, actor=f"feedback:{asked.by}", now=now)
    services.store.feedback_requests.answered(asked.request_id, now)
    return recorded
