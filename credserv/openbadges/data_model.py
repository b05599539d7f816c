"""The rules of W3C's data models that no JSON Schema expresses, for anyone's credentials and presentations.

VC Data Model 2.0 (sections 4 and 5), and 1.1 for verification. Issuing refuses a document with a fault;
verification reports it as a fault of its structure. Every fault has its place. No I/O.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeGuard

from credserv.ground.encoding import decode_base58btc, decode_base64url
from credserv.ground.errors import Fault, InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.reading import FaultList, pointer
from credserv.ground.validity import parse_validity

V2, V1 = "https://www.w3.org/ns/credentials/v2", "https://www.w3.org/2018/credentials/v1"
BASE_CONTEXTS = (V2, V1)
ENVELOPED_CREDENTIAL, ENVELOPED_PRESENTATION = (
    "EnvelopedVerifiableCredential",
    "EnvelopedVerifiablePresentation",
)
_TYPED = ("credentialStatus", "credentialSchema", "refreshService", "termsOfUse", "evidence")
_is_absolute = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!-~\u00a0-\U0010ffff]+").fullmatch
_DATA_URL = re.compile(r"data:[a-z]+/[a-z0-9.+-]+(;[^,\s]+)?,[!-~]+\n?", re.ASCII | re.IGNORECASE)
_SRI = re.compile(r"(sha256|sha384|sha512)-([A-Za-z0-9+/]+={0,2})", re.ASCII)
_MULTIBASE = re.compile(r"[a-zA-Z0-9][A-Za-z0-9+/=_-]{20,}", re.ASCII)
_HASHES_BY_LENGTH = {32: "sha256", 48: "sha384", 64: "sha512"}
_MULTIHASHES = {b"\x12\x20": "sha256", b"\x20\x30": "sha384", b"\x13\x40": "sha512"}


def types_of(document: JsonObject) -> frozenset[str]:
    value = document.get("type")
    return frozenset(
        [item for item in (value if isinstance(value, list) else (value,)) if isinstance(item, str)]
    )


def issuer_of(document: JsonObject) -> str | None:
    """Return the issuer's identifier, from either of its two forms; None where there is none."""
    return _identifier(document.get("issuer"))


def subjects_of(document: JsonObject) -> tuple[JsonObject, ...]:
    value = document.get("credentialSubject")
    if type(value) is dict:  # nearly always
        return (value,)
    return tuple([item for item in listed(value) if isinstance(item, Mapping)])


def is_absolute(value: object) -> TypeGuard[str]:
    """Return whether it is one absolute URL (section 4.4)."""
    return isinstance(value, str) and _is_absolute(value) is not None


