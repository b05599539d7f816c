"""Data Integrity proofs: adding one, and verifying those that a document carries.

Source: VC Data Integrity 1.0, sections 2.1, 4.2 to 4.6. The policy on sets of proofs, stated once: every
proof must be well formed; every proof of the controller that we can judge must verify, and there must be
one; a proof of somebody else is not asked for, unless one of the controller's builds on it
(previousProof). A proof of a type or suite that we do not know decides nothing beside one that we do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from credserv.encoding import format_instant, parse_instant
from credserv.errors import (
    InputError,
    MalformedProofError,
    MissingProofError,
    ProofError,
    UnsupportedProofError,
    VerificationMethodError,
)
from credserv.proof.cryptosuite import CryptoSuite
from credserv.proof.nquads import is_iri
from credserv.proof.signer import Signer
from credserv.proof.verification_method import VerificationMethod, find_method
from credserv.store.records import JsonObject

PROOF_TYPE = "DataIntegrityProof"
MAX_PROOFS = 8
_MAX_TEXT = 2_048


@dataclass(frozen=True)
class VerifiedProof:
    """A proof that holds. verification_method: absolute DID URL. controller: its DID."""

    verification_method: str
    cryptosuite: str
    created: datetime | None
    controller: str


def add_proof(
    document: JsonObject,
    *,
    suite: CryptoSuite,
    signer: Signer,
    verification_method: str,
    created: datetime,
    purpose: str = "assertionMethod",
) -> dict[str, Any]:
    """The document with its proof. created: aware, written in whole seconds.

    Raises InputError when it has a proof already, and whatever the suite raises.
    """
    if "proof" in document:
        raise InputError("the document carries a proof already")
    options = {
        "type": PROOF_TYPE,
        "cryptosuite": suite.identifier,
        "created": format_instant(created),
        "verificationMethod": verification_method,
        "proofPurpose": purpose,
    }
    return {**document, "proof": suite.create_proof(document, options, signer)}


def verify_proofs(
    document: JsonObject,
    *,
    suites: Mapping[str, CryptoSuite],
    resolve_did: Callable[[str], JsonObject],
    controller: str,
    now: datetime,
    clock_skew_seconds: int = 60,
    purpose: str = "assertionMethod",
) -> tuple[VerifiedProof, ...]:
    """Verify the proofs of `controller` (a DID) on `document`; returns those that held, at least one.

    suites: by `cryptosuite`. resolve_did: gives the document of a DID, or raises UnavailableError, which
    passes through, as do the errors of canonicalization. clock_skew_seconds: how far in the future
    `created` may lie; `expires` has no leeway.
    Raises MissingProofError, MalformedProofError, UnsupportedProofError, InvalidSignatureError,
    VerificationMethodError, or ProofError for a proof outside its time.
    """
    proofs = read_proofs(document)
    own = [proof for proof in proofs if _did(proof) == controller]
    if not own:
        raise VerificationMethodError("no proof is by the issuer")
    judged = [proof for proof in own if _is_known(proof, suites)]
    if not judged:
        raise UnsupportedProofError(f"a proof of a kind we do not know: {_kind(own[0])[:80]!r}")
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    verification = _Verification(
        unsecured, proofs, suites, resolve_did, now, timedelta(seconds=clock_skew_seconds), purpose
    )
    return tuple(verification.verify(proof) for proof in judged)


def read_proofs(document: JsonObject) -> list[JsonObject]:
    """The proofs of a document, each well formed. Raises MissingProofError and MalformedProofError."""
    value = document.get("proof")
    if value is None or value == []:
        raise MissingProofError("the document carries no proof")
    proofs = value if isinstance(value, list) else [value]
    if len(proofs) > MAX_PROOFS:
        raise MalformedProofError(f"{len(proofs)} proofs; at most {MAX_PROOFS} are looked at")
    for proof in proofs:
        _check_form(proof)
    _check_chain(proofs)
    return proofs


def _check_form(proof: Any) -> None:
    """VC Data Integrity 1.0, section 2.1."""
    if not isinstance(proof, dict):
        raise MalformedProofError("a proof is an object")
    needed = ["type", "proofPurpose", "verificationMethod"]
    if proof.get("type") == PROOF_TYPE:
        needed += ["cryptosuite", "proofValue"]
    for name in needed:
        if not isinstance(proof.get(name), str) or not proof[name]:
            raise MalformedProofError(f"{name} of the proof is missing or no string")
    method = proof["verificationMethod"]
    if len(method) > _MAX_TEXT or not is_iri(method) or method.count("#") != 1:
        raise MalformedProofError(f"verificationMethod is no absolute DID URL: {method[:120]!r}")
    if "id" in proof and not (isinstance(proof["id"], str) and is_iri(proof["id"])):
        raise MalformedProofError("the id of a proof is an absolute URL")
    created, expires = _instant(proof, "created"), _instant(proof, "expires")
    if created and expires and expires <= created:
        raise MalformedProofError("the proof expires before it was created")


def _check_chain(proofs: list[JsonObject]) -> None:
    """Section 2.1.2: every previousProof names another proof here, and following them comes to an end."""
    ids = [proof["id"] for proof in proofs if "id" in proof]
    if len(set(ids)) != len(ids):
        raise MalformedProofError("two proofs have the same id")
    before = {index: _previous(proof) for index, proof in enumerate(proofs)}
    by_id = {proof["id"]: index for index, proof in enumerate(proofs) if "id" in proof}
    missing = {name for names in before.values() for name in names} - set(by_id)
    if missing:
        raise MalformedProofError(f"previousProof names a proof that is not there: {min(missing)[:120]!r}")
    while before:  # take away those that build on nothing that is left; a circle leaves none to take
        ends = [index for index, names in before.items() if not any(by_id[name] in before for name in names)]
        if not ends:
            raise MalformedProofError("previousProof goes round in a circle")
        for index in ends:
            del before[index]


def _previous(proof: JsonObject) -> list[str]:
    value = proof.get("previousProof", [])
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise MalformedProofError("previousProof is a string, or a list of strings")
    if len(names) > MAX_PROOFS or ("previousProof" in proof and not names):
        raise MalformedProofError("previousProof is empty, or too long")
    return names


@dataclass(frozen=True)
class _Verification:
    unsecured: JsonObject
    proofs: list[JsonObject]
    suites: Mapping[str, CryptoSuite]
    resolve_did: Callable[[str], JsonObject]
    now: datetime
    leeway: timedelta
    purpose: str
    done: dict[str, VerifiedProof] = field(default_factory=dict)  # by id: many may build on one

    def verify(self, proof: JsonObject) -> VerifiedProof:
        """One proof, and first those that it builds on; the chain has been checked to be finite."""
        name = proof.get("id", "")
        if name in self.done:
            return self.done[name]
        verified = self._verify(proof)
        if name:
            self.done[name] = verified
        return verified

    def _verify(self, proof: JsonObject) -> VerifiedProof:
        previous = [other for other in self.proofs if other.get("id") in _previous(proof)]
        for other in previous:
            if not _is_known(other, self.suites):
                raise UnsupportedProofError(
                    f"built on a proof of a kind we do not know: {_kind(other)[:80]!r}"
                )
            self.verify(other)
        suite, method = self._suite_and_method(proof)
        # Section 4.5, Verify Proof Sets and Chains: what a proof builds on is part of what it signs.
        secured = {**self.unsecured, "proof": previous} if previous else self.unsecured
        suite.verify_proof(secured, proof, method)
        return VerifiedProof(method.id, suite.identifier, _instant(proof, "created"), method.controller)

    def _suite_and_method(self, proof: JsonObject) -> tuple[CryptoSuite, VerificationMethod]:
        if proof["proofPurpose"] != self.purpose:
            raise VerificationMethodError(
                f"a proof for {proof['proofPurpose'][:80]!r}, not for {self.purpose}"
            )
        self._check_time(proof)
        suite = self.suites[proof["cryptosuite"]]
        method = find_method(self.resolve_did(_did(proof)), proof["verificationMethod"], purpose=self.purpose)
        if method.key_type not in suite.key_types:
            raise VerificationMethodError(f"{suite.identifier} does not go with a {method.key_type.name} key")
        for end in (method.expires, method.revoked):
            if end is not None and end <= self.now:
                raise VerificationMethodError("the verification method was revoked, or has expired")
        return suite, method

    def _check_time(self, proof: JsonObject) -> None:
        created, expires = _instant(proof, "created"), _instant(proof, "expires")
        if created is not None and created > self.now + self.leeway:
            raise ProofError(f"the proof says it was created later than now: {format_instant(created)}")
        if expires is not None and expires <= self.now:
            raise ProofError(f"the proof expired on {format_instant(expires)}")


def _did(proof: JsonObject) -> str:
    did: str = proof["verificationMethod"].partition("#")[0]
    return did


def _kind(proof: JsonObject) -> str:
    kind: str = proof["cryptosuite"] if proof["type"] == PROOF_TYPE else proof["type"]
    return kind


def _is_known(proof: JsonObject, suites: Mapping[str, CryptoSuite]) -> bool:
    return proof["type"] == PROOF_TYPE and proof["cryptosuite"] in suites


def _instant(proof: JsonObject, name: str) -> datetime | None:
    """Section 2.1: an xsd:dateTimeStamp. Raises MalformedProofError."""
    if name not in proof:
        return None
    try:
        return parse_instant(proof[name])
    except (InputError, TypeError) as error:
        raise MalformedProofError(f"{name} of the proof is no date and time with a zone") from error
