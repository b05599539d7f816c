"""Attacks on badges on their way into a wallet app (OpenID4VCI 1.0): codes, proofs, tokens, profiles."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from credserv.app.founding import found_organisation
from credserv.ground.canonical_json import to_json
from credserv.ground.encoding import KeyType, encode_base64url
from credserv.ground.errors import ConflictError, NotFoundError, SigningKeyError, WalletRequestError
from credserv.journeys.claim import requests, tokens
from credserv.journeys.claim.offers import MadeOffer, make_offer
from credserv.journeys.claim.tokens import Presented
from credserv.journeys.deliver.link_letters import link_letter
from credserv.journeys.publish.publish import set_status
from credserv.openbadges.data_model import V2
from credserv.proof.keys.verification_method import did_key
from credserv.proof.tokens.jws import payload_of, peek_header
from credserv.records.access import LinkPurpose
from credserv.records.audit import Action
from credserv.records.credentials import CredentialState
from credserv.records.organisations import Founding
from tests.hostile.test_http import form_token, signed_in_holder
from tests.testkit.browsing import Letters, Person
from tests.testkit.holding import WalletApp, award, wallet_did
from tests.testkit.killed import killed_before
from tests.testkit.moving import command
from tests.testkit.proofs import issuer
from tests.testkit.service import Service, make_service
from tests.testkit.tokens import signer
from tests.testkit.writers import at_once


def error_of(answer: Any) -> tuple[int, str]:
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.status_code, answer.json["error"]


# --- codes --------------------------------------------------------------------------------------


def test_attack_87_a_code_is_used_once_and_dead_after_five_wrong_numbers(service: Service) -> None:
    app, record = WalletApp(service), award(service)
    made = app.offered(record)
    wrong = "000000" if made.tx_code != "000000" else "000001"
    code = app.code(made)
    for _ in range(4):
        assert error_of(app.redeem(made, code=code, tx_code=wrong)) == (400, "invalid_grant")
    assert app.redeem(made, code=code).status_code == 200
    assert error_of(app.redeem(made, code=code)) == (400, "invalid_grant")
    assert app.fetch(made).status_code == 410
    other = app.offered(record)
    code = app.code(other)
    for _ in range(5):
        assert error_of(app.redeem(other, code=code, tx_code=wrong)) == (400, "invalid_grant")
    assert error_of(app.redeem(other, code=code)) == (400, "invalid_grant")
    assert app.fetch(other).status_code == 410


def test_attack_87_many_who_redeem_at_once_get_one_token(service: Service) -> None:
    app, record = WalletApp(service), award(service)
    made = app.offered(record)
    code = app.code(made)
    answers = at_once(8, lambda _: WalletApp(service).redeem(made, code=code).status_code)
    assert sorted(answers) == [200] + [400] * 7


def test_attack_87_numbers_guessed_at_once_are_all_counted(service: Service) -> None:
    app, record = WalletApp(service), award(service)
    made = app.offered(record)
    code = app.code(made)
    guesses = [f"{number:06}" for number in range(9) if f"{number:06}" != made.tx_code][:8]
    answers = at_once(8, lambda n: WalletApp(service).redeem(made, code=code, tx_code=guesses[n]).status_code)
    assert answers == [400] * 8
    assert app.redeem(made, code=code).status_code == 400


def test_attack_87_what_stands_in_the_store_opens_nothing(sqlite_service: Service) -> None:
    app, record = WalletApp(sqlite_service), award(sqlite_service)
    made = app.offered(record)
    code, token = app.code(made), app.take_up(record)
    told = Path(sqlite_service.settings.database_url.partition(":///")[2]).read_bytes()
    for secret in (code, token, made.link.rpartition("%2F")[2]):
        assert len(secret) >= 22
        assert secret.encode() not in told


def test_attack_87_an_old_offer_and_one_that_was_made_anew_are_dead(sqlite_service: Service) -> None:
    app, record = WalletApp(sqlite_service), award(sqlite_service)
    first = app.offered(record)
    code = app.code(first)
    sqlite_service.clock.advance(seconds=1)
    second = app.offered(record)
    assert error_of(app.redeem(first, code=code)) == (400, "invalid_grant")
    code = app.code(second)
    sqlite_service.clock.advance(minutes=11)
    assert app.fetch(second).status_code == 410
    assert error_of(app.redeem(second, code=code)) == (400, "invalid_grant")
    assert sqlite_service.client().get(f"/openid4vci/offers/{'x' * 32}").status_code == 404


def test_attack_87_the_token_endpoint_tells_what_is_missing(sqlite_service: Service) -> None:
    app, record = WalletApp(sqlite_service), award(sqlite_service)
    made = app.offered(record)
    assert error_of(app.redeem(made, tx_code=None)) == (400, "invalid_request")
    assert error_of(app.redeem(made, grant_type="password")) == (400, "unsupported_grant_type")
    assert error_of(app.redeem(made, grant_type=None)) == (400, "invalid_request")
    assert error_of(app.redeem(made, code="x" * 40)) == (400, "invalid_grant")
    assert error_of(app.redeem(made, tx_code=[made.tx_code] * 2)) == (400, "invalid_request")
    assert error_of(app.post("token", {"grant_type": "x"})) == (400, "invalid_request")
    known = app.redeem(made, user_pin=made.tx_code, resource=app.issuer, client_id="any")
    assert known.status_code == 200
    assert known.json["token_type"] == "bearer"


def test_attack_87_nobody_makes_offers_of_another_persons_badge(sqlite_service: Service) -> None:
    service = sqlite_service
    record, other = award(service), award(service, email="eve@example.org")
    with pytest.raises(NotFoundError):
        make_offer(service.services, other.person_id, record.id, service.clock.now)
    set_status(
        service.services, record.id, CredentialState.REVOKED, reason="", actor="test", now=service.clock.now
    )
    with pytest.raises(ConflictError, match="revoked"):
        make_offer(service.services, record.person_id, record.id, service.clock.now)
    app = WalletApp(service)
    app.offered(other)
    lines = service.services.store.audit.of_subject(other.id)
    assert Action.OFFER_MADE in {line.action for line in lines}


# --- proofs of the key --------------------------------------------------------------------------

Misfit = Callable[[WalletApp, str], str]
MISFITS: dict[str, Misfit] = {
    "no type": lambda app, nonce: app.proof(nonce, header={"typ": None}),
    "another type": lambda app, nonce: app.proof(nonce, header={"typ": "JWT"}),
    "another audience": lambda app, nonce: app.proof(nonce, aud="https://another.example"),
    "several audiences": lambda app, nonce: app.proof(nonce, aud=[app.issuer, "https://another.example"]),
    "no time": lambda app, nonce: app.proof(nonce, iat=None),
    "too old": lambda app, nonce: app.proof(nonce, iat=app.now - 400),
    "of the future": lambda app, nonce: app.proof(nonce, iat=app.now + 400),
    "ended": lambda app, nonce: app.proof(nonce, exp=app.now - 1),
    "no nonce": lambda app, _: app.proof(None),
    "no key": lambda app, nonce: app.proof(nonce, header={"jwk": None}),
    "two keys": lambda app, nonce: app.proof(
        nonce, header={"kid": f"{wallet_did()}#{wallet_did().removeprefix('did:key:')}"}
    ),
    "another's key": lambda app, nonce: app.proof(nonce, key=signer(KeyType.P256, 8)),
    "another's DID": lambda app, nonce: app.proof(
        nonce,
        key=signer(KeyType.ED25519, 8),
        header={"jwk": None, "kid": f"{wallet_did()}#{wallet_did().removeprefix('did:key:')}"},
    ),
    "a private key": lambda app, nonce: app.proof(nonce, header={"jwk": {**app.jwk, "d": "AAAA"}}),
    "a DID that changes": lambda app, nonce: app.proof(
        nonce, header={"jwk": None, "kid": "did:web:wallet.example#key"}
    ),
    "a DID without its key": lambda app, nonce: app.proof(nonce, header={"jwk": None, "kid": wallet_did()}),
    "a certificate": lambda app, nonce: app.proof(nonce, header={"x5c": ["AAAA"]}),
    "an address of keys": lambda app, nonce: app.proof(nonce, header={"jku": "https://keys.example"}),
    "no proof": lambda _app, _: "no proof",
}


@pytest.fixture(scope="module")
def app(module_service: Service) -> WalletApp:
    """One that has an access token."""
    made = WalletApp(module_service)
    made.take_up(award(module_service))
    return made


@pytest.fixture(scope="module")
def module_service(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Service:
    folder = tmp_path_factory.mktemp("oid4vci")
    path = folder / "credserv.sqlite"
    path.write_bytes(sqlite_template.read_bytes())
    return make_service(f"sqlite:///{path}", folder)


@pytest.mark.parametrize("misfit", MISFITS)
def test_attack_88_a_proof_that_does_not_fit_is_refused(app: WalletApp, misfit: str) -> None:
    nonce = app.nonce()
    answer = app.ask("vc+jwt", app.proof(nonce), MISFITS[misfit](app, nonce))
    assert error_of(answer) == (400, "invalid_proof")
    assert app.ask("vc+jwt", app.proof(nonce)).status_code == 200  # it used up no nonce


def test_attack_88_algorithms_that_prove_nothing_are_refused(app: WalletApp) -> None:
    nonce = app.nonce()
    good = app.proof(nonce)
    for header in ({"alg": "none"}, {"alg": "HS256"}, {"alg": "ES384"}):
        head = encode_base64url(to_json({**peek_header(good), **header}))
        forged = ".".join([head, *good.split(".")[1:]])
        assert error_of(app.ask("vc+jwt", forged)) == (400, "invalid_proof")
    assert json.loads(payload_of(good))["nonce"] == nonce


def test_attack_88_a_nonce_counts_once_and_is_ours(app: WalletApp) -> None:
    nonce = app.nonce()
    for unknown in ("made up", nonce[:-4] + "AAAA"):
        assert error_of(app.ask("vc+jwt", app.proof(unknown))) == (400, "invalid_nonce")
    assert app.ask("vc+jwt", app.proof(nonce)).status_code == 200
    assert error_of(app.ask("vc+jwt", app.proof(nonce))) == (400, "invalid_nonce")


def test_attack_88_a_nonce_used_by_many_at_once_counts_once(service: Service) -> None:
    app = WalletApp(service)
    app.take_up(award(service))
    nonce = app.nonce()
    answers = at_once(4, lambda _: app.ask("vc+jwt", app.proof(nonce)).status_code)
    assert sorted(answers) == [200, 400, 400, 400]


def test_attack_88_killed_at_any_statement_no_nonce_counts_twice_and_one_copy_is_made(
    sqlite_service: Service,
) -> None:
    service = sqlite_service
    record, app, step, killed = award(service), WalletApp(service), 1, True
    while killed:
        app.take_up(record)
        proof = app.proof(app.nonce())
        killed = killed_before(service, step, lambda proof=proof: app.ask("dc+sd-jwt", proof))
        again = app.ask("dc+sd-jwt", proof)  # as an app does that heard nothing
        if again.status_code == 200:
            again = app.ask("dc+sd-jwt", proof)
        assert error_of(again) == (400, "invalid_nonce")
        step += 4
    assert step > 16
    assert app.ask("dc+sd-jwt", app.proof(app.nonce())).status_code == 200
    (made,) = service.services.store.copies.of_credential(record.id)
    assert made.signed is not None


def test_attack_88_a_nonce_is_used_up_with_what_it_reserves_and_delivered_with_what_is_kept(
    service: Service,
) -> None:
    """One transaction for the token, two for a copy: the second alone has signed bytes."""
    app, record = WalletApp(service), award(service)
    made = app.offered(record)
    code, proofs = app.code(made), [app.proof(app.nonce()) for _ in range(2)]
    engine, commits = service.services.store._database.engine, [0]

    def committed(_: object) -> None:
        commits[0] += 1

    def counted(work: Callable[[], Any]) -> tuple[int, int]:
        commits[0] = 0
        return work().status_code, commits[0]

    event.listen(engine, "commit", committed)
    try:
        assert counted(lambda: app.redeem(made, code=code)) == (200, 1)
        assert counted(lambda: app.ask("vc+jwt", proofs[0])) == (200, 2)
        assert counted(lambda: app.ask("vc+jwt", proofs[1])) == (200, 2)
        assert counted(lambda: app.ask("vc+jwt", proofs[1])) == (400, 0)
    finally:
        event.remove(engine, "commit", committed)


def test_attack_88_an_old_nonce_is_dead(sqlite_service: Service) -> None:
    app = WalletApp(sqlite_service)
    app.take_up(award(sqlite_service))
    nonce = app.nonce()
    sqlite_service.clock.advance(minutes=6)
    assert error_of(app.ask("vc+jwt", app.proof(nonce))) == (400, "invalid_nonce")


# --- what is asked for --------------------------------------------------------------------------

BAD_REQUESTS: dict[str, tuple[dict[str, Any], str]] = {
    "of an older profile": (
        {"credential_configuration_id": None, "format": "jwt_vc_json", "types": ["OpenBadgeCredential"]},
        "invalid_credential_request",
    ),
    "with both names": ({"credential_identifier": "x"}, "invalid_credential_request"),
    "by identifier": (
        {"credential_configuration_id": None, "credential_identifier": "x"},
        "unknown_credential_identifier",
    ),
    "of another configuration": (
        {"credential_configuration_id": "open-badge-mso_mdoc"},
        "unknown_credential_configuration",
    ),
    "of a form that the key does not sign": (
        {"credential_configuration_id": "open-badge-ldp_vc-sd"},
        "unknown_credential_configuration",
    ),
    "encrypted": ({"credential_response_encryption": {"enc": "A128GCM"}}, "invalid_encryption_parameters"),
    "without proofs": ({"proofs": None}, "invalid_proof"),
    "with no proof": ({"proofs": {"jwt": []}}, "invalid_proof"),
    "with the one proof of before": ({"proof": {"proof_type": "jwt", "jwt": "x"}}, "invalid_proof"),
    "with an attestation": ({"proofs": {"attestation": ["x"]}}, "invalid_proof"),
    "with another kind beside": ({"proofs": {"jwt": ["x"], "di_vp": [{}]}}, "invalid_proof"),
    "with too many": ({"proofs": {"jwt": ["x"] * 5}}, "invalid_proof"),
    "with objects for texts": ({"proofs": {"jwt": [{}]}}, "invalid_proof"),
}


@pytest.mark.parametrize("wrong", BAD_REQUESTS)
def test_attack_89_no_older_or_weaker_profile_is_served(app: WalletApp, wrong: str) -> None:
    changed, error = BAD_REQUESTS[wrong]
    body = {"credential_configuration_id": "open-badge-vc+jwt", "proofs": {"jwt": [app.proof(app.nonce())]}}
    sent = {name: value for name, value in {**body, **changed}.items() if value is not None}
    assert error_of(app.post("credential", sent)) == (400, error)


def test_attack_89_the_token_is_of_one_award_and_lives_for_minutes(sqlite_service: Service) -> None:
    service = sqlite_service
    app, record = WalletApp(service), award(service)
    other = award(service, email="eve@example.org")
    for endpoint in ("credential", "deferred", "notification"):
        for token in ("", "x" * 43, " "):
            answer = app.post(endpoint, {}, token=token)
            assert error_of(answer) == (401, "invalid_token")
            assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
    app.take_up(record)
    made = app.ask("vc+jwt", app.proof(app.nonce()), credential_id=other.id).json
    claims = json.loads(payload_of(made["credentials"][0]["credential"]))
    copied = service.services.store.copies.get(claims["id"].rpartition("/")[2])
    assert copied is not None
    assert copied.credential_id == record.id
    thief = WalletApp(service)
    thief.take_up(other)
    noted = {"notification_id": made["notification_id"], "event": "credential_accepted"}
    assert error_of(thief.post("notification", noted)) == (400, "invalid_notification_id")
    service.clock.advance(minutes=16)
    assert error_of(app.ask("vc+jwt", app.proof("x"))) == (401, "invalid_token")


def test_attack_89_a_revoked_badge_is_given_to_no_app(sqlite_service: Service) -> None:
    service = sqlite_service
    app, record = WalletApp(service), award(service)
    app.take_up(record)
    set_status(
        service.services, record.id, CredentialState.REVOKED, reason="", actor="test", now=service.clock.now
    )
    nonce = app.nonce()
    for _ in range(2):  # what gives nothing uses up no nonce
        answer = app.ask("vc+jwt", app.proof(nonce))
        assert error_of(answer) == (400, "credential_request_denied")


def test_attack_89_a_token_bound_to_a_key_is_useless_without(sqlite_service: Service) -> None:
    service = sqlite_service
    app, record = WalletApp(service), award(service)
    made = app.offered(record)
    code = app.code(made)
    bad = app.redeem(made, code=code, headers={"DPoP": app.dpop("credential", "1")})
    assert error_of(bad) == (400, "invalid_dpop_proof")
    first = app.dpop("token", "1")
    answer = app.redeem(made, code=code, headers={"DPoP": first})
    assert (answer.status_code, answer.json["token_type"]) == (200, "DPoP")
    token, body = app.token, {"credential_configuration_id": "open-badge-vc+jwt"}

    def ask(scheme: str, **headers: str) -> Any:
        sent = {**body, "proofs": {"jwt": [app.proof(app.nonce())]}}
        return app.post("credential", sent, token="", Authorization=f"{scheme} {token}", **headers)

    assert error_of(ask("Bearer")) == (401, "invalid_token")
    assert error_of(ask("DPoP")) == (401, "invalid_token")
    assert error_of(ask("DPoP", DPoP=app.dpop("credential", "2"))) == (400, "invalid_dpop_proof")
    other = WalletApp(service, key=signer(KeyType.P256, 9))
    assert error_of(ask("DPoP", DPoP=other.dpop("credential", "3", token=token))) == (401, "invalid_token")
    good = app.dpop("credential", "4", token=token)
    assert ask("DPoP", DPoP=good).status_code == 200
    assert error_of(ask("DPoP", DPoP=good)) == (400, "invalid_dpop_proof")
    assert error_of(ask("DPoP", DPoP=app.dpop("credential", "5", token=token, iat=1))) == (
        400,
        "invalid_dpop_proof",
    )


# --- what goes well -----------------------------------------------------------------------------


def test_many_keys_get_a_copy_each_and_the_same_one_again(app: WalletApp) -> None:
    other = signer(KeyType.ED25519, 8)
    nonce, did = app.nonce(), did_key(other.public_key_multibase)
    kid = f"{did}#{other.public_key_multibase}"
    proofs = [app.proof(nonce), app.proof(nonce, key=other, header={"jwk": None, "kid": kid})]
    made = app.ask("ldp_vc", *proofs).json["credentials"]
    subjects = [one["credential"]["credentialSubject"]["id"] for one in made]
    assert subjects[0].startswith("did:jwk:")
    assert subjects[1] == did
    again = app.ask("ldp_vc", app.proof(app.nonce())).json["credentials"]
    assert again == made[:1]


def test_what_cannot_be_signed_at_the_moment_is_deferred(sqlite_service: Service) -> None:
    service = sqlite_service
    app, record = WalletApp(service), award(service)
    app.take_up(record)
    own, now = service.services, service.clock.now
    offer = tokens.require_offer(own, Presented("bearer", app.token), "/openid4vci/credential", now)
    issuing = own.issuing

    class Locked:
        key_type, public_key_multibase = issuing.signer.key_type, issuing.signer.public_key_multibase

        def sign_again(self, data: bytes) -> None:
            return None

        def sign(self, data: bytes) -> bytes:
            raise SigningKeyError(f"the key is locked, {len(data)} bytes are not signed")

    locked = replace(own, recipe=type(own.recipe)(replace(issuing, signer=Locked())))
    body = {
        "credential_configuration_id": "open-badge-dc+sd-jwt",
        "proofs": {"jwt": [app.proof(app.nonce())]},
    }
    answer = requests.request_credentials(locked, offer, body, now)
    assert answer.is_deferred
    wanted = {"transaction_id": answer.body["transaction_id"]}
    assert requests.deferred_credentials(locked, offer, wanted, now).is_deferred
    (left,) = own.store.copies.unfinished(service.clock.advance(minutes=1), 9)
    made = app.post("deferred", wanted)
    assert (made.status_code, list(made.json)) == (200, ["credentials"])
    assert own.store.copies.unfinished(service.clock.now, 9) == ()
    stored = own.store.copies.get(left.id)
    assert stored is not None
    assert made.json["credentials"] == [{"credential": (stored.signed or b"").decode()}]
    assert error_of(app.post("deferred", wanted)) == (400, "invalid_transaction_id")
    assert error_of(app.post("deferred", {})) == (400, "invalid_transaction_id")
    with pytest.raises(WalletRequestError):
        requests.note_event(own, offer, {"notification_id": "x", "event": "credential_accepted"})
    noted = {"notification_id": wanted["transaction_id"], "event": "credential_deleted"}
    assert [app.post("notification", noted).status_code for _ in range(2)] == [204, 204]
    assert error_of(app.post("notification", {**noted, "event": "lost"})) == (
        400,
        "invalid_notification_request",
    )


def test_a_wallet_of_linked_data_proves_its_key_by_a_presentation(app: WalletApp) -> None:
    holder, nonce = issuer(31), app.nonce()

    def shown(challenge: str, domain: str) -> dict[str, Any]:
        unsigned = {"@context": [V2], "type": ["VerifiablePresentation"], "holder": holder.did}
        created = app.service.clock.now.strftime("%Y-%m-%dT%H:%M:%SZ")
        said = {"proofPurpose": "authentication", "challenge": challenge, "domain": domain}
        return {**unsigned, "proof": holder.prove(unsigned, created=created, **said)}

    def ask(presentation: Any) -> Any:
        body = {"credential_configuration_id": "open-badge-ldp_vc", "proofs": {"di_vp": [presentation]}}
        return app.post("credential", body)

    for misfit in (shown("another", app.issuer), {**shown(nonce, app.issuer), "holder": wallet_did()}):
        assert ask(misfit).status_code == 400
    for misfit in (shown(nonce, "https://another.example"), {"type": "VerifiablePresentation"}):
        assert error_of(ask(misfit)) == (400, "invalid_proof")
    made = ask(shown(nonce, app.issuer))
    assert made.status_code == 200, made.text
    assert made.json["credentials"][0]["credential"]["credentialSubject"]["id"] == holder.did


def test_what_this_issuer_is_stands_at_its_well_known_places(app: WalletApp) -> None:
    client = app.service.client()
    told = client.get("/.well-known/openid-credential-issuer").json
    assert told["credential_issuer"] == app.issuer
    server, of_consent = told["authorization_servers"]
    assert of_consent == app.issuer
    assert client.get("/.well-known/oauth-authorization-server").json["issuer"] == app.issuer
    place = server.removeprefix(app.issuer)
    assert client.get(f"/.well-known/oauth-authorization-server{place}").json["issuer"] == server
    assert set(app.fetch(app.offered(award(app.service))).json["credential_configuration_ids"]) == set(
        told["credential_configurations_supported"]
    )
    found_organisation(
        app.service.settings,
        app.service.services.store,
        Founding("acme", "Acme"),
        actor="test",
        now=app.service.clock.now,
    )
    own = client.get("/.well-known/openid-credential-issuer/o/acme").json
    assert own["credential_issuer"] == f"{app.issuer}/o/acme"
    assert own["nonce_endpoint"] == f"{app.issuer}/o/acme/openid4vci/nonce"
    other = client.get("/.well-known/oauth-authorization-server/o/acme/openid4vci").json
    assert other["issuer"] == own["authorization_servers"][0]
    assert client.get("/.well-known/openid-credential-issuer/o/nobody").status_code == 404


def test_the_page_of_the_wallet_has_the_offer_and_its_number(sqlite_service: Service) -> None:
    """The interaction URL that stands beside it names the offer, and never the number."""
    holder = signed_in_holder(sqlite_service)
    (credential_id,) = re.findall(r"/wallet/credentials/([A-Za-z0-9_-]{22})", holder.get("/wallet").text)[:1]
    form = {"csrf_token": form_token(holder.get(f"/wallet/credentials/{credential_id}").text)}
    shown = holder.post(f"/wallet/credentials/{credential_id}/exchange", data=form)
    assert shown.status_code == 200
    link = re.search(r'id="offer-link" href="(openid-credential-offer://[^"]+)"', shown.text)
    number = re.search(r'id="tx-code">([0-9]{6})<', shown.text)
    interaction = re.search(r"/interactions/[A-Za-z0-9_-]+\?iuv=1", shown.text)
    assert link is not None
    assert number is not None
    assert interaction is not None
    assert shown.headers["Cache-Control"] == "no-store"
    answer = holder.get(interaction[0], headers={"Accept": "application/json"})
    assert answer.json["protocols"]["oid4vci-1.0"] == answer.json["protocols"]["OID4VCI"] == link[1]
    assert number[1] not in answer.text
    app = WalletApp(sqlite_service)
    made = MadeOffer(link[1], number[1], sqlite_service.clock.now)
    assert app.redeem(made).status_code == 200
    answer = holder.get(interaction[0], headers={"Accept": "application/json"})
    assert list(answer.json["protocols"]) == ["vcapi"]


def test_attack_87_a_number_that_comes_by_letter_is_on_no_page_and_sealed_in_the_store(
    sqlite_service: Service,
) -> None:
    """For who takes a badge where others see the screen."""
    mailed = Letters(sqlite_service)
    service, app = mailed.service, WalletApp(mailed.service)
    record = award(service)
    person = Person(service).open_wallet(record.order.recipient.email or "")
    path = f"/wallet/credentials/{record.id}"
    shown = person.submit(f"{path}/exchange", on=path, number="letter").text
    assert 'id="tx-code"' not in shown
    link = html.unescape(re.search(r'id="offer-link" href="([^"]+)"', shown)[1])  # type: ignore[index]
    now = service.clock.now
    (due,) = [
        one
        for one in service.services.store.link_letters.take(now, until=now, limit=9)
        if one.wanted and one.wanted.purpose is LinkPurpose.TOLD_LETTER
    ]
    letter = link_letter(service.services, due, now)
    assert letter is not None
    number = re.search(r"asks for it: ([0-9]{6})", letter.text)[1]  # type: ignore[index]
    assert number not in shown
    assert number not in (due.wanted.claim or "")  # type: ignore[union-attr]
    assert app.redeem(MadeOffer(link, number, now)).status_code == 200
    with pytest.raises(ConflictError, match="no letter reaches you"):  # without a mail server
        make_offer(sqlite_service.services, record.person_id, record.id, now, by_letter=True)


def test_the_command_makes_an_offer(
    sqlite_service: Service, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    record = award(sqlite_service)
    address = f"{sqlite_service.settings.public_url}/credentials/{record.id}"
    assert command(sqlite_service.settings, monkeypatch.setenv, "offer", address, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["offer"].startswith("openid-credential-offer://?")
    assert len(told["tx_code"]) == 6
