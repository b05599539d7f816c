"""What an assertion of Open Badges 2.0 is, how it is to be verified, and its faults.

Open Badges 2.0, "Open Badges Vocabulary". In 1.x, `verification` was called `verify` and `id` was called
`uid`; both still occur.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum

from credserv.ground import addresses
from credserv.ground.encoding import parse_instant
from credserv.ground.errors import Fault, InputError, MalformedProofError, UnsupportedProofError
from credserv.ground.json_types import JsonObject
from credserv.ground.reading import FaultList
from credserv.ground.validity import Validity
from credserv.openbadges.data_model import is_absolute, listed, types_of

SPEC = "Open Badges 2.0"
_CONTEXT = re.compile(
    r"https?://(?:www\.)?(?:w3id\.org/openbadges/v[12]|openbadgespec\.org/v[12]/context\.json"
    r"|standard\.openbadges\.org/1\.1/context\.json"
    r"|purl\.imsglobal\.org/spec/ob/v2p[01]/context(?:-[0-9.]+)?\.json(?:ld)?)",
    re.ASCII,
)
_HOSTED = frozenset({"hosted", "HostedBadge"})
_SIGNED = frozenset({"signed", "SignedBadge"})
_WANTED_OF_BADGE = ("name", "description", "image", "criteria")
_WANTED_OF_ISSUER = ("id", "type", "name", "url", "email")


class Method(StrEnum):
    HOSTED = "hosted"
    SIGNED = "signed"


def is_assertion(document: JsonObject) -> bool:
    """Return whether it claims to be an assertion, by its type; in Open Badges 1.0, without types, by its
    members.

    Of a revoked one the host may serve only `id` and `revoked`.
    """
    types = types_of(document)
    if types:
        return "Assertion" in types and "VerifiableCredential" not in types
    verifiable = "badge" in document and not {"verify", "verification"}.isdisjoint(document)
    return verifiable or _is_of_version_0_5(document) or (is_revoked(document) and "proof" not in document)


def _is_of_version_0_5(document: JsonObject) -> bool:
    """Return whether it is of Mozilla's first version: its issuer is an origin, and nothing has an id."""
    badge = document.get("badge")
    issuer = badge.get("issuer") if isinstance(badge, Mapping) else None
    return isinstance(issuer, Mapping) and "origin" in issuer and {"id", "uid"}.isdisjoint(document)


def is_revoked(document: JsonObject, *, unsaid: bool = False) -> bool:
    """Return whether `revoked` is anything but false: the context makes it a boolean, so `"true"` is true.

    Args:
        unsaid: the answer where the member is absent.
    """
    said = document.get("revoked", unsaid)
    return said not in (False, None, "false")


def verification_of(document: JsonObject) -> JsonObject:
    """Return the VerificationObject of an assertion or profile, or `{}`."""
    found = document.get("verification", document.get("verify"))
    return found if isinstance(found, Mapping) else {}


def method_of(assertion: JsonObject, *, is_token: bool) -> Method:
    """Return how it says it is verified; where it does not say, by its form.

    Raises UnsupportedProofError for another way, such as a blockchain, and for version 0.5, which has none.
    """
    if _is_of_version_0_5(assertion):
        raise UnsupportedProofError("badges of Open Badges 0.5 are not verified here")
    stated = verification_of(assertion)
    types = types_of(stated)
    if types & _HOSTED:
        return Method.HOSTED
    if types & _SIGNED:
        return Method.SIGNED
    if types - {"VerificationObject"}:
        raise UnsupportedProofError(f"verification as {min(types)[:60]!r} is not known here")
    return Method.SIGNED if is_token else Method.HOSTED


def address_of(assertion: JsonObject) -> str:
    """Return where a hosted one is served (HostedBadge Verification).

    Raises MalformedProofError if nowhere.
    """
    address = assertion.get("id", verification_of(assertion).get("url"))
    if not is_web_address(address):
        raise MalformedProofError(
            "a hosted assertion names the address that serves it, and this one does not"
        )
    return str(address)


def is_web_address(value: object) -> bool:
    return isinstance(value, str) and is_absolute(value) and addresses.is_web_address(value)


def is_written_out(assertion: JsonObject) -> bool:
    """Return whether it contains badge class and issuer rather than their addresses."""
    badge = assertion.get("badge")
    return isinstance(badge, Mapping) and isinstance(badge.get("issuer"), Mapping)


