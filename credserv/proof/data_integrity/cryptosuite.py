"""What every cryptosuite offers. A suite raises; only `verify.py` collects."""

from __future__ import annotations

from typing import Any, Protocol

from credserv.ground.encoding import KeyType
from credserv.ground.errors import VerificationMethodError
from credserv.ground.json_types import JsonObject
from credserv.proof.keys.signer import Signer
from credserv.proof.keys.verification_method import VerificationMethod


class CryptoSuite(Protocol):
    """Source: VC Data Integrity 1.0, section 4."""

    @property
    def identifier(self) -> str:
        """The `cryptosuite` member of its proofs; where they have none, their `type`."""
        ...

    @property
    def proof_type(self) -> str:
        """The `type` of its proofs."""
        ...

    @property
    def key_types(self) -> frozenset[KeyType]:
        """The kinds of key that it signs with: the suite must fit the key, not the other way round."""
        ...

    @property
    def signs(self) -> bool:
        """Whether proofs are made with it, too."""
        ...

    def create_proof(self, unsecured: JsonObject, options: JsonObject, signer: Signer) -> dict[str, Any]:
        """The complete proof. options: the proof without its proofValue.

        Raises the errors of canonicalization for a document that cannot be signed in full, InputError for
        options that are no proof of this suite, SigningKeyError, and UnsupportedProofError from suites that
        are there to verify alone.
        """
        ...

    def require_contexts(self, document: JsonObject) -> None:
        """Before any key is looked for: raises RedefinedTermError and UnknownContextError for contexts given
        inline, by suites that read them."""
        ...

    def verify_proof(self, unsecured: JsonObject, proof: JsonObject, method: VerificationMethod) -> None:
        """Raises InvalidSignatureError, MalformedProofError, VerificationMethodError for a key of another
        kind, and the errors of canonicalization."""
        ...


def fitting_key_type(suite: CryptoSuite, method: VerificationMethod) -> KeyType:
    """The kind of the method's key. Raises VerificationMethodError for one that is not of the suite."""
    if method.key_type is None or method.key_type not in suite.key_types:
        said = "RSA" if method.key_type is None else method.key_type.name
        raise VerificationMethodError(f"a key for {said} under an {suite.identifier} proof")
    return method.key_type
