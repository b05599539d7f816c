"""Letters about a badge: it was awarded, ends soon, has to be renewed, or was signed again.

An award letter opens nothing; it links to a page that names the badge. outbox.py decides when letters go and
records it.
"""

from __future__ import annotations

from credserv.ground.errors import NotFoundError
from credserv.ground.languages import language_name
from credserv.journeys.deliver.letter_form import (
    Content,
    Speech,
    issuer_name,
    letter_of,
    line,
)
from credserv.journeys.deliver.words import fill, words_for
from credserv.journeys.services import Services
from credserv.journeys.translations import achievement_shown_in
from credserv.openbadges.display import CredentialDisplay
from credserv.outbound.mail import Letter
from credserv.records.achievements import AchievementVersion
from credserv.records.letter_words import LetterWords
from credserv.records.letters import DueLetter, Tells
from credserv.records.lives import Life


def badge_letter(services: Services, due: DueLetter) -> Letter:
    """Return the letter about a badge, in the organisation's own words if it wrote
    some in the person's language.

    Raises:
        NotFoundError: The achievement is not known.
    """
    own = words_for(services, due.tells, due.language)
    if own is not None:
        return _own_letter(services, due, own)
    if due.tells is Tells.SIGNED_AGAIN:
        return _signed_again_letter(services, due)
    if due.tells is Tells.DUE:
        life = services.store.accreditations.of_credential(due.letter.credential_id)
        return _due_letter(services, due) if life is None else _renewal_letter(services, due, life)
    return _award_letter(services, due)


def _own_letter(services: Services, due: DueLetter, words: LetterWords) -> Letter:
    version, shown = _version(services, due), _shown(services, due, words.language)
    ends = version.ends(due.awarded_at)
    filled = fill(
        words,
        {
            "name": line(due.name or ""),
            "badge": line(shown.name),
            "issuer": issuer_name(services),
            "description": line(shown.description, 500),
            "ends": "" if ends is None else Speech.of(words.language).day(ends),
            "contact": line(str(services.issuer.profile.get("email") or "")),
        },
    )
    link = f"{services.public_url}/wallet/credentials/{due.letter.credential_id}"
    notes = (*filled.notes, *_signed(Speech.of(words.language), shown))
    content = Content("", filled.paragraphs, filled.button, link, notes, filled.language)
    key = f"{due.tells.value}.{due.letter.credential_id}"
    return letter_of(services, due.email, due.name, filled.subject, content, key)


def _award_letter(services: Services, due: DueLetter) -> Letter:
    speech = Speech.of(due.language)
    shown = _shown(services, due, speech.language)
    issuer, badge = issuer_name(services), line(shown.name)
    content = Content(
        greeting=speech.greeting(due.name),
        paragraphs=(
            speech.say("%(issuer)s has awarded you the badge “%(badge)s”.", issuer=issuer, badge=badge),
            line(shown.description, 500),
            speech.say("It is waiting for you. Sign in to keep it, download it and share it:"),
        ),
        button=speech.say("See my badge"),
        link=f"{services.public_url}/wallet/credentials/{due.letter.credential_id}",
        notes=(
            speech.say(
                "The page names the badge and asks you to sign in; there is no password and no account."
            ),
            speech.say(
                "The badge is a digital credential (Open Badges 3.0), signed by %(issuer)s. Whoever you show "
                "it to can check that it is genuine and still valid, free and without an account.",
                issuer=issuer,
            ),
            *_signed(speech, shown),
            speech.no_matter(services),
        ),
        language=speech.language,
    )
    subject = speech.say("%(issuer)s has awarded you “%(badge)s”", issuer=issuer, badge=badge)
    return letter_of(services, due.email, due.name, subject, content, f"award.{due.letter.credential_id}")


def _renewal_letter(services: Services, due: DueLetter, life: Life) -> Letter:
    """Return the letter about an accreditation whose term ends, or has ended and is in the grace period."""
    term, speech = life.newest, Speech.of(due.language)
    shown = _shown(services, due, speech.language)
    badge = line(shown.name)
    about = {"badge": badge, "issuer": issuer_name(services), "day": speech.day(term.term_end)}
    if ended := due.letter.queued_at >= term.term_end:
        first = speech.say(
            "The term of your accreditation “%(badge)s” from %(issuer)s ended on %(day)s.", **about
        )
        subject = speech.say("Your accreditation “%(badge)s” is in grace", badge=badge)
    else:
        first = speech.say(
            "The term of your accreditation “%(badge)s” from %(issuer)s ends on %(day)s.", **about
        )
        subject = speech.say("Your accreditation “%(badge)s” is due for renewal", badge=badge)
    content = Content(
        greeting=speech.greeting(due.name),
        paragraphs=(
            first,
            speech.say(
                "It stays in force until %(day)s. What a renewal requires, and how much of it you have:",
                day=speech.day(term.grace_end),
            ),
        ),
        button=speech.say("See what my renewal asks"),
        link=f"{services.public_url}/wallet/mentoring/practice",
        notes=(
            speech.say(
                "The next term begins where this one ends, whether you renew early or late. After the "
                "day named above, the accreditation is not in force until it is renewed."
            ),
            *_signed(speech, shown),
            _not_needed(services, speech),
        ),
        language=speech.language,
    )
    key = f"renewal.{term.number}.{'grace' if ended else 'due'}.{due.letter.credential_id}"
    return letter_of(services, due.email, due.name, subject, content, key)


