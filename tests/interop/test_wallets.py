"""Wallets of others take our badges and answer our requests; verifiers of others take what we show.

The scripts in `wallets/` behave as Learner Credential Wallet 2.2 does, and use the packages of OpenWallet
Foundation's OpenID4VC.
"""

from __future__ import annotations

import json
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from jwcrypto.jwk import JWK
from openvc import OpenvcError
from openvc.openid4vp import verify_vp_token

from credserv.ground.encoding import decode_multikey
from credserv.ground.errors import ConflictError
from credserv.journeys.admit.sign_in import prove_address
from credserv.journeys.claim import exchanges
from credserv.journeys.claim.copies import make_copy
from credserv.journeys.present import answering
from credserv.journeys.present.opening import Call, Reply, open_link
from credserv.journeys.services import Services
from credserv.proof.keys.did_jwk import did_jwk
from credserv.proof.keys.jwk import build_jwk
from credserv.proof.tokens.jws import payload_of
from credserv.proof.tokens.sd_disclosures import parse_disclosure
from credserv.proof.tokens.sd_jwt import split_sd_jwt
from credserv.records.copies import CopyForm, Holder
from credserv.records.people import ProvedKind
from tests.testkit.browsing import Person
from tests.testkit.learning import learning_award, learning_service
from tests.testkit.node import node_folder, node_program
from tests.testkit.served import served
from tests.testkit.service import Service
from tests.testkit.wallets import make_request

FOLDER = Path(__file__).parent / "wallets"
EMAIL = "pat@example.org"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    node_folder(FOLDER)
    with served(tmp_path_factory.mktemp("wallets"), rate_verify="1000/minute") as own:
        yield own


