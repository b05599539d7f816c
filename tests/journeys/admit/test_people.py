"""People: what organisations say of them, what they prove, who works in the console, who claims a badge."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from credserv.ground.errors import ConflictError
from credserv.journeys.admit import claims, sign_in
from credserv.journeys.admit.letters import link_of_letter
from credserv.records.audit import Action
from credserv.records.audit_words import ACTION_WORDS
from credserv.records.credentials import Recipient
from credserv.records.people import MemberFacts, ProvedKind
from credserv.records.roles import Role
from tests.testkit.browsing import (
    OWNER,
    Letters,
    Person,
    colleague_link,
    console_link,
    secrets_of,
    wallet_link,
)
from tests.testkit.service import ACHIEVEMENT, NOW, Service

PAT, SAM, NEW = "pat@example.org", "sam@example.org", "new@example.org"
TODAY = NOW.date()


@pytest.fixture
def service(sqlite_service: Service) -> Service:
    return sqlite_service


@pytest.fixture
def letters(service: Service) -> Letters:
    return Letters(service)


def member(service: Service, email: str) -> Any:
    return service.services.store.members.find_by_email(email)


# --- the first owner, and colleagues --------------------------------------------------------------


def test_the_first_link_asks_who_the_owner_is(service: Service) -> None:
    link = sign_in.create_console_link(service.services, service.clock.now)
    person = Person(service)
    assert "Who are you?" in person.get(link)
    assert person.submit(link, name="Olga", email="no address").status_code == 400
    assert "Overview" in person.follow(person.submit(link, name="Olga", email="olga@example.org"))
    (owner,) = service.services.store.colleagues.list(TODAY)
    assert (owner.name, owner.email, owner.roles) == ("Olga", "olga@example.org", {Role.OWNER})
    again = Person(service)
    again.submit(sign_in.create_console_link(service.services, service.clock.now))
    assert "Olga" in again.get("/console/account"), "from now on the link signs the owner in"


def test_an_invitation_takes_two_clicks_and_the_role_counts_at_once(service: Service) -> None:
    owner = Person(service).sign_in_to_console()
    made = owner.submit("/console/colleagues", email=PAT, name="Pat", role="issuer")
    (link,) = secrets_of(made.text)
    pat = Person(service)
    pat.follow(pat.submit(link))
    pat.get("/console/credentials/issue")
    pat.get("/console/keys", status=403)
    path = f"/console/colleagues/{member(service, PAT).id}"
    owner.submit(f"{path}/roles", on=path, role="auditor")
    pat.get("/console/credentials/issue", status=403)
    pat.get("/console/keys")
    owner.submit(f"{path}/roles", on=path)
    assert "Sign in" in pat.get("/console")


def test_an_invitation_by_mail_proves_the_address_and_signs_in_from_then_on(letters: Letters) -> None:
    owner = Person(letters.service).sign_in_to_console()
    answer = owner.submit("/console/colleagues", email=PAT, name="Pat", role="administrator")
    assert "on its way" in owner.follow(answer)
    pat = Person(letters.service)
    assert "Overview" in pat.follow(pat.submit(letters.link()))
    store = letters.service.services.store
    assert store.people.find_proved(ProvedKind.EMAIL, PAT) is not None
    letters.service.clock.advance(hours=2)
    pat.submit("/console/link", on="/console", email=PAT)
    assert "Overview" in pat.follow(pat.submit(letters.link()))


def test_the_last_owner_stays(service: Service) -> None:
    owner = Person(service).sign_in_to_console()
    path = f"/console/colleagues/{member(service, OWNER.email).id}"
    told = owner.submit(f"{path}/roles", on=path, role="administrator")
    assert told.status_code == 409
    assert "needs an owner" in told.text
    store = service.services.store
    Person(service).sign_in_as(Role.OWNER, SAM)
    owner.follow(owner.submit(f"{path}/roles", on=path, role="administrator"))
    with pytest.raises(ConflictError):
        store.colleagues.set_roles(member(service, SAM).id, (), TODAY)


def test_an_administrator_makes_no_owner_and_touches_none(service: Service) -> None:
    Person(service).sign_in_to_console()
    administrator = Person(service).sign_in_as(Role.ADMINISTRATOR)
    fields = {"email": PAT, "name": "Pat"}
    assert administrator.submit("/console/colleagues", **fields, role="owner").status_code == 403
    path = f"/console/colleagues/{member(service, OWNER.email).id}"
    for deed, sent in (("roles", {"role": "issuer"}), ("link", {})):
        assert administrator.submit(f"{path}/{deed}", on=path, **sent).status_code == 403
    assert administrator.submit("/console/colleagues", **fields, role="issuer").status_code == 200


def test_a_grant_is_for_an_achievement_a_unit_and_a_time(service: Service) -> None:
    owner = Person(service).sign_in_to_console()
    service.issue(email=SAM)
    unit = f"/console/people/{member(service, SAM).id}"
    owner.follow(owner.submit(unit, unit="Nursing", name="Sam", starts_on="2026-01-01"))
    issuer = Person(service).sign_in_as(Role.ISSUER, PAT)
    path = f"/console/colleagues/{member(service, PAT).id}"
    grant = {"achievement": ACHIEVEMENT, "unit": "Nursing", "until": "2026-03-20"}
    owner.follow(owner.submit(f"{path}/grants", on=path, **grant))

    def issue(achievement: str, email: str) -> int:
        fields = {"achievement": achievement, "email": email}
        return issuer.submit("/console/credentials/issue", **fields).status_code

    assert issue(ACHIEVEMENT, SAM) == 303
    assert issue(ACHIEVEMENT, "somebody@example.org") == 403, "of no unit"
    assert issue("mentor-practitioner", SAM) == 403
    service.clock.advance(days=7)
    again = Person(service)
    again.submit(colleague_link(service, Role.ISSUER, PAT))
    issuer.client = again.client
    assert issue(ACHIEVEMENT, SAM) == 403, "the last day is over"


# --- the last day ---------------------------------------------------------------------------------


def last_day(person: Person, service: Service, email: str, day: str) -> int:
    path = f"/console/people/{member(service, email).id}"
    return person.submit(path, name="Somebody", ends_on=day).status_code


def test_roles_end_with_the_last_day_where_the_organisation_is(letters: Letters) -> None:
    service = letters.service
    owner = Person(service).sign_in_to_console()
    owner.submit(
        "/console/organisation/calendar",
        on="/console/organisation",
        time_zone="Pacific/Auckland",
        first_weekday="0",
    )
    issuer = Person(service).sign_in_as(Role.ISSUER, PAT)  # 14 March in Auckland, 22:26
    assert last_day(owner, service, PAT, "2026-03-14") == 303
    issuer.get("/console/credentials/issue")
    path = f"/console/colleagues/{member(service, PAT).id}"
    owner.get(path)
    service.clock.advance(minutes=30)
    owner.get("/console")
    issuer.get("/console/credentials/issue")
    service.clock.advance(minutes=59)  # still the 14th in UTC
    owner.get("/console")
    service.clock.advance(minutes=10)
    owner.get(path, status=404)
    assert "Sign in" in issuer.get("/console")
    asked = len(letters.asked())
    Person(service).submit("/console/link", on="/console", email=PAT)
    assert len(letters.asked()) == asked + 1, "the answer tells nothing"
    own = service.services.at_name("main")  # as the worker asks for it, with the time zone of now
    assert link_of_letter(own, letters.asked()[-1], service.clock.now) is None
    assert owner.submit("/console/colleagues", email=PAT, name="Pat", role="issuer").status_code == 400
    assert last_day(owner, service, PAT, "2026-12-31") == 303
    owner.get(path)


def test_an_owner_without_a_last_day_stays(service: Service) -> None:
    owner = Person(service).sign_in_to_console()
    assert last_day(owner, service, OWNER.email, "2026-12-31") == 409
    assert last_day(owner, service, OWNER.email, "2026-03-01") == 409
    Person(service).sign_in_as(Role.OWNER, SAM)
    assert last_day(owner, service, OWNER.email, "2026-12-31") == 303
    assert last_day(owner, service, SAM, "2026-12-31") == 409
    path = f"/console/colleagues/{member(service, SAM).id}"
    assert owner.submit(f"{path}/roles", on=path, role="issuer").status_code == 409


def test_an_administrator_ends_no_owner_and_brings_none_back(service: Service) -> None:
    owner = Person(service).sign_in_to_console()
    Person(service).sign_in_as(Role.OWNER, SAM)
    administrator = Person(service).sign_in_as(Role.ADMINISTRATOR, PAT)
    assert last_day(administrator, service, SAM, "2026-03-01") == 403
    assert last_day(owner, service, SAM, "2026-03-01") == 303
    assert last_day(administrator, service, SAM, "") == 403
    assert last_day(administrator, service, SAM, "2026-03-01") == 303, "the same day, another name"


def test_where_the_only_owner_has_left_the_server_makes_the_next(service: Service) -> None:
    """As a last day of before may have done, which took no role away."""
    Person(service).sign_in_to_console()
    store, left = service.services.store, member(service, OWNER.email)
    store.roster.change_facts(left.id, MemberFacts("Olga Owner", ends_on=TODAY - timedelta(days=1)))
    assert store.colleagues.list(TODAY) == []
    person = Person(service)
    link = sign_in.create_console_link(service.services, service.clock.now)
    assert "Who are you?" in person.get(link)
    assert "Overview" in person.follow(person.submit(link, name="Olga", email=OWNER.email))
    assert member(service, OWNER.email).ends_on is None


def test_proving_an_address_brings_no_ended_role_back(service: Service) -> None:
    """Of two memberships that turn out to be one person's, the ended one adds nothing."""
    store, now = service.services.store, service.clock.now
    Person(service).sign_in_to_console()
    holder = sign_in.prove_address(service.services, PAT, now)
    store.members.add(Recipient(email=PAT), now)
    sign_in.prove_address(service.services, PAT, now)
    ended = store.members.add(Recipient(email=SAM), now)
    store.colleagues.set_roles(ended.id, {Role.OWNER}, TODAY)
    store.roster.change_facts(ended.id, MemberFacts(ends_on=TODAY - timedelta(days=1)))
    store.people.prove(holder, ProvedKind.EMAIL, SAM, added_by="test", now=now)
    assert member(service, SAM).person_id == holder
    assert store.colleagues.of_person(holder, TODAY) is None


