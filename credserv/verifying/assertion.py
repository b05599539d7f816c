"""Verify an assertion of Open Badges 2.0 by its own rules: by the host that serves it, or by its signature.

    parse -> structure -> schema -> subject -> proof (hosted or signed) -> status -> validity

Open Badges 2.0, "Implementation". A hosted assertion proves that the issuer's host serves it now, and nothing
about when it was made; the document submitted only says where to fetch it. A signed assertion proves that
nobody changed it since it was signed with a key listed in the issuer's profile, as the issuer's own host
serves that profile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from credserv.ground.addresses import comparable
from credserv.ground.errors import (
    CredservError,
    InputError,
    InvalidSignatureError,
    MissingProofError,
    ProofError,
    StatusListUnusableError,
    UnavailableError,
    UnsupportedProofError,
    VerificationMethodError,
)
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object
from credserv.ground.verification import (
    NOT_ESTABLISHED,
    Check,
    Fact,
    Outcome,
    VerificationResult,
    not_asked,
    unmet,
    unread,
)
from credserv.openbadges.data_model import listed
from credserv.openbadges.v2.assertion import (
    SPEC,
    Method,
    address_of,
    identifier_of,
    is_assertion,
    is_revoked,
    is_web_address,
    method_of,
    verification_of,
)
from credserv.openbadges.v2.checks import check_dates, check_form
from credserv.openbadges.v2.scope import require_scope
from credserv.proof.keys.pem_key import read_public_pem
from credserv.proof.tokens.jws import Jws, Profile, parse_jws
from credserv.verifying.assertion_hosts import BadgeHosts, WithdrawnError
from credserv.verifying.surroundings import Resolvers, Verified

_LATER = ("status", "validity")
_MAX_KEYS = 4
_MAX_REASON_CHARS = 200
_SPECS = {
    Method.HOSTED: f"{SPEC}, HostedBadge Verification",
    Method.SIGNED: f"{SPEC}, SignedBadge Verification",
}
_JWS = Profile(
    name="a signed Open Badges 2.0 assertion",
    types=frozenset({None, "JWT", "JWS", "jwt"}),
    algorithms=frozenset({"RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA"}),
)


@dataclass(frozen=True)
class _Proven:
    """What was proven.

    Attributes:
        assertion: with its badge class and issuer written out.
        facts: shown with the check.
    """

    assertion: JsonObject
    reason: str
    facts: Mapping[str, Fact]


@dataclass(frozen=True)
class _Case:
    """One verification under way.

    Attributes:
        given: the document that was submitted.
        jws: the token it came in; None for JSON.
    """

    given: JsonObject
    jws: Jws | None
    method: Method
    hosts: BadgeHosts
    now: datetime
    clock_skew_seconds: int

    @property
    def spec(self) -> str:
        return _SPECS[self.method]


def peek_assertion(secured: str | JsonObject) -> bool:
    """Return whether JSON, or the payload of a compact token, claims to be an assertion. Verifies nothing."""
    if isinstance(secured, Mapping):
        return is_assertion(secured)
    try:
        return is_assertion(_opened(secured)[1])
    except (ProofError, InputError):
        return False


def verify_assertion(
    secured: str | JsonObject, *, now: datetime, resolvers: Resolvers, clock_skew_seconds: int = 60
) -> Verified:
    """Run every check on one assertion, given as JSON or as the compact JWS that signs it.

    Never raises for what the assertion says.

    Returns:
        The result, with the document that was proven (badge class and issuer written out); without a proof,
        the document that was submitted.
    """
    try:
        jws, given = _opened(secured) if isinstance(secured, str) else (None, secured)
        method = method_of(given, is_token=jws is not None)
    except (ProofError, InputError) as error:
        return Verified({}, unread(error))
    hosts = BadgeHosts(resolvers.bounded().fetch)
    case = _Case(given, jws, method, hosts, now, clock_skew_seconds)
    try:
        proven = _prove_hosted(case) if method is Method.HOSTED else _prove_signed(case)
    except WithdrawnError as error:
        return Verified(given, VerificationResult((*check_form(given), *_withdrawn(case, error))))
    except CredservError as error:
        facts: dict[str, Fact] = {"method": method.value, "address": identifier_of(given)}
        proof = unmet("proof", error, case.spec, facts)
        later = (check for check in not_asked("the proof did not pass") if check.name in _LATER)
        made = (*check_form(given), proof, *later)
        return Verified(given, VerificationResult(made))
    assertion = proven.assertion
    proof = Check("proof", Outcome.PASSED, proven.reason, case.spec, data=proven.facts)
    made = (
        *check_form(assertion),
        proof,
        _check_status(case, assertion),
        check_dates(assertion, now=case.now, clock_skew_seconds=case.clock_skew_seconds),
    )
    return Verified(assertion, VerificationResult(made))


def _opened(token: str) -> tuple[Jws, JsonObject]:
    """Return a compact token and its payload.

    Raises:
        ProofError: the token is malformed.
        InputError: the payload cannot be read.
    """
    jws = parse_jws(token, _JWS)
    return jws, parse_json_object(jws.payload)


# --- hosted ---------------------------------------------------------------------------------------


def _prove_hosted(case: _Case) -> _Proven:
    """Prove an assertion by what its own address serves; the copy submitted does not count.

    Raises:
        ProofError: the host serves something else (and subclasses).
        UnavailableError: the host could not be asked.
    """
    address = address_of(case.given)
    served = case.hosts.get_assertion(address)
    if is_revoked(served) and "badge" not in served:
        raise WithdrawnError(_reason_of(served), {"address": address})
    if not case.hosts.is_named({"id": address_of(served), **served}, address):
        raise ProofError("the address that it names as its own serves another assertion")
    if method_of(served, is_token=False) is not Method.HOSTED:
        raise ProofError("what its own address serves does not say that it is verified by being hosted")
    badge = served.get("badge")
    badge_address = identifier_of(badge) if is_web_address(identifier_of(badge)) else ""
    whole = case.hosts.write_out(served, trust_written=not badge_address)
    issuer = whole["badge"]["issuer"]
    require_scope(address, badge_address, issuer=issuer, issuer_id=issuer["id"])
    host = address.partition("://")[2].partition("/")[0]
    reason = (
        f"An Open Badges 2.0 assertion, hosted: {host} serves it now, as its issuer allows. It is not signed."
    )
    if case.given != served and case.given.keys() - {"id", "verification", "verify"}:
        reason += " What was handed in differs from it, and counts for nothing."
    return _Proven(whole, reason, {"method": "hosted", "address": address, "issuer": issuer["id"]})


def _withdrawn(case: _Case, error: WithdrawnError) -> tuple[Check, ...]:
    """Return the checks of a badge that its host withdrew: revoked for certain, with no document left to
    prove."""
    proof = Check("proof", Outcome.SKIPPED, "Nothing of it is left at its own address.", case.spec)
    said = f": {error.detail}" if error.detail else "."
    reason = f"The address that it names as its own says that it is revoked{said}"
    status = Check("status", Outcome.FAILED, reason, case.spec, code="revoked", data=error.facts)
    return proof, status


# --- signed ---------------------------------------------------------------------------------------


def _prove_signed(case: _Case) -> _Proven:
    """Prove an assertion by its signature.

    Raises:
        ProofError: the signature does not hold (and subclasses).
        UnavailableError: the profile or a key could not be fetched.
    """
    if case.jws is None:
        raise MissingProofError("it says that it is signed, and was handed in without its signature")
    if "id" not in case.given and "url" in verification_of(case.given):
        raise UnsupportedProofError("signed badges of Open Badges 1.0 are not verified here")
    whole = case.hosts.write_out(case.given, trust_written=True)
    issuer = whole["badge"]["issuer"]
    key = _verify_signature(case.jws, _keys(case.given, issuer), issuer["id"], case.hosts)
    reason = (
        "An Open Badges 2.0 assertion, signed: unchanged since it was signed with a key that the profile of "
        f"its issuer names: {key}"
    )
    return _Proven(whole, reason, {"method": "signed", "key": key, "issuer": issuer["id"]})


def _keys(assertion: JsonObject, issuer: JsonObject) -> list[Any]:
    """Return the keys of the profile; of several, the one the assertion names (SignedBadge Verification,
    step 4)."""
    keys = listed(issuer.get("publicKey"))
    creator = identifier_of(verification_of(assertion).get("creator"))
    if creator:
        keys = [key for key in keys if identifier_of(key) == creator]
    if not keys:
        raise VerificationMethodError("the profile of its issuer names no key that it could be signed with")
    if len(keys) > _MAX_KEYS:
        raise UnsupportedProofError("the profile of its issuer names more keys than are tried")
    return keys


def _verify_signature(jws: Jws, keys: list[Any], issuer_id: str, hosts: BadgeHosts) -> str:
    """Return the id of the key that signed.

    If none did, raises the error of a key that could not be read or fetched, else of the last one tried.
    """
    failure: CredservError = InvalidSignatureError("no key of its issuer fits its signature")
    for key in keys:
        try:
            published = key if isinstance(key, Mapping) and "publicKeyPem" in key else hosts.get_named(key)
            if identifier_of(published.get("owner", issuer_id)) != issuer_id:
                raise VerificationMethodError("the key says that it belongs to another than the issuer")
            jws.verify(read_public_pem(published.get("publicKeyPem")))
            return identifier_of(key)
        except CredservError as error:
            failure = failure if isinstance(failure, NOT_ESTABLISHED) else error
    raise failure


# --- status ---------------------------------------------------------------------------------------


def _check_status(case: _Case, assertion: JsonObject) -> Check:
    """Check revocation: the host of a hosted assertion says so itself; a signed one needs the issuer's
    list."""
    if is_revoked(assertion):
        return _revoked(_reason_of(assertion), case.spec, {})
    if case.method is Method.HOSTED:
        reason = "Its host serves it, and does not say that it is revoked."
        return Check("status", Outcome.PASSED, reason, case.spec)
    address = identifier_of(assertion["badge"]["issuer"].get("revocationList"))
    if not address:
        reason = "Its issuer keeps no list of revoked badges."
        return Check("status", Outcome.SKIPPED, reason, f"{SPEC}, RevocationList")
    facts: dict[str, Fact] = {"list": address}
    try:
        entry = _entry_of(assertion, _read_list(case.hosts.get(address)))
    except CredservError as error:
        return unmet("status", error, f"{SPEC}, RevocationList", facts)
    if entry is not None:
        return _revoked(_reason_of(entry), f"{SPEC}, RevocationList", facts)
    reason = "It is not in its issuer's list of revoked badges."
    return Check("status", Outcome.PASSED, reason, f"{SPEC}, RevocationList", data=facts)


def _revoked(why: str, spec: str, facts: Mapping[str, Fact]) -> Check:
    reason = "It is revoked by its issuer" + (f": {why}" if why else ".")
    return Check("status", Outcome.FAILED, reason, spec, code="revoked", data=facts)


def _read_list(document: JsonObject) -> list[Any]:
    if document.get("revokedAssertions") is None:
        raise StatusListUnusableError("what its issuer names as its list of revoked badges is not one")
    return listed(document["revokedAssertions"])


def _entry_of(assertion: JsonObject, entries: list[Any]) -> JsonObject | None:
    """Return the list's entry for the assertion, matched by `id`, or by `uid` where the entry has no `id`.

    Raises:
        UnavailableError: the list has an entry that cannot be read, which may be the one for this assertion.
    """
    known = [entry if isinstance(entry, Mapping) else {"id": entry} for entry in entries]
    own = _names_of(assertion)
    for entry in known:
        if is_revoked(entry, unsaid=True) and own & _names_of(entry):
            return entry
    if not all(isinstance(entry.get("id", entry.get("uid")), str) for entry in known):
        raise UnavailableError("its issuer's list of revoked badges names something that is no badge's id")
    return None


def _names_of(document: JsonObject) -> set[tuple[str, str]]:
    return {(name, comparable(str(document[name]))) for name in ("id", "uid") if name in document}


def _reason_of(document: JsonObject) -> str:
    reason = document.get("revocationReason")
    return reason[:_MAX_REASON_CHARS] if isinstance(reason, str) else ""
