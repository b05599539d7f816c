"""Who may open a wallet, and how its person changes that: proof once more, addresses, notices."""

from __future__ import annotations

from datetime import timedelta

import pytest

from credserv.ground.errors import StepUpError, UnauthenticatedError
from credserv.journeys.admit import step_up
from credserv.journeys.admit.access import begin_session
from credserv.journeys.admit.letters import request_letter, resolve_letter
from credserv.journeys.admit.sign_in import create_wallet_link, open_wallet_link, prove_address
from credserv.records.access import LinkPurpose, SessionKind, SessionRecord
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
    return resolve_letter(service.services, letters.asked()[-1], now)


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
