"""What can be appealed against in a case, and until when (ISO/IEC 17024:2012, 9.8)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from credserv.journeys.accredit.programmes import programme_version
from credserv.journeys.services import Services
from credserv.records.accreditation import AppealAbout, AppealRecord, ApplicationRecord, ApplicationState
from credserv.records.audits import AuditedCase, Outcome
from credserv.records.lives import Life


@dataclass(frozen=True)
class Grievance:
    """Something that can be appealed against.

    Attributes:
        until: The latest time for an appeal.
    """

    about: AppealAbout
    since: datetime
    until: datetime

    def was_heard(self, appeals: Iterable[AppealRecord]) -> bool:
        """Return whether one of the appeals is against it; each grievance is heard once."""
        return any(one.about is self.about and one.opened_at >= self.since for one in appeals)


def grievances(services: Services, application: ApplicationRecord) -> tuple[Grievance, ...]:
    """Return every grievance, including those that were heard or are too old."""
    life = services.store.accreditations.of_credential(application.credential_id)
    version = application.programme_version if life is None else life.newest.programme_version
    days = programme_version(services, application.programme_key, version).programme.appeal_days
    found = _against_refusal(application) if life is None else _against_state(services, life)
    return tuple(Grievance(about, since, since + timedelta(days=days)) for about, since in found)


def newest_failed(
    services: Services, credential_id: str, *, until: datetime | None = None
) -> AuditedCase | None:
    """Return the audit failed last, before `until` if given."""
    failed = [
        (one.decided_at, one)
        for one in services.store.audits.of_credential(credential_id)
        if one.outcome is Outcome.FAILED and one.decided_at is not None
    ]
    by_then = [one for one in failed if until is None or one[0] <= until]
    return max(by_then, key=lambda one: one[0])[1] if by_then else None


def _against_refusal(application: ApplicationRecord) -> list[tuple[AppealAbout, datetime]]:
    if application.state is not ApplicationState.REFUSED or application.decided_at is None:
        return []
    return [(AppealAbout.REFUSAL, application.decided_at)]


def _against_state(services: Services, life: Life) -> list[tuple[AppealAbout, datetime]]:
    if life.revocation is not None:
        is_own = life.revocation.decided_by == (life.record.membership_id,)  # the holder gave it back
        return [] if is_own else [(AppealAbout.REVOCATION, life.revocation.decided_at)]
    found = []
    failed, hold = newest_failed(services, life.credential_id), life.open_hold
    if failed is not None and failed.decided_at is not None:
        found.append((AppealAbout.AUDIT, failed.decided_at))
    if hold is not None and (failed is None or not failed.suspended(hold)):
        found.append((AppealAbout.SUSPENSION, hold.begins_at))
    return found
