"""Draw a badge from a few choices: a shape, an icon, two colours and a few letters.

The same design always gives the same SVG, byte for byte. The SVG contains its design, so that it can be
opened and changed. Writing a design into another picture only fills in a form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from urllib.parse import parse_qsl, urlencode
from xml.etree.ElementTree import ParseError
from xml.sax.saxutils import escape, quoteattr

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from credserv.ground.colours import BLACK, WHITE, contrast, mix, read_colour, text_on
from credserv.ground.errors import CredservError, Fault, InputError, SchemaFaultsError
from credserv.ground.names import has_unseen
from credserv.openbadges.badge_icons import ICONS, drawing_of
from credserv.openbadges.badge_icons import SIDE as ICON_SIDE
from credserv.openbadges.badge_shapes import SHAPES, SIDE, Shape

MAX_TEXT_CHARS = 16
PALETTE: Mapping[str, str] = {
    "#1d4f91": "blue",
    "#0f766e": "teal",
    "#11623d": "green",
    "#4338ca": "indigo",
    "#7a1f5c": "plum",
    "#9a1b1e": "red",
    "#b45309": "amber",
    "#334155": "slate",
    "#f4c430": "gold",
    "#d7dce3": "silver",
}
_NAME = "data-design"
_ICON_PIXELS = 216
_ICON_ABOVE_WORDS = 0.76  # of that, where there are words below
_LIFTED = 46
_WORDS_BELOW = 124  # from the middle to the foot of the letters
_LETTER_PIXELS = 54  # maximum height of capital letters


@dataclass(frozen=True)
class Design:
    """A design.

    Attributes:
        shape, icon: names of SHAPES and ICONS.
        ground, ink: colours.
        text: "" for none.
    """

    shape: str = "round"
    icon: str = "star"
    ground: str = "#1d4f91"
    ink: str = WHITE
    text: str = ""

    @property
    def contrast(self) -> float:
        """The contrast between icon and ground, where it is lowest."""
        return contrast(self.ink, self.ground)

    @property
    def caption(self) -> str:
        """The text alternative of the picture."""
        words = f", with the letters “{self.text}”" if self.text else ""
        return f"A {SHAPES[self.shape].words} badge that shows {ICONS[self.icon]}{words}."


@dataclass(frozen=True)
class Lettering:
    """Words as outlines, so that they look alike everywhere.

    Attributes:
        letters: path data, and the offset to the right.
        width, height: of all letters; outlines go upwards from the foot.
    """

    width: float
    height: float
    letters: tuple[tuple[str, float], ...]


def read_design(told: Mapping[str, str]) -> Design:
    """Read a design; an `ink` of "" selects the most readable colour on the ground.

    Raises SchemaFaultsError with every fault and its place.
    """
    faults: list[Fault] = []
    shape, icon = told.get("shape", ""), told.get("icon", "")
    if shape not in SHAPES:
        faults.append(Fault("/shape", "choose one of the shapes"))
    if icon not in ICONS:
        faults.append(Fault("/icon", "choose one of the icons"))
    ground = _colour(told.get("ground", ""), "/ground", faults)
    ink = _colour(told["ink"], "/ink", faults) if told.get("ink") else text_on(ground)
    text = told.get("text", "").strip()
    if len(text) > MAX_TEXT_CHARS or has_unseen(text):
        faults.append(Fault("/text", f"at most {MAX_TEXT_CHARS} letters that can be seen"))
    if faults:
        raise SchemaFaultsError("no badge can be drawn so", faults=tuple(faults))
    return Design(shape, icon, ground, ink, text)


def design_in(svg: bytes) -> Design | None:
    """Return the design a picture says it was made from; None for any other picture."""
    try:
        said = fromstring(svg, forbid_dtd=True).get(_NAME)
        return None if said is None else read_design(dict(parse_qsl(said, max_num_fields=9)))
    except (ParseError, DefusedXmlException, ValueError, CredservError):
        return None


def draw_svg(design: Design, lettering: Lettering | None) -> bytes:
    """Draw a design. `lettering` is of its text; None if it has none."""
    shape = SHAPES[design.shape]
    # The gradient runs away from the ink, so the contrast is nowhere lower than with the ground itself.
    away = BLACK if contrast(design.ink, BLACK) > contrast(design.ground, BLACK) else WHITE
    rim, far = mix(design.ground, BLACK, 0.45), mix(design.ground, away, 0.25)
    tails = f'<path d="{shape.tails}" fill="{mix(design.ground, BLACK, 0.3)}"/>' if shape.tails else ""
    inner = f"translate(256 {shape.middle}) scale(.86) translate(-256 -{shape.middle})"
    drawn = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE} {SIDE}" width="{SIDE}" height="{SIDE}" '
        f"{_NAME}={quoteattr(urlencode(asdict(design)))}>"
        f"<title>{escape(design.caption)}</title>"
        f'<defs><linearGradient id="ground" x1="0" y1="0" x2="1" y2="1">'
        f'<stop offset="0" stop-color="{design.ground}"/><stop offset="1" stop-color="{far}"/>'
        f"</linearGradient></defs>"
        f'{tails}<path d="{shape.outline}" fill="{rim}"/>'
        f'<path d="{shape.outline}" transform="{inner}" fill="url(#ground)" stroke="{design.ink}" '
        f'stroke-width="11" stroke-linejoin="round"/>'
        f"{_icon(design, shape)}{_words(design, shape, lettering)}</svg>\n"
    )
    return drawn.encode()


def _icon(design: Design, shape: Shape) -> str:
    pixels = _ICON_PIXELS * shape.size * (_ICON_ABOVE_WORDS if design.text else 1)
    top = shape.middle - pixels / 2 - (_LIFTED * shape.size if design.text else 0)
    place = f"translate({256 - pixels / 2:.1f} {top:.1f}) scale({pixels / ICON_SIDE:.3f})"
    return (
        f'<g transform="{place}" fill="none" stroke="{design.ink}" stroke-width="2" stroke-linecap="round" '
        f'stroke-linejoin="round">{drawing_of(design.icon)}</g>'
    )


def _words(design: Design, shape: Shape, lettering: Lettering | None) -> str:
    if lettering is None or not lettering.letters:
        return ""
    scale = min(_LETTER_PIXELS * shape.size / lettering.height, shape.room / lettering.width)
    left, foot = 256 - lettering.width * scale / 2, shape.middle + _WORDS_BELOW * shape.size
    letters = "".join(f'<path d="{path}" transform="translate({x:g} 0)"/>' for path, x in lettering.letters)
    place = f"translate({left:.1f} {foot:.1f}) scale({scale:.3f} -{scale:.3f})"
    return f'<g transform="{place}" fill="{design.ink}">{letters}</g>'


def _colour(text: str, place: str, faults: list[Fault]) -> str:
    try:
        return read_colour(text)
    except InputError as error:
        faults.append(Fault(place, error.detail))
        return WHITE
