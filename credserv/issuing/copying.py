"""A copy of an award: the same content, signed again in another format for a key of its holder.

The content comes from the award's signed bytes, which never change. Whatever differs (id, salt, status index)
is fixed in the copy's row. This module writes nothing, so a copy can be made again at any time (recipe.py,
steps 3 and 4).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from credserv.ground.canonical_json import to_json
from credserv.ground.errors import ConflictError, InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object
from credserv.ground.validity import parse_validity
from credserv.issuing.addresses import credential_url, status_list_url, status_token_url
from credserv.issuing.document import STATUS_PURPOSE, lint, signs_canonical_form
from credserv.issuing.living import refresh_service
from credserv.issuing.services import IssuingServices
from credserv.openbadges import learning_credential
from credserv.openbadges.credential import StatusPlace, build_identity, build_status_entry
from credserv.openbadges.learning_credential import LearningFacts, learning_claims
from credserv.openbadges.sandbox import CLAIM
from credserv.openbadges.structure import issuer_of
from credserv.proof.data_integrity.ecdsa_sd_2023 import EcdsaSd2023
from credserv.proof.data_integrity.hashing_suite import RdfcSuite
from credserv.proof.data_integrity.proofs import add_proof, proof_options
from credserv.proof.keys.did_keys import public_jwk
from credserv.proof.tokens.jws import algorithm_of
from credserv.proof.tokens.jwt_claims import to_date
from credserv.proof.tokens.open_badges_jwt import PROFILE, sign_open_badges_jwt
from credserv.proof.tokens.sd_jwt_issue import sign_sd_jwt_vc
from credserv.proof.tokens.vc_jwt import sign_vc_jwt
from credserv.records.copies import CopyForm, CopyRecord
from credserv.records.credentials import CredentialRecord

OPEN_BADGE_VCT = "https://purl.imsglobal.org/spec/vc/ob/vocab.html#OpenBadgeCredential"
# What the badge is and whether it is valid. The holder cannot withhold these.
_MANDATORY = (
    *("/issuer", "/validFrom", "/validUntil", "/credentialStatus", "/credentialSchema", "/name"),
    *("/credentialSubject/id", "/credentialSubject/achievement/name"),
)
VCTS = {CopyForm.DC_SD_JWT: OPEN_BADGE_VCT, CopyForm.LEARNING: learning_credential.VCT}
# The claims of the SD-JWT VCs that the holder may withhold, one by one.
WITHHOLDABLE: Mapping[CopyForm, tuple[str, ...]] = {
    CopyForm.DC_SD_JWT: ("identifier", "awardedDate", "description", "result", "evidence", "achievement"),
    CopyForm.LEARNING: learning_credential.WITHHOLDABLE,
}


def forms_of(issuing: IssuingServices) -> tuple[CopyForm, ...]:
    """Return the formats that the issuer's key can sign.

    Some of them need facts that a given award may lack: see `make_copy_bytes`.
    """
    forms = set(CopyForm)
    if issuing.signer.key_type not in EcdsaSd2023.key_types:
        forms.discard(CopyForm.LDP_VC_SD)
    if algorithm_of(issuing.signer) not in PROFILE.algorithms:
        forms.discard(CopyForm.JWT_VC_JSON)
    return tuple(form for form in CopyForm if form in forms)


def make_copy_bytes(
    issuing: IssuingServices, award: CredentialRecord, copy: CopyRecord, facts: LearningFacts | None = None
) -> bytes:
    """Sign a copy and pass it through the whole verifier.

    Args:
        award: The award, already signed.
        copy: The copy's row: format, holder key, salt and status index.
        facts: What the European learning credential says of the learner. Required for `CopyForm.LEARNING`,
            None for every other format.

    Returns:
        The signed copy: JSON in UTF-8, or a token in ASCII.

    Raises:
        ConflictError: The award is not signed yet or is by another issuer, or `facts` do not fit the format.
        InputError: The content breaks the official schema.
        SigningKeyError: The key cannot sign now.
        ProofError: The verifier does not accept the copy.
    """
    content = copy_content(issuing, award, copy)
    if copy.form in (CopyForm.LDP_VC, CopyForm.LDP_VC_SD):
        return _with_proof(issuing, content, copy)
    made: dict[str, Any] = {"signer": issuing.signer, "verification_method": issuing.verification_method}
    if copy.form is CopyForm.JWT_VC_JSON:
        token = sign_open_badges_jwt(content, **made)
    elif copy.form is CopyForm.VC_JWT:
        token = sign_vc_jwt(content, **made)
    else:
        claims = sd_jwt_vc_claims(issuing, content, copy, facts)
        paths = [(name,) for name in WITHHOLDABLE[copy.form] if name in claims]
        token = sign_sd_jwt_vc(claims, disclosable=paths, holder_jwk=public_jwk(copy.holder_did), **made)
    issuing.require_own(token.encode("ascii"), copy.plan.planned_at)
    return token.encode("ascii")


def copy_content(issuing: IssuingServices, award: CredentialRecord, copy: CopyRecord) -> dict[str, Any]:
    """Return the award's content under the copy's id, with the holder's key as its subject.

    Raises:
        ConflictError: The award is not signed yet, or another issuer made it.
    """
    if award.signed is None:
        raise ConflictError("the badge is not issued yet")
    content = parse_json_object(award.signed)
    content.pop("proof", None)
    if issuer_of(content) != issuing.issuer.did:
        raise ConflictError("the badge is by another issuer, who alone makes copies of it")
    subject = {"id": copy.holder_did, **{k: v for k, v in content["credentialSubject"].items() if k != "id"}}
    if award.order.recipient.email is not None:
        subject["identifier"] = [build_identity(award.order.recipient.email, copy.plan.salt)]
    place = StatusPlace(
        list_url=status_list_url(issuing.public_url, copy.status_list_id),
        index=copy.status_index,
        purpose=STATUS_PURPOSE,
    )
    if "refreshService" in content:
        content["refreshService"] = refresh_service(issuing.public_url, copy.id)
        for name in ("endorsement", "endorsementJwt"):  # endorsements name the award's id, not the copy's
            content.pop(name, None)
    return {
        **content,
        "id": credential_url(issuing.public_url, copy.id),
        "credentialSubject": subject,
        "credentialStatus": build_status_entry(place),
    }


def sd_jwt_vc_claims(
    issuing: IssuingServices, content: JsonObject, copy: CopyRecord, facts: LearningFacts | None
) -> dict[str, Any]:
    """Return the claims of SD-JWT VC, section 3.2.2, with the status claim of
    Token Status List (section 8.3).

    Raises:
        ConflictError: The format is the learning credential and `facts` is None, or the other way round.
    """
    if (copy.form is CopyForm.LEARNING) != (facts is not None):
        raise ConflictError("this badge is not to be had as a learning credential")
    validity = parse_validity(content)
    dates = {"nbf": validity.begins, "exp": validity.ends, "iat": copy.plan.planned_at}
    return {
        "iss": issuing.issuer.did,
        "vct": VCTS[copy.form],
        "jti": content["id"],
        "sub": copy.holder_did,
        **{name: to_date(at) for name, at in dates.items() if at is not None},
        "status": {
            "status_list": {
                "idx": copy.status_index,
                "uri": status_token_url(issuing.public_url, copy.status_list_id),
            }
        },
        **({CLAIM: True} if issuing.issuer.sandbox else {}),
        **(badge_claims(content) if facts is None else learning_claims(content, facts)),
    }


def badge_claims(content: JsonObject) -> dict[str, Any]:
    """Return the claims that an SD-JWT VC takes over from the badge under their own names."""
    subject = content["credentialSubject"]
    about = {name: subject[name] for name in ("identifier", "achievement", "result") if name in subject}
    said = {
        name: content[name] for name in ("name", "description", "awardedDate", "evidence") if name in content
    }
    return {"issuer_name": content["issuer"]["name"], **said, **about}


def _with_proof(issuing: IssuingServices, content: dict[str, Any], copy: CopyRecord) -> bytes:
    canonical, suite, created = lint(issuing, content), issuing.suite, copy.plan.planned_at
    if copy.form is CopyForm.LDP_VC and signs_canonical_form(issuing) and isinstance(suite, RdfcSuite):
        options = proof_options(suite, issuing.verification_method, created)
        proof = suite.prepare(content["@context"], options, issuing.signer).sign(canonical)
        return _written(issuing, content | {"proof": proof}, content | {"proof": proof}, copy)
    if copy.form is CopyForm.LDP_VC_SD:
        if issuing.signer.key_type not in EcdsaSd2023.key_types:
            raise InputError("a proof for selective disclosure needs an issuer's key on P-256")
        suite = EcdsaSd2023(issuing.canonizer).requiring(
            [item for item in _MANDATORY if _is_there(content, item)]
        )
    signed = add_proof(
        content,
        suite=suite,
        signer=issuing.signer,
        verification_method=issuing.verification_method,
        created=created,
    )
    shown = signed
    if copy.form is CopyForm.LDP_VC_SD:  # a base proof is for the holder alone, so verify what they will show
        others = [f"/{name}" for name in content if name not in ("@context", "id", "type")]
        shown = EcdsaSd2023(issuing.canonizer).derive_proof(signed, others)
    return _written(issuing, signed, shown, copy)


def _written(issuing: IssuingServices, signed: JsonObject, shown: JsonObject, copy: CopyRecord) -> bytes:
    """Return the bytes to store, after the whole verifier has accepted what is shown of them."""
    issuing.require_own(to_json(shown), copy.plan.planned_at)
    return json.dumps(signed, ensure_ascii=False, separators=(",", ":")).encode()


def _is_there(content: JsonObject, pointer: str) -> bool:
    value: Any = content
    for step in pointer.split("/")[1:]:
        if not isinstance(value, dict) or step not in value:
            return False
        value = value[step]
    return True
