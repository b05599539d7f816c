"""The skeleton that most cryptosuites share: canonical forms, two hashes side by side, one signature.

Source: Data Integrity EdDSA Cryptosuites 1.0, section 3, and ECDSA Cryptosuites 1.0, sections 3.1 to 3.3. A
suite adds its canonical form, its kinds of key, and where the @context of its proofs comes from.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Self

from credserv.ground.canonical_json import canonize_json
from credserv.ground.encoding import KeyType, decode_multikey, encode_base58btc
from credserv.ground.errors import (
    InputError,
    InvalidSignatureError,
    MalformedProofError,
    SigningKeyError,
    TooComplexError,
    UndefinedTermError,
    UnknownContextError,
    UnsupportedProofError,
)
from credserv.ground.json_types import JsonObject
from credserv.openbadges.data_model import listed
from credserv.proof.data_integrity.cryptosuite import fitting_key_type
from credserv.proof.data_integrity.proof_form import PROOF_TYPE
from credserv.proof.keys.public_key import read_signature, verify_signature
from credserv.proof.keys.signer import Signer
from credserv.proof.keys.verification_method import VerificationMethod
from credserv.proof.rdf.canonize import Canonizer
from credserv.proof.rdf.document_loader import PinnedContexts
from credserv.proof.rdf.former_contexts import FormerCanonizer, names_any
from credserv.proof.rdf.strict_jsonld import context_urls

_HASHES = {"sha256": hashlib.sha256, "sha384": hashlib.sha384}
HASH_NAMES = {KeyType.ED25519: "sha256", KeyType.P256: "sha256", KeyType.P384: "sha384"}
# VC Data Integrity 1.0, section 2.1. RDFC-1.0 suites refuse other members as undefined terms. A JCS suite
# would sign them although nobody knows what they mean (attack 13).
_MEMBERS = frozenset(
    [
        "@context",
        "id",
        "type",
        "cryptosuite",
        "created",
        "expires",
        "domain",
        "challenge",
        "nonce",
        "verificationMethod",
        "proofPurpose",
        "previousProof",
    ]
)
_MAX_DEPTH = 64


class Unchanging(dict[str, Any]):
    """A document that nobody changes while its proofs are verified, so its canonical form is made only once.

    `canonical` holds it by the name of the hash.
    """

    def __init__(self, document: JsonObject) -> None:
        super().__init__(document)
        self.canonical: dict[str, bytes] = {}


class HashingSuite(ABC):
    """The skeleton of a suite. `proof_type` is the `type` of its proofs.

    Shared between threads, as its canonizer is.
    """

    identifier: ClassVar[str]
    key_types: ClassVar[frozenset[KeyType]]
    proof_type: ClassVar[str] = PROOF_TYPE
    signs: ClassVar[bool] = True

    def create_proof(self, unsecured: JsonObject, options: JsonObject, signer: Signer) -> dict[str, Any]:
        """Create a proof (sections 3.x.1). Raises InputError for a key of another kind."""
        if not self.signs:
            raise UnsupportedProofError(f"{self.identifier} is verified here, never made")
        if signer.key_type not in self.key_types:
            raise InputError(f"{self.identifier} does not sign with {signer.key_type.name} keys")
        proof = self._begin(unsecured, options)
        signature = signer.sign(self.hash_data(unsecured, proof, signer.key_type))
        return proof | {"proofValue": encode_base58btc(signature)}

    def verify_proof(self, unsecured: JsonObject, proof: JsonObject, method: VerificationMethod) -> None:
        """Verify a proof (sections 3.x.2)."""
        self._verify(unsecured, proof, method)

    def _verify(self, unsecured: JsonObject, proof: JsonObject, method: VerificationMethod) -> None:
        key_type = fitting_key_type(self, method)
        signature = read_signature(proof.get("proofValue"), key_type)
        options = {name: value for name, value in proof.items() if name != "proofValue"}
        data = self.hash_data(unsecured, options, key_type)
        verify_signature(key_type, method.public_key, signature, data)

    @abstractmethod
    def require_contexts(self, document: JsonObject) -> None: ...

    def hash_data(
        self, unsecured: JsonObject, options: JsonObject, key_type: KeyType = KeyType.ED25519
    ) -> bytes:
        """Return what is signed: the hash of the proof options, then that of the document (sections 3.x.3
        to 5)."""
        if not self._is_own(options):
            raise InputError(f"not the options of an {self.identifier} proof")
        hash_name = HASH_NAMES[key_type]
        parts = [self._canonize(part, hash_name) for part in self._configure(unsecured, options)]
        new_hash = _HASHES[hash_name]
        return b"".join([new_hash(part).digest() for part in parts])

    def _is_own(self, options: JsonObject) -> bool:
        return options.get("type") == self.proof_type and options.get("cryptosuite") == self.identifier

    @abstractmethod
    def _begin(self, unsecured: JsonObject, options: JsonObject) -> dict[str, Any]:
        """Return the proof to be signed, from its options."""

    @abstractmethod
    def _configure(self, unsecured: JsonObject, options: JsonObject) -> tuple[JsonObject, JsonObject]:
        """Return options and document as they are hashed."""

    @abstractmethod
    def _canonize(self, document: JsonObject, hash_name: str) -> bytes: ...


@dataclass(frozen=True)
class PreparedProof:
    """Proof options hashed once, to sign documents given in canonical form.

    `digest` is that of the options.
    """

    options: JsonObject
    signer: Signer
    hash_name: str
    digest: bytes

    def sign(self, canonical: str | bytes, *, check: bool = True) -> dict[str, Any]:
        """Return the proof for a canonical document, given as text or UTF-8.

        Raises SigningKeyError; with `check`, also if the signature does not fit the key.
        """
        text = canonical.encode() if isinstance(canonical, str) else canonical
        data = self.digest + _HASHES[self.hash_name](text).digest()
        signature = self.signer.sign(data)
        if check:
            self._require_signature(signature, data)
        return {**self.options, "proofValue": encode_base58btc(signature)}

    def _require_signature(self, signature: bytes, data: bytes) -> None:
        again = self.signer.sign_again(data)
        if again is not None:
            if again != signature:
                raise SigningKeyError("two libraries make different signatures with the signing key")
            return
        key_type, public_key = decode_multikey(self.signer.public_key_multibase)
        try:
            verify_signature(key_type, public_key, signature, data)
        except InvalidSignatureError as error:
            raise SigningKeyError("the signing key makes signatures that do not fit it") from error


class RdfcSuite(HashingSuite):
    """A suite over RDF Dataset Canonicalization 1.0, which uses the hash of the signature too."""

    def __init__(self, canonizer: Canonizer) -> None:
        self._canonizer = canonizer

    def require_contexts(self, document: JsonObject) -> None:
        self._canonizer.require_contexts(document)

    def verify_proof(self, unsecured: JsonObject, proof: JsonObject, method: VerificationMethod) -> None:
        """Verify a proof, also by what the addresses of its contexts served before."""
        try:
            self._verify(unsecured, proof, method)
        except InvalidSignatureError as error:
            former = self._canonizer.contexts.former
            if not former or not names_any(unsecured, former):
                raise
            try:
                self._as_formerly._verify(dict(unsecured), proof, method)
            except (InvalidSignatureError, UndefinedTermError, UnknownContextError):
                raise error from None

    @cached_property
    def _as_formerly(self) -> Self:
        return type(self)(FormerCanonizer(self._canonizer.contexts.as_formerly()))

    def prepare(self, context: object, options: JsonObject, signer: Signer) -> PreparedProof:
        """Prepare the signing of many documents of one @context with the same options; raises as
        `create_proof`."""
        if signer.key_type not in self.key_types or not self._is_own(options):
            raise InputError(f"not the key or not the options of an {self.identifier} proof")
        proof = self._begin({}, options)
        hash_name = HASH_NAMES[signer.key_type]
        config = self._canonize({**proof, "@context": context}, hash_name)
        return PreparedProof(proof, signer, hash_name, _HASHES[hash_name](config).digest())

    def _begin(self, _unsecured: JsonObject, options: JsonObject) -> dict[str, Any]:
        """Omit the @context from the proof: the document states it."""
        return {name: value for name, value in options.items() if name != "@context"}

    def _configure(self, unsecured: JsonObject, options: JsonObject) -> tuple[JsonObject, JsonObject]:
        return configure_rdfc(unsecured, options), _without_repeated_context(unsecured)

    def _canonize(self, document: JsonObject, hash_name: str) -> bytes:
        if not isinstance(document, Unchanging):
            return self._canonizer.canonize_utf8(document, hash_name=hash_name)
        known = document.canonical.get(hash_name)
        if known is None:
            known = self._canonizer.canonize_utf8(dict(document), hash_name=hash_name)
            document.canonical[hash_name] = known
        return known


class JcsSuite(HashingSuite):
    """A suite over the JSON Canonicalization Scheme. It signs members that no context defines like any other.

    Contexts give members their meaning, so here too they have to be pinned (attacks 8 to 10).

    Attributes:
        inline: whether a document may contain contexts, as those of conformance suites do.
    """

    def __init__(self, contexts: PinnedContexts, *, inline: bool = False) -> None:
        self._contexts = contexts
        self._inline = inline

    def require_contexts(self, document: JsonObject) -> None:
        """Do nothing here: `_require_contexts` refuses inline contexts."""

    def _begin(self, unsecured: JsonObject, options: JsonObject) -> dict[str, Any]:
        """Repeat the document's @context in the proof (section 3.3.1, step 2)."""
        proof = {name: value for name, value in options.items() if name != "@context"}
        return proof | {"@context": unsecured["@context"]} if "@context" in unsecured else proof

    def _configure(self, unsecured: JsonObject, options: JsonObject) -> tuple[JsonObject, JsonObject]:
        """Drop contexts added after the proof's own, because they were not signed (section 3.3.2, step 4)."""
        unknown = sorted(set(options) - _MEMBERS)
        if unknown:
            raise MalformedProofError(f"the proof has a member of unknown meaning: {unknown[0][:80]!r}")
        if "@context" in unsecured:
            self._require_known(unsecured["@context"])
        if "@context" not in options:
            return options, unsecured
        signed = listed(options["@context"])
        if signed != listed(unsecured.get("@context"))[: len(signed)]:
            raise MalformedProofError("the @context of the document does not begin with the proof's")
        return options, {**unsecured, "@context": options["@context"]}

    def _require_contexts(self, document: JsonObject) -> None:
        """Require pinned contexts at every depth: embedded credentials and proofs name theirs.

        Raises UnknownContextError.
        """
        level: list[object] = [dict(document)]
        for _ in range(_MAX_DEPTH):
            below: list[object] = []
            for value in level:
                if isinstance(value, dict):
                    if "@context" in value:
                        self._require_known(value["@context"])
                    below += [member for name, member in value.items() if name != "@context"]
                elif isinstance(value, list):
                    below += value
            level = [value for value in below if type(value) is not str]
            if not level:
                return
        raise TooComplexError(f"nested deeper than {_MAX_DEPTH} levels")

    def _require_known(self, context: object) -> None:
        if self._inline and isinstance(context, list):
            context = [item for item in context if not isinstance(item, Mapping)]
        unknown = [url for url in context_urls(context, "@context") if url not in self._contexts.urls]
        if unknown:
            raise UnknownContextError(f"not a JSON-LD context this service knows: {unknown[0][:200]!r}")

    def _canonize(self, document: JsonObject, _hash_name: str) -> bytes:
        text = canonize_json(document)
        # Inside a text, the quotes of a name are escaped, so this counts members only.
        named, opened = text.count(b'"@context":'), text.count(b"{") + text.count(b"[")
        if named > ("@context" in document) or opened > _MAX_DEPTH:
            self._require_contexts(document)
        return text


