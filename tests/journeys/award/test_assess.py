"""An assessor says what they observed: three taps, one observation, and the badge that it earns."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from credserv.ground.errors import ForbiddenError
from credserv.journeys.award.assess import Word, record_word, take_back
from credserv.journeys.award.replay import replay
from credserv.journeys.define.rules import set_rule
from credserv.journeys.deliver.links import send_links
from credserv.mastery.facts import ASSESSED_HERE
from credserv.mastery.rule import By
from credserv.outbound.mail import Mailer
from credserv.records.credentials import CredentialRecord, CredentialState
from credserv.records.roles import Role
from tests.testkit.browsing import Person
from tests.testkit.mailserver import mail_server
from tests.testkit.observed import add_member
from tests.testkit.service import NOW, Service, make_service

KEY = "mentor-practitioner"
RULE = {
    "scales": [{"description": "#mastery", "levels": [{"level": "#developing"}, {"level": "#proficient"}]}],
    "when": {"observed": {"kind": "observed", "by_role": "assessor", "level_at_least": "#proficient"}},
}


@pytest.fixture
def service(sqlite_service: Service) -> Service:
    set_rule(sqlite_service.services, KEY, RULE, actor="test", now=NOW)
    return sqlite_service


def issued(service: Service, member: str) -> list[CredentialRecord]:
    return list(service.services.store.credentials.of_member(member))


def form_id(text: str) -> str:
    found = re.search(r'name="id" value="([0-9a-f]{32})"', text)
    assert found is not None
    return found[1]


def test_three_taps_record_it_and_award_the_badge(service: Service) -> None:
    pat = add_member(service.services, "pat@example.org", NOW, "Pat Doe").membership_id
    assessor = Person(service).sign_in_as(Role.ASSESSOR, "ann@example.org")
    assert "Pat Doe" not in assessor.get("/console/assess")
    assert "pat@example.org" not in assessor.get("/console/assess?q=pat")
    assert f"/console/assess/{pat}" in assessor.get("/console/assess?q=pat")
    assert f"/console/assess/{pat}/{KEY}" in assessor.get(f"/console/assess/{pat}")
    page = f"/console/assess/{pat}/{KEY}"
    fields = {"id": form_id(assessor.get(page)), "level": "#proficient", "note": "Led the talk.\nFreely."}
    answer = assessor.submit(page, **fields)
    assert "Recorded" in assessor.follow(answer)
    assert assessor.submit(page, **fields).status_code == 303  # sent twice, it is one

    (record,) = issued(service, pat)
    assert (record.state, record.order.achievement_key) == (CredentialState.ACTIVE, KEY)
    assert [one["achievedLevel"].rpartition("#")[2] for one in record.order.results] == ["proficient"]
    told = json.dumps(record.order.evidence)
    assert ("recorded here by a person who was signed in" in told, "Freely" in told) == (True, False)
    (kept,) = service.services.store.observations.of_member(pat)
    message = service.services.store.events.get(ASSESSED_HERE, kept.message)
    assert message is not None
    assert json.loads(message.body)["note"].splitlines() == ["Led the talk.", "Freely."]

    again = replay(service.services, record.id)
    assert (again.then, again.now, again.rule is not None) == ("met", "met", True)
    assert [(one.record.id, one.is_whole, one.reads_alike) for one in again.observations] == [
        (kept.id, True, None)
    ]

    # Taken back by who said it: the badge waits for a review, and nobody else can.
    other = Person(service).sign_in_as(Role.ASSESSOR, "bea@example.org")
    assert other.submit("/console/assess/back", on="/console/assess", id=fields["id"]).status_code == 404
    assessor.follow(assessor.submit("/console/assess/back", on="/console/assess", id=fields["id"]))
    assert [one.state for one in issued(service, pat)] == [CredentialState.SUSPENDED]


def test_a_lower_level_awards_nothing_and_a_missing_one_is_asked_for(service: Service) -> None:
    pat = add_member(service.services, "pat@example.org", NOW).membership_id
    assessor = Person(service).sign_in_as(Role.ASSESSOR)
    page = f"/console/assess/{pat}/{KEY}"
    answer = assessor.submit(page, id=form_id(assessor.get(page)), shown="yes")
    assert (answer.status_code, "hoose a level" in answer.text) == (400, True)
    assessor.follow(assessor.submit(page, id=form_id(assessor.get(page)), level="#developing"))
    assert issued(service, pat) == []


def test_nobody_assesses_themselves_and_only_assessors_do(service: Service) -> None:
    me = add_member(service.services, "ann@example.org", NOW).membership_id
    assessor = Person(service).sign_in_as(Role.ASSESSOR, "ann@example.org")
    page = f"/console/assess/{me}/{KEY}"
    answer = assessor.submit(page, id=form_id(assessor.get(page)), level="#proficient")
    assert (answer.status_code, "assesses themselves" in answer.text) == (403, True)
    owner = Person(service).sign_in_to_console()
    owner.get("/console/assess", status=403)
    word = Word("0" * 32, me, me, By.ASSESSOR, KEY, "#proficient")
    with pytest.raises(ForbiddenError):
        record_word(service.services, word, actor="test", now=NOW)


def test_the_source_of_what_is_observed_here_takes_no_message(service: Service) -> None:
    pat = add_member(service.services, "pat@example.org", NOW).membership_id
    assessor = Person(service).sign_in_as(Role.ASSESSOR)
    page = f"/console/assess/{pat}/{KEY}"
    assessor.follow(assessor.submit(page, id=form_id(assessor.get(page)), level="#developing"))
    for path in (
        f"/hooks/{ASSESSED_HERE}",
        f"/hooks/{ASSESSED_HERE}/secret",
        f"/xapi/{ASSESSED_HERE}/statements",
    ):
        assert service.client().post(path, json={"a": 1}).status_code in (401, 404)
    assert ASSESSED_HERE not in Person(service).sign_in_to_console().get("/console/sources")


CONTEXTS = {"when": {"coverage": {"contexts": ["a call", "a review", "a talk"], "count": 2}}}


def test_one_skill_is_seen_in_several_contexts(service: Service) -> None:
    set_rule(service.services, KEY, CONTEXTS, actor="test", now=NOW)
    pat = add_member(service.services, "pat@example.org", NOW, "Pat Doe").membership_id
    assessor = Person(service).sign_in_as(Role.ASSESSOR)
    page = f"/console/assess/{pat}/{KEY}"

    def say(context: str) -> int:
        told = {"id": form_id(assessor.get(page)), "level": "#proficient", "context": context}
        return assessor.submit(page, on=page, **told).status_code

    assert "<option>a review</option>" in assessor.get(page)
    assert say("a lift") == 400, "the rule names no such context"
    assert [say(""), say("a call"), say("a call")] == [303] * 3
    assert issued(service, pat) == [], "without a context, and twice in one"
    own = Person(service).open_wallet("pat@example.org").get("/wallet/progress")
    assert "Seen in 1 of 3 contexts" in own
    assert own.count("not seen yet") == 2
    assert "In one more of these contexts" not in own
    answer = assessor.submit(f"{page}/ask", on=page, email="bo@example.org", role="peer")
    link = re.search(r'<code class="secret">[^<]*(/feedback/[^<]+)</code>', answer.text)
    assert link is not None
    peer = Person(service)
    assert "Where did you see it?" in peer.get(link[1])
    peer.follow(peer.submit(link[1], level="#developing", context="a talk"))
    (record,) = issued(service, pat)
    told = json.dumps(record.order.evidence, ensure_ascii=False)
    assert ("“a call”" in told, "“a talk”" in told, "2 of 3 contexts" in told) == (True, True, True)

    (last,) = [
        one
        for one in service.services.store.observations.of_member(pat)
        if one.observation.context == "a talk"
    ]
    by = last.observation.asserted_by
    assert by is not None
    take_back(service.services, last.observation.event_id, by.value, actor="test", now=NOW)
    assert issued(service, pat)[0].state is CredentialState.SUSPENDED
    assert [one.reads_alike for one in replay(service.services, record.id).observations] == [None, None]


PEERS = {"when": {"endorsements": {"count": 2, "by": "peer"}}}


def test_two_peers_answer_their_links_and_the_badge_is_there(service: Service) -> None:
    set_rule(service.services, KEY, PEERS, actor="test", now=NOW)
    pat = add_member(service.services, "pat@example.org", NOW, "Pat Doe").membership_id
    assessor = Person(service).sign_in_as(Role.ASSESSOR)
    page = f"/console/assess/{pat}/{KEY}"

    def ask(email: str, role: str = "peer") -> str:
        answer = assessor.submit(f"{page}/ask", on=page, email=email, role=role)
        found = re.search(r'<code class="secret">[^<]*(/feedback/[^<]+)</code>', answer.text)
        assert found is not None, answer.text
        return found[1]

    links = [ask("bo@example.org"), ask("bo@example.org"), ask("cy@example.org", "manager")]
    for link in links:
        peer = Person(service)
        assert "Pat Doe" in peer.get(link)
        assert "Thank you" in peer.follow(peer.submit(link, level="#proficient"))
        assert "You have answered" in peer.get(link)
    assert issued(service, pat) == []  # one peer twice is one, and a manager is none
    last = ask("dee@example.org")
    peer = Person(service)
    peer.follow(peer.submit(last, level="#developing"))
    assert [one.state for one in issued(service, pat)] == [CredentialState.ACTIVE]
    assert 'name="level"' not in Person(service).get(last)

    own = assessor.submit(f"{page}/ask", on=page, email="pat@example.org", role="peer")
    assert (own.status_code, "speaks for themselves" in own.text) == (403, True)
    late = ask("eve@example.org")
    service.clock.advance(days=31)
    Person(service).get(late, status=404)
    Person(service).get("/feedback/guess", status=404)


def test_a_link_for_feedback_is_mailed_to_who_is_to_answer_and_shown_to_nobody(
    sqlite_template: Path, tmp_path: Path
) -> None:
    shutil.copyfile(sqlite_template, tmp_path / "credserv.sqlite")
    with mail_server() as server:
        mail = {"smtp_url": server.url, "mail_from": "badges@academy.example"}
        service = make_service(f"sqlite:///{tmp_path / 'credserv.sqlite'}", tmp_path, **mail)
        services = service.services
        set_rule(services, KEY, PEERS, actor="test", now=NOW)
        pat = add_member(services, "pat@example.org", NOW, "Pat Doe").membership_id
        assessor = Person(service).sign_in_as(Role.ASSESSOR)
        page = f"/console/assess/{pat}/{KEY}"
        answer = assessor.submit(f"{page}/ask", on=page, email="Bo@example.org", role="peer", how="mail")
        assert "/feedback/" not in answer.text
        assert "A letter goes to Bo@example.org" in answer.text
        mailer = Mailer(server.url, sender="badges@academy.example", sender_name="Academy")
        assert send_links(services, mailer, clock=service.clock) == 1
        (letter,) = server.deliveries
        assert letter.recipients == ("bo@example.org",)
        assert "asks what you saw of Pat Doe" in str(letter.message["Subject"])
        found = re.search(r"http://localhost:8080(/feedback/\S+)", letter.part("plain"))
        assert found is not None
        peer = Person(service)
        assert "Thank you" in peer.follow(peer.submit(found[1], level="#proficient"))
    without = Person(service)
    assert without.get("/feedback/guess", status=404)
