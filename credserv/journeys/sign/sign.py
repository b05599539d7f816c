"""Sign a credential that a caller has built with this installation's key (VC-API, issuing).

Nothing of it is stored and no status index is assigned. All that remains is one audit line, written before
the signature. A credential is refused for any fault that a verifier would find.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from credserv.ground.encoding import parse_instant
from credserv.ground.errors import Fault, InputError, SchemaFaultsError, UnknownContextError
from credserv.ground.json_types import JsonObject
from credserv.ground.own_addresses import is_under
from credserv.issuing.credential_signer import CredentialSigner, ProofWishes
from credserv.openbadges.data_model import V2, check_data_model, issuer_of, listed, types_of
from credserv.openbadges.json_schema import CredentialSchemas
from credserv.proof.data_integrity.ecdsa_sd_2023 import EcdsaSd2023
from credserv.proof.rdf.canonize import Canonizer
from credserv.records.audit import Action, AuditRecord
from credserv.status.bitstring import ENTRY_TYPE, parse_entry
from credserv.store.store import Store

_NAMES_OF_ONE_DATE = (("validFrom", "issuanceDate"), ("validUntil", "expirationDate"))
_DECISIVE = (
    *("issuer", "validFrom", "validUntil", "credentialStatus", "credentialSchema"),
    *("refreshService", "relatedResource", "termsOfUse"),
)


def sign_credential(
    store: Store,
    signer: CredentialSigner,
    schemas: CredentialSchemas,
    credential: JsonObject,
    wishes: ProofWishes,
    *,
    addresses: Sequence[str],
    actor: str,
    now: datetime,
) -> dict[str, Any]:
    """Sign a credential in this installation's own name.

    Args:
        addresses: Where this installation's URLs begin. A credential built elsewhere may not use one as its
            id, which belongs to another, or name a status list of ours, whose index would be another's.

    Raises:
        InputError: The credential or a wish is not valid.
    """
    require_signable(credential, signer.canonizer)
    if not all(isinstance(context, str) for context in listed(credential["@context"])):
        raise UnknownContextError("what is signed here names its contexts by URL, and gives none inline")
    if (organisation := store.organisation.get()) is not None and organisation.sandbox:
        raise _fault("/issuer", "is a sandbox, which signs what it made and marked itself: order a badge")
    if issuer_of(credential) != signer.did:
        raise _fault("/issuer", f"is not this service: its name is {signer.did}")
    if any(is_under(address, str(credential.get("id", ""))) for address in addresses):
        raise _fault("/id", "is an address of this service, which gives them out itself: give another id")
    if any(_names_list(entry, address) for entry in _entries(credential) for address in addresses):
        raise _fault("/credentialStatus", "names a list of this service, which gives its entries out itself")
    faults = schemas.check_credential(credential) if schemas.schema_of(credential) else ()
    if faults:
        raise SchemaFaultsError("the credential breaks the official schema of its type", faults=faults)
    _intend(store, credential, signer, actor, now)
    return signer.sign(credential, _with_decisive(credential, wishes), now=now)


def derive_shown(secured: JsonObject, pointers: Sequence[str], canonizer: Canonizer) -> dict[str, Any]:
    """Return what the holder of a base proof shows of it.

    Raises:
        InputError: A pointer is not valid.
        ProofError: The base proof is not valid.
    """
    return EcdsaSd2023(canonizer).derive_proof(secured, pointers)


def require_signable(
    credential: JsonObject, canonizer: Canonizer, *, versions: Collection[str] = (V2,)
) -> None:
    """Require a credential without faults.

    Terms must be defined whatever the proof, because a JSON proof would carry
    undefined terms that mean nothing.

    Args:
        versions: The contexts of the data models that are issued.

    Raises:
        SchemaFaultsError: It breaks the data model. The faults name every place.
        UnknownContextError: A context is not known here.
        UndefinedTermError: A term is not defined by its contexts.
    """
    if "proof" in credential:
        raise _fault("/proof", "is there already: give the credential without one")
    if not any(context in versions for context in listed(credential.get("@context"))[:1]):
        said = " or ".join(versions)
        raise _fault("/@context", f"does not begin with {said}: that is the version which is issued")
    faults = check_data_model(credential, content_of=canonizer.contexts.content)
    if faults:
        raise SchemaFaultsError("the credential has faults", faults=faults)
    for name, other in _NAMES_OF_ONE_DATE:
        _require_zone(credential, name)
        if name in credential and credential.get(other, credential[name]) != credential[name]:
            raise _fault(f"/{other}", f"says another date than {name}")
    for entry in _entries(credential):
        if ENTRY_TYPE in types_of(entry):
            parse_entry(entry)
    canonizer.canonize(credential)


def _require_zone(credential: JsonObject, name: str) -> None:
    """Require what verifiers forgive in others (VCDM 2.0, section 4.9)."""
    if credential.get(name) is None:
        return
    try:
        parse_instant(credential[name])
    except InputError as error:
        raise _fault(f"/{name}", f"is {error.detail}") from error


def _with_decisive(credential: JsonObject, wishes: ProofWishes) -> ProofWishes:
    """Make what decides mandatory: a status that nobody sees revokes nothing."""
    if wishes.cryptosuite != EcdsaSd2023.identifier:
        return wishes
    decisive = [f"/{name}" for name in _DECISIVE if name in credential]
    asked = [pointer for pointer in wishes.mandatory if pointer not in decisive]
    return replace(wishes, mandatory=(*decisive, *asked))


def _entries(credential: JsonObject) -> list[JsonObject]:
    return [entry for entry in listed(credential.get("credentialStatus")) if isinstance(entry, Mapping)]


def _names_list(entry: JsonObject, address: str) -> bool:
    return any(is_under(address, str(entry.get(name, ""))) for name in ("statusListCredential", "id"))


def _fault(place: str, message: str) -> SchemaFaultsError:
    return SchemaFaultsError(f"{place[1:]} {message}", faults=[Fault(place, message)])


def _intend(
    store: Store, credential: JsonObject, signer: CredentialSigner, actor: str, now: datetime
) -> None:
    """Write the audit line first; a signature without it would be one that nobody intended."""
    content = json.dumps(credential, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    digest = hashlib.sha256(content).hexdigest()
    store.audit.add(
        AuditRecord(
            at=now,
            actor=actor,
            action=Action.DOCUMENT_SIGN,
            subject=str(credential.get("id", f"sha256:{digest}"))[:200],
            detail={"verification_method": signer.verification_method, "sha256": digest},
        )
    )
