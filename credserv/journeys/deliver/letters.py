"""Deliver: tell a person by mail what was awarded, with the one link that opens their wallet.

A credential counts as delivered once the mail server has taken the letter. A crash between the two sends
the letter again, with a link of its own and the same Message-ID; it is never lost without one. Without a
mail server there is no letter, and an administrator hands the link over (console).
"""

from __future__ import annotations

import logging
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from credserv.ground.errors import InputError, NotFoundError
from credserv.ground.names import one_line
from credserv.journeys.admit.access import WALLET_LINK_LIFE, create_wallet_link
from credserv.journeys.services import Services
from credserv.outbound.mail import Letter, Mailer
from credserv.records.achievements import AchievementVersion
from credserv.records.audit import AuditRecord
from credserv.records.credentials import CredentialRecord, CredentialState, IssuanceStep

_MAX_LINE_CHARS = 150

logger = logging.getLogger(__name__)


def deliver(services: Services, mailer: Mailer | None, credential_id: str, *, now: datetime) -> None:
    """Send the letter for one credential, unless that was done, or it is not valid now.

    Raises NotFoundError, UnavailableError when the letter can go later, and InputError when no server
    will ever take it; that too is the end of delivery, and written in the audit trail.
    """
    record = services.store.credentials.get(credential_id)
    if record is None or record.state is CredentialState.PENDING:
        raise NotFoundError(f"there is no issued credential {credential_id}")
    if record.state is not CredentialState.ACTIVE or record.step is IssuanceStep.DELIVERED:
        return
    if mailer is None or record.order.recipient.email is None:
        services.store.credentials.mark_delivered(credential_id, now)
        return
    letter = _award_letter(services, record, record.order.recipient.email, now)
    try:
        mailer.send(letter, now=now)
    except InputError as error:
        _give_up(services, credential_id, error, now)
        raise
    services.store.credentials.mark_delivered(credential_id, now)


def deliver_wallet_link(services: Services, mailer: Mailer | None, request: str, *, now: datetime) -> None:
    """Send the wallet link that somebody asked for. request: of `access.request_wallet_link`.

    An unknown person is no error: whoever asked is not to learn of it. Raises as `deliver`.
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


def _give_up(services: Services, credential_id: str, error: InputError, now: datetime) -> None:
    logger.error("the letter for %s cannot be delivered: %s", credential_id, error.detail)
    with services.store.transaction():
        services.store.credentials.mark_delivered(credential_id, now)
        services.store.audit.add(
            AuditRecord(now, "worker", "credential.undeliverable", credential_id, {"why": error.detail})
        )


# --- what the letters say -----------------------------------------------------------------------


@dataclass(frozen=True)
class _Content:
    """One letter in words: the same for its plain and its HTML form."""

    greeting: str
    paragraphs: Sequence[str]
    button: str
    link: str
    notes: Sequence[str]


def _award_letter(services: Services, record: CredentialRecord, email: str, now: datetime) -> Letter:
    version = _version(services, record)
    issuer, badge = _issuer_name(services), _line(str(version.achievement["name"]))
    content = _Content(
        greeting=_greeting(record.order.recipient.name),
        paragraphs=(
            f"{issuer} has awarded you the badge “{badge}”.",
            _line(str(version.achievement.get("description", "")), 500),
            "It is waiting in your wallet, where you can look at it, download it and share it:",
        ),
        button="Open my badge",
        link=create_wallet_link(services, record.person_id, now),
        notes=(
            _link_note(services, now),
            f"The badge is a digital credential (Open Badges 3.0), signed by {issuer}. Whoever you show it "
            "to can check that it is genuine and still valid, free and without an account.",
            f"You do not know what this is about? Then nothing needs to be done.{_contact(services)}",
        ),
    )
    name = record.order.recipient.name
    return _letter(email, name, f"{issuer} has awarded you “{badge}”", content, f"award.{record.id}")


def _version(services: Services, record: CredentialRecord) -> AchievementVersion:
    order = record.order
    version = services.store.achievements.get(order.achievement_key, order.achievement_version)
    if version is None:
        raise NotFoundError(f"there is no achievement {order.achievement_key} {order.achievement_version}")
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
        f"seven days (until {until.day} {until:%B %Y}). You can ask for a new one at any time: "
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
