"""Signing and verifying one credential, against @digitalbazaar/vc, in turns, as CPU time.

The credential is the reference one of `../shared/bench` where that is there, else one that is made here
from a shipped achievement. Its issuer is replaced by a fresh did:key on each side, since each signs.
Every context and DID document is held in memory on both sides.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from credserv.config import default_schemas_dir
from credserv.encoding import encode_base58btc
from credserv.errors import UnavailableError
from credserv.fetch import Fetched
from credserv.journeys.define import build_sample, load_default_image
from credserv.openbadges.achievement import parse_definition
from credserv.openbadges.json_schema import CredentialSchemas
from credserv.proof.canonize import Canonizer
from credserv.proof.data_integrity import add_proof, verify_proofs
from credserv.proof.document_loader import PinnedContexts
from credserv.proof.eddsa_rdfc_2022 import EddsaRdfc2022
from credserv.proof.signer import Ed25519Signer
from credserv.proof.verification_method import did_key, did_key_document
from credserv.status_list import build_status_list_credential, encode_list
from credserv.strict_json import parse_json_object
from credserv.verify import Resolvers, Verifier
from tests.support.node import NodePeer, node_peer

REFERENCE = Path(__file__).resolve().parents[2] / "shared" / "bench" / "credential.json"
PEER = Path(__file__).resolve().parent / "peer.mjs"
TURN = 20  # operations in one turn
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
_LIST_ENTRIES = 131_072
_ED25519_SECRET = b"\x80\x26"  # multicodec ed25519-priv, as a varint


@dataclass(frozen=True)
class CoreFigures:
    """CPU milliseconds for one operation: medians over all turns."""

    sign_ms: float
    verify_proof_ms: float
    verify_ms: float
    peer_sign_ms: float
    peer_verify_ms: float


class NoFetcher:
    """Whatever is fetched was not held: the measurement would be wrong."""

    def get(self, url: str, *, accept: str = "application/json", max_bytes: int = 1_048_576) -> Fetched:
        raise UnavailableError(f"the benchmark fetches nothing, and {url} was asked for")


class Ours:
    """Our side, with one key."""

    def __init__(self) -> None:
        schemas_dir = default_schemas_dir()
        self.key = Ed25519PrivateKey.generate()
        self.signer = Ed25519Signer(self.key)
        self.did = did_key(self.signer.public_key_multibase)
        self.method = f"{self.did}#{self.signer.public_key_multibase}"
        self.contexts = PinnedContexts.load(schemas_dir)
        self.canonizer = Canonizer(self.contexts)
        self.schemas = CredentialSchemas.load(schemas_dir)
        self.suite = EddsaRdfc2022(self.canonizer)
        self.suites = {self.suite.identifier: self.suite}
        self.verifier = Verifier(suites=self.suites, canonizer=self.canonizer, schemas=self.schemas)
        self.lists: dict[str, bytes] = {}
        self.resolvers = Resolvers(
            resolve_did=did_key_document, fetch=NoFetcher(), own_status_list=self.lists.get
        )

    def sign(self, document: dict[str, Any]) -> dict[str, Any]:
        return add_proof(
            document, suite=self.suite, signer=self.signer, verification_method=self.method, created=NOW
        )

    def verify_proof(self, document: dict[str, Any]) -> None:
        verify_proofs(
            document,
            suites=self.suites,
            resolve_did=did_key_document,
            controller=document["issuer"]["id"],
            now=NOW,
        )

    def verify(self, document: dict[str, Any]) -> None:
        """Everything: parsing, schema, subject, proof, the status list's own proof, dates."""
        parsed = parse_json_object(json.dumps(document).encode())
        self.verifier.verify_credential(parsed, now=NOW, resolvers=self.resolvers).require()

    def hold_status_list(self, url: str) -> None:
        document = build_status_list_credential(
            url=url,
            issuer=self.did,
            purpose="revocation",
            encoded_list=encode_list([], _LIST_ENTRIES),
            valid_from=NOW,
            valid_until=NOW.replace(day=22),
            ttl_milliseconds=60_000,
        )
        self.lists[url] = json.dumps(self.sign(document)).encode()

    def peer_key(self) -> dict[str, str]:
        """Our key as a Multikey that the peer can sign with."""
        secret = _ED25519_SECRET + self.key.private_bytes_raw()
        return {
            "id": self.method,
            "type": "Multikey",
            "controller": self.did,
            "publicKeyMultibase": self.signer.public_key_multibase,
            "secretKeyMultibase": "z" + encode_base58btc(secret).removeprefix("z"),
        }


