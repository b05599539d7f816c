"""Ask federations who an issuer is, and remember the answers within limits.

An answer counts until its chain expires, for an hour at most. That nobody names an issuer, or that the anchor
could not be asked, counts for a minute.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from http import HTTPStatus

from credserv.fetch.guarded import Fetcher
from credserv.ground.errors import CredservError, UnavailableError
from credserv.journeys.services import Services
from credserv.records.trust import TrustedIssuerRecord, TrustedListRecord
from credserv.verifying.federation import WELL_KNOWN, find_issuer
from credserv.verifying.federation_memory import Answer, Member
from credserv.verifying.fetch_budget import FetchAllowance
from credserv.verifying.trust_marks import Send

_LONGEST, _SHORTEST = timedelta(hours=1), timedelta(minutes=1)
_STATUS_BYTES = 65_536
_FORM = {
    "Content-Type": "application/x-www-form-urlencoded",
    "Accept": "application/trust-mark-status-response+jwt",
}


def ask_federations(
    services: Services, federations: Sequence[TrustedListRecord], issuer: str, now: datetime
) -> tuple[list[tuple[TrustedListRecord, Member]], list[TrustedListRecord]]:
    """Return the federations that name the issuer, with how they do, and those that could not be asked.

    An issuer decides which URLs are fetched about it, so all requests together are limited like one
    verification.
    """
    fetch = FetchAllowance(services.fetcher, services.resolvers.resolve_did)

    def send(url: str, form: bytes) -> bytes:
        return fetch.send(url, lambda: _send(services, url, form))

    named: list[tuple[TrustedListRecord, Member]] = []
    away: list[TrustedListRecord] = []
    for known in federations:
        answer = _ask(services, (known.url or "").removesuffix(WELL_KNOWN), issuer, fetch, send, now)
        if answer.member is not None:
            named.append((known, answer.member))
        elif answer.away:
            away.append(known)
    return named, away


def _ask(services: Services, anchor: str, issuer: str, fetch: Fetcher, send: Send, now: datetime) -> Answer:
    key = (anchor, issuer)
    known = services.federations.find(key, now)
    if known is not None:
        return known
    try:
        found = find_issuer(issuer, anchor, fetch, now, send=send)
    except CredservError:  # the anchor is unreachable, or its own statement does not hold
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


def _send(services: Services, url: str, form: bytes) -> bytes:
    answer = services.caller.call(url, headers=_FORM, content=form, max_bytes=_STATUS_BYTES)
    if answer.status != HTTPStatus.OK:
        raise UnavailableError(f"the host answered with HTTP status {answer.status}")
    return answer.body
