"""The issuer as an Open Badges `Profile` (Open Badges 3.0, section B.1.21)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from credserv.openbadges.sandbox import mark_profile

PROFILE_MEMBERS = ("name", "url", "email", "description", "image")


def build_profile(did: str, members: Mapping[str, Any], *, sandbox: bool = False) -> dict[str, Any]:
    """The issuer object that every credential carries; marked, where it is a sandbox.

    Always an object whose type includes Profile: the schema would allow a bare string, the
    certification does not. Members beyond PROFILE_MEMBERS and empty ones are left out.
    """
    shown = {name: members[name] for name in PROFILE_MEMBERS if members.get(name)}
    profile = {"id": did, "type": ["Profile"], **shown}
    return mark_profile(profile) if sandbox else profile
