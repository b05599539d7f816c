"""Issuers for conformance suites: one did:key for each cryptosuite, open to whoever reaches this machine.

They exist only in the application of `processes/conformance.py`, which refuses a public address. Their keys
are derived from the installation's secret, so that a suite can use the same DIDs after every start. What they
sign is not recorded, and their status lists are in memory.

Suites also send documents of version 1.1 of the data model. Only these issuers sign them.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from credserv.ground.encoding import KeyType, format_instant
from credserv.ground.errors import InputError, NotFoundError, SchemaFaultsError
from credserv.ground.json_types import JsonObject
from credserv.issuing.credential_signer import TOKEN_FORMS, CredentialSigner, ProofWishes, TokenSigner
from credserv.journeys.sign.sign import require_signable
from credserv.openbadges.data_model import BASE_CONTEXTS, V1, V2, check_presentation_model, issuer_of, listed
from credserv.proof.data_integrity.cryptosuite import CryptoSuite
from credserv.proof.keys.derived_keys import derive_signer
from credserv.proof.keys.signer import Signer
from credserv.proof.keys.verification_method import did_key
from credserv.proof.rdf.canonize import Canonizer
from credserv.proof.tokens.token import Binding
from credserv.status.bitstring import ENTRY_TYPE, MINIMUM_ENTRIES, build_status_list_credential, encode_list

USUAL = "eddsa-rdfc-2022"
WITH_STATUS = "bitstring-status-list"
PURPOSES = ("revocation", "suspension")
DATA_INTEGRITY = "https://w3id.org/security/data-integrity/v2"
STATUS = "https://www.w3.org/ns/credentials/status/v1"
_LIST_VALIDITY = timedelta(hours=1)
_KINDS: Mapping[str, tuple[str, KeyType]] = {
    USUAL: (USUAL, KeyType.ED25519),
    "eddsa-jcs-2022": ("eddsa-jcs-2022", KeyType.ED25519),
    "ecdsa-rdfc-2019": ("ecdsa-rdfc-2019", KeyType.P256),
    "ecdsa-rdfc-2019-p384": ("ecdsa-rdfc-2019", KeyType.P384),
    "ecdsa-jcs-2019": ("ecdsa-jcs-2019", KeyType.P256),
    "ecdsa-jcs-2019-p384": ("ecdsa-jcs-2019", KeyType.P384),
    "ecdsa-sd-2023": ("ecdsa-sd-2023", KeyType.P256),
    WITH_STATUS: (USUAL, KeyType.ED25519),
}
_TOKEN_KINDS: Mapping[str, tuple[str, KeyType]] = {
    f"{form.replace('+', '-')}{suffix}": (form, key_type)
    for form in TOKEN_FORMS
    for suffix, key_type in (("", KeyType.P256), ("-es384", KeyType.P384), ("-eddsa", KeyType.ED25519))
}


class StatusMemory:
    """The bits of one issuer's two lists, and which entry belongs to which credential."""

    def __init__(self, list_url: Callable[[str], str]) -> None:
        self._list_url = list_url
        self._indexes: dict[str, int] = {}
        self._set: dict[str, set[int]] = {purpose: set() for purpose in PURPOSES}
        self._lock = threading.Lock()

    def entries(self, credential_id: str) -> list[dict[str, str]]:
        """Return new entries for a credential, one for each purpose, at one random index."""
        with self._lock:
            used = set(self._indexes.values())
            index = next(n for n in iter(lambda: secrets.randbelow(MINIMUM_ENTRIES), -1) if n not in used)
            self._indexes[credential_id] = index
        return [
            {
                "type": ENTRY_TYPE,
                "statusPurpose": purpose,
                "statusListIndex": str(index),
                "statusListCredential": self._list_url(purpose),
            }
            for purpose in PURPOSES
        ]

    def change(self, credential_id: str, purpose: str, status: bool) -> None:
        """Set a credential's bit.

        Raises:
            NotFoundError: It has no entry here.
        """
        with self._lock:
            if credential_id not in self._indexes:
                raise NotFoundError("there is no such credential")
            bits, index = self._set[purpose], self._indexes[credential_id]
            bits.add(index) if status else bits.discard(index)

    def bits(self, purpose: str) -> tuple[int, ...]:
        with self._lock:
            return tuple(self._set[purpose])


