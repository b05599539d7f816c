"""The form a proof must have before its signature is judged.

Source: VC Data Integrity 1.0, sections 2.1 and 2.1.2.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from credserv.ground.encoding import parse_time_value
from credserv.ground.errors import (
    InputError,
    MalformedProofError,
    MissingProofError,
    UnsupportedProofError,
)
from credserv.ground.json_types import JsonObject
from credserv.proof.rdf.nquads import is_iri

PROOF_TYPE = "DataIntegrityProof"
MAX_PROOFS = 8
_MAX_TEXT = 2_048
_NEEDED_OF_ANY = ("type", "proofPurpose", "verificationMethod")
_NEEDED = (*_NEEDED_OF_ANY, "cryptosuite", "proofValue")


def read_proofs(
    document: JsonObject, *, known: Callable[[JsonObject], bool] | None = None
) -> list[JsonObject]:
    """Return the proofs of a document, each well formed.

    Args:
        known: whether a proof claims a kind that is judged here; any other only has to be an object with a
            type.

    Raises:
        MissingProofError: there is none.
        MalformedProofError: one is malformed.
        UnsupportedProofError: a key is named by a URL of its own, by one too long to read, or in a form of
            before VC Data Integrity 1.0.
    """
    value = document.get("proof")
    if value is None or value == []:
        raise MissingProofError("the document carries no proof")
    proofs = value if isinstance(value, list) else [value]
    if len(proofs) > MAX_PROOFS:
        raise MalformedProofError(f"{len(proofs)} proofs; at most {MAX_PROOFS} are looked at")
    for proof in proofs:
        if not isinstance(proof, dict):
            raise MalformedProofError("a proof is an object")
        if known is None or known(proof) or not has_kind(proof):
            _require_form(proof)
    _require_chain(proofs)
    return proofs


def has_kind(proof: JsonObject) -> bool:
    """Return whether a proof says what kind it is: a type, and a cryptosuite where the type alone does not
    tell."""
    names = ["type", "cryptosuite"] if proof.get("type") == PROOF_TYPE else ["type"]
    return all(isinstance(proof.get(name), str) and proof[name] for name in names)


def _require_form(proof: JsonObject) -> None:
    """Require the form of VC Data Integrity 1.0, section 2.1. Null equals an absent member, as serialisers
    write it."""
    is_older = has_kind(proof) and proof["type"] != PROOF_TYPE
    if isinstance(proof.get("verificationMethod"), dict) or (is_older and proof.get("creator") is not None):
        raise UnsupportedProofError("its key is named in a form of before VC Data Integrity 1.0")
    for name in _NEEDED if proof.get("type") == PROOF_TYPE else _NEEDED_OF_ANY:
        if not isinstance(proof.get(name), str) or not proof[name]:
            raise MalformedProofError(f"{name} of the proof is missing or no string")
    method = proof["verificationMethod"]
    if len(method) > _MAX_TEXT or (is_iri(method) and "#" not in method):
        raise UnsupportedProofError(f"its key is named in a way that is not looked up here: {method[:120]!r}")
    if not is_iri(method) or method.count("#") != 1:
        raise MalformedProofError(f"verificationMethod is no absolute DID URL: {method[:120]!r}")
    if proof.get("id") is not None and not (isinstance(proof["id"], str) and is_iri(proof["id"])):
        raise MalformedProofError("the id of a proof is an absolute URL")
    if not all(isinstance(proof.get(name), str | None) for name in ("challenge", "nonce")):
        raise MalformedProofError("challenge and nonce of a proof are strings")
    domains_of(proof)
    created, expires = instant_of(proof, "created"), instant_of(proof, "expires")
    if created and expires and expires <= created:
        raise MalformedProofError("the proof expires before it was created")


def _require_chain(proofs: list[JsonObject]) -> None:
    """Require that every previousProof names another proof here, without circles (section 2.1.2)."""
    if len(proofs) == 1 and proofs[0].get("previousProof") is None:
        return
    ids = [proof["id"] for proof in proofs if isinstance(proof.get("id"), str)]
    if len(set(ids)) != len(ids):
        raise MalformedProofError("two proofs have the same id")
    before = {index: previous_of(proof) for index, proof in enumerate(proofs)}
    by_id = {proof["id"]: index for index, proof in enumerate(proofs) if isinstance(proof.get("id"), str)}
    missing = {name for names in before.values() for name in names} - set(by_id)
    if missing:
        raise MalformedProofError(f"previousProof names a proof that is not there: {min(missing)[:120]!r}")
    while before:  # drop proofs that build on nothing left; in a circle, none can be dropped
        ends = [index for index, names in before.items() if not any(by_id[name] in before for name in names)]
        if not ends:
            raise MalformedProofError("previousProof goes round in a circle")
        for index in ends:
            del before[index]


def previous_of(proof: JsonObject) -> list[str]:
    """Return the ids in previousProof. Raises MalformedProofError."""
    value = proof.get("previousProof")
    if value is None:
        return []
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise MalformedProofError("previousProof is a string, or a list of strings")
    if not 0 < len(names) <= MAX_PROOFS:
        raise MalformedProofError("previousProof is empty, or too long")
    return names


def domains_of(proof: JsonObject) -> tuple[str, ...]:
    """Return the domains (section 2.1: a string, or a set of strings). Raises MalformedProofError."""
    value = proof.get("domain")
    if value is None:
        return ()
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
        raise MalformedProofError("domain of a proof is a string, or a list of strings")
    return tuple(names)


def instant_of(proof: JsonObject, name: str) -> datetime | None:
    """Return an xsd:dateTimeStamp (section 2.1); one without a zone is in UTC. Raises MalformedProofError."""
    if proof.get(name) is None:
        return None
    try:
        return parse_time_value(proof[name])
    except (InputError, TypeError) as error:
        raise MalformedProofError(f"{name} of the proof is no date and time") from error
