"""credserv itself, as one process among the others."""

from __future__ import annotations

import gc
import json
import random
import secrets
from datetime import datetime
from functools import partial
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks.stacks.line import repeat, serve
from benchmarks.variants import is_free
from credserv.app.schemas import default_schemas_dir
from credserv.fetch.guarded import Fetched
from credserv.ground.errors import UnavailableError
from credserv.ground.strict_json import parse_json_object
from credserv.issuing.template import BoundedMemory, proof_begin, secured_text, with_slots
from credserv.openbadges.credential import hash_identity
from credserv.openbadges.json_schema import CredentialSchemas
from credserv.proof.data_integrity.eddsa_rdfc_2022 import EddsaRdfc2022
from credserv.proof.data_integrity.proofs import add_proof, proof_options, verify_proofs
from credserv.proof.data_integrity.suites import build_suites
from credserv.proof.keys.signer import Ed25519Signer
from credserv.proof.keys.verification_method import did_key_document
from credserv.proof.rdf.canonize import Canonizer
from credserv.proof.rdf.document_loader import PinnedContexts
from credserv.proof.rdf.template import DocumentTemplate
from credserv.proof.tokens.token import Circumstances
from credserv.proof.tokens.vc_jwt import parse_vc_jwt, sign_vc_jwt
from credserv.status.bitstring import build_status_list_credential, encode_list
from credserv.verifying.recipe import Verifier
from credserv.verifying.surroundings import Resolvers

Command = dict[str, Any]
_LIST_ENTRIES = 131_072


class NoFetcher:
    """Whatever is fetched was not held: the measurement would be wrong."""

    def get(self, url: str, *, accept: str = "application/json", max_bytes: int = 1_048_576) -> Fetched:
        raise UnavailableError(f"the benchmark fetches nothing, and {url} was asked for")


class Ours:
    def hold(self, command: Command) -> None:
        self.now = datetime.fromisoformat(command["now"])
        self.method, self.did = command["method"], command["did"]
        key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(command["seed"]))
        self.signer = Ed25519Signer(key)
        self.canonizer = Canonizer(PinnedContexts.load(default_schemas_dir()))
        self.suites = build_suites(self.canonizer)
        self.verifier = Verifier(
            suites=self.suites,
            canonizer=self.canonizer,
            schemas=CredentialSchemas.load(default_schemas_dir()),
        )
        self.lists: dict[str, bytes] = {}
        self.resolvers = Resolvers(
            resolve_did=did_key_document, fetch=NoFetcher(), own_status_list=self.lists.get
        )
        self._hold_document(command["document"])

        gc.collect()
        gc.freeze()  # as `credserv.wsgi` does

    def _hold_document(self, document: Command) -> None:
        entry = document["credentialStatus"]
        url, index = entry["statusListCredential"], int(entry["statusListIndex"])
        signed_list = self._sign(self._status_list(url, index), "eddsa-rdfc-2022")
        self.lists[url] = json.dumps(signed_list).encode()
        suite = EddsaRdfc2022(self.canonizer)
        self.template = self.canonizer.compile(with_slots(document))
        self.prepared = suite.prepare(
            document["@context"], proof_options(suite, self.method, self.now), self.signer
        )
        self.proof_begin = proof_begin(self.prepared.options)
        self.slots = {
            "valid_from": document["validFrom"],
            "valid_until": document["validUntil"],
            "awarded": document["awardedDate"],
            "list": url,
            "value_a": document["credentialSubject"]["result"][0]["value"],
        }

    def _status_list(self, url: str, unset: int) -> Command:
        """Nearly half of its bits are set, in no pattern: it could hardly be larger."""
        chosen = random.Random(1)
        indexes = [
            index for index in range(_LIST_ENTRIES) if chosen.random() < 0.5 and not is_free(index, unset)
        ]
        return build_status_list_credential(
            url=url,
            issuer=self.did,
            purpose="revocation",
            encoded_list=encode_list(indexes, _LIST_ENTRIES),
            valid_from=self.now,
            valid_until=self.now.replace(day=self.now.day + 1),
            ttl_milliseconds=60_000,
        )

    def _sign(self, document: Command, suite: str) -> Command:
        return add_proof(
            document,
            suite=self.suites[suite],
            signer=self.signer,
            verification_method=self.method,
            created=self.now,
        )

    def sign(self, command: Command) -> Command:
        return self._sign(command["document"], "eddsa-rdfc-2022")

    def sign_jcs(self, command: Command) -> Command:
        return self._sign(command["document"], "eddsa-jcs-2022")

    def template_checked(self, command: Command) -> str:
        """As `template_issue`, and the signature made again by another library, as a batch does it."""
        return self.template_issue(command, check=True)

    def template_issue(self, command: Command, *, check: bool = False) -> str:
        """From fresh values to the bytes to store."""
        salt, index = secrets.token_hex(16), str(secrets.randbelow(_LIST_ENTRIES))
        values = self.slots | {
            "id": f"https://badges.example.org/credentials/{secrets.token_urlsafe(16)}",
            "identity_hash": hash_identity("learner@example.org", salt),
            "salt": salt,
            "status": f"{self.slots['list']}#{index}",
            "index": index,
        }
        proof = self.prepared.sign(self.template.canonical_utf8(values), check=check)
        return secured_text(self.template.json(values), self.proof_begin, proof["proofValue"]).decode()

    def many_templates(self, command: Command) -> float:
        """Compiles as many achievements, keeps those that a service would; milliseconds to issue from one."""
        memory: BoundedMemory[DocumentTemplate] = BoundedMemory()
        for number in range(command["number"]):
            self.template = memory.get((number,), partial(self._compile_named, command["document"], number))
        microseconds: list[float] = repeat(self.template_issue, [command] * 50)["microseconds"]
        return min(microseconds) / 1e3

    def _compile_named(self, document: Command, number: int) -> DocumentTemplate:
        subject = document["credentialSubject"]
        achievement = {**subject["achievement"], "name": f"Achievement {number}"}
        named = {**document, "credentialSubject": {**subject, "achievement": achievement}}
        return self.canonizer.compile(with_slots(named))

    def verify_proof(self, command: Command) -> None:
        """The proof alone, of a parsed document: what the peers do."""
        verify_proofs(
            command["document"],
            suites=self.suites,
            resolve_did=did_key_document,
            controller=self.did,
            now=self.now,
        )

    def verify(self, command: Command) -> None:
        """Every check there is, from the text: parsing, form, schema, proof, status list, dates."""
        parsed = parse_json_object(command["text"].encode())
        self.verifier.verify_credential(parsed, now=self.now, resolvers=self.resolvers).require()

    def sign_jwt(self, command: Command) -> str:
        return sign_vc_jwt(command["document"], signer=self.signer, verification_method=self.method)

    def verify_jwt(self, command: Command) -> None:
        token = parse_vc_jwt(command["document"])
        token.verify(self.did, Circumstances(resolve_did=did_key_document, now=self.now))


if __name__ == "__main__":
    stack = Ours()
    signing = ("sign", "sign_jcs", "sign_jwt", "template_issue", "template_checked")
    names = ("hold", *signing, "verify", "verify_proof", "verify_jwt")
    operations = {name: getattr(stack, name) for name in names}
    more = {
        "verify_proof_jcs": stack.verify_proof,
        "sign_strange": stack.sign,
        "verify_strange": stack.verify,
        "many_templates": stack.many_templates,
    }
    serve({**operations, **more})
