"""Memory of documents seen before, so that what follows from the content alone is computed once.

That is: structure, display, and that a signature fits a key. Whose key it is, every date, the status and
everything outside the document are checked again at each verification. Documents are found by a digest of
their whole content; the display is kept only where it has few parts.
"""

from __future__ import annotations

import hashlib
import marshal
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from credserv.ground.json_types import JsonObject
from credserv.ground.verification import Check
from credserv.openbadges.display import CredentialDisplay
from credserv.proof.data_integrity.cryptosuite import CryptoSuite
from credserv.proof.keys.jwk import JoseKey
from credserv.proof.keys.signer import Signer
from credserv.proof.keys.verification_method import VerificationMethod

MAX_DOCUMENTS = 1_024
MAX_BYTES = 65_536
MAX_PARTS = 100  # bounds memory: an empty one is two bytes in the document and many more here
_FORMAT = 2  # marshal format: the last one whose bytes depend on the value alone


@dataclass(frozen=True, slots=True)
class Form:
    """What follows from a document's content.

    Attributes:
        checks: of its structure.
        names_resources: whether it names a resource with a digest.
    """

    checks: tuple[Check, ...]
    names_resources: bool


class Fitting:
    """Which proofs of one document fitted which keys."""

    def __init__(self) -> None:
        self._keys: set[tuple[bytes, JoseKey]] = set()

    def once(self, suites: Mapping[str, CryptoSuite]) -> Mapping[str, CryptoSuite]:
        """Return the suites for proofs of this one document; a proof that fitted a key is not verified
        again."""
        return _OnceSuites(suites, self._keys)


@dataclass(slots=True)
class Seen:
    """What is known of one document. `form` and `display` are None until they are computed."""

    form: Form | None = None
    display: CredentialDisplay | None = None
    fitting: Fitting = field(default_factory=Fitting)

    def keep_display(self, display: CredentialDisplay) -> None:
        """Keep what it says for the next reader, unless it takes too much room."""
        if display.size <= MAX_PARTS and display.chars <= MAX_BYTES:
            self.display = display


class DocumentMemory:
    """The documents seen most recently. Safe to share between threads."""

    def __init__(self) -> None:
        self._seen: OrderedDict[bytes, Seen] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, digest: bytes) -> Seen:
        """Return what is known of a document, or an empty record for a new one.

        `digest` is a `content_digest`.
        """
        with self._lock:
            seen = self._seen.get(digest)
            if seen is None:
                seen = self._seen[digest] = Seen()
                if len(self._seen) > MAX_DOCUMENTS:
                    self._seen.popitem(last=False)
            else:
                self._seen.move_to_end(digest)
        return seen


def content_digest(document: JsonObject) -> bytes | None:
    """Return a digest of the whole document, proofs included; None for a document that is not remembered.

    Different documents always differ: 1, 1.0 and true are three values, and so are two orders of members.
    """
    content = content_of(document)
    if content is None or len(content) > MAX_BYTES:
        return None
    return hashlib.blake2b(content, digest_size=32).digest()


def content_of(value: JsonObject) -> bytes | None:
    """Return comparable bytes of a value; None if it is not plain JSON or is nested too deeply."""
    try:
        return marshal.dumps(dict(value), _FORMAT)
    except ValueError:
        return None


class _OnceSuites(Mapping[str, CryptoSuite]):
    """Suites wrapped on demand: each verification uses only one or two of them."""

    def __init__(self, suites: Mapping[str, CryptoSuite], fitting: set[tuple[bytes, JoseKey]]) -> None:
        self._suites = suites
        self._fitting = fitting

    def __getitem__(self, name: str) -> CryptoSuite:
        return _OnceSuite(self._suites[name], self._fitting)

    def __iter__(self) -> Iterator[str]:
        return iter(self._suites)

    def __len__(self) -> int:
        return len(self._suites)


class _OnceSuite:
    """A suite that remembers which proofs of one document fitted which keys."""

    def __init__(self, suite: CryptoSuite, fitting: set[tuple[bytes, JoseKey]]) -> None:
        self._suite = suite
        self._fitting = fitting
        self.identifier = suite.identifier
        self.proof_type = suite.proof_type
        self.key_types = suite.key_types
        self.signs = suite.signs

    def create_proof(self, unsecured: JsonObject, options: JsonObject, signer: Signer) -> dict[str, Any]:
        return self._suite.create_proof(unsecured, options, signer)

    def require_contexts(self, document: JsonObject) -> None:
        self._suite.require_contexts(document)

    def verify_proof(self, unsecured: JsonObject, proof: JsonObject, method: VerificationMethod) -> None:
        """Verify as the suite does, skipping a proof and key that it has passed before."""
        content = content_of(proof)
        if (content, method.key) in self._fitting:
            return
        self._suite.verify_proof(unsecured, proof, method)
        if content is not None:
            self._fitting.add((content, method.key))
