"""The archive of a large wallet: a job makes it, and only its person fetches it, for a day."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from credserv.carriers.zip_file import read_zip, write_zip
from credserv.exchange.archive import LOG, MANIFEST, SIGNATURE, Archive, Packed, open_archive, pack
from credserv.ground.errors import SigningKeyError, UnavailableError
from credserv.journeys.hold.erasure import erase, tell_all
from credserv.journeys.operate.queue import organisation_of_job
from credserv.journeys.transfer import archives
from credserv.journeys.transfer.archive_check import judge_archive
from credserv.journeys.transfer.leaving import make_archive
from credserv.processes.worker import job_functions
from credserv.records.jobs import JobName
from credserv.store.tables import archives as table
from tests.testkit.browsing import Person
from tests.testkit.killed import killed_before
from tests.testkit.service import NOW, Service

PAT = "pat@example.org"


@pytest.fixture(autouse=True)
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wallet of three is a large one."""
    monkeypatch.setattr(archives, "AT_ONCE", 2)


def filled(service: Service) -> Person:
    for number in range(3):
        service.issue(email=PAT, event_id=f"evt-{number}")
    return Person(service).open_wallet(PAT)


def person_id(service: Service) -> str:
    member = service.services.store.members.find_by_email(PAT)
    assert member is not None
    return member.person_id


def run(service: Service) -> None:
    for subject in archives.unfinished_archives(service.services):
        assert organisation_of_job(service.services.store, JobName.ARCHIVE, subject) == "main"
        archives.run_archive(service.services, subject.partition("/")[2], service.clock.now)


def test_a_small_wallet_is_answered_with_its_archive_and_a_large_one_waits_for_it(service: Service) -> None:
    service.issue(email="small@example.org")
    small = Person(service).open_wallet("small@example.org").submit("/wallet/archive")
    assert (small.status_code, small.mimetype) == (200, "application/zip")
    pat = filled(service)
    assert "Make the archive" in pat.get("/wallet/archive")
    page = pat.follow(pat.submit("/wallet/archive", backup="yes"))
    assert "Your archive is being made" in page
    assert "It was not begun yet." in page
    assert "Make the archive" not in page
    assert pat.client.get("/wallet/archive").headers["Refresh"] == "5"
    pat.get("/wallet/archive/file", 404)
    run(service)
    page = pat.get("/wallet/archive")
    assert "Your archive is ready" in page
    assert "Refresh" not in pat.client.get("/wallet/archive").headers
    (link,) = re.findall(r'href="([^"]+/file)"', page)
    answers = [pat.client.get(link) for _ in range(2)]
    assert answers[0].headers["Content-Disposition"] == 'attachment; filename="credentials-2026-03-14.zip"'
    assert answers[0].headers["Cache-Control"] == "no-store"
    assert answers[0].data == answers[1].data
    files = read_zip(answers[0].data)
    assert len([name for name in files if name.startswith("credentials/")]) == 3
    assert "Wallet Backup.json" in files
    judged = judge_archive(service.services, answers[0].data, service.clock.now)
    assert len(judged.files) == 3


def test_it_stands_in_the_database_sealed_and_nobody_else_fetches_it(service: Service) -> None:
    pat = filled(service)
    pat.submit("/wallet/archive")
    run(service)
    content = pat.client.get("/wallet/archive/file").data
    with service.services.store._database.reading() as connection:
        (sealed,) = connection.scalars(select(table.c.sealed)).all()
    assert bytes(sealed[:2]) != b"PK"
    assert b"credentials/1.json" not in sealed
    assert b"credentials/1.json" in content
    service.issue(email="eve@example.org")
    eve = Person(service).open_wallet("eve@example.org")
    eve.get("/wallet/archive/file", 404)
    assert "Make the archive" in eve.get("/wallet/archive")
    assert Person(service).client.get("/wallet/archive/file").status_code == 303  # not signed in
    assert eve.submit("/wallet/archive/remove", on="/wallet/archive").status_code == 303
    assert pat.client.get("/wallet/archive/file").status_code == 200
    service.clock.advance(minutes=6)  # a session that was left open is not enough
    assert pat.client.get("/wallet/archive/file").status_code in (401, 403)


