"""Feedback: a manager, peer, mentor or mentee says what they saw, by a link that an assessor gave them or
had mailed.

The link says who speaks, of whom, as what and about which achievement; it answers once, for a month. It opens
nothing else, and is made for somebody by an assessor alone: who asked for their own could answer it.
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

_LETTER_LIFE = timedelta(days=1)  # for so long the letter is tried
ASKED = (By.MANAGER, By.PEER, By.MENTOR, By.MENTEE)
_ID_BYTES = 12
_TOKEN_BYTES = 24


@dataclass(frozen=True)
class Asked:
    """of, by: memberships. name: of whom it is about. is_answered: nothing more is asked. request_id: ""
    where it was asked before requests were kept. round: in which it is asked, where many are."""

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
    """The address to hand over. Raises InputError, NotFoundError, ForbiddenError for the person's own."""
    token = random_token(_TOKEN_BYTES)
    with services.store.transaction():
        subject = _ask(services, of, key, email, role, actor, now)
        services.store.links.add(hash_token(token), LinkPurpose.FEEDBACK, subject, now + FEEDBACK_LIFE)
    return f"{services.public_url}/feedback/{token}"


def mail_for_feedback(
    services: Services, of: str, key: str, *, email: str, role: str, actor: str, now: datetime
) -> None:
    """Have the link mailed: nobody here sees it. Raises as `ask_for_feedback`, and InputError where this
    service sends no letters."""
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
    """What a link asks, written down in the trail."""
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
    """What a link asks. Raises NotFoundError for one that is over, too."""
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
    """Once: the same again is the same, and another answer a ConflictError. None for what is said in a round.
    Raises as `record_word` and `answer_round`."""
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
