r"""Ask Moodle for the badges of one learner.

`core_badges_get_user_badges(userid)` returns, for others than oneself, those they show:

    {"badges": [{"id": 12, "name": "Mentor", "dateissued": 1763712000, "dateexpire": null}], "warnings": []}

The same award as in `\core\event\badge_awarded`.
"""

from __future__ import annotations

from datetime import datetime

from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json
from credserv.records.observations import ActivityKind, ActivityReference, Kind, Observation
from credserv.sources.adapter import Unread
from credserv.sources.members import Members
from credserv.sources.observing import derive_event_id
from credserv.sources.pulling.moodle import people_of, require_no_fault, write_form

_TYPE = "core_badges_get_user_badges"


def badges_form(token: str, user: str) -> bytes:
    return write_form(token, _TYPE, {"userid": user})


def read_badges(body: bytes, max_bytes: int) -> list[JsonObject]:
    """Return the badges. Raises InputError, with Moodle's own message where there is one."""
    found = parse_json(body, max_bytes=max_bytes)
    require_no_fault(found)
    badges = found.get("badges") if isinstance(found, dict) else None
    if not isinstance(badges, list) or not all(isinstance(one, dict) for one in badges):
        raise InputError("Moodle answered something else than badges")
    return badges


def has_ended(badge: JsonObject, now: datetime) -> bool:
    ends = Members(badge, "", []).epoch("dateexpire")
    return ends is not None and ends <= now


def read_entry(place: str, entry: JsonObject, asked: Members, unread: list[Unread]) -> Observation | str:
    """Read `{"user": {…}, "badge": {…}}`."""
    top = Members(entry, place, unread)
    user, badge = top.members("user"), top.members("badge")
    key, issued_at = badge.text("id"), badge.epoch("dateissued")
    if key is None or issued_at is None:
        return "it is no badge of anybody"
    return Observation(
        derive_event_id("moodle-rest-badge", asked.text("address"), user.text("id"), key, issued_at),
        _TYPE,
        Kind.COMPLETED,
        people_of(user),
        (ActivityReference(ActivityKind.BADGE, key, badge.text("name")),),
        issued_at,
        name=user.text("fullname"),
    )
