"""The shapes of badges, each one outline in a square of 512."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import cos, pi, sin

SIDE = 512
_LOBES = 24


@dataclass(frozen=True)
class Shape:
    """A shape.

    Attributes:
        words: as in "a ... badge".
        outline: path data.
        middle: the height of its middle.
        room: maximum width of words below the icon.
        tails: ribbons behind it; "" for none.
        size: scale of what is on it, compared with other shapes.
    """

    words: str
    outline: str
    middle: int = 256
    room: int = 290
    tails: str = ""
    size: float = 1.0


def _corner(place: int, of: int, radius: float) -> str:
    angle = 2 * pi * place / of - pi / 2
    return f"{256 + radius * cos(angle):.1f} {256 + radius * sin(angle):.1f}"


def _circle(middle: int, radius: int) -> str:
    top, bottom = middle - radius, middle + radius
    return f"M256 {top}A{radius} {radius} 0 1 1 256 {bottom}A{radius} {radius} 0 1 1 256 {top}Z"


def _scallop() -> str:
    arcs = "".join(f"A31 31 0 0 1 {_corner(place, _LOBES, 226)}" for place in range(1, _LOBES + 1))
    return f"M{_corner(0, _LOBES, 226)}{arcs}Z"


def _hexagon() -> str:
    return "M" + "L".join(_corner(place, 6, 250) for place in range(6)) + "Z"


SHAPES: Mapping[str, Shape] = {
    "round": Shape("round", _circle(256, 248)),
    "seal": Shape("scalloped", _scallop(), room=270),
    "shield": Shape(
        "shield-shaped",
        "M256 10C322 48 398 64 472 64V250C472 386 378 464 256 504"
        "C134 464 40 386 40 250V64C114 64 190 48 256 10Z",
        middle=244,
        room=270,
    ),
    "hexagon": Shape("hexagonal", _hexagon()),
    "plaque": Shape(
        "square",
        "M88 20H424A68 68 0 0 1 492 88V424A68 68 0 0 1 424 492H88A68 68 0 0 1 20 424V88A68 68 0 0 1 88 20Z",
        room=360,
    ),
    "rosette": Shape(
        "round",
        _circle(206, 198),
        middle=206,
        room=230,
        tails="M140 330L96 486L180 462L226 508L256 420L286 508L332 462L416 486L372 330Z",
        size=0.8,
    ),
}
