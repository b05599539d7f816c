"""Pictures for career pages: a link and an image, no script, no tracking.

`/verify/badge.svg` leads to this verifier; `/credentials/<id>/verification.svg` shows the current state of a
credential of ours. Any site may show both.
"""

from __future__ import annotations

from flask import Blueprint, Response, request
from markupsafe import escape

from credserv.ground.colours import accents
from credserv.journeys.check.reports.statement import STANDINGS, Tone
from credserv.journeys.hold import wallet
from credserv.web.frame.context import now, services
from credserv.web.frame.door import IMAGE_POLICY, door
from credserv.web.frame.rendering import brand, issuer_name

blueprint = Blueprint("embed", __name__)

_MAX_NAME_CHARS = 32
_CHAR_WIDTH = 6.9  # average of the font below; `textLength` fits the difference
_HEIGHT = 32
_ACCENT = "#1d4f91"
_CHECK = "M6 10.5l3 3 6-6.5"
_CROSS = "M7 7l7 7m0-7l-7 7"
_LINE = "M6.5 10.5h8"
_SIGNS = {Tone.GOOD: ("#11623d", _CHECK), Tone.ATTENTION: ("#764900", _LINE), Tone.BAD: ("#9a1b1e", _CROSS)}


@blueprint.get("/verify/badge.svg")
@door(any_site=True, policy=IMAGE_POLICY, cache="public, max-age=3600")
def badge() -> Response:
    name = issuer_name()
    shown = name if len(name) <= _MAX_NAME_CHARS else name[: _MAX_NAME_CHARS - 1] + "…"
    colour = brand().colour
    return _picture(f"Verify with {shown}", accents(colour).light if colour else _ACCENT, _CHECK)


@blueprint.get("/credentials/<string:credential_id>/verification.svg")
@door(any_site=True, guessable=True, policy=IMAGE_POLICY, cache="public, max-age=60")
def verification(credential_id: str) -> Response:
    """Show its current state; caches store it for a minute. Raises NotFoundError."""
    standing = wallet.carried(services(), credential_id, now()).standing
    tone, _ = STANDINGS[standing.value]
    return _picture(f"{standing.value.capitalize()} · check it", *_SIGNS[tone])


def _picture(text: str, colour: str, sign: str) -> Response:
    width = round(len(text) * _CHAR_WIDTH)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width + 46}" height="{_HEIGHT}" role="img" '
        f'aria-label="{escape(text)}"><title>{escape(text)}</title>'
        f'<rect width="100%" height="100%" rx="6" fill="{colour}"/>'
        f'<g transform="translate(8 6)" fill="none" stroke="#fff" stroke-width="2" stroke-linecap="round">'
        f'<circle cx="10.5" cy="10.5" r="9"/><path d="{sign}"/></g>'
        f'<text x="36" y="21" fill="#fff" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" '
        f'font-size="12.5" textLength="{width}" lengthAdjust="spacingAndGlyphs">{escape(text)}</text></svg>'
    )
    response = Response(svg, mimetype="image/svg+xml")
    response.add_etag()
    response.make_conditional(request)
    return response
