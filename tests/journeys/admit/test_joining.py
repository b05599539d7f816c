"""Two wallets of one person become one, and two again; those of two people do not."""

from __future__ import annotations

import json
import re

import pytest
from sqlalchemy import select

from credserv.journeys.admit.letters import link_of_letter
from credserv.journeys.transfer.imports import keep_import
from credserv.records.access import LinkPurpose
from credserv.records.people import ProvedKind
from credserv.records.roles import Role
from credserv.store.admit.merging import _naming_people
from tests.journeys.admit.test_passkeys import add, options
from tests.journeys.award.test_one_award import by_api
from tests.testkit.authenticator import Authenticator
from tests.testkit.browsing import Letters, Person, colleague_link, secrets_of
from tests.testkit.killed import killed_before
from tests.testkit.service import Service

PAT, HOME = "pat@example.org", "pat@home.example"
SECOND = "pat@second.example"
JOIN, CONFIRM = "/wallet/join", "/wallet/join/confirm"


@pytest.fixture
def letters(sqlite_service: Service) -> Letters:
    return Letters(sqlite_service)


def person_id(service: Service, email: str) -> str:
    found = service.services.store.people.find_proved(ProvedKind.EMAIL, email)
    assert found is not None
    return found.person_id


def two_wallets(letters: Letters) -> tuple[Person, str, str]:
    """The wallet of HOME is open; the ids of a badge in it, and of one in that of PAT."""
    service = letters.service
    mine, other = service.issue(email=HOME), service.issue(email=PAT)
    Person(service).open_wallet(PAT)
    return Person(service).open_wallet(HOME), mine, other


def show(letters: Letters, person: Person, email: str) -> str:
    """Ask for the link, and open it in this browser."""
    assert "If this address opens another wallet" in person.submit(JOIN, email=email).text
    link = letters.link(LinkPurpose.JOIN_LETTER)
    assert "Is the other wallet yours, too?" in person.get(link)
    return person.follow(person.submit(link))


def undo_form(person: Person) -> str:
    found = re.search(r"/wallet/join/[\w-]+/undo", person.get(JOIN))
    assert found is not None
    return found[0]


def test_two_wallets_one_person(service: Service) -> None:
    """On both databases: everything comes along, and goes back, with what was ordered in between."""
    letters = Letters(service)
    service = letters.service
    person, mine, other = two_wallets(letters)
    their = Person(service).open_wallet(PAT)
    page = f"/wallet/credentials/{other}"
    (shared,) = secrets_of(their.submit(f"{page}/shares", on=page, label="Library").text)
    their.submit(colleague_link(service, Role.ISSUER, PAT))
    assert "Nothing is joined yet" not in person.get(JOIN)
    shown = show(letters, person, PAT)
    assert "1 badge," in shown, shown
    assert other not in person.get("/wallet"), "shown is not joined"
    assert "The two wallets are one" in person.follow(person.submit(CONFIRM, on=JOIN))
    for known in (mine, other):
        assert "Take it with you" in person.get(f"/wallet/credentials/{known}")
    assert "Library" in person.get(page)
    assert "Mentor Accreditation" in Person(service).get(shared)
    assert "Open my wallet" in their.get("/wallet"), "its sessions ended"
    assert person_id(service, PAT) == person_id(service, HOME)
    late = service.issue(email=PAT)
    assert late in person.get("/wallet")
    store, today = service.services.store, service.services.today(service.clock.now)
    assert store.colleagues.of_person(person_id(service, HOME), today).roles == {Role.ISSUER}
    assert len([one for one in store.roster.search(limit=99).items if PAT in one.addresses]) == 1
    assert all(one.addresses for one in store.roster.search(limit=99).items)

    assert "two wallets again" in person.follow(person.submit(undo_form(person), on=JOIN))
    again = Person(service).open_wallet(PAT)
    for known, holder, stranger in (
        (mine, person, again),
        (other, again, person),
        (late, again, person),
    ):
        assert known in holder.get("/wallet")
        assert known not in stranger.get("/wallet")
    assert "Library" in again.get(page)
    assert "Mentor Accreditation" in Person(service).get(shared)
    assert store.colleagues.of_person(person_id(service, HOME), today) is None
    assert store.colleagues.of_person(person_id(service, PAT), today).roles == {Role.ISSUER}
    assert late not in person.get("/wallet")
    newer = service.issue(email=PAT)
    assert newer in again.get("/wallet")


def test_it_is_undone_for_seven_days(letters: Letters) -> None:
    person, _, _ = two_wallets(letters)
    show(letters, person, PAT)
    person.submit(CONFIRM, on=JOIN)
    path = undo_form(person)
    letters.service.clock.advance(days=7)
    person.open_wallet(HOME)
    assert "Undo" not in person.get(JOIN)
    assert person.submit(path, on=JOIN).status_code == 404


