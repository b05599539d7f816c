"""The registered claims of a JWT beside the credential it carries.

RFC 7519, section 4.1; VC-JOSE-COSE 1.0, sections 3.1.3 and 4.1.2. Where a claim and a member of the
credential say the same thing they must agree, because one reader uses the claim and another the member
(attack 33). Where the credential has no such member, `exp` and `nbf` bound the signature and are enforced.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

from credserv.ground.encoding import format_instant, parse_instant
from credserv.ground.errors import InputError, MalformedProofError, ProofTimeError, UnsupportedProofError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object
from credserv.ground.validity import parse_date
from credserv.openbadges.data_model import listed
from credserv.openbadges.structure import issuer_of, subjects_of, types_of

_MEMBERS = {"nbf": ("validFrom", "issuanceDate"), "exp": ("validUntil", "expirationDate")}
_VERBS = {"nbf": "begins", "exp": "ends"}
STATUS = "status"  # Token Status List, section 6
REGISTERED = ("iss", "sub", "aud", "exp", "nbf", "iat", "jti")
_REPEATING = frozenset({"iss", "jti", "sub", "nbf", "exp"})
# The subjects of status lists, which are about nobody: issuers write anybody into their `sub`.
_LISTS = frozenset({"BitstringStatusList", "StatusList2021"})
_LAST_SECOND = 253_402_300_799  # of the year 9999


def read_claims(payload: bytes) -> dict[str, Any]:
    """Parse what the token of a credential claims. Raises the errors of strict_json.

    A registered claim that is null is absent: that is how many libraries write one that they do not have.
    """
    claims = parse_json_object(payload)
    return {
        name: value
        for name, value in claims.items()
        if value is not None or name not in (*REGISTERED, STATUS)
    }


def read_date(claims: JsonObject, name: str) -> datetime | None:
    """Read a NumericDate: seconds since 1970, not negative.

    Raises MalformedProofError (attack 37), and UnsupportedProofError for a number that no date has.
    """
    if name not in claims:
        return None
    value = claims[name]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise MalformedProofError(f"{name} is no number of seconds")
    if value > _LAST_SECOND:  # issuers who write milliseconds mean a date, but nobody can know which
        raise UnsupportedProofError(f"{name} lies after the year 9999, as a number of milliseconds does")
    if not value >= 0:
        raise MalformedProofError(f"{name} lies before the year 1970")
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=value)


def read_issued_at(claims: JsonObject) -> datetime | None:
    """Read `iat`, also as a date and time in text, as W3C's vectors have it.

    It decides only that the token was not made later than now. Raises MalformedProofError.
    """
    value = claims.get("iat")
    if not isinstance(value, str):
        return read_date(claims, "iat")
    try:
        return parse_instant(value)
    except InputError as error:
        raise MalformedProofError(f"iat is {error.detail}") from error


def with_status(document: JsonObject, claims: JsonObject) -> dict[str, Any]:
    """Return the document with the claim `status` of its token as one more `credentialStatus`.

    Any token may have that claim, whatever the document itself says. A kind of status other than a Token
    Status List is reported, never ignored.
    """
    if STATUS not in claims:
        return dict(document)
    named = [*listed(document.get("credentialStatus")), _status_entry(claims[STATUS])]
    return {**document, "credentialStatus": named if len(named) > 1 else named[0]}


def _status_entry(status: object) -> JsonObject:
    if not isinstance(status, dict) or status.keys() != {"status_list"}:
        return {"type": "status of a token"}
    listed_at = status["status_list"] if isinstance(status["status_list"], dict) else {}
    return {"type": "TokenStatusList", "idx": listed_at.get("idx"), "uri": listed_at.get("uri")}


def require_agreement(claims: JsonObject, credential: JsonObject) -> None:
    """Require that each of `iss`, `jti`, `sub`, `nbf` and `exp` equals the credential's own member.

    `nbf` and `exp` may stand alone, as may `jti` and `sub` where nothing has an id; `iss` must repeat the
    issuer. Raises MalformedProofError.
    """
    if _REPEATING.isdisjoint(claims):
        return
    subjects = [subject.get("id") for subject in subjects_of(credential)]  # may not be hashable
    own: dict[str, object] = {"iss": issuer_of(credential)}
    if "id" in credential:
        own["jti"] = credential["id"]
    lists = any(not _LISTS.isdisjoint(types_of(subject)) for subject in subjects_of(credential))
    if not lists and any("id" in subject for subject in subjects_of(credential)):
        own["sub"] = subjects[0] if all(other == subjects[0] for other in subjects) else None
    for name in ("iss", "jti", "sub"):
        stated = claims.get(name)
        if name in claims and (not isinstance(stated, str) or own.get(name, stated) != stated):
            raise MalformedProofError(f"{name} is not what the credential itself says")
    for name, members in _MEMBERS.items():
        stated, own_dates = read_date(claims, name), _dates(credential, members)
        if stated is not None and own_dates and not any(_is_same_second(stated, one) for one in own_dates):
            said = f"{format_instant(stated)} by {name}, {format_instant(own_dates[0])} by the credential"
            raise MalformedProofError(f"its dates disagree: it {_VERBS[name]} {said}")


def require_time(claims: JsonObject, *, now: datetime, clock_skew_seconds: int) -> None:
    """Require that the signature counts now. Raises ProofTimeError if it has expired or begins later."""
    skew = timedelta(seconds=clock_skew_seconds)
    ends = read_date(claims, "exp")
    if ends is not None and ends <= now:
        raise ProofTimeError(f"the signature expired on {format_instant(ends)}")
    begins = read_date(claims, "nbf")
    if begins is not None and begins - now > skew:
        raise ProofTimeError(f"the signature begins on {format_instant(begins)}")


def require_issued(issued_at: datetime | None, *, now: datetime, clock_skew_seconds: int) -> None:
    if issued_at is not None and issued_at - now > timedelta(seconds=clock_skew_seconds):
        raise ProofTimeError(f"the token says it was made later than now: {format_instant(issued_at)}")


def to_date(instant: datetime) -> int:
    """Return whole seconds, as `format_instant` writes them."""
    return math.floor(instant.timestamp())


def _dates(credential: JsonObject, names: tuple[str, str]) -> list[datetime]:
    """Return the dates under these names: data model 1.1 may have both, and a claim then repeats either.

    Unreadable ones are reported by the structure check and compared with nothing.
    """
    try:
        return [parse_date(name, credential[name]) for name in names if credential.get(name) is not None]
    except InputError:
        return []


def _is_same_second(one: datetime, other: datetime) -> bool:
    return to_date(one) == to_date(other)
