"""Whether a badge accredits a mentor, and how that accreditation stands, if its issuer is trusted for it.

A stranger's tag that calls a badge an accreditation is reported as their own word (attack W14). Our own are
recognised by their achievement; those of others by the lists of trusted issuers, which say for which
achievements an issuer is the accreditor. Names, tags and languages count for nothing.
"""

from __future__ import annotations

from datetime import datetime

from credserv.accreditation.accredited import PASSED, Accredited, accredited_by_its_issuer
from credserv.ground.json_types import JsonObject
from credserv.ground.verification import Outcome, VerificationResult
from credserv.journeys.accreditation import own_accreditation
from credserv.journeys.services import Services
from credserv.journeys.trust.lists import accreditor_of
from credserv.openbadges.display import CredentialDisplay
from credserv.records.credentials import CredentialRecord


def find_accreditation(
    services: Services,
    document: JsonObject,
    display: CredentialDisplay,
    result: VerificationResult,
    own: CredentialRecord | None,
    *,
    organisation: str,
    now: datetime,
) -> Accredited | None:
    """Return the accreditation that a verified credential attests; None if no trusted accreditor issued it.

    Args:
        own: Our record, if this organisation issued it.
        organisation: Whose lists of trusted issuers count.
    """
    if display.sandbox:  # by its own word a sandbox accredits nobody
        return None
    if own is not None:
        return own_accreditation(services, own, document, display, now)
    if not display.achievement_id:
        return None
    by = accreditor_of(services, display.issuer_id, display.achievement_id, organisation, now)
    if by is None:
        return None
    dates, status = (display.valid_from, display.valid_until), _status(result)
    return accredited_by_its_issuer(document, *dates, status=status, by=by, now=now)


def _status(result: VerificationResult) -> str:
    """Return the status outcome. A credential without a status entry has none that could be bad."""
    status = result.check("status")
    if status is None or status.outcome is Outcome.UNKNOWN:
        return ""
    return PASSED if status.outcome in (Outcome.PASSED, Outcome.SKIPPED) else status.code
