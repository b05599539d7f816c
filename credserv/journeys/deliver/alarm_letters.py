"""Letters to an organisation's owners about what is wrong, each in its reader's language.

An alarm's row is also its place in the organisation's outbox. Each owner gets one letter for all alarms they
have not heard of, and has heard of an alarm once a mail server accepted the letter or finally refused it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape

from credserv.ground.errors import InputError, UnavailableError
from credserv.journeys.admit.writing_to import language_of
from credserv.journeys.deliver.letter_form import Speech, issuer_name, line
from credserv.journeys.services import Services
from credserv.outbound.mail import Letter, Mailer
from credserv.records.alarms import AlarmRecord
from credserv.records.roles import ColleagueRecord, Role

_SHOWN = 20

logger = logging.getLogger(__name__)


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
    speech, called = Speech.of(language_of(services, email)), issuer_name(services)
    console, to_mend = f"{services.public_url}/console", speech.say("To mend it:")
    begin = speech.say(
        "Something needs to be looked at so that badges of %(issuer)s keep working:", issuer=called
    )
    text, html = [begin], ""
    for one in alarms[:_SHOWN]:
        said = speech.tell(one.said)
        text.append(f"- {said}" + (f"\n  {to_mend} {one.mend}" if one.mend else ""))
        mend = f"<br>{escape(to_mend)} <code>{escape(one.mend)}</code>" if one.mend else ""
        html += f"<li>{escape(said)}{mend}</li>"
    if len(alarms) > _SHOWN:
        more = speech.say("And %(number)s more.", number=str(len(alarms) - _SHOWN))
        text.append(more)
        html += f"<li>{escape(more)}</li>"
    shows, once = (
        speech.say("The console shows what still stands:"),
        speech.say("You get this letter once for each."),
    )
    first = alarms[0]
    return Letter(
        to=email,
        to_name=name,
        subject=speech.say("%(issuer)s: something needs to be looked at", issuer=line(called, 100)),
        text="\n\n".join([*text, f"{shows} {console}", once]) + "\n",
        html=(
            f'<div lang="{speech.language}"><p>{escape(begin)}</p><ul>{html}</ul>'
            f'<p>{escape(shows)} <a href="{escape(console)}">{escape(console)}</a></p>'
            f"<p>{escape(once)}</p></div>"
        ),
        key=f"alarm-{services.issuer.id}-{first.condition}-{int(first.began_at.timestamp())}",
    )
