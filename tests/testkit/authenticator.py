"""A person's device with passkeys, by our own hands: for what a browser would refuse to send."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from credserv.ground.encoding import encode_base64url
from tests.testkit.browsing import Person

_PRESENT, _VERIFIED, _ATTESTED = 0x01, 0x04, 0x40  # Web Authentication, section 6.1


@dataclass
class Authenticator:
    """origin: of the page that asks, as the browser tells it. verifies: by finger, face or PIN."""

    origin: str
    verifies: bool = True
    count: int = 0
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    id: bytes = field(default_factory=lambda: os.urandom(32))

    def create(self, options: dict[str, Any]) -> str:
        """What `navigator.credentials.create` gives."""
        numbers = self.key.public_key().public_numbers()
        point = {-2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        public = cbor2.dumps({1: 2, 3: -7, -1: 1, **point})
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + public
        told = self._told(options["rp"]["id"], _ATTESTED) + attested
        made = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": told})
        said = self._said("webauthn.create", options)
        return self._json({"clientDataJSON": said, "attestationObject": made})

    def get(self, options: dict[str, Any]) -> str:
        """What `navigator.credentials.get` gives."""
        self.count += 1
        told, said = self._told(options["rpId"], 0), self._said("webauthn.get", options)
        signed = self.key.sign(told + hashlib.sha256(said).digest(), ec.ECDSA(hashes.SHA256()))
        return self._json({"clientDataJSON": said, "authenticatorData": told, "signature": signed})

    def _told(self, host: str, flags: int) -> bytes:
        flags |= _PRESENT | (_VERIFIED if self.verifies else 0)
        return hashlib.sha256(host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _said(self, kind: str, options: dict[str, Any]) -> bytes:
        told = {"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": False}
        return json.dumps(told).encode()

    def _json(self, response: dict[str, bytes]) -> str:
        coded = {name: encode_base64url(value) for name, value in response.items()}
        name = encode_base64url(self.id)
        return json.dumps(
            {"id": name, "rawId": name, "type": "public-key", "response": coded, "clientExtensionResults": {}}
        )


def options(person: Person, path: str, on: str) -> dict[str, Any]:
    """What the page's script is told."""
    answer = person.submit(path, on=on)
    assert answer.status_code == 200, answer.text
    return dict(answer.json)


def add(person: Person, device: Authenticator, name: str = "Red phone") -> str:
    """The page of a wallet to which a passkey was added."""
    told = options(person, "/wallet/identity/passkeys/make", "/wallet/identity")
    sent = {"challenge": told["challenge"], "credential": device.create(told), "name": name}
    return person.follow(person.submit("/wallet/identity/passkeys", on="/wallet/identity", **sent))
