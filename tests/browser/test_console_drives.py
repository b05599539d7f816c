"""From nothing to a badge in a real browser: Canvas connected, a person resolved, an assessor on a phone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from credserv.records.credentials import CredentialState
from credserv.records.roles import Role
from tests.browser.conftest import PHONE, Visit
from tests.browser.site import Site
from tests.journeys.award.test_observations import completed
from tests.testkit.observed import add_member
from tests.testkit.served import served


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A service as `credserv init` leaves it: no achievement, no person, no source of anybody's."""
    with served(tmp_path_factory.mktemp("empty"), starters=False) as service:
        yield Site(service, service.settings.public_url)


@pytest.fixture
def visit(browser: Browser, empty: Site) -> Iterator[Visit]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    made = Visit(context, empty)
    yield made
    context.close()
    assert made.troubles == []


def test_from_an_empty_service_to_a_badge_out_of_canvas(visit: Visit, empty: Site, tmp_path: Path) -> None:
    """Achievement and rule by form, Canvas connected, a learner whom nobody knows resolved: one badge."""
    visit.sign_in_to_console()
    page = visit.go("/console")
    page.get_by_role("link", name="Badges", exact=True).click()
    page.get_by_role("link", name="Achievements", exact=True).click()
    page.get_by_role("link", name="A new achievement").click()
    page.get_by_label("Name").fill("Forklift driving")
    page.get_by_label("What it is").fill("Drives a forklift safely.")
    page.get_by_label("What it takes").fill("Completed the course, and drove under supervision.")
    page.screenshot(path=tmp_path / "1-achievement.png", full_page=True)
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("status")).to_contain_text("Next, say what it takes")

    page.get_by_role("link", name="Systems", exact=True).click()
    page.get_by_role("link", name="Sources", exact=True).click()
    page.get_by_role("link", name="Connect a source").click()
    page.get_by_label("Name", exact=True).fill("campus")
    page.get_by_label("Format of its messages").select_option("canvas")
    page.get_by_label("Way").select_option("secret-path")
    page.screenshot(path=tmp_path / "2-source.png", full_page=True)
    page.get_by_role("button", name="Connect").click()
    address = page.locator("code.secret").first.inner_text()
    page.get_by_role("link", name="I have kept it").click()

    visit.go("/console/achievements/forklift-driving/rule")
    page.get_by_label("A further condition").select_option("done")
    page.get_by_role("button", name="Add").click()
    page.get_by_label("Activity").fill("565")
    page.get_by_label("From", exact=True).select_option("campus")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Version 1 of the rule was saved")
    page.screenshot(path=tmp_path / "3-rule.png", full_page=True)

    event = json.dumps(completed("123", at=empty.service.clock.now.isoformat()))
    sent = page.context.request.post(address, data=event, headers={"Content-Type": "application/json"})
    assert sent.status == 200
    page.get_by_role("link", name="People", exact=True).click()
    page.get_by_role("link", name="Waiting", exact=True).click()
    expect(page.get_by_text("Isaac Newton")).to_be_visible()
    page.screenshot(path=tmp_path / "4-waiting.png", full_page=True)
    page.get_by_text("Say who this is").click()
    page.get_by_label("E-mail address").fill("isaac@example.org")
    page.get_by_role("button", name="This is the person").click()
    expect(page.get_by_role("status")).to_contain_text("It is judged now")

    page.get_by_role("link", name="Badges", exact=True).click()
    page.get_by_role("link", name="Credentials", exact=True).click()
    expect(page.get_by_text("isaac@example.org").first).to_be_visible()
    (issued,) = empty.service.services.store.credentials.search("", limit=9).items
    assert (issued.order.achievement_key, issued.state) == ("forklift-driving", CredentialState.ACTIVE)
    stranger = Visit(page.context.browser.new_context(), empty)
    stranger.go(f"/credentials/{issued.id}")
    stranger.page.get_by_role("button", name="See every check").click()
    expect(stranger.page.get_by_role("heading", level=1)).to_contain_text("Genuine and in force")
    stranger.context.close()


def test_an_assessor_records_an_observation_on_a_phone(browser: Browser, empty: Site, tmp_path: Path) -> None:
    """Name, badge, how well: four taps and a few letters, with nothing wider than the screen."""
    services, now = empty.service.services, empty.service.clock.now
    add_member(services, "ada@example.org", now, "Ada Lovelace")
    context = browser.new_context(viewport={"width": PHONE, "height": 700}, has_touch=True, is_mobile=True)
    visit = Visit(context, empty)
    visit.go(empty.colleague_link(Role.ASSESSOR, "assessor@example.org"))
    page = visit.page
    page.get_by_role("button", name="Sign in").tap()
    page.wait_for_url("**/console")
    visit.go("/console/assess")
    page.get_by_label("Name").fill("ada")
    page.get_by_role("button", name="Find").tap()
    page.get_by_role("link", name="Ada Lovelace").tap()
    page.screenshot(path=tmp_path / "phone-1.png", full_page=True)
    page.get_by_role("link", name="Forklift driving").tap()
    page.get_by_label("As it should be").check()
    page.screenshot(path=tmp_path / "phone-2.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE
    page.get_by_role("button", name="Record it").tap()
    expect(page.get_by_text("Recorded. Thank you.")).to_be_visible()
    kept = services.store.observations.recent(limit=9)
    assert [one.observation.success for one in kept if one.observation.kind == "observed"] == [True]
    context.close()
    assert visit.troubles == []
