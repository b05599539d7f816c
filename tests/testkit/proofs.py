"""A signing issuer with a key of its own, and a badge worth attacking, for every test about proofs."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from credserv.proof.data_integrity.cryptosuite import CryptoSuite
from credserv.proof.data_integrity.eddsa_rdfc_2022 import EddsaRdfc2022
from credserv.proof.data_integrity.proofs import VerifiedProof, add_proof, verify_proofs
from credserv.proof.data_integrity.suites import build_suites
from credserv.proof.keys.signer import Ed25519Signer, Signer
from credserv.proof.keys.verification_method import did_key, did_key_document
from credserv.proof.rdf.canonize import Canonizer
from credserv.proof.rdf.document_loader import PinnedContexts

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
V2 = "https://www.w3.org/ns/credentials/v2"
OB3 = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
SIGNED_AT = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)
NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)

# What official vectors use and the product does not carry, for an @vocab would undo every check on terms.
EXAMPLE_CONTEXTS: dict[str, Mapping[str, Any]] = {
    "https://www.w3.org/ns/credentials/examples/v2": {
        "@context": {"@vocab": "https://www.w3.org/ns/credentials/examples#"}
    },
}


@cache
def pinned_contexts() -> PinnedContexts:
    return PinnedContexts.load(SCHEMAS)


def contexts_with(extra: Mapping[str, Mapping[str, Any]]) -> PinnedContexts:
    pinned = pinned_contexts()
    return PinnedContexts({url: pinned.document(url) for url in pinned.urls} | dict(extra))


@cache
def canonizer() -> Canonizer:
    return Canonizer(pinned_contexts())


@cache
def suite() -> EddsaRdfc2022:
    return EddsaRdfc2022(canonizer())


@cache
def suites() -> Mapping[str, CryptoSuite]:
    return build_suites(canonizer())


class HasSigner(Protocol):
    @property
    def signer(self) -> Signer: ...


class NamedByKey:
    """An issuer whose DID is the key of its `signer`."""

    @property
    def did(self: HasSigner) -> str:
        return did_key(self.signer.public_key_multibase)

    @property
    def method(self: HasSigner) -> str:
        key = self.signer.public_key_multibase
        return f"{did_key(key)}#{key}"


@dataclass(frozen=True)
class SigningIssuer(NamedByKey):
    """A did:key issuer."""

    key: Ed25519PrivateKey

    @property
    def signer(self) -> Ed25519Signer:
        return Ed25519Signer(self.key)

    def sign(self, document: Mapping[str, Any], *, created: datetime = SIGNED_AT) -> dict[str, Any]:
        return add_proof(
            document,
            suite=suite(),
            signer=self.signer,
            verification_method=self.method,
            created=created,
        )

    def prove(self, document: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
        """A proof with options of one's own choice; None leaves an option out."""
        options = {
            "type": "DataIntegrityProof",
            "cryptosuite": "eddsa-rdfc-2022",
            "created": "2026-03-14T09:00:00Z",
            "verificationMethod": self.method,
            "proofPurpose": "assertionMethod",
        } | changes
        options = {name: value for name, value in options.items() if value is not None}
        return suite().create_proof(document, options, self.signer)


def issuer(seed: int = 1) -> SigningIssuer:
    return SigningIssuer(Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))


def verify(document: Mapping[str, Any], **changes: Any) -> tuple[VerifiedProof, ...]:
    """Verify as the issuer that `document` names, unless told otherwise."""
    stated = document.get("issuer")
    arguments: dict[str, Any] = {
        "suites": suites(),
        "resolve_did": did_key_document,
        "controller": stated.get("id") if isinstance(stated, dict) else stated,
        "now": NOW,
    } | changes
    return verify_proofs(document, **arguments)


def badge(by: SigningIssuer, **changes: Any) -> dict[str, Any]:
    """An unsigned OpenBadgeCredential with members of every kind."""
    base = "https://badges.example"
    return {
        "@context": [V2, OB3],
        "id": f"{base}/credentials/1",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": "Mentor foundation",
        "issuer": {"id": by.did, "type": ["Profile"], "name": "Example Academy", "url": base},
        "validFrom": "2026-03-14T09:00:00Z",
        "validUntil": "2028-03-14T09:00:00Z",
        "credentialSubject": {
            "type": ["AchievementSubject"],
            "identifier": [
                {
                    "type": "IdentityObject",
                    "hashed": True,
                    "identityHash": "sha256$4d3f2c1b",
                    "identityType": "emailAddress",
                    "salt": "deadsea",
                }
            ],
            "achievement": {
                "id": f"{base}/achievements/mentor/versions/1",
                "type": ["Achievement"],
                "achievementType": "Certification",
                "name": "Mentor",
                "description": "Has guided three colleagues.",
                "criteria": {"narrative": "Three observed sessions."},
                "tag": ["mentoring", "coaching"],
                "creditsAvailable": 1.5,
                "image": {"id": f"{base}/images/1.png", "type": "Image", "caption": "A hand"},
                "alignment": [
                    {
                        "type": ["Alignment"],
                        "targetName": "Coach employees",
                        "targetUrl": "http://data.europa.eu/esco/skill/2ffa39c3",
                    }
                ],
                "resultDescription": [
                    {
                        "id": f"{base}/achievements/mentor/versions/1#score",
                        "type": ["ResultDescription"],
                        "name": "Score",
                        "resultType": "Percent",
                        "valueMin": "0",
                        "valueMax": "100",
                    }
                ],
            },
            "result": [
                {
                    "type": ["Result"],
                    "resultDescription": f"{base}/achievements/mentor/versions/1#score",
                    "value": "87",
                }
            ],
        },
        "credentialStatus": {
            "id": f"{base}/status/1#94567",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": "94567",
            "statusListCredential": f"{base}/status/1",
        },
    } | changes


Steps = tuple[str | int, ...]


def leaves(value: Any, path: Steps = ()) -> Iterator[tuple[Steps, Any]]:
    """Every value that holds no others, with its path."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield from leaves(member, (*path, name))
    elif isinstance(value, list):
        for position, member in enumerate(value):
            yield from leaves(member, (*path, position))
    else:
        yield path, value


def objects(value: Any, path: Steps = ()) -> Iterator[Steps]:
    """The path of every object, the whole included."""
    if isinstance(value, dict):
        yield path
        for name, member in value.items():
            yield from objects(member, (*path, name))
    elif isinstance(value, list):
        for position, member in enumerate(value):
            yield from objects(member, (*path, position))


def replaced(document: Mapping[str, Any], path: Steps, value: Any) -> dict[str, Any]:
    """A copy with `value` at `path`; the path may end in a new member."""
    changed: dict[str, Any] = copy.deepcopy(dict(document))
    place: Any = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return changed


def other_value(value: Any) -> Any:
    """Something else of the same JSON type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return value[:-1] + ("b" if value.endswith("a") else "a")
    return value + 1
