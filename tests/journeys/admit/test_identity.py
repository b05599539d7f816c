"""Who may open a wallet, and how its person changes that: proof once more, addresses, notices."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from credserv.ground.errors import ConflictError, StepUpError, UnauthenticatedError
from credserv.journeys.admit import identities, step_up
from credserv.journeys.admit.access import begin_session
from credserv.journeys.admit.letters import link_of_letter, request_letter
from credserv.journeys.admit.sign_in import create_wallet_link, open_wallet_link, prove_address
from credserv.journeys.deliver.link_letters import link_letter
from credserv.records.access import LinkPurpose, SessionKind, SessionRecord
from credserv.records.letters import DueLinkLetter
from credserv.records.people import ProvedKind
from tests.testkit.browsing import Letters, Person
from tests.testkit.service import Service

PAT, SAM, HOME = "pat@example.org", "sam@example.org", "pat@home.example"


@pytest.fixture
def letters(sqlite_service: Service) -> Letters:
    return Letters(sqlite_service)


def session_of(service: Service, email: str) -> SessionRecord:
    """As its mailed link begins it."""
    link = create_wallet_link(service.services, email, service.clock.now).rpartition("/")[2]
    return open_wallet_link(service.services, link, service.clock.now, browser="its").session


def current(service: Service, session: SessionRecord) -> SessionRecord:
    found = service.services.store.access.session(session.token_sha256, service.clock.now)
    assert found is not None
    return found


# --- prove that it is you ---------------------------------------------------------------------------


def test_a_proof_is_recent_for_five_minutes(sqlite_service: Service) -> None:
    services, now = sqlite_service.services, sqlite_service.clock.now
    session = session_of(sqlite_service, PAT)
    step_up.require_recent_proof(services, session, now + timedelta(minutes=4, seconds=59))
    with pytest.raises(StepUpError):
        step_up.require_recent_proof(services, session, now + timedelta(minutes=5))


def test_a_link_that_was_handed_over_proves_nothing(sqlite_service: Service) -> None:
    services, now = sqlite_service.services, sqlite_service.clock.now
    person_id = prove_address(services, PAT, now)
    handed = begin_session(services, SessionKind.ADMINISTRATOR, person_id, now, proved=False).session
    with pytest.raises(StepUpError):
        step_up.require_recent_proof(services, handed, now)


def proof_link(letters: Letters, session: SessionRecord, email: str) -> str | None:
    service = letters.service
    now = service.clock.now
    request_letter(service.services, LinkPurpose.PROOF_LETTER, email, now, claim=session.token_sha256)
    return link_of_letter(service.services, letters.asked()[-1], now)


def test_attack_w5_a_stolen_session_cannot_prove_itself(letters: Letters) -> None:
    """The link goes to addresses of the person alone, and counts in the session that asked for it."""
    service = letters.service
    thief, pat, sam = session_of(service, PAT), session_of(service, PAT), session_of(service, SAM)
    assert proof_link(letters, thief, SAM) is None
    assert proof_link(letters, thief, "stranger@example.org") is None
    service.clock.advance(minutes=6)
    link = proof_link(letters, thief, PAT)
    assert link is not None
    token, services, now = link.rpartition("/")[2], service.services, service.clock.now
    for other in (pat, sam):
        assert step_up.proof_link(services, other, token, now) is None
        with pytest.raises(UnauthenticatedError):
            step_up.prove_by_link(services, other, token, now, browser="another")
    with pytest.raises(StepUpError):
        step_up.require_recent_proof(services, current(service, thief), now)


def test_a_proof_link_is_used_once_within_its_time(letters: Letters) -> None:
    service, services = letters.service, letters.service.services
    session = session_of(service, PAT)
    service.clock.advance(minutes=30)
    link = proof_link(letters, session, PAT)
    assert link is not None
    token = link.rpartition("/")[2]
    with pytest.raises(UnauthenticatedError):
        step_up.prove_by_link(
            services, session, token, service.clock.now + step_up.PROOF_LINK_LIFE, browser="its"
        )
    step_up.prove_by_link(services, session, token, service.clock.now, browser="its")
    step_up.require_recent_proof(services, current(service, session), service.clock.now)
    service.clock.advance(minutes=6)
    with pytest.raises(UnauthenticatedError):
        step_up.prove_by_link(services, session, token, service.clock.now, browser="its")


def test_attack_121_looking_at_a_proof_link_proves_nothing(letters: Letters) -> None:
    service = letters.service
    service.issue(email=PAT)
    pat = Person(service).open_wallet(PAT)
    assert "Look into your mailbox" in pat.submit("/wallet/prove", on="/wallet", email=PAT).text
    link = letters.link(LinkPurpose.PROOF_LETTER)
    for _ in range(2):
        assert "Yes, it is me" in pat.get(link)
    assert "in another browser" in Person(service).open_wallet(PAT).get(link, status=410)
    assert "it is you" in pat.follow(pat.submit(link))
    pat.get(link, status=410)


# --- addresses --------------------------------------------------------------------------------------


def at_home(letters: Letters, *, address: str = HOME) -> Person:
    """Pat, who came in by a letter to the address at work and has just added one of their own."""
    service = letters.service
    service.issue(email=PAT)
    pat = Person(service).open_wallet(PAT)
    assert "Look into your mailbox" in pat.submit("/wallet/identity", email=address).text
    link = letters.link(LinkPurpose.ADDRESS_LETTER)
    assert "Add this address" in pat.get(link)
    assert "opens your wallet" in pat.follow(pat.submit(link))
    return pat


def comes_in(letters: Letters, email: str) -> bool:
    """Whether a letter with a link to the wallet goes to an address."""
    service = letters.service
    service.clock.advance(minutes=5)
    Person(service).submit("/wallet/link", on="/wallet", email=email)
    asked = [one for one in letters.asked() if one.purpose is LinkPurpose.WALLET_LETTER]
    return link_of_letter(service.services, asked[-1], service.clock.now) is not None


def identifier_of(person: Person, address: str) -> str:
    page = person.get("/wallet/identity")
    found = re.search(rf"<bdi>{address}</bdi>.*?/wallet/identity/([^/]+)/remove", page, re.DOTALL)
    assert found is not None
    return found[1]


def test_found_b6_a_person_who_changed_their_name_is_called_by_the_new_one(sqlite_service: Service) -> None:
    """Corrected by whoever is authoritative, or by themselves; nobody else changes what they chose."""
    sqlite_service.issue(email=PAT, name="Pat Old")
    pat = Person(sqlite_service).open_wallet(PAT)
    assert "Pat Old" in pat.get("/wallet")
    roster = sqlite_service.services.store.roster
    member = roster.search("Old", limit=1).items[0].member.id
    Person(sqlite_service).sign_in_to_console().submit(f"/console/people/{member}", name="Pat New")
    wallet = pat.get("/wallet")
    assert ("Pat New" in wallet, "Pat Old" in wallet) == (True, False)
    assert "1 to 80" in pat.submit("/wallet/identity/name", on="/wallet/identity", name=" ").text
    assert "can be seen" in pat.submit("/wallet/identity/name", on="/wallet/identity", name="A\u202eB").text
    assert pat.submit("/wallet/identity/name", on="/wallet/identity", name=" Pat Own ").status_code == 303
    Person(sqlite_service).sign_in_to_console().submit(f"/console/people/{member}", name="Pat Newer")
    assert "Wallet of <bdi>Pat Own</bdi>" in pat.get("/wallet")
    assert roster.search("Newer", limit=1).items[0].member.name == "Pat Newer"


def test_the_first_visit_suggests_an_address_of_ones_own(letters: Letters) -> None:
    letters.service.issue(email=PAT)
    pat = Person(letters.service).open_wallet(PAT)
    assert "Add a private one" in pat.get("/wallet")
    assert "Add a private one" not in at_home(letters).get("/wallet")


def test_employer_ends_my_account(letters: Letters) -> None:
    """The mailbox at work is gone, and its next reader gets in nowhere: neither loses nor gives anything."""
    service = letters.service
    pat = at_home(letters)
    held = re.search(r"/wallet/credentials/([\w-]{22})", pat.get("/wallet"))[1]
    assert not comes_in(letters, PAT), "who reads the mailbox at work"
    service.clock.advance(days=400)
    assert comes_in(letters, HOME)
    again = Person(service).open_wallet(HOME)
    assert held in again.get("/wallet")
    late = service.issue(email=PAT)
    assert late in again.get("/wallet"), "what is ordered for the address at work still comes in"


def test_attack_w2_a_link_that_lay_in_the_mailbox_at_work_opens_nothing(letters: Letters) -> None:
    """Mailed before the person added an address of their own; it is good for a week."""
    service = letters.service
    service.issue(email=PAT)
    lying = create_wallet_link(service.services, PAT, service.clock.now)
    at_home(letters)
    former = Person(service)
    former.get(lying, status=410)
    service.services.store.links.forget_unused(LinkPurpose.WALLET, PAT)
    later = create_wallet_link(service.services, PAT, service.clock.now)
    assert former.submit(later).status_code == 410
    assert "Wallet of" not in former.get("/wallet")


def test_an_address_may_open_the_wallet_again_and_the_last_one_stays(letters: Letters) -> None:
    pat = at_home(letters)
    work, home = identifier_of(pat, PAT), identifier_of(pat, HOME)
    base = "/wallet/identity"
    told = pat.submit(f"{base}/{home}/remove", on=base)
    assert told.status_code == 409
    assert "Nothing else opens your wallet" in told.text
    assert pat.submit(f"{base}/{home}/signing-in", on=base, signs_in="no").status_code == 409
    pat.follow(pat.submit(f"{base}/{work}/signing-in", on=base, signs_in="yes"))
    pat.follow(pat.submit(f"{base}/{home}/remove", on=base))
    assert HOME not in pat.get(base)
    assert not comes_in(letters, HOME)
    assert comes_in(letters, PAT)
    assert pat.submit(f"{base}/{home}/remove", on=base).status_code in (403, 404)


def test_a_change_asks_for_proof_and_leads_back(letters: Letters) -> None:
    service = letters.service
    pat = at_home(letters)
    work = identifier_of(pat, PAT)
    pat.client.environ_base["HTTP_ACCEPT"] = "text/html"  # as browsers send forms
    service.clock.advance(minutes=6)
    sent = {"on": "/wallet/identity", "signs_in": "yes"}
    asked = pat.submit(f"/wallet/identity/{work}/signing-in", **sent)
    assert asked.status_code == 403
    assert "Prove that it is you" in asked.text
    assert PAT not in re.findall(r"<option>([^<]+)", asked.text), "it does not open the wallet"
    pat.submit("/wallet/prove", on="/wallet", email=HOME)
    answer = pat.submit(letters.link(LinkPurpose.PROOF_LETTER))
    assert answer.headers["Location"] == "/wallet/identity"
    assert pat.submit(f"/wallet/identity/{work}/signing-in", **sent).status_code == 303
    document = pat.client.post("/wallet/identity", headers={"Accept": "application/json"})
    assert document.status_code == 400, "no token of ours"


def test_only_the_wallet_that_asked_gets_the_address(letters: Letters) -> None:
    """Attack W4: a link that is opened elsewhere adds nothing, to the thief's wallet or the reader's."""
    service = letters.service
    service.issue(email=PAT)
    service.issue(email=SAM)
    thief, victim = Person(service).open_wallet(SAM), Person(service).open_wallet(PAT)
    thief.submit("/wallet/identity", email="victim@home.example")
    link = letters.link(LinkPurpose.ADDRESS_LETTER)
    victim.get(link, status=410)
    token = re.search(r'csrf_token" value="([^"]+)"', victim.get("/wallet/identity"))[1]
    path = link.removeprefix(service.settings.public_url)
    assert victim.client.post(path, data={"csrf_token": token}).status_code == 410
    assert Person(service).client.get(path).status_code == 303, "who is not signed in is asked to come in"
    service.clock.advance(minutes=15)
    thief.get(link, status=410)


def test_an_address_of_another_wallet_stays_there(letters: Letters) -> None:
    service = letters.service
    service.issue(email=SAM)
    service.issue(email=PAT)
    Person(service).open_wallet(SAM)
    pat = Person(service).open_wallet(PAT)
    pat.submit("/wallet/identity", email=SAM)
    link = letters.link(LinkPurpose.ADDRESS_LETTER)
    told = pat.submit(link)
    assert told.status_code == 409
    assert "opens another wallet" in told.text
    assert comes_in(letters, SAM)


def test_every_change_is_told_to_the_other_addresses_and_can_be_stopped(letters: Letters) -> None:
    service = letters.service
    pat = at_home(letters)
    notices = [one for one in letters.asked() if one.purpose is LinkPurpose.NOTICE_LETTER]
    assert [one.subject for one in notices] == [PAT], "the new one hears nothing"
    due = DueLinkLetter("0" * 64, notices[0], 1)
    letter = link_letter(service.services, due, service.clock.now)
    assert letter is not None
    assert letter.to == PAT
    assert "another e-mail address was added" in " ".join(letter.text.split())
    assert HOME not in letter.text, "who reads the mailbox at work does not learn of it"
    link = re.search(r"https?://\S+/wallet/not-me/\S+", letter.text)[0]
    stranger = Person(service)
    for _ in range(2):
        assert "Was it not you?" in stranger.get(link)
    assert "Wallet of" in pat.get("/wallet"), "attack 121: looking stops nothing"
    assert "Stopped" in stranger.submit(link).text
    assert "Open my wallet" in pat.get("/wallet")
    again = Person(service).open_wallet(HOME)
    refused = again.submit("/wallet/identity", email="next@home.example")
    assert refused.status_code == 403
    assert "Until 17 March 2026" in refused.text
    service.clock.advance(hours=72)
    assert "Look into your mailbox" in (
        Person(service).open_wallet(HOME).submit("/wallet/identity", email="next@home.example").text
    )


def test_a_link_to_an_address_adds_nothing_while_changes_are_stopped(letters: Letters) -> None:
    service = letters.service
    pat = at_home(letters)
    pat.submit("/wallet/identity", email="thief@elsewhere.example")
    link = letters.link(LinkPurpose.ADDRESS_LETTER)
    person_id = service.services.store.people.find_proved(ProvedKind.EMAIL, HOME).person_id
    service.services.store.identities.freeze(person_id, service.clock.now + timedelta(hours=72))
    assert pat.submit(link).status_code == 403
    assert service.services.store.people.find_proved(ProvedKind.EMAIL, "thief@elsewhere.example") is None


def test_a_did_is_kept_and_signs_nobody_in(sqlite_service: Service) -> None:
    services, now = sqlite_service.services, sqlite_service.clock.now
    pat, sam = prove_address(services, PAT, now), prove_address(services, SAM, now)
    identities.prove_did(services, pat, "did:key:z6Mk", now)
    identities.prove_did(services, pat, "did:key:z6Mk", now)
    with pytest.raises(ConflictError):
        identities.prove_did(services, sam, "did:key:z6Mk", now)
    ways = identities.ways_in(services, pat)
    assert [(one.value, one.signs_in) for one in ways.others] == [("did:key:z6Mk", False)]
    with pytest.raises(ConflictError):
        identities.remove(services, pat, ways.addresses[0].id, now)
