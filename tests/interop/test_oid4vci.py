"""A wallet app by other people takes a badge in every format from a running service; others verify each.

@openid4vc/openid4vci is the wallet; @digitalbazaar/vc, jose, sd-jwt and openvc-core judge what it got, and
openvc-core our metadata, our offer and the proofs that our own tests make.
"""

from __future__ import annotations

import json
import subprocess
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from jwcrypto.common import JWException
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS
from openvc import openid4vci
from openvc.proof.sd_jwt import SdJwtVcProofSuite
from openvc.status import token_status_list
from sd_jwt.verifier import SDJWTVerifier

from credserv.exchange.oid4vci import issuer_metadata, offer
from credserv.ground.encoding import decode_multikey
from credserv.issuing.copying import OPEN_BADGE_VCT
from credserv.journeys.claim.offers import issuer_of, make_offer
from credserv.openbadges.learning_credential import CLAIMS, VCT
from credserv.proof.keys.jwk import build_jwk
from credserv.proof.keys.verification_method import did_key_document
from credserv.proof.tokens.jws import payload_of
from credserv.records.copies import CopyForm
from credserv.records.credentials import CredentialRecord
from tests.testkit.apps import REDIRECT_URI, REGISTRATION
from tests.testkit.browsing import Person
from tests.testkit.holding import WalletApp, award
from tests.testkit.learning import learning_award, learning_service
from tests.testkit.node import node_folder, node_peer, node_program
from tests.testkit.processes import free_port, running
from tests.testkit.proofs import pinned_contexts
from tests.testkit.service import Clock, Service, make_service


