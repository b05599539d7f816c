"""openedx-didkit (Rust). It knows neither the current suites nor the current Open Badges context.

So it signs the nearest it can: Ed25519Signature2020 over the older contexts, without the members that
those do not define.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
from typing import Any

import didkit
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks.stacks.line import serve

CONTEXTS = [
    "https://www.w3.org/2018/credentials/v1",
    "https://purl.imsglobal.org/spec/ob/v3p0/context.json",
]
OPTIONS = json.dumps({"type": "Ed25519Signature2020", "proofPurpose": "assertionMethod"})
PURPOSE = json.dumps({"proofPurpose": "assertionMethod"})
JWT = json.dumps({"proofFormat": "jwt", "proofPurpose": "assertionMethod"})


class Didkit:
    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()

    def hold(self, command: dict[str, Any]) -> None:
        key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(command["seed"]))
        parts = {"x": key.public_key().public_bytes_raw(), "d": key.private_bytes_raw()}
        text = {name: base64.urlsafe_b64encode(raw).rstrip(b"=").decode() for name, raw in parts.items()}
        self.jwk = json.dumps({"kty": "OKP", "crv": "Ed25519", **text})

    def sign(self, command: dict[str, Any]) -> Any:
        return json.loads(self._issue(older(command["document"]), OPTIONS))

    def verify(self, command: dict[str, Any]) -> None:
        self._verify(json.dumps(command["document"]), PURPOSE)

    def sign_jwt(self, command: dict[str, Any]) -> str:
        return self._issue(older(command["document"]), JWT)

    def verify_jwt(self, command: dict[str, Any]) -> None:
        self._verify(command["document"], JWT)

    def _issue(self, document: dict[str, Any], options: str) -> str:
        async def issue() -> str:
            return str(await didkit.issue_credential(json.dumps(document), options, self.jwk))

        return self.loop.run_until_complete(issue())

    def _verify(self, credential: str, options: str) -> None:
        async def verify() -> str:
            return str(await didkit.verify_credential(credential, options))

        errors = json.loads(self.loop.run_until_complete(verify()))["errors"]
        if errors:
            raise ValueError(errors)


def older(document: dict[str, Any]) -> dict[str, Any]:
    """The credential in the data model 1.1, as far as its contexts go."""
    members = {
        name: value for name, value in document.items() if name not in ("awardedDate", "credentialStatus")
    }
    subject = dict(members["credentialSubject"])
    subject["achievement"] = {
        name: value for name, value in subject["achievement"].items() if name != "inLanguage"
    }
    dates = {"issuanceDate": members.pop("validFrom"), "expirationDate": members.pop("validUntil")}
    return {**members, **dates, "@context": CONTEXTS, "credentialSubject": subject}


if __name__ == "__main__":
    stack = Didkit()
    names = ("hold", "sign", "verify", "sign_jwt", "verify_jwt")
    serve({name: getattr(stack, name) for name in names})
    os._exit(0)  # its threads outlive the interpreter's end, and crash in it
