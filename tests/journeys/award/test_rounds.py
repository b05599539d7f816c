"""Feedback from all sides, from the assessor who asks to the person who reads it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from credserv.journeys.award.rounds import open_round, read_raters
from credserv.journeys.deliver.links import send_links
from credserv.journeys.measure.agreeing import agree
from credserv.mastery.facts import ASSESSED_HERE
from credserv.outbound.mail import Mailer
from credserv.records.consents import Purpose
from credserv.records.credentials import Recipient
from credserv.records.roles import Role
from tests.testkit.browsing import Person
from tests.testkit.mailserver import mail_server
from tests.testkit.service import ACHIEVEMENT, Service, make_service

LINK = re.compile(r'<code class="secret">[^<]*(/feedback/[^<]+)</code>')
MAILED = re.compile(r"http://localhost:8080(/feedback/\S+)")
RATERS = """self, pat@example.org
manager, mia@example.org
peer, peer1@example.org
peer, peer2@example.org
peer, peer3@example.org
mentee, men1@example.org
mentee, men2@example.org
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    folder = tmp_path_factory.mktemp("rounds")
    return make_service(f"sqlite:///{folder / 'credserv.sqlite'}", folder)


def answer(person: Person, link: str, level: str = "") -> str:
    """level: the last part of a level's id, where the achievement has a rubric."""
    page = person.get(link)
    levels = re.findall(r'name="level" value="([^"]+)"', page)
    said = {"level": levels[-1], "shown": "yes"} if levels else {"shown": "yes"}
    answered = person.submit(link, **said, note=f"secret words of {link[-6:]}")
    assert answered.status_code == 303, answer
    return page


def test_each_side_says_its_part_and_only_what_hides_nobody_is_shown(service: Service) -> None:
    service.issue(email="pat@example.org")
    member = service.services.store.members.add(Recipient(email="pat@example.org"), service.clock.now)
    place = f"/console/assess/{member.id}/{ACHIEVEMENT}"
    assessor = Person(service).sign_in_as(Role.ASSESSOR)
    faulty = assessor.submit(f"{place}/round", on=place, raters="boss, x@example.org\npeer, y", days="14")
    assert (faulty.status_code, "Line 1" in faulty.text, "Line 2" in faulty.text) == (400, True, True)
    unasked = assessor.submit(f"{place}/round", on=place, raters=RATERS, days="14", how="link")
    assert (unasked.status_code, "have not agreed" in unasked.text) == (400, True)
    agree(service.services, member.person_id, Purpose.FEEDBACK, actor="holder", now=service.clock.now)
    other = assessor.submit(f"{place}/round", on=place, raters="self, mia@example.org", days="14")
    assert (other.status_code, "only the person themself" in other.text) == (400, True)
    asked = assessor.submit(f"{place}/round", on=place, raters=RATERS, days="14", how="link")
    links = LINK.findall(asked.text)
    assert len(links) == len(RATERS.splitlines())
    nobody = Person(service)
    pages = [answer(nobody, link) for link in links]
    assert "You are asked about yourself" in pages[0]
    assert "also where you are the only one" in pages[1]
    assert "at least two others who were asked as peer" in pages[2]
    assert "You have answered" in nobody.get(links[2])

    wallet = Person(service).open_wallet("pat@example.org")
    assert "is shown then" in wallet.get("/wallet/mentoring/feedback"), "between two answers is the second"
    service.clock.advance(days=15)
    wallet = Person(service).open_wallet("pat@example.org")
    shown = wallet.get("/wallet/mentoring/feedback")
    for side, is_there in (("Self", True), ("Manager", True), ("Peer", True), ("Mentee", False)):
        assert (f'<th scope="row">{side}</th>' in shown) is is_there, side
    assert "secret words" not in shown
    assert ("All agree" in shown, "One person speaks" in shown) == (True, True)
    assert "mean" not in shown.lower().replace("meaning", "")
    nobody.get(links[0], status=404)
    assert '<th scope="row">Peer</th>' in Person(service).sign_in_as(Role.ASSESSOR).get(place)

    counted = service.services.store.feedback_rounds.answers_for(member.id)
    assert len(counted) == 7
    sources = {one.name for one in service.services.store.sources.list()}
    assert ASSESSED_HERE not in sources, "it counts for no badge by itself"


def test_a_round_by_mail_brings_each_a_link_of_their_own(service: Service) -> None:
    """By a real mail server; what one says there is kept once, however often the round of letters runs."""
    own, clock = replace(service.services, mail_enabled=True), service.clock
    member = own.store.members.add(Recipient(email="lou@example.org", name="Lou Doe"), clock.now)
    agree(own, member.person_id, Purpose.FEEDBACK, actor="holder", now=clock.now)
    asked = read_raters("self, lou@example.org\nmanager, Max@Example.org\npeer, pia@example.org")
    with mail_server() as server:
        mailer = Mailer(server.url, sender="badges@academy.example", sender_name="Academy")
        opened = open_round(
            own, member.id, ACHIEVEMENT, asked, days=14, mail=True, actor="test", now=clock.now
        )
        assert opened.links == (), "a link that is mailed is shown to nobody"
        assert [send_links(own, mailer, clock=clock) for _ in range(2)] == [3, 0]
        letters = {one.recipients: one for one in server.deliveries}
        assert sorted(letters) == [("lou@example.org",), ("max@example.org",), ("pia@example.org",)]
        links = {who: MAILED.findall(one.part("plain")) for (who,), one in letters.items()}
        assert all(len(of) == 1 for of in links.values())
        assert len({of[0] for of in links.values()}) == 3
        for (who,), letter in letters.items():
            text = str(letter.message)
            assert not any(
                f"{other}@example.org" in text for other in ("lou", "max", "pia") if other not in who
            )
        assert "You are asked about yourself" in answer(Person(service), links["lou@example.org"][0])
        assert "also where you are the only one" in answer(Person(service), links["max@example.org"][0])
    assert len(own.store.feedback_rounds.answers(opened.round.id)) == 2
