"""Who was erased is found in nothing that is kept, and nobody else loses anything (attack 117)."""

from __future__ import annotations

import io
import json
import logging
import re
import sqlite3
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from credserv.app.logs import configure_logging
from credserv.ground.errors import ConflictError, NotFoundError
from credserv.journeys.admit import claims
from credserv.journeys.admit.directory import add_user
from credserv.journeys.admit.letters import request_letter
from credserv.journeys.admit.sign_in import create_wallet_link
from credserv.journeys.award.orders import OrderRequest, award_request
from credserv.journeys.award.statements import Delivery, take_statements
from credserv.journeys.award.take import take_message
from credserv.journeys.claim.copies import make_copy
from credserv.journeys.connect.sources import connect
from credserv.journeys.hold import shares
from credserv.journeys.hold.erasure import erase, tell_all
from credserv.journeys.hold.shares import ShareWish
from credserv.journeys.publish.publish import set_status, status_list
from credserv.journeys.transfer.imports import keep_import
from credserv.records.access import LinkPurpose
from credserv.records.copies import CopyForm, Holder
from credserv.records.credentials import CredentialState, Recipient
from credserv.records.directory import DirectoryUserWish
from credserv.records.people import Visitor
from credserv.sources.adapter import Message
from credserv.sources.signing import Authentication
from credserv.store.operate.personal import NOT_PERSONAL, THEIRS
from credserv.store.tables import metadata
from tests.testkit.browsing import OWNER, Person
from tests.testkit.defects import ALICE, good
from tests.testkit.holding import wallet_did
from tests.testkit.killed import killed_before
from tests.testkit.plain_rows import fill_accreditation
from tests.testkit.service import Service, make_service

EMAIL, NAME = "zephyrine@quxley.example", "Zephyrine Quxley"
OTHER, OTHER_NAME = "bystander@example.org", "By Stander"
MARKS = ("zephyrine", "quxley")
BULK = (
    "achievement,email,name,awarded_at\n"
    f"ict-troubleshooting,{EMAIL},{NAME},2026-03-01\nict-troubleshooting,{OTHER},{OTHER_NAME},2026-03-01\n"
)


def everything(service: Service) -> dict[str, list[Any]]:
    with service.services.store._database.reading() as connection:
        return {
            name: [dict(row._mapping) for row in connection.execute(select(table))]
            for name, table in metadata.tables.items()
        }


def told_of(rows: dict[str, list[Any]]) -> list[str]:
    """Where a mark of the person stands."""
    found = []
    for table, lines in rows.items():
        for row in lines:
            for column, value in row.items():
                text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
                found += [f"{table}.{column}" for mark in MARKS if mark in text.lower()]
    return sorted(set(found))


def fill(service: Service) -> tuple[str, dict[str, str]]:
    """Somebody with something in many tables; their id, and their credentials."""
    services, now = service.services, service.clock.now
    ids = {name: service.issue(email=EMAIL, name=NAME, event_id=f"evt-{name}") for name in ("a", "b")}
    recipient = Recipient(email=EMAIL, name=NAME)
    order = OrderRequest(f"order-of-{EMAIL}", "constructive-feedback", recipient)
    ids["ordered"] = award_request(services, "api:a-test", order, now=now)[0].id
    ids["other"] = service.issue(email=OTHER, name=OTHER_NAME, event_id="evt-other")
    service.send_event(
        service.event(email=EMAIL, name=NAME, course="course-v1:Example+UNKNOWN+2026"), event_id="evt-waits"
    )
    set_status(services, ids["b"], CredentialState.REVOKED, reason=f"{NAME} asked", actor="test", now=now)
    person = Person(service).open_wallet(EMAIL)
    person_id = person_of(service)
    wish = ShareWish((ids["a"],), f"for {NAME}", shows_name=True, address=EMAIL, passcode="open sesame")
    shares.make_share(services, person_id, wish, now)
    url = shares.make_share(services, person_id, ShareWish((ids["a"],), slug="zephyrine-quxley"), now)
    assert url.endswith("zephyrine-quxley")
    (one, _) = services.store.shares.of_person(person_id)
    services.store.shares.log_opening(one.token_sha256, now, Visitor.BROWSER)
    request_letter(services, LinkPurpose.WALLET_LETTER, EMAIL, now)
    brought = json.dumps(ALICE.sign(good(now, name=f"Given to {NAME}"))).encode()
    (kept,) = keep_import(services, person_id, brought, now, added_by="file")
    shares.make_share(services, person_id, ShareWish((), import_ids=(kept.import_id,)), now)
    Person(service).sign_in_to_console().submit(
        "/console/bulk", file=(io.BytesIO(BULK.encode()), "awards.csv")
    )
    assert "Wallet of" in person.get("/wallet")
    return person_id, ids