def _due_letter(services: Services, due: DueLetter) -> Letter:
    version, speech = _version(services, due), Speech.of(due.language)
    shown = _shown(services, due, speech.language)
    badge, ends = line(shown.name), version.ends(due.awarded_at)
    about = {"badge": badge, "issuer": issuer_name(services)}
    if ends is None:
        first = speech.say("Your badge “%(badge)s” from %(issuer)s ends soon.", **about)
        subject = speech.say("Your badge “%(badge)s” ends soon", badge=badge)
    else:
        day = speech.day(ends)
        first = speech.say("Your badge “%(badge)s” from %(issuer)s ends on %(day)s.", day=day, **about)
        subject = speech.say("Your badge “%(badge)s” ends on %(day)s", badge=badge, day=day)
    content = Content(
        greeting=speech.greeting(due.name),
        paragraphs=(
            first,
            speech.say("Until then it is good as it is. What it takes to earn it again is on its page:"),
        ),
        button=speech.say("See my badge"),
        link=f"{services.public_url}/wallet/credentials/{due.letter.credential_id}",
        notes=(
            speech.say(
                "After that day it stays in your wallet, and whoever checks it sees that it was genuine and "
                "has ended."
            ),
            *_signed(speech, shown),
            _not_needed(services, speech),
        ),
        language=speech.language,
    )
    return letter_of(services, due.email, due.name, subject, content, f"due.{due.letter.credential_id}")


def _signed_again_letter(services: Services, due: DueLetter) -> Letter:
    speech = Speech.of(due.language)
    shown = _shown(services, due, speech.language)
    badge = line(shown.name)
    content = Content(
        greeting=speech.greeting(due.name),
        paragraphs=(
            speech.say(
                "%(issuer)s has signed your badge “%(badge)s” again, because the key that signed it was "
                "withdrawn.",
                issuer=issuer_name(services),
                badge=badge,
            ),
            speech.say(
                "Files of it that you saved before no longer verify, nor do copies in apps. "
                "Replace them with new ones from its page:"
            ),
        ),
        button=speech.say("See my badge"),
        link=f"{services.public_url}/wallet/credentials/{due.letter.credential_id}",
        notes=(
            speech.say("It says what it said before. Its page, and links that you shared, stay as they are."),
            *_signed(speech, shown),
            speech.no_matter(services),
        ),
        language=speech.language,
    )
    subject = speech.say("Your badge “%(badge)s” was signed again: save it anew", badge=badge)
    key = f"again.{due.letter.queued_at:%Y%m%d%H%M%S}.{due.letter.credential_id}"
    return letter_of(services, due.email, due.name, subject, content, key)


def _not_needed(services: Services, speech: Speech) -> str:
    nothing = speech.say("If you no longer need it, you do not have to do anything.")
    return nothing + speech.contact(services)


def _shown(services: Services, due: DueLetter, language: str) -> CredentialDisplay:
    """Return the badge in the language of the letter, if there is a translation."""
    return achievement_shown_in(services, _version(services, due), (language,))


def _signed(speech: Speech, shown: CredentialDisplay) -> tuple[str, ...]:
    """Return a note if the letter names the badge differently from what was signed."""
    signed = shown.signed
    if signed is None:
        return ()
    if not signed.language:
        called = speech.say("Signed as “%(name)s”", name=line(signed.name))
    else:
        spoken = language_name(signed.language, speech.language)
        called = speech.say("Signed in %(language)s: “%(name)s”", language=spoken, name=line(signed.name))
    return (f"{speech.say('Shown in translation, which is not signed.')} {called}",)


def _version(services: Services, due: DueLetter) -> AchievementVersion:
    version = services.store.achievements.get(due.achievement_key, due.achievement_version)
    if version is None:
        raise NotFoundError(f"there is no achievement {due.achievement_key} {due.achievement_version}")
    return version
