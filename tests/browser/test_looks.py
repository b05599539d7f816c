"""Every page: seen at three widths, without horizontal scrolling, light enough, and quiet in the browser.

The pictures go to `build/screenshots`, for a person to look at.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.conftest import DESKTOP, NARROW, PHONE, Visit
from tests.browser.tour import ALL, PUBLIC, VERIFY, Stop

SCREENSHOTS = Path(__file__).resolve().parents[2] / "build" / "screenshots"
MAX_PAGE_BYTES = 100_000  # everything that a first visit loads, pictures of badges aside

_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_SMALL_TARGETS = """() => [...document.querySelectorAll('a, button, input, select, textarea, summary')]
  .filter(e => !e.closest('p, dd, .unseen, .skip') && e.type !== 'hidden' && !e.classList.contains('skip'))
  .map(e => [e.outerHTML.slice(0, 90), e.getBoundingClientRect()])
  .filter(([, box]) => box.width > 0 && (box.width < 24 || box.height < 24))
  .map(([html, box]) => `${html} ${Math.round(box.width)}x${Math.round(box.height)}`)"""


@pytest.mark.parametrize("stop", ALL, ids=lambda stop: stop.name)
def test_page_looks_right_at_every_width(visit: Visit, stop: Stop) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    stop.arrive(visit)
    visit.page.wait_for_load_state()
    for width in (DESKTOP, PHONE, NARROW):
        visit.page.set_viewport_size({"width": width, "height": 900})
        overflow = visit.page.evaluate(_OVERFLOW)
        assert overflow <= 0, f"{stop.name} scrolls sideways by {overflow} at {width}"
        assert visit.page.evaluate(_SMALL_TARGETS) == []
        if width != NARROW:
            visit.page.screenshot(path=SCREENSHOTS / f"{stop.name}-{width}.png", full_page=True)


@pytest.mark.parametrize("stop", PUBLIC + VERIFY, ids=lambda stop: stop.name)
def test_page_is_light(visit: Visit, stop: Stop) -> None:
    """With its stylesheet and mark; pictures of badges come on top."""
    stop.arrive(visit)
    visit.page.wait_for_load_state()
    assets = [visit.fetch(f"/assets/{name}") for name in ("credserv.css", "mark.svg")]
    assert sum(map(len, [visit.page.content().encode(), *assets])) <= MAX_PAGE_BYTES


def test_dark_pages_are_dark(visit: Visit) -> None:
    for stop in (ALL[0], VERIFY[1]):
        visit.page.emulate_media(color_scheme="dark")
        stop.arrive(visit)
        visit.page.wait_for_load_state()
        back = visit.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert max(map(int, back.removeprefix("rgb(").removesuffix(")").split(","))) < 64
        visit.page.screenshot(path=SCREENSHOTS / f"{stop.name}-dark.png", full_page=True)
