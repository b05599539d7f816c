"""What people agreed to: the words, the act, and the duration."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from credserv.ground.encoding import random_token
from credserv.ground.languages import ENGLISH, LANGUAGES, catalogue, reading


class Purpose(StrEnum):
    """What a consent is for. Values are stored in every row, so do not change them."""

    APP = "let-an-app-in"
    ANSWER = "answer-who-asks"
    HOST = "connect-a-host"
    FACTS = "share-chosen-facts"
    PROFILE = "public-page"
    OUTCOMES = "outcomes"
    REGISTER = "register"
    FEEDBACK = "feedback"
    MATCHING = "matching-history"
    PROGRESS = "progress"
    NO_AWARDS = "no-awards"
    TAKE = "take-a-badge"


# What an organisation may do with what it knows of a member, until they withdraw it.
FOR_ORGANISATION = (Purpose.OUTCOMES, Purpose.REGISTER, Purpose.FEEDBACK, Purpose.MATCHING, Purpose.PROGRESS)


# What the person reads before the act. Changing the words creates a new version.
NOTICES: Mapping[Purpose, str] = {
    Purpose.APP: (
        "The app can do what is listed here and nothing else, also while you are away, until you end it "
        "under Apps."
    ),
    Purpose.ANSWER: (
        "What you choose is sent once, to who asks. They can keep it and pass it on: it is not called back."
    ),
    Purpose.HOST: (
        "You say which badges come from there and which go there. Badges that went there stay there when you "
        "disconnect it."
    ),
    Purpose.FACTS: (
        "Your name and address are shown only if you choose them here, to whoever has the link, till it ends."
    ),
    Purpose.PROFILE: "Everybody who has the address of a page can open it, until you end it.",
    Purpose.OUTCOMES: (
        "What you started, how you did before and after, how long it took and how you moved on is counted in "
        "figures of groups. No figure is of you alone. When you withdraw it, you are in no figure that is "
        "made from then on; quarters that were published before stay as they are."
    ),
    Purpose.REGISTER: (
        "Your name, unit and languages, what you are accredited for and how that stands, how many "
        "endorsements counted, your last audit, and how many sessions you held, rounded to five, are shown "
        "in the register of mentors, until you withdraw it. Never your address, nor what people said of you."
    ),
    Purpose.FEEDBACK: (
        "Others are asked how they see your work, by a link that each of them gets. You read what they say "
        "once enough of them answered."
    ),
    Purpose.MATCHING: (
        "How long your mentoring took before is looked at when a mentor is suggested to somebody. It is "
        "shown to nobody, and no suggestion decides."
    ),
    Purpose.TAKE: (
        "One badge goes into the app, bound to a key that the app has, and stays there: it is not called "
        "back. The app sees nothing else of your wallet."
    ),
    Purpose.PROGRESS: (
        "Whoever leads you at the time, as your organisation's personnel system says it, sees the pathways "
        "that you began: what you had then, which badges you have now, and what is next. They see no score, "
        "and nothing that others said of you."
    ),
    Purpose.NO_AWARDS: (
        "You are awarded no badge from now on, whatever you complete and whoever orders it. What you "
        "complete is still recorded, and the organisation sees that you decline. Badges that you have stay "
        "yours. When you withdraw this, badges are awarded again, and what you completed meanwhile can count."
    ),
}
IN_ANOTHER_SYSTEM = "said so in a system of the organisation, which told this service"
ACTS: Mapping[Purpose, str] = {
    Purpose.APP: "pressed “Allow” on the page that says what an app asks for",
    Purpose.ANSWER: "pressed “Show what I chose” on the page that says who asks for what",
    Purpose.TAKE: "pressed “Allow” on the page that says which app asks for a badge",
    Purpose.HOST: "connected the host in the wallet, and said yes there",
    Purpose.FACTS: "made a link and ticked what it shows of them",
    Purpose.PROFILE: "made a page at an address of its own",
    Purpose.NO_AWARDS: "pressed “Award me no badges” under the words on the page of what one agrees to",
    **dict.fromkeys(FOR_ORGANISATION, "pressed “I agree” under the words on the page of what one agrees to"),
}


@dataclass(frozen=True)
class ConsentRecord:
    """A consent.

    Attributes:
        controller: The DID of the organisation at whose address it was given.
        notice_sha256: Of the words shown.
        reference: What it allows: a grant, a link, a host.
        recipient: In words.
        shown: What of the person is shown.
        ends_at: When it ends by itself; None for never.
    """

    id: str
    person_id: str
    controller: str
    purpose: Purpose
    notice_sha256: str
    act: str
    reference: str
    recipient: str
    shown: tuple[str, ...]
    given_at: datetime
    ends_at: datetime | None = None
    withdrawn_at: datetime | None = None

    def stands(self, now: datetime) -> bool:
        return self.withdrawn_at is None and (self.ends_at is None or now < self.ends_at)


def notice_words(purpose: Purpose, language: str) -> str:
    """Return the current words, in one of `LANGUAGES`."""
    said: str = catalogue(language).gettext(NOTICES[purpose])
    return said


def notice_version(purpose: Purpose, language: str = ENGLISH) -> str:
    """Return the hex SHA-256 of the current words."""
    return hashlib.sha256(notice_words(purpose, language).encode()).hexdigest()


def notice_language(one: ConsentRecord) -> str | None:
    """Return the language in which the words were read; None if they are not the
    current words in any language.
    """
    return next(
        (known for known in LANGUAGES if notice_version(one.purpose, known) == one.notice_sha256), None
    )


def make_consent(
    person_id: str,
    purpose: Purpose,
    *,
    controller: str,
    reference: str,
    recipient: str,
    shown: tuple[str, ...],
    now: datetime,
    ends_at: datetime | None = None,
    act: str | None = None,
    read_in: str | None = None,
) -> ConsentRecord:
    """Build a consent given now.

    Args:
        act: How it was given; None for the purpose's usual act.
        read_in: The language of the words, if they were read at another time.
    """
    return ConsentRecord(
        random_token(16),
        person_id,
        controller,
        purpose,
        notice_version(purpose, read_in or reading.get()),
        act or ACTS[purpose],
        reference,
        recipient,
        shown,
        now,
        ends_at,
    )
