"""The interface of every cryptosuite. A suite raises; it never collects checks."""

from __future__ import annotations

from typing import Any, Protocol

from credserv.ground.encoding import KeyType
from credserv.ground.errors import VerificationMethodError
from credserv.ground.json_types import JsonObject
from credserv.proof.keys.signer import Signer
from credserv.proof.keys.verification_method import VerificationMethod


class CryptoSuite(Protocol):
    """A cryptosuite. Source: VC Data Integrity 1.0, section 4."""

    @property
    def identifier(self) -> str:
        """The `cryptosuite` member of its proofs, or their `type` where they have no `cryptosuite`."""
        ...

    @property
    def proof_type(self) -> str:
        """The `type` of its proofs."""
        ...

    @property
    def key_types(self) -> frozenset[KeyType]:
        """The kinds of key it signs with. The suite must fit the key, never the reverse."""
        ...

    @property
    def signs(self) -> bool:
        """Whether it also creates proofs."""
        ...

    def create_proof(self, unsecured: JsonObject, options: JsonObject, signer: Signer) -> dict[str, Any]:
        """Return the complete proof.

        Args:
            options: the proof without its proofValue.

        Raises:
            InputError: the options are no proof of this suite, or the document cannot be signed in full (the
                errors of canonicalization).
            SigningKeyError: the key cannot sign.
            UnsupportedProofError: the suite only verifies.
        """
        ...

    def require_contexts(self, document: JsonObject) -> None:
        """Check inline contexts before any key is looked for, in suites that read them.

        Raises RedefinedTermError, UnknownContextError.
        """
        ...

    def verify_proof(self, unsecured: JsonObject, proof: JsonObject, method: VerificationMethod) -> None:
        """Verify one proof.

        Raises:
            InvalidSignatureError: the signature does not fit.
            MalformedProofError: the proof is malformed.
            VerificationMethodError: the key is of another kind.
            InputError: the document cannot be canonicalized.
        """
        ...


def fitting_key_type(suite: CryptoSuite, method: VerificationMethod) -> KeyType:
    """Return the kind of the method's key.

    Raises VerificationMethodError if the suite does not use that kind.
    """
    if method.key_type is None or method.key_type not in suite.key_types:
        said = "RSA" if method.key_type is None else method.key_type.name
        raise VerificationMethodError(f"a key for {said} under an {suite.identifier} proof")
    return method.key_type
