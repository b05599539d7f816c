"""Someone checks a credential that is a token: pasted, uploaded, linked, on the page and by the API."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from credserv.ground.verification import Outcome, Verdict
from credserv.journeys.check.check import Checked, check
from credserv.openbadges.baking import bake_svg, svg_from_png
from credserv.proof.tokens.envelope import envelope
from credserv.proof.tokens.open_badges_jwt import sign_open_badges_jwt
from credserv.proof.tokens.sd_jwt_issue import present_sd_jwt, sign_sd_jwt
from credserv.proof.tokens.vc_jwt import sign_vc_jwt
from tests.testkit.service import Service, make_service
from tests.testkit.tokens import token_issuer
from tests.testkit.verifying import Hosts
from tests.testkit.why import why

ALICE = token_issuer()
LINK = "https://badges.example/credentials/1"
TOKEN = sign_vc_jwt(ALICE.badge(), signer=ALICE.signer, verification_method=ALICE.method)
OPEN_BADGES = sign_open_badges_jwt(ALICE.badge(), signer=ALICE.signer, verification_method=ALICE.method)
SD_JWT = sign_sd_jwt(
    ALICE.badge(), signer=ALICE.signer, verification_method=ALICE.method, disclosable=[("name",)]
)
FORGED = TOKEN[:-9] + "AAAAAAAAA"


@pytest.fixture
def service(tmp_path: Path) -> Service:
    hosts = Hosts({LINK: TOKEN.encode()})
    return make_service(f"sqlite:///{tmp_path / 'credserv.sqlite'}", tmp_path, fetcher=hosts)


def checked(service: Service, data: bytes | None = None, url: str | None = None) -> Checked:
    return check(service.services, data=data, url=url, now=service.clock.now)


def test_every_form_leads_to_the_same(service: Service) -> None:
    for given in (
        TOKEN.encode(),
        b"\n " + TOKEN.encode() + b"\r\n",
        OPEN_BADGES.encode(),
        SD_JWT.encode(),
        json.dumps(envelope(TOKEN)).encode(),
        json.dumps(envelope(SD_JWT)).encode(),
    ):
        found = checked(service, given)
        assert found.verdict is Verdict.ISSUER_UNKNOWN, found.result.checks
        assert found.established
        assert found.credential == ALICE.badge()
        assert found.display.name == "Mentor"
        trusted = found.result.check("issuer_trusted")
        assert trusted is not None
        assert trusted.outcome is Outcome.UNKNOWN
    assert checked(service, url=LINK).verdict is Verdict.ISSUER_UNKNOWN


def test_only_what_the_holder_shows_is_shown(service: Service) -> None:
    found = checked(service, present_sd_jwt(SD_JWT, withhold=["name"]).encode())
    assert found.verdict is Verdict.ISSUER_UNKNOWN
    assert "name" not in found.credential


def test_what_does_not_verify_is_told_and_not_established(service: Service) -> None:
    for given in (FORGED, json.dumps(envelope(FORGED)), SD_JWT + "e30"):
        found = checked(service, given.encode())
        assert found.verdict is Verdict.NOT_VERIFIED
        assert why(found) & {"proof: invalid-signature", "proof: malformed-proof"}
        assert not found.established


def test_a_token_in_the_name_of_our_issuer_is_not_ours(service: Service) -> None:
    document = ALICE.badge(issuer={"id": service.services.issuer.did, "type": ["Profile"]})
    token = sign_vc_jwt(document, signer=ALICE.signer, verification_method=ALICE.method)
    found = checked(service, token.encode())
    assert found.verdict is Verdict.NOT_VERIFIED
    assert why(found) == {"proof: verification-method"}
    assert found.own is None


def test_our_own_key_signs_tokens_that_our_own_page_verifies(service: Service) -> None:
    issuer = service.services.issuer
    signer = service.services.issuing.signer
    document = ALICE.badge(issuer={"id": issuer.did, "type": ["Profile"]})
    token = sign_vc_jwt(document, signer=signer, verification_method=issuer.keys[0].verification_method)
    found = checked(service, token.encode())
    assert found.verdict is Verdict.VERIFIED, found.result.checks


@pytest.mark.parametrize(
    "body", [TOKEN, SD_JWT, OPEN_BADGES, envelope(TOKEN)], ids=["vc", "sd", "ob", "envelope"]
)
def test_by_the_api(service: Service, body: Any) -> None:
    answer = service.client().post("/api/v1/verify", json={"credential": body}).json
    assert answer["verified"] is True, answer
    proof = next(item for item in answer["checks"] if item["name"] == "proof")
    assert ALICE.method in proof["reason"]


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("application/vc+jwt", TOKEN),
        ("application/vc+sd-jwt", SD_JWT),
        ("application/jwt", OPEN_BADGES),
        ("text/plain", SD_JWT),
        ("application/vc", json.dumps(envelope(TOKEN))),
    ],
)
def test_by_the_api_as_a_body_of_its_own(service: Service, media_type: str, body: str) -> None:
    answer = service.client().post("/api/v1/verify", data=body, content_type=media_type)
    assert answer.json["verified"] is True, answer.json
    forged = service.client().post("/api/v1/verify", data=FORGED, content_type="text/plain")
    assert (forged.status_code, forged.json["verdict"]) == (200, "not_verified")


def test_on_the_page(service: Service) -> None:
    client = service.client()
    for given in (
        {"text": TOKEN},
        {"text": f"\n{SD_JWT}\n"},
        {"file": (io.BytesIO(TOKEN.encode()), "x.jwt")},
    ):
        page = client.post("/verify", data=given, content_type="multipart/form-data").get_data(as_text=True)
        assert "Three observed sessions" in page
        assert "and has not been changed since." in page
    page = client.post("/verify", data={"text": FORGED}).get_data(as_text=True)
    assert "and has not been changed since." not in page


def test_a_token_baked_into_a_picture(service: Service) -> None:
    image = service.services.default_image
    assert image is not None
    svg = bake_svg(svg_from_png(image.png, "A badge"), TOKEN.encode())
    assert checked(service, svg).verdict is Verdict.ISSUER_UNKNOWN