def person_of(service: Service) -> str:
    """Whoever has EMAIL."""
    member = service.services.store.members.find_by_email(EMAIL)
    assert member is not None
    return member.person_id


@pytest.fixture
def log() -> Any:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure_logging(level=logging.DEBUG, stream=stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


def test_every_table_is_asked_for_people_or_left_out_with_a_reason() -> None:
    named = {table.name for table in THEIRS}
    assert named | set(NOT_PERSONAL) == set(metadata.tables)
    assert named.isdisjoint(NOT_PERSONAL)
    assert all(NOT_PERSONAL.values())


def test_attack_117_nothing_leads_back_to_who_was_erased(
    database_url: str, tmp_path: Path, log: io.StringIO
) -> None:
    service = make_service(database_url, tmp_path)
    person_id, ids = fill(service)
    services, now = service.services, service.clock.now
    files = {name: service.client().get(f"/credentials/{known}.json").data for name, known in ids.items()}
    before = everything(service)
    places = told_of(before)
    assert {"people.name", "events.body", "credentials.recipient_email", "links.subject"} <= set(places), (
        places
    )
    assert {"bulk_rows.order", "shares.address", "memberships.search_text"} <= set(places), places
    assert "imports.content" in places
    list_ids = {row["list_id"] for row in before["status_indexes"]}

    erase(services, person_id, now)

    after = everything(service)
    assert told_of(after) == []
    assert not [mark for mark in MARKS if mark in log.getvalue().lower()]
    by_id = {row["id"]: row for row in after["credentials"]}
    for name in ("a", "b"):
        row = by_id[ids[name]]
        was = next(one for one in before["credentials"] if one["id"] == ids[name])
        for kept in ("achievement_key", "awarded_at", "issued_at", "state", "organisation_id"):
            assert row[kept] == was[kept]
        assert (row["signed"], row["salt"], row["results"]) == (None, "", [])
    assert after["status_indexes"] == before["status_indexes"], "no bit changes"
    for list_id in list_ids:
        assert status_list(services, list_id, now=now).body
    # What they kept can be checked as before, and what was changed in it is found out.
    said = {name: verify(service, text) for name, text in files.items()}
    assert ("Genuine and in force" in said["a"], "revoked" in said["b"].lower()) == (True, True)
    changed = files["a"].replace(b"Mentor Accreditation", b"Master Accreditation")
    assert "Genuine and in force" not in verify(service, changed)
    # Nobody else lost anything.
    assert "Genuine and in force" in said["other"]
    assert told(before, OTHER) - {"events.body"} <= told(after, OTHER)
    assert service.client().get(f"/credentials/{ids['other']}.json").status_code == 200
    for name in ("a", "b"):
        assert service.client().get(f"/credentials/{ids[name]}.json").status_code == 404
    # The console shows what is left, and a message that is sent again brings nobody back.
    console = Person(service).sign_in_to_console()
    for path in ("/console", "/console/credentials", "/console/people", f"/console/credentials/{ids['a']}"):
        console.get(path)
    again = service.send_event(service.event(email=EMAIL, name=NAME), event_id="evt-a")
    assert again.status_code in (200, 202, 409), again.text
    assert told_of({"credentials": everything(service)["credentials"]}) == []
    with pytest.raises(NotFoundError):
        erase(services, person_id, now)


def verify(service: Service, text: bytes) -> str:
    return service.client().post("/verify", data={"text": text.decode()}).text


def told(rows: dict[str, list[Any]], word: str) -> set[str]:
    return {
        f"{table}.{column}"
        for table, lines in rows.items()
        for row in lines
        for column, value in row.items()
        if word in (value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value))
    }


def test_attack_117_who_dies_in_the_middle_leaves_nobody_half_erased(tmp_path: Path) -> None:
    """By SIGKILL, before any of its statements."""
    service = make_service(f"sqlite:///{tmp_path / 'kill.db'}", tmp_path)
    person_id, _ = fill(service)
    before, now = everything(service), service.clock.now
    step = 1
    erasure = service.services.store.erasure
    while killed_before(service, step, lambda: erasure.erase(person_id, now, lambda signed: "0" * 64)):
        assert everything(service) == before, f"died before statement {step}"
        step += 9
    assert step > 50
    assert told_of(everything(service)) == []
    with sqlite3.connect(tmp_path / "kill.db") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw = (tmp_path / "kill.db").read_bytes().lower()
    assert [mark for mark in MARKS if mark.encode() in raw] == [], "nor in what was let go of in the file"


