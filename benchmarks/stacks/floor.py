"""What no implementation can leave out: hashing the canonical form, the signature, and the JSON."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks.stacks.line import serve


class Floor:
    def hold(self, command: dict[str, Any]) -> None:
        self.key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(command["seed"]))
        self.public_key = self.key.public_key()
        self.quads: bytes = command["quads"].encode()
        self.text: bytes = command["text"].encode()
        self.document = json.loads(self.text)
        self.signature = self.key.sign(hashlib.sha256(self.quads).digest())

    def sign(self, command: dict[str, Any]) -> None:
        self.key.sign(hashlib.sha256(self.quads).digest())
        json.dumps(self.document)

    def verify(self, command: dict[str, Any]) -> None:
        json.loads(self.text)
        self.public_key.verify(self.signature, hashlib.sha256(self.quads).digest())


if __name__ == "__main__":
    stack = Floor()
    serve({"hold": stack.hold, "sign": stack.sign, "verify": stack.verify})
