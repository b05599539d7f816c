"""A person outlives an employer, as they see it in Chromium, on a phone and at a desk (tests/journeys has the
whole of it): A gives them an archive and is gone, at B it is taken in, shared, held against a role and shown
to somebody who asks."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, expect

from credserv.journeys.define.role_profiles import keep_profile
from tests.browser import looking
from tests.browser.conftest import DESKTOP, PHONE, Visit
from tests.browser.site import Site
from tests.testkit.browsing import wallet_link
from tests.testkit.served import served
from tests.testkit.service import Service

HOME = "pat@home.example"


class Story:
    """One browser of the person, and one of the recruiter: each page is looked at in both widths."""

    def __init__(self, browser: Browser, service: Service) -> None:
        self.service = service
        context = browser.new_context(viewport={"width": PHONE, "height": 800})
        self.visit = Visit(context, Site(service, service.settings.public_url))
        self.page = self.visit.page

    def come_in(self) -> None:
        self.visit.follow_link(wallet_link(self.service, HOME))

    def look(self, name: str, *words: str) -> None:
        for one in words:
            expect(self.page.locator("main")).to_contain_text(one)
        self.page.evaluate(looking.axe_source())
        assert looking.axe(self.page) == [], name
        for width, of in ((DESKTOP, "desk"), (PHONE, "phone")):
            self.page.set_viewport_size({"width": width, "height": 800})
            assert looking.overflow(self.page) <= 0, f"{name} scrolls sideways"
            looking.picture(self.page, f"flagship-{name}-{of}")

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name).click()
        self.page.wait_for_load_state()

    def close(self) -> None:
        self.visit.context.close()
        assert self.visit.troubles == []


def _take_from_a(browser: Browser, folder: Path) -> Path:
    """What the person takes along; A is shut down with its server."""
    folder.mkdir()
    with served(folder, issuer_name="Harbour Hospital") as a:
        a.issue(email=HOME)
        at_a = Story(browser, a)
        at_a.come_in()
        at_a.visit.go("/wallet/archive")
        at_a.look("leaving", "Take everything with you")
        with at_a.page.expect_download() as download:
            at_a.page.get_by_role("button", name="Make the archive").click()
        archive = folder / "credentials.zip"
        download.value.save_as(archive)
        at_a.close()
    return archive


def test_a_person_takes_everything_from_one_employer_to_the_next(browser: Browser, tmp_path: Path) -> None:
    archive = _take_from_a(browser, tmp_path / "a")
    folder = tmp_path / "b"
    folder.mkdir()
    with served(folder, issuer_name="Example Academy") as b:
        b.issue(email=HOME)
        version = b.services.store.achievements.newest("mentor-foundation")
        assert version is not None
        skill = version.achievement["alignment"][0]["targetUrl"]
        keep_profile(b.services, {"name": "Coach", "skills": [skill]}, actor="test", now=b.clock.now)
        pat, recruiter = Story(browser, b), Story(browser, b)
        _take_in(pat, archive)
        url = _share(pat)
        _read_share(recruiter, url)
        _compare(recruiter, f"{url}/1")
        _ask_and_answer(recruiter, pat)
        pat.close()
        recruiter.close()


def _take_in(pat: Story, archive: Path) -> None:
    pat.come_in()
    pat.visit.go("/wallet/imports")
    pat.page.get_by_label("Files").set_input_files(archive)
    pat.press("Check and add")
    pat.look("taken-in", "Added", "Good as of")
    pat.page.locator("#items").locator("..").get_by_role("link").first.click()
    pat.page.wait_for_load_state()
    pat.look("brought", "Good as of")


def _share(pat: Story) -> str:
    pat.page.get_by_role("link", name="Share it").click()
    pat.page.get_by_label("Mentor Accreditation: Foundation Example Academy").check()
    pat.look("sharing", "brought along")
    pat.press("Make it")
    pat.look("shared", "Your link is ready")
    return pat.page.locator("code.secret").inner_text()


def _read_share(recruiter: Story, url: str) -> None:
    recruiter.visit.go(url)
    recruiter.look("share", "2 credentials", "Issued elsewhere")
    recruiter.visit.go(f"{url}/brought/1")
    recruiter.look("share-brought", "Checked as this page was opened", "It could last be checked")


def _compare(recruiter: Story, url: str) -> None:
    recruiter.visit.go("/eligibility")
    recruiter.page.get_by_label("The role", exact=True).select_option("coach")
    recruiter.page.get_by_label("Or links to them").fill(url)
    recruiter.press("Compare")
    recruiter.look("role", "1 of 1 essential skill is met")


def _ask_and_answer(recruiter: Story, pat: Story) -> None:
    recruiter.visit.go("/verify/ask")
    recruiter.page.get_by_label("What do you want to see?").select_option("role:coach")
    recruiter.press("Make the request")
    recruiter.look("asked", "Show this code to the other person")
    link = recruiter.page.locator("#app-link").text_content()
    assert link is not None
    pat.visit.go("/wallet/answer")
    pat.page.get_by_label("The link").fill(link)
    pat.press("See what is asked")
    pat.look("asked-for", "Who asks was proven")
    pat.press("Show what I chose")
    pat.look("answered")
    recruiter.page.get_by_text("Shown by its holder").first.wait_for()  # the page looks again by itself
    recruiter.look("answer", "Shown by its holder", "1 of 1 essential skill is met")
