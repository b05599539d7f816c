"""Secure: put this installation's proof on a credential that a caller has built (VC-API, issuing).

Nothing of it is stored, and no status index is given out: what is kept is one audit line, written before
the signature. What a caller builds is refused for any fault that a verifier would find in it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from credserv.ground.errors import Fault, InputError, SchemaFaultsError, UnknownContextError
from credserv.ground.json_types import JsonObject
from credserv.ground.own_addresses import is_under
from credserv.openbadges.data_model import V2, check_data_model, issuer_of, listed, types_of
from credserv.openbadges.json_schema import CredentialSchemas
from credserv.proof.data_integrity.cryptosuite import CryptoSuite
from credserv.proof.data_integrity.proof_form import PROOF_TYPE
from credserv.proof.data_integrity.proofs import ProofExtras, add_proof
from credserv.proof.keys.signer import Signer
from credserv.proof.rdf.canonize import Canonizer
from credserv.proof.tokens.envelope import envelope
from credserv.proof.tokens.vc_jwt import sign_vc_jwt
from credserv.records.audit import AuditRecord
from credserv.status.bitstring import ENTRY_TYPE, parse_entry
from credserv.store.store import Store


@dataclass(frozen=True)
class ProofWishes:
    """What a caller asks of the proof; None for what is left to the issuer."""

    proof_type: str | None = None
    cryptosuite: str | None = None
    created: datetime | None = None
    extras: ProofExtras | None = None


@dataclass(frozen=True)
class Securer:
    """One issuer with one key. suites: by identifier, all that the key may sign with, the usual one first."""

    did: str
    verification_method: str
    signer: Signer
    suites: Mapping[str, CryptoSuite]
    canonizer: Canonizer

    def secure(self, credential: JsonObject, wishes: ProofWishes, *, now: datetime) -> dict[str, Any]:
        """The credential with its proof. Raises InputError for wishes that this key cannot fulfil."""
        if wishes.proof_type not in (None, PROOF_TYPE):
            raise InputError(f"no proofs of the type {str(wishes.proof_type)[:80]!r} are made here")
        name = wishes.cryptosuite or next(iter(self.suites))
        if name not in self.suites:
            known = ", ".join(self.suites)
            raise InputError(f"{name[:80]!r} does not go with this issuer's key; {known} would")
        return add_proof(
            credential,
            suite=self.suites[name],
            signer=self.signer,
            verification_method=self.verification_method,
            created=wishes.created or now,
            extras=wishes.extras,
        )


@dataclass(frozen=True)
class TokenSecurer:
    """As Securer, with a vc+jwt in an envelope (VC-JOSE-COSE 1.0, section 3.1)."""

    did: str
    verification_method: str
    signer: Signer

    def secure(self, credential: JsonObject, wishes: ProofWishes, *, now: datetime) -> dict[str, Any]:  # noqa: ARG002 - as Securer
        """The envelope. A token has none of the members that a proof can have, so all wishes are refused."""
        if replace(wishes, extras=wishes.extras or ProofExtras()) != ProofWishes(extras=ProofExtras()):
            raise InputError("a token has no proof whose type, suite, dates or use could be chosen")
        token = sign_vc_jwt(credential, signer=self.signer, verification_method=self.verification_method)
        return dict(envelope(token))


def suites_for(suites: Mapping[str, CryptoSuite], signer: Signer, usual: str) -> dict[str, CryptoSuite]:
    """Those that `signer` can sign with and that are there to sign, `usual` first."""
    fitting = {
        name: suite for name, suite in suites.items() if signer.key_type in suite.key_types and suite.signs
    }
    return {usual: fitting[usual], **fitting}


def secure_credential(
    store: Store,
    securer: Securer,
    schemas: CredentialSchemas,
    credential: JsonObject,
    wishes: ProofWishes,
    *,
    public_url: str,
    actor: str,
    now: datetime,
) -> dict[str, Any]:
    """The credential, secured under this installation's own name.

    public_url: where our own addresses begin. No credential built elsewhere may have one as its id, which is
    another's, or name a status list of ours, whose index would be another's. Raises InputError and its kin.
    """
    check_securable(credential, securer.canonizer)
    if not all(isinstance(context, str) for context in listed(credential["@context"])):
        raise UnknownContextError("what is signed here names its contexts by URL, and gives none inline")
    if issuer_of(credential) != securer.did:
        raise _fault("/issuer", f"is not this service: its name is {securer.did}")
    if is_under(public_url, str(credential.get("id", ""))):
        raise _fault("/id", "is an address of this service, which gives them out itself: give another id")
    if any(_names_list(entry, public_url) for entry in _entries(credential)):
        raise _fault("/credentialStatus", "names a list of this service, which gives its entries out itself")
    faults = schemas.check_credential(credential) if schemas.schema_of(credential) else ()
    if faults:
        raise SchemaFaultsError("the credential breaks the official schema of its type", faults=faults)
    _intend(store, credential, securer, actor, now)
    return securer.secure(credential, wishes, now=now)


def check_securable(credential: JsonObject, canonizer: Canonizer) -> None:
    """Raises SchemaFaultsError with every fault of the data model, UnknownContextError, UndefinedTermError.

    Terms must be defined whatever the proof: a JSON proof would carry undefined ones, meaning nothing.
    """
    if "proof" in credential:
        raise _fault("/proof", "is there already: give the credential without one")
    if V2 not in listed(credential.get("@context"))[:1]:
        raise _fault("/@context", f"does not begin with {V2}: that is the version which is issued")
    faults = check_data_model(credential, content_of=canonizer.contexts.content)
    if faults:
        raise SchemaFaultsError("the credential has faults", faults=faults)
    for entry in _entries(credential):
        if ENTRY_TYPE in types_of(entry):
            parse_entry(entry)
    canonizer.canonize(credential)


def _entries(credential: JsonObject) -> list[JsonObject]:
    return [entry for entry in listed(credential.get("credentialStatus")) if isinstance(entry, Mapping)]


def _names_list(entry: JsonObject, public_url: str) -> bool:
    return any(is_under(public_url, str(entry.get(name, ""))) for name in ("statusListCredential", "id"))


def _fault(place: str, message: str) -> SchemaFaultsError:
    return SchemaFaultsError(f"{place[1:]} {message}", faults=[Fault(place, message)])


def _intend(store: Store, credential: JsonObject, securer: Securer, actor: str, now: datetime) -> None:
    """A signature without this line before it would be one that nobody meant."""
    content = json.dumps(credential, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    digest = hashlib.sha256(content).hexdigest()
    store.audit.add(
        AuditRecord(
            at=now,
            actor=actor,
            action="document.sign",
            subject=str(credential.get("id", f"sha256:{digest}"))[:200],
            detail={"verification_method": securer.verification_method, "sha256": digest},
        )
    )
