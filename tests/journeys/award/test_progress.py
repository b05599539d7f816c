"""What a person sees of their own way to a badge: what is met, and what is missing."""

from __future__ import annotations

from datetime import timedelta

from credserv.journeys.award.orders import OrderRequest, award_request
from credserv.journeys.award.pathways import begin_pathway
from credserv.journeys.define.rules import set_rule
from credserv.journeys.measure.agreeing import agree, withdraw
from credserv.records.audit import Action
from credserv.records.consents import Purpose
from credserv.records.credentials import Recipient
from credserv.records.employment import OWN, Position, Spell
from credserv.records.observations import Kind
from credserv.records.people import MemberFacts
from tests.testkit.browsing import Person
from tests.testkit.observed import add_member, add_source, observe
from tests.testkit.service import NOW, Service

KEY = "mentor-practitioner"
RULE = {
    "when": {
        "all": [
            {
                "observed": {
                    "kind": "completed",
                    "activity": {"value": "course", "name": "Practitioner <course>"},
                }
            },
            {"result": {"activity": "quiz", "of": "scaled", "at_least": 0.7}},
        ]
    }
}


def test_a_person_sees_what_is_met_and_what_is_missing(sqlite_service: Service) -> None:
    services = sqlite_service.services
    add_source(services, NOW)
    set_rule(services, KEY, RULE, actor="test", now=NOW)
    pat, other = (add_member(services, f"{name}@example.org", NOW) for name in ("pat", "other"))
    observe(services, "1", Kind.COMPLETED, "course", of=pat, at=NOW)
    observe(services, "2", Kind.GRADED, "quiz", of=other, at=NOW, scaled="0.9")
    sqlite_service.issue(email="pat@example.org")
    person = Person(sqlite_service).open_wallet("pat@example.org")
    assert "/wallet/progress" in person.get("/wallet")
    text = person.get("/wallet/progress")
    assert "Completed: “Practitioner &lt;course&gt;”" in text
    assert "Reach 70 % in “quiz”" in text

    award_request(services, "api", OrderRequest("1", KEY, Recipient(email="pat@example.org")), now=NOW)
    assert "Nothing is on its way" in person.get("/wallet/progress")  # they hold it
    Person(sqlite_service).get("/wallet/progress", status=303)


def test_on_a_pathway_the_next_step_is_told(sqlite_service: Service) -> None:
    steps = [
        {"achievement": "mentor-foundation", "name": "First"},
        {"achievement": "active-listening", "name": "Second", "milestone": "Half way", "by": "2026-01-01"},
        {"achievement": "constructive-feedback", "name": "Third"},
    ]
    pathway = {"pathway": {"routes": [{"name": "In order", "in_order": True, "steps": steps}]}}
    set_rule(sqlite_service.services, KEY, pathway, actor="test", now=NOW)
    sqlite_service.issue(email="pat@example.org", achievement="mentor-foundation")
    text = Person(sqlite_service).open_wallet("pat@example.org").get("/wallet/progress")
    assert ("1 of 3" in text, "Half way" in text, text.count(">next<")) == (True, True, 1)
    assert "was to be done by 2026-01-01" in text


def test_what_somebody_had_when_they_began_stays_told(sqlite_service: Service) -> None:
    services = sqlite_service.services
    add_source(services, NOW)
    set_rule(services, "active-listening", RULE, actor="test", now=NOW)
    steps = [{"achievement": "mentor-foundation"}, {"achievement": "active-listening"}]
    rule = {"pathway": {"routes": [{"steps": steps}, {"steps": [{"alignment": "urn:skill"}]}]}}
    set_rule(services, KEY, rule, actor="test", now=NOW)
    pat = add_member(services, "pat@example.org", NOW)
    person = Person(sqlite_service).open_wallet("pat@example.org")
    assert "Pathways you can begin" in person.get("/wallet/progress")  # nothing of theirs touches it yet
    sqlite_service.issue(email="pat@example.org")
    observe(services, "1", Kind.COMPLETED, "course", of=pat, at=NOW)
    begin = "/wallet/progress/begin"
    page = person.follow(person.submit(begin, on="/wallet/progress", achievement=KEY))
    assert ("with 1 step done before" in page, page.count("had before")) == (True, 1)
    (start,) = services.store.pathways.of_member(pat.membership_id)
    told = {one["of"]: one for one in start.baseline["steps"]}
    assert (told["mentor-foundation"]["had"], len(told["mentor-foundation"]["credentials"])) == (True, 1)
    assert told["active-listening"] == {
        "of": "active-listening",
        "had": False,
        "credentials": [],
        "known": ["Completed: “Practitioner <course>”"],
        "asked": 2,
    }
    assert told["urn:skill"]["had"] is False

    sqlite_service.clock.advance(minutes=3)
    award_request(
        services, "api", OrderRequest("2", "active-listening", Recipient(email="pat@example.org")), now=NOW
    )
    person.follow(person.submit(begin, on="/wallet/progress", achievement=KEY))  # once more: as it was
    assert services.store.pathways.of_member(pat.membership_id) == (start,)
    person.submit(begin, on="/wallet/progress", achievement="active-listening")
    assert len(services.store.pathways.of_member(pat.membership_id)) == 1  # it has no pathway


