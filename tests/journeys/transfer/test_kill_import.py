"""Killed in the middle of an import, at whatever point: what is there is whole, and the rest comes again."""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path

from credserv.app.services import build_services
from credserv.app.settings import Settings
from credserv.carriers.zip_file import write_zip
from credserv.journeys.transfer.brought import open_brought
from credserv.journeys.transfer.imports import KeptAs, keep_import
from tests.testkit.bounds import HANGS_AFTER
from tests.testkit.defects import ALICE, good
from tests.testkit.forked import Forked
from tests.testkit.processes import environ_of
from tests.testkit.service import NOW, NoNetwork, make_service

COUNT = 40


def bring(person_id: str, archive: Path) -> None:
    services = build_services(Settings.from_env(os.environ), fetcher=NoNetwork())
    keep_import(services, person_id, archive.read_bytes(), NOW, added_by="killed")


def test_a_killed_import_leaves_nothing_half(tmp_path: Path) -> None:
    service = make_service(f"sqlite:///{tmp_path / 'credserv.sqlite'}", tmp_path, fetcher=NoNetwork())
    store = service.services.store
    person_id = store.people.add("Pat", NOW)
    badges = [good(NOW, id=f"https://badges.example/credentials/{n}") for n in range(COUNT)]
    for badge in badges:
        del badge["credentialStatus"]
    files = {f"{n}.json": json.dumps(ALICE.sign(badge)).encode() for n, badge in enumerate(badges)}
    archive = tmp_path / "mine.zip"
    archive.write_bytes(write_zip(files))
    child = Forked(bring, person_id, archive, environ=environ_of(service.settings))
    end = time.monotonic() + HANGS_AFTER
    while store.imports.count(person_id) < 3:
        assert child.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < end, "it did not begin in time"
        time.sleep(0.005)
    child.kill()
    child.wait()

    left = store.imports.of_person(person_id)
    assert 3 <= len(left) <= COUNT
    for record in left:
        content = store.imports.content(person_id, record.id)
        assert content in files.values()
        assert hashlib.sha256(content).hexdigest() == record.sha256
        assert open_brought(service.services, person_id, record.id, NOW).report["verified"]

    again = keep_import(service.services, person_id, archive.read_bytes(), NOW, added_by="again")
    told = [one.outcome for one in again]
    assert told.count(KeptAs.HELD) == len(left)
    assert told.count(KeptAs.NEW) == COUNT - len(left)
    assert store.imports.count(person_id) == COUNT
