"""Deliver: what the letters say that tell a person of a badge: awarded, at its end, or to be renewed.

An award letter opens nothing: it leads to a page that names the badge. When letters go, and what is written
down of that, is in outbox.py.
"""

from __future__ import annotations

from credserv.ground.errors import NotFoundError
from credserv.journeys.deliver.letter_form import (
    Content,
    contact,
    day_of,
    greeting,
    issuer_name,
    letter_of,
    line,
)
from credserv.journeys.deliver.words import fill, words_for
from credserv.journeys.services import Services
from credserv.outbound.mail import Letter
from credserv.records.achievements import AchievementVersion
from credserv.records.letter_words import LetterWords
from credserv.records.letters import DueLetter, Tells
from credserv.records.lives import Life


def badge_letter(services: Services, due: DueLetter) -> Letter:
    """The letter about one badge, in the organisation's own words where there are some for the person. Raises
    NotFoundError for an unknown achievement."""
    member = services.store.members.of_person(due.person_id) if services.store.letter_words.all() else None
    own = words_for(services, due.tells, None if member is None else member.language)
    if own is not None:
        return _own_letter(services, due, own)
    if due.tells is Tells.DUE:
        life = services.store.accreditations.of_credential(due.letter.credential_id)
        return _due_letter(services, due) if life is None else _renewal_letter(services, due, life)
    return _award_letter(services, due)


def _own_letter(services: Services, due: DueLetter, words: LetterWords) -> Letter:
    version = _version(services, due)
    ends = version.ends(due.awarded_at)
    filled = fill(
        words,
        {
            "name": line(due.name or ""),
            "badge": line(str(version.achievement["name"])),
            "issuer": issuer_name(services),
            "description": line(str(version.achievement.get("description", "")), 500),
            "ends": "" if ends is None else services.today(ends).isoformat(),
            "contact": line(str(services.issuer.profile.get("email") or "")),
        },
    )
    link = f"{services.public_url}/wallet/credentials/{due.letter.credential_id}"
    content = Content("", filled.paragraphs, filled.button, link, filled.notes, filled.language)
    key = f"{due.tells.value}.{due.letter.credential_id}"
    return letter_of(services, due.email, due.name, filled.subject, content, key)


def _award_letter(services: Services, due: DueLetter) -> Letter:
    version = _version(services, due)
    issuer, badge = issuer_name(services), line(str(version.achievement["name"]))
    content = Content(
        greeting=greeting(due.name),
        paragraphs=(
            f"{issuer} has awarded you the badge “{badge}”.",
            line(str(version.achievement.get("description", "")), 500),
            "It is waiting for you. Sign in to keep it, download it and share it:",
        ),
        button="See my badge",
        link=f"{services.public_url}/wallet/credentials/{due.letter.credential_id}",
        notes=(
            "The page names the badge and asks you to sign in; there is no password and no account.",
            f"The badge is a digital credential (Open Badges 3.0), signed by {issuer}. Whoever you show it "
            "to can check that it is genuine and still valid, free and without an account.",
            f"You do not know what this is about? Then nothing needs to be done.{contact(services)}",
        ),
    )
    subject = f"{issuer} has awarded you “{badge}”"
    return letter_of(services, due.email, due.name, subject, content, f"award.{due.letter.credential_id}")


def _renewal_letter(services: Services, due: DueLetter, life: Life) -> Letter:
    """Of an accreditation, whose term ends, or has ended and is in grace."""
    version, term = _version(services, due), life.newest
    issuer, badge = issuer_name(services), line(str(version.achievement["name"]))
    ended = due.letter.queued_at >= term.term_end
    first = (
        f"The term of your accreditation “{badge}” from {issuer} ended on {day_of(term.term_end)}."
        if ended
        else f"The term of your accreditation “{badge}” from {issuer} ends on {day_of(term.term_end)}."
    )
    content = Content(
        greeting=greeting(due.name),
        paragraphs=(
            first,
            f"It stays in force until {day_of(term.grace_end)}. What a renewal asks, and how far you are:",
        ),
        button="See what my renewal asks",
        link=f"{services.public_url}/wallet/mentoring/practice",
        notes=(
            "The next term follows on this one, whether you renew early or late. After the day named above "
            "it is not in force until it is renewed.",
            f"You do not need it any more? Then nothing needs to be done.{contact(services)}",
        ),
    )
    subject = f"Your accreditation “{badge}” {'is in grace' if ended else 'is due for renewal'}"
    key = f"renewal.{term.number}.{'grace' if ended else 'due'}.{due.letter.credential_id}"
    return letter_of(services, due.email, due.name, subject, content, key)


def _due_letter(services: Services, due: DueLetter) -> Letter:
    version = _version(services, due)
    issuer, badge = issuer_name(services), line(str(version.achievement["name"]))
    ends = version.ends(due.awarded_at)
    until = "soon" if ends is None else f"on {day_of(ends)}"
    content = Content(
        greeting=greeting(due.name),
        paragraphs=(
            f"Your badge “{badge}” from {issuer} ends {until}.",
            "Until then it is good as it is. What it takes to earn it again is on its page:",
        ),
        button="See my badge",
        link=f"{services.public_url}/wallet/credentials/{due.letter.credential_id}",
        notes=(
            "After that day it stays in your wallet, and whoever checks it sees that it was genuine and has "
            "ended.",
            f"You do not need it any more? Then nothing needs to be done.{contact(services)}",
        ),
    )
    subject = f"Your badge “{badge}” ends {until}"
    return letter_of(services, due.email, due.name, subject, content, f"due.{due.letter.credential_id}")


def _version(services: Services, due: DueLetter) -> AchievementVersion:
    version = services.store.achievements.get(due.achievement_key, due.achievement_version)
    if version is None:
        raise NotFoundError(f"there is no achievement {due.achievement_key} {due.achievement_version}")
    return version
