"""An assertion in terms of Open Badges 3.0, so that everything that shows credentials can show it.

Only for display: the result is no verifiable credential, and nobody signed it. Members the newer version
lacks are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from credserv.ground.encoding import format_instant
from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.openbadges.data_model import listed
from credserv.openbadges.v2.assertion import dates_of, identifier_of

_IDENTITY_TYPES = {"email": "emailAddress", "url": "url", "telephone": "phoneNumber", "id": "identifier"}
_ALIGNMENT = ("targetName", "targetUrl", "targetDescription", "targetFramework", "targetCode", "targetType")


def as_credential(assertion: JsonObject) -> dict[str, Any]:
    """Convert an assertion with its badge class and issuer written out, as far as they are known."""
    badge = _object(assertion.get("badge"))
    issuer = badge.get("issuer")
    return _without_nothing(
        {
            "id": identifier_of(assertion),
            "type": ["Assertion"],
            "name": badge.get("name"),
            "issuer": _without_nothing(
                {
                    "id": identifier_of(issuer),
                    "type": ["Profile"],
                    **{name: _object(issuer).get(name) for name in ("name", "url", "description", "email")},
                }
            ),
            **_dates(assertion),
            "credentialSubject": _without_nothing(
                {
                    "type": ["AchievementSubject"],
                    "identifier": _identity(assertion.get("recipient")),
                    "narrative": assertion.get("narrative"),
                    "achievement": _achievement(assertion.get("badge")),
                }
            ),
            "evidence": [_evidence(item) for item in listed(assertion.get("evidence"))],
        }
    )


def _achievement(badge: object) -> dict[str, Any]:
    known = _object(badge)
    criteria = known.get("criteria")
    return _without_nothing(
        {
            "id": identifier_of(badge),
            "type": ["Achievement"],
            "name": known.get("name"),
            "description": known.get("description"),
            "criteria": {"id": criteria} if isinstance(criteria, str) else criteria,
            "image": known.get("image"),
            "tag": known.get("tags"),
            "alignment": [_alignment(item) for item in listed(known.get("alignment"))],
        }
    )


def _alignment(value: object) -> dict[str, Any]:
    """Convert an alignment. In 1.x the members had no prefix `target`."""
    alignment = _object(value)
    found = {name: alignment.get(name) for name in _ALIGNMENT}
    found["targetName"] = found["targetName"] or alignment.get("name")
    found["targetUrl"] = found["targetUrl"] or alignment.get("url")
    return _without_nothing({"type": ["Alignment"], **found})


def _identity(recipient: object) -> list[dict[str, Any]]:
    identity = _object(recipient)
    if not identity.get("identity"):
        return []
    stated = identity.get("type")
    return [
        {
            "type": "IdentityObject",
            "identityType": _IDENTITY_TYPES.get(stated, "identifier") if isinstance(stated, str) else "",
            "identityHash": identity["identity"],
            "hashed": identity.get("hashed", False),
            **({"salt": identity["salt"]} if "salt" in identity else {}),
        }
    ]


def _evidence(value: object) -> dict[str, Any]:
    known = _object(value)
    narrative = known.get("narrative") or known.get("description")
    return _without_nothing(
        {"id": identifier_of(value), "type": ["Evidence"], "name": known.get("name"), "narrative": narrative}
    )


def _dates(assertion: JsonObject) -> dict[str, str]:
    try:
        dates = dates_of(assertion)
    except InputError:
        return {}
    found = {"validFrom": dates.begins, "validUntil": dates.ends}
    return {name: format_instant(instant) for name, instant in found.items() if instant is not None}


def _object(value: object) -> JsonObject:
    return value if isinstance(value, Mapping) else {}


def _without_nothing(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value not in (None, "", [], {})}
