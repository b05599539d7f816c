"""Letters that tell a person what became of something (admit/notifications.py)."""

from __future__ import annotations

from datetime import datetime

from credserv.ground.errors import NotFoundError
from credserv.journeys.admit.notifications import Notification, notification_of
from credserv.journeys.award.objections import describe_objection, find_objection
from credserv.journeys.deliver.letter_form import Content, Speech, issuer_name, line
from credserv.journeys.services import Services
from credserv.records.objections import ObjectionKind, ObjectionState

_MAX_REASON_CHARS = 1_000
# Sentence and subject.
IMPORTS = {
    Notification.IMPORT_REVOKED: (
        "One of the badges that you brought into your wallet at %(issuer)s was revoked by its issuer.",
        "A badge in your wallet was revoked",
    ),
    Notification.IMPORT_SUSPENDED: (
        "One of the badges that you brought into your wallet at %(issuer)s was suspended by its issuer.",
        "A badge in your wallet was suspended",
    ),
    Notification.IMPORT_ENDS: (
        "One of the badges that you brought into your wallet at %(issuer)s ends soon.",
        "A badge in your wallet ends soon",
    ),
}


SAID = {
    (Notification.OBJECTION_RECEIVED, ObjectionKind.NOT_MINE): (
        "%(issuer)s has received your report that the badge “%(badge)s” is not yours."
    ),
    (Notification.OBJECTION_RECEIVED, ObjectionKind.WRONG): (
        "%(issuer)s has received your report that the badge “%(badge)s” is wrong."
    ),
    (Notification.OBJECTION_DECIDED, ObjectionKind.NOT_MINE): (
        "%(issuer)s has decided on your report that the badge “%(badge)s” is not yours."
    ),
    (Notification.OBJECTION_DECIDED, ObjectionKind.WRONG): (
        "%(issuer)s has decided on your report that the badge “%(badge)s” is wrong."
    ),
}


def notification_letter(
    services: Services, speech: Speech, link: str, claim: str | None, _now: datetime
) -> tuple[Content, str]:
    """Return a letter and its subject.

    Raises:
        NotFoundError: What it is about is no longer stored.
    """
    what, about = notification_of(claim or "")
    if what is Notification.OFFER_NUMBER:
        return _number_letter(services, speech, link, about)
    if what is Notification.EMPLOYMENT_DECLINED:
        return _employment_letter(services, speech, link, about)
    if what not in IMPORTS:
        return _objection_letter(services, speech, link, what, about)
    said, subject = IMPORTS[what]
    content = Content(
        greeting=speech.greeting(),
        paragraphs=(
            speech.say(said, issuer=issuer_name(services)),
            speech.say("Which one it is, stands in your wallet:"),
        ),
        button=speech.say("See which one"),
        link=link,
        notes=(
            speech.say(
                "The page asks you to sign in. Only the issuer of a badge can say why, and change it."
            ),
        ),
        language=speech.language,
    )
    return content, speech.say(subject)


def _number_letter(services: Services, speech: Speech, link: str, sealed: str) -> tuple[Content, str]:
    number, sessions = services.store.offers.unseal_number(sealed), f"{services.public_url}/wallet/sessions"
    content = Content(
        greeting=speech.greeting(),
        paragraphs=(
            speech.say(
                "You are taking a badge from your wallet at %(issuer)s into a wallet app. "
                "Type in this number when the app asks for it: %(number)s",
                issuer=issuer_name(services),
                number=number,
            ),
        ),
        button=speech.say("Open my wallet"),
        link=link,
        notes=(
            speech.say(
                "The number works once, for ten minutes. Give it to nobody: whoever asks you for it "
                "wants your badge."
            ),
            speech.say(
                "You did not ask for it? Then somebody may be signed in to your wallet. "
                "See where, and sign out everywhere: %(address)s",
                address=sessions,
            ),
        ),
        language=speech.language,
    )
    return content, speech.say("The number for your wallet app")


def _employment_letter(services: Services, speech: Speech, link: str, request_id: str) -> tuple[Content, str]:
    asked = services.store.employment_requests.get(request_id)
    if asked is None:
        raise NotFoundError("it is not kept any more")
    reason = line(asked.reason, _MAX_REASON_CHARS)
    content = Content(
        greeting=speech.greeting(),
        paragraphs=(
            speech.say(
                "You asked %(issuer)s to confirm your employment. They decided not to.",
                issuer=issuer_name(services),
            ),
            speech.say("The reason: %(reason)s", reason=reason),
        ),
        button=speech.say("See the decision"),
        link=link,
        notes=(
            speech.say("The page asks you to sign in. You can ask again there.") + speech.contact(services),
        ),
        language=speech.language,
    )
    return content, speech.say("You asked for a confirmation")


def _objection_letter(
    services: Services, speech: Speech, link: str, what: Notification, about: str
) -> tuple[Content, str]:
    objection, _ = find_objection(services, about)
    badge = line(describe_objection(services, objection).name)
    first = speech.say(SAID[what, objection.kind], issuer=issuer_name(services), badge=badge)
    if what is Notification.OBJECTION_RECEIVED:
        subject, button = (
            speech.say("What you said about a badge was received"),
            speech.say("See how it stands"),
        )
        paragraphs: tuple[str, ...] = (
            first,
            speech.say("The badge stays as it is until they decide. You will then get a letter."),
        )
    elif objection.state is ObjectionState.OPEN:
        raise NotFoundError("it is not decided")
    else:
        subject, button = (
            speech.say("What you said about a badge was decided"),
            speech.say("See the decision"),
        )
        reason = line(objection.reason, _MAX_REASON_CHARS)
        paragraphs = (
            f"{first} {_became(speech, objection.kind, objection.state)}",
            speech.say("The reason: %(reason)s", reason=reason),
        )
    notes = (speech.say("The page asks you to sign in.") + speech.contact(services),)
    return Content(speech.greeting(), paragraphs, button, link, notes, speech.language), subject


def _became(speech: Speech, kind: ObjectionKind, state: ObjectionState) -> str:
    if state is ObjectionState.REFUSED:
        return speech.say("The badge stays as it is.")
    if kind is ObjectionKind.NOT_MINE:
        return speech.say("It was revoked, and has left your wallet.")
    return speech.say("It was revoked, and a correct one takes its place.")
