"""The authorization code of OpenID4VCI: a badge goes into an app by its person's yes, and nothing else."""

from __future__ import annotations

import html
import json
from datetime import timedelta
from typing import Any

import pytest

from credserv.journeys.award.orders import OrderRequest, award_request
from credserv.journeys.hold import consents
from credserv.journeys.publish.publish import set_status
from credserv.records.consents import ConsentRecord, Purpose, notice_language, notice_words
from credserv.records.credentials import CredentialState, Recipient
from tests.testkit.apps import READ, App, new_app, returned
from tests.testkit.browsing import Person
from tests.testkit.holding import WalletApp, award
from tests.testkit.service import Service, make_service

PAT, SAM = "pat@example.org", "sam@example.org"
JWT, SD_JWT = "open-badge-jwt_vc_json", "open-badge-dc+sd-jwt"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    folder = tmp_path_factory.mktemp("taking")
    return make_service(f"sqlite:///{folder / 'taking.db'}", folder)


@pytest.fixture(scope="module")
def app(service: Service) -> App:
    return new_app(service, scope=f"{JWT} {SD_JWT} {READ}")


@pytest.fixture(scope="module")
def badges(service: Service) -> dict[str, str]:
    return {email: award(service, email=email).id for email in (PAT, SAM)}


@pytest.fixture(scope="module")
def pat(service: Service, badges: dict[str, str]) -> Person:
    return Person(service).open_wallet(PAT)


def details(*names: str, **changed: Any) -> str:
    one = {"type": "openid_credential", **changed}
    return json.dumps([{**one, "credential_configuration_id": name} for name in names])


def take(service: Service, token: str, **named: str) -> Any:
    """As a wallet does: a nonce, a proof of its key, the request."""
    wallet = WalletApp(service)
    wallet.token = token
    proofs = {"jwt": [wallet.proof(wallet.nonce())]}
    return wallet.post("credential", {**named, "proofs": proofs})


def test_by_scope_the_badge_of_the_offer_and_by_its_configuration(
    service: Service, app: App, pat: Person, badges: dict[str, str]
) -> None:
    before = len(taken(service))
    code = app.ask(pat, scope=JWT, issuer_state=badges[PAT])["code"]
    assert len(taken(service)) == before, "no app came for it yet"
    given = app.redeem(code).json
    assert "refresh_token" not in given
    assert given["scope"] == JWT
    made = take(service, given["access_token"], credential_configuration_id=JWT)
    assert made.status_code == 200, made.text
    wish = taken(service)[0]
    assert len(taken(service)) == before + 1
    assert wish.shown == ("Mentor Accreditation: Foundation",)
    assert wish.recipient == "Badge Shelf (https://app.example)"
    assert wish.withdrawn_at is None, "nobody called it back, and nobody can"
    assert "Badge Shelf" not in pat.get("/wallet/apps"), "it got one badge, and is in no wallet"
    read = {"Authorization": f"Bearer {given['access_token']}"}
    assert service.client().get("/ims/ob/v3p0/credentials", headers=read).status_code == 401


def test_the_words_that_were_read_are_kept_though_the_app_comes_later(
    service: Service, app: App, badges: dict[str, str]
) -> None:
    """By a request that is nobody's who reads."""
    reader = Person(service)
    reader.client.set_cookie("credserv_language", "de")
    reader.open_wallet(PAT)
    service.clock.advance(seconds=1)
    page = app.send(reader, scope=JWT, issuer_state=badges[PAT]).headers["Location"]
    assert notice_words(Purpose.TAKE, "de") in html.unescape(reader.get(page))
    code = returned(reader.submit(page, answer="allow", read_in="de"))["code"]
    assert app.redeem(code).status_code == 200
    assert notice_language(taken(service)[0]) == "de"


def test_attack_96_a_token_that_takes_a_badge_is_given_back_by_its_app_alone(
    service: Service, app: App, pat: Person, badges: dict[str, str]
) -> None:
    token = app.redeem(app.ask(pat, scope=JWT, issuer_state=badges[PAT])["code"]).json["access_token"]
    later = service.clock.now + timedelta(minutes=6)
    service.services.store.oauth.forget_expired(later)  # the code itself has ended
    assert new_app(service, scope=JWT).revoke(token).status_code == 200, "unknown to it, which is no error"
    assert take(service, token, credential_configuration_id=JWT).status_code == 200
    assert app.revoke(token).status_code == 200
    refused = take(service, token, credential_configuration_id=JWT)
    assert (refused.status_code, refused.json["error"]) == (401, "invalid_token")
    assert app.revoke(token).status_code == 200


