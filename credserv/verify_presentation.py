"""Verifying a presentation: who holds it out, for whom, and every credential in it.

    parse -> structure -> proof (by a key of the holder, for authentication, for this reader) -> credentials

VC Data Model 2.0, section 4.13; VC-JOSE-COSE 1.0, section 3; VC Data Integrity 1.0, section 4.4. The proof
says who presents, never that the credentials are about them: that is for the reader to ask.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from credserv.errors import CredservError, InputError, ProofError, TooLargeError
from credserv.openbadges.data_model import check_presentation_model, holds_tokens, is_absolute, listed
from credserv.openbadges.structure import told, types_of
from credserv.proof.data_model_1_jwt import wraps_presentation
from credserv.proof.jws import peek_header
from credserv.proof.token import Binding, Circumstances, Kind
from credserv.proof_check import Secured
from credserv.verification import Check, Outcome, VerificationResult
from credserv.verify import Resolvers, Verified, Verifier, unmet, unread

JsonObject = Mapping[str, Any]

MAX_CREDENTIALS = 32
_SPEC = "VC Data Model 2.0, 4.13"
_TYPES = frozenset({"VerifiablePresentation", "EnvelopedVerifiablePresentation"})


def is_presentation(secured: str | JsonObject) -> bool:
    """Whether it says of itself that it is one, by its type or its token's `typ`; nothing is verified."""
    if isinstance(secured, str):
        try:
            typ = peek_header(secured.partition("~")[0]).get("typ")
        except ProofError:
            return False
        if typ in (None, "JWT"):
            return wraps_presentation(secured)
        return isinstance(typ, str) and typ.lower().removeprefix("application/").startswith("vp+")
    types = types_of(secured)
    return "VerifiableCredential" not in types and not types.isdisjoint(_TYPES)


def verify_presentation(
    verifier: Verifier,
    secured: str | JsonObject,
    *,
    now: datetime,
    resolvers: Resolvers,
    challenge: str | None = None,
    domain: str | None = None,
    proof_only: bool = False,
) -> Verified:
    """All checks of one presentation: vp+jwt, vp+sd-jwt, enveloped, or with its proof inside.

    Never raises for what it says. now: aware UTC. challenge, domain: what the holder was asked to sign for;
    `nonce` and `aud` of a JWT. None is not compared. proof_only: the holder's proof and nothing else.
    """
    try:
        opened = verifier.open(secured, Kind.PRESENTATION)
    except (ProofError, InputError) as error:
        return Verified({}, unread(error))
    binding = Binding(domain, challenge) if domain is not None or challenge is not None else None
    circumstances = Circumstances(
        resolve_did=resolvers.resolve_did,
        now=now,
        clock_skew_seconds=verifier.clock_skew_seconds,
        purpose="authentication",
        binding=binding,
    )
    proof, holder = _check_proof(verifier, opened, circumstances)
    if proof_only:
        return Verified(opened.document, VerificationResult((proof,)), holder=holder)
    credentials = tuple(
        _verify_held(verifier, value, now=now, resolvers=resolvers, tokens=holds_tokens(opened.document))
        for value in _held(opened.document)[:MAX_CREDENTIALS]
    )
    checks = (
        Check("parse", Outcome.PASSED, "It is JSON that can be read in one way only.", "RFC 8259, 4"),
        _check_structure(opened.document),
        proof,
        *_check_credentials(opened.document, credentials),
    )
    return Verified(opened.document, VerificationResult(checks), credentials, holder)


def _check_structure(document: JsonObject) -> Check:
    faults = check_presentation_model(document)
    if not faults:
        return Check("structure", Outcome.PASSED, "It is built as a verifiable presentation.", _SPEC)
    reason = f"It is not built as a verifiable presentation: {told(faults)}."
    return Check("structure", Outcome.FAILED, reason, _SPEC, code=InputError.code)


def _check_proof(verifier: Verifier, opened: Secured, circumstances: Circumstances) -> tuple[Check, str]:
    try:
        holder = _holder(opened)
        proven = verifier.prove(opened, controller=holder, circumstances=circumstances)
    except CredservError as error:
        return unmet("proof", error, opened.spec), ""
    methods = ", ".join(proven.methods)
    reason = f"Signed by its holder, with a key that is theirs: {methods}"
    return Check("proof", Outcome.PASSED, reason, proven.spec), holder


def _holder(opened: Secured) -> str:
    """Whom it names as holder; else whose key it says it was signed with. Raises ProofError."""
    stated = opened.document.get("holder")
    holder = stated.get("id") if isinstance(stated, Mapping) else stated
    if "holder" not in opened.document:
        holder = _signing_did(opened)
    if not isinstance(holder, str) or not is_absolute(holder):
        raise ProofError("It names no holder, so no key can be the holder's.")
    return holder


def _signing_did(opened: Secured) -> object:
    if opened.token is not None:
        return opened.token.claimed_signer
    proofs = [proof for proof in listed(opened.document.get("proof")) if isinstance(proof, Mapping)]
    methods = {str(proof.get("verificationMethod")).partition("#")[0] for proof in proofs}
    if len(methods) > 1:
        raise ProofError("It names no holder, and has proofs by several.")
    # Without any proof the judge of proofs says so, whoever is asked about.
    return next(iter(methods), "urn:nobody")


def _held(document: JsonObject) -> list[Any]:
    return listed(document.get("verifiableCredential"))


def _verify_held(
    verifier: Verifier, value: object, *, now: datetime, resolvers: Resolvers, tokens: bool
) -> Verified:
    """A credential is an object; as text it is a token, which stands bare in data model 1.1 alone."""
    if not isinstance(value, Mapping) and not (tokens and isinstance(value, str)):
        return Verified({}, unread(InputError("it is no object, and so no credential")))
    return verifier.verify_secured(value, now=now, resolvers=resolvers)


def _check_credentials(document: JsonObject, credentials: tuple[Verified, ...]) -> tuple[Check, ...]:
    """One check for each credential, told by the first thing about it that did not pass."""
    checks = [_summary(number, item.result) for number, item in enumerate(credentials, 1)]
    if len(_held(document)) > MAX_CREDENTIALS:
        reason = f"Only the first {MAX_CREDENTIALS} credentials were looked at."
        checks.append(Check("credential", Outcome.UNKNOWN, reason, _SPEC, code=TooLargeError.code))
    return tuple(checks)


def _summary(number: int, result: VerificationResult) -> Check:
    if result.verified:
        return Check("credential", Outcome.PASSED, f"Credential {number} is verified.", _SPEC)
    outcome = Outcome.UNKNOWN if result.unknown else Outcome.FAILED
    bad = [check for check in result.checks if check.required and check.outcome is outcome]
    first = bad[0] if bad else Check("proof", outcome, "It carries no proof that was verified.")
    reason = f"Credential {number} does not hold: {first.reason}"
    return Check("credential", outcome, reason, _SPEC, code=first.code)