def configure_rdfc(unsecured: JsonObject, options: JsonObject) -> JsonObject:
    """Return the options to be read in the document's contexts, whatever they say themselves (section 3.2.5,
    step 5).

    Raises MalformedProofError for other contexts, which would be shown but not signed.
    """
    context = unsecured.get("@context")
    if options.get("@context", context) != context:
        raise MalformedProofError("the proof names another @context than the document")
    return {**options, "@context": context}


def _without_repeated_context(document: JsonObject) -> JsonObject:
    """Return the document without the @context of proofs that repeat the document's own, as JCS suites write
    it.

    This concerns proofs of a chain and of the credentials in a presentation.
    """
    changed: dict[str, Any] = {}
    if any("@context" in proof for proof in _objects(document.get("proof"))):
        context = document.get("@context")
        changed["proof"] = [
            {name: value for name, value in proof.items() if name != "@context" or value != context}
            for proof in _objects(document["proof"])
        ]
    held = _objects(document.get("verifiableCredential"))
    plain = [_without_repeated_context(item) for item in held]
    if any(one is not other for one, other in zip(held, plain, strict=True)):
        changed["verifiableCredential"] = plain
    return {**document, **changed} if changed else document


def _objects(value: object) -> list[JsonObject]:
    """Return the items of a list, or the one object; nothing if any is not an object, which is judged
    elsewhere."""
    items = listed(value)
    found = [item for item in items if isinstance(item, Mapping)]
    return found if len(found) == len(items) else []
