"""1EdTech's revocation list: an issuer's plain list of the ids that it revoked.

1EdTech Revocation List Status Method 1.0. `credentialStatus` names only the list, so a credential is revoked
when its `id` is in the list, never because it names one. The list has no proof: it is the issuer's because of
its address, which the issuer signed, and TLS.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from credserv.ground.addresses import comparable
from credserv.ground.errors import StatusError, UnavailableError
from credserv.ground.json_types import JsonObject
from credserv.openbadges.data_model import issuer_of

SPEC = "1EdTech Revocation List Status Method 1.0"
ENTRY_TYPE = "1EdTechRevocationList"
_KNOWN = frozenset({"@context", "type", "id", "issuer", "proof", "revokedCredentials"})


def parse_list_url(entry: JsonObject) -> str:
    """Return where the list of a `credentialStatus` is; raises StatusError."""
    url = entry.get("id")
    if entry.get("type") not in (ENTRY_TYPE, [ENTRY_TYPE]) or not isinstance(url, str) or not url:
        raise StatusError(f"the status entry is not a {ENTRY_TYPE} with the URL of its list")
    return url


def is_revoked(document: JsonObject, revocation_list: JsonObject, *, url: str) -> bool:
    """Return whether the list at `url` names the credential.

    Raises:
        UnavailableError: it is not such a list, has an unreadable entry, or the credential has no id; nothing
            is known then.
    """
    identifier = document.get("id")
    if not isinstance(identifier, str):
        raise UnavailableError("it has no id by which a revocation list could name it")
    named = [_revoked_id(item) for item in _revoked(revocation_list, url, issuer_of(document))]
    if comparable(identifier) in named:
        return True
    if any(_may_name(name, revocation_list) for name in revocation_list.keys() - _KNOWN):
        raise UnavailableError("the list has no revokedCredentials alone: another list in it may name more")
    return False


def _revoked(revocation_list: JsonObject, url: str, issuer: str | None) -> list[Any]:
    """Return the entries. A list that states its type may omit the member if nothing is revoked."""
    value = revocation_list.get("revokedCredentials")
    is_its = issuer is not None and issuer_of(revocation_list) == issuer
    if value is None and (is_its or revocation_list.get("id") == url):
        return []
    if not isinstance(value, list):
        raise UnavailableError("what the host serves as revocation list has no revokedCredentials")
    return value


def _may_name(member: str, revocation_list: JsonObject) -> bool:
    """Return whether an unknown member may be the list of what was revoked."""
    return isinstance(revocation_list[member], list) or member.lower().startswith("revoked")


def _revoked_id(item: object) -> str:
    """Return the id of a revoked item; "" for one that is expressly not revoked."""
    identifier = item.get("id") if isinstance(item, Mapping) else item
    if not isinstance(identifier, str):
        raise UnavailableError("the revocation list names something that is not a credential's id")
    said = item.get("revoked", True) if isinstance(item, Mapping) else True
    return "" if said is False else comparable(identifier)
