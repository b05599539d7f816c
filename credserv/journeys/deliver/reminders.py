"""Reminders: the holder of a badge, and the systems that subscribe, are notified once before it ends.

There is none for a badge that has ended or was awarded again.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from credserv.journeys.services import Services
from credserv.records.achievements import AchievementVersion

_ROWS = 500
_ODD = timedelta(days=32)  # tolerance for months of different length


def remind_due(services: Services, now: datetime) -> int:
    """Queue the reminders due at `now`.

    Returns:
        For how many badges.

    Raises:
        UnavailableError: The database cannot be used now.
    """
    lead = services.watch.reminder_lead
    if lead is None:
        return 0
    return sum(_remind(services, version, now, lead) for version in services.store.achievements.limited())


def _remind(services: Services, version: AchievementVersion, now: datetime, lead: timedelta) -> int:
    """Queue reminders for the badges that end within (now, now + lead], in handfuls."""
    term = version.ends(now)
    if term is None:
        return 0
    length, count, since = term - now, 0, _back(now, term - now + _ODD)
    while True:
        found = services.store.reminders.unreminded(
            version.key, version.version, since=since, until=_back(now, length - lead - _ODD), limit=_ROWS
        )
        due = [known for known, awarded_at in found if _is_due(version, awarded_at, now, lead)]
        count += services.store.reminders.remind(due, now, has_letters=services.issuing.sends_letters)
        if len(found) < _ROWS:
            return count
        if not due:  # otherwise they are not part of the next handful
            since = found[-1][1] + timedelta(microseconds=1)


def _is_due(version: AchievementVersion, awarded_at: datetime, now: datetime, lead: timedelta) -> bool:
    ends = version.ends(awarded_at)
    return ends is not None and now < ends <= now + lead


def _back(now: datetime, span: timedelta) -> datetime:
    try:
        return now - span
    except OverflowError:
        return datetime.min.replace(tzinfo=now.tzinfo)
