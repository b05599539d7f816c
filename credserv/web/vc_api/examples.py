"""An example request for each call of the VC-API; the tests send them.

The signed ones use `did:key`s that nobody else uses, so they verify anywhere.
"""

from __future__ import annotations

from typing import Any

_V2 = "https://www.w3.org/ns/credentials/v2"
_ISSUER = "z6Mkon3Necd6NkkyfoGoHxid2znGc59LU3K7mubaRcFbLfLX"
_OTHER_ISSUER = "zDnaewnw8z2Ldj8S3TKC4wBzJmmdB6Sb8zp9gk5PktNaJzFcC"
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
DERIVE: dict[str, Any] = {
    "verifiableCredential": {
        **_BUILT,
        "issuer": f"did:key:{_OTHER_ISSUER}",
        "name": "Bread baking",
        "proof": {
            "type": "DataIntegrityProof",
            "cryptosuite": "ecdsa-sd-2023",
            "created": "2026-01-01T00:00:00Z",
            "verificationMethod": f"did:key:{_OTHER_ISSUER}#{_OTHER_ISSUER}",
            "proofPurpose": "assertionMethod",
            "proofValue": "u2V0AhVhAouqWlE_di85wpYE0nMw7KBHoHSN0cMBBf6u-g_wBGnw9btqPtDoCXF7A7YYXOx2-e55uVhg"
            "oW_2GFEXitcctClgjgCQDv4gZ1xn7UNX9nISkemQ9zF5GtNEGfMDsUvGWt97x7FBYIHD8IKzWDrfjkWf"
            "hlISrCuArWF_ntr7DAUorcQ2MCGqFg1hAhkB4Y82gqpj7DuOq8pDG09LE_-n2lXe3f-tqCuyDxVzSVD6"
            "rauPeaBK5ZM1GD-nupJwUPheZ2Zo9ftjEpOz2mFhApriK1MmPOzgYeWTuhmdEOcQXDBJmMoX6NnO-XPX"
            "2bUTqxGlEVPkrA2G2Scl135Lu4b56hdYig6t87IKSEKw7xVhAdk1c2RKLL3_dcl9bggbP6cRpWoKDWHy"
            "UHxt0xXcSZP0LGn7-cgs_0MS02QqZWvre-cLwwFGiB6uvVxCUdu23s4FnL2lzc3Vlcg",
        },
    },
    "options": {"selectivePointers": ["/credentialSubject/id"]},
}
STATUS: dict[str, Any] = {
    "credentialId": "https://badges.example/credentials/AAAAAAAAAAAAAAAAAAAAAA",
    "credentialStatus": {"type": "BitstringStatusListEntry", "statusPurpose": "revocation"},
    "status": True,
}
