"""POST /credentials/issue and /credentials/status, as in the VC-API (W3C VCALM, sections 3.2).

Both need an API key. The application of the conformance issuers has views of its own instead (`conformance`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, json

from credserv.ground.errors import Fault, InputError, NotFoundError, SchemaFaultsError
from credserv.issuing.credential_signer import ProofWishes
from credserv.journeys.publish.publish import set_status
from credserv.journeys.sign.sign import derive_shown, sign_credential
from credserv.proof.data_integrity.proofs import ProofExtras
from credserv.proof.rdf.canonize import Canonizer
from credserv.records.credentials import CredentialState
from credserv.status.bitstring import ENTRY_TYPE
from credserv.web.frame.auth import actor, require_scope
from credserv.web.frame.context import now, services
from credserv.web.frame.door import door
from credserv.web.frame.strict import Blueprint
from credserv.web.vc_api import examples
from credserv.web.vc_api import shapes as shapes

bp = Blueprint("vc_issuing", __name__, description="The issuing part of the VC-API.")

_PURPOSES = ("revocation", "suspension")
_STATES = {
    ("revocation", True): CredentialState.REVOKED,
    ("revocation", False): CredentialState.ACTIVE,
    ("suspension", True): CredentialState.SUSPENDED,
    ("suspension", False): CredentialState.ACTIVE,
}


@bp.route("/credentials/issue", methods=["POST"], tags=["VC"])
@door(budget="api", machine=True)
@require_scope("vc-api:issue")
@bp.arguments(shapes.IssuePayload, location="json", error_status_code=400, example=examples.ISSUE)
@bp.doc(operationId="vcIssueCredential")
@bp.response(201, shapes.IssueAnswer)
def issue_credential(payload: dict[str, Any]) -> Response:
    """Sign a credential that you built with this issuer's key. Its `issuer` must be this service's DID.

    Nothing is stored here, and it gets no status entry. To issue badges that can be revoked, use
    /api/v1/credentials.
    """
    services_ = services()
    services_.require_open()
    secured = sign_credential(
        services_.store,
        services_.credential_signer,
        services_.schemas,
        payload["credential"],
        build_wishes(payload),
        addresses=services_.addresses,
        actor=actor(),
        now=now(),
    )
    return json_answer({"verifiableCredential": secured}, 201)


@bp.route("/credentials/derive", methods=["POST"], tags=["VC"])
@door(budget="api", machine=True)
@require_scope("vc-api:issue")
@bp.arguments(shapes.DerivePayload, location="json", error_status_code=400, example=examples.DERIVE)
@bp.doc(operationId="vcDeriveCredential")
@bp.response(201, shapes.IssueAnswer)
def derive_credential(payload: dict[str, Any]) -> Response:
    """Show a part of a credential with an ecdsa-sd-2023 base proof, as its holder would.

    What its issuer made mandatory is always shown. Nothing is stored.
    """
    return derived_answer(payload, services().canonizer)


def derived_answer(payload: Mapping[str, Any], canonizer: Canonizer) -> Response:
    pointers = payload["options"].get("selectivePointers", ())
    shown = derive_shown(payload["verifiableCredential"], pointers, canonizer)
    return json_answer({"verifiableCredential": shown}, 201)


@bp.route("/credentials/status", methods=["POST"], tags=["VC"])
@door(budget="api", machine=True)
@require_scope("credentials:status")
@bp.arguments(shapes.StatusPayload, location="json", error_status_code=400, example=examples.STATUS)
@bp.doc(operationId="vcChangeStatus")
@bp.response(200, shapes.StatusAnswer)
def change_status(payload: dict[str, Any]) -> Response:
    """Revoke (permanently), suspend or restore a credential of this service, by its `id`."""
    purpose, status = one_purpose(payload["credentialStatus"]), payload["status"]
    credential_id = payload["credentialId"]
    _change_own(credential_id, purpose, status)
    return json_answer({"credentialId": credential_id, "statusPurpose": purpose, "status": status}, 200)


def build_wishes(payload: Mapping[str, Any]) -> ProofWishes:
    options, credential = payload["options"], payload["credential"]
    if options.get("credentialId") not in (None, credential.get("id", options.get("credentialId"))):
        raise _fault("credentialId", "is not the id of the credential")
    domain = options.get("domain")
    extras = ProofExtras(
        expires=options.get("expires"),
        domain=(domain,) if domain else (),
        challenge=options.get("challenge"),
    )
    return ProofWishes(
        options.get("type"),
        options.get("cryptosuite"),
        options.get("created"),
        extras,
        tuple(options.get("mandatoryPointers", ())),
    )


def one_purpose(entries: list[dict[str, Any]]) -> str:
    """Return the purpose of the one entry to change."""
    entry = entries[0]
    if len(entries) > 1 or entry.get("type") != ENTRY_TYPE or entry.get("statusPurpose") not in _PURPOSES:
        raise InputError(
            f"give one credentialStatus: type {ENTRY_TYPE}, statusPurpose revocation or suspension"
        )
    purpose: str = entry["statusPurpose"]
    return purpose


def _change_own(credential_id: str, purpose: str, status: bool) -> None:
    prefix = f"{services().base_of(credential_id)}/credentials/"
    if not credential_id.startswith(prefix):
        raise NotFoundError("there is no such credential")
    set_status(
        services(),
        credential_id.removeprefix(prefix),
        _STATES[purpose, status],
        reason=f"{purpose} {'set' if status else 'cleared'} by the VC-API",
        actor=actor(),
        now=now(),
    )


def _fault(option: str, message: str) -> SchemaFaultsError:
    return SchemaFaultsError(f"{option}: {message}", faults=[Fault(f"/options/{option}", message)])


def json_answer(document: Mapping[str, Any], status: int) -> Response:
    response = Response(json.dumps(document), mimetype="application/json", status=status)
    response.headers["Cache-Control"] = "no-store"
    return response
