"""Pages as people have them who read otherwise: text of twice the size, colours of their own, no motion, a
language that runs from right to left."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from credserv.journeys.check.at_home import check_at_home
from credserv.journeys.services import Services
from credserv.web.public import pages
from tests.browser import looking
from tests.browser.conftest import DESKTOP, NARROW, PHONE, Visit
from tests.browser.site import Site
from tests.browser.tour import ALL
from tests.testkit.catalogues import OTHERS

STOPS = {stop.name: stop for stop in ALL}
READ = (
    "credential",
    "achievement",
    "verify",
    "verify-revoked",
    "wallet",
    "wallet-credential",
    "console",
    "console-issue",
)
_SIZE = 16  # CSS pixels of a letter where nobody set another

# Status is told by an icon, by words and by a line around both, each in a colour other than the ground.
_TOLD_BY_COLOUR_ALONE = """() => [...document.querySelectorAll('main :is(.status, .verdict, .notice)')]
  .filter(e => e.checkVisibility())
  .filter(e => {
    const look = getComputedStyle(e), icon = e.querySelector('.icon');
    return !icon || icon.getBoundingClientRect().width < 16 || !e.innerText.trim()
      || getComputedStyle(icon).stroke === look.backgroundColor
      || look.borderTopStyle !== 'solid' || look.borderTopColor === look.backgroundColor;
  }).map(e => e.outerHTML.slice(0, 120))"""
_FOCUS = """() => (e => [getComputedStyle(e).outlineStyle, parseFloat(getComputedStyle(e).outlineWidth) >= 2,
  getComputedStyle(e).outlineColor !== getComputedStyle(document.body).backgroundColor])
  (document.activeElement.closest('.tile') || document.activeElement)"""
_MOVING = """() => [...document.querySelectorAll('*')].filter(e => {
    const look = getComputedStyle(e);
    return look.transitionDuration.split(',').some(parseFloat) || look.animationName !== 'none'
      || look.scrollBehavior === 'smooth';
  }).length"""
# Arrows point along the line of reading: their picture is mirrored by a negative scale.
_UNMIRRORED = """() => [...document.querySelectorAll('.onward')]
  .filter(e => new DOMMatrix(getComputedStyle(e).transform).a !== -1).length"""
# The mark of a closed part: two sides of a square, turned to point along the line of reading.
_MARKS = """() => [...document.querySelectorAll('details:not([open]) > summary')].map(e => {
    const look = getComputedStyle(e, '::before'), turned = new DOMMatrix(look.transform);
    return [look.borderLeftStyle, look.borderRightStyle, Math.sign(turned.b)].join(' ');
  })"""


@pytest.fixture(scope="module")
def window(browser: Browser, site: Site) -> Iterator[Visit]:
    context = browser.new_context(viewport={"width": DESKTOP, "height": 900})
    yield Visit(context, site)
    context.close()


@pytest.fixture
def visit(window: Visit) -> Iterator[Visit]:
    """Without cookies, in the window of the test before, as wide as a desk."""
    window.context.clear_cookies()
    window.page.set_viewport_size({"width": DESKTOP, "height": 900})
    yield window
    assert window.troubles == []


@pytest.mark.parametrize("name", READ)
def test_page_serves_who_reads_otherwise(visit: Visit, name: str) -> None:
    STOPS[name].arrive(visit)
    page = visit.page
    page.wait_for_load_state()
    _with_text_of_twice_the_size(page)
    _from_right_to_left(page)
    _without_motion(page)
    _in_colours_of_the_readers(page)


def _with_text_of_twice_the_size(page: Page) -> None:
    """As a browser's own setting has it (WCAG 2.2, 1.4.4), which widths in rem follow."""
    browser = page.context.new_cdp_session(page)
    browser.send("Page.setFontSizes", {"fontSizes": {"standard": 2 * _SIZE}})
    try:
        assert page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)") == 2 * _SIZE
        for width in (DESKTOP, PHONE):
            page.set_viewport_size({"width": width, "height": 900})
            assert looking.overflow(page) <= 0, f"scrolls sideways at {width}"
    finally:
        browser.send("Page.setFontSizes", {"fontSizes": {"standard": _SIZE}})
        browser.detach()


