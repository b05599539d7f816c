"""Judge what secures a document: a proof inside it or a token around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from credserv.ground.encoding import format_instant
from credserv.ground.errors import UnsupportedProofError
from credserv.ground.json_types import JsonObject
from credserv.ground.verification import NO_FACTS, Fact
from credserv.openbadges.plain import plain_form
from credserv.proof.data_integrity.cryptosuite import CryptoSuite
from credserv.proof.data_integrity.proofs import VerifiedProof, tell_proofs, verify_proofs
from credserv.proof.tokens.certified import certified_key, with_certified_key
from credserv.proof.tokens.envelope import is_enveloped, open_envelope, parse_token
from credserv.proof.tokens.token import Circumstances, Kind, Token
from credserv.proof.tokens.wrapped_jwt import peek_wrapped
from credserv.verifying.checks.document_memory import content_digest

DATA_INTEGRITY = "VC Data Integrity 1.0, 4.4"


@dataclass(frozen=True)
class Secured:
    """A document as it was secured.

    Attributes:
        document: what is claimed.
        token: the token it came in; None where the proof is inside it.
    """

    document: JsonObject
    token: Token | None = None

    @cached_property
    def plain(self) -> JsonObject:
        """The document's plain form, which every check reads."""
        return plain_form(self.document)

    @cached_property
    def digest(self) -> bytes | None:
        """A digest of the whole document, proofs included; None if the document is not remembered."""
        return content_digest(self.document) if self.token is None else None

    @property
    def spec(self) -> str:
        return DATA_INTEGRITY if self.token is None else self.token.mechanism


@dataclass(frozen=True)
class Proven:
    """A proof that holds.

    Attributes:
        methods: the verification methods that signed; at least one.
        spec: the name of the mechanism.
        facts: of the first proof.
        proofs: those inside the document that hold; () for a token.
    """

    methods: tuple[str, ...]
    spec: str
    facts: Mapping[str, Fact] = field(default_factory=lambda: NO_FACTS)
    proofs: tuple[VerifiedProof, ...] = ()


def open_secured(value: str | JsonObject, kind: Kind = Kind.CREDENTIAL) -> Secured:
    """Read a compact JWT, an SD-JWT, an enveloped object, or a document as it is.

    Raises:
        MalformedProofError: the token or envelope is malformed.
        UnsupportedProofError: the form is not supported.
        InputError: as strict_json.
    """
    if isinstance(value, str):
        token = parse_token(value, kind)
    elif is_enveloped(value, kind):
        token = open_envelope(value, kind)
    else:
        _refuse_json_jws(value)
        return Secured(value)
    return Secured(token.document, token)


def _refuse_json_jws(value: JsonObject) -> None:
    """Refuse a JWS in its JSON form (RFC 7515, section 7.2) with the payload inside, as in ETSI's JAdES."""
    if "payload" in value and not {"signatures", "signature"}.isdisjoint(value):
        raise UnsupportedProofError("a JWS in its JSON form, such as JAdES of Europass, is not verified here")


def open_for_suites(value: str | JsonObject, kind: Kind) -> Secured:
    """Read as `open_secured`, and also read envelopes of the old form that conformance suites still send."""
    token = peek_wrapped(value, kind) if isinstance(value, Mapping) else None
    return open_secured(value, kind) if token is None else Secured(token.document, token)


def prove(
    secured: Secured, *, controller: str, circumstances: Circumstances, suites: Mapping[str, CryptoSuite]
) -> Proven:
    """Verify that `controller` secured the document. Raises as `verify_proofs` and `Token.verify`."""
    if secured.token is not None:
        return _prove_token(secured, secured.token, controller, circumstances)
    binding = circumstances.binding
    proofs = verify_proofs(
        secured.document,
        suites=suites,
        resolve_did=circumstances.resolve_did,
        controller=controller,
        now=circumstances.now,
        clock_skew_seconds=circumstances.clock_skew_seconds,
        purpose=circumstances.purpose,
        domain=binding.audience if binding else None,
        challenge=binding.nonce if binding else None,
    )
    methods = tuple(proof.verification_method for proof in proofs)
    spec = f"{DATA_INTEGRITY}; {proofs[0].cryptosuite}"
    facts = _facts(proofs[0], len(proofs))
    if isinstance(secured.document["proof"], list):
        facts |= tell_proofs(secured.document, proofs, suites)
    return Proven(methods, spec, facts, proofs)


def _prove_token(secured: Secured, token: Token, controller: str, circumstances: Circumstances) -> Proven:
    certified = certified_key(token, controller, circumstances)
    if certified is not None:
        circumstances = with_certified_key(circumstances, controller, certified)
    method = token.verify(controller, circumstances)
    facts: dict[str, Fact] = {"verificationMethod": method, "mechanism": secured.spec}
    if certified is not None:
        facts |= {"trustAnchor": certified.anchor.name, "trustAnchorSha256": certified.anchor.sha256}
        facts |= circumstances.unrevoked(certified.chain)
    return Proven((method,), secured.spec, facts)


def _facts(proof: VerifiedProof, count: int) -> dict[str, Fact]:
    return {
        "verificationMethod": proof.verification_method,
        "cryptosuite": proof.cryptosuite,
        "created": format_instant(proof.created) if proof.created else None,
        "proofs": count,
    }