@pytest.fixture(scope="module")
def service(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Service:
    folder, port = tmp_path_factory.mktemp("oid4vci"), free_port()
    path = folder / "credserv.sqlite"
    path.write_bytes(sqlite_template.read_bytes())
    url, clock = f"http://localhost:{port}", Clock(datetime.now(UTC))
    return learning_service(make_service(f"sqlite:///{path}", folder, clock=clock, port=port, public_url=url))


@pytest.fixture(scope="module")
def started(service: Service) -> Iterator[Service]:
    with running(service.settings, workers=0):
        yield service


@pytest.fixture(scope="module")
def taken(started: Service) -> dict[str, Any]:
    return take(started, award(started))


def take(started: Service, record: CredentialRecord) -> dict[str, Any]:
    """What the wallet tells, with the credentials by configuration."""
    made = make_offer(started.services, record.person_id, record.id, datetime.now(UTC))
    wrong = "000000" if made.tx_code != "000000" else "000001"
    done = subprocess.run(
        [node_program(), "oid4vci.mjs", made.link, made.tx_code, wrong],
        cwd=node_folder(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def issuer_key(service: Service) -> dict[str, str]:
    return build_jwk(*decode_multikey(service.services.issuing.signer.public_key_multibase))


def only(taken: dict[str, Any], form: CopyForm) -> Any:
    (found,) = taken["credentials"][f"open-badge-{form.value}"]
    return found


def get(url: str) -> Any:
    with urllib.request.urlopen(url) as answer:
        return answer.read()


def test_a_wallet_of_others_takes_every_format(taken: dict[str, Any]) -> None:
    forms = (CopyForm.LDP_VC, CopyForm.JWT_VC_JSON, CopyForm.VC_JWT, CopyForm.DC_SD_JWT)
    assert set(taken["credentials"]) == {f"open-badge-{form.value}" for form in forms}
    assert taken["notified"] == len(forms)
    assert (taken["wrong"], taken["again"]) == ("invalid_grant", "invalid_grant")


def test_digital_bazaar_verifies_the_one_with_linked_data(started: Service, taken: dict[str, Any]) -> None:
    credential, pinned = only(taken, CopyForm.LDP_VC), pinned_contexts()
    did, listed = credential["issuer"]["id"], credential["credentialStatus"]["statusListCredential"]
    documents = {url: pinned.document(url) for url in pinned.urls}
    documents |= {did: did_key_document(did), listed: json.loads(get(listed))}
    with node_peer("peer.mjs") as peer:
        now = datetime.now(UTC).isoformat()
        judged = peer.ask("verify", credential=credential, documents=documents, now=now)
        changed = {**credential, "name": "Another"}
        refused = peer.ask("verify", credential=changed, documents=documents, now=now)
    assert judged == {"verified": True, "errors": [], "bits": [False]}
    assert not refused["verified"]
    assert credential["credentialSubject"]["id"].startswith("did:jwk:")
    assert started.services.issuer.did == did


def test_jose_verifies_the_tokens(started: Service, taken: dict[str, Any]) -> None:
    key, now = issuer_key(started), datetime.now(UTC).isoformat()
    with node_peer("jose.mjs") as peer:
        for form, typ in ((CopyForm.JWT_VC_JSON, "JWT"), (CopyForm.VC_JWT, "vc+jwt")):
            token = only(taken, form)
            judged = peer.ask("verify", token=token, jwk=key, alg="EdDSA", typ=typ, now=now)
            assert judged["verified"], judged
            assert judged["payload"]["credentialSubject"]["achievement"]["name"]
            changed = token[:-8] + ("A" if token[-8] != "A" else "B") + token[-7:]
            assert not peer.ask("verify", token=changed, jwk=key, alg="EdDSA", typ=typ, now=now)["verified"]


def test_sd_jwt_and_openvc_read_the_one_that_discloses(started: Service, taken: dict[str, Any]) -> None:
    token, key = only(taken, CopyForm.DC_SD_JWT), JWK.from_json(json.dumps(issuer_key(started)))
    claims = SDJWTVerifier(token, lambda *_: key).get_verified_payload()
    assert claims["cnf"]["jwk"] == {name: taken["jwk"][name] for name in ("kty", "crv", "x", "y")}
    assert claims["achievement"]["name"] == claims["name"]
    assert claims["iss"] == started.services.issuer.did
    place = claims["status"]["status_list"]
    listed = get(place["uri"]).decode()
    signed = JWS()
    signed.deserialize(listed, key, alg="EdDSA")
    payload = json.loads(signed.payload)
    assert payload["sub"] == place["uri"]
    bits = token_status_list.decode_status_list(payload["status_list"]["lst"])
    assert token_status_list.get_status(bits, place["idx"], bits=1) == 0
    read = SdJwtVcProofSuite().verify(token, public_key_jwk=issuer_key(started), expected_vct=OPEN_BADGE_VCT)
    assert read.claims["sub"].startswith("did:jwk:")


def test_a_wallet_of_others_takes_the_learning_credential_and_others_verify_it(started: Service) -> None:
    taken = take(started, learning_award(started))
    (token,) = taken["credentials"]["learning-credential-dc+sd-jwt"]
    assert len(taken["credentials"]) == taken["notified"] == 5
    key = JWK.from_json(json.dumps(issuer_key(started)))
    claims = SDJWTVerifier(token, lambda *_: key).get_verified_payload()
    assert claims["cnf"]["jwk"] == {name: taken["jwk"][name] for name in ("kty", "crv", "x", "y")}
    assert (claims["vct"], claims["issuing_country"], claims["family_name"]) == (VCT, "AT", "Doe")
    assert {name for name, claim in CLAIMS.items() if claim.is_needed} <= set(claims)
    place = claims["status"]["status_list"]
    signed = JWS()
    signed.deserialize(get(place["uri"]).decode(), key, alg="EdDSA")
    bits = token_status_list.decode_status_list(json.loads(signed.payload)["status_list"]["lst"])
    assert token_status_list.get_status(bits, place["idx"], bits=1) == 0
    read = SdJwtVcProofSuite().verify(token, public_key_jwk=issuer_key(started), expected_vct=VCT)
    assert read.claims["learner_identification"] == "pat@example.org"
    changed = token[: token.index("~") - 8] + "AAAAAAAA" + token[token.index("~") :]
    with pytest.raises(JWException):
        SDJWTVerifier(changed, lambda *_: key)


def test_openvc_reads_our_metadata_our_offer_and_our_proofs(service: Service) -> None:
    issuer = replace(issuer_of(service.services), url="https://badges.example")  # it takes https alone
    metadata = openid4vci.parse_credential_issuer_metadata(issuer_metadata(issuer))
    assert metadata.credential_issuer == issuer.url
    offered = openid4vci.parse_credential_offer(offer(issuer, list(issuer.forms), "x" * 43, "an-award"))
    assert offered.credential_issuer == issuer.url
    app = WalletApp(service)
    body = {
        "credential_configuration_id": "open-badge-vc+jwt",
        "proofs": {"jwt": [app.proof("n-1", aud=issuer.url)]},
    }
    (proof,) = openid4vci.verify_credential_request_proofs(
        body, credential_issuer=issuer.url, check_nonce=lambda nonce: nonce == "n-1", now=service.clock.now
    )
    assert proof is not None


def test_the_link_leads_to_the_offer(started: Service) -> None:
    record = award(started)
    made = make_offer(started.services, record.person_id, record.id, datetime.now(UTC))
    (uri,) = parse_qs(urlsplit(made.link).query)["credential_offer_uri"]
    assert json.loads(get(uri))["credential_issuer"] == started.settings.public_url


def test_a_wallet_of_others_takes_a_badge_by_its_persons_yes(started: Service) -> None:
    """The authorization code: pushed, with PKCE, bound to a key; the offer says which badge it is."""
    record = award(started, email="pat@example.org")
    made = make_offer(started.services, record.person_id, record.id, datetime.now(UTC))
    name = f"open-badge-{CopyForm.JWT_VC_JSON.value}"
    told = {**REGISTRATION, "token_endpoint_auth_method": "none", "scope": name}
    client_id = started.client().post("/oauth/register", json=told).json["client_id"]
    process = subprocess.Popen(
        [node_program(), "oid4vci_code.mjs", made.link, client_id, REDIRECT_URI, name],
        cwd=node_folder(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stderr is not None
        asked = process.stdout.readline().strip()
        assert "request_uri=urn" in asked, process.stderr.read()[-3_000:]
        started.clock.now = datetime.now(UTC)
        person = Person(started).open_wallet("pat@example.org")
        sent = person.client.get(f"{urlsplit(asked).path}?{urlsplit(asked).query}")
        page = sent.headers["Location"]
        assert "Take a badge into an app?" in person.get(page)
        back = person.submit(page, answer="allow").headers["Location"]
        out, err = process.communicate(f"{back}\n")
    assert process.returncode == 0, err[-3_000:]
    got = json.loads(out.splitlines()[-1])
    assert (got["given"]["token_type"], got["given"]["scope"]) == ("DPoP", name)
    payload = json.loads(payload_of(got["credential"]))
    assert payload["sub"] == got["did"]
    assert payload["jti"].startswith(f"{started.services.public_url}/credentials/")
