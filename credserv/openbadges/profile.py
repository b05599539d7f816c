"""The issuer as an Open Badges `Profile` (Open Badges 3.0, section B.1.21)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from credserv.openbadges.sandbox import mark_profile

PROFILE_MEMBERS = ("name", "url", "email", "description", "image")


def build_profile(did: str, members: Mapping[str, Any], *, sandbox: bool = False) -> dict[str, Any]:
    """Build the issuer object for every credential, with the sandbox mark if it is one.

    It is always an object whose type includes Profile: the schema would allow a bare string, the
    certification does not. Empty members and those outside PROFILE_MEMBERS are left out.
    """
    shown = {name: members[name] for name in PROFILE_MEMBERS if members.get(name)}
    profile = {"id": did, "type": ["Profile"], **shown}
    return mark_profile(profile) if sandbox else profile