def test_the_audit_trail_names_who_acted(service: Service) -> None:
    owner = Person(service).sign_in_to_console()
    credential_id = service.issue(email=PAT)
    owner.submit(f"/console/credentials/{credential_id}/suspend", reason="under review")
    assert "by <bdi>Olga Owner</bdi>" in owner.get(f"/console/credentials/{credential_id}")
    shown = owner.get("/console/audit")
    assert "Olga Owner" in shown
    assert "by <bdi>console</bdi>" not in shown


def test_what_was_done_is_told_in_words_of_the_readers_language_and_never_by_its_code(
    service: Service,
) -> None:
    assert {*ACTION_WORDS} == {*Action}
    owner = Person(service).sign_in_to_console()
    credential_id = service.issue(email=PAT)
    path = f"/console/credentials/{credential_id}"
    owner.submit(f"{path}/suspend", reason="under review")
    for page in (owner.get(path), owner.get("/console/audit")):
        rows = [" ".join(re.sub("<[^>]+>", " ", row).split()) for row in re.findall(r"<li>.*?</li>", page)]
        assert any(row.startswith("Status of a badge changed Suspended") for row in rows)
        assert any("Badge signed" in row and "by the source" in row for row in rows)
        assert not any(re.search(r"\bcredential\.\w|hook:", row) for row in rows)
    assert "Ordered by" in owner.get(path)
    owner.client.set_cookie("credserv_language", "de")
    assert "Status eines Badges geändert" in owner.get(path)
    assert "von <bdi>der Quelle" in owner.get(path)


