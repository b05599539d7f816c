"""The scopes that an app can get, in the words that people read."""

from __future__ import annotations

from collections.abc import Mapping

from credserv.exchange.oid4vci import configuration_id
from credserv.ground.errors import AppRequestError
from credserv.records.copies import CopyForm

_OPEN_BADGES = "https://purl.imsglobal.org/spec/ob/v3p0/scope/"
READ_CREDENTIALS = f"{_OPEN_BADGES}credential.readonly"
KEEP_CREDENTIALS = f"{_OPEN_BADGES}credential.upsert"
READ_PROFILE = f"{_OPEN_BADGES}profile.readonly"
CHANGE_PROFILE = f"{_OPEN_BADGES}profile.update"
OFFLINE = "offline_access"
TAKING = frozenset(configuration_id(form) for form in CopyForm)  # OpenID4VCI 1.0, section 5.1.2

# Open Badges 3.0, section 6.2.1; OFFLINE comes from its section 7.1.1.2.
WORDS: Mapping[str, str] = {
    READ_CREDENTIALS: "See and copy every badge in your wallet, whoever awarded it",
    KEEP_CREDENTIALS: "Put badges into your wallet, also a newer version of one that you brought there",
    READ_PROFILE: "See the name that your wallet has for you",
    CHANGE_PROFILE: "Change the name that your wallet has for you",
    OFFLINE: "Go on doing so while you are away, until you end it",
    **dict.fromkeys(sorted(TAKING), "Take one badge with it, which you choose"),
}
OPEN_BADGES_SCOPES = frozenset({READ_CREDENTIALS, KEEP_CREDENTIALS, READ_PROFILE, CHANGE_PROFILE})


def read_scopes(text: str, *, among: frozenset[str]) -> tuple[str, ...]:
    """Return the scopes that a request names, each once, in our order.

    Args:
        text: The `scope` parameter.
        among: The scopes the app may ask for.

    Raises:
        AppRequestError: None is named, or one that is not in `among` (attack 94).
    """
    asked = set(text.split(" ")) - {""}
    if not asked or not asked <= among:
        named = ", ".join(sorted(asked - among))[:200] or "none"
        raise AppRequestError(f"the scope may not be asked for: {named}", error="invalid_scope")
    return tuple(scope for scope in WORDS if scope in asked)