def measure_core(rounds: int) -> CoreFigures:
    ours = Ours()
    document = reference_credential(ours)
    with node_peer(str(PEER)) as peer:
        peer.ask("hold", count=1, entries=held_documents(ours), key=ours.peer_key(), date=NOW.isoformat())
        check_each_other(ours, peer, document)
        return _measure(ours, peer, document, rounds)


def reference_credential(ours: Ours) -> dict[str, Any]:
    """Unsigned, with our issuer, and a status entry whose list is held."""
    document = json.loads(REFERENCE.read_text()) if REFERENCE.exists() else made_credential(ours)
    document.pop("proof", None)
    document["issuer"]["id"] = ours.did
    ours.hold_status_list(document["credentialStatus"]["statusListCredential"])
    return dict(document)


def made_credential(ours: Ours) -> dict[str, Any]:
    """A credential of the first shipped achievement, as we would issue it."""
    schemas_dir = default_schemas_dir()
    path = min((schemas_dir / "achievements").glob("*.json"))
    image = load_default_image(schemas_dir)
    definition = parse_definition(
        parse_json_object(path.read_bytes()),
        read_image=lambda name: image.png,
        schemas=ours.schemas,
        default_image=image,
    )
    return build_sample(definition)


def held_documents(ours: Ours) -> dict[str, Any]:
    """Every context, and the issuer's DID document and key under their own names."""
    held: dict[str, Any] = {url: ours.contexts.document(url) for url in ours.contexts.urls}
    held[ours.did] = did_key_document(ours.did)
    key = {name: value for name, value in ours.peer_key().items() if name != "secretKeyMultibase"}
    held[ours.method] = {"@context": "https://w3id.org/security/multikey/v1", **key}
    return held


def check_each_other(ours: Ours, peer: NodePeer, document: dict[str, Any]) -> None:
    """Both accept what the other signed; else comparing them would mean nothing."""
    peer.ask("verify", count=1, document=ours.sign(document))
    theirs = peer.ask("sign", count=1, document=document)["answer"]
    ours.verify_proof(theirs)
    ours.verify(theirs)


def _measure(ours: Ours, peer: NodePeer, document: dict[str, Any], rounds: int) -> CoreFigures:
    signed = ours.sign(document)
    times: dict[str, list[float]] = {
        name: [] for name in ("sign", "verify_proof", "verify", "peer_sign", "peer_verify")
    }
    for turn in range(rounds + 1):  # the first warms both sides up, and is not counted
        taken = {
            "sign": cpu_ms(lambda: ours.sign(document)),
            "peer_sign": peer_ms(peer, "sign", document),
            "verify_proof": cpu_ms(lambda: ours.verify_proof(signed)),
            "verify": cpu_ms(lambda: ours.verify(signed)),
            "peer_verify": peer_ms(peer, "verify", signed),
        }
        if turn:
            for name, values in taken.items():
                times[name] += values
    return CoreFigures(**{f"{name}_ms": statistics.median(values) for name, values in times.items()})


def cpu_ms(operation: Callable[[], object]) -> list[float]:
    taken = []
    for _ in range(TURN):
        before = time.process_time_ns()
        operation()
        taken.append((time.process_time_ns() - before) / 1e6)
    return taken


def peer_ms(peer: NodePeer, operation: str, document: dict[str, Any]) -> list[float]:
    microseconds: list[int] = peer.ask(operation, count=TURN, document=document)["microseconds"]
    return [value / 1e3 for value in microseconds]
