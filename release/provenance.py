"""How a release was made, signed: an in-toto Statement with SLSA's provenance, in a DSSE envelope.

Source: in-toto Attestation Framework, Statement v1 and Envelope v1; SLSA v1.0, Provenance; DSSE v1.0.2.
Whoever has the public key can check it without any service.
"""

from __future__ import annotations

import json
import platform
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import CryptoSigner, SSlibKey

from release.artifacts import Commit, ReleaseError

FILE = "provenance.intoto.jsonl"
PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://slsa.dev/provenance/v1"
BUILD_TYPE = "urn:credserv:release:v1"  # what `make` does: see SECURITY.md


@dataclass(frozen=True)
class Origin:
    """source: the address of the repository. builder: of what built it, which the key's owner answers for."""

    source: str
    builder: str


def statement(
    subjects: dict[str, str], commit: Commit, origin: Origin, locks: dict[str, str]
) -> dict[str, Any]:
    """subjects, locks: SHA-256 by the name of a file."""
    source = {"uri": f"git+{origin.source}", "digest": {"gitCommit": commit.digest}}
    return {
        "_type": STATEMENT,
        "subject": _described(subjects),
        "predicateType": PREDICATE,
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {"source": source["uri"]},
                "internalParameters": {
                    "python": platform.python_version(),
                    "hatchling": version("hatchling"),
                    "SOURCE_DATE_EPOCH": int(commit.at.timestamp()),
                },
                "resolvedDependencies": [source, *_described(locks)],
            },
            "runDetails": {"builder": {"id": origin.builder}},
        },
    }


def sign(told: dict[str, Any], key: Path) -> str:
    """One line of JSON. key: a private key in PEM. Raises ReleaseError."""
    try:
        signer = CryptoSigner(load_pem_private_key(key.read_bytes(), password=None))
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ReleaseError(f"{key} is no private key in PEM that can be read without a passphrase") from error
    envelope = Envelope(json.dumps(told, sort_keys=True).encode(), PAYLOAD_TYPE, {})
    envelope.sign(signer)
    return json.dumps(envelope.to_dict()) + "\n"


def verify(line: str, key: Path) -> dict[str, Any]:
    """The statement. key: the public key in PEM. Raises ReleaseError where it was not signed with that."""
    try:
        known = SSlibKey.from_crypto(load_pem_public_key(key.read_bytes()))
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise ReleaseError(f"{key} is no public key in PEM") from error
    try:
        envelope = Envelope.from_dict(json.loads(line))
        envelope.verify([known], 1)
        told: dict[str, Any] = json.loads(envelope.payload)
    except VerificationError as error:
        raise ReleaseError(f"{FILE} was not signed with this key, or was changed") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ReleaseError(f"{FILE} is no signed statement") from error
    kind = (envelope.payload_type, told.get("_type"), told.get("predicateType"))
    if kind != (PAYLOAD_TYPE, STATEMENT, PREDICATE):
        raise ReleaseError(f"{FILE} states something other than how a release was made")
    return told


def _described(digests: dict[str, str]) -> list[dict[str, Any]]:
    return [{"name": name, "digest": {"sha256": digest}} for name, digest in digests.items()]