def test_the_last_owner_of_an_organisation_is_not_erased(sqlite_service: Service) -> None:
    service = sqlite_service
    Person(service).sign_in_to_console()
    owner = service.services.store.members.find_by_email(OWNER.email)
    assert owner is not None
    before = everything(service)
    with pytest.raises(ConflictError, match="owner"):
        erase(service.services, owner.person_id, service.clock.now)
    assert everything(service) == before


def test_a_person_reads_all_and_ends_it_in_the_wallet(sqlite_service: Service) -> None:
    service = sqlite_service
    known = service.issue(email=EMAIL, name=NAME)
    service.issue(email=OTHER, name=OTHER_NAME)
    person = Person(service).open_wallet(EMAIL)
    path = "/wallet/data"
    answer = person.submit(f"{path}/file", on=path)
    with zipfile.ZipFile(io.BytesIO(answer.data)) as file:
        rows = json.loads(file.read("data.json"))
    assert {"people", "memberships", "credentials", "events", "proved_identifiers", "sessions"} <= rows.keys()
    assert known in {row["id"] for row in rows["credentials"]}
    text = json.dumps(rows)
    assert NAME in text
    assert OTHER not in text
    assert service.settings.secret_key.decode() not in text
    assert not re.search(r'"(token_sha256|passcode|salt|sealed_key)"', text)
    # A session that was left open is not enough.
    service.clock.advance(minutes=6)
    assert person.client.post(f"{path}/file", data={"csrf_token": "x"}).status_code in (400, 403)
    assert person.client.get(f"{path}/erase").status_code == 403
    service.clock.now -= timedelta(minutes=6)
    page = person.get(f"{path}/erase")
    assert "What goes" in page
    assert "What stays" in page
    assert person.submit(f"{path}/erase").status_code == 400
    assert "You were erased" in person.follow(person.submit(f"{path}/erase", sure="yes"))
    assert told_of(everything(service)) == []
    person.get("/wallet/data", status=303)


def test_attack_117_no_link_to_a_badge_of_who_was_erased_brings_it_into_a_wallet(
    sqlite_service: Service,
) -> None:
    """Its claim link was handed on, or its page stayed open while its holder was erased."""
    service = sqlite_service
    known = service.issue(email=EMAIL, name=NAME)
    record = service.services.store.credentials.get(known)
    assert record is not None
    link = claims.create_link(service.services, known, service.clock.now, actor="test")
    service.issue(email=OTHER, name=OTHER_NAME)
    other = Person(service).open_wallet(OTHER)
    path = link.removeprefix(service.settings.public_url)
    other.get(path)
    erase(service.services, record.person_id, service.clock.now)
    nobody = service.services.store.credentials.get(known)
    other.get(path, status=404)
    assert other.submit(f"{path}/keep", on="/wallet/data").status_code == 404
    assert other.submit(path, on="/wallet/data", email=OTHER).status_code == 404
    asked = create_wallet_link(service.services, OTHER, service.clock.now, claim=known)
    other.follow(other.submit(asked))
    assert service.services.store.credentials.get(known) == nobody
    assert known not in other.get("/wallet")


def test_all_that_is_kept_is_told(sqlite_service: Service) -> None:
    """Whatever names the person in the database is in their file, but hashes and what search is made of."""
    service = sqlite_service
    person_id, _ = fill(service)
    with zipfile.ZipFile(io.BytesIO(tell_all(service.services, person_id, service.clock.now))) as file:
        rows = json.loads(file.read("data.json"))
    kept = {place for place in told_of(everything(service)) if not place.endswith("search_text")}
    assert kept <= set(told_of(rows))


def test_attack_117_nobody_is_told_what_a_message_says_of_others(sqlite_service: Service) -> None:
    """A file of a course names everybody in it: each is told what was read of themselves."""
    service = sqlite_service
    services, now = service.services, service.clock.now
    service.issue(email=EMAIL, name=NAME)
    options = {"authentication": {"method": "secret-path"}}
    source, _ = connect(
        services, name="campus", dialect="csv", mapping=None, options=options, actor="test", now=now
    )
    row = "c-1,completed,2026-01-02"
    file = f"email,course,status,completed at\n{EMAIL},{row}\n{OTHER},{row}\n"
    taken = take_message(
        services, source, Message(file.encode()), Authentication("asked-for", is_signed=False), now=now
    )
    assert len(taken.observations) == 2
    member = services.store.members.find_by_email(EMAIL)
    assert member is not None
    with zipfile.ZipFile(io.BytesIO(tell_all(services, member.person_id, now))) as written:
        rows = json.loads(written.read("data.json"))
    assert OTHER not in json.dumps(rows)
    message = next(one for one in rows["events"] if one["event_id"] == taken.event.event_id)
    assert "body" not in message
    assert any(EMAIL in one.get("body", "") for one in rows["events"]), "what speaks of them alone is told"
    (one,) = [one for one in rows["observations"] if one["source"] == "campus"]
    assert one["identifier_id"] is None, "it waits for whoever has this address"
    erase(services, member.person_id, now)
    assert told_of(everything(service)) == []
    assert OTHER in json.dumps(everything(service)["observations"], default=str)


