"""A did:webvh of one's own making, with a log that can be spoiled in every way."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from credserv.proof.data_integrity.proofs import add_proof
from credserv.proof.keys.verification_method import build_did_document
from credserv.proof.webvh.entry import PURPOSE, SUITE, entry_hash, key_hash, without_proof
from credserv.proof.webvh.writing import first_entry, next_entry, placeholder
from tests.testkit.proofs import NOW, SIGNED_AT, SigningIssuer, badge, issuer, suite

BEGAN = NOW - timedelta(days=30)
HOST = "did:web:school.example"
KEY = issuer(11)  # signs badges
UPDATE = [issuer(number) for number in range(20, 30)]  # change the DID, one after the other


def document(did: str, *keys: SigningIssuer, **members: Any) -> dict[str, Any]:
    names = [key.signer.public_key_multibase for key in keys or (KEY,)]
    return build_did_document(did, [(f"{did}#{name}", name) for name in names]) | members


def multikey(key: SigningIssuer) -> str:
    return key.signer.public_key_multibase


@dataclass
class History:
    """A log, entry by entry. pre_rotated: each entry foresees the key that changes the DID next."""

    place: str = HOST
    parameters: Mapping[str, Any] = field(default_factory=dict)
    pre_rotated: bool = True
    entries: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.entries.append(
            first_entry(
                document(placeholder(self.place)),
                {"updateKeys": [multikey(UPDATE[0])], "portable": True, **self._next(0), **self.parameters},
                signer=UPDATE[0].signer,
                now=BEGAN,
            )
        )

    @property
    def did(self) -> str:
        return str(self.entries[-1]["state"]["id"])

    def change(
        self,
        state: Mapping[str, Any] | None = None,
        parameters: Mapping[str, Any] | None = None,
        *,
        by: SigningIssuer | None = None,
        at: datetime | None = None,
    ) -> History:
        """One entry more. by: who signs it, else whose turn it is."""
        number = len(self.entries)
        usual = {"updateKeys": [multikey(UPDATE[number])], **self._next(number)} if self.pre_rotated else {}
        signer = by or UPDATE[number if self.pre_rotated else 0]
        self.entries.append(
            next_entry(
                self.entries[-1]["versionId"],
                state or self.entries[-1]["state"],
                usual | dict(parameters or {}),
                signer=signer.signer,
                now=at or BEGAN + timedelta(days=number),
            )
        )
        return self

    def _next(self, number: int) -> dict[str, Any]:
        return {"nextKeyHashes": [key_hash(multikey(UPDATE[number + 1]))]} if self.pre_rotated else {}

    @property
    def log(self) -> bytes:
        return lines(self.entries)

    @property
    def url(self) -> str:
        return log_at(self.place)

    def badge(self, *, of: str = "", query: str = "", by: SigningIssuer = KEY) -> dict[str, Any]:
        """Signed as `of`, else as the DID is called now."""
        did = of or self.did
        unsigned = badge(by)
        del unsigned["credentialStatus"]
        unsigned["issuer"] = unsigned["issuer"] | {"id": did}
        method = f"{did}{query}#{multikey(by)}"
        return add_proof(
            unsigned, suite=suite(), signer=by.signer, verification_method=method, created=SIGNED_AT
        )


def log_at(place: str) -> str:
    host, _, path = place.removeprefix("did:web:").partition(":")
    return f"https://{host}/{path.replace(':', '/') or '.well-known'}/did.jsonl"


def lines(entries: Sequence[Mapping[str, Any]]) -> bytes:
    return b"".join(json.dumps(entry).encode() + b"\n" for entry in entries)


def sign_anew(entry: Mapping[str, Any], by: SigningIssuer, before: str, **changes: Any) -> dict[str, Any]:
    """An entry with other members, whose hash and proof are right again."""
    changed = without_proof(entry) | changes
    number = entry["versionId"].partition("-")[0]
    changed["versionId"] = f"{number}-{entry_hash(changed, before)}"
    return with_proof(changed, by)


def with_proof(document: Mapping[str, Any], by: SigningIssuer, **changes: Any) -> dict[str, Any]:
    key = multikey(by)
    options = {
        "type": "DataIntegrityProof",
        "cryptosuite": SUITE.identifier,
        "created": "2026-02-14T09:00:00Z",
        "verificationMethod": f"did:key:{key}#{key}",
        "proofPurpose": PURPOSE,
    } | changes
    unsecured = without_proof(document)
    return {**unsecured, "proof": [SUITE.create_proof(unsecured, options, by.signer)]}
