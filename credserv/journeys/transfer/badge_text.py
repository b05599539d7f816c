"""The badge in a file that a person brought, as text and JSON. Nothing is checked here."""

from __future__ import annotations

from typing import Any

from credserv.ground.errors import CredservError, InputError
from credserv.ground.strict_json import parse_json_object
from credserv.journeys.check.submission import COMPACT
from credserv.openbadges.baking import is_image, unbake
from credserv.openbadges.structure import ACHIEVEMENT_TYPES, types_of
from credserv.proof.tokens.jws import payload_of


def text_of(content: bytes) -> bytes | None:
    """Return a JSON object or compact JWS; None for anything else.

    PDFs are not opened, because each takes its own process.
    """
    try:
        text = unbake(content) if is_image(content) else content
        require_badge(text)
    except CredservError:
        return None
    return text


def require_badge(text: bytes) -> None:
    """Require a badge in a format that this service hosts.

    Raises:
        InputError: It is not one.
    """
    if not ACHIEVEMENT_TYPES & types_of(badge_in(text)):
        raise InputError("only an Open Badges 3.0 badge is taken here, as JSON or a compact JWS")


def badge_in(text: bytes) -> dict[str, Any]:
    """Return what a JSON object or token says, including tokens of data model 1.1.

    Raises:
        InputError: It cannot be read.
    """
    if not (COMPACT.fullmatch(text) and b"~" not in text):
        return parse_json_object(text)
    document: dict[str, Any] = parse_json_object(payload_of(text.decode("ascii")))
    inner = document.get("vc")
    return inner if isinstance(inner, dict) else document
