"""The DID documents of our organisations and of their members: which keys are theirs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from credserv.ground.errors import NotFoundError
from credserv.journeys.services import Services
from credserv.proof.keys.verification_method import build_did_document, did_key_document
from credserv.records.member_dids import MemberDidRecord
from credserv.records.organisations import KeyState, OrganisationRecord

MEMBERS = ":people:"  # in the DID of an organisation's member, after the organisation's own


def did_document(issuer: OrganisationRecord) -> Mapping[str, Any]:
    """The issuer's DID document: pending keys are in it already, so that caches know them when they sign, and
    retired ones still, so that what they signed keeps verifying. Compromised ones leave it: with them anybody
    signs."""
    if issuer.did.startswith("did:key:"):
        return did_key_document(issuer.did)
    methods = [
        (key.verification_method, key.public_key_multibase)
        for key in issuer.keys
        if key.state is not KeyState.COMPROMISED
    ]
    return build_did_document(issuer.did, methods)


def member_document(member: MemberDidRecord) -> Mapping[str, Any]:
    """Of a DID that was made here. It stays when its member leaves, so that what they signed goes on being
    verified."""
    if member.did.startswith("did:key:"):
        return did_key_document(member.did)
    return build_did_document(member.did, [(f"{member.did}#{member.public_key}", member.public_key)])


def find_member_document(services: Services, name: str) -> Mapping[str, Any]:
    """By the last part of the DID. Raises NotFoundError."""
    member = services.store.member_dids.find(f"{services.issuer.did}{MEMBERS}{name}")
    if member is None:
        raise NotFoundError("there is no such DID")
    return member_document(member)
