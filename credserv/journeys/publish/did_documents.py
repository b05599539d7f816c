"""DID documents of our organisations and their members, which list their keys."""

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

MEMBERS = ":people:"  # in a member's DID, after the organisation's


def did_document(issuer: OrganisationRecord) -> Mapping[str, Any]:
    """Return the issuer's DID document.

    Pending keys are in it already, so that caches know them when they sign. Retired keys stay, so that what
    they signed keeps verifying. Compromised keys are removed, because anybody may sign with them.
    """
    if issuer.did.startswith("did:key:"):
        return did_key_document(issuer.did)
    methods = [(key.verification_method, key.public_key_multibase) for key in _listed(issuer)]
    return build_did_document(issuer.did, methods)


def document_under(issuer: OrganisationRecord, did: str) -> Mapping[str, Any]:
    """Return the same keys under another DID of the issuer."""
    keys = [key.public_key_multibase for key in _listed(issuer)]
    return build_did_document(did, [(f"{did}#{key}", key) for key in keys])


def _listed(issuer: OrganisationRecord) -> list[SigningKeyRecord]:
    return [key for key in issuer.keys if key.state is not KeyState.COMPROMISED]


def published_document(services: Services) -> Mapping[str, Any]:
    """Return the document as served, including the organisation's did:webvh if it has one."""
    history = services.store.did_histories.get()
    document = did_document(services.issuer)
    return document if history is None else {**document, "alsoKnownAs": [history.did]}


def find_history(services: Services) -> tuple[str, str] | None:
    """Return the organisation's did:webvh and the URL of its log; None if it has none."""
    history = services.store.did_histories.get()
    return None if history is None else (history.did, log_url(history.did))


def find_log(services: Services, path: str) -> str:
    """Return the log of the organisation's did:webvh, at the URL of any of its names.

    Raises:
        NotFoundError: There is none at this path.
    """
    history = services.store.did_histories.get()
    if history is None:
        raise NotFoundError("this issuer has no did:webvh")
    names = read_log(history.log.encode()).names
    if path not in [urlsplit(log_url(name)).path for name in names]:
        raise NotFoundError("the log of this issuer's did:webvh is at another address")
    return history.log


def member_document(member: MemberDidRecord) -> Mapping[str, Any]:
    """Return the document of a DID made here.

    It stays after its member leaves, so that what they signed keeps verifying.
    """
    if member.did.startswith("did:key:"):
        return did_key_document(member.did)
    return build_did_document(member.did, [(f"{member.did}#{member.public_key}", member.public_key)])


def find_member_document(services: Services, name: str) -> Mapping[str, Any]:
    """Return a member's document by the last part of the DID.

    Raises:
        NotFoundError: There is no such DID.
    """
    member = services.store.member_dids.find(f"{services.issuer.did}{MEMBERS}{name}")
    if member is None:
        raise NotFoundError("there is no such DID")
    return member_document(member)