def test_undone_each_has_what_was_ordered_for_their_own_address_since(letters: Letters) -> None:
    """The organisation knew of one of two at first, and learned of another address of each in between."""
    service = letters.service
    service.issue(email=PAT)
    Person(service).open_wallet(PAT)
    Person(service).submit("/wallet/link", on="/wallet", email=HOME)
    person = Person(service).open_wallet(HOME)
    service.services.store.people.prove(
        person_id(service, PAT), ProvedKind.EMAIL, SECOND, added_by="test", now=service.clock.now
    )
    show(letters, person, PAT)
    service.clock.advance(seconds=1)
    show(letters, person, SECOND)
    person.follow(person.submit(CONFIRM, on=JOIN))
    since = {email: service.issue(email=email) for email in (HOME, SECOND)}
    for email in (HOME, SECOND):
        store = service.services.store
        store.people.prove(
            person_id(service, email), ProvedKind.EMAIL, email, added_by="t", now=service.clock.now
        )
    assert all(one in person.get("/wallet") for one in since.values())

    person.follow(person.submit(undo_form(person), on=JOIN))
    other = Person(service).open_wallet(SECOND)
    since |= {"later": service.issue(email=HOME)}
    for known, holder, stranger in (
        (since[HOME], person, other),
        (since["later"], person, other),
        (since[SECOND], other, person),
    ):
        assert known in holder.get("/wallet")
        assert known not in stranger.get("/wallet")


def test_found_f12_while_and_after_they_are_one_what_each_was_awarded_answers(letters: Letters) -> None:
    """Both had the same badge: joined, one answers for both; apart again, each their own."""
    service = letters.service
    mine, theirs = by_api(service, HOME), by_api(service, PAT)
    Person(service).open_wallet(PAT)
    person = Person(service).open_wallet(HOME)
    show(letters, person, PAT)
    person.submit(CONFIRM, on=JOIN)
    assert len({by_api(service, who) for who in (HOME, PAT)} & {mine, theirs}) == 1
    person.follow(person.submit(undo_form(person), on=JOIN))
    assert (by_api(service, HOME), by_api(service, PAT)) == (mine, theirs)


def test_attack_w4_undone_no_session_and_no_letter_of_one_reaches_the_other(letters: Letters) -> None:
    """Whoever came in by what is the other's again is out; each mailbox stops its own wallet alone."""
    service = letters.service
    person, mine, _ = two_wallets(letters)
    show(letters, person, PAT)
    person.submit(CONFIRM, on=JOIN)
    came_in_by_theirs = Person(service).open_wallet(PAT)
    assert mine in came_in_by_theirs.get("/wallet")
    person.follow(person.submit(undo_form(person), on=JOIN))
    assert mine in person.get("/wallet")
    assert "Open my wallet" in came_in_by_theirs.get("/wallet")
    told = {
        one.subject: json.loads(one.claim)
        for one in letters.asked()
        if one.purpose is LinkPurpose.NOTICE_LETTER and json.loads(one.claim)[1] == "PARTED"
    }
    assert told == {email: [person_id(service, email), "PARTED"] for email in (HOME, PAT)}


def test_what_opens_a_wallet_at_work_opens_no_joined_one(letters: Letters) -> None:
    """Attack W2: a wallet of one's own does not come to whoever reads the mailbox at work."""
    service = letters.service
    service.issue(email=PAT)
    Person(service).open_wallet(PAT)
    home = Person(service)
    home.submit("/wallet/link", on="/wallet", email=HOME)
    own = Person(service).open_wallet(HOME)  # of nobody's asking: it is the person's alone
    show(letters, own, PAT)
    own.follow(own.submit(CONFIRM, on=JOIN))
    proved = service.services.store.people.find_proved(ProvedKind.EMAIL, PAT)
    assert not proved.signs_in
    own.follow(own.submit(undo_form(own), on=JOIN))
    assert service.services.store.people.find_proved(ProvedKind.EMAIL, PAT).signs_in, "its only way in"


def test_attack_w4_a_half_finished_proof_joins_nothing(letters: Letters) -> None:
    service = letters.service
    person, _, other = two_wallets(letters)
    device = Authenticator(service.settings.public_url)
    add(Person(service).open_wallet(PAT), device)
    assert person.submit(CONFIRM, on=JOIN).status_code == 409, "nothing was shown"
    assert "Still to be shown" in show(letters, person, PAT)
    told = person.submit(CONFIRM, on=JOIN)
    assert told.status_code == 409
    assert "Show first everything" in told.text
    mine = Authenticator(service.settings.public_url)
    add(person, mine)
    for shown, used in ((False, mine), (True, device)):
        asked = options(person, "/wallet/join/passkey/ask", JOIN)
        sent = {"challenge": asked["challenge"], "credential": used.get(asked)}
        page = person.follow(person.submit("/wallet/join/passkey", on=JOIN, **sent))
        assert ("Join them" in page) is shown
    assert other not in person.get("/wallet")
    service.clock.advance(minutes=31)
    again = Person(service).open_wallet(HOME)
    assert again.submit(CONFIRM, on=JOIN).status_code == 409, "shown in another session"
    assert person.submit(CONFIRM, on="/wallet").status_code == 403, "not proved of late"


