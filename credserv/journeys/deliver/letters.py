"""Deliver: what the letters say that tell a person of a badge, and of the way into their wallet.

When they go, and what is written down of that, is in outbox.py.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from credserv.ground.errors import NotFoundError
from credserv.ground.names import one_line
from credserv.journeys.admit.access import WALLET_LINK_LIFE, create_wallet_link
from credserv.journeys.services import Services
from credserv.outbound.mail import Letter, Mailer
from credserv.records.achievements import AchievementVersion
from credserv.records.letters import DueLetter

_MAX_LINE_CHARS = 150


def deliver_wallet_link(services: Services, mailer: Mailer | None, request: str, *, now: datetime) -> None:
    """Send the wallet link that somebody asked for. request: of `access.request_wallet_link`.

    An unknown person is no error: whoever asked is not to learn of it. Raises as `Mailer.send`.
    """
    member = services.store.members.of_person(request.partition(":")[0])
    email = None if member is None else services.store.members.email_of(member.person_id)
    if mailer is None or member is None or email is None:
        return
    link = create_wallet_link(services, member.person_id, now)
    issuer = _issuer_name(services)
    content = _Content(
        greeting=_greeting(member.name),
        paragraphs=(f"You asked for a link to your wallet with badges from {issuer}.",),
        button="Open my wallet",
        link=link,
        notes=(_link_note(services, now), "You did not ask for it? Then nothing needs to be done."),
    )
    subject = f"Your wallet link from {issuer}"
    mailer.send(_letter(email, member.name, subject, content, f"wallet.{request}"), now=now)


# --- what the letters say -----------------------------------------------------------------------


@dataclass(frozen=True)
class _Content:
    """One letter in words: the same for its plain and its HTML form."""

    greeting: str
    paragraphs: Sequence[str]
    button: str
    link: str
    notes: Sequence[str]


def award_letter(services: Services, due: DueLetter, link: str, now: datetime) -> Letter:
    """link: the one that opens the wallet. Raises NotFoundError for an unknown achievement."""
    version = _version(services, due)
    issuer, badge = _issuer_name(services), _line(str(version.achievement["name"]))
    content = _Content(
        greeting=_greeting(due.name),
        paragraphs=(
            f"{issuer} has awarded you the badge “{badge}”.",
            _line(str(version.achievement.get("description", "")), 500),
            "It is waiting in your wallet, where you can look at it, download it and share it:",
        ),
        button="Open my badge",
        link=link,
        notes=(
            _link_note(services, now),
            f"The badge is a digital credential (Open Badges 3.0), signed by {issuer}. Whoever you show it "
            "to can check that it is genuine and still valid, free and without an account.",
            f"You do not know what this is about? Then nothing needs to be done.{_contact(services)}",
        ),
    )
    subject = f"{issuer} has awarded you “{badge}”"
    return _letter(due.email, due.name, subject, content, f"award.{due.letter.credential_id}")


def _version(services: Services, due: DueLetter) -> AchievementVersion:
    version = services.store.achievements.get(due.achievement_key, due.achievement_version)
    if version is None:
        raise NotFoundError(f"there is no achievement {due.achievement_key} {due.achievement_version}")
    return version


def _issuer_name(services: Services) -> str:
    return _line(str(services.issuer.profile.get("name") or services.public_url))


def _contact(services: Services) -> str:
    email = services.issuer.profile.get("email")
    return f" Questions go to {_line(str(email))}." if email else ""


def _greeting(name: str | None) -> str:
    return f"Hello {_line(name)}," if name and _line(name) else "Hello,"


def _link_note(services: Services, now: datetime) -> str:
    until = now + WALLET_LINK_LIFE
    return (
        "This link is personal: it opens your wallet, so please do not pass it on. It works once, within "
        f"seven days (until {until.day} {until:%B %Y}, UTC). You can ask for a new one at any time: "
        f"{services.public_url}/wallet"
    )


def _letter(to: str, to_name: str | None, subject: str, content: _Content, key: str) -> Letter:
    return Letter(
        to=to,
        to_name=_line(to_name) if to_name else None,
        subject=_line(subject, 2 * _MAX_LINE_CHARS),
        text=_plain(content),
        html=_html(content),
        key=key.replace(":", "."),
    )


def _line(text: str, max_chars: int = _MAX_LINE_CHARS) -> str:
    """One line of printable text: a name with a line break in it is still a name, and gets its letter."""
    return textwrap.shorten(one_line(text), max_chars, placeholder=" …")


def _plain(content: _Content) -> str:
    """Links stand alone on their lines, unbroken."""
    above = [_wrap(text) for text in (content.greeting, *filter(None, content.paragraphs))]
    below = [_wrap(note) for note in content.notes]
    return "\n\n".join([*above, content.link, *below]) + "\n"


def _wrap(text: str) -> str:
    return textwrap.fill(text, 72, break_long_words=False, break_on_hyphens=False)


def _html(content: _Content) -> str:
    """Without pictures, styles from elsewhere or anything that tells us whether it was read."""
    above = "".join(_paragraph(text) for text in (content.greeting, *filter(None, content.paragraphs)))
    below = "".join(_paragraph(note, small=True) for note in content.notes)
    button = (
        f'<p style="margin:1.5em 0"><a href="{escape(content.link)}" style="display:inline-block;'
        "padding:.75em 1.5em;border-radius:.4em;background:#1d4f91;color:#ffffff;font-weight:bold;"
        f'text-decoration:none">{escape(content.button)}</a></p>'
    )
    return (
        '<!doctype html>\n<html lang="en"><body style="margin:0;padding:1.5em;font-family:sans-serif;'
        'line-height:1.5;color:#1a2330;background:#ffffff"><div style="max-width:36em;margin:0 auto">\n'
        f"{above}\n{button}\n{below}\n</div></body></html>\n"
    )


def _paragraph(text: str, *, small: bool = False) -> str:
    style = "margin:0 0 1em" + (";font-size:.9em;color:#525e6e" if small else "")
    return f'<p style="{style}">{escape(text)}</p>\n'
