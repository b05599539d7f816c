"""What every page is looked at for: axe, and whether it fits the screen; with CREDSERV_PICTURES=1 pictures go
to `build/screenshots`, for a person to look at."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from playwright.sync_api import Page

from tests.testkit.node import node_folder

PICTURES = os.environ.get("CREDSERV_PICTURES") == "1"  # a third of the time, and nothing asserts them
SCREENSHOTS = Path(__file__).resolve().parents[2] / "build" / "screenshots"
_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_AXE = """async (rules) => (await axe.run(document, {resultTypes: ['violations'], ...rules})).violations
  .map(v => `${v.id}: ${v.help}: ${v.nodes.map(n => n.html.slice(0, 120)).join(' | ')}`)"""


@cache
def axe_source() -> str:
    """axe-core, with all its rules (WCAG 2.2 AA and good practice)."""
    folder = node_folder(Path(__file__).parent / "node")
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text()


def overflow(page: Page) -> int:
    """By how much it scrolls sideways."""
    return int(page.evaluate(_OVERFLOW))


def axe(page: Page, rules: dict[str, object] | None = None) -> list[str]:
    """What axe finds, which has been loaded with `axe_source` before."""
    found: list[str] = page.evaluate(_AXE, rules or {})
    return found


def picture(page: Page, name: str) -> None:
    """By day and by night, where pictures are wanted."""
    if not PICTURES:
        return
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")  # no button is between two colours
    page.screenshot(path=SCREENSHOTS / f"{name}-dark.png", full_page=True)
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.screenshot(path=SCREENSHOTS / f"{name}-light.png", full_page=True)
