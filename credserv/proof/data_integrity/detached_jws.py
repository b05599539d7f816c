"""Suites whose signature is a JWS in the member `jws`, detached from the bare bytes that it signs.

JSON Web Signature 2020, section 3; RFC 7797 (`b64` false) and RFC 7515, appendix F. The header says only
that, and the algorithm, which must be the key's: `none`, symmetric and unknown algorithms are refused as in
every JWS. A right signature whose header says more is named as not supported: JWS ignores what it does not
know (RFC 7515, section 4), and the old suites want an exact header.
"""

from __future__ import annotations

from typing import ClassVar

from credserv.ground.encoding import KeyType, decode_base64url
from credserv.ground.errors import InputError, MalformedProofError, UnsupportedProofError
from credserv.ground.json_types import JsonObject
from credserv.proof.data_integrity.cryptosuite import fitting_key_type
from credserv.proof.data_integrity.legacy_suite import LegacySuite
from credserv.proof.keys.verification_method import VerificationMethod
from credserv.proof.tokens.jws import Jws, Profile, peek_header, require_algorithm, split_compact

_MAX_CHARS = 2_048
_HEADER = frozenset({"alg", "b64", "crit"})


class DetachedJwsSuite(LegacySuite):
    """A suite with a detached JWS. Hashes with SHA-256, whatever the key.

    Attributes:
        algorithms: of JWS.
        key_types: the kinds of key for these algorithms, except RSA.
    """

    algorithms: ClassVar[frozenset[str]]

    def _verify(self, unsecured: JsonObject, proof: JsonObject, method: VerificationMethod) -> None:
        if method.key_type is not None:
            fitting_key_type(self, method)
        jws = self._parse(proof.get("jws"))
        method.key.verify(jws.algorithm, jws.signature, jws.signing_input + self._signed(unsecured, proof))
        more = jws.header.keys() - _HEADER
        if more:
            raise UnsupportedProofError(f"the header of its detached JWS has {min(more)[:40]!r} as well")

    def hash_data(
        self, unsecured: JsonObject, options: JsonObject, _key_type: KeyType = KeyType.ED25519
    ) -> bytes:
        return super().hash_data(unsecured, options, KeyType.ED25519)

    def _signed(self, unsecured: JsonObject, proof: JsonObject) -> bytes:
        return self.hash_data(unsecured, {name: value for name, value in proof.items() if name != "jws"})

    def _parse(self, value: object) -> Jws:
        """Parse the detached JWS; its signing_input ends in the dot. Raises as `parse_jws`."""
        if not isinstance(value, str) or len(value) > _MAX_CHARS or ".." not in value:
            raise MalformedProofError("jws of the proof is no detached JWS")
        header_part, _, signature_part = split_compact(value)
        header = peek_header(value)
        require_algorithm(header, Profile(self.identifier, frozenset({None}), self.algorithms))
        if not header.keys() >= _HEADER or header["b64"] is not False or header["crit"] != ["b64"]:
            raise MalformedProofError("the header of a detached JWS holds alg, b64 false, and b64 as crit")
        try:
            signature = decode_base64url(signature_part)
        except InputError as error:
            raise MalformedProofError(f"the signature of the JWS is {error.detail}") from error
        return Jws(header, b"", f"{header_part}.".encode("ascii"), signature)
