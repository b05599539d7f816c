"""The credential that is signed and verified, and all that a stack holds to do so.

It is the reference one of `../shared/bench` where that is there, else one made here of the same shape:
some 150 quads, 14 blank nodes, 18 kB as N-Quads. Its issuer is the did:key of one seed, for all stacks.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from credserv.app.schemas import default_schemas_dir
from credserv.ground.encoding import encode_base64url, format_instant
from credserv.proof.keys.signer import Ed25519Signer
from credserv.proof.keys.verification_method import did_key, did_key_document
from credserv.proof.rdf.canonize import Canonizer
from credserv.proof.rdf.document_loader import PinnedContexts

REFERENCE = Path(__file__).resolve().parents[2] / "shared" / "bench" / "credential.json"
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
SEED = bytes(range(32))
CONTEXTS = [
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
]
_W3C = ("https://www.w3.org/", "https://w3id.org/security/")
_HOST = "https://badges.example.org"
_ACHIEVEMENT = f"{_HOST}/achievements/navigation"


@dataclass(frozen=True)
class Reference:
    """document: unsigned. held: what each stack is given before it starts, as JSON."""

    document: dict[str, Any]
    held: dict[str, Any]


def build_reference() -> Reference:
    key = Ed25519PrivateKey.from_private_bytes(SEED)
    multibase = Ed25519Signer(key).public_key_multibase
    did = did_key(multibase)
    method = f"{did}#{multibase}"
    held = {
        "seed": SEED.hex(),
        "jwk": {
            "kty": "OKP",
            "crv": "Ed25519",
            "x": encode_base64url(key.public_key().public_bytes_raw()),
            "d": encode_base64url(SEED),
        },
        "did": did,
        "method": method,
        "now": NOW.isoformat(),
        "created": format_instant(NOW),
        "contexts": _contexts(),
        "documents": _documents(did, method, multibase),
    }
    document = json.loads(REFERENCE.read_text()) if REFERENCE.exists() else _made()
    document.pop("proof", None)
    document["issuer"]["id"] = did
    return Reference(document, held)


def canonical_form(reference: Reference) -> str:
    """Its canonical N-Quads."""
    return Canonizer(PinnedContexts.load(default_schemas_dir())).canonize(reference.document)


def _contexts() -> dict[str, Any]:
    """Those of the credential, and W3C's: what else is carried for others' credentials is no peer's to hold,
    and one of them refuses words that any context at hand spells otherwise."""
    pinned = PinnedContexts.load(default_schemas_dir())
    own = [url for url in sorted(pinned.urls) if url in CONTEXTS or url.startswith(_W3C)]
    return {url: dict(pinned.document(url)) for url in own}


def _documents(did: str, method: str, multibase: str) -> dict[str, Any]:
    """The issuer's DID document, and its key under the key's own name."""
    key = {"id": method, "type": "Multikey", "controller": did, "publicKeyMultibase": multibase}
    return {
        did: dict(did_key_document(did)),
        method: {"@context": "https://w3id.org/security/multikey/v1", **key},
    }


# --- of the same shape ----------------------------------------------------------------------------


def _made() -> dict[str, Any]:
    return {
        "@context": CONTEXTS,
        "id": "urn:uuid:5c1d3c1e-3f77-4f5b-8a44-0d8f3b1c2a10",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": "Navigation for small craft – passed",
        "description": "For those who passed the course “Navigation for small craft”.",
        "issuer": _issuer(),
        "validFrom": "2026-11-01T09:00:00Z",
        "validUntil": "2031-11-01T09:00:00Z",
        "awardedDate": "2026-10-30T00:00:00Z",
        "credentialSubject": _subject(),
        "evidence": [evidence(1), evidence(2)],
        "credentialStatus": {
            "id": f"{_HOST}/status/1#4711",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": "4711",
            "statusListCredential": f"{_HOST}/status/1",
        },
    }


def evidence(number: int) -> dict[str, Any]:
    """A blank node of five quads, unlike every other; documents grow by these."""
    return {
        "type": ["Evidence"],
        "name": f"Logbook, part {number}",
        "genre": "text",
        "narrative": f"Passage number {number}, planned, sailed and written down.",
    }


def _issuer() -> dict[str, Any]:
    return {
        "id": "",
        "type": ["Profile"],
        "name": "School of Seamanship",
        "url": "https://school.example.org/",
        "email": "badges@school.example.org",
        "phone": "+1-555-0100",
        "description": "Courses on the coast, since 1987.",
        "image": {"id": "https://school.example.org/logo.png", "type": "Image", "caption": "An anchor"},
        "address": {
            "type": ["Address"],
            "addressCountry": "Norway",
            "addressCountryCode": "NO",
            "addressLocality": "Ålesund",
            "addressRegion": "Møre og Romsdal",
            "postalCode": "6002",
            "streetAddress": "Skateflukaia 1",
        },
    }


def _subject() -> dict[str, Any]:
    return {
        "type": ["AchievementSubject"],
        "identifier": [
            {
                "type": "IdentityObject",
                "hashed": True,
                "identityHash": "sha256$" + "5f" * 32,
                "identityType": "emailAddress",
                "salt": "b07a1d22",
            }
        ],
        "activityStartDate": "2026-02-01T08:00:00Z",
        "activityEndDate": "2026-10-15T16:00:00Z",
        "creditsEarned": 3.5,
        "role": "Learner",
        "achievement": _achievement(),
        "result": [
            {"type": ["Result"], "resultDescription": f"{_ACHIEVEMENT}#grade", "value": "B"},
            {
                "type": ["Result"],
                "resultDescription": f"{_ACHIEVEMENT}#practice",
                "achievedLevel": f"{_ACHIEVEMENT}#second",
                "status": "Completed",
            },
        ],
    }


def _achievement() -> dict[str, Any]:
    return {
        "id": _ACHIEVEMENT,
        "type": ["Achievement"],
        "achievementType": "Course",
        "name": "Navigation for small craft",
        "description": "Charts, tides, buoyage, and passages planned with pencil and dividers.",
        "creator": {
            "id": "https://school.example.org/profiles/navigation",
            "type": ["Profile"],
            "name": "Navigation department",
        },
        "criteria": {"id": f"{_ACHIEVEMENT}#criteria", "narrative": "Ten passages,\nand the exam (≥ 60 %)."},
        "creditsAvailable": 3.5,
        "fieldOfStudy": "Navigation",
        "humanCode": "NAV-101",
        "inLanguage": "en",
        "version": "2.1",
        "image": {"id": f"{_HOST}/img/navigation.png", "type": "Image", "caption": "A compass rose"},
        "tag": ["charts", "tides", "buoyage", "passages"],
        "alignment": [_alignment(number) for number in (1, 2, 3)],
        "resultDescription": [
            {
                "id": f"{_ACHIEVEMENT}#grade",
                "type": ["ResultDescription"],
                "name": "Exam",
                "resultType": "LetterGrade",
                "allowedValue": ["A", "B", "C", "D", "F"],
                "requiredValue": "C",
            },
            {
                "id": f"{_ACHIEVEMENT}#practice",
                "type": ["ResultDescription"],
                "name": "Practice",
                "resultType": "RubricCriterionLevel",
                "rubricCriterionLevel": [_level("first", "By day"), _level("second", "By night")],
            },
        ],
    }


def _alignment(number: int) -> dict[str, Any]:
    return {
        "type": ["Alignment"],
        "targetName": f"Outcome {number}",
        "targetUrl": f"https://frameworks.example.org/skill/{number}",
        "targetCode": f"SKILL-{number}",
        "targetFramework": "Skills at sea",
        "targetType": "ceasn:Competency",
        "targetDescription": f"Outcome number {number} of the framework.",
    }


def _level(name: str, level: str) -> dict[str, Any]:
    return {
        "id": f"{_ACHIEVEMENT}#{name}",
        "type": ["RubricCriterionLevel"],
        "name": level,
        "level": level,
        "points": "1",
        "description": f"Finds the way {level.lower()}.",
    }
