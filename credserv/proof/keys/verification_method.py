"""Verification methods and the documents that list them: did:key computed, did:web located and built.

Sources: Controlled Identifiers 1.0, sections 2.2 and 3.3; did:key 0.9; did:web (registered method).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import unquote, urlsplit

from credserv.ground.addresses import is_domain_name, is_https, is_ip_address
from credserv.ground.encoding import KeyType, decode_multikey, parse_time_value
from credserv.ground.errors import InputError, UnknownKindError, UnsupportedKeyError, VerificationMethodError
from credserv.ground.json_types import JsonObject
from credserv.proof.keys.jwk import JoseKey
from credserv.proof.keys.method_key import read_key

DID_CONTEXTS = ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"]
_KEY_PREFIX, _WEB_PREFIX, _HISTORY_PREFIX = "did:key:", "did:web:", "did:webvh:"
_KEY_PURPOSES = ("authentication", "assertionMethod", "capabilityInvocation", "capabilityDelegation")
OWN_KEYS = (_KEY_PREFIX, "did:jwk:")  # these DIDs are their own key
_MAX_METHODS = 100
_SEGMENT = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*", re.ASCII).fullmatch
_PORT = re.compile(r"[1-9][0-9]{0,4}", re.ASCII).fullmatch


@dataclass(frozen=True)
class VerificationMethod:
    """One public key and who controls it.

    Attributes:
        id: absolute DID URL.
        expires, revoked: from when on it verifies nothing (Controlled Identifiers 1.0, section 2.2).
    """

    id: str
    controller: str
    key: JoseKey
    expires: datetime | None = None
    revoked: datetime | None = None

    @property
    def key_type(self) -> KeyType | None:
        """None for RSA, which only the old suites with a JWS use."""
        return self.key.key_type

    @property
    def public_key(self) -> bytes:
        """Raw bytes, or a compressed point; as `JoseKey.public_key`."""
        return self.key.public_key


def did_key(public_key_multibase: str) -> str:
    """Return the did:key of a Multikey. Raises InputError if it is not one."""
    decode_multikey(public_key_multibase)
    return _KEY_PREFIX + public_key_multibase


@lru_cache(maxsize=1024)
def did_key_document(did: str) -> JsonObject:
    """Return the document that a did:key stands for, computed. Read only: recent documents are cached.

    Raises InputError if it is no did:key.
    """
    if not did.startswith(_KEY_PREFIX):
        raise InputError(f"not a did:key: {did[:80]!r}")
    multibase = did.removeprefix(_KEY_PREFIX)
    document = build_did_document(did_key(multibase), [(f"{did}#{multibase}", multibase)])
    return document | dict.fromkeys(_KEY_PURPOSES, document["assertionMethod"])


def did_web(public_url: str) -> str:
    """Return the did:web of an https address; `did_web_url` returns where its did.json is.

    Raises:
        InputError: another scheme, an IP address, a host that is no domain name, a query, or path segments
            that a DID cannot carry.
    """
    parts = urlsplit(public_url)
    try:
        port = parts.port
    except ValueError as error:
        raise InputError(f"not a port: {public_url[:120]!r}") from error
    if not is_https(public_url) or parts.query or parts.fragment or parts.username is not None:
        raise InputError(f"a did:web needs a plain https address, not {public_url[:120]!r}")
    host = _require_host(parts.hostname or "")
    segments = [part for part in parts.path.split("/") if part]
    name = host if port in (None, 443) else f"{host}%3A{port}"
    return _WEB_PREFIX + ":".join([name, *map(_require_segment, segments)])


@lru_cache(maxsize=1024)
def did_web_url(did: str, *, allow_port: bool = False) -> str:
    """Return the https URL of a did:web's document (method specification, section 2.5.2).

    Raises:
        InputError: an IP address, or an empty segment or one that begins with a dot.
        UnknownKindError: possibly somebody's did:web, but not resolved here: a host that is no plain domain
            name, percent-encoding, or a port unless `allow_port`. A caller's DID must not choose which
            service we talk to.
    """
    name, *segments = did.removeprefix(_WEB_PREFIX).split(":")
    if not did.startswith(_WEB_PREFIX) or len(did) > 1_000:
        raise InputError(f"not a did:web: {did[:80]!r}")
    host, separator, port = name.replace("%3a", "%3A").partition("%3A")
    if separator and not (allow_port and _PORT(port) and int(port) <= 65_535):
        raise UnknownKindError(f"a did:web with a port is not followed: {did[:120]!r}")
    if not is_ip_address(host) and not is_domain_name(host):
        raise UnknownKindError(f"a did:web is looked up at plain domain names, not at {host[:120]!r}")
    authority = _require_host(host) + (f":{port}" if separator else "")
    if any("%" in segment and not unquote(segment).startswith(".") for segment in segments):
        raise UnknownKindError(f"a did:web with percent-encoding is not followed: {did[:120]!r}")
    path = "/".join(map(_require_segment, segments)) or ".well-known"
    return f"https://{authority}/{path}/did.json"


def build_did_document(did: str, methods: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Build the document of a DID of ours.

    Retired keys stay listed, so that what they signed still verifies.

    Args:
        methods: absolute method ids with their publicKeyMultibase.
    """
    return {
        "@context": list(DID_CONTEXTS),
        "id": did,
        "verificationMethod": [
            {"id": method_id, "type": "Multikey", "controller": did, "publicKeyMultibase": multibase}
            for method_id, multibase in methods
        ],
        "assertionMethod": [method_id for method_id, _ in methods],
    }


