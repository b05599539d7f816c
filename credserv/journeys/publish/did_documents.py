"""The DID documents of our organisations and of their members: which keys are theirs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from credserv.ground.errors import NotFoundError
from credserv.journeys.services import Services
from credserv.proof.keys.verification_method import build_did_document, did_key_document
from credserv.proof.webvh.identifier import log_url
from credserv.proof.webvh.log import read_log
from credserv.records.member_dids import MemberDidRecord
from credserv.records.organisations import KeyState, OrganisationRecord, SigningKeyRecord

MEMBERS = ":people:"  # in the DID of an organisation's member, after the organisation's own


def did_document(issuer: OrganisationRecord) -> Mapping[str, Any]:
    """The issuer's DID document: pending keys are in it already, so that caches know them when they sign, and
    retired ones still, so that what they signed keeps verifying. Compromised ones leave it: with them anybody
    signs."""
    if issuer.did.startswith("did:key:"):
        return did_key_document(issuer.did)
    methods = [(key.verification_method, key.public_key_multibase) for key in _listed(issuer)]
    return build_did_document(issuer.did, methods)


def document_under(issuer: OrganisationRecord, did: str) -> Mapping[str, Any]:
    """The same keys under another DID of the issuer's."""
    keys = [key.public_key_multibase for key in _listed(issuer)]
    return build_did_document(did, [(f"{did}#{key}", key) for key in keys])


def _listed(issuer: OrganisationRecord) -> list[SigningKeyRecord]:
    return [key for key in issuer.keys if key.state is not KeyState.COMPROMISED]


def published_document(services: Services) -> Mapping[str, Any]:
    """As it is served: with the did:webvh of the same organisation, where it has one."""
    history = services.store.did_histories.get()
    document = did_document(services.issuer)
    return document if history is None else {**document, "alsoKnownAs": [history.did]}


def find_history(services: Services) -> tuple[str, str] | None:
    """The organisation's did:webvh, and where its log is; None where it has none."""
    history = services.store.did_histories.get()
    return None if history is None else (history.did, log_url(history.did))


def find_log(services: Services, path: str) -> str:
    """The log of the organisation's did:webvh, at the address of any of its names. Raises NotFoundError."""
    history = services.store.did_histories.get()
    if history is None:
        raise NotFoundError("this issuer has no did:webvh")
    names = read_log(history.log.encode()).names
    if path not in [urlsplit(log_url(name)).path for name in names]:
        raise NotFoundError("the log of this issuer's did:webvh is at another address")
    return history.log


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
