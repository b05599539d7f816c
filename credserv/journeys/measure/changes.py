"""Job changes from a personnel system: promotions, moves and corrections."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from credserv.ground.encoding import random_token
from credserv.journeys.admit.persons import find_member
from credserv.journeys.measure.facts import change_facts, own_or
from credserv.journeys.services import Services
from credserv.records.employment import OWN, JobChange, LevelOrder, Position

_ID_BYTES = 16


def tell_change(
    services: Services,
    reference: str,
    *,
    effective: datetime,
    before: Position,
    after: Position,
    correction: bool = False,
    employer: str | None = None,
    level_order: LevelOrder = LevelOrder.ASCENDING,
    source: str = "api",
    actor: str,
    now: datetime,
) -> JobChange:
    """Record a job change. Whether it is a move is derived from it, not reported.

    Args:
        reference: Employee number or e-mail address.
        effective: When the change takes effect.
        correction: Whether an earlier row was wrong and nobody moved.
        employer: The organisation or another employer by name; None if the row does not say, so that the
            employments decide.
        level_order: Which way the system counts its levels.
        source: The system that reports it.

    Raises:
        NotFoundError: Nobody is known by the reference.
    """
    store = services.store
    change = JobChange(
        id=random_token(_ID_BYTES),
        membership_id="",
        effective=effective,
        recorded_at=now,
        before=before,
        after=after,
        correction=correction,
        employer=None if employer is None else own_or(services, employer),
        level_order=level_order,
        source=source,
    )
    with store.transaction():
        member = find_member(services, reference)
        change = replace(change, membership_id=member.id)
        known = store.employment.changes(member.id)
        day = [one for one in known if one.effective == effective]
        if day and replace(day[-1], id=change.id, recorded_at=now) == change:
            return day[-1]
        store.employment.add_change(change)
        is_newest = all(one.effective <= effective for one in known)
        if change.employer in (None, OWN) and effective <= now and is_newest:
            facts = {"unit": after.department or member.unit, "site": after.site or member.site}
            change_facts(services, member, actor, now, **facts)
    return change