def find_method(document: JsonObject, method_id: str, *, purpose: str) -> VerificationMethod:
    """Return the method `method_id` of a controlled identifier document, fit for `purpose`.

    Raises VerificationMethodError as `find_entry`, and for a key that is unknown or must not be used.
    """
    if method_id.startswith(_KEY_PREFIX) and _is_computed(document, method_id.partition("#")[0]):
        return _method_of_did_key(method_id, purpose)
    return _build_method(method_id, find_entry(document, method_id, purpose=purpose))


def _is_computed(document: JsonObject, did: str) -> bool:
    """Return whether it is the very document computed for a did:key."""
    try:
        return document is did_key_document(did)
    except InputError:
        return False


@lru_cache(maxsize=1024)
def _method_of_did_key(method_id: str, purpose: str) -> VerificationMethod:
    document = did_key_document(method_id.partition("#")[0])
    return _build_method(method_id, find_entry(document, method_id, purpose=purpose))


def find_entry(document: JsonObject, method_id: str, *, purpose: str) -> JsonObject:
    """Return the one entry for `method_id`, with its key unread.

    Raises:
        VerificationMethodError: the document is not that of the method's DID, gives the method two meanings,
            does not control it, or does not list it under `purpose`, by name or in full (attack 18).
        UnsupportedKeyError: it is listed in a form that is not read.
    """
    did = subject_of(method_id)
    method_id = did + "#" + method_id.partition("#")[2]
    if document.get("id") != did:
        refuse_former_name(str(document.get("id")), did)
        raise VerificationMethodError(f"the document at hand is not that of {did[:120]!r}")
    if document.get("deactivated") is not None and document["deactivated"] is not False:  # 0 is not an answer
        raise VerificationMethodError(f"{did[:120]!r} is deactivated")
    listed = _list(document, purpose)
    embedded = _named(did, method_id, listed)
    found = [*_named(did, method_id, _list(document, "verificationMethod")), *embedded]
    if not found and _named(did, method_id, _list(document, "publicKey")):
        raise UnsupportedKeyError(
            f"{method_id[:200]!r} is listed in a form of before DID Core 1.0 (publicKey)"
        )
    if not found:
        refuse_former_name(did, *list_entries(document, purpose=purpose), *listed)
        if did.startswith(OWN_KEYS):
            raise UnsupportedKeyError(f"{method_id[:200]!r} is not how this DID names its one key")
    if not found or any(other != found[0] for other in found):
        raise VerificationMethodError(f"{method_id[:200]!r} is not in its document, or with several meanings")
    if found[0] not in embedded and method_id not in [_absolute(did, name) for name in listed]:
        refuse_former_name(did, *listed)
        raise VerificationMethodError(f"{method_id[:200]!r} is not listed for {purpose[:80]}")
    if found[0].get("type") and not (isinstance(found[0].get("controller"), str) and found[0]["controller"]):
        raise UnsupportedKeyError(f"{method_id[:200]!r} does not plainly say who controls it")
    if found[0].get("controller") != did:
        refuse_former_name(did, found[0].get("controller"))
        raise VerificationMethodError(f"{method_id[:200]!r} is controlled by someone else")
    return found[0]


