"""What people do, in a real browser: in three clicks, without mouse or JavaScript, and with bad intent."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from pypdf import PdfReader

from tests.browser.conftest import Visit
from tests.browser.site import Site
from tests.browser.tour import SEVERAL, files_of, keep_result

ATTACKS = (
    "<script>alert('script')</script>",
    "<img src=x onerror=alert('image')>",
    "\"><svg onload=alert('svg')>",
    "[click](javascript:alert('link'))",
    "{{ 7 * 7 }}",
)


def test_from_the_console_link_to_a_verified_badge_in_three_clicks(visit: Visit) -> None:
    page = visit.go(visit.site.console_link())
    page.get_by_role("button", name="Sign in").click()  # 1
    page.get_by_role("link", name="Issue a badge").first.click()  # 2
    page.get_by_label("E-mail address of the recipient").fill("new@example.org")
    page.get_by_role("button", name="Issue").click()  # 3
    expect(page.get_by_role("status")).to_contain_text("The credential is issued")
    address = page.locator("a.mono").inner_text()

    stranger = visit.page.context.browser.new_context().new_page()
    stranger.goto(address)
    stranger.get_by_role("button", name="See every check").click()
    expect(stranger.get_by_role("heading", level=1)).to_contain_text("Genuine and in force")
    stranger.context.close()


def test_a_holder_claims_in_two_clicks_shares_and_ends_the_share(visit: Visit) -> None:
    page = visit.go(visit.site.wallet_link())  # 1: the link in the mail
    page.get_by_role("button", name="Open my wallet").click()  # 2
    page.get_by_role("link", name="Foundation").first.click()
    page.get_by_label("A note for yourself").fill("Library")
    page.get_by_role("button", name="Make a link").click()
    shared = page.locator("code.secret").inner_text()

    stranger = Visit(page.context.browser.new_context(), visit.site)
    stranger.go(shared)
    stranger.page.get_by_role("button", name="See every check").click()
    expect(stranger.page.get_by_role("heading", level=1)).to_contain_text("Genuine and in force")

    page.get_by_role("button", name=re.compile("^End the link “Library”")).click()
    expect(page.get_by_role("status")).to_contain_text("You ended the link")
    stranger.go(shared, status=410)
    expect(stranger.page.get_by_role("heading", level=1)).to_have_text("This link was ended")
    assert stranger.troubles == []
    stranger.context.close()


def test_everything_downloaded_verifies(visit: Visit, tmp_path: Path) -> None:
    visit.open_wallet()
    page = visit.go("/wallet")
    page.get_by_role("link", name="Foundation").first.click()
    page.wait_for_url("**/wallet/credentials/*")
    for name in ("Signed JSON", "Badge picture, PNG", "Badge picture, SVG"):
        with page.expect_download() as download:
            page.get_by_role("link", name=name).click()
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        other = Visit(page.context.browser.new_context(), visit.site)
        other.go("/verify")
        other.page.get_by_label("A file").set_input_files(path)
        other.page.get_by_role("button", name="Verify").click()
        expect(other.page.get_by_role("heading", level=1)).to_contain_text("Genuine and in force")
        other.context.close()


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("valid", "Genuine and in force"),
        ("expired", "Genuine, expired on"),
        ("revoked", "Genuine, but revoked by its issuer"),
        ("suspended", "Genuine, but suspended by its issuer"),
    ],
)
def test_verifying_works_without_javascript(browser: Browser, site: Site, name: str, verdict: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site.url}/credentials/{site.ids[name]}")
    page.get_by_role("button", name="See every check").click()
    assert verdict in page.locator("h1").inner_text()
    assert page.locator(".checks > li").count() >= 7
    context.close()


def test_what_is_not_proven_is_only_claimed(visit: Visit) -> None:
    signed = visit.site.service.services.store.credentials.get(visit.site.ids["valid"]).signed
    page = visit.go("/verify")
    page.get_by_label("Or its text").fill(signed.decode().replace("Example Academy", "Harvard"))
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Not genuine")
    expect(page.get_by_role("heading", name="The document claims")).to_be_visible()
    assert "Harvard" not in page.locator(".verdict").inner_text()
    assert page.get_by_role("heading", name="What the credential says").count() == 0


def test_unreachable_is_never_good_nor_bad(visit: Visit) -> None:
    page = visit.go("/verify")
    page.get_by_label("Or a link").fill("https://unreachable.example/credential.json")
    page.get_by_role("button", name="Verify").click()
    expect(page.locator(".verdict")).to_have_class("verdict unknown")
    expect(page.get_by_role("heading", level=1)).to_contain_text("nothing was checked")


# --- several, printed, kept -----------------------------------------------------------------------


def test_several_files_are_told_one_by_one_and_taken_away(visit: Visit, tmp_path: Path) -> None:
    page = visit.go("/verify")
    page.get_by_label("A file").set_input_files(files_of(visit, *SEVERAL))
    page.get_by_role("button", name="Verify").click()
    expect(page.locator("#progress-text")).to_have_text(
        "Done. 6 of 6 checked. 1 verified, issuer not known here; 4 not verified; 1 could not be checked."
    )
    assert page.url.endswith("/verify")
    rows = page.locator("#rows tr")
    assert [row.get_attribute("data-verdict") for row in rows.all()][:2] == [
        "verified_issuer_unknown",
        "not_verified",
    ]
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()
    rows.nth(1).get_by_text("Details").click()
    expect(rows.nth(1)).to_contain_text("Signature: failed.")
    with page.expect_download() as download:
        page.get_by_role("button", name="Table (CSV)").click()
    download.value.save_as(tmp_path / "table.csv")
    assert len((tmp_path / "table.csv").read_text("utf-8-sig").splitlines()) == 1 + len(SEVERAL)


def test_the_check_of_several_is_stopped_by_its_visitor(visit: Visit) -> None:
    page = visit.go("/verify")
    held: list[Route] = []
    page.route("**/verify/row", lambda route: held.append(route))
    page.get_by_label("A file").set_input_files(files_of(visit, *SEVERAL))
    page.get_by_role("button", name="Verify").click()
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#progress-text")).to_contain_text("Stopped.")
    expect(page.locator("#rows")).to_contain_text("Not checked: stopped")
    expect(page.get_by_role("button", name="Verify")).to_be_enabled()
    assert len(held) <= 2


def test_the_script_waits_when_as_many_as_are_answered_at_once_were_checked(visit: Visit) -> None:
    page = visit.go("/verify")
    asked: list[int] = []

    def busy_once(route: Route) -> None:
        asked.append(1)
        if len(asked) == 1:
            route.fulfill(status=429, headers={"Retry-After": "1"}, body="busy")
        else:
            route.continue_()

    page.route("**/verify/row", busy_once)
    page.get_by_label("A file").set_input_files(files_of(visit, *SEVERAL))
    page.get_by_role("button", name="Verify").click()
    expect(page.locator("#progress-text")).to_contain_text("Done. 6 of 6 checked.")
    assert len(asked) == len(SEVERAL) + 1


def test_several_files_without_javascript(browser: Browser, visit: Visit) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{visit.site.url}/verify")
    page.get_by_label("A file").set_input_files(files_of(visit, *SEVERAL))
    page.get_by_role("button", name="Verify").click()
    assert page.locator("h1").inner_text() == "6 checked"
    assert page.locator("tbody tr").count() == len(SEVERAL)
    context.close()


def test_found_u6_our_own_page_printed_or_photographed_reads_back(visit: Visit, tmp_path: Path) -> None:
    """By the QR code that the page of a badge carries."""
    page = visit.go(f"/credentials/{visit.site.ids['valid']}")
    printed, photographed = tmp_path / "page.pdf", tmp_path / "page.png"
    page.pdf(path=printed, format="A4")
    page.screenshot(path=photographed, full_page=True)
    for path in (printed, photographed):
        visit.go("/verify")
        page.get_by_label("A file").set_input_files(path)
        page.get_by_role("button", name="Verify").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Genuine and in force")


def test_a_printed_result_is_whole_and_short(visit: Visit, tmp_path: Path) -> None:
    """One or two pages, with everything that is folded away on the screen, and when and where."""
    page = visit.go("/verify")
    page.get_by_label("A file").set_input_files(files_of(visit, "expired"))
    page.get_by_role("button", name="Verify").click()
    page.locator("section.verdict").wait_for()
    page.pdf(path=tmp_path / "result.pdf", format="A4")
    printed = PdfReader(tmp_path / "result.pdf").pages
    text = " ".join(" ".join(sheet.extract_text() for sheet in printed).split())
    assert len(printed) <= 2
    for said in ("Genuine, expired on", "What to do now:", "VC Data Model 2.0, 4.9", "Checked on", "/verify"):
        assert said in text, said
    assert "Make a link" not in text


def test_a_kept_result_is_shown_to_others_and_ended(visit: Visit) -> None:
    address = keep_result(visit, "tampered")
    stranger = Visit(visit.page.context.browser.new_context(), visit.site)
    stranger.go(address)
    expect(stranger.page.get_by_role("heading", level=1)).to_have_text(
        "Not genuine: its signature does not hold."
    )
    stranger.page.get_by_role("button", name="End this link").click()
    expect(stranger.page.get_by_role("heading", level=1)).to_have_text("The link was ended")
    visit.go(address, status=410)
    assert stranger.troubles == []
    stranger.context.close()


# --- by keyboard ----------------------------------------------------------------------------------


def test_a_badge_is_issued_and_verified_by_keyboard_alone(visit: Visit) -> None:
    page = visit.go(visit.site.console_link())
    page.keyboard.press("Tab")
    assert _focused(page) == "Skip to the content"
    _tab_to(page, "Sign in")
    page.keyboard.press("Enter")
    page.wait_for_url("**/console")
    _tab_to(page, "Issue a badge")
    page.keyboard.press("Enter")
    page.wait_for_url("**/issue")
    _tab_to(page, "email")
    page.keyboard.type("keys@example.org")
    page.keyboard.press("Enter")
    page.get_by_text("The credential is issued").wait_for()
    _tab_to(page, "Verify now")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Genuine and in force")


def test_a_badge_is_shared_and_the_share_ended_by_keyboard_alone(visit: Visit) -> None:
    """What was made has the focus as the page opens, so that it is read and its link comes next."""
    visit.open_wallet()
    page = visit.go(f"/wallet/credentials/{visit.site.ids['valid']}")
    _tab_to(page, "label")
    page.keyboard.type("By keys")
    _tab_to(page, "Make a link")
    page.keyboard.press("Space")
    shared = page.locator("code.secret").inner_text()
    assert page.evaluate("document.activeElement.getAttribute('aria-labelledby')") == "made"
    page.keyboard.press("Tab")
    assert _focused(page) == "See what others see"
    end = page.get_by_role("button", name=re.compile("^End the link “By keys”"))
    for _ in range(40):
        page.keyboard.press("Tab")
        if end.evaluate("button => button === document.activeElement"):
            break
    page.keyboard.press("Space")
    expect(page.get_by_role("status")).to_contain_text("You ended the link")
    visit.go(shared, status=410)


def test_a_typed_text_is_verified_by_keyboard_alone(visit: Visit) -> None:
    signed = visit.site.service.services.store.credentials.get(visit.site.ids["valid"]).signed or b""
    page = visit.go("/verify")
    _tab_to(page, "text")
    page.keyboard.insert_text(signed.decode())
    _tab_to(page, "Verify")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Genuine and in force")
    _tab_to(page, "Skip to the content")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


def test_the_skip_link_leads_past_the_navigation(visit: Visit) -> None:
    page = visit.go("/verify")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert _focused(page) == "file"


def test_focus_is_always_to_be_seen(visit: Visit) -> None:
    page = visit.go("/")
    for _ in range(12):
        page.keyboard.press("Tab")
        outline = page.evaluate(
            "(e => [e, e.closest('.tile') || e].map(x => getComputedStyle(x).outlineStyle))"
            "(document.activeElement)"
        )
        assert "solid" in outline, _focused(page)


def _focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.id || document.activeElement.innerText.trim()"))


def _tab_to(page: Page, name: str) -> None:
    for _ in range(40):
        page.keyboard.press("Tab")
        if _focused(page) == name:
            return
    raise AssertionError(f"{name} is not reached by the Tab key")


# --- with bad intent ------------------------------------------------------------------------------


def _store_hostile_achievement(site: Site) -> None:
    """Past `define`, which refuses such a name: what shows it does not rely on that."""
    achievements = site.service.services.store.achievements
    known, bad = achievements.newest("active-listening"), " ".join(ATTACKS)
    hostile = {
        **known.achievement,
        "id": f"{site.url}/achievements/hostile/versions/1",
        "name": f"Hostile {ATTACKS[0]}",
        "description": bad,
        "criteria": {"narrative": f"# {bad}\n\n{bad}\n\n![x](javascript:alert('picture'))"},
        "tag": list(ATTACKS),
    }
    achievements.add(replace(known, key="hostile", achievement=hostile), [])


def test_attack_60_stored_scripts_stay_text(visit: Visit) -> None:
    """In names, criteria, tags, notes of events, what people are called, a search: no dialog, no refusal."""
    _store_hostile_achievement(visit.site)
    hostile = visit.site.issue("hostile", "hostile", email="mallory@example.org")
    visit.site.service.send_event(course=ATTACKS[1], event_id="evt_hostile", name=ATTACKS[0])
    paths = ["/", "/achievements/hostile/versions/1", f"/credentials/{hostile}"]
    for path in paths:
        visit.go(path)
        assert ATTACKS[0] in visit.page.locator("main").inner_text()
        assert visit.page.locator("script, [onerror], [onload], a[href^='javascript']").count() == 0
    visit.page.get_by_role("button", name="See every check").click()
    expect(visit.page.get_by_role("heading", level=1)).to_contain_text("Genuine")
    visit.sign_in_to_console()
    for path in (
        f"/console/credentials?q={ATTACKS[1]}",
        f"/console/credentials/{hostile}",
        "/console/achievements/hostile",
        "/console/sources/academy-lms",
        "/console",
    ):
        visit.go(path)
        assert visit.page.locator("script, [onerror], [onload], a[href^='javascript']").count() == 0


def test_attack_60_a_strangers_document_stays_text(visit: Visit) -> None:
    page = visit.go("/verify")
    document = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiableCredential"],
        "issuer": {"id": "javascript:alert(1)", "name": ATTACKS[0], "url": "javascript:alert(2)"},
        "evidence": [{"id": "javascript:alert(3)", "name": ATTACKS[1], "narrative": ATTACKS[3]}],
        "credentialSubject": {
            "achievement": {
                "name": ATTACKS[2],
                "image": "javascript:alert(4)",
                "criteria": {"id": "javascript:alert(5)", "narrative": "<iframe src=javascript:alert(6)>"},
                "alignment": [{"targetName": "x", "targetUrl": "javascript:alert(7)"}],
            }
        },
    }
    page.get_by_label("Or its text").fill(json.dumps(document))
    page.get_by_role("button", name="Verify").click()
    page.get_by_text("More of what the document claims").click()
    assert ATTACKS[2] in page.locator("main").inner_text()
    assert (
        page.locator("script, iframe, main svg[onload], a[href^='javascript'], img[src^='java']").count() == 0
    )


def test_pages_refuse_scripts_even_if_one_came_in(visit: Visit) -> None:
    """That nothing runs does not hang on escaping alone: the policy of the page refuses it."""
    page = visit.go("/")
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {text: 'window.ran = 1'}))"
    )
    assert page.evaluate("window.ran") is None
    assert any("Content Security Policy" in trouble for trouble in visit.troubles)
    visit.troubles.clear()
