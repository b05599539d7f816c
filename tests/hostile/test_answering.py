"""Attacks on who answers a request from a wallet: strangers' addresses, borrowed names, a key used alone."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest
from sqlalchemy import event
from werkzeug.test import TestResponse

from credserv.exchange.dcql import ask_for_badges, write_query
from credserv.exchange.oid4vp_wallet import read_request
from credserv.ground.encoding import encode_base64url
from credserv.ground.errors import (
    CredservError,
    InputError,
    ProofError,
    RevokedCertificateError,
    UnavailableError,
)
from credserv.journeys.hold.consents import consents_of
from credserv.journeys.present import hosted_keys
from credserv.journeys.present.answering import find_offers
from credserv.journeys.present.opening import Opened, Reply, open_link
from credserv.journeys.transfer.imports import KeptAs, keep_import
from credserv.proof.keys.certificates import Anchor
from credserv.proof.keys.signer import EcdsaSigner
from credserv.proof.tokens.jws import sign_jws
from credserv.records.consents import NOTICES, Purpose
from credserv.records.people import ProvedKind
from credserv.verifying.checks.certificate_status import CertificateLists
from tests.testkit.browsing import Person, wallet_link
from tests.testkit.certificates import certified, revocations
from tests.testkit.proofs import badge, issuer
from tests.testkit.service import NOW, Service, make_service
from tests.testkit.tokens import token_issuer
from tests.testkit.wallets import make_request

EMAIL = "pat@example.org"
VERIFIER, OTHER = token_issuer(seed=41), token_issuer(seed=42)
RESPONSE = "https://verifier.example/response"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    folder: Path = tmp_path_factory.mktemp("answering")
    own = make_service(f"sqlite:///{folder / 'a.sqlite'}", folder, rate_verify="9999/minute")
    own.app.extensions["credserv.budgets"].rates["links"] = ()
    own.issue(email=EMAIL)
    return own


def holder(service: Service) -> Person:
    person = Person(service)
    person.follow(person.submit(wallet_link(service, EMAIL)))
    return person


def person_id(service: Service) -> str:
    found = service.services.store.people.find_proved(ProvedKind.EMAIL, EMAIL)
    assert found is not None
    return found.person_id


def hidden(page: str) -> str:
    found = re.search(r'name="request" value="([^"]+)"', page)
    assert found is not None, page[:3000]
    return html.unescape(found[1])


def offers(page: str) -> list[str]:
    return [html.unescape(one) for one in re.findall(r'name="offer" value="([^"]+)"', page)]


def open_as(person: Person, link: str, status: int = 200) -> str:
    answer = person.submit("/wallet/answer", link=link)
    assert answer.status_code == status, answer.text[:2000]
    return answer.text


def send(person: Person, page: str, **fields: Any) -> TestResponse:
    chosen = {"request": hidden(page), "offer": offers(page)[:1], **fields}
    return person.submit("/wallet/answer/send", on="/wallet/answer", **chosen)


# --- as it should be ------------------------------------------------------------------------------


@pytest.mark.parametrize("fields", [{}, {"bearer": "1"}, {"plain": "1"}], ids=["bound", "bearer", "plain"])
def test_a_person_answers_a_request_of_this_service(service: Service, fields: dict[str, str]) -> None:
    asked, person = make_request(service, **fields), holder(service)
    before = len(hosted_keys.shown_by(service.services, person_id(service)))
    page = open_as(person, asked.link)
    assert ("Who asks was proven" in page) is ("plain" not in fields)
    answer = send(person, page)
    assert answer.status_code == 200, answer.text[:2000]
    told = asked.page()
    assert ("Shown by its holder" in told) is ("bearer" not in fields)
    assert "Genuine and in force" in told
    shown = hosted_keys.shown_by(service.services, person_id(service))
    assert len(shown) == before + 1
    assert shown[0].used_key is ("bearer" not in fields)
    assert "What you showed" in person.get("/wallet/answer")
    given = consents_of(service.services, person_id(service))
    assert len(given) == len(shown)
    assert {one.purpose for one in given} == {Purpose.ANSWER}
    assert sorted(one.recipient for one in given) == sorted(one.asker for one in shown)
    assert NOTICES[Purpose.ANSWER] in page


def test_a_badge_that_was_brought_along_is_shown_as_it_is_and_bound_to_nobody(service: Service) -> None:
    person, by = holder(service), issuer(43)
    foreign = {name: one for name, one in badge(by).items() if name != "credentialStatus"}
    signed = by.sign({**foreign, "id": "https://badges.example/credentials/brought", "name": "First aid"})
    (kept,) = keep_import(
        service.services, person_id(service), json.dumps(signed).encode(), service.clock.now, added_by="test"
    )
    assert kept.outcome is KeptAs.NEW, kept
    lenient = make_request(service, bearer="1")
    page = open_as(person, lenient.link)
    (chosen,) = [one for one in offers(page) if one.endswith(kept.import_id)]
    assert send(person, page, offer=[chosen]).status_code == 200
    told = lenient.page()
    assert "Shown by a bearer" in told
    assert by.did in told
    strict = open_as(person, make_request(service).link)
    assert kept.import_id not in strict


def test_what_fits_costs_no_statement_for_each_badge_that_was_brought_along(service: Service) -> None:
    holder(service)
    request = read_request({**parameters(), "aud": "https://self-issued.me/v2"}, is_signed=True)
    engine, seen = service.services.store._database.engine, list[str]()

    def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    counts = []
    for number in range(3):
        by = issuer(50 + number)
        foreign = {name: one for name, one in badge(by).items() if name != "credentialStatus"}
        signed = json.dumps(by.sign({**foreign, "id": f"https://badges.example/credentials/{number}"}))
        keep_import(service.services, person_id(service), signed.encode(), service.clock.now, added_by="test")
        seen.clear()
        event.listen(engine, "before_cursor_execute", count)
        try:
            assert find_offers(service.services, person_id(service), request, service.clock.now)
        finally:
            event.remove(engine, "before_cursor_execute", count)
        counts.append(len(seen))
    assert len(set(counts)) == 1, counts


def test_who_declines_shows_nothing(service: Service) -> None:
    asked, person = make_request(service), holder(service)
    page = open_as(person, asked.link)
    answer = person.submit("/wallet/answer/decline", on="/wallet/answer", request=hidden(page))
    assert "Declined" in answer.text
    assert "declined" in asked.page()


def test_signed_out_the_link_is_kept_until_one_is_signed_in(service: Service) -> None:
    asked, person = make_request(service), Person(service)
    address = f"/wallet/answer?{urlencode({'link': asked.link})}"
    assert person.client.get(address, headers={"Accept": "text/html"}).status_code == 303
    person.follow(person.submit(wallet_link(service, EMAIL)))
    assert html.escape(asked.link) in person.get("/wallet/answer")


# --- W10, W11 -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "http://verifier.example/request",
        "https://127.0.0.1/request",
        "https://localhost/request",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/request",
        "https://10.0.0.1/request",
        "https://verifier.example:8443/request",
        "file:///etc/passwd",
    ],
)
def test_attack_w10_a_strangers_address_reaches_nothing_within(service: Service, address: str) -> None:
    person = holder(service)
    by_reference = {"client_id": f"decentralized_identifier:{VERIFIER.did}", "request_uri": address}
    open_as(person, f"openid4vp://?{urlencode(by_reference)}", status=422)
    before = hosted_keys.shown_by(service.services, person_id(service))
    page = open_as(person, unsigned(address))
    assert send(person, page).status_code == 422
    assert hosted_keys.shown_by(service.services, person_id(service)) == before


def test_attack_w11_the_hosted_key_signs_for_nobody_but_its_person_just_now(service: Service) -> None:
    asked, person = make_request(service), holder(service)
    page = open_as(person, asked.link)
    before = hosted_keys.shown_by(service.services, person_id(service))
    service.clock.now += timedelta(minutes=6)
    try:
        assert send(person, page).status_code == 403
        assert hosted_keys.shown_by(service.services, person_id(service)) == before
        assert "Waiting for an answer" in asked.page()
    finally:
        service.clock.now -= timedelta(minutes=6)
    service.issue(email="kim@example.org")
    other = Person(service)
    other.follow(other.submit(wallet_link(service, "kim@example.org")))
    stolen = {"request": hidden(page), "offer": offers(page)}
    assert other.submit("/wallet/answer/send", on="/wallet/answer", **stolen).status_code == 400
    fresh = open_as(other, asked.link)
    foreign = {"request": hidden(fresh), "offer": offers(page)}
    assert other.submit("/wallet/answer/send", on="/wallet/answer", **foreign).status_code == 400
    assert "Waiting for an answer" in asked.page()


# --- who asks -------------------------------------------------------------------------------------


def parameters(**changes: Any) -> dict[str, Any]:
    told = {
        "client_id": f"decentralized_identifier:{VERIFIER.did}",
        "response_uri": RESPONSE,
        "response_type": "vp_token",
        "response_mode": "direct_post",
        "nonce": "n-1",
        "dcql_query": write_query(ask_for_badges(is_bound=False)),
        **changes,
    }
    return {name: value for name, value in told.items() if value is not None}


def unsigned(response_uri: str) -> str:
    told = parameters(client_id=f"redirect_uri:{response_uri}", response_uri=response_uri)
    return "openid4vp://?" + urlencode(
        {name: one if isinstance(one, str) else json.dumps(one) for name, one in told.items()}
    )


def open_signed(
    service: Service, *, by: Any = VERIFIER, header: Mapping[str, Any] = {}, **changes: Any
) -> Opened:
    """A request that is fetched by POST; a change of `wallet_nonce` says another than was sent."""

    def call(url: str, form: Mapping[str, str] | None) -> Reply:
        assert form is not None
        claims = parameters(**{"wallet_nonce": form["wallet_nonce"], **changes})
        kind = {"typ": "oauth-authz-req+jwt", "kid": by.method, **dict(header)}
        kind = {name: one for name, one in kind.items() if one is not None}
        return Reply(200, sign_jws(claims, header=kind, signer=by.signer).encode())

    named = {
        "client_id": f"decentralized_identifier:{VERIFIER.did}",
        "request_uri": "https://verifier.example/request",
        "request_uri_method": "post",
    }
    return open_link(service.services, f"openid4vp://?{urlencode(named)}", NOW, call)


def test_a_signed_request_says_who_asks(service: Service) -> None:
    opened = open_signed(service, client_metadata={"client_name": "Example Academy"})
    assert opened.asker.name == VERIFIER.did  # never what it calls itself
    assert not opened.asker.is_known
    assert opened.request.response_uri == RESPONSE


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"by": OTHER}, "names no key of the DID"),
        ({"by": OTHER, "header": {"kid": VERIFIER.method}}, "signature"),
        ({"header": {"kid": None}}, "names no key of the DID"),
        ({"header": {"typ": "JWT"}}, "typ"),
        ({"header": {"crit": ["x"]}}, "crit"),
        ({"client_id": f"decentralized_identifier:{OTHER.did}"}, "somebody else"),
        ({"client_id": f"redirect_uri:{RESPONSE}"}, "somebody else"),
        ({"wallet_nonce": "another"}, "wallet_nonce"),
        ({"wallet_nonce": None}, "wallet_nonce"),
        ({"exp": int(NOW.timestamp()) - 1}, "time of this request"),
        ({"aud": "https://another-wallet.example"}, "another wallet"),
    ],
)
def test_attack_85_a_request_under_anothers_name_or_for_another_wallet_is_refused(
    service: Service, wrong: dict[str, Any], says: str
) -> None:
    with pytest.raises((InputError, ProofError), match=says):
        open_signed(service, **wrong).request  # noqa: B018 - reading it judges it


def test_an_unsigned_request_proves_where_the_answer_goes_and_nothing_else(service: Service) -> None:
    def never(url: str, form: Mapping[str, str] | None) -> Reply:
        raise AssertionError(url)

    opened = open_link(service.services, unsigned(RESPONSE), NOW, never)
    assert (opened.asker.name, opened.asker.is_known) == ("verifier.example", False)
    told = {name: one[0] for name, one in parse_qs(unsigned(RESPONSE).partition("?")[2]).items()}
    for changes in (
        {"response_uri": "https://thief.example/"},
        {"request_uri": "https://verifier.example/r"},
    ):
        with pytest.raises(CredservError, match=r"another address|stands in its link"):
            open_link(service.services, "openid4vp://?" + urlencode({**told, **changes}), NOW, never)


# --- certificates ---------------------------------------------------------------------------------

ROOT = certified("Root", ca=True)
LEAF = certified("Verifier", ROOT, dns="verifier.example")


def open_certified(service: Service, client_id: str, leaf: Any = LEAF, **changes: Any) -> Opened:
    """By a verifier with a certificate; anchors: that the operator gave. lists: what their list says."""
    anchors = changes.pop("anchors", (Anchor(ROOT.certificate, (), ""),))
    resolvers = replace(service.services.resolvers, anchors=lambda _issuer: anchors)
    if lists := changes.pop("lists", None):
        resolvers = replace(resolvers, certificate_lists=CertificateLists(lambda _url: lists, 60))
    own = replace(service.services, resolvers=resolvers)

    def call(url: str, form: Mapping[str, str] | None) -> Reply:
        header = {"typ": "oauth-authz-req+jwt", "x5c": [leaf.text]}
        claims = parameters(client_id=client_id, **changes)
        return Reply(200, sign_jws(claims, header=header, signer=EcdsaSigner(leaf.key)).encode())

    named = {"client_id": client_id, "request_uri": "https://verifier.example/request"}
    return open_link(own, f"openid4vp://?{urlencode(named)}", NOW, call)


def thumbprint(of: Any) -> str:
    return encode_base64url(hashlib.sha256(base64.b64decode(of.text)).digest())


BY_HASH, BY_HOST = f"x509_hash:{thumbprint(LEAF)}", "x509_san_dns:verifier.example"
EXPIRED = certified("X", ROOT, dns="verifier.example", ends=NOW - timedelta(days=1))


@pytest.mark.parametrize("client_id", [BY_HOST, BY_HASH], ids=["host", "hash"])
def test_a_certificate_says_who_asks(service: Service, client_id: str) -> None:
    opened = open_certified(service, client_id)
    assert (opened.asker.name, opened.asker.is_known) == ("verifier.example", True)


@pytest.mark.parametrize(
    ("client_id", "changes", "says"),
    [
        ("x509_san_dns:other.example", {}, "another host than it names"),
        ("x509_san_dns:verifier.example", {"response_uri": "https://thief.example/"}, "another host"),
        ("x509_hash:" + "A" * 43, {}, "another certificate"),
        ("x509_san_dns:verifier.example", {"anchors": ()}, "none of the authorities"),
        ("x509_san_dns:verifier.example", {"leaf": certified("X", dns="verifier.example")}, "none of the"),
        ("x509_san_dns:*.example", {"leaf": certified("X", ROOT, dns="*.example")}, "another host than"),
        (BY_HOST, {"leaf": EXPIRED}, "none of the authorities"),
    ],
)
def test_attack_85_a_certificate_that_does_not_fit_is_refused(
    service: Service, client_id: str, changes: dict[str, Any], says: str
) -> None:
    with pytest.raises(InputError, match=says):
        open_certified(service, client_id, **changes)


def test_attack_85_a_certificate_that_was_revoked_says_of_nobody_who_asks(service: Service) -> None:
    gone, unknown, good = (
        certified("Verifier", ROOT, dns="verifier.example", lists=(f"http://ca.example/{name}",))
        for name in ("gone", "unknown", "good")
    )
    with pytest.raises(RevokedCertificateError):
        open_certified(service, BY_HOST, gone, lists=revocations(ROOT, gone))
    with pytest.raises(UnavailableError):
        open_certified(service, BY_HOST, unknown, lists=revocations(LEAF))
    assert open_certified(service, BY_HOST, good, lists=revocations(ROOT)).asker.is_known
