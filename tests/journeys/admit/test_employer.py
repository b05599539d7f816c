"""Sign in with an account at an employer, whose provider is a real one behind HTTPS."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from credserv.ground.encoding import encode_base64url
from credserv.ground.errors import InputError, NotFoundError, UnauthenticatedError, UnavailableError
from credserv.journeys.admit import oidc
from credserv.journeys.admit.id_token import Expected, read_claims
from credserv.records.access import LinkPurpose
from credserv.records.people import ProvedKind
from tests.testkit.browsing import Letters, Person
from tests.testkit.identity_provider import CLIENT, SECRET, Place, employed
from tests.testkit.lti_platform import rsa_key
from tests.testkit.service import Service

PAT, BACK = "pat@example.org", "/wallet/employer/back"


@pytest.fixture
def place(sqlite_service: Service, tmp_path: Path) -> Iterator[Place]:
    with employed(sqlite_service, tmp_path) as place:
        yield place


def test_attack_97_an_account_is_its_issuer_and_subject_and_no_address(place: Place) -> None:
    service = place.service
    credential_id = service.issue(email=PAT)
    Person(service).open_wallet(PAT)
    pat = Person(service)
    assert "my account at work" in pat.get("/wallet")
    home = place.come_in(pat, "pat-1")
    assert "Nothing here yet" in home
    assert credential_id not in home, "the provider says pat@example.org, verified"
    again = Person(service)
    place.come_in(again, "pat-1")
    place.come_in(Person(service), "pat-2")
    value = f'["{place.provider.issuer}", "pat-1"]'
    found = service.services.store.people.find_proved(ProvedKind.OIDC, value)
    sessions = service.services.store.access.sessions_of(found.person_id, service.clock.now)
    assert len(sessions) == 2, "the same person again, and another for another subject"


def test_an_account_is_added_to_a_wallet_and_opens_it(place: Place) -> None:
    service = place.service
    credential_id = service.issue(email=PAT)
    pat = Person(service).open_wallet(PAT)
    assert "opens your wallet, too" in place.come_in(pat, "pat-1", "/wallet/employer/add")
    assert LinkPurpose.NOTICE_LETTER in {one.purpose for one in Letters(service).asked()}
    at_work = Person(service)
    assert credential_id in place.come_in(at_work, "pat-1")
    service.issue(email="sam@example.org")
    sam = Person(service).open_wallet("sam@example.org")
    assert "opens another wallet" in place.come_in(sam, "pat-1", "/wallet/employer/add")
    service.clock.advance(minutes=6)
    member = service.services.store.members.find_by_email("sam@example.org")
    assert member is not None
    other = '["https://elsewhere.example", "sam"]'
    service.services.store.people.prove(
        member.person_id, ProvedKind.OIDC, other, added_by="test", now=service.clock.now
    )
    shown = sam.client.get("/wallet/employer/add", headers={"Accept": "text/html"})
    assert shown.status_code == 403, "not proved of late"
    assert "my account at work" not in shown.text, "theirs is at another provider"


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize(
    ("change", "page"), [("add", "/wallet/identity"), ("prove", "/wallet/identity"), ("join", "/wallet/join")]
)
def test_attack_170_another_site_has_nobody_show_an_account(
    place: Place, site: str, change: str, page: str
) -> None:
    """A browser that is signed in at the provider as the attacker would add the attacker's account."""
    place.service.issue(email=PAT)
    pat = Person(place.service).open_wallet(PAT)
    led = pat.client.get(f"/wallet/employer/{change}", headers={"Sec-Fetch-Site": site})
    assert (led.status_code, led.headers["Location"]) == (303, page)
    for own in ("same-origin", "none"):
        begun = pat.client.get(f"/wallet/employer/{change}", headers={"Sec-Fetch-Site": own})
        assert begun.headers["Location"].startswith(place.provider.issuer)


def test_employer_ends_my_account_and_opens_nothing_with_it(place: Place) -> None:
    """Whoever runs the provider could come in as anybody: once there is an address of one's own, no more."""
    letters = Letters(place.service)
    service = place.service
    service.issue(email=PAT)
    pat = Person(service).open_wallet(PAT)
    place.come_in(pat, "pat-1", "/wallet/employer/add")
    pat.submit("/wallet/identity", email="pat@home.example")
    pat.submit(letters.link(LinkPurpose.ADDRESS_LETTER))
    employer = Person(service)
    assert "no longer opens your wallet" in place.come_in(employer, "pat-1")
    assert "Wallet of" not in employer.get("/wallet")