def test_signing_out_everywhere_ends_every_session(service: Service) -> None:
    here, there = Person(service).sign_in_to_console(), Person(service).sign_in_to_console()
    assert here.get("/console/account").count("signed in ") == 2
    here.submit("/console/account/sign-out-everywhere", on="/console/account")
    for person in (here, there):
        assert "Sign in" in person.get("/console")


# --- facts and addresses ---------------------------------------------------------------------------


def test_facts_of_employment_are_edited_and_what_is_wrong_is_told(service: Service) -> None:
    service.issue(email=PAT)
    owner = Person(service).sign_in_to_console()
    path = f"/console/people/{member(service, PAT).id}"
    facts = {"name": "José Doe", "unit": "Nursing", "language": "de-AT", "ends_on": "2026-12-31"}
    assert "Nursing" in owner.follow(owner.submit(path, **facts))
    assert "José Doe" in owner.get("/console/people?q=jose")
    for wrong in ({"starts_on": "2027-01-01"}, {"language": "not a language"}, {"ends_on": "soon"}):
        assert owner.submit(path, **{**facts, **wrong}).status_code == 400


def test_attack_w3_a_mailbox_that_changed_hands_opens_nothing_of_before(letters: Letters) -> None:
    """The successor of j.smith@ is a new person; what j.smith earned stays with j.smith."""
    service = letters.service
    before = service.issue(email=PAT)
    old = Person(service).open_wallet(PAT)
    service.clock.advance(days=2)
    late = service.issue(email=PAT)
    owner = Person(service).sign_in_to_console()
    path = f"/console/people/{member(service, PAT).id}"
    identifier = re.search(r'name="identifier" value="([^"]+)"', owner.get(path))[1]
    sent = {"identifier": identifier, "as_of": "2026-03-16"}
    owner.follow(owner.submit(f"{path}/addresses/end", on=path, **sent))
    successor = Person(service).open_wallet(PAT)
    assert before not in successor.get("/wallet")
    assert late in successor.get("/wallet"), "ordered after the mailbox had changed hands"
    kept = old.client.get("/wallet").text
    assert late not in kept
    assert service.services.store.credentials.get(before).person_id != member(service, PAT).person_id


