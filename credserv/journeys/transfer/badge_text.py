"""The badge in what a person brought along, as text and as JSON. Nothing is judged here."""

from __future__ import annotations

from typing import Any

from credserv.ground.errors import CredservError, InputError
from credserv.ground.strict_json import parse_json_object
from credserv.journeys.check.submission import COMPACT
from credserv.openbadges.baking import is_image, unbake
from credserv.openbadges.structure import ACHIEVEMENT_TYPES, types_of
from credserv.proof.tokens.jws import payload_of


def text_of(content: bytes) -> bytes | None:
    """A JSON object or a compact JWS; None for what is neither. PDFs are not opened: each takes a process of
    its own."""
    try:
        text = unbake(content) if is_image(content) else content
        require_badge(text)
    except CredservError:
        return None
    return text


def require_badge(text: bytes) -> None:
    """Raises InputError for what is none, in a form that this service hosts no badge in."""
    if not ACHIEVEMENT_TYPES & types_of(badge_in(text)):
        raise InputError("only an Open Badges 3.0 badge is taken here, as JSON or a compact JWS")


def badge_in(text: bytes) -> dict[str, Any]:
    """What a JSON object says, or a token, also one of data model 1.1. Raises InputError."""
    if not (COMPACT.fullmatch(text) and b"~" not in text):
        return parse_json_object(text)
    document: dict[str, Any] = parse_json_object(payload_of(text.decode("ascii")))
    inner = document.get("vc")
    return inner if isinstance(inner, dict) else document
