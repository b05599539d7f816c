"""A person connects another host of Open Badges 3.0: one of ours, and one written from the standard alone."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from flask import Flask, jsonify, redirect, request
from flask.testing import FlaskClient

from credserv.fetch.calling import Answer, GuardedCaller
from credserv.ground.errors import FetchRefusedError, InputError, UnavailableError
from credserv.journeys.transfer import hosts
from credserv.records.consents import Purpose
from tests.testkit.browsing import Person
from tests.testkit.defects import ALICE, good
from tests.testkit.service import NOW, Service
from tests.testkit.wires import Wires, ask, connect, wired

PAT = "pat@example.org"
HERE, THERE, STUB = "https://here.example", "https://there.example", "https://stub.example"


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Service, Service, Wires]:
    folder, wires = tmp_path_factory.mktemp("hosts"), Wires()
    here, there = wired(folder / "here", HERE, wires), wired(folder / "there", THERE, wires)
    here.issue(email=PAT)
    there.issue(email=PAT)
    return here, there, wires


def test_between_two_services_badges_go_both_ways_until_the_connection_ends(
    two: tuple[Service, Service, Wires],
) -> None:
    here, there, _ = two
    pat, _, host_id = connect(here, there, PAT)
    came = pat.submit(f"/wallet/hosts/{host_id}/take", on="/wallet/hosts")
    assert "Added" in came.text
    again = pat.submit(f"/wallet/hosts/{host_id}/take", on="/wallet/hosts")
    assert "Here already" in again.text
    person_id = here.services.store.members.find_by_email(PAT).person_id  # type: ignore[union-attr]
    (brought,) = here.services.store.imports.of_person(person_id)
    (_, award), *_ = there.services.store.holdings.of_person(
        there.services.store.members.find_by_email(PAT).person_id  # type: ignore[union-attr]
    )
    assert brought.facts["proven"] is True
    assert json.loads(here.services.store.imports.content(person_id, brought.id) or b"") == json.loads(
        award.signed or b""
    )
    page = f"/wallet/hosts/{host_id}/send"
    badge_id = re.search(r'name="badge" value="([^"]+)"', pat.get(page))[1]  # type: ignore[index]
    assert "1 taken" in pat.follow(pat.submit(page, badge=badge_id))
    assert "Choose a badge" in pat.follow(pat.submit(page))
    # An hour later the access token has ended, and a refresh token gives another.
    here.clock.advance(hours=1, minutes=1)
    there.clock.advance(hours=1, minutes=1)
    pat = Person(here).open_wallet(PAT)
    later = pat.submit(f"/wallet/hosts/{host_id}/take", on="/wallet/hosts")
    assert "Here already" in later.text
    assert "app" in Person(there).open_wallet(PAT).get("/wallet/apps")
    given = here.services.store.consents.of_person(person_id)[0]
    assert (given.purpose, given.reference, given.withdrawn_at) == (Purpose.HOST, host_id, None)
    path = "/wallet/data/consents"
    pat.follow(pat.submit(f"{path}/withdraw", on=path, consent=given.id))
    assert "Disconnect" not in pat.get("/wallet/hosts")
    assert here.services.store.consents.of_person(person_id)[0].withdrawn_at is not None
    assert "No app can see" in Person(there).open_wallet(PAT).get("/wallet/apps")
    here.clock.now = there.clock.now = NOW


def test_where_the_host_ended_it_the_person_is_told(two: tuple[Service, Service, Wires]) -> None:
    here, there, _ = two
    pat, pat_there, host_id = connect(here, there, PAT)
    app = re.search(r'name="app" value="([^"]+)"', pat_there.get("/wallet/apps"))[1]  # type: ignore[index]
    pat_there.submit("/wallet/apps/end", on="/wallet/apps", app=app)
    told = pat.submit(f"/wallet/hosts/{host_id}/take", on="/wallet/hosts")
    assert "did not renew the connection" in told.text
    pat.submit(f"/wallet/hosts/{host_id}/end", on="/wallet/hosts")


def test_attack_97_an_answer_counts_once_for_who_asked_and_with_its_state(
    two: tuple[Service, Service, Wires],
) -> None:
    here, there, _ = two
    here.issue(email="sam@example.org")
    pat, sam = Person(here).open_wallet(PAT), Person(here).open_wallet("sam@example.org")
    pat_there = Person(there).open_wallet(PAT)
    sent = pat_there.client.get(ask(pat, THERE).removeprefix(THERE))
    back = pat_there.submit(sent.headers["Location"], answer="allow").headers["Location"]
    path = back.removeprefix(HERE)
    for client, where in (
        (sam.client, path),
        (pat.client, re.sub(r"state=[^&]+", "state=another", path)),
        (pat.client, path.partition("?")[0]),
        (pat.client, path.partition("?")[0] + "?code=stolen"),
    ):
        assert client.get(where, headers={"Accept": "text/html"}).status_code == 404
    twice = pat.client.get(path + "&state=x", headers={"Accept": "text/html"})
    assert twice.status_code == 400
    assert pat.client.get(path).status_code == 303
    assert pat.client.get(path, headers={"Accept": "text/html"}).status_code == 404


def test_attack_78_tokens_of_hosts_are_sealed(two: tuple[Service, Service, Wires]) -> None:
    from sqlalchemy import select

    from credserv.store.tables import host_connections

    here, there, _ = two
    pat, _, host_id = connect(here, there, PAT)
    person_id = here.services.store.members.find_by_email(PAT).person_id  # type: ignore[union-attr]
    known = hosts.require_host(here.services, person_id, host_id)
    secrets = [known.secrets["client"]["secret"], *known.secrets["tokens"].values()]
    with here.services.store._database.reading() as connection:
        rows = str(connection.execute(select(host_connections)).all())
    assert not [secret for secret in secrets if secret in rows]
    pat.submit(f"/wallet/hosts/{host_id}/end", on="/wallet/hosts")


@pytest.mark.parametrize(
    "address",
    ["https://127.0.0.1", "https://localhost", "http://there.example", "https://10.0.0.1/x", "file:///etc"],
)
def test_attack_w10_a_host_that_is_this_machine_is_not_asked(
    two: tuple[Service, Service, Wires], address: str
) -> None:
    here, _, _ = two
    services = replace(here.services, caller=GuardedCaller())
    with pytest.raises((FetchRefusedError, InputError)):
        hosts.begin(services, "nobody", address, NOW)


# --- a host that is written from the standard alone ---------------------------------------------


def stub(badges: list[Any], log: list[str]) -> Flask:
    """Sections 6.3, 6.4, 7.1.1 to 7.2.2, in the words of their examples; addresses without a scheme."""
    app = Flask("stub")
    state: dict[str, Any] = {"access": "access-1", "refresh": "refresh-1"}
    scopes = "https://purl.imsglobal.org/spec/ob/v3p0/scope/"

    @app.get("/tenant/ims/ob/v3p0/discovery")
    def discovery() -> Any:
        flow = {
            "tokenUrl": "stub.example/token",
            "authorizationUrl": "stub.example/authorize",
            "refreshUrl": "stub.example/token",
            "scopes": {f"{scopes}credential.readonly": "...", f"{scopes}credential.upsert": "..."},
        }
        scheme = {
            "type": "oauth2",
            "x-imssf-registrationUrl": "stub.example/registration",
            "flows": {"authorizationCode": flow},
        }
        return jsonify(info={"title": "Stub"}, components={"securitySchemes": {"OAuth2ACG": scheme}})

    @app.post("/registration")
    def register() -> Any:
        told = request.json or {}
        for name in ("client_name", "client_uri", "logo_uri", "tos_uri", "policy_uri", "software_id"):
            assert told[name], name
        urls = [told[name] for name in ("client_uri", "logo_uri", "tos_uri", "policy_uri")]
        assert {urlsplit(url).netloc for url in [*urls, *told["redirect_uris"]]} == {"here.example"}
        assert told["grant_types"] == ["authorization_code", "refresh_token"]
        assert told["response_types"] == ["code"]
        state["registered"] = told
        return jsonify(client_id="4ad366", client_secret="af7a:a0 d", **told), 201

    @app.get("/authorize")
    def authorize() -> Any:
        asked = request.args
        assert asked["redirect_uri"] in state["registered"]["redirect_uris"]
        assert asked["code_challenge_method"] == "S256"
        state["asked"] = dict(asked)
        return redirect(
            f"{asked['redirect_uri']}?code=the-code&scope={asked['scope']}&state={asked['state']}"
        )

    @app.post("/token")
    def token() -> Any:
        encoded = request.headers["Authorization"].removeprefix("Basic ")
        assert base64.b64decode(encoded) == b"4ad366:af7a%3Aa0%20d"
        form = request.form
        log.append(form["grant_type"])
        if form["grant_type"] == "authorization_code":
            verifier = form["code_verifier"].encode()
            digest = base64.urlsafe_b64encode(hashlib.sha256(verifier).digest()).rstrip(b"=").decode()
            assert (form["code"], digest) == ("the-code", state["asked"]["code_challenge"])
            assert form["redirect_uri"] == state["asked"]["redirect_uri"]
        else:
            assert form["refresh_token"] == state["refresh"]
            state.update(access="access-2")
        return jsonify(
            access_token=state["access"], token_type="Bearer", expires_in=3600, refresh_token=state["refresh"]
        )

    @app.route("/tenant/ims/ob/v3p0/credentials", methods=["GET", "POST"])
    def credentials() -> Any:
        if state.pop("expire", False) or request.headers["Authorization"] != f"Bearer {state['access']}":
            state["access"] = "not-" + state["access"]
            return jsonify(imsx_codeMajor="failure"), 401
        if request.method == "POST":
            log.append(f"POST {request.content_type}")
            return request.data, 201
        limit, offset = int(request.args["limit"]), int(request.args["offset"])
        served = badges[offset : offset + min(limit, 2)]
        answer = jsonify(
            credential=[one for one in served if isinstance(one, dict)],
            compactJwsStrings=[one for one in served if isinstance(one, str)],
        )
        if offset + 2 < len(badges):
            base = f"{STUB}/tenant/ims/ob/v3p0/credentials?limit={limit}"
            answer.headers["Link"] = (
                f'<{base}&offset={offset + 2}>; rel="next", <{base}&offset=0>; rel="first"'
            )
        return answer

    app.extensions["state"] = state
    return app


def test_a_host_from_the_standard_alone(two: tuple[Service, Service, Wires]) -> None:
    here, _, wires = two
    made = [ALICE.sign(good(NOW, id=f"https://badges.example/stub/{number}")) for number in range(3)]
    forged = {**made[0], "id": "https://badges.example/stub/forged"}
    log: list[str] = []
    wires.apps[STUB] = stub([*made, forged, {"no": "badge"}], log)
    browser: FlaskClient = wires.apps[STUB].test_client()
    pat = Person(here).open_wallet(PAT)
    where = ask(pat, "stub.example/tenant")
    assert set(parse_qs(urlsplit(where).query)) == {
        *("response_type", "client_id", "redirect_uri", "scope", "state"),
        *("code_challenge", "code_challenge_method"),
    }
    back = browser.get(where.removeprefix(STUB)).headers["Location"]
    assert dict(parse_qsl(urlsplit(back).query))["code"] == "the-code"
    assert pat.client.get(back.removeprefix(HERE)).status_code == 303
    host_id = re.search(r"/wallet/hosts/([\w-]+)/return", back)[1]  # type: ignore[index]
    came = pat.submit(f"/wallet/hosts/{host_id}/take", on="/wallet/hosts").text
    assert (came.count("Added"), came.count("Not added")) == (3, 2)
    wires.apps[STUB].extensions["state"]["expire"] = True
    page = f"/wallet/hosts/{host_id}/send"
    badge_id = re.search(r'name="badge" value="([^"]+)"', pat.get(page))[1]  # type: ignore[index]
    assert "1 taken" in pat.follow(pat.submit(page, badge=badge_id))
    assert log == ["authorization_code", "refresh_token", "POST application/json"]
    pat.follow(pat.submit(f"/wallet/hosts/{host_id}/end", on="/wallet/hosts"))


def test_attack_w10_a_host_whose_list_has_no_end_is_left(two: tuple[Service, Service, Wires]) -> None:
    here, there, _ = two
    pat, _, host_id = connect(here, there, PAT)
    person_id = here.services.store.members.find_by_email(PAT).person_id  # type: ignore[union-attr]
    asked: list[str] = []

    class Endless:
        def call(self, url: str, *, headers: Mapping[str, str], content: bytes | None = None) -> Answer:
            asked.append(url)
            assert len(asked) < 1_000, "it goes on for ever"
            return Answer(200, {"link": f'<{url.partition("?")[0]}?at={len(asked)}>; rel="next"'}, b"{}")

    assert hosts.take(replace(here.services, caller=Endless()), person_id, host_id, NOW) == ()
    assert len(asked) == 20
    pat.submit(f"/wallet/hosts/{host_id}/end", on="/wallet/hosts")


def test_a_next_page_elsewhere_never_gets_the_token(two: tuple[Service, Service, Wires]) -> None:
    from credserv.journeys.transfer.host_calls import read_badges

    here, _, _ = two

    class Elsewhere:
        def call(self, url: str, *, headers: Mapping[str, str], content: bytes | None = None) -> Answer:
            return Answer(200, {"link": '<https://evil.example/x>; rel="next"'}, b"{}")

    with pytest.raises(UnavailableError, match="somewhere else"):
        read_badges(replace(here.services, caller=Elsewhere()), f"{STUB}/ims/ob/v3p0/credentials", "t")