def test_it_goes_after_a_day_by_their_own_hand_and_with_the_person(service: Service) -> None:
    pat, store, who = filled(service), service.services.store, person_id(service)
    pat.submit("/wallet/archive")
    run(service)
    assert pat.submit("/wallet/archive/remove", on="/wallet/archive").status_code == 303
    assert "The archive is no longer kept here." in pat.get("/wallet/archive")
    assert store.archives.of_person(who) is None
    pat.submit("/wallet/archive")
    run(service)
    now = service.clock.now
    store.archives.purge(now + timedelta(hours=23))
    assert archives.find_archive(service.services, who, now + timedelta(hours=23)) is not None
    assert archives.find_archive(service.services, who, now + timedelta(hours=25)) is None
    store.archives.purge(now + timedelta(hours=25))
    assert store.archives.of_person(who) is None
    assert archives.ask_for_archive(service.services, who, now) is None  # never begun
    store.archives.purge(now + timedelta(hours=47))
    assert store.archives.of_person(who) is not None
    store.archives.purge(now + timedelta(hours=49))
    assert store.archives.of_person(who) is None
    pat.submit("/wallet/archive")
    run(service)
    told = json.loads(read_zip(tell_all(service.services, who, now))["data.json"])
    assert [set(one) & {"asked_at", "sealed"} for one in told["archives"]] == [{"asked_at"}]
    erase(service.services, who, now)
    with store._database.reading() as connection:
        assert connection.execute(select(table)).all() == []


def test_erased_or_let_go_while_it_is_made_nothing_of_it_is_kept(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(service)
    services, who, made = service.services, person_id(service), make_archive
    assert archives.ask_for_archive(services, who, NOW) is None

    def slow(*args: object, **named: object) -> bytes:
        content = made(*args, **named)
        erase(services, who, NOW)
        return content

    monkeypatch.setattr(archives, "make_archive", slow)
    run(service)
    with services.store._database.reading() as connection:
        assert connection.execute(select(table)).all() == []


def test_killed_on_the_way_another_worker_makes_it_once(sqlite_service: Service) -> None:
    service = sqlite_service
    filled(service)
    services, who = service.services, person_id(service)
    step, killed = 1, True
    while killed:
        archives.ask_for_archive(services, who, NOW)
        (subject,) = archives.unfinished_archives(services)
        job = job_functions(services)[JobName.ARCHIVE]
        killed = killed_before(service, step, lambda job=job, subject=subject: job(subject))
        if killed:
            assert archives.unfinished_archives(services) == (subject,)
        step += 9
    assert step > 9
    first = services.store.archives.of_person(who)
    assert first is not None
    assert first.made_at is not None
    content = services.store.archives.content(first.id)
    archives.run_archive(services, first.id, NOW)
    assert services.store.archives.content(first.id) == content


def test_what_cannot_be_made_is_said_and_what_is_away_is_tried_again(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    pat, made = filled(service), make_archive

    def refusing(error: Exception) -> None:
        def refuse(*_: object, **__: object) -> bytes:
            raise error

        monkeypatch.setattr(archives, "make_archive", refuse)

    pat.submit("/wallet/archive")
    refusing(UnavailableError("away"))
    with pytest.raises(UnavailableError):
        run(service)
    assert "Your archive is being made" in pat.get("/wallet/archive")
    refusing(SigningKeyError("locked"))
    run(service)
    page = pat.get("/wallet/archive")
    assert "Your archive could not be made." in page
    assert "locked" not in page
    monkeypatch.setattr(archives, "make_archive", made)
    assert "being made" in pat.follow(pat.submit("/wallet/archive"))
    run(service)
    assert "Your archive is ready" in pat.get("/wallet/archive")


def test_how_far_it_is_is_told(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    pat, made = filled(service), make_archive
    seen: list[str] = []

    def looking(*args: object, **named: object) -> bytes:
        content = made(*args, **named)
        seen.append(pat.get("/wallet/archive"))
        return content

    monkeypatch.setattr(archives, "make_archive", looking)
    pat.submit("/wallet/archive")
    run(service)
    assert "3 of 3 credentials are checked." in seen[0]
    assert '<progress id="progress" value="3" max="3">' in seen[0]


def test_the_archive_of_2_500_credentials_is_read_again() -> None:
    """As large as what is found of each, and its proof in a log of a million, make it."""
    packed = tuple(
        Packed(f"credentials/{number}.json", b"x" * 2_300, "Peer Mentor", True) for number in range(2_500)
    )
    proof = {
        "path": ["a" * 64] * 20,
        "head": {"signed": "b" * 700},
        "entry": {"key": "k", "sha256": "c" * 64},
    }
    told = {one.file: proof for one in packed}
    reports = {"results": [{"input": one.file, "checks": "d" * 8_800} for one in packed]}
    others = {LOG: json.dumps(told).encode(), "verdicts.json": json.dumps(reports).encode()}
    files, manifest = pack(Archive(NOW, "did:web:example.org", packed), others)
    data = write_zip({**files, MANIFEST: manifest, SIGNATURE: b"a.b.c"})
    archive = open_archive(read_zip(data))
    assert len(archive.credentials) == len(archive.logged) == 2_500
