"""A key is changed so that no verifier meets a signature by a key that it cannot know (found.md O11)."""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from credserv.app.signing_keys import activate_due, activate_key, create_key, retire_key
from credserv.ground.encoding import format_instant
from credserv.ground.errors import InputError
from credserv.processes.cli import main
from credserv.records.organisations import KeyState, SigningKeyRecord
from credserv.web.public.publications import FIVE_MINUTES
from tests.testkit.bounds import HANGS_AFTER
from tests.testkit.browsing import Person
from tests.testkit.service import Service, make_service, open_service

LEAD = timedelta(seconds=600)
KEPT = timedelta(seconds=300)  # by caches, as the DID document's own header allows


@pytest.fixture
def service(tmp_path: Path) -> Service:
    url = f"sqlite:///{tmp_path / 'c.sqlite'}"
    return make_service(url, tmp_path, public_url="https://badges.example.org")


def keys_of(service: Service) -> list[SigningKeyRecord]:
    record = service.services.store.organisation.get()
    assert record is not None
    return list(record.keys)


def states(service: Service) -> list[KeyState]:
    return sorted(key.state for key in keys_of(service))


def published(service: Service) -> set[str]:
    document = service.client().get("/.well-known/did.json").json
    return {method["id"] for method in document["verificationMethod"]}


def sign_one(service: Service, name: str) -> tuple[str, bytes]:
    """The verification method of a new badge, and the badge."""
    issued = service.send_event(email=f"{name}@example.org", event_id=f"evt_{name}")
    assert issued.status_code == 201
    path = issued.json["credential"].removeprefix(service.settings.public_url)
    body = service.client().get(f"{path}.json").data
    return json.loads(body)["proof"]["verificationMethod"], body


def verdict(service: Service, body: bytes) -> str:
    answer = service.client().post("/api/v1/verify", data=body, content_type="application/vc")
    return str(answer.json["verdict"])


def test_found_o11_the_console_shows_a_key_that_waits_and_when_it_signs(service: Service) -> None:
    person = Person(service).sign_in_to_console()
    before = keys_of(service)[0].verification_method
    made = rotate(service, service.clock.now)
    create_key(service.settings, service.services.store, now=service.clock.now, pending=True)
    shown = person.get("/console/keys")
    for key in keys_of(service):
        assert key.verification_method in shown
    row = shown.split(f">{made.verification_method}<")[1].split("</li>")[0]
    assert made.activates_at is not None
    assert f'signs from <time datetime="{format_instant(made.activates_at)}"' in row
    assert "signs once it is activated" in shown
    assert "Pending</span>" in row
    active = shown.split(f">{before}<")[1].split("</li>")[0]
    assert "Active</span>" in active


def rotate(service: Service, now: datetime) -> SigningKeyRecord:
    return create_key(service.settings, service.services.store, now=now, lead=LEAD, replaces=True)


def test_found_o11_nobody_meets_a_key_that_their_copy_of_the_document_lacks(service: Service) -> None:
    """Every half minute a verifier takes a copy, and a badge is issued. Whoever keeps a copy for as long as
    its header allows finds in it the key of every badge that is issued meanwhile."""
    assert f"max-age={int(KEPT.total_seconds())}" in FIVE_MINUTES
    copies: list[tuple[datetime, set[str]]] = []
    signed: list[tuple[datetime, str]] = []
    for step in range(40):
        now = service.clock.advance(seconds=30)
        if step == 12:
            rotate(service, now)
        activate_due(service.settings, service.services.store, now=now)
        copies.append((now, published(service)))
        signed.append((now, sign_one(service, f"p{step}")[0]))
    assert len({method for _, method in signed}) == 2
    assert [
        (at, method)
        for at, method in signed
        for taken, known in copies
        if at - KEPT <= taken <= at and method not in known
    ] == []
    assert states(service) == [KeyState.ACTIVE, KeyState.RETIRED]


