"""Letters with links in an organisation's own words, if it wrote some.

The letters that protect a wallet (is it you, an address to add, what has changed) always use our words,
because their readers have to be able to rely on them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from credserv.journeys.admit.sign_in import INVITATION_LIFE, WALLET_LINK_LIFE
from credserv.journeys.deliver.letter_form import Content, Speech, issuer_name, line
from credserv.journeys.deliver.mentoring_letters import asked_for
from credserv.journeys.deliver.words import fill, words_for
from credserv.journeys.services import Services
from credserv.records.access import LinkPurpose, LinkRecord
from credserv.records.letters import Tells

OF_PURPOSE = {
    LinkPurpose.CONSOLE_LETTER: Tells.CONSOLE,
    LinkPurpose.INVITATION: Tells.INVITATION,
    LinkPurpose.FEEDBACK_LETTER: Tells.FEEDBACK,
}


def own_letter(
    services: Services, wanted: LinkRecord, link: str, language: str, now: datetime
) -> tuple[Content, str] | None:
    """Return the text and subject; None if ours is to be sent.

    Args:
        language: The recipient's language; "" if not known.
    """
    tells = _tells(wanted)
    if tells is None:
        return None
    own = words_for(services, tells, language)
    if own is None:
        return None
    values = {
        "issuer": issuer_name(services),
        "contact": line(str(services.issuer.profile.get("email") or "")),
        **_values(services, tells, wanted, Speech.of(language), now),
    }
    filled = fill(own, values)
    return Content("", filled.paragraphs, filled.button, link, filled.notes, filled.language), filled.subject


def _tells(wanted: LinkRecord) -> Tells | None:
    if wanted.purpose is LinkPurpose.WALLET_LETTER:
        return Tells.CLAIM if wanted.claim else Tells.SIGN_IN
    return OF_PURPOSE.get(wanted.purpose)


def _values(
    services: Services, tells: Tells, wanted: LinkRecord, speech: Speech, now: datetime
) -> Mapping[str, str]:
    """Return the values by placeholder, without those that a letter does not have."""
    if tells is Tells.FEEDBACK:
        asked = asked_for(services, speech, wanted.claim, now)
        return {"person": asked.who, "badge": asked.what, "ends": speech.day(asked.ends_at)}
    console = f"{services.public_url}/console"
    if tells is Tells.CONSOLE:
        return {"again": console}
    if tells is Tells.INVITATION:
        return {"ends": speech.day(now + INVITATION_LIFE), "again": console}
    ends = speech.day(now + WALLET_LINK_LIFE)
    badge = _badge(services, wanted.claim) if wanted.claim else ""
    return {"ends": ends, "again": f"{services.public_url}/wallet", "badge": badge}


def _badge(services: Services, credential_id: str) -> str:
    record = services.store.credentials.get(credential_id)
    if record is None:
        return ""
    key, number = record.order.achievement_key, record.order.achievement_version
    version = services.store.achievements.get(key, number)
    return "" if version is None else line(str(version.achievement["name"]))