def run(script: str, *arguments: str, code: int = 0) -> list[dict[str, Any]]:
    done = subprocess.run(
        [node_program(), script, *arguments],
        cwd=FOLDER,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == code, done.stderr[-2000:] + done.stdout[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def held(service: Service) -> tuple[Services, str, str]:
    """A badge that somebody holds: services, person, credential."""
    credential_id = service.issue(email=EMAIL)
    return service.services, prove_address(service.services, EMAIL, service.clock.now), credential_id


@pytest.mark.parametrize("form", ["interaction", "app", "scheme", "direct"])
def test_learner_credential_wallet_takes_a_badge_by_every_form_of_link(service: Service, form: str) -> None:
    own, person, credential_id = held(service)
    links = exchanges.begin(own, person, credential_id, service.clock.now)
    told = run("lcw_like.mjs", getattr(links, form))
    assert told[-1]["n"] == 1
    assert own.store.people.find_proved(ProvedKind.DID, told[-1]["subject"]) is not None
    if form == "direct":
        run("lcw_like.mjs", links.interaction, code=1)  # another wallet, with another key


def test_a_wallet_by_openid4vp_answers_our_request_and_only_for_us(service: Service) -> None:
    key = JWK.generate(kty="EC", crv="P-256")
    own, person, credential_id = held(service)
    did = did_jwk({name: one for name, one in key.export_public(as_dict=True).items() if name != "kid"})
    copy = make_copy(own, credential_id, CopyForm.DC_SD_JWT, Holder(person, did), service.clock.now)
    assert copy.signed is not None
    asked = make_request(service, plain="1")
    for fault, says in (("wrong-aud", "aud does not name"), ("wrong-nonce", "nonce is another")):
        told = run("holder.mjs", asked.link, copy.signed.decode(), key.export_private(), fault)
        assert told[-1]["status"] == 400, told
        assert says in told[-1]["body"]
    told = run("holder.mjs", asked.link, copy.signed.decode(), key.export_private())
    assert told[0]["client"]["prefix"] == "redirect_uri"
    assert told[-1]["status"] == 200, told
    assert "Shown by its holder" in Person(service).get(asked.watch)


def test_a_wallet_by_openid4vp_reads_our_signed_request_and_answers_encrypted(service: Service) -> None:
    key = JWK.generate(kty="EC", crv="P-256")
    own, person, credential_id = held(service)
    did = did_jwk({name: one for name, one in key.export_public(as_dict=True).items() if name != "kid"})
    copy = make_copy(own, credential_id, CopyForm.DC_SD_JWT, Holder(person, did), service.clock.now)
    assert copy.signed is not None
    asked = make_request(service)
    verifier = json.dumps(build_jwk(*decode_multikey(own.credential_signer.signer.public_key_multibase)))
    told = run("holder_signed.mjs", asked.link, copy.signed.decode(), key.export_private(), verifier)
    request = {"prefix": "decentralized_identifier", "mode": "direct_post.jwt", "signed": True}
    assert told[0] == {"step": "request", **request}
    assert told[-1]["status"] == 200, told
    assert "Shown by its holder" in Person(service).get(asked.watch)


def call(url: str, form: Mapping[str, str] | None) -> Reply:
    """To a verifier on this machine, where the guarded client does not go."""
    data = None if form is None else urlencode(form).encode()
    with urllib.request.urlopen(url, data, timeout=60) as answer:
        return Reply(answer.status, answer.read())


@pytest.fixture(params=["dc+sd-jwt", "ldp_vc", "jwt_vc_json"])
def verifier(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """One of others: the link of its request, and its address."""
    with asking(request.param) as asked:
        yield asked


@contextmanager
def asking(what: str) -> Iterator[tuple[str, str]]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    arguments = [node_program(), "verifier.mjs", str(port), what]
    with subprocess.Popen(arguments, cwd=FOLDER, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip(), f"http://localhost:{port}"
        process.kill()


def test_a_verifier_by_openid4vp_takes_what_a_person_shows(
    service: Service, verifier: tuple[str, str]
) -> None:
    link, address = verifier
    own, person, _ = held(service)
    now = service.clock.now
    opened = open_link(own, link, now, call)
    (offer, *_) = answering.find_offers(own, person, opened.request, now)
    assert offer.is_bound
    answering.show(own, person, opened, [offer], now, call)
    (taken,) = json.loads(call(f"{address}/result", None).body)
    assert taken["ok"], taken
    if opened.request.query.credentials[0].format == "dc+sd-jwt":
        _judge_by_openvc(taken)
    else:
        _judge_here(service, taken)
    with pytest.raises(ConflictError, match="did not take"):
        answering.show(own, person, opened, [offer], now, refusing(call))


def test_a_verifier_by_openid4vp_takes_the_learning_credential(service: Service) -> None:
    """What was asked for is shown, and neither names nor address."""
    service = learning_service(service)
    own, now = service.services, service.clock.now
    record = learning_award(service)
    with asking("learning") as (link, address):
        opened = open_link(own, link, now, call)
        (offer,) = answering.find_offers(own, record.person_id, opened.request, now)
        assert offer.badge.id == record.id
        assert "level_of_learning_experience" in offer.fields
        assert not {"family_name", "learner_identification", "expected_study_time"} & set(offer.fields)
        answering.show(own, record.person_id, opened, [offer], now, call)
        (taken,) = json.loads(call(f"{address}/result", None).body)
    assert taken["ok"], taken
    _judge_by_openvc(taken)
    (shown,) = taken["presentations"]["badge"]
    assert "Safe lifting" in payload_of(shown.partition("~")[0]).decode()
    disclosed = [parse_disclosure(one) for one in split_sd_jwt(shown)[1]]
    assert [(one.name, one.value) for one in disclosed] == [("level_of_learning_experience", 4)]
    own.close()


def _judge_by_openvc(taken: dict[str, Any]) -> None:
    told: dict[str, Any] = {
        "dcql_query": taken["query"],
        "nonce": taken["nonce"],
        "client_id": taken["client_id"],
        "require_holder_binding": True,
    }
    assert verify_vp_token(taken["presentations"], **told)
    for wrong in ({"nonce": "another"}, {"client_id": "redirect_uri:https://other.example/"}):
        with pytest.raises(OpenvcError):
            verify_vp_token(taken["presentations"], **{**told, **wrong})


def _judge_here(service: Service, taken: dict[str, Any]) -> None:
    """openvc-core wants objects in its own compacted form, which `criteria` of ours is not, and badges in a
    claim `vc`, which Open Badges 3.0, section 8.2, has not."""
    (presentation,) = taken["presentations"]["badge"]
    right = {"challenge": taken["nonce"], "domain": taken["client_id"]}
    for changes, status in (({}, 200), ({"challenge": "another"}, 400), ({"domain": "other"}, 400)):
        message = {"verifiablePresentation": presentation, "options": {**right, **changes}}
        assert service.client().post("/presentations/verify", json=message).status_code == status


def refusing(inner: Call) -> Call:
    """As urllib raises for it, a status that is none of success is answered as such."""

    def asked(url: str, form: Mapping[str, str] | None) -> Reply:
        try:
            return inner(url, form)
        except urllib.error.HTTPError as error:
            with error:
                return Reply(error.code, b"")

    return asked