def test_attack_w1_no_role_opens_a_wallet(service: Service) -> None:
    credential_id = service.issue(email=PAT)
    owner = Person(service).sign_in_to_console()
    Person(service).open_wallet(PAT)
    path = f"/console/credentials/{credential_id}"
    assert "claim-link" not in owner.get(path), "it is kept"
    owner.client.set_cookie("credserv_wallet", owner.client.get_cookie("credserv_console").value)
    assert "Open my wallet" in owner.get("/wallet")
    (link,) = secrets_of(owner.submit("/console/colleagues", email=PAT, role="auditor").text)
    pat = Person(service)
    pat.submit(link)
    assert "Open my wallet" in pat.get("/wallet"), "a link that was handed over proves nothing"


# --- the organisation itself ---------------------------------------------------------------------------


def test_an_owner_renames_the_organisation_sets_its_calendar_and_closes_it(service: Service) -> None:
    owner = Person(service).sign_in_to_console()
    path = "/console/organisation"
    named = {"name": "Renamed Academy", "url": "https://renamed.example", "email": "a@renamed.example"}
    assert owner.submit(f"{path}/name", on=path, **{**named, "name": ""}).status_code == 400
    assert "Renamed Academy" in owner.follow(owner.submit(f"{path}/name", on=path, **named))
    wrong = {"time_zone": "Middle/Earth", "first_weekday": "6"}
    assert owner.submit(f"{path}/calendar", on=path, **wrong).status_code == 400
    owner.follow(owner.submit(f"{path}/calendar", on=path, time_zone="Asia/Tokyo", first_weekday="6"))
    known = service.services.store.organisation.get()
    assert (known.name, known.time_zone, known.first_weekday) == ("Renamed Academy", "Asia/Tokyo", 6)
    before = service.issue(email=PAT)
    assert owner.submit(f"{path}/close", on=path).status_code == 400
    owner.follow(owner.submit(f"{path}/close", on=path, sure="yes"))
    assert "closed" in owner.get("/console/credentials/issue", status=409)
    assert Person(service).get(f"/credentials/{before}")


