"""Resolve an issuer's identifier to the document that lists its keys.

Ours come from the store, did:key and did:jwk from themselves; did:web, did:webvh and https URLs are fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar
from urllib.parse import urlsplit

from credserv.fetch.guarded import Fetcher
from credserv.ground.addresses import climbs, is_https
from credserv.ground.errors import (
    InputError,
    UnavailableError,
    UnknownKindError,
    UnsupportedKeyError,
    UnsupportedProofError,
    VerificationMethodError,
)
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object
from credserv.journeys.publish.did_documents import MEMBERS, did_document, member_document
from credserv.proof.keys.did_jwk import did_jwk_document
from credserv.proof.keys.verification_method import did_key_document, did_web_url
from credserv.proof.tokens.sd_jwt_vc import METADATA
from credserv.records.member_dids import MemberDidRecord
from credserv.records.organisations import OrganisationRecord

R = TypeVar("R")
_SMALL_BYTES = 8_192
_ACCEPT = "application/cid, application/did+json, application/did+ld+json, application/json"


def _unasked(did: str) -> JsonObject:
    raise UnavailableError(f"the history of {did[:80]!r} is not asked for here")


@dataclass(frozen=True)
class DidResolver:
    """Resolves DIDs and issuer URLs.

    Attributes:
        find_own: Returns one of ours in its current state, so that a key made or revoked a moment ago is
            known.
        find_member: The same for the DID of a member.
        find_history: Returns the document of a did:webvh.
    """

    find_own: Callable[[str], OrganisationRecord | None]
    fetcher: Fetcher
    find_member: Callable[[str], MemberDidRecord | None] = lambda _did: None
    find_history: Callable[[str], JsonObject] = _unasked

    def __call__(self, did: str) -> JsonObject:
        """Resolve a DID.

        Raises:
            UnsupportedProofError: The DID method is not supported.
            VerificationMethodError: The document is not this DID's.
            UnavailableError: It cannot be fetched now.
        """
        if did.startswith("did:key:"):  # also for ours, because a did:key says all there is
            return _usable(did_key_document, did)
        if did.startswith("did:jwk:"):
            return _usable(did_jwk_document, did)
        if did.startswith("did:web:"):
            ours = self.find_own(did)
            if ours is not None:
                return did_document(ours)
            member = self.find_member(did) if MEMBERS in did else None
            if member is not None and member.public_key:
                return member_document(member)
            return self._fetch(did, _usable(did_web_url, did))
        if did.startswith("did:webvh:"):
            return self.find_history(did)
        if climbs(did.removeprefix(METADATA)):
            raise VerificationMethodError(f"{did[:200]!r} does not say plainly where on its host it leads")
        if did.startswith(METADATA):
            return self._fetch_metadata(did.removeprefix(METADATA))
        if is_https(did):
            return self._fetch_listing(did)
        raise UnsupportedProofError(f"the DID method of {did[:80]!r} is not known here")

    def _fetch(self, did: str, url: str) -> JsonObject:
        """Fetch a document, which has to state this DID (did:web, section 2.5.2; attack 55)."""
        document = _served(_read_document, self.fetcher.get(url, accept=_ACCEPT).spoken_by_host(), url)
        if "id" not in document:  # such as the message of a host that has none
            raise UnavailableError(f"what is served at {url[:200]} is no DID document")
        if document["id"] != did:
            raise VerificationMethodError(f"the document at {url} is not that of {did}")
        if document.get("deactivated"):
            raise VerificationMethodError(f"{did} says that it is deactivated")
        return document

    def _fetch_listing(self, url: str) -> JsonObject:
        """Fetch what an issuer's URL serves, if that lists keys (Controlled Identifiers 1.0, section 2.1).

        A profile or page without keys neither proves nor disproves a key: UnsupportedProofError.
        """
        found = self.fetcher.get(url, accept=_ACCEPT)
        body = found.body
        try:
            document = parse_json_object(body)
        except InputError as error:
            raise UnsupportedProofError(f"the issuer's address lists no keys: {url[:200]}") from error
        if document.keys().isdisjoint(("verificationMethod", "assertionMethod")):
            raise UnsupportedProofError(f"the issuer's address lists no keys: {url[:200]}")
        if document.get("id") != url:
            raise VerificationMethodError(f"the document at {url[:200]} is not that of this address")
        found.spoken_by_host()
        return document

    def _fetch_metadata(self, issuer: str) -> JsonObject:
        """Return the keys in an issuer's metadata (SD-JWT VC, section 5) as its document."""
        parts = urlsplit(issuer)
        url = f"https://{parts.netloc}/.well-known/jwt-vc-issuer{parts.path.rstrip('/')}"
        found = self.fetcher.get(url, accept="application/json")
        metadata = _served(parse_json_object, found.spoken_by_host(), url)
        if "issuer" not in metadata:
            raise UnavailableError(f"what is served at {url[:200]} is no issuer's metadata")
        if metadata["issuer"] != issuer:
            raise VerificationMethodError(f"the metadata at {url[:200]} is that of another issuer")
        keys = metadata.get("jwks")
        if keys is None and isinstance(metadata.get("jwks_uri"), str):
            found = self.fetcher.get(
                metadata["jwks_uri"], accept="application/jwk-set+json, application/json"
            )
            keys = _served(parse_json_object, found.body, metadata["jwks_uri"])
        listed = keys.get("keys") if isinstance(keys, Mapping) else None
        if not isinstance(listed, list) or not all(isinstance(key, Mapping) for key in listed):
            raise UnavailableError(f"the metadata at {url[:200]} lists no keys")
        methods = [
            {
                "id": f"{issuer}#{key.get('kid', number)}",
                "type": "JsonWebKey",
                "controller": issuer,
                "publicKeyJwk": key,
            }
            for number, key in enumerate(listed)
        ]
        return {"id": issuer, "verificationMethod": methods, "assertionMethod": [m["id"] for m in methods]}


def _read_document(body: bytes) -> JsonObject:
    """Read a document. The last ones are cached by their bytes, so do not change the result."""
    return _read_small(body) if len(body) <= _SMALL_BYTES else parse_json_object(body)


@lru_cache(maxsize=256)
def _read_small(body: bytes) -> JsonObject:
    return parse_json_object(body)


def _served(read: Callable[[bytes], JsonObject], body: bytes, url: str) -> JsonObject:
    """Raise UnavailableError for a page in place of a document, which says nothing about a key."""
    try:
        return read(body)
    except InputError as error:
        raise UnavailableError(f"what is served at {url[:200]} is unreadable: {error.detail}") from error


def _usable(read: Callable[[str], R], value: str) -> R:
    """Treat a DID that cannot be read as a fault of the method, not of the credential's structure."""
    try:
        return read(value)
    except UnknownKindError as error:
        raise UnsupportedKeyError(error.detail) from error
    except InputError as error:
        raise VerificationMethodError(error.detail) from error
