"""Add Data Integrity proofs to documents and verify those that a document carries.

Source: VC Data Integrity 1.0, sections 2.1, 4.2 to 4.6. The policy on sets of proofs, stated only here:

- Every proof must be well formed.
- Every proof of the controller that we can judge must verify, and there must be at least one.
- A proof of somebody else is not judged, unless one of the controller's builds on it (previousProof).
- A proof of a published kind that we do not verify decides nothing beside one that we do.
- A proof of an unpublished kind may be a known one that was spoiled, and leaves the document unproven.

`tell_proofs` reports the outcome of each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from credserv.ground.encoding import format_instant
from credserv.ground.errors import (
    InputError,
    OtherOccasionError,
    ProofTimeError,
    UnsupportedProofError,
    VerificationMethodError,
)
from credserv.ground.json_types import JsonObject
from credserv.proof.data_integrity.cryptosuite import CryptoSuite
from credserv.proof.data_integrity.hashing_suite import Unchanging
from credserv.proof.data_integrity.proof_form import (
    PROOF_TYPE,
    domains_of,
    instant_of,
    previous_of,
    read_proofs,
)
from credserv.proof.keys.signer import Signer
from credserv.proof.keys.verification_method import (
    VerificationMethod,
    find_method,
    refuse_former_name,
    subject_of,
)

# Published kinds of proofs that are not verified here: an honest issuer may add one beside another.
PUBLISHED = frozenset(
    {"bbs-2023", "bbs-2020", "bbs-termwise-2021", "ecdsa-sd-2023", "ecdsa-xi-2023", "mldsa44-rdfc-2024"}
    | {"mldsa44-jcs-2024", "slhdsa128-rdfc-2024", "slhdsa128-jcs-2024", "falcon512-rdfc-2024"}
    | {
        "sqisign-rdfc-2024",
        "experimental-mldsa44-2025",
        "jcs-eddsa-2022",
        "json-eddsa-2022",
        "anoncreds-2023",
    }
    | {"anoncredsvc-2023", "eddsa-xi-2025", "ecdsa-sd-2019"}
    | {"BbsBlsSignature2020", "BbsBlsSignatureProof2020", "CLSignature2019", "RsaSignature2018"}
    | {"EcdsaSecp256k1Signature2019", "EcdsaSecp256k1RecoverySignature2020", "EcdsaSecp256r1Signature2019"}
    | {"Ed25519Signature2018", "Ed25519Signature2020", "JsonWebSignature2020", "JcsEd25519Signature2020"}
    | {
        "EthereumEip712Signature2021",
        "EthereumPersonalSignature2021",
        "SolanaSignature2021",
        "TezosSignature2021",
    }
    | {
        "MerkleProof2017",
        "MerkleProof2019",
        "ChainpointSHA256v2",
        "EcdsaKoblitzSignature2016",
        "GpgSignature2020",
    }
    | {"AleoSignature2021", "P256BLAKE2BDigestSize20Base58CheckEncodedSignature2021", "WebauthnSignature2023"}
    | {"TezosJcsSignature2021", "Ed25519BLAKE2BDigestSize20Base58CheckEncodedSignature2021"}
)


@dataclass(frozen=True)
class VerifiedProof:
    """A proof that holds.

    Attributes:
        verification_method: absolute DID URL.
        controller: its DID.
        domain, challenge: as the proof states them, for callers who asked for them.
        ends: when it stops holding, for its own end or that of its key; None where neither has one.
    """

    verification_method: str
    cryptosuite: str
    created: datetime | None
    controller: str
    domain: tuple[str, ...] = ()
    challenge: str | None = None
    ends: datetime | None = None


@dataclass(frozen=True)
class ProofExtras:
    """Optional members of a proof.

    Attributes:
        proof_id: an absolute URL; needed if another proof is to build on this one.
        previous: ids of proofs in the document that this one builds on.
    """

    proof_id: str | None = None
    expires: datetime | None = None
    domain: tuple[str, ...] = ()
    challenge: str | None = None
    previous: tuple[str, ...] = ()


def add_proof(
    document: JsonObject,
    *,
    suite: CryptoSuite,
    signer: Signer,
    verification_method: str,
    created: datetime,
    purpose: str = "assertionMethod",
    extras: ProofExtras | None = None,
) -> dict[str, Any]:
    """Return the document with its only proof.

    Args:
        created: aware; written in whole seconds.

    Raises:
        InputError: the document already has a proof.
        CredservError: whatever the suite raises.
    """
    if "proof" in document:
        raise InputError("the document carries a proof already")
    options = proof_options(suite, verification_method, created, purpose, extras)
    return {**document, "proof": suite.create_proof(document, options, signer)}


def add_to_proofs(
    document: JsonObject,
    *,
    suite: CryptoSuite,
    signer: Signer,
    verification_method: str,
    created: datetime,
    purpose: str = "assertionMethod",
    extras: ProofExtras | None = None,
) -> dict[str, Any]:
    """Return the document with one more proof: of a set, or with `extras.previous` of a chain.

    Source: VC Data Integrity 1.0, section 4.3, Add Proof Set/Chain.

    Raises:
        MalformedProofError: the result would not be a valid set.
        CredservError: whatever the suite raises.
    """
    extras = extras or ProofExtras()
    proofs = read_proofs(document)
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    options = proof_options(suite, verification_method, created, purpose, extras)
    built_on = [proof for proof in proofs if proof.get("id") in extras.previous]
    proof = suite.create_proof(_secured(unsecured, built_on), options, signer)
    extended = {**unsecured, "proof": [*proofs, proof]}
    read_proofs(extended)
    return extended


def verify_proofs(
    document: JsonObject,
    *,
    suites: Mapping[str, CryptoSuite],
    resolve_did: Callable[[str], JsonObject],
    controller: str,
    now: datetime,
    clock_skew_seconds: int = 60,
    purpose: str = "assertionMethod",
    domain: str | None = None,
    challenge: str | None = None,
) -> tuple[VerifiedProof, ...]:
    """Verify the proofs of `controller` (a DID) on `document`.

    Args:
        suites: by `cryptosuite`, or by `type` where proofs have none.
        resolve_did: returns the document of a DID; its UnavailableError passes through.
        clock_skew_seconds: how far in the future `created` may lie; `expires` has no leeway.
        domain, challenge: what the caller asked for; every proof of `controller` must state it.

    Returns:
        The proofs that hold; at least one.

    Raises:
        MissingProofError: the document has no proof of the controller.
        MalformedProofError: a proof is malformed.
        UnsupportedProofError: a proof cannot be judged here.
        InvalidSignatureError: a signature does not fit.
        VerificationMethodError: a key is unknown or unfit.
        ProofError: a proof is outside its time, or made for another use.
        InputError: the document cannot be canonicalized.
    """
    proofs = read_proofs(document, known=lambda proof: _suite(proof, suites) is not None)
    own = [proof for proof in proofs if _did(proof) == controller]
    unknown = [proof for proof in proofs if _suite(proof, suites) is None]
    judged = [proof for proof in own if _suite(proof, suites)]
    if not judged and unknown:
        raise UnsupportedProofError(f"a proof of a kind that is not known here: {_kind(unknown[0])[:80]!r}")
    if not judged:
        refuse_former_name(controller, *map(_did, proofs))
        raise VerificationMethodError(f"no proof is by {controller[:200]}, whom it names")
    unsecured: JsonObject = {name: value for name, value in document.items() if name != "proof"}
    if len(judged) > 1:
        unsecured = Unchanging(unsecured)
    verification = _Verification(
        unsecured, proofs, suites, resolve_did, now, timedelta(seconds=clock_skew_seconds), purpose
    )
    verified = tuple(verification.verify(proof) for proof in judged)
    _require_asked(verified, domain, challenge)
    stray = next((proof for proof in unknown if not _is_published(proof)), None)
    if stray is not None:
        raise UnsupportedProofError(
            f"{len(verified)} of its proofs hold, and one is of a kind that nobody is known to make: "
            f"{_kind(stray)[:80]!r}"
        )
    return verified


def tell_proofs(
    document: JsonObject, verified: tuple[VerifiedProof, ...], suites: Mapping[str, CryptoSuite]
) -> dict[str, str | int | bool | None]:
    """Return the outcome of each proof, in order: `proof_1`, `proof_2`, ...; nothing for a single proof."""
    held = {(proof.verification_method, proof.cryptosuite) for proof in verified}
    told: dict[str, str | int | bool | None] = {}
    proofs = read_proofs(document, known=lambda proof: _suite(proof, suites) is not None)
    for number, proof in enumerate(proofs, 1):
        if _suite(proof, suites) is None:
            what = "not known"
        elif (proof["verificationMethod"], _kind(proof)) in held:
            what = "held"
        else:
            what = "by another, not asked for"
        told[f"proof_{number}"] = f"{_kind(proof)[:80]}: {what}"
    return told if len(proofs) > 1 else {}


def _require_asked(verified: tuple[VerifiedProof, ...], domain: str | None, challenge: str | None) -> None:
    """Require the domains and challenge asked for (section 4.4, steps 5 and 6).

    The domains must be the same: either recipient of a proof made for two could pass it on (attacks 84 and
    85).
    """
    for proof in verified:
        if domain is not None and set(proof.domain) != {domain}:
            raise OtherOccasionError(f"the proof was made for another domain than {domain[:200]!r}")
        if challenge is not None and proof.challenge != challenge:
            raise OtherOccasionError("the proof answers another challenge, or none")


@dataclass(frozen=True)
class _Verification:
    unsecured: JsonObject
    proofs: list[JsonObject]
    suites: Mapping[str, CryptoSuite]
    resolve_did: Callable[[str], JsonObject]
    now: datetime
    leeway: timedelta
    purpose: str
    done: dict[str, VerifiedProof] = field(default_factory=dict)  # by id: several proofs may build on one

    def verify(self, proof: JsonObject) -> VerifiedProof:
        """Verify one proof after those it builds on; the chain is known to be finite."""
        name = proof.get("id", "")
        if name in self.done:
            return self.done[name]
        verified = self._verify(proof)
        if name:
            self.done[name] = verified
        return verified

    def _verify(self, proof: JsonObject) -> VerifiedProof:
        previous = [other for other in self.proofs if other.get("id") in previous_of(proof)]
        for other in previous:
            self.verify(other)
        suite = _suite(proof, self.suites)
        if suite is None:
            raise UnsupportedProofError(f"built on a proof of a kind we do not know: {_kind(proof)[:80]!r}")
        suite.require_contexts(self.unsecured)
        method = self._method(proof)
        suite.verify_proof(_secured(self.unsecured, previous), proof, method)
        self._require_time(proof)  # after the signature: unsigned dates say nothing
        return VerifiedProof(
            verification_method=method.id,
            cryptosuite=suite.identifier,
            created=instant_of(proof, "created"),
            controller=method.controller,
            domain=domains_of(proof),
            challenge=proof.get("challenge"),
            ends=_earliest(instant_of(proof, "expires"), method.expires, method.revoked),
        )

    def _method(self, proof: JsonObject) -> VerificationMethod:
        if proof["proofPurpose"] != self.purpose:
            raise VerificationMethodError(
                f"a proof for {proof['proofPurpose'][:80]!r}, not for {self.purpose}"
            )
        named = proof["verificationMethod"]
        method = find_method(self.resolve_did(named.partition("#")[0]), named, purpose=self.purpose)
        for end in (method.expires, method.revoked):
            if end is not None and end <= self.now:
                raise VerificationMethodError("the verification method was revoked, or has expired")
        return method

    def _require_time(self, proof: JsonObject) -> None:
        created, expires = instant_of(proof, "created"), instant_of(proof, "expires")
        if created is not None and created > self.now + self.leeway:
            raise ProofTimeError(f"the proof says it was created later than now: {format_instant(created)}")
        if expires is not None and expires <= self.now:
            raise ProofTimeError(f"the proof expired on {format_instant(expires)}")


def proof_options(
    suite: CryptoSuite,
    verification_method: str,
    created: datetime,
    purpose: str = "assertionMethod",
    extras: ProofExtras | None = None,
) -> dict[str, Any]:
    """Return a proof without its proofValue (section 2.1); absent members are left out."""
    extras = extras or ProofExtras()
    options: dict[str, Any] = {
        "id": extras.proof_id,
        "type": suite.proof_type,
        "cryptosuite": suite.identifier if suite.proof_type == PROOF_TYPE else None,
        "created": format_instant(created),
        "verificationMethod": verification_method,
        "proofPurpose": purpose,
        "expires": format_instant(extras.expires) if extras.expires else None,
        "domain": _one_or_all(extras.domain),
        "challenge": extras.challenge,
        "previousProof": _one_or_all(extras.previous),
    }
    return {name: value for name, value in options.items() if value is not None}


def _one_or_all(values: tuple[str, ...]) -> str | list[str] | None:
    return values[0] if len(values) == 1 else list(values) or None


def _earliest(*instants: datetime | None) -> datetime | None:
    return min((instant for instant in instants if instant is not None), default=None)


def _secured(unsecured: JsonObject, previous: list[JsonObject]) -> JsonObject:
    """Return what a proof signs, including those it builds on (section 4.5, Verify Proof Sets and Chains)."""
    return {**unsecured, "proof": previous} if previous else unsecured


def _did(proof: JsonObject) -> str:
    return subject_of(str(proof.get("verificationMethod")))


def _kind(proof: JsonObject) -> str:
    return str(proof.get("cryptosuite") if proof.get("type") == PROOF_TYPE else proof.get("type"))


def _is_published(proof: JsonObject) -> bool:
    return _kind(proof) in PUBLISHED


def _suite(proof: JsonObject, suites: Mapping[str, CryptoSuite]) -> CryptoSuite | None:
    suite = suites.get(_kind(proof))
    return suite if suite is not None and suite.proof_type == proof.get("type") else None
