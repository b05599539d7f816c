"""A holder says that a badge is not theirs, or wrong; the console decides, and the holder sees how."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import update

from credserv.ground.errors import ConflictError, InputError, NotFoundError
from credserv.journeys.award import objections
from credserv.journeys.award.objections import Instead
from credserv.journeys.deliver.link_letters import link_letter
from credserv.outbound.mail import Letter
from credserv.records.access import LinkPurpose
from credserv.records.audit import Action
from credserv.records.credentials import CredentialState, Recipient
from credserv.records.objections import ObjectionKind, ObjectionState
from credserv.store.tables import objections as table
from tests.testkit.browsing import Letters, Person
from tests.testkit.service import ACHIEVEMENT, Service, make_service

PAT, SAM = "pat@example.org", "sam@example.org"
MINE, CONSOLE = "/wallet/data/objections", "/console/objections"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    folder: Path = tmp_path_factory.mktemp("objections")
    return make_service(f"sqlite:///{folder / 'objections.db'}", folder)


@pytest.fixture(scope="module")
def pat(service: Service) -> Person:
    service.issue(email=PAT, event_id="evt-first")
    return Person(service).open_wallet(PAT)


@pytest.fixture(scope="module")
def owner(service: Service) -> Person:
    return Person(service).sign_in_to_console()


def another(service: Service, pat: Person) -> str:
    """One more badge of Pat's, the one before being revoked."""
    before = service.services.store.holdings.of_person(person_id(service))
    for _, record in before:
        if record.state is CredentialState.ACTIVE:
            service.services.store.credentials.set_state(
                record.id, CredentialState.REVOKED, reason="a test", now=service.clock.now, actor="test"
            )
    return service.issue(email=PAT, event_id=f"evt-{len(before)}-{service.clock.advance(seconds=1):%S%f}")


def person_id(service: Service) -> str:
    member = service.services.store.members.find_by_email(PAT)
    assert member is not None
    return member.person_id


def object_to(pat: Person, known: str, kind: str, words: str = "") -> str:
    path = f"{MINE}/{known}"
    return pat.follow(pat.submit(path, kind=kind, words=words))


def newest(owner: Person) -> str:
    """The address of what waits in the console."""
    found = re.search(rf'href="({CONSOLE}/[0-9a-f]+)"', owner.get(CONSOLE).partition("Decided")[0])
    assert found is not None
    return found[1]


def state(service: Service, known: str) -> CredentialState:
    record = service.services.store.credentials.get(known)
    assert record is not None
    return record.state


def test_what_is_not_theirs_is_revoked_and_leaves_the_wallet(
    service: Service, pat: Person, owner: Person
) -> None:
    known = another(service, pat)
    assert "waits to be decided" in object_to(pat, known, "not mine", "That was my brother")
    assert state(service, known) is CredentialState.ACTIVE
    path = newest(owner)
    assert "That was my brother" in owner.get(path)
    assert owner.submit(path, do="uphold", reason="It was Sam").status_code == 400, "it was not confirmed"
    assert owner.submit(path, do="uphold", sure="yes").status_code == 400, "nor was there a reason"
    assert state(service, known) is CredentialState.ACTIVE
    fields = {"achievement": ACHIEVEMENT, "day": "2026-03-01", "email": SAM, "name": "Sam"}
    done = owner.submit(path, do="uphold", sure="yes", reason="It was Sam", **fields)
    assert "Decided" in owner.follow(done)
    assert state(service, known) is CredentialState.REVOKED
    told = pat.get(MINE)
    assert ("has left your wallet" in told, "It was Sam" in told, SAM in told) == (True, True, False)
    pat.get(f"/wallet/credentials/{known}", status=404)
    assert known not in pat.get("/wallet")
    assert known not in {one.id for _, one in service.services.store.holdings.of_person(person_id(service))}
    (found,) = service.services.store.objections.of_credential(known)
    successor = service.services.store.credentials.get(found.successor_id or "")
    assert successor is not None
    assert (successor.order.recipient.email, successor.state) == (SAM, CredentialState.ACTIVE)
    assert found.ordered is None, "the other's address is not kept with it"
    lines = service.services.store.audit.of_subject(known)
    assert {Action.OBJECTION_MADE, Action.OBJECTION_DECIDED} <= {line.action for line in lines}


def test_what_is_wrong_is_revoked_and_issued_anew(service: Service, pat: Person, owner: Person) -> None:
    known = another(service, pat)
    assert pat.client.get(f"{MINE}/{known}").status_code == 200
    assert pat.submit(f"{MINE}/{known}", kind="wrong").status_code == 400, "it says what is wrong"
    object_to(pat, known, "wrong", "It was in February")
    assert pat.submit(f"{MINE}/{known}", kind="not mine").status_code == 409, "one waits"
    path = newest(owner)
    fields = {"achievement": ACHIEVEMENT, "day": "2026-02-03", "sure": "yes", "reason": "So it was"}
    late = {**fields, "day": "2099-01-01"}
    assert owner.submit(path, do="uphold", **late).status_code == 400
    assert owner.submit(path, do="uphold", **{**fields, "achievement": "none-such"}).status_code == 400
    assert state(service, known) is CredentialState.ACTIVE, "what cannot be issued costs no badge"
    owner.follow(owner.submit(path, do="uphold", **fields))
    (found,) = service.services.store.objections.of_credential(known)
    successor = service.services.store.credentials.get(found.successor_id or "")
    assert successor is not None
    assert f"{successor.order.awarded_at:%Y-%m-%d}" == "2026-02-03"
    assert (successor.person_id, state(service, known)) == (person_id(service), CredentialState.REVOKED)
    assert f"/wallet/credentials/{successor.id}" in pat.get(MINE)
    assert owner.submit(path, on=CONSOLE, do="refuse", reason="no").status_code in (400, 409)


