"""Award a rule to whoever has met it already: by what came before the rule did, or waited for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from credserv.ground.errors import NotFoundError
from credserv.journeys.award.dry_run import Foresight, dry_run
from credserv.journeys.award.judging_rules import RuleJudge
from credserv.journeys.award.rules import current_rules
from credserv.journeys.award.settle import act_on
from credserv.journeys.services import Services


@dataclass(frozen=True)
class CaughtUp:
    """How many were awarded it, could not be (notes: why, each once), and are left for another time."""

    awarded: int
    failed: int
    left: int
    notes: tuple[str, ...] = ()


def catch_up(services: Services, key: str, *, now: datetime, limit: int | None = None) -> CaughtUp:
    """Issue to everybody to whom a dry run would; safe to repeat.

    Raises NotFoundError where there is no rule; UnavailableError and SigningKeyError: later.
    """
    current = current_rules(services).rules.get(key)
    if current is None:
        raise NotFoundError(f"{key} has no rule")
    services.require_open()
    due = [
        one.member
        for one in dry_run(services, current.rule, now=now).people
        if one.foresight is Foresight.WOULD_ISSUE
    ]
    judge, notes, awarded = RuleJudge(services, current), [], 0
    for member in due[:limit]:
        note = act_on(services, [judge], member, now=now)
        awarded += not note
        notes += [note] if note else []
    tried = len(due[:limit])
    return CaughtUp(awarded, tried - awarded, len(due) - tried, tuple(dict.fromkeys(notes)))
