"""The roles of a person whose two memberships of one organisation become one, and two again.

No role lasts longer than it was given, no ended one comes back, and an owner who stays still does: the roles
count that last longest. Undoing gives back no role that the organisation took meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, delete, insert, select, update

from credserv.store.tables import membership_roles, memberships, organisations


@dataclass(frozen=True)
class _Standing:
    """Roles, and the last day on which they count; None for no end."""

    roles: frozenset[str]
    ends_on: date | None

    @property
    def last(self) -> date:
        return self.ends_on or date.max


def join_roles(connection: Connection, kept: str, left: str, now: datetime) -> dict[str, Any]:
    """Give the roles of two memberships to the first, and return what it takes to part them."""
    zone = select(organisations.c.time_zone).join(
        memberships, memberships.c.organisation_id == organisations.c.id
    )
    today = now.astimezone(
        ZoneInfo(connection.execute(zone.where(memberships.c.id == kept)).scalar_one())
    ).date()
    had, came = _standing(connection, kept), _standing(connection, left)
    counting = [one for one in (had, came) if one.roles and one.last >= today]
    longest = max((one.last for one in counting), default=None)
    lasting = [one for one in counting if one.last == longest] or [had]
    has = _Standing(frozenset[str]().union(*(one.roles for one in lasting)), lasting[0].ends_on)
    _write(connection, kept, has)
    connection.execute(delete(membership_roles).where(membership_roles.c.membership_id == left))
    return {
        "had": sorted(had.roles),
        "has": sorted(has.roles),
        "roles": sorted(came.roles),
        "ends_on": _text(had.ends_on),
        "ended_on": _text(has.ends_on),
    }


def part_roles(connection: Connection, joined: Mapping[str, Any]) -> None:
    """Give each membership its roles back. What the organisation said meanwhile, it said of both."""
    now = _standing(connection, joined["kept"])
    has = frozenset(joined.get("has", now.roles))  # joined by the release before
    had = frozenset(joined["had"] if "had" in joined else now.roles - frozenset(joined["given"]))
    came = frozenset(joined["roles"])
    is_less = bool(has - now.roles) or not now.roles.issuperset(joined.get("given", ()))
    back = now.roles if is_less else now.roles | had | came
    ends = (_day(joined["ends_on"]), _standing(connection, joined["left"]).ends_on)
    if _is_changed(joined, now.ends_on):
        ends = (now.ends_on, now.ends_on)
    _write(connection, joined["kept"], _Standing((had & back) | (now.roles - has), ends[0]))
    _write(connection, joined["left"], _Standing(came & back, ends[1]))


def _is_changed(joined: Mapping[str, Any], ends_on: date | None) -> bool:
    """Return whether the organisation has set another last day since."""
    return "ended_on" in joined and _text(ends_on) != joined["ended_on"]


def _standing(connection: Connection, membership_id: str) -> _Standing:
    roles = select(membership_roles.c.role).where(membership_roles.c.membership_id == membership_id)
    ends_on = select(memberships.c.ends_on).where(memberships.c.id == membership_id)
    return _Standing(frozenset(connection.scalars(roles).all()), connection.execute(ends_on).scalar_one())


def _write(connection: Connection, membership_id: str, standing: _Standing) -> None:
    known = membership_roles.c.membership_id == membership_id
    connection.execute(delete(membership_roles).where(known))
    rows = [{"membership_id": membership_id, "role": role} for role in sorted(standing.roles)]
    if rows:
        connection.execute(insert(membership_roles), rows)
    one = memberships.c.id == membership_id
    connection.execute(update(memberships).where(one).values(ends_on=standing.ends_on))


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
