"""Fetch a newer version of a credential, once, where the credential says that there may be one.

Open Badges 3.0, section 9.1, step 3; 1EdTech Credential Refresh Service 1.0. The newer version replaces the
credential only if it is the same credential (section 10: same issuer, same id), begins later, and its own
proof holds. It is then judged in full, for better or worse; otherwise the original is judged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from credserv.fetch.guarded import Fetcher
from credserv.ground.addresses import comparable
from credserv.ground.errors import CredservError, InputError, ProofError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object
from credserv.ground.validity import parse_validity
from credserv.ground.verification import NO_FACTS, Check, Fact, Outcome, sentence
from credserv.openbadges.data_model import issuer_of, listed, types_of
from credserv.verifying.checks.proof import Secured

SPEC = "Open Badges 3.0, 9.1"
SERVICE_TYPE = "1EdTechCredentialRefresh"
_NO_SERVICE = Check(
    "refresh", Outcome.SKIPPED, "It names no place for a newer version.", SPEC, required=False
)
_NOT_HERE = Check("refresh", Outcome.SKIPPED, "It is judged as it stands here.", SPEC, required=False)
_ACCEPT = "application/vc, application/vc+ld+json, application/ld+json, application/json, application/jwt"


def skip_refresh(document: JsonObject, *, allowed: bool) -> Check | None:
    """Return the check where nothing is to be fetched; None where a newer version may be looked for."""
    if document.get("refreshService", []) == []:
        return _NO_SERVICE
    return None if allowed else _NOT_HERE


def find_newer(
    document: JsonObject,
    *,
    fetch: Fetcher,
    own_newest: Callable[[str], bytes | None],
    opener: Callable[[str | JsonObject], Secured],
) -> tuple[str | JsonObject | None, Check]:
    """Return a version that claims to be newer, not yet proven, and the check to report if its proof holds.

    Where there is none, return None and the check to report instead.
    """
    url = _service_url(document)
    if url is None:
        return None, not_refreshed("its issuer names a service for newer versions that is not known here")
    facts: dict[str, Fact] = {"service": url, "id": _text(document.get("id"))}
    try:
        ours = own_newest(url)
        secured = _read(fetch.get(url, accept=_ACCEPT).body if ours is None else ours)
        newer = opener(secured).document
        facts["newerId"] = _text(newer.get("id"))
        if _identity(newer) != _identity(document):
            raise InputError("what is offered as its newer version is another credential")
        before, after = _begins(document), _begins(newer)
    except CredservError as error:
        return None, not_refreshed(error.detail, facts)
    if before is None or after is None or after < before:
        return None, not_refreshed("what is offered as its newer version is not a later one", facts)
    if after == before:
        reason = "Its issuer has no newer version."
        return None, Check("refresh", Outcome.PASSED, reason, SPEC, required=False, data=facts)
    reason = "A newer version was found, and that is what is judged here."
    return secured, Check("refresh", Outcome.PASSED, reason, SPEC, required=False, data=facts)


def not_refreshed(why: str, facts: Mapping[str, Fact] = NO_FACTS) -> Check:
    """Return the check where the original is judged.

    That a newer version may exist is reported and decides nothing.
    """
    reason = sentence(f"It was judged as it is, without a newer version: {why}")
    return Check("refresh", Outcome.UNKNOWN, reason, SPEC, required=False, code="not-refreshed", data=facts)


def _service_url(document: JsonObject) -> str | None:
    for service in listed(document.get("refreshService")):
        if isinstance(service, Mapping) and SERVICE_TYPE in types_of(service):
            return _text(service.get("id"))
    return None


def _read(raw: bytes) -> str | JsonObject:
    text = raw.strip()
    return parse_json_object(text) if text.startswith(b"{") or not text.isascii() else text.decode()


def _identity(document: JsonObject) -> tuple[str, str]:
    """Return issuer and id (section 10).

    The issuer is compared as written: unescaped, two DIDs can look alike.

    Raises ProofError where either is missing.
    """
    issuer, identifier = issuer_of(document), document.get("id")
    if issuer is None or not isinstance(identifier, str):
        raise ProofError("a credential without issuer or id is the same as no other")
    return issuer, comparable(identifier)


def _begins(document: JsonObject) -> datetime | None:
    return parse_validity(document).begins


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
