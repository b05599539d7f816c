"""Passkeys in a real Chromium, with its virtual authenticator as the person's device."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def add_device(page: Page) -> None:
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})


def test_a_passkey_is_made_and_opens_the_wallet(visit: Visit) -> None:
    visit.open_wallet()
    page = visit.go("/wallet")
    add_device(page)
    page.get_by_role("link", name="How I sign in").click()
    page.get_by_label("What you call the device").fill("My phone")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("status")).to_contain_text("this passkey opens your wallet")
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Wallet of")
    page.get_by_role("link", name="How I sign in").click()
    page.get_by_role("button", name="Remove the passkey My phone").click()
    expect(page.get_by_role("status")).to_contain_text("The address is no longer yours")


def test_without_a_device_the_page_says_what_to_do(visit: Visit) -> None:
    page = visit.go("/wallet")
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": {**DEVICE, "isUserVerified": False}})
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("No passkey was used")
