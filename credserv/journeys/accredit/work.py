"""Open work around accreditations, and what is about to run out: founders, assessors, audits, remedies.

The console, `credserv doctor` and the letters to owners (operate/conditions) share this one table.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from credserv.accreditation.months import add_months
from credserv.journeys.accredit.case_file import name_of
from credserv.journeys.accredit.programmes import Loaded, all_programmes
from credserv.journeys.accredit.watching import FEW, assessors_in_force
from credserv.journeys.services import Services
from credserv.records.accreditation import FounderRecord
from credserv.records.audits import AuditedCase

FOUNDERS_LEAD = timedelta(days=60)  # founders and owners are notified this long before the end
CASES_AFTER = timedelta(days=30)  # after which a drawn case that nobody has looked at is overdue


@dataclass(frozen=True)
class OpenCase:
    """A drawn case that waits for an auditor.

    Attributes:
        due: When it becomes overdue.
    """

    case: AuditedCase
    person: str
    due: datetime | None
    is_late: bool


def open_cases(services: Services, now: datetime) -> tuple[OpenCase, ...]:
    """Return the drawn cases that wait for an auditor."""
    found = []
    for case in services.store.audits.drawn():
        if not case.is_open:
            continue
        life = services.store.accreditations.of_credential(case.credential_id)
        person = "" if life is None else name_of(services, life.record.membership_id)
        due = _due(services, case)
        found.append(OpenCase(case, person, due, due is not None and now > due))
    return tuple(found)


def warnings(services: Services, now: datetime) -> tuple[tuple[str, str], ...]:
    """Return warnings, each with what it is about, so that nobody gets the same one twice."""
    found: list[tuple[str, str]] = []
    for loaded in all_programmes(services):
        found += _few_assessors(services, loaded, now)
        found += _ending_founders(services, loaded, now)
    late = [one for one in open_cases(services, now) if one.is_late]
    if late:
        said = (
            f"{len(late)} cases that were drawn for an audit wait for an auditor, or their remedy is overdue."
        )
        found.append((said, f"audits-{len(late)}"))
    return tuple(found)


def ending_founders(services: Services, key: str, now: datetime) -> tuple[FounderRecord, ...]:
    """Return the founders whose time ends soon."""
    known = services.store.programmes.founders(key)
    return tuple(one for one in known if one.appointed_at <= now < one.until <= now + FOUNDERS_LEAD)


def unaccredited_founders(services: Services, loaded: Loaded, now: datetime) -> tuple[FounderRecord, ...]:
    """Return the founders who are still not accredited after the months that the programme gives them."""
    key, months = loaded.record.key, loaded.programme.founders.must_accredit_within_months
    holders = {life.record.membership_id for life in services.store.accreditations.all(key)}
    return tuple(
        one
        for one in services.store.programmes.founders(key)
        if one.membership_id not in holders and add_months(one.appointed_at, months) <= now < one.until
    )


def _few_assessors(services: Services, loaded: Loaded, now: datetime) -> list[tuple[str, str]]:
    """Return the competencies with so few assessors that one lapse and one absence stop all assessments."""
    known = assessors_in_force(services, loaded.programme, now=now)
    few = {name: len(who) for name, who in known.items() if len(who) <= FEW}
    if not few:
        return []
    told = ", ".join(f"{name} ({number})" for name, number in sorted(few.items()))
    said = f"Few may assess in {loaded.programme.name}: {told}. Accredit more, or appoint founders."
    return [(said, f"assessors-{loaded.record.key}")]


def _ending_founders(services: Services, loaded: Loaded, now: datetime) -> list[tuple[str, str]]:
    found = []
    ending = ending_founders(services, loaded.record.key, now)
    if ending:
        first = min(one.until for one in ending)
        said = (
            f"{len(ending)} founders of {loaded.programme.name} end soon, the first on {first:%Y-%m-%d} UTC."
        )
        found.append((said, f"founders-{loaded.record.key}"))
    overdue = unaccredited_founders(services, loaded, now)
    if overdue:
        said = f"{len(overdue)} founders of {loaded.programme.name} are not accredited yet, and should be."
        found.append((said, f"unaccredited-{loaded.record.key}"))
    return found


def _due(services: Services, case: AuditedCase) -> datetime | None:
    if case.remedy_until is not None:
        return case.remedy_until
    record = services.store.audits.get(case.programme_key, case.period)
    return None if record is None or record.revealed_at is None else record.revealed_at + CASES_AFTER
