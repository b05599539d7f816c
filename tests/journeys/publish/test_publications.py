"""What anyone may fetch: negotiated, cached rightly, readable from any site."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from PIL import Image

from credserv.openbadges.baking import unbake
from credserv.records.credentials import CredentialState
from credserv.status.bitstring import bit_at, decode_list
from tests.testkit import lots
from tests.testkit.service import ACHIEVEMENT, Service, make_service

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


def test_a_credential_is_served_byte_for_byte(service: Service) -> None:
    credential_id = service.issue()
    record = service.services.store.credentials.get(credential_id)
    assert record is not None
    for address in (f"/credentials/{credential_id}", f"/credentials/{credential_id}.json"):
        assert service.client().get(address).data == record.signed


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, "application/ld+json"),
        ("*/*", "application/ld+json"),
        ("", "application/ld+json"),
        ("application/json", "application/json"),
        ("application/json; charset=utf-8", "application/json"),
        ('application/ld+json; profile="http://www.w3.org/ns/json-ld#expanded"', "application/ld+json"),
        ("application/ld+json", "application/ld+json"),
        ("application/vc+ld+json", "application/vc+ld+json"),
        ("application/vc", "application/vc"),
        (BROWSER, "text/html"),
        ("text/html", "text/html"),
        ("image/png", "image/png"),
        ("image/*", "image/png"),
        ("image/svg+xml", "image/svg+xml"),
        ("text/html;q=0.5, application/json", "application/json"),
    ],
)
def test_a_credential_is_negotiated(sqlite_service: Service, accept: str | None, media_type: str) -> None:
    headers = {} if accept is None else {"Accept": accept}
    answer = sqlite_service.client().get(f"/credentials/{sqlite_service.issue()}", headers=headers)
    assert answer.status_code == 200
    assert answer.mimetype == media_type
    assert "Accept" in answer.headers["Vary"]
    if media_type.startswith("image/"):
        assert unbake(answer.data).startswith(b'{"@context"')


@pytest.mark.parametrize("accept", ["application/pdf", "video/mp4", "application/json;q=0"])
def test_406_when_nothing_fits(sqlite_service: Service, accept: str) -> None:
    answer = sqlite_service.client().get(f"/credentials/{sqlite_service.issue()}", headers={"Accept": accept})
    assert answer.status_code == 406
    assert "image/png" in answer.json["detail"]


def test_files_to_keep(sqlite_service: Service) -> None:
    credential_id = sqlite_service.issue()
    for suffix, media_type in (("json", "application/json"), ("png", "image/png"), ("svg", "image/svg+xml")):
        answer = sqlite_service.client().get(f"/credentials/{credential_id}.{suffix}")
        assert answer.mimetype == media_type
        assert answer.headers["Content-Disposition"].startswith("attachment;")
        assert f".{suffix}" in answer.headers["Content-Disposition"]


def test_attack_82_a_credential_is_asked_about_each_time(sqlite_service: Service) -> None:
    client, address = sqlite_service.client(), f"/credentials/{sqlite_service.issue()}"
    first = client.get(address)
    assert first.headers["Cache-Control"] == "public, no-cache"
    again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    page = client.get(address, headers={"Accept": "text/html"})
    assert "no-cache" in page.headers["Cache-Control"] or "no-store" in page.headers["Cache-Control"]


def test_achievements_and_pictures_may_be_kept_for_good(sqlite_service: Service) -> None:
    client = sqlite_service.client()
    leading = client.get(f"/achievements/{ACHIEVEMENT}")
    assert leading.status_code == 302
    address = leading.headers["Location"]
    assert address == f"{sqlite_service.settings.public_url}/achievements/{ACHIEVEMENT}/versions/1"
    found = client.get(address)
    assert found.mimetype == "application/ld+json"
    assert "immutable" in found.headers["Cache-Control"]
    assert found.json["id"] == address
    assert found.json["@context"][0] == "https://www.w3.org/ns/credentials/v2"
    picture = client.get(found.json["image"]["id"])
    assert picture.mimetype == "image/png"
    assert "immutable" in picture.headers["Cache-Control"]
    assert client.get(address, headers={"Accept": BROWSER}).mimetype == "text/html"


def test_a_link_to_an_achievement_is_previewed_with_a_card(sqlite_service: Service) -> None:
    client = sqlite_service.client()
    page = client.get(f"/achievements/{ACHIEVEMENT}/versions/1", headers={"User-Agent": "LinkedInBot/1.0"})
    (card,) = re.findall(r'og:image" content="([^"]+)"', page.text)
    drawn = client.get(card)
    assert Image.open(io.BytesIO(drawn.data)).size == (1200, 630)
    assert client.get(card, headers={"If-None-Match": drawn.headers["ETag"]}).status_code == 304
    assert client.get(card.replace("/versions/1/", "/versions/9/")).status_code == 404


def test_attack_58_pictures_can_neither_run_nor_load_anything(sqlite_service: Service) -> None:
    version = sqlite_service.services.store.achievements.newest(ACHIEVEMENT)
    assert version is not None
    assert version.svg_sha256 is not None
    for name in (f"{version.png_sha256}.png", f"{version.svg_sha256}.svg"):
        answer = sqlite_service.client().get(f"/images/{name}")
        assert answer.status_code == 200
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    crossed = sqlite_service.client().get(f"/images/{version.svg_sha256}.png")
    assert crossed.status_code == 404


def test_the_issuer_as_profile_and_as_page(sqlite_service: Service) -> None:
    profile = sqlite_service.client().get("/issuer")
    assert profile.mimetype == "application/ld+json"
    assert profile.json["id"] == sqlite_service.services.issuer.did
    assert profile.json["type"] == ["Profile"]
    assert sqlite_service.client().get("/issuer", headers={"Accept": BROWSER}).mimetype == "text/html"


def test_a_did_key_issuer_has_no_did_json(sqlite_service: Service) -> None:
    assert sqlite_service.services.issuer.did.startswith("did:key:")
    assert sqlite_service.client().get("/.well-known/did.json").status_code == 404


def test_a_did_web_issuer_has_its_document_where_the_method_says(database_url: str, tmp_path: Path) -> None:
    service = make_service(database_url, tmp_path, public_url="https://badges.example.org")
    document = service.client().get("/.well-known/did.json")
    assert document.status_code == 200
    assert document.json["id"] == "did:web:badges.example.org" == service.services.issuer.did
    method = service.services.issuer.keys[0].verification_method
    assert document.json["assertionMethod"] == [method]
    assert (
        service.client().get(f"/credentials/{service.issue()}").json["proof"]["verificationMethod"] == method
    )
    assert "Strict-Transport-Security" in document.headers


def test_the_status_list_shows_a_revocation_within_the_bound(service: Service) -> None:
    credential_id = service.issue()
    entry = service.client().get(f"/credentials/{credential_id}").json["credentialStatus"]
    index = int(entry["statusListIndex"])

    def is_set() -> bool:
        listed = service.client().get(entry["statusListCredential"]).json
        return bit_at(decode_list(listed["credentialSubject"]["encodedList"]), index)

    assert not is_set()
    service.services.store.credentials.set_state(
        credential_id, CredentialState.REVOKED, reason="x", now=service.clock.now, actor="test"
    )
    service.clock.advance(seconds=60)
    assert is_set()


def test_attack_74_a_cache_keeps_a_list_no_longer_than_the_bound(service: Service) -> None:
    entry = service.client().get(f"/credentials/{service.issue()}").json["credentialStatus"]
    ages = []
    for _ in range(4):
        answer = service.client().get(entry["statusListCredential"])
        ages.append(int(answer.headers["Cache-Control"].partition("max-age=")[2]))
        service.clock.advance(seconds=25)
    assert all(1 <= age <= 60 for age in ages)


def test_attack_119_any_site_may_read_and_never_with_credentials(sqlite_service: Service) -> None:
    credential_id = sqlite_service.issue()
    client = sqlite_service.client()
    entry = client.get(f"/credentials/{credential_id}").json["credentialStatus"]
    for address in (
        f"/credentials/{credential_id}",
        entry["statusListCredential"],
        "/issuer",
        f"/credentials/{'N' * 22}",
    ):
        answer = client.get(address, headers={"Origin": "https://elsewhere.example"})
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert "Set-Cookie" not in answer.headers
    asked = client.options("/api/v1/verify", headers={"Origin": "https://elsewhere.example"})
    assert asked.headers["Access-Control-Allow-Headers"] == "Content-Type, If-None-Match"
    private = client.get("/api/v1/credentials/x", headers={"Origin": "https://elsewhere.example"})
    assert "Access-Control-Allow-Origin" not in private.headers


def test_head_is_get_without_a_body(sqlite_service: Service) -> None:
    address = f"/credentials/{sqlite_service.issue()}"
    got, asked = sqlite_service.client().get(address), sqlite_service.client().head(address)
    assert (asked.status_code, asked.data) == (200, b"")
    for name in ("Content-Type", "Content-Length", "ETag", "Cache-Control"):
        assert asked.headers[name] == got.headers[name]


def test_what_is_not_finished_or_failed_is_not_there(service: Service) -> None:
    store = service.services.store
    credential_id = service.issue()
    record = store.credentials.get(credential_id)
    assert record is not None
    from dataclasses import replace

    order = replace(record.order, idempotency_key="another-one")
    pending, _ = lots.reserve(store, order, service.clock.now, new_id="P" * 22, salt="s")
    for suffix in ("", ".json", ".png", ".svg"):
        absent = service.client().get(f"/credentials/{'Q' * 22}{suffix}")
        answer = service.client().get(f"/credentials/{pending.id}{suffix}")
        assert answer.status_code == absent.status_code == 404
        assert {**answer.json, "instance": ""} == {**absent.json, "instance": ""}
