"""Act as a tool for an LTI platform: whom to trust, what to believe of a launch, how to answer a choice.

LTI 1.3 Core, 1EdTech Security Framework 1.0, Deep Linking 2.0. A token is believed if it is signed with RS256
by a key that the platform publishes, for this client, in a known deployment, made minutes ago, and has the
nonce of the login that led to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeGuard

from credserv.ground.addresses import require_https
from credserv.ground.encoding import random_token
from credserv.ground.errors import FetchRefusedError, InputError, LaunchError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object
from credserv.sources.adapter import Message
from credserv.sources.lti.reading import CLAIM
from credserv.sources.lti.settings import Platform
from credserv.sources.signing.canvas_jwt import verify_token
from credserv.sources.signing.tool_key import sign_claims

DEEP_LINKING = "https://purl.imsglobal.org/spec/lti-dl/claim/"
RESOURCE_LAUNCH, DEEP_LAUNCH = "LtiResourceLinkRequest", "LtiDeepLinkingRequest"
_MESSAGES = (RESOURCE_LAUNCH, DEEP_LAUNCH)
_VERSION = "1.3.0"
_SKEW = timedelta(minutes=5)
_LONGEST = timedelta(minutes=15)
_NOT_BELIEVED = "this launch cannot be trusted: "


@dataclass(frozen=True)
class Launch:
    """What the platform stated, and the key that signed it."""

    claims: JsonObject
    kid: str

    @property
    def message_type(self) -> str:
        return str(self.claims[CLAIM + "message_type"])

    @property
    def pages(self) -> tuple[str, ...]:
        """Addresses of the platform: its issuer, and where it wants the browser back.

        Canvas has one issuer for all schools, and a host for each.
        """
        presented = self.claims.get(CLAIM + "launch_presentation")
        back = presented.get("return_url") if isinstance(presented, Mapping) else None
        told = (self.claims["iss"], back, _settings(self).get("deep_link_return_url"))
        return tuple(one for one in told if isinstance(one, str))

    @property
    def achievement_key(self) -> str | None:
        """The badge placed where this was launched from."""
        custom = self.claims.get(CLAIM + "custom")
        found = custom.get("achievement") if isinstance(custom, Mapping) else None
        return found if isinstance(found, str) else None


def verify_launch(
    token: bytes, platform: Platform, keys: Sequence[JsonObject], *, nonce: str, now: datetime
) -> Launch:
    """Verify a launch. Raises LaunchError.

    Args:
        keys: those at the platform's jwks_uri.
        nonce: of the login.
    """
    verdict = verify_token(Message(token), keys)
    if verdict is None or verdict.body is None or verdict.key is None:
        raise LaunchError(_NOT_BELIEVED + "no key of the platform made its signature (RS256, `kid`)")
    try:
        claims = parse_json_object(verdict.body)
    except InputError as error:
        raise LaunchError(_NOT_BELIEVED + error.detail) from error
    wrong = _whom(claims, platform) or _when(claims, now) or _what(claims, platform, nonce)
    if wrong:
        raise LaunchError(_NOT_BELIEVED + wrong)
    return Launch(claims, verdict.key)


def _whom(claims: JsonObject, platform: Platform) -> str:
    """Check the parties (Security Framework, 5.1.3, rules 2 to 4)."""
    audience = claims.get("aud")
    named = audience if isinstance(audience, list) else [audience]
    if claims.get("iss") != platform.issuer:
        return "another platform issued it"
    if platform.client_id not in named:
        return "it is for another client"
    if "azp" in claims or len(named) > 1:
        return "" if claims.get("azp") == platform.client_id else "it is for another client (azp)"
    return ""


def _when(claims: JsonObject, now: datetime) -> str:
    """Check the times (rules 7 and 8). A launch is opened at once, so a long-lived token is refused."""
    made, ends = claims.get("iat"), claims.get("exp")
    if not _is_time(made) or not _is_time(ends):
        return "it has no iat or exp"
    at = now.timestamp()
    if ends <= at - _SKEW.total_seconds():
        return "it has expired"
    if not -_SKEW.total_seconds() <= at - made <= _LONGEST.total_seconds():
        return "it was made too long ago, or by a clock that is ahead"
    return ""


def _is_time(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _what(claims: JsonObject, platform: Platform, nonce: str) -> str:
    if claims.get("nonce") != nonce:
        return "its nonce is not that of the login"
    if claims.get(CLAIM + "version") != _VERSION:
        return "it is not of LTI 1.3.0"
    if claims.get(CLAIM + "message_type") not in _MESSAGES:
        return f"its message type is none of {', '.join(_MESSAGES)}"
    deployment = claims.get(CLAIM + "deployment_id")
    if not isinstance(deployment, str) or not deployment:
        return "it names no deployment"
    if platform.deployments and deployment not in platform.deployments:
        return "its deployment is not known here"
    return ""


# --- the answer to a choice ---------------------------------------------------------------------------


def return_address(launch: Launch) -> str:
    """Return where the browser sends the answer to a choice. Raises LaunchError."""
    try:
        return require_https(str(_settings(launch).get("deep_link_return_url", "")))
    except FetchRefusedError as error:
        raise LaunchError(_NOT_BELIEVED + "it names no address to answer a choice to") from error


def build_choice(launch: Launch, platform: Platform, item: JsonObject, key: str, now: datetime) -> str:
    """Build the signed answer to a Deep Linking launch (3.4): place this item. `key` is from `create_key`."""
    made = int(now.timestamp())
    settings = _settings(launch)
    claims: dict[str, Any] = {
        "iss": platform.client_id,
        "aud": platform.issuer,
        "iat": made,
        "exp": made + int(_SKEW.total_seconds()),
        "nonce": random_token(16),
        CLAIM + "message_type": "LtiDeepLinkingResponse",
        CLAIM + "version": _VERSION,
        CLAIM + "deployment_id": launch.claims[CLAIM + "deployment_id"],
        DEEP_LINKING + "content_items": [dict(item)],
    }
    if "data" in settings:
        claims[DEEP_LINKING + "data"] = settings["data"]
    return sign_claims(claims, key)


def _settings(launch: Launch) -> Mapping[str, Any]:
    found = launch.claims.get(DEEP_LINKING + "deep_linking_settings")
    return found if isinstance(found, Mapping) else {}
