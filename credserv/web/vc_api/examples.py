"""An example request for each call of the VC-API; the tests send them.

The signed ones use `did:key`s that nobody else uses, so they verify anywhere.
"""

from __future__ import annotations

from typing import Any

_V2 = "https://www.w3.org/ns/credentials/v2"
_ISSUER = "z6Mkon3Necd6NkkyfoGoHxid2znGc59LU3K7mubaRcFbLfLX"
_HOLDER = "z6Mko9hTggMwjSTEaJaPUfE6tqcy2xvU6BnNq3e3o8qVBiyH"
_BUILT: dict[str, Any] = {
    "@context": [_V2],
    "type": ["VerifiableCredential"],
    "issuer": "did:web:badges.example",
    "validFrom": "2026-01-01T00:00:00Z",
    "credentialSubject": {"id": f"did:key:{_HOLDER}"},
}
_SIGNED: dict[str, Any] = {
    **_BUILT,
    "issuer": f"did:key:{_ISSUER}",
    "proof": {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-rdfc-2022",
        "created": "2026-01-01T00:00:00Z",
        "verificationMethod": f"did:key:{_ISSUER}#{_ISSUER}",
        "proofPurpose": "assertionMethod",
        "proofValue": "z2TYzVSRy5APG9MFzeiMiAALyDvnzEU9qgbxsoK2pkGwu"
        "FsUAEYhs7u7LWQRvYWte2aaMVswkSD34zgKo5aqrF2ia",
    },
}
_PRESENTED: dict[str, Any] = {
    "@context": [_V2],
    "type": ["VerifiablePresentation"],
    "holder": f"did:key:{_HOLDER}",
    "verifiableCredential": [_SIGNED],
    "proof": {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-rdfc-2022",
        "created": "2026-01-01T00:00:00Z",
        "verificationMethod": f"did:key:{_HOLDER}#{_HOLDER}",
        "proofPurpose": "authentication",
        "challenge": "7d9f",
        "domain": "hr.example",
        "proofValue": "z5G5aVjfoWjDgfUdiyBWB3yXU2V2ddmhoDLfnWPMqzEy"
        "vnsTdP8xBxD2gu9fMzFt7yYWyf97kBAmzUWkRaAouhEAe",
    },
}

VERIFY_CREDENTIAL: dict[str, Any] = {"verifiableCredential": _SIGNED, "options": {"returnCredential": False}}
VERIFY_PRESENTATION: dict[str, Any] = {
    "verifiablePresentation": _PRESENTED,
    "options": {"challenge": "7d9f", "domain": "hr.example"},
}
ISSUE: dict[str, Any] = {"credential": _BUILT, "options": {}}
# A base proof is long and belongs to one credential, so it is left out.
DERIVE: dict[str, Any] = {
    "verifiableCredential": {
        **_BUILT,
        "proof": {"type": "DataIntegrityProof", "cryptosuite": "ecdsa-sd-2023", "proofValue": "u2V0A..."},
    },
    "options": {"selectivePointers": ["/credentialSubject/id"]},
}
STATUS: dict[str, Any] = {
    "credentialId": "https://badges.example/credentials/AAAAAAAAAAAAAAAAAAAAAA",
    "credentialStatus": {"type": "BitstringStatusListEntry", "statusPurpose": "revocation"},
    "status": True,
}
