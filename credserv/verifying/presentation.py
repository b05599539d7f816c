"""Verify a presentation: who presents it, to whom, and every credential in it.

    parse -> structure -> proof (by a key of the holder, for authentication, for this reader) -> credentials

VC Data Model 2.0, section 4.13; VC-JOSE-COSE 1.0, section 3; VC Data Integrity 1.0, section 4.4. The proof
shows who presents, never that the credentials are about them; a check on each credential reports that and
decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from credserv.ground.errors import (
    CredservError,
    InputError,
    MissingProofError,
    ProofError,
    UndefinedTermError,
)
from credserv.ground.json_types import JsonObject
from credserv.ground.verification import Check, Fact, Outcome, VerificationResult, unmet, unread
from credserv.openbadges.data_model import check_presentation_model, holds_tokens, is_absolute, listed
from credserv.openbadges.structure import join_faults, model_of, types_of
from credserv.proof.data_integrity.proof_form import read_proofs
from credserv.proof.keys.verification_method import subject_of
from credserv.proof.tokens.data_model_1_jwt import holds_presentation
from credserv.proof.tokens.envelope import is_enveloped
from credserv.proof.tokens.jws import peek_type
from credserv.proof.tokens.token import Binding, Circumstances, Kind
from credserv.verifying.checks.nested import IN_PRESENTATION, check_nested
from credserv.verifying.checks.proof import Secured
from credserv.verifying.checks.recipient import check_holder
from credserv.verifying.recipe import PARSED, Verifier
from credserv.verifying.surroundings import Resolvers, Surroundings, Verified

_SPEC = IN_PRESENTATION
_NOT_LOOKED_AT = Check(
    "credential",
    Outcome.SKIPPED,
    "What it holds was not looked at: its own proof does not hold.",
    _SPEC,
    required=False,
)
# The credentials inside may be good all the same, so they are judged, within the budget.
_SIGNED_BY_NOBODY = (MissingProofError.code, UndefinedTermError.code)
_TYPES = frozenset({"VerifiablePresentation", "EnvelopedVerifiablePresentation"})


def is_presentation(secured: str | JsonObject) -> bool:
    """Return whether the document or token claims to be a presentation, by type or `typ`.

    Verifies nothing.
    """
    if isinstance(secured, str):
        try:
            typ = peek_type(secured.partition("~")[0])
        except (ProofError, InputError):
            return False
        if typ == "jwt":
            return holds_presentation(secured)
        return isinstance(typ, str) and typ.startswith("vp+")
    types = types_of(secured)
    return "VerifiableCredential" not in types and not types.isdisjoint(_TYPES)


def held_alone(secured: str | JsonObject) -> str | JsonObject | None:
    """Return the one credential in a presentation that nobody signed; None for anything else.

    Without a proof, which it need not have (section 4.13), a presentation says nothing of its own.
    """
    if isinstance(secured, str) or "VerifiablePresentation" not in types_of(secured):
        return None
    held = listed(secured.get("verifiableCredential"))
    if not is_presentation(secured) or is_enveloped(secured, Kind.PRESENTATION) or len(held) != 1:
        return None
    one = held[0] if isinstance(held[0], (str, Mapping)) else None
    signed = secured.get("proof") not in (None, [])
    return None if signed or one is None or is_presentation(one) else one


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
    """Run every check on one presentation: vp+jwt, vp+sd-jwt, enveloped, or with its proof inside.

    Never raises for what the presentation says.

    Args:
        now: aware, UTC.
        challenge, domain: what the holder was asked to sign for; `nonce` and `aud` of a JWT. None is not
            compared.
        proof_only: judge the holder's proof and nothing else.
    """
    try:
        opened = verifier.open(secured, Kind.PRESENTATION)
    except (ProofError, InputError) as error:
        return Verified({}, unread(error))
    binding = Binding(domain, challenge) if domain is not None or challenge is not None else None
    around = Surroundings(resolvers.bounded())
    circumstances = Circumstances(
        resolve_did=around.resolvers.resolve_did,
        now=now,
        clock_skew_seconds=verifier.clock_skew_seconds,
        purpose="authentication",
        binding=binding,
    )
    with around.work_budget.proving():
        proof, holder = _check_proof(verifier, opened, circumstances)
    if proof_only:
        return Verified(opened.document, VerificationResult((proof,)), holder=holder)
    checks: tuple[Check, ...] = (PARSED, _check_structure(opened.document), proof)
    if proof.outcome is Outcome.FAILED and proof.code not in _SIGNED_BY_NOBODY:
        # Whoever changed it could have put anything inside; that is not worth any work.
        return Verified(opened.document, VerificationResult((*checks, _NOT_LOOKED_AT)))
    held = listed(opened.document.get("verifiableCredential"))
    credentials = tuple(
        _verify_held(verifier, value, around, now=now, holder=holder, tokens=holds_tokens(opened.document))
        for value in around.work_budget.take(held)
    )
    nested = check_nested(
        [(item.document, item.result) for item in credentials], len(held), spec=IN_PRESENTATION
    )
    checks += nested
    return Verified(opened.document, VerificationResult(checks), credentials, holder)


def _check_structure(document: JsonObject) -> Check:
    faults = check_presentation_model(document)
    facts: dict[str, Fact] = {"model": model_of(document), "faults": len(faults)}
    if not faults:
        reason = "It is built as a verifiable presentation."
        return Check("structure", Outcome.PASSED, reason, _SPEC, data=facts)
    reason = f"It is not built as a verifiable presentation: {join_faults(faults)}."
    return Check("structure", Outcome.FAILED, reason, _SPEC, code=InputError.code, data=facts)


def _check_proof(verifier: Verifier, opened: Secured, circumstances: Circumstances) -> tuple[Check, str]:
    try:
        holder = _holder(opened)
        proven = verifier.prove(opened, controller=holder, circumstances=circumstances)
    except CredservError as error:
        return unmet("proof", error, opened.spec), ""
    methods = ", ".join(proven.methods)
    reason = f"Signed by its holder, with a key that is theirs: {methods}"
    asked = circumstances.binding
    facts = {
        **proven.facts,
        "challenge": asked.nonce if asked else None,
        "domain": asked.audience if asked else None,
    }
    return Check("proof", Outcome.PASSED, reason, proven.spec, data=facts), holder


def _holder(opened: Secured) -> str:
    """Return the holder it names, or else whose key it says it was signed with. Raises ProofError."""
    stated = opened.document.get("holder")
    holder = stated.get("id") if isinstance(stated, Mapping) else stated
    if stated is None:
        holder = _signing_did(opened)
    if not is_absolute(holder):
        if opened.token is None:
            read_proofs(opened.document)
        raise ProofError("It names no holder, so no key can be the holder's.")
    return holder


def _signing_did(opened: Secured) -> object:
    if opened.token is not None:
        return opened.token.claimed_signer
    proofs = [proof for proof in listed(opened.document.get("proof")) if isinstance(proof, Mapping)]
    methods = {subject_of(str(proof.get("verificationMethod"))) for proof in proofs}
    if len(methods) > 1:
        raise ProofError("It names no holder, and has proofs by several.")
    # Without a proof, the proof check fails whoever the holder is.
    return next(iter(methods), "urn:nobody")


def _verify_held(
    verifier: Verifier, value: object, around: Surroundings, *, now: datetime, holder: str, tokens: bool
) -> Verified:
    """Verify one credential inside.

    An object is a credential; text is a token, allowed only by data model 1.1.
    """
    if not isinstance(value, Mapping) and not (tokens and isinstance(value, str)):
        return Verified({}, unread(InputError("it is no object, and so no credential")))
    verified = verifier.verify_within(value, around, now=now)
    if not verified.document:
        return verified
    policy = (*verified.result.policy, check_holder(verified.document, holder))
    return replace(verified, result=replace(verified.result, policy=policy))