def test_attack_w4_neither_a_form_from_elsewhere_nor_a_link_opened_elsewhere_joins(letters: Letters) -> None:
    service = letters.service
    person, _, _ = two_wallets(letters)
    person.submit(JOIN, email=PAT)
    link = letters.link(LinkPurpose.JOIN_LETTER)
    victim = Person(service).open_wallet(PAT)
    victim.get(link, status=410)
    token = re.search(r'csrf_token" value="([^"]+)"', victim.get(JOIN))[1]
    path = link.removeprefix(service.settings.public_url)
    assert victim.client.post(path, data={"csrf_token": token}).status_code == 410
    assert Person(service).open_wallet(HOME).client.get(path).status_code == 410, "another session of theirs"
    service.clock.advance(minutes=5)
    person.open_wallet(HOME)
    show(letters, person, PAT)
    assert person.client.post(CONFIRM).status_code == 400
    assert person_id(service, PAT) != person_id(service, HOME)


def test_an_address_that_only_gets_letters_shows_nothing(letters: Letters) -> None:
    service = letters.service
    person, _, _ = two_wallets(letters)
    store, other = service.services.store, person_id(service, PAT)
    known = store.people.find_proved(ProvedKind.EMAIL, PAT)
    store.people.prove(
        other, ProvedKind.EMAIL, "pat@elsewhere.example", added_by="test", now=service.clock.now
    )
    store.identities.set_signing_in(other, known.id, signs_in=False)
    person.submit(JOIN, email=PAT)
    asked = [one for one in letters.asked() if one.purpose is LinkPurpose.JOIN_LETTER]
    assert link_of_letter(service.services, asked[-1], service.clock.now) is None


def test_attack_97_two_people_are_refused(letters: Letters) -> None:
    """One employer knows them under two subjects."""
    service = letters.service
    person, _, _ = two_wallets(letters)
    store, now = service.services.store, service.clock.now
    for email, subject in ((HOME, "1"), (PAT, "2")):
        value = json.dumps(["https://login.example", subject])
        store.people.prove(person_id(service, email), ProvedKind.OIDC, value, added_by="oidc", now=now)
        known = store.people.find_proved(ProvedKind.OIDC, value)
        store.identities.set_signing_in(known.person_id, known.id, signs_in=False)
    assert "as two people" in show(letters, person, PAT)
    assert person.submit(CONFIRM, on=JOIN).status_code == 409
    assert person_id(service, PAT) != person_id(service, HOME)


def test_joining_that_is_killed_leaves_nothing_half(letters: Letters) -> None:
    """By SIGKILL, before any of its statements; then it is done as if nothing had been."""
    service = letters.service
    person, _, other = two_wallets(letters)
    show(letters, person, PAT)
    store, before = service.services.store, person_id(service, PAT)
    (session,) = store.access.sessions_of(person_id(service, HOME), service.clock.now)
    begun = store.merges.begun(session.token_sha256)

    def named() -> list[set[str]]:
        """Whom each row names that names a person."""
        with store._database.reading() as connection:
            return [
                {str(row) for row in connection.execute(select(table.c[0], column))}
                for table, column in _naming_people()
            ]

    rows, step = named(), 1
    while killed_before(service, step, lambda: store.merges.merge(begun.id, service.clock.now)):
        assert named() == rows, f"died before statement {step}"
        step += 9
    assert step > 30
    assert named() != rows
    assert person_id(service, PAT) == person_id(service, HOME) != before
    assert other in person.get("/wallet")


def test_what_both_brought_along_stays_with_each(letters: Letters) -> None:
    """One file in both wallets is kept once for each person, and nothing else is held up by that."""
    service = letters.service
    person, _, other = two_wallets(letters)
    signed = service.services.store.credentials.get(service.issue(email="sam@example.org")).signed
    for email in (HOME, PAT):
        keep_import(service.services, person_id(service, email), signed, service.clock.now, added_by="upload")
    show(letters, person, PAT)
    person.follow(person.submit(CONFIRM, on=JOIN))
    assert other in person.get("/wallet")
    assert service.services.store.imports.count(person_id(service, HOME)) == 1
