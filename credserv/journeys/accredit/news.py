"""Letters about accreditation cases, each sent once.

A person hears that they were endorsed or drawn, what was found or decided, and that their time as a founder
ends. Others hear when somebody asks something of them. The reasons appear only in the wallet, never in a
letter.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from enum import StrEnum

from credserv.accreditation.separation import involved
from credserv.ground.encoding import hash_token
from credserv.journeys.accredit.parts import case_of
from credserv.journeys.accredit.programmes import all_programmes
from credserv.journeys.accredit.work import ending_founders, open_cases
from credserv.journeys.services import Services
from credserv.records.access import LinkPurpose
from credserv.records.cases import CaseRole
from credserv.records.roles import Role

_CASES = "/console/audits"
_TRIED_FOR = timedelta(days=14)


class News(StrEnum):
    """What a letter is about. The value is stored with the letter, so do not change it."""

    ENDORSED = "endorsed"
    ENDORSE_AGAIN = "endorse-again"
    REFUSED = "refused"
    SUSPENDED = "suspended"
    RESTORED = "restored"
    REVOKED = "revoked"
    DRAWN = "drawn"
    FOUND = "found"
    APPEAL_DECIDED = "appeal-decided"
    FOUNDER_ENDS = "founder-ends"
    CASE_DUE = "case-due"
    CASE_LATE = "case-late"


def queue_news(
    services: Services,
    member: str,
    news: News,
    about: str,
    now: datetime,
    *,
    until: datetime | None = None,
    path: str = "",
) -> None:
    """Queue a letter, in the transaction of what it reports.

    Args:
        about: Distinguishes the letter from earlier ones.
        until: How long delivery is attempted.
        path: Where its link leads; "" for the person's own cases.
    """
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
        claim=json.dumps([news.value, about, *filter(None, [path])]),
        letter_at=now,
    )


def tell_decided(services: Services, member: str, programme_key: str, news: News, now: datetime) -> None:
    """Queue a letter to the person a decision is about, in its transaction.

    The time to appeal runs from then.
    """
    queue_news(services, member, news, f"{programme_key}, {now:%Y-%m-%d %H:%M} UTC", now)


def tell_founders(services: Services, now: datetime) -> None:
    """Notify founders once, before their time ends."""
    for loaded in all_programmes(services):
        for founder in ending_founders(services, loaded.record.key, now):
            about = f"{loaded.programme.name} {founder.until:%Y-%m-%d}"
            member = founder.membership_id
            queue_news(services, member, News.FOUNDER_ENDS, about, now, until=founder.until)


def tell_auditors(services: Services, now: datetime) -> None:
    """Notify auditors once when cases wait, and once for each due date that has passed, except for cases
    in which they have another part.
    """
    waiting = open_cases(services, now)
    known = services.store.colleagues.list(services.today(now)) if waiting else ()
    auditors = {one.membership_id for one in known if Role.AUDITOR in one.roles}
    for one in waiting:
        parts = case_of(services, one.case.credential_id)
        apart = {who for who in auditors if involved(parts, who, besides=CaseRole.AUDITOR) is None}
        if one.case.outcome is None:
            apart.discard(one.case.decided_by)  # an appeal against their finding was upheld
        about = f"{one.case.programme_key} {one.case.period}"
        for who in sorted(apart):
            queue_news(services, who, News.CASE_DUE, about, now, path=_CASES)
            if one.is_late and one.due is not None:
                late = f"{about}, since {one.due:%Y-%m-%d}"
                queue_news(services, who, News.CASE_LATE, late, now, path=_CASES)


def news_of(claim: str) -> tuple[News, str]:
    """Return what a letter reports, and about what."""
    news, about, *_path = json.loads(claim)
    return News(news), str(about)
