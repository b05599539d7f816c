"""Find out which mechanism secures a text, and unpack `EnvelopedVerifiableCredential` (VCDM 2.0, 4.12)."""

from __future__ import annotations

import base64
import re

from credserv.ground.errors import InputError, MalformedProofError, ProofError, UnsupportedProofError
from credserv.ground.json_types import JsonObject
from credserv.openbadges.data_model import (
    ENVELOPED_CREDENTIAL,
    ENVELOPED_PRESENTATION,
    V2,
    check_envelope_model,
    types_of,
)
from credserv.proof.tokens.cose import find_cose, kind_of, parse_cose, read_base64
from credserv.proof.tokens.data_model_1_jwt import holds_presentation, read_wrapped, read_wrapped_sd
from credserv.proof.tokens.jws import peek_type
from credserv.proof.tokens.media_types import token_type
from credserv.proof.tokens.open_badges_jwt import is_open_badges_jwt, parse_open_badges_jwt
from credserv.proof.tokens.sd_jwt import parse_sd_jwt
from credserv.proof.tokens.sd_jwt_vc import is_sd_jwt_vc, parse_sd_jwt_vc
from credserv.proof.tokens.token import Kind, Token
from credserv.proof.tokens.vc_jwt import parse_untyped_jwt, parse_vc_jwt, parse_vp_jwt

TYPES = {Kind.CREDENTIAL: ENVELOPED_CREDENTIAL, Kind.PRESENTATION: ENVELOPED_PRESENTATION}
_PREFIXES = {Kind.CREDENTIAL: "vc", Kind.PRESENTATION: "vp"}
_DATA_URL = re.compile(
    r"data:application/(v[cp](?:-ld)?\+[a-z+-]{1,20})((?:;[^,;]{0,80})*),(.*)", re.ASCII | re.DOTALL
)
_OTHER_DATA = re.compile(r"data:application/[a-z0-9.+-]+[;,]", re.ASCII | re.IGNORECASE)


def parse_token(text: str, kind: Kind) -> Token:
    """Parse a token of the expected `kind`; a presentation is not a credential (attack 31).

    Raises MalformedProofError, UnsupportedProofError, and the errors of strict_json.
    """
    if "~" in text:
        return _parse_disclosing(text, kind)
    if peek_type(text) == "jwt":
        wrapped = read_wrapped(text, kind)
        if wrapped is not None:
            return wrapped
        if kind is Kind.CREDENTIAL and is_open_badges_jwt(text):
            return parse_open_badges_jwt(text)
        if (kind is Kind.PRESENTATION) == holds_presentation(text):
            return parse_untyped_jwt(text, kind)
    return parse_vp_jwt(text) if kind is Kind.PRESENTATION else parse_vc_jwt(text)


def _parse_disclosing(text: str, kind: Kind) -> Token:
    """Parse an SD-JWT by what is signed in the open, so that no disclosure can change what it is."""
    issued = text.partition("~")[0]
    if kind is Kind.CREDENTIAL and is_sd_jwt_vc(issued):
        return parse_sd_jwt_vc(text)
    if peek_type(issued) == "jwt":
        return read_wrapped_sd(text, kind)
    return parse_sd_jwt(text, kind)


def envelope_cose(raw: bytes) -> dict[str, str] | None:
    """Return the JSON object around a COSE_Sign1, given raw or as base64 text; None if it is not one.

    If it does not say what it is, treat it as a credential: verification then reports what is wrong.
    """
    data = find_cose(raw)
    if data is None:
        return None
    try:
        kind = kind_of(data)
    except ProofError:
        kind = Kind.CREDENTIAL
    text = base64.b64encode(data).decode("ascii")
    return {
        "@context": V2,
        "type": TYPES[kind],
        "id": f"data:application/{_PREFIXES[kind]}+cose;base64,{text}",
    }


def envelope(text: str, kind: Kind = Kind.CREDENTIAL) -> dict[str, str]:
    """Return the JSON object around a W3C token. Raises MalformedProofError if it has no media type."""
    form = "sd-jwt" if "~" in text else "jwt"
    if form == "jwt" and peek_type(text) != f"{_PREFIXES[kind]}+jwt":
        raise MalformedProofError(f"only a {_PREFIXES[kind]}+jwt has an envelope")
    return {
        "@context": V2,
        "type": TYPES[kind],
        "id": f"data:application/{_PREFIXES[kind]}+{form},{text}",
    }


def is_enveloped(document: JsonObject, kind: Kind) -> bool:
    return TYPES[kind] in types_of(document)


def open_envelope(document: JsonObject, kind: Kind) -> Token:
    """Return the token in an enveloped credential or presentation.

    Only its `id` counts: nobody signed the object itself, so it may contain nothing else.

    Raises:
        UnsupportedProofError: a media type that is not supported.
        CredservError: as `parse_token`.
    """
    faults = check_envelope_model(document)
    if faults or not is_enveloped(document, kind):
        said = "; ".join(f"{fault.place} {fault.message}" for fault in faults)
        raise MalformedProofError(f"not an {TYPES[kind]}: {said or 'its type is another'}")
    others = document.keys() - {"@context", "type", "id"}
    if others:
        raise MalformedProofError(f"an {TYPES[kind]} holds {min(others)[:40]!r}, which nobody signed")
    found = _DATA_URL.fullmatch(document["id"])
    if found is None and _OTHER_DATA.match(document["id"]):
        raise UnsupportedProofError(f"{document['id'][:60]!r} is not among what is read here")
    if found is None:
        raise MalformedProofError(f"the id of an {TYPES[kind]} is a data: URL of a secured document")
    named, parameters, text = found.groups()
    media_type = token_type(named)
    prefix, _, form = media_type.partition("+")
    if prefix != _PREFIXES[kind]:
        raise MalformedProofError(f"the media type {media_type} is not one for an {TYPES[kind]}")
    if form == "cose" and parameters == ";base64":
        return _open_cose(text, kind)
    if form not in ("jwt", "sd-jwt") or parameters:
        raise UnsupportedProofError(f"{media_type}{parameters} is not among what is read here")
    if (form == "sd-jwt") != ("~" in text):
        raise MalformedProofError(f"what is enveloped is no {media_type}")
    if form == "jwt" and kind is Kind.CREDENTIAL:  # the document itself, never one in a claim
        return parse_untyped_jwt(text, kind) if peek_type(text) == "jwt" else parse_vc_jwt(text)
    return parse_token(text, kind)


def _open_cose(text: str, kind: Kind) -> Token:
    """Open a COSE envelope. A trailing line break, as in one of W3C's vectors, is not part of a URL
    (WHATWG URL, section 4.4)."""
    try:
        data = read_base64(text.rstrip("\n"))
    except InputError as error:
        raise MalformedProofError(f"what is enveloped is no COSE: {error.detail}") from error
    return parse_cose(data, kind)
