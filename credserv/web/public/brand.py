"""An organisation's own assets for its pages: its logo, and its colour for light and dark mode.

Pages name both with their version, so they can be cached for ever. A colour was validated as six digits
before it was stored, so the style sheet contains nothing else (attack 60).
"""

from __future__ import annotations

from flask import Blueprint, Response, request

from credserv.ground.colours import INK, WHITE, accents
from credserv.ground.errors import NotFoundError
from credserv.web.frame.door import IMAGE_POLICY, door
from credserv.web.frame.rendering import brand

blueprint = Blueprint("brand", __name__, url_prefix="/brand")

_FOR_GOOD = "public, max-age=31536000"
_NIGHTLY_FOCUS = "#ffd166"  # as in the stylesheet: seen beside every accent


@blueprint.get("/colours.css")
@door()
def colours() -> Response:
    """Return the style sheet. Raises NotFoundError while no colour is chosen."""
    chosen = brand().colour
    if not chosen:
        raise NotFoundError("this organisation has no colour of its own")
    shown = accents(chosen)
    by_day = _tokens(accent=shown.light, accent_strong=shown.light_strong, on_accent=WHITE, focus=shown.light)
    by_night = _tokens(
        accent=shown.dark, accent_strong=shown.dark_strong, on_accent=INK, focus=_NIGHTLY_FOCUS
    )
    dark, paper = "@media(prefers-color-scheme:dark)", "@media print"
    return _answer(f"{by_day}\n{dark}{{{by_night}}}\n{paper}{{{by_day}}}\n".encode(), "text/css")


@blueprint.get("/logo.png")
@door(policy=IMAGE_POLICY, any_site=True)
def logo() -> Response:
    """Return the logo. Raises NotFoundError without one."""
    png = brand().logo
    if not png:
        raise NotFoundError("this organisation has no logo")
    return _answer(png, "image/png")


def _answer(content: bytes, kind: str) -> Response:
    """Return content, cached for ever under its current version, and revalidated under any other address."""
    response = Response(content, mimetype=kind)
    response.headers["Cache-Control"] = _FOR_GOOD if request.args.get("v") == brand().version else "no-cache"
    return response


def _tokens(**colours: str) -> str:
    """Return colours by the names of the stylesheet."""
    told = "".join(f"--{name.replace('_', '-')}:{colour};" for name, colour in colours.items())
    return f":root{{{told}}}"
