"""Letters to somebody about their own case: that they were drawn, what was found or decided, that the time of
a founder ends. Each once; the reasons stand in the wallet, and in no letter."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from enum import StrEnum

from credserv.ground.encoding import hash_token
from credserv.journeys.accredit.programmes import all_programmes
from credserv.journeys.accredit.work import ending_founders
from credserv.journeys.services import Services
from credserv.records.access import LinkPurpose

_TRIED_FOR = timedelta(days=14)


class News(StrEnum):
    """The value is kept with what a letter was asked for."""

    DRAWN = "drawn"
    FOUND = "found"
    APPEAL_DECIDED = "appeal-decided"
    FOUNDER_ENDS = "founder-ends"


def queue_news(
    services: Services, member: str, news: News, about: str, now: datetime, *, until: datetime | None = None
) -> None:
    """Within the transaction of what it tells of. about: what makes it another letter than the one before."""
    known = services.store.roster.get(member)
    email = None if known is None else services.store.members.email_of(known.person_id)
    if email is None or not services.mail_enabled:
        return
    handle = "\n".join((services.issuer.id, member, news.value, about))
    services.store.links.add_once(
        hash_token(handle),
        LinkPurpose.CASE_LETTER,
        email,
        until or now + _TRIED_FOR,
        claim=json.dumps([news.value, about]),
        letter_at=now,
    )


def tell_founders(services: Services, now: datetime) -> None:
    """Each once, before their time ends."""
    for loaded in all_programmes(services):
        for founder in ending_founders(services, loaded.record.key, now):
            about = f"{loaded.programme.name} {founder.until:%Y-%m-%d}"
            member = founder.membership_id
            queue_news(services, member, News.FOUNDER_ENDS, about, now, until=founder.until)


def news_of(claim: str) -> tuple[News, str]:
    """What a letter tells of, and about what."""
    news, about = json.loads(claim)
    return News(news), str(about)
