"""Award a rule to everyone who has already met it through events that came before the rule, or waited for
it.
"""

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
    """How many people were awarded it, could not be awarded it, and were left for another time.

    Attributes:
        notes: Why some could not be, each reason once.
    """

    awarded: int
    failed: int
    left: int
    notes: tuple[str, ...] = ()


def catch_up(services: Services, key: str, *, now: datetime, limit: int | None = None) -> CaughtUp:
    """Issue to everyone to whom a dry run would. Safe to repeat.

    Args:
        limit: The largest number of credentials to issue now; None for all.

    Raises:
        NotFoundError: The achievement has no rule.
        UnavailableError, SigningKeyError: Try again later.
        OrganisationClosedError, OrganisationMovedError: The organisation issues nothing new.
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
    judge = RuleJudge(services, current)
    notes = [act_on(services, [judge], member, now=now) for member in due[:limit]]
    told = [note for note in notes if note]
    return CaughtUp(len(notes) - len(told), len(told), len(due) - len(notes), tuple(dict.fromkeys(told)))
