"""A backup that Learner Credential Wallet 2.2 can restore: one unlocked Universal Wallet.

The app accepts a profile only with a DID document and both keys, and a credential only in JSON with a context
of Verifiable Credentials 1.1 or 2.0.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from credserv.ground.json_types import JsonObject

NAME = "Wallet Backup.json"
_CONTEXT = ["https://w3id.org/wallet/v1"]
_CREDENTIALS = ("https://www.w3.org/2018/credentials/v1", "https://www.w3.org/ns/credentials/v2")


def build_backup(credentials: Iterable[JsonObject], keys: Sequence[JsonObject], *, name: str) -> bytes:
    """Build the backup, without credentials that the app would refuse.

    Args:
        keys: DID document and key parts.
        name: of the profile.
    """
    identifier = f"urn:uuid:{uuid.uuid4()}"
    profile = {
        "@context": _CONTEXT,
        "id": identifier,
        "type": "ProfileMetadata",
        "data": {"profileName": name},
    }
    contents = [*(dict(one) for one in credentials if _is_read(one)), *keys, profile]
    wallet: dict[str, Any] = {
        "@context": _CONTEXT,
        "id": identifier,
        "type": "UniversalWallet2020",
        "status": "UNLOCKED",
        "contents": contents,
    }
    return json.dumps([wallet], ensure_ascii=False, indent=1).encode()


def _is_read(credential: JsonObject) -> bool:
    contexts = credential.get("@context")
    return isinstance(contexts, list) and any(context in _CREDENTIALS for context in contexts)
