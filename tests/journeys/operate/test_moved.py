"""A service whose public address changed still knows what it issued before (found.md B8)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from credserv.app.founding import found_organisation
from credserv.app.installation import require_address
from credserv.ground.errors import SettingsError
from credserv.records.credentials import CredentialState
from credserv.records.organisations import Founding
from tests.testkit.service import NOW, Service, make_settings, open_service

BEFORE, NOW_AT = "https://old.example.org", "https://badges.example.org"


@pytest.fixture
def moved(sqlite_template: Path, tmp_path: Path) -> tuple[Service, list[bytes]]:
    """The service at its new address, and two badges that it issued at the former one."""
    from tests.testkit.service import make_service

    before = make_service(f"sqlite:///{tmp_path / 'c.sqlite'}", tmp_path, public_url=BEFORE)
    issued = [before.issue(email=f"{name}@example.org") for name in ("pat", "sam")]
    documents = [before.client().get(f"/credentials/{one}.json").data for one in issued]
    before.services.store.addresses.move(NOW_AT, NOW)
    settings = make_settings(before.settings.database_url, tmp_path, public_url=NOW_AT)
    return open_service(settings, before.secret), documents


def verify(service: Service, body: bytes, content_type: str = "application/vc") -> dict[str, object]:
    answer = service.client().post("/api/v1/verify", data=body, content_type=content_type)
    assert answer.status_code == 200, answer.text
    return dict(answer.json)


def checks(report: dict[str, object]) -> dict[str, tuple[str, str]]:
    return {item["name"]: (item["outcome"], item["code"]) for item in report["checks"]}  # type: ignore[attr-defined,index]


def test_found_b8_badges_of_the_former_address_are_known_as_ours(
    moved: tuple[Service, list[bytes]],
) -> None:
    """Without asking the network, which this service does not have: their lists are its own."""
    service, documents = moved
    for document in documents:
        assert json.loads(document)["id"].startswith(BEFORE)
        report = verify(service, document)
        assert report["verdict"] == "verified"
        assert checks(report)["issued_here"][0] == "passed"


def test_found_b8_a_revoked_badge_of_the_former_address_is_revoked(
    moved: tuple[Service, list[bytes]],
) -> None:
    service, documents = moved
    badge = json.loads(documents[0])["id"].rpartition("/")[2]
    service.services.store.credentials.set_state(
        badge, CredentialState.REVOKED, reason="", now=NOW, actor="test"
    )
    service.clock.advance(seconds=61)
    report = verify(service, documents[0])
    assert report["verdict"] == "not_verified"
    assert checks(report)["status"] == ("failed", "revoked")


def test_found_b8_a_forged_badge_of_the_former_address_is_not_ours(
    moved: tuple[Service, list[bytes]],
) -> None:
    """Signed by our key under an id that was never given out there."""
    service, documents = moved
    document = json.loads(documents[0])
    del document["proof"]
    document["id"] = f"{BEFORE}/credentials/{'A' * 22}"
    headers = service.api_headers("vc-api:issue")
    answer = service.client().post("/credentials/issue", json={"credential": document}, headers=headers)
    assert answer.status_code == 422
    assert "address of this service" in answer.text


def test_found_b8_a_link_to_the_former_address_is_opened_here(moved: tuple[Service, list[bytes]]) -> None:
    service, documents = moved
    link = json.loads(documents[0])["id"]
    report = verify(service, json.dumps({"url": link}).encode(), "application/json")
    assert report["verdict"] == "verified"


def test_found_b8_organisations_under_the_former_address_are_known_too(tmp_path: Path) -> None:
    from tests.testkit.service import make_service

    before = make_service(f"sqlite:///{tmp_path / 'c.sqlite'}", tmp_path, public_url=BEFORE)
    store = before.services.store
    found_organisation(before.settings, store, Founding("acme", "Acme Guild"), actor="test", now=NOW)
    store.addresses.move(NOW_AT, NOW)
    settings = make_settings(before.settings.database_url, tmp_path, public_url=NOW_AT)
    services = open_service(settings, before.secret).services
    assert services.at(f"{BEFORE}/o/acme/credentials/x").issuer.id == "acme"
    assert services.at(f"{NOW_AT}/o/acme/credentials/x").issuer.id == "acme"
    assert services.at(f"{BEFORE}/credentials/x").issuer.id == "main"
    assert services.at_name("acme").public_urls == (f"{NOW_AT}/o/acme", f"{BEFORE}/o/acme")


def test_found_b8_new_badges_carry_the_address_of_now(moved: tuple[Service, list[bytes]]) -> None:
    service, _ = moved
    answer = service.send_event(email="new@example.org", event_id="another")
    assert answer.json["credential"].startswith(f"{NOW_AT}/credentials/")
    document = service.client().get(answer.json["credential"].removeprefix(NOW_AT) + ".json").data
    assert verify(service, document)["verdict"] == "verified"


def test_found_b8_another_address_is_refused_until_the_word_is_given(service: Service) -> None:
    """On either database; an address that was left may be come back to."""
    store = service.services.store
    require_address(service.settings, store, now=NOW)
    store.addresses.move(NOW_AT, NOW)
    with pytest.raises(SettingsError, match="settings set PUBLIC_URL"):
        require_address(service.settings, store, now=NOW)
    assert store.addresses.former() == (service.settings.public_url,)
    store.addresses.move(service.settings.public_url, NOW)
    require_address(service.settings, store, now=NOW)
    assert (store.addresses.current(), store.addresses.former()) == (service.settings.public_url, (NOW_AT,))
