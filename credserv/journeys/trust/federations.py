"""Asking federations who an issuer is, and remembering what they said, within bounds.

What was found counts until the chain expires, for an hour at most; that nobody names an issuer, or that the
anchor could not be asked, for a minute.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from credserv.fetch.guarded import Fetcher
from credserv.ground.errors import CredservError
from credserv.journeys.services import Services
from credserv.records.trust import TrustedIssuerRecord, TrustedListRecord
from credserv.verifying.federation import WELL_KNOWN, find_issuer
from credserv.verifying.federation_memory import Answer, Member
from credserv.verifying.fetch_budget import FetchAllowance

_LONGEST, _SHORTEST = timedelta(hours=1), timedelta(minutes=1)


def ask_federations(
    services: Services, federations: Sequence[TrustedListRecord], issuer: str, now: datetime
) -> tuple[list[tuple[TrustedListRecord, Member]], list[TrustedListRecord]]:
    """Those that name the issuer, with how they do, and those that could not be asked.

    Whoever is asked about names addresses to ask: all of it together is bounded as one verification is.
    """
    fetch = FetchAllowance(services.fetcher, services.resolvers.resolve_did)
    named: list[tuple[TrustedListRecord, Member]] = []
    away: list[TrustedListRecord] = []
    for known in federations:
        answer = _ask(services, (known.url or "").removesuffix(WELL_KNOWN), issuer, fetch, now)
        if answer.member is not None:
            named.append((known, answer.member))
        elif answer.away:
            away.append(known)
    return named, away


def _ask(services: Services, anchor: str, issuer: str, fetch: Fetcher, now: datetime) -> Answer:
    key = (anchor, issuer)
    known = services.federations.find(key, now)
    if known is not None:
        return known
    try:
        found = find_issuer(issuer, anchor, fetch, now)
    except CredservError:  # the anchor is away, or what it says of itself does not hold
        answer = Answer(None, now + _SHORTEST, now, away=True)
    else:
        if found is None:
            answer = Answer(None, now + _SHORTEST, now)
        else:
            record = TrustedIssuerRecord(issuer, found.name, found.url)
            member = Member(record, found.through, found.marks)
            answer = Answer(member, min(found.expires, now + _LONGEST), now)
    services.federations.keep(key, answer)
    return answer
