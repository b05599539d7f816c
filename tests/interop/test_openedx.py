"""Open edX's own library of events: what it sends is read, and answered as its webhooks take for success."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from credserv.journeys.define.rules import set_rule
from credserv.records.credentials import CredentialState
from credserv.records.sources import EventState
from tests.journeys.award.test_observations import held, known, states
from tests.journeys.connect.test_dialects import Sender, sender
from tests.testkit.service import COURSE, Service

pytest.importorskip("openedx_events", reason="pip install -r requirements-dev.txt")
PROGRAM = Path(__file__).with_name("openedx") / "sender.py"
FORMS = {"json": "application/json", "form": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def events() -> dict[str, dict[str, str]]:
    """By name of the case, as it goes over the wire in each form."""
    run = subprocess.run([sys.executable, str(PROGRAM)], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    made: dict[str, dict[str, str]] = json.loads(run.stdout)
    return made


@pytest.fixture
def campus(sqlite_service: Service) -> Sender:
    rule = {"when": {"observed": {"kind": "completed", "activity": COURSE}}}
    made = sender(sqlite_service, "openedx")
    set_rule(sqlite_service.services, "active-listening", rule, actor="test", now=sqlite_service.clock.now)
    known(sqlite_service, "42", "jane@example.org", namespace="openedx")
    return made


@pytest.mark.parametrize("form", FORMS)
def test_the_events_of_open_edx_are_taken_whatever_comes_of_them(
    campus: Sender, events: dict[str, dict[str, str]], form: str
) -> None:
    headers = {"content-type": FORMS[form]}
    outcomes = {
        name: campus.post(one[form].encode(), headers=headers).status_code for name, one in events.items()
    }
    outcomes["unreadable"] = campus.post(b"event_metadata=%00", headers=headers).status_code
    assert outcomes == dict.fromkeys(outcomes, 200)
    (credential,) = held(campus.service)
    assert credential.order.recipient.email == "jane@example.org"
    assert credential.state is CredentialState.SUSPENDED  # it was revoked in the end
    assert states(campus.service) == ["judged", "judged", "judged", "waiting"]
    assert campus.messages().count(EventState.UNREADABLE) == 1
    assert len(campus.messages()) == len(outcomes)