def test_what_is_refused_stays_and_can_be_asked_again(service: Service, pat: Person, owner: Person) -> None:
    known = another(service, pat)
    object_to(pat, known, "wrong", "I deserve more")
    path = newest(owner)
    assert owner.submit(path, do="refuse").status_code == 400
    owner.follow(owner.submit(path, do="refuse", reason="The test says 50 of 100"))
    assert state(service, known) is CredentialState.ACTIVE
    told = pat.get(MINE)
    assert "It stays as it is" in told
    assert "The test says 50 of 100" in told
    object_to(pat, known, "wrong", "Look again")
    assert len(service.services.store.objections.of_credential(known)) == 2


def test_one_that_was_decided_half_is_finished_and_nothing_is_issued_twice(
    service: Service, pat: Person
) -> None:
    """As after a crash between the decision and what is issued."""
    known = another(service, pat)
    services, now = service.services, service.clock.now
    objections.object_to(services, person_id(service), known, ObjectionKind.WRONG, "the day", now)
    (found,) = services.store.objections.of_credential(known)
    instead = Instead(ACHIEVEMENT, now)
    made = objections.uphold(services, found.id, "yes", instead, actor="test", now=now)
    half = {"ordered": {"achievement": "x"}, "successor_id": None}
    # Back to where it was before it was issued.
    _unfinish(service, found.id, half)
    assert services.store.objections.unsettled()[0].id == found.id
    with pytest.raises(ConflictError):
        objections.refuse(services, found.id, "no", actor="test", now=now)
    with pytest.raises(ConflictError):
        objections.object_to(services, person_id(service), known, ObjectionKind.WRONG, "again", now)
    again = objections.uphold(services, found.id, "yes", instead, actor="test", now=now)
    assert (again.state, again.is_settled) == (ObjectionState.UPHELD, True)
    assert again.successor_id == made.successor_id
    with pytest.raises(ConflictError):
        objections.uphold(services, found.id, "yes", instead, actor="test", now=now)


def _unfinish(service: Service, objection_id: str, values: dict[str, object]) -> None:
    with service.services.store._database.writing() as connection:
        connection.execute(update(table).where(table.c.id == objection_id).values(**values))


def test_nobody_objects_to_what_another_holds(service: Service, pat: Person) -> None:
    other = service.issue(email="else@example.org", event_id="evt-else")
    services, now = service.services, service.clock.now
    for known in (other, "never-was"):
        with pytest.raises(NotFoundError):
            objections.object_to(services, person_id(service), known, ObjectionKind.NOT_MINE, "", now)
        pat.get(f"{MINE}/{known}", status=404)
    mine = another(service, pat)
    with pytest.raises(InputError):
        objections.object_to(services, person_id(service), mine, ObjectionKind.WRONG, "x" * 1001, now)
    assert pat.submit(f"{MINE}/{mine}", kind="other").status_code == 400


def test_who_asked_hears_that_it_was_received_and_how_it_was_decided(service: Service, pat: Person) -> None:
    letters = Letters(service)
    own, now = letters.service.services, service.clock.now
    known = another(service, pat)
    objections.object_to(own, person_id(service), known, ObjectionKind.WRONG, "It was in May.", now)
    (received,) = letters_told(letters)
    assert "received" in received.subject
    assert "“Mentor Accreditation: Foundation” is wrong" in plain(received)
    assert received.to == PAT
    waiting = next(one for one in objections.all_objections(own) if one.objection.credential_id == known)
    objections.refuse(own, waiting.objection.id, "The list of May names\nsomebody else.", actor="x", now=now)
    told = letters_told(letters)[-1]
    assert "The badge stays as it is." in plain(told)
    assert "The list of May names somebody else." in plain(told)
    assert f"{own.public_url}{MINE}" in told.text


def plain(letter: Letter) -> str:
    return " ".join(letter.text.split())


def letters_told(letters: Letters) -> list[Letter]:
    """Of what happened; each as it goes out."""
    own, now = letters.service.services, letters.service.clock.now
    due = [
        one
        for one in own.store.link_letters.take(now, until=now, limit=99)
        if one.wanted and one.wanted.purpose is LinkPurpose.TOLD_LETTER
    ]
    made = [link_letter(own, one, now) for one in due]
    return sorted((one for one in made if one is not None), key=lambda letter: "decided" in letter.subject)


def test_attack_117_what_was_said_goes_with_who_said_it(service: Service, pat: Person) -> None:
    services, now = service.services, service.clock.now
    known = another(service, pat)
    objections.object_to(services, person_id(service), known, ObjectionKind.NOT_MINE, "my brother's", now)
    (found,) = services.store.objections.of_credential(known)
    told = list(services.store.erasure.told(person_id(service)))
    assert any(name == "objections" and row["words"] == "my brother's" for name, row in told)
    assert SAM not in str(told), "nor does anybody hear whose it was"
    # Who is to get it, and is erased before, gets it no more, and hears nothing of who had it.
    sam = services.store.members.add(Recipient(email="sam2@example.org"), now)
    values = {"state": "upheld", "ordered": {"email": "sam2@example.org"}}
    _unfinish(service, found.id, values)
    assert "objections" not in dict(services.store.erasure.told(sam.person_id))
    services.store.erasure.erase(sam.person_id, now, lambda signed: "0" * 64)
    (left,) = services.store.objections.of_credential(known)
    assert left.ordered is None
    services.store.erasure.erase(person_id(service), now, lambda signed: "0" * 64)
    assert services.store.objections.of_credential(known) == ()