def taken(service: Service) -> list[ConsentRecord]:
    """What stands in the list of what Pat agreed to."""
    member = service.services.store.members.find_by_email(PAT)
    assert member is not None
    known = consents.consents_of(service.services, member.person_id)
    return [one for one in known if one.purpose is Purpose.TAKE]


def test_by_details_the_badge_that_the_person_chooses_and_by_its_identifier(
    service: Service, app: App, pat: Person, badges: dict[str, str]
) -> None:
    sent = app.send(pat, scope=None, authorization_details=details(JWT, SD_JWT))
    page = sent.headers["Location"]
    shown = pat.get(page)
    assert badges[PAT] in shown
    assert badges[SAM] not in shown
    code = returned(pat.submit(page, answer="allow", badge=badges[PAT]))["code"]
    told = app.redeem(code).json["authorization_details"]
    assert [one["credential_configuration_id"] for one in told] == sorted((JWT, SD_JWT))
    assert told[0]["credential_identifiers"][0].endswith(badges[PAT])


@pytest.mark.parametrize("badge", ["of-sam", "of-nobody"])
def test_attack_89_nobody_takes_a_badge_that_is_not_theirs(
    service: Service, app: App, pat: Person, badges: dict[str, str], badge: str
) -> None:
    """Neither by the offer of another, which the app brings along, nor by a form that was changed."""
    other = badges[SAM] if badge == "of-sam" else "AAAAAAAAAAAAAAAAAAAAAA"
    page = app.send(pat, scope=JWT, issuer_state=other).headers["Location"]
    assert pat.get(page, status=404)
    chosen = app.send(pat, scope=JWT).headers["Location"]
    assert pat.submit(chosen, answer="allow", badge=other).status_code == 404


def test_attack_89_a_revoked_badge_is_taken_by_no_yes(service: Service, app: App, pat: Person) -> None:
    wanted = OrderRequest("to-be-revoked", "ict-troubleshooting", Recipient(email=PAT))
    record, _ = award_request(service.services, "test", wanted, now=service.clock.now)
    page = app.send(pat, scope=JWT).headers["Location"]
    set_status(
        service.services,
        record.id,
        CredentialState.REVOKED,
        reason="a mistake",
        actor="test",
        now=service.clock.now,
    )
    assert record.id not in pat.get(page)
    assert pat.submit(page, answer="allow", badge=record.id).status_code == 404


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"scope": f"{JWT} {READ}"}, "invalid_scope"),
        ({"scope": "open-badge-ldp_vc"}, "invalid_scope"),
        ({"scope": None, "authorization_details": details("open-badge-ldp_vc")}, "invalid_scope"),
        ({"scope": None, "authorization_details": "[{]"}, "invalid_authorization_details"),
        ({"scope": None, "authorization_details": "[]"}, "invalid_authorization_details"),
        (
            {"scope": None, "authorization_details": details(JWT) + ', "x": 1'},
            "invalid_authorization_details",
        ),
        ({"scope": None, "authorization_details": details("another")}, "invalid_authorization_details"),
        (
            {"scope": None, "authorization_details": details(JWT, locations=["https://another.example"])},
            "invalid_authorization_details",
        ),
    ],
    ids=str,
)
def test_attack_94_a_badge_is_asked_for_by_itself_and_as_registered(
    app: App, changed: dict[str, str | None], error: str
) -> None:
    """Pushed: the app is told at once."""
    answer = app.post("/oauth/par", **app.request(**changed))
    assert (answer.status_code, answer.json["error"]) == (400, error)


def test_attack_95_a_code_that_comes_twice_ends_the_token_of_its_badge(
    service: Service, app: App, pat: Person, badges: dict[str, str]
) -> None:
    code = app.ask(pat, scope=JWT, issuer_state=badges[PAT])["code"]
    token = app.redeem(code).json["access_token"]
    assert app.redeem(code).status_code == 400
    refused = take(service, token, credential_configuration_id=JWT)
    assert (refused.status_code, refused.json["error"]) == (401, "invalid_token")


def test_attack_89_the_token_is_of_one_award(
    service: Service, app: App, pat: Person, badges: dict[str, str]
) -> None:
    token = app.tokens(pat, scope=JWT, issuer_state=badges[PAT])["access_token"]
    own, other = (f"{JWT}:{badges[email]}" for email in (PAT, SAM))
    refused = take(service, token, credential_identifier=other)
    assert (refused.status_code, refused.json["error"]) == (400, "unknown_credential_identifier")
    assert take(service, token, credential_identifier=own).status_code == 200