def test_found_o11_the_old_key_signs_until_then_and_no_longer(service: Service) -> None:
    old = keys_of(service)[0].verification_method
    new = rotate(service, service.clock.now).verification_method
    assert published(service) == {old, new}
    before = sign_one(service, "before")
    service.clock.advance(seconds=599)
    assert activate_due(service.settings, service.services.store, now=service.clock.now) == ()
    assert sign_one(service, "still")[0] == before[0] == old
    service.clock.advance(seconds=1)
    assert activate_due(service.settings, service.services.store, now=service.clock.now) == (new,)
    assert activate_due(service.settings, service.services.store, now=service.clock.now) == ()
    after = sign_one(service, "after")
    assert after[0] == new
    assert [verdict(service, body) for _, body in (before, after)] == ["verified", "verified"]
    assert published(service) == {old, new}


def test_found_o11_every_process_follows_within_a_second_and_loses_nothing(service: Service) -> None:
    """What another process signs with the old key in the last moment is good."""
    other = open_service(service.settings, service.secret)
    old = sign_one(other, "old")[0]
    rotate(service, service.clock.now)
    service.clock.advance(seconds=600)
    other.clock.now = service.clock.now
    activate_due(service.settings, service.services.store, now=service.clock.now)
    last = sign_one(other, "last")
    if last[0] == old:
        assert verdict(service, last[1]) == "verified"
    deadline, number = time.monotonic() + HANGS_AFTER, 0
    while sign_one(other, f"n{number}")[0] == old:
        assert time.monotonic() < deadline
        number += 1
    (retired,) = [key for key in keys_of(service) if key.state is KeyState.RETIRED]
    assert retired.ended_at is not None
    assert timedelta(seconds=1) < retired.ended_at - service.clock.now < timedelta(seconds=5)


def test_found_o11_a_key_that_does_not_open_takes_nobodys_place(service: Service) -> None:
    new = rotate(service, service.clock.now)
    path = service.settings.keys_dir / new.signer_uri.removeprefix("file:")
    hidden = path.rename(path.with_suffix(".hidden"))
    service.clock.advance(seconds=700)
    assert activate_due(service.settings, service.services.store, now=service.clock.now) == ()
    assert states(service) == [KeyState.ACTIVE, KeyState.PENDING]
    assert sign_one(service, "still")[0] != new.verification_method
    hidden.rename(path)
    assert len(activate_due(service.settings, service.services.store, now=service.clock.now)) == 1


def test_found_o11_a_key_added_leaves_the_others_active(service: Service) -> None:
    store = service.services.store
    create_key(service.settings, store, now=service.clock.now, lead=LEAD)
    service.clock.advance(seconds=600)
    activate_due(service.settings, store, now=service.clock.now)
    assert states(service) == [KeyState.ACTIVE, KeyState.ACTIVE]
    first, second = sorted(keys_of(service), key=lambda key: str(key.activated_at))
    assert sign_one(service, "one")[0] == second.verification_method
    retire_key(store, first.verification_method, now=service.clock.now)
    assert states(service) == [KeyState.ACTIVE, KeyState.RETIRED]


def test_found_o11_no_shortcut_but_by_a_word(service: Service) -> None:
    store, now = service.services.store, service.clock.now
    pending = create_key(service.settings, store, now=now, pending=True).verification_method
    with pytest.raises(InputError, match="--now"):
        activate_key(store, pending, now=now + LEAD / 2, lead=LEAD)
    activate_key(store, pending, now=now + LEAD, lead=LEAD)
    rotate(service, now + LEAD)
    with pytest.raises(InputError, match="takes over on"):
        rotate(service, now + LEAD)
    create_key(service.settings, store, now=now + 2 * LEAD, replaces=True)
    assert states(service).count(KeyState.ACTIVE) == 1


def test_found_o11_commands_say_when(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ["--data", str(tmp_path / "d")]
    assert main(["init", *data, "--public-url", "https://badges.example.org"]) == 0
    capsys.readouterr()
    assert main(["keys", "rotate", *data]) == 0
    said = capsys.readouterr().out
    assert "signs from" in said
    assert main(["keys", "list", *data]) == 0
    listed = capsys.readouterr().out
    assert [listed.count(word) for word in ("active", "pending", "retired")] == [1, 1, 0]
    pending = said.split()[1]
    assert main(["keys", "activate", pending, *data]) == 1
    assert "--now" in capsys.readouterr().err
    assert main(["keys", "activate", pending, "--now", *data]) == 0
    assert main(["keys", "rotate", "--now", *data]) == 0
    assert "Retired did:web" in capsys.readouterr().out
    assert main(["keys", "create", "--pending", *data]) == 0