WRONG: dict[str, dict[str, Any]] = {
    "for somebody else": {"aud": "another"},
    "for several": {"aud": [CLIENT, "another"]},
    "token is for somebody": {"azp": "another"},
    "is for somebody else": {"iss": "https://elsewhere.example"},
    "answers another question": {"nonce": "of another login"},
    "has expired": {"exp": 1_600_000_000},
    "has no end": {"exp": True},
    "names nobody": {"sub": ""},
}


@pytest.mark.parametrize("why", WRONG)
def test_attack_97_a_token_that_is_not_for_this_login_opens_nothing(place: Place, why: str) -> None:
    place.provider.claims = WRONG[why]
    person = Person(place.service)
    assert why in place.come_in(person, "pat-1")
    assert "Sign out" not in person.get("/wallet")


def test_attack_97_what_answers_another_question_opens_nothing(place: Place) -> None:
    person, service = Person(place.service), place.service
    place.provider.kid = "another"
    assert "no key of it" in place.come_in(person, "pat-1")
    place.provider.kid = "k1"
    for answer, why in (
        ({"iss": "https://elsewhere.example"}, "another provider answered"),
        ({"state": "forged"}, "not asked for in this browser"),
        ({"error": "access_denied"}, "declined there"),
        ({"code": "guessed"}, "gives nothing"),
    ):
        place.provider.answer = answer
        assert why in place.come_in(person, "pat-1")
    place.provider.answer = {}
    told = place.provider.sign_in(place.begin(person), "pat-1")
    del told["iss"]
    assert "another provider" in person.follow(person.client.get(BACK, query_string=told))
    told = place.provider.sign_in(place.begin(person), "thief")
    victim = Person(service)
    assert "not asked for" in victim.follow(victim.client.get(BACK, query_string=told)), "login of a thief"
    told = place.provider.sign_in(place.begin(person), "pat-1")
    service.clock.advance(minutes=10)
    assert "took too long" in person.follow(person.client.get(BACK, query_string=told))
    assert "Sign out" not in person.get("/wallet")
    told = place.provider.sign_in(place.begin(person), "pat-1")
    cookie = person.client.get_cookie("credserv").value
    person.follow(person.client.get(BACK, query_string=told))
    person.client.set_cookie("credserv", cookie)
    again = person.client.get(BACK, query_string=told)
    assert again.status_code == 303
    assert "took too long" in person.get("/wallet/identity"), "an answer counts once"


def test_a_provider_is_set_and_ended(place: Place, sqlite_service: Service) -> None:
    services, now = place.service.services, sqlite_service.clock.now
    known = services.store.identity_providers.get()
    assert (known.client_secret, SECRET in repr(known)) == (SECRET, False)
    issuer = place.provider.issuer
    for wrong in (
        ("http://a.example", CLIENT, SECRET),
        (f"{issuer}?a=b", CLIENT, SECRET),
        (issuer, "", SECRET),
    ):
        with pytest.raises(InputError):
            oidc.set_provider(services, *wrong, actor="test", now=now)
    with pytest.raises(UnavailableError):  # its configuration names the other spelling
        oidc.set_provider(services, f"{issuer}/", CLIENT, SECRET, actor="test", now=now)
    oidc.end_provider(services, actor="test", now=now)
    with pytest.raises(NotFoundError):
        oidc.end_provider(services, actor="test", now=now)
    person = Person(place.service)
    assert "my account at work" not in person.get("/wallet")
    assert person.client.get("/wallet/employer").status_code == 404
    assert re.search("address, or a passkey", person.client.get("/wallet/employer").text)


def test_an_id_token_by_any_usual_algorithm_and_by_no_other(place: Place) -> None:
    for algorithm in ("ES256", "EdDSA", "PS256"):
        place.provider.algorithm, place.provider.kid = algorithm, "k1"
        assert "Sign out" in place.come_in(Person(place.service), "pat-1"), algorithm
        place.provider.kid = "another"
        assert "no key of it" in place.come_in(Person(place.service), "pat-1"), algorithm


