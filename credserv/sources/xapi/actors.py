"""2.4.2 of the standard: the actor, and everybody else a statement names."""

from __future__ import annotations

from collections.abc import Mapping

from credserv.ground.reading import FaultList, pointer
from credserv.sources.xapi import data_types as types
from credserv.sources.xapi.checking import (
    IRI,
    Check,
    check_members,
    check_text,
    list_of,
    object_of,
    one_of,
    text_that,
)

IDENTIFIERS = ("mbox", "mbox_sha1sum", "openid", "account")

_NAMES: Mapping[str, Check] = {
    "name": check_text,
    "mbox": text_that(types.is_mailto, "mailto: and an e-mail address"),
    "mbox_sha1sum": text_that(types.is_sha1, "a SHA-1 in hexadecimal digits"),
    "openid": IRI,
    "account": object_of({"homePage": IRI, "name": check_text}, {}),
}


def check_agent(value: object, place: str, faults: FaultList) -> None:
    check_members(value, place, faults, required={}, optional={**_NAMES, "objectType": one_of("Agent")})
    if isinstance(value, Mapping) and sum(name in value for name in IDENTIFIERS) != 1:
        faults.add(place, f"an agent has exactly one of {', '.join(IDENTIFIERS)}")


def check_group(value: object, place: str, faults: FaultList) -> None:
    check_members(
        value,
        place,
        faults,
        required=_GROUP,
        optional={**_NAMES, "member": _MEMBERS},
    )
    if not isinstance(value, Mapping):
        return
    named = sum(name in value for name in IDENTIFIERS)
    if named > 1:
        faults.add(place, f"a group has at most one of {', '.join(IDENTIFIERS)}")
    if not named and not value.get("member"):
        faults.add(pointer(place, "member"), "is required in a group without an identifier")


def check_actor(value: object, place: str, faults: FaultList) -> None:
    is_group = isinstance(value, Mapping) and value.get("objectType") == "Group"
    (check_group if is_group else check_agent)(value, place, faults)


def check_authority(value: object, place: str, faults: FaultList) -> None:
    """Check 2.4.9: an agent, or the application and the person of an OAuth handshake."""
    check_actor(value, place, faults)
    if isinstance(value, Mapping) and value.get("objectType") == "Group":
        members = value.get("member")
        if not isinstance(members, list) or len(members) != 2 or any(n in value for n in IDENTIFIERS):
            faults.add(place, "an authority of two has two members and no identifier of its own")


_MEMBERS = list_of(check_agent)
_GROUP = {"objectType": one_of("Group")}
