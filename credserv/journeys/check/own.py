"""What this service knows of credentials signed with its own keys: whether it
issued them, and how they stand.

A signature proves which key signed, not that we meant to: a thief can sign anything with any date. Everything
we issue is stored. An id of ours that is not in the store, or is there with other content, is therefore not
ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from credserv.ground.encoding import format_instant, parse_instant
from credserv.ground.errors import InputError, SigningKeyError, UnavailableError
from credserv.ground.json_types import JsonObject
from credserv.ground.own_addresses import is_under
from credserv.ground.strict_json import read_own_json
from credserv.ground.validity import parse_validity
from credserv.ground.verification import Check, Outcome, VerificationResult
from credserv.issuing.addresses import credential_url
from credserv.issuing.living import is_living
from credserv.journeys.services import Services
from credserv.openbadges.content import content_of, content_sha256
from credserv.openbadges.structure import issuer_of
from credserv.records.credentials import CredentialRecord, CredentialState
from credserv.records.organisations import OrganisationRecord
from credserv.verifying.checks.nested import renew_nested
from credserv.verifying.checks.proof import open_secured
from credserv.verifying.checks.sandbox import NAME as SANDBOX
from credserv.verifying.checks.sandbox import from_sandbox
from credserv.verifying.surroundings import Verified

NAME = "issued_here"
# The same for an SD-JWT VC (proof/tokens/sd_jwt_vc.py).
_DECISIVE = ("@context", "id", "type", "issuer", "validFrom", "validUntil", "credentialStatus")


def find_own(services: Services, document: JsonObject) -> tuple[CredentialRecord | None, Check | None]:
    """Return our record of a credential that a key of ours signed, whichever organisation issued it, and the
    check if the id is that organisation's.

    Returns:
        (None, None) for credentials of others, or with an id that is not of this service.
    """
    identifier, organisation = document.get("id"), _organisation(services, document)
    if organisation is None or not isinstance(identifier, str):
        return None, None
    try:
        owner = services.at_name(organisation.id)
    except (SigningKeyError, UnavailableError):
        reason = "What this service issued under its id cannot be looked up at the moment."
        return None, Check(NAME, Outcome.UNKNOWN, reason, code="unavailable")
    base = owner.base_of(identifier)
    prefix = credential_url(base, "")
    if not identifier.startswith(prefix) and not is_under(base, identifier):
        return None, None
    name = identifier.removeprefix(prefix)
    record = owner.store.credentials.get(name)
    copy = None
    if record is None:
        copy, record = owner.store.copies.get(name), owner.store.copies.face(name)
    may_withhold = copy is not None and copy.form.is_disclosing
    if record is not None and record.erased_sha256 and identifier.startswith(prefix):
        return record, _check_erased(record, document, may_withhold=may_withhold)
    if record is None and organisation.sandbox:
        return None, _not_ours("It is not in the sandbox that signed it: that was reset, or never issued it.")
    if record is None or record.signed is None or not identifier.startswith(prefix):
        return None, _not_ours("This service has issued nothing under its id, although its key signed it.")
    check = _compare(owner, record, name, content_of(document), may_withhold=may_withhold)
    return (None if check.outcome is Outcome.FAILED else record), check


def _compare(
    owner: Services, record: CredentialRecord, name: str, shown: JsonObject, *, may_withhold: bool
) -> Check:
    """Compare with what was issued under this id, or with each version of a living credential."""

    def is_issued(signed: bytes) -> bool:
        issued = _issued(signed)
        return _is_shown_of(shown, issued) if may_withhold else shown == issued

    if record.signed is not None and is_issued(record.signed):
        return Check(NAME, Outcome.PASSED, "It is what this service issued under its id.")
    for earlier in owner.store.versions.of(name) if is_living(record.order) else ():
        if is_issued(earlier.signed):
            reason = f"It is version {earlier.number} of what this service issued under its id."
            return Check(NAME, Outcome.PASSED, reason, data={"version": str(earlier.number)})
    return _not_ours("It is not what this service issued under its id, although its key signed it.")


def _check_erased(record: CredentialRecord, document: JsonObject, *, may_withhold: bool) -> Check:
    """Check a credential whose holder was erased.

    Of a copy only a part may be shown, which no hash covers.
    """
    if content_sha256(document) == record.erased_sha256:
        return Check(NAME, Outcome.PASSED, "It is what this service issued under its id.")
    if not may_withhold and not is_living(record.order):  # no hash is left of earlier versions
        return _not_ours("It is not what this service issued under its id, although its key signed it.")
    reason = "Its holder had the record of it erased here, so it cannot be compared with what was issued."
    return Check(NAME, Outcome.UNKNOWN, reason, code="erased")


def check_key(services: Services, verified: Verified) -> Check | None:
    """Return FAILED for a signature dated after the end of one of our keys.

    A thief can backdate. For ids of ours, the store says more (`find_own`).
    """
    proof = verified.result.check("proof")
    organisation = _organisation(services, verified.document)
    if proof is None or organisation is None:
        return None
    method, created = proof.data.get("verificationMethod"), proof.data.get("created")
    ends = [key.ended_at for key in organisation.keys if key.verification_method == method and key.ended_at]
    if not ends:
        return None
    made = _instant(created) or _begins(verified.document)
    if made is not None and made < min(ends):
        return None
    reason = f"It was signed after the key that signed it was retired, on {format_instant(min(ends))}."
    return Check(NAME, Outcome.FAILED, reason, code="key-retired")


def _check_sandbox(services: Services, verified: Verified) -> Check | None:
    """Return FAILED for anything else that a sandbox of this installation signed, marked or not."""
    organisation = _organisation(services, verified.document)
    is_told = verified.result.check(SANDBOX) is not None
    return None if organisation is None or not organisation.sandbox or is_told else from_sandbox()


def _organisation(services: Services, document: JsonObject) -> OrganisationRecord | None:
    """Return which of ours issued it, with current keys, because one may have been retired a moment ago."""
    issuer = issuer_of(document)
    return None if issuer is None else services.store.organisations.find_by_did(issuer)


def _instant(text: object) -> datetime | None:
    try:
        return parse_instant(text) if isinstance(text, str) else None
    except InputError:
        return None


def _begins(document: JsonObject) -> datetime | None:
    """Return the start of validity of a token, whose signature has no date of its own."""
    try:
        return parse_validity(document).begins
    except InputError:
        return None


def judge_own(services: Services, verified: Verified) -> Verified:
    """Add the checks that only this service can make, at every depth."""
    if verified.within:
        verified = replace(verified, within=tuple(judge_own(services, item) for item in verified.within))
    return replace(verified, result=with_own_checks(services, verified)[0])


def with_own_checks(
    services: Services, verified: Verified
) -> tuple[VerificationResult, CredentialRecord | None]:
    """Return the result with the checks of what our keys signed, and our record if
    this very organisation issued it.

    Credentials of other organisations of the installation are judged as strictly, but their records stay
    theirs. What is inside has its own checks already and is summarised again, because nothing is better than
    what it contains.
    """
    made, own = verified.result.checks, None
    if verified.result.passed("proof") and not verified.holder:
        own, issued = find_own(services, verified.document)
        if own is not None:
            made = tuple([_with_state(own, item) if item.name == "status" else item for item in made])
        after_end, tried = check_key(services, verified), _check_sandbox(services, verified)
        made += tuple(check for check in (issued, after_end, tried) if check is not None)
        if issuer_of(verified.document) != services.issuer.did:
            own = None
    held = [(item.document, VerificationResult(item.result.checks)) for item in verified.within]
    return VerificationResult(renew_nested(made, held) if held else made, verified.result.policy), own


def _with_state(own: CredentialRecord, item: Check) -> Check:
    """Return the status of a credential of ours as the store has it, in its own word.

    The public list has one bit for revoked and suspended (docs/adr/0001) and may be a minute old.
    """
    since = f" since {own.changed_at:%Y-%m-%d %H:%M} UTC" if own.changed_at else ""
    word = own.state.value
    facts = {**item.data, "state": word}
    if own.state is CredentialState.ACTIVE:
        reason = "It is neither revoked nor suspended."
        return replace(item, outcome=Outcome.PASSED, reason=reason, code="", data=facts)
    reason = f"It is {word} by its issuer{since}."
    return replace(item, outcome=Outcome.FAILED, reason=reason, code=word, data=facts)


@lru_cache(maxsize=128)
def _issued(signed: bytes) -> JsonObject:
    """Return what the store has of a credential; recent ones are read once."""
    if signed.startswith(b"{"):
        return content_of(read_own_json(signed))
    return open_secured(signed.decode("ascii")).document


def _is_shown_of(shown: JsonObject, issued: JsonObject) -> bool:
    """Return whether a holder may show this of it.

    No proof that a holder can make leaves out what decides.
    """
    decides = all(shown.get(name) == issued.get(name) for name in _DECISIVE)
    return decides and is_part(shown, issued)


def is_part(shown: object, whole: object) -> bool:
    """Return whether a holder may show `shown` of `whole`: members and items left out, none changed."""
    if isinstance(shown, Mapping) and isinstance(whole, Mapping):
        return all(name in whole and is_part(value, whole[name]) for name, value in shown.items())
    if isinstance(shown, list) and isinstance(whole, list):
        left = iter(whole)
        return all(any(is_part(item, other) for other in left) for item in shown)
    return shown == whole


def _not_ours(reason: str) -> Check:
    return Check(NAME, Outcome.FAILED, reason, code="not-issued-here")
