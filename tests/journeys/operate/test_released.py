"""A data folder of the version before: one migration, and every badge, link and secret goes on working."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from credserv.app.factory import create_app
from credserv.app.installation import prepare
from credserv.app.services import build_services
from credserv.ground.strict_json import parse_json_object
from credserv.records.credentials import CredentialState
from credserv.sources.webhook import sign_webhook
from tests.testkit.released import fill_released, released
from tests.testkit.service import Clock, NoNetwork, Service, make_settings
from tests.unit.store.samples import held


@pytest.fixture
def upgraded(empty_database_url: str, tmp_path: Path) -> Iterator[Service]:
    """The released version's data under this version's code."""
    fill_released(empty_database_url)
    settings = make_settings(empty_database_url, tmp_path)
    settings.keys_dir.mkdir(parents=True)
    for name, text in released()["key_files"].items():
        (settings.keys_dir / name).write_text(text)
        (settings.keys_dir / name).chmod(0o600)
    clock = Clock()
    store, is_new = prepare(settings, now=clock.now)
    store.close()
    assert not is_new
    services = build_services(settings, fetcher=NoNetwork(), clock=clock)
    app = create_app(settings, services, clock=clock)
    app.config["TESTING"] = True
    yield Service(settings, services, app, clock, released()["tokens"]["webhook_secret"])
    services.close()


def test_attack_134_every_badge_goes_on_as_it_was(upgraded: Service) -> None:
    kept = upgraded.services.store.credentials.search(limit=99).items
    assert len(kept) == len(released()["tables"]["credentials"])
    for record in kept:
        assert record.signed is not None
        verified = upgraded.services.verifier.verify_credential(
            parse_json_object(record.signed), now=upgraded.clock.now, resolvers=upgraded.services.resolvers
        )
        assert verified.verified is (record.state is CredentialState.ACTIVE), (record.id, verified.checks)
        assert upgraded.client().get(f"/credentials/{record.id}").status_code == 200


def test_attack_134_links_keys_and_secrets_go_on(upgraded: Service) -> None:
    tokens, client = released()["tokens"], upgraded.client()
    assert client.get(f"/shares/{tokens['share']}").status_code == 200
    assert client.get(f"/shares/{tokens['ended_share']}").status_code == 410
    assert client.get(f"/wallet/open/{tokens['wallet_link']}").status_code == 200
    assert client.get(f"/console/open/{tokens['console_link']}").status_code == 200
    asked = {"achievement": "mentor-foundation", "recipient": {"email": "new@example.org"}}
    headers = {"Authorization": f"Bearer {tokens['api_key']}", "Idempotency-Key": "after-the-upgrade"}
    assert client.post("/api/v1/credentials", json=asked, headers=headers).status_code == 201
    again = json.dumps(upgraded.event(email="Pat@Example.org")).encode()
    headers = {"Content-Type": "application/json", "webhook-id": "evt_9"}
    timestamp = int(upgraded.clock.now.timestamp())
    headers["webhook-timestamp"] = str(timestamp)
    headers["webhook-signature"] = sign_webhook(upgraded.secret, "evt_9", timestamp, again)
    answer = client.post("/hooks/academy-lms", data=again, headers=headers)
    assert (answer.status_code, answer.json["state"]) == (200, "issued"), (
        "was awarded before, by the version before"
    )


def test_attack_134_an_address_leads_to_the_person_it_led_to(upgraded: Service) -> None:
    holders = {row["email"]: row["id"] for row in released()["tables"]["holders"]}
    before = held(upgraded.services.store, holders["pat@example.org"])
    assert len(before) == 2
    again = upgraded.send_event(email="PAT@example.org", event_id="evt_10")
    known = again.json["credential"].rpartition("/")[2]
    assert (again.status_code, known in {one.id for one in before}) == (200, True), "awarded once"

    for credential_id in (one.id for one in before):
        change = {"state": CredentialState.REVOKED, "reason": "", "now": upgraded.clock.now, "actor": "test"}
        upgraded.services.store.credentials.set_state(credential_id, **change)
    fresh = upgraded.issue(email="PAT@example.org", event_id="evt_11")
    after = held(upgraded.services.store, holders["pat@example.org"])
    assert {one.id for one in after} == {fresh, *(one.id for one in before)}
