"""The mark of a sandbox: its credentials say, in what is signed, that they are only for trying out.

It is in texts that every reader shows (the issuer's name, the achievement's name and description), and for
software in an identifier of the issuer, of an extension type as IdentifierEntry of Open Badges 3.0 allows. An
SD-JWT VC, which has no Profile, has a claim for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from credserv.ground.json_types import JsonObject
from credserv.openbadges.data_model import listed

CLAIM = "sandbox"  # of an SD-JWT VC; no holder can withhold it
_SUFFIX = " (sandbox)"
_PREFIX = "Sandbox: "
_SAID = "Issued in a sandbox, for trying out: it proves nothing."
_IDENTIFIER_TYPE = "ext:sandbox"


def marked_name(name: str) -> str:
    """Return the name of a sandbox with its mark, added only once."""
    return name if name.endswith(_SUFFIX) else f"{name}{_SUFFIX}"


def mark_profile(profile: JsonObject) -> dict[str, Any]:
    """Return a sandbox's Profile as its credentials carry it."""
    entry = {
        "type": "IdentifierEntry",
        "identifier": profile["id"],
        "identifierType": _IDENTIFIER_TYPE,
    }
    return {**profile, "name": marked_name(str(profile.get("name", ""))), "otherIdentifier": [entry]}


def mark_achievement(achievement: JsonObject) -> dict[str, Any]:
    """Return an achievement as a sandbox's credentials carry it."""
    return {
        **achievement,
        "name": f"{_PREFIX}{achievement['name']}",
        "description": f"{_SAID} {achievement['description']}",
    }


def is_marked(document: JsonObject) -> bool:
    """Return whether a credential, or the claims of an SD-JWT VC, have the sandbox mark."""
    issuer = document.get("issuer")
    entries = listed(issuer.get("otherIdentifier")) if isinstance(issuer, Mapping) else []
    if any(isinstance(one, Mapping) and one.get("identifierType") == _IDENTIFIER_TYPE for one in entries):
        return True
    about = document.get("credentialSubject")
    is_claimed = isinstance(about, Mapping) and about.get(CLAIM) is True
    return is_claimed and isinstance(document.get("type"), str)  # among claims, it is the `vct`