def test_attack_117_who_leads_somebody_sees_pathways_only_while_both_hold(sqlite_service: Service) -> None:
    """They lead them now, and the person agrees; no score is shown, and nobody else sees anything."""
    services = sqlite_service.services
    steps = [{"achievement": "mentor-foundation"}, {"achievement": "active-listening"}]
    set_rule(services, KEY, {"pathway": {"routes": [{"steps": steps}]}}, actor="test", now=NOW)
    pat, lee, _ = (add_member(services, f"{name}@example.org", NOW) for name in ("pat", "lee", "eve"))
    spell = Spell("spell-1", pat.membership_id, OWN, NOW, Position(), NOW, manager_id=lee.membership_id)
    services.store.employment.add_spell(spell)
    begin_pathway(services, pat.membership_id, KEY, actor="test", now=NOW)
    lead, other = (Person(sqlite_service).open_wallet(f"{one}@example.org") for one in ("lee", "eve"))
    key = services.store.achievements.newest(KEY)
    assert key is not None
    name = f"<strong><bdi>{key.achievement['name']}"  # of a pathway that somebody walks
    assert name not in lead.get("/wallet/team")
    member = services.store.roster.get(pat.membership_id)
    assert member is not None
    who = member.person_id
    agree(services, who, Purpose.PROGRESS, actor="holder", now=NOW)
    assert name in lead.get("/wallet/team")
    assert name not in other.get("/wallet/team")
    later = sqlite_service.clock.advance(minutes=1)
    withdraw(services, who, Purpose.PROGRESS, actor="holder", now=later)
    assert name not in lead.get("/wallet/team")
    agree(services, who, Purpose.PROGRESS, actor="holder", now=sqlite_service.clock.advance(minutes=1))
    assert name in lead.get("/wallet/team")
    reader = services.store.roster.get(lee.membership_id)
    assert reader is not None
    services.store.roster.change_facts(reader.id, MemberFacts("Lee", ends_on=NOW.date() - timedelta(days=1)))
    assert name not in lead.get("/wallet/team")  # who has left leads nobody, whatever is still told
    services.store.roster.change_facts(reader.id, MemberFacts("Lee"))
    assert name in lead.get("/wallet/team")
    services.store.employment.end_spell("spell-1", sqlite_service.clock.now, sqlite_service.clock.now)
    assert name not in lead.get("/wallet/team")


def test_a_proposed_pathway_is_begun_by_the_person_alone_and_nobody_hears_how_they_chose(
    sqlite_service: Service,
) -> None:
    services = sqlite_service.services
    steps = [{"achievement": "mentor-foundation"}, {"achievement": "active-listening"}]
    for key in (KEY, "ict-troubleshooting"):
        set_rule(services, key, {"pathway": {"routes": [{"steps": steps}]}}, actor="test", now=NOW)
    pat, lee = (add_member(services, f"{name}@example.org", NOW) for name in ("pat", "lee"))
    spell = Spell("spell-1", pat.membership_id, OWN, NOW, Position(), NOW, manager_id=lee.membership_id)
    services.store.employment.add_spell(spell)
    person, lead = (Person(sqlite_service).open_wallet(f"{one}@example.org") for one in ("pat", "lee"))
    owner = Person(sqlite_service).sign_in_to_console()

    def propose(key: str) -> str:
        asked = {"person": pat.membership_id, "achievement": key}
        return lead.follow(lead.submit("/wallet/team/propose", on="/wallet/team", **asked))

    of = services.store.pathways
    for _ in range(2):  # once more: nothing new, and nothing that says so
        assert "It is proposed" in propose(KEY)
        assert (of.of_member(pat.membership_id), len(of.proposed_to(pat.membership_id))) == ((), 1)
    on_page = f"/console/people/{pat.membership_id}"
    owner.follow(owner.submit(f"{on_page}/propose", on=on_page, achievement="ict-troubleshooting"))
    page = person.get("/wallet/progress")
    assert ("By whoever led you then" in page, "By your organisation" in page) == (True, True)
    person.submit("/wallet/progress/decline", on="/wallet/progress", achievement="ict-troubleshooting")
    person.submit("/wallet/progress/begin", on="/wallet/progress", achievement=KEY)
    assert [one.achievement_key for one in of.of_member(pat.membership_id)] == [KEY]
    assert of.proposed_to(pat.membership_id) == ()
    assert "It is proposed" in propose(KEY)  # who has begun looks as who has not
    assert of.proposed_to(pat.membership_id) == ()
    assert "Proposed to you" not in person.get("/wallet/progress")
    lines = [one.action for one in services.store.audit.of_subject(pat.membership_id)]
    assert lines.count(Action.PATHWAY_PROPOSED) == 2
    for key, who in ((KEY, lee.membership_id), ("active-listening", pat.membership_id), (KEY, "nobody")):
        asked = {"person": who, "achievement": key}
        assert lead.submit("/wallet/team/propose", on="/wallet/team", **asked).status_code == 404
    services.store.employment.end_spell("spell-1", sqlite_service.clock.now, sqlite_service.clock.now)
    assert "Propose a pathway" not in lead.get("/wallet/team")
