"""Members that only living credentials have: term, renewal date, newer versions and endorsements.

They are built from the credential's rows alone, so an interrupted version is made again byte for byte. Each
term has its own version of the credential under one id and one status index (docs/adr/0031). `validUntil` is
the end of the grace period; the end of the term is a result, which any displayer shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from credserv.ground.encoding import format_instant
from credserv.ground.errors import ConflictError, InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object
from credserv.issuing.addresses import credential_url
from credserv.issuing.services import IssuingServices
from credserv.openbadges.achievement_results import ACCREDITED_FOR, RENEWAL_DATE, RENEWAL_OPENS, described_as
from credserv.openbadges.endorsement import MAX_ENDORSEMENTS
from credserv.records.accreditation import TermRecord
from credserv.records.credentials import LIVING_SCOPE, CredentialRecord, IssueOrder

REFRESH_TYPE = "1EdTechCredentialRefresh"


@dataclass(frozen=True)
class Living:
    """What one version adds.

    Attributes:
        more: Members of the credential itself.
    """

    begins: datetime
    ends: datetime | None
    results: tuple[JsonObject, ...]
    more: JsonObject


def is_living(order: IssueOrder) -> bool:
    """Return whether the credential has a version for each term."""
    return order.scope == LIVING_SCOPE


def require_ordinary(order: IssueOrder) -> None:
    """Refuse an accreditation, which only those who decide about accreditations can take back.

    Raises:
        ConflictError: The order is for an accreditation.
    """
    if is_living(order):
        raise ConflictError("this is an accreditation: who decides about those does it, under Decisions")


def refresh_url(public_url: str, credential_id: str) -> str:
    """Return the URL of the newest version of a credential."""
    return f"{credential_url(public_url, credential_id)}/refresh"


def refresh_service(public_url: str, credential_id: str) -> dict[str, Any]:
    """Return the `refreshService` member that points to the newest version."""
    return {"id": refresh_url(public_url, credential_id), "type": REFRESH_TYPE}


def living_of(
    issuing: IssuingServices,
    record: CredentialRecord,
    achievement: JsonObject,
    term: TermRecord | None = None,
) -> Living:
    """Return what the version for a term adds to the credential.

    Args:
        achievement: The achievement as the credential states it.
        term: The term; None for the first.

    Raises:
        InputError: The accreditation has no such term.
    """
    life = issuing.store.accreditations.of_credential(record.id)
    term = term or (life.terms[0] if life is not None and life.terms else None)
    if life is None or term is None:
        raise InputError("there is no accreditation of which this would be the badge")
    said = {
        RENEWAL_DATE: format_instant(term.term_end)[:10],
        RENEWAL_OPENS: format_instant(term.term_end - timedelta(days=term.notice_days))[:10],
        ACCREDITED_FOR: ", ".join(life.record.competencies),
    }
    results = tuple(
        {"type": ["Result"], "resultDescription": identifier, "value": value}
        for kind, value in said.items()
        if value and (identifier := described_as(achievement, kind))
    )
    endorsed = issuing.store.accreditations.endorsements(life.record.application_id, term.decided_at)
    return Living(
        term.valid_from,
        term.grace_end,
        (*record.order.results, *results),
        {
            "refreshService": refresh_service(issuing.public_url, record.id),
            **_endorsements(endorsed[:MAX_ENDORSEMENTS]),
        },
    )


def _endorsements(signed: tuple[bytes, ...]) -> dict[str, Any]:
    """Return the members of Open Badges 3.0, B.1.1: `endorsement` holds credentials, `endorsementJwt`
    tokens.
    """
    embedded = [parse_json_object(one) for one in signed if one.startswith(b"{")]
    tokens = [one.decode("ascii") for one in signed if not one.startswith(b"{")]
    told = {"endorsement": embedded, "endorsementJwt": tokens}
    return {name: value for name, value in told.items() if value}
