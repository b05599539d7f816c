"""Attacks on requests for presentations (OpenID4VP 1.0): replayed, borrowed, altered, answered twice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from credserv.ground.encoding import KeyType
from credserv.journeys.check import asking
from credserv.journeys.define.role_profiles import keep_profile
from credserv.journeys.publish.publish import set_status
from credserv.proof.tokens.jws import sign_jws
from credserv.proof.tokens.sd_jwt import digest
from credserv.records.credentials import CredentialState
from tests.testkit.proofs import NOW, issuer
from tests.testkit.service import Service, make_service
from tests.testkit.tokens import token_issuer
from tests.testkit.wallets import Request, bound_badge, make_request


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    folder: Path = tmp_path_factory.mktemp("presentations")
    own = make_service(f"sqlite:///{folder / 'p.sqlite'}", folder, rate_verify="9999/minute")
    rates = own.app.extensions["credserv.budgets"].rates
    rates["links"] = ()
    return own


@pytest.fixture(scope="module")
def badge(service: Service) -> dict[str, Any]:
    return bound_badge(service)


def refused(answer: Any, says: str, status: int = 400) -> None:
    assert (answer.status_code, answer.json["error"]) == (status, "invalid_request"), answer.text
    assert says in answer.json["error_description"]


@pytest.mark.parametrize("plain", [{}, {"plain": "1"}], ids=["encrypted", "plain"])
def test_a_badge_that_its_holder_shows_is_told_so(
    service: Service, badge: dict[str, Any], plain: dict[str, str]
) -> None:
    asked = make_request(service, **plain)
    assert "Waiting for an answer" in asked.page()
    assert asked.answer(asked.present(badge)).status_code == 200
    page = asked.page()
    assert "Shown by its holder" in page
    assert "Genuine" in page
    kept = asking.watch(service.services, asked.watch.rpartition("/")[2], service.clock.now)
    assert badge["credentialSubject"]["identifier"][0]["identityHash"] not in json.dumps(kept.answer)


def test_attack_84_an_answer_to_another_request_is_refused_and_a_second_too(
    service: Service, badge: dict[str, Any]
) -> None:
    first, second = make_request(service), make_request(service)
    stolen = first.present(badge)
    refused(second.answer(stolen), "challenge")
    assert first.answer(stolen).status_code == 200
    refused(first.answer(stolen), "answered already")
    assert "Waiting for an answer" in second.page()


@pytest.mark.parametrize("changed", [{"domain": "redirect_uri:https://other.example/"}, {"domain": None}])
def test_attack_85_what_was_signed_for_another_verifier_is_refused(
    service: Service, badge: dict[str, Any], changed: dict[str, Any]
) -> None:
    asked = make_request(service)
    refused(asked.answer(asked.present(badge, **changed)), "domain")


def test_attack_86_a_stolen_badge_is_not_shown_by_its_holder(service: Service, badge: dict[str, Any]) -> None:
    thief = issuer(22)
    asked = make_request(service)
    refused(asked.answer(asked.present(badge, by=thief)), "not who it is about")
    refused(asked.answer(badge), "without the signature of its holder")
    refused(asked.answer({**asked.present(badge), "holder": thief.did}), "proof")
    lenient = make_request(service, bearer="1")
    assert lenient.answer(lenient.present(badge, by=thief)).status_code == 200
    assert "Shown by a bearer" in lenient.page()
    copied = make_request(service, bearer="1")
    assert copied.answer(badge).status_code == 200
    assert "Shown by a bearer" in copied.page()


def test_attack_89_what_was_to_be_encrypted_is_not_taken_in_clear(
    service: Service, badge: dict[str, Any]
) -> None:
    asked = make_request(service)
    shown = json.dumps({"badge": [asked.present(badge)]})
    path = asked.parameters["response_uri"].partition("://")[2].partition("/")[2]
    answer = service.client().post(f"/{path}", data={"vp_token": shown, "state": asked.parameters["state"]})
    refused(answer, "encrypted")
    twice = {"response": ["x", "y"]}
    refused(service.client().post(f"/{path}", data=twice), "more than once")


def test_an_altered_or_revoked_badge_is_never_told_good(service: Service) -> None:
    good = bound_badge(service)
    altered = {**good, "name": "Professor"}
    asked = make_request(service)
    assert asked.answer(asked.present(altered)).status_code == 200
    assert "Genuine" not in asked.page()
    set_status(
        service.services,
        good["id"].rpartition("/")[2],
        CredentialState.REVOKED,
        reason="a test",
        actor="test",
        now=service.clock.now,
    )
    again = make_request(service)
    assert again.answer(again.present(good)).status_code == 200
    assert "revoked" in again.page().lower()
    assert "Genuine and in force" not in again.page()


@pytest.mark.parametrize(
    ("token", "says"),
    [
        ({}, "vp_token"),
        ({"other": ["x"]}, "was not asked"),
        ({"badge": "x"}, "list"),
        ({"badge": []}, "list"),
        ({"badge": ["a.b.c"]}, "ldp_vc"),
        ({"badge_jwt": ["a.b.c"]}, "without the signature"),
        ({"badge_sd_jwt": ["a.b.c~"]}, "without the signature"),
        ({"badge_sd_jwt": ["a.b.c"]}, "dc+sd-jwt"),
        ({"badge": [{}]}, "text or an object"),
    ],
)
def test_what_is_no_answer_leaves_the_request_open(service: Service, token: Any, says: str) -> None:
    asked = make_request(service)
    refused(asked.post(vp_token=token), says)
    refused(asked.post(vp_token={"badge": ["x"]}, state="another"), "state")
    assert "Waiting for an answer" in asked.page()


def test_another_badge_than_was_asked_for_is_no_answer(service: Service, badge: dict[str, Any]) -> None:
    asked = make_request(service, wanted="badge:ict-troubleshooting")
    refused(asked.answer(asked.present(badge)), "another badge")
    right = make_request(service, wanted="badge:mentor-foundation")
    assert right.answer(right.present(badge)).status_code == 200


def test_a_role_is_held_against_what_is_shown(service: Service, badge: dict[str, Any]) -> None:
    skill = {"uri": "urn:example:never-shown", "label": "Juggling"}
    keep_profile(
        service.services, {"name": "Juggler", "skills": [skill]}, actor="test", now=service.clock.now
    )
    asked = make_request(service, wanted="role:juggler")
    assert asked.answer(asked.present(badge)).status_code == 200
    page = asked.page()
    assert "0 of 1 essential skill is met" in page
    assert "Juggling" in page


def test_the_request_is_signed_by_our_did_and_repeats_the_nonce_of_the_wallet(service: Service) -> None:
    asked = make_request(service)
    assert asked.parameters["client_id"] == f"decentralized_identifier:{service.services.issuer.did}"
    assert asked.parameters["wallet_nonce"] == "w-1"
    assert asked.parameters["response_uri"].startswith(service.services.public_url)
    plain = make_request(service, plain="1").parameters
    assert plain["client_id"] == f"redirect_uri:{plain['response_uri']}"
    missing = service.client().get(f"/openid4vp/{'x' * 22}/request")
    assert missing.status_code == 404


def test_who_declines_is_told_as_such_and_the_request_is_over(
    service: Service, badge: dict[str, Any]
) -> None:
    asked = make_request(service)
    path = asked.parameters["response_uri"].partition("://")[2].partition("/")[2]
    told = {"error": "access_denied", "state": asked.parameters["state"]}
    assert service.client().post(f"/{path}", data=told).status_code == 200
    assert "declined" in asked.page()
    refused(asked.answer(asked.present(badge)), "answered already")


def test_a_request_ends_and_so_does_its_result(sqlite_service: Service) -> None:
    held = bound_badge(sqlite_service)
    late, answered = make_request(sqlite_service), make_request(sqlite_service)
    assert answered.answer(answered.present(held)).status_code == 200
    sqlite_service.clock.advance(minutes=16)
    refused(late.answer(late.present(held)), "time is over", 404)
    assert sqlite_service.client().get(late.watch).status_code == 410
    assert "Shown by its holder" in answered.page()
    sqlite_service.clock.advance(hours=1)
    assert sqlite_service.client().get(answered.watch).status_code == 410


HOLDER_KEY = token_issuer(KeyType.P256, seed=5)


def sd_jwt(asked: Request, **changes: Any) -> str:
    """An SD-JWT VC of another issuer, bound by its holder to this request."""
    by = token_issuer(KeyType.P256)
    claims = {
        "iss": by.did,
        "vct": "https://purl.imsglobal.org/spec/vc/ob/vocab.html#OpenBadgeCredential",
        "iat": int(NOW.timestamp()) - 60,
        "cnf": {"jwk": HOLDER_KEY.jwk},
        "achievement": {"id": "urn:example:first-aid", "name": "First aid"},
    }
    token = sign_jws(claims, header={"typ": "dc+sd-jwt", "kid": by.method}, signer=by.signer) + "~"
    said = {
        "iat": int(NOW.timestamp()),
        "aud": changes.get("aud", asked.parameters["client_id"]),
        "nonce": changes.get("nonce", asked.parameters["nonce"]),
        "sd_hash": digest(token, claims),
    }
    return token + sign_jws(said, header={"typ": "kb+jwt"}, signer=changes.get("signer", HOLDER_KEY.signer))


def test_an_sd_jwt_is_bound_to_its_holder_by_the_key_that_its_issuer_named(service: Service) -> None:
    asked = make_request(service)
    wrong = [{"aud": "redirect_uri:https://other.example"}, {"nonce": "another"}]
    for changes in (*wrong, {"signer": token_issuer(KeyType.P256, seed=6).signer}):
        answer = asked.answer(sd_jwt(asked, **changes), query="badge_sd_jwt")
        assert answer.status_code == 400, changes
    assert asked.answer(sd_jwt(asked), query="badge_sd_jwt").status_code == 200
    assert "Shown by its holder" in asked.page()


def test_attack_45_each_presentation_of_an_answer_counts(tmp_path: Path) -> None:
    """One call with twenty was one call of the rate, and up to a minute of the processor."""
    url = f"sqlite:///{tmp_path / 'c.sqlite'}"
    service = make_service(url, tmp_path, rate_verify="12/minute")
    asked = make_request(service, plain="1", bearer="1")
    thing = {"type": ["VerifiablePresentation"]}
    refused(asked.post(vp_token={"badge": [thing] * 15}), "at most 12")
    refused(asked.post(vp_token={"badge": [thing] * 8}), "no proof")
    late = asked.post(vp_token={"badge": [thing] * 5})
    assert (late.status_code, late.json["code"]) == (429, "rate-limited")