# --- claiming --------------------------------------------------------------------------------------


def claim_link(service: Service, credential_id: str) -> str:
    owner = Person(service).sign_in_to_console()
    path = f"/console/credentials/{credential_id}"
    (link,) = secrets_of(owner.submit(f"{path}/claim-link", on=path).text)
    return link


def test_a_badge_is_claimed_by_who_proves_an_address(letters: Letters) -> None:
    service = letters.service
    first, second = service.issue(email=PAT), service.issue(email=PAT)
    link, person = claim_link(service, first), Person(service)
    assert "Look into your mailbox" in person.submit(link, email="pat@home.example").text
    home = person.follow(person.submit(letters.link()))
    assert first in home
    assert second not in home, "one badge, and not the wallet"
    assert "in a wallet already" in Person(service).get(link)
    thief = Person(service)
    thief.service = service
    service.issue(email=SAM)
    thief.open_wallet(SAM)
    assert "in a wallet already" in thief.get(link)
    assert service.services.store.members.find_by_email(PAT).person_id != (
        service.services.store.credentials.get(first).person_id
    )


def test_a_wallet_that_is_open_keeps_the_badge(service: Service) -> None:
    credential_id = service.issue(email=PAT)
    service.issue(email=SAM)
    link, sam = claim_link(service, credential_id), Person(service).open_wallet(SAM)
    assert credential_id in sam.follow(sam.submit(f"{link}/keep", on=link))
    assert credential_id in sam.get("/wallet")


def test_without_mail_the_badge_is_there_to_take(service: Service) -> None:
    link = claim_link(service, service.issue(email=PAT))
    shown = Person(service).get(link)
    assert "sends no mail" in shown
    assert "Signed JSON" in shown


def test_a_claim_link_ends_after_thirty_days(service: Service) -> None:
    link = claim_link(service, service.issue(email=PAT))
    service.clock.advance(days=30)
    Person(service).get(link, status=410)
    Person(service).get("/claim/never-was", status=404)


def test_the_award_letters_page_names_the_badge_and_asks_to_sign_in(letters: Letters) -> None:
    credential_id = letters.service.issue(email=PAT)
    page, person = f"/wallet/credentials/{credential_id}", Person(letters.service)
    assert "Mentor Accreditation: Foundation" in person.get(page)
    person.submit("/wallet/link", on=page, email=PAT)
    person.follow(person.submit(letters.link()))
    assert "Take it with you" in person.get(page)


# --- links -----------------------------------------------------------------------------------------


def test_b16_two_presses_and_a_second_tab_lead_to_the_same_place(service: Service) -> None:
    """A browser that double-presses drops the first answer, with the cookies in it."""
    service.issue(email=PAT)
    for link, home in ((wallet_link(service, PAT), "/wallet"), (console_link(service), "/console")):
        person, path = Person(service), link.removeprefix(service.settings.public_url)
        token = re.search(r'name="csrf_token" value="([^"]+)"', person.get(link))[1]
        dropped = service.client()
        form_cookie = person.client.get_cookie("credserv")
        dropped.set_cookie("credserv", form_cookie.value)
        assert dropped.post(path, data={"csrf_token": token}).status_code == 303
        assert person.client.post(path, data={"csrf_token": token}).status_code == 303
        assert person.client.post(path, data={"csrf_token": token}).status_code == 303, "Back, and again"
        person.get(link, status=303)
        assert "Sign out" in person.get(home)


def test_b16_forms_that_were_open_before_signing_in_again_still_count(service: Service) -> None:
    service.issue(email=PAT)
    person = Person(service).sign_in_to_console()
    page = person.get("/console/credentials/issue")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    person.sign_in_to_console()
    person.open_wallet(PAT)
    fields = {"csrf_token": token, "achievement": ACHIEVEMENT, "email": SAM, "order": "a" * 20}
    assert person.client.post("/console/credentials/issue", data=fields).status_code == 303
    other = person.client.post("/console/credentials/issue", data={**fields, "email": PAT})
    assert other.status_code == 400
    assert "a" * 20 not in other.text, "a spent key is never offered again"


