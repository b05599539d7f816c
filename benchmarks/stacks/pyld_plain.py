"""What one would write oneself: PyLD as it comes, rfc8785, and cryptography. No check but the signature."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pyld import jsonld

from benchmarks.stacks.line import serve

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
Document = dict[str, Any]


class Plain:
    """Holds the key, the contexts and the proof's options."""

    def hold(self, command: Document) -> None:
        self.key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(command["seed"]))
        self.public_key = self.key.public_key()
        self.contexts: Document = command["contexts"]
        self.options = {
            "type": "DataIntegrityProof",
            "created": command["created"],
            "verificationMethod": command["method"],
            "proofPurpose": "assertionMethod",
        }

    def load(self, url: str, options: Any) -> Document:
        return {"contextUrl": None, "documentUrl": url, "document": self.contexts[url], "tag": "static"}

    def canonize(self, document: Document) -> bytes:
        options = {
            "algorithm": "URDNA2015",
            "format": "application/n-quads",
            "documentLoader": self.load,
        }
        text: str = jsonld.normalize(document, options)
        return text.encode()

    def _hash(self, document: Document, options: Document) -> bytes:
        config = self.canonize({**options, "@context": document["@context"]})
        return hashlib.sha256(config).digest() + hashlib.sha256(self.canonize(document)).digest()

    def _hash_jcs(self, document: Document, options: Document) -> bytes:
        parts = (rfc8785.dumps(options), rfc8785.dumps(document))
        return b"".join(hashlib.sha256(part).digest() for part in parts)

    def sign(self, command: Document) -> Document:
        document, options = command["document"], self.options | {"cryptosuite": "eddsa-rdfc-2022"}
        value = encode(self.key.sign(self._hash(document, options)))
        return {**document, "proof": {**options, "proofValue": value}}

    def verify(self, command: Document) -> None:
        document, options, value = apart(command["document"])
        self.public_key.verify(value, self._hash(document, options))

    def sign_jcs(self, command: Document) -> Document:
        document = command["document"]
        options = self.options | {"cryptosuite": "eddsa-jcs-2022", "@context": document["@context"]}
        value = encode(self.key.sign(self._hash_jcs(document, options)))
        return {**document, "proof": {**options, "proofValue": value}}

    def verify_jcs(self, command: Document) -> None:
        document, options, value = apart(command["document"])
        self.public_key.verify(value, self._hash_jcs(document, options))

    def sign_jwt(self, command: Document) -> str:
        header = {"alg": "EdDSA", "kid": self.options["verificationMethod"], "typ": "vc+jwt", "cty": "vc"}
        token = f"{segment(compact(header))}.{segment(compact(command['document']))}"
        return f"{token}.{segment(self.key.sign(token.encode()))}"

    def verify_jwt(self, command: Document) -> None:
        signed, _, signature = command["document"].rpartition(".")
        self.public_key.verify(base64.urlsafe_b64decode(signature + "=="), signed.encode())
        for part in signed.split("."):
            json.loads(base64.urlsafe_b64decode(part + "=="))


def apart(secured: Document) -> tuple[Document, Document, bytes]:
    """The document, the proof's options, and the signature."""
    document = {name: value for name, value in secured.items() if name != "proof"}
    options = {name: value for name, value in secured["proof"].items() if name != "proofValue"}
    return document, options, decode(secured["proof"]["proofValue"])


def compact(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def segment(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def encode(signature: bytes) -> str:
    """Base58-btc as multibase; a signature that begins with zero bytes is not to be expected."""
    number, text = int.from_bytes(signature, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = ALPHABET[digit] + text
    return "z" + text


def decode(text: str) -> bytes:
    number = 0
    for letter in text[1:]:
        number = number * 58 + ALPHABET.index(letter)
    return number.to_bytes(64, "big")


def operations(stack: Plain) -> dict[str, Any]:
    names = ("hold", "sign", "verify", "sign_jcs", "verify_jcs", "sign_jwt", "verify_jwt")
    return {name: getattr(stack, name) for name in names}


if __name__ == "__main__":
    serve(operations(Plain()))
