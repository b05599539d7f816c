"""openvc-core, by its own functions. Its JWT form carries the credential in a claim `vc`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from openvc.keys import Ed25519SigningKey
from openvc.proof.data_integrity import DataIntegrityProofSuite
from openvc.proof.di_jcs import EddsaJcsProofSuite
from openvc.proof.vc_jwt import VcJwtProofSuite

from benchmarks.stacks.line import serve


class OpenvcCore:
    def hold(self, command: dict[str, Any]) -> None:
        key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(command["seed"]))
        self.method = command["method"]
        self.key = Ed25519SigningKey(key, self.method)
        self.contexts = command["contexts"]
        self.now = datetime.fromisoformat(command["now"])
        self.rdfc, self.jcs, self.jwt = DataIntegrityProofSuite(), EddsaJcsProofSuite(), VcJwtProofSuite()
        self.by = {"signing_key": self.key, "verification_method": self.method, "created": self.now}

    def sign(self, command: dict[str, Any]) -> Any:
        return self.rdfc.add_proof(command["document"], extra_contexts=self.contexts, **self.by)

    def verify(self, command: dict[str, Any]) -> None:
        self.rdfc.verify(command["document"], extra_contexts=self.contexts, now=self.now)

    def sign_jcs(self, command: dict[str, Any]) -> Any:
        return self.jcs.add_proof(command["document"], **self.by)

    def verify_jcs(self, command: dict[str, Any]) -> None:
        self.jcs.verify(command["document"], now=self.now)

    def sign_jwt(self, command: dict[str, Any]) -> str:
        return self.jwt.sign(command["document"], signing_key=self.key)

    def verify_jwt(self, command: dict[str, Any]) -> None:
        self.jwt.verify(command["document"], public_key_jwk=self.key.public_jwk(), check_temporal=False)


if __name__ == "__main__":
    stack = OpenvcCore()
    names = ("hold", "sign", "verify", "sign_jcs", "verify_jcs", "sign_jwt", "verify_jwt")
    serve({name: getattr(stack, name) for name in names})