def test_b10_a_second_letter_within_five_minutes_is_not_promised(letters: Letters) -> None:
    letters.service.issue(email=PAT)
    for email in (PAT, "nobody@example.org"):
        person = Person(letters.service)
        assert "on its way" in person.submit("/wallet/link", on="/wallet", email=email).text
        told = person.submit("/wallet/link", on="/wallet", email=email.upper()).text
        assert "No second letter goes out before" in told
    assert len(letters.asked()) == 2
    letters.service.clock.advance(minutes=5)
    assert "on its way" in Person(letters.service).submit("/wallet/link", on="/wallet", email=PAT).text


def test_found_b10_no_door_promises_a_second_letter(letters: Letters) -> None:
    """At each door that mails a link: the second request says that nothing goes out, and nothing does."""
    service = letters.service
    service.issue(email=PAT)
    owner, pat = Person(service).sign_in_to_console(), Person(service).open_wallet(PAT)
    link = claims.create_link(service.services, service.issue(email=SAM), service.clock.now, actor="test")
    path = link.removeprefix(service.services.public_url)
    invited = {"email": NEW, "name": "New", "role": "issuer"}
    doors: tuple[tuple[Person, str, str, dict[str, str]], ...] = (
        (Person(service), "/wallet/link", "/wallet", {"email": PAT}),
        (Person(service), "/console/link", "/console", {"email": OWNER.email}),
        (Person(service), path, path, {"email": SAM}),
        (pat, "/wallet/prove", "/wallet", {"email": PAT}),
        (pat, "/wallet/identity", "/wallet/identity", {"email": "pat@home.example"}),
        (pat, "/wallet/join", "/wallet/join", {"email": SAM}),
        (owner, "/console/colleagues", "/console/colleagues", invited),
    )
    for person, door, page, fields in doors:
        for is_second in (False, True):
            if is_second and door == "/console/colleagues":
                known = member(service, NEW).id
                person.submit(f"{door}/{known}/roles", on=f"{door}/{known}")
            answer = person.submit(door, on=page, **fields)
            text = person.follow(answer) if answer.status_code == 303 else answer.text
            assert ("No second letter goes out before" in text) == is_second, (door, text)
            assert ("on its way" in text) != is_second, door


def test_b19_a_class_behind_one_address_gets_its_links(letters: Letters) -> None:
    service = letters.service
    credential_id = service.issue(email=PAT)
    statuses = [
        Person(service).submit("/wallet/link", on="/wallet", email=f"pupil{number}@example.org").status_code
        for number in range(30)
    ]
    assert set(statuses) == {200}
    client = service.client()
    dead = [client.get(f"/credentials/dead{number:018}").status_code for number in range(125)]
    assert dead[-1] == 429
    assert client.get(f"/credentials/{credential_id}").status_code == 200
    assert client.get(wallet_link(service, PAT).removeprefix(service.settings.public_url)).status_code == 200


def test_f14_a_newer_wallet_link_ends_the_ones_before(service: Service) -> None:
    service.issue(email=PAT)
    first, second = wallet_link(service, PAT), wallet_link(service, PAT)
    Person(service).get(first, status=410)
    Person(service).get(second)


def test_a_person_ends_their_sessions_one_by_one_and_no_one_elses(service: Service) -> None:
    service.issue(email=PAT)
    service.issue(email=SAM)
    here, there, sam = (Person(service).open_wallet(email) for email in (PAT, PAT, SAM))
    session = re.search(r'name="session" value="([^"]+)"', here.get("/wallet/sessions"))[1]
    assert sam.submit("/wallet/sessions/end", on="/wallet/sessions", session=session).status_code == 404
    here.follow(here.submit("/wallet/sessions/end", on="/wallet/sessions", session=session))
    assert "Open my wallet" in there.get("/wallet")
    assert "Wallet of" in here.get("/wallet")


def test_a_session_lives_as_long_as_it_should(service: Service) -> None:
    person = Person(service).sign_in_to_console()
    service.clock.now += timedelta(minutes=61)
    assert "Sign in" in person.get("/console")
