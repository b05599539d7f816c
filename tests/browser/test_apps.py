"""An app is let into a wallet, in a real browser, whose policy decides where the form's answer may lead."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.testkit.apps import App, new_app


class _Return(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        # Without an icon the browser asks for one, of a server that may have ended by then.
        self.wfile.write(b'<!doctype html><title>The app</title><link rel="icon" href="data:,">')
        self.wfile.write(b"<h1>Back in the app</h1>")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def redirect_uri() -> Iterator[str]:
    """Of an app on this machine, which is another origin than the site."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Return)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/return"
    server.shutdown()
    server.server_close()


def _address(app: App, redirect_uri: str) -> str:
    return f"/oauth/authorize?{urlencode(app.request(redirect_uri=redirect_uri))}"


def test_attack_w8_the_answer_comes_back_to_the_app(visit: Visit, redirect_uri: str) -> None:
    app = new_app(visit.site.service, redirect_uris=[redirect_uri])
    visit.open_wallet()
    page = visit.go(_address(app, redirect_uri))
    expect(page.get_by_text("nobody has checked that name")).to_be_visible()
    page.get_by_role("button", name="Allow", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Back in the app")
    told = dict(parse_qsl(urlsplit(page.url).query))
    assert (told["state"], told["iss"]) == ("a-state-of-the-app", visit.site.url)
    answer = app.redeem(told["code"], redirect_uri=redirect_uri)
    assert answer.status_code == 200
    visit.go("/wallet/apps")
    expect(page.get_by_text("Badge Shelf").first).to_be_visible()
    page.get_by_role("button", name="End Badge Shelf").click()
    expect(page.get_by_role("status")).to_contain_text("That app is disconnected")


def test_whoever_is_signed_out_comes_in_first_and_then_declines(visit: Visit, redirect_uri: str) -> None:
    app = new_app(visit.site.service, redirect_uris=[redirect_uri])
    page = visit.page
    page.goto(visit.site.url + _address(app, redirect_uri))
    expect(page.get_by_role("heading", name="Open your wallet first")).to_be_visible()
    other = visit.context.new_page()
    other.goto(visit.site.wallet_link())
    other.get_by_role("button", name="Open my wallet").click()
    other.wait_for_url("**/wallet")
    page.get_by_role("link", name="My wallet is open now").click()
    page.get_by_role("button", name="Do not allow").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Back in the app")
    assert "error=access_denied" in page.url
