"""A real Chromium, and what every visit is watched for: dialogs, refused loads, errors of the page."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright

from tests.browser.site import Site, running_site

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--headless",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
DESKTOP, PHONE, NARROW = 1280, 375, 320  # CSS pixels of width
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
HOW_TO_GET = "needs a browser: `apt-get install chromium`, or `.venv/bin/playwright install chromium`"


class Visit:
    """One browser window of one visitor, and everything that went wrong in it."""

    def __init__(self, context: BrowserContext, site: Site) -> None:
        self.context = context
        self.site = site
        self.page: Page = context.new_page()
        self.troubles: list[str] = []
        self.page.on("dialog", lambda dialog: (self.troubles.append(dialog.message), dialog.dismiss()))
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("console", self._note)

    def go(self, path: str, *, status: int = 200) -> Page:
        """Open a path (or a whole URL) and expect a status."""
        answer = self.page.goto(path if path.startswith("http") else self.site.url + path)
        assert answer is not None
        assert answer.status == status, f"{path}: {answer.status}"
        return self.page

    def fetch(self, path: str) -> bytes:
        """The bytes at a path, with this visitor's cookies."""
        return self.context.request.get(self.site.url + path).body()

    def sign_in_to_console(self) -> None:
        self.follow_link(self.site.console_link())

    def open_wallet(self) -> None:
        self.follow_link(self.site.wallet_link())

    def follow_link(self, url: str) -> None:
        """Sign in by a link that was sent. Not in the window, where nobody looks at three pages."""
        asked = self.context.request
        token = _TOKEN.search(asked.get(url).text())
        assert token is not None
        answer = asked.post(url, form={"csrf_token": html.unescape(token[1])}, max_redirects=0)
        assert answer.status == 303, answer.text()

    def _note(self, message) -> None:  # type: ignore[no-untyped-def]
        refused_status = "Failed to load resource: the server responded" in message.text
        if message.type in ("error", "warning") and not refused_status:
            self.troubles.append(message.text)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Ended with the browser tests: playwright keeps an event loop here, which the queue does not bear."""
    with sync_playwright() as playwright:
        try:
            path = str(CHROMIUM) if CHROMIUM.exists() else None
            browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        except Error:
            pytest.skip(HOW_TO_GET)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Visit]:
    """A visitor without cookies; at the end nothing may have gone wrong in the browser."""
    context = browser.new_context(viewport={"width": DESKTOP, "height": 900})
    visit = Visit(context, site)
    yield visit
    context.close()
    assert visit.troubles == []