def test_attack_97_a_public_key_is_no_secret_and_no_signature_is_none() -> None:
    now = datetime(2026, 3, 14, tzinfo=UTC)
    claims = {"iss": "https://idp.example", "aud": CLIENT, "sub": "pat-1", "nonce": "n", "exp": 1_900_000_000}
    public = rsa_key().as_dict(private=False)
    secret = OctKey.import_key(json.dumps(public).encode())
    by_public_key = jwt.encode({"alg": "HS256", "kid": "k1"}, claims, secret, algorithms=["HS256"])
    head = encode_base64url(b'{"alg":"none","kid":"k1"}')
    unsigned = f"{head}.{encode_base64url(json.dumps(claims).encode())}."
    for token in (by_public_key, unsigned, "", "a.b.c"):
        with pytest.raises(UnauthenticatedError):
            read_claims(token, [public], Expected("https://idp.example", CLIENT, "n"), now)


def test_an_account_proves_once_more_that_it_is_its_person(place: Place) -> None:
    """Only if the provider asked them anew, and only with an account that opens this wallet."""
    service = place.service
    pat = Person(service)
    place.come_in(pat, "pat-1")
    service.clock.advance(minutes=6)
    shown = pat.client.get("/wallet/employer/add", headers={"Accept": "text/html"})
    assert shown.status_code == 403
    assert "Prove it with my account at work" in shown.text
    asked = place.begin(pat, "/wallet/employer/prove")
    assert "max_age=0" in asked
    assert "prompt=login" in asked
    for wrong in (1_600_000_000, None, True):
        place.provider.claims = {"auth_time": wrong}
        assert "sign in once more" in place.come_in(pat, "pat-1", "/wallet/employer/prove"), wrong
    place.provider.claims = {}
    assert "does not open your wallet" in place.come_in(pat, "pat-2", "/wallet/employer/prove")
    assert pat.client.get("/wallet/employer/add").status_code == 403
    told = place.provider.sign_in(place.begin(pat, "/wallet/employer/prove"), "pat-1")
    back = pat.client.get(BACK, query_string=told)
    assert back.headers["Location"].endswith("/wallet/employer/add"), "where they wanted to go"
    assert pat.client.get("/wallet/employer/add").status_code == 303


def test_attack_w4_an_answer_for_one_purpose_serves_no_other(place: Place) -> None:
    """What was asked for to prove something adds nothing, whatever the browser is made to keep."""
    pat = Person(place.service)
    place.come_in(pat, "pat-1")
    told = place.provider.sign_in(place.begin(pat, "/wallet/employer/prove"), "pat-1")
    with pat.client.session_transaction() as kept:
        kept["oidc"] = [*kept["oidc"][:3], "add"]
    assert "not asked for in this browser" in pat.follow(pat.client.get(BACK, query_string=told))


def test_a_wallet_that_an_account_opens_is_joined(place: Place) -> None:
    service = place.service
    credential_id = service.issue(email=PAT)
    place.come_in(Person(service), "pat-1")
    pat = Person(service).open_wallet(PAT)
    assert "does not open another wallet" in place.come_in(pat, "pat-9", "/wallet/employer/join")
    page = place.come_in(pat, "pat-1", "/wallet/employer/join")
    assert "An account of an employer" in page
    assert "Join them" in page
    assert "are one" in pat.follow(pat.submit("/wallet/join/confirm", on="/wallet/join"))
    assert credential_id in place.come_in(Person(service), "pat-1")


def test_a_provider_is_set_in_the_console(place: Place) -> None:
    owner, page = Person(place.service).sign_in_to_console(), "/console/organisation/login"
    shown = owner.get(page)
    assert place.provider.issuer in shown
    assert f"{place.service.services.public_url}{BACK}" in shown
    assert "Nobody can sign in there any more" in owner.follow(owner.submit(f"{page}/end", on=page))
    form = {"issuer": place.provider.issuer, "client_id": CLIENT, "client_secret": SECRET}
    wrong = owner.submit(page, **{**form, "issuer": f"{place.provider.issuer}/"})
    assert wrong.status_code == 400
    assert "another issuer" in wrong.text
    assert SECRET not in wrong.text
    assert "Saved" in owner.follow(owner.submit(page, **form))
    known = oidc.provider_of(place.service.services)
    assert known is not None
    assert known.client_secret == SECRET