def listed(value: object) -> list[Any]:
    """Return as a list a value that may be single or a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def no_content(_url: str) -> bytes | None:
    """Return None: the content of no address is known."""
    return None


def check_data_model(
    document: JsonObject, *, content_of: Callable[[str], bytes | None] = no_content
) -> tuple[Fault, ...]:
    """Return all faults of a credential; () if there is none.

    Args:
        content_of: returns the bytes of a resource known for certain, None for others; a `relatedResource`
            with another digest is a fault.
    """
    faults = FaultList()
    _check_head(document, "VerifiableCredential", faults)
    if issuer_of(document) is None:
        faults.add("/issuer", "is neither one absolute URL nor an object with one as its id")
    _check_subjects(document, faults)
    if _is_version_2(document):
        _check_names(document, "", faults)
        _check_names(document.get("issuer"), "/issuer", faults)
    for name in _TYPED:
        if name in document:
            _check_typed(name, document[name], faults)
    if document.get("relatedResource") is not None:
        _check_related(document["relatedResource"], content_of, faults)
    try:
        parse_validity(document)
    except InputError as error:
        faults.add("", error.detail)
    return faults.faults


def check_presentation_model(document: JsonObject) -> tuple[Fault, ...]:
    """Return all faults of a presentation itself; its credentials are checked one by one elsewhere."""
    faults = FaultList()
    _check_head(document, "VerifiablePresentation", faults)
    if document.get("holder") is not None and _identifier(document["holder"]) is None:
        faults.add("/holder", "is neither one absolute URL nor an object with one as its id")
    if "termsOfUse" in document:
        _check_typed("termsOfUse", document["termsOfUse"], faults)
    held = document.get("verifiableCredential", [])
    for index, item in enumerate(held if isinstance(held, list) else [held]):
        place = pointer("/verifiableCredential", index)
        if isinstance(item, str) and holds_tokens(document):
            continue
        if not isinstance(item, Mapping):
            faults.add(place, "is no object: a credential is neither text nor an address here")
        elif not types_of(item) & {"VerifiableCredential", ENVELOPED_CREDENTIAL}:
            faults.add(place, "is of no type of credential")
        elif ENVELOPED_CREDENTIAL in types_of(item):
            faults.extend([Fault(place + fault.place, fault.message) for fault in check_envelope_model(item)])
    return faults.faults


def holds_tokens(presentation: JsonObject) -> bool:
    """Return whether a presentation may hold bare JWTs (data model 1.1, section 6.3.1); 2.0 uses
    envelopes."""
    return listed(presentation.get("@context"))[:1] == [V1]


def check_envelope_model(document: JsonObject) -> tuple[Fault, ...]:
    """Return the faults of an object that only wraps a secured one (sections 4.13.1 and 4.13.2)."""
    faults = FaultList()
    contexts = listed(document.get("@context"))
    if not contexts or contexts[0] != V2:
        faults.add("/@context", f"does not begin with {V2}")
    kinds = types_of(document)
    if len(kinds) != 1 or not kinds & {ENVELOPED_CREDENTIAL, ENVELOPED_PRESENTATION}:
        faults.add("/type", f"is neither {ENVELOPED_CREDENTIAL} nor {ENVELOPED_PRESENTATION}")
    identifier = document.get("id")
    if not isinstance(identifier, str) or not _DATA_URL.fullmatch(identifier):
        faults.add("/id", "is no data: URL with a media type")
    return faults.faults


def _is_version_2(document: JsonObject) -> bool:
    return V2 in listed(document.get("@context"))[:1]


def _identifier(value: object) -> str | None:
    identifier = value.get("id") if isinstance(value, Mapping) else value
    return identifier if isinstance(identifier, str) and is_absolute(identifier) else None


def _check_head(document: JsonObject, kind: str, faults: FaultList) -> None:
    """Check @context, type and id (sections 4.3 to 4.5)."""
    _check_context(document.get("@context"), faults)
    types = listed(document.get("type"))
    if kind not in types_of(document) or not all(isinstance(name, str) for name in types):
        faults.add("/type", f"is not {kind} or a list of types with it")
    if document.get("id") is not None and not is_absolute(document["id"]):
        faults.add("/id", "is not one absolute URL")


def _check_context(contexts: object, faults: FaultList) -> None:
    if not isinstance(contexts, list) or not contexts or contexts[0] not in BASE_CONTEXTS:
        faults.add("/@context", "is not a list that begins with the credentials context of W3C")
    elif sum(context in BASE_CONTEXTS for context in contexts) > 1:
        faults.add("/@context", "mixes versions 1.1 and 2.0 of the data model, or repeats one")
    else:
        for index, context in enumerate(contexts):
            if not is_absolute(context) and not isinstance(context, Mapping):
                faults.add(
                    pointer("/@context", index), "is neither the URL of a context nor a context itself"
                )


def _check_subjects(document: JsonObject, faults: FaultList) -> None:
    """Check for one or more subjects, each of which says something (section 4.8)."""
    subjects = listed(document.get("credentialSubject"))
    if not subjects or not all(isinstance(item, Mapping) and item for item in subjects):
        faults.add("/credentialSubject", "is not an object that says something")
    elif any(item.get("id") is not None and not is_absolute(item["id"]) for item in subjects):
        faults.add("/credentialSubject/id", "is not one absolute URL")


def _check_names(holder: object, place: str, faults: FaultList) -> None:
    """Check texts with optional language and direction, one for each language (sections 4.6 and 11.1)."""
    if not isinstance(holder, Mapping):
        return
    for name in ("name", "description"):
        value = holder.get(name)
        if value is None or type(value) is str:
            continue
        items = value if isinstance(value, list) and value else [value]
        if not all(isinstance(item, str) or _is_language_value(item) for item in items):
            faults.add(f"{place}/{name}", "is neither text nor text with its language and direction")


def _is_language_value(value: object) -> bool:
    if not isinstance(value, Mapping) or set(value) - {"@value", "@language", "@direction"}:
        return False
    return (
        isinstance(value.get("@value"), str)
        and isinstance(value.get("@language", ""), str)
        and value.get("@direction", "ltr") in ("ltr", "rtl")
    )


def _check_typed(name: str, value: object, faults: FaultList) -> None:
    """Check members that must state their type (section 4.5); a schema also its address (section 4.11).

    Null and an empty list, as serialisers write them, equal an absent member; but an empty list of status may
    have lost what it held.
    """
    items = listed(value)
    if value == [] and name == "credentialStatus":
        faults.add(f"/{name}", "is empty")
    for index, item in enumerate(items):
        message = _typed_fault(name, item)
        if message:
            faults.add(pointer(f"/{name}", index) if isinstance(value, list) else f"/{name}", message)


def _typed_fault(name: str, item: object) -> str:
    """Return the fault of one item, or ""."""
    if not isinstance(item, Mapping) or not types_of(item):
        return "is not an object with a type"
    if not all(isinstance(kind, str) for kind in listed(item["type"])):
        return "has a type that is no text"
    if item.get("id") is not None and not is_absolute(item["id"]):
        return "has an id that is not an absolute URL"
    return "has no id" if name == "credentialSchema" and item.get("id") is None else ""


def _check_related(value: object, content_of: Callable[[str], bytes | None], faults: FaultList) -> None:
    """Check section 5.3: unique ids, each with a digest, which must fit where we know the resource."""
    seen: set[str] = set()
    if not listed(value):
        faults.add("/relatedResource", "is empty")
    for index, item in enumerate(listed(value)):
        place = pointer("/relatedResource", index)
        identifier = item.get("id") if isinstance(item, Mapping) else None
        if not isinstance(identifier, str) or not is_absolute(identifier) or identifier in seen:
            faults.add(place, "has no id of its own")
            continue
        seen.add(identifier)
        digests = {name: item[name] for name in ("digestSRI", "digestMultibase") if name in item}
        if not digests:
            faults.add(place, "has no digest")
        content = content_of(identifier)
        for name, digest in digests.items():
            if name == "digestMultibase" and is_other_digest(digest):
                continue  # no fault: the check of resources reports what could not be compared
            if not fits_digest(digest, content):
                faults.add(f"{place}/{name}", "is no digest that is known here, or not that of the resource")


def fits_digest(digest: object, content: bytes | None) -> bool:
    """Return whether every digest given (`digestSRI` or `digestMultibase`) is valid and fits any `content`.

    Of several in one `digestSRI`, those of the strongest hash count, and one of them must fit (Subresource
    Integrity, sections 3.3.3 and 3.3.4).
    """
    found = [_digests(text) if isinstance(text, str) else [] for text in listed(digest)]
    return bool(found) and all(
        pairs and (content is None or any(hashlib.new(name, content).digest() == raw for name, raw in pairs))
        for pairs in found
    )


def is_other_digest(digest: object) -> bool:
    """Return whether it may be a `digestMultibase` with a hash or base that we do not support."""
    return isinstance(digest, str) and bool(_MULTIBASE.fullmatch(digest)) and not _digests(digest)


def _digests(text: str) -> list[tuple[str, bytes]]:
    """Return the strongest digests of a `digestSRI`, or that of a `digestMultibase`; [] for unreadable
    ones."""
    found = [_digest_sri(part.partition("?")[0]) for part in text.split()]
    known = [pair for pair in found if pair is not None]
    if not known or len(known) < len(found):
        one = _digest_multibase(text)
        return [one] if one else []
    return [pair for pair in known if pair[0] == max(name for name, _ in known)]


def _digest_sri(text: str) -> tuple[str, bytes] | None:
    """Return the name of the hash and the decoded digest (Subresource Integrity, section 3.1)."""
    match = _SRI.fullmatch(text)
    if match is None:
        return None
    try:
        digest = base64.b64decode(match[2], validate=True)
    except binascii.Error:
        return None
    return (match[1], digest) if hashlib.new(match[1]).digest_size == len(digest) else None


def _digest_multibase(text: str) -> tuple[str, bytes] | None:
    """Decode a multihash or bare hash in base64url or base58 (Controlled Identifiers 1.0, sections 2.4 and
    2.5)."""
    try:
        raw = decode_base64url(text[1:]) if text.startswith("u") else decode_base58btc(text)
    except InputError:
        return None
    if raw[:2] in _MULTIHASHES:
        name = _MULTIHASHES[raw[:2]]
        return (name, raw[2:]) if hashlib.new(name).digest_size == len(raw) - 2 else None
    name_by_length = _HASHES_BY_LENGTH.get(len(raw))
    return (name_by_length, raw) if name_by_length else None
