"""What a role asks for and somebody lacks names the mentors who can be asked about it, and why these."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from credserv.journeys.accredit.register import set_public
from credserv.journeys.accredit.skill_mentors import BY_ALIGNMENT, BY_NAME, name_mentors
from credserv.journeys.define.role_profiles import keep_profile
from tests.testkit.browsing import Person
from tests.testkit.mentoring import accredit, be_listed, member, offer
from tests.testkit.service import Service

LISTENING, PLANNING = "https://frameworks.example/skills/1", "https://frameworks.example/skills/2"
NOBODYS = "https://frameworks.example/skills/3"


@pytest.fixture
def aligned(service: Service) -> str:
    """What the badge of every mentor here is aligned to."""
    version = service.services.store.achievements.newest("mentor-foundation")
    assert version is not None
    return str(version.achievement["alignment"][0]["targetUrl"])


@pytest.fixture
def mona(service: Service) -> str:
    """Accredited for active listening, listed and free."""
    known = accredit(service, "mona", "active listening")
    offer(service, known, competencies=("active listening", "planning"), languages=("en", "de"))
    be_listed(service, known)
    return known


@pytest.fixture
def named(service: Service) -> Callable[..., dict[str, list[dict[str, Any]]]]:
    """By skill, who is named; for one of the organisation by their name."""

    def name(*skills: tuple[str, str, str], learner: str = "") -> dict[str, list[dict[str, Any]]]:
        told = {"skills": [{"skill": uri, "label": label, "answer": one} for uri, label, one in skills]}
        who = service.services.store.roster.get(member(service, learner)) if learner else None
        found = name_mentors(service.services, told, service.clock.now, learner=who)
        return {one["skill"]: one["mentors"] for one in found["skills"] if "mentors" in one}

    return name


def test_a_skill_is_covered_by_the_name_of_a_competency_or_by_an_alignment(
    mona: str, named: Any, aligned: str
) -> None:
    found = named(
        (LISTENING, "Active listening", "missing"),
        (PLANNING, "Planning", "missing"),
        (aligned, "", "expired"),
        (NOBODYS, "", "missing"),
    )
    assert set(found) == {LISTENING, aligned}, "what is offered without an accreditation is covered by nobody"
    (one,) = found[LISTENING]
    assert (one["name"], one["competency"], one["why"]) == ("Mona", "active listening", BY_NAME)
    assert (one["state"], one["languages"], "ask" in one) == ("live", ["en", "de"], False)
    assert [one["why"] for one in found[aligned]] == [BY_ALIGNMENT]
    for answer in ("met", "met through a crosswalk"):
        assert named((LISTENING, "Active listening", answer)) == {}
    for answer in ("unknown", "level too low"):
        assert named((LISTENING, "Active listening", answer)) != {}


def test_only_mentors_in_force_who_agreed_and_can_be_asked_are_named(
    service: Service, mona: str, named: Any
) -> None:
    wanted = (LISTENING, "active listening", "missing")
    quiet = accredit(service, "quiet", "active listening")
    offer(service, quiet, competencies=("active listening",))
    busy = accredit(service, "busy", "active listening")
    offer(service, busy, competencies=("active listening",), minutes_a_week=0)
    be_listed(service, busy)
    over = accredit(service, "over", "active listening", since=service.clock.now - timedelta(days=600))
    offer(service, over, competencies=("active listening",))
    be_listed(service, over)
    assert [one["name"] for one in named(wanted)[LISTENING]] == ["Mona"]
    (one,) = named(wanted, learner="tom")[LISTENING]
    assert f"/wallet/mentoring/mentors/{mona}?competency=active+listening" in one["ask"]
    assert named(wanted, learner="mona") == {}, "nobody mentors themselves"
    offer(service, mona, competencies=("active listening",), languages=("fr",))
    assert named(wanted, learner="tom") == {}, "they have no language in common"


def test_the_wallet_the_console_and_the_api_name_them(service: Service, mona: str) -> None:
    profile = {"name": "Coach", "skills": [{"uri": LISTENING, "label": "Active listening"}]}
    keep_profile(service.services, profile, actor="test", now=service.clock.now)
    service.issue(email="tom@example.org")
    tom = Person(service).open_wallet("tom@example.org")
    sheet = tom.get("/wallet/roles?profile=coach")
    assert "<bdi>Mona</bdi>, accredited for <bdi>active listening</bdi>" in sheet
    ask = f"/wallet/mentoring/mentors/{mona}?competency=active+listening&amp;language=en"
    assert ask in sheet
    assert "Mona" in tom.get(ask.replace("&amp;", "&"))
    console = Person(service).sign_in_to_console()
    sheet = console.get(f"/console/people/{member(service, 'tom')}/eligibility?profile=coach")
    assert ("accredited for" in sheet, "Ask for a session" in sheet) == (True, False)

    client = service.client()
    body = {"profile": "coach", "credentials": ["https://nowhere.example/1"], "mentors": True}
    assert client.post("/api/v1/eligibility", json=body).status_code == 404, "not everybody sees the register"
    assert "Name mentors" not in client.get("/eligibility").text
    set_public(service.services, True, actor="test", now=service.clock.now)
    told: Any = client.post("/api/v1/eligibility", json=body).json
    (one,) = told["skills"][0]["mentors"]
    assert (one["name"], one["why"], "ask" in one, mona in str(one)) == ("Mona", BY_NAME, False, False)
    told = client.post("/api/v1/eligibility", json={**body, "mentors": False}).json
    assert "mentors" not in told["skills"][0]
    assert "Name mentors" in client.get("/eligibility").text
    form = {"profile": "coach", "url": "https://nowhere.example/1", "mentors": "1"}
    assert "accredited for" in client.post("/eligibility", data=form).text
