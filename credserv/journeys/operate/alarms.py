"""Alarms: an organisation's owners learn by mail and in the console what is wrong, and how to fix it.

An alarm stands from when its condition begins until it ends. Its row is also its place in the organisation's
outbox. Each owner gets one letter for all alarms they have not heard of, and has heard of an alarm once a
mail server accepted the letter or finally refused it. A condition that ends and returns is reported again.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from html import escape

from credserv.ground.errors import InputError, UnavailableError
from credserv.journeys.services import Services
from credserv.outbound.mail import Letter, Mailer
from credserv.records.alarms import AlarmRecord
from credserv.records.health import Finding
from credserv.records.roles import ColleagueRecord, Role

_SHOWN = 20

logger = logging.getLogger(__name__)


def standing_alarms(services: Services) -> tuple[AlarmRecord, ...]:
    """Return what is wrong, oldest first."""
    return services.store.alarms.all()


def keep_alarms(services: Services, found: Collection[Finding], *, now: datetime) -> None:
    """Update the alarms.

    Args:
        found: Every condition that was looked at.
    """
    services.store.alarms.keep([one for one in found if one.ok is False], now)


def tell_owners(services: Services, mailer: Mailer, *, now: datetime) -> int:
    """Send the letters that are due.

    Each owner has their own place in the outbox, so each letter is sent once, whatever happens to the others.

    Returns:
        How many were sent.

    Raises:
        UnavailableError: Some have to wait; all were tried.
    """
    untold = [one for one in services.store.alarms.all() if one.told_at is None]
    owners = _owners(services, now) if untold else []
    told, sent, later = {one: set(one.told) for one in untold}, 0, None
    for owner in owners:
        due = [one for one in untold if owner.membership_id not in one.told]
        try:
            if due and owner.email:
                mailer.send(_letter(services, due, owner.email, owner.name), now=now)
                sent += 1
        except InputError as error:  # this will never arrive, but the console shows the alarm
            logger.error("an owner cannot be told of alarms by mail: %s", error.detail)
        except UnavailableError as error:
            later = error
            continue
        for one in due:
            told[one].add(owner.membership_id)
        _note(services, due, told, None)
    if owners and later is None:
        _note(services, untold, told, now)
    if later is not None:
        raise later
    return sent


def _note(
    services: Services,
    alarms: Sequence[AlarmRecord],
    told: Mapping[AlarmRecord, set[str]],
    at: datetime | None,
) -> None:
    with services.store.transaction():
        for one in alarms:
            services.store.alarms.note_told(one, told[one], at)


def _owners(services: Services, now: datetime) -> list[ColleagueRecord]:
    colleagues = services.store.colleagues.list(services.today(now))
    return [one for one in colleagues if Role.OWNER in one.roles and one.email]


def _letter(services: Services, alarms: Sequence[AlarmRecord], email: str, name: str | None) -> Letter:
    """Return the letter.

    Its commands are for the operator of the installation, its console link for the owner.
    """
    called = str(services.issuer.profile.get("name") or services.public_url)
    console = f"{services.public_url}/console"
    text, html = [f"Something needs to be looked at so that badges of {called} keep working:"], ""
    for one in alarms[:_SHOWN]:
        text.append(f"- {one.said}" + (f"\n  To mend it: {one.mend}" if one.mend else ""))
        mend = f"<br>To mend it: <code>{escape(one.mend)}</code>" if one.mend else ""
        html += f"<li>{escape(one.said)}{mend}</li>"
    if len(alarms) > _SHOWN:
        text.append(f"- and {len(alarms) - _SHOWN} more")
        html += f"<li>and {len(alarms) - _SHOWN} more</li>"
    text.append(f"The console shows what still stands: {console}\n\nYou get this letter once for each.")
    first = alarms[0]
    key = f"alarm-{services.issuer.id}-{first.condition}-{int(first.began_at.timestamp())}"
    return Letter(
        to=email,
        to_name=name,
        subject=f"{called[:100]}: {len(alarms)} {'thing' if len(alarms) == 1 else 'things'} to look at",
        text="\n\n".join(text) + "\n",
        html=(
            f"<p>{escape(text[0])}</p><ul>{html}</ul>"
            f'<p><a href="{escape(console)}">The console</a> shows what still stands. '
            "You get this letter once for each.</p>"
        ),
        key=key,
    )