def subject_of(method_id: str) -> str:
    """Return whose method it is: its DID or address, for did:webvh without a version."""
    resource = method_id.partition("#")[0]
    return resource.partition("?")[0] if resource.startswith(_HISTORY_PREFIX) else resource


def refuse_former_name(did: str, *names: object) -> None:
    """Raise UnsupportedKeyError if one of `names` is of the same did:webvh under another name.

    Names of one DID have one SCID. did:webvh 1.0, section "DID Portability", does not say whether the methods
    of a DID that moves are renamed with it.
    """
    wanted = subject_of(did)
    for name in names if wanted.startswith(_HISTORY_PREFIX) else ():
        other = subject_of(str(name))
        if other != wanted and other.split(":")[:3] == wanted.split(":")[:3]:
            raise UnsupportedKeyError(f"its key has another name than {wanted[:120]!r}, as before a move")


def list_entries(document: JsonObject, *, purpose: str) -> dict[str, JsonObject]:
    """Return every entry of the document by its absolute id, to look up a `kid` in.

    Only the form is judged; `find_entry` judges the entry that was chosen.
    """
    did = document.get("id")
    lists = ("publicKey", "verificationMethod", purpose)  # the first is from before DID Core 1.0
    entries = [entry for name in lists for entry in _list(document, name)]
    named = [(_absolute(str(did), entry.get("id")), entry) for entry in entries if isinstance(entry, Mapping)]
    return {name: entry for name, entry in named if isinstance(name, str)}


def _list(document: JsonObject, member: str) -> list[Any]:
    """Return a list of methods; one alone means a list of it, as in any JSON-LD."""
    value = document.get(member)
    if value is None:
        return []
    if isinstance(value, str | Mapping):
        return [value]
    if not isinstance(value, list):
        raise VerificationMethodError(f"{member[:80]} of the document is no list")
    if len(value) > _MAX_METHODS:
        raise UnsupportedKeyError(f"{member[:80]} of the document has more than {_MAX_METHODS} entries")
    return value


def _named(did: str, method_id: str, entries: list[Any]) -> list[dict[str, Any]]:
    """Return the entries of that name with the name in full and without null members, which JSON-LD
    ignores."""
    return [
        {name: value for name, value in entry.items() if value is not None} | {"id": method_id}
        for entry in entries
        if isinstance(entry, Mapping) and _absolute(did, entry.get("id")) == method_id
    ]


def _build_method(method_id: str, entry: Mapping[str, Any]) -> VerificationMethod:
    return VerificationMethod(
        id=method_id,
        controller=entry["controller"],
        key=read_key(entry),
        expires=_instant(entry, "expires"),
        revoked=_instant(entry, "revoked"),
    )


def _absolute(did: str, name: object) -> object:
    """Resolve a relative DID URL (`#key-1`) under the document's DID (DID Core 1.0, section 3.2.2)."""
    return did + name if isinstance(name, str) and name.startswith("#") else name


def _instant(entry: Mapping[str, Any], member: str) -> datetime | None:
    if member not in entry:
        return None
    try:
        return parse_time_value(entry[member])
    except (InputError, TypeError) as error:
        raise VerificationMethodError(f"{member} of the verification method is no date and time") from error


def _require_host(host: str) -> str:
    if not is_domain_name(host):
        raise InputError(f"a did:web needs a domain name, not {host[:120]!r}")
    return host


def _require_segment(segment: str) -> str:
    if not _SEGMENT(segment):
        raise InputError(f"not a path segment of a did:web: {segment[:80]!r}")
    return segment