@dataclass(frozen=True)
class ConformanceIssuers:
    """All issuers by name. Safe to share between threads of one process."""

    public_url: str
    canonizer: Canonizer
    issuers: Mapping[str, CredentialSigner | TokenSigner]
    memory: StatusMemory = field(repr=False)

    @classmethod
    def make(
        cls, secret: bytes, suites: Mapping[str, CryptoSuite], canonizer: Canonizer, public_url: str
    ) -> ConformanceIssuers:
        def key(name: str, key_type: KeyType) -> Signer:
            return derive_signer(secret, f"test issuer {name}", key_type)

        issuers: dict[str, CredentialSigner | TokenSigner] = {
            name: _credential_signer(key(name, key_type), suites[suite], canonizer)
            for name, (suite, key_type) in _KINDS.items()
        }
        issuers |= {
            name: _token_signer(key(name, key_type), form) for name, (form, key_type) in _TOKEN_KINDS.items()
        }
        return cls(
            public_url,
            canonizer,
            issuers,
            StatusMemory(lambda purpose: f"{public_url}/issuers/{WITH_STATUS}/status/{purpose}"),
        )

    def issue(
        self,
        name: str,
        credential: JsonObject,
        wishes: ProofWishes,
        *,
        credential_id: str | None,
        now: datetime,
    ) -> dict[str, Any]:
        """Sign a credential as the issuer `name`, whose DID replaces the issuer's id.

        Raises:
            NotFoundError: There is no such issuer.
            InputError: The credential or a wish is not valid.
        """
        signer = self._named(name)
        named = _under_name(credential, signer.did)
        within = isinstance(signer, CredentialSigner)
        if within:
            named = _completed(named, with_status=name == WITH_STATUS, now=now)
        # VC-JOSE-COSE 1.0 secures documents of version 2.0 only
        require_signable(named, self.canonizer, versions=BASE_CONTEXTS if within else (V2,))
        if name == WITH_STATUS and not listed(named.get("credentialStatus")):
            tracked = credential_id or str(named.get("id", f"urn:uuid:{secrets.token_hex(16)}"))
            named = {**named, "credentialStatus": self.memory.entries(tracked)}
        return signer.sign(named, wishes, now=now)

    def present(
        self, name: str, presentation: JsonObject, binding: Binding, *, now: datetime
    ) -> dict[str, Any]:
        """Return a presentation in a token, with `name` as its holder.

        Raises:
            NotFoundError: There is no such issuer of tokens.
            InputError: The presentation is not valid.
        """
        signer = self._named(name)
        if not isinstance(signer, TokenSigner):
            raise NotFoundError("only the issuers of tokens make presentations: GET /issuers lists them")
        held = {**presentation, "holder": signer.did}
        faults = check_presentation_model(held)
        if faults:
            raise SchemaFaultsError("the presentation has faults", faults=faults)
        if V2 not in held["@context"][:1]:
            raise InputError("a token holds a presentation of version 2.0")
        self.canonizer.canonize(held)
        return signer.sign_presentation(held, binding, now=now)

    def dids(self) -> dict[str, str]:
        """Return the DID of every issuer, by name."""
        return {name: signer.did for name, signer in self.issuers.items()}

    def status_list(self, purpose: str, *, now: datetime) -> bytes:
        """Return the current signed list for a purpose.

        Raises:
            NotFoundError: There is no such list.
        """
        if purpose not in PURPOSES:
            raise NotFoundError("there is no such status list")
        document = build_status_list_credential(
            url=f"{self.public_url}/issuers/{WITH_STATUS}/status/{purpose}",
            issuer=self._named(WITH_STATUS).did,
            purpose=purpose,
            encoded_list=encode_list(self.memory.bits(purpose), MINIMUM_ENTRIES),
            valid_from=now,
            valid_until=now + _LIST_VALIDITY,
            ttl_milliseconds=1_000,
        )
        signed = self._named(WITH_STATUS).sign(document, ProofWishes(), now=now)
        return json.dumps(signed, ensure_ascii=False, separators=(",", ":")).encode()

    def own_status_list(self, url: str, *, now: datetime) -> bytes | None:
        """Return one of our lists, as Resolvers expect it; None for others."""
        prefix = f"{self.public_url}/issuers/{WITH_STATUS}/status/"
        return self.status_list(url.removeprefix(prefix), now=now) if url.startswith(prefix) else None

    def _named(self, name: str) -> CredentialSigner | TokenSigner:
        if name not in self.issuers:
            raise NotFoundError("there is no such issuer: GET /issuers lists them")
        return self.issuers[name]


def _credential_signer(signer: Signer, suite: CryptoSuite, canonizer: Canonizer) -> CredentialSigner:
    did, method = _names(signer)
    return CredentialSigner(did, method, signer, {suite.identifier: suite}, canonizer)


def _token_signer(signer: Signer, form: str) -> TokenSigner:
    did, method = _names(signer)
    return TokenSigner(did, method, signer, form)


def _names(signer: Signer) -> tuple[str, str]:
    did = did_key(signer.public_key_multibase)
    return did, f"{did}#{signer.public_key_multibase}"


def _under_name(credential: JsonObject, did: str) -> dict[str, Any]:
    """Replace the issuer that the suite names. Anything that is not a name is refused, not corrected."""
    if issuer_of(credential) is None:
        raise InputError("issuer is neither one absolute URL nor an object with one as its id")
    issuer = credential["issuer"]
    return {**credential, "issuer": {**issuer, "id": did} if isinstance(issuer, Mapping) else did}


def _completed(credential: dict[str, Any], *, with_status: bool, now: datetime) -> dict[str, Any]:
    """Add to a document of version 1.1 what its proof needs and suites leave to the
    issuer; return others unchanged.

    The context of version 1.1 has neither DataIntegrityProof nor BitstringStatusListEntry, and requires an
    issuanceDate (VC Data Model 1.1, section 4.5).
    """
    contexts = credential.get("@context")
    if not isinstance(contexts, list) or contexts[:1] != [V1]:
        return credential
    needed = [DATA_INTEGRITY, *([STATUS] if with_status else [])]
    added = [context for context in needed if context not in contexts]
    return {"issuanceDate": format_instant(now), **credential, "@context": [*contexts, *added]}
