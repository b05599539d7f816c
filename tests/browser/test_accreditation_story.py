"""The life of an accreditation on a phone, as each of those who have a part in it sees it: who applies,
endorses, assesses, decides, audits, owns the programme, learns from the mentor, or checks it elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from credserv.journeys.accredit.applications import find_application
from credserv.records.roles import Role
from tests.browser import looking
from tests.browser.conftest import PHONE, Visit
from tests.browser.site import Site
from tests.journeys.accredit.test_accreditations import Accreditor
from tests.testkit.served import served

PROGRAMME: dict[str, Any] = {
    "key": "mentor-basic", "name": "Mentoring, foundation", "version": 1, "term_months": 12,
    "notice_days": 90, "grace_days": 60, "late_days": 300, "endorsements": 1, "assessment_min": 70,
    "observed": 1, "observed_level": 2, "audit_share": 1.0, "audit_min": 1, "renewal": {"cpd_hours": 2},
}  # fmt: skip
CONSOLE = {
    "dee": Role.DECIDER,
    "ben": Role.ASSESSOR,
    "aura": Role.AUDITOR,
    "olga": Role.PROGRAMME_OWNER,
}
_KINDS = """[...document.querySelectorAll('main *')].map(
  e => [e.tagName, e.getAttribute('class'), e.getAttribute('name')].join(' '))"""


@dataclass
class Story:
    """seen: the kinds of elements that axe has looked at."""

    firm: Accreditor
    visit: Visit
    seen: set[str] = field(default_factory=set)

    @property
    def badge(self) -> str:
        return find_application(self.firm.service.services, "a1").credential_id

    def wallet(self, who: str, path: str, name: str) -> None:
        """As somebody who is signed in to what is theirs."""
        self.visit.context.clear_cookies()
        self.visit.follow_link(self.visit.site.wallet_link(f"{who}@firm.example"))
        self._look(f"/wallet/mentoring{path}", name)

    def console(self, who: str, path: str, name: str) -> None:
        self.visit.context.clear_cookies()
        self.visit.follow_link(self.visit.site.colleague_link(CONSOLE[who], f"{who}@firm.example"))
        self._look(f"/console{path}", name)

    def recruiter(self, name: str, *words: str) -> None:
        """Somebody without an account, who was given the address."""
        self.visit.context.clear_cookies()
        self.visit.go(f"/credentials/{self.badge}")
        self.visit.page.get_by_role("button", name=re.compile("See every check|Verify now")).click()
        self.visit.page.wait_for_load_state()
        self._looked(f"recruiter-{name}")
        for one in words:
            expect(self.visit.page.locator("main")).to_contain_text(one)

    def at(self, instant: datetime) -> None:
        self.firm.service.clock.now = instant

    def _look(self, path: str, name: str) -> None:
        self.visit.go(path)
        self.visit.page.wait_for_load_state()
        self._looked(name)

    def _looked(self, name: str) -> None:
        page = self.visit.page
        assert looking.overflow(page) <= 0, f"{name} scrolls sideways"
        kinds = set(page.evaluate(_KINDS))
        if not kinds <= self.seen:
            page.evaluate(looking.axe_source())
            assert looking.axe(page) == [], name
            self.seen |= kinds
        looking.picture(page, f"story-{name}")


@pytest.fixture
def story(browser: Browser, tmp_path: Path) -> Iterator[Story]:
    with served(tmp_path, issuer_name="Example Academy") as service:
        firm = Accreditor(service)
        service.clock.now = datetime.now(UTC).replace(microsecond=0)  # cookies end by the browser's clock
        phone = {"width": PHONE, "height": 667}
        context = browser.new_context(viewport=phone, has_touch=True, is_mobile=True)
        visit = Visit(context, Site(service, service.settings.public_url))
        yield Story(firm, visit)
        context.close()
    assert visit.troubles == []


def mentored(story: Story) -> None:
    """A mentee finds the mentor and asks; both say that it was held, and it counts."""
    firm, page = story.firm, story.visit.page
    firm.employ("mia")
    story.wallet("dan", "/offer", "mentor-offers")
    page.get_by_label("Topics").fill("feedback")
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("status")).to_contain_text("Kept")
    story.wallet("mia", "/mentors?competency=feedback&language=en&minutes=15", "mentee-finds")
    page.get_by_role("link", name="Ask Dan").click()
    page.get_by_label("Your question").fill("How do I say it?")
    story._looked("mentee-asks")
    page.get_by_role("button", name="Send the request").click()
    expect(page.get_by_role("status")).to_contain_text("Your request was sent")
    session = page.url.rpartition("/wallet/mentoring")[2]
    story.wallet("dan", "/sessions", "mentor-asked")
    page.locator(f'a[href$="{session}"]').click()
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_role("status")).to_be_visible()
    story.wallet("mia", session, "mentee-accepted")
    firm.service.clock.advance(hours=3)
    for who in ("dan", "mia"):
        story.wallet(who, session, f"{who}-after")
        page.get_by_role("button", name="It was held").click()
        expect(page.get_by_role("status")).to_be_visible()
    story._looked("mentee-held")
    expect(page.locator("main")).to_contain_text("It counts, for both of you.")


def test_a_badge_is_applied_for_and_lives_and_ends_as_everybody_sees_it(story: Story) -> None:
    firm, page, begun = story.firm, story.visit.page, story.firm.service.clock.now
    firm.employ("dee", "eli", "aura", "olga")
    assert firm.load(PROGRAMME).status_code == 201
    until = (begun + timedelta(days=300)).isoformat()
    for person in ("ann", "ben"):
        assert firm.found("mentor-basic", person, until=until).status_code == 201
    story.console("olga", "/programmes/mentor-basic", "owner-founded")

    # Applied for, and half of what is asked is there.
    assert firm.apply("dan", "a1", "mentor-basic").status_code == 201
    assert firm.hand_in("a1", "assessment", score=80).status_code == 201
    application = find_application(firm.service.services, "a1").id
    story.wallet("dan", f"/applications/{application}", "mentor-applied")
    story.console("ben", f"/assessing/{application}", "assessor-applied")
    page.locator("#level-2").check()
    page.get_by_role("button", name="Record it").click()
    expect(page.get_by_role("status")).to_contain_text("Recorded")
    story.wallet("ann", f"/endorse/{application}", "endorser-applied")
    page.get_by_label("What you saw them do").fill("She listens.")
    page.get_by_role("button", name="Sign and hand in").click()
    expect(page.get_by_role("status")).to_contain_text("Signed")

    # Endorsed: it waits for who decides, who grants it by a button.
    story.wallet("ann", f"/endorse/{application}", "endorser-endorsed")
    story.wallet("dan", f"/applications/{application}", "mentor-endorsed")
    story.console("dee", f"/cases/{story.badge}", "decider-endorsed")
    page.locator("#grant-reason").fill("All of it is there.")
    page.get_by_role("button", name="Grant it").click()
    expect(page.get_by_role("status")).to_contain_text("Granted")
    story.recruiter("granted", "In force", "1 of 1 endorsement counts")
    story.wallet("dan", "/practice", "mentor-granted")

    mentored(story)

    # Suspended by who decides, appealed against, restored.
    story.console("dee", f"/cases/{story.badge}", "decider-granted")
    page.locator("summary", has_text="Suspend it").click()
    page.locator("#suspend-reason").fill("A complaint is looked at.")
    page.get_by_role("button", name="Suspend it").click()
    story.recruiter("suspended", "suspended")
    story.wallet("dan", "/appeals", "mentor-suspended")
    story.console("dee", f"/cases/{story.badge}", "decider-suspended")
    page.locator("#restore-reason").fill("There was nothing in it.")
    page.get_by_role("button", name="Restore it").click()
    story.recruiter("restored", "In force")

    # Drawn for an audit, which is public.
    name = firm.get(f"/accreditations/{story.badge}").json["reference"] or story.badge
    audit = "/programmes/mentor-basic/audits/spring"
    assert firm._client.put(f"/api/v1{audit}", json={}, headers=firm._headers).status_code == 201
    for step in ("freeze", "reveal"):
        firm.service.clock.advance(seconds=1)
        assert firm.post(f"{audit}/{step}", {}).status_code == 200
    story.console("aura", f"/audits/mentor-basic/spring/{story.badge}", "auditor-drawn")
    story.console("olga", "/audits/mentor-basic/spring", "owner-drawn")

    # Its term goes on: due, in grace, lapsed. Then it is revoked.
    granted = firm.get(f"/accreditations/{name}").json["since"]
    ends = datetime.fromisoformat(granted) + timedelta(days=365)
    for stage, days, word in (("due", -30, "Due"), ("grace", 9, "Grace"), ("lapsed", 90, "Lapsed")):
        story.at(ends + timedelta(days=days))
        story.recruiter(stage, word)
        story.wallet("dan", "/practice", f"mentor-{stage}")
    story.console("dee", f"/cases/{story.badge}", "decider-lapsed")
    firm.give_role("dee", "eli", "fay", "gus")
    told = {"by": "fay", "also_by": "gus", "reason": "It rests on a fraud."}
    assert firm.post(f"/accreditations/{story.badge}/revocation", told).status_code == 200
    story.recruiter("revoked", "revoked")
    story.wallet("dan", "/appeals", "mentor-revoked")
    story.console("dee", f"/cases/{story.badge}", "decider-revoked")