def _from_right_to_left(page: Page) -> None:
    page.evaluate("document.documentElement.dir = 'rtl'")
    for width in (DESKTOP, PHONE, NARROW):
        page.set_viewport_size({"width": width, "height": 900})
        assert looking.overflow(page) <= 0, f"scrolls sideways at {width}, from right to left"
    assert page.evaluate(_UNMIRRORED) == 0
    assert set(page.evaluate(_MARKS)) <= {"solid none 1"}, "a closed part points to the right"
    page.evaluate("document.documentElement.dir = 'ltr'")
    assert set(page.evaluate(_MARKS)) <= {"none solid -1"}
    page.set_viewport_size({"width": DESKTOP, "height": 900})


def _without_motion(page: Page) -> None:
    page.emulate_media(reduced_motion="no-preference")
    assert page.evaluate(_MOVING) > 0
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(_MOVING) == 0


def _in_colours_of_the_readers(page: Page) -> None:
    """Both grounds: who sets colours of their own mostly sets a black one."""
    for scheme in ("light", "dark"):
        page.emulate_media(forced_colors="active", color_scheme=scheme)
        assert page.evaluate(_TOLD_BY_COLOUR_ALONE) == []
        assert page.locator(".hero .tint:visible").count() == 0, "a picture behind words"
        for _ in range(3):
            page.keyboard.press("Tab")
            assert page.evaluate(_FOCUS) == ["solid", True, True]
    page.emulate_media(forced_colors="none", color_scheme="light", reduced_motion="no-preference")


# --- the first screen of a phone ------------------------------------------------------------------

FIRST_SCREEN: ViewportSize = {"width": PHONE, "height": 667}
# Real? What? To whom and by whom?
_ANSWERS = """() => ['#verdict', '#name', '.hero .lead'].map(
  part => Math.ceil(document.querySelector(part).getBoundingClientRect().bottom + scrollY))"""


@pytest.mark.parametrize("language", ["en", *OTHERS])
@pytest.mark.parametrize(
    ("name", "tone"),
    [
        ("valid", "good"),
        ("expired", "attention"),
        ("suspended", "attention"),
        ("revoked", "bad"),
        ("unreachable", "unknown"),
    ],
)
def test_the_first_screen_answers_the_four_questions(
    visit: Visit, monkeypatch: pytest.MonkeyPatch, name: str, tone: str, language: str
) -> None:
    """design/look.md: whether it is real, what it is, whose, and from whom. What is not good comes first."""
    if name == "unreachable":
        _put_its_issuer_elsewhere(visit.site, monkeypatch)
    visit.context.add_cookies([{"name": "credserv_language", "value": language, "url": visit.site.url}])
    visit.page.set_viewport_size(FIRST_SCREEN)
    visit.go(f"/credentials/{visit.site.ids.get(name) or visit.site.ids['valid']}")
    assert visit.page.locator("html").get_attribute("lang") == language
    assert visit.page.locator(f".hero .verdict.{tone}").count() == 1
    assert visit.page.locator(".hero .lead a").all_inner_texts()[-1] == "Example Academy"
    assert visit.page.locator(".hero .lead [href='#whose']").count() == 1
    verdict, what, who = visit.page.evaluate(_ANSWERS)
    looking.picture(visit.page, f"first-screen-{name}-{language}")
    assert max(verdict, what, who) <= FIRST_SCREEN["height"], (verdict, what, who)
    assert (verdict < what) == (tone != "good")


def _put_its_issuer_elsewhere(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """At a host whose keys nobody can ask for as a page is opened."""
    own = site.service.services.issuer.did.encode()

    def check(services: Services, signed: bytes, now: datetime) -> Any:
        return check_at_home(services, signed.replace(own, b"did:web:away.example"), now)

    monkeypatch.setattr(pages, "check_at_home", check)
