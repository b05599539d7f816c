"""openbadgeslib, by its own functions. Its JWT form carries the public key in the header."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from openbadgeslib.ob3.ldp import OB3LdpVerifier, add_data_integrity_proof
from openbadgeslib.ob3.signer import OB3Signer
from openbadgeslib.ob3.verifier import OB3Verifier

from benchmarks.stacks.line import serve


class OpenBadgesLib:
    def hold(self, command: dict[str, Any]) -> None:
        key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(command["seed"]))
        self.pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        self.method, self.now = command["method"], datetime.fromisoformat(command["now"])
        self.ldp = OB3LdpVerifier.for_issuer_did(command["did"])
        self.signer, self.verifier = OB3Signer(self.pem, "EdDSA"), OB3Verifier(public)

    def sign(self, command: dict[str, Any]) -> Any:
        return add_data_integrity_proof(command["document"], self.pem, self.method, created=self.now)

    def verify(self, command: dict[str, Any]) -> None:
        self.ldp.verify(command["document"])

    def sign_jwt(self, command: dict[str, Any]) -> str:
        document = command["document"]
        begins = int(datetime.fromisoformat(document["validFrom"]).timestamp())
        claims = {"iss": document["issuer"]["id"], "jti": document["id"], "nbf": begins}
        return self.signer.sign_payload({**document, **claims})

    def verify_jwt(self, command: dict[str, Any]) -> None:
        self.verifier.verify(command["document"])


if __name__ == "__main__":
    stack = OpenBadgesLib()
    names = ("hold", "sign", "verify", "sign_jwt", "verify_jwt")
    serve({name: getattr(stack, name) for name in names})
