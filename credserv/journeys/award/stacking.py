"""Stacking: a change in one credential may earn or cost another, so rules that
require credentials are judged again.

The worker finds changed credentials by the time of the change, however they came and whoever revoked them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from credserv.journeys.award.judging_rules import judges_awaiting
from credserv.journeys.award.knowing import prior_credential
from credserv.journeys.award.rules import current_rules, former_rules
from credserv.journeys.award.settle import act_on
from credserv.journeys.services import Services
from credserv.mastery.index import RuleIndex
from credserv.records.credentials import CredentialRecord

LOOK_BACK = timedelta(days=2)  # a starting worker covers the time when none ran
OVERLAP = timedelta(seconds=60)  # a change may be committed a little later than its timestamp
_AT_ONCE = 500


@dataclass
class Stacking:
    """One worker's position: the time up to which it has looked, and the changes it saw shortly before."""

    until: datetime | None = None
    seen: dict[tuple[str, datetime | None], datetime] = field(default_factory=dict)

    def go_on(self, services: Services, *, now: datetime, is_over: Callable[[], bool] = lambda: False) -> int:
        """Judge what recently changed credentials may have earned, until `is_over` leaves the rest to the
        next round.

        Returns:
            How many credentials were looked at.
        """
        if not _asks(current_rules(services)) and not _asks(former_rules(services)):
            return 0
        since = (now - LOOK_BACK if self.until is None else self.until) - OVERLAP
        self.seen = {known: at for known, at in self.seen.items() if at >= since}
        looked_at, place = 0, (since, "")
        while changed := services.store.credentials.changed(*place, limit=_AT_ONCE):
            for record in changed:
                if (record.id, record.changed_at) in self.seen:
                    continue
                if is_over():
                    return looked_at
                _act_on(services, record, now)
                self.seen[record.id, record.changed_at] = record.changed_at or now
                looked_at += 1
            place = (changed[-1].changed_at or now, changed[-1].id)
        self.until = now
        return looked_at


def _asks(index: RuleIndex) -> bool:
    return index.asks_for_credentials


def _act_on(services: Services, record: CredentialRecord, now: datetime) -> None:
    owner = services.store.identifiers.owner(record.identifier_id)
    if record.signed is None or owner is None:
        return
    judges = judges_awaiting(services, prior_credential(record))
    if judges:
        act_on(services, judges, owner.id, now=now)