def identifier_of(value: object) -> str:
    """Return the id of something given as IRI or object; "" where it has none."""
    found = value.get("id") if isinstance(value, Mapping) else value
    return found if isinstance(found, str) else ""


# --- what it lacks --------------------------------------------------------------------------------


def structure_faults(assertion: JsonObject) -> tuple[Fault, ...]:
    """Return what prevents reading it in only one way; () for nothing."""
    faults = FaultList()
    if not is_absolute(assertion.get("id", "urn:none")):
        faults.add("/id", "is not one absolute IRI")
    if "id" not in assertion and "uid" not in assertion:
        faults.add("/id", "is required")
    badge = assertion.get("badge")
    if not isinstance(badge, Mapping) and not is_absolute(badge):
        faults.add("/badge", "is not one badge class")
    contexts = listed(assertion.get("@context"))
    if contexts and not any(_is_context(item) for item in contexts):
        faults.add("/@context", "is not that of Open Badges")
    if identifier_of(assertion.get("image")).startswith("data:"):
        faults.add("/image", "is written out, where an assertion names the address of a baked one")
    for place, holder in _holders(assertion):
        for name, value in holder.items():
            if name.startswith("extensions:") and not _is_extension(value):
                faults.add(f"{place}/{name}", "is no extension: it has no context, or not the type Extension")
    try:
        dates_of(assertion)
    except InputError as error:
        faults.add("", error.detail)
    return faults.faults


def _holders(assertion: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    badge = assertion.get("badge")
    issuer = badge.get("issuer") if isinstance(badge, Mapping) else None
    for place, value in (("", assertion), ("/badge", badge), ("/badge/issuer", issuer)):
        if isinstance(value, Mapping):
            yield place, value


def _is_context(value: object) -> bool:
    """Return whether it is the exact address; one that merely contains its name may be anybody's."""
    return isinstance(value, str) and _CONTEXT.fullmatch(value) is not None


def _is_extension(value: object) -> bool:
    return isinstance(value, Mapping) and "@context" in value and "Extension" in types_of(value)


def vocabulary_faults(assertion: JsonObject) -> tuple[Fault, ...]:
    """Return what else the vocabulary requires of an assertion with badge class and issuer written out."""
    faults = FaultList()
    if not any(_is_context(item) for item in listed(assertion.get("@context"))):
        faults.add("/@context", "does not name the context of Open Badges")
    for name in ("type", "recipient", "verification", "issuedOn"):
        if name not in assertion:
            faults.add(f"/{name}", "is required")
    for name in ("issuedOn", "expires"):
        if assertion.get(name) is not None and not _is_zoned(assertion[name]):
            faults.add(f"/{name}", "is not a date and time with its zone")
    badge = assertion.get("badge")
    issuer = badge.get("issuer") if isinstance(badge, Mapping) else None
    _require(badge, _WANTED_OF_BADGE, "/badge", faults)
    _require(issuer, _WANTED_OF_ISSUER, "/badge/issuer", faults)
    return faults.faults


def _require(value: object, names: tuple[str, ...], place: str, faults: FaultList) -> None:
    if isinstance(value, Mapping):
        for name in names:
            if not value.get(name):
                faults.add(f"{place}/{name}", "is required")


# --- dates ----------------------------------------------------------------------------------------


def dates_of(assertion: JsonObject) -> Validity:
    """Return the dates `issuedOn` and `expires`; None where not stated.

    Raises InputError for malformed ones.
    """
    begins, ends = (
        _read_date(name, assertion[name]) if assertion.get(name) is not None else None
        for name in ("issuedOn", "expires")
    )
    if begins is not None and ends is not None and ends < begins:
        raise InputError("it expires before it is issued")
    return Validity(begins, ends)


def _read_date(name: str, value: object) -> datetime:
    """Read ISO 8601; dates without time or zone, and seconds since 1970 as in Open Badges 1.x, are in UTC."""
    try:
        if isinstance(value, int) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        if isinstance(value, str) and len(value) <= 64:
            if _is_zoned(value):
                return parse_instant(value)  # which knows the ends of days and of time
            read = datetime.fromisoformat(value)
            return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise InputError(f"{name} is no date and time") from error
    raise InputError(f"{name} is no date and time")


def _is_zoned(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(parse_instant(value))
    except InputError:
        return False