def test_attack_117_what_was_written_in_a_case_of_theirs_goes(sqlite_service: Service) -> None:
    """Of accreditation and mentoring ids stay, since others and audits stand on them; words do not."""
    service = sqlite_service
    services, now = service.services, service.clock.now
    known = service.issue(email=EMAIL, name=NAME)
    Person(service).open_wallet(EMAIL)
    person_id = person_of(service)
    make_copy(services, known, CopyForm.LDP_VC, Holder(person_id, wallet_did()), now)
    written = dict.fromkeys(("words", "reason", "note", "question", "objective"), NAME)
    fill_accreditation(service.settings.database_url, "main", known, now, **written)
    places = {place for place in told_of(everything(service)) if place.split(".")[1] in written}
    assert {"appeals.words", "audit_cases.note", "holds.reason", "practice.note"} <= places
    erase(services, person_id, now)
    of_quarters = ["outcome_notes.words", "outcome_views.reason"]
    assert told_of(everything(service)) == of_quarters, "of a quarter, and of nobody"
    assert everything(service)["audit_cases"], "the draw can be recomputed"


def test_attack_117_whose_address_ends_alike_loses_nothing_and_is_told_to_nobody(
    database_url: str, tmp_path: Path
) -> None:
    """In what a directory says, in a file of awards, and in events."""
    service = make_service(database_url, tmp_path)
    services, now = service.services, service.clock.now
    ann, joann = "ann@quay.example", "joann@quay.example"
    for email in (ann, joann):
        service.issue(email=email, name="A")
        said = {"emails": [{"value": email}]}
        wish = DirectoryUserWish(f"the {email}", None, True, None, email, said)
        add_user(services, wish, actor="test", now=now)
    nobodys = DirectoryUserWish("Ann@quay.example", None, True, None, None, {"userName": "Ann@quay.example"})
    add_user(services, nobodys, actor="test", now=now)
    awards = BULK.replace(EMAIL, ann).replace(OTHER, joann)
    file = (io.BytesIO(awards.encode()), "awards.csv")
    Person(service).sign_in_to_console().submit("/console/bulk", file=file)
    before, member = everything(service), services.store.members.find_by_email(ann)
    assert member is not None
    assert {"directory_users.said", "bulk_rows.order", "events.body"} <= told(before, joann)
    with zipfile.ZipFile(io.BytesIO(tell_all(services, member.person_id, now))) as written:
        assert joann not in written.read("data.json").decode()
    erase(services, member.person_id, now)
    after = everything(service)
    assert told(after, joann) == told(before, joann)
    assert [row["user_name"] for row in after["directory_users"]] == [f"the {joann}"]
    assert not re.search(rf"(?<!jo){ann}", str(after), re.IGNORECASE)


def test_attack_117_of_a_list_of_statements_each_is_told_their_own(sqlite_service: Service) -> None:
    service = sqlite_service
    services, now = service.services, service.clock.now
    service.issue(email=EMAIL, name=NAME)
    options = {"authentication": {"method": "secret-path"}}
    source, _ = connect(
        services, name="lrs", dialect="xapi", mapping=None, options=options, actor="test", now=now
    )
    statements = [
        {
            "id": f"00000000-0000-4000-8000-00000000000{number}",
            "actor": {"objectType": "Agent", "mbox": f"mailto:{address}"},
            "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
            "object": {"id": "https://lms.example/c-1"},
            "timestamp": "2026-01-02T00:00:00Z",
        }
        for number, address in enumerate((EMAIL, OTHER), 1)
    ]
    message = Message(json.dumps(statements).encode(), {"x-experience-api-version": "1.0.3"})
    verdict = Authentication("secret-path", is_signed=False)
    take_statements(services, source, Delivery(message, verdict), now=now)
    member = services.store.members.find_by_email(EMAIL)
    assert member is not None
    with zipfile.ZipFile(io.BytesIO(tell_all(services, member.person_id, now))) as written:
        rows = json.loads(written.read("data.json"))
    assert OTHER not in json.dumps(rows)
    assert [one["id"][-1] for one in rows["statements"]] == ["1"]
