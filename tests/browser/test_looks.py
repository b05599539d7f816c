"""Every page: without barriers that axe finds, at three widths without horizontal scrolling, light, quiet.

With CREDSERV_PICTURES=1 in the environment, pictures go to `build/screenshots`, for a person to look at. With
CREDSERV_LANGUAGES=all every page is looked at in every language.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from tests.browser import looking
from tests.browser.conftest import DESKTOP, NARROW, PHONE, Visit
from tests.browser.site import Site
from tests.browser.tour import ALL, PUBLIC, VERIFY, Stop
from tests.testkit.catalogues import OTHERS

MAX_PAGE_BYTES = 100_000  # page, stylesheet and mark; pictures of badges come on top

# WCAG 2.2, 2.5.8 leaves links in sentences out
_SMALL_TARGETS = """() => [...document.querySelectorAll('a, button, input, select, textarea, summary')]
  .filter(e => !e.closest('p, dd, .skip') && e.type !== 'hidden')
  .map(e => [e.outerHTML.slice(0, 90), e.getBoundingClientRect()])
  .filter(([, box]) => box.width > 0 && (box.width < 24 || box.height < 24))
  .map(([html, box]) => `${html} ${Math.round(box.width)}x${Math.round(box.height)}`)"""
# What may be wrong in one language alone: names that are missing or not as they are seen, and who says what.
_OF_WORDS: dict[str, object] = {"runOnly": ["cat.name-role-value", "cat.language", "cat.text-alternatives"]}
# Names and headings are in the serif, verdicts in the sans of the text.
_OTHER_HEADINGS = """() => [...document.querySelectorAll('h1, h2')].filter(e => !e.closest('.verdict'))
  .filter(e => !getComputedStyle(e).fontFamily.startsWith('"Source Serif 4"')).map(e => e.innerText)"""
_IN_ENGLISH = ("/api/", "/docs")  # what is for who writes programs, and the manual
_OF_COLOURS: dict[str, object] = {"runOnly": ["color-contrast", "link-in-text-block"]}


@pytest.fixture(scope="module")
def window(browser: Browser, site: Site) -> Iterator[Visit]:
    context = browser.new_context(viewport={"width": DESKTOP, "height": 900})
    yield Visit(context, site)
    context.close()


@pytest.fixture(scope="module")
def styles(window: Visit) -> int:
    """How many bytes are the same for each page."""
    return sum(len(window.fetch(f"/assets/{name}")) for name in ("credserv.css", "mark.svg"))


@pytest.fixture
def visit(window: Visit) -> Iterator[Visit]:
    """A visitor without cookies, in the window of the one before: opening one costs more than looking."""
    window.context.clear_cookies()
    window.troubles.clear()
    window.page.set_viewport_size({"width": DESKTOP, "height": 900})
    window.page.emulate_media(color_scheme="light", reduced_motion="no-preference")
    yield window
    assert window.troubles == []


@pytest.mark.parametrize("stop", ALL, ids=lambda stop: stop.name)
def test_page_looks_right_at_every_width_and_axe_finds_nothing(visit: Visit, stop: Stop, styles: int) -> None:
    _arrive(visit, stop)
    for width in (NARROW, PHONE, DESKTOP):
        visit.page.set_viewport_size({"width": width, "height": 900})
        wider = looking.overflow(visit.page)
        assert wider <= 0, f"scrolls sideways by {wider} at {width}"
        assert visit.page.evaluate(_SMALL_TARGETS) == []
        if width != NARROW:
            looking.picture(visit.page, f"{stop.name}-{width}")
    assert visit.page.evaluate(_OTHER_HEADINGS) == []
    assert len(visit.page.content().encode()) + styles <= MAX_PAGE_BYTES
    _look_with_axe(visit)
    visit.page.set_viewport_size({"width": NARROW, "height": 900})
    for language in _languages(stop):
        _look_translated(visit, language)


def _languages(stop: Stop) -> tuple[str, ...]:
    """Beside English: each third page in one more, by turns; with CREDSERV_LANGUAGES=all each in all."""
    if os.environ.get("CREDSERV_LANGUAGES") == "all":
        return OTHERS
    turn, is_left_out = divmod(ALL.index(stop), len(OTHERS))
    return () if is_left_out else (OTHERS[turn % len(OTHERS)],)


def _look_translated(visit: Visit, language: str) -> None:
    """The same page, loaded once more: its words are longer, and name what they stand beside."""
    visit.context.add_cookies([{"name": "credserv_language", "value": language, "url": visit.site.url}])
    visit.page.reload()
    if urlsplit(visit.page.url).path.startswith(_IN_ENGLISH):
        return
    assert visit.page.locator("html").get_attribute("lang") == language
    wider = looking.overflow(visit.page)
    assert wider <= 0, f"scrolls sideways by {wider} in {language}"
    assert visit.page.evaluate(_SMALL_TARGETS) == []
    visit.page.evaluate(looking.axe_source())
    assert looking.axe(visit.page, _OF_WORDS) == [], language


def _look_with_axe(visit: Visit) -> None:
    """By day with all its rules, by night with those about colours: nothing else is another then."""
    visit.page.evaluate(looking.axe_source())
    for scheme, rules in (("light", None), ("dark", _OF_COLOURS)):
        visit.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert looking.axe(visit.page, rules) == [], scheme


@pytest.mark.parametrize("language", OTHERS)
def test_a_badge_and_its_check_look_right_in_every_language(visit: Visit, language: str) -> None:
    """Words of others are longer: a page that is right in English may not be."""
    _read(visit, language)
    visit.go(f"/credentials/{visit.site.ids['revoked']}")
    _look_in(visit, language, "credential")
    visit.page.locator("#check button").click()
    _look_in(visit, language, "result")


def test_a_wallet_looks_right_in_german(visit: Visit) -> None:
    _read(visit, "de")
    visit.open_wallet()
    for name, path in (("wallet", "/wallet"), ("badge", f"/wallet/credentials/{visit.site.ids['valid']}")):
        visit.go(path)
        _look_in(visit, "de", f"german-{name}")


def _read(visit: Visit, language: str) -> None:
    """On a phone."""
    visit.context.add_cookies([{"name": "credserv_language", "value": language, "url": visit.site.url}])
    visit.page.set_viewport_size({"width": PHONE, "height": 900})


def _look_in(visit: Visit, language: str, name: str) -> None:
    """With axe in one of them: what it finds is not in the words, but for their room."""
    assert visit.page.locator("html").get_attribute("lang") == language
    # What a badge says is in the language that it was signed in; what we say is not.
    ours = visit.page.locator("main [lang=en]:not(bdi, .text)")
    assert ours.all_inner_texts() == []
    assert looking.overflow(visit.page) <= 0
    looking.picture(visit.page, f"{name}-{language}-{PHONE}")
    if language == OTHERS[0]:
        visit.page.evaluate(looking.axe_source())
        assert looking.axe(visit.page) == []


def test_axe_would_find_a_barrier(visit: Visit) -> None:
    visit.go("/")
    visit.page.evaluate(looking.axe_source())
    visit.page.evaluate("document.querySelector('main').append(document.createElement('button'))")
    assert [finding.partition(":")[0] for finding in looking.axe(visit.page)] == ["button-name"]


@pytest.mark.parametrize("stop", [PUBLIC[0], VERIFY[1]], ids=lambda stop: stop.name)
def test_dark_pages_are_dark(visit: Visit, stop: Stop) -> None:
    visit.page.emulate_media(color_scheme="dark")
    _arrive(visit, stop)
    back = visit.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert max(int(part) for part in back.removeprefix("rgb(").removesuffix(")").split(",")) < 64


def _arrive(visit: Visit, stop: Stop) -> None:
    stop.arrive(visit)
    visit.page.wait_for_load_state()
