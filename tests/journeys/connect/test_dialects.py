"""Every dialect through the doors of one service: what its system sends is taken, kept, and read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from credserv.records.observed import ObservationRecord
from credserv.records.sources import EventState, SourceRecord
from credserv.sources.webhook import create_secret
from tests.testkit.moving import command
from tests.testkit.reading import DIALECTS, as_bytes, samples
from tests.testkit.service import Service

NO_RULES: dict[str, Any] = {"rules": []}


@dataclass(frozen=True)
class Sender:
    """A system that sends to one source of a service."""

    service: Service
    dialect: str
    options: dict[str, Any]
    secret: str

    def post(
        self, body: bytes, *, by_path: bool = True, headers: dict[str, str] | None = None
    ) -> TestResponse:
        address = f"/hooks/{self.dialect}/{self.secret}" if by_path else f"/hooks/{self.dialect}"
        return self.service.client().post(address, data=body, headers=headers)

    def observed(self) -> tuple[ObservationRecord, ...]:
        return self.service.services.store.observations.recent(limit=100)

    def messages(self) -> list[EventState]:
        found = self.service.services.store.events.recent(self.dialect, limit=100)
        return [one.state for one in found]


def sender(service: Service, dialect: str, secret: str = "", **options: Any) -> Sender:
    told = {"authentication": {"method": "secret-path"}, **options}
    made = Sender(service, dialect, told, secret or create_secret())
    record = SourceRecord(dialect, dialect, (made.secret,), NO_RULES, service.clock.now, options=told)
    service.services.store.sources.create(record)
    return made


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_sample_is_taken_and_kept(sqlite_service: Service, dialect: str) -> None:
    made = sender(sqlite_service, dialect)
    names = samples(dialect)
    for name in names:
        assert made.post(as_bytes(dialect, name)).status_code == 200, name
    assert made.messages() == [EventState.READ] * len(names)
    assert made.observed()


@pytest.mark.parametrize("dialect", ["canvas", "moodle", "openedx", "generic", "csv"])
@pytest.mark.parametrize("body", [b"", b"<xml/>", b'{"a": 1}', b"\xff\xfe\x00"])
def test_what_cannot_be_read_is_kept_and_no_sender_is_refused(
    sqlite_service: Service, dialect: str, body: bytes
) -> None:
    made = sender(sqlite_service, dialect)
    assert made.post(body).status_code in (200, 202)
    assert made.messages() == [EventState.UNREADABLE]


def test_moodle_brings_its_token_in_the_body(sqlite_service: Service) -> None:
    how = {"method": "body-token", "pointer": "/token"}
    made = sender(sqlite_service, "moodle", secret="CHANGE-ME", authentication=how)
    body = as_bytes("moodle", "local_webhooks-course_completed.DERIVED.json")
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert made.post(body, by_path=False, headers=form).status_code == 200
    assert made.post(body.replace(b"CHANGE-ME", b"OTHER"), by_path=False).status_code == 401
    assert len(made.observed()) == 1


def test_a_caliper_sensor_is_a_bearer_and_hears_what_the_standard_says(sqlite_service: Service) -> None:
    made = sender(sqlite_service, "caliper", authentication={"method": "bearer"})
    bearer = {"authorization": f"Bearer {made.secret}"}
    good = as_bytes("caliper", "caliperEventGradeGraded.json")
    assert made.post(good, by_path=False, headers=bearer).status_code == 200
    assert made.post(good, by_path=False).status_code == 401
    other = json.dumps({"sensor": "s", "dataVersion": "http://purl.imsglobal.org/ctx/caliper/v2", "data": []})
    assert made.post(other.encode(), by_path=False, headers=bearer).status_code == 422
    assert made.post(b"{}", by_path=False, headers=bearer).status_code == 400
    assert len(made.messages()) == 3  # kept, whatever was answered


def test_a_profile_reads_the_header_that_it_names_and_no_secret(sqlite_service: Service) -> None:
    fields = {
        "event_type": {"header": "X-Totara-Event"},
        "kind": {"const": "completed"},
        "lms-id": "/user",
        "course": "/course",
        "name": {"header": "Authorization"},
    }
    made = sender(sqlite_service, "generic", fields=fields)
    headers = {"x-totara-event": "course_completed", "authorization": "Bearer nobody's"}
    assert made.post(b'{"user": 5, "course": 7}', headers=headers).status_code == 200
    (found,) = made.observed()
    assert found.observation.event_type == "course_completed"
    assert found.observation.name is None


def test_a_file_comes_again_each_night_and_says_nothing_new(sqlite_service: Service) -> None:
    made = sender(sqlite_service, "csv")
    rows = "employee id,course,status,completed at\n7,c,completed,2026-01-02\n8,c,completed,2026-01-03\n"
    assert made.post(rows.encode()).get_json()["observations"] == 2
    assert made.post((rows + "9,c,completed,2026-01-04\n").encode()).get_json()["observations"] == 3
    assert len(made.observed()) == 3


def test_a_file_is_taken_in_by_command(
    sqlite_service: Service,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = sender(sqlite_service, "csv")
    rows = "employee id,course,status,completed at\n7,c,completed,2026-01-02\n8,c,completed,2026-01-03\n"
    first, second, broken = tmp_path / "first.csv", tmp_path / "second.csv", tmp_path / "broken.csv"
    first.write_text(rows)
    second.write_text(rows + "9,c,completed,2026-01-04\n,c,completed,2026-01-04\n")
    broken.write_text("<xml/>")

    def take(*paths: Path) -> tuple[int, str, str]:
        code = command(sqlite_service.settings, monkeypatch.setenv, "source", "take", "csv", *paths)
        return code, *capsys.readouterr()

    code, out, err = take(first, second)
    assert (code, "line 5" in err) == (0, True)
    assert "first.csv: 2 observations: 2 waiting for a person" in out
    assert "second.csv: 3 observations: 3 waiting for a person" in out
    code, out, err = take(broken, second)
    assert (code, "unreadable" in out, "line 5" in err) == (1, True, True)
    assert len(made.observed()) == 3
    assert command(sqlite_service.settings, monkeypatch.setenv, "source", "take", "nobody", first) == 1
